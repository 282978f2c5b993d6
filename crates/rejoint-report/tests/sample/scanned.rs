//! The scan of a made-up pipeline.

use rejoint_model::catalog::Catalog;
use rejoint_model::names::TableName;
use rejoint_scan::report_file::*;
use rejoint_scan::{Depth, ObjectCheck};

pub(super) fn report(catalog: &Catalog, rough: bool, hostile: &str) -> ScanReport {
    let h = |text: &str| format!("{text}{hostile}");
    let place = TableName::new(h("lab_scan_2"), h("__fluorescence"));
    let tables = catalog
        .tables()
        .enumerate()
        .map(|(number, table)| TableReport {
            name: table.name.clone(),
            tier: table.tier(),
            rows: (number as u64 * 7919 + 13) * 211 % 900_000,
            rows_exact: true,
            data_bytes: 70_000_000,
            index_bytes: 9_000_000,
            columns: Vec::new(),
        })
        .collect();
    let feature = |name: &str, title: &str, count| FeatureCount {
        feature: name.into(),
        title: h(title),
        count,
        examples: vec![h("lab_scan_2.__fluorescence.trace")],
    };
    let mut report = ScanReport {
        format_version: FORMAT_VERSION,
        tool_version: "0.1.0".into(),
        depth: Depth::Full,
        check_objects: ObjectCheck::Size,
        server: ServerReport {
            product: "MySQL".into(),
            version: "8.0.44".into(),
            identity: "x".into(),
            time_zone: "SYSTEM".into(),
            system_time_zone: "UTC".into(),
            session_time_zones: Vec::new(),
            utc_offset_seconds: 0,
        },
        not_seen: Vec::new(),
        schemas: catalog
            .schemas
            .values()
            .map(|schema| SchemaReport {
                name: schema.name.clone(),
                charset: "utf8mb4".into(),
                collation: "utf8mb4_bin".into(),
                n_tables: schema.tables.len() as u64,
                views: Vec::new(),
                has_lineage: false,
            })
            .collect(),
        tables,
        cross_schema_keys: Vec::new(),
        schema_cycles: Vec::new(),
        features: vec![
            feature("blob_in_table", "blobs in tables", 61),
            feature("external_blob", "blobs in stores", 14),
            feature("attachment", "attachments", 3),
        ],
        adapters: Vec::new(),
        jobs: Vec::new(),
        logs: Vec::new(),
        not_understood: Vec::new(),
        stores: Vec::new(),
        tracking: Vec::new(),
        dangling_pointers: Vec::new(),
        missing_references: Vec::new(),
        blob_columns: Vec::new(),
        damage: Vec::new(),
        caveats: Vec::new(),
        collation: CollationReport::default(),
        decisions: Vec::new(),
        sessions: Vec::new(),
        privileges: Vec::new(),
        client_access: catalog
            .tables()
            .enumerate()
            .map(|(number, table)| access(&table.name, number))
            .collect(),
    };
    if rough {
        report.missing_references = vec![MissingReferences {
            table: place.clone(),
            column: h("trace"),
            nullable: true,
            store: h("raw"),
            rows: 14,
            objects: 14,
            examples: vec![h("session=3, scan=1")],
        }];
        report.adapters = vec![AdapterReport {
            table: place.clone(),
            column: h("graph"),
            adapter: h("graph"),
            store: None,
            sql_type: "longblob".into(),
            evidence: vec![("blob".into(), 40)],
            base: Some("blob".into()),
        }];
        report.jobs = vec![JobsReport {
            schema: h("lab_scan_2"),
            counts: Vec::new(),
            reserved: vec![ReservedJob {
                table: h("__fluorescence"),
                key_hash: String::new(),
                user: h("ana"),
                host: h("worker7"),
                pid: 4321,
                connection_id: 77,
                since: "2026-11-18 03:12:44".into(),
                connection_alive: Some(false),
            }],
        }];
        report.sessions = vec![SessionReport {
            id: 812,
            user: h("ana"),
            host: h("10.0.0.7:51000"),
            schema: Some(h("lab_scan_2")),
            client: h("pymysql 1.1.2"),
            command: "Sleep".into(),
            seconds: 5_400,
            in_transaction: Some(true),
        }];
        report.damage = vec![DamageFinding {
            table: place.clone(),
            column: h("mask"),
            cause: h("zlib-truncated"),
            count: 2,
            python: "error".into(),
            examples: vec![DamageExample {
                key: h("session=9"),
                bytes: 65_535,
                evidence: vec![h("ends early")],
            }],
        }];
        report.caveats = vec![CaveatFinding {
            table: place,
            column: h("meta"),
            reason: "cell-becomes-array".into(),
            title: h("a MATLAB cell becomes an array of objects"),
            old: "differs".into(),
            new: "differs".into(),
            versions_differ: false,
            count: 320,
            examples: vec![h("session=1")],
        }];
        report.not_seen = vec![NotSeen { what: h("open transactions"), why: h("PROCESS is not granted") }];
        report.decisions = vec![Decision {
            id: h("missing-objects:lab_scan_2.fluorescence.trace"),
            question: h("What becomes of pointers whose object is missing?"),
            options: vec![
                Choice { answer: "null".into(), effect: h("the row stays, the value becomes NULL") },
                Choice { answer: "keep".into(), effect: h("the pointer stays; reading it fails as before") },
                Choice { answer: "stop".into(), effect: h("no upgrade until the object is back") },
            ],
            evidence: vec![h("14 rows")],
            suggestion: Some("null".into()),
            default: None,
        }];
    }
    report
}

/// After contract, 0.14 cannot open every third table, as in the plan.
fn access(table: &TableName, number: usize) -> TableAccess {
    let steps = [Step::Now, Step::AfterExpand, Step::AfterContractCodecs];
    let of = |step: Step, client: Client| {
        let changed = number.is_multiple_of(3);
        let outcome = match (step, client) {
            (Step::AfterContractCodecs, Client::V0_14) if changed => Outcome::CannotOpen,
            (Step::Now | Step::AfterExpand, Client::V2_3) if changed => Outcome::ColumnsFail,
            _ => Outcome::Reads,
        };
        Access { step, client, outcome, columns: Vec::new(), needs: Vec::new() }
    };
    let access = steps.iter().flat_map(|step| [of(*step, Client::V0_14), of(*step, Client::V2_3)]).collect();
    TableAccess { table: table.clone(), access }
}
