//! What people decide and do: decisions, work by hand, places in the code.

use super::write::Html;
use crate::markdown::escape::shell;
use crate::quantities::grouped;
use crate::rehearsal_file::{Decided, DecidedBy, Rehearsal};

pub(super) fn decisions(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"decisions\"><h2>Decisions</h2>\n");
    let (open, taken): (Vec<&Decided>, Vec<&Decided>) = rehearsal.decisions.iter().partition(|d| d.is_open());
    if rehearsal.decisions.is_empty() {
        html.raw("<p>Nothing has to be decided.</p>\n");
    }
    if !open.is_empty() {
        html.raw("<h3>Open</h3>\n");
        for decision in &open {
            one(html, decision);
        }
    }
    if !taken.is_empty() {
        html.raw("<h3>Taken</h3>\n");
        for decision in &taken {
            one(html, decision);
        }
    }
    html.raw("</section>\n");
}

fn one(html: &mut Html, decision: &Decided) {
    html.raw(if decision.is_open() {
        "<article class=\"card look\"><h4>"
    } else {
        "<article class=\"card quiet\"><h4>"
    });
    html.text(&decision.question)
        .raw("</h4>\n<p class=\"aside\"><code>")
        .name(&decision.id)
        .raw("</code></p>\n");
    for evidence in &decision.evidence {
        html.wrap("<p>", evidence, "</p>\n");
    }
    if let Some(answer) = &decision.answer {
        html.wrap("<p>Answer: <strong>", answer, "</strong> – ");
        html.raw(match decision.by {
            DecidedBy::Person => "given by a person.",
            DecidedBy::Default => "the default.",
            DecidedBy::Rehearsal => "assumed for the rehearsal only; a person must confirm it.",
            DecidedBy::Nobody => "given by nobody.",
        });
        html.raw("</p>\n");
    }
    if decision.is_open() {
        html.raw("<dl class=\"options\">");
        for (answer, effect) in &decision.options {
            let word = shell(&format!("{}={answer}", decision.id));
            html.wrap("<div><dt><code>--decide ", &word, "</code></dt>").wrap("<dd>", effect, "</dd></div>");
        }
        html.raw("</dl>\n");
    }
    html.raw("</article>\n");
}

pub(super) fn by_hand(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"by-hand\"><h2>What remains to be done by hand</h2>\n");
    if rehearsal.by_hand.is_empty() {
        html.raw("<p>Nothing was noted.</p>\n");
    } else {
        let mut work: Vec<_> = rehearsal.by_hand.iter().collect();
        work.sort_by_key(|work| (work.when, work.who));
        html.raw("<ol class=\"work\">");
        for work in work {
            html.raw("<li><h3>")
                .text(&work.title)
                .raw("</h3>\n<p class=\"aside\">")
                .raw(work.who.title())
                .raw(", ");
            html.raw(work.when.title()).raw("</p>\n");
            for detail in &work.details {
                html.wrap("<p>", detail, "</p>\n");
            }
            for command in &work.commands {
                html.wrap("<pre><code>", command, "</code></pre>\n");
            }
            html.raw("</li>\n");
        }
        html.raw("</ol>\n");
    }
    html.raw("</section>\n");
}

pub(super) fn code(html: &mut Html, rehearsal: &Rehearsal) {
    let Some(code) = &rehearsal.code else { return };
    html.raw("<section id=\"code\"><h2>Code</h2>\n<p>").text(&grouped(code.files_read)).raw(" files read, ");
    html.text(&grouped(code.files_changed)).raw(" changed by ").text(&grouped(code.rewrites()));
    html.raw(" rewrites; ").number(code.findings.len() as u64).raw(" places are left for a person.</p>\n");
    if !code.findings.is_empty() {
        html.raw("<div class=\"tools needs-script\"><label>Filter <input type=\"search\" data-filter=\"code\"></label> ");
        html.raw("<span role=\"status\" data-count=\"code\"></span></div>\n<div class=\"scroll tall\"><table data-list=\"code\">");
        html.raw("<thead><tr><th scope=\"col\" data-sort=\"text\">Where</th><th scope=\"col\" data-sort=\"text\">Rule</th>");
        html.raw("<th scope=\"col\">What</th><th scope=\"col\">Choices</th></tr></thead><tbody>\n");
        for finding in &code.findings {
            html.wrap("<tr><th scope=\"row\"><code>", &finding.place(), "</code></th>");
            html.wrap("<td><code>", &finding.code, "</code></td>").wrap(
                "<td>",
                &finding.message,
                "</td><td><ul>",
            );
            for choice in &finding.choices {
                html.wrap("<li>", choice, "</li>");
            }
            html.raw("</ul></td></tr>\n");
        }
        html.raw("</tbody></table></div>\n");
    }
    if !code.rules.is_empty() {
        html.raw("<details><summary>By rule</summary><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Rule</th>");
        html.raw("<th scope=\"col\">What it does</th><th scope=\"col\" class=\"n\">Rewritten</th>");
        html.raw("<th scope=\"col\" class=\"n\">Suggested</th><th scope=\"col\" class=\"n\">To decide</th></tr></thead><tbody>\n");
        for rule in &code.rules {
            html.wrap("<tr><th scope=\"row\"><code>", &rule.code, "</code></th>").wrap(
                "<td>",
                &rule.title,
                "</td>",
            );
            html.wrap("<td class=\"n\">", &grouped(rule.rewrites), "</td>");
            html.wrap("<td class=\"n\">", &grouped(rule.suggestions), "</td>");
            html.wrap("<td class=\"n\">", &grouped(rule.findings), "</td></tr>\n");
        }
        html.raw("</tbody></table></div></details>\n");
    }
    html.raw("</section>\n");
}
