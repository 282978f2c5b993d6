//! Names in the syntax of each format. A name can hold anything.

/// Characters that no format shows as they are: controls, and those that turn the direction of text around.
fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fffe}'
        | '\u{ffff}' => '\u{fffd}',
        _ => c,
    }
}

/// The name with every character visible, and no longer than `limit` characters.
pub(crate) fn shown(text: &str, limit: usize) -> String {
    let mut out: String = text.chars().take(limit).map(visible).collect();
    if text.chars().nth(limit).is_some() {
        out.pop();
        out.push('…');
    }
    out
}

/// For text and quoted attributes of XML and HTML. Line breaks of our own are kept, in attributes too.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            _ => out.push(visible(c)),
        }
    }
    out
}

/// For a quoted label of Mermaid: everything but letters, digits and a few signs becomes an entity.
pub(super) fn mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().map(visible) {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | ',' | '→' | '…') {
            out.push(c);
        } else {
            out.push_str(&format!("#{};", u32::from(c)));
        }
    }
    out
}

/// For a quoted string of DOT that is shown as text. Line breaks of our own become `\n`.
pub(super) fn dot(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("\\n"),
            _ => out.push(visible(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</script>]]>\"'`&amp;\\N\u{202e}\u{1}#x";

    #[test]
    fn hostile_names_are_text_in_every_format() {
        insta::assert_snapshot!(xml(&shown(HOSTILE, 99)), @"&lt;/script&gt;]]&gt;&quot;&#39;`&amp;amp;\\N�␁#x");
        insta::assert_snapshot!(mermaid(HOSTILE), @"#60;#47;script#62;#93;#93;#62;#34;#39;#96;#38;amp#59;#92;N#65533;#9217;#35;x");
        insta::assert_snapshot!(dot(HOSTILE), @r#"</script>]]>\"'`&amp;amp;\\N�␁#x"#);
    }

    #[test]
    fn line_breaks_of_a_name_are_shown() {
        assert_eq!(shown("a\nb", 9), "a␊b");
        assert_eq!(shown("abcdef", 4), "abc…");
        assert_eq!(shown("abcd", 4), "abcd");
    }
}
