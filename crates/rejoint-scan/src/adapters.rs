//! Adapted columns: the database keeps the adapter's name, not what it stores. The cells and tracking rows tell.

use crate::error::Error;
use crate::options::Depth;
use crate::reader::Reader;
use crate::report_file::AdapterReport;
use crate::tables::of_pipeline;
use crate::tracking::kinds;
use rejoint_db::{ident, qualified};
use rejoint_model::{AttributeKind, Column, Table, classify};
use std::collections::BTreeMap;

/// Pointers of one column that a quick scan follows.
const QUICK_POINTERS: u64 = 10_000;

/// `in_table`: what cells below adapters look like, by `schema.table.column`, from the look into blobs.
pub(crate) fn adapters(
    reader: &mut Reader<'_>,
    in_table: &BTreeMap<String, BTreeMap<&'static str, u64>>,
) -> Result<Vec<AdapterReport>, Error> {
    let catalog = reader.catalog;
    let mut reports = Vec::new();
    for table in catalog.tables().filter(|t| of_pipeline(t)) {
        for column in &table.columns {
            match classify(table, column) {
                AttributeKind::Adapted { adapter } => {
                    let place = format!("{}.{}", table.name, column.name);
                    let evidence: Vec<(String, u64)> = in_table
                        .get(&place)
                        .into_iter()
                        .flatten()
                        .map(|(word, count)| ((*word).to_owned(), *count))
                        .collect();
                    let base = if column.is_blob() { only(&evidence) } else { Some(column.sql_type.clone()) };
                    reports.push(report(table, column, adapter, None, evidence, base));
                }
                AttributeKind::AdaptedExternal { adapter, store } => {
                    let evidence = over_store(reader, table, column)?;
                    // blobs taken over from 0.11 are blobs
                    let base = only(&evidence);
                    reports.push(report(table, column, adapter, Some(store), evidence, base));
                }
                _ => {}
            }
        }
    }
    Ok(reports)
}

fn report(
    table: &Table,
    column: &Column,
    adapter: String,
    store: Option<String>,
    evidence: Vec<(String, u64)>,
    base: Option<String>,
) -> AdapterReport {
    AdapterReport {
        table: table.name.clone(),
        column: column.name.clone(),
        adapter,
        store,
        sql_type: column.sql_type.clone(),
        evidence,
        base,
    }
}

/// The one base type that all evidence speaks for.
fn only(evidence: &[(String, u64)]) -> Option<String> {
    let mut words =
        evidence.iter().map(|(word, _)| if word == "blob_of_0_11" { "blob" } else { word.as_str() });
    let first = words.next()?;
    (words.all(|word| word == first) && matches!(first, "blob" | "attach" | "filepath"))
        .then(|| first.to_owned())
}

fn over_store(reader: &mut Reader<'_>, table: &Table, column: &Column) -> Result<Vec<(String, u64)>, Error> {
    let Some(key) = table.tracking_key(&column.name) else { return Ok(Vec::new()) };
    let own = ident(&column.name);
    let limit = match reader.options.depth {
        Depth::Full => String::new(),
        Depth::Quick => format!(" LIMIT {QUICK_POINTERS}"),
    };
    // the tracking row of each pointer, under its own column names
    let from = format!(
        "(SELECT e.* FROM (SELECT {own} AS pointer FROM {} WHERE {own} IS NOT NULL{limit}) AS p JOIN {} AS e ON e.`hash` = p.pointer) AS rows_of_pointers",
        qualified(&table.name),
        qualified(&key.parent)
    );
    let what = format!("{}.{}", table.name, column.name);
    let found = kinds(reader, &what, &table.name.schema, &from)?;
    Ok(found.map(|kinds| kinds.rows.into_iter().collect()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_must_agree() {
        let of = |words: &[&str]| only(&words.iter().map(|w| ((*w).to_owned(), 1)).collect::<Vec<_>>());
        assert_eq!(of(&["attach"]).as_deref(), Some("attach"));
        assert_eq!(of(&["blob", "blob_of_0_11"]).as_deref(), Some("blob"));
        assert_eq!(of(&["attach", "blob"]), None);
        assert_eq!(of(&["unknown"]), None);
        assert_eq!(of(&[]), None);
    }
}
