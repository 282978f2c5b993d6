//! A rehearsal as one page: no network, works from a file, prints, light and dark, readable without a script.
//!
//! Markup comes from this source only and data is always escaped (`write`); pictures are taken apart first (`picture`).

mod found;
mod people;
mod picture;
mod pipeline;
mod proof;
mod steps;
mod summary;
mod write;

use crate::diagram::STYLE as DIAGRAM_STYLE;
use crate::rehearsal_file::{Rehearsal, VerdictKind};
use sha2::{Digest as _, Sha256};
use write::Html;

const STYLE: &str = include_str!("page.css");
const DARK: &str = include_str!("dark.css");
const SCRIPT: [&str; 2] = [include_str!("tables.js"), include_str!("pictures.js")];
/// Where the dark colours of the diagram begin in its own style.
const DIAGRAM_DARK: &str = "@media (prefers-color-scheme: dark) {";

/// The page.
///
/// ```
/// use rejoint_report::rehearsal_file::{Place, Rehearsal, Source};
/// # let place = Place::Embedded { engine: "SQLite".into() };
/// let mut rehearsal = Rehearsal::new("0.1.0", "2026-11-20T10:00:00Z", Source::dump(vec!["<b>.sql".into()], None), place);
/// rehearsal.conclude();
/// let page = rejoint_report::html::page(&rehearsal);
/// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("&lt;b&gt;.sql"));
/// ```
pub fn page(rehearsal: &Rehearsal) -> String {
    let mut html = Html::default();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    // nothing may be loaded and no script may run but the one below, whatever a name tries
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; ");
    html.raw("img-src data:; base-uri 'none'; form-action 'none'; script-src 'sha256-")
        .text(&script_hash())
        .raw("'\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>Rehearsal: ");
    html.raw(rehearsal.verdict.kind.title()).raw(" – ").name(&names(rehearsal)).raw("</title>\n");
    style(&mut html);
    html.raw("</head>\n<body>\n<a class=\"skip\" href=\"#verdict\">Skip to the verdict</a>\n");
    contents(&mut html, rehearsal);
    html.raw("<div class=\"sheet\">\n");
    summary::header(&mut html, rehearsal);
    html.raw("<main>\n");
    summary::verdict(&mut html, rehearsal);
    summary::trials(&mut html, rehearsal);
    found::section(&mut html, rehearsal);
    people::decisions(&mut html, rehearsal);
    pipeline::section(&mut html, rehearsal);
    steps::section(&mut html, rehearsal);
    proof::certificate(&mut html, rehearsal);
    people::by_hand(&mut html, rehearsal);
    people::code(&mut html, rehearsal);
    proof::losses(&mut html, rehearsal);
    summary::files(&mut html, rehearsal);
    html.raw("</main>\n</div>\n<script>");
    for part in SCRIPT {
        html.raw(part);
    }
    html.raw("</script>\n</body>\n</html>\n");
    html.finish()
}

/// By this the browser knows the script that may run: SHA-256 in base64.
fn script_hash() -> String {
    data_encoding::BASE64.encode(&Sha256::digest(SCRIPT.concat()))
}

/// What was rehearsed, in short.
fn names(rehearsal: &Rehearsal) -> String {
    match rehearsal.source.names.as_slice() {
        [] => "a pipeline".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// Styles: the dark colours stand twice, for a dark system and for the button; a print is always light.
fn style(html: &mut Html) {
    let (light, dark) = DIAGRAM_STYLE.split_once(DIAGRAM_DARK).unwrap_or((DIAGRAM_STYLE, ""));
    let dark = dark.trim_end().strip_suffix('}').unwrap_or(dark);
    html.raw("<style>\n").raw(STYLE).raw(".picture {\n").raw(light).raw("}\n");
    html.raw("@media screen and (prefers-color-scheme: dark) { :root:not([data-theme=\"light\"]) {\n");
    html.raw(DARK).raw(".picture {\n").raw(dark).raw("}\n} }\n");
    html.raw("@media screen { :root[data-theme=\"dark\"] {\n");
    html.raw(DARK).raw(".picture {\n").raw(dark).raw("}\n} }\n</style>\n");
}

fn contents(html: &mut Html, rehearsal: &Rehearsal) {
    html.raw("<nav class=\"contents\" aria-label=\"Contents\"><p class=\"mark\">rejoint</p><ul>\n");
    html.raw("<li><a href=\"#verdict\">Verdict</a></li><li><a href=\"#trials\">What was tried</a></li>");
    html.raw("<li><a href=\"#found\">What was found</a></li><li><a href=\"#decisions\">Decisions");
    let open = rehearsal.open_decisions().count();
    if open > 0 {
        html.raw(" <span class=\"pill\">").number(open as u64).raw(" open</span>");
    }
    html.raw("</a></li><li><a href=\"#pipeline\">Pipeline</a></li><li><a href=\"#steps\">Steps</a></li>");
    html.raw("<li><a href=\"#certificate\">Certificate</a></li><li><a href=\"#by-hand\">By hand</a></li>");
    if rehearsal.code.is_some() {
        html.raw("<li><a href=\"#code\">Code</a></li>");
    }
    html.raw(
        "<li><a href=\"#losses\">Limits of the dump</a></li><li><a href=\"#files\">Files</a></li></ul>\n",
    );
    html.raw("<button type=\"button\" class=\"theme needs-script\" data-theme-button>Dark</button></nav>\n");
}

/// Class and sign of a verdict, so that colour is not all that tells.
fn verdict_look(kind: VerdictKind) -> (&'static str, &'static str) {
    match kind {
        VerdictKind::Passed => ("good", "✓"),
        VerdictKind::PassedWithFindings => ("look", "!"),
        VerdictKind::Failed => ("bad", "✕"),
    }
}
