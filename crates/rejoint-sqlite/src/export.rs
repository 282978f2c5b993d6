//! Writing a file's pipeline as a dump that a server loads.

use crate::catalog_tables::{self as kept, failed};
use crate::engine::connect;
use crate::error::Error;
use crate::import::kinds;
use crate::names::{physical, quoted};
use crate::storage::{Kind, given};
use rejoint_db::cell;
use rejoint_dump::{Circumstances, DumpWriter, QualifiedName, Trigger, View, ViewPlaceholder, WriterOptions};
use rejoint_model::TableName;
use rejoint_value::Cell;
use std::io::Write;
use std::path::Path;

/// What was written.
pub type Exported = rejoint_dump::Written;

/// Writes every table for which `keep` is true, with its triggers, and all views.
///
/// # Errors
/// The file, the output, or a value that no dump can hold.
pub fn export(
    path: &Path,
    out: impl Write,
    writer: &str,
    keep: &dyn Fn(&TableName) -> bool,
) -> Result<Exported, Error> {
    let db = connect(path)?;
    let server = kept::server(&db)?;
    let mut dump = DumpWriter::new(out, WriterOptions::new(writer, &server.version_text))?;
    let tables = kept::tables(&db)?;
    for schema in kept::schema_names(&db)? {
        let charset = kept::schema_charset(&db, &schema)?;
        let (charset, collation) =
            charset.as_ref().map_or((None, None), |(a, b)| (Some(a.as_str()), Some(b.as_str())));
        dump.database(&schema, charset, collation)?;
        for (name, _) in tables.iter().filter(|(name, _)| name.schema == schema && keep(name)) {
            let Some(definition) = kept::definition(&db, name)? else { continue };
            dump.table(&name.table, definition.as_bytes())?;
            rows(&db, name, server.is_mariadb(), &mut dump)?;
        }
        let qualified = |name: &str| QualifiedName { database: Some(schema.clone()), name: name.to_owned() };
        for trigger in kept::triggers(&db, &schema)? {
            dump.trigger(Trigger {
                name: qualified(&trigger.name.table),
                table: qualified(&trigger.target),
                timing: trigger.timing,
                event: trigger.event,
                definer: None,
                statement: trigger.statement,
                create: trigger.written,
                circumstances: Circumstances {
                    sql_mode: trigger.sql_mode,
                    charset: trigger.charset,
                    collation: trigger.collation,
                    time_zone: None,
                },
            })?;
        }
        for view in kept::views(&db, &schema)? {
            if !view.columns.is_empty() {
                dump.view_placeholder(ViewPlaceholder {
                    name: qualified(&view.name.table),
                    columns: view.columns,
                });
            }
            dump.view(View {
                name: qualified(&view.name.table),
                create: view.written,
                definer: None,
                select: view.definition,
            })?;
        }
    }
    let (_, written) = dump.finish()?;
    Ok(written)
}

fn rows<W: Write>(
    db: &rusqlite::Connection,
    name: &TableName,
    mariadb: bool,
    dump: &mut DumpWriter<W>,
) -> Result<(), Error> {
    let Some(table) = kept::table(db, name, mariadb)? else { return Ok(()) };
    let columns = kinds(&table);
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let list: Vec<String> = names.iter().map(|n| quoted(n)).collect();
    let key: Vec<String> = table.primary_key().iter().map(|k| quoted(k)).collect();
    let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {}", key.join(", ")) };
    let sql = format!("SELECT {} FROM {}{order}", list.join(", "), quoted(&physical(name)));
    let mut statement = db.prepare(&sql).map_err(|e| failed(e, &sql))?;
    let mut found = statement.query([]).map_err(|e| failed(e, &sql))?;
    let mut begun = false;
    while let Some(row) = found.next().map_err(|e| failed(e, &sql))? {
        if !begun {
            dump.begin_rows(&name.table, &names)?;
            begun = true;
        }
        let values = columns
            .iter()
            .enumerate()
            .map(|(i, (_, kind))| given(row.get_ref(i).map_err(|e| failed(e, &sql))?, *kind))
            .collect::<Result<Vec<_>, rejoint_db::Error>>()?;
        let cells: Vec<Cell<'_>> =
            values.iter().zip(&columns).map(|(v, (_, kind))| cell(Some(v), *kind == Kind::Bytes)).collect();
        dump.row(&cells)?;
    }
    Ok(())
}
