//! A rehearsal on a scratch copy of the schemas, on the server of a plan.

use super::inputs;
use super::trial::{self, Clock, TrialRun};
use super::{Folders, artefact, svg};
use crate::args::RehearseArgs;
use crate::bar::Bar;
use crate::commands::Context;
use crate::failure::{Failure, Kind};
use crate::session;
use rejoint_db::{Connection, read_catalog};
use rejoint_model::TableName;
use rejoint_plan::{Action, Plan, UpgradeOptions, observe, plan_upgrade};
use rejoint_report::Rehearsal;
use rejoint_report::rehearsal_file::{Decided, Place, Sample, Source, StepTiming, Trial, TrialKind};
use rejoint_run::scratch::{self, Scratch, ScratchOptions, scratch_name};
use rejoint_run::{ApplyOptions, Files, RunStores};
use rejoint_settings::Settings;
use rejoint_store::RenamedStore;
use std::collections::BTreeMap;

/// What is needed before anything is copied.
pub(super) struct OnServer {
    plan: Plan,
    settings: Settings,
    options: ScratchOptions,
}

/// Reads plan and settings; begins the report.
pub(super) fn prepare(
    context: &Context,
    args: &RehearseArgs,
    prefix: &str,
) -> Result<(OnServer, Rehearsal), Failure> {
    let [file] = args.sources.as_slice() else {
        return Err(Failure::input("--into rehearses one plan").hint("rejoint rehearse PLAN --into PREFIX"));
    };
    let plan = crate::commands::plan::load(file)?;
    let settings = inputs::settings(&context.connection, args)?;
    let mut conditions = BTreeMap::new();
    for given in &args.conditions {
        let (table, condition) = given
            .split_once('=')
            .ok_or_else(|| Failure::input(format!("--where {given}: write SCHEMA.TABLE=CONDITION")))?;
        let (schema, table) = table
            .split_once('.')
            .ok_or_else(|| Failure::input(format!("--where {given}: write SCHEMA.TABLE=CONDITION")))?;
        conditions.insert(TableName::new(schema, table), condition.to_owned());
    }
    let options = ScratchOptions { prefix: prefix.to_owned(), sample: args.sample, conditions };
    let host = format!("{}:{}", settings.connection.host.value, settings.connection.port.value);
    let source = Source::server(&host, &plan.server.product, &plan.server.version_text, plan.schemas.clone());
    let place = Place::ScratchCopy { server: host, prefix: prefix.to_owned() };
    let rehearsal = Rehearsal::new(env!("CARGO_PKG_VERSION"), &super::now(), source, place);
    Ok((OnServer { plan, settings, options }, rehearsal))
}

/// Copies, tries, and drops the copy.
pub(super) fn rehearse(
    context: &Context,
    args: &RehearseArgs,
    folders: &Folders,
    given: &OnServer,
    rehearsal: &mut Rehearsal,
    bar: &mut Bar,
) -> Result<(), Failure> {
    let mut connection = session::connect(&context.connection, &given.settings)?;
    if connection.server().identity != given.plan.server.identity {
        return Err(Failure::new(
            Kind::Refused,
            format!("the plan was made for another server ({})", given.plan.server.version_text),
        )
        .hint("Connect to that one, or plan again for this one."));
    }
    rehearsal.diagrams.before = svg(&read_catalog(&mut connection, &given.plan.schemas)?);
    super::scan_into(&mut connection, &given.plan.schemas, &given.settings, args, rehearsal, bar)?;
    rehearsal.decisions = Decided::of_plan(&given.plan, rehearsal.scan.as_ref());
    let mut clock = Clock::new(bar);
    let copied = scratch::copy(&mut connection, &given.plan.schemas, &given.options, &mut clock)?;
    let result = on_copy(context, args, folders, given, &copied, rehearsal, bar);
    if args.keep {
        rehearsal.source.remarks.push(format!("the scratch schemas {} were kept", copied.schemas.join(", ")));
    } else {
        scratch::drop_schemas(&mut connection, &copied.schemas)?;
    }
    result
}

fn on_copy(
    context: &Context,
    args: &RehearseArgs,
    folders: &Folders,
    given: &OnServer,
    copied: &Scratch,
    rehearsal: &mut Rehearsal,
    bar: &mut Bar,
) -> Result<(), Failure> {
    rehearsal
        .source
        .remarks
        .extend(copied.left_out.iter().map(|what| format!("{what} was not copied and not rehearsed")));
    if given.options.sample.is_some() || !given.options.conditions.is_empty() {
        let mut how: Vec<String> =
            given.options.sample.iter().map(|n| format!("at most {n} rows of each table")).collect();
        how.extend(given.options.conditions.iter().map(|(table, condition)| format!("{table}: {condition}")));
        how.push("with all rows that they refer to".to_owned());
        rehearsal.sample =
            Some(Sample { rows: copied.rows, rows_total: copied.rows_total, how: how.join("; ") });
    }
    let open = || session::connect(&context.connection, &given.settings);
    // the objects lie under the names of the original schemas
    let mut stores = inputs::stores(&given.settings, &folders.new_objects(args), |store| {
        Box::new(RenamedStore::new(store, &given.options.prefix, given.plan.schemas.clone()))
    })?;
    if args.without_objects {
        inputs::pretend(&mut stores, &given.plan.stores.keys().cloned().collect());
    }
    let plan = plan(args, given, &mut open()?, copied, &stores, bar)?;
    let options = ApplyOptions {
        // others work on the same server; the copy is nobody's but ours
        trust_sessions: true,
        without_objects: args.without_objects,
        ..ApplyOptions::default()
    };
    let way = TrialRun { plan: &plan, stores: &stores, options };
    let file = folders.work.join("scratch.plan.json");
    plan.save(&file)?;
    let files = Files::of(&file);
    let before = trial::state(&mut open()?, &plan)?;
    let scale = |timings| scaled(timings, &plan, &given.options.prefix, copied);
    let certificate = way.first(&open, &files, &copied.schemas, scale, rehearsal, bar)?;
    if args.no_undo {
        for kind in [TrialKind::Undo, TrialKind::Redo] {
            rehearsal.trials.push(Trial::not_run(kind, "--no-undo"));
        }
    } else {
        let scratch = folders.new_objects(args);
        rehearsal.trials.push(way.back(&open, &files, &before, &scratch, bar)?);
        rehearsal.trials.push(way.again(&open, &files, &certificate, bar)?);
    }
    let measured = measured(&given.plan, &rehearsal.timings);
    let file = folders.out.join("plan.json");
    measured.save(&file)?;
    rehearsal.artefacts.push(artefact("the plan with measured durations; apply this one", &file));
    rehearsal.plan = Some(measured);
    Ok(())
}

/// The same plan for the copy: same options, same answers.
fn plan(
    args: &RehearseArgs,
    given: &OnServer,
    connection: &mut Connection,
    copied: &Scratch,
    stores: &RunStores,
    bar: &mut Bar,
) -> Result<Plan, Failure> {
    let renamed = |id: &str| match id.split_once(':') {
        Some((kind, place)) if given.plan.schemas.iter().any(|s| place.starts_with(&format!("{s}."))) => {
            format!("{kind}:{}{place}", given.options.prefix)
        }
        _ => id.to_owned(),
    };
    let answers =
        given.plan.options.answers.iter().map(|(id, answer)| (renamed(id), answer.clone())).collect();
    let options = UpgradeOptions {
        answers,
        home: given.plan.options.home.as_ref().map(|h| scratch_name(&given.options.prefix, h)),
        ..given.plan.options.clone()
    };
    let look = (!args.without_objects).then_some(&stores.open);
    let seen = observe(connection, &copied.schemas, &stores.specs, look, &mut |what, done, total| {
        bar.show(what, done, total);
    })?;
    bar.clear();
    let plan = plan_upgrade(&seen, &stores.specs, &options).map_err(crate::commands::plan::refused)?;
    Ok(plan)
}

/// What the steps will take with all rows, by the share of rows that were copied.
fn scaled(timings: Vec<StepTiming>, plan: &Plan, prefix: &str, copied: &Scratch) -> Vec<StepTiming> {
    let ratio = |rows: u64, all: u64| if rows == 0 { 1.0 } else { all as f64 / rows as f64 };
    let overall = ratio(copied.rows, copied.rows_total);
    timings
        .into_iter()
        .map(|mut timing| {
            let step = plan.steps.iter().find(|s| s.id == timing.step);
            let by_rows = |action: &Action| {
                !matches!(
                    action,
                    // metadata only, whatever the number of rows
                    Action::Alter { .. }
                        | Action::CreateTable { .. }
                        | Action::DropTable { .. }
                        | Action::CreateTrigger { .. }
                        | Action::DropTrigger { .. }
                        | Action::Fence { .. }
                )
            };
            let factor = match step {
                Some(step) if by_rows(&step.action) => step
                    .table()
                    .and_then(|t| {
                        let schema = t.schema.strip_prefix(prefix)?;
                        copied.by_table.get(&TableName::new(schema, &t.table))
                    })
                    .map_or(overall, |(rows, all)| ratio(*rows, *all)),
                _ => 1.0,
            };
            if copied.rows < copied.rows_total {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
                let full = (timing.milliseconds as f64 * factor).round() as u64;
                timing.full_milliseconds = Some(full);
            }
            timing.title = timing.title.replace(prefix, "");
            timing
        })
        .collect()
}

/// The plan with what was measured as its estimates; it is another plan, with another hash.
fn measured(plan: &Plan, timings: &[StepTiming]) -> Plan {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        if let Some(timing) = timings.iter().find(|t| t.step == step.id) {
            step.estimate.milliseconds = timing.expected_milliseconds();
        }
    }
    plan.sealed()
}
