//! The catalog of a file is the catalog of the server that was dumped, and its definitions are the server's, byte for byte.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use rejoint_db::{Connection, ident, parse_create_table, read_catalog, schema_names};
use rejoint_model::Catalog;
use rejoint_testkit::{Lab, LabOptions, Server};
use support::{Taken, connect};

/// What a dump does not hold: estimates, sizes, and which server it was; and views name their own schema only on the server.
fn comparable(mut catalog: Catalog) -> Catalog {
    catalog.server.identity.clear();
    catalog.server.version_text.clear();
    for schema in catalog.schemas.values_mut() {
        for view in &mut schema.views {
            view.definition = view.definition.replace(&format!("{}.", ident(&schema.name)), "");
        }
        for table in schema.tables.values_mut() {
            (table.rows_estimate, table.data_bytes, table.index_bytes) = (0, 0, 0);
        }
    }
    catalog
}

/// A schema of things that no lab holds, beside it, and dropped with it.
fn odd_schema(lab: &Lab) {
    let schema = ident(&format!("{}_odd it's", lab.prefix));
    let server = &lab.server;
    server.execute([
        format!("CREATE DATABASE {schema} CHARACTER SET latin1 COLLATE latin1_swedish_ci"),
        format!(
            "CREATE TABLE {schema}.`#Scan` (id int NOT NULL AUTO_INCREMENT, `a``b \"%s?` varchar(20) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'it''s' COMMENT 'ü \\\\ \\'', n int unsigned zerofill, e enum('a,b','it''s') DEFAULT 'a,b', f decimal(8,3) DEFAULT '1.500', at timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), g int GENERATED ALWAYS AS (n + 1) STORED, h varchar(99) GENERATED ALWAYS AS (CONCAT(`a``b \"%s?`, 'it''s \\\\ \\n')) VIRTUAL, w varchar(20) DEFAULT (CONCAT('it''s', '(', LOWER('X)'))), b bit(3) DEFAULT b'101', PRIMARY KEY (id), UNIQUE KEY u (e, f), KEY part (`a``b \"%s?`(5)), KEY back (f DESC)) AUTO_INCREMENT=1000 COMMENT='it''s odd'"
        ),
        format!("CREATE TABLE {schema}.`#scan` (id int PRIMARY KEY, CONSTRAINT `up` FOREIGN KEY (id) REFERENCES {schema}.`#Scan` (id) ON UPDATE CASCADE ON DELETE CASCADE)"),
        format!("INSERT INTO {schema}.`#Scan` (id, `a``b \"%s?`, n) VALUES (7, 'x', 3)"),
        format!("CREATE TRIGGER {schema}.`t it's` BEFORE INSERT ON {schema}.`#scan` FOR EACH ROW BEGIN\n  -- why; not\n  SET NEW.id = NEW.id + 0; END"),
        format!("CREATE VIEW {schema}.`v` AS SELECT id, CONCAT('it''s', id) AS x FROM {schema}.`#Scan` WHERE id > 5"),
        format!("CREATE VIEW {schema}.`u` AS SELECT x FROM {schema}.`v`"),
    ]);
}

fn is_the_same(server: &Server) {
    let lab = Lab::build(server, "catalog", &LabOptions::with(&["cycle", "longcomment", "old011", "view"]));
    odd_schema(&lab);
    let mut on_server = connect(server);
    let schemas = lab.schemas();
    for options in
        [&["--hex-blob"][..], &[], &["--single-transaction", "--skip-extended-insert", "--complete-insert"]]
    {
        let taken = Taken::of(&server.dump(options, &schemas));
        assert!(taken.imported.complete, "{options:?}");
        let mut file = taken.open();
        assert_eq!(schema_names(&mut file).expect("names"), schemas);
        let wanted = comparable(read_catalog(&mut on_server, &schemas).expect("the server's catalog"));
        let found = comparable(read_catalog(&mut file, &schemas).expect("the file's catalog"));
        assert_eq!(found.server, wanted.server);
        for (name, schema) in &wanted.schemas {
            let other = found.schemas.get(name).expect("the schema");
            assert_eq!((&other.charset, &other.collation), (&schema.charset, &schema.collation), "{name}");
            let (a, b): (Vec<_>, Vec<_>) = (other.tables.keys().collect(), schema.tables.keys().collect());
            assert_eq!(a, b, "{name}");
            for (table, wanted) in &schema.tables {
                let found = other.tables.get(table).expect("the table");
                for (found, wanted) in found.columns.iter().zip(&wanted.columns) {
                    assert_eq!(found, wanted, "{name}.{table} ({options:?})");
                }
                assert_eq!(found.indexes, wanted.indexes, "{name}.{table}");
                assert_eq!(found.foreign_keys, wanted.foreign_keys, "{name}.{table}");
                assert_eq!(found, wanted, "{name}.{table} ({options:?})");
            }
            assert_eq!(other.views, schema.views, "{name}");
        }
        assert_eq!(found, wanted);
        definitions_are_the_same(&mut on_server, &mut file, &wanted);
    }
}

fn definitions_are_the_same(server: &mut Connection, file: &mut Connection, catalog: &Catalog) {
    let mut n_tables = 0;
    for table in catalog.tables() {
        let source = server.show_create(&table.name).expect("the server's definition");
        assert_eq!(file.show_create(&table.name).expect("the file's definition"), source);
        let parsed = parse_create_table(&source).expect("an outline");
        assert_eq!(parsed.mismatches(&source, table), [], "{source}");
        assert_eq!(
            file.columns(&table.name).expect("columns"),
            server.columns(&table.name).expect("columns")
        );
        for trigger in &table.triggers {
            let (a, b) =
                (file.trigger(&table.name, &trigger.name), server.trigger(&table.name, &trigger.name));
            let words = |text: Option<String>| {
                let text = text.expect("the trigger");
                text.split_once("FOR EACH ROW").map(|(_, body)| body.trim().to_owned())
            };
            assert_eq!(words(a.expect("a trigger")), words(b.expect("a trigger")));
        }
        n_tables += 1;
    }
    assert!(n_tables > 45, "{n_tables}");
    let mut tables = file.tables().expect("tables");
    tables.sort();
    let mut wanted: Vec<_> = catalog.tables().map(|t| t.name.clone()).collect();
    wanted.sort();
    assert_eq!(tables, wanted);
}

#[test]
fn a_dump_of_mysql_has_the_catalog_of_its_server() {
    is_the_same(&Server::mysql());
}

#[test]
fn a_dump_of_mariadb_has_the_catalog_of_its_server() {
    is_the_same(&Server::mariadb());
}

#[test]
fn a_dump_of_mariadb_11_8_has_the_catalog_of_its_server() {
    is_the_same(&Server::mariadb118());
}
