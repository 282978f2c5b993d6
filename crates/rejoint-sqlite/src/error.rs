//! Errors of import and export; sessions use [`rejoint_db::Error`].

use rejoint_model::TableName;
use std::path::PathBuf;
use thiserror::Error;

/// Why a dump could not be taken in, or a file not written out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The dump: cut off, damaged, or not understood.
    #[error(transparent)]
    Dump(#[from] rejoint_dump::Error),
    /// The engine's file.
    #[error("the file {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The engine.
    #[error(transparent)]
    Engine(#[from] rejoint_db::Error),
    /// Something in the dump that this engine cannot keep, and that must not be left out silently.
    #[error("{what}; {way_out}")]
    Refused {
        /// What.
        what: String,
        /// What would allow it.
        way_out: String,
    },
    /// A definition.
    #[error(transparent)]
    Definition(#[from] rejoint_db::DefinitionError),
    /// A row that does not fit its table.
    #[error("a row of {table} could not be stored: {message}")]
    Row {
        /// Table.
        table: TableName,
        /// Why.
        message: String,
    },
}
