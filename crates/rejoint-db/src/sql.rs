//! SQL text: the one function that quotes identifiers, the one that writes text literals.

use rejoint_model::TableName;

/// Quotes an identifier. Any text is safe, back-ticks and quotes included.
pub fn ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Quotes a table's full name.
pub fn qualified(name: &TableName) -> String {
    format!("{}.{}", ident(&name.schema), ident(&name.table))
}

/// Writes a text literal as `SHOW CREATE TABLE` does: `'` doubled; backslash, NUL, newline and return escaped.
///
/// Valid with backslash escapes on (rejoint's sessions never set NO_BACKSLASH_ESCAPES).
pub fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('\'');
    for c in value.chars() {
        match c {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Reads a literal that starts at the `'` at byte `start` of `source`: its value and the byte after it.
pub fn read_text(source: &str, start: usize) -> Option<(String, usize)> {
    let rest = source.get(start..)?;
    let mut chars = rest.char_indices().peekable();
    if chars.next()?.1 != '\'' {
        return None;
    }
    let mut value = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => {
                if chars.peek().is_some_and(|(_, next)| *next == '\'') {
                    chars.next();
                    value.push('\'');
                } else {
                    return Some((value, start + at + 1));
                }
            }
            '\\' => value.push(match chars.next()?.1 {
                '0' => '\0',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'Z' => '\u{1a}',
                'b' => '\u{8}',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_identifiers_stay_one_identifier() {
        assert_eq!(ident("a`; DROP TABLE x; -- "), "`a``; DROP TABLE x; -- `");
        assert_eq!(qualified(&TableName::new("s`", "#t%")), "`s```.`#t%`");
    }

    proptest! {
        #[test]
        fn a_literal_reads_back(value in "\\PC*|[\\x00-\\x7f]*", tail in "[^']*") {
            let written = text(&value);
            let source = format!("{written}{tail}");
            prop_assert_eq!(read_text(&source, 0), Some((value, written.len())));
        }
    }
}
