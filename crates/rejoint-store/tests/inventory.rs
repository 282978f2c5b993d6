//! Tracking rows against stores.
#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions only, not in their helpers")]

use std::num::NonZeroUsize;

use rejoint_store::{
    Checks, Error, Finding, FindingKind, Inventory, MemoryStore, ObjectStore, OrphanKind, RowKind, StorePath,
    TrackingRow, digest_reader, legacy_attachment_hash,
};

const FOLDS: &[usize] = &[2, 2];

fn md5(bytes: &[u8]) -> [u8; 16] {
    digest_reader(&mut &*bytes).unwrap().md5
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

fn checks(content: bool) -> Checks {
    Checks { content, threads: NonZeroUsize::new(3).unwrap() }
}

fn blob(content: &[u8]) -> TrackingRow {
    TrackingRow { hash: md5(content), size: size(content), ..TrackingRow::default() }
}

fn attachment(name: &str, content: &[u8]) -> TrackingRow {
    let hash = legacy_attachment_hash(content, name).unwrap();
    TrackingRow { hash, size: size(content), attachment_name: Some(name.into()), ..TrackingRow::default() }
}

fn filepath(path: &str, content: &[u8]) -> TrackingRow {
    TrackingRow {
        hash: md5(path.as_bytes()),
        size: size(content),
        filepath: Some(path.into()),
        contents_hash: Some(md5(content)),
        ..TrackingRow::default()
    }
}

fn old_path() -> String {
    format!("lab/{}", "Ab3-".repeat(11).get(..43).unwrap())
}

/// A store with one object of each kind, and its rows.
fn store_and_rows() -> (MemoryStore, Vec<TrackingRow>) {
    let store = MemoryStore::new("raw");
    let rows = vec![
        blob(b"blob"),
        attachment("a b.tar.gz", b"attached"),
        filepath("sub/data.bin", b"data"),
        filepath(&old_path(), b"old blob"),
    ];
    for (row, content) in rows.iter().zip([b"blob".as_slice(), b"attached", b"data", b"old blob"]) {
        let path = row.paths("lab", FOLDS).unwrap().pop().unwrap();
        store.write_new(&path, &mut &*content).unwrap();
    }
    (store, rows)
}

fn run(store: &MemoryStore, rows: &[TrackingRow], content: bool) -> (Vec<Finding>, rejoint_store::Summary) {
    let mut inventory = Inventory::new(store, checks(content));
    let mut findings = Vec::new();
    let rows = rows.iter().cloned().map(Ok::<_, Error>);
    inventory.check_rows("lab", FOLDS, rows, |finding| findings.push(finding)).unwrap();
    inventory.check_orphans(&StorePath::new("lab").unwrap(), |finding| findings.push(finding)).unwrap();
    findings.sort_by(|a, b| a.path.cmp(&b.path));
    (findings, *inventory.summary())
}

#[test]
fn an_intact_store_has_no_findings() {
    let (store, rows) = store_and_rows();
    let (findings, summary) = run(&store, &rows, true);
    assert_eq!(findings, []);
    let kinds = (summary.n_blobs, summary.n_attachments, summary.n_filepaths, summary.n_migrated_blobs);
    assert_eq!(kinds, (1, 1, 1, 1));
    // The filepath lies outside `lab/`.
    assert_eq!((summary.n_rows, summary.n_bytes, summary.n_listed, summary.n_orphans), (4, 24, 3, 0));
}

#[test]
fn each_damage_of_each_kind_is_found() {
    let (_, rows) = store_and_rows();
    for (index, row) in rows.iter().enumerate() {
        let path = row.paths("lab", FOLDS).unwrap().pop().unwrap();
        let hash = rejoint_store::v2::hex(&row.hash);

        let (store, rows) = store_and_rows();
        store.delete(&path).unwrap();
        let (findings, _) = run(&store, &rows, false);
        assert_eq!(findings.len(), 1, "{index}");
        assert_eq!(
            (&findings[0].kind, findings[0].hash.as_deref()),
            (&FindingKind::Missing, Some(hash.as_str()))
        );

        let (store, rows) = store_and_rows();
        store.tamper(&path, b"x");
        let (findings, _) = run(&store, &rows, false);
        assert_eq!(findings[0].kind, FindingKind::SizeMismatch { expected: row.size, found: 1 });

        // A flipped bit: only reading the content shows it.
        let (store, rows) = store_and_rows();
        let mut content = Vec::new();
        store.read(&path).unwrap().read_to_end(&mut content).unwrap();
        content[0] ^= 1;
        store.tamper(&path, content);
        assert_eq!(run(&store, &rows, false).0, []);
        let (findings, summary) = run(&store, &rows, true);
        assert!(matches!(findings[0].kind, FindingKind::ContentMismatch { .. }), "{index} {findings:?}");
        assert_eq!((findings.len(), summary.n_content_mismatches), (1, 1));

        let (store, rows) = store_and_rows();
        store.deny(&path);
        let (findings, _) = run(&store, &rows, false);
        assert!(matches!(findings[0].kind, FindingKind::Unreadable { .. }), "{findings:?}");
    }
}

#[test]
fn exchanged_objects_of_equal_size_are_found() {
    let (store, mut rows) = store_and_rows();
    rows.push(blob(b"BLOB"));
    let paths: Vec<StorePath> =
        [0, 4].map(|i: usize| rows[i].paths("lab", FOLDS).unwrap().remove(0)).to_vec();
    store.tamper(&paths[0], b"BLOB");
    store.tamper(&paths[1], b"blob");
    let (findings, _) = run(&store, &rows, true);
    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|finding| matches!(finding.kind, FindingKind::ContentMismatch { .. })));
}

#[test]
fn orphans_are_told_apart_and_rows_of_other_tables_count() {
    let (store, rows) = store_and_rows();
    let orphan =
        |name: &str| store.write_new(&StorePath::new(name).unwrap(), &mut b"12345".as_slice()).unwrap();
    orphan("lab/6c/c2/6cc2ab29c670088ad42b8aa5b4507646");
    orphan("lab/6c/c2/6cc2ab29c670088ad42b8aa5b4507646.my file.txt");
    orphan("lab/6c/c2/6cc2ab29c670088ad42b8aa5b4507646.saving");
    orphan(&format!("{}raw", old_path()));
    orphan("lab/notes.txt");
    orphan("other/6cc2ab29c670088ad42b8aa5b4507646");
    let (findings, summary) = run(&store, &rows, false);
    let kinds: Vec<OrphanKind> = findings
        .iter()
        .filter_map(|finding| match finding.kind {
            FindingKind::Orphan { kind, size: 5 } => Some(kind),
            _ => None,
        })
        .collect();
    assert_eq!(
        kinds,
        [
            OrphanKind::Object,
            OrphanKind::Object,
            OrphanKind::Unfinished,
            OrphanKind::Object011,
            OrphanKind::Other
        ]
    );
    assert_eq!((summary.n_orphans, summary.n_orphan_bytes), (5, 25));

    // The same listing after the table of another store at the same place, and 0.11's, were added.
    let mut inventory = Inventory::new(&store, checks(false)).with_capacity(10);
    let unfolded =
        TrackingRow { hash: bytes("6cc2ab29c670088ad42b8aa5b4507646"), size: 5, ..TrackingRow::default() };
    for rows in [rows, vec![unfolded]] {
        let rows = rows.into_iter().map(Ok::<_, Error>);
        inventory.check_rows("lab", FOLDS, rows, |finding| panic!("{finding:?}")).unwrap();
    }
    inventory.add_known(&StorePath::new(format!("{}raw", old_path())).unwrap());
    let mut n = 0;
    inventory.check_orphans(&StorePath::new("lab").unwrap(), |_| n += 1).unwrap();
    assert_eq!(n, 3);
}

fn bytes(hex: &str) -> [u8; 16] {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

#[test]
fn a_migrated_blob_may_lie_at_either_place() {
    let (store, rows) = store_and_rows();
    let row = &rows[3];
    assert_eq!(row.kind("lab"), RowKind::MigratedBlob);
    let paths = row.paths("lab", FOLDS).unwrap();
    store.delete(&paths[1]).unwrap();
    store.write_new(&paths[0], &mut b"old blob".as_slice()).unwrap();
    assert_eq!(run(&store, &rows, true).0, []);
}

#[test]
fn rows_that_cannot_be_understood_are_reported_not_followed() {
    let (store, _) = store_and_rows();
    let mut both = attachment("a", b"x");
    both.filepath = Some("sub/data.bin".into());
    let rows =
        [both, filepath("../../etc/passwd", b"x"), filepath("/etc/passwd", b"x"), attachment("a/b", b"x")];
    let (findings, summary) = run(&store, &rows, true);
    assert_eq!(summary.n_not_understood, 4);
    insta::assert_snapshot!(serde_json::to_string(&findings[0]).unwrap(), @r#"{"finding":"not_understood","reason":"\"../../etc/passwd\" cannot name an object in a store: it leads out of the store with ..","path":"../../etc/passwd","hash":"425be980bfb7680d223bc54a998d25a2","row_kind":"filepath"}"#);
}

#[test]
fn a_store_that_goes_away_ends_the_inventory() {
    let (store, rows) = store_and_rows();
    let mut inventory = Inventory::new(&store, checks(false));
    store.set_reachable(false);
    let result = inventory.check_rows("lab", FOLDS, rows.iter().cloned().map(Ok::<_, Error>), |_| {});
    assert!(matches!(result, Err(Error::Unreachable { .. })));
    store.set_reachable(true);
    // It goes away while rows come in.
    let rows = rows.iter().cloned().inspect(|row| {
        if row.attachment_name.is_some() {
            store.set_reachable(false);
        }
    });
    let result = inventory.check_rows("lab", FOLDS, rows.map(Ok::<_, Error>), |finding| {
        assert_ne!(finding.kind, FindingKind::Missing);
    });
    assert!(matches!(result, Err(Error::Unreachable { .. })));
}

#[test]
fn an_error_of_the_rows_ends_the_inventory() {
    let (store, rows) = store_and_rows();
    let broken = rows.into_iter().map(Ok).chain([Err(Error::InvalidPointer { reason: "lost".into() })]);
    let result = Inventory::new(&store, checks(false)).check_rows("lab", FOLDS, broken, |_| {});
    assert!(matches!(result, Err(Error::InvalidPointer { .. })));
}

#[test]
fn all_missing_looks_like_a_wrong_place() {
    let (_, rows) = store_and_rows();
    let (_, summary) = run(&MemoryStore::new("empty"), &rows, false);
    assert!(summary.looks_like_wrong_place());
    assert_eq!(summary.findings().into_iter().collect::<Vec<_>>(), [("missing", 4)]);
    let (store, rows) = store_and_rows();
    assert!(!run(&store, &rows, false).1.looks_like_wrong_place());
}
