//! Steps with their durations.

use super::write::Html;
use crate::durations::{Expected, expected, of_stage, of_window};
use crate::quantities::{duration, grouped};
use crate::rehearsal_file::{Place, Rehearsal};
use rejoint_plan::{LockClass, Stage};

/// Longest statement shown; the plan file has the whole.
const STATEMENT: usize = 3_000;

pub(super) fn section(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"steps\"><h2>Steps and durations</h2>\n");
    let Some(plan) = &rehearsal.plan else {
        html.raw("<p>The rehearsal ended before there was a plan.</p>\n</section>\n");
        return;
    };
    let steps = expected(rehearsal, plan);
    let (before, window) = (of_stage(&steps, Stage::Expand), of_window(&steps));
    html.raw("<p>Expected on the server: <strong>")
        .text(&duration(before))
        .raw("</strong> online, while everybody works on, ");
    html.raw("and <strong>").text(&duration(window)).raw("</strong> of window, in which nobody may write. ");
    html.raw(match rehearsal.place {
        Place::Embedded { .. } => {
            "The rehearsal ran without a server, so these are the plan’s estimates; what the rehearsal itself took is shown beside them. A rehearsal on a copy on the server gives measured ones."
        }
        Place::ScratchCopy { .. } => "They were measured on the copy on the server.",
    });
    html.raw("</p>\n<div class=\"tools needs-script\"><label>Filter <input type=\"search\" data-filter=\"steps\"></label> ");
    html.raw("<span role=\"status\" data-count=\"steps\"></span></div>\n<p class=\"key\"><span class=\"expand\"></span>E: expand, online <span class=\"contract\"></span>C: contract, the window <span class=\"finish\"></span>F: finish, weeks later</p>\n<div class=\"scroll tall\"><table data-list=\"steps\"><thead><tr>");
    html.raw("<th scope=\"col\" data-sort=\"text\">Step</th><th scope=\"col\" data-sort=\"text\">What</th>");
    html.raw("<th scope=\"col\" data-sort=\"text\">Lock</th><th scope=\"col\" data-sort=\"number\" class=\"n\">Rows</th>");
    html.raw("<th scope=\"col\" data-sort=\"number\" class=\"n\">Rehearsed</th>");
    html.raw("<th scope=\"col\" data-sort=\"number\" class=\"n\">Expected</th><th scope=\"col\"><span class=\"unseen\">Share</span></th>");
    html.raw("</tr></thead><tbody>\n");
    // what takes no time at all shows no bar, even if everything else takes none either
    let longest = steps.iter().map(|step| step.milliseconds).max().unwrap_or(0).max(1_000);
    for step in &steps {
        row(html, step, longest);
    }
    html.raw("</tbody></table></div>\n</section>\n");
}

fn row(html: &mut Html, expected: &Expected<'_>, longest: u64) {
    let step = expected.step;
    html.wrap(
        "<tr><th scope=\"row\" class=\"id\"><code>",
        &step.id,
        "</code></th><td><details class=\"what\"><summary>",
    );
    html.name(&step.title).raw("</summary>");
    html.wrap("<p>", &step.reason, "</p>").wrap("<p>Undo: ", &step.undo, "</p>");
    for statement in step.statements() {
        let mut shown: String = statement.chars().take(STATEMENT).collect();
        if shown.len() < statement.len() {
            shown.push_str(" … (whole in the plan file)");
        }
        html.wrap("<pre><code>", &shown, "</code></pre>");
    }
    html.raw("</details></td><td>").raw(lock(step.lock)).raw("</td>");
    let rows = expected.rehearsed.map_or(step.estimate.rows, |timing| timing.rows);
    html.raw("<td class=\"n\" data-v=\"").number(rows).raw("\">").text(&grouped(rows)).raw("</td>");
    match expected.rehearsed {
        Some(timing) => {
            html.raw("<td class=\"n\" data-v=\"").number(timing.milliseconds).raw("\">");
            html.text(&duration(timing.milliseconds)).raw("</td>");
        }
        None => {
            html.raw("<td class=\"n\" data-v=\"-1\"><span class=\"quiet\">not run</span></td>");
        }
    }
    html.raw("<td class=\"n\" data-v=\"")
        .number(expected.milliseconds)
        .raw("\">")
        .text(&duration(expected.milliseconds));
    html.raw(" <small>").raw(expected.origin.word()).raw("</small></td><td class=\"bar\"><span class=\"");
    html.raw(step.stage.word()).raw("\" style=\"width:").number(expected.milliseconds * 100 / longest);
    html.raw("%\"></span></td></tr>\n");
}

fn lock(lock: LockClass) -> &'static str {
    match lock {
        LockClass::None => "none",
        LockClass::Instant => "instant",
        LockClass::Online => "online",
        LockClass::Blocking => "<strong>blocks writers</strong>",
        LockClass::Rows => "rows",
        LockClass::Files => "files",
    }
}
