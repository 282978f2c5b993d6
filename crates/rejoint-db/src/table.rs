//! A table of the catalog from its definition, as `information_schema` of the server that printed it would tell.
//!
//! Engines that keep definitions as text have no other catalog. Compared with both servers' own catalogs in
//! `rejoint-sqlite/tests/catalog.rs`.

use crate::create_table::{ColumnLine, Line, parse_create_table, read_ident};
use crate::sql::{read_text, split_outside};
use rejoint_model::catalog::IndexPart;
use rejoint_model::{Column, ForeignKey, Index, Table, TableName};
use thiserror::Error;

/// A definition that is not understood.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the definition of {table} is not understood: {what}")]
pub struct DefinitionError {
    /// Table.
    pub table: TableName,
    /// What is not understood.
    pub what: String,
}

/// Builds the table that `definition` (the text of `SHOW CREATE TABLE`) describes; no rows, no triggers.
///
/// # Errors
/// The text has not the form that servers print.
pub fn table_of(name: &TableName, definition: &str, mariadb: bool) -> Result<Table, DefinitionError> {
    let wrong = |what: String| DefinitionError { table: name.clone(), what };
    let parsed = parse_create_table(definition).ok_or_else(|| wrong("it is no CREATE TABLE".into()))?;
    let (head, comment) = split_comment(&parsed.options).ok_or_else(|| wrong("its options".into()))?;
    let option = |key: &str| head.split(' ').find_map(|w| w.strip_prefix(key));
    let charset = option("CHARSET=").unwrap_or("utf8mb4");
    let collation = option("COLLATE=").map_or_else(|| default_collation(charset, mariadb), str::to_owned);
    let mut table = Table {
        name: name.clone(),
        engine: option("ENGINE=").unwrap_or("InnoDB").to_owned(),
        comment,
        rows_estimate: 0,
        data_bytes: 0,
        index_bytes: 0,
        columns: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        triggers: Vec::new(),
        partitioned: parsed.options.contains("PARTITION BY"),
        collation,
    };
    for line in &parsed.lines {
        match line {
            Line::Column(line) => {
                let column = column_of(line, &table.collation, mariadb)
                    .ok_or_else(|| wrong(format!("the column `{}`", line.name)))?;
                table.columns.push(column);
            }
            Line::Key { kind, name, rest } => {
                let parts = index_parts(rest).ok_or_else(|| wrong(format!("the index `{name}`")))?;
                let (name, unique) = match kind.as_str() {
                    "PRIMARY KEY" => ("PRIMARY", true),
                    kind => (name.as_str(), kind == "UNIQUE KEY"),
                };
                table.indexes.push(Index { name: name.to_owned(), unique, parts });
            }
            Line::ForeignKey { name: key, columns, parent, parent_columns, rules } => {
                let rule = |word: &str| {
                    let found = rules.split(&format!(" ON {word} ")).nth(1)?;
                    Some(found.split(" ON ").next().unwrap_or(found).to_owned())
                };
                // what is not printed is each server's default
                let default = || if mariadb { "RESTRICT" } else { "NO ACTION" }.to_owned();
                table.foreign_keys.push(ForeignKey {
                    name: key.clone(),
                    columns: columns.clone(),
                    parent: TableName::new(parent.0.as_deref().unwrap_or(&name.schema), &parent.1),
                    parent_columns: parent_columns.clone(),
                    on_update: rule("UPDATE").unwrap_or_else(default),
                    on_delete: rule("DELETE").unwrap_or_else(default),
                });
            }
            Line::Check { .. } => {}
            Line::Other(text) => return Err(wrong(text.clone())),
        }
    }
    table.indexes.sort_by_key(|i| (i.name != "PRIMARY", i.name.to_lowercase()));
    sort_foreign_keys(&mut table.foreign_keys);
    Ok(table)
}

/// Puts foreign keys into the order of their declaration: `t_ibfk_10` was declared after `t_ibfk_9`.
pub fn sort_foreign_keys(keys: &mut [ForeignKey]) {
    keys.sort_by_key(|k| declaration_order(&k.name));
}

fn declaration_order(name: &str) -> (String, u64, String) {
    match name.rsplit_once('_') {
        Some((head, number)) if head.ends_with("_ibfk") => match number.parse() {
            Ok(number) => (head.to_owned(), number, String::new()),
            Err(_) => (name.to_owned(), 0, name.to_owned()),
        },
        _ => (name.to_owned(), 0, name.to_owned()),
    }
}

/// The table's options without their comment, and the comment.
fn split_comment(options: &str) -> Option<(&str, String)> {
    match options.find(" COMMENT='") {
        Some(at) => {
            let (comment, _) = read_text(options, at + " COMMENT=".len())?;
            Some((options.get(..at)?, comment))
        }
        None => Some((options, String::new())),
    }
}

/// The collation that a server takes for a character set when none is written down.
pub fn default_collation(charset: &str, mariadb: bool) -> String {
    match charset {
        "binary" => "binary".to_owned(),
        "utf8mb4" if !mariadb => "utf8mb4_0900_ai_ci".to_owned(),
        "latin1" => "latin1_swedish_ci".to_owned(),
        "utf8" => "utf8mb3_general_ci".to_owned(),
        other => format!("{other}_general_ci"),
    }
}

/// Words and quoted pieces of a column's attributes, parentheses kept together with what is before them.
fn pieces(source: &str) -> Option<Vec<&str>> {
    Some(split_outside(source, b' ')?.into_iter().filter(|p| !p.is_empty()).collect())
}

fn column_of(line: &ColumnLine, table_collation: &str, mariadb: bool) -> Option<Column> {
    let pieces = pieces(&line.before)?;
    let mut rest = pieces.iter().copied().peekable();
    let mut sql_type = rest.next()?.to_owned();
    while let Some(word @ ("unsigned" | "zerofill" | "precision")) = rest.peek().copied() {
        sql_type = format!("{sql_type} {word}");
        rest.next();
    }
    let data_type = sql_type.split(['(', ' ']).next()?.to_ascii_lowercase();
    let (mut charset, mut collation, mut not_null) = (None, None, false);
    let (mut default, mut extra, mut generation) = (None, Vec::new(), String::new());
    while let Some(word) = rest.next() {
        match word {
            "CHARACTER" => charset = rest.nth(1),
            "COLLATE" => collation = rest.next().map(str::to_owned),
            "NOT" => {
                not_null = true;
                rest.next();
            }
            "DEFAULT" => {
                let value = rest.next()?;
                default = default_of(value, mariadb);
                let computed = value.starts_with('(') || value.starts_with("CURRENT_TIMESTAMP");
                if computed && !mariadb {
                    extra.push("DEFAULT_GENERATED".to_owned());
                }
            }
            "ON" => {
                rest.next(); // UPDATE
                extra.push(format!("on update {}", rest.next()?));
            }
            "AUTO_INCREMENT" => extra.push("auto_increment".to_owned()),
            "GENERATED" => {
                rest.next(); // ALWAYS
                rest.next(); // AS
                let expression = rest.next()?;
                generation = expression.strip_prefix('(')?.strip_suffix(')')?.to_owned();
            }
            "STORED" => extra.push("STORED GENERATED".to_owned()),
            "VIRTUAL" => extra.push("VIRTUAL GENERATED".to_owned()),
            // NULL after timestamp, /*!80023 INVISIBLE */ and the like
            _ => {}
        }
    }
    let is_text = matches!(
        data_type.as_str(),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set"
    );
    if mariadb && default.is_none() && !not_null {
        default = Some("NULL".to_owned());
    }
    Some(Column {
        name: line.name.clone(),
        collation: is_text.then(|| {
            collation.unwrap_or_else(|| {
                charset.map_or_else(|| table_collation.to_owned(), |c| default_collation(c, mariadb))
            })
        }),
        sql_type,
        data_type,
        nullable: !not_null,
        default,
        extra: extra.join(" "),
        generation,
        comment: line.comment.clone().unwrap_or_default(),
    })
}

/// A default as `information_schema` shows it: MySQL shows the value of a literal, MariaDB the literal.
fn default_of(written: &str, mariadb: bool) -> Option<String> {
    if mariadb {
        return Some(written.to_owned());
    }
    match written {
        "NULL" => None,
        text if text.starts_with('\'') => read_text(text, 0).map(|(value, _)| value),
        expression if expression.starts_with('(') => {
            expression.strip_prefix('(')?.strip_suffix(')').map(str::to_owned)
        }
        other => Some(other.to_owned()),
    }
}

/// The parts of "(`a`,`b`(10),`c` DESC,(lower(`d`)))".
fn index_parts(rest: &str) -> Option<Vec<IndexPart>> {
    // what may follow the list: USING BTREE, a comment
    let list = split_outside(rest, b' ')?.first()?.strip_prefix('(')?.strip_suffix(')')?;
    let part = |text: &str| -> Option<IndexPart> {
        Some(match text.strip_prefix('(') {
            Some(expression) => {
                let expression = expression.strip_suffix(')')?.to_owned();
                IndexPart { column: None, expression: Some(expression) }
            }
            None => IndexPart { column: Some(read_ident(text)?.0), expression: None },
        })
    };
    split_outside(list, b',')?.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_becomes_a_table() {
        let source = "CREATE TABLE `#t` (\n  `id` int unsigned NOT NULL AUTO_INCREMENT,\n  `k``x` enum('a,b','it''s') CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'it''s' COMMENT 'c',\n  `at` timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),\n  `n` decimal(10,2) DEFAULT '1.50',\n  `g` int GENERATED ALWAYS AS ((`id` + 1)) STORED,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`k``x`,`n`),\n  KEY `e` ((lower(`k``x`))),\n  CONSTRAINT `f_ibfk_10` FOREIGN KEY (`n`) REFERENCES `o`.`p` (`q`) ON DELETE RESTRICT ON UPDATE CASCADE,\n  CONSTRAINT `f_ibfk_2` FOREIGN KEY (`id`) REFERENCES `p` (`q`)\n) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='it''s, ENGINE=x'";
        let table = table_of(&TableName::new("s", "#t"), source, false).expect("understood");
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|c| {
                format!(
                    "{} | {} | {} | {} | {:?} | {} | {} | {:?} | {}",
                    c.name,
                    c.sql_type,
                    c.data_type,
                    c.nullable,
                    c.default,
                    c.extra,
                    c.generation,
                    c.collation,
                    c.comment
                )
            })
            .collect();
        insta::assert_snapshot!(columns.join("\n"), @r#"
        id | int unsigned | int | false | None | auto_increment |  | None | 
        k`x | enum('a,b','it''s') | enum | false | Some("it's") |  |  | Some("latin1_bin") | c
        at | timestamp(3) | timestamp | true | Some("CURRENT_TIMESTAMP(3)") | DEFAULT_GENERATED on update CURRENT_TIMESTAMP(3) |  | None | 
        n | decimal(10,2) | decimal | true | Some("1.50") |  |  | None | 
        g | int | int | true | None | STORED GENERATED | (`id` + 1) | None | 
        "#);
        assert_eq!(table.comment, "it's, ENGINE=x");
        assert_eq!(table.collation, "utf8mb4_bin");
        assert_eq!(table.primary_key(), ["id"]);
        let keys: Vec<&str> = table.foreign_keys.iter().map(|k| k.name.as_str()).collect();
        assert_eq!(keys, ["f_ibfk_2", "f_ibfk_10"]);
        assert_eq!(table.foreign_keys.first().map(|k| k.on_update.as_str()), Some("NO ACTION"));
        assert_eq!(table.indexes.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), ["PRIMARY", "e", "u"]);
    }

    #[test]
    fn what_is_no_definition_is_an_error() {
        assert!(
            table_of(&TableName::new("s", "t"), "CREATE TABLE `t` (\n  `a` int,\n  WHAT\n)", false).is_err()
        );
        assert!(table_of(&TableName::new("s", "t"), "SELECT 1", false).is_err());
    }
}
