//! One Python file: a script or a notebook, parsed, with the text that all ranges refer to.

use std::ops::Range;

use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_python_ast::{ModModule, Stmt, Suite};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_cells_unchecked, parse_unchecked};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::error::PythonError;
use crate::notebook::{Cell, Notebook};

/// What a file is, decided by the caller (usually from its extension).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A `.py` file.
    Script,
    /// A Jupyter notebook (`.ipynb`), nbformat 4.
    Notebook,
}

/// Something that kept a file, or one cell of it, from being understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, as an offset into [`SourceFile::text`].
    pub offset: usize,
    /// What the parser said.
    pub message: String,
}

/// A line and column for people: both start at 1, the column counts characters.
///
/// For a notebook the line is counted inside the cell and `cell` is the number of the code cell
/// (from 1, counting every cell as Jupyter shows them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the cell in a notebook, from 1.
    pub cell: Option<usize>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A parsed Python file.
///
/// `text` is what every range of this crate refers to. For a script it is the file itself; for a
/// notebook it is the text of its Python cells, joined by newlines, and
/// [`SourceFile::apply`](crate::edit) carries edits back into the JSON.
#[derive(Debug)]
pub struct SourceFile {
    path: String,
    raw: String,
    text: Option<String>,
    kind: FileKind,
    notebook: Option<Notebook>,
    tree: Tree,
    problems: Vec<Problem>,
    line_starts: Vec<usize>,
}

/// Statements and tokens.
#[derive(Debug)]
enum Tree {
    /// Of a script, as the parser gave them.
    Script(Parsed<ModModule>),
    /// Of the cells of a notebook together.
    Cells { suite: Suite, tokens: Tokens },
}

impl SourceFile {
    /// Parses a file. Never fails on the Python in it: what does not parse is in
    /// [`SourceFile::problems`], and for a script the statements are then empty, so that nothing in
    /// it is touched. A notebook that is not JSON of nbformat 4 is an error.
    pub fn parse(path: impl Into<String>, raw: String, kind: FileKind) -> Result<SourceFile, PythonError> {
        let path = path.into();
        if raw.len() > u32::MAX as usize / 2 {
            return Err(PythonError::TooLarge { path, bytes: raw.len() });
        }
        match kind {
            FileKind::Script => Ok(Self::parse_script(path, raw)),
            FileKind::Notebook => Self::parse_notebook(path, raw),
        }
    }

    fn parse_script(path: String, raw: String) -> SourceFile {
        let body = raw.strip_prefix('\u{feff}').unwrap_or(&raw);
        let lead = raw.len() - body.len();
        let parsed = if lead == 0 {
            match parse_unchecked(&raw, ParseOptions::from(Mode::Module)).try_into_module() {
                Some(parsed) => parsed,
                None => unreachable_module(),
            }
        } else {
            let range = TextRange::new(text_size(lead), text_size(raw.len()));
            parse_cells_unchecked(&raw, [range], &ParseOptions::from(Mode::Module))
        };
        let problems: Vec<Problem> = parsed
            .errors()
            .iter()
            .map(|error| Problem {
                offset: error.location.start().to_usize(),
                message: error.error.to_string(),
            })
            .collect();
        let line_starts = line_starts(&raw);
        SourceFile {
            path,
            raw,
            text: None,
            kind: FileKind::Script,
            notebook: None,
            tree: Tree::Script(parsed),
            problems,
            line_starts,
        }
    }

    fn parse_notebook(path: String, raw: String) -> Result<SourceFile, PythonError> {
        let notebook = Notebook::read(&raw)
            .map_err(|problem| PythonError::Notebook { path: path.clone(), reason: problem.to_string() })?;
        let text = notebook.text().to_owned();
        let mut suite = Suite::new();
        let mut tokens = Vec::new();
        let mut problems = Vec::new();
        for cell in notebook.cells() {
            if !cell.python {
                continue;
            }
            let range = TextRange::new(text_size(cell.text.start), text_size(cell.text.end));
            let parsed = parse_cells_unchecked(&text, [range], &ParseOptions::from(Mode::Ipython));
            if let Some(error) = parsed.errors().first() {
                problems.push(Problem {
                    offset: error.location.start().to_usize(),
                    message: error.error.to_string(),
                });
                continue;
            }
            tokens.extend(parsed.tokens().iter().copied());
            suite.extend(parsed.into_suite());
        }
        let line_starts = line_starts(&text);
        Ok(SourceFile {
            path,
            raw,
            text: Some(text),
            kind: FileKind::Notebook,
            notebook: Some(notebook),
            tree: Tree::Cells { suite, tokens: Tokens::new(tokens) },
            problems,
            line_starts,
        })
    }

    /// The path given by the caller, for messages.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Script or notebook.
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// The bytes of the file as they are on disk.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The Python text that every range refers to.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.raw)
    }

    /// The text of a range; empty when the range is not one of this file.
    pub fn slice(&self, range: Range<usize>) -> &str {
        self.text().get(range).unwrap_or("")
    }

    /// The statements. Empty for a script that does not parse; a notebook leaves out such cells.
    pub fn suite(&self) -> &[Stmt] {
        match &self.tree {
            Tree::Script(parsed) if self.problems.is_empty() => parsed.suite(),
            Tree::Script(_) => &[],
            Tree::Cells { suite, .. } => suite,
        }
    }

    /// All tokens, comments included.
    pub fn tokens(&self) -> &Tokens {
        match &self.tree {
            Tree::Script(parsed) => parsed.tokens(),
            Tree::Cells { tokens, .. } => tokens,
        }
    }

    /// What did not parse.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The cells of a notebook, empty for a script.
    pub fn cells(&self) -> &[Cell] {
        self.notebook.as_ref().map(Notebook::cells).unwrap_or_default()
    }

    /// The notebook behind the text.
    pub(crate) fn notebook(&self) -> Option<&Notebook> {
        self.notebook.as_ref()
    }

    /// The cell that holds an offset.
    pub fn cell_at(&self, offset: usize) -> Option<&Cell> {
        self.cells().iter().find(|cell| cell.text.start <= offset && offset <= cell.text.end)
    }

    /// Line and column of an offset.
    pub fn position(&self, offset: usize) -> Position {
        let text = self.text();
        let offset = offset.min(text.len());
        let line_of = |at: usize| self.line_starts.partition_point(|start| *start <= at).max(1) - 1;
        let line = line_of(offset);
        let start = self.line_starts.get(line).copied().unwrap_or(0);
        let column = text.get(start..offset).map_or(offset - start, |part| part.chars().count()) + 1;
        match self.cell_at(offset) {
            Some(cell) => {
                Position { cell: Some(cell.number), line: line - line_of(cell.text.start) + 1, column }
            }
            None => Position { cell: None, line: line + 1, column },
        }
    }

    /// Tokens that lie in a range, comments included.
    pub fn tokens_in(&self, range: Range<usize>) -> &[Token] {
        let tokens: &[Token] = self.tokens();
        let first = tokens.partition_point(|token| token.start().to_usize() < range.start);
        let last = tokens.partition_point(|token| token.end().to_usize() <= range.end);
        tokens.get(first..last.max(first)).unwrap_or_default()
    }

    /// Ranges of the comments in a range.
    pub fn comments_in(&self, range: Range<usize>) -> Vec<Range<usize>> {
        self.tokens_in(range)
            .iter()
            .filter(|token| token.kind() == TokenKind::Comment)
            .map(|token| token.start().to_usize()..token.end().to_usize())
            .collect()
    }

    /// The parts between the commas of a bracketed list, given the range of the brackets, brackets included.
    /// Comments and line breaks are not part of them; a comma before the closing bracket adds no part.
    pub fn comma_parts(&self, brackets: Range<usize>) -> Vec<CommaPart> {
        let inner = brackets.start + 1..brackets.end.saturating_sub(1);
        let mut parts = Vec::new();
        let mut depth = 0usize;
        let mut start: Option<usize> = None;
        let mut end = inner.start;
        for token in self.tokens_in(inner) {
            let range = token.start().to_usize()..token.end().to_usize();
            match token.kind() {
                TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Newline => continue,
                TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
                TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => depth = depth.saturating_sub(1),
                TokenKind::Comma if depth == 0 => {
                    if let Some(begun) = start.take() {
                        parts.push(CommaPart { range: begun..end, comma: Some(range.start) });
                    }
                    continue;
                }
                _ => {}
            }
            start.get_or_insert(range.start);
            end = range.end;
        }
        if let Some(begun) = start {
            parts.push(CommaPart { range: begun..end, comma: None });
        }
        parts
    }

    /// The range of an expression with the parentheses around it, as far as `limit` reaches.
    pub fn with_parentheses(&self, range: Range<usize>, limit: Range<usize>) -> Range<usize> {
        let mut range = range;
        loop {
            let before = self
                .tokens_in(limit.start..range.start)
                .iter()
                .rev()
                .find(|token| !is_trivia(token.kind()))
                .filter(|token| token.kind() == TokenKind::Lpar);
            let after = self
                .tokens_in(range.end..limit.end)
                .iter()
                .find(|token| !is_trivia(token.kind()))
                .filter(|token| token.kind() == TokenKind::Rpar);
            match (before, after) {
                (Some(open), Some(close)) => range = open.start().to_usize()..close.end().to_usize(),
                _ => return range,
            }
        }
    }

    /// White space at the start of the line that holds an offset.
    pub fn indent_at(&self, offset: usize) -> &str {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = self.line_starts.get(line).copied().unwrap_or(0);
        let rest = self.text().get(start..).unwrap_or("");
        let end = rest.find(|c: char| c != ' ' && c != '\t').unwrap_or(rest.len());
        rest.get(..end).unwrap_or("")
    }

    /// Offset of the first byte of the line that holds an offset.
    pub fn line_start(&self, offset: usize) -> usize {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1) - 1;
        self.line_starts.get(line).copied().unwrap_or(0)
    }

    /// Offset just after the line break that ends the line of an offset, or the end of the text.
    pub fn next_line_start(&self, offset: usize) -> usize {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        self.line_starts.get(line).copied().unwrap_or(self.text().len())
    }
}

/// One part of a bracketed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommaPart {
    /// From its first to its last token.
    pub range: Range<usize>,
    /// Where the comma after it is.
    pub comma: Option<usize>,
}

fn is_trivia(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Newline)
}

/// Parsing in module mode always gives a module; an empty one stands in should that ever change.
fn unreachable_module() -> Parsed<ModModule> {
    parse_cells_unchecked("", [TextRange::default()], &ParseOptions::from(Mode::Module))
}

pub(crate) fn text_size(offset: usize) -> TextSize {
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (index, byte) in bytes.iter().enumerate() {
        let ends = match byte {
            b'\n' => true,
            b'\r' => bytes.get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends {
            starts.push(index + 1);
        }
    }
    starts
}
