//! The invariants of `ARCHITECTURE.md`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use rejoint_testkit::project_root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Layers from top to bottom of the table; a crate uses only layers above it, except where `SAME_LAYER` says so.
const LAYERS: [&[&str]; 5] = [
    &["rejoint-value", "rejoint-model"],
    &["rejoint-blob", "rejoint-defn", "rejoint-python", "rejoint-dump"],
    &["rejoint-db", "rejoint-mysql", "rejoint-sqlite", "rejoint-settings", "rejoint-store"],
    &["rejoint-scan", "rejoint-plan", "rejoint-verify", "rejoint-run", "rejoint-codemod"],
    &["rejoint-report", "rejoint-cli", "rejoint-testkit"],
];

const SAME_LAYER: [(&str, &str); 6] = [
    ("rejoint-cli", "rejoint-report"),
    ("rejoint-run", "rejoint-plan"),
    ("rejoint-run", "rejoint-verify"),
    ("rejoint-store", "rejoint-settings"),
    ("rejoint-mysql", "rejoint-db"),
    ("rejoint-sqlite", "rejoint-db"),
];

fn layer(name: &str) -> usize {
    LAYERS
        .iter()
        .position(|crates| crates.contains(&name))
        .unwrap_or_else(|| panic!("{name} is in no layer: add it to ARCHITECTURE.md and to this test"))
}

#[test]
fn crates_use_only_layers_above_them() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(project_root())
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let other = dependency["name"].as_str().expect("a name");
            if !other.starts_with("rejoint-") || dependency["kind"] == "dev" {
                continue;
            }
            let allowed = layer(other) < layer(name) || SAME_LAYER.contains(&(name, other));
            assert!(allowed, "{name} must not use {other}");
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Code of a crate without its test modules.
fn code(name: &str) -> BTreeMap<PathBuf, String> {
    let mut files = Vec::new();
    sources(&project_root().join("crates").join(name).join("src"), &mut files);
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            (path, code)
        })
        .collect()
}

fn lines_with(code: &BTreeMap<PathBuf, String>, words: &[&str]) -> Vec<String> {
    code.iter()
        .flat_map(|(path, text)| {
            text.lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .filter(|line| words.iter().any(|w| line.contains(w)))
                .map(move |line| format!("{}: {}", path.display(), line.trim()))
        })
        .collect()
}

#[test]
fn only_the_program_prints() {
    for name in LAYERS.iter().take(4).copied().flatten().chain(&["rejoint-report"]) {
        let found = lines_with(&code(name), &["println!", "print!(", "eprint!(", "dbg!("]);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn vocabulary_and_formats_do_no_io_and_read_no_clock() {
    for name in LAYERS.iter().take(2).copied().flatten().chain(&["rejoint-report"]) {
        let words = [
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "std::time::SystemTime",
            "std::time::Instant",
            "std::thread",
        ];
        let found = lines_with(&code(name), &words);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn only_the_runner_changes_a_database() {
    for name in ["rejoint-scan", "rejoint-plan", "rejoint-verify", "rejoint-cli"] {
        let found = lines_with(&code(name), &[".execute("]);
        // the scan switches parallel counting off for its own session
        // and a digest on the server reads within one transaction
        let harmless = ["SET ", "START TRANSACTION", "COMMIT", "ROLLBACK"];
        let found: Vec<String> =
            found.into_iter().filter(|line| !harmless.iter().any(|h| line.contains(h))).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn only_the_runner_writes_to_a_store() {
    for name in ["rejoint-scan", "rejoint-plan", "rejoint-verify", "rejoint-cli", "rejoint-codemod"] {
        let found = lines_with(&code(name), &[".write_new(", "copy_attachment("]);
        assert!(found.is_empty(), "{found:#?}");
    }
}
