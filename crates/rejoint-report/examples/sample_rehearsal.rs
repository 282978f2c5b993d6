//! Shows a made-up rehearsal: `cargo run -p rejoint-report --example sample_rehearsal -- TABLES clean|findings|differs html|markdown|runbook|json > FILE`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program to look at reports with")]

#[path = "../tests/sample/mod.rs"]
mod sample;

use sample::Course;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tables = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(40);
    let course = match arguments.get(1).map(String::as_str) {
        Some("clean") => Course::Clean,
        Some("differs") => Course::Differs,
        _ => Course::Findings,
    };
    let rehearsal = sample::rehearsal(tables, (tables / 10).max(1), course, "");
    match arguments.get(2).map(String::as_str) {
        Some("json") => print!("{}", rehearsal.to_json().unwrap_or_default()),
        Some("markdown") => print!("{}", rejoint_report::markdown::pull_request(&rehearsal)),
        Some("runbook") => print!("{}", rejoint_report::runbook::runbook(&rehearsal)),
        _ => print!("{}", rejoint_report::html::page(&rehearsal)),
    }
}
