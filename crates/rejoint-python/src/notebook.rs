//! Notebooks: find the source strings of the code cells in the JSON, byte for byte.
//!
//! The JSON is never parsed into values and printed again: a scanner records where the characters of every
//! `source` string lie, and an edit replaces only those bytes. Cell ids, metadata, outputs, indentation, key
//! order and the spelling of escapes therefore stay as they were.
//!
//! Limits: nbformat 4 only (format 3, `worksheets`, is reported); a notebook of another language than Python has
//! no Python cells; cells that start with a `%%` magic whose body is not Python are left out.

use std::ops::Range;

/// One code cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Number among all cells, from 1.
    pub number: usize,
    /// Where its source lies in the joined text.
    pub text: Range<usize>,
    /// Whether its source is Python (not another language by a cell magic).
    pub python: bool,
}

/// A notebook: its joined text and the way back into the JSON.
#[derive(Debug, Clone)]
pub(crate) struct Notebook {
    text: String,
    cells: Vec<Cell>,
    chars: Vec<CharRun>,
    lists: Vec<ListRun>,
}

/// A run of text bytes whose JSON form has the same length (plain), or one escaped character.
#[derive(Debug, Clone, Copy)]
struct CharRun {
    text: usize,
    text_len: usize,
    raw: usize,
    raw_len: usize,
}

/// A cell whose source is a list of strings: what separates two of its items.
#[derive(Debug, Clone)]
struct ListRun {
    text: Range<usize>,
    separator: String,
    /// The strings: where they are in the text, and in the JSON with their quotes.
    items: Vec<(Range<usize>, Range<usize>)>,
}

/// Why a notebook could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotebookProblem {
    #[error("JSON syntax at byte {0}")]
    Syntax(usize),
    #[error("JSON nested deeper than 200 levels")]
    Deep,
    #[error("no list of cells at the top level (format 3 or older?)")]
    NoCells,
}

/// Cell magics whose body is Python of the same session.
const PYTHON_MAGICS: &[&str] = &["capture", "debug", "prun", "time", "timeit", "memit", "mprun", "lprun"];

struct StringSpan {
    value: String,
    runs: Vec<CharRun>,
    start: usize,
    end: usize,
}

enum Source {
    One(StringSpan),
    Many(Vec<StringSpan>),
}

impl Notebook {
    pub(crate) fn read(raw: &str) -> Result<Notebook, NotebookProblem> {
        let mut scanner = Scanner { raw, bytes: raw.as_bytes(), at: 0, depth: 0 };
        let mut sources: Vec<(usize, Source)> = Vec::new();
        let mut found_cells = false;
        let mut language: Option<String> = None;
        if scanner.raw.starts_with('\u{feff}') {
            scanner.at = 3;
        }
        scanner.object(|scanner, key| match key {
            "cells" => {
                found_cells = true;
                let mut number = 0;
                scanner.array(|scanner| {
                    number += 1;
                    let mut code = false;
                    let mut source = None;
                    scanner.object(|scanner, key| match key {
                        "cell_type" => {
                            code = scanner.string()?.value == "code";
                            Ok(())
                        }
                        "source" => {
                            source = scanner.source()?;
                            Ok(())
                        }
                        _ => scanner.value(),
                    })?;
                    if let (true, Some(source)) = (code, source) {
                        sources.push((number, source));
                    }
                    Ok(())
                })
            }
            "metadata" => scanner.object(|scanner, key| match key {
                "kernelspec" | "language_info" => scanner.object(|scanner, key| match key {
                    "language" | "name" if scanner.peek() == Some(b'"') => {
                        let value = scanner.string()?.value;
                        if key == "language" || language.is_none() {
                            language = Some(value);
                        }
                        Ok(())
                    }
                    _ => scanner.value(),
                }),
                _ => scanner.value(),
            }),
            _ => scanner.value(),
        })?;
        if !found_cells {
            return Err(NotebookProblem::NoCells);
        }
        // A kernel is often named after an environment, so only names of other languages exclude a notebook.
        let python = language.is_none_or(|name| {
            let name = name.to_lowercase();
            !["matlab", "octave", "julia", "r", "ir", "bash", "javascript", "c++", "rust"]
                .contains(&name.as_str())
        });
        let mut notebook =
            Notebook { text: String::new(), cells: Vec::new(), chars: Vec::new(), lists: Vec::new() };
        for (number, source) in sources {
            notebook.push(raw, number, source, python);
        }
        Ok(notebook)
    }

    fn push(&mut self, raw: &str, number: usize, source: Source, python: bool) {
        let start = self.text.len();
        let strings = match source {
            Source::One(string) => vec![string],
            Source::Many(strings) => {
                let separator = match strings.as_slice() {
                    [first, second, ..] => raw.get(first.end..second.start).unwrap_or(",").to_owned(),
                    [only] => {
                        let before = raw.get(..only.start).unwrap_or("");
                        let blank = before.len() - before.trim_end().len();
                        format!(",{}", before.get(before.len() - blank..).unwrap_or(""))
                    }
                    [] => ",".to_owned(),
                };
                self.lists.push(ListRun { text: start..start, separator, items: Vec::new() });
                strings
            }
        };
        let list = strings.len();
        let mut items = Vec::with_capacity(list);
        for string in strings {
            let base = self.text.len();
            self.text.push_str(&string.value);
            items.push((base..self.text.len(), string.start..string.end));
            self.chars.extend(string.runs.into_iter().map(|run| CharRun { text: base + run.text, ..run }));
            // An empty string still has a place where text can go.
            self.chars.push(CharRun { text: self.text.len(), text_len: 0, raw: string.end - 1, raw_len: 0 });
        }
        let end = self.text.len();
        if let Some(run) = self.lists.last_mut()
            && run.text.start == start
            && list > 0
        {
            run.text.end = end;
            run.items = items;
        }
        let magic = self.text.get(start..end).unwrap_or("").trim_start().strip_prefix("%%");
        let python = python
            && magic.is_none_or(|rest| {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                PYTHON_MAGICS.contains(&name.as_str())
            });
        self.cells.push(Cell { number, text: start..end, python });
        self.text.push('\n');
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The raw bytes of a text range, and the replacement written as JSON. `None` when the range leaves its cell.
    pub(crate) fn raw_edit(&self, range: Range<usize>, replacement: &str) -> Option<(Range<usize>, String)> {
        let cell =
            self.cells.iter().find(|cell| cell.text.start <= range.start && range.end <= cell.text.end)?;
        let list = self.lists.iter().find(|run| run.text == cell.text && !run.text.is_empty());
        if let Some(list) = list
            && replacement.is_empty()
            && let Some(whole) = list.whole_items(&range)
        {
            return Some((whole, String::new()));
        }
        let start = self.raw_start(range.start, cell)?;
        let end = if range.is_empty() { start } else { self.raw_end(range.end)? };
        let mut json = String::with_capacity(replacement.len() + 8);
        // A line break at the end of an item needs no new item after it.
        let at_end = range.end == cell.text.end
            || (!range.is_empty()
                && list.is_some_and(|list| list.items.iter().any(|(text, _)| text.end == range.end)));
        let mut rest = replacement.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '"' => json.push_str("\\\""),
                '\\' => json.push_str("\\\\"),
                '\n' => {
                    json.push_str("\\n");
                    if let Some(list) = list
                        && (rest.peek().is_some() || !at_end)
                    {
                        json.push('"');
                        json.push_str(&list.separator);
                        json.push('"');
                    }
                }
                '\r' => json.push_str("\\r"),
                '\t' => json.push_str("\\t"),
                other if (other as u32) < 0x20 => json.push_str(&format!("\\u{:04x}", other as u32)),
                other => json.push(other),
            }
        }
        Some((start..end, json))
    }

    /// First raw byte of the character at a text offset.
    fn raw_start(&self, offset: usize, cell: &Cell) -> Option<usize> {
        // Runs are in order of text; a later run at the same offset starts there, an earlier one ends there.
        let index = self.chars.partition_point(|run| run.text + run.text_len <= offset);
        // Zero-length runs close every string; prefer one at this offset only at the end of the cell.
        match self.chars.get(index) {
            Some(run) if run.text <= offset && offset < cell.text.end => run.start_of(offset),
            _ => {
                let run = self.chars.iter().rev().find(|run| run.text == offset && run.text_len == 0)?;
                // The last string of this cell, not the first of the next one.
                let _ = cell;
                Some(run.raw)
            }
        }
    }

    /// Raw byte after the character that ends at a text offset.
    fn raw_end(&self, offset: usize) -> Option<usize> {
        let index = self.chars.partition_point(|run| run.text + run.text_len < offset);
        let run = self.chars.get(index)?;
        if run.text_len == run.raw_len {
            Some(run.raw + (offset - run.text))
        } else {
            (offset == run.text + run.text_len).then_some(run.raw + run.raw_len)
        }
    }
}

impl ListRun {
    /// The bytes of whole items with a comma, when a range is exactly some of the items but not all.
    fn whole_items(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let first = self.items.iter().position(|(text, _)| text.start == range.start && !text.is_empty())?;
        let last = self.items.iter().rposition(|(text, _)| text.end == range.end && !text.is_empty())?;
        let (_, first_raw) = self.items.get(first)?;
        let (_, last_raw) = self.items.get(last)?;
        match (self.items.get(last + 1), first.checked_sub(1).and_then(|before| self.items.get(before))) {
            _ if last < first => None,
            (Some((_, next)), _) => Some(first_raw.start..next.start),
            (None, Some((_, before))) => Some(before.end..last_raw.end),
            (None, None) => None,
        }
    }
}

impl CharRun {
    fn start_of(&self, offset: usize) -> Option<usize> {
        if self.text_len == self.raw_len {
            Some(self.raw + (offset - self.text))
        } else {
            (offset == self.text).then_some(self.raw)
        }
    }
}

struct Scanner<'a> {
    raw: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn blank(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.blank();
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotebookProblem> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(NotebookProblem::Syntax(self.at))
        }
    }

    fn deeper(&mut self) -> Result<(), NotebookProblem> {
        self.depth += 1;
        if self.depth > 200 { Err(NotebookProblem::Deep) } else { Ok(()) }
    }

    fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), NotebookProblem>,
    ) -> Result<(), NotebookProblem> {
        self.deeper()?;
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                let key = self.string()?.value;
                self.expect(b':')?;
                member(self, &key)?;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(NotebookProblem::Syntax(self.at)),
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn array(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), NotebookProblem>,
    ) -> Result<(), NotebookProblem> {
        self.deeper()?;
        self.expect(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                item(self)?;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(NotebookProblem::Syntax(self.at)),
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn source(&mut self) -> Result<Option<Source>, NotebookProblem> {
        match self.peek() {
            Some(b'"') => Ok(Some(Source::One(self.string()?))),
            Some(b'[') => {
                let mut strings = Vec::new();
                self.array(|scanner| {
                    strings.push(scanner.string()?);
                    Ok(())
                })?;
                Ok(Some(Source::Many(strings)))
            }
            _ => {
                self.value()?;
                Ok(None)
            }
        }
    }

    /// Skips any value.
    fn value(&mut self) -> Result<(), NotebookProblem> {
        match self.peek() {
            Some(b'{') => self.object(|scanner, _| scanner.value()),
            Some(b'[') => self.array(Self::value),
            Some(b'"') => self.skip_string(),
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                while matches!(
                    self.bytes.get(self.at),
                    Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
                ) {
                    self.at += 1;
                }
                Ok(())
            }
            _ => Err(NotebookProblem::Syntax(self.at)),
        }
    }

    fn skip_string(&mut self) -> Result<(), NotebookProblem> {
        self.expect(b'"')?;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(NotebookProblem::Syntax(self.at)),
            }
        }
    }

    fn string(&mut self) -> Result<StringSpan, NotebookProblem> {
        self.blank();
        let start = self.at;
        self.expect(b'"')?;
        let mut value = String::new();
        let mut runs: Vec<CharRun> = Vec::new();
        loop {
            let run = self.at;
            while !matches!(self.bytes.get(self.at), None | Some(b'"' | b'\\')) {
                self.at += 1;
            }
            if self.at > run {
                runs.push(CharRun {
                    text: value.len(),
                    text_len: self.at - run,
                    raw: run,
                    raw_len: self.at - run,
                });
                value.push_str(self.raw.get(run..self.at).ok_or(NotebookProblem::Syntax(run))?);
            }
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(StringSpan { value, runs, start, end: self.at });
                }
                Some(b'\\') => {
                    let raw = self.at;
                    let character = self.escape()?;
                    let text = value.len();
                    value.push(character);
                    runs.push(CharRun { text, text_len: character.len_utf8(), raw, raw_len: self.at - raw });
                }
                _ => return Err(NotebookProblem::Syntax(self.at)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotebookProblem> {
        let problem = NotebookProblem::Syntax(self.at);
        let letter = self.bytes.get(self.at + 1).copied().ok_or(problem.clone())?;
        self.at += 2;
        Ok(match letter {
            b'"' | b'\\' | b'/' => letter as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                if (0xd800..0xdc00).contains(&high) && self.raw.get(self.at..self.at + 2) == Some("\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        return char::from_u32(code).ok_or(problem);
                    }
                    self.at = back;
                }
                // A lone surrogate is legal JSON but no text; it stays untouched as a replacement character.
                char::from_u32(high).unwrap_or('\u{fffd}')
            }
            _ => return Err(problem),
        })
    }

    fn hex(&mut self) -> Result<u32, NotebookProblem> {
        let digits = self.raw.get(self.at..self.at + 4).ok_or(NotebookProblem::Syntax(self.at))?;
        let value = u32::from_str_radix(digits, 16).map_err(|_| NotebookProblem::Syntax(self.at))?;
        self.at += 4;
        Ok(value)
    }
}
