//! String constants: which bytes spell which characters, and how to write new text into them.

use std::ops::Range;

use ruff_python_ast::{Expr, InterpolatedStringElement, StringFlags};
use ruff_text_size::Ranged;

use crate::source::SourceFile;

/// The text of one string constant (or one constant piece of an f-string) and where its characters are spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The text.
    pub text: String,
    /// Bytes of the file between the quotes (for an f-string: of the piece).
    pub range: Range<usize>,
    /// The quotes around it.
    pub quote: String,
    /// No escapes are read in it.
    pub raw: bool,
    /// It is part of an f-string: braces are doubled.
    pub formatted: bool,
    /// For each character that is spelled with other than its own bytes: its place in the text, its length
    /// there, its place in the file, its length there.
    escapes: Vec<(usize, usize, usize, usize)>,
}

/// One part of a string expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiteralPart {
    /// Constant text.
    Text(Literal),
    /// A replacement field of an f-string.
    Field(Range<usize>),
}

/// The parts of a string expression: a constant, an f-string, or several of them side by side. Empty for anything
/// else and for a byte string.
pub fn parts_of(source: &SourceFile, expr: &Expr) -> Vec<LiteralPart> {
    let mut parts = Vec::new();
    match expr {
        Expr::StringLiteral(text) => {
            for piece in text.value.iter() {
                let range = piece.range();
                let open = piece.flags.opener_len().to_usize();
                let close = piece.flags.closer_len().to_usize();
                let inner = range.start().to_usize() + open..range.end().to_usize() - close;
                let quote = piece.flags.quote_str().to_owned();
                let raw = piece.flags.prefix().is_raw();
                parts.push(LiteralPart::Text(Literal::read(source, inner, quote, raw, false)));
            }
        }
        Expr::FString(text) => {
            for piece in text.value.iter() {
                match piece {
                    ruff_python_ast::FStringPart::Literal(piece) => {
                        let range = piece.range();
                        let open = piece.flags.opener_len().to_usize();
                        let close = piece.flags.closer_len().to_usize();
                        let inner = range.start().to_usize() + open..range.end().to_usize() - close;
                        let quote = piece.flags.quote_str().to_owned();
                        let raw = piece.flags.prefix().is_raw();
                        parts.push(LiteralPart::Text(Literal::read(source, inner, quote, raw, false)));
                    }
                    ruff_python_ast::FStringPart::FString(piece) => {
                        let quote = piece.flags.quote_str().to_owned();
                        let raw = piece.flags.prefix().is_raw();
                        for element in &piece.elements {
                            let range = element.range();
                            let range = range.start().to_usize()..range.end().to_usize();
                            parts.push(match element {
                                InterpolatedStringElement::Literal(_) => {
                                    LiteralPart::Text(Literal::read(source, range, quote.clone(), raw, true))
                                }
                                InterpolatedStringElement::Interpolation(_) => LiteralPart::Field(range),
                            });
                        }
                    }
                }
            }
        }
        _ => {}
    }
    parts
}

impl Literal {
    fn read(source: &SourceFile, range: Range<usize>, quote: String, raw: bool, formatted: bool) -> Literal {
        let spelled = source.slice(range.clone());
        let mut text = String::with_capacity(spelled.len());
        let mut escapes = Vec::new();
        let mut at = 0;
        while let Some(character) = spelled.get(at..).and_then(|rest| rest.chars().next()) {
            let start = at;
            at += character.len_utf8();
            let rest = spelled.get(at..).unwrap_or("");
            let written: Option<String> = match character {
                '\r' => {
                    // Python reads every line break as \n.
                    if rest.starts_with('\n') {
                        at += 1;
                    }
                    Some("\n".to_owned())
                }
                '{' | '}' if formatted && rest.starts_with(character) => {
                    at += 1;
                    Some(character.to_string())
                }
                '\\' if !raw => match escape(rest) {
                    Some((taken, value)) => {
                        at += taken;
                        Some(value)
                    }
                    None => None,
                },
                _ => None,
            };
            match written {
                Some(value) => {
                    escapes.push((text.len(), value.len(), range.start + start, at - start));
                    text.push_str(&value);
                }
                None => text.push(character),
            }
        }
        Literal { text, range, quote, raw, formatted, escapes }
    }

    /// The bytes of the file that spell a range of the text; `None` when it cuts through an escape.
    pub fn source_range(&self, range: Range<usize>) -> Option<Range<usize>> {
        let start = self.source_offset(range.start)?;
        let end = if range.is_empty() { start } else { self.source_offset_before(range.end)? };
        Some(start..end)
    }

    fn source_offset(&self, offset: usize) -> Option<usize> {
        let mut shift = 0isize;
        for (text, text_len, file, file_len) in &self.escapes {
            if *text >= offset && *text_len > 0 {
                break;
            }
            if text + text_len > offset {
                return (*text == offset).then_some(*file);
            }
            shift += *file_len as isize - *text_len as isize;
        }
        Some((self.range.start + offset).saturating_add_signed(shift))
    }

    fn source_offset_before(&self, offset: usize) -> Option<usize> {
        let mut shift = 0isize;
        for (text, text_len, _, file_len) in &self.escapes {
            if *text >= offset {
                break;
            }
            if text + text_len > offset {
                return None;
            }
            shift += *file_len as isize - *text_len as isize;
        }
        Some((self.range.start + offset).saturating_add_signed(shift))
    }

    /// Spells text so that it can stand inside this constant. `None` when it cannot (a quote in a raw string).
    pub fn spell(&self, text: &str) -> Option<String> {
        let quote = self.quote.chars().next().unwrap_or('"');
        let triple = self.quote.len() == 3;
        // A backslash before the closing quotes of a raw string cannot be written.
        if self.raw && text.ends_with('\\') {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.chars().peekable();
        let mut first = true;
        while let Some(character) = rest.next() {
            match character {
                '\\' if !self.raw => out.push_str("\\\\"),
                '\n' if !triple => {
                    if self.raw {
                        return None;
                    }
                    out.push_str("\\n");
                }
                c if c == quote => {
                    // Inside triple quotes a quote is harmless unless it stands next to another one.
                    let harmless = triple && !first && rest.peek().is_some_and(|next| *next != quote);
                    if !harmless {
                        if self.raw {
                            return None;
                        }
                        out.push('\\');
                    }
                    out.push(c);
                }
                '{' | '}' if self.formatted => {
                    out.push(character);
                    out.push(character);
                }
                c => out.push(c),
            }
            first = false;
        }
        Some(out)
    }
}

/// What an escape sequence means: the bytes taken after the backslash, and the text. `None`: the backslash is
/// itself.
fn escape(rest: &str) -> Option<(usize, String)> {
    let first = rest.chars().next()?;
    let simple = |value: &str| Some((first.len_utf8(), value.to_owned()));
    match first {
        '\n' => simple(""),
        '\r' => Some((if rest.starts_with("\r\n") { 2 } else { 1 }, String::new())),
        '\\' => simple("\\"),
        '\'' => simple("'"),
        '"' => simple("\""),
        'a' => simple("\u{7}"),
        'b' => simple("\u{8}"),
        'f' => simple("\u{c}"),
        'n' => simple("\n"),
        'r' => simple("\r"),
        't' => simple("\t"),
        'v' => simple("\u{b}"),
        '0'..='7' => {
            let digits: String = rest.chars().take(3).take_while(|c| ('0'..='7').contains(c)).collect();
            let value = u32::from_str_radix(&digits, 8).ok()?;
            Some((digits.len(), char::from_u32(value)?.to_string()))
        }
        'x' => hex(rest, 2),
        'u' => hex(rest, 4),
        'U' => hex(rest, 8),
        // A character by name: its length is known, its value stands in as one character.
        'N' => {
            let end = rest.find('}')?;
            Some((end + 1, '\u{fffd}'.to_string()))
        }
        _ => None,
    }
}

fn hex(rest: &str, digits: usize) -> Option<(usize, String)> {
    let value = u32::from_str_radix(rest.get(1..=digits)?, 16).ok()?;
    Some((digits + 1, char::from_u32(value).unwrap_or('\u{fffd}').to_string()))
}
