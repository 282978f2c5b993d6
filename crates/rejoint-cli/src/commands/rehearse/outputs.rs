//! What a rehearsal writes.

use super::cannot;
use crate::failure::{Failure, Kind};
use crate::output;
use rejoint_codemod::{Outcome, rule};
use rejoint_model::{ExternalKind, TableName};
use rejoint_plan::Plan;
use rejoint_report::Rehearsal;
use rejoint_report::rehearsal_file::{
    Artefact, CodeFinding, CodeSummary, RuleCount, StoreSummary, TrialOutcome,
};
use rejoint_verify::{Certificate, ObjectEvidence, ObjectGroup};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Writes report and runbook; names them in the rehearsal first, so that they name each other.
pub(super) fn write(out: &Path, rehearsal: &mut Rehearsal) -> Result<(), Failure> {
    for (what, name) in [
        ("report", "report.html"),
        ("report for a pull request", "report.md"),
        ("runbook", "runbook.md"),
        ("all of it as JSON", "rehearsal.json"),
    ] {
        rehearsal
            .artefacts
            .push(Artefact { what: what.to_owned(), path: out.join(name).display().to_string() });
    }
    let json = rehearsal.to_json().map_err(|e| Failure::new(Kind::Bug, e.to_string()))?;
    let texts = [
        ("report.html", rejoint_report::html::page(rehearsal)),
        ("report.md", rejoint_report::markdown::pull_request(rehearsal)),
        ("runbook.md", rejoint_report::runbook::runbook(rehearsal)),
        ("rehearsal.json", json),
    ];
    for (name, text) in texts {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|e| cannot("write", &path, &e))?;
    }
    Ok(())
}

/// The migrated pipeline as a dump; compressed if the name ends in `.gz`.
pub(super) fn export(database: &Path, target: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| cannot("write", target, &e);
    let file = BufWriter::new(File::create(target).map_err(failed)?);
    // the journal belongs to the rehearsal, not to the server that loads the dump
    let keep = |table: &TableName| table.table != rejoint_plan::JOURNAL_TABLE;
    let writer = concat!("rejoint ", env!("CARGO_PKG_VERSION"));
    if target.extension().is_some_and(|e| e == "gz") {
        let mut out = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        rejoint_sqlite::export(database, &mut out, writer, &keep)?;
        out.finish().map_err(failed)?.flush().map_err(failed)?;
    } else {
        let mut out = file;
        rejoint_sqlite::export(database, &mut out, writer, &keep)?;
        out.flush().map_err(failed)?;
    }
    Ok(())
}

/// The stores that took part, from the certificate's groups of objects.
pub(super) fn store_summaries(plan: &Plan, certificate: &Certificate, at_hand: bool) -> Vec<StoreSummary> {
    let groups = |side: &Option<ObjectEvidence>| side.as_ref().map_or_else(Vec::new, |e| e.groups.clone());
    let (before, after) = (groups(&certificate.objects_before), groups(&certificate.objects_after));
    let mut used: BTreeSet<&str> = before.iter().chain(&after).map(|g| g.store.as_str()).collect();
    if !at_hand {
        used.extend(plan.stores.keys().map(String::as_str));
    }
    let total = |side: &[ObjectGroup], store: &str, attached: bool| {
        side.iter()
            .filter(|g| g.store == store && (!attached || g.kind == ExternalKind::Attach))
            .fold((0, 0), |(objects, bytes), g| (objects + g.objects, bytes + g.bytes))
    };
    used.into_iter()
        .map(|name| {
            let ((objects, bytes), (new_objects, new_bytes)) =
                (total(&before, name, false), total(&after, name, true));
            StoreSummary {
                name: name.to_owned(),
                location: plan.stores.get(name).map(|s| s.location.clone()).unwrap_or_default(),
                at_hand,
                objects,
                bytes,
                new_objects,
                new_bytes,
                problems: certificate.new_problems.iter().filter(|p| p.store == name).count() as u64,
            }
        })
        .collect()
}

/// What became of the code, in the report's own words.
pub(super) fn code_summary(roots: &[PathBuf], outcome: &Outcome) -> CodeSummary {
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    CodeSummary {
        roots: roots.iter().map(|p| p.display().to_string()).collect(),
        files_read: number(outcome.files_read),
        files_changed: number(outcome.files.len()),
        rules: outcome
            .counts
            .iter()
            .map(|(code, counts)| RuleCount {
                code: (*code).to_owned(),
                title: rule(code).map(|r| r.summary.to_owned()).unwrap_or_default(),
                rewrites: number(counts.rewrites),
                suggestions: number(counts.suggestions),
                findings: number(counts.findings),
            })
            .collect(),
        findings: outcome
            .findings
            .iter()
            .map(|f| CodeFinding {
                code: f.code.to_string(),
                path: f.path.clone(),
                cell: f.position.cell.map(number),
                line: number(f.position.line),
                column: number(f.position.column),
                message: f.message.clone(),
                choices: f.choices.clone(),
            })
            .collect(),
    }
}

/// The short of it, on the terminal.
pub(super) fn print(rehearsal: &Rehearsal, out: &Path) {
    output::line(rehearsal.verdict.kind.title());
    for sentence in &rehearsal.verdict.sentences {
        output::line(format!("  {sentence}"));
    }
    output::heading("Trials");
    for trial in &rehearsal.trials {
        let outcome = match trial.outcome {
            TrialOutcome::Passed => "passed",
            TrialOutcome::Failed => "FAILED",
            TrialOutcome::NotRun => "not run",
        };
        #[allow(clippy::cast_precision_loss, reason = "a duration for people")]
        let took = output::duration(trial.milliseconds as f64 / 1000.0);
        output::line(format!("  {}: {outcome}, {took}", trial.kind.title()));
        for check in trial.checks.iter().filter(|c| !c.passed) {
            output::line(format!("    {}: {}", check.what, check.detail));
        }
    }
    output::heading("Read on");
    output::line(format!("  {}", out.join("report.html").display()));
    output::line(format!("  {} (what to do on the day)", out.join("runbook.md").display()));
}
