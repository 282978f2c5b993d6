//! What a dump contains, in the order in which it does.

use crate::charset::Charset;
use crate::columns::Column;
use crate::error::QualifiedName;
use crate::session::Session;
use crate::values::{RawValue, Value, resolve};

/// The next piece of a dump.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'r> {
    /// The comment lines at the head. Absent when the dump has no comments.
    Header(Header),
    /// A database is created, chosen or altered; what follows belongs to it.
    Database(Database),
    /// A table is created.
    Table(Table),
    /// Rows of one table.
    Rows(Rows<'r>),
    /// The tool announces a view by a stand-in so that others can refer to it. The view itself follows.
    ViewPlaceholder(ViewPlaceholder),
    /// A view.
    View(View),
    /// A trigger.
    Trigger(Trigger),
    /// A procedure, function or event.
    Routine(Routine),
    /// A statement that is none of these, and that the dump tools do not write for a DataJoint pipeline. Whoever
    /// loads the dump must refuse it or know why not.
    Other(Other),
    /// The end.
    End(End),
}

/// What the head of a dump says about its making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// `MySQL` or `MariaDB`: whose tool wrote the dump.
    pub product: String,
    /// The tool's version, as it prints it.
    pub tool_version: String,
    /// The server's version, as the tool prints it.
    pub server_version: String,
    /// The database on the command line; the first of several; `None` for `--all-databases`.
    pub database: Option<String>,
}

impl Header {
    /// `MySQL` or `MariaDB`: the server that was dumped. Either tool can dump either server; MariaDB's version names it.
    pub fn server_product(&self) -> &'static str {
        if self.product == "MariaDB" || self.server_version.contains("MariaDB") { "MariaDB" } else { "MySQL" }
    }
}

/// How the dump tells the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseOrigin {
    /// By CREATE DATABASE.
    Create,
    /// By USE.
    Use,
    /// Only by the comment at the head: a dump of one database without `--databases` can be loaded into any.
    Comment,
    /// By ALTER DATABASE, as the tools do around triggers of another collation.
    Alter,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Name.
    pub name: String,
    /// How it is told.
    pub origin: DatabaseOrigin,
    /// Default character set, if told here.
    pub charset: Option<String>,
    /// Default collation, if told here.
    pub collation: Option<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name.
    pub name: QualifiedName,
    /// The CREATE TABLE statement as written: what the server's SHOW CREATE TABLE gave. UTF-8 but for binary
    /// defaults, which MariaDB writes as raw bytes.
    pub create: Vec<u8>,
    /// The columns as far as they matter for values.
    pub columns: Vec<Column>,
    /// Position of the statement.
    pub position: u64,
}

/// Some rows of one table; a table's rows come in many batches.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'r> {
    pub(crate) name: &'r QualifiedName,
    pub(crate) columns: Option<&'r [String]>,
    pub(crate) window: &'r [u8],
    pub(crate) values: &'r [RawValue],
    pub(crate) width: usize,
    pub(crate) len: usize,
    pub(crate) position: u64,
    pub(crate) session: &'r Session,
}

impl<'r> Rows<'r> {
    /// The table.
    pub fn table(&self) -> &'r QualifiedName {
        self.name
    }

    /// The columns named in the INSERT; `None`: all columns of the table in their order.
    pub fn columns(&self) -> Option<&'r [String]> {
        self.columns
    }

    /// Number of rows in this batch.
    pub fn len(&self) -> usize {
        self.len
    }

    /// No rows? It does not happen.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Values per row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Position of the first row.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The session in which they are inserted: character set, time zone.
    pub fn session(&self) -> &'r Session {
        self.session
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = Row<'r>> + use<'r> {
        let Rows { window, values, width, len, .. } = *self;
        (0..len).map(move |index| Row {
            window,
            values: values.get(index * width..(index + 1) * width).unwrap_or_default(),
        })
    }
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    window: &'r [u8],
    values: &'r [RawValue],
}

impl<'r> Row<'r> {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// A row of a table whose columns are all generated.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A value by its position in the row.
    pub fn get(&self, index: usize) -> Option<Value<'r>> {
        self.values.get(index).map(|value| resolve(self.window, value))
    }

    /// The values.
    pub fn iter(&self) -> impl Iterator<Item = Value<'r>> + use<'r> {
        let window = self.window;
        self.values.iter().map(move |value| resolve(window, value))
    }
}

/// The stand-in of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewPlaceholder {
    /// Name of the view.
    pub name: QualifiedName,
    /// Names of its columns.
    pub columns: Vec<String>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Name.
    pub name: QualifiedName,
    /// The statement without versioned comments.
    pub create: String,
    /// Its account, as written.
    pub definer: Option<String>,
    /// The SELECT behind AS.
    pub select: String,
}

/// What triggers and routines are created under.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// SQL mode.
    pub sql_mode: Option<String>,
    /// `character_set_client`.
    pub charset: Option<String>,
    /// `collation_connection`.
    pub collation: Option<String>,
    /// Time zone (of an event).
    pub time_zone: Option<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Name.
    pub name: QualifiedName,
    /// The table.
    pub table: QualifiedName,
    /// `BEFORE` or `AFTER`.
    pub timing: String,
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub event: String,
    /// Its account, as written.
    pub definer: Option<String>,
    /// The body.
    pub statement: String,
    /// The statement without versioned comments.
    pub create: String,
    /// SQL mode and character sets.
    pub circumstances: Circumstances,
}

/// What kind of routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutineKind {
    /// CREATE PROCEDURE.
    Procedure,
    /// CREATE FUNCTION.
    Function,
    /// CREATE EVENT.
    Event,
}

/// A procedure, function or event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routine {
    /// Which kind.
    pub kind: RoutineKind,
    /// Name.
    pub name: QualifiedName,
    /// Its account, as written.
    pub definer: Option<String>,
    /// The statement without versioned comments.
    pub create: String,
    /// SQL mode and character sets.
    pub circumstances: Circumstances,
}

/// A statement of another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The statement without versioned comments.
    pub statement: Vec<u8>,
    /// Where it starts.
    pub position: u64,
}

/// The end of a dump.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct End {
    /// The tool wrote that it completed the dump. `false` only for a dump without any comments (`--skip-comments`,
    /// `--compact`), where nobody can tell whether whole statements are missing at its end.
    pub complete: bool,
    /// Length of the dump in bytes.
    pub bytes: u64,
    /// Number of tables created.
    pub tables: u64,
    /// Number of rows.
    pub rows: u64,
    /// Views that were announced and did not come.
    pub views_left: Vec<QualifiedName>,
    /// The last table whose rows were all there.
    pub last_complete: Option<QualifiedName>,
    /// The character set of the dump, `None` if it does not tell.
    pub charset: Option<Charset>,
}
