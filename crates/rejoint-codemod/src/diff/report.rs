//! What a comparison found.

use rejoint_python::Position;
use serde::Serialize;

/// Where in the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as given.
    pub path: String,
    /// The cell of a notebook, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<usize>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The class.
    pub class: String,
}

impl Place {
    pub(super) fn new(path: &str, position: Position, class: &str) -> Place {
        Place {
            path: path.to_owned(),
            cell: position.cell,
            line: position.line,
            column: position.column,
            class: class.to_owned(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cell = self.cell.map(|cell| format!("cell {cell}:")).unwrap_or_default();
        write!(f, "{}:{cell}{}:{}: {}", self.path, self.line, self.column, self.class)
    }
}

/// Kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The code defines a table that the database lacks.
    TableMissing,
    /// The database has a table that no class reaches.
    TableExtra,
    /// A table of the code is missing, and an extra one has the same columns: perhaps it was renamed.
    TableRenamed,
    /// The comment of the table differs.
    TableComment,
    /// The code defines a column that the database lacks.
    ColumnMissing,
    /// The database has a column that the code lacks.
    ColumnExtra,
    /// A column is missing, and just one extra column is like it: perhaps it was renamed.
    ColumnRenamed,
    /// Type, `auto_increment`, or the codec's marker differs.
    ColumnType,
    /// One allows NULL, the other does not.
    ColumnNullability,
    /// The default differs.
    ColumnDefault,
    /// Only the comment of the column differs.
    ColumnComment,
    /// The columns that both have come in another order.
    ColumnOrder,
    /// The primary key, or the order of its columns, differs.
    PrimaryKey,
    /// A foreign key of the code is not in the database.
    ForeignKeyMissing,
    /// A foreign key of the database is not in the code.
    ForeignKeyExtra,
    /// A foreign key does something else on update or delete.
    ForeignKeyRule,
    /// An index of the code is not in the database.
    IndexMissing,
    /// An index of the database is not in the code.
    IndexExtra,
}

impl DifferenceKind {
    /// What it means, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            DifferenceKind::TableMissing => "table is not in the database",
            DifferenceKind::TableExtra => "table is in the database, but no class reaches it",
            DifferenceKind::TableRenamed => "table may have been renamed",
            DifferenceKind::TableComment => "table comment",
            DifferenceKind::ColumnMissing => "column is not in the database",
            DifferenceKind::ColumnExtra => "column is in the database, but not in the code",
            DifferenceKind::ColumnRenamed => "column may have been renamed",
            DifferenceKind::ColumnType => "type",
            DifferenceKind::ColumnNullability => "nullability",
            DifferenceKind::ColumnDefault => "default",
            DifferenceKind::ColumnComment => "comment only",
            DifferenceKind::ColumnOrder => "order of columns",
            DifferenceKind::PrimaryKey => "primary key",
            DifferenceKind::ForeignKeyMissing => "foreign key is not in the database",
            DifferenceKind::ForeignKeyExtra => "foreign key is in the database, but not in the code",
            DifferenceKind::ForeignKeyRule => "foreign key's action",
            DifferenceKind::IndexMissing => "index is not in the database",
            DifferenceKind::IndexExtra => "index is in the database, but not in the code",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What kind.
    pub kind: DifferenceKind,
    /// `schema.table`.
    pub table: String,
    /// The column, or the columns of a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What the code says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the database says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The class; none for a table that no class reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A class that cannot be compared, and what would make it comparable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// The class, or the file.
    pub place: Place,
    /// Why.
    pub reason: String,
    /// `schema.table`, when at least that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffReport {
    /// `0.14` or `2.x`: by whose rules the definitions were read.
    pub dialect: &'static str,
    /// Why these rules.
    pub dialect_because: String,
    /// The schemas that the code declares tables in.
    pub schemas: Vec<String>,
    /// How many tables were compared.
    pub compared: usize,
    /// All differences, by table.
    pub differences: Vec<Difference>,
    /// What could not be compared.
    pub undecided: Vec<Undecided>,
}

impl DiffReport {
    /// Whether code and database agree and nothing is undecided.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty() && self.undecided.is_empty()
    }
}
