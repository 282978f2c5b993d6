//! Table changes as one ALTER TABLE statement, and the definition the table will have afterwards.

use crate::create_table::{ColumnLine, CreateTable, Line, foreign_key_line};
use crate::sql::{ident, qualified};
use rejoint_model::{ColumnSpec, TableChange, TableName};
use thiserror::Error;

/// An ALTER TABLE statement and what it makes of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alter {
    /// The statement.
    pub sql: String,
    /// The definition afterwards, as `SHOW CREATE TABLE` will print it.
    pub after: CreateTable,
}

/// A change that does not fit the table.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{table}: {what}")]
pub struct AlterError {
    /// Table.
    pub table: TableName,
    /// What does not fit.
    pub what: String,
}

/// The line of a new JSON column as the server prints it. MariaDB leaves out the collation when it is the table's.
fn json_line(name: &str, nullable: bool, comment: &str, dialect: Dialect<'_>) -> ColumnLine {
    let comment = Some(comment.to_owned()).filter(|c| !c.is_empty());
    // MySQL gives existing rows of a new NOT NULL column the JSON null, MariaDB would give an empty string
    let null = match (nullable, dialect) {
        (true, _) => "DEFAULT NULL".to_owned(),
        (false, Dialect::MySql { .. }) => "NOT NULL".to_owned(),
        (false, Dialect::MariaDb { .. }) => format!("NOT NULL DEFAULT {JSON_NULL}"),
    };
    if let Dialect::MariaDb { table_is_utf8mb4_bin } = dialect {
        let collation = if table_is_utf8mb4_bin { "" } else { "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin " };
        ColumnLine {
            name: name.to_owned(),
            before: format!("longtext {collation}{null}"),
            comment,
            after: format!(" CHECK (json_valid({}))", ident(name)),
        }
    } else {
        ColumnLine { name: name.to_owned(), before: format!("json {null}"), comment, after: String::new() }
    }
}

/// A column's definition in the words that ALTER TABLE understands as "the same type".
///
/// MariaDB takes a repeated `longtext … CHECK (json_valid(…))` for a change of type and copies the table; `json` it
/// recognises, and renames or re-comments the column instantly (seen on 10.11 and 11.8).
fn definition(line: &ColumnLine, dialect: Dialect<'_>) -> String {
    let is_json = line.after == format!(" CHECK (json_valid({}))", ident(&line.name));
    match line.before.strip_prefix("longtext ") {
        Some(rest) if is_json && matches!(dialect, Dialect::MariaDb { .. }) => {
            let rest = rest.strip_prefix("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ").unwrap_or(rest);
            let plain = ColumnLine { before: format!("json {rest}"), after: String::new(), ..line.clone() };
            plain.definition()
        }
        _ => match dialect {
            Dialect::MySql { table_collation: Some(collation) } => {
                // written down, the table's own collation would be printed as CHARACTER SET … COLLATE … ever after
                let before = line.before.replacen(&format!(" COLLATE {collation} "), " ", 1);
                let before =
                    before.strip_suffix(&format!(" COLLATE {collation}")).unwrap_or(&before).to_owned();
                ColumnLine { before, ..line.clone() }.definition()
            }
            _ => line.definition(),
        },
    }
}

#[derive(Debug, Clone, Copy)]
enum Dialect<'t> {
    MySql { table_collation: Option<&'t str> },
    MariaDb { table_is_utf8mb4_bin: bool },
}

impl<'t> Dialect<'t> {
    fn of(table: &'t CreateTable, mariadb: bool) -> Self {
        let head = table.options.split(" COMMENT='").next().unwrap_or_default();
        let table_collation = head.split(' ').find_map(|word| word.strip_prefix("COLLATE="));
        if mariadb {
            Dialect::MariaDb { table_is_utf8mb4_bin: table_collation == Some("utf8mb4_bin") }
        } else {
            Dialect::MySql { table_collation }
        }
    }
}

fn spec_line(spec: &ColumnSpec, dialect: Dialect<'_>) -> ColumnLine {
    match spec {
        ColumnSpec::Json { name, nullable, comment } => json_line(name, *nullable, comment, dialect),
        ColumnSpec::Native { name, definition, comment } => ColumnLine {
            name: name.clone(),
            before: definition.clone(),
            comment: Some(comment.clone()).filter(|c| !c.is_empty()),
            after: String::new(),
        },
    }
}

/// The default that marks a pointer of a row written by a 2.x client.
const ZERO_POINTER: &str = "'\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'";

/// The default that existing rows of a new NOT NULL JSON column take on MariaDB.
const JSON_NULL: &str = "'null'";

/// Renders `changes` to `table` as one statement. `algorithm` is appended as given (e.g. `ALGORITHM=INSTANT`), so that
/// the server refuses what it cannot do that way instead of copying the table.
///
/// # Errors
/// A column, key or index that a change names is not there.
pub fn alter(
    table: &TableName,
    current: &CreateTable,
    changes: &[TableChange],
    algorithm: Option<&str>,
    mariadb: bool,
) -> Result<Alter, AlterError> {
    let mut after = current.clone();
    let dialect = Dialect::of(current, mariadb);
    let mut clauses = Vec::new();
    let error = |what: String| AlterError { table: table.clone(), what };
    let no_column = |name: &str| error(format!("there is no column `{name}`"));
    for change in changes {
        match change {
            TableChange::Comment { column, to } => {
                let line = column_mut(&mut after, column).ok_or_else(|| no_column(column))?;
                line.comment = Some(to.clone()).filter(|c| !c.is_empty());
                clauses.push(format!("MODIFY COLUMN {} {}", ident(column), definition(line, dialect)));
            }
            TableChange::AddColumn { column, after: previous } => {
                let line = spec_line(column, dialect);
                clauses.push(format!(
                    "ADD COLUMN {} {} AFTER {}",
                    ident(&line.name),
                    definition(&line, dialect),
                    ident(previous)
                ));
                let at = column_position(&after, previous).ok_or_else(|| no_column(previous))?;
                after.lines.insert(at + 1, Line::Column(line));
            }
            TableChange::DropColumn { column } => {
                let at = column_position(&after, column).ok_or_else(|| no_column(column))?;
                after.lines.remove(at);
                // an index over nothing but this column goes with it
                let alone = format!("({})", ident(column));
                after.lines.retain(|l| !matches!(l, Line::Key { rest, .. } if *rest == alone));
                clauses.push(format!("DROP COLUMN {}", ident(column)));
            }
            TableChange::RenameColumn { column, to, comment, set_default, drop_default } => {
                let line = column_mut(&mut after, column).ok_or_else(|| no_column(column))?;
                line.name.clone_from(to);
                line.comment = Some(comment.clone()).filter(|c| !c.is_empty());
                line.after = line.after.replace(&format!("({})", ident(column)), &format!("({})", ident(to)));
                if let Some(default) = set_default {
                    line.before = format!("{} DEFAULT {default}", line.before);
                }
                if *drop_default {
                    for default in [ZERO_POINTER, JSON_NULL] {
                        if let Some(rest) = line.before.strip_suffix(&format!(" DEFAULT {default}")) {
                            line.before = rest.to_owned();
                        }
                    }
                }
                clauses.push(format!(
                    "CHANGE COLUMN {} {} {}",
                    ident(column),
                    ident(to),
                    definition(line, dialect)
                ));
                rename_in_keys(&mut after, column, to);
            }
            TableChange::DropForeignKey { name } => {
                let at = after
                    .lines
                    .iter()
                    .position(|l| matches!(l, Line::ForeignKey { name: n, .. } if n == name))
                    .ok_or_else(|| error(format!("there is no foreign key `{name}`")))?;
                after.lines.remove(at);
                clauses.push(format!("DROP FOREIGN KEY {}", ident(name)));
            }
            TableChange::AddForeignKey { key } => {
                let line = foreign_key_line(key, &table.schema, mariadb);
                let columns = key.columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(",");
                let parents = key.parent_columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(",");
                let rules = match &line {
                    Line::ForeignKey { rules, .. } => rules.clone(),
                    _ => String::new(),
                };
                clauses.push(format!(
                    "ADD CONSTRAINT {} FOREIGN KEY ({columns}) REFERENCES {} ({parents}){rules}",
                    ident(&key.name),
                    qualified(&key.parent),
                ));
                insert_foreign_key(&mut after, line, &key.name);
            }
            TableChange::RenameIndex { from, to } => {
                let mut found = false;
                for line in &mut after.lines {
                    if let Line::Key { name, .. } = line
                        && name == from
                    {
                        name.clone_from(to);
                        found = true;
                    }
                }
                if !found {
                    return Err(error(format!("there is no index `{from}`")));
                }
                clauses.push(format!("RENAME INDEX {} TO {}", ident(from), ident(to)));
            }
        }
    }
    if let Some(algorithm) = algorithm {
        clauses.push(algorithm.to_owned());
    }
    let sql = format!("ALTER TABLE {}\n  {}", qualified(table), clauses.join(",\n  "));
    Ok(Alter { sql, after })
}

fn column_mut<'t>(table: &'t mut CreateTable, name: &str) -> Option<&'t mut ColumnLine> {
    table.lines.iter_mut().find_map(|l| match l {
        Line::Column(c) if c.name == name => Some(c),
        _ => None,
    })
}

fn column_position(table: &CreateTable, name: &str) -> Option<usize> {
    table.lines.iter().position(|l| matches!(l, Line::Column(c) if c.name == name))
}

/// A renamed column is printed under its new name in the keys that contain it.
fn rename_in_keys(table: &mut CreateTable, from: &str, to: &str) {
    let (from, to) = (ident(from), ident(to));
    for line in &mut table.lines {
        if let Line::Key { rest, .. } = line {
            // key parts are "(`a`,`b`(10),`c` DESC)": an identifier there is always followed by , ( ) or blank
            let mut out = String::with_capacity(rest.len());
            let mut tail = rest.as_str();
            while let Some(at) = tail.find(&from) {
                let (head, found) = tail.split_at(at);
                let after = found.get(from.len()..).unwrap_or_default();
                out.push_str(head);
                let whole = !after.starts_with('`') && head.ends_with(['(', ',', ' ']);
                out.push_str(if whole { &to } else { &from });
                tail = after;
            }
            out.push_str(tail);
            *rest = out;
        }
    }
}

/// Both servers print foreign keys in the order of their names, after the indexes and before checks.
fn insert_foreign_key(table: &mut CreateTable, line: Line, name: &str) {
    let at = table
        .lines
        .iter()
        .position(|l| match l {
            Line::ForeignKey { name: other, .. } => other.as_str() > name,
            Line::Check { .. } => true,
            _ => false,
        })
        .unwrap_or(table.lines.len());
    table.lines.insert(at, line);
}

/// The default that a new NOT NULL JSON column has until the swap, where the server needs one.
pub fn new_json_default(mariadb: bool) -> Option<String> {
    mariadb.then(|| JSON_NULL.to_owned())
}

/// The default that a kept NOT NULL pointer column gets so that 2.x clients, which do not know it, can insert.
pub fn zero_pointer_default() -> String {
    ZERO_POINTER.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::create_table::parse_create_table;

    const TABLE: &str = "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `raw` binary(16) NOT NULL COMMENT ':blob@raw:the movie',\n  `_n` json NOT NULL COMMENT 'x',\n  `v` longblob COMMENT 'it''s',\n  PRIMARY KEY (`id`),\n  KEY `raw` (`raw`),\n  CONSTRAINT `t_ibfk_1` FOREIGN KEY (`raw`) REFERENCES `~external_raw` (`hash`) ON DELETE RESTRICT ON UPDATE RESTRICT\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

    #[test]
    fn a_swap_is_one_statement_and_its_result_is_known() {
        let current = parse_create_table(TABLE).expect("parses");
        let rename =
            |column: &str, to: &str, comment: &str, set_default: Option<String>| TableChange::RenameColumn {
                column: column.into(),
                to: to.into(),
                comment: comment.into(),
                set_default,
                drop_default: false,
            };
        let changes = [
            TableChange::DropForeignKey { name: "t_ibfk_1".into() },
            TableChange::RenameIndex { from: "raw".into(), to: "_i".into() },
            rename("raw", "_o", "kept", Some(zero_pointer_default())),
            rename("_n", "raw", ":<blob@raw>:the movie", None),
            TableChange::Comment { column: "v".into(), to: ":<blob>:it's".into() },
        ];
        let made = alter(&TableName::new("s", "t"), &current, &changes, Some("ALGORITHM=INPLACE"), false)
            .expect("fits");
        insta::assert_snapshot!(format!("{}\n\n{}", made.sql, made.after.print()), @r##"
ALTER TABLE `s`.`t`
  DROP FOREIGN KEY `t_ibfk_1`,
  RENAME INDEX `raw` TO `_i`,
  CHANGE COLUMN `raw` `_o` binary(16) NOT NULL DEFAULT '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' COMMENT 'kept',
  CHANGE COLUMN `_n` `raw` json NOT NULL COMMENT ':<blob@raw>:the movie',
  MODIFY COLUMN `v` longblob COMMENT ':<blob>:it''s',
  ALGORITHM=INPLACE

CREATE TABLE `t` (
  `id` int NOT NULL,
  `_o` binary(16) NOT NULL DEFAULT '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' COMMENT 'kept',
  `raw` json NOT NULL COMMENT ':<blob@raw>:the movie',
  `v` longblob COMMENT ':<blob>:it''s',
  PRIMARY KEY (`id`),
  KEY `_i` (`_o`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
"##);
    }

    #[test]
    fn a_change_that_names_a_missing_column_is_an_error() {
        let current = parse_create_table(TABLE).expect("parses");
        let change = TableChange::Comment { column: "nope".into(), to: "x".into() };
        assert!(alter(&TableName::new("s", "t"), &current, &[change], None, false).is_err());
    }
}
