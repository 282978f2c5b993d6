//! One connection with the session settings that every statement of rejoint relies on.

use crate::error::from_driver;
use crate::rows::BinaryRows;
use crate::{catalog, clock, privileges, sessions};
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder, Params, Row, SslOpts, Value};
use rejoint_db::{
    Capabilities, Connection, Engine, Error, Grant, RowStream, SessionInfo, TimeZones, cell_text, excerpt,
    qualified,
};
use rejoint_model::{Catalog, Server, TableName};
use std::time::Duration;

/// How to use TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// Never.
    Off,
    /// When the server offers it; the certificate is not checked. DataJoint's default.
    #[default]
    Preferred,
    /// Always; the certificate is not checked.
    Required,
    /// Always, and the certificate must be valid for the host.
    Verified,
}

/// Where and as whom to connect. `Debug` does not show the password.
#[derive(Clone)]
pub struct Config {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
    /// TLS.
    pub tls: TlsMode,
    /// Seconds a statement may wait for a table's metadata lock or a row lock before it is given up (and retried by the caller).
    pub lock_wait_seconds: u32,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// Warnings about the *spelling of a type that is already in the database*. They say nothing about data.
const HARMLESS_WARNINGS: [u16; 5] = [
    1681, // integer display width, float(m,d), unsigned float: deprecated
    1287, // deprecated syntax
    3719, // utf8 is an alias for utf8mb3
    3778, // collation deprecated
    3720, // NATIONAL is an alias for utf8mb3
];

/// A session. Strict SQL mode, UTC, utf8mb4, short lock waits, foreign-key checks on.
pub(crate) struct MySql {
    conn: Conn,
    server: Server,
    config: Config,
}

/// Connects and prepares the session.
///
/// # Errors
/// The server cannot be reached, refuses the account, or offers no TLS where it is required.
pub fn connect(config: &Config) -> Result<Connection, Error> {
    Ok(Connection::new(MySql::open(config)?))
}

impl MySql {
    pub(crate) fn open(config: &Config) -> Result<Self, Error> {
        let mut conn = match config.tls {
            TlsMode::Off => driver(config, None)?,
            TlsMode::Required => driver(
                config,
                Some(
                    SslOpts::default()
                        .with_danger_accept_invalid_certs(true)
                        .with_danger_skip_domain_validation(true),
                ),
            )?,
            TlsMode::Verified => driver(config, Some(SslOpts::default()))?,
            TlsMode::Preferred => {
                let lax = SslOpts::default()
                    .with_danger_accept_invalid_certs(true)
                    .with_danger_skip_domain_validation(true);
                match driver(config, Some(lax)) {
                    Ok(conn) => conn,
                    Err(error @ Error::Connect { denied: true, .. }) => return Err(error),
                    Err(_) => driver(config, None)?,
                }
            }
        };
        let server = prepare(&mut conn, config)?;
        Ok(MySql { conn, server, config: config.clone() })
    }

    fn params(values: &[Value]) -> Params {
        if values.is_empty() { Params::Empty } else { Params::Positional(values.to_vec()) }
    }
}

impl Engine for MySql {
    fn server(&self) -> &Server {
        &self.server
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::SERVER
    }

    fn id(&self) -> u32 {
        self.conn.connection_id()
    }

    fn another(&self) -> Result<Box<dyn Engine>, Error> {
        Ok(Box::new(MySql::open(&self.config)?))
    }

    fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        self.conn.exec(sql, MySql::params(params)).map_err(|e| from_driver(e, sql))
    }

    fn text_rows(&mut self, sql: &str) -> Result<Vec<Row>, Error> {
        self.conn.query(sql).map_err(|e| from_driver(e, sql))
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        let warnings = if params.is_empty() {
            // text protocol: DDL, triggers and SET cannot all be prepared
            let result = self.conn.query_iter(sql).map_err(|e| from_driver(e, sql))?;
            result.warnings()
        } else {
            let result = self
                .conn
                .exec_iter(sql, Params::Positional(params.to_vec()))
                .map_err(|e| from_driver(e, sql))?;
            result.warnings()
        };
        let affected = self.conn.affected_rows();
        if warnings > 0 {
            for row in self.conn.query::<Row, _>("SHOW WARNINGS").map_err(|e| from_driver(e, sql))? {
                let level = cell_text(&row, 0).unwrap_or_default();
                let code = cell_text(&row, 1).and_then(|c| c.parse().ok()).unwrap_or(0u16);
                if level != "Note" && !HARMLESS_WARNINGS.contains(&code) {
                    let message = cell_text(&row, 2).unwrap_or_default();
                    return Err(Error::Warning { code, message, statement: excerpt(sql) });
                }
            }
        }
        Ok(affected)
    }

    fn stream<'c>(&'c mut self, sql: &str, params: &[Value]) -> Result<RowStream<'c>, Error> {
        let result = self.conn.exec_iter(sql, MySql::params(params)).map_err(|e| from_driver(e, sql))?;
        Ok(RowStream::new(BinaryRows::new(result, excerpt(sql))))
    }

    fn show_create(&mut self, name: &TableName) -> Result<String, Error> {
        let sql = format!("SHOW CREATE TABLE {}", qualified(name));
        self.text_rows(&sql)?
            .first()
            .and_then(|row| cell_text(row, 1))
            .ok_or_else(|| Error::Unexpected { what: format!("{sql} returned no definition") })
    }

    fn schema_names(&mut self) -> Result<Vec<String>, Error> {
        catalog::schema_names(self)
    }

    fn catalog(&mut self, schemas: &[String]) -> Result<Catalog, Error> {
        catalog::read_catalog(self, schemas)
    }

    fn tables(&mut self) -> Result<Vec<TableName>, Error> {
        catalog::tables(self)
    }

    fn columns(&mut self, table: &TableName) -> Result<Vec<String>, Error> {
        catalog::columns(self, table)
    }

    fn trigger(&mut self, table: &TableName, name: &str) -> Result<Option<String>, Error> {
        catalog::trigger(self, table, name)
    }

    fn rows_estimate(&mut self, table: &TableName) -> Result<u64, Error> {
        catalog::rows_estimate(self, table)
    }

    fn changed_since(
        &mut self,
        schemas: &[String],
        since: &str,
        slack_seconds: u64,
    ) -> Result<Vec<TableName>, Error> {
        catalog::changed_since(self, schemas, since, slack_seconds)
    }

    fn clock(&mut self) -> Result<(String, i64), Error> {
        clock::clock(self)
    }

    fn default_collations(&mut self) -> Result<Vec<String>, Error> {
        catalog::default_collations(self)
    }

    fn time_zones(&mut self) -> Result<TimeZones, Error> {
        clock::time_zones(self)
    }

    fn sessions(&mut self) -> Result<Vec<SessionInfo>, Error> {
        sessions::sessions(self)
    }

    fn missing_privileges(&mut self, needed: &[Grant]) -> Result<Vec<Grant>, Error> {
        privileges::missing_privileges(self, needed)
    }

    fn lock(&mut self, name: &str, seconds: u32) -> Result<bool, Error> {
        let rows = self.rows("SELECT GET_LOCK(?, ?)", &[Value::from(name), Value::from(seconds)])?;
        Ok(rows.first().and_then(|row| cell_text(row, 0)).as_deref() == Some("1"))
    }

    fn lock_owner(&mut self, name: &str) -> Result<Option<i64>, Error> {
        let rows = self.rows("SELECT IS_USED_LOCK(?)", &[Value::from(name)])?;
        Ok(rows.first().and_then(|row| cell_text(row, 0)).and_then(|id| id.parse().ok()))
    }

    fn check_foreign_keys(&mut self, on: bool) -> Result<(), Error> {
        self.execute(&format!("SET SESSION foreign_key_checks = {}", u8::from(on)), &[]).map(|_| ())
    }
}

fn driver(config: &Config, ssl: Option<SslOpts>) -> Result<Conn, Error> {
    let opts = OptsBuilder::new()
        .ip_or_hostname(Some(config.host.clone()))
        .tcp_port(config.port)
        .user(Some(config.user.clone()))
        .pass(Some(config.password.clone()))
        .prefer_socket(false)
        .stmt_cache_size(256)
        .tcp_connect_timeout(Some(Duration::from_secs(20)))
        .tcp_keepalive_time_ms(Some(30_000))
        .ssl_opts(ssl);
    Conn::new(opts).map_err(|error| Error::Connect {
        host: config.host.clone(),
        port: config.port,
        user: config.user.clone(),
        denied: matches!(&error, mysql::Error::MySqlError(e) if matches!(e.code, 1044 | 1045 | 1698 | 1862)),
        message: error.to_string(),
    })
}

fn prepare(conn: &mut Conn, config: &Config) -> Result<Server, Error> {
    let mut run = |sql: &str| conn.query_drop(sql).map_err(|e| from_driver(e, sql));
    run("SET NAMES utf8mb4")?;
    run(
        "SET SESSION sql_mode = 'NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'",
    )?;
    run(
        "SET SESSION time_zone = '+00:00', SESSION foreign_key_checks = 1, SESSION unique_checks = 1, SESSION sql_quote_show_create = 1, SESSION autocommit = 1",
    )?;
    run(&format!(
        "SET SESSION lock_wait_timeout = {0}, SESSION innodb_lock_wait_timeout = {0}, SESSION net_write_timeout = 3600, SESSION net_read_timeout = 3600, SESSION wait_timeout = 86400",
        config.lock_wait_seconds.max(1)
    ))?;
    let sql = "SELECT VERSION(), @@version_comment, @@hostname, @@datadir, @@port";
    let row: Row = conn
        .query_first(sql)
        .map_err(|e| from_driver(e, sql))?
        .ok_or_else(|| Error::Unexpected { what: "SELECT VERSION() returned no row".into() })?;
    let version_text = cell_text(&row, 0).unwrap_or_default();
    let comment = cell_text(&row, 1).unwrap_or_default();
    let mariadb =
        version_text.contains("MariaDB") || comment.contains("MariaDB") || comment.contains("mariadb");
    // MariaDB may print `5.5.5-10.11.18-MariaDB`, a disguise for old replicas
    let digits = version_text.strip_prefix("5.5.5-").filter(|_| mariadb).unwrap_or(&version_text);
    let mut numbers = digits.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse::<u16>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let uuid: Option<Row> = conn.query_first("SELECT @@server_uuid").ok().flatten();
    let identity =
        uuid.as_ref().and_then(|row| cell_text(row, 0)).filter(|u| !u.is_empty()).unwrap_or_else(|| {
            let place = format!("{:?} {:?} {:?}", cell_text(&row, 2), cell_text(&row, 3), cell_text(&row, 4));
            format!("host-{}", rejoint_value::sha256_hex(place.as_bytes()).get(..16).unwrap_or_default())
        });
    if !mariadb && version >= (8, 0, 0) {
        // table statistics are cached for a day otherwise, and UPDATE_TIME with them
        conn.query_drop("SET SESSION information_schema_stats_expiry = 0")
            .map_err(|e| from_driver(e, "SET information_schema_stats_expiry"))?;
    }
    let product = if mariadb { "MariaDB" } else { "MySQL" };
    Ok(Server { product: product.to_owned(), version, version_text, identity })
}
