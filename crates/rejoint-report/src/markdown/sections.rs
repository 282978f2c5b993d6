//! The parts of the document, in the order of the page.

use super::Document;
use super::escape::{block, code, text};
use crate::durations::{expected, of_stage, of_window};
use crate::quantities::{count, duration, grouped};
use crate::rehearsal_file::{Decided, Rehearsal, TrialKind, TrialOutcome};
use crate::scan_findings::scan_findings;
use rejoint_plan::Stage;
use rejoint_verify::{Outcome, Verdict};
use std::fmt::Write as _;

pub(super) fn trials(document: &mut Document, rehearsal: &Rehearsal) {
    document.line("### What was tried");
    let mut rows = Vec::new();
    for kind in [TrialKind::ExpandContract, TrialKind::Undo, TrialKind::Redo] {
        let trial = rehearsal.trials.iter().find(|trial| trial.kind == kind);
        let outcome = match trial.map_or(TrialOutcome::NotRun, |trial| trial.outcome) {
            TrialOutcome::Passed => "✅ passed",
            TrialOutcome::Failed => "❌ failed",
            TrialOutcome::NotRun => "not run",
        };
        let mut cells: Vec<String> = Vec::new();
        if let Some(trial) = trial {
            cells.extend(trial.checks.iter().map(|check| {
                let sign = if check.passed { "✅" } else { "❌" };
                let detail = if check.detail.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", text(&check.detail))
                };
                format!("{sign} {}{detail}", text(&check.what))
            }));
            cells.extend(trial.details.iter().map(|detail| text(detail)));
        }
        let took = trial.map_or(0, |trial| trial.milliseconds);
        let took = if took == 0 { "–".to_owned() } else { duration(took) };
        rows.push(vec![kind.title().to_owned(), outcome.to_owned(), took, cells.join("<br>")]);
    }
    document.table("trials", &["trial", "outcome", "took", "checks"], &rows);
    if !rehearsal.remaining.is_empty() {
        document.line("**Not as the plan wanted it:**");
        let rows: Vec<Vec<String>> = rehearsal
            .remaining
            .iter()
            .map(|d| vec![code(&d.place), text(&d.what), code(&d.observed), code(&d.desired)])
            .collect();
        document.table("differences from the plan", &["where", "what", "is", "should be"], &rows);
    }
}

pub(super) fn decisions(document: &mut Document, rehearsal: &Rehearsal) {
    let (open, taken): (Vec<&Decided>, Vec<&Decided>) = rehearsal.decisions.iter().partition(|d| d.is_open());
    if rehearsal.decisions.is_empty() {
        return;
    }
    document.line("### Decisions");
    for decision in open.iter().take(document.rows) {
        let _ = writeln!(document.out, "- [ ] {} {}", text(&decision.question), code(&decision.id));
        for evidence in decision.evidence.iter().take(3) {
            let _ = writeln!(document.out, "  - {}", text(evidence));
        }
        let answers: Vec<String> = decision.options.iter().map(|(answer, _)| code(answer)).collect();
        let _ = writeln!(document.out, "  - answers: {}", answers.join(", "));
        if let Some(answer) = &decision.answer {
            let _ = writeln!(document.out, "  - the rehearsal assumed {}", code(answer));
        }
    }
    document.out.push('\n');
    document.note_rest("open decisions", open.len());
    if !taken.is_empty() {
        let rows: Vec<Vec<String>> = taken
            .iter()
            .map(|d| vec![text(&d.question), code(&d.id), code(d.answer.as_deref().unwrap_or_default())])
            .collect();
        document.folded(&format!("{} taken", count(taken.len(), "decision", "decisions")), |document| {
            document.table("decisions taken", &["question", "id", "answer"], &rows);
        });
    }
}

pub(super) fn found(document: &mut Document, rehearsal: &Rehearsal) {
    let Some(scan) = &rehearsal.scan else { return };
    document.line("### What was found");
    let rows: u64 = scan.tables.iter().map(|table| table.rows).sum();
    document.line(&format!(
        "{}, {}, {} rows.",
        count(scan.schemas.len(), "schema", "schemas"),
        count(scan.tables.len(), "table", "tables"),
        grouped(rows)
    ));
    let findings = scan_findings(scan);
    if findings.is_empty() {
        document.line("Nothing is damaged, missing or not understood.");
        return;
    }
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|f| vec![f.level.word().to_owned(), f.title.to_owned(), code(&f.place), text(&f.detail)])
        .collect();
    document.folded(&count(rows.len(), "finding", "findings"), |document| {
        document.table("findings", &["weight", "what", "where", "more"], &rows);
    });
}

pub(super) fn steps(document: &mut Document, rehearsal: &Rehearsal) {
    let Some(plan) = &rehearsal.plan else { return };
    document.line("### Steps");
    let steps = expected(rehearsal, plan);
    let mut rows = Vec::new();
    for (stage, words) in [
        (Stage::Expand, "online, everybody works on"),
        (Stage::Contract, "the window and the proof after it"),
        (Stage::Finish, "weeks later"),
    ] {
        let n = steps.iter().filter(|step| step.step.stage == stage).count();
        let took: u64 = rehearsal
            .timings
            .iter()
            .filter(|timing| timing.stage == stage)
            .map(|timing| timing.milliseconds)
            .sum();
        rows.push(vec![
            stage.word().to_owned(),
            words.to_owned(),
            n.to_string(),
            duration(took),
            duration(of_stage(&steps, stage)),
        ]);
    }
    document.table("stages", &["stage", "", "steps", "rehearsed", "expected"], &rows);
    document
        .line(&format!("Expected window, in which nobody may write: **{}**.", duration(of_window(&steps))));
    let rows: Vec<Vec<String>> = steps
        .iter()
        .map(|e| {
            vec![
                code(&e.step.id),
                text(&e.step.title),
                e.rehearsed.map_or("–".to_owned(), |timing| duration(timing.milliseconds)),
                format!("{} ({})", duration(e.milliseconds), e.origin.word()),
            ]
        })
        .collect();
    document.folded(&count(rows.len(), "step", "steps"), |document| {
        document.table("steps", &["step", "what", "rehearsed", "expected"], &rows);
    });
}

pub(super) fn certificate(document: &mut Document, rehearsal: &Rehearsal) {
    document.line("### Certificate");
    let Some(certificate) = &rehearsal.certificate else {
        document.line("There is none: nothing is proven.");
        return;
    };
    document.line(match certificate.verdict {
        Verdict::Equal => "✅ Equal, but for differences that a decision allows.",
        Verdict::Incomplete => "⚠️ Incomplete: something could not be compared.",
        Verdict::Differs => "❌ Differs.",
    });
    let row = |table: &crate::rehearsal_file::CertifiedTable| {
        let rows = |n: Option<u64>| n.map_or("–".to_owned(), grouped);
        let short = |digest: &Option<String>| match digest {
            Some(digest) => code(&digest.chars().take(12).collect::<String>()),
            None => "–".to_owned(),
        };
        let word = match table.outcome {
            Outcome::Equal => "✅ equal",
            Outcome::Allowed => "⚠️ allowed",
            Outcome::Incomplete => "⚠️ incomplete",
            Outcome::Differs => "❌ differs",
        };
        let columns: Vec<String> = table.columns.iter().take(8).map(|column| code(column)).collect();
        vec![
            code(&format!("{}.{}", table.schema, table.table)),
            rows(table.rows_before),
            rows(table.rows_after),
            short(&table.digest_before),
            short(&table.digest_after),
            if columns.is_empty() { word.to_owned() } else { format!("{word}: {}", columns.join(", ")) },
        ]
    };
    let head = ["table", "rows before", "rows after", "digest before", "digest after", "verdict"];
    let (equal, other): (Vec<_>, Vec<_>) =
        certificate.tables.iter().partition(|t| t.outcome == Outcome::Equal);
    if !other.is_empty() {
        document.table("tables that differ", &head, &other.into_iter().map(row).collect::<Vec<_>>());
    }
    if !certificate.new_problems.is_empty() {
        let rows: Vec<Vec<String>> = certificate
            .new_problems
            .iter()
            .map(|p| vec![code(&p.store), code(&p.path), text(&p.detail)])
            .collect();
        document.table("objects with new problems", &["store", "object", "problem"], &rows);
    }
    let rows: Vec<Vec<String>> = equal.into_iter().map(row).collect();
    document.folded(&count(rows.len(), "table is equal", "tables are equal"), |document| {
        document.table("equal tables", &head, &rows);
    });
}

pub(super) fn by_hand(document: &mut Document, rehearsal: &Rehearsal) {
    if rehearsal.by_hand.is_empty() {
        return;
    }
    document.line("### Remains by hand");
    let mut work: Vec<_> = rehearsal.by_hand.iter().collect();
    work.sort_by_key(|work| (work.when, work.who));
    for work in work.iter().take(document.rows) {
        let (title, who, when) = (text(&work.title), work.who.title(), work.when.title());
        let _ = writeln!(document.out, "- [ ] {title} ({who}, {when})");
        for detail in work.details.iter().take(5) {
            let _ = writeln!(document.out, "  - {}", text(detail));
        }
        for command in work.commands.iter().take(5) {
            let _ = writeln!(document.out, "  - {}", code(command));
        }
    }
    document.out.push('\n');
    document.note_rest("things by hand", work.len());
}

pub(super) fn code_findings(document: &mut Document, rehearsal: &Rehearsal) {
    let Some(summary) = &rehearsal.code else { return };
    document.line("### Code");
    document.line(&format!(
        "{} files read, {} changed by {} rewrites; {} for a person.",
        summary.files_read,
        summary.files_changed,
        summary.rewrites(),
        count(summary.findings.len(), "place is left", "places are left")
    ));
    if !summary.findings.is_empty() {
        let rows: Vec<Vec<String>> = summary
            .findings
            .iter()
            .map(|f| {
                let choices: Vec<String> = f.choices.iter().take(6).map(|choice| text(choice)).collect();
                vec![code(&f.place()), code(&f.code), text(&f.message), choices.join("<br>")]
            })
            .collect();
        document.folded(&count(rows.len(), "place", "places"), |document| {
            document.table("places in the code", &["where", "rule", "what", "choices"], &rows);
        });
    }
}

pub(super) fn losses(document: &mut Document, rehearsal: &Rehearsal) {
    if rehearsal.losses.is_empty() {
        return;
    }
    document.line("### Limits of the dump");
    document.line("Here the rehearsal proves less than the real run will; the migration on the server loses none of this.");
    let rows: Vec<Vec<String>> = rehearsal
        .losses
        .iter()
        .map(|loss| {
            let column = loss.column.as_ref().map_or(String::new(), |column| format!(".{column}"));
            vec![code(&format!("{}.{}{column}", loss.schema, loss.table)), text(&loss.what)]
        })
        .collect();
    document.folded(&count(rows.len(), "column", "columns"), |document| {
        document.table("limits of the dump", &["column", "what the dump does not hold"], &rows);
    });
}

pub(super) fn files(document: &mut Document, rehearsal: &Rehearsal) {
    if let Some(command) = &rehearsal.command {
        document.out.push_str(&block("sh", std::slice::from_ref(command)));
        document.out.push('\n');
    }
    for artefact in rehearsal.artefacts.iter().take(20) {
        let _ = writeln!(document.out, "- {}: {}", text(&artefact.what), code(&artefact.path));
    }
    if let Some(plan) = &rehearsal.plan {
        let _ = writeln!(document.out, "- hash of the plan: {}", code(&plan.hash));
    }
    document.out.push('\n');
}
