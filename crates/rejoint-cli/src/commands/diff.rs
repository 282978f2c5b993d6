//! `rejoint diff`.

use super::Context;
use crate::args::{DialectArg, DiffArgs};
use crate::failure::Failure;
use crate::{output, session};
use rejoint_codemod::diff::{CodeTables, Dialect, DiffOptions, DiffReport, SchemaOf};
use rejoint_db::{read_catalog, schema_names};

/// Schemas whose names the code computes, as given on the command line.
pub(super) fn schema_of(given: &[String]) -> Result<Vec<SchemaOf>, Failure> {
    given
        .iter()
        .map(|text| {
            SchemaOf::from_text(text).ok_or_else(|| {
                Failure::input(format!("--schema-of {text}: write FILE=NAME or FILE:VARIABLE=NAME"))
            })
        })
        .collect()
}

pub(crate) fn run(context: &Context, args: &DiffArgs) -> Result<u8, Failure> {
    let schema_of = schema_of(&args.schema_of)?;
    let dialect = args.dialect.map(|dialect| match dialect {
        DialectArg::V0 => Dialect::V0,
        DialectArg::V2 => Dialect::V2,
    });
    let code = CodeTables::read(&args.paths, &DiffOptions { dialect, schema_of })?;
    let settings = session::settings(&context.connection)?;
    let mut connection = session::connect(&context.connection, &settings)?;
    let there = schema_names(&mut connection)?;
    let schemas: Vec<String> = code.schemas().into_iter().filter(|name| there.contains(name)).collect();
    let report = code.compare(&read_catalog(&mut connection, &schemas)?);
    if context.json {
        output::json(&report);
    } else {
        print(&report);
    }
    Ok(u8::from(!report.is_clean()))
}

fn print(report: &DiffReport) {
    let mut table = None;
    for difference in &report.differences {
        if table != Some((&difference.table, &difference.place)) {
            let place = difference.place.as_ref().map(|place| format!("  ({place})")).unwrap_or_default();
            output::heading(&format!("{}{place}", difference.table));
            table = Some((&difference.table, &difference.place));
        }
        let column = difference.column.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let values = match (&difference.code, &difference.database) {
            (Some(code), Some(database)) => format!(": code {code}, database {database}"),
            (Some(code), None) => format!(": {code}"),
            (None, Some(database)) => format!(": {database}"),
            (None, None) => String::new(),
        };
        output::line(format!("  {column}{}{values}", difference.kind.meaning()));
    }
    if !report.undecided.is_empty() {
        output::heading("Undecided");
        for undecided in &report.undecided {
            output::line(format!("  {}: {}", undecided.place, undecided.reason));
        }
    }
    output::line(format!(
        "\n{} tables compared in {} schemas by the rules of {} ({}); {} differences, {} undecided",
        report.compared,
        report.schemas.len(),
        report.dialect,
        report.dialect_because,
        report.differences.len(),
        report.undecided.len()
    ));
}
