//! The whole circle on real servers: what 0.14.10 fetched before is what 2.3.5 fetches after, and undo restores every definition.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::{Generation, Lab, LabOptions, Server, rejoint_command};
use std::path::PathBuf;
use std::process::Output;

/// A lab and the plan made for it.
struct Upgrade {
    lab: Lab,
    plan: PathBuf,
}

impl Upgrade {
    fn new(server: &Server, name: &str, edges: &[&'static str]) -> Self {
        let lab = Lab::build(server, name, &LabOptions::with(edges));
        let plan = lab.file("lab.plan.json");
        Upgrade { lab, plan }
    }

    /// Runs the program with the lab's settings.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = rejoint_command(&self.lab.home());
        command.args(arguments).arg("--quiet").arg("--config").arg(self.lab.settings_file());
        command.output().expect("rejoint runs")
    }

    /// Runs it and expects success; gives its standard output.
    fn expect(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {:?}\n{out}\n{err}", output.status);
        out.into_owned()
    }

    fn plan(&self, more: &[&str]) {
        let mut arguments = vec!["plan", "upgrade", "-o", self.plan.to_str().expect("UTF-8")];
        let schemas = self.lab.schemas();
        for schema in &schemas {
            arguments.extend(["-s", schema]);
        }
        arguments.extend(more);
        self.expect(&arguments);
    }

    fn apply(&self, stage: &str) -> String {
        // other tests are connected to the same server; the fence has tests of its own
        self.expect(&["apply", self.plan.to_str().expect("UTF-8"), "--stage", stage, "--trust-sessions"])
    }
}

fn circle(server: &Server, name: &str, edges: &[&'static str], options: &[&str]) {
    let upgrade = Upgrade::new(server, name, edges);
    let before = upgrade.lab.digest(Generation::V0);
    let definitions = upgrade.lab.show_create();
    let objects = upgrade.lab.objects();
    assert!(before.errors().is_empty(), "{:?}", before.errors());

    upgrade.plan(options);
    upgrade.apply("expand");
    before.assert_equal(&upgrade.lab.digest(Generation::V0));

    let said = upgrade.apply("contract");
    assert!(said.contains("Everything is equal before and after"), "{said}");
    before.assert_equal(&upgrade.lab.digest(Generation::V2));
    let certificate = upgrade.lab.file("lab.plan.certificate.json");
    upgrade.expect(&["verify", certificate.to_str().expect("UTF-8")]);

    upgrade.expect(&["undo", upgrade.plan.to_str().expect("UTF-8"), "--trust-sessions"]);
    assert_eq!(definitions, upgrade.lab.show_create());
    assert_eq!(objects, upgrade.lab.objects());
    before.assert_equal(&upgrade.lab.digest(Generation::V0));
}

const EDGES: [&str; 4] = ["cycle", "longcomment", "old011", "view"];

#[test]
fn every_value_of_a_legacy_lab_is_read_by_2_3_5_on_mysql_and_undo_restores_it() {
    circle(&Server::mysql(), "up_mysql", &EDGES, &[]);
}

#[test]
fn every_value_of_a_legacy_lab_is_read_by_2_3_5_on_mariadb_10_11_and_undo_restores_it() {
    circle(&Server::mariadb(), "up_maria", &EDGES, &[]);
}

#[test]
fn every_value_of_a_legacy_lab_is_read_by_2_3_5_on_mariadb_11_8_and_undo_restores_it() {
    circle(&Server::mariadb118(), "up_maria118", &[], &[]);
}

#[test]
fn schema_names_with_blanks_and_signs_are_only_names() {
    circle(&Server::mysql(), "we-ird x$é@#", &[], &[]);
}

#[test]
fn marking_all_core_types_keeps_every_value_default_and_counter() {
    circle(&Server::mysql(), "up_all", &EDGES, &["--markers", "all"]);
}

#[test]
fn a_missing_object_is_decided_before_anything_is_written() {
    let upgrade = Upgrade::new(&Server::mysql(), "up_missing", &["missing"]);
    let before = upgrade.lab.digest(Generation::V0);
    let definitions = upgrade.lab.show_create();
    let schemas = upgrade.lab.schemas();
    let plan = upgrade.plan.to_str().expect("UTF-8");
    let mut arguments = vec!["plan", "upgrade", "-o", plan];
    for schema in &schemas {
        arguments.extend(["-s", schema]);
    }
    let undecided = upgrade.run(&arguments);
    assert_eq!(undecided.status.code(), Some(1), "a plan with an open decision is a finding");
    let refused = upgrade.run(&["apply", plan, "--stage", "expand"]);
    assert_eq!(refused.status.code(), Some(3));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("--decide missing-objects:"), "{message}");
    assert_eq!(definitions, upgrade.lab.show_create());

    let column = schemas.iter().find(|s| s.ends_with("_analysis")).expect("the lab has an analysis schema");
    let answer = format!("missing-objects:{column}.blob_zoo.stored=null");
    upgrade.plan(&["--force", "--decide", &answer]);
    upgrade.apply("expand");
    upgrade.apply("contract");
    // the one column with the missing object could not be read before; everything else is equal
    let after = upgrade.lab.digest(Generation::V2);
    assert!(after.errors().is_empty(), "{:?}", after.errors());
    let differing: Vec<String> = before.compare(&after).iter().map(|d| format!("{d:?}")).collect();
    assert_eq!(differing.len(), 1, "{differing:?}");
    assert!(differing.iter().all(|d| d.contains("stored")), "{differing:?}");
}

#[test]
fn the_finish_stage_drops_what_was_kept_for_undo_and_2_3_5_still_reads_everything() {
    let upgrade = Upgrade::new(&Server::mysql(), "up_finish", &[]);
    let before = upgrade.lab.digest(Generation::V0);
    upgrade.plan(&[]);
    upgrade.apply("expand");
    upgrade.apply("contract");
    upgrade.apply("finish");
    before.assert_equal(&upgrade.lab.digest(Generation::V2));
    let kept: Vec<String> = upgrade
        .lab
        .show_create()
        .into_iter()
        .filter(|(_, definition)| definition.contains("_rejoint_"))
        .map(|(table, _)| table)
        .collect();
    assert_eq!(kept, [""; 0]);
    let refused = upgrade.run(&["undo", upgrade.plan.to_str().expect("UTF-8"), "--trust-sessions"]);
    assert_eq!(refused.status.code(), Some(3));
}

#[test]
fn a_file_written_anew_under_2_x_at_the_same_path_is_read_by_0_14_after_undo() {
    let upgrade = Upgrade::new(&Server::mysql(), "up_same", &[]);
    upgrade.plan(&[]);
    upgrade.apply("expand");
    upgrade.apply("contract");
    let path = upgrade.lab.python(
        Generation::V2,
        r#"
F = module("analysis").BulkFile
path = (F & "id = 0").fetch1("path").path
content = (STORES / "cold" / path).read_bytes()
(STORES / "cold" / path).write_bytes(content[::-1])  # the same size
F.update1(dict(id=0, path=path))
print(path)
"#,
    );
    upgrade.expect(&["undo", upgrade.plan.to_str().expect("UTF-8"), "--trust-sessions"]);
    let read = upgrade.lab.python(
        Generation::V0,
        r#"
F = module("analysis").BulkFile
# 0.14 never overwrites its staged copy of a file
(Path(dj.config["stores"]["cold-archive"]["stage"]) / "bulk/0/path 0.txt").unlink()
print(Path((F & "id = 0").fetch1("path")).read_bytes().decode()[::-1])
"#,
    );
    // the generator writes `path N` into the file of row N
    assert_eq!(read.trim(), "path 0", "{path}");
}
