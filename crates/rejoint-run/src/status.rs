//! Where a plan stands, from its journal; reads only.

use crate::error::{Context as _, RunError};
use crate::journal::{self, Entry, State};
use rejoint_db::Connection;
use rejoint_plan::{Plan, Stage};
use serde::Serialize;

/// The last word of the journal about one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepState {
    /// Step.
    pub step: String,
    /// Title, if the plan is at hand.
    pub title: String,
    /// Last state; `None`: not begun.
    pub state: Option<State>,
    /// When.
    pub at: Option<String>,
    /// Details of a failed verification.
    pub detail: String,
}

/// Where a plan stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Hash of the plan in the journal; `None`: nothing was applied.
    pub plan: Option<String>,
    /// Is it the plan that was given?
    pub same_plan: bool,
    /// Session that holds the lock, if a run is under way.
    pub running: Option<i64>,
    /// Runs so far.
    pub runs: usize,
    /// For each stage: steps done of all.
    pub stages: Vec<(Stage, usize, usize)>,
    /// Each step.
    pub steps: Vec<StepState>,
    /// What to do next, in words.
    pub next: String,
}

/// Reads the status of a plan.
///
/// # Errors
/// Server errors.
pub fn status(connection: &mut Connection, plan: &Plan) -> Result<Status, RunError> {
    let entries = journal::read(connection, &plan.home)?;
    let head = entries.iter().find(|e| e.state == State::Plan).map(|e| e.plan.clone());
    let name = format!("rejoint:{}", plan.home.chars().take(50).collect::<String>());
    let running = connection.lock_owner(&name).context("asking who holds the lock")?;
    let last = |id: &str| entries.iter().rev().find(|e| e.step == id);
    let is_done = |e: &Entry| matches!(e.state, State::Done | State::Verified);
    let steps: Vec<StepState> = plan
        .steps
        .iter()
        .map(|step| {
            let entry = last(&step.id);
            StepState {
                step: step.id.clone(),
                title: step.title.clone(),
                state: entry.map(|e| e.state),
                at: entry.map(|e| e.at.clone()),
                detail: entry
                    .filter(|e| e.state == State::Failed)
                    .map(|e| e.detail.clone())
                    .unwrap_or_default(),
            }
        })
        .collect();
    let recorded = |s: &rejoint_plan::Step| {
        !matches!(s.action, rejoint_plan::Action::CarryBack { .. } | rejoint_plan::Action::Fence { .. })
    };
    let stages: Vec<(Stage, usize, usize)> = [Stage::Expand, Stage::Contract, Stage::Finish]
        .into_iter()
        .map(|stage| {
            let all: Vec<_> = plan.stage(stage).filter(|s| recorded(s)).collect();
            (stage, all.iter().filter(|s| last(&s.id).is_some_and(is_done)).count(), all.len())
        })
        .collect();
    let complete = |stage: Stage| stages.iter().any(|(s, done, all)| *s == stage && done == all && *all > 0);
    let failed = steps.iter().find(|s| s.state == Some(State::Failed));
    let next = if running.is_some() {
        "A run is under way.".to_owned()
    } else if head.is_none() {
        "Nothing was applied yet: `rejoint apply PLAN --stage expand`.".to_owned()
    } else if let Some(failed) = failed {
        format!(
            "Verification {} did not agree: {}. Apply that stage again, or `rejoint undo PLAN`.",
            failed.step, failed.detail
        )
    } else if complete(Stage::Finish) {
        "Finished.".to_owned()
    } else if complete(Stage::Contract) {
        "Upgraded. Weeks from now: `rejoint apply PLAN --stage finish`; until then `rejoint undo PLAN` leads back.".to_owned()
    } else if complete(Stage::Expand) {
        "Expanded; 0.14 clients work as before. Next: stop them and `rejoint apply PLAN --stage contract`."
            .to_owned()
    } else {
        "Go on with the stage that was begun: `rejoint apply PLAN --stage …`.".to_owned()
    };
    Ok(Status {
        same_plan: head.as_deref() == Some(&plan.hash),
        plan: head,
        running,
        runs: entries.iter().filter(|e| e.state == State::Start).count(),
        stages,
        steps,
        next,
    })
}
