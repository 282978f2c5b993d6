//! Loading dumps into a new file.

use crate::catalog_tables::{self as kept, KeptTrigger, KeptView, failed};
use crate::definitions::named;
use crate::engine::connect;
use crate::error::Error;
use crate::names::{physical, quoted};
use crate::place;
use crate::storage::{Kind, kept as kept_value};
use rejoint_db::{Error as EngineError, default_collation, table_of};
use rejoint_dump::{DatabaseOrigin, DumpReader, Event, Header, LossKind, RowTypes, losses};
use rejoint_model::{Server, TableName};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The schema of tables in a dump that does not name one.
    pub schema: Option<String>,
}

/// A column of which the dump does not hold everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LossyColumn {
    /// Table.
    pub table: TableName,
    /// Column.
    pub column: String,
    /// What is lost.
    pub kind: LossKind,
}

/// What came out of the dumps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The server that was dumped, as far as the dumps tell; its identity is one of this import.
    pub server: Server,
    /// Schemas.
    pub schemas: Vec<String>,
    /// Tables.
    pub tables: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes of the (decompressed) dumps.
    pub bytes: u64,
    /// The dumps say themselves that they are complete; `false` when they were made without comments and nobody can tell.
    pub complete: bool,
    /// What the dumps do not hold.
    pub losses: Vec<LossyColumn>,
    /// Procedures, functions and events: named, not kept.
    pub routines: Vec<String>,
}

/// What is told while it goes on: bytes read, table.
pub type Progress<'p> = &'p mut dyn FnMut(u64, &TableName);

/// Rows between two calls of the progress function.
const ROWS_PER_TICK: u64 = 20_000;

/// Loads dumps (decompressed, one after the other) into a new file at `path`.
///
/// Memory does not grow with the dumps. After an error the file is of no use and is removed.
///
/// # Errors
/// The dump is cut off, damaged or holds something that is not understood; the disk is full; `path` exists.
pub fn import(
    path: &Path,
    dumps: Vec<Box<dyn Read + '_>>,
    options: &ImportOptions,
    progress: Progress<'_>,
) -> Result<Imported, Error> {
    if path.exists() {
        return Err(Error::Refused {
            what: format!("{} is there already", path.display()),
            way_out: "name another file, or remove it".into(),
        });
    }
    let result = load(path, dumps, options, progress);
    if result.is_err() {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
    }
    result
}

fn load(
    path: &Path,
    dumps: Vec<Box<dyn Read + '_>>,
    options: &ImportOptions,
    progress: Progress<'_>,
) -> Result<Imported, Error> {
    let db = connect(path)?;
    // nothing to roll back: a file that was not completed is removed
    let fast = "PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE;";
    db.execute_batch(fast).map_err(|e| failed(e, fast))?;
    kept::create(&db)?;
    let mut importer = Importer {
        db: &db,
        options,
        progress,
        tables: BTreeMap::new(),
        losses: BTreeSet::new(),
        routines: Vec::new(),
        header: None,
        complete: true,
        bytes: 0,
        rows: 0,
    };
    for dump in dumps {
        importer.begin()?;
        importer.dump(dump)?;
        importer.commit()?;
    }
    let imported = importer.finish()?;
    let durable = "PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;";
    db.execute_batch(durable).map_err(|e| failed(e, durable))?;
    // whoever copies the file needs one file
    let one = "PRAGMA wal_checkpoint(TRUNCATE);";
    db.execute_batch(one).map_err(|e| failed(e, one))?;
    Ok(imported)
}

struct Loaded {
    dumped: rejoint_dump::Table,
    rows: u64,
    bytes: u64,
    looked_for_losses: bool,
}

struct Importer<'i> {
    db: &'i Connection,
    options: &'i ImportOptions,
    progress: Progress<'i>,
    tables: BTreeMap<TableName, Loaded>,
    losses: BTreeSet<LossyColumn>,
    routines: Vec<String>,
    header: Option<Header>,
    complete: bool,
    bytes: u64,
    rows: u64,
}

impl Importer<'_> {
    fn begin(&self) -> Result<(), Error> {
        self.db.execute_batch("BEGIN").map_err(|e| failed(e, "BEGIN"))?;
        Ok(())
    }

    fn commit(&self) -> Result<(), Error> {
        self.db.execute_batch("COMMIT").map_err(|e| failed(e, "COMMIT"))?;
        Ok(())
    }

    /// Of a dump without a head nothing is known; MySQL's rules are those of most labs.
    fn product(&self) -> &'static str {
        self.header.as_ref().map_or("MySQL", Header::server_product)
    }

    fn is_mariadb(&self) -> bool {
        self.product() == "MariaDB"
    }

    fn schema(&self, name: &str, charset: Option<&str>, collation: Option<&str>) -> Result<(), Error> {
        if charset.is_none() && kept::schema_charset(self.db, name)?.is_some() {
            return Ok(());
        }
        let charset = charset.unwrap_or("utf8mb4");
        let collation =
            collation.map_or_else(|| default_collation(charset, self.is_mariadb()), str::to_owned);
        kept::add_schema(self.db, name, charset, &collation)?;
        Ok(())
    }

    fn dump(&mut self, input: Box<dyn Read + '_>) -> Result<(), Error> {
        let mut reader = DumpReader::new(input);
        let before = self.bytes;
        loop {
            let position = reader.position();
            match reader.next_event()? {
                None => break,
                Some(Event::Header(header)) => self.header = Some(header),
                Some(Event::Database(database)) => {
                    if database.origin != DatabaseOrigin::Alter {
                        self.schema(
                            &database.name,
                            database.charset.as_deref(),
                            database.collation.as_deref(),
                        )?;
                    }
                }
                Some(Event::Table(table)) => self.table(table)?,
                Some(Event::Rows(rows)) => self.rows(&rows, before + position)?,
                Some(Event::ViewPlaceholder(view)) => {
                    let name = named(&view.name, self.options)?;
                    self.schema(&name.schema, None, None)?;
                    let view = KeptView {
                        name,
                        definition: String::new(),
                        written: String::new(),
                        columns: view.columns,
                    };
                    kept::add_view(self.db, &view)?;
                }
                Some(Event::View(view)) => {
                    let name = named(&view.name, self.options)?;
                    self.schema(&name.schema, None, None)?;
                    let view =
                        KeptView { name, definition: view.select, written: view.create, columns: Vec::new() };
                    kept::add_view(self.db, &view)?;
                }
                Some(Event::Trigger(trigger)) => {
                    let (name, target) =
                        (named(&trigger.name, self.options)?, named(&trigger.table, self.options)?);
                    kept::add_trigger(
                        self.db,
                        &KeptTrigger {
                            name,
                            target: target.table,
                            timing: trigger.timing,
                            event: trigger.event,
                            statement: trigger.statement,
                            written: trigger.create,
                            sql_mode: trigger.circumstances.sql_mode,
                            charset: trigger.circumstances.charset,
                            collation: trigger.circumstances.collation,
                        },
                    )?;
                }
                Some(Event::Routine(routine)) => self.routines.push(routine.name.to_string()),
                Some(Event::Other(other)) => {
                    let text = String::from_utf8_lossy(&other.statement);
                    let short: String = text.chars().take(100).collect();
                    return Err(Error::Refused {
                        what: format!(
                            "the dump holds a statement at byte {} that no dump tool writes: {short}",
                            other.position
                        ),
                        way_out: "take a fresh dump with mysqldump or mariadb-dump".into(),
                    });
                }
                Some(Event::End(end)) => {
                    self.complete &= end.complete;
                    self.bytes = before + end.bytes;
                    if let Some(view) = end.views_left.first() {
                        return Err(Error::Refused {
                            what: format!("the dump announces the view {view} and does not bring it"),
                            way_out: "take a fresh dump of whole schemas".into(),
                        });
                    }
                }
                Some(_) => {
                    return Err(Error::Refused {
                        what: "the dump holds a kind of statement that this version does not know".into(),
                        way_out: "use a newer version".into(),
                    });
                }
            }
        }
        Ok(())
    }

    fn table(&mut self, dumped: rejoint_dump::Table) -> Result<(), Error> {
        let name = named(&dumped.name, self.options)?;
        if self.tables.contains_key(&name) {
            return Err(Error::Refused {
                what: format!("{name} is created twice"),
                way_out: "give each schema's dump once".into(),
            });
        }
        self.schema(&name.schema, None, None)?;
        let text = dumped.create_text().ok_or_else(|| Error::Refused {
            what: format!(
                "the definition of {name} is not text: a binary column has a default with raw bytes"
            ),
            way_out: "rehearse on a scratch copy on the server".into(),
        })?;
        let text = text.trim_end().trim_end_matches(';');
        let table = table_of(&name, text, self.is_mariadb())?;
        kept::set_definition(self.db, &name, text)?;
        let sql = place::table_place(&table, self.is_mariadb())?;
        self.db.execute_batch(&sql).map_err(|e| failed(e, &sql))?;
        for column in table.columns.iter().filter(|c| c.is_generated()) {
            // MySQL's tool leaves them out, MariaDB's writes them
            if !self.is_mariadb() {
                self.losses.insert(LossyColumn {
                    table: name.clone(),
                    column: column.name.clone(),
                    kind: LossKind::NotDumped,
                });
            }
        }
        self.tables.insert(name, Loaded { dumped, rows: 0, bytes: 0, looked_for_losses: false });
        Ok(())
    }

    fn rows(&mut self, rows: &rejoint_dump::Rows<'_>, position: u64) -> Result<(), Error> {
        let name = named(rows.table(), self.options)?;
        let Some(loaded) = self.tables.get_mut(&name) else {
            return Err(Error::Refused {
                what: format!("there are rows of {name}, which the dump does not create"),
                way_out: "dump definitions and data together (without --no-create-info)".into(),
            });
        };
        if !loaded.looked_for_losses {
            loaded.looked_for_losses = true;
            for loss in losses(&loaded.dumped.columns, rows.columns(), rows.session()) {
                self.losses.insert(LossyColumn { table: name.clone(), column: loss.column, kind: loss.kind });
            }
        }
        let mut types = RowTypes::new(&loaded.dumped, rows)?;
        let columns: Vec<String> = types.columns().iter().map(|c| quoted(&c.name)).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(&physical(&name)),
            columns.join(", "),
            vec!["?"; columns.len()].join(", ")
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(|e| failed(e, &sql))?;
        for row in rows.iter() {
            for (index, value) in row.iter().enumerate() {
                let cell = types.cell(index, value)?;
                statement
                    .raw_bind_parameter(index + 1, kept_value(&cell))
                    .map_err(|e| Error::Row { table: name.clone(), message: e.to_string() })?;
            }
            statement.raw_execute().map_err(|e| match failed(e, &sql) {
                EngineError::Unexpected { what } => Error::Row { table: name.clone(), message: what },
                EngineError::Server { code: 1048 | 1062, message, .. } => {
                    Error::Row { table: name.clone(), message }
                }
                other => other.into(),
            })?;
            loaded.rows += 1;
            self.rows += 1;
            if self.rows.is_multiple_of(ROWS_PER_TICK) {
                (self.progress)(position, &name);
            }
        }
        loaded.bytes = position.saturating_sub(loaded.dumped.position);
        (self.progress)(position, &name);
        Ok(())
    }

    fn finish(self) -> Result<Imported, Error> {
        self.begin()?;
        let mariadb = self.is_mariadb();
        let mut print = String::new();
        for (name, loaded) in &self.tables {
            kept::set_size(self.db, name, loaded.rows, loaded.bytes)?;
            let found = kept::table(self.db, name, mariadb)?;
            if let Some(sql) = found.as_ref().and_then(place::key_index) {
                (self.progress)(self.bytes, name);
                self.db.execute_batch(&sql).map_err(|e| Error::Row {
                    table: name.clone(),
                    message: format!("its primary key: {}", failed(e, &sql)),
                })?;
            }
            for sql in found.as_ref().map(place::pointer_indexes).unwrap_or_default() {
                self.db.execute_batch(&sql).map_err(|e| failed(e, &sql))?;
            }
            print.push_str(&format!(
                "{name}\0{}\0{}\0",
                loaded.rows,
                String::from_utf8_lossy(&loaded.dumped.create)
            ));
        }
        let identity =
            format!("dump-{}", rejoint_value::sha256_hex(print.as_bytes()).get(..16).unwrap_or_default());
        let version_text = self.header.as_ref().map(|h| h.server_version.clone()).unwrap_or_default();
        let mut numbers =
            version_text.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse::<u16>().unwrap_or(0));
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let server = Server { product: self.product().to_owned(), version, version_text, identity };
        kept::set_server(self.db, &server)?;
        self.commit()?;
        Ok(Imported {
            server,
            schemas: kept::schema_names(self.db)?,
            tables: self.tables.len() as u64,
            rows: self.rows,
            bytes: self.bytes,
            complete: self.complete,
            losses: self.losses.into_iter().collect(),
            routines: self.routines,
        })
    }
}

/// Columns that a dump brings values for: used by the export too.
pub(crate) fn kinds(table: &rejoint_model::Table) -> Vec<(String, Kind)> {
    table
        .columns
        .iter()
        .filter(|c| !c.is_generated())
        .filter_map(|c| Some((c.name.clone(), Kind::of(c)?)))
        .collect()
}
