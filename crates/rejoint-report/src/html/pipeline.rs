//! The pipeline before and after, to zoom and to search.

use super::picture::Picture;
use super::write::Html;
use crate::rehearsal_file::Rehearsal;
use rejoint_plan::{Action, Stage};
use std::collections::BTreeSet;

pub(super) fn section(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"pipeline\" class=\"wide\"><h2>Pipeline</h2>\n");
    let sides =
        [("before", "Before", &rehearsal.diagrams.before), ("after", "After", &rehearsal.diagrams.after)];
    let mut pictures = Vec::new();
    for (name, title, svg) in sides {
        let Some(svg) = svg else { continue };
        match Picture::checked(svg) {
            Some(picture) => pictures.push((name, title, picture)),
            None => {
                html.raw("<p class=\"bad\">The picture “").raw(title);
                html.raw("” is not one that rejoint drew and was left out.</p>\n");
            }
        }
    }
    if pictures.is_empty() {
        html.raw("<p>There is no picture.</p>\n</section>\n");
        return;
    }
    html.raw("<div class=\"viewer\" data-viewer data-changed=\"").text(&changed(rehearsal)).raw("\">\n");
    html.raw("<div class=\"tools needs-script\" role=\"group\" aria-label=\"Pictures\">");
    if pictures.len() > 1 {
        html.raw("<span class=\"sides\" role=\"group\" aria-label=\"Which picture\">");
        for (name, title, _) in &pictures {
            html.raw("<button type=\"button\" data-side=\"")
                .raw(name)
                .raw("\" aria-pressed=\"false\">")
                .raw(title);
            html.raw("</button>");
        }
        html.raw("</span>");
    }
    html.raw("<label>Find tables <input type=\"search\" data-find></label><span role=\"status\" data-found></span>");
    html.raw("<button type=\"button\" data-mark aria-pressed=\"false\">Mark what changes</button><span class=\"sides\">");
    html.raw("<button type=\"button\" data-act=\"in\" aria-label=\"Zoom in\">+</button>");
    html.raw("<button type=\"button\" data-act=\"out\" aria-label=\"Zoom out\">−</button>");
    html.raw("<button type=\"button\" data-act=\"fit\">Whole</button></span></div>\n");
    for (name, title, picture) in &pictures {
        html.raw("<div class=\"picture\" data-picture=\"")
            .raw(name)
            .raw("\" tabindex=\"0\" role=\"group\" aria-label=\"");
        html.raw(title).raw(": diagram of the pipeline\"><p class=\"print-title\">").raw(title).raw("</p>\n");
        html.picture(picture).raw("</div>\n");
    }
    html.raw("<p class=\"aside needs-script\">Click the picture, then the wheel or <kbd>+</kbd> <kbd>−</kbd> zooms, dragging or the arrow ");
    html.raw("keys move, <kbd>0</kbd> shows the whole. <kbd>Enter</kbd> in the field goes to the next table found.</p>\n");
    html.raw("</div>\n</section>\n");
}

/// Tables whose definition the window changes, one a line, as the diagram writes them for searches.
fn changed(rehearsal: &Rehearsal) -> String {
    let tables: BTreeSet<String> = rehearsal
        .plan
        .iter()
        .flat_map(|plan| plan.stage(Stage::Contract))
        .filter_map(|step| match &step.action {
            Action::Alter { table, .. } => Some(table.to_string().to_lowercase()),
            _ => None,
        })
        .collect();
    tables.into_iter().collect::<Vec<_>>().join("\n")
}
