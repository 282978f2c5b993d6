//! The words of a statement in MySQL's dialect.

use rejoint_db::{Error, excerpt, read_text};

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'s> {
    /// A back-quoted name, without its quotes.
    Name(String),
    /// A text literal, its value.
    Text(String),
    /// An unquoted word: keyword, function, alias, column, system variable.
    Word(&'s str),
    /// A number.
    Number(&'s str),
    /// Blanks and newlines.
    Space,
    /// A place for a bound value.
    Mark,
    /// Anything else, one character or one of `<=>`, `<=`, `>=`, `<>`, `<<`, `>>`.
    Symbol(&'s str),
}

impl Token<'_> {
    /// Is it this word, whatever its case?
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(w) if w.eq_ignore_ascii_case(word))
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self, Token::Symbol(s) if *s == symbol)
    }
}

/// Splits a statement.
///
/// # Errors
/// A quote that does not end.
pub(crate) fn tokens(sql: &str) -> Result<Vec<Token<'_>>, Error> {
    let open = || Error::Unexpected { what: format!("a quote does not end in: {}", excerpt(sql)) };
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let rest = sql.get(at..).unwrap_or_default();
        let length = match b {
            b'\'' => {
                let (value, end) = read_text(sql, at).ok_or_else(open)?;
                found.push(Token::Text(value));
                at = end;
                continue;
            }
            b'`' => {
                let (name, end) = read_name(sql, at).ok_or_else(open)?;
                found.push(Token::Name(name));
                at = end;
                continue;
            }
            b'?' => {
                found.push(Token::Mark);
                1
            }
            _ if b.is_ascii_whitespace() => {
                found.push(Token::Space);
                rest.len() - rest.trim_ascii_start().len()
            }
            _ if b.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
                found.push(Token::Number(rest.get(..end).unwrap_or_default()));
                end
            }
            _ if b.is_ascii_alphabetic() || matches!(b, b'_' | b'@') || !b.is_ascii() => {
                let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '$');
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len()).max(1);
                found.push(Token::Word(rest.get(..end).unwrap_or_default()));
                end
            }
            _ => {
                let symbol =
                    ["<=>", "<=", ">=", "<>", "<<", ">>", "!="].into_iter().find(|s| rest.starts_with(s));
                let symbol = symbol.unwrap_or_else(|| rest.get(..1).unwrap_or_default());
                found.push(Token::Symbol(symbol));
                symbol.len().max(1)
            }
        };
        at += length;
    }
    Ok(found)
}

/// Reads the back-quoted name at byte `start`: its text and the byte after it.
fn read_name(sql: &str, start: usize) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut chars = sql.get(start + 1..)?.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '`' {
            name.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == '`') {
            chars.next();
            name.push('`');
        } else {
            return Some((name, start + 1 + at + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hostile_names_and_texts_are_one_token(name in "\\PC{0,12}", value in "\\PC{0,12}") {
            let sql = format!("{} {}", rejoint_db::ident(&name), rejoint_db::text(&value));
            prop_assert_eq!(tokens(&sql).unwrap(), vec![Token::Name(name), Token::Space, Token::Text(value)]);
        }
    }
}
