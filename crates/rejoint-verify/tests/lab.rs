//! The whole lab: equal through its views before and after the proven recipe; damaged objects and pointers are named.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "steps shared by tests fail the test")]

use rejoint_db::{Connection, read_catalog};
use rejoint_model::{AttributeKind, Content, ExternalKind, TableView, ViewColumn, classify};
use rejoint_mysql::{Config, TlsMode};
use rejoint_store::FileStore;
use rejoint_testkit::{Lab, LabOptions, Server};
use rejoint_verify::{
    DigestOptions, Error, Evidence, ObjectProblem, Objects, ProblemKind, Quiet, Stores, Verdict, compare,
    digest_objects, digest_tables,
};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

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

/// Views of all tables as 0.14 keeps them; what lies behind the lab's adapters is known.
fn legacy_views(lab: &Lab) -> Vec<TableView> {
    let catalog = read_catalog(&mut connect(&lab.server), &lab.schemas()).unwrap();
    let adapters =
        [("trace", ExternalKind::Blob), ("report", ExternalKind::Attach), ("layout", ExternalKind::Filepath)];
    let mut views = Vec::new();
    for table in catalog.tables().filter(|table| !table.name.table.starts_with('~')) {
        let key: Vec<String> = table
            .indexes
            .iter()
            .filter(|index| index.name == "PRIMARY")
            .flat_map(|index| index.parts.iter().filter_map(|part| part.column.clone()))
            .collect();
        let mut columns = Vec::new();
        for column in table.columns.iter().filter(|column| !key.contains(&column.name)) {
            let pointer = |kind, store: String| Content::LegacyPointer {
                kind,
                tracking: format!("~external_{store}"),
                store,
                nulled: Vec::new(),
            };
            let content = match classify(table, column) {
                AttributeKind::Hidden => continue,
                AttributeKind::Blob => Content::Blob,
                AttributeKind::External { kind, store } => pointer(kind, store),
                AttributeKind::AdaptedExternal { adapter, store } => {
                    pointer(adapters.iter().find(|(name, _)| *name == adapter).unwrap().1, store)
                }
                _ => Content::Plain,
            };
            columns.push(ViewColumn { name: column.name.clone(), column: column.name.clone(), content });
        }
        views.push(TableView { table: table.name.clone(), key, columns });
    }
    views
}

/// The same tables in the form of 2.x.
fn current_views(legacy: &[TableView]) -> Vec<TableView> {
    let mut views = legacy.to_vec();
    for column in views.iter_mut().flat_map(|view| &mut view.columns) {
        if let Content::LegacyPointer { kind, store, .. } = column.content.clone() {
            column.content = Content::JsonPointer { kind, store };
        }
    }
    views
}

fn options() -> DigestOptions {
    let subfolding = BTreeMap::from([("raw".to_owned(), vec![2, 2]), ("cold-archive".to_owned(), vec![3])]);
    DigestOptions { subfolding: Some(subfolding), decode: true, ..DigestOptions::default() }
}

fn stores(lab: &Lab) -> Stores {
    let text = std::fs::read_to_string(lab.stores_file()).unwrap();
    let specs: serde_json::Value = serde_json::from_str(&text).unwrap();
    let open = |(name, spec): (&String, &serde_json::Value)| {
        let store = FileStore::new(name, spec["location"].as_str().unwrap());
        (name.clone(), Box::new(store) as Box<dyn rejoint_store::ObjectStore>)
    };
    specs.as_object().unwrap().iter().map(open).collect()
}

fn evidence(lab: &Lab, views: &[TableView]) -> Evidence {
    let mut connection = connect(&lab.server);
    let (tables, objects) = digest_tables(&mut connection, views, &options(), &mut Quiet).unwrap();
    let threads = NonZeroUsize::new(2).unwrap();
    let mut progress = |_| ControlFlow::Continue(());
    let objects = digest_objects(&objects, &stores(lab), Objects::Read, threads, &mut progress).unwrap();
    Evidence {
        server: connection.server().clone(),
        created: "2026-01-01T00:00:00Z".into(),
        plan: None,
        tables,
        objects: Some(objects),
    }
}

fn hand_migration_is_equal(server: &Server) {
    let lab = Lab::build(server, "verify", &LabOptions::with(&["cycle", "old011", "nullmissing"]));
    let legacy = legacy_views(&lab);
    let before = evidence(&lab, &legacy);
    let objects = before.objects.as_ref().unwrap();
    assert!(before.tables.len() >= 35, "{}", before.tables.len());
    let kinds: Vec<String> =
        objects.groups.iter().map(|g| format!("{} {}", g.store, g.kind.word())).collect();
    let all = [
        "cold-archive blob",
        "cold-archive attach",
        "cold-archive filepath",
        "raw blob",
        "raw attach",
        "raw filepath",
    ];
    assert_eq!(kinds, all);
    assert!(!objects.problems.is_empty() && objects.problems.iter().all(|p| p.kind == ProblemKind::Missing));
    lab.migrate_by_hand();
    let current = current_views(&legacy);
    let after = evidence(&lab, &current);
    let found = compare(&before, &after, &[]);
    let differing: Vec<_> =
        found.tables.iter().filter(|t| t.outcome != rejoint_verify::Outcome::Equal).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(found.new_problems, []);
    assert_eq!(found.verdict, Verdict::Equal, "{:#?}", found.objects);
    exchanged_files_are_named(&lab, &current, &before);
}

/// Two files of the same size change places: sizes agree, pointers agree, only content tells.
fn exchanged_files_are_named(lab: &Lab, views: &[TableView], before: &Evidence) {
    let mut connection = connect(&lab.server);
    let (_, objects) = digest_tables(&mut connection, views, &options(), &mut Quiet).unwrap();
    let location = lab.stores().join("raw");
    let blobs: Vec<_> = objects
        .iter()
        .filter(|o| {
            o.identity.store() == "raw" && o.identity.kind() == ExternalKind::Blob && o.paths.len() == 1
        })
        .filter(|o| location.join(&o.paths[0]).exists())
        .collect();
    let (a, b) = blobs
        .iter()
        .enumerate()
        .find_map(|(n, a)| {
            Some((*a, *blobs[n + 1..].iter().find(|b| b.size == a.size && b.identity != a.identity)?))
        })
        .unwrap();
    let (path_a, path_b) = (location.join(&a.paths[0]), location.join(&b.paths[0]));
    let (content_a, content_b) = (std::fs::read(&path_a).unwrap(), std::fs::read(&path_b).unwrap());
    std::fs::write(&path_a, &content_b).unwrap();
    std::fs::write(&path_b, &content_a).unwrap();
    let found = compare(before, &evidence(lab, views), &[]);
    assert_eq!(found.verdict, Verdict::Differs);
    let named = |p: &ObjectProblem| (p.path.clone(), p.first.clone(), p.kind);
    let mut expected: Vec<_> =
        [a, b].map(|o| (o.paths[0].clone(), o.first.clone(), ProblemKind::ContentMismatch)).to_vec();
    expected.sort();
    let mut problems: Vec<_> = found.new_problems.iter().map(named).collect();
    problems.sort();
    assert_eq!(problems, expected);
}

#[test]
fn hand_migration_is_equal_and_exchanged_files_are_named_on_mysql() {
    hand_migration_is_equal(&Server::mysql());
}

#[test]
fn hand_migration_is_equal_and_exchanged_files_are_named_on_mariadb() {
    hand_migration_is_equal(&Server::mariadb());
}

fn damaged_pointers_are_named(server: &Server) {
    let lab = Lab::build(server, "vptr", &LabOptions::default());
    let legacy = legacy_views(&lab);
    let before = evidence(&lab, &legacy);
    lab.migrate_by_hand();
    let current = current_views(&legacy);
    let (view, column) = current
        .iter()
        .find_map(|view| {
            let is_blob =
                |c: &&ViewColumn| matches!(c.content, Content::JsonPointer { kind: ExternalKind::Blob, .. });
            Some((view, view.columns.iter().find(is_blob)?))
        })
        .unwrap();
    let (table, name) = (rejoint_db::qualified(&view.table), rejoint_db::ident(&column.name));
    let digest =
        || digest_tables(&mut connect(&lab.server), std::slice::from_ref(view), &options(), &mut Quiet);
    // a pointer to another store is another object
    lab.server.execute([format!(
        "UPDATE {table} SET {name} = JSON_SET({name}, '$.store', 'elsewhere') WHERE {name} IS NOT NULL"
    )]);
    let mut after = before.clone();
    after.tables = digest().unwrap().0;
    let found = compare(&before, &after, &[]);
    let verdict = found.tables.iter().find(|t| t.table == view.table).unwrap();
    assert_eq!(verdict.columns, std::slice::from_ref(&column.name));
    // a pointer without a hash is refused, with its place
    lab.server.execute([format!(
        "UPDATE {table} SET {name} = JSON_REMOVE({name}, '$.hash') WHERE {name} IS NOT NULL"
    )]);
    match digest() {
        Err(Error::Pointer { place, reason }) => {
            assert_eq!(
                (place.table.clone(), place.column.clone()),
                (view.table.clone(), column.name.clone())
            );
            assert!(
                reason.contains("\"hash\" is missing") && place.key.contains('='),
                "{reason} {}",
                place.key
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn damaged_pointers_are_named_on_mysql() {
    damaged_pointers_are_named(&Server::mysql());
}

#[test]
fn damaged_pointers_are_named_on_mariadb() {
    damaged_pointers_are_named(&Server::mariadb());
}

#[test]
fn a_pointer_without_tracking_row_is_named_unless_it_was_decided_away() {
    let lab = Lab::build(&Server::mysql(), "vtrk", &LabOptions::default());
    let views = legacy_views(&lab);
    let position = |view: &TableView| {
        view.columns
            .iter()
            .position(|c| matches!(c.content, Content::LegacyPointer { kind: ExternalKind::Blob, .. }))
    };
    let (view, at) = views.iter().find_map(|view| Some((view, position(view)?))).unwrap();
    let mut connection = connect(&lab.server);
    let table = rejoint_db::qualified(&view.table);
    let column = view.columns[at].name.clone();
    let name = rejoint_db::ident(&column);
    let hex = connection
        .one_text(&format!("SELECT LOWER(HEX({name})) FROM {table} WHERE {name} IS NOT NULL LIMIT 1"), &[])
        .unwrap()
        .unwrap();
    let Content::LegacyPointer { tracking, .. } = &view.columns[at].content else { panic!("a pointer") };
    let tracking = rejoint_db::qualified(&rejoint_model::TableName::new(&view.table.schema, tracking));
    lab.server.execute([
        "SET foreign_key_checks = 0".to_owned(),
        format!("DELETE FROM {tracking} WHERE hash = UNHEX('{hex}')"),
    ]);
    let digest = |connection: &mut Connection, view: &TableView| {
        digest_tables(connection, std::slice::from_ref(view), &options(), &mut Quiet)
    };
    match digest(&mut connection, view) {
        Err(Error::Pointer { place, reason }) => {
            assert_eq!((&place.table, &place.column), (&view.table, &column));
            assert!(reason.contains(&hex) && reason.contains("no row"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    let mut decided = view.clone();
    let Content::LegacyPointer { nulled, .. } = &mut decided.columns[at].content else { panic!("a pointer") };
    nulled.push(hex);
    let (tables, _) = digest(&mut connection, &decided).unwrap();
    let nulls = |tables: &[rejoint_verify::TableEvidence]| {
        tables[0].digest.columns.iter().find(|c| c.name == column).unwrap().nulls
    };
    assert!(nulls(&tables) >= 1);
}
