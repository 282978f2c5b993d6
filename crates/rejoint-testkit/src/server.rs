//! The database servers of the test environment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use mysql::prelude::Queryable;
use mysql::{Conn, Opts, OptsBuilder};

/// Which server software answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flavour {
    /// MySQL 9.7, `RJ_TEST_MYSQL`.
    Mysql,
    /// MariaDB 10.11, `RJ_TEST_MARIADB`.
    Mariadb,
    /// MariaDB 11.8, `RJ_TEST_MARIADB118`.
    Mariadb118,
}

impl Flavour {
    /// All servers that the tests know.
    pub const ALL: [Self; 3] = [Self::Mysql, Self::Mariadb, Self::Mariadb118];

    /// The environment variable that names the server.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Mysql => "RJ_TEST_MYSQL",
            Self::Mariadb => "RJ_TEST_MARIADB",
            Self::Mariadb118 => "RJ_TEST_MARIADB118",
        }
    }

    /// MariaDB of any version: JSON is a `longtext` there.
    pub fn is_mariadb(self) -> bool {
        self != Self::Mysql
    }
}

/// A real server, with an account that may do everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Which software.
    pub flavour: Flavour,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Account.
    pub user: String,
    /// Its password, possibly empty.
    pub password: String,
}

impl Server {
    /// The server that the environment names.
    ///
    /// # Panics
    /// When it names none, with the command to run: a test never skips for want of a server.
    pub fn get(flavour: Flavour) -> Self {
        let variable = flavour.variable();
        let url = std::env::var(variable).unwrap_or_else(|_| {
            panic!(
                "{variable} is not set: this test needs a {flavour:?} server. \
                 Run `dev/test`, or `dev/servers start` and `eval \"$(dev/servers env)\"` first"
            )
        });
        let options =
            Opts::from_url(&url).unwrap_or_else(|error| panic!("{variable} is no server URL: {error}"));
        Self {
            flavour,
            host: options.get_ip_or_hostname().to_string(),
            port: options.get_tcp_port(),
            user: options.get_user().unwrap_or("root").to_string(),
            password: options.get_pass().unwrap_or_default().to_string(),
        }
    }

    /// MySQL 9.7. Panics as [`Server::get`] does.
    pub fn mysql() -> Self {
        Self::get(Flavour::Mysql)
    }

    /// MariaDB 10.11. Panics as [`Server::get`] does.
    pub fn mariadb() -> Self {
        Self::get(Flavour::Mariadb)
    }

    /// MariaDB 11.8. Panics as [`Server::get`] does.
    pub fn mariadb118() -> Self {
        Self::get(Flavour::Mariadb118)
    }

    /// All servers, for a test that must hold on each. Panics as [`Server::get`] does.
    pub fn all() -> Vec<Self> {
        Flavour::ALL.into_iter().map(Self::get).collect()
    }

    /// The same server by another way, such as a [`crate::Proxy`].
    pub fn at(&self, host: &str, port: u16) -> Self {
        Self { host: host.to_string(), port, ..self.clone() }
    }

    /// The same server with another account.
    pub fn as_user(&self, user: &str, password: &str) -> Self {
        Self { user: user.to_string(), password: password.to_string(), ..self.clone() }
    }

    /// `mysql://user:password@host:port`, with special characters escaped.
    pub fn url(&self) -> String {
        format!(
            "mysql://{}:{}@{}:{}",
            percent_encoded(&self.user),
            percent_encoded(&self.password),
            self.host,
            self.port
        )
    }

    /// A plain connection (TCP, no TLS), independent of the crates under test.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn connect(&self) -> Conn {
        let options = OptsBuilder::new()
            .ip_or_hostname(Some(self.host.clone()))
            .tcp_port(self.port)
            .user(Some(self.user.clone()))
            .pass(Some(self.password.clone()))
            .prefer_socket(false)
            .init(vec!["SET NAMES utf8mb4"]);
        Conn::new(options).unwrap_or_else(|error| {
            panic!("{:?} server at {}:{}: {error}", self.flavour, self.host, self.port)
        })
    }

    /// Run statements, one after the other, on a connection of their own.
    ///
    /// # Panics
    /// When the server refuses one, with its text.
    pub fn execute<S: AsRef<str>>(&self, statements: impl IntoIterator<Item = S>) {
        let mut connection = self.connect();
        for sql in statements {
            let sql = sql.as_ref();
            connection.query_drop(sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
        }
    }

    /// Names of the schemas that begin with `prefix` and an underscore, sorted.
    pub fn schemas(&self, prefix: &str) -> Vec<String> {
        let beginning = format!("{prefix}_");
        let mut names: Vec<String> = self
            .connect()
            .query("SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata")
            .expect("the list of schemas");
        names.retain(|name| name.starts_with(&beginning));
        names.sort();
        names
    }

    /// Everything the server says about these schemas' structure: by `schema.name`, the output of `SHOW CREATE`
    /// of tables, views and triggers, and of the schema itself by `schema`.
    pub fn show_create(&self, schemas: &[String]) -> BTreeMap<String, String> {
        let mut connection = self.connect();
        let mut result = BTreeMap::new();
        for schema in schemas {
            let quoted = quote(schema);
            let mut row: mysql::Row = connection
                .query_first(format!("SHOW CREATE DATABASE {quoted}"))
                .expect("SHOW CREATE DATABASE")
                .expect("one row");
            result.insert(schema.clone(), row.take(1).expect("the statement"));
            let tables: Vec<String> =
                connection.query(format!("SHOW TABLES FROM {quoted}")).expect("SHOW TABLES");
            for table in tables {
                let mut row: mysql::Row = connection
                    .query_first(format!("SHOW CREATE TABLE {quoted}.{}", quote(&table)))
                    .expect("SHOW CREATE TABLE")
                    .expect("one row");
                result.insert(format!("{schema}.{table}"), row.take(1).expect("the statement"));
            }
            let triggers: Vec<mysql::Row> =
                connection.query(format!("SHOW TRIGGERS FROM {quoted}")).expect("SHOW TRIGGERS");
            for trigger in triggers {
                let name: String = trigger.get("Trigger").expect("a trigger's name");
                let statement: String = trigger.get("Statement").expect("a trigger's statement");
                let event: String = trigger.get("Event").expect("a trigger's event");
                let timing: String = trigger.get("Timing").expect("a trigger's timing");
                let table: String = trigger.get("Table").expect("a trigger's table");
                result.insert(
                    format!("{schema}.trigger {name}"),
                    format!("{timing} {event} ON {table}\n{statement}"),
                );
            }
        }
        result
    }

    /// Drop every schema that begins with `prefix` and an underscore.
    pub fn drop_schemas(&self, prefix: &str) {
        let drops = self
            .schemas(prefix)
            .into_iter()
            .map(|schema| format!("DROP DATABASE IF EXISTS {}", quote(&schema)));
        self.execute(std::iter::once("SET foreign_key_checks = 0".to_string()).chain(drops));
    }
}

/// A name as an SQL identifier.
pub(crate) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A schema prefix that no other test of this machine uses: `rjt_NAME_PROCESS_COUNTER`.
///
/// `name` should be short: a schema's name has at most 64 characters.
pub fn unique_prefix(name: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    format!("rjt_{name}_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_survives_special_characters() {
        let server = Server {
            flavour: Flavour::Mysql,
            host: "127.0.0.1".to_string(),
            port: 1,
            user: "a b".to_string(),
            password: "p@:/%é".to_string(),
        };
        let options = Opts::from_url(&server.url()).unwrap();
        assert_eq!(options.get_user(), Some("a b"));
        assert_eq!(options.get_pass(), Some("p@:/%é"));
    }

    #[test]
    fn prefixes_are_unique_within_a_process() {
        assert_ne!(unique_prefix("x"), unique_prefix("x"));
    }
}
