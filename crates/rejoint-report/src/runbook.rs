//! The runbook: what to do on the day, by whom, in which order, with the commands and the way back from every point.

mod day;
mod preparation;

use crate::durations::{Expected, expected};
use crate::markdown::escape::{block, code, shell, text};
use crate::quantities::{count, duration};
use crate::rehearsal_file::{Place, Rehearsal, SourceKind, TrialKind, TrialOutcome, VerdictKind};
use rejoint_plan::Plan;
use std::fmt::Write as _;

/// A runbook in Markdown, made from the plan and the rehearsal. Without a plan it says what is missing.
pub fn runbook(rehearsal: &Rehearsal) -> String {
    let mut book = Book::new(rehearsal);
    book.title();
    let Some(plan) = &rehearsal.plan else {
        book.line("There is no plan: the rehearsal ended before it. Nothing can be done on the day yet.");
        return book.out;
    };
    book.people();
    preparation::glance(&mut book, plan);
    preparation::before(&mut book, plan);
    preparation::rules(&mut book);
    day::steps(&mut book, plan);
    day::going_back(&mut book);
    day::trouble(&mut book);
    book.out
}

/// The document in the making, with the names that all of its parts use.
struct Book<'a> {
    out: String,
    rehearsal: &'a Rehearsal,
    /// The plan file as the shell wants it.
    plan_file: String,
    /// Its certificate.
    certificate: String,
    steps: Vec<Expected<'a>>,
}

impl<'a> Book<'a> {
    fn new(rehearsal: &'a Rehearsal) -> Self {
        let plan_file = rehearsal
            .artefacts
            .iter()
            .find(|artefact| artefact.what == "plan")
            .map_or("upgrade.plan.json", |artefact| artefact.path.as_str());
        // the plan of a rehearsal on a dump belongs to the copy; the one for the server gets a name of its own
        let plan_file = match plan_file.strip_suffix(".plan.json") {
            _ if rehearsal.source.kind == SourceKind::Server => plan_file.to_owned(),
            Some(bare) => format!("{bare}.server.plan.json"),
            None => "server.plan.json".to_owned(),
        };
        let bare = plan_file.strip_suffix(".json").unwrap_or(&plan_file);
        Book {
            out: String::new(),
            rehearsal,
            plan_file: shell(&plan_file),
            certificate: shell(&format!("{bare}.certificate.json")),
            steps: rehearsal.plan.as_ref().map_or_else(Vec::new, |plan| expected(rehearsal, plan)),
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push_str("\n\n");
    }

    fn item(&mut self, item: &str) {
        let _ = writeln!(self.out, "- [ ] {item}");
    }

    fn commands(&mut self, commands: &[String]) {
        self.out.push_str(&block("sh", commands));
        self.out.push('\n');
    }

    /// For `--hash`, so that no other plan can slip in: the first digits, or a word to be replaced where the plan is still to be made.
    fn hash(&self, plan: &Plan) -> String {
        match self.rehearsal.source.kind {
            SourceKind::Server => plan.hash.chars().take(12).collect(),
            SourceKind::Dump => "HASH".to_owned(),
        }
    }

    fn title(&mut self) {
        let schemas = count(self.rehearsal.source.schemas.len(), "schema", "schemas");
        self.line(&format!("# Runbook: {schemas} from DataJoint 0.x to 2.x"));
        let kind = self.rehearsal.verdict.kind;
        if kind == VerdictKind::Failed {
            self.line("> **STOP. The rehearsal failed. Do not carry this out; rehearse again first.**");
        }
        self.line(&format!(
            "Made by rejoint {} from the rehearsal of {}, which {}:",
            text(&self.rehearsal.tool_version),
            text(&self.rehearsal.created),
            kind.title().to_lowercase()
        ));
        for sentence in self.rehearsal.verdict.sentences.iter().take(40) {
            let _ = writeln!(self.out, "- {}", text(sentence));
        }
        self.out.push('\n');
        if let Some(plan) = &self.rehearsal.plan {
            let server = format!("{} {}", text(&plan.server.product), text(&plan.server.version_text));
            match self.rehearsal.source.kind {
                SourceKind::Server => self.line(&format!(
                    "Plan: {}, hash {}, for {server}.",
                    code(&self.plan_file),
                    code(&plan.hash)
                )),
                SourceKind::Dump => self.line(&format!(
                    "The rehearsal was on a dump, and its plan (hash {}) belongs to the copy. Step 1 makes the plan on the server, {}; write its hash in place of HASH below. The steps are the same if the schemas are.",
                    code(&plan.hash),
                    code(&self.plan_file)
                )),
            }
        }
        let origin = match &self.rehearsal.place {
            Place::Embedded { .. } => {
                "Durations are the plan’s estimates, from rates that the project measured: the rehearsal ran without a server. Rehearse on a copy on the server (`rejoint rehearse PLAN --into PREFIX`) to know them."
            }
            Place::ScratchCopy { .. } => "Durations were measured on a copy on the server.",
        };
        self.line(origin);
    }

    fn people(&mut self) {
        self.line("## Who");
        self.line(
            "| role | name, telephone | does |\n| --- | --- | --- |\n\
             | Data steward | | decides, runs rejoint, says go and stop |\n\
             | Database administrator | | privileges, backup, watches the server, helps with locks |\n\
             | Users | | stop their clients, install 2.x, try their own work afterwards |",
        );
        self.line("Only the data steward runs commands of rejoint. Only the data steward ends the window.");
    }

    /// How long a way back took, if it was measured on a server.
    fn undo_duration(&self) -> String {
        let trial = self.rehearsal.trials.iter().find(|trial| trial.kind == TrialKind::Undo);
        match (trial, &self.rehearsal.place) {
            (Some(trial), Place::ScratchCopy { .. }) if trial.outcome == TrialOutcome::Passed => {
                format!("{} in the rehearsal", duration(trial.milliseconds))
            }
            (Some(trial), Place::Embedded { .. }) if trial.outcome == TrialOutcome::Passed => {
                "tried in the rehearsal; not timed on a server".to_owned()
            }
            _ => "**not shown to work by the rehearsal**".to_owned(),
        }
    }
}
