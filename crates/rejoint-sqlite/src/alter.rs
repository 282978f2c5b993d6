//! What an ALTER TABLE of rejoint does to the columns of SQLite's table; everything else of it is in the new definition.

use rejoint_db::{Error, excerpt, read_ident, split_outside};

/// A change of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnChange {
    Add(String),
    Drop(String),
    Rename(String, String),
}

/// Reads the changes of columns from a statement of [`rejoint_db::alter()`].
///
/// # Errors
/// A clause of another form.
pub(crate) fn column_changes(sql: &str) -> Result<Vec<ColumnChange>, Error> {
    let unknown =
        || Error::Unexpected { what: format!("the embedded engine does not understand: {}", excerpt(sql)) };
    let rest = sql.strip_prefix("ALTER TABLE ").ok_or_else(unknown)?;
    let (_, rest) = read_ident(rest).ok_or_else(unknown)?;
    let (_, rest) = rest.strip_prefix('.').and_then(read_ident).ok_or_else(unknown)?;
    let mut found = Vec::new();
    for clause in split_outside(rest, b',').ok_or_else(unknown)?.into_iter().map(str::trim) {
        let name =
            |after: &str| read_ident(after).map(|(name, rest)| (name, rest.to_owned())).ok_or_else(unknown);
        if let Some(after) = clause.strip_prefix("ADD COLUMN ") {
            found.push(ColumnChange::Add(name(after)?.0));
        } else if let Some(after) = clause.strip_prefix("DROP COLUMN ") {
            found.push(ColumnChange::Drop(name(after)?.0));
        } else if let Some(after) = clause.strip_prefix("CHANGE COLUMN ") {
            let (from, rest) = name(after)?;
            let (to, _) = name(rest.strip_prefix(' ').ok_or_else(unknown)?)?;
            if from != to {
                found.push(ColumnChange::Rename(from, to));
            }
        } else if ![
            "MODIFY COLUMN ",
            "DROP FOREIGN KEY ",
            "ADD CONSTRAINT ",
            "RENAME INDEX ",
            "ALGORITHM=",
            "LOCK=",
        ]
        .iter()
        .any(|known| clause.starts_with(known))
        {
            return Err(unknown());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_that_come_go_or_change_their_name_matter() {
        let sql = "ALTER TABLE `s`.`t,` \n  DROP FOREIGN KEY `f`,\n  CHANGE COLUMN `a` `b``,` binary(16) NOT NULL DEFAULT '\\0,' COMMENT 'x, y',\n  CHANGE COLUMN `k` `k` int,\n  MODIFY COLUMN `e` enum('a','b') COMMENT ',',\n  ADD COLUMN `n` json NOT NULL AFTER `a`,\n  DROP COLUMN `o`,\n  RENAME INDEX `i` TO `j`,\n  ADD CONSTRAINT `c` FOREIGN KEY (`a`,`b`) REFERENCES `p`.`q` (`x`,`y`),\n  ALGORITHM=INPLACE";
        assert_eq!(
            column_changes(sql).unwrap(),
            [
                ColumnChange::Rename("a".into(), "b`,".into()),
                ColumnChange::Add("n".into()),
                ColumnChange::Drop("o".into())
            ]
        );
        assert!(column_changes("ALTER TABLE `s`.`t` ORDER BY x").is_err());
    }
}
