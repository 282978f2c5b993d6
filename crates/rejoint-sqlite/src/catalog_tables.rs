//! The tables of the file that hold schemas, definitions, triggers and views as the server printed them.

use crate::names::quoted;
use rejoint_db::{DefinitionError, Error, table_of};
use rejoint_model::{Catalog, Schema, Server, Table, TableName, Trigger, View};
use rusqlite::{Connection, OptionalExtension as _, ffi, params};
use std::collections::BTreeMap;

/// Version of the file's format, kept as SQLite's `user_version`.
pub(crate) const FORMAT: i64 = 1;

const TABLES: &str = "
CREATE TABLE rejoint_server (product TEXT, major INTEGER, minor INTEGER, patch INTEGER, version_text TEXT, identity TEXT);
CREATE TABLE rejoint_schema (name TEXT PRIMARY KEY, charset TEXT, collation TEXT);
CREATE TABLE rejoint_table (schema TEXT, name TEXT, definition TEXT, n_rows INTEGER, n_bytes INTEGER, PRIMARY KEY (schema, name));
CREATE TABLE rejoint_trigger (schema TEXT, name TEXT, target TEXT, timing TEXT, event TEXT, statement TEXT, written TEXT,
  sql_mode TEXT, charset TEXT, collation TEXT, PRIMARY KEY (schema, name));
CREATE TABLE rejoint_view (schema TEXT, name TEXT, definition TEXT, written TEXT, columns TEXT, PRIMARY KEY (schema, name));
";

/// The number that servers give for an error that callers tell apart: there is no such table, column, and so on.
fn server_code(error: &rusqlite::Error) -> Option<u16> {
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(error, message) => {
            (error.extended_code, message.as_deref().unwrap_or(""))
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, msg.as_str()),
        _ => return None,
    };
    match code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_ROWID => {
            Some(1062)
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => Some(1048),
        ffi::SQLITE_ERROR if message.starts_with("no such table: ") => Some(1146),
        ffi::SQLITE_ERROR if message.starts_with("no such column: ") => Some(1054),
        ffi::SQLITE_ERROR if message.contains(" has no column named ") => Some(1054),
        _ => None,
    }
}

pub(crate) fn failed(error: rusqlite::Error, statement: &str) -> Error {
    if let Some(code) = server_code(&error) {
        return Error::Server { code, message: error.to_string(), statement: rejoint_db::excerpt(statement) };
    }
    let code = error.sqlite_error().map(|e| e.extended_code);
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => Error::Server {
            code: 1021,
            message: error.to_string(),
            statement: rejoint_db::excerpt(statement),
        },
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Error::Server {
            code: 1205,
            message: error.to_string(),
            statement: rejoint_db::excerpt(statement),
        },
        Some(rusqlite::ErrorCode::SystemIoFailure | rusqlite::ErrorCode::CannotOpen) => {
            Error::Lost { message: error.to_string(), statement: rejoint_db::excerpt(statement) }
        }
        _ => Error::Unexpected {
            what: format!(
                "the embedded engine: {error}{} in: {}",
                code.map(|c| format!(" (code {c})")).unwrap_or_default(),
                rejoint_db::excerpt(statement)
            ),
        },
    }
}

/// Makes the tables in an empty file.
pub(crate) fn create(db: &Connection) -> Result<(), Error> {
    db.execute_batch(TABLES).map_err(|e| failed(e, "creating the file's catalog"))?;
    db.pragma_update(None, "user_version", FORMAT).map_err(|e| failed(e, "PRAGMA user_version"))
}

pub(crate) fn set_server(db: &Connection, server: &Server) -> Result<(), Error> {
    db.execute("DELETE FROM rejoint_server", []).map_err(|e| failed(e, "DELETE"))?;
    db.execute(
        "INSERT INTO rejoint_server VALUES (?, ?, ?, ?, ?, ?)",
        params![
            server.product,
            server.version.0,
            server.version.1,
            server.version.2,
            server.version_text,
            server.identity
        ],
    )
    .map_err(|e| failed(e, "INSERT INTO rejoint_server"))?;
    Ok(())
}

/// The server that the dump came from.
pub(crate) fn server(db: &Connection) -> Result<Server, Error> {
    let format: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|e| failed(e, "PRAGMA user_version"))?;
    if format != FORMAT {
        return Err(Error::Unexpected {
            what: format!("this is no file of rejoint's engine in format {FORMAT}: it says {format}"),
        });
    }
    let sql = "SELECT product, major, minor, patch, version_text, identity FROM rejoint_server";
    db.query_row(sql, [], |row| {
        Ok(Server {
            product: row.get(0)?,
            version: (row.get(1)?, row.get(2)?, row.get(3)?),
            version_text: row.get(4)?,
            identity: row.get(5)?,
        })
    })
    .map_err(|e| failed(e, sql))
}

pub(crate) fn add_schema(db: &Connection, name: &str, charset: &str, collation: &str) -> Result<(), Error> {
    let sql = "INSERT INTO rejoint_schema VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET charset = excluded.charset, collation = excluded.collation";
    db.execute(sql, params![name, charset, collation]).map_err(|e| failed(e, sql))?;
    Ok(())
}

pub(crate) fn schema_names(db: &Connection) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM rejoint_schema ORDER BY name";
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(|e| failed(e, sql))?;
    rows.collect::<Result<_, _>>().map_err(|e| failed(e, sql))
}

/// The character set of a schema, with its collation.
pub(crate) fn schema_charset(db: &Connection, name: &str) -> Result<Option<(String, String)>, Error> {
    let sql = "SELECT charset, collation FROM rejoint_schema WHERE name = ?";
    db.query_row(sql, [name], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(|e| failed(e, sql))
}

pub(crate) fn definition(db: &Connection, table: &TableName) -> Result<Option<String>, Error> {
    let sql = "SELECT definition FROM rejoint_table WHERE schema = ? AND name = ?";
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
    statement
        .query_row([&table.schema, &table.table], |row| row.get(0))
        .optional()
        .map_err(|e| failed(e, sql))
}

pub(crate) fn set_definition(db: &Connection, table: &TableName, definition: &str) -> Result<(), Error> {
    let sql = "INSERT INTO rejoint_table VALUES (?, ?, ?, 0, 0) ON CONFLICT DO UPDATE SET definition = excluded.definition";
    db.execute(sql, params![table.schema, table.table, definition]).map_err(|e| failed(e, sql))?;
    Ok(())
}

pub(crate) fn set_size(db: &Connection, table: &TableName, rows: u64, bytes: u64) -> Result<(), Error> {
    let sql = "UPDATE rejoint_table SET n_rows = ?, n_bytes = ? WHERE schema = ? AND name = ?";
    let (rows, bytes) = (i64::try_from(rows).unwrap_or(i64::MAX), i64::try_from(bytes).unwrap_or(i64::MAX));
    db.execute(sql, params![rows, bytes, table.schema, table.table]).map_err(|e| failed(e, sql))?;
    Ok(())
}

pub(crate) fn drop_table(db: &Connection, table: &TableName) -> Result<(), Error> {
    for sql in [
        "DELETE FROM rejoint_table WHERE schema = ? AND name = ?",
        "DELETE FROM rejoint_trigger WHERE schema = ? AND target = ?",
    ] {
        db.execute(sql, [&table.schema, &table.table]).map_err(|e| failed(e, sql))?;
    }
    Ok(())
}

/// All tables in the order of their names, with their rows.
pub(crate) fn tables(db: &Connection) -> Result<Vec<(TableName, u64)>, Error> {
    let sql = "SELECT schema, name, n_rows FROM rejoint_table ORDER BY schema, name";
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
    let rows = statement
        .query_map([], |row| {
            let name = TableName::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            Ok((name, u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0)))
        })
        .map_err(|e| failed(e, sql))?;
    rows.collect::<Result<_, _>>().map_err(|e| failed(e, sql))
}

/// A trigger as it is kept.
pub(crate) struct KeptTrigger {
    pub(crate) name: TableName,
    pub(crate) target: String,
    pub(crate) timing: String,
    pub(crate) event: String,
    pub(crate) statement: String,
    /// The whole CREATE TRIGGER.
    pub(crate) written: String,
    pub(crate) sql_mode: Option<String>,
    pub(crate) charset: Option<String>,
    pub(crate) collation: Option<String>,
}

pub(crate) fn add_trigger(db: &Connection, t: &KeptTrigger) -> Result<(), Error> {
    let sql = "INSERT INTO rejoint_trigger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    db.execute(
        sql,
        params![
            t.name.schema,
            t.name.table,
            t.target,
            t.timing,
            t.event,
            t.statement,
            t.written,
            t.sql_mode,
            t.charset,
            t.collation
        ],
    )
    .map_err(|e| failed(e, sql))?;
    Ok(())
}

pub(crate) fn drop_trigger(db: &Connection, name: &TableName) -> Result<bool, Error> {
    let sql = "DELETE FROM rejoint_trigger WHERE schema = ? AND name = ?";
    Ok(db.execute(sql, [&name.schema, &name.table]).map_err(|e| failed(e, sql))? == 1)
}

pub(crate) fn triggers(db: &Connection, schema: &str) -> Result<Vec<KeptTrigger>, Error> {
    let sql = "SELECT schema, name, target, timing, event, statement, written, sql_mode, charset, collation FROM rejoint_trigger WHERE schema = ? ORDER BY name";
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
    let rows = statement
        .query_map([schema], |row| {
            Ok(KeptTrigger {
                name: TableName::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?),
                target: row.get(2)?,
                timing: row.get(3)?,
                event: row.get(4)?,
                statement: row.get(5)?,
                written: row.get(6)?,
                sql_mode: row.get(7)?,
                charset: row.get(8)?,
                collation: row.get(9)?,
            })
        })
        .map_err(|e| failed(e, sql))?;
    rows.collect::<Result<_, _>>().map_err(|e| failed(e, sql))
}

/// A view as it is kept.
pub(crate) struct KeptView {
    pub(crate) name: TableName,
    /// Its SELECT.
    pub(crate) definition: String,
    /// The whole CREATE VIEW.
    pub(crate) written: String,
    /// Names of its columns, where the dump announced them.
    pub(crate) columns: Vec<String>,
}

pub(crate) fn add_view(db: &Connection, view: &KeptView) -> Result<(), Error> {
    let sql = "INSERT INTO rejoint_view VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition, written = excluded.written";
    let columns = serde_json::to_string(&view.columns).unwrap_or_default();
    db.execute(sql, params![view.name.schema, view.name.table, view.definition, view.written, columns])
        .map_err(|e| failed(e, sql))?;
    Ok(())
}

pub(crate) fn views(db: &Connection, schema: &str) -> Result<Vec<KeptView>, Error> {
    let sql =
        "SELECT schema, name, definition, written, columns FROM rejoint_view WHERE schema = ? ORDER BY rowid";
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
    let rows = statement
        .query_map([schema], |row| {
            let columns: String = row.get(4)?;
            Ok(KeptView {
                name: TableName::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?),
                definition: row.get(2)?,
                written: row.get(3)?,
                columns: serde_json::from_str(&columns).unwrap_or_default(),
            })
        })
        .map_err(|e| failed(e, sql))?;
    rows.collect::<Result<_, _>>().map_err(|e| failed(e, sql))
}

fn not_understood(error: DefinitionError) -> Error {
    Error::Unexpected { what: error.to_string() }
}

/// One table of the catalog.
pub(crate) fn table(db: &Connection, name: &TableName, mariadb: bool) -> Result<Option<Table>, Error> {
    match definition(db, name)? {
        Some(text) => table_of(name, &text, mariadb).map(Some).map_err(not_understood),
        None => Ok(None),
    }
}

/// The catalog of these schemas.
pub(crate) fn catalog(db: &Connection, server: &Server, schemas: &[String]) -> Result<Catalog, Error> {
    let mut catalog = Catalog { server: server.clone(), schemas: BTreeMap::new() };
    for name in schemas {
        let Some((charset, collation)) = schema_charset(db, name)? else {
            return Err(Error::Unexpected { what: format!("there is no schema `{name}` in the dump") });
        };
        let mut schema =
            Schema { name: name.clone(), charset, collation, tables: BTreeMap::new(), views: Vec::new() };
        let sql = "SELECT name, definition, n_rows, n_bytes FROM rejoint_table WHERE schema = ?";
        let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
        let mut rows = statement.query([name]).map_err(|e| failed(e, sql))?;
        while let Some(row) = rows.next().map_err(|e| failed(e, sql))? {
            let read = |e| failed(e, sql);
            let table = TableName::new(name, row.get::<_, String>(0).map_err(read)?);
            let text: String = row.get(1).map_err(read)?;
            let mut found = table_of(&table, &text, server.is_mariadb()).map_err(not_understood)?;
            found.rows_estimate = u64::try_from(row.get::<_, i64>(2).map_err(read)?).unwrap_or(0);
            found.data_bytes = u64::try_from(row.get::<_, i64>(3).map_err(read)?).unwrap_or(0);
            schema.tables.insert(table.table, found);
        }
        for trigger in triggers(db, name)? {
            if let Some(table) = schema.tables.get_mut(&trigger.target) {
                table.triggers.push(Trigger {
                    name: trigger.name.table,
                    event: trigger.event,
                    timing: trigger.timing,
                    statement: trigger.statement,
                });
            }
        }
        schema.views = views(db, name)?
            .into_iter()
            .map(|view| View { name: view.name.table, definition: view.definition })
            .collect();
        schema.views.sort_by(|a, b| a.name.cmp(&b.name));
        catalog.schemas.insert(name.clone(), schema);
    }
    Ok(catalog)
}

/// SQLite's statement that makes the place for a table's rows.
pub(crate) fn place(table: &Table) -> Result<String, Error> {
    let mut lines = Vec::new();
    let counter = match table.primary_key().as_slice() {
        [only] => table.column(only).is_some_and(|c| c.extra == "auto_increment").then(|| (*only).to_owned()),
        _ => None,
    };
    for column in &table.columns {
        lines.push(column_place(table, column, counter.as_deref() == Some(&column.name))?);
    }
    let name = crate::names::physical(&table.name);
    Ok(format!("CREATE TABLE {} ({})", quoted(&name), lines.join(", ")))
}

/// SQLite's statement for the index of the primary key, if there is one to make.
pub(crate) fn key_index(table: &Table) -> Option<String> {
    let key = table.primary_key();
    if key.is_empty() {
        return None;
    }
    let name = crate::names::physical(&table.name);
    let columns: Vec<String> = key.iter().map(|k| quoted(k)).collect();
    Some(format!(
        "CREATE UNIQUE INDEX {} ON {} ({})",
        quoted(&format!("key {name}")),
        quoted(&name),
        columns.join(", ")
    ))
}

/// A column of SQLite's table.
pub(crate) fn column_place(
    table: &Table,
    column: &rejoint_model::Column,
    is_counter: bool,
) -> Result<String, Error> {
    let kind = crate::storage::Kind::of(column).ok_or_else(|| Error::Unexpected {
        what: format!("{}.{}: the embedded engine keeps no {}", table.name, column.name, column.data_type),
    })?;
    if is_counter {
        return Ok(format!("{} INTEGER PRIMARY KEY AUTOINCREMENT", quoted(&column.name)));
    }
    // values of generated columns are not in the dumps of MySQL
    let null = if column.nullable || column.is_generated() { "" } else { " NOT NULL" };
    // text is never equal to bytes here, so what was taken for the other would not be found again
    let check = match kind {
        crate::storage::Kind::Bytes => format!(" CHECK (typeof({}) <> 'text')", quoted(&column.name)),
        _ => String::new(),
    };
    Ok(format!("{} {}{null}{}{check}", quoted(&column.name), kind.declared(), default(column, kind)))
}

/// The default of a column for rows that rejoint's own statements insert.
fn default(column: &rejoint_model::Column, kind: crate::storage::Kind) -> String {
    use crate::storage::Kind;
    let Some(value) = column.default.as_deref().filter(|d| !d.eq_ignore_ascii_case("NULL")) else {
        return match (column.nullable, column.data_type.as_str()) {
            // MySQL gives existing rows of a new NOT NULL JSON column the JSON null
            (false, "json") => " DEFAULT 'null'".to_owned(),
            _ => String::new(),
        };
    };
    let bare = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')).unwrap_or(value);
    match kind {
        Kind::Date if bare.to_ascii_lowercase().starts_with("current_timestamp") => {
            let digits = bare.chars().find(char::is_ascii_digit).unwrap_or('0');
            format!(" DEFAULT (utc_timestamp({digits}))")
        }
        Kind::Integer if bare.parse::<i64>().is_ok() => format!(" DEFAULT {bare}"),
        Kind::Float | Kind::Double if bare.parse::<f64>().is_ok() => format!(" DEFAULT {bare}"),
        Kind::Text => format!(" DEFAULT {}", crate::dialect::literal(bare)),
        // others are given by every statement that inserts
        _ => String::new(),
    }
}
