//! `rejoint code` on a lab's own code: what runs under 0.14.10 before gives the same under 2.3.5 after; and its git branch.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::{Generation, Lab, LabOptions, Server, project_root, rejoint_command, unique_prefix};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs a script or the code cells of a notebook; what it printed after `RESULT`.
const RUN: &str = "
import json, os, runpy, sys
path = sys.argv[1]
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(path))
if path.endswith('.ipynb'):
    names = {'__name__': '__main__'}
    for cell in json.load(open(path, encoding='utf-8'))['cells']:
        if cell['cell_type'] == 'code':
            exec(compile(''.join(cell['source']), path, 'exec'), names)
else:
    runpy.run_path(path, run_name='__main__')
";

/// Schemas of a test; dropped also when it fails.
struct Schemas(Server, String);

impl Drop for Schemas {
    fn drop(&mut self) {
        self.0.drop_schemas(&self.1);
    }
}

/// A copy of `tests/data/code_before` in a folder of its own.
fn copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let code = folder.path().join("code");
    let source = project_root().join("crates/rejoint-cli/tests/data/code_before");
    for part in ["", "pipeline"] {
        std::fs::create_dir(code.join(part)).unwrap();
        for entry in std::fs::read_dir(source.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "py" || extension == "ipynb") {
                std::fs::copy(&path, code.join(part).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    (folder, code)
}

fn result(generation: Generation, server: &Server, prefix: &str, arguments: &[&Path]) -> serde_json::Value {
    let home = tempfile::tempdir().unwrap();
    let output = generation
        .command(home.path())
        .args(["-c", RUN])
        .args(arguments)
        .env("DEMO_PREFIX", prefix)
        .env("LAB_FOLDER", project_root().join("lab"))
        .env("SERVER_HOST", &server.host)
        .env("SERVER_PORT", server.port.to_string())
        .env("SERVER_USER", &server.user)
        .env("SERVER_PASSWORD", &server.password)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{generation:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let line = said.lines().find_map(|line| line.strip_prefix("RESULT ")).expect("a result");
    serde_json::from_str(line).unwrap()
}

fn code(folder: &Path, options: &[&str]) -> Output {
    rejoint_command(folder).arg("code").arg("code").args(options).output().unwrap()
}

/// Codes and files of what is left, from `--check --json`.
fn left(folder: &Path, options: &[&str]) -> (i32, Vec<String>) {
    let output = code(folder, &[&["--check", "--json"], options].concat());
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = value["findings"].as_array().unwrap();
    let named = findings.iter().map(|finding| {
        format!("{} {}", finding["code"].as_str().unwrap(), finding["path"].as_str().unwrap())
    });
    (output.status.code().unwrap(), named.collect())
}

#[test]
fn a_labs_pipeline_script_and_notebook_give_the_same_after_the_rewrite() {
    let server = Server::mysql();
    let (folder, path) = copy();
    let prefix = unique_prefix("code");
    let _schemas = Schemas(server.clone(), prefix.clone());
    let (old, new) = (format!("{prefix}_old"), format!("{prefix}_new"));
    let run = |generation, prefix: &str| {
        [
            result(generation, &server, prefix, &[&path.join("report.py")]),
            result(generation, &server, prefix, &[&path.join("look.ipynb")]),
        ]
    };
    let before = run(Generation::V0, &old);
    assert_eq!(before[0]["left"], 8, "{before:?}");
    assert_eq!(before[0]["means"].as_array().unwrap().len(), 6);

    let written = code(folder.path(), &["--write", "--suggested"]);
    assert_eq!(written.status.code(), Some(0), "{}", String::from_utf8_lossy(&written.stderr));
    // The one finding is of the other script; nothing more is rewritten.
    assert_eq!(left(folder.path(), &["--suggested"]), (1, vec!["RJ0308 code/old_digest.py".to_owned()]));
    let again = code(folder.path(), &["--suggested"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("6 files read, 0 to rewrite"));

    let after = run(Generation::V2, &new);
    assert_eq!(before, after);
    let notebook = std::fs::read_to_string(path.join("look.ipynb")).unwrap();
    for kept in ["`fetch` in text stays.", "\"id\": \"cell-3\"", "kept\\n", "\"tags\"", "Subject.to_dicts("] {
        assert!(notebook.contains(kept), "{kept}");
    }
}

#[test]
fn the_0_14_half_of_the_digest_reads_the_same_after_migration_and_rewrite() {
    let lab = Lab::build(&Server::mysql(), "codedig", &LabOptions::with(&[]));
    let (folder, path) = copy();
    let script = path.join("old_digest.py");
    let stores = lab.stores_file();
    let run = |generation| result(generation, &lab.server, "", &[&script, Path::new(&lab.prefix), &stores]);
    let before = run(Generation::V0);
    assert!(before.as_object().unwrap().len() >= 4, "{before}");

    assert_eq!(code(folder.path(), &["--write", "--suggested"]).status.code(), Some(0));
    let (status, findings) = left(folder.path(), &["--suggested"]);
    assert_eq!((status, findings), (1, vec!["RJ0308 code/old_digest.py".to_owned()]));
    // The choice that the finding names: `with dj.config.override(download_path=...)` around the statement.
    let text = std::fs::read_to_string(&script).unwrap();
    let hand = "        for row in (table & key).fetch(as_dict=True, download_path=folder):\n";
    assert!(text.contains(hand), "{text}");
    let text = text.replace(
        hand,
        "        with dj.config.override(download_path=str(folder)):\n            found = (table & key).to_dicts()\n        \
         for row in found:\n",
    );
    std::fs::write(&script, text).unwrap();
    let (status, findings) = left(folder.path(), &["--suggested"]);
    assert_eq!((status, findings), (0, Vec::new()), "clean after the listed choice");

    lab.migrate_by_hand();
    assert_eq!(before, run(Generation::V2));
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn repository() -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = copy();
    git(folder.path(), &["init", "--quiet", "--initial-branch", "main"]);
    for (key, value) in [("user.name", "t"), ("user.email", "t@example.org"), ("commit.gpgsign", "false")] {
        git(folder.path(), &["config", key, value]);
    }
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "-m", "before"]);
    (folder, path)
}

#[test]
fn a_branch_has_one_commit_per_step_and_ends_as_write_would() {
    let (folder, path) = repository();
    let before = std::fs::read_to_string(path.join("report.py")).unwrap();
    let output = code(folder.path(), &["--branch", "datajoint-2", "--suggested"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let subjects = git(folder.path(), &["log", "--format=%s", "main..datajoint-2"]);
    insta::assert_snapshot!(subjects, @r"
    Schemas, inserts, populate and settings for DataJoint 2
    Queries and fetches for DataJoint 2
    Table definitions for DataJoint 2
    ");
    assert_eq!(git(folder.path(), &["status", "--porcelain"]), "");
    assert_eq!(git(folder.path(), &["rev-parse", "--abbrev-ref", "HEAD"]).trim(), "datajoint-2");
    assert_eq!(git(folder.path(), &["show", "main:code/report.py"]), before, "the old branch is as it was");
    let definitions = git(folder.path(), &["show", "--format=", "datajoint-2~2"]);
    assert!(definitions.contains("+        response : <blob>"), "{definitions}");
    assert!(!definitions.contains("to_dicts") && !definitions.contains("dj.Schema"), "{definitions}");
    assert!(
        git(folder.path(), &["show", "--format=", "datajoint-2~1"])
            .contains("+result[\"rows\"] = Subject.to_dicts")
    );

    let (plain, _) = copy();
    code(plain.path(), &["--write", "--suggested"]);
    for file in ["report.py", "look.ipynb", "old_digest.py", "pipeline/subject.py", "pipeline/session.py"] {
        let of = |folder: &Path| std::fs::read(folder.join("code").join(file)).unwrap();
        assert_eq!(of(folder.path()), of(plain.path()), "{file}");
    }
}

#[test]
fn a_tree_with_changes_or_an_untracked_file_or_a_taken_name_is_refused_and_nothing_changes() {
    let (folder, path) = repository();
    let refused = |options: &[&str], status: i32, text: &str| {
        let output = code(folder.path(), options);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(text), "{said}");
        assert_eq!(git(folder.path(), &["rev-parse", "--abbrev-ref", "HEAD"]).trim(), "main");
        assert_eq!(git(folder.path(), &["branch", "--format=%(refname:short)"]).trim(), "main");
    };
    refused(&["--branch", "main"], 3, "the branch main exists");
    refused(&["--branch", "a..b"], 2, "does not take `a..b`");
    refused(&["--branch=-x"], 2, "does not take `-x`");
    refused(&["--branch", "new", "--write"], 2, "cannot be used with");
    let report = std::fs::read_to_string(path.join("report.py")).unwrap();
    std::fs::write(path.join("report.py"), format!("{report}# mine\n")).unwrap();
    refused(&["--branch", "new"], 3, "changes that are not committed:  M code/report.py");
    std::fs::write(path.join("report.py"), &report).unwrap();
    std::fs::write(path.join("mine.txt"), "mine").unwrap();
    refused(&["--branch", "new"], 3, "?? code/mine.txt");
    std::fs::remove_file(path.join("mine.txt")).unwrap();
    // Ignored, so the tree is clean, but it would be rewritten and could not be brought back.
    std::fs::write(folder.path().join(".git/info/exclude"), "ignored.py\n").unwrap();
    std::fs::write(path.join("ignored.py"), "import datajoint as dj\nschema = dj.schema('a')\n").unwrap();
    refused(&["--branch", "new"], 3, "git does not track code/ignored.py");
    std::fs::remove_file(path.join("ignored.py")).unwrap();
    assert_eq!(git(folder.path(), &["status", "--porcelain"]), "");
    assert_eq!(std::fs::read_to_string(path.join("report.py")).unwrap(), report);

    let (plain, _) = copy();
    let output = code(plain.path(), &["--branch", "new"]);
    assert_eq!(output.status.code(), Some(3), "outside a repository");
}

/// Requirements of all kinds in a repository, beside the code.
fn with_requirements() -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = repository();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("requirements.txt", "numpy\ndatajoint>=0.14  # pipeline\n");
    write("pyproject.toml", "[project]\nname = 'lab'\ndependencies = ['datajoint~=0.14']\n");
    write("setup.py", "from setuptools import setup\nsetup(name='lab', install_requires=['datajoint'])\n");
    write("environment.yml", "dependencies:\n  - conda-forge::datajoint\n");
    write("Dockerfile", "RUN pip install datajoint==0.14.2\n");
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "-m", "requirements"]);
    (folder, path)
}

#[test]
fn the_old_branch_is_pinned_below_2_when_asked_and_the_new_one_asks_for_2() {
    let (folder, path) = with_requirements();
    let before = git(folder.path(), &["rev-parse", "main"]);
    let report = std::fs::read_to_string(path.join("report.py")).unwrap();
    let output = code(folder.path(), &["--branch", "datajoint-2", "--pin-old", "--suggested"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "main: Pin DataJoint below 2",
        "datajoint-2: Require DataJoint 2",
        "Dockerfile:1: requirement of DataJoint left",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let on = |branch: &str, file: &str| git(folder.path(), &["show", &format!("{branch}:{file}")]);
    // One commit more than before, with nothing but the versions in it.
    assert_eq!(git(folder.path(), &["rev-parse", "main~1"]), before, "no history is rewritten");
    assert_eq!(
        git(folder.path(), &["diff", "--name-only", "main~1", "main"]),
        "environment.yml\nrequirements.txt\nsetup.py\n"
    );
    assert_eq!(on("main", "requirements.txt"), "numpy\ndatajoint>=0.14,<2  # pipeline\n");
    assert_eq!(on("main", "pyproject.toml"), "[project]\nname = 'lab'\ndependencies = ['datajoint~=0.14']\n");
    assert!(on("main", "setup.py").contains("['datajoint<2']"));
    assert_eq!(on("main", "environment.yml"), "dependencies:\n  - conda-forge::datajoint<2\n");
    assert_eq!(on("main", "code/report.py"), report, "the code of the old branch is as it was");
    // The new branch begins at the pin and ends with the new version.
    let subjects = git(folder.path(), &["log", "--format=%s", "main..datajoint-2"]);
    assert_eq!(subjects.lines().next(), Some("Require DataJoint 2"));
    assert_eq!(subjects.lines().count(), 4);
    assert_eq!(on("datajoint-2", "requirements.txt"), "numpy\ndatajoint>=2.3,<3  # pipeline\n");
    assert!(on("datajoint-2", "pyproject.toml").contains("['datajoint>=2.3,<3']"));
    assert!(on("datajoint-2", "setup.py").contains("['datajoint>=2.3,<3']"));
    assert_eq!(on("datajoint-2", "environment.yml"), "dependencies:\n  - conda-forge::datajoint>=2.3,<3\n");
    assert_eq!(on("datajoint-2", "Dockerfile"), "RUN pip install datajoint==0.14.2\n");
    assert_eq!(git(folder.path(), &["status", "--porcelain"]), "");

    // Pinned already: nothing is committed there again.
    git(folder.path(), &["checkout", "--quiet", "main"]);
    let pinned = git(folder.path(), &["rev-parse", "main"]);
    let output = code(folder.path(), &["--branch", "again", "--pin-old", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(git(folder.path(), &["rev-parse", "main"]), pinned);
    assert!(value["commits"].as_array().unwrap().iter().all(|commit| commit["branch"] == "again"), "{value}");
    assert_eq!(value["requirements_left"][0]["path"], "Dockerfile");
}

#[test]
fn without_being_asked_the_old_branch_gets_no_commit_and_a_dirty_or_detached_tree_gets_none_at_all() {
    let (folder, path) = with_requirements();
    let before = git(folder.path(), &["rev-parse", "main"]);
    assert_eq!(code(folder.path(), &["--branch", "datajoint-2"]).status.code(), Some(0));
    assert_eq!(git(folder.path(), &["rev-parse", "main"]), before);
    assert!(git(folder.path(), &["show", "datajoint-2:requirements.txt"]).contains("datajoint>=2.3,<3"));

    git(folder.path(), &["checkout", "--quiet", "main"]);
    let refused = |options: &[&str], status: i32, text: &str| {
        let output = code(folder.path(), options);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(text), "{said}");
        assert_eq!(git(folder.path(), &["rev-parse", "main"]), before);
        assert_eq!(git(folder.path(), &["branch", "--list", "new"]), "");
    };
    refused(&["--pin-old"], 2, "--branch <NAME>");
    std::fs::write(folder.path().join("requirements.txt"), "datajoint\n").unwrap();
    refused(&["--branch", "new", "--pin-old"], 3, "changes that are not committed:  M requirements.txt");
    git(folder.path(), &["checkout", "--quiet", "--", "requirements.txt"]);
    git(folder.path(), &["checkout", "--quiet", "--detach"]);
    refused(&["--branch", "new", "--pin-old"], 3, "no branch is checked out");
    git(folder.path(), &["checkout", "--quiet", "main"]);

    // A tree without code to rewrite still asks for the old version.
    git(folder.path(), &["rm", "--quiet", "-r", "code"]);
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("plain.py"), "x = 1\n").unwrap();
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "-m", "no code"]);
    assert_eq!(code(folder.path(), &["--branch", "new"]).status.code(), Some(0));
    assert_eq!(git(folder.path(), &["log", "--format=%s", "main..new"]), "Require DataJoint 2\n");
}
