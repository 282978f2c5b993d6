//! `rejoint status`.

use super::Context;
use crate::args::PlanArg;
use crate::failure::Failure;
use crate::{output, session};

pub(crate) fn run(context: &Context, args: &PlanArg) -> Result<u8, Failure> {
    let plan = super::plan::load(&args.plan)?;
    let settings = session::settings(&context.connection)?;
    let mut connection = session::connect(&context.connection, &settings)?;
    let status = rejoint_run::status(&mut connection, &plan)?;
    if context.json {
        output::json(&status);
        return Ok(0);
    }
    output::line(format!("Plan {} in {}", plan.hash.get(..12).unwrap_or_default(), plan.home));
    if status.plan.is_some() && !status.same_plan {
        output::warning("the journal in the database belongs to another plan");
    }
    if let Some(session) = status.running {
        output::line(format!("running now: session {session} holds the lock"));
    }
    for (stage, done, all) in &status.stages {
        output::line(format!("{:9} {done} of {all} steps", stage.word()));
    }
    output::line(&status.next);
    Ok(0)
}
