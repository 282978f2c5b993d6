//! The rules of Python text that DataJoint's parser inherits: what `str.strip` and `\s` take for white space,
//! how a definition falls apart into lines, and `str.expandtabs`.

use crate::span::Span;

/// Whether Python's `str.strip()` and the `\s` of its `re` module take `c` for white space.
pub(crate) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Whether pyparsing skips `c` between tokens by default.
pub(crate) fn is_token_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// `str.strip()`, as a span of `text`.
pub(crate) fn strip(text: &str, span: Span) -> Span {
    let part = span.of(text);
    let trimmed = part.trim_start_matches(is_python_space);
    let start = span.start + (part.len() - trimmed.len());
    Span::new(start, start + trimmed.trim_end_matches(is_python_space).len())
}

/// The non-empty lines of a definition, as DataJoint sees them: the text is stripped and split by `\s*\n\s*`.
pub(crate) fn lines(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    for piece in text.split('\n') {
        let line = strip(text, Span::new(start, start + piece.len()));
        if !line.is_empty() {
            found.push(line);
        }
        start += piece.len() + 1;
    }
    found
}

/// The part `span` of `line` after `line.expandtabs()`, which pyparsing applies before it parses.
///
/// Tab stops are 8 characters apart and counted from the start of the line, not of the part.
pub(crate) fn expand_tabs(line: &str, span: Span) -> String {
    let mut out = String::with_capacity(span.len());
    let mut column = 0;
    for (at, c) in line.char_indices() {
        if at >= span.end {
            break;
        }
        let inside = at >= span.start;
        match c {
            '\t' => {
                let width = 8 - column % 8;
                if inside {
                    out.extend(std::iter::repeat_n(' ', width));
                }
                column += width;
            }
            _ => {
                if inside {
                    out.push(c);
                }
                column = if c == '\r' { 0 } else { column + 1 };
            }
        }
    }
    out
}

/// A cursor over one line, with the token rules of pyparsing.
pub(crate) struct Cursor<'a> {
    line: &'a str,
    /// Byte position in the line.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(line: &'a str) -> Cursor<'a> {
        Cursor { line, at: 0 }
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or("")
    }

    pub(crate) fn slice(&self, span: Span) -> &'a str {
        span.of(self.line)
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn skip_space(&mut self) {
        self.skip_while(is_token_space);
    }

    pub(crate) fn skip_while(&mut self, accept: impl Fn(char) -> bool) -> Span {
        let start = self.at;
        self.at += self.rest().len() - self.rest().trim_start_matches(accept).len();
        Span::new(start, self.at)
    }

    /// Skips white space, then takes `token` if it is next.
    pub(crate) fn take(&mut self, token: &str) -> Option<Span> {
        let before = self.at;
        self.skip_space();
        if self.rest().starts_with(token) {
            let span = Span::new(self.at, self.at + token.len());
            self.at = span.end;
            Some(span)
        } else {
            self.at = before;
            None
        }
    }

    /// Skips white space, then takes a word of a first and following characters.
    pub(crate) fn word(
        &mut self,
        first: impl Fn(char) -> bool,
        other: impl Fn(char) -> bool,
    ) -> Option<Span> {
        let before = self.at;
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(c) if first(c) => {
                self.at += c.len_utf8();
                let end = self.skip_while(other).end;
                Some(Span::new(start, end))
            }
            _ => {
                self.at = before;
                None
            }
        }
    }

    /// Moves to the next `target` that is not inside `'...'` or `"..."`. A quote without its partner is an
    /// ordinary character. Returns whether one was found; otherwise the cursor stays.
    pub(crate) fn skip_to_unquoted(&mut self, target: char) -> bool {
        let rest = self.rest();
        let mut offset = 0;
        while let Some(c) = rest.get(offset..).and_then(|tail| tail.chars().next()) {
            if c == target {
                self.at += offset;
                return true;
            }
            let after = offset + c.len_utf8();
            offset = match c {
                '"' | '\'' => {
                    let tail = rest.get(after..).unwrap_or("");
                    match tail.find([c, '\n', '\r']) {
                        Some(end) if tail.get(end..).is_some_and(|t| t.starts_with(c)) => after + end + 1,
                        _ => after,
                    }
                }
                _ => after,
            };
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_blank_lines_indentation_and_carriage_returns() {
        let text = "\r\n  # c\r\n\r\n\ta : int \u{a0}\r\n---\r\n";
        let found: Vec<_> = lines(text).into_iter().map(|s| s.of(text)).collect();
        assert_eq!(found, ["# c", "a : int", "---"]);
    }

    #[test]
    fn tabs_expand_from_the_start_of_the_line() {
        assert_eq!(expand_tabs("ab\tc\td", Span::new(3, 6)), "c       d");
    }

    #[test]
    fn quotes_protect_and_lone_quotes_do_not() {
        for (text, expected) in
            [("a':'b:c", Some(5)), ("it's:x", Some(4)), ("\"a:b\"", None), ("'a\":\"'", None)]
        {
            let mut cursor = Cursor::new(text);
            let found = cursor.skip_to_unquoted(':').then_some(cursor.at);
            assert_eq!(found, expected, "{text}");
        }
    }
}
