//! Schemas, tables, rows, bytes, columns that matter, foreign keys between schemas and their cycles.

use crate::error::Error;
use crate::options::Depth;
use crate::reader::{Reader, number};
use crate::report_file::{ColumnReport, CrossSchemaKey, SchemaReport, TableReport};
use rejoint_db::qualified;
use rejoint_model::{AttributeKind, Catalog, Table, TableName, Tier, classify};
use std::collections::{BTreeMap, BTreeSet};

/// Tables counted by one query.
const TABLES_PER_COUNT: usize = 50;
/// Data of a table that one thread counts in no time.
const SMALL_BYTES: u64 = 16 << 20;

/// Does a plan have to deal with this table? Every table with a name of DataJoint's, and any other that has a marker of DataJoint's
/// types: no class can have such a table, but something wrote it by DataJoint's rules. Hidden tables are not meant.
pub(crate) fn of_pipeline(table: &Table) -> bool {
    match table.tier() {
        Tier::Hidden => false,
        Tier::Foreign => table.columns.iter().any(|column| {
            !matches!(
                classify(table, column),
                AttributeKind::Native
                    | AttributeKind::Blob
                    | AttributeKind::Hidden
                    | AttributeKind::Inconsistent { .. }
            )
        }),
        _ => true,
    }
}

pub(crate) fn schemas(catalog: &Catalog) -> Vec<SchemaReport> {
    catalog
        .schemas
        .values()
        .map(|s| SchemaReport {
            name: s.name.clone(),
            charset: s.charset.clone(),
            collation: s.collation.clone(),
            n_tables: s.tables.len() as u64,
            views: s.views.iter().map(|v| v.name.clone()).collect(),
            has_lineage: s.tables.contains_key("~lineage"),
        })
        .collect()
}

/// Tables with their rows: counted in a full scan, estimated otherwise.
pub(crate) fn tables(reader: &mut Reader<'_>) -> Result<Vec<TableReport>, Error> {
    let all: Vec<&Table> = reader.catalog.tables().collect();
    let mut counted: BTreeMap<TableName, u64> = BTreeMap::new();
    if reader.options.depth == Depth::Full {
        reader.progress.phase("counting rows", Some(all.len() as u64));
        let (small, large): (Vec<&Table>, Vec<&Table>) =
            all.iter().partition(|table| table.data_bytes < SMALL_BYTES);
        // MySQL starts threads for every COUNT(*): 500 times slower than counting a small table. MariaDB has no such setting.
        let single = reader.connection.execute("SET SESSION innodb_parallel_read_threads = 1", &[]).is_ok();
        let result = small.chunks(TABLES_PER_COUNT).try_for_each(|batch| count(reader, batch, &mut counted));
        if single {
            reader
                .connection
                .execute("SET SESSION innodb_parallel_read_threads = DEFAULT", &[])
                .map_err(Error::server("counting rows"))?;
        }
        result?;
        large.chunks(1).try_for_each(|batch| count(reader, batch, &mut counted))?;
    }
    Ok(all
        .into_iter()
        .map(|table| TableReport {
            name: table.name.clone(),
            tier: table.tier(),
            rows: counted.get(&table.name).copied().unwrap_or(table.rows_estimate),
            rows_exact: counted.contains_key(&table.name),
            data_bytes: table.data_bytes,
            index_bytes: table.index_bytes,
            columns: table
                .columns
                .iter()
                .map(|column| (column, classify(table, column)))
                .filter(|(_, kind)| *kind != AttributeKind::Native)
                .map(|(column, kind)| ColumnReport {
                    name: column.name.clone(),
                    sql_type: column.sql_type.clone(),
                    nullable: column.nullable,
                    kind,
                })
                .collect(),
        })
        .collect())
}

/// Counts the rows of some tables by one query, or by one for each if that is refused.
fn count(
    reader: &mut Reader<'_>,
    batch: &[&Table],
    counted: &mut BTreeMap<TableName, u64>,
) -> Result<(), Error> {
    let part = |(i, table): (usize, &&Table)| {
        format!("SELECT {i} AS n, COUNT(*) AS c FROM {}", qualified(&table.name))
    };
    let sql = batch.iter().enumerate().map(part).collect::<Vec<_>>().join(" UNION ALL ");
    // the text protocol: such a statement is never run twice, and preparing it costs more than counting
    if let Ok(rows) = reader.connection.text_rows(&sql) {
        for row in rows {
            let row: Vec<_> = row.unwrap_raw().into_iter().flatten().collect();
            if let [at, count] = row.as_slice()
                && let Some(table) = usize::try_from(number(at)).ok().and_then(|i| batch.get(i))
            {
                counted.insert(table.name.clone(), number(count));
            }
        }
    } else {
        // one broken table must not hide the others
        for table in batch {
            let sql = format!("SELECT COUNT(*) FROM {}", qualified(&table.name));
            let rows = reader.rows(&table.name.to_string(), &sql, &[])?;
            if let Some(count) = rows.as_ref().and_then(|r| r.first()).and_then(|r| r.first()) {
                counted.insert(table.name.clone(), number(count));
            }
        }
    }
    reader.progress.advance(batch.len() as u64);
    Ok(())
}

pub(crate) fn cross_schema_keys(catalog: &Catalog) -> Vec<CrossSchemaKey> {
    catalog
        .tables()
        .flat_map(|table| {
            table.foreign_keys.iter().filter(|k| k.parent.schema != table.name.schema).map(|key| {
                CrossSchemaKey {
                    table: table.name.clone(),
                    name: key.name.clone(),
                    columns: key.columns.clone(),
                    parent: key.parent.clone(),
                    parent_scanned: catalog.schemas.contains_key(&key.parent.schema),
                }
            })
        })
        .collect()
}

/// Groups of schemas of which each can be reached from each by foreign keys. Sorted.
pub(crate) fn schema_cycles(keys: &[CrossSchemaKey]) -> Vec<Vec<String>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for key in keys {
        next.entry(&key.table.schema).or_default().insert(&key.parent.schema);
    }
    let reachable = |from: &str| -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut todo: Vec<&str> = next.get(from).into_iter().flatten().copied().collect();
        while let Some(schema) = todo.pop() {
            if seen.insert(schema) {
                todo.extend(next.get(schema).into_iter().flatten().copied());
            }
        }
        seen
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|s| (*s, reachable(s))).collect();
    let mut groups: BTreeSet<Vec<String>> = BTreeSet::new();
    for (schema, seen) in &reach {
        if seen.contains(schema) {
            let group =
                seen.iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(schema)));
            groups.insert(group.map(|s| (*s).to_owned()).collect());
        }
    }
    groups.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_between_schemas_are_groups() {
        let key = |from: &str, to: &str| CrossSchemaKey {
            table: TableName::new(from, "t"),
            name: "k".into(),
            columns: Vec::new(),
            parent: TableName::new(to, "p"),
            parent_scanned: true,
        };
        let keys = [key("a", "b"), key("b", "c"), key("c", "b"), key("d", "a"), key("e", "f"), key("f", "e")];
        assert_eq!(schema_cycles(&keys), [vec!["b".to_owned(), "c".into()], vec!["e".into(), "f".into()]]);
        assert!(schema_cycles(&keys[..2]).is_empty());
    }
}
