//! What hostile names may not do in page, Markdown and runbook.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use rejoint_report::html::page;
use rejoint_report::markdown::pull_request;
use rejoint_report::runbook::runbook;
use sample::{Course, rehearsal};

/// What must not come out of data: markup other than our own, links, pictures, tables of another width.
fn check_markdown(text: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH;
    let mut width = 0;
    let mut cells = 0;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let html = html.trim();
                let ours = ["<br>", "<code>", "</code>", "</details>"].contains(&html)
                    || (html.starts_with("<details><summary>") && html.matches('<').count() == 3);
                assert!(ours, "markup from data: {html}");
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                panic!("a link to {dest_url}")
            }
            Event::Start(Tag::Table(columns)) => width = columns.len(),
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(pulldown_cmark::TagEnd::TableHead | pulldown_cmark::TagEnd::TableRow) => {
                assert_eq!(cells, width)
            }
            Event::InlineMath(math) | Event::DisplayMath(math) => panic!("mathematics from data: {math}"),
            Event::Start(Tag::Strikethrough) => panic!("struck out by data"),
            _ => {}
        }
    }
    // a cell too many is dropped by the parser: the source itself is counted, without escaped bars
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        assert!(line.ends_with('|') && !line.contains("\\|"), "{line}");
    }
    let mut open: Option<usize> = None;
    for line in text.lines() {
        if line.starts_with('|') {
            let bars = line.matches('|').count();
            assert_eq!(*open.get_or_insert(bars), bars, "{line}");
        } else {
            open = None;
        }
    }
}

/// Head, style, body, and script with the end of the page.
fn parts(page: &str) -> (&str, &str, &str, &str) {
    let (head, rest) = page.split_once("<style>").expect("a style");
    let (style, rest) = rest.split_once("</style>").expect("its end");
    let (body, script) = rest.split_once("<script>").expect("a script");
    (head, style, body, script)
}

/// A small tokenizer: outside of style and script, every tag must be one that our source holds, with quoted attributes only.
fn check_html(text: &str, harmless: &str) {
    let (head, style, body, script) = parts(text);
    let (_, style_before, _, script_before) = parts(harmless);
    assert!(style == style_before && script == script_before, "data in style or script");
    for part in [head, body] {
        let mut rest = part;
        while let Some((_, after)) = rest.split_once('<') {
            let mut quoted = false;
            let end = after
                .find(|c| {
                    quoted ^= c == '"';
                    c == '>' && !quoted
                })
                .expect("the end of a tag");
            let tag = after.get(..end).expect("a tag");
            let outside: String = tag.split('"').step_by(2).collect();
            let name: String = outside
                .trim_start_matches(['/', '!'])
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            const ELEMENTS: [&str; 54] = [
                "DOCTYPE", "html", "head", "meta", "link", "title", "body", "a", "nav", "p", "ul", "ol",
                "li", "span", "button", "div", "header", "main", "section", "h1", "h2", "h3", "h4", "dl",
                "dt", "dd", "article", "small", "strong", "b", "code", "pre", "kbd", "table", "caption",
                "thead", "tbody", "tr", "th", "td", "details", "summary", "label", "input", "svg", "g",
                "rect", "path", "circle", "text", "tspan", "i", "em", "br",
            ];
            assert!(ELEMENTS.contains(&name.as_str()), "an element from data: <{tag}>");
            let handler = outside.split_whitespace().any(|word| word.to_lowercase().starts_with("on"));
            assert!(!handler && !outside.contains(['\'', '`', '<']), "an attribute from data: <{tag}>");
            rest = after.get(end..).expect("the rest");
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("</script>".to_owned()),
        Just("<script>alert(1)</script>".to_owned()),
        Just("<!--".to_owned()),
        Just("]]>".to_owned()),
        Just("</style>".to_owned()),
        Just("</title>".to_owned()),
        Just("</svg>".to_owned()),
        Just("\" onload=\"x".to_owned()),
        Just("' onload='x".to_owned()),
        Just("`".to_owned()),
        Just("```\n".to_owned()),
        Just("|".to_owned()),
        Just("\\|".to_owned()),
        Just("\\".to_owned()),
        Just("\n\n# x\n".to_owned()),
        Just("[x](http://y.z)".to_owned()),
        Just("![x](y)".to_owned()),
        Just("http://x.y/".to_owned()),
        Just("www.x.y".to_owned()),
        Just("@team".to_owned()),
        Just("$x$".to_owned()),
        Just("~~x~~".to_owned()),
        Just("</details>".to_owned()),
        Just("&lt;b&gt;".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{0}".to_owned()),
        Just("漢é".to_owned()),
        "\\PC{0,6}",
        "[\\x00-\\x7f]{0,4}",
    ];
    prop::collection::vec(word, 1..5).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_names_stay_text_in_every_view(hostile in hostile()) {
        let made = rehearsal(4, 2, Course::Findings, &hostile);
        check_html(&page(&made), &page(&rehearsal(4, 2, Course::Findings, "")));
        check_markdown(&pull_request(&made));
        check_markdown(&runbook(&made));
    }
}
