//! What a DataJoint generation reads from a pipeline, as `lab/digest.py` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

/// Digests of all tables of a pipeline, by `schema.table` without the schemas' prefix.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// Version of the DataJoint that read.
    pub datajoint: String,
    tables: BTreeMap<String, Table>,
}

#[derive(Debug, Clone, PartialEq)]
struct Table {
    /// `None` when the table cannot be opened.
    n_rows: Option<u64>,
    /// Digest of a column, or `ERROR ...`: which never equals anything.
    columns: BTreeMap<String, String>,
}

/// One place where two digests differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// `schema.table` without the schemas' prefix.
    pub table: String,
    /// The column; empty where the whole table differs.
    pub column: String,
    /// What differs.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.table, self.column, self.what)
    }
}

impl Digest {
    /// From the JSON that `digest.py run --out` writes.
    ///
    /// # Panics
    /// When it is not that.
    pub fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).expect("digest.py writes JSON");
        let tables = value["tables"].as_object().expect("an object of tables");
        let tables = tables.iter().map(|(name, table)| {
            let columns = table["columns"].as_object().expect("an object of columns");
            let columns = columns.iter().map(|(column, digest)| {
                (column.clone(), digest.as_str().expect("a column's digest is text").to_string())
            });
            (name.clone(), Table { n_rows: table["rows"].as_u64(), columns: columns.collect() })
        });
        Self {
            datajoint: value["datajoint"].as_str().expect("the version").to_string(),
            tables: tables.collect(),
        }
    }

    /// Names of the tables, `schema.table`.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Number of rows of a table; `None` when there is no such table or it could not be read.
    pub fn n_rows(&self, table: &str) -> Option<u64> {
        self.tables.get(table)?.n_rows
    }

    /// A column's digest, or `ERROR ...` when it could not be read.
    pub fn column(&self, table: &str, column: &str) -> Option<&str> {
        self.tables.get(table)?.columns.get(column).map(String::as_str)
    }

    /// Columns that could not be read, as `(table, column, error)`; column `*` stands for a whole table.
    pub fn errors(&self) -> Vec<(&str, &str, &str)> {
        let mut errors = Vec::new();
        for (name, table) in &self.tables {
            for (column, digest) in &table.columns {
                if digest.starts_with("ERROR") {
                    errors.push((name.as_str(), column.as_str(), digest.as_str()));
                }
            }
        }
        errors
    }

    /// Only the tables that `keep` names.
    #[must_use]
    pub fn filtered(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.tables.retain(|name, _| keep(name));
        self
    }

    /// Every difference from `self` (before) to `after`. A column that cannot be read, before or after, is one.
    ///
    /// # Panics
    /// When either is empty: two empty digests prove nothing.
    pub fn compare(&self, after: &Self) -> Vec<Difference> {
        assert!(
            !self.tables.is_empty() && !after.tables.is_empty(),
            "a digest without tables proves nothing"
        );
        let mut differences = Vec::new();
        let names: BTreeSet<_> = self.tables.keys().chain(after.tables.keys()).collect();
        for name in names {
            let mut differs = |column: &str, what: String| {
                differences.push(Difference { table: name.clone(), column: column.to_string(), what });
            };
            let (old, new) = match (self.tables.get(name), after.tables.get(name)) {
                (Some(old), Some(new)) => (old, new),
                (Some(_), None) => {
                    differs("", "missing after".to_string());
                    continue;
                }
                (None, _) => {
                    differs("", "new after".to_string());
                    continue;
                }
            };
            if old.n_rows != new.n_rows {
                differs("", format!("rows {:?} before, {:?} after", old.n_rows, new.n_rows));
            }
            let columns: BTreeSet<_> = old.columns.keys().chain(new.columns.keys()).collect();
            for column in columns {
                match (old.columns.get(column), new.columns.get(column)) {
                    (Some(_), None) => differs(column, "missing after".to_string()),
                    (None, _) => differs(column, "new after".to_string()),
                    (_, Some(error)) if error.starts_with("ERROR") => {
                        differs(column, format!("after: {error}"))
                    }
                    (Some(error), _) if error.starts_with("ERROR") => {
                        differs(column, format!("before: {error}"))
                    }
                    (a, b) if a != b => differs(column, "values differ".to_string()),
                    _ => {}
                }
            }
        }
        differences
    }

    /// Assert that every table and column is equal and readable.
    ///
    /// # Panics
    /// Otherwise, with every difference.
    #[track_caller]
    pub fn assert_equal(&self, after: &Self) {
        let differences = self.compare(after);
        let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert!(
            differences.is_empty(),
            "{} differences from DataJoint {} to {}:\n{}",
            differences.len(),
            self.datajoint,
            after.datajoint,
            lines.join("\n")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(tables: &str) -> Digest {
        Digest::from_json(&format!(r#"{{"datajoint": "x", "tables": {tables}}}"#))
    }

    fn differences(before: &str, after: &str) -> Vec<String> {
        digest(before).compare(&digest(after)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn equal_digests_have_no_difference() {
        let one = r#"{"a.t": {"rows": 2, "columns": {"id": "11", "v": "22"}}}"#;
        assert_eq!(differences(one, one), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_difference_is_named() {
        let before = r#"{"a.gone": {"rows": 1, "columns": {"id": "1"}},
            "a.t": {"rows": 2, "columns": {"id": "1", "v": "2", "w": "3", "was": "4"}}}"#;
        let after = r#"{"a.added": {"rows": 1, "columns": {"id": "1"}},
            "a.t": {"rows": 3, "columns": {"id": "1", "v": "5", "w": "ERROR no", "is": "4"}}}"#;
        assert_eq!(
            differences(before, after),
            [
                "a.added : new after",
                "a.gone : missing after",
                "a.t : rows Some(2) before, Some(3) after",
                "a.t is: new after",
                "a.t v: values differ",
                "a.t w: after: ERROR no",
                "a.t was: missing after",
            ]
        );
    }

    #[test]
    fn an_error_on_both_sides_is_not_equal() {
        let one = r#"{"a.t": {"rows": 2, "columns": {"v": "ERROR same"}}}"#;
        assert_eq!(differences(one, one), ["a.t v: after: ERROR same"]);
    }

    #[test]
    #[should_panic(expected = "proves nothing")]
    fn empty_digests_are_refused() {
        digest("{}").assert_equal(&digest("{}"));
    }
}
