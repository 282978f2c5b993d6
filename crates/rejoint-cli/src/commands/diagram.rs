//! `rejoint diagram`.

use super::Context;
use crate::args::{DiagramArgs, DiagramFormat, SchemaArgs};
use crate::failure::{Failure, Kind};
use crate::{output, session};
use rejoint_codemod::diff::{CodeTables, DiffOptions};
use rejoint_model::Catalog;
use rejoint_report::diagram::{Around, Diagram, Format, Selection};
use std::path::Path;

/// The format that a file's name asks for.
fn format_of(file: &Path) -> Option<Format> {
    let ending = file.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "svg" => Some(Format::Svg),
        "html" | "htm" => Some(Format::Html),
        "mmd" | "mermaid" => Some(Format::Mermaid),
        "dot" | "gv" => Some(Format::Dot),
        _ => None,
    }
}

/// The schemas that were asked for, of a source that has no others to choose from: all if none is named.
fn chosen(mut catalog: Catalog, args: &SchemaArgs) -> Result<Catalog, Failure> {
    if let Some(missing) = args.schemas.iter().find(|s| !catalog.schemas.contains_key(*s)) {
        return Err(Failure::input(format!("there is no schema `{missing}`")));
    }
    let prefix = args.prefix.as_deref();
    if !args.schemas.is_empty() || prefix.is_some() {
        catalog
            .schemas
            .retain(|name, _| args.schemas.contains(name) || prefix.is_some_and(|p| name.starts_with(p)));
    }
    Ok(catalog)
}

fn of_dump(args: &DiagramArgs) -> Result<Catalog, Failure> {
    let dumps = super::rehearse::dumps(&args.dump)?;
    let options = rejoint_sqlite::ImportOptions { schema: args.schemas.schemas.first().cloned() };
    chosen(rejoint_sqlite::definitions(dumps, &options)?, &args.schemas)
}

fn of_code(args: &DiagramArgs) -> Result<Catalog, Failure> {
    let options = DiffOptions { dialect: None, schema_of: super::diff::schema_of(&args.schema_of)? };
    let (catalog, undecided) = CodeTables::read(&args.code, &options)?.catalog();
    for one in &undecided {
        output::warning(&format!("{}: {}", one.place, one.reason));
    }
    chosen(catalog, &args.schemas)
}

pub(crate) fn run(context: &Context, args: &DiagramArgs) -> Result<u8, Failure> {
    let format = match args.format {
        Some(DiagramFormat::Svg) => Format::Svg,
        Some(DiagramFormat::Html) => Format::Html,
        Some(DiagramFormat::Mermaid) => Format::Mermaid,
        Some(DiagramFormat::Dot) => Format::Dot,
        None => args.out.as_deref().and_then(format_of).unwrap_or(Format::Svg),
    };
    let catalog = if !args.dump.is_empty() {
        of_dump(args)?
    } else if !args.code.is_empty() {
        of_code(args)?
    } else {
        let settings = session::settings(&context.connection)?;
        let mut connection = session::connect(&context.connection, &settings)?;
        let schemas = session::schemas(&args.schemas, &mut connection)?;
        rejoint_db::read_catalog(&mut connection, &schemas)?
    };
    let around =
        args.around.as_ref().map(|table| Around { table: table.clone(), up: args.up, down: args.down });
    let selection = Selection { schemas: None, hide_parts: args.hide_parts, around };
    let diagram = Diagram::from_catalog(&catalog, &selection).map_err(|e| Failure::input(e.to_string()))?;
    let text = diagram.render(format);
    let (tables, keys) = (diagram.nodes().len(), diagram.edges().len());
    let Some(path) = &args.out else {
        if context.json {
            output::json(&serde_json::json!({ "tables": tables, "foreign_keys": keys, "diagram": text }));
        } else {
            output::line(text.trim_end());
        }
        return Ok(0);
    };
    std::fs::write(path, text)
        .map_err(|e| Failure::new(Kind::Environment, format!("cannot write {}: {e}", path.display())))?;
    if context.json {
        output::json(&serde_json::json!({ "tables": tables, "foreign_keys": keys, "file": path }));
    } else {
        output::line(format!("{}: {tables} tables, {keys} foreign keys", path.display()));
    }
    Ok(0)
}
