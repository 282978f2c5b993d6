//! Names of tables inside the file: all schemas share it.

use rejoint_model::TableName;

/// The name under which the file keeps a table. No two tables share one: the length says where the schema ends, and because
/// SQLite does not tell `Scan` from `scan`, capitals are marked.
pub(crate) fn physical(table: &TableName) -> String {
    let mut name = format!("{}:", table.schema.chars().count());
    for c in table.schema.chars().chain(['.']).chain(table.table.chars()) {
        if c == '^' || c.is_ascii_uppercase() {
            name.push('^');
        }
        name.push(c);
    }
    name
}

/// Quotes an identifier for SQLite. A NUL, which SQLite takes for the end of a statement, cannot be in a name of the servers.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_sqlite_would_not_tell_apart_stay_apart() {
        let name = |s: &str, t: &str| physical(&TableName::new(s, t)).to_ascii_lowercase();
        assert_ne!(name("a", "Scan"), name("a", "scan"));
        assert_ne!(name("a", "^scan"), name("a", "Scan"));
        assert_ne!(name("a.b", "c"), name("a", "b.c"));
    }

    proptest! {
        #[test]
        fn no_two_tables_share_a_name(a in "[aA^.:1]{0,4}", b in "[aA^.:1]{0,4}", c in "[aA^.:1]{0,4}", d in "[aA^.:1]{0,4}") {
            let one = physical(&TableName::new(a.as_str(), b.as_str())).to_ascii_lowercase();
            let two = physical(&TableName::new(c.as_str(), d.as_str())).to_ascii_lowercase();
            prop_assert_eq!(one == two, (a, b) == (c, d));
        }
    }
}
