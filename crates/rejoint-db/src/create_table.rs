//! `SHOW CREATE TABLE` as data: parsed line by line, printed back byte for byte.
//!
//! The server's own text is the truth about a table: `information_schema` does not tell the order of indexes nor whether
//! a collation was written down. A statement that changes a column repeats the column's own line, so that DEFAULT,
//! AUTO_INCREMENT, ON UPDATE, generation, collation, visibility and nullability survive.
//!
//! A table that does not print back identically, or whose lines disagree with the catalog, is *not understood*.

use crate::sql::{ident, read_text, text};
use rejoint_model::{ForeignKey, Table, TableName};

/// A parsed definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Table name.
    pub name: String,
    /// Lines between the parentheses.
    pub lines: Vec<Line>,
    /// Everything after the closing parenthesis: engine, counters, character set, comment, partitions.
    pub options: String,
}

/// One line of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A column.
    Column(ColumnLine),
    /// A key, the primary one included.
    Key {
        /// `PRIMARY KEY`, `UNIQUE KEY`, `KEY`, `FULLTEXT KEY`, `SPATIAL KEY`.
        kind: String,
        /// Name; empty for the primary key.
        name: String,
        /// From the opening parenthesis on.
        rest: String,
    },
    /// A foreign key.
    ForeignKey {
        /// Constraint name.
        name: String,
        /// Columns.
        columns: Vec<String>,
        /// Referenced table; no schema means this table's own.
        parent: (Option<String>, String),
        /// Referenced columns.
        parent_columns: Vec<String>,
        /// Rules, with the blank in front: ` ON DELETE RESTRICT ON UPDATE CASCADE`.
        rules: String,
    },
    /// A check constraint, as text.
    Check {
        /// Name.
        name: String,
        /// From `CHECK` on.
        rest: String,
    },
    /// Anything else; makes the table not understood.
    Other(String),
}

/// A column's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnLine {
    /// Name.
    pub name: String,
    /// Type and attributes up to the comment.
    pub before: String,
    /// Comment.
    pub comment: Option<String>,
    /// What follows the comment, with the blank in front: a CHECK on MariaDB, storage hints.
    pub after: String,
}

impl ColumnLine {
    /// The column's definition without its name, as it can be used in ALTER TABLE.
    pub fn definition(&self) -> String {
        match &self.comment {
            Some(comment) => format!("{} COMMENT {}{}", self.before, text(comment), self.after),
            None => format!("{}{}", self.before, self.after),
        }
    }

    /// Is it declared NOT NULL?
    pub fn not_null(&self) -> bool {
        words_outside_quotes(&self.before).windows(2).any(|pair| pair == ["NOT", "NULL"])
    }
}

/// Something in which the server's text and the catalog, or the text and its re-print, do not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What.
    pub what: String,
}

fn words_outside_quotes(source: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut depth, mut start, mut at) = (0usize, None, 0usize);
    let bytes = source.as_bytes();
    while let Some(&b) = bytes.get(at) {
        let is_word = b.is_ascii_alphanumeric() || b == b'_';
        if is_word && depth == 0 {
            start.get_or_insert(at);
        } else if let Some(from) = start.take() {
            words.push(source.get(from..at).unwrap_or_default());
        }
        match b {
            b'\'' => match read_text(source, at) {
                Some((_, end)) => {
                    at = end;
                    continue;
                }
                None => break,
            },
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    if let Some(from) = start {
        words.push(source.get(from..).unwrap_or_default());
    }
    words
}

/// Reads a back-quoted identifier at the start of `source`: the name and the rest. `None` if there is none.
pub fn read_ident(source: &str) -> Option<(String, &str)> {
    let rest = source.strip_prefix('`')?;
    let mut name = String::new();
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '`' {
            if chars.peek().is_some_and(|(_, n)| *n == '`') {
                chars.next();
                name.push('`');
            } else {
                return Some((name, rest.get(at + 1..)?));
            }
        } else {
            name.push(c);
        }
    }
    None
}

/// Reads "(`a`, `b`)" or "(`a`,`b`)"; returns the names and the rest.
fn read_ident_list(source: &str) -> Option<(Vec<String>, &str)> {
    let mut rest = source.strip_prefix('(')?;
    let mut names = Vec::new();
    loop {
        let (name, after) = read_ident(rest)?;
        names.push(name);
        if let Some(end) = after.strip_prefix(')') {
            return Some((names, end));
        }
        rest = after.strip_prefix(", ").or_else(|| after.strip_prefix(','))?;
    }
}

fn parse_column(line: &str) -> Option<ColumnLine> {
    let (name, rest) = read_ident(line)?;
    let rest = rest.strip_prefix(' ')?;
    // find ` COMMENT '…'` outside quotes and parentheses
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0usize, 0usize);
    while let Some(&b) = bytes.get(at) {
        match b {
            b'\'' => {
                at = read_text(rest, at)?.1;
                continue;
            }
            b'`' => {
                let after = read_ident(rest.get(at..)?)?.1;
                at = rest.len() - after.len();
                continue;
            }
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 && rest.get(at..).is_some_and(|r| r.starts_with(" COMMENT '")) => {
                let (comment, end) = read_text(rest, at + " COMMENT ".len())?;
                return Some(ColumnLine {
                    name,
                    before: rest.get(..at)?.to_owned(),
                    comment: Some(comment),
                    after: rest.get(end..)?.to_owned(),
                });
            }
            _ => {}
        }
        at += 1;
    }
    // MariaDB prints a column's CHECK last; without a comment it has to be cut off all the same
    let (before, after) = match rest.find(" CHECK (") {
        Some(at) if !rest.get(..at)?.contains('\'') => rest.split_at(at),
        _ => (rest, ""),
    };
    Some(ColumnLine { name, before: before.to_owned(), comment: None, after: after.to_owned() })
}

fn parse_line(line: &str) -> Line {
    let other = || Line::Other(line.to_owned());
    if line.starts_with('`') {
        return parse_column(line).map_or_else(other, Line::Column);
    }
    if let Some(rest) = line.strip_prefix("PRIMARY KEY ") {
        return Line::Key { kind: "PRIMARY KEY".into(), name: String::new(), rest: rest.to_owned() };
    }
    for kind in ["UNIQUE KEY", "KEY", "FULLTEXT KEY", "SPATIAL KEY"] {
        if let Some((name, rest)) =
            line.strip_prefix(kind).and_then(|r| r.strip_prefix(' ')).and_then(read_ident)
            && let Some(rest) = rest.strip_prefix(' ')
        {
            return Line::Key { kind: kind.into(), name, rest: rest.to_owned() };
        }
    }
    let Some((name, rest)) = line.strip_prefix("CONSTRAINT ").and_then(read_ident) else { return other() };
    if let Some(list) = rest.strip_prefix(" FOREIGN KEY ") {
        let parsed = (|| {
            let (columns, rest) = read_ident_list(list)?;
            let rest = rest.strip_prefix(" REFERENCES ")?;
            let (first, rest) = read_ident(rest)?;
            let (parent, rest) = match rest.strip_prefix('.') {
                Some(rest) => {
                    let (table, rest) = read_ident(rest)?;
                    ((Some(first), table), rest)
                }
                None => ((None, first), rest),
            };
            let (parent_columns, rules) = read_ident_list(rest.strip_prefix(' ')?)?;
            Some(Line::ForeignKey {
                name: name.clone(),
                columns,
                parent,
                parent_columns,
                rules: rules.to_owned(),
            })
        })();
        return parsed.unwrap_or_else(other);
    }
    match rest.strip_prefix(' ') {
        Some(rest) if rest.starts_with("CHECK ") => Line::Check { name, rest: rest.to_owned() },
        _ => other(),
    }
}

/// Parses `SHOW CREATE TABLE`. `None` when the text has not even the outline of a definition.
pub fn parse_create_table(source: &str) -> Option<CreateTable> {
    let (name, rest) = read_ident(source.strip_prefix("CREATE TABLE ")?)?;
    let body = rest.strip_prefix(" (\n")?;
    let end = body.find("\n) ").or_else(|| body.find("\n)"))?;
    let options = body.get(end + 2..)?.to_owned();
    let lines = body
        .get(..end)?
        .split(",\n")
        .map(|line| match line.strip_prefix("  ") {
            Some(line) => parse_line(line),
            None => Line::Other(line.to_owned()),
        })
        .collect();
    Some(CreateTable { name, lines, options })
}

fn ident_list(names: &[String], separator: &str) -> String {
    names.iter().map(|n| ident(n)).collect::<Vec<_>>().join(separator)
}

impl Line {
    fn print(&self) -> String {
        match self {
            Line::Column(column) => format!("{} {}", ident(&column.name), column.definition()),
            Line::Key { kind, name, rest } if name.is_empty() => format!("{kind} {rest}"),
            Line::Key { kind, name, rest } => format!("{kind} {} {rest}", ident(name)),
            Line::ForeignKey { name, columns, parent, parent_columns, rules } => {
                let schema = parent.0.as_ref().map(|s| format!("{}.", ident(s))).unwrap_or_default();
                format!(
                    "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {schema}{} ({}){rules}",
                    ident(name),
                    ident_list(columns, ", "),
                    ident(&parent.1),
                    ident_list(parent_columns, ", "),
                )
            }
            Line::Check { name, rest } => format!("CONSTRAINT {} {rest}", ident(name)),
            Line::Other(line) => line.clone(),
        }
    }
}

impl CreateTable {
    /// Prints the definition as the server does.
    pub fn print(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|l| format!("  {}", l.print())).collect();
        format!("CREATE TABLE {} (\n{}\n){}", ident(&self.name), lines.join(",\n"), self.options)
    }

    /// The printed definition as plans compare it: without the AUTO_INCREMENT counter, which moves with every insert, and with
    /// one spelling of sixteen zero bytes, which MariaDB 10.11 prints as text and 11.8 as hexadecimal.
    pub fn print_without_counter(&self) -> String {
        let printed = CreateTable { options: without_counter(&self.options), ..self.clone() }.print();
        let hexadecimal = format!(" DEFAULT x'{}'", "00".repeat(16));
        printed.replace(&hexadecimal, &format!(" DEFAULT '{}'", "\\0".repeat(16)))
    }

    /// The definition with the AUTO_INCREMENT counter of another state of the same table.
    pub fn with_counter_of(mut self, other: &CreateTable) -> Self {
        let counter = other.options.strip_prefix(" ENGINE=InnoDB AUTO_INCREMENT=").map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest.get(..end).unwrap_or_default()
        });
        let bare = without_counter(&self.options);
        self.options = match (counter, bare.strip_prefix(" ENGINE=InnoDB")) {
            (Some(counter), Some(rest)) => format!(" ENGINE=InnoDB AUTO_INCREMENT={counter}{rest}"),
            _ => bare,
        };
        self
    }

    /// Finds a column.
    pub fn column(&self, name: &str) -> Option<&ColumnLine> {
        self.lines.iter().find_map(|l| match l {
            Line::Column(c) if c.name == name => Some(c),
            _ => None,
        })
    }

    /// Compares the text with its own re-print and with what the catalog says. Empty: the table is understood.
    pub fn mismatches(&self, source: &str, table: &Table) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let mut say = |what: String| found.push(Mismatch { what });
        if self.print() != source {
            say("its definition does not print back identically".into());
        }
        for line in &self.lines {
            match line {
                Line::Other(text) => say(format!("unknown line in its definition: {text}")),
                Line::Key { kind, name, .. } if kind == "FULLTEXT KEY" || kind == "SPATIAL KEY" => {
                    say(format!("index `{name}` is a {kind}, which no DataJoint table has"));
                }
                _ => {}
            }
        }
        if self.options.contains("PARTITION BY") || table.partitioned {
            say("it is partitioned".into());
        }
        let columns: Vec<&ColumnLine> =
            self.lines.iter().filter_map(|l| if let Line::Column(c) = l { Some(c) } else { None }).collect();
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        if names != table.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>() {
            say("its columns differ between SHOW CREATE TABLE and information_schema".into());
            return found;
        }
        for (line, column) in columns.iter().zip(&table.columns) {
            if line.comment.as_deref().unwrap_or_default() != column.comment {
                say(format!("the comment of `{}` reads differently in information_schema", column.name));
            }
            // both servers print a stored type the same way in both places, JSON on MariaDB included
            if !line.before.starts_with(&column.sql_type) {
                say(format!("the type of `{}` is `{}` in information_schema", column.name, column.sql_type));
            }
            if line.not_null() == column.nullable && !column.is_generated() {
                say(format!("information_schema disagrees on whether `{}` may be NULL", column.name));
            }
        }
        let mut keys: Vec<String> = self
            .lines
            .iter()
            .filter_map(|l| match l {
                Line::Key { name, .. } if name.is_empty() => Some("PRIMARY".to_owned()),
                Line::Key { name, .. } => Some(name.clone()),
                _ => None,
            })
            .collect();
        let mut known: Vec<String> = table.indexes.iter().map(|i| i.name.clone()).collect();
        keys.sort();
        known.sort();
        if keys != known {
            say("its indexes differ between SHOW CREATE TABLE and information_schema".into());
        }
        for key in &table.foreign_keys {
            let same = self.lines.iter().any(|l| match l {
                Line::ForeignKey { name, columns, parent, parent_columns, .. } => {
                    let schema = parent.0.as_deref().unwrap_or(&table.name.schema);
                    *name == key.name
                        && *columns == key.columns
                        && TableName::new(schema, &parent.1) == key.parent
                        && *parent_columns == key.parent_columns
                }
                _ => false,
            });
            if !same {
                say(format!("foreign key `{}` reads differently in information_schema", key.name));
            }
        }
        let n_keys = self.lines.iter().filter(|l| matches!(l, Line::ForeignKey { .. })).count();
        if n_keys != table.foreign_keys.len() {
            say("its foreign keys differ between SHOW CREATE TABLE and information_schema".into());
        }
        found
    }
}

/// Removes ` AUTO_INCREMENT=n` from a table's options.
fn without_counter(options: &str) -> String {
    let marker = " AUTO_INCREMENT=";
    let comment_at = options.find(" COMMENT='").unwrap_or(options.len());
    match options.find(marker).filter(|at| *at < comment_at) {
        Some(at) => {
            let tail = options.get(at + marker.len()..).unwrap_or_default();
            let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{}{tail}", options.get(..at).unwrap_or_default())
        }
        None => options.to_owned(),
    }
}

/// The line of a foreign key as the server would print it. MySQL leaves out NO ACTION, MariaDB RESTRICT; each prints the
/// other when it was written down, and an ALTER that writes it down changes what is printed.
pub(crate) fn foreign_key_line(key: &ForeignKey, schema: &str, mariadb: bool) -> Line {
    let silent = if mariadb { "RESTRICT" } else { "NO ACTION" };
    let mut rules = String::new();
    for (word, rule) in [(" ON DELETE ", &key.on_delete), (" ON UPDATE ", &key.on_update)] {
        if rule != silent {
            rules.push_str(word);
            rules.push_str(rule);
        }
    }
    Line::ForeignKey {
        name: key.name.clone(),
        columns: key.columns.clone(),
        parent: ((key.parent.schema != schema).then(|| key.parent.schema.clone()), key.parent.table.clone()),
        parent_columns: key.parent_columns.clone(),
        rules,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "CREATE TABLE `_rec``x` (\n  `id` int NOT NULL AUTO_INCREMENT COMMENT 'the so-called \"id\" (a, b)',\n  `e` enum('a','b''c',' COMMENT ''x''','d\\\\e') COLLATE utf8mb4_bin NOT NULL DEFAULT 'b''c',\n  `raw` binary(16) DEFAULT NULL COMMENT ':blob@raw:the animal''s movie',\n  `g` int GENERATED ALWAYS AS ((`id` * 1000)) STORED COMMENT 'in g',\n  `j` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'c' CHECK (json_valid(`j`)),\n  PRIMARY KEY (`id`),\n  KEY `f` ((json_value(`j`, _utf8mb4'$.strain' returning char(20)))),\n  CONSTRAINT `_rec_ibfk_1` FOREIGN KEY (`id`, `raw`) REFERENCES `o``ther`.`#p` (`a`, `b`) ON DELETE RESTRICT ON UPDATE CASCADE\n) ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='it''s AUTO_INCREMENT=3'";

    #[test]
    fn a_definition_prints_back_byte_for_byte() {
        let parsed = parse_create_table(SAMPLE).expect("parses");
        assert_eq!(parsed.print(), SAMPLE);
        assert!(!parsed.lines.iter().any(|l| matches!(l, Line::Other(_))), "{parsed:?}");
    }

    #[test]
    fn comments_are_found_behind_quotes_and_parentheses() {
        let parsed = parse_create_table(SAMPLE).expect("parses");
        let comments: Vec<Option<&str>> = ["id", "e", "raw", "g", "j"]
            .iter()
            .map(|n| parsed.column(n).and_then(|c| c.comment.as_deref()))
            .collect();
        assert_eq!(
            comments,
            [
                Some("the so-called \"id\" (a, b)"),
                None,
                Some(":blob@raw:the animal's movie"),
                Some("in g"),
                Some("c")
            ]
        );
        assert!(parsed.column("id").is_some_and(ColumnLine::not_null));
        assert!(!parsed.column("raw").is_some_and(ColumnLine::not_null));
    }

    #[test]
    fn the_counter_is_left_out_but_not_the_comment() {
        let printed = parse_create_table(SAMPLE).expect("parses").print_without_counter();
        assert!(printed.ends_with(
            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='it''s AUTO_INCREMENT=3'"
        ));
    }

    #[test]
    fn a_line_of_unknown_kind_is_kept_as_other() {
        let source = "CREATE TABLE `t` (\n  `a` int,\n  PERIOD FOR SYSTEM_TIME (`x`, `y`)\n) ENGINE=InnoDB";
        let parsed = parse_create_table(source).expect("parses");
        assert!(matches!(parsed.lines.last(), Some(Line::Other(_))));
    }
}
