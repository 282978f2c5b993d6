//! A thin driver for measurements: `code PATH... [--write] [--suggested] [--diff] [--json] [--findings] [--check]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use rejoint_codemod::{Options, run};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut options = Options::default();
    let mut paths = Vec::new();
    let (mut write, mut diff, mut json, mut findings, mut check) = (false, false, false, false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--write" => write = true,
            "--suggested" => options.suggested = true,
            "--core-types" => options.core_types = true,
            "--diff" => diff = true,
            "--json" => json = true,
            "--findings" => findings = true,
            "--check" => check = true,
            path => paths.push(PathBuf::from(path)),
        }
    }
    let start = Instant::now();
    let outcome = match run(&paths, &options) {
        Ok(outcome) => outcome,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let elapsed = start.elapsed();
    if diff {
        print!("{}", outcome.unified_diff());
    }
    if json {
        println!("{}", outcome.json());
    }
    if findings {
        for finding in &outcome.findings {
            println!(
                "{}:{}:{}:{} {} {} {}",
                finding.path,
                finding.position.cell.map_or(String::new(), |cell| format!("cell {cell}")),
                finding.position.line,
                finding.position.column,
                finding.code,
                finding.kind.as_str(),
                finding.message
            );
        }
    }
    if write && let Err(problem) = outcome.write() {
        eprintln!("{problem}");
        return ExitCode::from(4);
    }
    eprintln!("{} files, {} changed, {:?}", outcome.files_read, outcome.files.len(), elapsed);
    for (code, counts) in &outcome.counts {
        eprintln!(
            "{code} {:6} {:6} {:6} {:6}",
            counts.hits, counts.rewrites, counts.suggestions, counts.findings
        );
    }
    if check && !outcome.is_clean() { ExitCode::from(1) } else { ExitCode::SUCCESS }
}
