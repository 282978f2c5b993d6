//! Draws a made-up pipeline: `cargo run -p rejoint-report --example generated_pipeline -- TABLES SCHEMAS svg|html|mermaid|dot > FILE`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program to look at pictures with")]

#[path = "../tests/sample/pipeline.rs"]
mod pipeline;

use rejoint_report::diagram::{Diagram, Format, Selection};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: usize| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(default);
    let format = match arguments.get(2).map(String::as_str) {
        Some("html") => Format::Html,
        Some("mermaid") => Format::Mermaid,
        Some("dot") => Format::Dot,
        _ => Format::Svg,
    };
    match Diagram::from_catalog(&pipeline::catalog(number(0, 40), number(1, 4)), &Selection::default()) {
        Ok(diagram) => print!("{}", diagram.render(format)),
        Err(error) => eprintln!("{error}"),
    }
}
