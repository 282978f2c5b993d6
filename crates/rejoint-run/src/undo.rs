//! Taking a plan back, step by step, in reverse.

use crate::actions::{self, Probe};
use crate::boundary;
use crate::error::{Context as _, RunError};
use crate::journal::{State, cut_here};
use crate::runner::{Run, Way, definition};
use rejoint_model::TableName;
use rejoint_plan::{Action, Stage, Step};

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoTo {
    /// To the state after the expand stage: 0.14 works again, the new pointers are kept up to date.
    Expand,
    /// To the very start.
    Start,
}

/// How an undo ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoOutcome {
    /// Steps taken back now.
    pub undone: usize,
    /// Steps that were not in effect.
    pub skipped: usize,
    /// Tables that the plan does not alter and somebody else changed or dropped meanwhile; they stay as they are.
    pub differing: Vec<TableName>,
}

impl Run<'_> {
    /// Takes the plan back.
    ///
    /// # Errors
    /// See [`RunError`]; what was taken back stays so, and undoing again goes on.
    pub fn undo(mut self, to: UndoTo) -> Result<UndoOutcome, RunError> {
        let result = self.undo_inner(to);
        let result = match (result, to) {
            (Ok(outcome), UndoTo::Start) => self.journal.drop(&mut self.connection).map(|()| outcome),
            (result, _) => self.leave(result),
        };
        boundary::report();
        result
    }

    fn undo_inner(&mut self, to: UndoTo) -> Result<UndoOutcome, RunError> {
        self.check_drift(Way::Back)?;
        for step in self.plan.stage(Stage::Finish).cloned().collect::<Vec<Step>>() {
            if matches!(step.action, Action::Alter { .. }) && actions::probe(self, &step)? == Probe::Done {
                return Err(RunError::refused(
                    "what was kept for undo has been dropped by the finish stage",
                    "Restore a backup.",
                ));
            }
        }
        if self.applied(Stage::Contract)? {
            self.undo_fence()?;
        }
        let steps: Vec<Step> = self
            .plan
            .steps
            .iter()
            .filter(|s| s.stage == Stage::Contract || (s.stage == Stage::Expand && to == UndoTo::Start))
            .cloned()
            .collect();
        let mut outcome = UndoOutcome { undone: 0, skipped: 0, differing: Vec::new() };
        let total = steps.len();
        for (index, step) in steps.iter().rev().enumerate() {
            self.progress.step(step, index, total);
            if self.undo_step(step)? {
                outcome.undone += 1;
                self.progress.finished(step);
            } else {
                outcome.skipped += 1;
                self.progress.skipped(step);
            }
        }
        if to == UndoTo::Start {
            outcome.differing = self.differing()?;
            let ours = outcome.differing.iter().filter(|t| self.alters(t));
            let mut shown = Vec::new();
            for table in ours.cloned().collect::<Vec<_>>() {
                if actions::ddl::table_exists(self, &table)? {
                    shown.push(table.to_string());
                }
            }
            if !shown.is_empty() {
                return Err(RunError::Differs {
                    what: format!("these tables are not defined as they were before: {}", shown.join(", ")),
                    way_out: "Somebody else changed them; the plan file holds their former definitions."
                        .into(),
                });
            }
        }
        Ok(outcome)
    }

    /// Clients of 2.x must be gone before the columns are swapped back.
    fn undo_fence(&mut self) -> Result<(), RunError> {
        let schemas = self.plan.schemas.clone();
        actions::fence::act(self, &schemas)
    }

    fn undo_step(&mut self, step: &Step) -> Result<bool, RunError> {
        if actions::nothing_to_undo(&step.action) {
            return Ok(false);
        }
        if let Action::CarryBack { table, key: _, pointers, .. } = &step.action {
            // only while the kept pointers are there under their hidden names
            if !actions::swapped(self, table, pointers)? {
                return Ok(false);
            }
        } else {
            // a trigger that is not there was dropped by this step, or is not made yet: only the journal can tell
            let carried_out =
                matches!(self.last_state(&step.id), Some(State::Intent | State::Done | State::UndoIntent));
            if matches!(step.action, Action::DropTrigger { .. }) && !carried_out {
                return Ok(false);
            }
            match actions::probe_undo(self, step)? {
                Probe::NotStarted => return Ok(false),
                Probe::Conflict(what) => {
                    return Err(RunError::refused(
                        format!("{} {}: {what}", step.id, step.title),
                        "Somebody changed it since. Put it back as the plan left it, then undo again.",
                    ));
                }
                Probe::Done | Probe::Half => {}
            }
        }
        self.journal.still_ours(&mut self.connection)?;
        self.record(&step.id, State::UndoIntent, "")?;
        actions::undo(self, step)?;
        cut_here(&mut self.connection)?;
        self.record(&step.id, State::Undone, "")?;
        Ok(true)
    }

    /// Tables that are gone or whose definition is not that of planning time.
    fn differing(&mut self) -> Result<Vec<TableName>, RunError> {
        let mut found = Vec::new();
        let views: Vec<TableName> = self.plan.views_before.iter().map(|v| v.table.clone()).collect();
        for table in views {
            if !actions::ddl::table_exists(self, &table)? {
                found.push(table);
                continue;
            }
            let now = definition(&mut self.connection, &table)?;
            if self.plan.definition(&table).is_some_and(|then| *then != now) {
                found.push(table);
            }
        }
        let _ = self.connection.number("SELECT 1", &[]).context("asking whether the connection lives")?;
        Ok(found)
    }
}
