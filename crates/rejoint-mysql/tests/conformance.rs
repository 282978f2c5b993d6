//! Every server has the behaviours that rejoint expects of an engine.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_db::{Connection, conformance, ident};
use rejoint_mysql::{Config, TlsMode};
use rejoint_testkit::{Server, unique_prefix};

fn connect(server: &Server) -> Connection {
    let config = Config {
        host: server.host.clone(),
        port: server.port,
        user: server.user.clone(),
        password: server.password.clone(),
        tls: TlsMode::Off,
        lock_wait_seconds: 3,
    };
    rejoint_mysql::connect(&config).expect("a connection")
}

fn conforms(server: &Server) {
    let mut failed = Vec::new();
    for check in conformance::CHECKS {
        let schema = unique_prefix("conforms");
        server.execute([format!(
            "CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            ident(&schema)
        )]);
        let mut connection = connect(server);
        connection.execute(&format!("USE {}", ident(&schema)), &[]).expect("the schema");
        for (_, create) in conformance::tables(connection.server().is_mariadb()) {
            connection.execute(&create, &[]).expect("a table");
        }
        if let Err(why) = (check.run)(&mut connection, &schema) {
            failed.push(format!("{}: {why}", check.name));
        }
        drop(connection);
        server.execute([format!("DROP DATABASE {}", ident(&schema))]);
    }
    assert!(failed.is_empty(), "{:?}:\n{}", server.flavour, failed.join("\n"));
}

#[test]
fn mysql_conforms() {
    conforms(&Server::mysql());
}

#[test]
fn mariadb_conforms() {
    conforms(&Server::mariadb());
}

#[test]
fn mariadb_11_8_conforms() {
    conforms(&Server::mariadb118());
}
