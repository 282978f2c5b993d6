//! The picture as SVG: text with coordinates, styles for light and dark, and a script to zoom, move and show attributes.
//!
//! The file needs nothing else. Without a script (in an `<img>`, in a print) it is a plain image; tooltips then are the browser's own.

use super::escape::{shown, xml};
use super::layout::{GroupBox, Input, Layout, Line, Rect, SELF_LOOP, Size, Way, layout};
use super::{Diagram, Edge, Node};
use rejoint_model::names::Tier;
use std::fmt::Write as _;

pub(crate) const STYLE: &str = include_str!("diagram.css");
pub(super) const SCRIPT: &str = include_str!("diagram.js");

/// Longest label, in characters; the tooltip has the whole name.
const LONGEST: usize = 40;
/// Size by which a schema's label is measured: more than the 11.5 it is written in, because it is bold.
const SCHEMA: f64 = 13.0;
/// Attributes shown in a tooltip.
const ATTRIBUTES: usize = 40;

/// Width of a text in a sans-serif font of this size, in pixels: rather too much than too little.
///
/// Source of the widths: the metrics of Helvetica, in classes. Texts of ASCII are also given their length in the file, so that a wider font fits.
fn text_width(text: &str, size: f64) -> f64 {
    let units: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '\'' => 0.24,
            ' ' | '.' | ',' | ':' | ';' | '!' | '|' | 'I' | 'f' | 't' | '/' | '\\' | '[' | ']' => 0.29,
            '(' | ')' | '-' | 'r' | '`' => 0.34,
            'm' | 'M' | '%' => 0.86,
            'W' | '@' => 0.98,
            'w' | 'G' | 'O' | 'Q' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 0.75,
            'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | '&' => 0.68,
            'a'..='z' | '0'..='9' | '_' | '#' | '?' | 'F' | 'J' | 'L' | 'T' | 'Z' => 0.57,
            _ if c.is_ascii() => 0.62,
            _ if u32::from(c) >= 0x1100 => 1.05,
            _ => 0.75,
        })
        .sum();
    units * size
}

fn class(tier: Tier) -> &'static str {
    match tier {
        Tier::Manual => "manual",
        Tier::Lookup => "lookup",
        Tier::Imported => "imported",
        Tier::Computed => "computed",
        Tier::Part => "part",
        Tier::Hidden | Tier::Foreign => "other",
    }
}

fn font(tier: Tier) -> f64 {
    match tier {
        Tier::Part => 10.0,
        Tier::Lookup | Tier::Foreign | Tier::Hidden => 11.0,
        _ => 12.5,
    }
}

fn size(node: &Node) -> Size {
    let (height, sides) = match node.tier {
        Tier::Part => (18.0, 10.0),
        Tier::Lookup => (24.0, 16.0),
        Tier::Imported | Tier::Computed => (32.0, 32.0),
        _ => (30.0, 22.0),
    };
    let width = text_width(&shown(&node.label, LONGEST), font(node.tier)) + sides;
    Size { width: width.max(34.0), height, group: node.schema }
}

fn style_number(edge: &Edge) -> u8 {
    match (edge.primary, edge.multi) {
        (true, false) => 0,
        (true, true) => 1,
        (false, _) => 2,
    }
}

const LINE_CLASSES: [&str; 3] = ["one", "many", "secondary"];

pub(super) fn input(diagram: &Diagram) -> Input {
    Input {
        nodes: diagram.nodes.iter().map(size).collect(),
        lines: diagram
            .edges
            .iter()
            .map(|e| Line { parent: e.parent, child: e.child, style: style_number(e) })
            .collect(),
        labels: diagram.schemas.iter().map(|s| text_width(&shown(s, LONGEST), SCHEMA) + 6.0).collect(),
    }
}

/// A coordinate with one digit, without a needless `.0`.
fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn write_text(out: &mut String, x: f64, y: f64, label: &str, size: f64, more: &str) {
    let length = if label.is_ascii() {
        format!(" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", n(text_width(label, size) * 0.97))
    } else {
        String::new()
    };
    let _ = write!(
        out,
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{length}{more}>{}</text>",
        n(x),
        n(y),
        n(size),
        xml(label)
    );
}

/// The drawn line: straight where boxes are, curved between.
fn path(way: &Way, own: &Rect) -> String {
    let Some(first) = way.posts.first() else {
        // a table that refers to itself
        let (x, y, h) = (own.right(), own.y, own.height);
        let far = x + SELF_LOOP - 3.0;
        return format!(
            "M{} {}C{} {} {} {} {} {}",
            n(x),
            n(y + h * 0.25),
            n(far),
            n(y - h * 0.1),
            n(far),
            n(y + h * 1.1),
            n(x),
            n(y + h * 0.75)
        );
    };
    let mut d = format!("M{} {}", n(first.x), n(first.top));
    let mut before = first;
    for post in way.posts.iter().skip(1) {
        if before.bottom > before.top {
            let _ = write!(d, "V{}", n(before.bottom));
        }
        let (x1, y1, x2, y2) = (before.x, before.bottom, post.x, post.top);
        if (x1 - x2).abs() < 0.05 {
            let _ = write!(d, "V{}", n(y2));
        } else {
            let middle = (y1 + y2) / 2.0;
            let _ = write!(d, "C{} {} {} {} {} {}", n(x1), n(middle), n(x2), n(middle), n(x2), n(y2));
        }
        before = post;
    }
    let _ = write!(d, "V{}", n(before.bottom));
    d
}

/// Where the dot of a line with renamed columns is: near the child.
fn dot(way: &Way, own: &Rect) -> (f64, f64) {
    let end = if way.upward { way.posts.first() } else { way.posts.last() };
    match end {
        None => (own.right() + SELF_LOOP * 0.58, own.center_y()),
        Some(post) if way.upward => (post.x, post.top + 7.0),
        Some(post) => (post.x, post.bottom - 7.0),
    }
}

/// Attributes as the script shows them: one a line, `*` in front of the key's.
fn attribute_lines(node: &Node) -> Vec<String> {
    let mut lines: Vec<String> = node
        .attributes
        .iter()
        .take(ATTRIBUTES)
        .map(|a| {
            let mark = if a.key { "*" } else { " " };
            format!("{mark}{} : {}", shown(&a.name, 64), shown(&a.type_text, 60))
        })
        .collect();
    let rest = node.attributes.len().saturating_sub(ATTRIBUTES);
    if rest > 0 {
        lines.push(format!(" and {rest} more"));
    }
    lines.extend(node.outside.iter().map(|t| format!(" → {}, not drawn", shown(&t.to_string(), 130))));
    lines
}

/// The tooltip as plain text, as DataJoint writes a definition: key, a line of dashes, the rest.
pub(super) fn tooltip(node: &Node) -> String {
    let mut text = shown(&node.name.to_string(), 130);
    let mut below = false;
    for line in attribute_lines(node) {
        if !line.starts_with('*') && !below {
            text.push_str("\n----------");
            below = true;
        }
        text.push('\n');
        text.push_str(line.get(1..).unwrap_or_default());
    }
    text
}

fn edge_title(diagram: &Diagram, edge: &Edge) -> String {
    let name = |i: usize| diagram.nodes.get(i).map_or("", |n| n.label.as_str());
    let mut text = format!("{} → {}", shown(name(edge.child), 99), shown(name(edge.parent), 99));
    for (own, parents) in &edge.renamed {
        let _ = write!(text, "\n{} is {} there", shown(own, 64), shown(parents, 64));
    }
    text
}

fn write_group(out: &mut String, number: usize, group: &GroupBox) {
    let a = &group.area;
    let _ = write!(
        out,
        "<g class=\"s s{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/></g>",
        number % 6,
        n(a.x),
        n(a.y),
        n(a.width),
        n(a.height)
    );
}

fn write_node(out: &mut String, node: &Node, number: usize, rect: &Rect) {
    let chosen = if node.chosen { " chosen" } else { "" };
    let _ = write!(
        out,
        "<g class=\"t {}{chosen}\" data-n=\"{number}\" data-q=\"{}\" data-a=\"{}\"><title>{}</title>",
        class(node.tier),
        xml(&shown(&format!("{} {}", node.name, node.label), 200).to_lowercase()),
        xml(&attribute_lines(node).join("\n")),
        xml(&tooltip(node))
    );
    let round = match node.tier {
        Tier::Imported | Tier::Computed => rect.height / 2.0,
        _ => 3.0,
    };
    let _ = write!(
        out,
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
        n(rect.x),
        n(rect.y),
        n(rect.width),
        n(rect.height),
        n(round)
    );
    let size = font(node.tier);
    write_text(out, rect.center(), rect.center_y() + size * 0.36, &shown(&node.label, LONGEST), size, "");
    out.push_str("</g>\n");
}

/// What colours and lines mean: entries of one row, broken where the picture ends.
fn legend(out: &mut String, diagram: &Diagram, width: f64, top: f64) -> (f64, f64) {
    let tiers = [
        (Tier::Manual, "Manual"),
        (Tier::Lookup, "Lookup"),
        (Tier::Imported, "Imported"),
        (Tier::Computed, "Computed"),
        (Tier::Part, "Part"),
        (Tier::Foreign, "not DataJoint's"),
    ];
    let (left, mut x, mut y, mut widest) = (18.0, 18.0, top + 4.0, 0.0f64);
    out.push_str("<g class=\"legend\">");
    for (tier, word) in tiers {
        if !diagram.nodes.iter().any(|node| class(node.tier) == class(tier)) {
            continue;
        }
        let wide = text_width(word, 10.5) + 16.0;
        if x > left && x + wide > width {
            (x, y) = (left, y + 26.0);
        }
        let round = if matches!(tier, Tier::Imported | Tier::Computed) { 9 } else { 3 };
        let _ = write!(
            out,
            "<g class=\"t {}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" rx=\"{round}\"/>",
            class(tier),
            n(x),
            n(y),
            n(wide)
        );
        write_text(out, x + wide / 2.0, y + 12.8, word, 10.5, "");
        out.push_str("</g>");
        x += wide + 10.0;
        widest = widest.max(x);
    }
    let lines = [
        ("one", "one to one", diagram.edges.iter().any(|e| style_number(e) == 0)),
        ("many", "one to many", diagram.edges.iter().any(|e| style_number(e) == 1)),
        ("secondary", "not in the key", diagram.edges.iter().any(|e| style_number(e) == 2)),
        ("many renamed", "renamed", diagram.edges.iter().any(|e| !e.renamed.is_empty())),
    ];
    for (class, word, used) in lines {
        if !used {
            continue;
        }
        let wide = text_width(word, 10.5) + 40.0;
        if x > left && x + wide > width {
            (x, y) = (left, y + 26.0);
        }
        let _ = write!(out, "<path class=\"e {class}\" d=\"M{} {}h28\"/>", n(x), n(y + 9.0));
        if class.ends_with("renamed") {
            let _ = write!(
                out,
                "<circle class=\"alias\" cx=\"{}\" cy=\"{}\" r=\"3.5\"/>",
                n(x + 14.0),
                n(y + 9.0)
            );
        }
        write_text(out, x + 34.0, y + 12.8, word, 10.5, " class=\"word\"");
        x += wide + 10.0;
        widest = widest.max(x);
    }
    out.push_str("</g>\n");
    (widest + 8.0, y + 34.0)
}

fn body(diagram: &Diagram, placed: &Layout) -> (String, f64, f64) {
    let mut out = String::new();
    for (number, group) in placed.groups.iter().enumerate() {
        write_group(&mut out, number, group);
    }
    out.push('\n');
    let nowhere = Rect::default();
    let mut dots = String::new();
    for (edge, way) in diagram.edges.iter().zip(&placed.ways) {
        let own = placed.nodes.get(edge.child).unwrap_or(&nowhere);
        let style = LINE_CLASSES.get(usize::from(style_number(edge))).copied().unwrap_or_default();
        let back = if way.upward { " back" } else { "" };
        let _ = writeln!(
            out,
            "<path class=\"e {style}{back}\" data-p=\"{}\" data-c=\"{}\" d=\"{}\"><title>{}</title></path>",
            edge.parent,
            edge.child,
            path(way, own),
            xml(&edge_title(diagram, edge))
        );
        if let Some(first) = way.posts.first().filter(|_| way.upward) {
            let _ = write!(dots, "<path class=\"arrow\" d=\"M{} {}l-3.5 7h7z\"/>", n(first.x), n(first.top));
        }
        if !edge.renamed.is_empty() {
            let (x, y) = dot(way, own);
            let _ = writeln!(
                dots,
                "<circle class=\"alias\" cx=\"{}\" cy=\"{}\" r=\"3.5\"><title>{}</title></circle>",
                n(x),
                n(y),
                xml(&edge_title(diagram, edge))
            );
        }
    }
    out.push_str(&dots);
    for (group, name) in placed.groups.iter().zip(&diagram.schemas) {
        let label = &group.label;
        let shown_name = shown(name, LONGEST);
        out.push_str("<g class=\"schema\">");
        let _ = write!(out, "<title>{}</title>", xml(&shown(name, 99)));
        write_text(&mut out, label.x + 3.0, label.y + 11.0, &shown_name, 11.5, "");
        out.push_str("</g>\n");
    }
    for (number, (node, rect)) in diagram.nodes.iter().zip(&placed.nodes).enumerate() {
        write_node(&mut out, node, number, rect);
    }
    let width = placed.width.max(240.0);
    let (legend_width, height) = legend(&mut out, diagram, width.max(620.0), placed.height);
    (out, width.max(legend_width), height)
}

/// A whole SVG document. `script` makes it zoom and move by itself.
pub(super) fn document(diagram: &Diagram, script: bool) -> String {
    let placed = layout(&input(diagram));
    let (body, width, height) = body(diagram, &placed);
    let (width, height) = (n(width), n(height));
    let tables = diagram.nodes.len();
    let script = if script { format!("<script>{SCRIPT}</script>\n") } else { String::new() };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"rejoint-diagram\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"Diagram of {tables} tables\">\n\
         <style>{STYLE}</style>\n<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n{body}{script}</svg>\n"
    )
}
