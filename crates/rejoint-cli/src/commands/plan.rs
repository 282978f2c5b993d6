//! `rejoint plan`.

use super::Context;
use crate::args::{Markers, ShowArgs, UpgradeArgs};
use crate::bar::Bar;
use crate::failure::{Failure, Kind};
use crate::{output, session};
use rejoint_plan::{
    JobMetadata, LockClass, MarkerPolicy, Plan, Refusal, Stage, UpgradeOptions, observe, plan_upgrade,
};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn upgrade(context: &Context, args: &UpgradeArgs) -> Result<u8, Failure> {
    if args.out.exists() && !args.force {
        return Err(Failure::input(format!("{} exists", args.out.display())).hint(
            "A plan that was begun is needed to go on and to undo. Give another name with -o, or --force.",
        ));
    }
    let settings = session::settings(&context.connection)?;
    let mut connection = session::connect(&context.connection, &settings)?;
    let schemas = session::schemas(&args.schemas, &mut connection)?;
    let stores = session::stores(&settings);
    let answers = answers(&args.decisions)?;
    let options = UpgradeOptions {
        markers: args.markers.into(),
        job_metadata: if args.no_job_metadata { JobMetadata::Skip } else { JobMetadata::Add },
        answers,
        home: args.home.clone(),
        chunk_rows: args.chunk_rows,
    };
    let mut bar = Bar::new(context.quiet);
    let seen = observe(
        &mut connection,
        &schemas,
        &stores.specs,
        (!args.skip_objects).then_some(&stores.open),
        &mut |what, done, total| {
            bar.show(what, done, total);
        },
    )?;
    bar.clear();
    let plan = plan_upgrade(&seen, &stores.specs, &options).map_err(refused)?;
    plan.save(&args.out)?;
    if context.json {
        output::json(&plan);
    } else {
        print(&plan, false);
        output::heading("Next");
        let shown = args.out.display();
        if plan.open_decisions().is_empty() {
            output::line(format!(
                "  The plan is in {shown}. Review it (`rejoint plan show {shown} --sql`), then:"
            ));
            output::line(format!("  rejoint apply {shown} --stage expand"));
        } else {
            output::line(format!(
                "  The plan is in {shown}, but decisions are open. Answer them with --decide ID=ANSWER --force."
            ));
        }
    }
    Ok(if plan.open_decisions().is_empty() { 0 } else { 1 })
}

pub(crate) fn show(context: &Context, args: &ShowArgs) -> Result<u8, Failure> {
    let plan = load(&args.plan)?;
    if context.json {
        output::json(&plan);
    } else {
        print(&plan, args.sql);
    }
    Ok(0)
}

/// Answers of `--decide`.
pub(super) fn answers(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    given
        .iter()
        .map(|text| {
            let (id, answer) = text
                .split_once('=')
                .ok_or_else(|| Failure::input(format!("--decide {text}: write ID=ANSWER")))?;
            Ok((id.to_owned(), answer.to_owned()))
        })
        .collect()
}

impl From<Markers> for MarkerPolicy {
    fn from(markers: Markers) -> Self {
        match markers {
            Markers::Codecs => MarkerPolicy::Codecs,
            Markers::All => MarkerPolicy::All,
        }
    }
}

/// Everything that keeps a plan from being made.
pub(super) fn refused(refusals: Vec<Refusal>) -> Failure {
    let mut failure =
        Failure::new(Kind::Refused, format!("{} things keep the plan from being made", refusals.len()));
    for refusal in &refusals {
        failure = failure.hint(refusal.to_string());
    }
    failure
}

/// Reads a plan file.
pub(crate) fn load(path: &Path) -> Result<Plan, Failure> {
    Ok(Plan::load(path)?)
}

fn lock_word(lock: LockClass) -> &'static str {
    match lock {
        LockClass::None => "reads",
        LockClass::Instant => "instant",
        LockClass::Online => "online rebuild",
        LockClass::Blocking => "copies the table",
        LockClass::Rows => "rows, short transactions",
        LockClass::Files => "files",
    }
}

fn print(plan: &Plan, sql: bool) {
    output::line(format!(
        "Plan {} ({}) for {} {}: {} schemas, {} tables, {} steps",
        plan.hash.get(..12).unwrap_or_default(),
        plan.kind,
        plan.server.product,
        plan.server.version_text,
        plan.schemas.len(),
        plan.views_before.len(),
        plan.steps.len()
    ));
    for stage in [Stage::Expand, Stage::Contract, Stage::Finish] {
        let steps: Vec<_> = plan.stage(stage).collect();
        if steps.is_empty() {
            continue;
        }
        let seconds: f64 = steps.iter().map(|s| s.estimate.seconds()).sum();
        output::heading(&format!(
            "{} ({} steps, about {})",
            stage.word(),
            steps.len(),
            output::duration(seconds)
        ));
        if sql {
            for step in steps {
                output::line(format!("\n{} {} [{}]", step.id, step.title, lock_word(step.lock)));
                output::line(format!("  why:  {}", step.reason));
                output::line(format!("  undo: {}", step.undo));
                for statement in step.statements() {
                    for line in statement.lines() {
                        output::line(format!("    {line}"));
                    }
                }
            }
        } else {
            let rows: Vec<Vec<String>> = steps
                .iter()
                .map(|s| {
                    let rows =
                        if s.estimate.rows > 0 { output::count(s.estimate.rows) } else { String::new() };
                    vec![s.id.clone(), s.title.clone(), lock_word(s.lock).to_owned(), rows]
                })
                .collect();
            output::table(&["step", "what", "lock", "rows"], &rows);
        }
    }
    if !plan.decisions.is_empty() {
        output::heading("Decisions");
        for decision in &plan.decisions {
            let answer = decision.answer.as_deref().unwrap_or("OPEN");
            output::line(format!("  {} = {answer}", decision.id));
            output::line(format!("    {} ({})", decision.question, decision.options.join(", ")));
            output::line(format!("    {}", decision.evidence));
        }
    }
    if !plan.remarks.is_empty() {
        output::heading("To know");
        for remark in &plan.remarks {
            output::line(format!("  - {remark}"));
        }
    }
}
