//! MySQL and MariaDB as an engine: connection, catalog, rows by the binary protocol.
//!
//! The only crate that speaks to these servers. It changes nothing by itself: callers above decide what runs.
//!
//! Tested on MySQL 9.7, MariaDB 10.11 and 11.8. MySQL 5.7 to 8.4 and MariaDB 10.3 to 10.6 are read according to their
//! documentation: columns of `information_schema` that an older server lacks count as absent.

mod catalog;
mod clock;
mod connection;
mod error;
mod privileges;
mod rows;
mod sessions;

pub use connection::{Config, TlsMode, connect};
