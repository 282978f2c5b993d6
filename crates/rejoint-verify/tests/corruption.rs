//! Every way to damage a table is found, and named with table, key and column, on real servers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "steps shared by tests fail the test")]

use rejoint_db::{Connection, ident, qualified};
use rejoint_model::{Content, TableName, TableView, ViewColumn};
use rejoint_mysql::{Config, TlsMode};
use rejoint_testkit::{Cut, Proxy, Server, unique_prefix};
use rejoint_verify::{
    Certificate, CheckInput, Connections, DigestOptions, Evidence, FingerprintFile, FingerprintWriter,
    LocateOptions, Objects, Outcome, Quiet, Stores, Threads, Verdict, certificate_file, check, compare,
    digest_table, digest_table_on_server, evidence_file, locate,
};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

fn connect(server: &Server) -> Connection {
    let config = Config {
        host: server.host.clone(),
        port: server.port,
        user: server.user.clone(),
        password: server.password.clone(),
        tls: TlsMode::Off,
        lock_wait_seconds: 5,
    };
    rejoint_mysql::connect(&config).unwrap()
}

/// A table with hostile names and every kind of cell, in a schema of its own that goes with it.
struct Fixture {
    server: Server,
    prefix: String,
    view: TableView,
    folder: tempfile::TempDir,
}

const ROWS: i64 = 300;

impl Fixture {
    fn new(server: &Server) -> Self {
        let prefix = unique_prefix("verify");
        let schema = format!("{prefix}_a`b %s");
        let table = TableName::new(schema, "#t y'p\"e");
        let column = |name: &str, content| ViewColumn { name: name.into(), column: name.into(), content };
        let view = TableView {
            table,
            key: vec!["id".into(), "day".into()],
            columns: vec![
                column("x`; DROP", Content::Plain),
                column("d", Content::Plain),
                column("note µ", Content::Plain),
                column("img", Content::Blob),
                column("n", Content::Plain),
                column("old", Content::Plain),
                column("bin", Content::Plain),
                column("bits", Content::Plain),
            ],
        };
        let fixture = Fixture { server: server.clone(), prefix, view, folder: tempfile::tempdir().unwrap() };
        let name = fixture.name();
        fixture.run(&[
            &format!("CREATE DATABASE {}", ident(&fixture.view.table.schema)),
            &format!(
                "CREATE TABLE {name} (`id` int NOT NULL, `day` date NOT NULL, {} float, `d` double, {} varchar(60), `img` longblob, `n` tinyint unsigned, `old` char(9) CHARSET latin1 DEFAULT 'é', `bin` varchar(9) COLLATE utf8mb4_bin DEFAULT 'x', `bits` bit(5) DEFAULT b'101', PRIMARY KEY (`id`, `day`)) CHARSET utf8mb4",
                ident("x`; DROP"),
                ident("note µ")
            ),
            &format!(
                "INSERT INTO {name} (`id`, `day`, {}, `d`, {}, `img`, `n`) WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < {ROWS}) SELECT i, '2020-01-01' + INTERVAL (i % 7) DAY, 0.1, i / 3e0, CONCAT('nøte ', i), CONCAT(X'6d596d0005', CHAR(16), REPEAT(X'00', 7), REPEAT(CHAR(65 + i % 20), 16)), i % 250 FROM r",
                ident("x`; DROP"),
                ident("note µ")
            ),
            &format!("UPDATE {name} SET `img` = NULL, `n` = NULL, `d` = 0 WHERE id = 100"),
        ]);
        fixture
    }

    fn name(&self) -> String {
        qualified(&self.view.table)
    }

    fn run(&self, statements: &[&str]) {
        self.server.execute(std::iter::once(&"SET sql_mode = 'STRICT_ALL_TABLES'").chain(statements));
    }

    fn evidence(&self, observer: &mut dyn rejoint_verify::Observer) -> Evidence {
        let mut connection = connect(&self.server);
        let options = DigestOptions { decode: true, ..DigestOptions::default() };
        let table = digest_table(&mut connection, &self.view, &options, observer).unwrap();
        Evidence {
            server: connection.server().clone(),
            created: "2026-01-01T00:00:00Z".into(),
            plan: None,
            tables: vec![table],
            objects: None,
        }
    }

    /// Evidence, with fingerprints beside it.
    fn before(&self) -> (Evidence, FingerprintFile) {
        let path = self.folder.path().join("fingerprints");
        let mut writer = FingerprintWriter::create(&path).unwrap();
        let evidence = self.evidence(&mut writer);
        writer.finish().unwrap();
        (evidence, FingerprintFile::open(&path).unwrap())
    }

    /// What a check finds after `sql`: the columns that differ, and the rows.
    fn damage(&self, sql: &str) -> (Vec<String>, Vec<String>) {
        let (before, fingerprints) = self.before();
        let quick = |connection: &mut Connection| {
            digest_table_on_server(connection, &self.view.table, 70, Connections::Two, &mut Quiet).unwrap()
        };
        let quick_before = quick(&mut connect(&self.server));
        self.run(&[sql]);
        let after = self.evidence(&mut Quiet);
        let comparison = compare(&before, &after, &[]);
        assert_eq!(comparison.verdict, Verdict::Differs, "{sql}");
        let mut connection = connect(&self.server);
        assert_ne!(quick_before, quick(&mut connection), "server side: {sql}");
        let located = locate(&fingerprints, &mut connection, &self.view, &LocateOptions::default()).unwrap();
        // reading the table in many passes finds the same
        let many = LocateOptions { memory: 4096, threads: Threads::Two, ..LocateOptions::default() };
        assert_eq!(locate(&fingerprints, &mut connection, &self.view, &many).unwrap(), located, "{sql}");
        assert_eq!(located.total, located.differences.len() as u64);
        let beginning = format!("{}, row ", self.view.table);
        let rows =
            located.differences.iter().map(|d| d.to_string().strip_prefix(&beginning).unwrap().to_owned());
        (comparison.tables[0].columns.clone(), rows.collect())
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.server.drop_schemas(&self.prefix);
    }
}

fn servers() -> [Server; 2] {
    [Server::mysql(), Server::mariadb()]
}

/// Damages a fresh table by `sql` (`T` stands for its name) on every server.
fn assert_found(sql: &str, columns: &[&str], rows: &[&str]) {
    for server in servers() {
        let fixture = Fixture::new(&server);
        let (found_columns, found_rows) = fixture.damage(&sql.replace("TABLE", &fixture.name()));
        assert_eq!(found_columns, columns, "{:?}: {sql}", server.flavour);
        assert_eq!(found_rows, rows, "{:?}: {sql}", server.flavour);
    }
}

#[test]
fn an_untouched_table_is_equal_on_every_path() {
    for server in servers() {
        let fixture = Fixture::new(&server);
        let (before, fingerprints) = fixture.before();
        assert_eq!(before.tables[0].digest.rows, ROWS as u64);
        assert_eq!((before.tables[0].decoded[0].decoded, before.tables[0].decoded[0].undecodable), (299, 0));
        let mut connection = connect(&server);
        // another order of rows, and two threads instead of one
        fixture.run(&[&format!(
            "ALTER TABLE {} DROP PRIMARY KEY, ADD PRIMARY KEY (`day`, `id`)",
            fixture.name()
        )]);
        let options = DigestOptions { decode: true, threads: Threads::Two, ..DigestOptions::default() };
        let again = digest_table(&mut connection, &fixture.view, &options, &mut Quiet).unwrap();
        assert_eq!(again, before.tables[0]);
        let located =
            locate(&fingerprints, &mut connection, &fixture.view, &LocateOptions::default()).unwrap();
        assert_eq!((located.total, located.differences.len()), (0, 0));
        // the server-side sum does not depend on chunks, and covers every row
        let mut quick = |chunk, connections| {
            digest_table_on_server(&mut connection, &fixture.view.table, chunk, connections, &mut Quiet)
                .unwrap()
        };
        let whole = quick(1_000_000, Connections::One);
        assert_eq!(whole.rows, ROWS as u64);
        for chunk in [1, 7, 299, 300, 301] {
            assert_eq!(quick(chunk, Connections::One), whole, "chunks of {chunk}");
            assert_eq!(quick(chunk, Connections::Two), whole, "chunks of {chunk} on two connections");
        }
    }
}

#[test]
fn a_flipped_bit_is_found() {
    assert_found(
        "UPDATE TABLE SET n = n ^ 1 WHERE id = 3",
        &["n"],
        &["day=2020-01-04, id=3: column n differs"],
    );
    assert_found(
        "UPDATE TABLE SET img = CONCAT(LEFT(img, 20), CHAR(ASCII(SUBSTRING(img, 21, 1)) ^ 4), SUBSTRING(img, 22)) WHERE id = 9",
        &["img"],
        &["day=2020-01-03, id=9: column img differs"],
    );
}

#[test]
fn values_swapped_between_two_rows_are_found() {
    assert_found(
        "UPDATE TABLE SET `note µ` = CASE id WHEN 4 THEN 'nøte 5' ELSE 'nøte 4' END WHERE id IN (4, 5)",
        &["note µ"],
        &["day=2020-01-05, id=4: column note µ differs", "day=2020-01-06, id=5: column note µ differs"],
    );
}

#[test]
fn the_same_edit_in_two_rows_is_found() {
    assert_found(
        "UPDATE TABLE SET n = n + 1 WHERE id IN (10, 11)",
        &["n"],
        &["day=2020-01-04, id=10: column n differs", "day=2020-01-05, id=11: column n differs"],
    );
}

#[test]
fn a_float_rounded_in_its_last_bit_is_found() {
    assert_found(
        "UPDATE TABLE SET `x``; DROP` = 0.10000001 WHERE id = 7",
        &["x`; DROP"],
        &["day=2020-01-01, id=7: column x`; DROP differs"],
    );
    // 20/3 and the next double: 15 digits do not tell them apart
    assert_found(
        "UPDATE TABLE SET d = 6.666666666666668e0 WHERE id = 20",
        &["d"],
        &["day=2020-01-07, id=20: column d differs"],
    );
}

#[test]
fn a_zero_that_lost_its_sign_is_found() {
    // On MySQL only: MariaDB stores every zero without sign, also a bound -0.0.
    let fixture = Fixture::new(&Server::mysql());
    fixture.run(&[&format!("UPDATE {} SET d = 0 * -1e0 WHERE id = 100", fixture.name())]);
    let (columns, rows) = fixture.damage(&format!("UPDATE {} SET d = 0e0 WHERE id = 100", fixture.name()));
    assert_eq!(columns, ["d"]);
    assert_eq!(rows, ["day=2020-01-03, id=100: column d differs"]);
}

#[test]
fn a_truncated_blob_is_found_and_no_longer_decodes() {
    assert_found(
        "UPDATE TABLE SET img = LEFT(img, LENGTH(img) - 1) WHERE id = 20",
        &["img"],
        &["day=2020-01-07, id=20: column img differs"],
    );
    let fixture = Fixture::new(&Server::mysql());
    fixture.run(&[&format!("UPDATE {} SET img = LEFT(img, LENGTH(img) - 1) WHERE id = 20", fixture.name())]);
    let decoded = &fixture.evidence(&mut Quiet).tables[0].decoded[0];
    assert_eq!((decoded.decoded, decoded.undecodable), (298, 1));
    assert_eq!(decoded.examples[0].key, "day=2020-01-07, id=20");
}

#[test]
fn null_and_empty_are_told_apart() {
    assert_found(
        "UPDATE TABLE SET img = '' WHERE id = 100",
        &["img"],
        &["day=2020-01-03, id=100: column img differs"],
    );
}

#[test]
fn a_lost_row_is_found() {
    let all = ["bin", "bits", "d", "day", "id", "img", "n", "note µ", "old", "x`; DROP"];
    assert_found("DELETE FROM TABLE WHERE id = 300", &all, &["day=2020-01-07, id=300: lost"]);
}

#[test]
fn a_duplicated_row_is_found() {
    let all = ["bin", "bits", "d", "day", "id", "img", "n", "note µ", "old", "x`; DROP"];
    assert_found(
        "INSERT INTO TABLE SELECT id + 1000, day, `x``; DROP`, d, `note µ`, img, n, old, bin, bits FROM TABLE WHERE id = 5",
        &all,
        &["day=2020-01-06, id=1005: new"],
    );
}

#[test]
fn a_row_twice_under_one_key_is_found_where_the_key_is_no_longer_unique() {
    for server in servers() {
        let fixture = Fixture::new(&server);
        let (before, fingerprints) = fixture.before();
        let name = fixture.name();
        fixture.run(&[
            &format!("ALTER TABLE {name} DROP PRIMARY KEY"),
            &format!("INSERT INTO {name} SELECT * FROM {name} WHERE id IN (5, 6)"),
        ]);
        assert_eq!(compare(&before, &fixture.evidence(&mut Quiet), &[]).verdict, Verdict::Differs);
        let options = LocateOptions { max: 1, ..LocateOptions::default() };
        let located = locate(&fingerprints, &mut connect(&server), &fixture.view, &options).unwrap();
        assert_eq!((located.total, located.differences.len()), (2, 1));
        assert!(located.differences[0].to_string().ends_with(": duplicated"), "{}", located.differences[0]);
    }
}

#[test]
fn swapped_columns_and_a_renamed_column_are_found() {
    let fixture = Fixture::new(&Server::mysql());
    let before = fixture.evidence(&mut Quiet);
    let name = fixture.name();
    fixture.run(&[
        &format!("UPDATE {name} SET d = n, n = 1"),
        &format!("ALTER TABLE {name} RENAME COLUMN `img` TO `image`"),
    ]);
    let mut after = before.clone();
    let mut view = fixture.view.clone();
    view.columns[3].name = "image".into();
    view.columns[3].column = "image".into();
    let mut connection = connect(&fixture.server);
    after.tables = vec![digest_table(&mut connection, &view, &DigestOptions::default(), &mut Quiet).unwrap()];
    let found = compare(&before, &after, &[]);
    assert_eq!(found.verdict, Verdict::Differs);
    assert_eq!(found.tables[0].columns, ["d", "n"]);
    assert_eq!(found.tables[0].unmatched_columns, ["image", "img"]);
    // under its logical name the renamed column is the same column
    view.columns[3].name = "img".into();
    let renamed = digest_table(&mut connection, &view, &DigestOptions::default(), &mut Quiet).unwrap();
    assert_eq!(
        renamed.digest.columns.iter().find(|c| c.name == "img"),
        before.tables[0].digest.columns.iter().find(|c| c.name == "img")
    );
}

#[test]
fn a_certificate_survives_its_file_and_a_later_check_names_what_changed() {
    for server in servers() {
        let fixture = Fixture::new(&server);
        let (before, fingerprints) = fixture.before();
        let path = fixture.folder.path().join("evidence.json");
        evidence_file::write(&path, &before).unwrap();
        assert_eq!(evidence_file::read(&path).unwrap(), before);
        let after = fixture.evidence(&mut Quiet);
        let certificate = Certificate::new(&before, &after, Vec::new(), "0.1.0", "2026-01-01T00:00:00Z");
        assert_eq!(certificate.verdict, Verdict::Equal);
        let path = fixture.folder.path().join("certificate.json");
        certificate_file::write(&path, &certificate).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(certificate_file::read(&path).unwrap(), certificate);
        certificate_file::write(&path, &certificate).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

        let stores = Stores::new();
        let run = |fingerprints: Option<&FingerprintFile>| {
            let input = CheckInput {
                stores: &stores,
                subfolding: BTreeMap::new(),
                objects: Objects::Read,
                threads: NonZeroUsize::MIN,
                fingerprints,
                locate: LocateOptions::default(),
                created: "2026-01-02T00:00:00Z".into(),
            };
            check(&certificate, &mut connect(&server), &input, &mut Quiet).unwrap()
        };
        assert_eq!((run(Some(&fingerprints)).verdict, run(None).tables.len()), (Verdict::Equal, 0));
        fixture.run(&[&format!("UPDATE {} SET n = 3 WHERE id = 8", fixture.name())]);
        let report = run(None);
        assert_eq!((report.verdict, report.tables[0].located.clone()), (Verdict::Differs, None));
        assert_eq!(report.tables[0].verdict.columns, ["n"]);
        let report = run(Some(&fingerprints));
        let rows: Vec<String> =
            report.tables[0].located.iter().flat_map(|l| &l.differences).map(ToString::to_string).collect();
        assert_eq!(rows, [format!("{}, row day=2020-01-02, id=8: column n differs", fixture.view.table)]);
        fixture.run(&[&format!("DROP TABLE {}", fixture.name())]);
        let report = run(Some(&fingerprints));
        assert_eq!((report.verdict, report.tables[0].verdict.outcome), (Verdict::Differs, Outcome::Differs));
        assert!(report.tables[0].unreadable.as_ref().is_some_and(|reason| reason.contains("doesn't exist")));
    }
}

#[test]
fn a_connection_that_breaks_gives_an_error_and_never_a_shorter_table() {
    for server in servers() {
        let fixture = Fixture::new(&server);
        let proxy = Proxy::start(&server);
        for threads in [Threads::One, Threads::Two] {
            for bytes in [1, 2_000, 10_000, 20_000] {
                let mut connection = connect(&proxy.server());
                proxy.cut(Cut::after_server_bytes(bytes));
                let cuts = proxy.n_cuts();
                let options = DigestOptions { threads, ..DigestOptions::default() };
                let result = digest_table(&mut connection, &fixture.view, &options, &mut Quiet);
                assert_eq!(proxy.n_cuts(), cuts + 1, "cut too late: {bytes}");
                let error = result.unwrap_err();
                let class = error.server_error().map(rejoint_db::Error::class);
                assert_eq!(class, Some(rejoint_db::Class::Lost), "{error:?}");
                proxy.allow();
            }
        }
    }
}

#[test]
fn an_observer_can_stop_a_table() {
    struct Stop(u64);
    impl rejoint_verify::Observer for Stop {
        fn row(&mut self, _: &[u8], _: &[rejoint_value::Fingerprint]) -> rejoint_verify::Result<()> {
            self.0 -= 1;
            if self.0 == 0 { Err(rejoint_verify::Error::Stopped) } else { Ok(()) }
        }
    }
    let fixture = Fixture::new(&Server::mysql());
    let mut connection = connect(&fixture.server);
    for threads in [Threads::One, Threads::Two] {
        let options = DigestOptions { threads, ..DigestOptions::default() };
        let result = digest_table(&mut connection, &fixture.view, &options, &mut Stop(50));
        assert!(matches!(result, Err(rejoint_verify::Error::Stopped)));
        // the connection is still good
        assert_eq!(
            digest_table(&mut connection, &fixture.view, &options, &mut Quiet).unwrap().digest.rows,
            300
        );
    }
}
