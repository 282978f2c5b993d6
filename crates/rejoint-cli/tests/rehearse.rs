//! Rehearsals of real dumps: the certificate is the server's, the exported pipeline is read by 2.3.5.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::{Digest, Generation, Lab, LabOptions, Server, project_root, rejoint_command};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;

const EDGES: [&str; 4] = ["cycle", "longcomment", "old011", "view"];

/// Columns of which the dump does not hold everything: table, column.
type Lossy = BTreeSet<(String, String)>;

struct Rehearsed {
    folder: PathBuf,
    json: Value,
    lossy: Lossy,
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    rejoint_command(home).args(arguments).arg("--quiet").output().expect("rejoint runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn rehearse(lab: &Lab, name: &str, dump: &[u8], more: &[&str]) -> Rehearsed {
    let file = lab.file(&format!("{name}.sql"));
    std::fs::write(&file, dump).expect("the dump");
    let folder = lab.file(name);
    let settings = lab.settings_file();
    let mut arguments = vec!["rehearse", text(&file), "--config", text(&settings), "-o", text(&folder)];
    arguments.extend(more);
    let output = run(&lab.home(), &arguments);
    let said =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {:?}\n{said}", output.status);
    let json: Value =
        serde_json::from_slice(&std::fs::read(folder.join("rehearsal.json")).expect("a rehearsal"))
            .expect("JSON");
    for trial in json["trials"].as_array().expect("trials") {
        assert_eq!(trial["outcome"], "passed", "{name}: {trial:#}");
    }
    assert_eq!(json["trials"].as_array().map(Vec::len), Some(3));
    assert_ne!(json["verdict"]["kind"], "failed", "{name}: {:#}", json["verdict"]);
    let lossy = json["losses"]
        .as_array()
        .expect("losses")
        .iter()
        .map(|l| {
            let word = |key: &str| l[key].as_str().expect("text").to_owned();
            (format!("{}.{}", word("schema"), word("table")), word("column"))
        })
        .collect();
    Rehearsed { folder, json, lossy }
}

/// Digest of every column before and after, by table and column; of the whole rows under `*`.
fn digests(certificate: &Path, lossy: &Lossy) -> BTreeMap<(String, String, &'static str), String> {
    let json: Value =
        serde_json::from_slice(&std::fs::read(certificate).expect("a certificate")).expect("JSON");
    assert_eq!(json["verdict"], "equal");
    let mut found = BTreeMap::new();
    for table in json["tables"].as_array().expect("tables") {
        let name = format!(
            "{}.{}",
            table["table"]["schema"].as_str().expect("a schema"),
            table["table"]["table"].as_str().expect("a table")
        );
        for side in ["before", "after"] {
            let part = &table[side];
            for column in part["columns"].as_array().expect("columns") {
                let column_name = column["name"].as_str().expect("a name").to_owned();
                if !lossy.contains(&(name.clone(), column_name.clone())) {
                    let digest = column["digest"].as_str().expect("a digest").to_owned();
                    found.insert((name.clone(), column_name, side), digest);
                }
            }
            if !lossy.iter().any(|(table, _)| *table == name) {
                let digest = part["digest"].as_str().expect("a digest").to_owned();
                found.insert((name.clone(), "*".into(), side), digest);
            }
        }
    }
    found
}

/// What 2.3.5 reads is what 0.14.10 read, but for what the dump does not hold.
fn assert_read(lab: &Lab, before: &Digest, after: &Digest, lossy: &Lossy) {
    let lost = |table: &str, column: &str| {
        let class = table.split('.').next_back().unwrap_or_default().to_lowercase().replace(['_', '#'], "");
        let schema = table.split('.').next().unwrap_or_default();
        lossy.iter().any(|(name, c)| {
            let (s, t) = name.split_once('.').expect("a table");
            let t = t.trim_start_matches(['#', '_', '~']).replace(['_', '#'], "");
            c == column && s == format!("{}_{schema}", lab.prefix) && t == class
        })
    };
    let left: Vec<String> = before
        .compare(after)
        .into_iter()
        .filter(|d| !lost(&d.table, &d.column))
        .map(|d| d.to_string())
        .collect();
    assert!(left.is_empty(), "{}\nlossy: {lossy:#?}", left.join("\n"));
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy_files(&path, &target);
        } else if !target.exists() {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// They refer to each other in a circle.
fn drop_schemas(server: &Server, schemas: &[String]) {
    let drops = schemas.iter().map(|s| format!("DROP DATABASE IF EXISTS `{s}`"));
    server.execute(std::iter::once("SET foreign_key_checks = 0".to_owned()).chain(drops));
}

/// Drops schemas that a test loaded into a server that does not own the lab.
struct Loaded<'s>(&'s Server, Vec<String>);

impl Drop for Loaded<'_> {
    fn drop(&mut self) {
        drop_schemas(self.0, &self.1);
    }
}

fn circle(server: &Server, name: &str) {
    let mut lab = Lab::build(server, name, &LabOptions::with(&EDGES));
    let before = lab.digest(Generation::V0);
    let objects = lab.objects();
    let schemas = lab.schemas();
    let plain = server.dump(&["--single-transaction"], &schemas);
    let hex = server.dump(&["--single-transaction", "--hex-blob"], &schemas);

    let exported = lab.file("migrated.sql");
    let one = rehearse(&lab, "hex", &hex, &["--export", text(&exported)]);
    let two = rehearse(&lab, "plain", &plain, &[]);
    assert_eq!(objects, lab.objects(), "a rehearsal must not write to the lab's stores");

    // the same plan on the server itself
    let plan = lab.file("lab.plan.json");
    let settings = lab.settings_file();
    let mut arguments = vec!["plan", "upgrade", "-o", text(&plan), "--config", text(&settings)];
    for schema in &schemas {
        arguments.extend(["-s", schema]);
    }
    let steps: [&[&str]; 3] = [
        &arguments,
        &["apply", text(&plan), "--stage", "expand", "--trust-sessions", "--config", text(&settings)],
        &["apply", text(&plan), "--stage", "contract", "--trust-sessions", "--config", text(&settings)],
    ];
    for step in steps {
        let output = run(&lab.home(), step);
        assert!(output.status.success(), "{step:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let on_server = digests(&lab.file("lab.plan.certificate.json"), &one.lossy);
    assert!(on_server.len() > 200, "{}", on_server.len());
    for rehearsed in [&one, &two] {
        let found = digests(&rehearsed.folder.join("plan.certificate.json"), &one.lossy);
        let differing: Vec<_> = on_server.iter().filter(|(k, v)| found.get(*k) != Some(v)).collect();
        assert!(differing.is_empty() && found.len() == on_server.len(), "{differing:#?}");
    }
    assert_eq!(one.lossy, two.lossy);
    assert!(
        one.json["losses"].as_array().expect("losses").iter().any(|l| l["kind"] == "float_rounded"),
        "the lab has FLOAT columns"
    );

    // the exported pipeline, loaded into MySQL
    drop_schemas(server, &schemas);
    let target = Server::mysql();
    let loaded = Loaded(&target, schemas.clone());
    copy_files(&one.folder.join("new-objects"), &lab.stores());
    target.load(&std::fs::read(&exported).expect("the export"));
    lab.server = target.clone();
    let after = lab.digest(Generation::V2);
    lab.server = server.clone();
    drop(loaded);
    assert_read(&lab, &before, &after, &one.lossy);
}

#[test]
fn a_dump_of_mysql_rehearses_to_the_servers_certificate_and_its_export_is_read_by_2_3_5() {
    circle(&Server::mysql(), "reh_mysql");
}

#[test]
fn a_dump_of_mariadb_rehearses_to_the_servers_certificate_and_its_export_is_read_by_2_3_5() {
    circle(&Server::mariadb(), "reh_maria");
}

#[test]
fn the_example_rehearses_without_any_server() {
    let home = tempfile::tempdir().expect("a folder");
    let example = project_root().join("examples/legacy-pipeline");
    for dump in ["dump.sql", "dump.mariadb.sql.gz"] {
        let out = home.path().join(dump);
        let (dump, stores) = (example.join(dump), example.join("stores"));
        let output = run(
            home.path(),
            &["rehearse", text(&dump), "--stores", text(&stores), "--code", text(&example), "-o", text(&out)],
        );
        let said = format!(
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(1), "places in the code are left for a person: {said}");
        assert!(said.contains("The certificate says equal for 16 tables"), "{said}");
        for file in ["report.html", "report.md", "runbook.md", "rehearsal.json", "plan.certificate.json"] {
            assert!(out.join(file).is_file(), "{file} is missing");
        }
        assert!(!out.join("work").exists(), "working files are removed");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn a_rehearsal_without_its_stores_says_which_are_missing() {
    let home = tempfile::tempdir().expect("a folder");
    let dump = home.path().join("dump.sql");
    std::fs::copy(project_root().join("examples/legacy-pipeline/dump.sql"), &dump).expect("a copy");
    let out = home.path().join("out");
    let output = run(home.path(), &["rehearse", text(&dump), "-o", text(&out)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("docs, raw") && said.contains("--stores DIR"), "{said}");
    assert!(out.join("report.html").is_file(), "what is known is reported");
}

#[test]
fn a_dump_that_is_cut_off_is_refused_and_leaves_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(project_root().join("examples/legacy-pipeline/dump.sql")).expect("the dump");
    let cut = home.path().join("cut.sql");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("a file");
    let out = home.path().join("out");
    let output = run(home.path(), &["rehearse", text(&cut), "-o", text(&out)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cut off") && said.contains("last complete table"), "{said}");
    assert!(!out.exists(), "an empty folder is left");
    // what is no plan cannot be rehearsed on a server
    let output = run(home.path(), &["rehearse", text(&cut), "--into", "scratch_", "-o", text(&out)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("is not a plan file"), "{said}");
    assert!(!out.exists(), "an empty folder is left");
}

#[test]
fn code_that_is_not_there_does_not_cost_the_report() {
    let home = tempfile::tempdir().expect("a folder");
    let example = project_root().join("examples/legacy-pipeline");
    let (dump, stores, out) = (example.join("dump.sql"), example.join("stores"), home.path().join("out"));
    let output = run(
        home.path(),
        &["rehearse", text(&dump), "--stores", text(&stores), "--code", "nowhere", "-o", text(&out)],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("nowhere"), "{said}");
    assert!(out.join("report.html").is_file(), "what is known is reported");
    assert!(!out.join("work").exists(), "working files are removed");
}

#[test]
fn an_earlier_rehearsal_is_not_overwritten_without_force() {
    let home = tempfile::tempdir().expect("a folder");
    let example = project_root().join("examples/legacy-pipeline");
    let (dump, stores, out) = (example.join("dump.sql"), example.join("stores"), home.path().join("out"));
    let arguments = ["rehearse", text(&dump), "--stores", text(&stores), "-o", text(&out), "--no-undo"];
    let first = run(home.path(), &arguments);
    assert!(matches!(first.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&first.stderr));
    let again = run(home.path(), &arguments);
    assert_eq!(again.status.code(), Some(2));
    let forced = run(home.path(), &[arguments.as_slice(), &["--force"]].concat());
    assert!(matches!(forced.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&forced.stderr));
}

fn on_server(server: &Server, name: &str) {
    let lab = Lab::build(server, name, &LabOptions::with(&["cycle", "view"]));
    let before = lab.digest(Generation::V0);
    let (definitions, objects, schemas) = (lab.show_create(), lab.objects(), lab.schemas());
    let settings = lab.settings_file();
    let plan = lab.file("lab.plan.json");
    let mut arguments = vec!["plan", "upgrade", "-o", text(&plan), "--config", text(&settings)];
    for schema in &schemas {
        arguments.extend(["-s", schema]);
    }
    assert!(run(&lab.home(), &arguments).status.success());
    let condition = format!("{}_subject.subject=1 = 1", lab.prefix);
    for (name, more) in [
        ("whole", Vec::new()),
        ("sample", vec!["--sample", "3"]),
        ("where", vec!["--where", condition.as_str(), "--without-objects"]),
    ] {
        let (out, prefix) = (lab.file(name), format!("{name}_"));
        let mut arguments =
            vec!["rehearse", text(&plan), "--into", &prefix, "--config", text(&settings), "-o", text(&out)];
        arguments.extend(more);
        let output = run(&lab.home(), &arguments);
        let said = format!(
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {:?} {said}", output.status);
        let json: Value = serde_json::from_slice(&std::fs::read(out.join("rehearsal.json")).expect("a file"))
            .expect("JSON");
        for trial in json["trials"].as_array().expect("trials") {
            assert_eq!(trial["outcome"], "passed", "{name}: {trial:#}");
        }
        assert_ne!(json["verdict"]["kind"], "failed", "{name}: {:#}", json["verdict"]);
        assert_eq!(json["remaining"], serde_json::json!([]), "{name}");
        assert_eq!(json["sample"].is_null(), name == "whole", "{name}");
        assert!(out.join("plan.json").is_file());
        // nothing is left on the server and in the stores, and the lab is as it was
        assert!(server.schemas(&prefix).is_empty(), "{name}: scratch schemas are left");
        assert_eq!(definitions, lab.show_create(), "{name}");
        assert_eq!(objects, lab.objects(), "{name}");
    }
    // the plan with measured durations is a plan to apply
    let measured = lab.file("whole").join("plan.json");
    for stage in ["expand", "contract"] {
        let step =
            ["apply", text(&measured), "--stage", stage, "--trust-sessions", "--config", text(&settings)];
        let output = run(&lab.home(), &step);
        assert!(output.status.success(), "{stage}: {}", String::from_utf8_lossy(&output.stderr));
    }
    before.assert_equal(&lab.digest(Generation::V2));
}

#[test]
fn a_plan_is_rehearsed_on_copies_of_its_schemas_on_mysql_and_leaves_nothing() {
    on_server(&Server::mysql(), "into_mysql");
}

#[test]
fn a_plan_is_rehearsed_on_copies_of_its_schemas_on_mariadb_and_leaves_nothing() {
    on_server(&Server::mariadb(), "into_maria");
}
