//! Edits of a file: ordered, non-overlapping, applied in one pass, for a notebook inside its JSON.

use std::ops::Range;

use crate::error::PythonError;
use crate::source::SourceFile;

/// Replaces the bytes of `range` in [`SourceFile::text`] by `replacement`. An empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub range: Range<usize>,
    /// What comes in their place.
    pub replacement: String,
    /// Why: the code of the rule that made it.
    pub reason: &'static str,
    /// Among insertions at one offset: text that closes something before it comes first (negative, the
    /// innermost first), then text that opens something after it (positive, the outermost first).
    pub order: i32,
}

impl Edit {
    /// A replacement (or, with an empty replacement, a deletion).
    pub fn replace(range: Range<usize>, replacement: impl Into<String>, reason: &'static str) -> Edit {
        Edit { range, replacement: replacement.into(), reason, order: 0 }
    }

    /// Whether two edits cannot both be applied. Insertions at one place can.
    pub fn conflicts(&self, other: &Edit) -> bool {
        if self.range.is_empty() && other.range.is_empty() {
            return false;
        }
        self.range.start < other.range.end && other.range.start < self.range.end
    }
}

/// Sorts edits into the order in which [`SourceFile::apply`] wants them.
pub fn sort_edits(edits: &mut [Edit]) {
    edits.sort_by(|a, b| {
        (a.range.start, !a.range.is_empty(), a.range.end, a.order).cmp(&(
            b.range.start,
            !b.range.is_empty(),
            b.range.end,
            b.order,
        ))
    });
}

/// Applies sorted edits to a text.
pub fn apply_to_text(path: &str, text: &str, edits: &[Edit]) -> Result<String, PythonError> {
    let pieces = edits.iter().map(|edit| (edit.range.clone(), edit.replacement.clone()));
    splice(path, text, pieces)
}

fn splice(
    path: &str,
    text: &str,
    edits: impl Iterator<Item = (Range<usize>, String)>,
) -> Result<String, PythonError> {
    let mut out = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for (range, replacement) in edits {
        if range.start < at {
            return Err(PythonError::EditsOverlap { path: path.to_owned(), offset: range.start });
        }
        let out_of_range =
            PythonError::EditOutOfRange { path: path.to_owned(), start: range.start, end: range.end };
        let before = text.get(at..range.start).ok_or(out_of_range.clone())?;
        text.get(range.clone()).ok_or(out_of_range)?;
        out.push_str(before);
        out.push_str(&replacement);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Ok(out)
}

impl SourceFile {
    /// The file with edits applied, as it should be on disk. No edits: the same bytes.
    ///
    /// Edits must be sorted by [`sort_edits`] and must not overlap. In a notebook an edit must stay inside one
    /// cell.
    pub fn apply(&self, edits: &[Edit]) -> Result<String, PythonError> {
        let Some(notebook) = self.notebook() else {
            return apply_to_text(self.path(), self.text(), edits);
        };
        // Edits that touch are merged first, so that a line break between two list items is handled once.
        let mut raw = Vec::with_capacity(edits.len());
        for edit in edits {
            let mapped = notebook.raw_edit(edit.range.clone(), &edit.replacement).ok_or_else(|| {
                PythonError::EditOutOfRange {
                    path: self.path().to_owned(),
                    start: edit.range.start,
                    end: edit.range.end,
                }
            })?;
            raw.push(mapped);
        }
        splice(self.path(), self.raw(), raw.into_iter())
    }
}
