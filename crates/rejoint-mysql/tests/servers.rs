//! What holds on every server: definitions that print back, a constant number of catalog queries, TLS, bits of floats, warnings.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_db::{
    Class, Connection, Value, cell, ident, parse_create_table, qualified, read_catalog, schema_names,
};
use rejoint_model::TableName;
use rejoint_mysql::{Config, TlsMode};
use rejoint_testkit::{Lab, LabOptions, Proxy, Server, unique_prefix};
use rejoint_value::Cell;

fn config(server: &Server, tls: TlsMode) -> Config {
    Config {
        host: server.host.clone(),
        port: server.port,
        user: server.user.clone(),
        password: server.password.clone(),
        tls,
        lock_wait_seconds: 3,
    }
}

fn connect(server: &Server) -> Connection {
    rejoint_mysql::connect(&config(server, TlsMode::Preferred)).expect("a connection")
}

/// A schema that is dropped at the end, whatever its name.
struct Schema<'s> {
    server: &'s Server,
    name: String,
}

impl<'s> Schema<'s> {
    fn create(server: &'s Server, suffix: &str) -> Self {
        let name = format!("{}{suffix}", unique_prefix("mysql"));
        server.execute([format!("CREATE DATABASE {}", ident(&name))]);
        Schema { server, name }
    }

    fn table(&self, name: &str) -> TableName {
        TableName::new(&self.name, name)
    }
}

impl Drop for Schema<'_> {
    fn drop(&mut self) {
        self.server.execute([format!("DROP DATABASE {}", ident(&self.name))]);
    }
}

#[test]
fn every_table_of_the_legacy_lab_is_understood_on_every_server() {
    for server in Server::all() {
        let lab = Lab::build(&server, "understood", &LabOptions::with(&["cycle", "longcomment", "view"]));
        let mut connection = connect(&server);
        let catalog = read_catalog(&mut connection, &lab.schemas()).expect("a catalog");
        let mut n_tables = 0;
        for table in catalog.tables() {
            let source = connection.show_create(&table.name).expect("a definition");
            let parsed = parse_create_table(&source).expect("an outline");
            assert_eq!(parsed.mismatches(&source, table), [], "{}: {source}", table.name);
            n_tables += 1;
        }
        assert!(n_tables > 45, "{n_tables}");
    }
}

#[test]
fn what_a_definition_hides_from_the_catalog_is_found() {
    let server = Server::mysql();
    let schema = Schema::create(&server, "_odd");
    let odd = [
        ("parted", "CREATE TABLE {} (a int PRIMARY KEY) PARTITION BY HASH (a) PARTITIONS 2"),
        ("searched", "CREATE TABLE {} (a int PRIMARY KEY, t text, FULLTEXT KEY (t))"),
    ];
    for (name, sql) in odd {
        server.execute([sql.replace("{}", &qualified(&schema.table(name)))]);
    }
    let mut connection = connect(&server);
    let catalog = read_catalog(&mut connection, std::slice::from_ref(&schema.name)).expect("a catalog");
    for (name, _) in odd {
        let table = catalog.table(&schema.table(name)).expect("the table");
        let source = connection.show_create(&table.name).expect("a definition");
        let found = parse_create_table(&source).map(|p| p.mismatches(&source, table));
        assert!(found.is_none_or(|m| !m.is_empty()), "{name} counts as understood: {source}");
    }
}

#[test]
fn the_catalog_of_many_schemas_costs_as_many_queries_as_that_of_one() {
    let server = Server::mysql();
    let schemas: Vec<Schema<'_>> = (0..6).map(|i| Schema::create(&server, &format!("_{i}"))).collect();
    for schema in &schemas {
        for i in 0..3 {
            server.execute([format!(
                "CREATE TABLE {} (a int PRIMARY KEY)",
                qualified(&schema.table(&format!("t{i}")))
            )]);
        }
    }
    let proxy = Proxy::start(&server);
    let mut connection =
        rejoint_mysql::connect(&config(&proxy.server(), TlsMode::Off)).expect("a connection");
    let mut commands_for = |n: usize| {
        let names: Vec<String> = schemas.iter().take(n).map(|s| s.name.clone()).collect();
        let before = proxy.n_commands();
        let catalog = read_catalog(&mut connection, &names).expect("a catalog");
        assert_eq!(catalog.tables().count(), 3 * n);
        proxy.n_commands() - before
    };
    let one = commands_for(1);
    assert_eq!(commands_for(6), one);
    assert!(one <= 3 * 8, "{one} commands for 8 queries (prepare, execute, close)");
}

#[test]
fn tls_is_used_when_required_and_when_preferred() {
    for server in Server::all() {
        for mode in [TlsMode::Required, TlsMode::Preferred] {
            let mut connection =
                rejoint_mysql::connect(&config(&server, mode)).expect("a connection with TLS");
            let rows = connection.text_rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'").expect("a status");
            let cipher = rows.first().and_then(|r| r.as_ref(1).cloned());
            assert!(matches!(&cipher, Some(Value::Bytes(b)) if !b.is_empty()), "{mode:?}: {cipher:?}");
        }
        let verified = rejoint_mysql::connect(&config(&server, TlsMode::Verified));
        assert!(verified.is_err(), "a self-signed certificate must not pass as verified");
    }
}

#[test]
fn floats_keep_their_bits() {
    for server in Server::all() {
        let schema = Schema::create(&server, "_float");
        let table = schema.table("t");
        server
            .execute([format!("CREATE TABLE {} (id int PRIMARY KEY, f float, d double)", qualified(&table))]);
        let mut connection = connect(&server);
        let values = [0.1f32, 16_777_217.0, f32::MIN_POSITIVE, 3.402_823_5e38, 1.234_567_9];
        for (i, f) in values.iter().enumerate() {
            let id = Value::Int(i64::try_from(i).expect("small"));
            let params = [id, Value::Float(*f), Value::Double(f64::from(*f) / 3.0)];
            connection
                .execute(&format!("INSERT INTO {} VALUES (?, ?, ?)", qualified(&table)), &params)
                .expect("an insert");
        }
        let mut stream = connection
            .stream(&format!("SELECT f, d FROM {} ORDER BY id", qualified(&table)), &[])
            .expect("rows");
        for f in values {
            let row = stream.next_row().expect("a row").expect("not the end");
            assert_eq!(cell(row.as_ref(0), true), Cell::Float(f));
            assert_eq!(cell(row.as_ref(1), true), Cell::Double(f64::from(f) / 3.0));
        }
    }
}

#[test]
fn a_warning_is_an_error() {
    for server in Server::all() {
        let mut connection = connect(&server);
        let error = connection.execute("SELECT 1/0 INTO @x", &[]).expect_err("division by zero warns");
        assert_eq!(error.class(), Class::Refused, "{error}");
        assert!(error.to_string().contains("Division by 0"), "{error}");
    }
}

#[test]
fn hostile_names_are_only_names() {
    for server in Server::all() {
        let schema = Schema::create(&server, "`; DROP DATABASE x; -- %s \"é'");
        let table = schema.table("#t`%d'");
        server.execute([format!("CREATE TABLE {} ({} int PRIMARY KEY)", qualified(&table), ident("a`b %"))]);
        let mut connection = connect(&server);
        assert!(schema_names(&mut connection).expect("names").contains(&schema.name));
        let catalog = read_catalog(&mut connection, std::slice::from_ref(&schema.name)).expect("a catalog");
        let found = catalog.table(&table).expect("the table");
        assert_eq!(found.primary_key(), ["a`b %"]);
        let source = connection.show_create(&table).expect("a definition");
        let parsed = parse_create_table(&source).expect("an outline");
        assert_eq!(parsed.mismatches(&source, found), []);
    }
}

#[test]
fn a_wrong_password_is_named_without_being_shown() {
    let server = Server::mysql();
    let wrong = Config { password: "not-the-password".into(), ..config(&server, TlsMode::Preferred) };
    let error = rejoint_mysql::connect(&wrong).err().expect("no connection");
    assert_eq!(error.class(), Class::Denied);
    assert!(
        !error.to_string().contains("not-the-password") && !format!("{wrong:?}").contains("not-the-password")
    );
}
