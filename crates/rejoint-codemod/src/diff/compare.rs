//! A compiled table against a table of the catalog.

use std::collections::{BTreeMap, BTreeSet};

use rejoint_defn::{Column as CodeColumn, ColumnDefault, CompiledTable, IndexPart};
use rejoint_model::{Catalog, Column, Table, TableName, Tier, split_marker, tier_of};

use super::declared::Compiled;
use super::report::{Difference, DifferenceKind, Place};

/// Columns that DataJoint adds itself, by settings that the code does not show.
const HIDDEN: &[&str] = &["_job_start_time", "_job_duration", "_job_version", "_prov"];

/// All differences, by table.
pub(super) fn differences(
    compiled: &[Compiled],
    schemas: &BTreeSet<String>,
    catalog: &Catalog,
) -> Vec<Difference> {
    let mariadb = catalog.server.is_mariadb();
    let mut found = Vec::new();
    let mut missing: Vec<(&Compiled, &CompiledTable)> = Vec::new();
    let mut reached: BTreeSet<&TableName> = BTreeSet::new();
    for code in compiled {
        reached.insert(&code.name);
        match (catalog.table(&code.name), &code.table) {
            (Some(table), Ok(compiled)) => {
                Pair { code: compiled, table, mariadb, place: &code.place, found: &mut found }.compare();
            }
            (None, Ok(compiled)) => missing.push((code, compiled)),
            (None, Err(_)) => {
                found.push(difference(DifferenceKind::TableMissing, &code.name, Some(&code.place)))
            }
            (Some(_), Err(_)) => {}
        }
    }
    let mut extra: Vec<&Table> = catalog
        .tables()
        .filter(|table| {
            schemas.contains(&table.name.schema)
                && !reached.contains(&table.name)
                && tier_of(&table.name.table) != Tier::Hidden
        })
        .collect();
    for (code, compiled) in missing {
        let mut like = extra.iter().enumerate().filter(|(_, table)| same_columns(compiled, table, mariadb));
        if let (Some((at, table)), None) = (like.next(), like.next()) {
            found.push(Difference {
                code: Some(code.name.to_string()),
                database: Some(table.name.to_string()),
                ..difference(DifferenceKind::TableRenamed, &code.name, Some(&code.place))
            });
            extra.remove(at);
        } else {
            found.push(difference(DifferenceKind::TableMissing, &code.name, Some(&code.place)));
        }
    }
    found.extend(extra.iter().map(|table| difference(DifferenceKind::TableExtra, &table.name, None)));
    // Several classes may stand for one table (a module and a notebook): one line per place stays.
    found.sort_by(|a, b| a.table.cmp(&b.table));
    found.dedup();
    found
}

fn difference(kind: DifferenceKind, table: &TableName, place: Option<&Place>) -> Difference {
    Difference {
        kind,
        table: table.to_string(),
        column: None,
        code: None,
        database: None,
        place: place.cloned(),
    }
}

/// The same names in the same order with the same types.
fn same_columns(code: &CompiledTable, table: &Table, mariadb: bool) -> bool {
    let ours: Vec<_> = code.columns.iter().map(|c| (c.name.as_str(), code_type(c, mariadb))).collect();
    let theirs: Vec<_> = table
        .columns
        .iter()
        .filter(|column| !is_added(&column.name))
        .map(|c| (c.name.as_str(), database_type(c)))
        .collect();
    ours == theirs
}

fn is_added(name: &str) -> bool {
    HIDDEN.contains(&name) || name.starts_with('_') && name.ends_with("_timestamp")
}

/// A type as servers of all versions would print it: no display width of integers except `tinyint(1)`, lower-case words.
pub(super) fn normal_type(sql_type: &str) -> String {
    let text = sql_type.trim();
    let word_end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, rest) = text.split_at(word_end);
    let word = word.to_ascii_lowercase();
    let integer = matches!(word.as_str(), "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year");
    let lower = rest.to_ascii_lowercase();
    if integer && !lower.contains("zerofill") {
        let kept = match lower.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some(("1", after)) if word == "tinyint" && after.trim().is_empty() => "(1)".to_owned(),
            Some((_, after)) => after.to_owned(),
            None => lower,
        };
        return format!("{word}{kept}");
    }
    // Values of enum and set keep their case.
    match word.as_str() {
        "enum" | "set" => format!("{word}{rest}"),
        _ => format!("{word}{lower}"),
    }
}

fn with_marker(mut sql_type: String, auto_increment: bool, comment: &str) -> String {
    if auto_increment {
        sql_type.push_str(" auto_increment");
    }
    if let (Some(marker), _) = split_marker(comment) {
        sql_type.push_str(&format!(" :{marker}:"));
    }
    sql_type
}

fn code_type(column: &CodeColumn, mariadb: bool) -> String {
    let mut sql_type = normal_type(&column.sql_type);
    // MariaDB keeps JSON as text and reports it so.
    if mariadb && sql_type == "json" {
        sql_type = "longtext".to_owned();
    }
    with_marker(sql_type, column.auto_increment, &column.comment)
}

fn database_type(column: &Column) -> String {
    let auto_increment = column.extra.to_ascii_lowercase().contains("auto_increment");
    with_marker(normal_type(&column.sql_type), auto_increment, &column.comment)
}

/// A default in one spelling.
#[derive(Debug, Clone, PartialEq)]
enum Default {
    None,
    Null,
    Text(String),
    Timestamp(String),
    /// Not followed: cannot be compared.
    Unknown,
}

impl Default {
    fn shown(&self) -> String {
        match self {
            Default::None => "no default".to_owned(),
            Default::Null => "NULL".to_owned(),
            Default::Text(text) => format!("'{text}'"),
            Default::Timestamp(text) => text.clone(),
            Default::Unknown => "an expression".to_owned(),
        }
    }

    fn equals(&self, other: &Default, sql_type: &str) -> bool {
        match (self, other) {
            (Default::Unknown, _) | (_, Default::Unknown) => true,
            (Default::Text(a), Default::Text(b)) if a != b => {
                let numeric = ["int", "float", "double", "decimal", "year", "bit"]
                    .iter()
                    .any(|word| sql_type.contains(word));
                match (a.parse::<f64>(), b.parse::<f64>()) {
                    #[expect(clippy::float_cmp, reason = "two spellings of one number give the same float")]
                    (Ok(a), Ok(b)) => numeric && a == b,
                    _ => false,
                }
            }
            _ => self == other,
        }
    }
}

fn code_default(column: &CodeColumn) -> Default {
    match &column.default {
        ColumnDefault::None => Default::None,
        ColumnDefault::Null => Default::Null,
        ColumnDefault::Literal { reported: Some(text), .. } => Default::Text(text.clone()),
        ColumnDefault::Literal { reported: None, .. } => Default::Unknown,
        ColumnDefault::CurrentTimestamp(text) => Default::Timestamp(timestamp(text)),
    }
}

fn timestamp(text: &str) -> String {
    text.to_ascii_uppercase().replace("()", "").replace(' ', "")
}

fn database_default(column: &Column, mariadb: bool) -> Default {
    let missing = if column.nullable { Default::Null } else { Default::None };
    let Some(text) = &column.default else { return missing };
    let is_timestamp = text.to_ascii_lowercase().starts_with("current_timestamp");
    let of_time = matches!(column.data_type.as_str(), "timestamp" | "datetime");
    if mariadb {
        if text == "NULL" {
            return Default::Null;
        }
        if let Some(inner) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Default::Text(unquoted(inner));
        }
        if is_timestamp {
            return Default::Timestamp(timestamp(text));
        }
        return if text.parse::<f64>().is_ok() { Default::Text(text.clone()) } else { Default::Unknown };
    }
    let generated = column.extra.to_ascii_uppercase().contains("DEFAULT_GENERATED");
    if is_timestamp && (generated || of_time) {
        Default::Timestamp(timestamp(text))
    } else if generated {
        Default::Unknown
    } else {
        Default::Text(text.clone())
    }
}

/// The text of a literal as MariaDB prints it, without its quotes: quotes doubled, backslash escapes.
fn unquoted(inner: &str) -> String {
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(next) = chars.next() {
        match next {
            '\'' => {
                chars.next();
                text.push('\'');
            }
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('0') => text.push('\0'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}

struct Pair<'a> {
    code: &'a CompiledTable,
    table: &'a Table,
    mariadb: bool,
    place: &'a Place,
    found: &'a mut Vec<Difference>,
}

impl Pair<'_> {
    fn push(
        &mut self,
        kind: DifferenceKind,
        column: Option<String>,
        code: Option<String>,
        database: Option<String>,
    ) {
        let base = difference(kind, &self.table.name, Some(self.place));
        self.found.push(Difference { column, code, database, ..base });
    }

    fn compare(&mut self) {
        let renamed = self.columns();
        if self.code.comment != self.table.comment {
            let (code, database) = (self.code.comment.clone(), self.table.comment.clone());
            self.push(DifferenceKind::TableComment, None, Some(code), Some(database));
        }
        // A renamed column is renamed in keys and indexes too: that is not a second difference.
        let name = |column: &str| renamed.get(column).cloned().unwrap_or_else(|| column.to_owned());
        let ours: Vec<String> = self.code.primary_key.iter().map(|column| name(column)).collect();
        let theirs: Vec<String> = self.table.primary_key().into_iter().map(str::to_owned).collect();
        if ours != theirs {
            let shown = |names: &[String]| Some(format!("({})", names.join(", ")));
            self.push(
                DifferenceKind::PrimaryKey,
                None,
                shown(&self.code.primary_key.clone()),
                shown(&theirs),
            );
        }
        self.foreign_keys(&renamed);
        self.indexes(&renamed);
    }

    /// Compares columns; gives those that may have been renamed, by their names in the code.
    fn columns(&mut self) -> BTreeMap<String, String> {
        let (code, table, mariadb) = (self.code, self.table, self.mariadb);
        let missing: Vec<(usize, &CodeColumn)> =
            code.columns.iter().enumerate().filter(|(_, c)| table.column(&c.name).is_none()).collect();
        let extra: Vec<(usize, &Column)> = table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| code.column(&c.name).is_none() && !is_added(&c.name))
            .collect();
        let key = table.primary_key();
        let alike = |a: &(usize, &CodeColumn), b: &(usize, &Column)| {
            let comment = split_marker(&a.1.comment).1;
            code_type(a.1, mariadb) == database_type(b.1)
                && a.1.nullable == b.1.nullable
                && code.primary_key.contains(&a.1.name) == key.contains(&b.1.name.as_str())
                && (a.0 == b.0 || !comment.is_empty() && comment == split_marker(&b.1.comment).1)
        };
        let mut renamed = BTreeMap::new();
        for column in &missing {
            let mut candidates = extra.iter().filter(|other| alike(column, other));
            if let (Some(other), None) = (candidates.next(), candidates.next())
                && missing.iter().filter(|column| alike(column, other)).count() == 1
            {
                renamed.insert(column.1.name.clone(), other.1.name.clone());
            }
        }
        for (_, column) in &missing {
            match renamed.get(&column.name).cloned() {
                Some(other) => self.push(
                    DifferenceKind::ColumnRenamed,
                    Some(column.name.clone()),
                    Some(column.name.clone()),
                    Some(other),
                ),
                None => {
                    let shown = Some(code_type(column, mariadb));
                    self.push(DifferenceKind::ColumnMissing, Some(column.name.clone()), shown, None);
                }
            }
        }
        for (_, column) in &extra {
            if !renamed.values().any(|name| *name == column.name) {
                let shown = Some(database_type(column));
                self.push(DifferenceKind::ColumnExtra, Some(column.name.clone()), None, shown);
            }
        }
        for column in &code.columns {
            let other = renamed.get(&column.name).unwrap_or(&column.name);
            if let Some(other) = table.column(other) {
                self.column(column, other);
            }
        }
        let ours: Vec<&str> = code
            .columns
            .iter()
            .map(|column| renamed.get(&column.name).unwrap_or(&column.name).as_str())
            .filter(|name| table.column(name).is_some())
            .collect();
        let theirs: Vec<&str> =
            table.columns.iter().map(|c| c.name.as_str()).filter(|name| ours.contains(name)).collect();
        if ours != theirs {
            self.push(DifferenceKind::ColumnOrder, None, Some(ours.join(", ")), Some(theirs.join(", ")));
        }
        renamed
    }

    fn column(&mut self, code: &CodeColumn, column: &Column) {
        let name = Some(code.name.clone());
        let (ours, theirs) = (code_type(code, self.mariadb), database_type(column));
        if ours != theirs {
            self.push(DifferenceKind::ColumnType, name.clone(), Some(ours.clone()), Some(theirs));
        }
        let word = |nullable: bool| Some(if nullable { "NULL" } else { "NOT NULL" }.to_owned());
        if code.nullable != column.nullable {
            self.push(
                DifferenceKind::ColumnNullability,
                name.clone(),
                word(code.nullable),
                word(column.nullable),
            );
        }
        let (mine, other) = (code_default(code), database_default(column, self.mariadb));
        // NULL against no default is what nullability says already.
        let said = code.nullable != column.nullable
            && matches!((&mine, &other), (Default::Null, Default::None) | (Default::None, Default::Null));
        if !said && !mine.equals(&other, &ours) {
            self.push(DifferenceKind::ColumnDefault, name.clone(), Some(mine.shown()), Some(other.shown()));
        }
        let (mine, other) = (split_marker(&code.comment).1, split_marker(&column.comment).1);
        if mine != other {
            let (mine, other) = (Some(mine.to_owned()), Some(other.to_owned()));
            self.push(DifferenceKind::ColumnComment, name, mine, other);
        }
    }

    fn foreign_keys(&mut self, renamed: &BTreeMap<String, String>) {
        let name = |column: &String| renamed.get(column).unwrap_or(column).clone();
        let mut theirs: Vec<(ForeignKeyText, [String; 2])> = self
            .table
            .foreign_keys
            .iter()
            .map(|key| {
                let parent = key.parent.to_string();
                (
                    ForeignKeyText::new(&key.columns, &parent, &key.parent_columns),
                    [rule(&key.on_update), rule(&key.on_delete)],
                )
            })
            .collect();
        for key in &self.code.foreign_keys {
            let parent = format!("{}.{}", key.parent.schema, key.parent.table);
            let columns: Vec<String> = key.columns.iter().map(name).collect();
            let text = ForeignKeyText::new(&columns, &parent, &key.parent_columns);
            let shown = ForeignKeyText::new(&key.columns, &parent, &key.parent_columns);
            let update = if key.is_external { "RESTRICT" } else { "CASCADE" };
            let rules = [update.to_owned(), "RESTRICT".to_owned()];
            match theirs
                .iter()
                .position(|(other, _)| other.pairs == text.pairs && other.parent == text.parent)
            {
                None => self.push(
                    DifferenceKind::ForeignKeyMissing,
                    Some(key.columns.join(", ")),
                    Some(shown.shown()),
                    None,
                ),
                Some(at) => {
                    let (other, other_rules) = theirs.remove(at);
                    if other_rules != rules {
                        let text = |rules: &[String; 2]| {
                            Some(format!("ON UPDATE {} ON DELETE {}", rules[0], rules[1]))
                        };
                        self.push(
                            DifferenceKind::ForeignKeyRule,
                            Some(other.columns()),
                            text(&rules),
                            text(&other_rules),
                        );
                    }
                }
            }
        }
        for (key, _) in theirs {
            self.push(DifferenceKind::ForeignKeyExtra, Some(key.columns()), None, Some(key.shown()));
        }
    }

    fn indexes(&mut self, renamed: &BTreeMap<String, String>) {
        let mut theirs: Vec<(bool, Vec<Option<String>>)> = self
            .table
            .indexes
            .iter()
            .filter(|index| index.name != "PRIMARY")
            .map(|index| (index.unique, index.parts.iter().map(|part| part.column.clone()).collect()))
            .collect();
        for index in &self.code.indexes {
            let parts: Vec<Option<String>> = index
                .parts
                .iter()
                .map(|part| match part {
                    IndexPart::Column(name) => Some(renamed.get(name).unwrap_or(name).clone()),
                    IndexPart::Expression(_) => None,
                })
                .collect();
            let wanted = (index.unique, parts);
            match theirs.iter().position(|other| *other == wanted) {
                Some(at) => {
                    theirs.remove(at);
                }
                None => self.push(
                    DifferenceKind::IndexMissing,
                    Some(columns_of(&wanted.1)),
                    Some(index_text(&wanted)),
                    None,
                ),
            }
        }
        for index in theirs {
            // InnoDB makes one for every foreign key that has none.
            let of_key = |columns: &[String]| {
                columns.len() == index.1.len()
                    && columns.iter().zip(&index.1).all(|(a, b)| b.as_ref() == Some(a))
            };
            let made = !index.0 && self.table.foreign_keys.iter().any(|key| of_key(&key.columns));
            if !made {
                self.push(
                    DifferenceKind::IndexExtra,
                    Some(columns_of(&index.1)),
                    None,
                    Some(index_text(&index)),
                );
            }
        }
    }
}

/// `NO ACTION` is `RESTRICT` in InnoDB.
fn rule(text: &str) -> String {
    match text {
        "NO ACTION" => "RESTRICT".to_owned(),
        text => text.to_owned(),
    }
}

fn columns_of(parts: &[Option<String>]) -> String {
    parts.iter().map(|part| part.as_deref().unwrap_or("(expression)")).collect::<Vec<_>>().join(", ")
}

fn index_text((unique, parts): &(bool, Vec<Option<String>>)) -> String {
    format!("{}index ({})", if *unique { "unique " } else { "" }, columns_of(parts))
}

/// A foreign key; the order of its columns does not matter.
struct ForeignKeyText {
    pairs: BTreeSet<(String, String)>,
    parent: String,
}

impl ForeignKeyText {
    fn new(columns: &[String], parent: &str, parent_columns: &[String]) -> ForeignKeyText {
        ForeignKeyText {
            pairs: columns.iter().cloned().zip(parent_columns.iter().cloned()).collect(),
            parent: parent.to_owned(),
        }
    }

    fn columns(&self) -> String {
        self.pairs.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn shown(&self) -> String {
        let parent: Vec<&str> = self.pairs.iter().map(|(_, column)| column.as_str()).collect();
        format!("({}) -> {} ({})", self.columns(), self.parent, parent.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_compare_without_what_servers_print_differently() {
        assert_eq!(normal_type("INT(11) unsigned"), "int unsigned");
        assert_eq!(normal_type("tinyint(1)"), "tinyint(1)");
        assert_eq!(normal_type("tinyint(4)"), "tinyint");
        assert_eq!(normal_type("int(5) unsigned zerofill"), "int(5) unsigned zerofill");
        assert_eq!(normal_type("ENUM('A','b')"), "enum('A','b')");
        assert_eq!(normal_type("decimal(5,2)"), "decimal(5,2)");
    }

    #[test]
    fn a_number_is_the_same_default_in_every_spelling() {
        let (a, b) = (Default::Text("0".into()), Default::Text("0.00".into()));
        assert!(a.equals(&b, "decimal(5,2)"));
        assert!(!a.equals(&b, "varchar(8)"));
        assert_eq!(unquoted("it''s \\\\"), "it's \\");
    }
}
