//! New objects of attachments: name, NUL, content.
//!
//! The work list is the hidden table `~rejoint_objects`. A row goes `wanted` → `writing` → `created`, or `wanted` → `existed` when the
//! object was there before us, or `missing` when the old file is not there and a person decided to keep the pointer. Undo deletes
//! what is `writing` or `created`, nothing else.

use super::Probe;
use crate::error::{Context as _, RunError};
use crate::journal::cut_here;
use crate::runner::Run;
use rejoint_db::{Value, ident, qualified};
use rejoint_model::TableName;
use rejoint_plan::pointer_sql::attachment_folder;
use rejoint_plan::{OBJECTS_TABLE, PointerColumn};
use rejoint_store::{StorePath, TrackingRow, copy_attachment, v2};
use std::collections::{BTreeMap, BTreeSet};

fn list_table(schema: &str) -> TableName {
    TableName::new(schema, OBJECTS_TABLE)
}

pub(crate) fn probe(
    run: &mut Run<'_>,
    schema: &str,
    pointers: &[(String, PointerColumn)],
    collect: bool,
) -> Result<Probe, RunError> {
    let table = list_table(schema);
    if !super::ddl::table_exists(run, &table)? {
        return Ok(Probe::NotStarted);
    }
    let open = format!("SELECT COUNT(*) FROM {} WHERE `state` IN ('wanted', 'writing')", qualified(&table));
    if run.connection.number(&open, &[]).context("looking for objects to write")?.unwrap_or(0) > 0 {
        return Ok(Probe::Half);
    }
    if collect {
        for (name, pointer) in pointers {
            if !column_exists(run, schema, name, &pointer.new_column)? {
                continue; // swapped, or not added yet
            }
            let sql = format!(
                "SELECT 1 FROM {} t WHERE t.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {list} o WHERE o.`store` = ? AND o.`hash` = t.{column} AND o.`adapted` = ?) LIMIT 1",
                qualified(&TableName::new(schema, name)),
                column = ident(&pointer.column),
                list = qualified(&table),
            );
            let params = [Value::from(pointer.store.as_str()), Value::from(u8::from(pointer.adapted))];
            if run.connection.number(&sql, &params).context("looking for objects to write")?.is_some() {
                return Ok(Probe::Half);
            }
        }
    }
    Ok(Probe::Done)
}

pub(crate) fn column_exists(
    run: &mut Run<'_>,
    schema: &str,
    table: &str,
    column: &str,
) -> Result<bool, RunError> {
    let columns = run.connection.columns(&TableName::new(schema, table)).context("looking for a column")?;
    Ok(columns.iter().any(|c| c == column))
}

pub(crate) fn act(
    run: &mut Run<'_>,
    schema: &str,
    pointers: &[(String, PointerColumn)],
    collect: bool,
) -> Result<(), RunError> {
    let list = qualified(&list_table(schema));
    if collect {
        for (name, pointer) in pointers {
            let column = ident(&pointer.column);
            let sql = format!(
                "INSERT INTO {list} (`store`, `hash`, `adapted`, `state`) SELECT DISTINCT ?, t.{column}, ?, 'wanted' FROM {} t WHERE t.{column} IS NOT NULL ON DUPLICATE KEY UPDATE `state` = {list}.`state`",
                qualified(&TableName::new(schema, name))
            );
            let params = [Value::from(pointer.store.as_str()), Value::from(u8::from(pointer.adapted))];
            run.patient(&sql, &params)?;
            cut_here(&mut run.connection)?;
        }
    }
    if run.options.without_objects {
        let sql = format!("UPDATE {list} SET `state` = 'missing' WHERE `state` IN ('wanted', 'writing')");
        return run.patient(&sql, &[]).map(|_| ());
    }
    let total = run
        .connection
        .number(&format!("SELECT COUNT(*) FROM {list} WHERE `state` IN ('wanted', 'writing')"), &[])
        .context("counting objects to write")?
        .and_then(|n| u64::try_from(n).ok())
        .unwrap_or(0);
    let mut done = 0;
    let mut tolerated: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, pointer) in pointers {
        let hashes = pointer.kept_missing.iter().chain(&pointer.nulled).map(String::as_str);
        tolerated.entry(pointer.store.as_str()).or_default().extend(hashes);
    }
    loop {
        let batch = listed(run, schema, ["wanted", "writing"], "reading objects to write")?;
        if batch.is_empty() {
            return Ok(());
        }
        for Listed { store, hash, adapted } in batch {
            let may_miss = tolerated.get(store.as_str()).is_some_and(|h| h.contains(v2::hex(&hash).as_str()));
            write_one(run, schema, &store, &hash, adapted, may_miss)?;
            done += 1;
            run.progress.tick("objects", done, total);
        }
    }
}

/// One object of the list: what names it.
struct Listed {
    store: String,
    hash: [u8; 16],
    adapted: bool,
}

/// Up to 200 objects of the list that are in one of `states`.
fn listed(
    run: &mut Run<'_>,
    schema: &str,
    states: [&str; 2],
    doing: &'static str,
) -> Result<Vec<Listed>, RunError> {
    let list = qualified(&list_table(schema));
    let sql = format!("SELECT `store`, `hash`, `adapted` FROM {list} WHERE `state` IN (?, ?) LIMIT 200");
    let rows = run.connection.rows(&sql, &states.map(Value::from)).context(doing)?;
    rows.iter()
        .map(|row| {
            let (Some(Value::Bytes(store)), Some(Value::Bytes(hash)), Some(adapted)) =
                (row.as_ref(0), row.as_ref(1), row.as_ref(2))
            else {
                return Err(RunError::Bug(format!("{list} holds a row of an unexpected shape")));
            };
            Ok(Listed {
                store: String::from_utf8_lossy(store).into_owned(),
                hash: <[u8; 16]>::try_from(hash.as_slice())
                    .map_err(|_| RunError::Bug(format!("{list} holds a hash that is not 16 bytes")))?,
                adapted: matches!(adapted, Value::Int(1) | Value::UInt(1)),
            })
        })
        .collect()
}

fn set_state(
    run: &mut Run<'_>,
    schema: &str,
    store: &str,
    hash: &[u8; 16],
    adapted: bool,
    state: &str,
) -> Result<(), RunError> {
    let sql = format!(
        "UPDATE {} SET `state` = ? WHERE `store` = ? AND `hash` = UNHEX(?) AND `adapted` = ?",
        qualified(&list_table(schema))
    );
    let params =
        [Value::from(state), Value::from(store), Value::from(v2::hex(hash)), Value::from(u8::from(adapted))];
    run.patient(&sql, &params)?;
    cut_here(&mut run.connection)
}

fn new_path(
    run: &Run<'_>,
    schema: &str,
    store: &str,
    hash: &[u8; 16],
    adapted: bool,
) -> Result<StorePath, RunError> {
    let spec =
        run.stores.specs.get(store).ok_or_else(|| {
            RunError::refused(format!("the store `{store}` is not in the settings"), "Add it.")
        })?;
    let folder = attachment_folder(&spec.hash_prefix, adapted);
    let place = format!("place of an object in `{store}`");
    v2::hash_path(hash, schema, &spec.subfolding, folder.trim_end_matches('/')).context(place)
}

fn write_one(
    run: &mut Run<'_>,
    schema: &str,
    store: &str,
    hash: &[u8; 16],
    adapted: bool,
    may_miss: bool,
) -> Result<(), RunError> {
    let path = new_path(run, schema, store, hash, adapted)?;
    let stores = run.stores;
    let (Some(spec), Some(open)) = (stores.specs.get(store), stores.open.get(store)) else {
        return Err(RunError::refused(format!("the store `{store}` is not open"), "Check the settings."));
    };
    let row = tracking_row(run, schema, store, hash)?;
    let state = run
        .connection
        .one_text(
            &format!(
                "SELECT `state` FROM {} WHERE `store` = ? AND `hash` = UNHEX(?) AND `adapted` = ?",
                qualified(&list_table(schema))
            ),
            &[Value::from(store), Value::from(v2::hex(hash)), Value::from(u8::from(adapted))],
        )
        .context("reading an object's state")?;
    // an object that was there before we announced to write it is not ours: undo must not delete it
    let before_us =
        state.as_deref() == Some("wanted") && open.head(&path).context("looking for an object")?.is_some();
    if !before_us {
        set_state(run, schema, store, hash, adapted, "writing")?;
    }
    match copy_attachment(open.as_ref(), &row, schema, &spec.subfolding, open.as_ref(), &path) {
        Ok(_) => {
            cut_here(&mut run.connection)?;
            set_state(run, schema, store, hash, adapted, if before_us { "existed" } else { "created" })
        }
        Err(rejoint_store::Error::NotFound { .. }) if may_miss => {
            set_state(run, schema, store, hash, adapted, "missing")
        }
        Err(error) => Err(error).context(format!(
            "writing the new object of attachment `{}` of schema {schema}",
            row.attachment_name.as_deref().unwrap_or_default()
        )),
    }
}

/// The tracking row of a hash.
pub(crate) fn tracking_row(
    run: &mut Run<'_>,
    schema: &str,
    store: &str,
    hash: &[u8; 16],
) -> Result<TrackingRow, RunError> {
    let table = TableName::new(schema, format!("~external_{store}"));
    let sql = format!(
        "SELECT `size`, `attachment_name`, `filepath`, `contents_hash` FROM {} WHERE `hash` = UNHEX(?)",
        qualified(&table)
    );
    let rows =
        run.connection.rows(&sql, &[Value::from(v2::hex(hash))]).context(format!("reading {table}"))?;
    let row = rows.first().ok_or_else(|| {
        RunError::refused(format!("{table} has no row {}", v2::hex(hash)), "Restore the tracking row.")
    })?;
    let text = |i: usize| match row.as_ref(i) {
        Some(Value::Bytes(b)) => Some(String::from_utf8_lossy(b).into_owned()),
        _ => None,
    };
    Ok(TrackingRow {
        hash: *hash,
        size: match row.as_ref(0) {
            Some(Value::UInt(n)) => *n,
            Some(Value::Int(n)) => u64::try_from(*n).unwrap_or(0),
            _ => 0,
        },
        attachment_name: text(1),
        filepath: text(2),
        contents_hash: match row.as_ref(3) {
            Some(Value::Bytes(b)) => <[u8; 16]>::try_from(b.as_slice()).ok(),
            _ => None,
        },
    })
}

/// Deletes what the plan created.
pub(crate) fn undo(
    run: &mut Run<'_>,
    schema: &str,
    pointers: &[(String, PointerColumn)],
) -> Result<(), RunError> {
    // between the stages the triggers still point to these objects: only a return to the very start deletes them
    for (name, pointer) in pointers {
        if column_exists(run, schema, name, &pointer.old_column)? {
            return Err(RunError::Bug(format!(
                "objects of {schema}.{name} would be deleted while 2.x pointers refer to them"
            )));
        }
    }
    loop {
        let batch = listed(run, schema, ["created", "writing"], "reading objects to delete")?;
        if batch.is_empty() {
            return Ok(());
        }
        for Listed { store, hash, adapted } in batch {
            let path = new_path(run, schema, &store, &hash, adapted)?;
            let stores = run.stores;
            let open = stores.open.get(&store).ok_or_else(|| {
                RunError::refused(format!("the store `{store}` is not open"), "Check the settings.")
            })?;
            // announced first: whoever applies the plan again instead of undoing further must not take the object for written
            set_state(run, schema, &store, &hash, adapted, "writing")?;
            open.delete(&path).context("deleting an object that this plan created")?;
            cut_here(&mut run.connection)?;
            set_state(run, schema, &store, &hash, adapted, "wanted")?;
        }
    }
}
