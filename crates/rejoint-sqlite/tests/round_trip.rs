//! What a dump holds is in the file, and what is in the file comes out of it: by digests of every table, on real servers and back.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use rejoint_db::{Connection, ident, read_catalog};
use rejoint_dump::LossKind;
use rejoint_model::{Catalog, Content, Table, TableName, TableView, ViewColumn};
use rejoint_sqlite::{LossyColumn, export};
use rejoint_testkit::{Lab, LabOptions, Server};
use rejoint_value::TableDigest;
use rejoint_verify::{DigestOptions, Quiet, digest_tables};
use std::collections::{BTreeMap, BTreeSet};
use support::{Taken, connect};

/// Every column of a table as it is stored, but for some.
fn view(table: &Table, without: &BTreeSet<(TableName, String)>) -> TableView {
    let key: Vec<String> = table.primary_key().into_iter().map(str::to_owned).collect();
    let columns = table
        .columns
        .iter()
        .filter(|c| !key.contains(&c.name) && !without.contains(&(table.name.clone(), c.name.clone())))
        .map(|c| ViewColumn { name: c.name.clone(), column: c.name.clone(), content: Content::Plain })
        .collect();
    TableView { table: table.name.clone(), key, columns }
}

fn digests(
    connection: &mut Connection,
    catalog: &Catalog,
    without: &BTreeSet<(TableName, String)>,
) -> BTreeMap<TableName, TableDigest> {
    let views: Vec<TableView> =
        catalog.tables().filter(|t| !t.primary_key().is_empty()).map(|t| view(t, without)).collect();
    let (tables, _) =
        digest_tables(connection, &views, &DigestOptions::default(), &mut Quiet).expect("digests");
    tables.into_iter().map(|t| (t.view.table, t.digest)).collect()
}

fn columns(losses: &[LossyColumn], kinds: impl Fn(LossKind) -> bool) -> BTreeSet<(TableName, String)> {
    losses.iter().filter(|l| kinds(l.kind)).map(|l| (l.table.clone(), l.column.clone())).collect()
}

/// Values that dumps, readers and engines like to change.
fn hard_schema(lab: &Lab) {
    let schema = ident(&format!("{}_hard", lab.prefix));
    lab.server.execute([
        format!("CREATE DATABASE {schema} CHARACTER SET utf8mb4"),
        format!(
            "CREATE TABLE {schema}.`Values` (id int PRIMARY KEY, u bigint unsigned, d double, f float, n decimal(30,10), t text, l varchar(50) CHARACTER SET latin1, b blob, x binary(4), bits bit(12), e enum('it''s','a,b','ü'), s set('x','y'), j json, day date, at datetime(6), ts timestamp NULL, h time(3), y year)"
        ),
        format!(
            "INSERT INTO {schema}.`Values` VALUES (1, 18446744073709551615, 1.7976931348623157e308, 0.1, '-12345678901234567890.0123456789', 'it''s \\\\ \\n\\r\\t\\0\\Z\\\" ☃🦀', 'é\u{ff}', X'0001FF27225C0A0D1A', X'00FF', b'101010101010', 'a,b', 'x,y', '{{\"a\": [1, null, \"it''s\"]}}', '1000-01-01', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', '-838:59:59.000', 2155), (2, 0, 5e-324, 0, 0, '', '', '', X'', 0, NULL, '', 'null', '2024-02-29', '2024-01-01 00:00:00', '1970-01-02 00:00:01', '00:00:00.001', 1901), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, 9223372036854775808, 0.1e0 + 0.2e0, 16777216, 1, 'NULL', '0x00', 'ascii', 'asci', 1, 'ü', 'y', '\"x\"', '0001-01-01', '2024-03-31 02:30:00.5', '2024-03-31 02:30:00', '12:00:00', 2000)"
        ),
        format!("CREATE TABLE {schema}.`values` (`key` varbinary(20), `a``b` int, PRIMARY KEY (`key`, `a``b`))"),
        format!("INSERT INTO {schema}.`values` VALUES ('', 1), (X'00', -1), (X'FFFE', 0), ('plain', 7)"),
    ]);
}

fn nothing_is_lost(server: &Server) {
    let lab = Lab::build(server, "round", &LabOptions::with(&["cycle", "longcomment", "old011", "view"]));
    hard_schema(&lab);
    let schemas = lab.schemas();
    let mut on_server = connect(server);
    let catalog = read_catalog(&mut on_server, &schemas).expect("a catalog");
    for options in [&["--hex-blob"][..], &[]] {
        let taken = Taken::of(&server.dump(options, &schemas));
        let lossy = columns(&taken.imported.losses, |_| true);
        let wanted = digests(&mut on_server, &catalog, &lossy);
        let found = digests(&mut taken.open(), &catalog, &lossy);
        assert!(wanted.len() > 45, "{}", wanted.len());
        for (table, digest) in &wanted {
            assert_eq!(found.get(table), Some(digest), "{table} after a dump with {options:?}");
        }
    }
    // out again, and into the server in place of what was there
    let taken = Taken::of(&server.dump(&["--hex-blob"], &schemas));
    let mut out = Vec::new();
    let written = export(&taken.path, &mut out, "a test", &|_| true).expect("a dump");
    assert_eq!((written.rows, written.tables), (taken.imported.rows, taken.imported.tables));
    let definitions = definitions_of(&mut on_server, &catalog);
    server.drop_schemas(&lab.prefix);
    server.load(&out);
    let computed = columns(&taken.imported.losses, |kind| kind == LossKind::NotDumped);
    let found = digests(&mut on_server, &catalog, &computed);
    let wanted = digests(&mut taken.open(), &catalog, &computed);
    for (table, digest) in &wanted {
        assert_eq!(found.get(table), Some(digest), "{table} after loading what was exported");
    }
    for (loaded, before) in definitions_of(&mut on_server, &catalog).iter().zip(&definitions) {
        assert_eq!(loaded, before);
    }
    let views = |catalog: &Catalog| -> Vec<_> { catalog.schemas.values().map(|s| s.views.clone()).collect() };
    assert_eq!(views(&read_catalog(&mut on_server, &schemas).expect("a catalog")), views(&catalog));
}

fn definitions_of(server: &mut Connection, catalog: &Catalog) -> Vec<String> {
    // MySQL prints a column's character set ever after a definition that it printed itself was loaded, whoever wrote the dump
    let shown = |source: String| source.replace(" CHARACTER SET utf8mb4 COLLATE", " COLLATE");
    catalog.tables().map(|t| shown(server.show_create(&t.name).expect("a definition"))).collect()
}

#[test]
fn nothing_of_mysql_is_lost_in_a_file() {
    nothing_is_lost(&Server::mysql());
}

#[test]
fn nothing_of_mariadb_is_lost_in_a_file() {
    nothing_is_lost(&Server::mariadb());
}

#[test]
fn nothing_of_mariadb_11_8_is_lost_in_a_file() {
    nothing_is_lost(&Server::mariadb118());
}
