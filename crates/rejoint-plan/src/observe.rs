//! What a planner must know of the database and the stores. Reads only.

use crate::options::OnMissing;
use rejoint_blob::{DecodeOptions, Value as BlobValue};
use rejoint_db::{
    Connection, CreateTable, Grant, Value, ident, missing_privileges, needed_by_apply, parse_create_table,
    qualified, read_catalog,
};
use rejoint_model::{AttributeKind, Catalog, ExternalKind, Table, TableName, Tier, classify};
use rejoint_settings::StoreSpec;
use rejoint_store::{ObjectStore, StorePath, legacy};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Why observing failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ObserveError {
    /// The server.
    #[error(transparent)]
    Database(#[from] rejoint_db::Error),
    /// A store.
    #[error("store `{store}`: {message}")]
    Store {
        /// Store.
        store: String,
        /// What is wrong and what to do.
        message: String,
    },
}

/// What the rows behind a pointer column are, by the shape of their tracking rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PointerFacts {
    /// Rows by kind.
    pub kinds: BTreeMap<ExternalKind, u64>,
    /// Blob rows from 0.11 whose content hash was not recorded.
    pub without_contents_hash: u64,
    /// Rows that are NULL.
    pub nulls: u64,
    /// Pointers without a tracking row.
    pub dangling: u64,
}

/// A pointer whose object is not in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingObject {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// Store.
    pub store: String,
    /// Hash, 32 hexadecimal digits.
    pub hash: String,
    /// Path where it should be.
    pub path: String,
    /// How many rows point there.
    pub rows: u64,
}

/// Everything a planner looks at.
pub struct Observed {
    /// Model.
    pub catalog: Catalog,
    /// Definitions, by table.
    pub definitions: BTreeMap<TableName, CreateTable>,
    /// Why a table is not understood.
    pub not_understood: BTreeMap<TableName, Vec<String>>,
    /// Pointer columns.
    pub pointers: BTreeMap<(TableName, String), PointerFacts>,
    /// Missing objects.
    pub missing: Vec<MissingObject>,
    /// Existing rows of `~lineage`, by schema.
    pub lineage: BTreeMap<String, Vec<Vec<String>>>,
    /// Collations that are their character set's default on this server: MySQL does not print them.
    pub default_collations: BTreeSet<String>,
    /// Client versions in the logs that do not hide columns beginning with an underscore: version, events, last seen.
    pub old_clients: Vec<(String, u64, String)>,
    /// Privileges without which the server hides triggers and rules of foreign keys.
    pub blind: Vec<Grant>,
    /// Jobs of `~jobs` that cannot be carried over, in words.
    pub jobs_left: Vec<String>,
}

/// Which part of observing is going on; for progress bars.
pub type Progress<'p> = &'p mut dyn FnMut(&str, u64, u64);

/// Open stores by name.
pub type OpenStores = BTreeMap<String, Box<dyn ObjectStore>>;

/// Observes the schemas. With open stores, looks whether the objects behind the pointers are there.
///
/// # Errors
/// The server or a store fails. A table that is not understood is no error here.
pub fn observe(
    connection: &mut Connection,
    schemas: &[String],
    stores: &BTreeMap<String, StoreSpec>,
    open: Option<&OpenStores>,
    progress: Progress<'_>,
) -> Result<Observed, ObserveError> {
    let catalog = read_catalog(connection, schemas)?;
    let mut seen = Observed {
        definitions: BTreeMap::new(),
        not_understood: BTreeMap::new(),
        pointers: BTreeMap::new(),
        missing: Vec::new(),
        lineage: BTreeMap::new(),
        default_collations: BTreeSet::new(),
        jobs_left: Vec::new(),
        blind: blind_spots(connection, schemas)?,
        old_clients: Vec::new(),
        catalog,
    };
    let n_tables = seen.catalog.tables().count() as u64;
    for (i, table) in seen.catalog.tables().enumerate() {
        progress("definitions", i as u64, n_tables);
        let source = connection.show_create(&table.name)?;
        let mut reasons: Vec<String> = Vec::new();
        match parse_create_table(&source) {
            None => reasons.push("its definition cannot be parsed".into()),
            Some(parsed) => {
                reasons.extend(parsed.mismatches(&source, table).into_iter().map(|m| m.what));
                seen.definitions.insert(table.name.clone(), parsed);
            }
        }
        if table.tier() != Tier::Hidden {
            reasons.extend(unfit(table));
        }
        if !reasons.is_empty() {
            seen.not_understood.insert(table.name.clone(), reasons);
        }
    }
    seen.default_collations.extend(connection.default_collations()?);
    for schema in seen.catalog.schemas.values() {
        if schema.tables.contains_key("~lineage") {
            let sql = format!(
                "SELECT table_name, attribute_name, lineage FROM {}.`~lineage` ORDER BY 1, 2",
                ident(&schema.name)
            );
            let rows = connection.rows(&sql, &[])?;
            let rows = rows
                .iter()
                .map(|r| (0..3).map(|i| as_text(r.as_ref(i)).unwrap_or_default()).collect())
                .collect();
            seen.lineage.insert(schema.name.clone(), rows);
        }
        if schema.tables.contains_key("~jobs") {
            seen.jobs_left.extend(jobs_left(connection, &seen.catalog, &schema.name)?);
        }
    }
    seen.old_clients = old_clients(connection, &seen.catalog)?;
    observe_pointers(connection, &mut seen, stores, open, progress)?;
    Ok(seen)
}

/// Does this client hide columns that begin with an underscore? Python clients do from 0.14.3 on (run: 0.13.8 and 0.14.2 show them,
/// 0.14.3 and 0.14.10 do not). Of other clients nothing is known.
fn hides_columns(version: &str) -> bool {
    let Some(numbers) = version.strip_suffix("py") else { return false };
    let mut parts = numbers
        .split('.')
        .map(|n| n.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    found >= (0, 14, 3)
}

/// Clients that the logs of 0.x name and that would see the hidden columns of the expand stage.
fn old_clients(
    connection: &mut Connection,
    catalog: &Catalog,
) -> Result<Vec<(String, u64, String)>, ObserveError> {
    let mut found: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for schema in catalog.schemas.values().filter(|s| s.tables.contains_key("~log")) {
        let sql = format!(
            "SELECT `version`, COUNT(*), CAST(MAX(`timestamp`) AS CHAR) FROM {}.`~log` GROUP BY `version`",
            ident(&schema.name)
        );
        for row in connection.rows(&sql, &[])? {
            let version = as_text(row.as_ref(0)).unwrap_or_default();
            if hides_columns(&version) {
                continue;
            }
            let entry = found.entry(version).or_default();
            entry.0 += as_number(row.as_ref(1));
            let last = as_text(row.as_ref(2)).unwrap_or_default();
            if last > entry.1 {
                entry.1 = last;
            }
        }
    }
    Ok(found.into_iter().map(|(version, (events, last))| (version, events, last)).collect())
}

/// An account with SELECT alone is shown neither triggers nor, on MariaDB, what foreign keys do on update and delete.
fn blind_spots(connection: &mut Connection, schemas: &[String]) -> Result<Vec<Grant>, ObserveError> {
    let mut needed = needed_by_apply(schemas);
    // MariaDB shows the rules of foreign keys to accounts that may change the table
    let rules = connection.server().is_mariadb();
    needed.retain(|g| g.privilege == "TRIGGER" || (rules && g.privilege == "REFERENCES"));
    Ok(missing_privileges(connection, &needed)?)
}

/// Reasons why a table cannot be upgraded although its definition is understood.
fn unfit(table: &Table) -> Vec<String> {
    let mut reasons = Vec::new();
    if table.primary_key().is_empty() {
        reasons.push("it has no primary key".into());
    }
    if table.engine != "InnoDB" {
        reasons.push(format!("its engine is {}, not InnoDB", table.engine));
    }
    for column in &table.columns {
        match classify(table, column) {
            AttributeKind::Inconsistent { marker, problem } => {
                reasons.push(format!("column `{}` is marked `:{marker}:`, but {problem}", column.name));
            }
            AttributeKind::External { .. }
            | AttributeKind::AdaptedExternal { .. }
            | AttributeKind::External011 { .. } => {
                let in_key = |i: &rejoint_model::Index| {
                    (i.unique || i.parts.len() > 1)
                        && i.parts.iter().any(|p| p.column.as_deref() == Some(&column.name))
                };
                if let Some(index) = table.indexes.iter().find(|i| in_key(i)) {
                    reasons.push(format!(
                        "the pointer column `{}` is part of the index `{}`; 2.x keeps pointers as JSON, which cannot be indexed",
                        column.name, index.name
                    ));
                }
                let pointing = |k: &&rejoint_model::ForeignKey| {
                    k.columns.contains(&column.name) && !k.parent.table.starts_with('~')
                };
                if let Some(key) = table.foreign_keys.iter().find(pointing) {
                    reasons.push(format!(
                        "the pointer column `{}` is part of the foreign key `{}`",
                        column.name, key.name
                    ));
                }
                if !table.triggers.is_empty() {
                    reasons.push(format!(
                        "it has triggers of its own ({}), which filling the new pointer columns would fire; drop them for the time of the upgrade",
                        table.triggers.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ")
                    ));
                }
            }
            _ => {}
        }
    }
    reasons.dedup();
    reasons
}

pub(crate) fn as_text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Bytes(b) => Some(String::from_utf8_lossy(b).into_owned()),
        Value::Int(n) => Some(n.to_string()),
        Value::UInt(n) => Some(n.to_string()),
        _ => None,
    }
}

fn as_number(value: Option<&Value>) -> u64 {
    as_text(value).and_then(|t| t.parse().ok()).unwrap_or(0)
}

/// `filepath = path of the object and hash = MD5(path)` cannot be asked of MySQL 9.6 and newer, which have no MD5: tell by shape.
///
/// | kind | attachment_name | filepath | contents_hash |
/// |---|---|---|---|
/// | blob | NULL | NULL | NULL |
/// | attach | set | NULL | NULL |
/// | filepath or blob from 0.11 | NULL | set | set or NULL |
const SHAPE: &str =
    "CASE WHEN e.`attachment_name` IS NOT NULL THEN 1 WHEN e.`filepath` IS NULL THEN 0 ELSE 2 END";

fn observe_pointers(
    connection: &mut Connection,
    seen: &mut Observed,
    stores: &BTreeMap<String, StoreSpec>,
    open: Option<&OpenStores>,
    progress: Progress<'_>,
) -> Result<(), ObserveError> {
    let mut columns: Vec<(TableName, String, Option<ExternalKind>, String)> = Vec::new();
    for table in seen.catalog.tables() {
        for column in &table.columns {
            match classify(table, column) {
                AttributeKind::External { kind, store } => {
                    columns.push((table.name.clone(), column.name.clone(), Some(kind), store));
                }
                AttributeKind::AdaptedExternal { store, .. } => {
                    columns.push((table.name.clone(), column.name.clone(), None, store));
                }
                _ => {}
            }
        }
    }
    let n = columns.len() as u64;
    for (i, (table, column, kind, store)) in columns.into_iter().enumerate() {
        progress("pointers", i as u64, n);
        let facts = pointer_facts(connection, &table, &column, &store)?;
        // an adapter's base is what its rows show; a mixture is left to the planner to refuse
        let kind = kind.or_else(|| facts.kinds.keys().next().copied());
        seen.pointers.insert((table.clone(), column.clone()), facts);
        if let (Some(open), Some(kind), Some(spec)) = (open, kind, stores.get(&store)) {
            seen.missing.extend(missing_objects(connection, &table, &column, kind, spec, open)?);
        }
    }
    Ok(())
}

fn pointer_facts(
    connection: &mut Connection,
    table: &TableName,
    column: &str,
    store: &str,
) -> Result<PointerFacts, ObserveError> {
    let tracking = qualified(&TableName::new(&table.schema, format!("~external_{store}")));
    let (table, column) = (qualified(table), ident(column));
    let mut facts = PointerFacts::default();
    let sql = format!(
        "SELECT CASE WHEN t.{column} IS NULL THEN 8 WHEN e.`hash` IS NULL THEN 9 ELSE {SHAPE} END AS shape, COUNT(*), CAST(COALESCE(SUM(e.`filepath` IS NOT NULL AND e.`contents_hash` IS NULL), 0) AS SIGNED) FROM {table} t LEFT JOIN {tracking} e ON e.`hash` = t.{column} GROUP BY shape"
    );
    let mut by_path = 0;
    for row in connection.rows(&sql, &[])? {
        let count = as_number(row.as_ref(1));
        match as_number(row.as_ref(0)) {
            0 => {
                facts.kinds.insert(ExternalKind::Blob, count);
            }
            1 => {
                facts.kinds.insert(ExternalKind::Attach, count);
            }
            2 => {
                by_path = count;
                facts.without_contents_hash = as_number(row.as_ref(2));
            }
            8 => facts.nulls = count,
            _ => facts.dangling = count,
        }
    }
    if by_path > 0 {
        // a filepath's hash is the MD5 of its path, a blob from 0.11 has another one
        let sql = format!(
            "SELECT DISTINCT e.`hash`, e.`filepath` FROM {table} t JOIN {tracking} e ON e.`hash` = t.{column} WHERE e.`filepath` IS NOT NULL LIMIT 1000"
        );
        let mut filepaths = 0u64;
        let mut from_011 = 0u64;
        for row in connection.rows(&sql, &[])? {
            if let (Some(Value::Bytes(hash)), Some(Value::Bytes(path))) = (row.as_ref(0), row.as_ref(1)) {
                if is_filepath_hash(hash, path) {
                    filepaths += 1;
                } else {
                    from_011 += 1;
                }
            }
        }
        if from_011 > 0 {
            *facts.kinds.entry(ExternalKind::Blob).or_default() +=
                if filepaths == 0 { by_path } else { from_011 };
        }
        if filepaths > 0 {
            facts.kinds.insert(ExternalKind::Filepath, if from_011 == 0 { by_path } else { filepaths });
        }
    }
    Ok(facts)
}

/// A filepath's tracking hash is the MD5 of its path; a blob that came from 0.11 has another one.
fn is_filepath_hash(hash: &[u8], path: &[u8]) -> bool {
    use md5::Digest as _;
    md5::Md5::digest(path).as_slice() == hash
}

/// Where 0.x looks for an object, in its order. The kind is the column's: a tracking row alone cannot tell a filepath from a
/// blob of 0.11.
///
/// # Errors
/// A name that cannot be a path in a store.
pub fn legacy_paths(
    kind: ExternalKind,
    spec: &StoreSpec,
    schema: &str,
    hash: &[u8; 16],
    attachment_name: Option<&str>,
    filepath: Option<&str>,
) -> Result<Vec<StorePath>, rejoint_store::Error> {
    let folds = &spec.subfolding;
    Ok(match (kind, attachment_name, filepath) {
        (ExternalKind::Blob, _, None) => vec![legacy::blob_path(schema, hash, folds)?],
        (ExternalKind::Blob, _, Some(path)) => {
            vec![legacy::blob_path(schema, hash, folds)?, legacy::filepath_path(path)?]
        }
        (ExternalKind::Attach, Some(name), _) => vec![legacy::attachment_path(schema, hash, folds, name)?],
        (ExternalKind::Filepath, _, Some(path)) => vec![legacy::filepath_path(path)?],
        (ExternalKind::Attach, None, _) | (ExternalKind::Filepath, _, None) => Vec::new(),
    })
}

fn missing_objects(
    connection: &mut Connection,
    table: &TableName,
    column: &str,
    kind: ExternalKind,
    spec: &StoreSpec,
    open: &OpenStores,
) -> Result<Vec<MissingObject>, ObserveError> {
    let store_error = |message: String| ObserveError::Store { store: spec.name.clone(), message };
    let store = match open.get(&spec.name) {
        Some(store) => store,
        // it could not be opened: the reason is found by trying again
        None => &rejoint_store::open(spec).map_err(|e| store_error(e.to_string()))?,
    };
    store.reachable().map_err(|e| store_error(e.to_string()))?;
    let tracking = qualified(&TableName::new(&table.schema, format!("~external_{}", spec.name)));
    let sql = format!(
        "SELECT e.`hash`, e.`attachment_name`, e.`filepath`, COUNT(*) FROM {} t JOIN {tracking} e ON e.`hash` = t.{} GROUP BY e.`hash`, e.`attachment_name`, e.`filepath`",
        qualified(table),
        ident(column)
    );
    let mut missing = Vec::new();
    let mut stream = connection.stream(&sql, &[])?;
    while let Some(row) = stream.next_row()? {
        let Some(Value::Bytes(hash)) = row.as_ref(0) else { continue };
        let name = as_text(row.as_ref(1));
        let filepath = as_text(row.as_ref(2));
        let Ok(hash) = <[u8; 16]>::try_from(hash.as_slice()) else { continue };
        let paths = legacy_paths(kind, spec, &table.schema, &hash, name.as_deref(), filepath.as_deref())
            .map_err(|e| store_error(e.to_string()))?;
        let mut found = false;
        for path in &paths {
            if store.head(path).map_err(|e| store_error(e.to_string()))?.is_some() {
                found = true;
                break;
            }
        }
        if !found {
            missing.push(MissingObject {
                table: table.clone(),
                column: column.to_owned(),
                store: spec.name.clone(),
                hash: hash.iter().map(|b| format!("{b:02x}")).collect(),
                path: paths.first().map(ToString::to_string).unwrap_or_default(),
                rows: as_number(row.as_ref(3)),
            });
        }
    }
    Ok(missing)
}

/// The attributes of a table's 2.x job table: those of the primary key that come from a foreign key within it.
pub fn job_key(table: &Table) -> Vec<String> {
    let key = table.primary_key();
    key.iter()
        .filter(|column| {
            table.foreign_keys.iter().any(|k| {
                !k.parent.table.starts_with('~')
                    && k.columns.iter().any(|c| c == **column)
                    && k.columns.iter().all(|c| key.contains(&c.as_str()))
            })
        })
        .map(|c| (*c).to_owned())
        .collect()
}

/// Jobs that have no place in 2.x: of tables that are gone, or with keys that lack an attribute.
fn jobs_left(
    connection: &mut Connection,
    catalog: &Catalog,
    schema: &str,
) -> Result<Vec<String>, ObserveError> {
    let sql = format!(
        "SELECT table_name, status, `key` FROM {}.`~jobs` WHERE status IN ('error', 'ignore')",
        ident(schema)
    );
    let mut left: BTreeMap<String, u64> = BTreeMap::new();
    for row in connection.rows(&sql, &[])? {
        let table = as_text(row.as_ref(0)).unwrap_or_default();
        let status = as_text(row.as_ref(1)).unwrap_or_default();
        let Some(found) = catalog.table(&TableName::new(schema, &table)) else {
            *left
                .entry(format!("{schema}.~jobs: {status} rows of `{table}`, which is not there"))
                .or_default() += 1;
            continue;
        };
        let wanted = job_key(found);
        let keys: Option<Vec<String>> = match row.as_ref(2) {
            Some(Value::Bytes(blob)) => {
                match rejoint_blob::decode(blob, &DecodeOptions::like_python()).map(|d| d.value) {
                    Ok(BlobValue::Dict(items)) => Some(
                        items
                            .iter()
                            .filter_map(
                                |(k, _)| if let BlobValue::Str(s) = k { Some(s.to_string()) } else { None },
                            )
                            .collect(),
                    ),
                    _ => None,
                }
            }
            _ => None,
        };
        match keys {
            Some(keys) if wanted.is_empty() || wanted.iter().any(|w| !keys.contains(w)) => {
                *left
                    .entry(format!("{schema}.~jobs: {status} rows of `{table}` whose key lacks an attribute of the 2.x job table"))
                    .or_default() += 1;
            }
            Some(_) => {}
            None => {
                *left
                    .entry(format!("{schema}.~jobs: {status} rows of `{table}` whose key cannot be decoded"))
                    .or_default() += 1;
            }
        }
    }
    Ok(left.into_iter().map(|(what, n)| format!("{what} ({n}): not carried over")).collect())
}

/// Reads an answer about missing objects.
pub(crate) fn on_missing(answer: &str) -> Option<OnMissing> {
    match answer {
        "null" => Some(OnMissing::Null),
        "keep" => Some(OnMissing::Keep),
        "stop" => Some(OnMissing::Stop),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::hides_columns;

    #[test]
    fn clients_hide_columns_from_0_14_3_on() {
        let hiding: Vec<&str> =
            ["0.14.10py", "0.14.3py", "0.14.2py", "0.13.8py", "0.12.9py", "3.5.1mat", "", "2.0.0py"]
                .into_iter()
                .filter(|v| hides_columns(v))
                .collect();
        assert_eq!(hiding, ["0.14.10py", "0.14.3py", "2.0.0py"]);
    }
}
