//! What was tried, and how long steps took.

use rejoint_plan::{Stage, Step};
use serde::{Deserialize, Serialize};

/// How long a step took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTiming {
    /// Stage.
    pub stage: Stage,
    /// The step's id in the plan, e.g. `E0012`.
    pub step: String,
    /// What it does.
    pub title: String,
    /// Rows or objects it touched.
    pub rows: u64,
    /// Milliseconds it took in the rehearsal.
    pub milliseconds: u64,
    /// Milliseconds expected at full size, when the rehearsal was on a sample.
    pub full_milliseconds: Option<u64>,
}

impl StepTiming {
    /// A step that ran on all of the data.
    pub fn measured(step: &Step, rows: u64, milliseconds: u64) -> Self {
        StepTiming {
            stage: step.stage,
            step: step.id.clone(),
            title: step.title.clone(),
            rows,
            milliseconds,
            full_milliseconds: None,
        }
    }

    /// What to expect at full size.
    pub fn expected_milliseconds(&self) -> u64 {
        self.full_milliseconds.unwrap_or(self.milliseconds)
    }
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Which.
    pub kind: TrialKind,
    /// How it ended.
    pub outcome: TrialOutcome,
    /// Milliseconds.
    pub milliseconds: u64,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// More, or why it was not run.
    pub details: Vec<String>,
}

impl Trial {
    /// A trial that passed if all of its checks did.
    pub fn of_checks(kind: TrialKind, milliseconds: u64, checks: Vec<Check>) -> Self {
        let passed = !checks.is_empty() && checks.iter().all(|check| check.passed);
        let outcome = if passed { TrialOutcome::Passed } else { TrialOutcome::Failed };
        Trial { kind, outcome, milliseconds, checks, details: Vec::new() }
    }

    /// A trial that was not run.
    pub fn not_run(kind: TrialKind, why: &str) -> Self {
        Trial {
            kind,
            outcome: TrialOutcome::NotRun,
            milliseconds: 0,
            checks: Vec::new(),
            details: vec![why.to_owned()],
        }
    }
}

/// Which trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialKind {
    /// Expand and contract.
    ExpandContract,
    /// Undo on a second copy: definitions identical byte for byte, digests equal.
    Undo,
    /// Expand and contract again after undo: the same certificate.
    Redo,
}

impl TrialKind {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            TrialKind::ExpandContract => "Expand and contract",
            TrialKind::Undo => "Undo, on a second copy",
            TrialKind::Redo => "Once more after undo",
        }
    }
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialOutcome {
    /// Every check held.
    Passed,
    /// One did not, or it ended with an error.
    Failed,
    /// It was not run.
    NotRun,
}

/// One thing a trial looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What should hold, e.g. `definitions are byte-identical`.
    pub what: String,
    /// Does it?
    pub passed: bool,
    /// Numbers, or what differs.
    pub detail: String,
}

impl Check {
    /// A check.
    pub fn new(what: &str, passed: bool, detail: &str) -> Self {
        Check { what: what.to_owned(), passed, detail: detail.to_owned() }
    }
}
