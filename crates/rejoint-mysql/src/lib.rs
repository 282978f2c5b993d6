//! MySQL and MariaDB: connection, catalog, table definitions, rows by the binary protocol.
//!
//! The only crate that speaks SQL to these servers. It changes nothing by itself: callers above decide what runs.
//!
//! Tested on MySQL 9.7, MariaDB 10.11 and 11.8. MySQL 5.7 to 8.4 and MariaDB 10.3 to 10.6 are read according to their
//! documentation: columns of `information_schema` that an older server lacks count as absent.

mod alter;
mod catalog;
mod connection;
mod create_table;
mod error;
mod privileges;
mod rows;
mod sessions;
mod sql;

pub use alter::{Alter, AlterError, alter, new_json_default, zero_pointer_default};
pub use catalog::{ROWS_PER_QUERY_NOTE, read_catalog, schema_names};
pub use connection::{Config, Connection, TlsMode};
pub use create_table::{ColumnLine, CreateTable, Line, Mismatch, parse_create_table};
pub use error::{Class, Error};
pub use privileges::{Grant, missing_privileges, needed_by_apply};
pub use rows::{RowStream, cell};
pub use sessions::{SessionInfo, sessions};
pub use sql::{ident, qualified, text};

/// A value to bind, or one that came back.
pub use mysql::Value;
