//! A scan of the legacy lab on the real servers finds what the lab has, by name.
#![allow(clippy::unwrap_used, reason = "steps shared by tests fail the test")]

mod support;

use std::collections::BTreeSet;

use mysql::prelude::Queryable;
use rejoint_scan::report_file::{Client, Decision, Outcome, Step};
use rejoint_scan::{NoProgress, ObjectCheck, ScanOptions, ScanReport, scan};
use rejoint_testkit::{Lab, LabOptions, Server, unique_prefix};
use support::{connect, no_settings, scan_lab};

const EDGES: [&str; 8] =
    ["cycle", "longcomment", "missing", "old011", "view", "damage", "external011", "nullmissing"];

fn full_with_hashes() -> ScanOptions {
    ScanOptions { check_objects: ObjectCheck::Hash, ..ScanOptions::full() }
}

fn decision<'r>(report: &'r ScanReport, id: &str) -> &'r Decision {
    report.decisions.iter().find(|d| d.id == id).unwrap_or_else(|| {
        panic!("no decision {id} among {:?}", report.decisions.iter().map(|d| &d.id).collect::<Vec<_>>())
    })
}

fn feature(report: &ScanReport, name: &str) -> u64 {
    report.features.iter().find(|f| f.feature == name).map_or(0, |f| f.count)
}

fn outcome(report: &ScanReport, schema: &str, table: &str, step: Step, client: Client) -> Outcome {
    let found = report.client_access.iter().find(|t| t.table.schema == schema && t.table.table == table);
    let access = found.unwrap().access.iter().find(|a| a.step == step && a.client == client);
    access.unwrap().outcome
}

/// Everything that holds on each server.
fn finds_everything(server: &Server) {
    let lab = Lab::build(server, "scan", &LabOptions::with(&EDGES));
    let report = scan_lab(&lab, &full_with_hashes());
    let of = |name: &str| format!("{}_{name}", lab.prefix);

    damage_is_named(&report, &of("damage"));
    objects_are_checked(&report, &lab);
    decisions_are_asked(&report, &lab);

    // adapters: what they store is only in the rows
    let bases: BTreeSet<(String, Option<String>)> =
        report.adapters.iter().map(|a| (a.adapter.clone(), a.base.clone())).collect();
    let expected = [
        ("graph", "blob"),
        ("trace", "blob"),
        ("report", "attach"),
        ("layout", "filepath"),
        ("point", "varchar(64)"),
    ];
    let expected: BTreeSet<_> =
        expected.iter().map(|(a, b)| ((*a).to_owned(), Some((*b).to_owned()))).collect();
    assert_eq!(bases, expected);

    // the catalog
    assert_eq!(report.schema_cycles, [vec![of("lab"), of("subject")]]);
    assert_eq!(feature(&report, "external_of_0_11"), 2);
    assert_eq!(feature(&report, "view"), 1);
    assert_eq!(feature(&report, "generated_column"), 1);
    assert_eq!(feature(&report, "on_update"), 1);
    assert_eq!(feature(&report, "adapter_in_store"), 3);
    assert_eq!(feature(&report, "adapter_in_table"), 2);
    assert_eq!(feature(&report, "hidden_timestamp"), 1);
    assert_eq!(feature(&report, "functional_index"), u64::from(!server.flavour.is_mariadb()));
    assert!(report.tables.iter().all(|t| t.rows_exact), "a full scan counts");
    let bulk = report.tables.iter().find(|t| t.name.table == "bulk").unwrap();
    assert_eq!(bulk.rows, 200);
    assert_eq!(report.not_understood, [], "the lab is understood");

    // jobs: the lab reserves one job itself and leaves errors and ignores behind
    let jobs = report.jobs.iter().find(|j| j.schema == of("analysis")).unwrap();
    let statuses: BTreeSet<&str> = jobs.counts.iter().map(|c| c.status.as_str()).collect();
    assert_eq!(statuses, BTreeSet::from(["error", "ignore", "reserved"]));
    assert_eq!(jobs.reserved.len(), 1);
    assert_eq!(jobs.reserved[0].connection_alive, Some(false), "the lab's generator is gone");
    assert!(jobs.counts.iter().all(|c| c.table_exists));

    // collations: the schema `imaging` and the latin1 column
    assert_eq!(report.collation.schemas.iter().map(|(s, _)| s.as_str()).collect::<Vec<_>>(), [of("imaging")]);
    assert!(
        report
            .collation
            .columns
            .iter()
            .any(|(_, c, collation)| c == "code" && collation == "latin1_swedish_ci")
    );

    // the report survives its file
    let json = serde_json::to_string(&report).unwrap();
    let again: ScanReport = serde_json::from_str(&json).unwrap();
    assert!(again == report, "the report reads back from JSON");
    assert!(!json.contains("\"password\""));

    // good blobs that Python gets wrong
    let caveat = report
        .caveats
        .iter()
        .find(|c| c.table.table == "blob_zoo" && c.column == "value" && c.reason == "cell-becomes-array")
        .unwrap();
    assert_eq!(
        (caveat.old.as_str(), caveat.new.as_str(), caveat.versions_differ),
        ("differs", "as_stored", true)
    );
    assert_eq!(caveat.examples, ["kind='matlab cell' at value"]);

    // which client reads what
    let person = |step, client| outcome(&report, &of("lab"), "person", step, client);
    assert_eq!(person(Step::AfterContractCodecs, Client::V0_14), Outcome::Reads);
    assert_eq!(person(Step::AfterContractAll, Client::V0_14), Outcome::CannotOpen);
    assert_eq!(person(Step::Now, Client::V2_3), Outcome::Reads);
    let rig = |step, client| outcome(&report, &of("lab"), "#rig", step, client);
    assert_eq!(rig(Step::Now, Client::V2_3), Outcome::WrongValues);
    assert_eq!(rig(Step::AfterContractCodecs, Client::V0_14), Outcome::ColumnsFail);
    assert_eq!(rig(Step::AfterContractCodecs, Client::V0_14WithBlobAdapter), Outcome::Reads);
    assert_eq!(rig(Step::AfterContractCodecs, Client::V2_3), Outcome::Reads);
    let old = |step, client| outcome(&report, &of("old"), "written_by_011", step, client);
    assert_eq!(old(Step::Now, Client::V0_14), Outcome::CannotOpen);
    assert_eq!(old(Step::AfterContractCodecs, Client::V2_3), Outcome::Reads);
}

fn damage_is_named(report: &ScanReport, schema: &str) {
    let found: BTreeSet<String> = report
        .damage
        .iter()
        .filter(|d| d.table.schema == schema && d.table.table == "damaged")
        .flat_map(|d| d.examples.iter().map(move |e| format!("{}: {}", d.cause, e.key)))
        .collect();
    for expected in [
        "text-of-array: kind='text of an array'",
        "text-of-array: kind='text of a long array'",
        "pickle: kind='raw pickle'",
        "numpy-file: kind='npy file'",
        "double-wrapped: kind='double wrapped'",
        "truncated: kind='truncated'",
        "zlib-truncated: kind='truncated zlib'",
        "size-mismatch: kind='wrong length in header'",
        "zlib-damaged: kind='bit flipped in zlib'",
        "32-bit: kind='32-bit'",
        "empty: kind='empty'",
    ] {
        assert!(found.contains(expected), "{expected} is not in {found:#?}");
    }
    assert!(!found.iter().any(|f| f.contains("'intact")), "{found:#?}");
    let total: u64 = report
        .damage
        .iter()
        .filter(|d| d.table.schema == schema && d.table.table == "damaged")
        .map(|d| d.count)
        .sum();
    assert_eq!(total, 24, "27 rows, three of them intact: {found:#?}");
    let attachments: BTreeSet<&str> = report
        .damage
        .iter()
        .filter(|d| d.table.table == "damaged_attachment")
        .map(|d| d.cause.as_str())
        .collect();
    assert_eq!(
        attachments,
        BTreeSet::from([
            "attachment-empty",
            "attachment-is-blob",
            "attachment-name-not-utf8",
            "attachment-without-name"
        ])
    );
    let elsewhere: Vec<_> = report.damage.iter().filter(|d| d.table.schema != schema).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

fn objects_are_checked(report: &ScanReport, lab: &Lab) {
    let of = |name: &str| format!("{}_{name}", lab.prefix);
    let objects = |schema: &str, table: &str| {
        let found = report.tracking.iter().find(|t| t.table.schema == of(schema) && t.table.table == table);
        found.and_then(|t| t.objects.as_ref()).unwrap_or_else(|| panic!("{schema}.{table} was not checked"))
    };
    // one file behind a blob@raw row of analysis is gone (edge `missing`)
    let analysis = objects("analysis", "~external_raw");
    assert_eq!((analysis.missing, analysis.size_mismatches, analysis.content_mismatches), (1, 0, 0));
    // damage: of each kind of object one missing; truncated, longer, empty; flipped, exchanged twice
    let raw = objects("damage", "~external_raw");
    assert_eq!(raw.missing, 3, "a blob, an attachment, and the row that nothing refers to: {raw:#?}");
    assert_eq!(raw.missing_unreferenced, Some(1));
    assert_eq!(raw.size_mismatches, 6);
    assert_eq!(raw.content_mismatches, 6);
    let cold = objects("damage", "~external_cold-archive");
    assert_eq!((cold.missing, cold.size_mismatches, cold.content_mismatches), (1, 3, 3));
    // 0.11
    let old = objects("old", "~external");
    assert!(old.checked > 4, "{old:#?}");
    assert_eq!((old.missing, old.size_mismatches, old.content_mismatches), (0, 0, 0), "{old:#?}");
    let external = report.tracking.iter().find(|t| t.table.table == "~external").unwrap();
    assert_eq!(external.unreferenced, Some(1), "the orphan of 0.11");
    // kinds by row shape, the blob from 0.11 told from filepaths
    let raw = report.tracking.iter().find(|t| t.table.schema == of("analysis") && t.store == "raw").unwrap();
    let kinds: Vec<&str> = raw.kinds.iter().map(|(k, _)| k.as_str()).collect();
    assert_eq!(kinds, ["attach", "blob", "blob_of_0_11"]);
    // stores
    let names: Vec<(&str, Option<bool>)> =
        report.stores.iter().map(|s| (s.name.as_str(), s.reachable)).collect();
    let expected = ["cold-archive", "external", "external-cold", "raw"].map(|n| (n, Some(true)));
    assert_eq!(names, expected);
    let orphans: Vec<&String> =
        report.stores.iter().filter_map(|s| s.orphans.as_ref()).flat_map(|o| &o.examples).collect();
    assert!(orphans.iter().any(|p| p.contains("/ab/cd/abcd")), "{orphans:?}");
    assert_eq!(orphans.len(), 1, "0.11's objects and filepaths are no orphans: {orphans:?}");
    // every configured subfolding fits
    for tracking in &report.tracking {
        if let Some(folds) = &tracking.subfolding {
            assert_eq!(folds.fits, None, "{tracking:#?}");
        }
    }
    // rows that refer to what is missing
    let missing: BTreeSet<String> = report
        .missing_references
        .iter()
        .map(|m| format!("{}.{} {}", m.table.table, m.column, m.rows))
        .collect();
    for expected in
        ["gap.backup 2", "gap.movie 2", "gap.notes 2", "damaged_object.value 1", "damaged_object.path 1"]
    {
        assert!(missing.contains(expected), "{expected} is not in {missing:#?}");
    }
}

fn decisions_are_asked(report: &ScanReport, lab: &Lab) {
    let prefix = &lab.prefix;
    let c_tinyint1 = decision(report, &format!("tinyint1:{prefix}_acq.type_zoo.c_tinyint1"));
    assert!(
        c_tinyint1.evidence[0].contains("-128 (1x)") && c_tinyint1.evidence[0].contains("127 (1x)"),
        "{c_tinyint1:?}"
    );
    assert_eq!(c_tinyint1.suggestion.as_deref(), Some("int8"));
    assert_eq!(c_tinyint1.default.as_deref(), Some("keep"));
    let active = decision(report, &format!("tinyint1:{prefix}_lab.person.active"));
    assert_eq!(active.suggestion.as_deref(), Some("bool"));
    let unsigned = decision(report, &format!("bigint-unsigned:{prefix}_acq.type_zoo.c_bigint_u"));
    assert!(unsigned.evidence[0].contains("18446744073709551615"), "{unsigned:?}");
    assert_eq!(unsigned.suggestion.as_deref(), Some("keep"));
    assert_eq!(decision(report, "timestamp-time-zone").default.as_deref(), Some("keep"));
    let long = decision(report, &format!("long-comment:{prefix}_acq.comment_zoo.long_comment"));
    assert!(long.evidence[0].contains("1031"), "{long:?}");
    let required = decision(report, &format!("missing-objects:{prefix}_gaps.gap.movie"));
    assert_eq!(required.default, None);
    assert!(!required.options.iter().any(|o| o.answer == "null"), "the column is NOT NULL");
    let optional = decision(report, &format!("missing-objects:{prefix}_gaps.gap.backup"));
    assert!(optional.options.iter().any(|o| o.answer == "null"));
    assert!(!report.decisions.iter().any(|d| d.id.starts_with("adapter-base")));
    let ids: BTreeSet<&str> = report.decisions.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids.len(), report.decisions.len(), "ids are unique");
}

#[test]
fn a_full_scan_finds_everything_on_mysql() {
    finds_everything(&Server::mysql());
}

#[test]
fn a_full_scan_finds_everything_on_mariadb_10_11() {
    finds_everything(&Server::mariadb());
}

#[test]
fn a_full_scan_finds_everything_on_mariadb_11_8() {
    finds_everything(&Server::mariadb118());
}

/// Creates an account with SELECT on some schemas, and drops it at the end.
struct Reader {
    server: Server,
    name: String,
}

impl Reader {
    fn new(server: &Server, schemas: &[String]) -> Self {
        let name = unique_prefix("ro");
        let grants = schemas.iter().map(|s| {
            let pattern = s.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%").replace('`', "``");
            format!("GRANT SELECT ON `{pattern}`.* TO `{name}`@`%`")
        });
        server.execute(std::iter::once(format!("CREATE USER `{name}`@`%` IDENTIFIED BY 'ro'")).chain(grants));
        Self { server: server.clone(), name }
    }

    fn server(&self) -> Server {
        self.server.as_user(&self.name, "ro")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.server.execute([format!("DROP USER IF EXISTS `{}`@`%`", self.name)]);
    }
}

fn select_is_enough(server: &Server) {
    let mut lab = Lab::build(server, "ro", &LabOptions::with(&["damage", "view"]));
    let schemas = lab.schemas();
    let before = lab.show_create();
    let reader = Reader::new(server, &schemas);
    let of_root = scan_lab(&lab, &full_with_hashes());
    lab.server = reader.server();
    let report = scan_lab(&lab, &full_with_hashes());
    lab.server = server.clone();
    // the same findings as an account that may do everything ...
    assert!(report.damage == of_root.damage, "damage differs");
    assert!(report.tracking == of_root.tracking, "tracking differs");
    // but for the time zones of other sessions, which only a privileged account sees
    let decisions = |report: &ScanReport| -> Vec<Decision> {
        report.decisions.iter().filter(|d| d.id != "timestamp-time-zone").cloned().collect()
    };
    assert_eq!(decisions(&report), decisions(&of_root));
    assert_eq!(report.decisions.len(), of_root.decisions.len());
    assert_eq!(report.not_understood, of_root.not_understood);
    // ... and it says what it lacks and does not see
    let lacks: BTreeSet<&str> = report.missing_privileges().map(|p| p.privilege.as_str()).collect();
    assert!(lacks.contains("ALTER") && lacks.contains("TRIGGER") && lacks.contains("PROCESS"), "{lacks:?}");
    assert!(!lacks.contains("SELECT"));
    assert_eq!(of_root.missing_privileges().count(), 0);
    assert!(report.not_seen.iter().any(|n| n.what.starts_with("triggers of")), "{:#?}", report.not_seen);
    assert!(report.not_seen.iter().any(|n| n.what.contains("sessions")), "{:#?}", report.not_seen);
    assert_eq!(lab.show_create(), before, "a scan changes nothing");
}

#[test]
fn select_is_enough_on_mysql() {
    select_is_enough(&Server::mysql());
}

#[test]
fn select_is_enough_on_mariadb() {
    select_is_enough(&Server::mariadb());
}

/// Drops schemas by name, also after a failed test.
struct Schemas(Server, Vec<String>);

impl Drop for Schemas {
    fn drop(&mut self) {
        let quoted = |s: &String| format!("DROP DATABASE IF EXISTS `{}`", s.replace('`', "``"));
        let drops: Vec<String> = self.1.iter().map(quoted).collect();
        self.0.execute(std::iter::once("SET foreign_key_checks = 0".to_owned()).chain(drops));
    }
}

fn hostile_names(server: &Server) {
    let name = format!("{}_a`b%'\"c d", unique_prefix("h"));
    let schemas = Schemas(server.clone(), vec![name.clone()]);
    let q = name.replace('`', "``");
    server.execute([
        format!("CREATE DATABASE `{q}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
        format!("CREATE TABLE `{q}`.`~external_ra'w` (`hash` binary(16) NOT NULL PRIMARY KEY, `size` bigint unsigned NOT NULL, `attachment_name` varchar(255), `filepath` varchar(1000), `contents_hash` binary(16), `timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)"),
        format!("CREATE TABLE `{q}`.`session` (`it's \"``k%` varchar(20) NOT NULL, `select` tinyint(1), `v'\"``%` longblob COMMENT 'it''s %', `p'\"``%` binary(16) COMMENT ':blob@ra''w:x', `g` bigint unsigned, PRIMARY KEY (`it's \"``k%`), FOREIGN KEY (`p'\"``%`) REFERENCES `~external_ra'w` (`hash`))"),
        format!("INSERT INTO `{q}`.`~external_ra'w` (`hash`, `size`) VALUES (REPEAT('a', 16), 3)"),
        format!("INSERT INTO `{q}`.`session` VALUES ('k''1', 5, _binary '[1 2 3]', REPEAT('a', 16), 7)"),
    ]);
    let mut unchecked = server.connect();
    unchecked.query_drop("SET foreign_key_checks = 0").unwrap();
    unchecked
        .query_drop(format!(
            "INSERT INTO `{q}`.`session` VALUES ('dangling', 1, NULL, REPEAT('b', 16), NULL)"
        ))
        .unwrap();
    let report =
        scan(&mut connect(server), &schemas.1, &no_settings(), &ScanOptions::full(), &mut NoProgress)
            .unwrap();
    assert_eq!(report.not_seen, []);
    assert_eq!(report.damage.len(), 1);
    assert_eq!(report.damage[0].cause, "text-of-array");
    assert_eq!(report.damage[0].examples[0].key, "it's \"`k%='k''1'");
    assert_eq!(report.dangling_pointers[0].rows, 1);
    assert_eq!(report.dangling_pointers[0].examples, ["it's \"`k%='dangling'"]);
    assert_eq!(report.stores[0].name, "ra'w");
    assert!(!report.stores[0].configured);
    assert!(decision(&report, &format!("bigint-unsigned:{name}.session.g")).evidence[0].contains(" 7,"));
    assert!(report.has_findings());
}

#[test]
fn hostile_names_are_scanned_on_mysql() {
    hostile_names(&Server::mysql());
}

#[test]
fn hostile_names_are_scanned_on_mariadb() {
    hostile_names(&Server::mariadb());
}

fn refusals_and_collations(server: &Server) {
    let name = unique_prefix("odd");
    let schemas = Schemas(server.clone(), vec![name.clone()]);
    server.execute([
        format!("CREATE DATABASE `{name}` CHARACTER SET latin1 COLLATE latin1_swedish_ci"),
        format!("CREATE TABLE `{name}`.`no_key` (`a` int)"),
        format!("CREATE TABLE `{name}`.`parts` (`a` int PRIMARY KEY) PARTITION BY HASH (`a`) PARTITIONS 2"),
        format!("CREATE TABLE `{name}`.`isam` (`a` int PRIMARY KEY) ENGINE=MyISAM"),
        format!("CREATE TABLE `{name}`.`full_text` (`a` int PRIMARY KEY, `t` text, FULLTEXT KEY (`t`))"),
        format!("CREATE TABLE `{name}`.`marked` (`a` int PRIMARY KEY, `m` int COMMENT ':flavour:x')"),
        format!("CREATE TABLE `{name}`.`modern` (`a` int PRIMARY KEY COMMENT ':int32:', `v` longblob COMMENT ':<blob>:')"),
        format!("CREATE TABLE `{name}`.`~external_raw` (`hash` binary(16) PRIMARY KEY, `size` bigint unsigned NOT NULL, `attachment_name` varchar(255), `filepath` varchar(900), `contents_hash` binary(16), `timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)"),
        format!("CREATE TABLE `{name}`.`pointer_key` (`a` binary(16) PRIMARY KEY COMMENT ':blob@raw:', FOREIGN KEY (`a`) REFERENCES `~external_raw` (`hash`))"),
        format!("CREATE TABLE `{name}`.`pointer_unique` (`a` int PRIMARY KEY, `p` binary(16) COMMENT ':blob@raw:', UNIQUE KEY `u` (`p`), FOREIGN KEY (`p`) REFERENCES `~external_raw` (`hash`))"),
        format!("CREATE TABLE `{name}`.`traced` (`a` int PRIMARY KEY, `t` binary(16) COMMENT ':<trace>:', FOREIGN KEY (`t`) REFERENCES `~external_raw` (`hash`))"),
        format!("CREATE TABLE `{name}`.`wide` (`a` varchar(1000) PRIMARY KEY)"),
        format!("CREATE TABLE `{name}`.`animal` (`line` varchar(20), `n` int, PRIMARY KEY (`line`, `n`))"),
        format!("CREATE TABLE `{name}`.`child` (`id` int PRIMARY KEY, `line` varchar(20) NOT NULL, `n` int NOT NULL, FOREIGN KEY (`line`, `n`) REFERENCES `animal` (`line`, `n`))"),
        format!("INSERT INTO `{name}`.`animal` VALUES ('Thy1', 1), ('thy1', 2), ('wt', 3)"),
        format!("INSERT INTO `{name}`.`child` VALUES (1, 'THY1', 1), (2, 'wt', 3)"),
        format!("CREATE TABLE `{name}`.`sound` (`a` int PRIMARY KEY)"),
    ]);
    let report =
        scan(&mut connect(server), &schemas.1, &no_settings(), &ScanOptions::full(), &mut NoProgress)
            .unwrap();
    let reasons = |table: &str| {
        let found = report.not_understood.iter().find(|n| n.table.table == table);
        found.map(|n| n.reasons.join("; ")).unwrap_or_default()
    };
    for (table, word) in [
        ("no_key", "no primary key"),
        ("parts", "partitioned"),
        ("isam", "MyISAM"),
        ("full_text", "FULLTEXT"),
        ("marked", "`:flavour:`"),
        ("modern", "already has the 2.x marker"),
        ("pointer_key", "the primary key"),
        ("pointer_unique", "unique key `u`"),
    ] {
        assert!(reasons(table).contains(word), "{table}: {}", reasons(table));
    }
    assert_eq!(report.not_understood.len(), 8, "{:#?}", report.not_understood);
    let collation = &report.collation;
    assert_eq!(collation.schemas, [(name.clone(), "latin1_swedish_ci".to_owned())]);
    let long: Vec<_> =
        collation.long_keys.iter().map(|k| (k.table.table.as_str(), k.index.as_str(), k.bytes)).collect();
    assert_eq!(long, [("wide", "PRIMARY", 4000)]);
    let collisions: Vec<_> =
        collation.collisions.iter().map(|c| (c.table.table.as_str(), c.place.as_str(), c.count)).collect();
    assert_eq!(collisions, [("animal", "within_key", 1), ("child", "with_parent", 1)]);
    assert_eq!(collation.collisions[1].examples, ["id=1: \"THY1\" refers to \"Thy1\""]);
    // an adapter over a store without one row to tell what it stores
    let base = decision(&report, &format!("adapter-base:{name}.traced.t"));
    assert_eq!((base.default.as_deref(), base.suggestion.as_deref()), (None, None));
    assert!(base.options.iter().any(|o| o.answer == "filepath"));
    let marked = |client| outcome(&report, &name, "marked", Step::Now, client);
    assert_eq!(marked(Client::V0_14), Outcome::CannotOpen);
    let access = report.client_access.iter().find(|t| t.table.table == "marked").unwrap();
    assert!(access.access.iter().all(|a| a.step == Step::Now), "a refused table goes nowhere");
}

#[test]
fn odd_tables_are_refused_with_reasons_and_collations_compared_on_mysql() {
    refusals_and_collations(&Server::mysql());
}

#[test]
fn odd_tables_are_refused_with_reasons_and_collations_compared_on_mariadb() {
    refusals_and_collations(&Server::mariadb());
}

#[test]
fn a_reserved_job_of_a_living_connection_is_told_from_others() {
    let server = Server::mysql();
    let lab = Lab::build(&server, "jobs", &LabOptions::default());
    let mut worker = server.connect();
    let id: u64 = worker.query_first("SELECT CONNECTION_ID()").unwrap().unwrap();
    worker
        .query_drop(format!(
            "UPDATE `{}_analysis`.`~jobs` SET connection_id = {id}, `user` = '{}@localhost' WHERE status = 'reserved'",
            lab.prefix, server.user
        ))
        .unwrap();
    let options = ScanOptions { check_objects: ObjectCheck::None, ..ScanOptions::default() };
    let report = scan_lab(&lab, &options);
    let reserved = &report.jobs.iter().find(|j| j.schema.ends_with("_analysis")).unwrap().reserved[0];
    assert_eq!((reserved.connection_id, reserved.connection_alive), (id, Some(true)));
    let session = report.sessions.iter().find(|s| s.id == id).unwrap();
    assert_eq!(session.in_transaction, Some(false));
    worker.query_drop("START TRANSACTION").unwrap();
    let _: Option<u8> =
        worker.query_first(format!("SELECT 1 FROM `{}_lab`.`person` FOR UPDATE", lab.prefix)).unwrap();
    // InnoDB renews its list of transactions only when nobody has read it for 0.1 s, and other tests read it too
    let seen = (0..20).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(150));
        let report = scan_lab(&lab, &options);
        report.sessions.iter().find(|s| s.id == id).unwrap().in_transaction == Some(true)
    });
    assert!(seen, "the open transaction is reported");
}

#[test]
fn a_schema_that_does_not_exist_ends_the_scan() {
    let result = scan(
        &mut connect(&Server::mysql()),
        &["rjt_no_such_schema".to_owned()],
        &no_settings(),
        &ScanOptions::default(),
        &mut NoProgress,
    );
    assert!(result.unwrap_err().to_string().contains("reading the catalog"));
}

#[test]
fn a_wrong_subfolding_and_a_lost_store_are_no_lost_objects() {
    let lab = Lab::build(&Server::mysql(), "folds", &LabOptions::default());
    let text = std::fs::read_to_string(lab.settings_file()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["stores"]["raw"]["subfolding"] = serde_json::json!([1, 1, 1]);
    config["stores"]["cold-archive"]["location"] = serde_json::json!(lab.file("not mounted"));
    std::fs::write(lab.settings_file(), config.to_string()).unwrap();
    let report = scan_lab(&lab, &ScanOptions::default());
    let raw = report.tracking.iter().find(|t| t.store == "raw" && t.rows > Some(0)).unwrap();
    let folds = raw.subfolding.as_ref().unwrap();
    assert_eq!((folds.found, folds.fits.as_deref()), (0, Some(&[2usize, 2][..])));
    assert_eq!(raw.objects.as_ref().unwrap().missing, 0);
    let cold = report.stores.iter().find(|s| s.name == "cold-archive").unwrap();
    assert_eq!(cold.reachable, Some(false));
    assert!(cold.description.contains("not mounted"), "{cold:?}");
    assert_eq!(report.missing_references, []);
}

#[test]
fn a_quick_scan_samples_both_ends_and_says_so() {
    let lab = Lab::build(&Server::mysql(), "quick", &LabOptions::default());
    lab.server.execute([format!(
        "UPDATE `{}_analysis`.`bulk` SET v = _binary 'array([1, 2])' WHERE id IN (1, 100, 200)",
        lab.prefix
    )]);
    let report = scan_lab(&lab, &ScanOptions { quick_rows: 50, ..ScanOptions::default() });
    let bulk = report.damage.iter().find(|d| d.table.table == "bulk").unwrap();
    let keys: Vec<&str> = bulk.examples.iter().map(|e| e.key.as_str()).collect();
    assert_eq!(keys, ["id=1", "id=200"], "the row in the middle is not in the sample");
    let column = report.blob_columns.iter().find(|c| c.table.table == "bulk").unwrap();
    assert!(!column.complete && column.rows == 41, "{column:?}");
    assert!(
        report
            .not_seen
            .iter()
            .any(|n| n.what.contains("bulk: largest value") || n.why.contains("a full scan"))
    );
    let full = scan_lab(&lab, &ScanOptions::full());
    assert_eq!(full.damage.iter().find(|d| d.table.table == "bulk").unwrap().count, 3);
}
