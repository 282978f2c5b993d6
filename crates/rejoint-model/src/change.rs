//! What a plan changes in a table, independent of any SQL dialect.

use crate::catalog::ForeignKey;
use serde::{Deserialize, Serialize};

/// A column to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ColumnSpec {
    /// A JSON column.
    Json {
        /// Name.
        name: String,
        /// May it be NULL?
        nullable: bool,
        /// Comment.
        comment: String,
    },
    /// A column of a type written as both MySQL and MariaDB print it.
    Native {
        /// Name.
        name: String,
        /// Everything after the name and before the comment, e.g. `float DEFAULT NULL`.
        definition: String,
        /// Comment.
        comment: String,
    },
}

impl ColumnSpec {
    /// The column's name.
    pub fn name(&self) -> &str {
        match self {
            ColumnSpec::Json { name, .. } | ColumnSpec::Native { name, .. } => name,
        }
    }
}

/// One change to a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum TableChange {
    /// Replace the comment of a column and nothing else.
    Comment {
        /// Column.
        column: String,
        /// New comment.
        to: String,
    },
    /// Add a column after another.
    AddColumn {
        /// The column.
        column: ColumnSpec,
        /// The column in front of it.
        after: String,
    },
    /// Drop a column.
    DropColumn {
        /// Column.
        column: String,
    },
    /// Rename a column and give it another comment.
    RenameColumn {
        /// Old name.
        column: String,
        /// New name.
        to: String,
        /// New comment.
        comment: String,
        /// A default to give to a NOT NULL column, as SQL text; `None` keeps what is there.
        set_default: Option<String>,
        /// Remove the default that a former change gave.
        drop_default: bool,
    },
    /// Drop a foreign key.
    DropForeignKey {
        /// Constraint name.
        name: String,
    },
    /// Add a foreign key.
    AddForeignKey {
        /// The key.
        key: ForeignKey,
    },
    /// Rename an index.
    RenameIndex {
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
}
