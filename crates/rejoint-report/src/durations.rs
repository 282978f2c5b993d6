//! How long each step is expected to take on the real server, and where the number comes from.

use crate::rehearsal_file::{Place, Rehearsal, StepTiming};
use rejoint_plan::{Action, Plan, Stage, Step};
use std::collections::HashMap;

/// Where an expected duration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Measured on a server, on all rows.
    Measured,
    /// Measured on a server on a sample, and scaled up.
    Scaled,
    /// The plan's estimate, from rates measured by the project.
    Estimated,
}

impl Origin {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Origin::Measured => "measured",
            Origin::Scaled => "scaled up",
            Origin::Estimated => "estimate",
        }
    }
}

/// One step of the plan with what is known of its duration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) step: &'a Step,
    /// As the rehearsal took it; `None` if it did not run.
    pub(crate) rehearsed: Option<&'a StepTiming>,
    pub(crate) milliseconds: u64,
    pub(crate) origin: Origin,
}

/// The steps of a plan in order. What an embedded engine took is not what a server will take: there the plan's estimate counts.
pub(crate) fn expected<'a>(rehearsal: &'a Rehearsal, plan: &'a Plan) -> Vec<Expected<'a>> {
    let timings: HashMap<&str, &StepTiming> =
        rehearsal.timings.iter().map(|timing| (timing.step.as_str(), timing)).collect();
    let on_server = matches!(rehearsal.place, Place::ScratchCopy { .. });
    plan.steps
        .iter()
        .map(|step| {
            let rehearsed = timings.get(step.id.as_str()).copied();
            let (milliseconds, origin) = match rehearsed.filter(|_| on_server) {
                Some(StepTiming { full_milliseconds: Some(full), .. }) => (*full, Origin::Scaled),
                Some(timing) => (timing.milliseconds, Origin::Measured),
                None => (step.estimate.milliseconds, Origin::Estimated),
            };
            Expected { step, rehearsed, milliseconds, origin }
        })
        .collect()
}

/// Sum over a stage. The proof at the end of contract is not part of the window and is told apart.
pub(crate) fn of_stage(steps: &[Expected<'_>], stage: Stage) -> u64 {
    steps.iter().filter(|e| e.step.stage == stage).map(|e| e.milliseconds).sum()
}

/// Sum over the window: what happens between stopping the old clients and starting the new ones.
pub(crate) fn of_window(steps: &[Expected<'_>]) -> u64 {
    steps.iter().filter(|e| in_window(e.step)).map(|e| e.milliseconds).sum()
}

/// Does the step run while nobody may write?
pub(crate) fn in_window(step: &Step) -> bool {
    step.stage == Stage::Contract && !matches!(step.action, Action::VerifyAfter)
}
