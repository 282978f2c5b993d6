//! Statements that change definitions.

use super::Probe;
use crate::error::{Context as _, RunError};
use crate::journal::cut_here;
use crate::runner::{Run, definition};
use rejoint_db::{ident, qualified};
use rejoint_model::{TableChange, TableName};

pub(crate) fn probe_alter(
    run: &mut Run<'_>,
    table: &TableName,
    before: &str,
    after: &str,
) -> Result<Probe, RunError> {
    if !table_exists(run, table)? {
        return Ok(Probe::Conflict(format!("{table} is gone")));
    }
    let now = definition(&mut run.connection, table)?;
    // a later step of the same table may have gone on from `after`
    let later = || {
        let mut seen_this = false;
        run.plan.steps.iter().any(|s| match &s.action {
            rejoint_plan::Action::Alter { table: t, before: b, after: a, .. } if t == table => {
                if b == before && a == after {
                    seen_this = true;
                    false
                } else {
                    seen_this && *a == now
                }
            }
            _ => false,
        })
    };
    let earlier = || {
        run.plan.steps.iter().take_while(|s| !matches!(&s.action, rejoint_plan::Action::Alter { table: t, before: b, after: a, .. } if t == table && b == before && a == after)).any(|s| match &s.action {
            rejoint_plan::Action::Alter { table: t, before: b, .. } if t == table => *b == now,
            _ => false,
        })
    };
    Ok(if now == after || later() {
        Probe::Done
    } else if now == before || earlier() {
        Probe::NotStarted
    } else {
        Probe::Conflict(format!(
            "{table} has another definition than the plan expects: {}",
            first_difference(after, &now)
        ))
    })
}

/// The first line in which two definitions differ, for messages.
fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines());
    match lines.find(|(a, b)| a != b) {
        Some((a, b)) => format!("expected `{}`, found `{}`", a.trim(), b.trim()),
        None => "one has more lines".to_owned(),
    }
}

pub(crate) fn table_exists(run: &mut Run<'_>, table: &TableName) -> Result<bool, RunError> {
    run.connection.table_exists(table).context("looking for a table")
}

pub(crate) fn probe_table(run: &mut Run<'_>, table: &TableName, wanted: bool) -> Result<Probe, RunError> {
    Ok(if table_exists(run, table)? == wanted { Probe::Done } else { Probe::NotStarted })
}

pub(crate) fn probe_trigger(
    run: &mut Run<'_>,
    table: &TableName,
    name: &str,
    body: &str,
    wanted: bool,
) -> Result<Probe, RunError> {
    let found = run.connection.trigger(table, name).context("looking for a trigger")?;
    let words: Vec<&str> = body.split_whitespace().collect();
    let same = |text: &str| text.split_whitespace().collect::<Vec<_>>().ends_with(&words);
    Ok(match (found, wanted) {
        (Some(text), true) if same(&text) => Probe::Done,
        (Some(_), true) => Probe::Conflict(format!("{table} has a trigger `{name}` with another body")),
        (Some(_), false) => Probe::NotStarted,
        (None, true) => Probe::NotStarted,
        (None, false) => Probe::Done,
    })
}

/// Takes an ALTER back. Keys come back with checks off, which spares a copy of the table; each is validated by a query first.
pub(crate) fn undo_alter(
    run: &mut Run<'_>,
    table: &TableName,
    sql: &str,
    after: &str,
    unchecked: bool,
    changes: &[TableChange],
) -> Result<(), RunError> {
    if !unchecked {
        return run.patient_alter(table, sql, after);
    }
    let dropped: Vec<String> = changes
        .iter()
        .filter_map(|c| if let TableChange::DropForeignKey { name } = c { Some(name.clone()) } else { None })
        .collect();
    validate_pointers(run, table, "before the foreign keys come back")?;
    let checks = |run: &mut Run<'_>, on: bool| {
        run.connection.check_foreign_keys(on).context("switching foreign-key checks")
    };
    checks(run, false)?;
    let result = run.patient_alter(table, sql, after);
    checks(run, true)?;
    result?;
    cut_here(&mut run.connection)?;
    validate_pointers(run, table, &format!("after the foreign keys {} came back", dropped.join(", ")))
}

/// Every pointer must have its tracking row.
fn validate_pointers(run: &mut Run<'_>, table: &TableName, when: &str) -> Result<(), RunError> {
    let plan = run.plan;
    for step in &plan.steps {
        let rejoint_plan::Action::Backfill { table: t, pointers, .. } = &step.action else { continue };
        if t != table {
            continue;
        }
        for pointer in pointers {
            let tracking = qualified(&TableName::new(&table.schema, &pointer.tracking));
            let column = ident(&pointer.column);
            let sql = format!(
                "SELECT COUNT(*) FROM {} t LEFT JOIN {tracking} e ON e.`hash` = t.{column} WHERE t.{column} IS NOT NULL AND e.`hash` IS NULL",
                qualified(table)
            );
            let orphans = run.connection.number(&sql, &[]).context("validating pointers")?.unwrap_or(0);
            if orphans > 0 {
                return Err(RunError::Differs {
                    what: format!("{table}.{}: {orphans} pointers have no tracking row {when}", pointer.column),
                    way_out: "Nothing was lost: the 2.x pointers are still there. Find these rows before undoing further.".into(),
                });
            }
        }
    }
    Ok(())
}
