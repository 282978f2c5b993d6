//! Errors of reading settings.

use std::path::PathBuf;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why settings could not be read at all. What is wrong *inside* a file is a [`Problem`](crate::Problem).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process has no usable working directory.
    #[error("cannot find the working directory; change to an existing folder and run again")]
    WorkingDirectory(#[source] std::io::Error),
    /// A file given by name does not exist.
    #[error("settings file {} does not exist; correct the path or leave it out to search for one", path.display())]
    NoSuchFile {
        /// The path as given.
        path: PathBuf,
    },
    /// A file exists and cannot be read.
    #[error("cannot read {}; check its permissions", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}
