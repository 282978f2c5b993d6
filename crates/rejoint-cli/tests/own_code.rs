//! The code that this project ships runs under 0.14.10 as it is and under 2.3.5 after `rejoint code`, with no hand edit but the answers to
//! what was listed, and gives the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::{
    Digest, Generation, Lab, LabOptions, Server, project_root, rejoint_command, unique_prefix,
};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a person writes for the findings: `tests/data/own_code/*.answers`.
struct Answers {
    /// `CODE PLACE` of every finding that is answered, sorted.
    findings: Vec<String>,
    /// File, what is there, what takes its place.
    edits: Vec<(String, String, String)>,
}

impl Answers {
    fn read(name: &str) -> Self {
        let (mut findings, mut edits, mut file) = (Vec::new(), Vec::new(), String::new());
        let (mut old, mut new) = (String::new(), String::new());
        for line in std::fs::read_to_string(data(name)).unwrap().lines().chain([""]) {
            if !old.is_empty() && !line.starts_with('+') && (!new.is_empty() || !line.starts_with('-')) {
                edits.push((file.clone(), std::mem::take(&mut old), std::mem::take(&mut new)));
            }
            match (line.strip_prefix('-'), line.strip_prefix('+')) {
                (Some(text), _) => writeln!(old, "{text}").unwrap(),
                (_, Some(text)) => writeln!(new, "{text}").unwrap(),
                _ => {}
            }
            findings.extend(line.strip_prefix("== ").map(str::to_owned));
            if let Some(name) = line.strip_prefix("in ") {
                assert!(!findings.is_empty(), "{name} is edited for no finding");
                name.clone_into(&mut file);
            }
        }
        findings.sort();
        Self { findings, edits }
    }

    fn write(&self, folder: &Path) {
        for (file, old, new) in &self.edits {
            let path = folder.join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            let text = if file.ends_with(".ipynb") {
                in_one_cell(&text, old.trim_end_matches('\n'), new.trim_end_matches('\n'))
            } else {
                assert_eq!(text.matches(old).count(), 1, "{file}: {old}");
                text.replace(old, new)
            };
            std::fs::write(&path, text).unwrap();
        }
    }
}

fn in_one_cell(book: &str, old: &str, new: &str) -> String {
    let mut book: serde_json::Value = serde_json::from_str(book).unwrap();
    let mut found = 0;
    for cell in book["cells"].as_array_mut().unwrap() {
        let lines = cell["source"].as_array().unwrap();
        let text: String = lines.iter().map(|line| line.as_str().unwrap()).collect();
        if text.contains(old) {
            found += 1;
            cell["source"] = serde_json::json!([text.replacen(old, new, 1)]);
        }
    }
    assert_eq!(found, 1, "{old}");
    book.to_string()
}

fn data(name: &str) -> PathBuf {
    project_root().join("crates/rejoint-cli/tests/data/own_code").join(name)
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Rewrites the code of a folder, checks that exactly these findings are left, and writes the answers to them.
fn rewrite(folder: &Path, answers: &str) {
    let answers = Answers::read(answers);
    said(rejoint_command(folder).args(["code", ".", "--write", "--suggested", "--quiet", "--no-diff"]));
    let output =
        rejoint_command(folder).args(["code", ".", "--check", "--suggested", "--json"]).output().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut listed = Vec::new();
    for finding in value["findings"].as_array().unwrap() {
        let text = |name: &str| finding[name].as_str().unwrap().to_owned();
        let cell = finding["cell"].as_u64().map_or_else(String::new, |cell| format!("{cell}:"));
        let path = text("path");
        let path = path.strip_prefix("./").unwrap_or(&path);
        listed.push(format!("{} {path}:{cell}{}", text("code"), finding["line"]));
    }
    listed.sort();
    listed.dedup();
    assert_eq!(listed, answers.findings, "every finding is answered, and only findings are");
    answers.write(folder);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

/// The example's schemas on a server, under their own names. Only this test has them, in one process at a time.
struct Example {
    server: Server,
    folder: tempfile::TempDir,
    _lock: std::fs::File,
}

impl Example {
    const SCHEMAS: [&str; 2] = ["ca1_imaging", "ca1_lab"];

    fn load(server: Server) -> Self {
        let lock = std::fs::File::create(std::env::temp_dir().join("rejoint-test-ca1.lock")).unwrap();
        lock.lock().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let source = project_root().join("examples/legacy-pipeline");
        for part in ["pipeline", "stores"] {
            copy(&source.join(part), &folder.path().join(part));
        }
        for part in ["analysis.py", "explore.ipynb"] {
            std::fs::copy(source.join(part), folder.path().join(part)).unwrap();
        }
        let settings = std::fs::read_to_string(source.join("dj_local_conf.json")).unwrap();
        let mut settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
        for (name, value) in [
            ("database.host", server.host.clone().into()),
            ("database.port", server.port.into()),
            ("database.user", server.user.clone().into()),
            ("database.password", server.password.clone().into()),
        ] {
            settings[name] = value;
        }
        std::fs::write(folder.path().join("dj_local_conf.json"), settings.to_string()).unwrap();
        let example = Self { server, folder, _lock: lock };
        example.drop_schemas();
        example.server.load(&std::fs::read(source.join("dump.sql")).unwrap());
        example
    }

    fn drop_schemas(&self) {
        let drops = Self::SCHEMAS.map(|schema| format!("DROP DATABASE IF EXISTS {schema}"));
        self.server.execute(["SET foreign_key_checks = 0".to_owned()].into_iter().chain(drops));
    }

    fn rejoint(&self, arguments: &[&str]) -> String {
        said(rejoint_command(self.folder.path()).args(arguments).args([
            "--quiet",
            "--config",
            "dj_local_conf.json",
            "--store",
            "raw=stores/raw",
            "--store",
            "docs=stores/docs",
        ]))
    }

    /// What a script or a notebook of the example shows.
    fn shows(&self, generation: Generation, file: &str) -> String {
        said(generation.command(self.folder.path()).arg(data("show.py")).arg(file))
    }

    fn both(&self, generation: Generation) -> [String; 2] {
        ["analysis.py", "explore.ipynb"].map(|file| self.shows(generation, file))
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.drop_schemas();
    }
}

#[test]
fn the_example_shows_the_same_after_its_migration_and_rewrite_and_when_the_rewritten_code_fills_it_anew() {
    let example = Example::load(Server::mysql());
    let before = example.both(Generation::V0);
    let printed =
        std::fs::read_to_string(project_root().join("examples/legacy-pipeline/analysis.txt")).unwrap();
    assert_eq!(before[0], printed.replace("127.0.0.1", &example.server.host));
    assert!(before[1].contains("67 objects 122161 bytes"), "{}", before[1]);

    example.rejoint(&["plan", "upgrade", "-s", "ca1_lab", "-s", "ca1_imaging", "-o", "plan.json"]);
    for stage in ["expand", "contract"] {
        example.rejoint(&["apply", "plan.json", "--stage", stage, "--trust-sessions"]);
    }
    said(rejoint_command(example.folder.path()).args([
        "config",
        "--config",
        "dj_local_conf.json",
        "--to-v2",
        ".",
    ]));
    rewrite(example.folder.path(), "example.answers");
    let after = example.both(Generation::V2);
    assert_eq!(before[0], after[0]);
    assert_eq!(before[1], after[1]);

    example.drop_schemas();
    std::fs::remove_dir_all(example.folder.path().join("stores")).unwrap();
    for store in ["raw", "docs"] {
        std::fs::create_dir_all(example.folder.path().join("stores").join(store)).unwrap();
    }
    let fill = "import tempfile\nfrom pipeline import ingest\nwith tempfile.TemporaryDirectory() as scratch:\n    ingest.main(scratch)\n";
    std::fs::write(example.folder.path().join("fill.py"), fill).unwrap();
    example.shows(Generation::V2, "fill.py");
    let anew = example.both(Generation::V2);
    assert_eq!(before[0], anew[0]);
    assert_eq!(before[1], anew[1]);
}

/// What a generator made under a prefix; dropped also when the test fails.
struct Made {
    server: Server,
    prefix: String,
    folder: tempfile::TempDir,
}

impl Made {
    fn by(generation: Generation, server: &Server, script: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Self { server: server.clone(), prefix: unique_prefix("own"), folder };
        made.run(generation, script, &["--prefix", &made.prefix, "--store-dir", "."]);
        made
    }

    fn run(&self, generation: Generation, script: &Path, arguments: &[&str]) -> String {
        let mut command = generation.command(self.folder.path());
        let server = &self.server;
        command.arg(script).args(arguments).args([
            "--host",
            &server.host,
            "--port",
            &server.port.to_string(),
        ]);
        command.args(["--user", &server.user, "--password", &server.password]);
        said(&mut command)
    }

    fn digest(&self, generation: Generation) -> Digest {
        let arguments = [
            "run",
            "--prefix",
            &self.prefix,
            "--types",
            "lab_types",
            "--stores",
            "stores.json",
            "--out",
            "digest.json",
        ];
        self.run(generation, &project_root().join("lab/digest.py"), &arguments);
        Digest::from_json(&std::fs::read_to_string(self.folder.path().join("digest.json")).unwrap())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.server.drop_schemas(&self.prefix);
    }
}

#[test]
fn the_rewritten_generators_fill_empty_schemas_under_2_3_5_with_what_they_wrote_under_0_14() {
    let folder = tempfile::tempdir().unwrap();
    let lab = project_root().join("lab");
    for name in ["legacy_lab.py", "legacy_edges.py", "lab_types.py", "mini_pipeline.py"] {
        std::fs::copy(lab.join(name), folder.path().join(name)).unwrap();
    }
    rewrite(folder.path(), "lab.answers");
    let server = Server::mysql();

    let old = Lab::build(&server, "ownold", &LabOptions::default());
    let before = old.digest(Generation::V0);
    let made = Made::by(Generation::V2, &server, &folder.path().join("legacy_lab.py"));
    let after = made.digest(Generation::V2);
    assert_eq!(before.tables().count(), 37);
    assert_eq!(before.n_rows("analysis.bulk_external"), Some(20));
    before.assert_equal(&after);

    let before = Made::by(Generation::V0, &server, &lab.join("mini_pipeline.py")).digest(Generation::V0);
    let after =
        Made::by(Generation::V2, &server, &folder.path().join("mini_pipeline.py")).digest(Generation::V2);
    // The object that it takes away lies behind the second cut of the answers.
    let differences = before.compare(&after);
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!((difference.table.as_str(), difference.column.as_str()), ("work.session", "extra"));
    assert!(difference.what.contains("before: ERROR MissingExternalFile"), "{difference}");
    assert_eq!(after.errors(), []);
}
