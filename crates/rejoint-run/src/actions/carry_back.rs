//! The way back for rows that 2.x clients wrote after the swap: each gets a legacy pointer, a tracking row, and an object where 0.14
//! looks for it. Runs only as part of an undo, before the columns are swapped back.

use crate::error::{Context as _, RunError};
use crate::journal::cut_here;
use crate::range::KeyValue;
use crate::runner::Run;
use rejoint_db::{Value, ident, qualified};
use rejoint_model::{ExternalKind, TableName};
use rejoint_plan::PointerColumn;
use rejoint_settings::StoreSpec;
use rejoint_store::{
    FilepathPointer, HashPointer, ObjectStore, StorePath, VerifyingReader, digest, legacy, v2,
};
use std::io::{BufRead as _, BufReader};

/// A row whose 2.x pointer says something else than its kept legacy pointer.
struct Changed {
    key: KeyValue,
    /// For each pointer: `None` nothing to do, `Some(None)` NULL, `Some(Some(json))` a new object.
    pointers: Vec<Option<Option<String>>>,
}

/// What a kept pointer and its tracking row denote.
struct Kept {
    hash: Option<[u8; 16]>,
    filepath: Option<String>,
    contents_hash: Option<[u8; 16]>,
    size: Option<u64>,
}

fn bytes16(value: Option<&Value>) -> Option<[u8; 16]> {
    match value {
        Some(Value::Bytes(b)) => <[u8; 16]>::try_from(b.as_slice()).ok(),
        _ => None,
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Bytes(b)) => Some(String::from_utf8_lossy(b).into_owned()),
        _ => None,
    }
}

/// Do the kept pointer and the JSON denote the same object?
fn same(pointer: &PointerColumn, kept: &Kept, json: &str) -> bool {
    match pointer.kind {
        ExternalKind::Blob | ExternalKind::Attach => {
            let md5 = HashPointer::parse(json).ok().and_then(|p| p.md5().ok());
            let old = if kept.filepath.is_some() { kept.contents_hash } else { kept.hash };
            md5.is_some() && md5 == old
        }
        // 2.x notes no hash of the content: a pointer without one where the tracking row has one was written by 2.x, perhaps for a file
        // that was written anew at the same path
        ExternalKind::Filepath => FilepathPointer::parse(json).is_ok_and(|p| {
            let md5 = p.hash.as_deref().map(v2::parse_content_hash);
            let same_content = match (md5, kept.contents_hash) {
                (Some(Ok(new)), Some(old)) => new == old,
                (None, None) => true,
                _ => false,
            };
            kept.filepath.as_deref() == Some(&p.path) && p.size == kept.size && same_content
        }),
    }
}

pub(crate) fn act(
    run: &mut Run<'_>,
    table: &TableName,
    key: &[String],
    pointers: &[PointerColumn],
    keep: &[String],
) -> Result<(), RunError> {
    for changed in changed_rows(run, table, key, pointers)? {
        let mut sets = Vec::new();
        let mut params = Vec::new();
        for (pointer, wanted) in pointers.iter().zip(&changed.pointers) {
            let old = ident(&pointer.old_column);
            match wanted {
                None => {}
                Some(None) => sets.push(format!("{old} = NULL")),
                Some(Some(json)) => {
                    let hash =
                        carry(run, table, pointer, json).map_err(|e| with_row(e, key, &changed.key))?;
                    sets.push(format!("{old} = UNHEX(?)"));
                    params.push(Value::from(v2::hex(&hash)));
                    if pointer.kind == ExternalKind::Filepath {
                        // 2.x notes no hash of the content; the new pointer says from now on what the tracking row says, or
                        // the two would not agree when the plan is applied again
                        sets.push(format!(
                            "{} = (SELECT {} FROM {} e WHERE e.`hash` = UNHEX(?))",
                            ident(&pointer.column),
                            pointer.expression,
                            qualified(&TableName::new(&table.schema, &pointer.tracking))
                        ));
                        params.push(Value::from(v2::hex(&hash)));
                    }
                }
            }
        }
        sets.extend(keep.iter().map(|c| format!("{0} = {0}", ident(c))));
        let (condition, values) = changed.key.equals(key);
        params.extend(values);
        let sql = format!("UPDATE {} SET {} WHERE {condition}", qualified(table), sets.join(", "));
        run.patient(&sql, &params)?;
        cut_here(&mut run.connection)?;
    }
    Ok(())
}

/// Names the row in a refusal, so that it can be found.
fn with_row(error: RunError, key: &[String], values: &KeyValue) -> RunError {
    match error {
        RunError::Refused { what, way_out } => {
            RunError::Refused { what: format!("{what} (row {})", values.shown(key)), way_out }
        }
        other => other,
    }
}

fn changed_rows(
    run: &mut Run<'_>,
    table: &TableName,
    key: &[String],
    pointers: &[PointerColumn],
) -> Result<Vec<Changed>, RunError> {
    let mut columns: Vec<String> = key.iter().map(|k| format!("t.{}", ident(k))).collect();
    let mut joins = String::new();
    for (i, pointer) in pointers.iter().enumerate() {
        let old = ident(&pointer.old_column);
        columns.extend([
            format!("t.{old}"),
            format!("t.{}", ident(&pointer.column)),
            format!("e{i}.`filepath`"),
            format!("e{i}.`contents_hash`"),
            format!("e{i}.`size`"),
        ]);
        joins.push_str(&format!(
            " LEFT JOIN {} e{i} ON e{i}.`hash` = t.{old}",
            qualified(&TableName::new(&table.schema, &pointer.tracking))
        ));
    }
    let sql = format!("SELECT {} FROM {} t{joins}", columns.join(", "), qualified(table));
    let context = || format!("comparing old and new pointers of {table}");
    let mut found = Vec::new();
    let mut stream = run.connection.stream(&sql, &[]).context(context())?;
    let binary = stream.binary().to_vec();
    while let Some(row) = stream.next_row().context(context())? {
        let mut wanted = Vec::with_capacity(pointers.len());
        for (i, pointer) in pointers.iter().enumerate() {
            let at = key.len() + 5 * i;
            let kept = Kept {
                hash: bytes16(row.as_ref(at)),
                filepath: text(row.as_ref(at + 2)),
                contents_hash: bytes16(row.as_ref(at + 3)),
                size: match row.as_ref(at + 4) {
                    Some(Value::UInt(n)) => Some(*n),
                    Some(Value::Int(n)) => u64::try_from(*n).ok(),
                    _ => None,
                },
            };
            let json = text(row.as_ref(at + 1));
            wanted.push(match (&kept.hash, json) {
                (None, None) => None,
                (Some(hash), None) if pointer.nulled.contains(&v2::hex(hash)) => None,
                (Some(_), None) => Some(None),
                (Some(_), Some(json)) if same(pointer, &kept, &json) => None,
                (_, Some(json)) => Some(Some(json)),
            });
        }
        if wanted.iter().any(Option::is_some) {
            let values = (0..key.len()).map(|i| row.as_ref(i).cloned().unwrap_or(Value::NULL)).collect();
            found.push(Changed { key: KeyValue::of(values, &binary), pointers: wanted });
        }
    }
    Ok(found)
}

fn opened<'r>(run: &Run<'r>, store: &str) -> Result<(&'r StoreSpec, &'r dyn ObjectStore), RunError> {
    let stores = run.stores;
    match (stores.specs.get(store), stores.open.get(store)) {
        (Some(spec), Some(open)) => Ok((spec, open.as_ref())),
        _ => Err(RunError::refused(format!("the store `{store}` is not open"), "Check the settings.")),
    }
}

/// Makes the legacy side of one 2.x pointer and returns its hash.
fn carry(
    run: &mut Run<'_>,
    table: &TableName,
    pointer: &PointerColumn,
    json: &str,
) -> Result<[u8; 16], RunError> {
    let place = format!("{}.{}", table, pointer.column);
    let refuse = |why: String| {
        RunError::refused(
            format!("{place}: a row written by a 2.x client cannot be carried back: {why}"),
            "Change or delete that row under 2.x, then undo again.",
        )
    };
    let (spec, store) = opened(run, &pointer.store)?;
    let elsewhere = |found: &Option<String>| found.as_deref().is_some_and(|s| s != pointer.store);
    let context = || format!("carrying an object of {place} back");
    let schema = &table.schema;
    let (hash, size, name, filepath, contents) = match pointer.kind {
        ExternalKind::Blob => {
            let new = HashPointer::parse(json).map_err(|e| refuse(e.to_string()))?;
            if elsewhere(&new.store) {
                return Err(refuse(format!(
                    "it points into another store ({})",
                    new.store.unwrap_or_default()
                )));
            }
            let md5 = new.md5().map_err(|e| refuse(e.to_string()))?;
            let from = StorePath::new(new.path).map_err(|e| refuse(e.to_string()))?;
            let to = legacy::blob_path(schema, &md5, &spec.subfolding).context(context())?;
            let mut content = VerifyingReader::new(store.read(&from).context(context())?, md5);
            store.write_new(&to, &mut content).context(context())?;
            (md5, content.n_bytes(), None, None, None)
        }
        ExternalKind::Attach => {
            let new = HashPointer::parse(json).map_err(|e| refuse(e.to_string()))?;
            if elsewhere(&new.store) {
                return Err(refuse(format!(
                    "it points into another store ({})",
                    new.store.unwrap_or_default()
                )));
            }
            let md5 = new.md5().map_err(|e| refuse(e.to_string()))?;
            let from = StorePath::new(new.path).map_err(|e| refuse(e.to_string()))?;
            let whole = digest(store, &from).context(context())?;
            if whole.md5 != md5 {
                return Err(refuse(format!(
                    "the content of {from} has not the hash that the pointer states"
                )));
            }
            let mut reader = BufReader::new(store.read(&from).context(context())?);
            let mut name = Vec::new();
            let read = reader.read_until(0, &mut name);
            read.map_err(|source| RunError::File { path: from.to_string(), source })?;
            if name.pop() != Some(0) {
                return Err(refuse(format!("{from} holds no name and NUL")));
            }
            let name =
                String::from_utf8(name).map_err(|_| refuse("the attachment's name is not UTF-8".into()))?;
            let to = legacy::attachment_path(schema, &md5, &spec.subfolding, &name)
                .map_err(|e| refuse(e.to_string()))?;
            store.write_new(&to, &mut reader).context(context())?;
            let size = whole.size.saturating_sub(name.len() as u64 + 1);
            (md5, size, Some(name), None, None)
        }
        ExternalKind::Filepath => {
            let new = FilepathPointer::parse(json).map_err(|e| refuse(e.to_string()))?;
            if elsewhere(&new.store) {
                return Err(refuse(format!(
                    "it points into another store ({})",
                    new.store.unwrap_or_default()
                )));
            }
            if new.is_dir {
                return Err(refuse(format!("`{}` is a folder, which 0.14 cannot express", new.path)));
            }
            let from = StorePath::new(new.path.as_str()).map_err(|e| refuse(e.to_string()))?;
            let content = digest(store, &from).context(context())?;
            let hash: [u8; 16] = {
                use md5::Digest as _;
                md5::Md5::digest(new.path.as_bytes()).into()
            };
            (hash, content.size, None, Some(new.path), Some(content.md5))
        }
    };
    cut_here(&mut run.connection)?;
    let tracking = qualified(&TableName::new(schema, &pointer.tracking));
    // the hash of a blob or an attachment is that of its content; that of a file is that of its path, and its content may be another now
    let known = if pointer.kind == ExternalKind::Filepath {
        "`size` = VALUES(`size`), `contents_hash` = VALUES(`contents_hash`)".to_owned()
    } else {
        format!("{tracking}.`timestamp` = {tracking}.`timestamp`")
    };
    let sql = format!(
        "INSERT INTO {tracking} (`hash`, `size`, `attachment_name`, `filepath`, `contents_hash`) VALUES (UNHEX(?), ?, ?, ?, UNHEX(?)) ON DUPLICATE KEY UPDATE {known}"
    );
    let params = [
        Value::from(v2::hex(&hash)),
        Value::from(size),
        Value::from(name),
        Value::from(filepath),
        Value::from(contents.map(|c| v2::hex(&c))),
    ];
    run.patient(&sql, &params)?;
    cut_here(&mut run.connection)?;
    Ok(hash)
}
