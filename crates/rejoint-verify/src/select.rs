//! From a view to a SELECT, and to what each column of its result is.

use crate::error::{Error, Result};
use rejoint_db::{ident, qualified};
use rejoint_model::{Content, ExternalKind, TableName, TableView, ViewColumn};
use std::collections::{BTreeMap, BTreeSet};

/// How the cell of a logical column is found in a result row.
#[derive(Debug)]
pub(crate) struct Selected {
    /// Logical name.
    pub(crate) name: String,
    /// Column of the result.
    pub(crate) index: usize,
    /// What to do with it.
    pub(crate) how: How,
}

/// What to do with a cell.
#[derive(Debug)]
pub(crate) enum How {
    Plain,
    /// A blob; the number counts the view's blobs.
    Blob(usize),
    /// A legacy pointer; the columns of its tracking row follow [`Selected::index`]: hash, size, attachment_name, filepath,
    /// contents_hash.
    Legacy {
        kind: ExternalKind,
        store: String,
        subfolding: Option<Vec<usize>>,
        nulled: BTreeSet<[u8; 16]>,
        tracking: String,
    },
    /// JSON of 2.x.
    Json {
        kind: ExternalKind,
    },
}

/// A statement that reads a view, and its columns: the key first, then the others, both in the order of their names.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) sql: String,
    pub(crate) key: Vec<Selected>,
    pub(crate) others: Vec<Selected>,
}

impl Selection {
    pub(crate) fn key_names(&self) -> Vec<String> {
        self.key.iter().map(|column| column.name.clone()).collect()
    }

    pub(crate) fn other_names(&self) -> Vec<String> {
        self.others.iter().map(|column| column.name.clone()).collect()
    }
}

/// Columns of a tracking row, after the pointer itself.
const TRACKING: [&str; 5] = ["hash", "size", "attachment_name", "filepath", "contents_hash"];

/// Builds the statement. `subfolding` has an entry per store; `None` if no paths are wanted.
pub(crate) fn select(
    view: &TableView,
    subfolding: Option<&BTreeMap<String, Vec<usize>>>,
) -> Result<Selection> {
    check_names(view)?;
    let mut expressions = Vec::new();
    let mut joins = String::new();
    let mut n_blobs = 0;
    let mut key_names = view.key.clone();
    key_names.sort();
    let key = key_names
        .into_iter()
        .map(|name| {
            expressions.push(format!("t.{}", ident(&name)));
            Selected { index: expressions.len() - 1, how: How::Plain, name }
        })
        .collect();
    let mut columns: Vec<&ViewColumn> = view.columns.iter().collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    let mut others = Vec::with_capacity(columns.len());
    for column in columns {
        let pointer = format!("t.{}", ident(&column.column));
        expressions.push(pointer.clone());
        let index = expressions.len() - 1;
        let how = match &column.content {
            Content::Plain => How::Plain,
            Content::Blob => {
                n_blobs += 1;
                How::Blob(n_blobs - 1)
            }
            Content::LegacyPointer { kind, store, tracking, nulled } => {
                let alias = format!("e{index}");
                expressions.extend(TRACKING.iter().map(|name| format!("{alias}.{}", ident(name))));
                let table = qualified(&TableName::new(&view.table.schema, tracking));
                joins.push_str(&format!(" LEFT JOIN {table} AS {alias} ON {alias}.`hash` = {pointer}"));
                let subfolding = match subfolding {
                    None => None,
                    Some(known) => Some(known.get(store).cloned().ok_or_else(|| Error::UnknownStore {
                        table: view.table.clone(),
                        column: column.name.clone(),
                        store: store.clone(),
                    })?),
                };
                How::Legacy {
                    kind: *kind,
                    store: store.clone(),
                    subfolding,
                    nulled: nulled.iter().map(|hex| read_hash(view, column, hex)).collect::<Result<_>>()?,
                    tracking: tracking.clone(),
                }
            }
            Content::JsonPointer { kind, store: _ } => How::Json { kind: *kind },
        };
        others.push(Selected { name: column.name.clone(), index, how });
    }
    let sql = format!("SELECT {} FROM {} AS t{joins}", expressions.join(", "), qualified(&view.table));
    Ok(Selection { sql, key, others })
}

/// Two logical columns of one name, or none at all, would make digests that mean nothing.
fn check_names(view: &TableView) -> Result<()> {
    let refuse = |reason: String| Err(Error::View { table: view.table.clone(), reason });
    if view.key.is_empty() {
        return refuse("it has no key".into());
    }
    let mut seen = BTreeSet::new();
    for name in view.key.iter().chain(view.columns.iter().map(|column| &column.name)) {
        if !seen.insert(name) {
            return refuse(format!("it has two columns `{name}`"));
        }
    }
    Ok(())
}

fn read_hash(view: &TableView, column: &ViewColumn, hex: &str) -> Result<[u8; 16]> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| Error::View {
        table: view.table.clone(),
        reason: format!(
            "column `{}`: {hex:?} is no pointer: 32 hexadecimal digits are expected",
            column.name
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, content: Content) -> ViewColumn {
        ViewColumn { name: name.into(), column: name.into(), content }
    }

    #[test]
    fn hostile_names_are_quoted_and_columns_sorted() {
        let view = TableView {
            table: TableName::new("s`x", "#t y"),
            key: vec!["b`".into(), "a".into()],
            columns: vec![
                column("z", Content::Plain),
                column(
                    "m",
                    Content::LegacyPointer {
                        kind: ExternalKind::Blob,
                        store: "raw".into(),
                        tracking: "~external_r`".into(),
                        nulled: vec!["00".repeat(16)],
                    },
                ),
            ],
        };
        let selection = select(&view, Some(&BTreeMap::from([("raw".into(), vec![2, 2])]))).unwrap();
        insta::assert_snapshot!(selection.sql, @"SELECT t.`a`, t.`b```, t.`m`, e2.`hash`, e2.`size`, e2.`attachment_name`, e2.`filepath`, e2.`contents_hash`, t.`z` FROM `s``x`.`#t y` AS t LEFT JOIN `s``x`.`~external_r``` AS e2 ON e2.`hash` = t.`m`");
        assert!(matches!(select(&view, Some(&BTreeMap::new())), Err(Error::UnknownStore { .. })));
        assert!(select(&view, None).is_ok());
    }

    #[test]
    fn views_that_mean_nothing_are_refused() {
        let mut view = TableView { table: TableName::new("s", "t"), key: vec![], columns: vec![] };
        assert!(matches!(select(&view, None), Err(Error::View { .. })));
        view.key = vec!["a".into()];
        view.columns = vec![column("a", Content::Plain)];
        assert!(matches!(select(&view, None), Err(Error::View { .. })));
        view.columns = vec![column(
            "p",
            Content::LegacyPointer {
                kind: ExternalKind::Blob,
                store: "r".into(),
                tracking: "t".into(),
                nulled: vec!["xyz".into()],
            },
        )];
        assert!(matches!(select(&view, None), Err(Error::View { .. })));
    }
}
