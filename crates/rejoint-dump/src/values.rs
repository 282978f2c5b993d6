//! The rows of an INSERT: scanned where they lie, decoded in place.

use crate::charset::Charset;
use crate::token::{Quoting, after_quoted, unescape};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RawKind {
    Null,
    Number,
    Text(Charset),
    Bytes,
}

/// How a literal is written; decoded ones are `Plain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    Plain,
    Quoted(u8),
    Hex,
    Bits,
}

/// A value by its place in the window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawValue {
    start: usize,
    end: usize,
    kind: RawKind,
    writing: Writing,
}

/// One value of a row as the dump holds it, without quotes and escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// A number as written: `-1`, `0.10`, `1e-300`.
    Number(&'a [u8]),
    /// A text literal, in the character set of its introducer or of the dump's session.
    ///
    /// A dump without `--hex-blob` writes binary columns so too, unless it marks them by `_binary`: then these are
    /// the column's bytes. [`crate::RowTypes`] knows the columns.
    Text(&'a [u8], Charset),
    /// A hexadecimal, bit or `_binary` literal.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// A short rendering for messages.
    pub fn display(&self) -> String {
        match self {
            Value::Null => "NULL".to_owned(),
            Value::Number(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::Text(bytes, _) => rejoint_value::Cell::Text(bytes).display(),
            Value::Bytes(bytes) => rejoint_value::Cell::Bytes(bytes).display(),
        }
    }
}

/// What does not fit in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

/// What literals mean at this place of the dump.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literals {
    pub(crate) quoting: Quoting,
    pub(crate) charset: Charset,
}

/// The first byte at or after `at` that is no space.
pub(crate) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Scans `(value, …)` from `at` and appends its values. Gives the byte after `)`; `None`: more input is needed.
///
/// Nothing is changed in `bytes`, so that a row that is not all there can be scanned again.
pub(crate) fn scan_row(
    bytes: &[u8],
    at: usize,
    literals: Literals,
    out: &mut Vec<RawValue>,
) -> Result<Option<usize>, Misfit> {
    let mut at = at;
    match bytes.get(at) {
        None => return Ok(None),
        Some(b'(') => at = skip_space(bytes, at + 1),
        Some(_) => return Err(Misfit { at, what: "a row does not begin with (" }),
    }
    if bytes.get(at) == Some(&b')') {
        return Ok(Some(at + 1));
    }
    loop {
        let Some((value, next)) = scan_value(bytes, at, literals)? else { return Ok(None) };
        out.push(value);
        at = match bytes.get(next) {
            Some(b',') => next + 1,
            Some(b')') => return Ok(Some(next + 1)),
            _ => {
                let at = skip_space(bytes, next);
                match bytes.get(at) {
                    None => return Ok(None),
                    Some(b',') => at + 1,
                    Some(b')') => return Ok(Some(at + 1)),
                    Some(_) => return Err(Misfit { at, what: "a value is not followed by , or )" }),
                }
            }
        };
        if bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at = skip_space(bytes, at);
        }
    }
}

fn scan_value(bytes: &[u8], at: usize, literals: Literals) -> Result<Option<(RawValue, usize)>, Misfit> {
    let Some(first) = bytes.get(at).copied() else { return Ok(None) };
    let second = bytes.get(at + 1).copied();
    match first {
        b'\'' => Ok(quoted(bytes, at, RawKind::Text(literals.charset), literals.quoting)),
        b'"' if !literals.quoting.ansi => {
            Ok(quoted(bytes, at, RawKind::Text(literals.charset), literals.quoting))
        }
        b'0' if matches!(second, Some(b'x' | b'X')) => prefixed(bytes, at, Writing::Hex),
        b'0' if matches!(second, Some(b'b' | b'B')) => prefixed(bytes, at, Writing::Bits),
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(bytes, at),
        b'x' | b'X' if second == Some(b'\'') => delimited(bytes, at, Writing::Hex),
        b'b' | b'B' if second == Some(b'\'') => delimited(bytes, at, Writing::Bits),
        b'_' => introduced(bytes, at, literals),
        _ if first.is_ascii_alphabetic() => word(bytes, at, literals),
        _ => Err(Misfit { at, what: "no value begins so" }),
    }
}

fn quoted(bytes: &[u8], at: usize, kind: RawKind, quoting: Quoting) -> Option<(RawValue, usize)> {
    let quote = *bytes.get(at)?;
    // the common case first: no escape at all
    let rest = bytes.get(at + 1..)?;
    let backslash = !quoting.no_backslash;
    let found = if backslash { memchr::memchr2(quote, b'\\', rest) } else { memchr::memchr(quote, rest) }?;
    let close = at + 1 + found;
    if *bytes.get(close)? == quote && *bytes.get(close + 1)? != quote {
        return Some((RawValue { start: at + 1, end: close, kind, writing: Writing::Plain }, close + 1));
    }
    let next = after_quoted(bytes, close, quote, quoting)?;
    Some((RawValue { start: at + 1, end: next - 1, kind, writing: Writing::Quoted(quote) }, next))
}

/// `NULL`, `TRUE`, `FALSE`, `N'…'`.
fn word(bytes: &[u8], at: usize, literals: Literals) -> Result<Option<(RawValue, usize)>, Misfit> {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(rest.len());
    if length == rest.len() && length <= 5 {
        return Ok(None);
    }
    let found = rest.get(..length).unwrap_or_default();
    if found.eq_ignore_ascii_case(b"NULL") {
        return Ok(Some((
            RawValue { start: at, end: at, kind: RawKind::Null, writing: Writing::Plain },
            at + length,
        )));
    }
    if found.eq_ignore_ascii_case(b"N") && rest.get(1) == Some(&b'\'') {
        return Ok(quoted(bytes, at + 1, RawKind::Text(Charset::UTF8MB3), literals.quoting));
    }
    Err(Misfit { at, what: "neither a literal nor NULL" })
}

/// `_binary '…'`, `_utf8mb4 '…'`, `_latin1 x'…'`, with or without a space between.
fn introduced(bytes: &[u8], at: usize, literals: Literals) -> Result<Option<(RawValue, usize)>, Misfit> {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let Some(length) = rest.iter().position(|b| !b.is_ascii_alphanumeric()) else {
        return if rest.len() > 16 { Err(Misfit { at, what: "no value begins so" }) } else { Ok(None) };
    };
    let name = rest.get(..length).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
    let Some(charset) = Charset::from_name(name) else {
        return Err(Misfit { at, what: "an unknown character set" });
    };
    let kind = if charset == Charset::BINARY { RawKind::Bytes } else { RawKind::Text(charset) };
    let at = skip_space(bytes, at + 1 + length);
    let (Some(first), second) = (bytes.get(at).copied(), bytes.get(at + 1).copied()) else { return Ok(None) };
    let found = match first {
        b'\'' => return Ok(quoted(bytes, at, kind, literals.quoting)),
        b'x' | b'X' if second == Some(b'\'') => delimited(bytes, at, Writing::Hex)?,
        b'b' | b'B' if second == Some(b'\'') => delimited(bytes, at, Writing::Bits)?,
        b'0' if matches!(second, Some(b'x' | b'X')) => prefixed(bytes, at, Writing::Hex)?,
        b'0' if matches!(second, Some(b'b' | b'B')) => prefixed(bytes, at, Writing::Bits)?,
        _ if second.is_none() => return Ok(None),
        _ => return Err(Misfit { at, what: "a character set is not followed by a literal" }),
    };
    Ok(found.map(|(value, next)| (RawValue { kind, ..value }, next)))
}

/// `0x…` and `0b…`.
fn prefixed(bytes: &[u8], at: usize, writing: Writing) -> Result<Option<(RawValue, usize)>, Misfit> {
    let start = at + 2;
    let rest = bytes.get(start..).unwrap_or_default();
    let Some(length) = after_digits(rest, writing) else { return Ok(None) };
    if length == 0 || rest.get(length).is_some_and(|b| b.is_ascii_alphanumeric()) {
        return Err(Misfit { at: start + length, what: "no digit of this literal" });
    }
    Ok(Some((RawValue { start, end: start + length, kind: RawKind::Bytes, writing }, start + length)))
}

/// `x'…'` and `b'…'`.
fn delimited(bytes: &[u8], at: usize, writing: Writing) -> Result<Option<(RawValue, usize)>, Misfit> {
    let start = at + 2;
    let rest = bytes.get(start..).unwrap_or_default();
    let Some(length) = after_digits(rest, writing) else { return Ok(None) };
    if rest.get(length) != Some(&b'\'') || (writing == Writing::Hex && length % 2 == 1) {
        return Err(Misfit { at: start + length, what: "no digit of this literal" });
    }
    Ok(Some((RawValue { start, end: start + length, kind: RawKind::Bytes, writing }, start + length + 1)))
}

/// How many digits there are; `None` if nothing else follows them.
fn after_digits(bytes: &[u8], writing: Writing) -> Option<usize> {
    let mut at = 0;
    if writing == Writing::Hex {
        // block by block, without a branch per byte
        while let Some(block) = bytes.get(at..at + 64) {
            if !block.iter().fold(true, |all, byte| all & byte.is_ascii_hexdigit()) {
                break;
            }
            at += 64;
        }
        return bytes.get(at..)?.iter().position(|b| !b.is_ascii_hexdigit()).map(|found| at + found);
    }
    while matches!(bytes.get(at)?, b'0' | b'1') {
        at += 1;
    }
    Some(at)
}

/// `[+-]digits[.digits][e[+-]digits]`.
fn number(bytes: &[u8], start: usize) -> Result<Option<(RawValue, usize)>, Misfit> {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut at = start + usize::from(matches!(bytes.get(start), Some(b'-' | b'+')));
    let whole = at;
    at = digits(at);
    let mut n_digits = at - whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = at + 1;
        at = digits(fraction);
        n_digits += at - fraction;
    }
    if n_digits > 0 && matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'-' | b'+')));
        let exponent = at;
        at = digits(exponent);
        if at == exponent && bytes.get(at).is_some() {
            return Err(Misfit { at, what: "a number without exponent" });
        }
    }
    match bytes.get(at) {
        None => Ok(None),
        Some(next) if n_digits == 0 || next.is_ascii_alphanumeric() || matches!(next, b'.' | b'_') => {
            Err(Misfit { at, what: "no digit of a number" })
        }
        Some(_) => {
            Ok(Some((RawValue { start, end: at, kind: RawKind::Number, writing: Writing::Plain }, at)))
        }
    }
}

/// Decodes a value where it lies. Its decoded form is never longer than the written one.
pub(crate) fn decode(bytes: &mut [u8], value: &mut RawValue, quoting: Quoting) {
    let Some(place) = bytes.get_mut(value.start..value.end) else { return };
    let length = match value.writing {
        Writing::Plain => return,
        Writing::Quoted(quote) => unescape(place, quote, !quoting.no_backslash),
        Writing::Hex => decode_hex(place),
        Writing::Bits => decode_bits(place),
    };
    value.end = value.start + length;
    value.writing = Writing::Plain;
}

fn decode_hex(place: &mut [u8]) -> usize {
    let length = place.len().div_ceil(2);
    // as the server reads 0xABC: 0x0ABC
    let odd = place.len() % 2;
    if odd == 1
        && let Some(first) = place.first_mut()
    {
        *first = hex_digit(*first);
    }
    // whole blocks through a copy on the stack: reading and writing the same slice is slow
    let (mut read, mut write) = (odd, odd);
    let mut block = [0u8; 128];
    while read < place.len() {
        let count = (place.len() - read).min(block.len());
        let (Some(digits), Some(from)) = (block.get_mut(..count), place.get(read..read + count)) else {
            break;
        };
        digits.copy_from_slice(from);
        let Some(to) = place.get_mut(write..write + count / 2) else { break };
        for (byte, pair) in to.iter_mut().zip(digits.chunks_exact(2)) {
            if let [high, low] = pair {
                *byte = hex_digit(*high) << 4 | hex_digit(*low);
            }
        }
        read += count;
        write += count / 2;
    }
    length
}

/// The value of a digit; what is no digit was refused before.
fn hex_digit(byte: u8) -> u8 {
    // letters, in either case, have bit 6 set and begin at 1
    (byte & 0x0f) + (byte >> 6) * 9
}

fn decode_bits(place: &mut [u8]) -> usize {
    let length = place.len().div_ceil(8);
    let mut missing = length * 8 - place.len();
    let mut read = 0;
    for index in 0..length {
        let mut byte = 0u8;
        for _ in missing..8 {
            byte = byte << 1 | u8::from(place.get(read) == Some(&b'1'));
            read += 1;
        }
        missing = 0;
        if let Some(out) = place.get_mut(index) {
            *out = byte;
        }
    }
    length
}

/// The value behind its place; `bytes` is the same window that was scanned.
pub(crate) fn resolve<'a>(bytes: &'a [u8], value: &RawValue) -> Value<'a> {
    let content = bytes.get(value.start..value.end).unwrap_or_default();
    match value.kind {
        RawKind::Null => Value::Null,
        RawKind::Number => Value::Number(content),
        RawKind::Text(charset) => Value::Text(content, charset),
        RawKind::Bytes => Value::Bytes(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LITERALS: Literals =
        Literals { quoting: Quoting { no_backslash: false, ansi: false }, charset: Charset::UTF8MB4 };

    fn row(text: &[u8]) -> Result<Option<String>, Misfit> {
        let mut bytes = text.to_vec();
        let mut values = Vec::new();
        let Some(end) = scan_row(&bytes, 0, LITERALS, &mut values)? else { return Ok(None) };
        let mut shown = Vec::new();
        for value in &mut values {
            decode(&mut bytes, value, LITERALS.quoting);
            shown.push(match resolve(&bytes, value) {
                Value::Text(_, charset) if charset != Charset::UTF8MB4 => {
                    format!("{charset}:{}", resolve(&bytes, value).display())
                }
                other => other.display(),
            });
        }
        Ok(Some(format!("{} | {}", shown.join(" "), String::from_utf8_lossy(&text[end..]))))
    }

    #[test]
    fn every_literal_is_read() {
        let text = br"(NULL,-1.50e-3, 'a\'b''c\\' ,_binary '\0\\\n',0x0aFF,x'',b'100000001',0b1,_latin1'\'x',N'y',_utf8mb4 0x41),";
        insta::assert_snapshot!(row(text).unwrap().unwrap(), @r#"NULL -1.50e-3 "a'b'c\\" 0x005c0a 0x0aff 0x 0x0101 0x01 latin1:"'x" utf8mb3:"y" "A" | ,"#);
        assert_eq!(row(b"() ;").unwrap().unwrap(), " |  ;");
    }

    #[test]
    fn damage_is_found_where_it_is() {
        for (text, at) in [
            ("x", 0),
            ("(1.2.3)", 4),
            ("(1,,2)", 3),
            ("('a' 'b')", 5),
            ("(-)", 2),
            ("(1e)", 3),
            ("(0xZ)", 3),
            ("(0x1G)", 4),
            ("(x'abc')", 6),
            ("(inf)", 1),
            ("(_klingon 'a')", 1),
            ("(1 2)", 3),
            ("(CAST(1 AS JSON))", 1),
        ] {
            assert_eq!(row(text.as_bytes()).map_err(|m| m.at), Err(at), "{text}");
        }
    }

    #[test]
    fn a_cut_row_waits_for_more() {
        let whole = br"(1,NULL,'a\'b''c',_binary 'x',0x41,x'41',-1e5,N'z')";
        for length in 0..whole.len() {
            assert_eq!(row(&whole[..length]), Ok(None), "{length}");
        }
        assert!(row(whole).unwrap().is_some());
    }

    proptest! {
        #[test]
        fn any_bytes_are_scanned_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut text = b"(".to_vec();
            text.extend(bytes);
            let _ = row(&text);
        }
    }
}
