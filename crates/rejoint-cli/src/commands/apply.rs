//! `rejoint apply`.

use super::Context;
use crate::args::{ApplyArgs, EvidenceArgs, StageArg};
use crate::bar::Bar;
use crate::failure::{Failure, Kind};
use crate::{output, session};
use rejoint_plan::Stage;
use rejoint_run::{ApplyOptions, Files, Run};

pub(crate) fn options(args: &EvidenceArgs) -> ApplyOptions {
    ApplyOptions {
        ignore_sessions: args.ignore_sessions.iter().copied().collect(),
        trust_sessions: args.trust_sessions,
        objects_by_size: args.objects_by_size,
        stored_only: args.stored_only,
        without_objects: false,
    }
}

pub(crate) fn run(context: &Context, args: &ApplyArgs) -> Result<u8, Failure> {
    let plan = super::plan::load(&args.plan)?;
    if let Some(hash) = &args.hash
        && (hash.len() < 8 || !plan.hash.starts_with(hash.as_str()))
    {
        return Err(Failure::new(
            Kind::Refused,
            format!("{} has the hash {}, not {hash}", args.plan.display(), plan.hash),
        )
        .hint("Review the plan that is there, or take the one that was reviewed."));
    }
    let settings = session::settings(&context.connection)?;
    let connection = session::connect(&context.connection, &settings)?;
    let stores = session::stores(&settings);
    let stage = match args.stage {
        StageArg::Expand => Stage::Expand,
        StageArg::Contract => Stage::Contract,
        StageArg::Finish => Stage::Finish,
    };
    let mut bar = Bar::new(context.quiet);
    let started = std::time::Instant::now();
    let run =
        Run::begin(&plan, connection, &stores, Files::of(&args.plan), options(&args.evidence), &mut bar)?;
    let outcome = run.apply(stage);
    bar.clear();
    let outcome = outcome?;
    let seconds = started.elapsed().as_secs_f64();
    if context.json {
        output::json(&serde_json::json!({
            "stage": stage, "done": outcome.done, "skipped": outcome.skipped,
            "certificate": outcome.certificate, "seconds": seconds,
        }));
        return Ok(0);
    }
    output::line(format!(
        "{}: {} steps done, {} were done before, {}",
        stage.word(),
        outcome.done,
        outcome.skipped,
        output::duration(seconds)
    ));
    let shown = args.plan.display();
    match (stage, &outcome.certificate) {
        (Stage::Expand, _) => {
            output::line(
                "Old and new pointers agree. 0.14 clients go on as before; what they write is carried over.",
            );
            output::line(format!("Next: stop them, then `rejoint apply {shown} --stage contract`."));
        }
        (_, Some(certificate)) => {
            let found = if args.evidence.objects_by_size {
                "All tables are equal before and after, and objects have their sizes; their content was not looked at."
            } else {
                "Everything is equal before and after."
            };
            output::line(format!("{found} The certificate is {}.", certificate.display()));
            output::line("2.x clients can start now.");
        }
        _ => {}
    }
    Ok(0)
}
