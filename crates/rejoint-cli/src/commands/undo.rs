//! `rejoint undo`.

use super::Context;
use crate::args::{UndoArgs, UndoToArg};
use crate::bar::Bar;
use crate::failure::Failure;
use crate::{output, session};
use rejoint_run::{Files, Run, UndoTo};

pub(crate) fn run(context: &Context, args: &UndoArgs) -> Result<u8, Failure> {
    let plan = super::plan::load(&args.plan)?;
    let settings = session::settings(&context.connection)?;
    let connection = session::connect(&context.connection, &settings)?;
    let stores = session::stores(&settings);
    let to = match args.to {
        UndoToArg::Expand => UndoTo::Expand,
        UndoToArg::Start => UndoTo::Start,
    };
    let mut bar = Bar::new(context.quiet);
    let options = super::apply::options(&args.evidence);
    let run = Run::begin(&plan, connection, &stores, Files::of(&args.plan), options, &mut bar)?;
    let outcome = run.undo(to);
    bar.clear();
    let outcome = outcome?;
    if context.json {
        output::json(&serde_json::json!({
            "undone": outcome.undone, "skipped": outcome.skipped, "changed_by_others": outcome.differing,
        }));
        return Ok(0);
    }
    output::line(format!("{} steps taken back, {} were not in effect", outcome.undone, outcome.skipped));
    if !outcome.differing.is_empty() {
        let shown: Vec<String> = outcome.differing.iter().map(ToString::to_string).collect();
        output::warning(&format!(
            "somebody else changed or dropped these tables since the plan was made; they stay as they are: {}",
            shown.join(", ")
        ));
    }
    output::line(match to {
        UndoTo::Start if !outcome.differing.is_empty() => {
            "Every other table is defined as it was before the plan."
        }
        UndoTo::Start => "Every table is defined as it was before the plan.",
        UndoTo::Expand => "0.14 clients can work again; the new pointers are kept up to date.",
    });
    Ok(0)
}
