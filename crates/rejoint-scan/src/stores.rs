//! Stores: configured, reachable, and what their objects look like beside the tracking tables.

use crate::error::Error;
use crate::options::ObjectCheck;
use crate::reader::{Reader, key_shown, number, text};
use crate::report_file::{
    MissingReferences, ObjectExample, ObjectsReport, OrphanReport, StoreReport, TrackingReport,
};
use crate::subfolding::subfolding;
use crate::tracking::{ROW_COLUMNS, TrackingTable, Tracks, tracking_row};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rejoint_db::{Value, ident, qualified};
use rejoint_model::{AttributeKind, Catalog, classify};
use rejoint_settings::{Generation, Settings, StoreSpec};
use rejoint_store::legacy::external_path;
use rejoint_store::{Checks, Finding, FindingKind, Inventory, ObjectStore, StorePath, TrackingRow};
use std::collections::{BTreeMap, BTreeSet};

/// Missing objects whose references are looked up, for one tracking table; more are only counted.
const MAX_MISSING: usize = 100_000;
/// Hashes in one query.
const HASHES_PER_QUERY: usize = 500;
/// Characters of SHA-256 in a hash of 0.11; the store's name follows.
const HASH_011_CHARS: usize = 43;
/// Rows whose objects are tried for their subfolding.
const SUBFOLDING_ROWS: usize = 20;

pub(crate) struct Stores {
    pub(crate) stores: Vec<StoreReport>,
    pub(crate) missing: Vec<MissingReferences>,
}

/// The stores that tracking tables and columns name, with the schemas that use them. Those of 0.11 are called `external` and
/// `external-NAME`, as in its settings.
fn store_names(catalog: &Catalog, tracking: &[TrackingTable<'_>]) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for tracked in tracking {
        let schema = &tracked.table.name.schema;
        match &tracked.tracks {
            Tracks::Store(name) => {
                names.entry(name.clone()).or_default().insert(schema.clone());
            }
            Tracks::External011 => {
                for (table, column) in &tracked.referring {
                    if let AttributeKind::External011 { store } = classify(table, column) {
                        names.entry(name_011(&store)).or_default().insert(schema.clone());
                    }
                }
            }
        }
    }
    for table in catalog.tables() {
        for column in &table.columns {
            let store = match classify(table, column) {
                AttributeKind::External { store, .. } | AttributeKind::AdaptedExternal { store, .. } => store,
                AttributeKind::Modern { marker } => match modern_store(&marker) {
                    Some(store) => store.to_owned(),
                    None => continue,
                },
                _ => continue,
            };
            names.entry(store).or_default().insert(table.name.schema.clone());
        }
    }
    names
}

fn name_011(store: &str) -> String {
    if store.is_empty() { "external".to_owned() } else { format!("external-{store}") }
}

/// The store that a 2.x marker like `<blob@raw>` names.
fn modern_store(marker: &str) -> Option<&str> {
    let (_, store) = marker.strip_prefix('<')?.strip_suffix('>')?.split_once('@')?;
    Some(store.trim()).filter(|s| !s.is_empty())
}

fn spec_of(settings: &Settings, name: &str, of_011: bool) -> Option<StoreSpec> {
    if of_011 {
        let key = name.strip_prefix("external").unwrap_or_default().trim_start_matches('-');
        return settings.external_stores.get(key).cloned();
    }
    settings.store_as(name, Generation::Legacy)
}

/// Two stores with the same place hold the same objects, and what one tracks is no orphan of the other.
fn place(spec: &StoreSpec) -> String {
    let location = spec.location.trim_end_matches('/');
    format!("{} {location} {:?} {:?}", spec.protocol, spec.endpoint, spec.bucket)
}

enum RowError {
    Server(rejoint_db::Error),
    Store(rejoint_store::Error),
}

impl From<rejoint_store::Error> for RowError {
    fn from(error: rejoint_store::Error) -> Self {
        RowError::Store(error)
    }
}

/// An error with its causes, as one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut shown = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(": ");
        shown.push_str(&cause.to_string());
        source = cause.source();
    }
    shown
}

/// Looks at all stores; completes `reports` (one for each of `tracking`, in order).
pub(crate) fn stores(
    reader: &mut Reader<'_>,
    settings: &Settings,
    tracking: &[TrackingTable<'_>],
    reports: &mut [TrackingReport],
) -> Result<Stores, Error> {
    let catalog = reader.catalog;
    let names = store_names(catalog, tracking);
    let is_011 = |name: &str, schemas: &BTreeSet<String>| {
        (name == "external" || name.starts_with("external-"))
            && tracking
                .iter()
                .any(|t| t.tracks == Tracks::External011 && schemas.contains(&t.table.name.schema))
    };
    let mut result = Stores { stores: Vec::new(), missing: Vec::new() };
    let mut places: BTreeMap<String, Vec<(String, StoreSpec, bool)>> = BTreeMap::new();
    for (name, schemas) in &names {
        let of_011 = is_011(name, schemas);
        let spec = spec_of(settings, name, of_011);
        let problems: Vec<String> = settings.store_errors(name).map(|p| p.message.clone()).collect();
        result.stores.push(StoreReport {
            name: name.clone(),
            configured: spec.is_some(),
            reachable: None,
            description: match &spec {
                Some(_) if !problems.is_empty() => problems.join("; "),
                Some(spec) => format!("{} {}", spec.protocol, spec.location),
                None => {
                    "the settings do not name it; add it, or give its place with --store NAME=FOLDER".into()
                }
            },
            schemas: schemas.iter().cloned().collect(),
            orphans: None,
        });
        if let Some(spec) = spec {
            places.entry(place(&spec)).or_default().push((name.clone(), spec, of_011));
        }
    }
    for members in places.values() {
        let Some((_, first, _)) = members.first() else { continue };
        let outcome = match rejoint_store::open(first) {
            Ok(store) => look_at(reader, store.as_ref(), members, tracking, reports, &mut result)?,
            Err(error) => Err(error),
        };
        for (name, ..) in members {
            if let Some(report) = result.stores.iter_mut().find(|s| s.name == *name) {
                report.reachable = Some(outcome.is_ok());
                if let Err(error) = &outcome {
                    report.description = chain(error);
                }
            }
        }
    }
    Ok(result)
}

/// One place with all its stores. The inner error is the store's: it says nothing about the rest of the scan.
fn look_at(
    reader: &mut Reader<'_>,
    store: &dyn ObjectStore,
    members: &[(String, StoreSpec, bool)],
    tracking: &[TrackingTable<'_>],
    reports: &mut [TrackingReport],
    result: &mut Stores,
) -> Result<Result<(), rejoint_store::Error>, Error> {
    if reader.options.check_objects == ObjectCheck::None {
        return Ok(store.reachable());
    }
    let content = reader.options.check_objects == ObjectCheck::Hash;
    let mut inventory = Inventory::new(store, Checks { content, threads: reader.options.threads });
    for (name, spec, of_011) in members {
        for (tracked, report) in tracking.iter().zip(reports.iter_mut()) {
            let outcome = match &tracked.tracks {
                Tracks::Store(tracked_store) if !of_011 && tracked_store == name => {
                    tracked_objects(reader, store, spec, &mut inventory, tracked, report, result)?
                }
                Tracks::External011 if *of_011 => {
                    objects_of_011(reader, store, name, &mut inventory, tracked, report, result)?
                }
                _ => Ok(()),
            };
            if outcome.is_err() {
                return Ok(outcome);
            }
        }
        known_by_2x(reader, name, &mut inventory)?;
    }
    let mut orphans = OrphanReport::default();
    let max_examples = reader.options.max_examples;
    for schema in reader.catalog.schemas.keys() {
        // a schema's name may be impossible as a folder: then it has no objects
        let Ok(folder) = StorePath::new(schema.as_str()) else { continue };
        let outcome = inventory.check_orphans(&folder, |finding: Finding| {
            if let FindingKind::Orphan { size, .. } = finding.kind {
                orphans.count += 1;
                orphans.bytes = orphans.bytes.saturating_add(size);
                // folders are listed in the order of the disk; the first by path are kept
                orphans.examples.push(finding.path);
                orphans.examples.sort();
                orphans.examples.truncate(max_examples);
            }
        });
        if outcome.is_err() {
            return Ok(outcome);
        }
    }
    if let Some((name, ..)) = members.first()
        && let Some(report) = result.stores.iter_mut().find(|s| s.name == *name)
    {
        report.orphans = Some(orphans);
    }
    Ok(Ok(()))
}

fn example(finding: &Finding) -> ObjectExample {
    let (word, detail) = match &finding.kind {
        FindingKind::Missing => ("missing", String::new()),
        FindingKind::SizeMismatch { expected, found } => {
            ("size_mismatch", format!("{found} bytes, its row says {expected}"))
        }
        FindingKind::ContentMismatch { expected, found } => {
            ("content_mismatch", format!("its MD5 is {found}, its row says {expected}"))
        }
        FindingKind::Unreadable { reason } => ("unreadable", reason.clone()),
        FindingKind::NotUnderstood { reason } => ("not_understood", reason.clone()),
        _ => ("other", String::new()),
    };
    ObjectExample {
        finding: word.to_owned(),
        path: finding.path.clone(),
        hash: finding.hash.clone().unwrap_or_default(),
        detail,
    }
}

fn add(objects: &mut ObjectsReport, example: ObjectExample, max_examples: usize) {
    *match example.finding.as_str() {
        "missing" => &mut objects.missing,
        "size_mismatch" => &mut objects.size_mismatches,
        "content_mismatch" => &mut objects.content_mismatches,
        "unreadable" => &mut objects.unreadable,
        _ => &mut objects.not_understood,
    } += 1;
    // objects come in no fixed order: the first by path are kept, of each kind some, so that equal scans give equal reports
    objects.examples.push(example);
    objects.examples.sort_by(|a, b| (&a.finding, &a.path, &a.hash).cmp(&(&b.finding, &b.path, &b.hash)));
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    objects.examples.retain(|e| {
        let n = kept.entry(e.finding.clone()).or_default();
        *n += 1;
        *n <= max_examples
    });
}

fn tracked_objects(
    reader: &mut Reader<'_>,
    store: &dyn ObjectStore,
    spec: &StoreSpec,
    inventory: &mut Inventory<'_>,
    tracked: &TrackingTable<'_>,
    report: &mut TrackingReport,
    result: &mut Stores,
) -> Result<Result<(), rejoint_store::Error>, Error> {
    let (name, what) = (&tracked.table.name, tracked.table.name.to_string());
    let from = qualified(name);
    let sql = format!("SELECT {ROW_COLUMNS} FROM {from} WHERE `filepath` IS NULL LIMIT {SUBFOLDING_ROWS}");
    let sample: Vec<TrackingRow> =
        reader.rows(&what, &sql, &[])?.unwrap_or_default().iter().filter_map(|r| tracking_row(r)).collect();
    let mut folds = spec.subfolding.clone();
    if !sample.is_empty() {
        match subfolding(store, &name.schema, &sample, &spec.subfolding) {
            Ok(found) => {
                if let Some(fits) = &found.fits {
                    folds.clone_from(fits);
                }
                report.subfolding = Some(found);
            }
            Err(error) => return Ok(Err(error)),
        }
    }
    reader.progress.phase(&format!("objects of {what}"), report.rows);
    let max_examples = reader.options.max_examples;
    let before = inventory.summary().n_rows;
    let mut objects = ObjectsReport::default();
    let mut missing: Vec<[u8; 16]> = Vec::new();
    let sql = format!("SELECT {ROW_COLUMNS} FROM {from}");
    let progress = &mut *reader.progress;
    let outcome = (|| -> Result<(), RowError> {
        let mut stream = reader.connection.stream(&sql, &[]).map_err(RowError::Server)?;
        let rows = std::iter::from_fn(|| match stream.next_row() {
            Ok(Some(row)) => {
                progress.advance(1);
                let values: Vec<Value> =
                    row.unwrap_raw().into_iter().map(|v| v.unwrap_or(Value::NULL)).collect();
                Some(tracking_row(&values).ok_or_else(|| {
                    RowError::Server(rejoint_db::Error::Unexpected {
                        what: "a tracking row has not the columns or types of 0.12 to 0.14".into(),
                    })
                }))
            }
            Ok(None) => None,
            Err(error) => Some(Err(RowError::Server(error))),
        });
        inventory.check_rows(&name.schema, &folds, rows, |finding| {
            if finding.kind == FindingKind::Missing
                && missing.len() < MAX_MISSING
                && let Some(hash) = finding.hash.as_deref().and_then(|h| HEXLOWER.decode(h.as_bytes()).ok())
                && let Ok(hash) = hash.as_slice().try_into()
            {
                missing.push(hash);
            }
            add(&mut objects, example(&finding), max_examples);
        })
    })();
    match outcome {
        Ok(()) => {}
        Err(RowError::Store(error)) => return Ok(Err(error)),
        Err(RowError::Server(rejoint_db::Error::Unexpected { what: why })) => {
            reader.skip(&format!("objects of {what}"), &why);
            return Ok(Ok(()));
        }
        Err(RowError::Server(error)) => {
            reader.refused(&format!("objects of {what}"), error)?;
            return Ok(Ok(()));
        }
    }
    objects.checked = inventory.summary().n_rows - before;
    objects.looks_like_wrong_place = objects.checked > 0 && objects.missing == objects.checked;
    missing.sort_unstable();
    let hashes: Vec<Value> = missing.iter().map(|h| Value::Bytes(h.to_vec())).collect();
    let referenced = references(reader, &report.store.clone(), tracked, &hashes, result)?;
    if objects.missing == hashes.len() as u64 {
        objects.missing_unreferenced = referenced.map(|n| objects.missing.saturating_sub(n));
    }
    report.objects = Some(objects);
    Ok(Ok(()))
}

/// Looks up which rows refer to missing objects; returns how many of the objects are referred to.
fn references(
    reader: &mut Reader<'_>,
    store: &str,
    tracked: &TrackingTable<'_>,
    hashes: &[Value],
    result: &mut Stores,
) -> Result<Option<u64>, Error> {
    let mut referenced: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut complete = true;
    for (table, column) in &tracked.referring {
        if column.is_hidden() || hashes.is_empty() {
            continue;
        }
        let (from, own, place) =
            (qualified(&table.name), ident(&column.name), format!("{}.{}", table.name, column.name));
        let key = table.primary_key();
        let mut found = MissingReferences {
            table: table.name.clone(),
            column: column.name.clone(),
            nullable: column.nullable,
            store: store.to_owned(),
            rows: 0,
            objects: 0,
            examples: Vec::new(),
        };
        let mut own_objects: BTreeSet<Vec<u8>> = BTreeSet::new();
        // a bound byte string is taken for text
        let is_binary = column.data_type.ends_with("binary");
        let bound: Vec<Value> = hashes
            .iter()
            .map(|hash| match hash {
                Value::Bytes(bytes) if is_binary => Value::from(crate::reader::hex(bytes)),
                other => other.clone(),
            })
            .collect();
        for chunk in bound.chunks(HASHES_PER_QUERY) {
            let marks = vec![if is_binary { "UNHEX(?)" } else { "?" }; chunk.len()].join(",");
            let filter = format!("FROM {from} WHERE {own} IN ({marks})");
            let sql = format!("SELECT {own}, COUNT(*) {filter} GROUP BY {own}");
            let Some(groups) = reader.rows(&place, &sql, chunk)? else {
                complete = false;
                break;
            };
            for group in &groups {
                if let [Value::Bytes(hash), count] = group.as_slice() {
                    found.rows += number(count);
                    own_objects.insert(hash.clone());
                }
            }
            let room = reader.options.max_examples.saturating_sub(found.examples.len());
            if !groups.is_empty() && room > 0 && !key.is_empty() {
                let sql = format!("SELECT {} {filter} LIMIT {room}", crate::reader::columns(&key));
                let rows = reader.rows(&place, &sql, chunk)?.unwrap_or_default();
                found.examples.extend(rows.iter().map(|row| key_shown(&key, row)));
            }
        }
        found.objects = own_objects.len() as u64;
        referenced.append(&mut own_objects);
        if found.rows > 0 {
            result.missing.push(found);
        }
    }
    Ok(complete.then_some(referenced.len() as u64))
}

/// Objects of `~external` of 0.11 that belong to one store.
fn objects_of_011(
    reader: &mut Reader<'_>,
    store: &dyn ObjectStore,
    store_name: &str,
    inventory: &mut Inventory<'_>,
    tracked: &TrackingTable<'_>,
    report: &mut TrackingReport,
    result: &mut Stores,
) -> Result<Result<(), rejoint_store::Error>, Error> {
    let name = &tracked.table.name;
    let what = name.to_string();
    let content = reader.options.check_objects == ObjectCheck::Hash;
    let max_examples = reader.options.max_examples;
    let mut objects = report.objects.take().unwrap_or_default();
    let mut missing: Vec<Value> = Vec::new();
    let mut store_error = None;
    let sql = format!("SELECT `hash`, `size` FROM {}", qualified(name));
    let outcome = (|| -> Result<(), rejoint_db::Error> {
        let mut rows = reader.connection.stream(&sql, &[])?;
        while let Some(row) = rows.next_row()? {
            let values: Vec<Value> = row.unwrap_raw().into_iter().map(|v| v.unwrap_or(Value::NULL)).collect();
            let [hash, size] = values.as_slice() else { continue };
            let (hash, size) = (text(hash), number(size));
            let suffix = hash.get(HASH_011_CHARS..).unwrap_or_default();
            if name_011(suffix) != store_name {
                continue;
            }
            objects.checked += 1;
            let path = match external_path(&name.schema, &hash) {
                Ok(path) => path,
                Err(error) => {
                    let detail = error.to_string();
                    add(&mut objects, bad("not_understood", "", &hash, detail), max_examples);
                    continue;
                }
            };
            inventory.add_known(&path);
            match store.head(&path) {
                Ok(None) => {
                    if missing.len() < MAX_MISSING {
                        missing.push(Value::from(hash.as_str()));
                    }
                    add(&mut objects, bad("missing", path.as_str(), &hash, String::new()), max_examples);
                }
                Ok(Some(meta)) if meta.size != size => {
                    let detail = format!("{} bytes, its row says {size}", meta.size);
                    add(&mut objects, bad("size_mismatch", path.as_str(), &hash, detail), max_examples);
                }
                Ok(Some(_)) if content => match rejoint_store::digest(store, &path) {
                    Ok(digest) => {
                        let found = BASE64URL_NOPAD.encode(&digest.sha256);
                        if !hash.starts_with(&found) {
                            let detail = format!("its SHA-256 is {found}");
                            add(
                                &mut objects,
                                bad("content_mismatch", path.as_str(), &hash, detail),
                                max_examples,
                            );
                        }
                    }
                    Err(error) => {
                        add(
                            &mut objects,
                            bad("unreadable", path.as_str(), &hash, chain(&error)),
                            max_examples,
                        );
                    }
                },
                Ok(Some(_)) => {}
                Err(error @ rejoint_store::Error::Unreachable { .. }) => {
                    store_error = Some(error);
                    return Ok(());
                }
                Err(error) => {
                    add(&mut objects, bad("unreadable", path.as_str(), &hash, chain(&error)), max_examples);
                }
            }
        }
        Ok(())
    })();
    if let Err(error) = outcome {
        reader.refused(&format!("objects of {what}"), error)?;
        return Ok(Ok(()));
    }
    if let Some(error) = store_error {
        return Ok(Err(error));
    }
    objects.looks_like_wrong_place = objects.checked > 0 && objects.missing == objects.checked;
    let referenced = references(reader, store_name, tracked, &missing, result)?;
    let unreferenced = referenced.map(|n| (missing.len() as u64).saturating_sub(n));
    objects.missing_unreferenced = match (objects.missing_unreferenced, unreferenced) {
        (Some(a), Some(b)) => Some(a + b),
        (None, b) => b,
        (a, None) => a,
    };
    report.objects = Some(objects);
    Ok(Ok(()))
}

fn bad(finding: &str, path: &str, hash: &str, detail: String) -> ObjectExample {
    ObjectExample { finding: finding.to_owned(), path: path.to_owned(), hash: hash.to_owned(), detail }
}

/// Objects that pointers of 2.x refer to are no orphans, wherever they lie.
fn known_by_2x(reader: &mut Reader<'_>, store: &str, inventory: &mut Inventory<'_>) -> Result<(), Error> {
    let catalog = reader.catalog;
    for table in catalog.tables() {
        for column in &table.columns {
            let AttributeKind::Modern { marker } = classify(table, column) else { continue };
            if modern_store(&marker) != Some(store) {
                continue;
            }
            let own = ident(&column.name);
            let sql = format!(
                "SELECT JSON_UNQUOTE(JSON_EXTRACT({own}, '$.path')) FROM {} WHERE {own} IS NOT NULL",
                qualified(&table.name)
            );
            let place = format!("{}.{}", table.name, column.name);
            for row in reader.rows(&place, &sql, &[])?.unwrap_or_default() {
                if let Some(path) = row.first().and_then(|v| StorePath::new(text(v)).ok()) {
                    inventory.add_known(&path);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_of_0_11_keep_their_names_of_the_settings() {
        assert_eq!(name_011(""), "external");
        assert_eq!(name_011("cold"), "external-cold");
        assert_eq!(modern_store("<blob@raw>"), Some("raw"));
        assert_eq!(modern_store("<blob>"), None);
    }
}
