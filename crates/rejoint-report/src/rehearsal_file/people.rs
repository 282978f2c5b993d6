//! What people decide and do.

use rejoint_plan::Plan;
use rejoint_scan::ScanReport;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A decision and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Name of the question, for `--decide ID=ANSWER`.
    pub id: String,
    /// The question.
    pub question: String,
    /// What the database shows.
    pub evidence: Vec<String>,
    /// Possible answers and what each does (may be empty).
    pub options: Vec<(String, String)>,
    /// The answer.
    pub answer: Option<String>,
    /// Who gave it.
    pub by: DecidedBy,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A person, by `--decide`.
    Person,
    /// The plan's own default.
    Default,
    /// The rehearsal, so that it could go on. A person must confirm it.
    Rehearsal,
    /// Nobody.
    Nobody,
}

impl Decided {
    /// The decisions of a plan. Effects of the options come from the scan, if there is one.
    pub fn of_plan(plan: &Plan, scan: Option<&ScanReport>) -> Vec<Decided> {
        let in_scan = |id: &str| scan.and_then(|scan| scan.decisions.iter().find(|d| d.id == id));
        let decided = |decision: &rejoint_plan::Decision| Decided {
            id: decision.id.clone(),
            question: decision.question.clone(),
            evidence: vec![decision.evidence.clone()],
            options: decision
                .options
                .iter()
                .map(|answer| {
                    let effect = in_scan(&decision.id)
                        .and_then(|d| d.options.iter().find(|choice| choice.answer == *answer))
                        .map_or(String::new(), |choice| choice.effect.clone());
                    (answer.clone(), effect)
                })
                .collect(),
            answer: decision.answer.clone(),
            by: if plan.options.answers.contains_key(&decision.id) {
                DecidedBy::Person
            } else if decision.answer.is_some() {
                DecidedBy::Default
            } else {
                DecidedBy::Nobody
            },
        };
        plan.decisions.iter().map(decided).collect()
    }

    /// Does a person still have to answer?
    pub fn is_open(&self) -> bool {
        self.answer.is_none() || matches!(self.by, DecidedBy::Rehearsal | DecidedBy::Nobody)
    }
}

/// Work that a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandWork {
    /// Who.
    pub who: Who,
    /// When.
    pub when: When,
    /// What, in one line.
    pub title: String,
    /// How, and how to see that it is done.
    pub details: Vec<String>,
    /// Commands that help.
    pub commands: Vec<String>,
}

impl HandWork {
    /// What a scan shows to be left for people: codecs for adapters, and jobs that are reserved by nobody who is still there.
    /// Missing privileges are not among it; the runbook takes them from the scan.
    pub fn of_scan(scan: &ScanReport) -> Vec<HandWork> {
        let mut uses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for adapter in &scan.adapters {
            let base = adapter.base.as_deref().unwrap_or("not known: a decision asks for it");
            let store = adapter.store.as_ref().map_or(String::new(), |store| format!(" in store {store}"));
            let used = format!("{}.{}{store} holds: {base}", adapter.table, adapter.column);
            uses.entry(&adapter.adapter).or_default().push(used);
        }
        let mut work: Vec<HandWork> = uses
            .into_iter()
            .map(|(adapter, details)| HandWork {
                who: Who::DataSteward,
                when: When::Before,
                title: format!("Write a codec named {adapter}, as the adapter is named"),
                details,
                commands: Vec::new(),
            })
            .collect();
        let abandoned: Vec<String> = scan
            .jobs
            .iter()
            .flat_map(|jobs| jobs.reserved.iter().map(move |job| (&jobs.schema, job)))
            .filter(|(_, job)| job.connection_alive == Some(false))
            .map(|(schema, job)| {
                let (table, user, host, pid) = (&job.table, &job.user, &job.host, job.pid);
                format!("{schema}.{table}: reserved by {user} on {host}, process {pid}, since {}", job.since)
            })
            .collect();
        if !abandoned.is_empty() {
            work.push(HandWork {
                who: Who::Users,
                when: When::Before,
                title: "Release jobs whose connection is gone".to_owned(),
                details: abandoned,
                commands: Vec::new(),
            });
        }
        work
    }
}

/// Who does something on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever answers for the data and runs rejoint.
    DataSteward,
    /// Everybody who runs notebooks, workers and other clients.
    Users,
    /// The administrator of the server.
    Dba,
}

impl Who {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Who::DataSteward => "Data steward",
            Who::Users => "Users",
            Who::Dba => "Database administrator",
        }
    }
}

/// When something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the day.
    Before,
    /// On the day, in front of the window.
    OnTheDay,
    /// Once the new clients run.
    After,
}

impl When {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            When::Before => "before the day",
            When::OnTheDay => "on the day",
            When::After => "afterwards",
        }
    }
}
