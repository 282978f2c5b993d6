//! SQL text as bytes: where quotes, comments and statements end, and the words of a statement.

use memchr::memchr2;

/// How quotes are written at this place of the dump; triggers and routines may switch it by `sql_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Quoting {
    /// `NO_BACKSLASH_ESCAPES`: a backslash is an ordinary character.
    pub(crate) no_backslash: bool,
    /// `ANSI_QUOTES`: `"` quotes names.
    pub(crate) ansi: bool,
}

impl Quoting {
    fn backslash(self, quote: u8) -> bool {
        match quote {
            b'\'' => !self.no_backslash,
            b'"' => !self.no_backslash && !self.ansi,
            _ => false,
        }
    }
}

/// The byte after the closing quote; `at` is the byte after the opening one. `None`: it does not end in `bytes`.
///
/// A quote that is the last byte counts as unclosed, as the next byte could double it.
pub(crate) fn after_quoted(bytes: &[u8], mut at: usize, quote: u8, quoting: Quoting) -> Option<usize> {
    let backslash = quoting.backslash(quote);
    loop {
        let rest = bytes.get(at..)?;
        let found = if backslash { memchr2(quote, b'\\', rest) } else { memchr::memchr(quote, rest) }?;
        at += found;
        let escape = backslash && bytes.get(at) == Some(&b'\\');
        if !escape && *bytes.get(at + 1)? != quote {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Is there a comment to the end of the line?
fn is_line_comment(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        Some(b'#') => true,
        Some(b'-') => {
            bytes.get(at + 1) == Some(&b'-')
                && bytes.get(at + 2).is_none_or(|b| b.is_ascii_whitespace() || *b < b' ')
        }
        _ => false,
    }
}

/// The length of `/*!`, `/*M!` and the digits behind, and the number; `None` if this is no versioned comment.
pub(crate) fn version_comment(bytes: &[u8], at: usize) -> Option<(usize, u32)> {
    let rest = bytes.get(at..)?;
    let mut length = if rest.starts_with(b"/*!") {
        3
    } else if rest.starts_with(b"/*M!") {
        4
    } else {
        return None;
    };
    let mut version = 0u32;
    let first = length;
    while let Some(digit) = rest.get(length).filter(|b| b.is_ascii_digit() && length < first + 6) {
        version = version * 10 + u32::from(digit - b'0');
        length += 1;
    }
    Some((length, version))
}

/// The byte after `*/`.
pub(crate) fn after_comment(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    memchr::memmem::find(rest, b"*/").map(|found| at + found + 2)
}

/// Where the statement ends that starts at byte 0: before its delimiter. `None`: it does not end in `bytes`.
pub(crate) fn statement_end(bytes: &[u8], delimiter: &[u8], quoting: Quoting) -> Option<usize> {
    let mut at = 0;
    let mut depth = 0u32;
    let first = *delimiter.first()?;
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'\'' | b'"' | b'`' => at = after_quoted(bytes, at + 1, byte, quoting)?,
            b'/' if bytes.get(at + 1) == Some(&b'*') => match version_comment(bytes, at) {
                Some((length, version)) if version < 999_999 => {
                    depth += 1;
                    at += length;
                }
                _ => at = after_comment(bytes, at + 2)?,
            },
            b'*' if depth > 0 && bytes.get(at + 1) == Some(&b'/') => {
                depth -= 1;
                at += 2;
            }
            b'#' | b'-' if is_line_comment(bytes, at) => {
                // the delimiter counts even there for the server's own client only at the line's start
                at += memchr::memchr(b'\n', bytes.get(at..)?)? + 1;
            }
            _ if byte == first && depth == 0 && bytes.get(at..)?.starts_with(delimiter) => return Some(at),
            _ => at += 1,
        }
    }
}

/// A piece of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word or number: letters, digits, `_`, `$`, bytes above 127.
    Word,
    /// A name in back-ticks (or `"` with ANSI quotes).
    Name,
    /// A text literal.
    Text,
    /// Any other single byte.
    Symbol(u8),
    /// A quote that is not closed.
    Unclosed,
}

/// A piece of a statement with its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// Bytes as written, quotes included.
    pub(crate) raw: &'a [u8],
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token<'_> {
    /// Is it this keyword?
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.raw.eq_ignore_ascii_case(word.as_bytes())
    }

    pub(crate) fn is_symbol(&self, symbol: u8) -> bool {
        self.kind == Kind::Symbol(symbol)
    }

    /// The word, name or text without quotes.
    pub(crate) fn value(&self, quoting: Quoting) -> Vec<u8> {
        let Some((quote, inner)) = self.raw.split_first().filter(|_| self.kind != Kind::Word) else {
            return self.raw.to_vec();
        };
        let mut inner = inner.split_last().map(|(_, inner)| inner.to_vec()).unwrap_or_default();
        let length = unescape(&mut inner, *quote, quoting.backslash(*quote));
        inner.truncate(length);
        inner
    }
}

/// Splits a statement into tokens. Comments and the marks of versioned comments are stepped over.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    quoting: Quoting,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(bytes: &'a [u8], quoting: Quoting) -> Self {
        Self { bytes, at: 0, quoting }
    }

    /// Where the next token is looked for.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next token without stepping over it.
    pub(crate) fn peek(&self) -> Option<Token<'a>> {
        self.clone().next()
    }

    /// Steps over this keyword if it comes next.
    pub(crate) fn accept(&mut self, word: &str) -> bool {
        self.accept_if(|token| token.is(word))
    }

    /// Steps over this symbol if it comes next.
    pub(crate) fn accept_symbol(&mut self, symbol: u8) -> bool {
        self.accept_if(|token| token.is_symbol(symbol))
    }

    fn accept_if(&mut self, wanted: impl Fn(&Token<'_>) -> bool) -> bool {
        let mut ahead = self.clone();
        let found = ahead.next().is_some_and(|token| wanted(&token));
        if found {
            *self = ahead;
        }
        found
    }

    /// A name, quoted or not.
    pub(crate) fn name(&mut self) -> Option<Vec<u8>> {
        let token = self.next()?;
        matches!(token.kind, Kind::Name | Kind::Word).then(|| token.value(self.quoting))
    }

    /// Steps behind the parenthesis that closes one already read.
    pub(crate) fn skip_parentheses(&mut self) {
        let mut depth = 1;
        for token in self.by_ref() {
            match token.kind {
                Kind::Symbol(b'(') => depth += 1,
                Kind::Symbol(b')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_space(&mut self) -> Option<()> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if byte == b'*' && self.bytes.get(self.at + 1) == Some(&b'/') {
                self.at += 2;
            } else if is_line_comment(self.bytes, self.at) {
                let rest = self.bytes.get(self.at..)?;
                self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |found| found + 1);
            } else if self.bytes.get(self.at..)?.starts_with(b"/*") {
                match version_comment(self.bytes, self.at) {
                    Some((length, version)) if version < 999_999 => self.at += length,
                    _ => self.at = after_comment(self.bytes, self.at + 2).unwrap_or(self.bytes.len()),
                }
            } else {
                return Some(());
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space()?;
        let start = self.at;
        let byte = *self.bytes.get(start)?;
        let (kind, end) = match byte {
            b'\'' | b'"' | b'`' => {
                let name = byte == b'`' || (byte == b'"' && self.quoting.ansi);
                let kind = if name { Kind::Name } else { Kind::Text };
                // a quote at the very end of a statement is closed
                match after_quoted(self.bytes, start + 1, byte, self.quoting) {
                    Some(end) => (kind, end),
                    None if closed_by_last_byte(self.bytes, start, byte, self.quoting) => {
                        (kind, self.bytes.len())
                    }
                    None => (Kind::Unclosed, self.bytes.len()),
                }
            }
            _ if is_word_byte(byte) => {
                let rest = self.bytes.get(start..)?;
                let length = rest.iter().position(|b| !is_word_byte(*b)).unwrap_or(rest.len());
                (Kind::Word, start + length)
            }
            _ => (Kind::Symbol(byte), start + 1),
        };
        self.at = end;
        Some(Token { kind, raw: self.bytes.get(start..end).unwrap_or_default(), start, end })
    }
}

fn closed_by_last_byte(bytes: &[u8], start: usize, quote: u8, quoting: Quoting) -> bool {
    // with one more byte that is no quote, a last quote closes
    let mut longer = bytes.get(start..).unwrap_or_default().to_vec();
    longer.push(b' ');
    longer.len() > 2 && after_quoted(&longer, 1, quote, quoting) == Some(longer.len() - 1)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Decodes the inside of a quoted text in place and returns its new length.
///
/// As the server does it: `\%` and `\_` keep their backslash, an unknown escape is the character itself.
pub(crate) fn unescape(bytes: &mut [u8], quote: u8, backslash: bool) -> usize {
    let mut read = 0;
    let mut write = 0;
    while let Some(rest) = bytes.get(read..).filter(|rest| !rest.is_empty()) {
        let found = if backslash { memchr2(quote, b'\\', rest) } else { memchr::memchr(quote, rest) };
        let plain = found.unwrap_or(rest.len());
        bytes.copy_within(read..read + plain, write);
        read += plain;
        write += plain;
        if found.is_none() {
            break;
        }
        let (Some(first), second) = (bytes.get(read).copied(), bytes.get(read + 1).copied()) else { break };
        let decoded = match second {
            Some(second) if first == b'\\' => match second {
                b'0' => 0,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'r' => b'\r',
                b'Z' => 0x1a,
                b'%' | b'_' => {
                    // the backslash stays; there is room, two bytes were read
                    if let Some(place) = bytes.get_mut(write) {
                        *place = b'\\';
                    }
                    write += 1;
                    second
                }
                other => other,
            },
            _ => first,
        };
        if let Some(place) = bytes.get_mut(write) {
            *place = decoded;
        }
        write += 1;
        read += 2;
    }
    write.min(bytes.len())
}

/// A statement without the marks of its versioned comments, as the server sees it.
///
/// Plain comments stay. `/*!50003 CREATE*/ /*!50017 DEFINER=x*/` becomes `CREATE DEFINER=x`.
pub(crate) fn without_version_comments(bytes: &[u8], quoting: Quoting) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut depth = 0u32;
    while let Some(byte) = bytes.get(at).copied() {
        let next = match byte {
            b'\'' | b'"' | b'`' => after_quoted(bytes, at + 1, byte, quoting).unwrap_or(bytes.len()),
            b'/' if bytes.get(at + 1) == Some(&b'*') => match version_comment(bytes, at) {
                Some((length, version)) if version < 999_999 => {
                    depth += 1;
                    at += length + usize::from(bytes.get(at + length) == Some(&b' '));
                    continue;
                }
                _ => after_comment(bytes, at + 2).unwrap_or(bytes.len()),
            },
            b'*' if depth > 0 && bytes.get(at + 1) == Some(&b'/') => {
                depth -= 1;
                at += 2;
                continue;
            }
            b'#' | b'-' if is_line_comment(bytes, at) => {
                let rest = bytes.get(at..).unwrap_or_default();
                at + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
            }
            _ => at + 1,
        };
        out.extend_from_slice(bytes.get(at..next).unwrap_or_default());
        at = next.max(at + 1);
    }
    out.trim_ascii().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, delimiter: &str) -> Option<usize> {
        statement_end(text.as_bytes(), delimiter.as_bytes(), Quoting::default())
    }

    #[test]
    fn statement_ends_at_its_delimiter_only() {
        assert_eq!(end("SELECT ';', \";\", `;` /* ; */ -- ;\n # ;\n;", ";"), Some(39));
        assert_eq!(end("/*!50003 BEGIN ';;' ; ;; END */;;", ";;"), Some(31));
        assert_eq!(end("'it''s \\' ;' ;", ";"), Some(13));
        assert_eq!(end("a--1;", ";"), Some(4));
        assert_eq!(end("'a;", ";"), None);
        assert_eq!(end("/* a;", ";"), None);
    }

    #[test]
    fn versioned_comments_are_unwrapped() {
        let text =
            "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`h*/`*/ /*!50003 TRIGGER t /* c ; */ SET x = '*/' \n*/";
        let plain = without_version_comments(text.as_bytes(), Quoting::default());
        insta::assert_snapshot!(String::from_utf8(plain).unwrap(), @"CREATE DEFINER=`r`@`h*/` TRIGGER t /* c ; */ SET x = '*/'");
    }

    #[test]
    fn every_escape_is_decoded() {
        let mut text = br#"\0\b\t\n\r\Z\'\"\\\%\_\x''."#.to_vec();
        let length = unescape(&mut text, b'\'', true);
        assert_eq!(&text[..length], b"\0\x08\t\n\r\x1a'\"\\\\%\\_x'.");
        let mut text = br"a\n''b".to_vec();
        let length = unescape(&mut text, b'\'', false);
        assert_eq!(&text[..length], br"a\n'b");
    }

    #[test]
    fn names_and_texts_lose_their_quotes() {
        let tokens = Tokens::new(br#"x `a``b\` 'c''d\n' "e" 1.5"#, Quoting::default());
        let values: Vec<_> =
            tokens.map(|t| String::from_utf8(t.value(Quoting::default())).unwrap()).collect();
        assert_eq!(values, ["x", "a`b\\", "c'd\n", "e", "1", "", "5"]);
    }
}
