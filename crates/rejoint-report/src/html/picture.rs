//! Lets a diagram into the page. The file of a rehearsal may have been written by anybody, so the picture is taken apart and only
//! what our own diagrams consist of is let through; its style and its script are left out, the page has its own.

/// Elements of our diagrams.
const ELEMENTS: [&str; 7] = ["svg", "g", "rect", "path", "circle", "text", "title"];
/// Attributes of our diagrams. None of them can load or run anything.
const ATTRIBUTES: [&str; 24] = [
    "xmlns",
    "class",
    "width",
    "height",
    "viewBox",
    "role",
    "aria-label",
    "x",
    "y",
    "rx",
    "cx",
    "cy",
    "r",
    "d",
    "font-size",
    "font-weight",
    "textLength",
    "lengthAdjust",
    "data-n",
    "data-q",
    "data-a",
    "data-p",
    "data-c",
    "text-anchor",
];

/// Markup of a diagram that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    markup: String,
}

impl Picture {
    /// Checks a diagram; `None` if it is anything else than one of ours.
    pub(super) fn checked(svg: &str) -> Option<Picture> {
        let mut markup = String::with_capacity(svg.len());
        let mut rest = svg.trim();
        let mut open: Vec<&str> = Vec::new();
        if !rest.starts_with("<svg ") {
            return None;
        }
        while let Some(start) = rest.find('<') {
            markup.push_str(rest.get(..start)?);
            rest = rest.get(start..)?;
            if let Some(after) = without_element(rest, "style").or_else(|| without_element(rest, "script")) {
                rest = after;
                continue;
            }
            let end = end_of_tag(rest)?;
            let tag = rest.get(..end)?;
            let element = check_tag(tag)?;
            if tag.starts_with("</") {
                if open.pop() != Some(element) {
                    return None;
                }
            } else if !tag.ends_with("/>") {
                open.push(element);
            }
            markup.push_str(tag);
            rest = rest.get(end..)?;
            // one picture and nothing behind it
            if open.is_empty() && !rest.trim().is_empty() {
                return None;
            }
        }
        (open.is_empty() && rest.trim().is_empty()).then_some(Picture { markup })
    }

    /// The markup.
    pub(super) fn markup(&self) -> &str {
        &self.markup
    }
}

/// The text behind an element without attributes that begins here.
fn without_element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let inner = text.strip_prefix(&format!("<{name}>"))?;
    let close = format!("</{name}>");
    inner.split_once(&close).map(|(_, after)| after)
}

/// Length of the tag, up to and with its `>`; quotes may hold one.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(i + 1),
            _ => {}
        }
    }
    None
}

/// The element's name, if the tag is one of ours.
fn check_tag(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('<')?.strip_suffix('>')?;
    if let Some(name) = inner.strip_prefix('/') {
        return ELEMENTS.contains(&name).then_some(name);
    }
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let (name, mut attributes) = match inner.split_once(' ') {
        Some((name, attributes)) => (name, attributes.trim()),
        None => (inner, ""),
    };
    while !attributes.is_empty() {
        let (attribute, rest) = attributes.split_once("=\"")?;
        let (value, rest) = rest.split_once('"')?;
        if !ATTRIBUTES.contains(&attribute) || value.contains(['<', '>']) {
            return None;
        }
        attributes = rest.trim_start();
    }
    ELEMENTS.contains(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_picture_is_let_in_without_style_and_script() {
        let svg = "<svg class=\"rejoint-diagram\" viewBox=\"0 0 1 1\">\n<style>.a{}</style>\n<g class=\"t\" data-q=\"a&gt;b\">\
                   <title>x &lt; y</title><rect x=\"1\"/></g><script>alert(1)</script>\n</svg>\n";
        let picture = Picture::checked(svg).expect("ours");
        assert!(!picture.markup().contains("alert") && !picture.markup().contains("style"));
        assert!(picture.markup().contains("<title>x &lt; y</title>"));
    }

    #[test]
    fn anything_else_is_kept_out() {
        for hostile in [
            "",
            "<svg onload=\"alert(1)\"></svg>",
            "<svg x=\"1\" onload=\"alert(1)\"></svg>",
            "<svg x=\"1\"><a href=\"javascript:alert(1)\"></a></svg>",
            "<svg x=\"1\"><foreignObject></foreignObject></svg>",
            "<svg x=\"1\"></svg><img>",
            "<svg x=\"1\"></g></svg>",
            "<svg x=\"1\"><g>",
            "<svg x=\"1\"><g x='1' y=\"2\"/></svg>",
            "<svg x=\"1\"><script src=\"x\"></script></svg>",
            "<svg x=\"1\"><style>a</style ></svg>",
            "<svg x=\"1\"><!-- <g> --></svg>",
            "<svg x=\"1\"><![CDATA[<g>]]></svg>",
            "<svg x=\"1\"><g/onload=\"alert(1)\"/></svg>",
        ] {
            assert_eq!(Picture::checked(hostile), None, "{hostile}");
        }
    }
}
