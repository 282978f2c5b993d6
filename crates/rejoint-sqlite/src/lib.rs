//! An embedded engine that stands in for a server: schemas, definitions and rows of a dump in one SQLite file, behind the same
//! [`rejoint_db::Engine`] as the servers, so that the same planner, runner and verifier work on it.
//!
//! Reading order: `storage` (how values are kept), `dialect` and `functions` (statements), `catalog_tables` (definitions),
//! `place` (tables for rows), `engine`, [`import`], [`export`].
//!
//! The definitions that the server printed are kept as text and are the catalog; SQLite's own table is only a place for rows.
//! What a server does and this engine does not is in its [`rejoint_db::Capabilities`]. Writing needs a file of its own: two
//! programs must not have it open.

mod alter;
mod catalog_tables;
mod definition;
mod definitions;
mod dialect;
mod engine;
mod error;
mod export;
mod functions;
mod import;
mod names;
mod place;
mod storage;
mod stream;
mod tokens;

pub use definitions::definitions;
pub use engine::{copy, open, version};
pub use error::Error;
pub use export::{Exported, export};
pub use import::{ImportOptions, Imported, LossyColumn, Progress, import};
