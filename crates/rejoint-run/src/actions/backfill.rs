//! Filling new pointer columns, range by range of the primary key.

use super::Probe;
use crate::error::{Context as _, RunError};
use crate::journal::cut_here;
use crate::range::{KeyValue, condition, first_key, nth_key};
use crate::runner::Run;
use rejoint_db::{ident, qualified};
use rejoint_model::TableName;
use rejoint_plan::{MISSING_TABLE, PointerColumn};

/// The condition for a row whose new pointer is still to be filled.
fn unfilled(table: &TableName, pointers: &[PointerColumn]) -> String {
    pointers
        .iter()
        .map(|p| {
            let (new, old) = (ident(&p.new_column), ident(&p.column));
            if !p.nullable {
                return format!("JSON_TYPE({new}) = 'NULL'");
            }
            let nulled = if p.nulled.is_empty() {
                String::new()
            } else {
                format!(
                    " AND {old} NOT IN (SELECT `hash` FROM {} WHERE `store` = {})",
                    qualified(&TableName::new(&table.schema, MISSING_TABLE)),
                    rejoint_db::text(&p.store)
                )
            };
            format!("({new} IS NULL AND {old} IS NOT NULL{nulled})")
        })
        .collect::<Vec<_>>()
        .join(" OR ")
}

pub(crate) fn probe(
    run: &mut Run<'_>,
    table: &TableName,
    pointers: &[PointerColumn],
) -> Result<Probe, RunError> {
    // before the columns are there, nothing can be filled; after the swap, nothing is left to fill
    let names = run.connection.columns(table).context("looking for columns")?;
    let has = |name: &str| names.iter().any(|n| n == name);
    if pointers.iter().all(|p| has(&p.old_column)) {
        return Ok(Probe::Done);
    }
    if !pointers.iter().all(|p| has(&p.new_column)) {
        return Ok(Probe::NotStarted);
    }
    let sql = format!("SELECT 1 FROM {} WHERE {} LIMIT 1", qualified(table), unfilled(table, pointers));
    let found =
        run.connection.number(&sql, &[]).context(format!("looking for pointers to fill in {table}"))?;
    Ok(if found.is_some() { Probe::Half } else { Probe::Done })
}

pub(crate) fn act(
    run: &mut Run<'_>,
    table: &TableName,
    key: &[String],
    pointers: &[PointerColumn],
    sql: &str,
    chunk: u64,
) -> Result<(), RunError> {
    let columns = key.iter().map(|k| ident(k)).collect::<Vec<_>>().join(", ");
    // rows filled by an earlier run, or by a trigger, need not be filled again
    let first = format!(
        "SELECT {columns} FROM {} WHERE {} ORDER BY {columns} LIMIT 1",
        qualified(table),
        unfilled(table, pointers)
    );
    let Some(start) = first_key(&mut run.connection, table, &first, &[])? else { return Ok(()) };
    let mut lower: (KeyValue, bool) = (start, true);
    let mut done = 0;
    loop {
        let upper = nth_key(&mut run.connection, table, key, Some((&lower.0, lower.1)), chunk)?;
        let (range, params) = condition(key, Some((&lower.0, lower.1)), upper.as_ref());
        let statement = sql.replace("{range}", &range);
        run.patient(&statement, &params)?;
        cut_here(&mut run.connection)?;
        done += chunk;
        run.progress.tick(&table.to_string(), done, 0);
        match upper {
            Some(upper) => lower = (upper, false),
            None => return Ok(()),
        }
    }
}
