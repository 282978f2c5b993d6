//! A copy of schemas under other names on the same server, to rehearse on.
//!
//! Rows are copied inside the server, so floats keep their bits. A sample is closed under foreign keys: a row is taken only with
//! all rows that it refers to.

use crate::error::{Context as _, RunError};
use crate::progress::Progress;
use crate::range::{KeyValue, condition, nth_key};
use rejoint_db::{Connection, Line, ident, parse_create_table, qualified, read_catalog, schema_names};
use rejoint_model::{Catalog, Table, TableName};
use std::collections::{BTreeMap, BTreeSet};

/// Longest name of a schema.
const MAX_NAME: usize = 64;

/// Rows copied in one transaction.
const CHUNK_ROWS: u64 = 50_000;

/// What to copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScratchOptions {
    /// Put before every schema's name.
    pub prefix: String,
    /// At most so many rows of each table, with the rows that they refer to.
    pub sample: Option<u64>,
    /// Conditions in SQL on rows of a table; they are run as they are, as this account.
    pub conditions: BTreeMap<TableName, String>,
}

/// The copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratch {
    /// Names of the copies, in the order of the originals.
    pub schemas: Vec<String>,
    /// Rows copied, of the pipeline's own tables.
    pub rows: u64,
    /// Rows there are, as the server estimates them.
    pub rows_total: u64,
    /// Rows copied and rows there are, by original table.
    pub by_table: BTreeMap<TableName, (u64, u64)>,
    /// What was not copied, in words.
    pub left_out: Vec<String>,
}

/// The scratch name of a schema.
pub fn scratch_name(prefix: &str, schema: &str) -> String {
    format!("{prefix}{schema}")
}

fn is_tracking(table: &TableName) -> bool {
    table.table == "~external" || table.table.starts_with("~external_")
}

/// Copies schemas. What a failed copy has made is dropped again.
///
/// # Errors
/// A name is taken or too long, a privilege is missing, the server fails.
pub fn copy(
    connection: &mut Connection,
    schemas: &[String],
    options: &ScratchOptions,
    progress: &mut dyn Progress,
) -> Result<Scratch, RunError> {
    let known: BTreeSet<String> = schema_names(connection).context("listing schemas")?.into_iter().collect();
    let copies: Vec<String> = schemas.iter().map(|s| scratch_name(&options.prefix, s)).collect();
    for name in &copies {
        if options.prefix.is_empty() || known.contains(name) {
            return Err(RunError::refused(
                format!("there is a schema `{name}` already"),
                "Give another prefix, or drop what an earlier rehearsal left. Nothing was changed.",
            ));
        }
        if name.chars().count() > MAX_NAME {
            return Err(RunError::refused(
                format!("`{name}` is longer than {MAX_NAME} characters"),
                "Give a shorter prefix. Nothing was changed.",
            ));
        }
    }
    let catalog = read_catalog(connection, schemas).context("reading the catalog")?;
    for table in options.conditions.keys() {
        if catalog.table(table).is_none() {
            return Err(RunError::refused(
                format!("a condition is given for {table}, which the plan does not have"),
                "Write --where SCHEMA.TABLE=CONDITION with the names of the original. Nothing was changed.",
            ));
        }
    }
    let mut made = Vec::new();
    let result = fill(connection, &catalog, options, progress, &mut made);
    if result.is_err() {
        // the error of the copy matters more than one of cleaning up
        let _ = drop_schemas(connection, &made);
    }
    result.map(|scratch| Scratch { schemas: copies, ..scratch })
}

/// Drops the copy.
///
/// # Errors
/// Those of the server.
pub fn drop_schemas(connection: &mut Connection, schemas: &[String]) -> Result<(), RunError> {
    connection.check_foreign_keys(false).context("switching foreign-key checks")?;
    for name in schemas {
        let sql = format!("DROP DATABASE IF EXISTS {}", ident(name));
        connection.execute(&sql, &[]).context(format!("dropping the scratch schema {name}"))?;
    }
    connection.check_foreign_keys(true).context("switching foreign-key checks")
}

fn fill(
    connection: &mut Connection,
    catalog: &Catalog,
    options: &ScratchOptions,
    progress: &mut dyn Progress,
    made: &mut Vec<String>,
) -> Result<Scratch, RunError> {
    let mut scratch = Scratch {
        schemas: Vec::new(),
        rows: 0,
        rows_total: 0,
        by_table: BTreeMap::new(),
        left_out: Vec::new(),
    };
    for schema in catalog.schemas.values() {
        let name = scratch_name(&options.prefix, &schema.name);
        let sql = format!(
            "CREATE DATABASE {} CHARACTER SET {} COLLATE {}",
            ident(&name),
            schema.charset,
            schema.collation
        );
        connection.execute(&sql, &[]).context(format!("making the scratch schema {name}"))?;
        made.push(name);
        for view in &schema.views {
            scratch.left_out.push(format!("the view {}.{}", schema.name, view.name));
        }
    }
    // definitions first, without checks: parents may come later
    connection.check_foreign_keys(false).context("switching foreign-key checks")?;
    for table in catalog.tables() {
        create(connection, catalog, table, options)?;
        for trigger in &table.triggers {
            scratch.left_out.push(format!("the trigger {} of {}", trigger.name, table.name));
        }
    }
    let partial = options.sample.is_some() || !options.conditions.is_empty();
    let ordered = parents_first(catalog, partial);
    let total = ordered.len() as u64;
    for (done, table) in ordered.into_iter().enumerate() {
        progress.tick(&format!("copying {}", table.name), done as u64, total);
        let rows = rows(connection, catalog, table, options, partial)?;
        if !table.name.table.starts_with('~') {
            let all = table.rows_estimate.max(rows);
            scratch.rows += rows;
            scratch.rows_total += all;
            scratch.by_table.insert(table.name.clone(), (rows, all));
        }
    }
    connection.check_foreign_keys(true).context("switching foreign-key checks")?;
    Ok(scratch)
}

/// Tables in an order in which what a row refers to comes before it. Of a sample, tracking tables come last: they are filled with
/// what the rows point to.
fn parents_first(catalog: &Catalog, tracking_last: bool) -> Vec<&Table> {
    fn visit<'c>(
        catalog: &'c Catalog,
        table: &'c Table,
        seen: &mut BTreeSet<&'c TableName>,
        out: &mut Vec<&'c Table>,
    ) {
        if !seen.insert(&table.name) {
            return;
        }
        for parent in table.foreign_keys.iter().filter_map(|k| catalog.table(&k.parent)) {
            visit(catalog, parent, seen, out);
        }
        out.push(table);
    }
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    for table in catalog.tables() {
        visit(catalog, table, &mut seen, &mut out);
    }
    if tracking_last {
        out.sort_by_key(|t| is_tracking(&t.name));
    }
    out
}

fn copy_of(table: &TableName, options: &ScratchOptions) -> TableName {
    TableName::new(scratch_name(&options.prefix, &table.schema), &table.table)
}

/// The same definition, referring to the copies of the tables that it referred to.
fn create(
    connection: &mut Connection,
    catalog: &Catalog,
    table: &Table,
    options: &ScratchOptions,
) -> Result<(), RunError> {
    let name = &table.name;
    let source = connection.show_create(name).context(format!("reading the definition of {name}"))?;
    let refuse =
        |what: String| RunError::refused(what, "Rehearse on a dump instead. Scratch schemas are dropped.");
    let mut parsed = parse_create_table(&source)
        .ok_or_else(|| refuse(format!("the definition of {name} is not understood")))?;
    for line in &mut parsed.lines {
        if let Line::ForeignKey { parent: (schema @ Some(_), _), .. } = line
            && let Some(other) = schema.clone()
        {
            if !catalog.schemas.contains_key(&other) {
                return Err(refuse(format!(
                    "{name} refers to the schema `{other}`, which is not in the plan"
                )));
            }
            *schema = Some(scratch_name(&options.prefix, &other));
        }
    }
    let printed = parsed.print();
    let plain = format!("CREATE TABLE {} ", ident(&name.table));
    let body =
        printed.strip_prefix(&plain).ok_or_else(|| RunError::Bug(format!("the definition of {name}")))?;
    let sql = format!("CREATE TABLE {} {body}", qualified(&copy_of(name, options)));
    connection.execute(&sql, &[]).context(format!("making the scratch copy of {name}"))?;
    Ok(())
}

fn rows(
    connection: &mut Connection,
    catalog: &Catalog,
    table: &Table,
    options: &ScratchOptions,
    partial: bool,
) -> Result<u64, RunError> {
    let name = &table.name;
    let columns: Vec<String> =
        table.columns.iter().filter(|c| !c.is_generated()).map(|c| ident(&c.name)).collect();
    let columns = columns.join(", ");
    let insert = format!(
        "INSERT INTO {} ({columns}) SELECT {columns} FROM {} AS t",
        qualified(&copy_of(name, options)),
        qualified(name)
    );
    let context = || format!("copying the rows of {name}");
    let key: Vec<String> = table.primary_key().iter().map(|k| (*k).to_owned()).collect();
    if partial {
        let mut tests = closed(catalog, table, options);
        if let Some(condition) = options.conditions.get(name) {
            tests.push(format!("({condition})"));
        }
        let condition =
            if tests.is_empty() { String::new() } else { format!(" WHERE {}", tests.join(" AND ")) };
        let hidden = name.table.starts_with('~');
        let limit = match options.sample {
            Some(n) if !hidden && !key.is_empty() => {
                let order: Vec<String> = key.iter().map(|k| ident(k)).collect();
                format!(" ORDER BY {} LIMIT {n}", order.join(", "))
            }
            _ => String::new(),
        };
        return connection.execute(&format!("{insert}{condition}{limit}"), &[]).context(context());
    }
    if key.is_empty() {
        return connection.execute(&insert, &[]).context(context());
    }
    let mut copied = 0;
    let mut lower: Option<KeyValue> = None;
    loop {
        let from = lower.as_ref().map(|k| (k, false));
        let upper = nth_key(connection, name, &key, from, CHUNK_ROWS)?;
        let (range, params) = condition(&key, from, upper.as_ref());
        copied += connection.execute(&format!("{insert} WHERE {range}"), &params).context(context())?;
        match upper {
            Some(upper) => lower = Some(upper),
            None => return Ok(copied),
        }
    }
}

/// Conditions that keep a sample closed: what a row refers to is in the sample; of tracking tables, what rows of it point to.
fn closed(catalog: &Catalog, table: &Table, options: &ScratchOptions) -> Vec<String> {
    if is_tracking(&table.name) {
        let users: Vec<String> = catalog
            .tables()
            .flat_map(|child| child.foreign_keys.iter().map(move |key| (child, key)))
            .filter(|(_, key)| key.parent == table.name)
            .filter_map(|(child, key)| {
                let (own, parent) = (key.columns.first()?, key.parent_columns.first()?);
                Some(format!(
                    "EXISTS (SELECT 1 FROM {} AS c WHERE c.{} = t.{})",
                    qualified(&copy_of(&child.name, options)),
                    ident(own),
                    ident(parent)
                ))
            })
            .collect();
        return if users.is_empty() {
            vec!["FALSE".to_owned()]
        } else {
            vec![format!("({})", users.join(" OR "))]
        };
    }
    table
        .foreign_keys
        .iter()
        .filter(|key| !is_tracking(&key.parent) && key.parent != table.name)
        .map(|key| {
            let pairs: Vec<String> = key
                .columns
                .iter()
                .zip(&key.parent_columns)
                .map(|(own, parent)| format!("p.{} = t.{}", ident(parent), ident(own)))
                .collect();
            let missing: Vec<String> =
                key.columns.iter().map(|c| format!("t.{} IS NULL", ident(c))).collect();
            format!(
                "({} OR EXISTS (SELECT 1 FROM {} AS p WHERE {}))",
                missing.join(" OR "),
                qualified(&copy_of(&key.parent, options)),
                pairs.join(" AND ")
            )
        })
        .collect()
}
