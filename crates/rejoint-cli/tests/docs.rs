//! The documentation runs: every command of the tutorial, and the reference is what `--help` prints.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::{Generation, Lab, LabOptions, Server, project_root, rejoint, rejoint_command};
use std::process::Command;

/// The commands in the `sh` blocks of a page.
fn commands(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(project_root().join(page)).expect("the page is there");
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => found.push(line.split('#').next().unwrap_or_default().trim().to_owned()),
            _ => {}
        }
    }
    found.retain(|c| !c.is_empty());
    found
}

#[test]
fn every_command_of_the_tutorial_runs() {
    let lab = Lab::build(&Server::mysql(), "tutorial", &LabOptions::with(&[]));
    let before = lab.digest(Generation::V0);
    let definitions = lab.show_create();
    let page = commands("docs/tutorial.md");
    assert!(page.len() >= 8, "{page:?}");
    for command in page {
        let command = command.replace("demo_", &format!("{}_", lab.prefix));
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words.first(), Some(&"rejoint"), "{command}");
        let output = rejoint_command(&lab.home())
            .args(&words[1..])
            .args(["--quiet", "--config"])
            .arg(lab.settings_file())
            .output()
            .expect("rejoint runs");
        // a scan has findings of its own accord: exit code 1
        let fine = output.status.success() || (words[1] == "scan" && output.status.code() == Some(1));
        assert!(
            fine,
            "{command}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        if command.contains("contract") {
            before.assert_equal(&lab.digest(Generation::V2));
        }
    }
    assert_eq!(definitions, lab.show_create());
    before.assert_equal(&lab.digest(Generation::V0));
}

/// Words of a command line, with single quotes.
fn words(command: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (i, part) in command.split('\'').enumerate() {
        if i % 2 == 1 {
            found.push(part.to_owned());
        } else {
            found.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_rehearsal_of_the_how_to_runs() {
    let server = Server::mysql();
    let lab = Lab::build(&server, "howto", &LabOptions::with(&[]));
    let dump = server.dump(&["--single-transaction", "--hex-blob"], &lab.schemas());
    std::fs::write(lab.home().join("lab.sql"), dump).expect("the dump");
    let page = commands("docs/how-to/rehearse.md");
    let ours: Vec<&String> = page.iter().filter(|c| c.starts_with("rejoint ")).collect();
    assert!(ours.len() >= 6, "{page:?}");
    for (n, command) in ours.into_iter().enumerate() {
        let command = command
            .replace("/data/stores", lab.stores().to_str().expect("UTF-8"))
            .replace(
                "~/lab-pipeline",
                project_root().join("examples/legacy-pipeline").to_str().expect("UTF-8"),
            )
            .replace(
                "lab_acq.session=session_date > \"2024-01-01\"",
                &format!("{}_subject.subject=1 = 1", lab.prefix),
            )
            .replace("lab_", &format!("{}_", lab.prefix));
        let mut words = words(&command);
        if words[1] == "rehearse" {
            words.extend(["--out".to_owned(), format!("rehearsal-{n}")]);
        }
        let output = rejoint_command(&lab.home())
            .args(&words[1..])
            .args(["--quiet", "--config"])
            .arg(lab.settings_file())
            .output()
            .expect("rejoint runs");
        let said = format!(
            "{command}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        // there is always something to look at: a dump rounds FLOAT, a sample is a sample
        assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
        assert!(words[1] != "rehearse" || said.contains("Passed"), "{said}");
    }
}

#[test]
fn the_reference_is_what_help_prints() {
    let mut page = String::from(
        "# Commands\n\nWhat `--help` prints. Made anew by `UPDATE_DOCS=1 cargo test -p rejoint-cli --test docs`.\n",
    );
    for command in [
        "",
        "scan",
        "plan",
        "plan upgrade",
        "plan show",
        "rehearse",
        "apply",
        "status",
        "undo",
        "verify",
        "code",
        "diff",
        "diagram",
        "config",
        "completions",
    ] {
        let output = Command::new(rejoint())
            .args(command.split_whitespace())
            .arg("--help")
            .output()
            .expect("rejoint runs");
        let title = format!("rejoint {command}");
        page.push_str(&format!(
            "\n## {}\n\n```text\n{}```\n",
            title.trim(),
            String::from_utf8_lossy(&output.stdout)
        ));
    }
    let path = project_root().join("docs/reference/commands.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/reference/commands.md is stale: UPDATE_DOCS=1 cargo test -p rejoint-cli --test docs"
    );
}
