//! What people look at: the diagram of a pipeline, as DataJoint draws it, without Graphviz and without a network; and what a
//! rehearsal did and found ([`rehearsal_file`]).
//!
//! Everything here is text: the same input gives the same bytes. Names are hostile input and are escaped in every format. Nothing is read or
//! written; the caller has the input and decides where the text goes.
//!
//! ```
//! use rejoint_report::diagram::{Diagram, Format, Selection};
//! # use rejoint_model::catalog::{Catalog, Server};
//! # let server = Server { product: "MySQL".into(), version: (9, 7, 0), version_text: "9.7.0".into(), identity: "x".into() };
//! # let catalog = Catalog { server, schemas: Default::default() };
//! let diagram = Diagram::from_catalog(&catalog, &Selection::default())?;
//! assert!(diagram.render(Format::Svg).starts_with("<svg "));
//! # Ok::<(), rejoint_report::Error>(())
//! ```

pub mod diagram;
mod durations;
pub mod html;
pub mod markdown;
mod quantities;
pub mod rehearsal_file;
pub mod runbook;
mod scan_findings;

pub use rehearsal_file::{Rehearsal, RehearsalError};

use thiserror::Error;

/// Why there is no picture.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A schema that was asked for is not in the catalog.
    #[error("the catalog holds no schema `{schema}`")]
    UnknownSchema {
        /// The name.
        schema: String,
    },
    /// The table to draw around is not there.
    #[error(
        "there is no table `{table}` among the tables to draw; write schema.table, the table's name in SQL, or its class name"
    )]
    UnknownTable {
        /// What was asked for.
        table: String,
    },
    /// Several tables go by this name.
    #[error("`{table}` may be any of {}; write one of these", candidates.join(", "))]
    AmbiguousTable {
        /// What was asked for.
        table: String,
        /// Full names.
        candidates: Vec<String>,
    },
}
