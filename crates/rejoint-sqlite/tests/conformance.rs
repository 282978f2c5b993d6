//! The embedded engine has the behaviours that rejoint expects of an engine, whichever server its dump came from.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_db::conformance;
use rejoint_dump::{DumpWriter, WriterOptions};
use rejoint_sqlite::{ImportOptions, import, open};

const SCHEMA: &str = "con`forms it's";

/// A dump of the tables that the checks need.
fn dump(version: &str) -> Vec<u8> {
    let mut dump = DumpWriter::new(Vec::new(), WriterOptions::new("a test", version)).expect("a dump");
    dump.database(SCHEMA, Some("utf8mb4"), Some("utf8mb4_bin")).expect("a schema");
    for (name, create) in conformance::tables(version.contains("MariaDB")) {
        dump.table(name, create.as_bytes()).expect("a table");
    }
    dump.finish().expect("the dump").0
}

fn conforms(version: &str) {
    let dump = dump(version);
    let folder = tempfile::tempdir().expect("a folder");
    let mut failed = Vec::new();
    for check in conformance::CHECKS {
        let path = folder.path().join(check.name);
        import(&path, vec![Box::new(dump.as_slice())], &ImportOptions::default(), &mut |_, _| ())
            .expect("the dump is taken in");
        let mut connection = open(&path).expect("the file");
        assert_eq!(connection.server().is_mariadb(), version.contains("MariaDB"));
        if let Err(why) = (check.run)(&mut connection, SCHEMA) {
            failed.push(format!("{}: {why}", check.name));
        }
    }
    assert!(failed.is_empty(), "{version}:\n{}", failed.join("\n"));
}

#[test]
fn a_dump_of_mysql_conforms() {
    conforms("9.7.0");
}

#[test]
fn a_dump_of_mariadb_conforms() {
    conforms("10.11.14-MariaDB");
}
