//! What DataJoint 2.3.5 can and cannot do on MariaDB, from runs. `docs/mariadb.md` says it in words: change both.
#![allow(clippy::unwrap_used, reason = "steps shared by tests fail the test")]

use mysql::prelude::Queryable;
use rejoint_testkit::{Flavour, Generation, Lab, LabOptions, Server, unique_prefix};
use serde_json::{Value, json};

/// Each line tries one thing and notes what came of it: the value, or the error's class and text.
const NEW_ROWS: &str = r#"
results = {}
def attempt(name, action):
    try:
        results[name] = action()
    except Exception as error:
        results[name] = f"{type(error).__name__}: {error}"
lab, acq, analysis, subject = (module(n) for n in ("lab", "acq", "analysis", "subject"))
def put(table, key, **values):
    table.insert1(dict(key, **values))
    names = list(values)
    row = (table & key).to_dicts()[0]
    return [row[n] for n in names]
attempt("blob in the table", lambda: put(analysis.BlobZoo, dict(kind="new"), value=[1, "two"]))
attempt("blob@ null", lambda: put(analysis.BlobZoo, dict(kind="null"), value=1, stored=None)[1])
attempt("blob@", lambda: put(analysis.BlobZoo, dict(kind="stored"), value=1, stored=[1, 2])[1])
(STORES / "a file.txt").write_text("content")
attempt("attach@", lambda: bool(put(lab.Protocol, dict(protocol="n", version=1), document=str(STORES / "a file.txt"), scan=str(STORES / "a file.txt"))))
attempt("attach in the table", lambda: bool(put(lab.Protocol, dict(protocol="n", version=2), document=str(STORES / "a file.txt"))))
def codec_over_blob():
    analysis.Adapted.insert1(dict(id=100, graph=lab_types.Graph([1], []), trace=lab_types.Trace([1.0], 2)))
    return repr((analysis.Adapted & "id=100").fetch1("trace"))
attempt("codec over blob@", codec_over_blob)
def filepath():
    (STORES / "cold" / "new.txt").write_text("new")
    (STORES / "raw" / "new.txt").write_text("new")
    key = (acq.Session & "session = 2").keys()[0]
    acq.VideoFile.insert1(dict(key, camera="new", video="new.txt", calibration="new.txt"), allow_direct_insert=True)
    return (acq.VideoFile & dict(key, camera="new")).fetch1("video").read().decode()
attempt("filepath@", filepath)
attempt("old blob@ read", lambda: (analysis.Method & "method = 'median'").fetch1("params"))
attempt("legacy json read", lambda: (subject.Line & "line = 'PV-Cre'").fetch1("genotype"))
attempt("legacy json written as text", lambda: put(subject.Line, dict(line="text"), genotype='{"a": 1}')[0])
attempt("legacy json written as a dict", lambda: put(subject.Line, dict(line="dict"), genotype={"a": 1})[0])
print(json.dumps(results))
"#;

fn after_hand_migration(server: &Server, json_marker: bool) -> Value {
    let lab = Lab::build(server, "newrows", &LabOptions::default());
    lab.migrate_by_hand();
    if json_marker {
        let json = "MODIFY COLUMN genotype JSON NULL COMMENT ':json:'";
        lab.server.execute([format!("ALTER TABLE `{}_subject`.`#line` {json}", lab.prefix)]);
    }
    lab.python_json(Generation::V2, NEW_ROWS)
}

fn expected() -> Value {
    json!({
        "blob in the table": [[1, "two"]],
        "blob@ null": null,
        "blob@": [1, 2],
        "attach@": true,
        "attach in the table": true,
        "codec over blob@": "Trace(samples=array([1.]), rate=2.0)",
        "filepath@": "new",
        "old blob@ read": {"axis": 0},
        "legacy json read": {"gene": "Pvalb", "copies": 1.5, "nested": {"a": [1, {"b": "c\\d\"e"}]}},
        "legacy json written as text": "{\"a\": 1}",
        "legacy json written as a dict": {"a": 1},
    })
}

#[test]
fn on_mysql_a_migrated_pipeline_reads_and_takes_everything() {
    assert_eq!(after_hand_migration(&Server::mysql(), false), expected());
}

/// 2.3.5 knows a JSON column by its type, which MariaDB reports as `longtext`. Reading goes by the codec and works.
/// Writing leaves the pointer of `<blob@>` and `<attach@>` a dict, which the driver refuses.
#[test]
fn on_mariadb_a_migrated_pipeline_reads_everything_but_takes_no_new_stored_blobs_and_attachments() {
    for flavour in [Flavour::Mariadb, Flavour::Mariadb118] {
        let mut expected = expected();
        for what in ["blob@", "attach@", "codec over blob@", "legacy json written as a dict"] {
            expected[what] = json!("TypeError: dict can not be used as parameter");
        }
        expected["legacy json read"] =
            json!(r#"{"gene": "Pvalb", "copies": 1.5, "nested": {"a": [1, {"b": "c\\d\"e"}]}}"#);
        assert_eq!(after_hand_migration(&Server::get(flavour), false), expected, "{flavour:?}");
    }
}

#[test]
fn on_mariadb_the_json_marker_makes_json_attributes_work_as_on_mysql() {
    let results = after_hand_migration(&Server::mariadb(), true);
    for what in ["legacy json read", "legacy json written as text", "legacy json written as a dict"] {
        assert_eq!(results[what], expected()[what], "{what}");
    }
}

/// A negative zero comes back positive from MariaDB, whether written as a literal or as a parameter; MySQL keeps it.
/// A copy from MySQL to MariaDB therefore changes bits, and the lab holds another `type_zoo.c_real` there.
#[test]
fn only_mysql_keeps_a_negative_zero() {
    let is_negative = |server: &Server| -> Vec<bool> {
        let mut connection = server.connect();
        let prefix = unique_prefix("zero");
        let table = format!("`{prefix}_s`.`t`");
        server.execute([
            format!("CREATE DATABASE `{prefix}_s`"),
            format!("CREATE TABLE {table} (id INT PRIMARY KEY, v DOUBLE)"),
            format!("INSERT INTO {table} VALUES (1, -0e0)"),
        ]);
        connection.exec_drop(format!("INSERT INTO {table} VALUES (2, ?)"), (-0.0_f64,)).unwrap();
        let values: Vec<f64> = connection.exec(format!("SELECT v FROM {table} ORDER BY id"), ()).unwrap();
        server.drop_schemas(&prefix);
        values.into_iter().map(f64::is_sign_negative).collect()
    };
    assert_eq!(is_negative(&Server::mysql()), [true, true]);
    assert_eq!(is_negative(&Server::mariadb()), [false, false]);
    assert_eq!(is_negative(&Server::mariadb118()), [false, false]);
}
