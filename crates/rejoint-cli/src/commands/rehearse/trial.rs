//! Trying a plan out: there, back, and there again.

use crate::bar::Bar;
use crate::failure::Failure;
use rejoint_db::{Connection, read_catalog};
use rejoint_model::TableName;
use rejoint_plan::{Action, Plan, Stage, Step};
use rejoint_report::Rehearsal;
use rejoint_report::rehearsal_file::{
    Check, RehearsedCertificate, RemainingDifference, StepTiming, Trial, TrialKind,
};
use rejoint_run::{ApplyOptions, Files, Progress, Run, RunStores, UndoTo};
use rejoint_verify::{
    Certificate, DigestOptions, Evidence, Outcome, Quiet, Verdict, certificate_file, compare, digest_tables,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where a trial runs: opens a connection to its copy.
pub(super) type Open<'o> = &'o dyn Fn() -> Result<Connection, Failure>;

/// Notes how long each step takes.
pub(super) struct Clock<'b> {
    bar: &'b mut Bar,
    begun: Instant,
    rows: u64,
    pub(super) timings: Vec<StepTiming>,
}

impl<'b> Clock<'b> {
    pub(super) fn new(bar: &'b mut Bar) -> Self {
        Clock { bar, begun: Instant::now(), rows: 0, timings: Vec::new() }
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Progress for Clock<'_> {
    fn step(&mut self, step: &Step, index: usize, total: usize) {
        self.begun = Instant::now();
        self.rows = 0;
        self.bar.step(step, index, total);
    }

    fn tick(&mut self, what: &str, done: u64, total: u64) {
        self.rows = done;
        self.bar.tick(what, done, total);
    }

    fn finished(&mut self, step: &Step) {
        // chunks are counted whole: a table has no more rows than it has
        let rows = match step.estimate.rows {
            0 => self.rows,
            known => self.rows.min(known),
        };
        self.timings.push(StepTiming::measured(step, rows, milliseconds(self.begun)));
    }

    fn note(&mut self, text: &str) {
        self.bar.note(text);
    }
}

/// What a trial needs.
pub(super) struct TrialRun<'t> {
    pub(super) plan: &'t Plan,
    pub(super) stores: &'t RunStores,
    pub(super) options: ApplyOptions,
}

impl TrialRun<'_> {
    fn apply(
        &self,
        open: Open<'_>,
        files: &Files,
        stage: Stage,
        clock: &mut Clock<'_>,
    ) -> Result<(), Failure> {
        let run = Run::begin(self.plan, open()?, self.stores, files.clone(), self.options.clone(), clock)?;
        run.apply(stage)?;
        Ok(())
    }

    /// Expands and contracts; the certificate and the time it took.
    pub(super) fn there(
        &self,
        open: Open<'_>,
        files: &Files,
        clock: &mut Clock<'_>,
    ) -> Result<(Certificate, u64), Failure> {
        let begun = Instant::now();
        self.apply(open, files, Stage::Expand, clock)?;
        self.apply(open, files, Stage::Contract, clock)?;
        Ok((certificate_file::read(&files.certificate)?, milliseconds(begun)))
    }

    /// The first way: there, and what the report says of it. `scale` makes of the durations what is expected of all rows.
    pub(super) fn first(
        &self,
        open: Open<'_>,
        files: &Files,
        schemas: &[String],
        scale: impl FnOnce(Vec<StepTiming>) -> Vec<StepTiming>,
        rehearsal: &mut Rehearsal,
        bar: &mut Bar,
    ) -> Result<Certificate, Failure> {
        let mut clock = Clock::new(bar);
        let there = self.there(open, files, &mut clock);
        rehearsal.timings = scale(clock.timings);
        let (certificate, took) = there?;
        let mut connection = open()?;
        rehearsal.remaining = remaining(&mut connection, self.plan)?;
        rehearsal.diagrams.after = super::svg(&read_catalog(&mut connection, schemas)?);
        rehearsal.certificate = Some(RehearsedCertificate::from(&certificate));
        rehearsal.stores =
            super::outputs::store_summaries(self.plan, &certificate, !self.options.without_objects);
        let checks = self.checks(&certificate, &rehearsal.remaining);
        rehearsal.trials.push(Trial::of_checks(TrialKind::ExpandContract, took, checks));
        Ok(certificate)
    }

    /// Drops what is kept for undo.
    pub(super) fn finish(&self, open: Open<'_>, files: &Files, clock: &mut Clock<'_>) -> Result<(), Failure> {
        self.apply(open, files, Stage::Finish, clock)
    }

    /// On a copy that was not migrated yet: there, back, and there again.
    pub(super) fn back_and_again(
        &self,
        open: Open<'_>,
        files: &Files,
        first: &Certificate,
        scratch: &Path,
        bar: &mut Bar,
    ) -> Result<[Trial; 2], Failure> {
        let before = state(&mut open()?, self.plan)?;
        self.there(open, files, &mut Clock::new(bar))?;
        Ok([self.back(open, files, &before, scratch, bar)?, self.again(open, files, first, bar)?])
    }

    /// Takes everything back and looks whether it is as it was.
    pub(super) fn back(
        &self,
        open: Open<'_>,
        files: &Files,
        before: &State,
        scratch: &Path,
        bar: &mut Bar,
    ) -> Result<Trial, Failure> {
        let begun = Instant::now();
        let mut clock = Clock::new(bar);
        let run =
            Run::begin(self.plan, open()?, self.stores, files.clone(), self.options.clone(), &mut clock)?;
        run.undo(UndoTo::Start)?;
        let took = milliseconds(begun);
        let after = state(&mut open()?, self.plan)?;
        Ok(Trial::of_checks(TrialKind::Undo, took, before.compared(&after, scratch)))
    }

    /// Goes there once more; the certificate must be the first one's.
    pub(super) fn again(
        &self,
        open: Open<'_>,
        files: &Files,
        first: &Certificate,
        bar: &mut Bar,
    ) -> Result<Trial, Failure> {
        let (again, took) = self.there(open, files, &mut Clock::new(bar))?;
        Ok(Trial::of_checks(TrialKind::Redo, took, same_certificate(first, &again)))
    }

    /// The checks of the first way.
    fn checks(&self, certificate: &Certificate, remaining: &[RemainingDifference]) -> Vec<Check> {
        let equal = certificate
            .tables
            .iter()
            .filter(|t| matches!(t.outcome, Outcome::Equal | Outcome::Allowed))
            .count();
        vec![
            Check::new(
                "Every table has the same digest before and after",
                equal == certificate.tables.len() && certificate.verdict != Verdict::Differs,
                &format!("{equal} of {} tables", certificate.tables.len()),
            ),
            Check::new(
                "The pipeline is what the plan wanted",
                remaining.is_empty(),
                &match remaining.len() {
                    0 => "no difference".to_owned(),
                    n => format!("{n} differences"),
                },
            ),
        ]
    }
}

/// Where the migrated copy is not what the plan wanted.
fn remaining(connection: &mut Connection, plan: &Plan) -> Result<Vec<RemainingDifference>, Failure> {
    // a later step of the same table has the last word
    let mut wanted: BTreeMap<&TableName, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for step in plan.steps.iter().filter(|s| s.stage != Stage::Finish) {
        match &step.action {
            Action::Alter { table, after, .. } => {
                wanted.insert(table, after);
            }
            Action::CreateTable { table, .. } if !connection.table_exists(table)? => {
                found.push(difference(table, "table", "it is not there", "it was to be created"));
            }
            Action::DropTrigger { table, name, .. } if connection.trigger(table, name)?.is_some() => {
                found.push(difference(table, "trigger", "it is still there", "it was to be dropped"));
            }
            _ => {}
        }
    }
    for (table, after) in wanted {
        let now = connection.show_create(table)?;
        let now = rejoint_db::parse_create_table(&now).map_or(now, |parsed| parsed.print_without_counter());
        if now != after {
            let lines = now.lines().zip(after.lines()).find(|(a, b)| a != b);
            let (observed, desired) = lines.unwrap_or(("fewer or more lines", "the definition of the plan"));
            found.push(difference(table, "definition", observed.trim(), desired.trim()));
        }
    }
    Ok(found)
}

fn difference(table: &TableName, what: &str, observed: &str, desired: &str) -> RemainingDifference {
    RemainingDifference {
        place: table.to_string(),
        what: what.to_owned(),
        observed: observed.to_owned(),
        desired: desired.to_owned(),
    }
}

/// Everything that undo has to give back.
pub(super) struct State {
    definitions: BTreeMap<TableName, String>,
    triggers: Vec<String>,
    evidence: Evidence,
}

pub(super) fn state(connection: &mut Connection, plan: &Plan) -> Result<State, Failure> {
    let catalog = read_catalog(connection, &plan.schemas)?;
    let mut definitions = BTreeMap::new();
    let mut triggers = Vec::new();
    for table in catalog.tables() {
        definitions.insert(table.name.clone(), connection.show_create(&table.name)?);
        triggers.extend(table.triggers.iter().map(|t| format!("{} {} {}", table.name, t.name, t.statement)));
    }
    let options = DigestOptions { subfolding: None, decode: false, ..DigestOptions::default() };
    let (tables, _) = digest_tables(connection, &plan.views_before, &options, &mut Quiet)?;
    let evidence = Evidence {
        server: connection.server().clone(),
        created: String::new(),
        plan: None,
        tables,
        objects: None,
    };
    Ok(State { definitions, triggers, evidence })
}

impl State {
    fn compared(&self, after: &State, scratch: &Path) -> Vec<Check> {
        let differing: Vec<String> = self
            .definitions
            .iter()
            .filter(|(name, definition)| after.definitions.get(*name) != Some(definition))
            .map(|(name, _)| name.to_string())
            .chain(
                after
                    .definitions
                    .keys()
                    .filter(|n| !self.definitions.contains_key(*n))
                    .map(|n| format!("{n} is new")),
            )
            .collect();
        let comparison = compare(&self.evidence, &after.evidence, &[]);
        let unequal: Vec<String> = comparison
            .tables
            .iter()
            .filter(|t| t.outcome != Outcome::Equal)
            .map(|t| t.table.to_string())
            .collect();
        let left = files_below(scratch);
        vec![
            Check::new(
                "Definitions are identical, byte for byte",
                differing.is_empty(),
                &or_all(&differing, &format!("{} tables", self.definitions.len())),
            ),
            Check::new(
                "Triggers are those from before",
                self.triggers == after.triggers,
                &format!("{} triggers", after.triggers.len()),
            ),
            Check::new(
                "Every table has the digest from before",
                unequal.is_empty(),
                &or_all(&unequal, &format!("{} tables", comparison.tables.len())),
            ),
            Check::new(
                "New objects are gone from the stores",
                left.is_empty(),
                &match left.len() {
                    0 => "none is left".to_owned(),
                    n => format!("{n} are left"),
                },
            ),
        ]
    }
}

fn or_all(differing: &[String], all: &str) -> String {
    if differing.is_empty() { all.to_owned() } else { differing.join(", ") }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .filter_map(|e| Some(e.ok()?.path()))
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect()
}

fn same_certificate(first: &Certificate, again: &Certificate) -> Vec<Check> {
    let digests = |c: &Certificate| -> BTreeMap<TableName, Option<String>> {
        c.tables
            .iter()
            .map(|t| (t.table.clone(), t.after.as_ref().map(|a| a.digest.digest.clone())))
            .collect()
    };
    let (one, two) = (digests(first), digests(again));
    let differing: Vec<String> = one
        .iter()
        .filter(|(name, digest)| two.get(*name) != Some(digest))
        .map(|(n, _)| n.to_string())
        .collect();
    vec![
        Check::new(
            "Every table has the same digest before and after",
            again.verdict != Verdict::Differs,
            &format!("{} tables", again.tables.len()),
        ),
        Check::new(
            "It is the certificate of the first time",
            differing.is_empty() && one.len() == two.len(),
            &or_all(&differing, &format!("{} tables", one.len())),
        ),
    ]
}
