//! What each kind of step does, how its effect is seen, and how it is taken back.

pub(crate) mod backfill;
pub(crate) mod carry_back;
pub(crate) mod ddl;
pub(crate) mod fence;
pub(crate) mod jobs;
pub(crate) mod objects;
pub(crate) mod rows;
pub(crate) mod verify;

use crate::error::RunError;
use crate::runner::Run;
use rejoint_plan::{Action, Step};

/// What the world says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Nothing of it is there.
    NotStarted,
    /// Part of it is there; acting again completes it.
    Half,
    /// It is done.
    Done,
    /// Something else is there.
    Conflict(String),
}

/// Steps that only look, and are carried out whenever their stage runs.
pub(crate) fn is_look(action: &Action) -> bool {
    matches!(
        action,
        Action::VerifyBefore
            | Action::Fence { .. }
            | Action::Settle
            | Action::VerifyAfter
            | Action::CarryBack { .. }
    )
}

/// Looks at the world.
pub(crate) fn probe(run: &mut Run<'_>, step: &Step) -> Result<Probe, RunError> {
    match &step.action {
        Action::Alter { table, before, after, .. } => ddl::probe_alter(run, table, before, after),
        Action::CreateTable { table, .. } => ddl::probe_table(run, table, true),
        Action::DropTable { table, .. } => ddl::probe_table(run, table, false),
        Action::CreateTrigger { table, name, body, .. } => ddl::probe_trigger(run, table, name, body, true),
        Action::DropTrigger { table, name, body, .. } => ddl::probe_trigger(run, table, name, body, false),
        Action::FillRows { table, columns, rows, .. } => rows::probe(run, table, columns, rows),
        Action::Backfill { table, pointers, .. } => backfill::probe(run, table, pointers),
        Action::Objects { schema, pointers, collect } => objects::probe(run, schema, pointers, *collect),
        Action::Jobs { schema, targets } => jobs::probe(run, schema, targets),
        Action::Fence { .. } => fence::probe(run),
        Action::Settle => verify::probe_settle(run),
        Action::VerifyBefore | Action::VerifyAfter => Ok(Probe::NotStarted),
        Action::CarryBack { .. } => Ok(Probe::Done),
    }
}

/// Carries a step out.
pub(crate) fn act(run: &mut Run<'_>, step: &Step) -> Result<(), RunError> {
    match &step.action {
        Action::Alter { table, sql, after, .. } => run.patient_alter(table, sql, after),
        Action::CreateTable { sql, .. }
        | Action::DropTable { sql, .. }
        | Action::CreateTrigger { sql, .. }
        | Action::DropTrigger { sql, .. } => run.patient(sql, &[]).map(|_| ()),
        Action::FillRows { table, columns, rows, .. } => rows::act(run, table, columns, rows),
        Action::Backfill { table, key, pointers, sql, chunk, .. } => {
            backfill::act(run, table, key, pointers, sql, *chunk)
        }
        Action::Objects { schema, pointers, collect } => objects::act(run, schema, pointers, *collect),
        Action::Jobs { schema, targets } => jobs::act(run, schema, targets),
        Action::Fence { schemas } => fence::act(run, schemas),
        Action::VerifyBefore => verify::before(run, step),
        Action::Settle => verify::settle(run, step),
        Action::VerifyAfter => verify::after(run, step),
        Action::CarryBack { .. } => Ok(()),
    }
}

/// Steps whose effect goes with another step's undo, or that had none.
pub(crate) fn nothing_to_undo(action: &Action) -> bool {
    match action {
        Action::FillRows { before, .. } => before.is_none(),
        Action::Backfill { .. }
        | Action::Jobs { .. }
        | Action::Fence { .. }
        | Action::VerifyBefore
        | Action::Settle
        | Action::VerifyAfter
        | Action::Objects { collect: false, .. } => true,
        _ => false,
    }
}

/// Is the step in effect, so that it has to be taken back? Unlike [`probe`] it does not ask whether the work is complete.
pub(crate) fn probe_undo(run: &mut Run<'_>, step: &Step) -> Result<Probe, RunError> {
    match &step.action {
        Action::FillRows { table, columns, before: Some(rows), .. } => {
            Ok(match rows::probe_exact(run, table, columns, rows)? {
                true => Probe::NotStarted,
                false => Probe::Done,
            })
        }
        // with a table that somebody dropped, what was done to it is gone too
        Action::Alter { table, .. } | Action::DropTrigger { table, .. }
            if !ddl::table_exists(run, table)? =>
        {
            Ok(Probe::NotStarted)
        }
        Action::Objects { schema, .. } => {
            let table = rejoint_model::TableName::new(schema, rejoint_plan::OBJECTS_TABLE);
            Ok(if ddl::table_exists(run, &table)? { Probe::Done } else { Probe::NotStarted })
        }
        _ => probe(run, step),
    }
}

/// Are the kept pointers of a table under their hidden names?
pub(crate) fn swapped(
    run: &mut Run<'_>,
    table: &rejoint_model::TableName,
    pointers: &[rejoint_plan::PointerColumn],
) -> Result<bool, RunError> {
    for pointer in pointers {
        if !objects::column_exists(run, &table.schema, &table.table, &pointer.old_column)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes a step back; the caller has seen that it is (at least partly) done.
pub(crate) fn undo(run: &mut Run<'_>, step: &Step) -> Result<(), RunError> {
    match &step.action {
        Action::Alter { undo_sql: Some(sql), undo_unchecked, changes, table, before, .. } => {
            ddl::undo_alter(run, table, sql, before, *undo_unchecked, changes)
        }
        Action::Alter { undo_sql: None, .. } | Action::DropTable { .. } => Err(RunError::refused(
            format!("{} {} cannot be undone", step.id, step.title),
            "Restore a backup.",
        )),
        Action::CreateTable { undo_sql, .. }
        | Action::CreateTrigger { undo_sql, .. }
        | Action::DropTrigger { undo_sql, .. } => run.patient(undo_sql, &[]).map(|_| ()),
        Action::FillRows { table, columns, before: Some(rows), .. } => rows::act(run, table, columns, rows),
        Action::Objects { schema, pointers, collect: true } => objects::undo(run, schema, pointers),
        // triggers of the expand stage go on referring to what the contract stage wrote
        Action::Objects { collect: false, .. } => Ok(()),
        Action::CarryBack { table, key, pointers, keep } => carry_back::act(run, table, key, pointers, keep),
        Action::FillRows { before: None, .. }
        | Action::Backfill { .. }
        | Action::Jobs { .. }
        | Action::Fence { .. }
        | Action::VerifyBefore
        | Action::Settle
        | Action::VerifyAfter => Ok(()),
    }
}
