//! Errors of this crate: a file that cannot be read as what it claims to be, or an edit that does not fit it.

/// What can go wrong with a file or its edits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PythonError {
    /// The file is a notebook by name but not by content. Leave it, or save it again with Jupyter.
    #[error("{path}: not a notebook of format 4: {reason}; open and save it with Jupyter, then run again")]
    Notebook {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is larger than the parser's offsets reach (2 GiB). Leave it.
    #[error("{path}: {bytes} bytes are more than can be parsed; the file is left as it is")]
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        bytes: usize,
    },
    /// An edit lies outside the text or splits a character. A bug of the caller.
    #[error("{path}: an edit at bytes {start}..{end} does not fit the text")]
    EditOutOfRange {
        /// The file.
        path: String,
        /// First byte.
        start: usize,
        /// Byte after the last.
        end: usize,
    },
    /// Two edits touch the same bytes. A bug of the caller.
    #[error("{path}: two edits overlap at byte {offset}")]
    EditsOverlap {
        /// The file.
        path: String,
        /// Where.
        offset: usize,
    },
}
