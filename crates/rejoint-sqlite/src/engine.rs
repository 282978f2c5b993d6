//! The engine: a session with one file.

use crate::alter::{ColumnChange, column_changes};
use crate::catalog_tables::{self as kept, failed};
use crate::definition::{self, Definition};
use crate::names::{physical, quoted};
use crate::storage::bound;
use crate::{dialect, functions, place, stream};
use mysql_common::row::Row;
use mysql_common::value::Value;
use rejoint_db::{
    Capabilities, Connection, Engine, Error, Grant, RowStream, SessionInfo, TimeZones, parse_create_table,
};
use rejoint_model::{Catalog, Server, TableName};
use rusqlite::config::DbConfig;
use std::path::{Path, PathBuf};

/// Pages that a session keeps in memory, in KiB.
const CACHE_KIB: i64 = 32 * 1024;

/// A session with one file.
struct File {
    db: rusqlite::Connection,
    path: PathBuf,
    server: Server,
}

/// Opens a file that [`crate::import`] made.
///
/// # Errors
/// It is not there, or of another format.
pub fn open(path: &Path) -> Result<Connection, Error> {
    Ok(Connection::new(File::open(path)?))
}

/// The version of SQLite.
pub fn version() -> &'static str {
    rusqlite::version()
}

/// Copies a file that nobody has open, for a second rehearsal on the same data.
///
/// # Errors
/// The file system's.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to).map(|_| ())
}

/// A connection to the file with everything that statements need.
pub(crate) fn connect(path: &Path) -> Result<rusqlite::Connection, Error> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE
        | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX
        | rusqlite::OpenFlags::SQLITE_OPEN_CREATE;
    let db = rusqlite::Connection::open_with_flags(path, flags)
        .map_err(|e| failed(e, &format!("opening {}", path.display())))?;
    let settings = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIB}; PRAGMA temp_store = FILE; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF;"
    );
    db.execute_batch(&settings).map_err(|e| failed(e, "PRAGMA"))?;
    for strict in [DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_DQS_DDL] {
        // a column that is not there would be taken for a text of its name
        db.set_db_config(strict, false).map_err(|e| failed(e, "setting up the connection"))?;
    }
    Ok(db)
}

impl File {
    fn open(path: &Path) -> Result<Self, Error> {
        if !path.is_file() {
            return Err(Error::Unexpected { what: format!("there is no file {}", path.display()) });
        }
        let db = connect(path)?;
        let server = kept::server(&db)?;
        functions::add(&db, server.is_mariadb()).map_err(|e| failed(e, "adding functions"))?;
        db.set_prepared_statement_cache_capacity(128);
        Ok(File { db, path: path.to_owned(), server })
    }

    fn no_table(table: &TableName) -> Error {
        // the number that servers give, so that callers see the same
        Error::Server {
            code: 1146,
            message: format!("Table '{}.{}' doesn't exist", table.schema, table.table),
            statement: String::new(),
        }
    }

    fn define(&mut self, definition: Definition) -> Result<u64, Error> {
        let mariadb = self.server.is_mariadb();
        let change = self.db.transaction().map_err(|e| failed(e, "BEGIN"))?;
        match definition {
            Definition::CreateTable { table, if_not_exists, definition } => {
                if kept::definition(&change, &table)?.is_some() {
                    if if_not_exists {
                        return Ok(0);
                    }
                    return Err(Error::Server {
                        code: 1050,
                        message: format!("Table '{}' already exists", table.table),
                        statement: String::new(),
                    });
                }
                kept::set_definition(&change, &table, &definition)?;
                let found = kept::table(&change, &table, mariadb)?.ok_or_else(|| Self::no_table(&table))?;
                for sql in [Some(place::table_place(&found, mariadb)?), place::key_index(&found)]
                    .into_iter()
                    .flatten()
                {
                    change.execute_batch(&sql).map_err(|e| failed(e, &sql))?;
                }
            }
            Definition::DropTable { table } => {
                if kept::definition(&change, &table)?.is_none() {
                    return Err(Error::Server {
                        code: 1051,
                        message: format!("Unknown table '{table}'"),
                        statement: String::new(),
                    });
                }
                kept::drop_table(&change, &table)?;
                let sql = format!("DROP TABLE {}", quoted(&physical(&table)));
                change.execute_batch(&sql).map_err(|e| failed(e, &sql))?;
            }
            Definition::CreateTrigger(trigger) => kept::add_trigger(&change, &trigger)?,
            Definition::DropTrigger { name } => {
                if !kept::drop_trigger(&change, &name)? {
                    return Err(Error::Server {
                        code: 1360,
                        message: "Trigger does not exist".into(),
                        statement: String::new(),
                    });
                }
            }
        }
        change.commit().map_err(|e| failed(e, "COMMIT"))?;
        Ok(0)
    }
}

impl Engine for File {
    fn server(&self) -> &Server {
        &self.server
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            runs_triggers: false,
            checks_foreign_keys: false,
            checks_unique_indexes: false,
            has_collations: false,
            hashes_rows: false,
            prints_definitions: false,
            is_shared: false,
        }
    }

    fn id(&self) -> u32 {
        1
    }

    fn another(&self) -> Result<Box<dyn Engine>, Error> {
        Ok(Box::new(File::open(&self.path)?))
    }

    fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        match dialect::translate(sql)? {
            Some(translated) => stream::read_all(&self.db, &translated, params),
            None => Ok(Vec::new()),
        }
    }

    fn text_rows(&mut self, sql: &str) -> Result<Vec<Row>, Error> {
        self.rows(sql, &[])
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        let definition =
            definition::read(sql, |schema| kept::schema_charset(&self.db, schema).ok().flatten())?;
        if let Some(definition) = definition {
            return self.define(definition);
        }
        let Some(translated) = dialect::translate(sql)? else { return Ok(0) };
        let mut statement = self.db.prepare_cached(&translated).map_err(|e| failed(e, sql))?;
        let params = rusqlite::params_from_iter(params.iter().map(bound));
        let changed = statement.execute(params).map_err(|e| failed(e, sql))?;
        // of BEGIN and COMMIT, SQLite repeats the number of the statement before
        let changes_rows = ["INSERT", "UPDATE", "DELETE"].iter().any(|word| translated.starts_with(word));
        Ok(if changes_rows { changed as u64 } else { 0 })
    }

    fn stream<'c>(&'c mut self, sql: &str, params: &[Value]) -> Result<RowStream<'c>, Error> {
        let translated = dialect::translate(sql)?
            .ok_or_else(|| Error::Unexpected { what: format!("no rows come of: {sql}") })?;
        if !self.db.is_autocommit() {
            // another connection would not see what this transaction has written
            return Ok(RowStream::new(stream::all(&self.db, &translated, params)?));
        }
        let reader = connect(&self.path)?;
        functions::add(&reader, self.server.is_mariadb()).map_err(|e| failed(e, "adding functions"))?;
        Ok(RowStream::new(stream::read_ahead(reader, translated, params.to_vec())?))
    }

    fn show_create(&mut self, table: &TableName) -> Result<String, Error> {
        kept::definition(&self.db, table)?.ok_or_else(|| Self::no_table(table))
    }

    fn alter(&mut self, table: &TableName, sql: &str, after: &str) -> Result<(), Error> {
        let changes = column_changes(sql)?;
        let now = kept::definition(&self.db, table)?.ok_or_else(|| Self::no_table(table))?;
        // a plan's definitions leave out the counter, which stays
        let after = match (parse_create_table(after), parse_create_table(&now)) {
            (Some(after), Some(now)) => after.with_counter_of(&now).print(),
            _ => {
                return Err(Error::Unexpected {
                    what: format!("the definition of {table} is not understood"),
                });
            }
        };
        let name = quoted(&physical(table));
        let mariadb = self.server.is_mariadb();
        let change = self.db.transaction().map_err(|e| failed(e, "BEGIN"))?;
        kept::set_definition(&change, table, &after)?;
        let found = kept::table(&change, table, mariadb)?.ok_or_else(|| Self::no_table(table))?;
        for one in changes {
            let statement = match one {
                ColumnChange::Rename(from, to) => {
                    format!("ALTER TABLE {name} RENAME COLUMN {} TO {}", quoted(&from), quoted(&to))
                }
                ColumnChange::Drop(column) => {
                    // an index over it goes with it
                    for index in place::indexes_of(&change, table, &column)? {
                        let sql = format!("DROP INDEX {}", quoted(&index));
                        change.execute_batch(&sql).map_err(|e| failed(e, &sql))?;
                    }
                    format!("ALTER TABLE {name} DROP COLUMN {}", quoted(&column))
                }
                ColumnChange::Add(column) => {
                    let column = found.column(&column).ok_or_else(|| Error::Unexpected {
                        what: format!(
                            "{table} was to get a column `{column}` and its new definition has none"
                        ),
                    })?;
                    format!(
                        "ALTER TABLE {name} ADD COLUMN {}",
                        place::column_place(&found, column, false, mariadb)?
                    )
                }
            };
            change.execute_batch(&statement).map_err(|e| failed(e, &statement))?;
        }
        change.commit().map_err(|e| failed(e, "COMMIT"))
    }

    fn schema_names(&mut self) -> Result<Vec<String>, Error> {
        kept::schema_names(&self.db)
    }

    fn catalog(&mut self, schemas: &[String]) -> Result<Catalog, Error> {
        kept::catalog(&self.db, &self.server, schemas)
    }

    fn tables(&mut self) -> Result<Vec<TableName>, Error> {
        Ok(kept::tables(&self.db)?.into_iter().map(|(name, _)| name).collect())
    }

    fn columns(&mut self, table: &TableName) -> Result<Vec<String>, Error> {
        let found = kept::table(&self.db, table, self.server.is_mariadb())?;
        Ok(found.map(|t| t.columns.into_iter().map(|c| c.name).collect()).unwrap_or_default())
    }

    fn trigger(&mut self, table: &TableName, name: &str) -> Result<Option<String>, Error> {
        let found = kept::triggers(&self.db, &table.schema)?;
        let own = found.into_iter().find(|t| t.target == table.table && t.name.table == name);
        Ok(own.map(|t| t.written))
    }

    fn rows_estimate(&mut self, table: &TableName) -> Result<u64, Error> {
        Ok(kept::tables(&self.db)?.into_iter().find(|(name, _)| name == table).map_or(0, |(_, rows)| rows))
    }

    fn changed_since(&mut self, _: &[String], _: &str, _: u64) -> Result<Vec<TableName>, Error> {
        // the file is this program's own: nobody changes it but the plan
        Ok(Vec::new())
    }

    fn clock(&mut self) -> Result<(String, i64), Error> {
        Ok((functions::now_text(), 0))
    }

    fn default_collations(&mut self) -> Result<Vec<String>, Error> {
        let mariadb = self.server.is_mariadb();
        let charsets = ["utf8mb4", "utf8mb3", "latin1", "ascii", "binary"];
        Ok(charsets.into_iter().map(|c| rejoint_db::default_collation(c, mariadb)).collect())
    }

    fn time_zones(&mut self) -> Result<TimeZones, Error> {
        Ok(TimeZones::default())
    }

    fn sessions(&mut self) -> Result<Vec<SessionInfo>, Error> {
        Ok(Vec::new())
    }

    fn missing_privileges(&mut self, _: &[Grant]) -> Result<Vec<Grant>, Error> {
        Ok(Vec::new())
    }

    fn lock(&mut self, _: &str, _: u32) -> Result<bool, Error> {
        Ok(true)
    }

    fn lock_owner(&mut self, _: &str) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    fn check_foreign_keys(&mut self, _: bool) -> Result<(), Error> {
        Ok(())
    }
}
