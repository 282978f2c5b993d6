//! The picture as a page of its own: it fills the window and has a field to search for tables.

use super::Diagram;
use super::escape::{shown, xml};
use super::svg::{SCRIPT, document};

const STYLE: &str = "
html, body { margin: 0; height: 100%; background: #ffffff; color: #1f2937; font: 14px Helvetica, Arial, \"Liberation Sans\", sans-serif; }
body { display: flex; flex-direction: column; }
header { display: flex; gap: 10px; align-items: center; padding: 8px 14px; border-bottom: 1px solid #d3d7de; flex-wrap: wrap; }
h1 { font-size: 15px; margin: 0 8px 0 0; }
input { font: inherit; padding: 4px 8px; min-width: 16em; border: 1px solid #9ca3af; border-radius: 4px; background: inherit; color: inherit; }
button { font: inherit; padding: 4px 10px; border: 1px solid #9ca3af; border-radius: 4px; background: inherit; color: inherit; }
main { flex: 1; min-height: 0; }
main svg { display: block; }
@media (prefers-color-scheme: dark) { html, body { background: #14171c; color: #e5e7eb; } header { border-color: #343a44; } }
@media print { header { display: none; } main svg { width: 100%; height: auto; } }
";

pub(super) fn page(diagram: &Diagram) -> String {
    let title = match diagram.schemas.as_slice() {
        [] => "no tables".to_owned(),
        [one] => shown(one, 64),
        [first, .., last] if diagram.schemas.len() > 3 => {
            format!("{} schemas, {} … {}", diagram.schemas.len(), shown(first, 64), shown(last, 64))
        }
        some => some.iter().map(|s| shown(s, 64)).collect::<Vec<_>>().join(", "),
    };
    let title = xml(&title);
    let tables = diagram.nodes.len();
    let svg = document(diagram, false);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
         <input id=\"rejoint-find\" type=\"search\" placeholder=\"find among {tables} tables (/)\" \
         aria-label=\"Find tables; Enter goes to the next\">\n\
         <span id=\"rejoint-count\" role=\"status\"></span>\n\
         <button type=\"button\" data-act=\"in\" aria-label=\"Zoom in\">+</button>\n\
         <button type=\"button\" data-act=\"out\" aria-label=\"Zoom out\">−</button>\n\
         <button type=\"button\" data-act=\"all\">whole</button>\n\
         </header>\n<main>\n{svg}</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}
