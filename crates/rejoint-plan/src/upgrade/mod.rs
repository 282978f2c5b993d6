//! The planner of the upgrade from 0.x to 2.x, in place.
//!
//! Expand adds hidden columns and tables and fills them while old clients work. Contract swaps names and comments, which no server
//! has to touch rows for. Nothing is guessed: what the database cannot tell is a [`Decision`], what is not understood a [`Refusal`].

mod hidden;
mod markers;
mod tables;
mod views;

use crate::observe::{MissingObject, Observed, on_missing};
use crate::options::{Decision, JobMetadata, OnMissing, UpgradeOptions};
use crate::plan_file::{FORMAT, Plan, StoreInPlan};
use crate::step::{Action, Estimate, LockClass, Stage, Step};
use rejoint_model::{AttributeKind, ExternalKind, Table, TableName, Tier, classify};
use rejoint_settings::StoreSpec;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that keeps the plan from being made, with the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is refused: a table, a store, a schema.
    pub what: String,
    /// Why.
    pub why: String,
    /// What would allow it.
    pub way_out: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.what, self.why, self.way_out)
    }
}

/// Collects steps and numbers them.
pub(crate) struct Steps {
    list: Vec<Step>,
    counters: BTreeMap<Stage, usize>,
}

impl Steps {
    #[expect(
        clippy::too_many_arguments,
        reason = "a step has these many facts, and each caller states them all"
    )]
    pub(crate) fn push(
        &mut self,
        stage: Stage,
        title: String,
        reason: &str,
        action: Action,
        lock: LockClass,
        estimate: Estimate,
        undo: &str,
    ) {
        let counter = self.counters.entry(stage).or_default();
        *counter += 1;
        let letter = match stage {
            Stage::Expand => 'E',
            Stage::Contract => 'C',
            Stage::Finish => 'F',
        };
        self.list.push(Step {
            id: format!("{letter}{counter:04}"),
            stage,
            title,
            reason: reason.to_owned(),
            action,
            lock,
            estimate,
            undo: undo.to_owned(),
        });
    }
}

/// What the planner works on.
pub(crate) struct Planner<'a> {
    pub(crate) seen: &'a Observed,
    pub(crate) stores: &'a BTreeMap<String, StoreSpec>,
    pub(crate) options: &'a UpgradeOptions,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) remarks: Vec<String>,
    pub(crate) refusals: Vec<Refusal>,
}

impl Planner<'_> {
    pub(crate) fn refuse(&mut self, what: impl fmt::Display, why: impl Into<String>, way_out: &str) {
        self.refusals.push(Refusal { what: what.to_string(), why: why.into(), way_out: way_out.to_owned() });
    }

    /// Asks; returns the answer if there is a valid one.
    pub(crate) fn ask(
        &mut self,
        id: String,
        question: String,
        evidence: String,
        options: &[&str],
    ) -> Option<String> {
        if let Some(known) = self.decisions.iter().find(|d| d.id == id) {
            return known.answer.clone();
        }
        let mut answer = self.options.answers.get(&id).cloned();
        if let Some(given) = answer.clone().filter(|a| !options.contains(&a.as_str())) {
            self.refuse(
                format!("decision {id}"),
                format!("`{given}` is no possible answer"),
                &format!("Answer one of: {}.", options.join(", ")),
            );
            answer = None;
        }
        self.decisions.push(Decision {
            id,
            question,
            evidence,
            options: options.iter().map(|o| (*o).to_owned()).collect(),
            answer: answer.clone(),
        });
        answer
    }

    /// What the objects behind an adapted pointer are: what its rows show, else what rows of the same adapter show, else a decision.
    pub(crate) fn adapter_kind(&mut self, place: &str, adapter: &str, store: &str) -> Option<ExternalKind> {
        let mut counts: BTreeMap<ExternalKind, u64> = BTreeMap::new();
        for table in self.seen.catalog.tables() {
            for column in &table.columns {
                let is_it = matches!(classify(table, column), AttributeKind::AdaptedExternal { adapter: a, .. } if a == adapter);
                if let Some(facts) =
                    self.seen.pointers.get(&(table.name.clone(), column.name.clone())).filter(|_| is_it)
                {
                    for (kind, n) in &facts.kinds {
                        *counts.entry(*kind).or_default() += n;
                    }
                }
            }
        }
        let mut kinds = counts.keys().copied();
        if let (Some(kind), None) = (kinds.next(), kinds.next()) {
            return Some(kind);
        }
        let evidence = if counts.is_empty() {
            "no row of this adapter holds a pointer".to_owned()
        } else {
            counts.iter().map(|(k, n)| format!("{n} rows hold a {}", k.word())).collect::<Vec<_>>().join(", ")
        };
        let answer = self.ask(
            format!("adapter-base:{place}"),
            format!("What does the adapter <{adapter}> of {place} keep in the store `{store}`? Its `attribute_type` in the code tells."),
            evidence,
            &["blob", "attach", "filepath"],
        )?;
        match answer.as_str() {
            "blob" => Some(ExternalKind::Blob),
            "attach" => Some(ExternalKind::Attach),
            _ => Some(ExternalKind::Filepath),
        }
    }

    /// The decision about a column's missing objects: which hashes become NULL, and which are kept.
    pub(crate) fn missing(
        &mut self,
        table: &Table,
        column: &str,
        nullable: bool,
    ) -> (Vec<String>, Vec<String>) {
        let lost: Vec<&MissingObject> =
            self.seen.missing.iter().filter(|m| m.table == table.name && m.column == column).collect();
        if lost.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let rows: u64 = lost.iter().map(|m| m.rows).sum();
        let examples = lost.iter().take(3).map(|m| m.path.clone()).collect::<Vec<_>>().join(", ");
        let hashes: Vec<String> = lost.iter().map(|m| m.hash.clone()).collect();
        let evidence = format!("{} objects in {rows} rows, e.g. {examples}", hashes.len());
        let options: &[&str] = if nullable { &["keep", "null", "stop"] } else { &["keep", "stop"] };
        let answer = self.ask(
            format!("missing-objects:{}.{column}", table.name),
            format!("Objects behind {}.{column} are not in the store. Keep the pointers (reading them fails as it does now), put NULL, or stop until they are back?", table.name),
            evidence,
            options,
        );
        match answer.as_deref().and_then(on_missing) {
            Some(OnMissing::Null) => (hashes, Vec::new()),
            Some(OnMissing::Stop) => {
                self.refuse(
                    format!("{}.{column}", table.name),
                    format!("{} objects are missing and the decision is to stop", hashes.len()),
                    "Put the objects back into the store, then plan again.",
                );
                (Vec::new(), Vec::new())
            }
            Some(OnMissing::Keep) => (Vec::new(), hashes),
            None => (Vec::new(), Vec::new()),
        }
    }
}

/// Tables that a plan deals with: not hidden.
pub(crate) fn is_user_table(table: &Table) -> bool {
    table.tier() != Tier::Hidden
}

/// Makes the plan.
///
/// # Errors
/// Everything that is refused, together.
pub fn plan_upgrade(
    seen: &Observed,
    stores: &BTreeMap<String, StoreSpec>,
    options: &UpgradeOptions,
) -> Result<Plan, Vec<Refusal>> {
    let mut planner =
        Planner { seen, stores, options, decisions: Vec::new(), remarks: Vec::new(), refusals: Vec::new() };
    planner.refuse_what_is_not_understood();
    let schemas: Vec<String> = seen.catalog.schemas.keys().cloned().collect();
    if !seen.catalog.tables().any(is_user_table) {
        planner.refuse(schemas.join(", "), "there are no tables", "Check the names of the schemas.");
    }
    let home = options.home.clone().or_else(|| schemas.first().cloned()).unwrap_or_default();
    if !schemas.contains(&home) {
        planner.refuse(
            format!("home schema `{home}`"),
            "it is not among the schemas of the plan",
            "Name one that is.",
        );
    }
    let mut steps = Steps { list: Vec::new(), counters: BTreeMap::new() };
    let mut work = Vec::new();
    for table in seen.catalog.tables().filter(|t| is_user_table(t)) {
        if let Some(table_work) = planner.table_work(table) {
            work.push(table_work);
        }
    }
    planner.hidden_tables_expand(&mut steps, &work);
    planner.tables_expand(&mut steps, &work);
    steps.push(
        Stage::Expand,
        "Verify before the swap".into(),
        "The digest of every table is taken through its old pointers and again through its new ones; only if they agree may the plan contract.",
        Action::VerifyBefore,
        LockClass::None,
        Estimate::at_rate(rows_of(seen), 1_500_000),
        "nothing to undo",
    );
    steps.push(
        Stage::Contract,
        "Fence".into(),
        "An old client that writes after the swap would fail or write where 2.x does not look; sessions, reserved jobs and open transactions are named.",
        Action::Fence { schemas: schemas.clone() },
        LockClass::None,
        Estimate::default(),
        "nothing to undo",
    );
    planner.tables_settle(&mut steps, &work);
    planner.tables_contract(&mut steps, &work);
    steps.push(
        Stage::Contract,
        "Verify after the swap and write the certificate".into(),
        "The window is over before this step: it reads only.",
        Action::VerifyAfter,
        LockClass::None,
        Estimate::at_rate(rows_of(seen), 1_500_000),
        "nothing to undo",
    );
    planner.tables_finish(&mut steps, &work);
    planner.refuse_answers_to_nothing();
    planner.remark_on_views(&work);
    planner.remarks.extend(seen.jobs_left.iter().cloned());
    if !planner.refusals.is_empty() {
        return Err(planner.refusals);
    }
    let (views_before, views_shadow, views_after) = views::views(seen, &work);
    let used: BTreeSet<&str> =
        work.iter().flat_map(|w| w.pointers.iter().map(|p| p.store.as_str())).collect();
    let plan = Plan {
        format: FORMAT,
        tool: format!("rejoint {}", env!("CARGO_PKG_VERSION")),
        kind: "upgrade".into(),
        server: seen.catalog.server.clone(),
        schemas,
        home,
        options: options.clone(),
        stores: stores
            .iter()
            .filter(|(name, _)| used.contains(name.as_str()))
            .map(|(name, spec)| {
                let plan = StoreInPlan {
                    protocol: spec.protocol.to_string(),
                    location: spec.location.clone(),
                    subfolding: spec.subfolding.clone(),
                    hash_prefix: spec.hash_prefix.clone(),
                };
                (name.clone(), plan)
            })
            .collect(),
        decisions: planner.decisions,
        remarks: planner.remarks,
        views_before,
        views_shadow,
        views_after,
        definitions: seen
            .definitions
            .iter()
            .filter(|(name, _)| !name.table.starts_with("~rejoint_"))
            .map(|(name, d)| (name.to_string(), d.print_without_counter()))
            .collect(),
        steps: steps.list,
        hash: String::new(),
    };
    Ok(plan.sealed())
}

pub(crate) fn rows_of(seen: &Observed) -> u64 {
    seen.catalog.tables().filter(|t| is_user_table(t)).map(|t| t.rows_estimate).sum()
}

impl Planner<'_> {
    fn refuse_what_is_not_understood(&mut self) {
        for grant in &self.seen.blind {
            self.refusals.push(Refusal {
                what: format!("schema {}", grant.schema.as_deref().unwrap_or("*")),
                why: format!(
                    "this account lacks the privilege {}; without it the server hides what a plan must know",
                    grant.privilege
                ),
                way_out:
                    "Have it granted; `rejoint scan` works with SELECT alone and lists all that apply needs."
                        .into(),
            });
        }
        for (table, reasons) in &self.seen.not_understood {
            if table.table.starts_with('~') && !table.table.starts_with("~external") {
                continue; // hidden tables of other kinds are not touched
            }
            self.refusals.push(Refusal {
                what: table.to_string(),
                why: reasons.join("; "),
                way_out: "Change the table, or leave its schema out of the plan.".into(),
            });
        }
        for table in self.seen.catalog.tables() {
            if table.name.table.starts_with("~rejoint_") {
                let what = table.name.clone();
                self.refuse(
                    what,
                    "the schema already holds tables of a rejoint plan",
                    "Finish or undo that plan first: see `rejoint status`.",
                );
            }
            for column in &table.columns {
                let kind = classify(table, column);
                match &kind {
                    AttributeKind::External011 { .. } if is_user_table(table) => self.refuse(
                        format!("{}.{}", table.name, column.name),
                        "it is an `external` attribute of DataJoint 0.11, which neither 0.14 nor 2.x can open",
                        "Convert it with 0.12's migration helper first, or leave the schema out.",
                    ),
                    _ => {}
                }
            }
        }
        let unknown: Vec<(TableName, String, String)> = self
            .seen
            .pointers
            .iter()
            .filter(|(_, facts)| facts.dangling > 0)
            .map(|((table, column), facts)| {
                (
                    table.clone(),
                    column.clone(),
                    format!("{} rows point to no row of the tracking table", facts.dangling),
                )
            })
            .collect();
        for (table, column, why) in unknown {
            self.refuse(
                format!("{table}.{column}"),
                why,
                "They were written with foreign-key checks off. Delete those rows or restore the tracking rows.",
            );
        }
    }

    /// A misspelt answer must not leave a decision to chance.
    fn refuse_answers_to_nothing(&mut self) {
        let known: BTreeSet<&String> = self.decisions.iter().map(|d| &d.id).collect();
        let given: Vec<&String> = self.options.answers.keys().filter(|id| !known.contains(id)).collect();
        let way_out = if known.is_empty() {
            "No decision is needed: leave it out.".to_owned()
        } else {
            let known: Vec<&str> = known.iter().map(|id| id.as_str()).collect();
            format!("The decisions are: {}.", known.join(", "))
        };
        for id in given {
            self.refuse(format!("decision {id}"), "there is no such decision", &way_out);
        }
    }

    fn remark_on_views(&mut self, work: &[tables::TableWork]) {
        for schema in self.seen.catalog.schemas.values() {
            for view in &schema.views {
                let touched: Vec<String> = work
                    .iter()
                    .filter(|w| !w.pointers.is_empty())
                    .filter(|w| view.definition.contains(&format!("`{}`", w.table.name.table)))
                    .flat_map(|w| w.pointers.iter().map(|p| format!("{}.{}", w.table.name, p.column)))
                    .collect();
                if !touched.is_empty() {
                    self.remarks.push(format!(
                        "view {}.{} may show pointer columns ({}); after the swap it shows JSON where it showed 16 bytes",
                        schema.name,
                        view.name,
                        touched.join(", ")
                    ));
                }
            }
        }
    }

    pub(crate) fn wants_job_metadata(&self, table: &Table) -> bool {
        self.options.job_metadata == JobMetadata::Add
            && matches!(table.tier(), Tier::Imported | Tier::Computed)
            && table.column("_job_start_time").is_none()
    }
}
