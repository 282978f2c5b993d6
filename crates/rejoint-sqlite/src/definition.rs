//! Statements that make and drop tables and triggers, as rejoint writes them.

use crate::catalog_tables::KeptTrigger;
use rejoint_db::{Error, excerpt, ident, read_ident};
use rejoint_model::TableName;

/// What a statement about definitions does.
pub(crate) enum Definition {
    CreateTable { table: TableName, if_not_exists: bool, definition: String },
    DropTable { table: TableName },
    CreateTrigger(KeptTrigger),
    DropTrigger { name: TableName },
}

fn name(source: &str) -> Option<(TableName, &str)> {
    let (schema, rest) = read_ident(source)?;
    let (table, rest) = read_ident(rest.strip_prefix('.')?)?;
    Some((TableName::new(schema, table), rest))
}

/// Reads such a statement; `None` if it is another one.
///
/// # Errors
/// It begins like one and goes on otherwise.
pub(crate) fn read(
    sql: &str,
    charset: impl Fn(&str) -> Option<(String, String)>,
) -> Result<Option<Definition>, Error> {
    let unknown =
        || Error::Unexpected { what: format!("the embedded engine does not understand: {}", excerpt(sql)) };
    if let Some(rest) = sql.strip_prefix("DROP TABLE ") {
        let (table, _) = name(rest).ok_or_else(unknown)?;
        return Ok(Some(Definition::DropTable { table }));
    }
    if let Some(rest) = sql.strip_prefix("DROP TRIGGER ") {
        let (name, _) = name(rest).ok_or_else(unknown)?;
        return Ok(Some(Definition::DropTrigger { name }));
    }
    if let Some(rest) = sql.strip_prefix("CREATE TRIGGER ") {
        return trigger(rest, sql).ok_or_else(unknown).map(|t| Some(Definition::CreateTrigger(t)));
    }
    if let Some(rest) = sql.strip_prefix("CREATE TABLE ") {
        let (rest, if_not_exists) = match rest.strip_prefix("IF NOT EXISTS ") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (table, body) = name(rest).ok_or_else(unknown)?;
        let definition = definition(&table, body, charset(&table.schema)).ok_or_else(unknown)?;
        return Ok(Some(Definition::CreateTable { table, if_not_exists, definition }));
    }
    Ok(None)
}

fn trigger(rest: &str, sql: &str) -> Option<KeptTrigger> {
    let (own, rest) = name(rest)?;
    let (timing, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
    let (event, rest) = rest.split_once(" ON ")?;
    let (target, rest) = name(rest)?;
    let statement = rest.strip_prefix(" FOR EACH ROW")?.trim_start();
    Some(KeptTrigger {
        name: own,
        target: target.table,
        timing: timing.to_owned(),
        event: event.to_owned(),
        statement: statement.to_owned(),
        written: sql.to_owned(),
        sql_mode: None,
        charset: None,
        collation: None,
    })
}

/// A definition in the outline of `SHOW CREATE TABLE`. Types stay as they are written: what a server would print of them is known
/// only to it.
fn definition(table: &TableName, body: &str, charset: Option<(String, String)>) -> Option<String> {
    let body = body.trim_start().strip_prefix("(\n")?;
    let (lines, options) = body.rsplit_once("\n)")?;
    let lines: Vec<String> =
        lines.split(",\n").map(|line| printed(line.trim_start())).collect::<Option<_>>()?;
    let mut options = options.to_owned();
    if !options.contains("CHARSET=") {
        let (charset, collation) = charset?;
        let at = options.find(" COMMENT=").unwrap_or(options.len());
        options.insert_str(at, &format!(" DEFAULT CHARSET={charset} COLLATE={collation}"));
    }
    Some(format!("CREATE TABLE {} (\n  {}\n){options}", ident(&table.table), lines.join(",\n  ")))
}

fn printed(line: &str) -> Option<String> {
    if let Some(list) = line.strip_prefix("PRIMARY KEY ") {
        return Some(format!("PRIMARY KEY {}", list.replace(", ", ",")));
    }
    if let Some(list) = line.strip_prefix("INDEX ") {
        // a server names it after its first column
        let (first, _) = read_ident(list.strip_prefix('(')?)?;
        return Some(format!("KEY {} {}", ident(&first), list.replace(", ", ",")));
    }
    let (column, rest) = read_ident(line)?;
    let rest = rest.strip_prefix(' ')?;
    let end = rest.find(' ').unwrap_or(rest.len());
    let (word, attributes) = rest.split_at(end);
    // types are words, but the labels of an enum are not
    let word = if word.contains('\'') { word.to_owned() } else { word.to_ascii_lowercase() };
    Some(format!("{} {word}{attributes}", ident(&column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_the_planner_get_the_outline_of_a_definition() {
        let sql = "CREATE TABLE IF NOT EXISTS `s`.`~j` (\n  `seq` bigint unsigned NOT NULL AUTO_INCREMENT,\n  `status` enum('a', 'b') NOT NULL,\n  `t` VARCHAR(64) NOT NULL COMMENT 'x',\n  PRIMARY KEY (`seq`, `t`),\n  INDEX (`status`,`t`)\n) ENGINE=InnoDB COMMENT='c'";
        let charset = |_: &str| Some(("utf8mb4".to_owned(), "utf8mb4_bin".to_owned()));
        let Ok(Some(Definition::CreateTable { if_not_exists, definition, .. })) = read(sql, charset) else {
            panic!("not understood");
        };
        assert!(if_not_exists);
        insta::assert_snapshot!(definition, @r"
        CREATE TABLE `~j` (
          `seq` bigint unsigned NOT NULL AUTO_INCREMENT,
          `status` enum('a', 'b') NOT NULL,
          `t` varchar(64) NOT NULL COMMENT 'x',
          PRIMARY KEY (`seq`,`t`),
          KEY `status` (`status`,`t`)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='c'
        ");
        assert!(rejoint_db::table_of(&TableName::new("s", "~j"), &definition, false).is_ok());
    }

    #[test]
    fn triggers_are_taken_apart() {
        let sql =
            "CREATE TRIGGER `s`.`r` BEFORE INSERT ON `s`.`#t x` FOR EACH ROW\nBEGIN\n  SET NEW.`a` = 1;\nEND";
        let Ok(Some(Definition::CreateTrigger(t))) = read(sql, |_| None) else { panic!("not understood") };
        assert_eq!((t.target.as_str(), t.timing.as_str(), t.event.as_str()), ("#t x", "BEFORE", "INSERT"));
        assert_eq!(t.statement, "BEGIN\n  SET NEW.`a` = 1;\nEND");
        assert!(read("CREATE TRIGGER whatever", |_| None).is_err());
        assert!(read("SELECT 1", |_| None).is_ok_and(|d| d.is_none()));
    }
}
