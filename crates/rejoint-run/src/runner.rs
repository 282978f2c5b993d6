//! Applying a plan, stage by stage.

use crate::actions::{self, Probe};
use crate::boundary;
use crate::error::{Context as _, RunError};
use crate::journal::{Entry, Journal, State, cut_here, local_journal};
use crate::progress::Progress;
use rejoint_db::{Connection, Value, parse_create_table};
use rejoint_model::TableName;
use rejoint_plan::{Action, Plan, Stage, Step};
use rejoint_settings::StoreSpec;
use rejoint_store::ObjectStore;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files beside the plan.
#[derive(Debug, Clone)]
pub struct Files {
    /// The plan.
    pub plan: PathBuf,
    /// Local copy of the journal.
    pub journal: PathBuf,
    /// Evidence taken before the swap.
    pub before: PathBuf,
    /// The certificate.
    pub certificate: PathBuf,
    /// Fingerprints of cells, which locate differences.
    pub fingerprints: PathBuf,
}

impl Files {
    /// The files that belong to a plan file.
    pub fn of(plan: &Path) -> Self {
        Files {
            plan: plan.to_owned(),
            journal: local_journal(plan),
            before: plan.with_extension("before.json"),
            certificate: plan.with_extension("certificate.json"),
            fingerprints: plan.with_extension("fingerprints"),
        }
    }
}

/// Stores, open, with their settings.
#[derive(Default)]
pub struct RunStores {
    /// Settings by name.
    pub specs: BTreeMap<String, StoreSpec>,
    /// Open stores by name.
    pub open: BTreeMap<String, Box<dyn ObjectStore>>,
}

/// What a person allows for this run.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Sessions (by the server's number) that the fence need not wait for.
    pub ignore_sessions: BTreeSet<u64>,
    /// Do not look at sessions at all: somebody vouches that every old client is stopped.
    pub trust_sessions: bool,
    /// Look at objects by size only when taking evidence.
    pub objects_by_size: bool,
    /// Skip decoding blobs when taking evidence.
    pub stored_only: bool,
    /// Neither read nor write objects: for a rehearsal without the stores. What is certified says nothing about objects then.
    pub without_objects: bool,
}

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Steps carried out now.
    pub done: usize,
    /// Steps found done.
    pub skipped: usize,
    /// The certificate, if this stage wrote one.
    pub certificate: Option<PathBuf>,
}

/// Which way a plan is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Applying it.
    On,
    /// Undoing it.
    Back,
}

/// One run of a plan.
pub struct Run<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) connection: Connection,
    pub(crate) stores: &'a RunStores,
    pub(crate) files: Files,
    pub(crate) options: ApplyOptions,
    pub(crate) progress: &'a mut dyn Progress,
    pub(crate) journal: Journal,
    pub(crate) entries: Vec<Entry>,
}

/// Statements wait this many times for a lock before they are given up.
const LOCK_ATTEMPTS: u32 = 12;

/// How long to wait for the lock of the plan. The server needs a moment to see that a run that was killed is gone.
const LOCK_SECONDS: u32 = 5;

impl<'a> Run<'a> {
    /// Takes the lock, checks server, stores and journal, and begins a run.
    ///
    /// # Errors
    /// Another run, another plan, another server, an unreachable store, open decisions.
    pub fn begin(
        plan: &'a Plan,
        mut connection: Connection,
        stores: &'a RunStores,
        files: Files,
        options: ApplyOptions,
        progress: &'a mut dyn Progress,
    ) -> Result<Self, RunError> {
        if connection.server().identity != plan.server.identity {
            return Err(RunError::refused(
                format!(
                    "the plan was made for another server ({} {})",
                    plan.server.product, plan.server.version_text
                ),
                "Connect to that one, or plan again for this one.",
            ));
        }
        if connection.server().version_text != plan.server.version_text {
            return Err(RunError::refused(
                format!(
                    "the server was {} when the plan was made and is {} now",
                    plan.server.version_text,
                    connection.server().version_text
                ),
                "Plan again: what a server can do instantly depends on its version.",
            ));
        }
        let open = plan.open_decisions();
        if let Some(first) = open.first() {
            return Err(RunError::refused(
                format!("{} decisions are open, e.g. {}: {}", open.len(), first.id, first.question),
                format!(
                    "Answer with `rejoint plan upgrade … --decide {}=ANSWER` ({}).",
                    first.id,
                    first.options.join(", ")
                ),
            ));
        }
        for (name, wanted) in plan.stores.iter().filter(|_| !options.without_objects) {
            let Some(spec) = stores.specs.get(name) else {
                return Err(RunError::refused(
                    format!("the store `{name}` is not in the settings"),
                    "Use the settings that the plan was made with.",
                ));
            };
            if spec.subfolding != wanted.subfolding || spec.location != wanted.location {
                return Err(RunError::refused(
                    format!("the settings of store `{name}` changed since the plan was made"),
                    "Use the settings that the plan was made with, or plan again.",
                ));
            }
            match stores.open.get(name) {
                Some(store) => store.reachable().context(format!("store `{name}`"))?,
                // it could not be opened: the reason is found by trying again
                None => {
                    rejoint_store::open(spec).context(format!("store `{name}`"))?;
                    return Err(RunError::refused(
                        format!("the store `{name}` was away a moment ago"),
                        "Run the same command again.",
                    ));
                }
            }
        }
        take_lock(&mut connection, plan)?;
        let (journal, entries) = Journal::open(&mut connection, plan, files.journal.clone())?;
        Ok(Run { plan, connection, stores, files, options, progress, journal, entries })
    }

    /// Has this step's last record this state?
    pub(crate) fn last_state(&self, step: &str) -> Option<State> {
        self.entries.iter().rev().find(|e| e.step == step).map(|e| e.state)
    }

    /// The verification that this step recorded, if nothing was taken back since.
    pub(crate) fn standing(&self, step: &str) -> Option<&Entry> {
        let newer = self.entries.iter().rev();
        newer
            .take_while(|e| !matches!(e.state, State::UndoIntent | State::Undone))
            .find(|e| e.step == step && e.state == State::Verified)
    }

    /// The steps whose action this is; verifications are there once or not at all.
    pub(crate) fn step_of(&self, stage: Stage, is_it: fn(&Action) -> bool) -> Option<&'a str> {
        self.plan.stage(stage).find(|s| is_it(&s.action)).map(|s| s.id.as_str())
    }

    pub(crate) fn record(&mut self, step: &str, state: State, detail: &str) -> Result<(), RunError> {
        let seq = self.journal.write(&mut self.connection, step, state, detail)?;
        self.entries.push(Entry {
            seq,
            at: String::new(),
            plan: self.plan.hash.clone(),
            token: 0,
            step: step.to_owned(),
            state,
            detail: detail.to_owned(),
        });
        Ok(())
    }

    /// The steps of a stage that were carried out, by the world's word.
    pub(crate) fn applied(&mut self, stage: Stage) -> Result<bool, RunError> {
        let steps: Vec<Step> = self.plan.stage(stage).cloned().collect();
        for step in steps {
            if let Action::Alter { .. } = step.action
                && actions::probe(self, &step)? == Probe::Done
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Applies one stage.
    ///
    /// # Errors
    /// See [`RunError`]; whatever was done stays done, and applying again goes on.
    pub fn apply(mut self, stage: Stage) -> Result<Outcome, RunError> {
        let result = self.apply_inner(stage);
        let result = self.leave(result);
        boundary::report();
        result
    }

    /// A run that was refused before any step leaves no journal, which would keep another plan from being made.
    pub(crate) fn leave<T>(self, result: Result<T, RunError>) -> Result<T, RunError> {
        if matches!(result, Err(RunError::Refused { .. })) && self.entries.iter().all(|e| e.step.is_empty()) {
            let Run { journal, mut connection, .. } = self;
            journal.drop(&mut connection)?;
        }
        result
    }

    fn apply_inner(&mut self, stage: Stage) -> Result<Outcome, RunError> {
        let begun: BTreeSet<Stage> = self
            .plan
            .steps
            .iter()
            .filter(|s| matches!(self.last_state(&s.id), Some(State::Intent | State::Done | State::Verified)))
            .map(|s| s.stage)
            .collect();
        match stage {
            Stage::Expand if begun.contains(&Stage::Contract) && self.applied(Stage::Contract)? => {
                return Err(RunError::refused(
                    "the plan has begun to contract",
                    "Go on with `--stage contract`, or go back with `rejoint undo --to expand`.",
                ));
            }
            Stage::Contract => self.may_contract()?,
            Stage::Finish => self.may_finish()?,
            Stage::Expand => {}
        }
        self.check_drift(Way::On)?;
        let steps: Vec<Step> = self.plan.stage(stage).cloned().collect();
        let mut outcome = Outcome { done: 0, skipped: 0, certificate: None };
        let total = steps.len();
        for (index, step) in steps.iter().enumerate() {
            self.progress.step(step, index, total);
            if self.step(step)? {
                outcome.done += 1;
                self.progress.finished(step);
            } else {
                outcome.skipped += 1;
                self.progress.skipped(step);
            }
            if matches!(step.action, Action::VerifyAfter) {
                outcome.certificate = Some(self.files.certificate.clone());
            }
        }
        Ok(outcome)
    }

    /// Carries a step out unless the world says it is done. Returns whether anything was done.
    fn step(&mut self, step: &Step) -> Result<bool, RunError> {
        // the certificate is about the moment of the swap; by now 2.x clients may have written
        if matches!(step.action, Action::VerifyAfter)
            && self.last_state(&step.id) == Some(State::Verified)
            && self.standing(&step.id).is_some()
            && self.files.certificate.exists()
        {
            return Ok(false);
        }
        match actions::probe(self, step)? {
            Probe::Done => {
                if self.last_state(&step.id) != Some(State::Done) && !actions::is_look(&step.action) {
                    self.record(&step.id, State::Done, "")?;
                }
                return Ok(false);
            }
            Probe::Conflict(what) => {
                return Err(RunError::refused(
                    format!("{} {}: {what}", step.id, step.title),
                    "Somebody changed it since the plan was made. Put it back as it was, or undo and plan again.",
                ));
            }
            Probe::NotStarted | Probe::Half => {}
        }
        self.journal.still_ours(&mut self.connection)?;
        self.record(&step.id, State::Intent, "")?;
        actions::act(self, step)?;
        cut_here(&mut self.connection)?;
        if !actions::is_look(&step.action) {
            match actions::probe(self, step)? {
                Probe::Done => {}
                Probe::Conflict(what) => {
                    return Err(RunError::Bug(format!(
                        "{} {} ended in an unexpected state: {what}",
                        step.id, step.title
                    )));
                }
                Probe::NotStarted | Probe::Half => {
                    return Err(RunError::Bug(format!("{} {} had no effect", step.id, step.title)));
                }
            }
            self.record(&step.id, State::Done, "")?;
        }
        Ok(true)
    }

    fn may_contract(&mut self) -> Result<(), RunError> {
        let verify = self.step_of(Stage::Expand, |a| matches!(a, Action::VerifyBefore));
        let settle = self.step_of(Stage::Contract, |a| matches!(a, Action::Settle));
        match verify.and_then(|id| self.last_state(id)) {
            Some(State::Verified) => {}
            Some(State::Failed) => {
                return Err(RunError::refused(
                    "the last verification did not agree, which took away the permission to contract",
                    "Run `rejoint apply --stage expand` again: it verifies first what failed.",
                ));
            }
            _ => return Err(not_expanded()),
        }
        if verify.into_iter().chain(settle).any(|id| self.standing(id).is_some()) {
            return Ok(());
        }
        // something was taken back since the verification: all of the contract stage, or the undo did not come to its end
        if self.applied(Stage::Contract)? {
            return Err(RunError::refused(
                "an undo of this plan was interrupted",
                "Finish it first: `rejoint undo` leads to the start, `rejoint undo --to expand` to before this stage.",
            ));
        }
        let steps: Vec<Step> = self.plan.stage(Stage::Expand).cloned().collect();
        for step in steps.iter().filter(|s| !actions::is_look(&s.action)) {
            if actions::probe(self, step)? != Probe::Done {
                return Err(not_expanded());
            }
        }
        Ok(())
    }

    fn may_finish(&mut self) -> Result<(), RunError> {
        let after = self.step_of(Stage::Contract, |a| matches!(a, Action::VerifyAfter));
        if after.is_some_and(|id| self.last_state(id) == Some(State::Verified) && self.standing(id).is_some())
        {
            return Ok(());
        }
        Err(RunError::refused(
            "the contract stage is not complete, or its verification did not agree",
            "What is kept for undo is dropped only after a certificate that says equal.",
        ))
    }

    /// Every table must be in one of the states that the plan leads it through.
    ///
    /// On the way back only tables that the plan alters count: what else was made, changed or dropped meanwhile stays so.
    pub(crate) fn check_drift(&mut self, way: Way) -> Result<(), RunError> {
        let mut expected: BTreeMap<TableName, BTreeSet<&str>> = BTreeMap::new();
        for view in self.plan.views_before.iter().filter(|v| way == Way::On || self.alters(&v.table)) {
            if let Some(definition) = self.plan.definition(&view.table) {
                expected.entry(view.table.clone()).or_default().insert(definition);
            }
        }
        for step in &self.plan.steps {
            if let Action::Alter { table, before, after, .. } = &step.action {
                let states = expected.entry(table.clone()).or_default();
                states.insert(before);
                states.insert(after);
            }
        }
        let existing: BTreeSet<TableName> =
            self.connection.tables().context("listing tables")?.into_iter().collect();
        let mut drift = Vec::new();
        for (table, states) in &expected {
            if !existing.contains(table) {
                if way == Way::On {
                    drift.push(format!("{table} is gone"));
                }
                continue;
            }
            let now = definition(&mut self.connection, table)?;
            if !states.contains(now.as_str()) {
                drift.push(format!("{table} has another definition"));
            }
        }
        let known = |t: &TableName| {
            expected.contains_key(t) || t.table.starts_with('~') || self.plan.definition(t).is_some()
        };
        let schemas: BTreeSet<&str> = self.plan.schemas.iter().map(String::as_str).collect();
        // tables made by 2.x clients after the swap are no drift
        if way == Way::On && !self.applied(Stage::Contract)? {
            for table in existing.iter().filter(|t| schemas.contains(t.schema.as_str()) && !known(t)) {
                drift.push(format!("{table} is new"));
            }
        }
        if drift.is_empty() {
            return Ok(());
        }
        Err(RunError::refused(
            format!("the database changed since the plan was made: {}", drift.join(", ")),
            match way {
                Way::On => "Plan again; if the plan has begun, undo it first.",
                Way::Back => "Put it back as the plan left it, then undo again.",
            },
        ))
    }

    /// Does the plan alter this table?
    pub(crate) fn alters(&self, table: &TableName) -> bool {
        self.plan.steps.iter().any(|s| matches!(&s.action, Action::Alter { table: t, .. } if t == table))
    }

    /// Runs a statement, waiting for locks a bounded number of times and naming who is in the way.
    pub(crate) fn patient(&mut self, sql: &str, params: &[Value]) -> Result<u64, RunError> {
        self.patiently(|connection| connection.execute(sql, params))
    }

    /// Runs an ALTER TABLE in the same way; it makes the definition `after`.
    pub(crate) fn patient_alter(
        &mut self,
        table: &TableName,
        sql: &str,
        after: &str,
    ) -> Result<(), RunError> {
        self.patiently(|connection| connection.alter(table, sql, after))
    }

    fn patiently<T>(
        &mut self,
        act: impl Fn(&mut Connection) -> Result<T, rejoint_db::Error>,
    ) -> Result<T, RunError> {
        let mut attempt = 0;
        loop {
            match act(&mut self.connection) {
                Err(error) if error.class() == rejoint_db::Class::Retry && attempt < LOCK_ATTEMPTS => {
                    attempt += 1;
                    let others = rejoint_db::sessions(&mut self.connection)
                        .context("looking for who holds the lock")?;
                    let shown: Vec<String> = others
                        .iter()
                        .filter(|s| s.in_transaction == Some(true) || s.command != "Sleep")
                        .map(|s| format!("{}@{} (session {})", s.user, s.host, s.id))
                        .collect();
                    let who = if shown.is_empty() { "another session".to_owned() } else { shown.join(", ") };
                    self.progress.note(&format!(
                        "waiting for a lock that {who} may hold, attempt {attempt} of {LOCK_ATTEMPTS}"
                    ));
                }
                Err(error) if error.code() == Some(1118) => {
                    return Err(RunError::refused(
                        format!("{error}"),
                        "MariaDB keeps room for columns that were added and dropped instantly. `ALTER TABLE … FORCE` rebuilds the table; then run the same command again.",
                    ));
                }
                Err(error) if error.code() == Some(4092) => {
                    return Err(RunError::refused(
                        format!("{error}"),
                        "MySQL counts instant changes of a table and allows 64. `OPTIMIZE TABLE` rebuilds it and counts anew; then apply again.",
                    ));
                }
                other => return other.context("running a statement of the plan"),
            }
        }
    }
}

fn not_expanded() -> RunError {
    RunError::refused("the expand stage is not complete", "Run `rejoint apply --stage expand` first.")
}

/// A table's definition as plans compare it.
pub(crate) fn definition(connection: &mut Connection, table: &TableName) -> Result<String, RunError> {
    let source = connection.show_create(table).context(format!("reading the definition of {table}"))?;
    Ok(parse_create_table(&source).map_or(source, |parsed| parsed.print_without_counter()))
}

fn take_lock(connection: &mut Connection, plan: &Plan) -> Result<(), RunError> {
    let name = format!("rejoint:{}", plan.home.chars().take(50).collect::<String>());
    if connection.lock(&name, LOCK_SECONDS).context("taking the lock")? {
        return Ok(());
    }
    let owner = connection.lock_owner(&name).context("asking who holds the lock")?;
    let owner = owner.map_or_else(|| "another session".to_owned(), |id| format!("session {id}"));
    Err(RunError::refused(
        format!("a run of rejoint is under way: {owner} holds the lock on `{}`", plan.home),
        "Wait for it to end, or stop it; what it has done stays done.",
    ))
}
