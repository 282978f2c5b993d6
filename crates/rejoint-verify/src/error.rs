//! Errors of a verification, by what the caller can do.
//!
//! A difference is not an error: it is a result. An error means that nothing can be said.

use crate::identity::CellPlace;
use rejoint_model::TableName;
use std::io;
use std::path::PathBuf;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why nothing can be said about a table, an object or a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server, or the way to it.
    #[error(transparent)]
    Server(#[from] rejoint_db::Error),
    /// A server error while a table was read.
    #[error("{table} could not be read")]
    Table {
        /// The table.
        table: TableName,
        /// What the server said.
        #[source]
        source: Box<rejoint_db::Error>,
    },
    /// A pointer that leads nowhere or cannot be read. The row must be repaired, or a person must decide.
    #[error("{}, column {}, row {}: {reason}", .place.table, .place.column, .place.key)]
    Pointer {
        /// Table, column, and the row's key.
        place: Box<CellPlace>,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A store that the settings do not know, but rows refer to.
    #[error(
        "{table}, column {column}: the store {store:?} is not configured; add it to the settings or leave objects out"
    )]
    UnknownStore {
        /// Table.
        table: TableName,
        /// Logical column.
        column: String,
        /// The store.
        store: String,
    },
    /// A view that cannot be read: an error of whoever made it.
    #[error("{table}: the view cannot be read: {reason}")]
    View {
        /// The table.
        table: TableName,
        /// Why.
        reason: String,
    },
    /// A file of ours could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file of ours is damaged or incomplete; take the evidence again.
    #[error("{path} is damaged: {reason}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A file was written by a newer version of rejoint.
    #[error("{path} has format version {found}, this rejoint reads up to {known}; use a newer rejoint", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: u64,
        /// The highest version that can be read.
        known: u64,
    },
    /// The observer stopped the work.
    #[error("stopped")]
    Stopped,
    /// The operating system gave no thread, or one ended unexpectedly.
    #[error("a thread could not be started or ended unexpectedly: {what}")]
    Thread {
        /// Which.
        what: String,
    },
}

impl Error {
    /// The server's error, if that is what it was: [`rejoint_db::Error::class`] says what can be done.
    pub fn server_error(&self) -> Option<&rejoint_db::Error> {
        match self {
            Error::Server(source) => Some(source),
            Error::Table { source, .. } => Some(source),
            _ => None,
        }
    }
}
