//! What a reader sees first: the verdict, its reasons, the figures, what was tried; and at the end which files there are.

use super::write::Html;
use super::{names, verdict_look};
use crate::durations::{expected, of_stage, of_window};
use crate::quantities::{bytes, duration, grouped};
use crate::rehearsal_file::{Place, Rehearsal, SourceKind, Trial, TrialKind, TrialOutcome};
use rejoint_plan::Stage;

pub(super) fn header(html: &mut Html, rehearsal: &Rehearsal) {
    let source = &rehearsal.source;
    html.raw("<header class=\"top\"><p class=\"kicker\">Rehearsal of an upgrade from DataJoint 0.x to 2.x</p>\n<h1>");
    html.name(&names(rehearsal)).raw("</h1>\n<dl class=\"facts\">");
    let mut fact = |term: &'static str, text: String| {
        html.raw("<div><dt>").raw(term).raw("</dt><dd>").name(&text).raw("</dd></div>");
    };
    if let Some(product) = &source.product {
        fact("Server", format!("{product} {}", source.product_version.clone().unwrap_or_default()));
    }
    if let Some(size) = source.bytes {
        fact(if source.kind == SourceKind::Dump { "Dump" } else { "Data" }, bytes(size));
    }
    if source.kind == SourceKind::Dump {
        let complete = match source.complete {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        fact("Complete", complete.to_owned());
    }
    fact("Schemas", source.schemas.len().to_string());
    let place = match &rehearsal.place {
        Place::Embedded { engine } => format!("without a server ({engine})"),
        Place::ScratchCopy { server, prefix } => format!("copy {prefix}… on {server}"),
    };
    fact("Rehearsed", place);
    fact("Made", rehearsal.created.clone());
    fact("rejoint", rehearsal.tool_version.clone());
    html.raw("</dl>\n</header>\n");
}

pub(super) fn verdict(html: &mut Html, rehearsal: &Rehearsal) {
    let (class, sign) = verdict_look(rehearsal.verdict.kind);
    html.raw("<section id=\"verdict\" class=\"verdict ")
        .raw(class)
        .raw("\" aria-labelledby=\"verdict-title\">\n");
    html.raw("<h2 id=\"verdict-title\"><span class=\"sign\" aria-hidden=\"true\">").raw(sign).raw("</span>");
    html.raw(rehearsal.verdict.kind.title()).raw("</h2>\n<ul>");
    for sentence in &rehearsal.verdict.sentences {
        html.wrap("<li>", sentence, "</li>");
    }
    for remark in &rehearsal.source.remarks {
        html.wrap("<li>", remark, "</li>");
    }
    html.raw("</ul>\n</section>\n");
    figures(html, rehearsal);
}

fn figures(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<ul class=\"figures\">");
    let mut figure = |number: String, words: &'static str| {
        html.raw("<li><strong>").text(&number).raw("</strong> <span>").raw(words).raw("</span></li>");
    };
    if let Some(certificate) = &rehearsal.certificate {
        let rows: u64 = certificate.tables.iter().filter_map(|table| table.rows_before).sum();
        let objects: u64 = certificate.objects.iter().filter_map(|group| group.before).map(|(n, _)| n).sum();
        figure(grouped(certificate.tables.len() as u64), "tables compared");
        figure(grouped(rows), "rows compared");
        figure(grouped(objects), "objects compared");
    } else if let Some(scan) = &rehearsal.scan {
        figure(grouped(scan.tables.len() as u64), "tables");
        figure(grouped(scan.tables.iter().map(|table| table.rows).sum()), "rows");
    }
    if let Some(plan) = &rehearsal.plan {
        let steps = expected(rehearsal, plan);
        figure(grouped(plan.steps.len() as u64), "steps");
        figure(duration(of_stage(&steps, Stage::Expand)), "expected before the window, online");
        figure(duration(of_window(&steps)), "expected window, nobody may write");
    }
    html.raw("</ul>\n");
}

pub(super) fn trials(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"trials\"><h2>What was tried</h2>\n<div class=\"cards\">");
    for kind in [TrialKind::ExpandContract, TrialKind::Undo, TrialKind::Redo] {
        let trial = rehearsal.trials.iter().find(|trial| trial.kind == kind);
        card(html, kind, trial);
    }
    html.raw("</div>\n");
    remaining(html, rehearsal);
    html.raw("</section>\n");
}

fn card(html: &mut Html, kind: TrialKind, trial: Option<&Trial>) {
    let outcome = trial.map_or(TrialOutcome::NotRun, |trial| trial.outcome);
    let (class, sign, word) = match outcome {
        TrialOutcome::Passed => ("good", "✓", "passed"),
        TrialOutcome::Failed => ("bad", "✕", "failed"),
        TrialOutcome::NotRun => ("quiet", "–", "not run"),
    };
    html.raw("<article class=\"card ")
        .raw(class)
        .raw("\"><h3>")
        .raw(kind.title())
        .raw("</h3>\n<p class=\"state\">");
    html.raw("<span class=\"sign\" aria-hidden=\"true\">").raw(sign).raw("</span> ").raw(word);
    if let Some(trial) = trial.filter(|trial| trial.milliseconds > 0) {
        html.raw(" in ").text(&duration(trial.milliseconds));
    }
    html.raw("</p>\n<ul class=\"checks\">");
    for check in trial.map_or(&[][..], |trial| &trial.checks) {
        let sign = if check.passed { "✓" } else { "✕" };
        html.raw(if check.passed { "<li>" } else { "<li class=\"bad\">" });
        html.raw("<span class=\"sign\" role=\"img\" aria-label=\"").raw(if check.passed {
            "holds"
        } else {
            "does not hold"
        });
        html.raw("\">").raw(sign).raw("</span> <span>").text(&check.what);
        if !check.detail.is_empty() {
            html.raw(" <small>").text(&check.detail).raw("</small>");
        }
        html.raw("</span></li>");
    }
    html.raw("</ul>");
    for detail in trial.map_or(&[][..], |trial| &trial.details) {
        html.wrap("<p class=\"aside\">", detail, "</p>");
    }
    html.raw("</article>\n");
}

/// Must be empty; what is in it is shown where nobody can miss it.
fn remaining(html: &mut Html, rehearsal: &Rehearsal) {
    if rehearsal.remaining.is_empty() {
        if rehearsal.certificate.is_some() {
            html.raw("<p>After the migration nothing differs between what the plan wanted and what is there.</p>\n");
        }
        return;
    }
    html.raw(
        "<h3 class=\"bad\">What is not as the plan wanted it</h3>\n<div class=\"scroll\"><table><thead><tr>",
    );
    html.raw("<th scope=\"col\">Where</th><th scope=\"col\">What</th><th scope=\"col\">Is</th><th scope=\"col\">Should be</th>");
    html.raw("</tr></thead><tbody>\n");
    for difference in &rehearsal.remaining {
        html.raw("<tr><th scope=\"row\">").name(&difference.place).raw("</th>");
        html.wrap("<td>", &difference.what, "</td>");
        html.wrap("<td><code>", &difference.observed, "</code></td>");
        html.wrap("<td><code>", &difference.desired, "</code></td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}

pub(super) fn files(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"files\"><h2>Files</h2>\n");
    if rehearsal.artefacts.is_empty() {
        html.raw("<p>The rehearsal left no other files.</p>\n");
    } else {
        html.raw("<dl class=\"files\">");
        for artefact in &rehearsal.artefacts {
            html.wrap("<div><dt>", &artefact.what, "</dt>").wrap(
                "<dd><code>",
                &artefact.path,
                "</code></dd></div>",
            );
        }
        html.raw("</dl>\n");
    }
    if let Some(plan) = &rehearsal.plan {
        html.wrap("<p>Hash of the plan: <code class=\"hash\">", &plan.hash, "</code></p>\n");
    }
    if let Some(command) = &rehearsal.command {
        html.wrap("<p>Made by <code>", command, "</code></p>\n");
    }
    html.raw("</section>\n");
}
