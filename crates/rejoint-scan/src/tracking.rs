//! Tracking tables `~external_<store>` and `~external`: rows, kinds, references, pointers that lead nowhere.

use crate::error::Error;
use crate::reader::{Reader, columns, key_shown, number, text};
use crate::report_file::{DanglingPointers, TrackingReport};
use md5::{Digest, Md5};
use rejoint_db::{Value, ident, qualified};
use rejoint_model::{AttributeKind, Catalog, Column, Table, classify};
use rejoint_store::{RowKind, TrackingRow};
use std::collections::BTreeMap;

/// The store that a tracking table belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tracks {
    /// `~external_NAME` of 0.12 and newer.
    Store(String),
    /// `~external` of 0.11, one for all stores.
    External011,
}

/// A tracking table and who refers to it.
pub(crate) struct TrackingTable<'c> {
    pub(crate) table: &'c Table,
    pub(crate) tracks: Tracks,
    pub(crate) referring: Vec<(&'c Table, &'c Column)>,
}

/// All tracking tables of the catalog.
pub(crate) fn tracking_tables(catalog: &Catalog) -> Vec<TrackingTable<'_>> {
    let mut referring: BTreeMap<_, Vec<(&Table, &Column)>> = BTreeMap::new();
    for table in catalog.tables() {
        for key in &table.foreign_keys {
            if let [column] = key.columns.as_slice()
                && let Some(column) = table.column(column)
            {
                referring.entry(key.parent.clone()).or_default().push((table, column));
            }
        }
    }
    catalog
        .tables()
        .filter_map(|table| {
            let tracks = match table.name.table.strip_prefix("~external")? {
                "" => Tracks::External011,
                rest => Tracks::Store(rest.strip_prefix('_')?.to_owned()),
            };
            Some(TrackingTable {
                table,
                tracks,
                referring: referring.remove(&table.name).unwrap_or_default(),
            })
        })
        .collect()
}

/// A 16-byte hash.
pub(crate) fn hash16(value: &Value) -> Option<[u8; 16]> {
    match value {
        Value::Bytes(bytes) => bytes.as_slice().try_into().ok(),
        _ => None,
    }
}

fn optional_text(value: &Value) -> Option<String> {
    (*value != Value::NULL).then(|| text(value))
}

/// Columns of a tracking row in the order that [`tracking_row`] takes them.
pub(crate) const ROW_COLUMNS: &str = "`hash`, `size`, `attachment_name`, `filepath`, `contents_hash`";

pub(crate) fn tracking_row(values: &[Value]) -> Option<TrackingRow> {
    let [hash, size, attachment_name, filepath, contents_hash] = values else { return None };
    Some(TrackingRow {
        hash: hash16(hash)?,
        size: number(size),
        attachment_name: optional_text(attachment_name),
        filepath: optional_text(filepath),
        contents_hash: hash16(contents_hash),
    })
}

/// What a tracking row stands for. A filepath's hash is the MD5 of its path; a row with a path and another hash is a blob
/// that was taken over from 0.11.
pub(crate) fn kind_word(row: &TrackingRow, schema: &str) -> &'static str {
    match row.kind(schema) {
        RowKind::Blob => "blob",
        RowKind::Attachment => "attach",
        RowKind::MigratedBlob => "blob_of_0_11",
        RowKind::Filepath => {
            let path = row.filepath.as_deref().unwrap_or_default();
            let of_path: [u8; 16] = Md5::digest(path.as_bytes()).into();
            if of_path == row.hash { "filepath" } else { "blob_of_0_11" }
        }
        RowKind::Unknown => "unknown",
    }
}

/// Rows of a tracking table by kind.
pub(crate) struct Kinds {
    pub(crate) rows: BTreeMap<String, u64>,
    /// Sum of the sizes.
    pub(crate) bytes: u64,
}

/// Kinds of rows that a query selects (columns as in [`ROW_COLUMNS`], from tables named in `from`); rows without path are grouped by
/// the server.
pub(crate) fn kinds(
    reader: &mut Reader<'_>,
    what: &str,
    schema: &str,
    from: &str,
) -> Result<Option<Kinds>, Error> {
    let sql = format!(
        "SELECT `attachment_name` IS NOT NULL AS a, `contents_hash` IS NOT NULL AS c, COUNT(*) AS n, COALESCE(SUM(`size`), 0) AS b FROM {from} WHERE `filepath` IS NULL GROUP BY a, c"
    );
    let Some(groups) = reader.rows(what, &sql, &[])? else { return Ok(None) };
    let (mut found, mut bytes) = (BTreeMap::<String, u64>::new(), 0u64);
    for group in &groups {
        let [attachment, contents, count, size] = group.as_slice() else { continue };
        let word = match (number(attachment), number(contents)) {
            (0, 0) => "blob",
            (1, 0) => "attach",
            _ => "unknown",
        };
        *found.entry(word.to_owned()).or_default() += number(count);
        bytes = bytes.saturating_add(number(size));
    }
    let sql = format!("SELECT {ROW_COLUMNS} FROM {from} WHERE `filepath` IS NOT NULL");
    let result = (|| -> Result<(), rejoint_db::Error> {
        let mut rows = reader.connection.stream(&sql, &[])?;
        while let Some(row) = rows.next_row()? {
            let values: Vec<Value> = row.unwrap_raw().into_iter().map(|v| v.unwrap_or(Value::NULL)).collect();
            let word = match tracking_row(&values) {
                Some(row) => {
                    bytes = bytes.saturating_add(row.size);
                    kind_word(&row, schema)
                }
                None => "unknown",
            };
            *found.entry(word.to_owned()).or_default() += 1;
        }
        Ok(())
    })();
    if let Err(error) = result {
        reader.refused(what, error)?;
        return Ok(None);
    }
    Ok(Some(Kinds { rows: found, bytes }))
}

/// Counts of one tracking table; its objects are looked at elsewhere.
pub(crate) fn report(reader: &mut Reader<'_>, tracking: &TrackingTable<'_>) -> Result<TrackingReport, Error> {
    let table = tracking.table;
    let what = table.name.to_string();
    let mut report = TrackingReport {
        table: table.name.clone(),
        store: match &tracking.tracks {
            Tracks::Store(name) => name.clone(),
            Tracks::External011 => "external".to_owned(),
        },
        rows: None,
        bytes: None,
        kinds: Vec::new(),
        referring_columns: tracking.referring.iter().map(|(t, c)| (t.name.clone(), c.name.clone())).collect(),
        referenced: None,
        unreferenced: None,
        objects: None,
        subfolding: None,
    };
    if !reader.may_read(table, "rows, kinds and references") {
        return Ok(report);
    }
    let from = qualified(&table.name);
    match tracking.tracks {
        Tracks::Store(_) => {
            if let Some(Kinds { rows, bytes }) = kinds(reader, &what, &table.name.schema, &from)? {
                report.rows = Some(rows.values().sum());
                report.bytes = Some(bytes);
                report.kinds = rows.into_iter().collect();
            }
        }
        Tracks::External011 => {
            let sql = format!("SELECT COUNT(*), COALESCE(SUM(`size`), 0) FROM {from}");
            if let Some(rows) = reader.rows(&what, &sql, &[])?
                && let Some([count, bytes]) = rows.first().map(Vec::as_slice)
            {
                report.rows = Some(number(count));
                report.bytes = Some(number(bytes));
                report.kinds = vec![("external_of_0_11".to_owned(), number(count))];
            }
        }
    }
    if tracking.referring.is_empty() {
        report.referenced = report.rows.map(|_| 0);
    } else {
        let tests: Vec<String> = tracking
            .referring
            .iter()
            .map(|(t, c)| {
                format!(
                    "EXISTS (SELECT 1 FROM {} AS r WHERE r.{} = e.`hash`)",
                    qualified(&t.name),
                    ident(&c.name)
                )
            })
            .collect();
        let sql = format!("SELECT COUNT(*) FROM {from} AS e WHERE {}", tests.join(" OR "));
        report.referenced =
            reader.rows(&what, &sql, &[])?.and_then(|rows| rows.first().and_then(|r| r.first()).map(number));
    }
    report.unreferenced = report.rows.zip(report.referenced).map(|(all, used)| all.saturating_sub(used));
    Ok(report)
}

/// Pointers without tracking row: possible when rows were written with foreign-key checks off.
pub(crate) fn dangling(
    reader: &mut Reader<'_>,
    tracking: &[TrackingTable<'_>],
) -> Result<Vec<DanglingPointers>, Error> {
    let mut found = Vec::new();
    for tracked in tracking {
        for (table, column) in &tracked.referring {
            let pointer = matches!(
                classify(table, column),
                AttributeKind::External { .. }
                    | AttributeKind::AdaptedExternal { .. }
                    | AttributeKind::External011 { .. }
            );
            let place = format!("{}.{}", table.name, column.name);
            if !pointer
                || !reader.may_read(table, &format!("pointers of `{}` without tracking row", column.name))
            {
                continue;
            }
            let (own, parent) = (ident(&column.name), qualified(&tracked.table.name));
            let from = format!(
                "FROM {} AS r LEFT JOIN {parent} AS e ON e.`hash` = r.{own} WHERE r.{own} IS NOT NULL AND e.`hash` IS NULL",
                qualified(&table.name)
            );
            let count = reader.rows(&place, &format!("SELECT COUNT(*) {from}"), &[])?;
            let count = count.and_then(|rows| rows.first().and_then(|r| r.first()).map(number)).unwrap_or(0);
            if count == 0 {
                continue;
            }
            let key = table.primary_key();
            let shown = if key.is_empty() { own.clone() } else { columns_of("r", &key) };
            let sql = format!("SELECT {shown} {from} LIMIT {}", reader.options.max_examples);
            let rows = reader.rows(&place, &sql, &[])?.unwrap_or_default();
            found.push(DanglingPointers {
                table: table.name.clone(),
                column: column.name.clone(),
                tracking: tracked.table.name.table.clone(),
                rows: count,
                examples: rows.iter().map(|row| key_shown(&key, row)).collect(),
            });
        }
    }
    Ok(found)
}

fn columns_of(alias: &str, names: &[&str]) -> String {
    names.iter().map(|n| format!("{alias}.{}", columns(&[n]))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_another_hash_is_a_blob_of_0_11() {
        let path = "acq/subj 1/s1.bin";
        let filepath = TrackingRow {
            hash: Md5::digest(path.as_bytes()).into(),
            filepath: Some(path.into()),
            contents_hash: Some([1; 16]),
            ..TrackingRow::default()
        };
        assert_eq!(kind_word(&filepath, "lab"), "filepath");
        assert_eq!(kind_word(&TrackingRow { hash: [7; 16], ..filepath }, "lab"), "blob_of_0_11");
        assert_eq!(kind_word(&TrackingRow::default(), "lab"), "blob");
    }
}
