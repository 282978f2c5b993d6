//! Errors of this crate.

use std::path::PathBuf;

/// What can go wrong outside the code that is migrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodemodError {
    /// A file or folder cannot be read. Check that it exists and may be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be written. What was written before it stays; run again.
    #[error("{}: cannot be written: {source}; files written before it are complete, run again", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The decisions file is not what it should be.
    #[error("decisions: {reason}")]
    Decisions {
        /// What is wrong.
        reason: String,
    },
}
