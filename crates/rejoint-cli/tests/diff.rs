//! Code and database compared both ways, on tables that 0.14.10 and 2.3.5 declared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::{Generation, Server, project_root, rejoint_command, unique_prefix};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The package with its own prefix, declared on a server.
struct Package {
    server: Server,
    prefix: String,
    home: tempfile::TempDir,
}

impl Package {
    fn declare(
        server: Server,
        name: &str,
        generation: Generation,
        change: impl Fn(&str) -> String,
    ) -> Package {
        let home = tempfile::tempdir().unwrap();
        let package = Package { server, prefix: unique_prefix(name), home };
        let source = project_root().join("crates/rejoint-cli/tests/data/diff_package");
        std::fs::create_dir(package.code()).unwrap();
        for entry in std::fs::read_dir(source).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "py") {
                let text = std::fs::read_to_string(&path).unwrap().replace("PREFIX_", &package.name(""));
                std::fs::write(package.code().join(path.file_name().unwrap()), change(&text)).unwrap();
            }
        }
        let output = generation
            .command(package.home.path())
            .env("LATE_SCHEMA", package.name("late"))
            .envs([
                ("DJ_HOST", package.server.host.as_str()),
                ("DJ_PORT", &package.server.port.to_string()),
                ("DJ_USER", &package.server.user),
                ("DJ_PASS", &package.server.password),
            ])
            .args(["-c", DECLARE])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        package
    }

    fn name(&self, schema: &str) -> String {
        format!("{}_{schema}", self.prefix)
    }

    fn code(&self) -> std::path::PathBuf {
        self.home.path().join("pipeline")
    }

    fn sql(&self, statements: &[&str]) {
        let statements: Vec<String> =
            statements.iter().map(|sql| sql.replace("PREFIX_", &self.name(""))).collect();
        self.server.execute(&statements);
    }

    /// Exit code, JSON, and the same as text.
    fn diff(&self, options: &[&str]) -> (i32, Value, String) {
        let run = |extra: &[&str]| {
            let mut command = rejoint_command(self.home.path());
            command
                .args(["diff", "--host", &self.server.host, "--port", &self.server.port.to_string()])
                .env("DJ_USER", &self.server.user)
                .env("DJ_PASS", &self.server.password)
                .args(options)
                .args(extra)
                .arg(self.code());
            command.output().unwrap()
        };
        let (json, text) = (run(&["--json"]), run(&[]));
        assert_eq!(json.status.code(), text.status.code());
        let said = String::from_utf8_lossy(&text.stdout).into_owned();
        let value = serde_json::from_slice(&json.stdout).unwrap_or_else(|error| {
            panic!(
                "{error}: {}\n{}",
                String::from_utf8_lossy(&json.stdout),
                String::from_utf8_lossy(&json.stderr)
            )
        });
        (json.status.code().unwrap(), value, said)
    }

    fn late(&self) -> String {
        format!("late.py={}", self.name("late"))
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        self.server.drop_schemas(&self.prefix);
    }
}

const DECLARE: &str = "
import os, datajoint as dj
dj.config['safemode'] = False
for new, old in (('database.host', 'DJ_HOST'), ('database.user', 'DJ_USER'), ('database.password', 'DJ_PASS')):
    dj.config[new] = os.environ[old]
dj.config['database.port'] = int(os.environ['DJ_PORT'])
from pipeline import subject, session, late
for table in (subject.Species, subject.Subject, subject.Subject.Note, session.Rig, session.Session,
              session.Session.Trial, session.Handover, session.TrialStats, late.Review):
    len(table())
";

/// `kind table column`, without the prefix.
fn lines(package: &Package, report: &Value) -> BTreeSet<String> {
    report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            let text = |key: &str| found[key].as_str().unwrap_or("").to_owned();
            let table = text("table").replace(&package.name(""), "");
            format!("{} {table} {}", text("kind"), text("column")).trim_end().to_owned()
        })
        .collect()
}

fn expect(package: &Package, report: &Value, said: &str, wanted: &[&str]) {
    let wanted: BTreeSet<String> = wanted.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(lines(package, report), wanted, "{said}");
}

#[test]
fn what_0_14_declared_does_not_differ_from_its_code_on_any_server() {
    for server in Server::all() {
        let package = Package::declare(server, "same", Generation::V0, str::to_owned);
        let late = package.late();
        let (code, report, said) = package.diff(&["--schema-of", &late]);
        expect(&package, &report, &said, &[]);
        assert_eq!((code, report["compared"].as_u64()), (0, Some(10)), "{said}");
        assert_eq!(report["dialect"], "0.14");
        assert_eq!(report["undecided"], serde_json::json!([]));
    }
}

#[test]
fn a_schema_name_that_the_code_computes_is_undecided_not_guessed() {
    let package = Package::declare(Server::mysql(), "late", Generation::V0, str::to_owned);
    let (code, report, said) = package.diff(&[]);
    assert_eq!(code, 1);
    expect(&package, &report, &said, &[]);
    assert_eq!(report["compared"], 9);
    let undecided = &report["undecided"][0];
    assert_eq!(undecided["place"]["class"], "Review");
    assert!(undecided["reason"].as_str().unwrap().contains("--schema-of"), "{said}");
    assert!(said.contains("late.py:11:7: Review: the code computes the schema's name"), "{said}");
    let (code, _, said) = package.diff(&["--schema-of", &format!("late.py:schema={}", package.name("late"))]);
    assert_eq!(code, 0, "{said}");
    let (code, _, _) = package.diff_failing(&["--schema-of", "nowhere.py=x"]);
    assert_eq!(code, 2);
}

impl Package {
    fn diff_failing(&self, options: &[&str]) -> (i32, Value, String) {
        let output =
            rejoint_command(self.home.path()).args(["diff"]).args(options).arg(self.code()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), Value::Null, text)
    }
}

#[test]
fn every_change_made_by_sql_is_named() {
    for server in [Server::mysql(), Server::mariadb()] {
        let package = Package::declare(server, "changed", Generation::V0, str::to_owned);
        package.sql(&[
            // tables
            "CREATE TABLE `PREFIX_subject`.`stray` (id int PRIMARY KEY)",
            "CREATE TABLE `PREFIX_subject`.`~hidden` (id int PRIMARY KEY)",
            "DROP TABLE `PREFIX_late`.`_review`",
            "RENAME TABLE `PREFIX_session`.`__trial_stats` TO `PREFIX_session`.`__trial_summary`",
            "ALTER TABLE `PREFIX_subject`.`#species` COMMENT = 'kinds'",
            // columns
            "ALTER TABLE `PREFIX_session`.`session__trial` DROP COLUMN latency, ADD COLUMN mood varchar(8) NULL, \
             MODIFY outcome int NOT NULL COMMENT '', ALTER COLUMN score SET DEFAULT 1.5",
            "ALTER TABLE `PREFIX_subject`.`subject` CHANGE weight mass decimal(5,2) NOT NULL DEFAULT 20.5 COMMENT 'grams'",
            "ALTER TABLE `PREFIX_subject`.`subject` MODIFY birth date NOT NULL COMMENT 'day'",
            "ALTER TABLE `PREFIX_subject`.`subject` DROP INDEX nickname, ADD INDEX by_birth (birth)",
            "ALTER TABLE `PREFIX_session`.`session` MODIFY `key` binary(16) NOT NULL COMMENT 'plain', DROP INDEX start_time",
            "ALTER TABLE `PREFIX_session`.`session` MODIFY raw longblob NULL COMMENT 'a trace' AFTER `key`",
            "ALTER TABLE `PREFIX_subject`.`subject__note` DROP PRIMARY KEY, ADD PRIMARY KEY (note_id, subject_id), \
             ADD INDEX kept (subject_id)",
        ]);
        let key = package.foreign_key("session", "handover", "taker");
        package.sql(&[&format!("ALTER TABLE `PREFIX_session`.`handover` DROP FOREIGN KEY `{key}`")]);
        let key = package.foreign_key("session", "session", "rig");
        package.sql(&[
            &format!("ALTER TABLE `PREFIX_session`.`session` DROP FOREIGN KEY `{key}`"),
            "ALTER TABLE `PREFIX_session`.`session` ADD FOREIGN KEY (rig) REFERENCES `PREFIX_session`.`#rig` (rig) \
             ON UPDATE CASCADE ON DELETE CASCADE",
            "ALTER TABLE `PREFIX_session`.`#rig` ADD COLUMN owner int unsigned, ADD FOREIGN KEY (owner) \
             REFERENCES `PREFIX_subject`.`subject` (subject_id)",
        ]);
        let (code, report, said) = package.diff(&["--schema-of", &package.late()]);
        assert_eq!(code, 1);
        let mut wanted = vec![
            "table_extra subject.stray",
            "table_missing late._review",
            "table_renamed session.__trial_stats",
            "table_comment subject.#species",
            "column_missing session.session__trial latency",
            "column_extra session.session__trial mood",
            "column_type session.session__trial outcome",
            "column_default session.session__trial score",
            "column_renamed subject.subject weight",
            "column_nullability subject.subject birth",
            "column_comment subject.subject birth",
            "index_missing subject.subject nickname",
            "index_extra subject.subject birth",
            "column_type session.session key",
            "column_comment session.session key",
            "index_missing session.session start_time",
            "column_order session.session",
            "primary_key subject.subject__note",
            "foreign_key_missing session.handover taker",
            "foreign_key_rule session.session rig",
            "column_extra session.#rig owner",
            "foreign_key_extra session.#rig owner",
        ];
        // The index that the dropped foreign key needed stays.
        wanted.push("index_extra session.handover taker");
        expect(&package, &report, &said, &wanted);
        for text in [
            "weight: column may have been renamed: code weight, database mass",
            "key: type: code binary(16) :uuid:, database binary(16)",
            "birth: nullability: code NULL, database NOT NULL",
            "latency: column is not in the database: double",
            "primary key: code (subject_id, note_id), database (note_id, subject_id)",
        ] {
            assert!(said.contains(text), "{text}\n{said}");
        }
    }
}

impl Package {
    fn foreign_key(&self, schema: &str, table: &str, column: &str) -> String {
        use mysql::prelude::Queryable as _;
        let sql = format!(
            "SELECT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL \
             AND TABLE_SCHEMA = '{}' AND TABLE_NAME = '{table}' AND COLUMN_NAME = '{column}'",
            self.name(schema)
        );
        self.server.connect().query_first(sql).unwrap().expect("the key is there")
    }
}

#[test]
fn what_2_x_declared_does_not_differ_from_the_converted_code() {
    let modern = |text: &str| {
        text.replace("longblob", "<blob>")
            .replace("dj.schema", "dj.Schema")
            .replace("timestamp", "datetime")
            .replace("trial : int", "trial : int32")
            .replace("enum(\"M\", \"F\", \"U\")", "enum('M', 'F', 'U')")
    };
    let package = Package::declare(Server::mysql(), "modern", Generation::V2, modern);
    let (code, report, said) = package.diff(&["--schema-of", &package.late()]);
    assert_eq!(report["dialect"], "2.x", "{said}");
    expect(&package, &report, &said, &[]);
    assert_eq!(code, 0, "{said}");
    // By the rules of 0.14 the same code is not legal: said, not compared.
    let (code, report, _) = package.diff(&["--schema-of", &package.late(), "--dialect", "v0"]);
    assert_eq!(code, 1);
    assert!(!report["undecided"].as_array().unwrap().is_empty());
}

#[test]
fn a_file_that_is_not_there_is_an_error_of_input() {
    let output = rejoint_command(Path::new("/")).args(["diff", "/no/such/folder"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
