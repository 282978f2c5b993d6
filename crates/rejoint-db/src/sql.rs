//! SQL text: the one function that quotes identifiers, the one that writes text literals.

use crate::create_table::read_ident;
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

/// Splits a piece of SQL at `separator` where that stands outside quotes, back-ticks and parentheses. `None` if one of those does
/// not end.
pub fn split_outside(source: &str, separator: u8) -> Option<Vec<&str>> {
    let bytes = source.as_bytes();
    let (mut found, mut start, mut at, mut depth) = (Vec::new(), 0usize, 0usize, 0usize);
    while let Some(&b) = bytes.get(at) {
        match b {
            b'\'' => {
                at = read_text(source, at)?.1;
                continue;
            }
            b'`' => {
                at = source.len() - read_ident(source.get(at..)?)?.1.len();
                continue;
            }
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            b if b == separator && depth == 0 => {
                found.push(source.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if depth > 0 {
        return None;
    }
    found.push(source.get(start..)?);
    Some(found)
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

    #[test]
    fn separators_inside_quotes_names_and_parentheses_do_not_count() {
        let found = split_outside("`a,``b` x, 'c, ''d', (e, 'f)'), g", b',');
        assert_eq!(found, Some(vec!["`a,``b` x", " 'c, ''d'", " (e, 'f)')", " g"]));
        for open in ["'a", "`a", "(a", "a)"] {
            assert_eq!(split_outside(open, b','), None, "{open}");
        }
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
