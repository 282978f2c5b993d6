//! What an engine must do for rejoint, and what does not depend on the engine: quoting, table definitions as text, ALTER TABLE,
//! errors by what the caller can do.
//!
//! The language between rejoint and an engine is the dialect of MySQL that rejoint itself writes, and rows are those of MySQL's
//! binary protocol: the servers are the authority, and an engine that stands in for one has to understand what they do.
//! What an engine cannot do it says in its [`Capabilities`].

mod alter;
mod capabilities;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connection;
mod create_table;
mod engine;
mod error;
mod privileges;
mod rows;
mod sessions;
mod sql;
mod table;

pub use alter::{Alter, AlterError, alter, new_json_default, zero_pointer_default};
pub use capabilities::Capabilities;
pub use connection::{Connection, missing_privileges, read_catalog, schema_names, sessions};
pub use create_table::{ColumnLine, CreateTable, Line, Mismatch, parse_create_table, read_ident};
pub use engine::{Engine, TimeZones};
pub use error::{Class, Error, excerpt};
pub use privileges::{Grant, needed_by_apply};
pub use rows::{RowStream, Rows, cell, cell_text};
pub use sessions::SessionInfo;
pub use sql::{ident, qualified, read_text, split_outside, text};
pub use table::{DefinitionError, default_collation, sort_foreign_keys, table_of};

/// A row as it comes: MySQL's own type.
pub use mysql_common::row::Row;
/// A value to bind, or one that came back.
pub use mysql_common::value::Value;
