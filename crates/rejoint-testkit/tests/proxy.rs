//! The proxy cuts where it is told, and only there.
#![allow(clippy::unwrap_used, reason = "steps shared by tests fail the test")]

use mysql::prelude::Queryable;
use rejoint_testkit::{Cut, Proxy, Server, unique_prefix};

fn numbers(connection: &mut mysql::Conn, n: u64) -> mysql::Result<Vec<u64>> {
    connection.query(format!(
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {n}) SELECT n FROM c"
    ))
}

/// A table in a schema of its own, dropped at the end of the test even when it fails.
struct Scratch {
    server: Server,
    prefix: String,
    table: String,
}

impl Scratch {
    fn new(server: &Server, name: &str) -> Self {
        let prefix = unique_prefix(name);
        let table = format!("`{prefix}_s`.`t`");
        server.execute([
            format!("CREATE DATABASE `{prefix}_s`"),
            format!("CREATE TABLE {table} (id INT PRIMARY KEY)"),
        ]);
        Self { server: server.clone(), prefix, table }
    }

    fn ids(&self) -> Vec<u32> {
        self.server.connect().query(format!("SELECT id FROM {} ORDER BY id", self.table)).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.server.drop_schemas(&self.prefix);
    }
}

#[test]
fn forwards_results_of_any_size_on_every_server() {
    for server in Server::all() {
        let proxy = Proxy::start(&server);
        let mut connection = proxy.server().connect();
        assert_eq!(numbers(&mut connection, 900).unwrap().len(), 900);
        let large: Option<Vec<u8>> = connection.query_first("SELECT REPEAT('x', 20000000)").unwrap();
        assert_eq!(large.map(|bytes| bytes.len()), Some(20_000_000));
        assert_eq!((proxy.n_connections(), proxy.n_tls(), proxy.n_cuts()), (1, 0, 0));
        assert!(proxy.commands().iter().any(|sql| sql.contains("20000000")));
    }
}

#[test]
fn cut_before_a_command_keeps_it_from_the_server() {
    let server = Server::mysql();
    let scratch = Scratch::new(&server, "pxb");
    let proxy = Proxy::start(&server);
    let mut connection = proxy.server().connect();
    proxy.cut(Cut::before_command(2));
    connection.query_drop(format!("INSERT INTO {} VALUES (1)", scratch.table)).unwrap();
    connection.query_drop(format!("INSERT INTO {} VALUES (2)", scratch.table)).unwrap_err();
    assert_eq!(scratch.ids(), [1]);
    assert_eq!(proxy.n_cuts(), 1);
    proxy.server().connect().query_drop(format!("INSERT INTO {} VALUES (3)", scratch.table)).unwrap();
    assert_eq!(scratch.ids(), [1, 3]);
}

#[test]
fn cut_after_a_query_hides_that_it_was_carried_out() {
    for server in Server::all() {
        let scratch = Scratch::new(&server, "pxa");
        let proxy = Proxy::start(&server);
        let mut connection = proxy.server().connect();
        proxy.cut(Cut::after_query("INSERT"));
        connection.query_drop("SELECT 1").unwrap();
        connection.query_drop(format!("INSERT INTO {} VALUES (1)", scratch.table)).unwrap_err();
        assert_eq!(scratch.ids(), [1]);
        assert_eq!(proxy.n_cuts(), 1);
    }
}

#[test]
fn cut_within_a_result_ends_it_with_an_error() {
    let proxy = Proxy::start(&Server::mysql());
    let mut connection = proxy.server().connect();
    proxy.cut(Cut::after_server_bytes(5000));
    numbers(&mut connection, 900).unwrap_err();
    assert_eq!(proxy.n_cuts(), 1);
}

#[test]
fn cut_within_a_statement_keeps_it_from_the_server() {
    let server = Server::mysql();
    let scratch = Scratch::new(&server, "pxc");
    let proxy = Proxy::start(&server);
    let mut connection = proxy.server().connect();
    proxy.cut(Cut::after_client_bytes(20));
    connection.query_drop(format!("INSERT INTO {} VALUES (1)", scratch.table)).unwrap_err();
    assert_eq!(scratch.ids(), Vec::<u32>::new());
    assert_eq!(proxy.n_cuts(), 1);
}

#[test]
fn stays_down_until_allowed() {
    let proxy = Proxy::start(&Server::mysql());
    let server = proxy.server();
    let mut connection = server.connect();
    proxy.cut(Cut::before_command(1).and_stay_down());
    connection.query_drop("SELECT 1").unwrap_err();
    std::panic::catch_unwind(|| server.connect()).unwrap_err();
    proxy.allow();
    proxy.server().connect().query_drop("SELECT 1").unwrap();
}
