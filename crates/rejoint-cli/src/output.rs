//! Everything that is printed goes through here.

use anstream::eprintln;
use owo_colors::OwoColorize as _;
use serde::Serialize;
use std::io::Write as _;

/// A line of the result. A reader that has gone away (`rejoint … | head`) ends the program quietly.
pub(crate) fn line(text: impl AsRef<str>) {
    if let Err(error) = writeln!(anstream::stdout(), "{}", text.as_ref()) {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        eprintln!("cannot write the result: {error}");
        std::process::exit(4);
    }
}

/// A heading of the result.
pub(crate) fn heading(text: &str) {
    line(format!("\n{}", text.bold()));
}

/// The result as JSON.
pub(crate) fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(text),
        Err(error) => eprintln!("cannot print JSON: {error}"),
    }
}

/// A note beside the result.
pub(crate) fn note(text: &str) {
    eprintln!("{} {text}", "note:".cyan());
}

/// A warning beside the result.
pub(crate) fn warning(text: &str) {
    eprintln!("{} {text}", "warning:".yellow());
}

/// An error.
pub(crate) fn error(text: &str) {
    eprintln!("{} {text}", "error:".red().bold());
}

/// What to do next.
pub(crate) fn hint(text: &str) {
    eprintln!("{} {text}", "hint:".green());
}

/// A plain table; the header is bold on a terminal.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    table.set_header(
        header.iter().map(|h| comfy_table::Cell::new(h).add_attribute(comfy_table::Attribute::Bold)),
    );
    for row in rows {
        table.add_row(row);
    }
    for text in table.to_string().lines() {
        line(text.trim_end());
    }
}

/// A number of seconds in words.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        "under 1 s".to_owned()
    } else if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else if seconds < 7200.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

/// A count with thin groups of three digits.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}
