//! What follows from a rehearsal. Whether data is equal is read from the certificate, never decided here.

use super::{Rehearsal, TrialKind, TrialOutcome};
use crate::quantities::count;
use rejoint_verify::{Outcome, Verdict as Proof};
use serde::{Deserialize, Serialize};

/// What follows from everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word.
    pub kind: VerdictKind,
    /// In sentences, the most important first.
    pub sentences: Vec<String>,
}

/// The verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Nothing stands in the way.
    Passed,
    /// It works, and there is something to look at first.
    PassedWithFindings,
    /// It must not be done for real yet.
    Failed,
}

impl VerdictKind {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            VerdictKind::Passed => "Passed",
            VerdictKind::PassedWithFindings => "Passed with findings",
            VerdictKind::Failed => "Failed",
        }
    }
}

impl Verdict {
    /// Derives the verdict. What was not reached or not run fails, or is a finding; it never passes silently.
    pub fn of(rehearsal: &Rehearsal) -> Verdict {
        let (mut failures, mut findings, mut good) = (Vec::new(), Vec::new(), Vec::new());
        trials(rehearsal, &mut failures, &mut findings, &mut good);
        proof(rehearsal, &mut failures, &mut good);
        source(rehearsal, &mut failures, &mut findings);
        rest(rehearsal, &mut failures, &mut findings);
        let kind = if !failures.is_empty() {
            VerdictKind::Failed
        } else if !findings.is_empty() {
            VerdictKind::PassedWithFindings
        } else {
            VerdictKind::Passed
        };
        // work by hand is a part of every migration: it is said, and changes nothing
        let by_hand = match rehearsal.by_hand.len() {
            0 => Vec::new(),
            n => vec![format!("{} to be done by hand.", count(n, "thing remains", "things remain"))],
        };
        Verdict { kind, sentences: [failures, good, findings, by_hand].concat() }
    }
}

fn trials(
    rehearsal: &Rehearsal,
    failures: &mut Vec<String>,
    findings: &mut Vec<String>,
    good: &mut Vec<String>,
) {
    for kind in [TrialKind::ExpandContract, TrialKind::Undo, TrialKind::Redo] {
        let trial = rehearsal.trials.iter().find(|trial| trial.kind == kind);
        let outcome = trial.map_or(TrialOutcome::NotRun, |trial| trial.outcome);
        match (kind, outcome) {
            (TrialKind::ExpandContract, TrialOutcome::Passed) => {
                good.push("The migration ran to its end.".to_owned());
            }
            (TrialKind::ExpandContract, TrialOutcome::Failed) => {
                failures.push("The migration did not run to its end.".to_owned());
            }
            (TrialKind::ExpandContract, TrialOutcome::NotRun) => {
                failures.push("The migration was not tried: the rehearsal ended before it.".to_owned());
            }
            (TrialKind::Undo, TrialOutcome::Passed) => {
                good.push("Undo gave back what was there before.".to_owned());
            }
            (TrialKind::Undo, TrialOutcome::Failed) => {
                failures.push("Undo did not give back what was there before.".to_owned());
            }
            (TrialKind::Undo, TrialOutcome::NotRun) => findings.push("Undo was not tried.".to_owned()),
            (TrialKind::Redo, TrialOutcome::Passed) => {
                good.push("A second migration after undo gave the same certificate.".to_owned());
            }
            (TrialKind::Redo, TrialOutcome::Failed) => {
                failures.push("A second migration after undo did not give the same certificate.".to_owned());
            }
            (TrialKind::Redo, TrialOutcome::NotRun) => {
                findings.push("A second migration after undo was not tried.".to_owned());
            }
        }
    }
}

fn proof(rehearsal: &Rehearsal, failures: &mut Vec<String>, good: &mut Vec<String>) {
    let Some(certificate) = &rehearsal.certificate else {
        failures.push("There is no certificate: nothing is proven.".to_owned());
        return;
    };
    let tables = count(certificate.tables.len(), "table", "tables");
    match certificate.verdict {
        Proof::Equal => {
            let allowed = certificate.tables.iter().filter(|t| t.outcome == Outcome::Allowed).count();
            let but = if allowed == 0 {
                String::new()
            } else {
                format!(" but for {} where a decision allows it", count(allowed, "table", "tables"))
            };
            good.push(format!("The certificate says equal for {tables}{but}."));
        }
        // objects that were not at hand are a finding of their own
        Proof::Incomplete if rehearsal.stores.iter().any(|s| !s.at_hand) && tables_agree(certificate) => {
            good.push(format!("The certificate says equal for {tables}, and nothing about objects."));
        }
        Proof::Incomplete => {
            failures.push("The certificate is incomplete: something could not be compared.".to_owned());
        }
        Proof::Differs => {
            let n = certificate.tables.iter().filter(|t| t.outcome == Outcome::Differs).count();
            failures.push(match n {
                0 => "The certificate says that objects differ.".to_owned(),
                n => format!("The certificate says that {n} of {tables} differ."),
            });
        }
    }
    if !rehearsal.remaining.is_empty() {
        failures.push(format!(
            "The migrated copy is not what the plan wanted in {}.",
            count(rehearsal.remaining.len(), "place", "places")
        ));
    }
}

fn tables_agree(certificate: &super::RehearsedCertificate) -> bool {
    certificate.tables.iter().all(|t| matches!(t.outcome, Outcome::Equal | Outcome::Allowed))
        && certificate.new_problems.is_empty()
        && certificate.objects.iter().all(|o| o.before.map(|b| b.0) == o.after.map(|a| a.0))
}

fn source(rehearsal: &Rehearsal, failures: &mut Vec<String>, findings: &mut Vec<String>) {
    match rehearsal.source.complete {
        Some(false) => failures.push("The dump is not complete.".to_owned()),
        None => findings.push("The dump does not tell whether it is complete.".to_owned()),
        Some(true) => {}
    }
    if let Some(sample) = &rehearsal.sample {
        findings.push(format!(
            "Only a sample was rehearsed: {} of {} rows. Nothing is proven about the rest.",
            sample.rows, sample.rows_total
        ));
    }
    if !rehearsal.losses.is_empty() {
        findings.push(format!(
            "The dump does not hold everything ({} affected); the server does.",
            count(rehearsal.losses.len(), "column is", "columns are")
        ));
    }
}

fn rest(rehearsal: &Rehearsal, failures: &mut Vec<String>, findings: &mut Vec<String>) {
    let open = rehearsal.open_decisions().count();
    if open > 0 {
        findings
            .push(format!("{} still to be taken by a person.", count(open, "decision is", "decisions are")));
    }
    match &rehearsal.scan {
        Some(scan) => {
            if !scan.not_understood.is_empty() {
                failures.push(format!(
                    "{} not understood.",
                    count(scan.not_understood.len(), "table is", "tables are")
                ));
            }
            let damaged: u64 = scan.damage.iter().map(|damage| damage.count).sum();
            if damaged > 0 {
                findings.push(format!("The scan found {damaged} damaged values; they were damaged before."));
            }
            let missing: u64 = scan.missing_references.iter().map(|missing| missing.rows).sum();
            if missing > 0 {
                findings.push(format!("{missing} rows refer to objects that are missing already now."));
            }
            let dangling: u64 = scan.dangling_pointers.iter().map(|dangling| dangling.rows).sum();
            if dangling > 0 {
                findings.push(format!("{dangling} rows refer to objects that no tracking table knows."));
            }
        }
        None => failures.push("There is no scan: nobody looked at what is there.".to_owned()),
    }
    let away: Vec<&str> =
        rehearsal.stores.iter().filter(|store| !store.at_hand).map(|store| store.name.as_str()).collect();
    if !away.is_empty() {
        findings.push(format!("The objects of {} were not at hand and not read.", away.join(", ")));
    }
    if let Some(code) = rehearsal.code.as_ref().filter(|code| !code.findings.is_empty()) {
        findings.push(format!(
            "{} in the code for a person to decide.",
            count(code.findings.len(), "place is left", "places are left")
        ));
    }
}
