//! The lab is the same everywhere, survives the proven recipe, and leaves nothing behind.
#![allow(clippy::unwrap_used, reason = "steps shared by tests fail the test")]

use rejoint_testkit::{Generation, Lab, LabOptions, Server};

const EDGES: [&str; 7] = ["cycle", "longcomment", "old011", "view", "damage", "external011", "nullmissing"];
/// Schemas that cannot be read completely by 0.14, on purpose.
const BROKEN: [&str; 3] = ["damage.", "gaps.", "old.written_by_011"];

fn sound(table: &str) -> bool {
    !BROKEN.iter().any(|beginning| table.starts_with(beginning))
}

fn hand_migration_keeps_every_value(server: &Server) {
    let lab = Lab::build(server, "hand", &LabOptions::with(&EDGES));
    let before = lab.digest(Generation::V0);
    lab.migrate_by_hand();
    let after = lab.digest(Generation::V2);
    before.clone().filtered(sound).assert_equal(&after.clone().filtered(sound));
    assert!(before.clone().filtered(sound).tables().count() >= 39);
    // 0.14 cannot open what 0.11 declared; its twin holds the same values under the same keys
    for column in ["id", "movie", "mask", "params"] {
        let twin = before.column("old.twin", column).unwrap();
        assert_eq!(after.column("old.written_by_011", column), Some(twin), "{column}");
    }
}

#[test]
fn hand_migration_keeps_every_value_on_mysql() {
    hand_migration_keeps_every_value(&Server::mysql());
}

#[test]
fn hand_migration_keeps_every_value_on_mariadb_10_11() {
    hand_migration_keeps_every_value(&Server::mariadb());
}

#[test]
fn hand_migration_keeps_every_value_on_mariadb_11_8() {
    hand_migration_keeps_every_value(&Server::mariadb118());
}

#[test]
fn values_do_not_depend_on_prefix_or_edges() {
    let server = Server::mysql();
    let plain = Lab::build(&server, "p", &LabOptions::default());
    let edges =
        Lab::build(&server, "longer_name", &LabOptions::with(&["damage", "nullmissing", "external011"]));
    let own = |table: &str| !["damage.", "gaps.", "old."].iter().any(|schema| table.starts_with(schema));
    plain.digest(Generation::V0).assert_equal(&edges.digest(Generation::V0).filtered(own));
}

#[test]
fn a_changed_value_changes_the_digest_of_its_column() {
    let lab = Lab::build(&Server::mysql(), "change", &LabOptions::default());
    let before = lab.digest(Generation::V0);
    lab.server.execute([format!(
        "UPDATE `{}_lab`.`person` SET hourly_rate = 12.51 WHERE person_id = 3",
        lab.prefix
    )]);
    let differences = before.compare(&lab.digest(Generation::V0));
    let found: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["lab.person hourly_rate: values differ"]);
}

#[test]
fn python_reads_the_lab_under_both_generations() {
    let lab = Lab::build(&Server::mysql(), "python", &LabOptions::default());
    let code = "print(json.dumps([dj.__version__, len(module('lab').Person())]))";
    assert_eq!(lab.python_json(Generation::V0, code), serde_json::json!(["0.14.10", 6]));
    assert_eq!(lab.python_json(Generation::V2, code), serde_json::json!(["2.3.5", 6]));
    let error = lab.try_python(Generation::V0, "raise ValueError('on purpose')").unwrap_err();
    assert!(error.ends_with("ValueError: on purpose\n"), "{error}");
}

#[test]
fn a_dropped_lab_leaves_nothing_behind() {
    let server = Server::mysql();
    let lab = Lab::build(&server, "drop", &LabOptions::with(&["view", "damage"]));
    let (prefix, stores) = (lab.prefix.clone(), lab.stores());
    assert_eq!(server.schemas(&prefix).len(), 6);
    assert!(lab.show_create().len() > 40);
    assert!(lab.objects().keys().any(|path| path.starts_with("raw/")));
    drop(lab);
    assert_eq!(server.schemas(&prefix), Vec::<String>::new());
    assert!(!stores.exists());
}

#[test]
fn a_copied_lab_equals_its_original() {
    for server in Server::all() {
        let lab = Lab::build(&server, "orig", &LabOptions::with(&EDGES));
        let started = std::time::Instant::now();
        let copy = lab.copy("copy");
        println!("{:?}: copied in {:?}", server.flavour, started.elapsed());
        lab.digest(Generation::V0).filtered(sound).assert_equal(&copy.digest(Generation::V0).filtered(sound));
        let renamed = |text: &String| text.replace(&format!("{}_", lab.prefix), &format!("{}_", copy.prefix));
        let structure: Vec<_> = lab.show_create().iter().map(|(k, v)| (renamed(k), renamed(v))).collect();
        for (expected, found) in structure.iter().zip(copy.show_create()) {
            assert_eq!(*expected, found);
        }
        assert_eq!(structure.len(), copy.show_create().len());
        let objects: Vec<_> = lab.objects().into_iter().map(|(k, v)| (renamed(&k), v)).collect();
        assert_eq!(objects, copy.objects().into_iter().collect::<Vec<_>>());
        copy.migrate_by_hand();
        let after = copy.digest(Generation::V2);
        lab.digest(Generation::V0).filtered(sound).assert_equal(&after.filtered(sound));
    }
}
