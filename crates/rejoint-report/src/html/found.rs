//! What the scan found.

use super::write::Html;
use crate::quantities::{bytes, grouped};
use crate::rehearsal_file::Rehearsal;
use crate::scan_findings::{Level, scan_findings};
use rejoint_model::Tier;
use rejoint_scan::ScanReport;
use rejoint_scan::report_file::{Client, Outcome, Step};

pub(super) fn section(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<section id=\"found\"><h2>What was found</h2>\n");
    match &rehearsal.scan {
        None => {
            html.raw("<p>The rehearsal ended before the scan.</p>\n");
        }
        Some(scan) => {
            overview(html, scan);
            findings(html, scan);
            access(html, scan);
            features(html, scan);
        }
    }
    stores(html, rehearsal);
    html.raw("</section>\n");
}

fn overview(html: &mut Html, scan: &ScanReport) {
    let tiers = [
        (Tier::Manual, "manual"),
        (Tier::Lookup, "lookup"),
        (Tier::Imported, "imported"),
        (Tier::Computed, "computed"),
        (Tier::Part, "part"),
        (Tier::Hidden, "hidden"),
        (Tier::Foreign, "not DataJoint’s"),
    ];
    html.raw("<p>").number(scan.schemas.len() as u64).raw(" schemas with ").number(scan.tables.len() as u64);
    html.raw(" tables: ");
    let mut first = true;
    for (tier, word) in tiers {
        let n = scan.tables.iter().filter(|table| table.tier == tier).count() as u64;
        if n > 0 {
            html.raw(if first { "" } else { ", " }).number(n).raw(" ").raw(word);
            first = false;
        }
    }
    let data: u64 = scan.tables.iter().map(|table| table.data_bytes + table.index_bytes).sum();
    let rows: u64 = scan.tables.iter().map(|table| table.rows).sum();
    html.raw(". ").text(&grouped(rows)).raw(" rows");
    if data > 0 {
        html.raw(", ").text(&bytes(data));
    }
    html.raw(".</p>\n");
}

fn findings(html: &mut Html, scan: &ScanReport) {
    let found = scan_findings(scan);
    if found.is_empty() {
        html.raw("<p class=\"good\">Nothing is damaged, missing or not understood.</p>\n");
        return;
    }
    html.raw("<div class=\"scroll\"><table data-list=\"findings\"><caption>Findings</caption><thead><tr>");
    html.raw(
        "<th scope=\"col\" data-sort=\"text\">Weight</th><th scope=\"col\" data-sort=\"text\">What</th>",
    );
    html.raw(
        "<th scope=\"col\" data-sort=\"text\">Where</th><th scope=\"col\">More</th></tr></thead><tbody>\n",
    );
    for finding in &found {
        let class = match finding.level {
            Level::Stop => "bad",
            Level::Look => "look",
            Level::Note => "quiet",
        };
        html.raw("<tr><td><span class=\"badge ")
            .raw(class)
            .raw("\">")
            .raw(finding.level.word())
            .raw("</span></td><td>");
        html.raw(finding.title).raw("</td><th scope=\"row\">").name(&finding.place).raw("</th>");
        html.wrap("<td>", &finding.detail, "</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}

/// Which clients can read how many tables, at which point: what users will notice.
fn access(html: &mut Html, scan: &ScanReport) {
    let steps = [
        (Step::Now, "now"),
        (Step::AfterExpand, "after expand"),
        (Step::AfterContractCodecs, "after contract"),
    ];
    let clients = [(Client::V0_14, "DataJoint 0.14"), (Client::V2_3, "DataJoint 2.3")];
    let outcomes = [
        (Outcome::Reads, "read"),
        (Outcome::WrongValues, "give wrong values"),
        (Outcome::ColumnsFail, "fail in some columns"),
        (Outcome::CannotOpen, "cannot be opened"),
    ];
    if scan.client_access.is_empty() {
        return;
    }
    html.raw("<div class=\"scroll\"><table><caption>Who reads how many tables, when</caption><thead><tr><th scope=\"col\">When</th>");
    for (_, client) in clients {
        html.raw("<th scope=\"col\">").raw(client).raw("</th>");
    }
    html.raw("</tr></thead><tbody>\n");
    for (step, when) in steps {
        html.raw("<tr><th scope=\"row\">").raw(when).raw("</th>");
        for (client, _) in clients {
            html.raw("<td>");
            let mut first = true;
            for (outcome, words) in outcomes {
                let all = scan.client_access.iter().flat_map(|table| &table.access);
                let n = all.filter(|a| a.step == step && a.client == client && a.outcome == outcome).count()
                    as u64;
                if n > 0 {
                    html.raw(if first { "" } else { ", " }).number(n).raw(" ").raw(words);
                    first = false;
                }
            }
            html.raw(if first { "–" } else { "" }).raw("</td>");
        }
        html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}

fn features(html: &mut Html, scan: &ScanReport) {
    if scan.features.is_empty() {
        return;
    }
    html.raw("<details><summary>What the pipeline uses (").number(scan.features.len() as u64);
    html.raw(" features)</summary>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Feature</th>");
    html.raw(
        "<th scope=\"col\" class=\"n\">Count</th><th scope=\"col\">For example</th></tr></thead><tbody>\n",
    );
    for feature in &scan.features {
        html.wrap("<tr><th scope=\"row\">", &feature.title, "</th><td class=\"n\">");
        html.text(&grouped(feature.count)).raw("</td><td>");
        for (i, example) in feature.examples.iter().take(3).enumerate() {
            html.raw(if i == 0 { "" } else { ", " }).name(example);
        }
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div></details>\n");
}

fn stores(html: &mut Html, rehearsal: &Rehearsal) {
    if rehearsal.stores.is_empty() {
        return;
    }
    html.raw("<div class=\"scroll\"><table><caption>Stores</caption><thead><tr><th scope=\"col\">Store</th>");
    html.raw(
        "<th scope=\"col\">Where</th><th scope=\"col\">Read</th><th scope=\"col\" class=\"n\">Objects</th>",
    );
    html.raw("<th scope=\"col\" class=\"n\">Size</th><th scope=\"col\" class=\"n\">Written anew</th>");
    html.raw("<th scope=\"col\" class=\"n\">Problems</th></tr></thead><tbody>\n");
    for store in &rehearsal.stores {
        html.raw("<tr><th scope=\"row\">").name(&store.name).raw("</th><td><code>").text(&store.location);
        html.raw("</code></td><td>")
            .raw(if store.at_hand { "yes" } else { "not at hand" })
            .raw("</td><td class=\"n\">");
        html.text(&grouped(store.objects)).raw("</td><td class=\"n\">").text(&bytes(store.bytes));
        html.raw("</td><td class=\"n\">")
            .text(&grouped(store.new_objects))
            .raw(" (")
            .text(&bytes(store.new_bytes));
        html.raw(")</td><td class=\"n\">").text(&grouped(store.problems)).raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}
