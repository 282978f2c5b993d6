//! `rejoint diagram` on the lab.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::{Lab, LabOptions, Server, rejoint_command};

fn diagram(lab: &Lab, options: &[&str]) -> (Option<i32>, String, String) {
    let output = rejoint_command(&lab.home())
        .args(["diagram", "--prefix", &format!("{}_", lab.prefix), "--config"])
        .arg(lab.settings_file())
        .args(options)
        .output()
        .expect("rejoint runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_lab_is_drawn_in_every_format() {
    let lab = Lab::build(&Server::mysql(), "diagram", &LabOptions::with(&["cycle"]));

    let (code, svg, errors) = diagram(&lab, &[]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert_eq!((code, svg.clone()), {
        let again = diagram(&lab, &["--format", "svg"]);
        (again.0, again.1)
    });
    assert!(!svg.contains("~external"));

    // the file's name chooses the format
    let folder = tempfile::tempdir().expect("a folder");
    for (file, start) in
        [("a.html", "<!DOCTYPE html>"), ("a.mmd", "flowchart TD"), ("a.gv", "digraph"), ("a.svg", "<svg ")]
    {
        let path = folder.path().join(file);
        let (code, _, errors) = diagram(&lab, &["-o", path.to_str().expect("a path")]);
        assert_eq!(code, Some(0), "{errors}");
        assert!(std::fs::read_to_string(&path).expect("a file").starts_with(start), "{file}");
    }

    // parts can be left out, and a neighbourhood is smaller than the whole
    let nodes = |text: &str| text.matches("data-n=").count();
    let (_, masters, _) = diagram(&lab, &["--hide-parts"]);
    assert!(svg.contains("t part") && !masters.contains("t part"));
    let (_, near, _) = diagram(&lab, &["--around", "Session", "--up", "1", "--down", "0"]);
    assert!(nodes(&near) > 1 && nodes(&near) < nodes(&masters) && nodes(&masters) < nodes(&svg));

    let (code, _, errors) = diagram(&lab, &["--around", "NoSuchTable"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("there is no table `NoSuchTable`"), "{errors}");
}

/// `(tables, foreign keys)` of a drawing.
fn counted(arguments: &[&str]) -> (u64, u64) {
    let home = tempfile::tempdir().expect("a folder");
    let output = rejoint_command(home.path())
        .args(["diagram", "--json"])
        .args(arguments)
        .output()
        .expect("rejoint runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(json["diagram"].as_str().is_some_and(|svg| svg.contains("Session")), "the session is drawn");
    (json["tables"].as_u64().expect("a number"), json["foreign_keys"].as_u64().expect("a number"))
}

#[test]
fn a_dump_and_the_code_that_made_it_give_the_same_picture_without_a_server() {
    let example = rejoint_testkit::project_root().join("examples/legacy-pipeline");
    let path = |name: &str| example.join(name).to_str().expect("UTF-8").to_owned();
    let dump = counted(&["--dump", &path("dump.sql")]);
    assert_eq!(dump, (16, 19));
    assert_eq!(counted(&["--dump", &path("dump.mariadb.sql.gz")]), dump);
    assert_eq!(counted(&["--code", &path("pipeline")]), dump);
}
