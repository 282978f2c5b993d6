//! Small programs that print the same under DataJoint 0.14 as written and under 2.x as rewritten.
//!
//! Each file in `tests/programs` is a topic: a pipeline, then programs over it, divided by `# %% name` lines. A program
//! may begin with
//!
//! - `# rules: RJ0301 ...`: rules that must rewrite something in it,
//! - `# findings: RJ0310 ...`: rules that must report something in it,
//! - `# suggested`, `# core types`, `# single quotes`, `# suffix: TEXT`: the options of that name,
//! - `# column: Class.attribute = TYPE`: a decision,
//! - `# prints: TEXT`: what it prints under 2.x, one line each, for forms that 0.14.10 itself refuses,
//! - `# unchanged`: nothing may be rewritten,
//! - `# alone`: without the pipeline of the file,
//! - `# file: name.py`: what follows is another file beside `main.py`.
//!
//! Needs a MySQL server and two Python environments: `RJ_TEST_MYSQL` (`user:password@host:port`, by default
//! `root:root@127.0.0.1:3309`), `RJ_PYTHON_V0` and `RJ_PYTHON_V2`. Without them the test fails.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rejoint_codemod::{Level, Options, rules, run_on};

/// This package's folder, asked when the test runs: what was compiled in a shared target folder may name another clone.
fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into()
}

struct Program {
    name: String,
    files: Vec<(String, String)>,
    rules: Vec<String>,
    findings: Vec<String>,
    options: Options,
    unchanged: bool,
    prints: Vec<String>,
}

fn programs() -> Vec<Program> {
    let folder = package().join("tests/programs");
    let mut topics: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "py") && !path.ends_with("harness.py"))
        .collect();
    topics.sort();
    let mut found = Vec::new();
    for topic in topics {
        let text = std::fs::read_to_string(&topic).unwrap();
        let stem = topic.file_stem().unwrap().to_string_lossy().into_owned();
        let mut sections = text.split("# %% ");
        let pipeline = sections.next().unwrap().to_owned();
        for section in sections {
            let (name, body) = section.split_once('\n').unwrap();
            found.push(program(&stem, name.trim(), &pipeline, body));
        }
    }
    found
}

fn program(topic: &str, name: &str, pipeline: &str, body: &str) -> Program {
    let mut program = Program {
        name: format!("{topic}__{name}"),
        files: Vec::new(),
        rules: Vec::new(),
        findings: Vec::new(),
        options: Options::default(),
        unchanged: false,
        prints: Vec::new(),
    };
    let mut alone = false;
    let mut file = "main.py".to_owned();
    let mut text = String::new();
    for line in body.lines() {
        let words = |rest: &str| rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        if let Some(rest) = line.strip_prefix("# rules: ") {
            program.rules = words(rest);
        } else if let Some(rest) = line.strip_prefix("# findings: ") {
            program.findings = words(rest);
        } else if line == "# suggested" {
            program.options.suggested = true;
        } else if line == "# core types" {
            program.options.core_types = true;
        } else if line == "# single quotes" {
            program.options.single_quotes = true;
        } else if let Some(rest) = line.strip_prefix("# suffix: ") {
            program.options.schema_suffix = Some(rest.to_owned());
        } else if let Some(rest) = line.strip_prefix("# column: ") {
            let (column, answer) = rest.split_once(" = ").unwrap();
            program.options.decisions.columns.insert(column.to_owned(), answer.to_owned());
        } else if let Some(rest) = line.strip_prefix("# prints: ") {
            program.prints.push(rest.to_owned());
        } else if line == "# unchanged" {
            program.unchanged = true;
        } else if line == "# alone" {
            alone = true;
        } else if let Some(rest) = line.strip_prefix("# file: ") {
            program
                .files
                .push((std::mem::replace(&mut file, rest.trim().to_owned()), std::mem::take(&mut text)));
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    program.files.push((file, text));
    if !alone && let Some((_, text)) = program.files.first_mut() {
        *text = format!("{pipeline}{text}");
    }
    program
}

fn python(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} must name a Python with the right DataJoint (0.14.10 for V0, 2.3.5 for V2)")
    })
}

fn start(python: &str, folder: &Path, prefix: &str) -> Child {
    let server = std::env::var("RJ_TEST_MYSQL").unwrap_or_else(|_| "root:root@127.0.0.1:3309".to_owned());
    let server = server.trim_start_matches("mysql://").trim_end_matches('/');
    let (account, host) = server.rsplit_once('@').expect("RJ_TEST_MYSQL is user:password@host:port");
    let (user, password) = account.split_once(':').expect("RJ_TEST_MYSQL is user:password@host:port");
    Command::new(python)
        .arg(package().join("tests/programs/harness.py"))
        .arg(folder)
        .arg(prefix)
        .env("DJ_HOST", host)
        .env("DJ_USER", user)
        .env("DJ_PASS", password)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("DJ_SUPPORT_FILEPATH_MANAGEMENT", "TRUE")
        .env("DJ_SUPPORT_ADAPTED_TYPES", "TRUE")
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap_or_else(|problem| panic!("{python}: {problem}"))
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}

#[test]
fn programs_print_the_same_before_under_0_14_and_after_under_2_x() {
    let only = std::env::var("RJ_PROGRAMS").unwrap_or_default();
    let programs: Vec<Program> =
        programs().into_iter().filter(|program| program.name.contains(&only)).collect();
    assert!(!programs.is_empty());
    let before = tempfile::tempdir().unwrap();
    let after = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    let mut covered = BTreeSet::new();
    for program in &programs {
        let outcome = run_on(program.files.clone(), &program.options);
        let rewritten: BTreeSet<&str> =
            outcome.files.iter().flat_map(|file| file.rewrites.iter().map(|rewrite| rewrite.code)).collect();
        let reported: BTreeSet<&str> = outcome.findings.iter().map(|finding| finding.code).collect();
        for code in &program.rules {
            if !rewritten.contains(code.as_str()) {
                failures.push(format!("{}: {code} rewrote nothing", program.name));
            }
        }
        for code in &program.findings {
            if !reported.contains(code.as_str()) {
                failures.push(format!("{}: {code} reported nothing", program.name));
            }
        }
        covered.extend(rewritten.iter().map(|code| (*code).to_owned()));
        let mut changed = program.files.clone();
        for file in &outcome.files {
            for (name, text) in &mut changed {
                if *name == file.path {
                    text.clone_from(&file.after);
                }
            }
        }
        if program.unchanged && !outcome.files.is_empty() {
            failures.push(format!("{}: should be left alone:\n{}", program.name, outcome.unified_diff()));
        }
        let again = run_on(changed.clone(), &program.options);
        if !again.files.is_empty() {
            failures.push(format!("{}: a second run changes it:\n{}", program.name, again.unified_diff()));
        }
        for (folder, files) in [(before.path(), &program.files), (after.path(), &changed)] {
            let folder = folder.join(&program.name);
            std::fs::create_dir(&folder).unwrap();
            for (name, text) in files {
                std::fs::write(folder.join(name), text).unwrap();
            }
        }
    }
    let stamp = std::process::id();
    let mut old = start(&python("RJ_PYTHON_V0"), before.path(), &format!("python_{stamp}a"));
    let mut new = start(&python("RJ_PYTHON_V2"), after.path(), &format!("python_{stamp}b"));
    assert!(old.wait().unwrap().success() && new.wait().unwrap().success(), "the programs could not be run");
    for program in &programs {
        let (old, new) = (before.path().join(&program.name), after.path().join(&program.name));
        let mut errors = (read(&old, "error.txt"), read(&new, "error.txt"));
        let mut outputs = (read(&old, "out.txt"), read(&new, "out.txt"));
        if !program.prints.is_empty() {
            // 0.14.10 itself refuses this form of older versions.
            if errors.0.is_empty() {
                failures.push(format!("{}: runs under 0.14, so its output need not be given", program.name));
            }
            errors.0.clear();
            outputs.0 = program.prints.iter().map(|line| format!("{line}\n")).collect();
        }
        if !errors.0.is_empty() {
            failures.push(format!("{}: fails under 0.14\n{}", program.name, errors.0));
        } else if outputs.0.trim().is_empty() {
            failures.push(format!("{}: prints nothing", program.name));
        } else if !errors.1.is_empty() || outputs.0 != outputs.1 {
            let code = read(&new, "main.py");
            let tail: String = code
                .lines()
                .rev()
                .take(14)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect::<Vec<_>>()
                .join("\n");
            failures.push(format!(
                "{}: differs under 2.x\n{}\n--- 0.14\n{}\n--- 2.x\n{}\n--- code\n{tail}",
                program.name, errors.1, outputs.0, outputs.1
            ));
        }
    }
    if only.is_empty() {
        for rule in rules() {
            if rule.level == Level::Safe && !covered.contains(rule.code) {
                failures.push(format!("no program covers the safe rule {}", rule.code));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} programs\n\n{}",
        failures.len(),
        programs.len(),
        failures.join("\n\n")
    );
}
