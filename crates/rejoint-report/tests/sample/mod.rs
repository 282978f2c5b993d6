//! Rehearsals of a made-up pipeline, of any size, whole or with everything that can be found; and with hostile names.
#![allow(dead_code, reason = "each test uses what it needs")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

pub(crate) mod pipeline;
mod scanned;

use rejoint_model::TableName;
use rejoint_model::catalog::{Catalog, Server};
use rejoint_plan::step::{Action, Estimate, LockClass, Stage, Step};
use rejoint_plan::{Plan, UpgradeOptions};
use rejoint_report::Rehearsal;
use rejoint_report::diagram::{Diagram, Format, Selection};
use rejoint_report::rehearsal_file::*;
use rejoint_verify::{Outcome, Verdict as Proof};
use std::collections::BTreeMap;

/// How the rehearsal went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Nothing found.
    Clean,
    /// It works, with findings of every kind.
    Findings,
    /// A table differs.
    Differs,
}

/// A rehearsal of `tables` tables. `hostile` is put into every name and text.
pub(crate) fn rehearsal(tables: usize, schemas: usize, course: Course, hostile: &str) -> Rehearsal {
    let catalog = renamed(pipeline::catalog(tables, schemas), hostile);
    let h = |text: &str| format!("{text}{hostile}");
    let mut source = Source::dump(vec![h("lab-2026-11-19.sql.gz")], Some(3_221_225_472));
    source.product = Some("MySQL".into());
    source.product_version = Some(h("8.0.44"));
    source.complete = Some(true);
    source.schemas = catalog.schemas.keys().cloned().collect();
    let place = Place::Embedded { engine: "SQLite 3.50.4".into() };
    let mut made = Rehearsal::new("0.1.0", "2026-11-20T10:00:00Z", source, place);
    made.command = Some(h("rejoint rehearse lab-2026-11-19.sql.gz --stores objects --code src"));
    let rough = course != Course::Clean;
    made.scan = Some(scanned::report(&catalog, rough, hostile));
    let plan = plan(&catalog, rough, hostile);
    made.decisions = Decided::of_plan(&plan, made.scan.as_ref());
    made.timings = plan
        .steps
        .iter()
        .filter(|step| step.stage != Stage::Finish)
        .map(|step| StepTiming::measured(step, step.estimate.rows, step.estimate.milliseconds / 3))
        .collect();
    made.plan = Some(plan);
    made.trials = trials(course, hostile);
    made.certificate = Some(certificate(&catalog, course, hostile));
    let svg = Diagram::from_catalog(&catalog, &Selection::default()).expect("a diagram").render(Format::Svg);
    made.diagrams = Diagrams { before: Some(svg.clone()), after: Some(svg) };
    made.artefacts = vec![
        Artefact { what: "plan".into(), path: h("lab.plan.json") },
        Artefact { what: "certificate".into(), path: h("lab.rehearsal.certificate.json") },
        Artefact { what: "code changes".into(), path: h("lab.code.diff") },
    ];
    made.stores = vec![StoreSummary {
        name: h("raw"),
        location: h("objects/raw"),
        at_hand: true,
        objects: 18_220,
        bytes: 412_316_860_416,
        new_objects: 310,
        new_bytes: 1_288_490_188,
        problems: 0,
    }];
    if rough {
        findings(&mut made, &catalog, hostile);
    }
    made.conclude();
    made
}

/// Puts the hostile text into the names of schemas, tables and columns.
fn renamed(catalog: Catalog, hostile: &str) -> Catalog {
    if hostile.is_empty() {
        return catalog;
    }
    let name = |name: &TableName| TableName::new(format!("{}{hostile}", name.schema), name.table.clone());
    let mut schemas = BTreeMap::new();
    for (_, mut schema) in catalog.schemas {
        schema.name.push_str(hostile);
        for table in schema.tables.values_mut() {
            table.name = name(&table.name);
            table.comment.push_str(hostile);
            for column in &mut table.columns {
                column.comment.push_str(hostile);
                column.sql_type.push_str(hostile);
            }
            for key in &mut table.foreign_keys {
                key.parent = name(&key.parent);
                key.name.push_str(hostile);
            }
        }
        schemas.insert(schema.name.clone(), schema);
    }
    Catalog { server: catalog.server, schemas }
}

fn step(
    id: String,
    stage: Stage,
    title: String,
    action: Action,
    lock: LockClass,
    estimate: Estimate,
) -> Step {
    Step {
        id,
        stage,
        title,
        reason: "2.x reads pointers from JSON columns.".into(),
        action,
        lock,
        estimate,
        undo: "the column is dropped".into(),
    }
}

fn plan(catalog: &Catalog, rough: bool, hostile: &str) -> Plan {
    let (mut expand, mut contract, mut finish) = (Vec::new(), Vec::new(), Vec::new());
    for (number, table) in catalog.tables().enumerate().filter(|(number, _)| number % 3 == 0) {
        let rows = (number as u64 * 7919 + 13) * 211 % 900_000;
        let alter = |sql: &str| Action::Alter {
            table: table.name.clone(),
            changes: Vec::new(),
            sql: format!("ALTER TABLE `{}`.`{}` {sql}", table.name.schema, table.name.table),
            before: String::new(),
            after: String::new(),
            undo_sql: None,
            undo_unchecked: false,
        };
        let instant = Estimate { rows: 0, milliseconds: 40 };
        expand.push((
            format!("Add new columns to {}", table.name),
            alter("ADD COLUMN `_rejoint_new_raw` json, ALGORITHM=INSTANT"),
            LockClass::Instant,
            instant,
        ));
        let fill = Action::Backfill {
            table: table.name.clone(),
            key: vec!["id".into()],
            pointers: Vec::new(),
            keep: Vec::new(),
            sql: format!("UPDATE `{}` SET … WHERE {{range}}", table.name.table),
            chunk: 10_000,
        };
        expand.push((
            format!("Fill new columns of {}", table.name),
            fill,
            LockClass::Rows,
            Estimate::at_rate(rows, 60_000),
        ));
        contract.push((
            format!("Swap {}", table.name),
            alter("RENAME COLUMN `raw` TO `_rejoint_old_raw`, RENAME COLUMN `_rejoint_new_raw` TO `raw`"),
            LockClass::Instant,
            instant,
        ));
        finish.push((
            format!("Drop the kept pointers of {}", table.name),
            alter("DROP COLUMN `_rejoint_old_raw`"),
            LockClass::Online,
            Estimate::at_rate(rows, 300_000),
        ));
    }
    let all: u64 = 40_000_000;
    expand.push((
        "Compare old pointers with new ones".into(),
        Action::VerifyBefore,
        LockClass::None,
        Estimate::at_rate(all, 300_000),
    ));
    let schemas: Vec<String> = catalog.schemas.keys().cloned().collect();
    contract.insert(
        0,
        (
            "Nobody may be connected".into(),
            Action::Fence { schemas: schemas.clone() },
            LockClass::None,
            Estimate::default(),
        ),
    );
    contract.insert(
        1,
        (
            "Take evidence of what changed meanwhile".into(),
            Action::Settle,
            LockClass::None,
            Estimate { rows: 0, milliseconds: 900 },
        ),
    );
    contract.push((
        "Write the certificate".into(),
        Action::VerifyAfter,
        LockClass::None,
        Estimate::at_rate(all, 300_000),
    ));
    let mut steps = Vec::new();
    for (letter, stage, list) in
        [('E', Stage::Expand, expand), ('C', Stage::Contract, contract), ('F', Stage::Finish, finish)]
    {
        for (number, (title, action, lock, estimate)) in list.into_iter().enumerate() {
            steps.push(step(format!("{letter}{:04}", number + 1), stage, title, action, lock, estimate));
        }
    }
    let decision = |id: &str, question: &str, answer: Option<&str>| rejoint_plan::Decision {
        id: format!("{id}{hostile}"),
        question: format!("{question}{hostile}"),
        evidence: format!("14 rows refer to objects that are not in the store{hostile}"),
        options: vec!["null".into(), "keep".into(), "stop".into()],
        answer: answer.map(str::to_owned),
    };
    let decisions = if rough {
        vec![
            decision(
                "missing-objects:lab_scan_2.fluorescence.trace",
                "What becomes of pointers whose object is missing?",
                None,
            ),
            decision(
                "adapter-base:lab_session_0.probe.geometry",
                "What does the adapter <graph> store?",
                Some("keep"),
            ),
        ]
    } else {
        Vec::new()
    };
    let server = Server {
        product: "MySQL".into(),
        version: (8, 0, 44),
        version_text: "8.0.44".into(),
        identity: "x".into(),
    };
    let mut options = UpgradeOptions::default();
    options.answers.insert(format!("adapter-base:lab_session_0.probe.geometry{hostile}"), "keep".into());
    Plan {
        format: rejoint_plan::plan_file::FORMAT,
        tool: "rejoint 0.1.0".into(),
        kind: "upgrade".into(),
        server,
        home: schemas.first().cloned().unwrap_or_default(),
        schemas,
        options,
        stores: BTreeMap::new(),
        decisions,
        remarks: Vec::new(),
        views_before: Vec::new(),
        views_shadow: Vec::new(),
        views_after: Vec::new(),
        definitions: BTreeMap::new(),
        steps,
        hash: String::new(),
    }
    .sealed()
}

fn trials(course: Course, hostile: &str) -> Vec<Trial> {
    let equal = course != Course::Differs;
    let h = |text: &str| format!("{text}{hostile}");
    vec![
        Trial::of_checks(
            TrialKind::ExpandContract,
            214_000,
            vec![
                Check::new("every step ran", true, &h("all of expand and contract")),
                Check::new("old and new pointers agree", true, ""),
                Check::new("the certificate says equal", equal, if equal { "" } else { "1 table differs" }),
            ],
        ),
        Trial::of_checks(
            TrialKind::Undo,
            61_000,
            vec![
                Check::new(
                    "definitions are byte-identical",
                    true,
                    "all tables, constraint and index names too",
                ),
                Check::new("digests are equal", true, ""),
            ],
        ),
        if equal {
            Trial::of_checks(
                TrialKind::Redo,
                198_000,
                vec![Check::new("the same certificate, but for its time", true, "")],
            )
        } else {
            Trial::not_run(TrialKind::Redo, "The first migration already differed.")
        },
    ]
}

fn hex(seed: usize) -> String {
    let mut dice = pipeline::Dice(seed as u64 * 7919 + 1);
    (0..64).map(|_| char::from_digit(dice.below(16) as u32, 16).unwrap_or('0')).collect()
}

fn certificate(catalog: &Catalog, course: Course, hostile: &str) -> RehearsedCertificate {
    let tables: Vec<CertifiedTable> = catalog
        .tables()
        .enumerate()
        .map(|(number, table)| {
            let rows = (number as u64 * 7919 + 13) * 211 % 900_000;
            let outcome = match (course, number) {
                (Course::Differs, 5) => Outcome::Differs,
                (Course::Differs | Course::Findings, 7) => Outcome::Allowed,
                _ => Outcome::Equal,
            };
            CertifiedTable {
                schema: table.name.schema.clone(),
                table: table.name.table.clone(),
                rows_before: Some(rows),
                rows_after: Some(rows),
                digest_before: Some(hex(number)),
                digest_after: Some(if outcome == Outcome::Equal { hex(number) } else { hex(number + 1_000) }),
                columns: if outcome == Outcome::Equal { Vec::new() } else { vec![format!("value{hostile}")] },
                outcome,
            }
        })
        .collect();
    let group = |store: &str, kind: &str, n| CertifiedObjects {
        store: format!("{store}{hostile}"),
        kind: kind.into(),
        before: Some((n, n * 21_000_000)),
        after: Some((n, n * 21_000_000)),
        digest_before: Some(hex(77)),
        digest_after: Some(hex(77)),
    };
    RehearsedCertificate {
        verdict: if course == Course::Differs { Proof::Differs } else { Proof::Equal },
        plan: Some(hex(99)),
        tables,
        objects: vec![group("raw", "attach", 310), group("raw", "blob", 17_910)],
        new_problems: Vec::new(),
        allowed: if course == Course::Clean {
            Vec::new()
        } else {
            vec![format!("lab_scan_2.fluorescence.trace: missing-objects answered with null{hostile}")]
        },
    }
}

fn findings(made: &mut Rehearsal, catalog: &Catalog, hostile: &str) {
    let h = |text: &str| format!("{text}{hostile}");
    made.code = Some(CodeSummary {
        roots: vec![h("src")],
        files_read: 212,
        files_changed: 64,
        rules: vec![
            RuleCount {
                code: "RJ0101".into(),
                title: h("fetch of one attribute"),
                rewrites: 181,
                suggestions: 0,
                findings: 0,
            },
            RuleCount {
                code: "RJ0402".into(),
                title: h("adapters become codecs"),
                rewrites: 6,
                suggestions: 2,
                findings: 3,
            },
        ],
        findings: vec![
            CodeFinding {
                code: "RJ0402".into(),
                path: h("src/lab/adapters.py"),
                cell: None,
                line: 41,
                column: 5,
                message: h("get() reads the table itself; a codec cannot"),
                choices: vec![h("pass what it needs as metadata"), h("compute it in make()")],
            },
            CodeFinding {
                code: "RJ0210".into(),
                path: h("notebooks/overview.ipynb"),
                cell: Some(12),
                line: 3,
                column: 18,
                message: h("fetch(format='frame') of a join with renamed columns"),
                choices: vec![h("to_pandas()")],
            },
        ],
    });
    made.by_hand = vec![
        HandWork {
            who: Who::Dba,
            when: When::Before,
            title: h("Grant PROCESS to the account that runs rejoint"),
            details: vec![h("Without it the fence cannot name other sessions.")],
            commands: Vec::new(),
        },
        HandWork {
            who: Who::Users,
            when: When::After,
            title: h("Install DataJoint 2.3.5 and pull the converted branch"),
            details: Vec::new(),
            commands: vec!["pip install datajoint==2.3.5".into()],
        },
    ];
    made.by_hand.extend(made.scan.as_ref().map(HandWork::of_scan).unwrap_or_default());
    made.losses = catalog
        .tables()
        .step_by(6)
        .take(5)
        .map(|table| {
            let loss = rejoint_dump::Loss { column: h("dff"), kind: rejoint_dump::LossKind::FloatRounded };
            DumpLoss::new(&table.name, &loss)
        })
        .collect();
    made.source.remarks = vec![h("The dump was taken with --single-transaction.")];
}
