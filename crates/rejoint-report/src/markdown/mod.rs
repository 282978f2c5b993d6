//! A rehearsal as Markdown for a pull request: GitHub's flavour, short enough for it, and it says what was left out.

pub(crate) mod escape;
mod sections;

use crate::quantities::count;
use crate::rehearsal_file::{Rehearsal, VerdictKind};
use escape::{code, text};
use std::fmt::Write as _;

/// GitHub takes 65,536 characters; these are bytes, which are never fewer.
pub const LIMIT: usize = 60_000;

/// The Markdown, below [`LIMIT`] bytes: long lists are cut as far as needed.
pub fn pull_request(rehearsal: &Rehearsal) -> String {
    let mut shortest = String::new();
    for rows in [1_000, 300, 100, 40, 15, 5, 1] {
        shortest = with_rows(rehearsal, rows);
        if shortest.len() < LIMIT {
            return shortest;
        }
    }
    // texts of the longest kind in every place: what is at the top matters most
    let note = "\n\n…\n\nThe rest was left out: it is too long for a pull request.\n";
    let mut end = LIMIT - note.len() - 1;
    while !shortest.is_char_boundary(end) {
        end -= 1;
    }
    let cut = shortest.get(..end).and_then(|head| head.rsplit_once("\n\n")).map_or("", |(head, _)| head);
    format!("{cut}{note}")
}

/// A document in the making; lists have at most so many rows.
#[derive(Debug)]
struct Document {
    out: String,
    rows: usize,
    left_out: Vec<String>,
}

fn with_rows(rehearsal: &Rehearsal, rows: usize) -> String {
    let mut document = Document { out: String::new(), rows, left_out: Vec::new() };
    head(&mut document, rehearsal);
    sections::trials(&mut document, rehearsal);
    sections::decisions(&mut document, rehearsal);
    sections::found(&mut document, rehearsal);
    sections::steps(&mut document, rehearsal);
    sections::certificate(&mut document, rehearsal);
    sections::by_hand(&mut document, rehearsal);
    sections::code_findings(&mut document, rehearsal);
    sections::losses(&mut document, rehearsal);
    sections::files(&mut document, rehearsal);
    let left_out = std::mem::take(&mut document.left_out);
    if !left_out.is_empty() {
        document.line(&format!(
            "Left out here for length: {}. The page and the JSON have everything.",
            left_out.join("; ")
        ));
    }
    document.line("The pictures of the pipeline are in the page of the rehearsal.");
    document.out
}

impl Document {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push_str("\n\n");
    }

    /// A table of at most so many rows, of cells that are escaped already.
    fn table(&mut self, what: &str, head: &[&str], rows: &[Vec<String>]) {
        let _ = writeln!(self.out, "| {} |\n|{}", head.join(" | "), " --- |".repeat(head.len()));
        for row in rows.iter().take(self.rows) {
            let _ = writeln!(self.out, "| {} |", row.join(" | "));
        }
        self.out.push('\n');
        self.note_rest(what, rows.len());
    }

    fn note_rest(&mut self, what: &str, total: usize) {
        let rest = total.saturating_sub(self.rows);
        if rest > 0 {
            self.line(&format!("… and {rest} more."));
            self.left_out.push(format!("{rest} of {total} {what}"));
        }
    }

    /// A part that is folded away.
    fn folded(&mut self, summary: &str, inner: impl FnOnce(&mut Document)) {
        let _ = write!(self.out, "<details><summary>{summary}</summary>\n\n");
        inner(self);
        self.out.push_str("</details>\n\n");
    }
}

fn head(document: &mut Document, rehearsal: &Rehearsal) {
    let sign = match rehearsal.verdict.kind {
        VerdictKind::Passed => "✅",
        VerdictKind::PassedWithFindings => "⚠️",
        VerdictKind::Failed => "❌",
    };
    document.line(&format!("## {sign} Rehearsal: {}", rehearsal.verdict.kind.title().to_lowercase()));
    let names: Vec<String> = rehearsal.source.names.iter().take(5).map(|name| code(name)).collect();
    let server = rehearsal.source.product.as_ref().map_or(String::new(), |product| {
        format!(
            ", {} {}",
            text(product),
            text(rehearsal.source.product_version.as_deref().unwrap_or_default())
        )
    });
    document.line(&format!(
        "Upgrade from DataJoint 0.x to 2.x of {}{server}; {}; rejoint {}, {}.",
        names.join(", "),
        count(rehearsal.source.schemas.len(), "schema", "schemas"),
        text(&rehearsal.tool_version),
        text(&rehearsal.created)
    ));
    for sentence in rehearsal.verdict.sentences.iter().chain(&rehearsal.source.remarks).take(40) {
        let _ = writeln!(document.out, "- {}", text(sentence));
    }
    document.out.push('\n');
}
