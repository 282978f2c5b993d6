//! A session with any engine.

use crate::capabilities::Capabilities;
use crate::engine::{Engine, TimeZones};
use crate::error::Error;
use crate::privileges::Grant;
use crate::rows::{RowStream, cell_text};
use crate::sessions::SessionInfo;
use mysql_common::row::Row;
use mysql_common::value::Value;
use rejoint_model::{Catalog, Server, TableName};

/// A session with any engine; see [`Engine`] for what its methods promise.
pub struct Connection {
    engine: Box<dyn Engine>,
}

#[allow(clippy::missing_errors_doc, reason = "errors of the engine and a lost connection, as the trait says")]
impl Connection {
    /// A session with this engine.
    pub fn new(engine: impl Engine + 'static) -> Self {
        Connection { engine: Box::new(engine) }
    }

    /// Another session with the same settings.
    pub fn another(&self) -> Result<Self, Error> {
        Ok(Connection { engine: self.engine.another()? })
    }

    /// What answers.
    pub fn server(&self) -> &Server {
        self.engine.server()
    }

    /// What it can do.
    pub fn capabilities(&self) -> Capabilities {
        self.engine.capabilities()
    }

    /// The number of this session.
    pub fn id(&self) -> u32 {
        self.engine.id()
    }

    /// Runs a query with bound values and collects its rows.
    pub fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        self.engine.rows(sql, params)
    }

    /// Runs a query that cannot be prepared everywhere, such as `SHOW …`.
    pub fn text_rows(&mut self, sql: &str) -> Result<Vec<Row>, Error> {
        self.engine.text_rows(sql)
    }

    /// The first column of the first row as a number; `None` if there is no row or it is NULL.
    pub fn number(&mut self, sql: &str, params: &[Value]) -> Result<Option<i64>, Error> {
        Ok(self.rows(sql, params)?.first().and_then(|row| match row.as_ref(0) {
            Some(Value::Int(n)) => Some(*n),
            Some(Value::UInt(n)) => i64::try_from(*n).ok(),
            Some(Value::Bytes(b)) => std::str::from_utf8(b).ok()?.parse().ok(),
            _ => None,
        }))
    }

    /// The first column of the first row as text.
    pub fn one_text(&mut self, sql: &str, params: &[Value]) -> Result<Option<String>, Error> {
        Ok(self.rows(sql, params)?.first().and_then(|row| cell_text(row, 0)))
    }

    /// Runs a statement that returns no rows; a warning is an error. Returns the number of rows affected.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        self.engine.execute(sql, params)
    }

    /// Streams the rows of a query.
    pub fn stream<'c>(&'c mut self, sql: &str, params: &[Value]) -> Result<RowStream<'c>, Error> {
        self.engine.stream(sql, params)
    }

    /// The definition of a table, as `SHOW CREATE TABLE` prints it.
    pub fn show_create(&mut self, name: &TableName) -> Result<String, Error> {
        self.engine.show_create(name)
    }

    /// Runs an ALTER TABLE that makes the definition `after`.
    pub fn alter(&mut self, table: &TableName, sql: &str, after: &str) -> Result<(), Error> {
        self.engine.alter(table, sql, after)
    }

    /// All base tables this account sees.
    pub fn tables(&mut self) -> Result<Vec<TableName>, Error> {
        self.engine.tables()
    }

    /// Is there such a table?
    pub fn table_exists(&mut self, table: &TableName) -> Result<bool, Error> {
        Ok(!self.engine.columns(table)?.is_empty())
    }

    /// Names of a table's columns; empty if there is no such table.
    pub fn columns(&mut self, table: &TableName) -> Result<Vec<String>, Error> {
        self.engine.columns(table)
    }

    /// The CREATE TRIGGER statement, which ends with what was written after FOR EACH ROW; `None` if the table has no such trigger.
    pub fn trigger(&mut self, table: &TableName, name: &str) -> Result<Option<String>, Error> {
        self.engine.trigger(table, name)
    }

    /// Roughly how many rows a table has.
    pub fn rows_estimate(&mut self, table: &TableName) -> Result<u64, Error> {
        self.engine.rows_estimate(table)
    }

    /// Tables of these schemas that changed at `since`, less `slack_seconds`, or later.
    pub fn changed_since(
        &mut self,
        schemas: &[String],
        since: &str,
        slack_seconds: u64,
    ) -> Result<Vec<TableName>, Error> {
        self.engine.changed_since(schemas, since, slack_seconds)
    }

    /// The engine's time now (UTC) and when it was started (seconds since 1970).
    pub fn clock(&mut self) -> Result<(String, i64), Error> {
        self.engine.clock()
    }

    /// Collations that are their character set's default.
    pub fn default_collations(&mut self) -> Result<Vec<String>, Error> {
        self.engine.default_collations()
    }

    /// Time zones of the engine and its sessions.
    pub fn time_zones(&mut self) -> Result<TimeZones, Error> {
        self.engine.time_zones()
    }

    /// Takes a lock that all sessions share; `false` when somebody else holds it after `seconds`.
    pub fn lock(&mut self, name: &str, seconds: u32) -> Result<bool, Error> {
        self.engine.lock(name, seconds)
    }

    /// The session that holds such a lock.
    pub fn lock_owner(&mut self, name: &str) -> Result<Option<i64>, Error> {
        self.engine.lock_owner(name)
    }

    /// Switches the checks of foreign keys for this session.
    pub fn check_foreign_keys(&mut self, on: bool) -> Result<(), Error> {
        self.engine.check_foreign_keys(on)
    }
}

/// Reads the catalog of the named schemas.
///
/// # Errors
/// Errors of the engine; a schema that does not exist.
pub fn read_catalog(connection: &mut Connection, schemas: &[String]) -> Result<Catalog, Error> {
    connection.engine.catalog(schemas)
}

/// Names of all schemas except the engine's own, in order.
///
/// # Errors
/// Errors of the engine.
pub fn schema_names(connection: &mut Connection) -> Result<Vec<String>, Error> {
    connection.engine.schema_names()
}

/// All sessions that this account may see, its own excluded.
///
/// # Errors
/// Errors of the engine.
pub fn sessions(connection: &mut Connection) -> Result<Vec<SessionInfo>, Error> {
    connection.engine.sessions()
}

/// Those of `needed` that the account does not hold, as far as the engine tells.
///
/// # Errors
/// Errors of the engine.
pub fn missing_privileges(connection: &mut Connection, needed: &[Grant]) -> Result<Vec<Grant>, Error> {
    connection.engine.missing_privileges(needed)
}
