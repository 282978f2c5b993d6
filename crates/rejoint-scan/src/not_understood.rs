//! Tables that a plan will refuse, each with every reason.

use crate::error::Error;
use crate::reader::Reader;
use crate::report_file::NotUnderstood;
use crate::tables::of_pipeline;
use rejoint_db::{CreateTable, parse_create_table};
use rejoint_model::{AttributeKind, Table, TableName, Tier, classify};
use std::collections::BTreeMap;

/// Definitions as the server prints them, for checks that need more than the catalog tells.
pub(crate) type Definitions = BTreeMap<TableName, CreateTable>;

/// Is `column` part of the primary key, a unique key, or a foreign key to a table of data?
fn key_use(table: &Table, column: &str) -> Option<String> {
    if table.primary_key().contains(&column) {
        return Some("the primary key".into());
    }
    let has = |names: &[String]| names.iter().any(|n| n == column);
    if let Some(key) = table.foreign_keys.iter().find(|k| !k.parent.table.starts_with('~') && has(&k.columns))
    {
        return Some(format!("foreign key `{}`", key.name));
    }
    table
        .indexes
        .iter()
        .find(|i| i.unique && i.parts.iter().any(|p| p.column.as_deref() == Some(column)))
        .map(|i| format!("unique key `{}`", i.name))
}

/// Reasons that the catalog alone gives.
fn from_catalog(table: &Table) -> Vec<String> {
    let mut reasons = Vec::new();
    if table.primary_key().is_empty() {
        reasons.push("it has no primary key".to_owned());
    }
    if !table.engine.eq_ignore_ascii_case("innodb") {
        reasons.push(format!("its storage engine is {}, not InnoDB", table.engine));
    }
    if table.partitioned {
        reasons.push("it is partitioned".to_owned());
    }
    for column in &table.columns {
        match classify(table, column) {
            AttributeKind::Inconsistent { marker, problem } => {
                reasons.push(format!("column `{}` has the marker `:{marker}:`: {problem}", column.name));
            }
            AttributeKind::Modern { marker } => {
                reasons.push(format!(
                    "column `{}` already has the 2.x marker `:{marker}:`; what is at 2.x already is not upgraded again",
                    column.name
                ));
            }
            AttributeKind::External { .. }
            | AttributeKind::AdaptedExternal { .. }
            | AttributeKind::External011 { .. } => {
                if let Some(place) = key_use(table, &column.name) {
                    reasons.push(format!(
                        "column `{}` points into a store and is part of {place}; JSON, which 2.x keeps there, cannot be a key",
                        column.name
                    ));
                }
            }
            _ => {}
        }
    }
    reasons
}

/// Reads the definition of every table and collects the reasons. Tables that are not DataJoint's are left alone by a plan
/// and never listed; hidden tables only if their definition cannot be read.
pub(crate) fn not_understood(reader: &mut Reader<'_>) -> Result<(Vec<NotUnderstood>, Definitions), Error> {
    let catalog = reader.catalog;
    let mut found = Vec::new();
    let mut definitions = Definitions::new();
    let total = catalog.schemas.values().map(|s| s.tables.len() as u64).sum();
    reader.progress.phase("reading definitions", Some(total));
    for table in catalog.tables() {
        let mut reasons = if of_pipeline(table) { from_catalog(table) } else { Vec::new() };
        match reader.connection.show_create(&table.name) {
            Ok(source) => match parse_create_table(&source) {
                Some(definition) => {
                    for mismatch in definition.mismatches(&source, table) {
                        if !reasons.contains(&mismatch.what) {
                            reasons.push(mismatch.what);
                        }
                    }
                    definitions.insert(table.name.clone(), definition);
                }
                None => reasons.push("its definition is not in the form `SHOW CREATE TABLE` prints".into()),
            },
            Err(error) => {
                reasons.push(format!("its definition cannot be read: {error}"));
                reader.refused(&format!("the definition of {}", table.name), error)?;
            }
        }
        if !reasons.is_empty() && (of_pipeline(table) || table.tier() == Tier::Hidden) {
            found.push(NotUnderstood { table: table.name.clone(), reasons });
        }
        reader.progress.advance(1);
    }
    Ok((found, definitions))
}
