//! `rejoint rehearse`.

mod inputs;
mod on_server;
mod outputs;
mod trial;

use super::Context;
use crate::args::RehearseArgs;
use crate::bar::Bar;
use crate::failure::{Failure, Kind};
use crate::output;
pub(crate) use inputs::dumps;
use rejoint_db::{Connection, read_catalog};
use rejoint_model::Catalog;
use rejoint_plan::{JobMetadata, Plan, UpgradeOptions, observe, plan_upgrade};
use rejoint_report::Rehearsal;
use rejoint_report::diagram::{Diagram, Format, Selection};
use rejoint_report::rehearsal_file::{
    Artefact, Decided, DecidedBy, DumpLoss, HandWork, Place, Source, Trial, TrialKind, VerdictKind, When, Who,
};
use rejoint_run::{ApplyOptions, Files, RunStores};
use rejoint_scan::{ObjectCheck, ScanOptions, scan};
use rejoint_sqlite::{ImportOptions, Imported};
use std::path::{Path, PathBuf};
use trial::{Clock, TrialRun};

/// Folders and files of one rehearsal.
struct Folders {
    out: PathBuf,
    work: PathBuf,
}

impl Folders {
    fn make(args: &RehearseArgs) -> Result<Self, Failure> {
        let out = args.out.clone();
        let work = out.join("work");
        if out.join("rehearsal.json").exists() && !args.force {
            return Err(Failure::input(format!("{} holds a rehearsal", out.display()))
                .hint("Name another folder with --out, or replace it with --force."));
        }
        for folder in [&work, &out.join("new-objects")].into_iter().filter(|f| f.exists()) {
            std::fs::remove_dir_all(folder).map_err(|e| cannot("remove", folder, &e))?;
        }
        // files of an earlier plan would be taken for this one's
        for name in OUTPUTS {
            let file = out.join(name);
            if file.exists() {
                std::fs::remove_file(&file).map_err(|e| cannot("remove", &file, &e))?;
            }
        }
        std::fs::create_dir_all(&work).map_err(|e| cannot("make", &work, &e))?;
        Ok(Folders { out, work })
    }

    /// Where objects that the plan writes go. Those of an exported pipeline are needed with it.
    fn new_objects(&self, args: &RehearseArgs) -> PathBuf {
        if args.export.is_some() { self.out.join("new-objects") } else { self.work.join("new-objects") }
    }

    /// A failure before anything is known leaves nothing.
    fn or_clean<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        if result.is_err() {
            // the failure itself matters more than one of cleaning up
            let _ = self.clean(false);
        }
        result
    }

    /// Removes what no one needs any more; the whole folder if nothing was written.
    fn clean(&self, keep: bool) -> Result<(), Failure> {
        if !keep {
            std::fs::remove_dir_all(&self.work).map_err(|e| cannot("remove", &self.work, &e))?;
        }
        // refuses unless it is empty
        let _ = std::fs::remove_dir(&self.out);
        Ok(())
    }
}

/// Files that a rehearsal writes.
const OUTPUTS: [&str; 9] = [
    "report.html",
    "report.md",
    "runbook.md",
    "rehearsal.json",
    "plan.json",
    "plan.certificate.json",
    "plan.before.json",
    "plan.fingerprints",
    "plan.journal.jsonl",
];

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Kind::Environment, format!("cannot {verb} {}: {error}", path.display()))
}

pub(crate) fn run(context: &Context, args: &RehearseArgs) -> Result<u8, Failure> {
    let folders = Folders::make(args)?;
    let mut bar = Bar::new(context.quiet);
    if let Some(prefix) = &args.into {
        let (given, mut rehearsal) = folders.or_clean(on_server::prepare(context, args, prefix))?;
        let result = on_server::rehearse(context, args, &folders, &given, &mut rehearsal, &mut bar);
        return conclude(context, args, &folders, &bar, rehearsal, result);
    }
    let settings = folders.or_clean(inputs::settings(&context.connection, args))?;
    let database = folders.work.join("pipeline.db");
    let imported = folders.or_clean(import(args, &database, &mut bar))?;
    let mut rehearsal = begin(args, &imported);
    let result = rehearse(args, &folders, &settings, &imported, &mut rehearsal, &mut bar);
    conclude(context, args, &folders, &bar, rehearsal, result)
}

/// Writes what is known, also of a rehearsal that stopped.
fn conclude(
    context: &Context,
    args: &RehearseArgs,
    folders: &Folders,
    bar: &Bar,
    mut rehearsal: Rehearsal,
    result: Result<(), Failure>,
) -> Result<u8, Failure> {
    bar.clear();
    // the first failure is the one that is told
    let result = match (result, code(args)) {
        (Ok(()), Err(failure)) => Err(failure),
        (result, found) => {
            rehearsal.code = found.ok().flatten();
            result
        }
    };
    if let Err(failure) = &result {
        // what is known is worth a report; the failure itself is printed too
        rehearsal.by_hand.push(HandWork {
            who: Who::DataSteward,
            when: When::Before,
            title: format!("The rehearsal stopped: {}", failure.message()),
            details: failure.hints().to_vec(),
            commands: Vec::new(),
        });
    }
    rehearsal.conclude();
    outputs::write(&folders.out, &mut rehearsal)?;
    folders.clean(args.keep)?;
    result?;
    if context.json {
        output::json(&rehearsal);
    } else {
        outputs::print(&rehearsal, &folders.out);
    }
    Ok(match rehearsal.verdict.kind {
        VerdictKind::Passed => 0,
        _ => 1,
    })
}

fn import(args: &RehearseArgs, database: &Path, bar: &mut Bar) -> Result<Imported, Failure> {
    let total = inputs::bytes_of(&args.sources).unwrap_or(0);
    let options = ImportOptions { schema: args.schema.clone() };
    let imported =
        rejoint_sqlite::import(database, inputs::dumps(&args.sources)?, &options, &mut |bytes, table| {
            bar.show(&format!("reading {table}"), bytes, total.max(bytes));
        });
    bar.clear();
    Ok(imported?)
}

fn begin(args: &RehearseArgs, imported: &Imported) -> Rehearsal {
    let names = args.sources.iter().map(|p| p.display().to_string()).collect();
    let mut source = Source::dump(names, inputs::bytes_of(&args.sources));
    source.product = Some(imported.server.product.clone());
    source.product_version = Some(imported.server.version_text.clone()).filter(|v| !v.is_empty());
    source.complete = imported.complete.then_some(true);
    source.schemas.clone_from(&imported.schemas);
    source.remarks.extend(
        imported.routines.iter().map(|name| format!("{name} is a routine or event: named, not rehearsed")),
    );
    let engine = format!("SQLite {}", rejoint_sqlite::version());
    let mut rehearsal = Rehearsal::new(env!("CARGO_PKG_VERSION"), &now(), source, Place::Embedded { engine });
    rehearsal.losses = imported
        .losses
        .iter()
        .map(|loss| {
            let one = rejoint_dump::Loss { column: loss.column.clone(), kind: loss.kind };
            DumpLoss::new(&loss.table, &one)
        })
        .collect();
    rehearsal
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn svg(catalog: &Catalog) -> Option<String> {
    let selection = Selection { schemas: None, hide_parts: false, around: None };
    Diagram::from_catalog(catalog, &selection).ok().map(|d| d.render(Format::Svg))
}

fn rehearse(
    args: &RehearseArgs,
    folders: &Folders,
    settings: &rejoint_settings::Settings,
    imported: &Imported,
    rehearsal: &mut Rehearsal,
    bar: &mut Bar,
) -> Result<(), Failure> {
    let database = folders.work.join("pipeline.db");
    let mut connection = rejoint_sqlite::open(&database)?;
    let not_rehearsed = connection.capabilities().missing();
    let catalog = read_catalog(&mut connection, &imported.schemas)?;
    rehearsal.diagrams.before = svg(&catalog);
    let mut stores = inputs::stores(settings, &folders.new_objects(args), |store| store)?;
    let missing = inputs::missing_stores(&catalog, &stores);
    scan_into(&mut connection, &imported.schemas, settings, args, rehearsal, bar)?;
    if args.without_objects {
        inputs::pretend(&mut stores, &missing);
    } else if !missing.is_empty() {
        let names = missing.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Failure::input(format!(
            "the pipeline keeps objects in stores that are not at hand: {names}"
        ))
        .hint(
            "Give --stores DIR, a folder with one folder for each store, or --store NAME=FOLDER for each; or leave objects out with --without-objects.",
        ));
    }
    let plan = plan(args, &mut connection, imported, &stores, rehearsal, bar)?;
    drop(connection);
    let plan_file = folders.out.join("plan.json");
    plan.save(&plan_file)?;
    rehearsal
        .artefacts
        .push(artefact("plan of the rehearsal (for the dump, not for your server)", &plan_file));

    let second = folders.work.join("second.db");
    if !args.no_undo {
        rejoint_sqlite::copy(&database, &second).map_err(|e| cannot("write", &second, &e))?;
    }
    let options = ApplyOptions { without_objects: args.without_objects, ..ApplyOptions::default() };
    let first = TrialRun { plan: &plan, stores: &stores, options: options.clone() };
    let open = || -> Result<Connection, Failure> { Ok(rejoint_sqlite::open(&database)?) };
    let files = Files::of(&plan_file);
    let certificate = first.first(&open, &files, &imported.schemas, |timings| timings, rehearsal, bar)?;
    rehearsal.artefacts.push(artefact("certificate", &files.certificate));
    if let Some(trial) = rehearsal.trials.first_mut() {
        trial.details.extend(not_rehearsed.into_iter().map(|what| format!("Without a server, {what}.")));
    }

    if args.no_undo {
        for kind in [TrialKind::Undo, TrialKind::Redo] {
            rehearsal.trials.push(Trial::not_run(kind, "--no-undo"));
        }
    } else {
        let scratch = folders.work.join("new-objects-of-second");
        let mut stores = inputs::stores(settings, &scratch, |store| store)?;
        inputs::pretend(&mut stores, &plan.stores.keys().cloned().collect());
        let back = TrialRun { plan: &plan, stores: &stores, options };
        let open = || -> Result<Connection, Failure> { Ok(rejoint_sqlite::open(&second)?) };
        let files = Files::of(&folders.work.join("second.plan.json"));
        rehearsal.trials.extend(back.back_and_again(&open, &files, &certificate, &scratch, bar)?);
    }
    if let Some(target) = &args.export {
        let mut clock = Clock::new(bar);
        first.finish(&open, &files, &mut clock)?;
        outputs::export(&database, target)?;
        rehearsal.artefacts.push(artefact("the migrated pipeline as a dump", target));
        let objects = folders.new_objects(args);
        rehearsal
            .artefacts
            .push(artefact("new objects, to be added to the stores where the dump is loaded", &objects));
    }
    Ok(())
}

/// Looks at the pipeline before anything happens to it.
fn scan_into(
    connection: &mut Connection,
    schemas: &[String],
    settings: &rejoint_settings::Settings,
    args: &RehearseArgs,
    rehearsal: &mut Rehearsal,
    bar: &mut Bar,
) -> Result<(), Failure> {
    let mut options = if args.full { ScanOptions::full() } else { ScanOptions::default() };
    if args.without_objects {
        options.check_objects = ObjectCheck::None;
    }
    let mut watch = super::scan::Watch::new(bar);
    let found = scan(connection, schemas, settings, &options, &mut watch)
        .map_err(|e| Failure::new(Kind::Environment, e.to_string()))?;
    rehearsal.by_hand.extend(HandWork::of_scan(&found));
    rehearsal.scan = Some(found);
    Ok(())
}

fn artefact(what: &str, path: &Path) -> Artefact {
    Artefact { what: what.to_owned(), path: path.display().to_string() }
}

/// Makes the plan; decisions that nobody has taken are answered for the rehearsal, and said to be open.
fn plan(
    args: &RehearseArgs,
    connection: &mut Connection,
    imported: &Imported,
    stores: &RunStores,
    rehearsal: &mut Rehearsal,
    bar: &mut Bar,
) -> Result<Plan, Failure> {
    let mut options = UpgradeOptions {
        markers: args.markers.into(),
        job_metadata: JobMetadata::Add,
        answers: super::plan::answers(&args.decisions)?,
        home: None,
        chunk_rows: None,
    };
    let look = (!args.without_objects).then_some(&stores.open);
    let seen = observe(connection, &imported.schemas, &stores.specs, look, &mut |what, done, total| {
        bar.show(what, done, total);
    })?;
    bar.clear();
    let make =
        |options: &UpgradeOptions| plan_upgrade(&seen, &stores.specs, options).map_err(super::plan::refused);
    let mut plan = make(&options)?;
    let provisional = inputs::provisional(&plan);
    if !provisional.is_empty() {
        options.answers.extend(provisional.clone());
        plan = make(&options)?;
    }
    rehearsal.decisions = Decided::of_plan(&plan, rehearsal.scan.as_ref());
    for decided in rehearsal.decisions.iter_mut().filter(|d| provisional.contains_key(&d.id)) {
        decided.by = DecidedBy::Rehearsal;
    }
    rehearsal.plan = Some(plan.clone());
    Ok(plan)
}

fn code(args: &RehearseArgs) -> Result<Option<rejoint_report::rehearsal_file::CodeSummary>, Failure> {
    if args.code.is_empty() {
        return Ok(None);
    }
    let outcome = rejoint_codemod::run(&args.code, &rejoint_codemod::Options::default())?;
    Ok(Some(outputs::code_summary(&args.code, &outcome)))
}
