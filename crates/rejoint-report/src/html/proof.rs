//! The certificate, table by table, and what the dump cannot prove.

use super::write::Html;
use crate::quantities::{bytes, grouped};
use crate::rehearsal_file::{CertifiedTable, Rehearsal, RehearsedCertificate};
use rejoint_verify::{Outcome, Verdict};

pub(super) fn certificate(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"certificate\"><h2>Certificate</h2>\n");
    let Some(certificate) = &rehearsal.certificate else {
        html.raw("<p class=\"bad\">There is none: nothing is proven.</p>\n</section>\n");
        return;
    };
    html.raw("<p>").raw(match certificate.verdict {
        Verdict::Equal => "<strong class=\"good\">✓ Equal.</strong> Every table and every object is after the migration what it was before, but for differences that a decision allows.",
        Verdict::Incomplete => "<strong class=\"look\">! Incomplete.</strong> Nothing is known to differ, but something could not be compared.",
        Verdict::Differs => "<strong class=\"bad\">✕ Differs.</strong> Tables or objects are not what they were before.",
    });
    html.raw(" A digest covers every value of every row, read through the old form before and through the new form after.</p>\n");
    tables(html, certificate);
    objects(html, certificate);
    if !certificate.allowed.is_empty() {
        html.raw("<h3>Differences that a person allowed</h3>\n<ul>");
        for allowed in &certificate.allowed {
            html.wrap("<li>", allowed, "</li>");
        }
        html.raw("</ul>\n");
    }
    html.raw("</section>\n");
}

fn tables(html: &mut Html, certificate: &RehearsedCertificate) {
    html.raw("<div class=\"tools needs-script\"><label>Filter <input type=\"search\" data-filter=\"certified\"></label> ");
    html.raw("<label><input type=\"checkbox\" data-only=\"certified\"> only differences</label> ");
    html.raw("<span role=\"status\" data-count=\"certified\"></span></div>\n<div class=\"scroll tall\"><table data-list=\"certified\">");
    html.raw("<thead><tr><th scope=\"col\" data-sort=\"text\">Table</th><th scope=\"col\" data-sort=\"number\" class=\"n\">Rows before</th>");
    html.raw("<th scope=\"col\" data-sort=\"number\" class=\"n\">Rows after</th><th scope=\"col\">Digest before</th>");
    html.raw("<th scope=\"col\">Digest after</th><th scope=\"col\" data-sort=\"text\">Verdict</th></tr></thead><tbody>\n");
    for table in &certificate.tables {
        row(html, table);
    }
    html.raw("</tbody></table></div>\n");
}

fn row(html: &mut Html, table: &CertifiedTable) {
    let (class, sign, word) = match table.outcome {
        Outcome::Equal => ("good", "✓", "equal"),
        Outcome::Allowed => ("look", "≈", "allowed"),
        Outcome::Incomplete => ("look", "?", "incomplete"),
        Outcome::Differs => ("bad", "✕", "differs"),
    };
    html.raw(if table.outcome == Outcome::Equal { "<tr>" } else { "<tr data-differs>" });
    html.raw("<th scope=\"row\">").name(&table.schema).raw(".<b>").name(&table.table).raw("</b></th>");
    for rows in [table.rows_before, table.rows_after] {
        match rows {
            Some(rows) => {
                html.raw("<td class=\"n\" data-v=\"")
                    .number(rows)
                    .raw("\">")
                    .text(&grouped(rows))
                    .raw("</td>");
            }
            None => {
                html.raw("<td class=\"n\" data-v=\"-1\">–</td>");
            }
        }
    }
    for digest in [&table.digest_before, &table.digest_after] {
        match digest {
            Some(digest) => {
                let short: String = digest.chars().take(12).collect();
                html.raw("<td class=\"digest\"><code title=\"")
                    .text(digest)
                    .raw("\">")
                    .text(&short)
                    .raw("…</code></td>");
            }
            None => {
                html.raw("<td>–</td>");
            }
        }
    }
    html.raw("<td><span class=\"badge ")
        .raw(class)
        .raw("\"><span aria-hidden=\"true\">")
        .raw(sign)
        .raw("</span> ")
        .raw(word);
    html.raw("</span>");
    if !table.columns.is_empty() {
        html.raw(" <small>");
        for (i, column) in table.columns.iter().enumerate() {
            html.raw(if i == 0 { "" } else { ", " }).name(column);
        }
        html.raw("</small>");
    }
    html.raw("</td></tr>\n");
}

fn objects(html: &mut Html, certificate: &RehearsedCertificate) {
    if !certificate.objects.is_empty() {
        html.raw(
            "<div class=\"scroll\"><table><caption>Objects</caption><thead><tr><th scope=\"col\">Store</th>",
        );
        html.raw("<th scope=\"col\">Kind</th><th scope=\"col\" class=\"n\">Before</th><th scope=\"col\" class=\"n\">After</th>");
        html.raw(
            "<th scope=\"col\">Digest before</th><th scope=\"col\">Digest after</th></tr></thead><tbody>\n",
        );
        for group in &certificate.objects {
            html.raw("<tr><th scope=\"row\">").name(&group.store).raw("</th>").wrap(
                "<td>",
                &group.kind,
                "</td>",
            );
            for side in [group.before, group.after] {
                let shown =
                    side.map_or("–".to_owned(), |(n, size)| format!("{} ({})", grouped(n), bytes(size)));
                html.wrap("<td class=\"n\">", &shown, "</td>");
            }
            for digest in [&group.digest_before, &group.digest_after] {
                let digest = digest.clone().unwrap_or_default();
                let short: String = digest.chars().take(12).collect();
                html.raw("<td class=\"digest\"><code title=\"")
                    .text(&digest)
                    .raw("\">")
                    .text(&short)
                    .raw("…</code></td>");
            }
            html.raw("</tr>\n");
        }
        html.raw("</tbody></table></div>\n");
    }
    if !certificate.new_problems.is_empty() {
        html.raw("<h3 class=\"bad\">Objects that were good before and are not after</h3>\n<ul>");
        for problem in &certificate.new_problems {
            html.raw("<li><code>")
                .name(&problem.store)
                .raw("</code> <code>")
                .text(&problem.path)
                .raw("</code>: ");
            html.text(&problem.detail).raw(" (").text(&problem.row).raw(")</li>");
        }
        html.raw("</ul>\n");
    }
}

pub(super) fn losses(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"losses\"><h2>Limits of the dump</h2>\n");
    if rehearsal.losses.is_empty() {
        html.raw(
            "<p>Nothing is known to be missing: the rehearsal saw what the server holds.</p>\n</section>\n",
        );
        return;
    }
    html.raw("<p>A dump does not hold everything that the server holds. Here the rehearsal proves less than the real run will; ");
    html.raw("the migration itself works on the server’s own values and loses none of them.</p>\n");
    html.raw("<div class=\"scroll tall\"><table data-list=\"losses\"><thead><tr><th scope=\"col\" data-sort=\"text\">Column</th>");
    html.raw("<th scope=\"col\" data-sort=\"text\">What the dump does not hold</th></tr></thead><tbody>\n");
    for loss in &rehearsal.losses {
        html.raw("<tr><th scope=\"row\">").name(&loss.schema).raw(".<b>").name(&loss.table).raw("</b>");
        if let Some(column) = &loss.column {
            html.raw(".").name(column);
        }
        html.wrap("</th><td>", &loss.what, "</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n</section>\n");
}
