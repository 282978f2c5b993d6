//! Small hidden tables whose rows the plan lists.

use super::Probe;
use crate::error::{Context as _, RunError};
use crate::runner::Run;
use rejoint_db::{Value, ident, qualified};
use rejoint_model::TableName;
use rejoint_plan::MISSING_TABLE;
use std::collections::BTreeSet;

/// Hashes are listed as hexadecimal text and kept as bytes.
fn is_hash(table: &TableName, column: &str) -> bool {
    table.table == MISSING_TABLE && column == "hash"
}

fn read(run: &mut Run<'_>, table: &TableName, columns: &[String]) -> Result<BTreeSet<Vec<String>>, RunError> {
    let list: Vec<String> = columns
        .iter()
        .map(|c| if is_hash(table, c) { format!("LOWER(HEX({}))", ident(c)) } else { ident(c) })
        .collect();
    let sql = format!("SELECT {} FROM {}", list.join(", "), qualified(table));
    let rows = run.connection.rows(&sql, &[]).context(format!("reading {table}"))?;
    Ok(rows
        .iter()
        .map(|row| {
            (0..columns.len())
                .map(|i| match row.as_ref(i) {
                    Some(Value::Bytes(b)) => String::from_utf8_lossy(b).into_owned(),
                    _ => String::new(),
                })
                .collect()
        })
        .collect())
}

pub(crate) fn probe(
    run: &mut Run<'_>,
    table: &TableName,
    columns: &[String],
    rows: &[Vec<String>],
) -> Result<Probe, RunError> {
    if !super::ddl::table_exists(run, table)? {
        return Ok(Probe::NotStarted);
    }
    let found = read(run, table, columns)?;
    let wanted: BTreeSet<Vec<String>> = rows.iter().cloned().collect();
    // 2.x clients add rows of their own tables after the swap
    Ok(if wanted.is_subset(&found) { Probe::Done } else { Probe::Half })
}

/// Does the table hold exactly these rows?
pub(crate) fn probe_exact(
    run: &mut Run<'_>,
    table: &TableName,
    columns: &[String],
    rows: &[Vec<String>],
) -> Result<bool, RunError> {
    Ok(read(run, table, columns)? == rows.iter().cloned().collect::<BTreeSet<_>>())
}

pub(crate) fn act(
    run: &mut Run<'_>,
    table: &TableName,
    columns: &[String],
    rows: &[Vec<String>],
) -> Result<(), RunError> {
    let list = columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ");
    let marks: Vec<&str> = columns.iter().map(|c| if is_hash(table, c) { "UNHEX(?)" } else { "?" }).collect();
    let marks = format!("({})", marks.join(", "));
    run.patient("START TRANSACTION", &[])?;
    run.patient(&format!("DELETE FROM {}", qualified(table)), &[])?;
    for chunk in rows.chunks(500) {
        let sql = format!(
            "INSERT INTO {} ({list}) VALUES {}",
            qualified(table),
            vec![marks.as_str(); chunk.len()].join(", ")
        );
        let params: Vec<Value> = chunk.iter().flatten().map(|v| Value::from(v.as_str())).collect();
        run.patient(&sql, &params)?;
    }
    run.patient("COMMIT", &[])?;
    Ok(())
}
