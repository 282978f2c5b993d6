//! String literals of MySQL.

/// Reads the quoted literal at the start of `sql` and gives its value and its length in bytes.
///
/// By MySQL's rules without `ANSI_QUOTES` and `NO_BACKSLASH_ESCAPES`, the only ones DataJoint's sessions use. `None`
/// when `sql` does not begin with a quote or the literal does not end.
pub(crate) fn read_quoted(sql: &str) -> Option<(String, usize)> {
    let mut chars = sql.char_indices().peekable();
    let (_, quote) = chars.next().filter(|(_, c)| matches!(c, '\'' | '"'))?;
    let mut value = String::new();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.next_if(|(_, next)| *next == quote).is_none() {
                return Some((value, at + 1));
            }
            value.push(quote);
        } else if c == '\\' {
            match chars.next()?.1 {
                '0' => value.push('\0'),
                'b' => value.push('\u{8}'),
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                'Z' => value.push('\u{1a}'),
                wildcard @ ('%' | '_') => value.extend(['\\', wildcard]),
                other => value.push(other),
            }
        } else {
            value.push(c);
        }
    }
    None
}

/// The value of `sql` when it is one quoted literal and nothing else.
pub(crate) fn whole_literal(sql: &str) -> Option<String> {
    read_quoted(sql).filter(|(_, length)| *length == sql.len()).map(|(value, _)| value)
}

/// A single-quoted literal with this value. `None` for values that need escapes the definition language cannot carry
/// unharmed: control characters.
pub(crate) fn single_quoted(value: &str) -> Option<String> {
    if value.chars().any(char::is_control) {
        return None;
    }
    Some(format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''")))
}

/// The values in the parentheses of an `enum`, with the byte range of each literal in `inner`. `None` when it is not a
/// list of quoted literals.
pub(crate) fn enum_values(inner: &str) -> Option<Vec<(String, std::ops::Range<usize>)>> {
    let mut values = Vec::new();
    let mut at = 0;
    loop {
        at += leading_space(inner.get(at..)?);
        let (value, length) = read_quoted(inner.get(at..)?)?;
        values.push((value, at..at + length));
        at += length;
        at += leading_space(inner.get(at..)?);
        match inner.get(at..)?.chars().next() {
            None => return Some(values),
            Some(',') => at += 1,
            Some(_) => return None,
        }
    }
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_doubled_quotes() {
        assert_eq!(read_quoted(r"'a''b\'c\\\%\q' x"), Some((r"a'b'c\\%q".to_owned(), 15)));
        assert_eq!(read_quoted(r#""a'b""#), Some(("a'b".to_owned(), 5)));
        assert_eq!(read_quoted(r"'a\'"), None);
        assert_eq!(whole_literal("'a' x"), None);
    }

    #[test]
    fn enum_values_need_quotes_and_commas() {
        let values = enum_values(r#" "a" ,'b,c'"#).map(|v| v.into_iter().map(|v| v.0).collect::<Vec<_>>());
        assert_eq!(values, Some(vec!["a".to_owned(), "b,c".to_owned()]));
        assert_eq!(enum_values("'a' 'b'"), None);
        assert_eq!(enum_values("a"), None);
    }
}
