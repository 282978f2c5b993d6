//! The trait of engines.

use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::privileges::Grant;
use crate::rows::RowStream;
use crate::sessions::SessionInfo;
use mysql_common::row::Row;
use mysql_common::value::Value;
use rejoint_model::{Catalog, Server, TableName};

/// Time zones of a server and its sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeZones {
    /// Of new sessions, e.g. `SYSTEM` or `+00:00`; empty if it is not known.
    pub global: String,
    /// Of the host.
    pub system: String,
    /// Seconds by which the global zone is ahead of UTC now.
    pub utc_offset_seconds: i64,
    /// Zones of the sessions that are connected, with their number, as far as the account may see them.
    pub sessions: Vec<(String, u64)>,
}

/// A session with an engine. Statements are in the dialect of MySQL that rejoint writes; values come as MySQL's binary protocol
/// gives them. Every implementation passes the checks of the feature `conformance`.
///
/// # Errors
/// All methods: the engine's own errors and a lost connection.
#[allow(clippy::missing_errors_doc, reason = "said once for the trait")]
pub trait Engine: Send {
    /// What answers.
    fn server(&self) -> &Server;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// The number of this session.
    fn id(&self) -> u32;

    /// Another session with the same settings.
    fn another(&self) -> Result<Box<dyn Engine>, Error>;

    /// The rows of a query.
    fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error>;

    /// The rows of a statement that cannot be prepared everywhere, such as `SHOW …`; values are text.
    fn text_rows(&mut self, sql: &str) -> Result<Vec<Row>, Error>;

    /// Runs a statement; a warning is an error. Gives the number of rows affected.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error>;

    /// The rows of a query, one after the other.
    fn stream<'c>(&'c mut self, sql: &str, params: &[Value]) -> Result<RowStream<'c>, Error>;

    /// The definition of a table, as `SHOW CREATE TABLE` prints it.
    fn show_create(&mut self, table: &TableName) -> Result<String, Error>;

    /// Runs an ALTER TABLE that makes the definition `after`. A server prints the definition itself, and callers compare.
    fn alter(&mut self, table: &TableName, sql: &str, after: &str) -> Result<(), Error> {
        let _ = (table, after);
        self.execute(sql, &[]).map(|_| ())
    }

    /// Names of all schemas except the engine's own, in order.
    fn schema_names(&mut self) -> Result<Vec<String>, Error>;

    /// The catalog of these schemas; one that does not exist is an error.
    fn catalog(&mut self, schemas: &[String]) -> Result<Catalog, Error>;

    /// All base tables this account sees.
    fn tables(&mut self) -> Result<Vec<TableName>, Error>;

    /// Names of a table's columns; empty if there is no such table.
    fn columns(&mut self, table: &TableName) -> Result<Vec<String>, Error>;

    /// The CREATE TRIGGER statement, which ends with what was written after FOR EACH ROW; `None` if the table has no such trigger.
    /// Servers put the definer into it and print names their way.
    fn trigger(&mut self, table: &TableName, name: &str) -> Result<Option<String>, Error>;

    /// Roughly how many rows a table has.
    fn rows_estimate(&mut self, table: &TableName) -> Result<u64, Error>;

    /// Tables of these schemas that changed at `since` (UTC, as the engine's own clock) or later.
    fn changed_since(
        &mut self,
        schemas: &[String],
        since: &str,
        slack_seconds: u64,
    ) -> Result<Vec<TableName>, Error>;

    /// The engine's time now (UTC, text) and when it was started (seconds since 1970).
    fn clock(&mut self) -> Result<(String, i64), Error>;

    /// Collations that are their character set's default.
    fn default_collations(&mut self) -> Result<Vec<String>, Error>;

    /// Time zones.
    fn time_zones(&mut self) -> Result<TimeZones, Error>;

    /// Other sessions.
    fn sessions(&mut self) -> Result<Vec<SessionInfo>, Error>;

    /// Those of `needed` that the account does not hold.
    fn missing_privileges(&mut self, needed: &[Grant]) -> Result<Vec<Grant>, Error>;

    /// Takes a lock that all sessions of the engine share; `false` when somebody else holds it after `seconds`.
    fn lock(&mut self, name: &str, seconds: u32) -> Result<bool, Error>;

    /// The session that holds such a lock.
    fn lock_owner(&mut self, name: &str) -> Result<Option<i64>, Error>;

    /// Switches the checks of foreign keys for this session.
    fn check_foreign_keys(&mut self, on: bool) -> Result<(), Error>;
}
