//! How a table is read for a proof: its logical columns, on the legacy side and on the 2.x side.
//!
//! A pointer is `binary(16)` with a tracking row before a migration and JSON after it. Both denote an object; a view says
//! how to get from the cell to the object's identity, so that the same table has the same digest on both sides.

use crate::attribute::ExternalKind;
use crate::names::TableName;
use serde::{Deserialize, Serialize};

/// How to read one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableView {
    /// The table.
    pub table: TableName,
    /// Primary key columns, in key order. Never empty: a table without a primary key is not understood.
    pub key: Vec<String>,
    /// The other columns, in the order of their logical names.
    pub columns: Vec<ViewColumn>,
}

/// One logical column: `name` is what users call it, `column` where it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewColumn {
    /// Logical name.
    pub name: String,
    /// Physical column.
    pub column: String,
    /// How to read it.
    pub content: Content,
}

/// What the cells of a logical column are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "content", rename_all = "snake_case")]
pub enum Content {
    /// The cell itself.
    Plain,
    /// A packed blob in the table: the cell's bytes, and decoded by the blob format.
    Blob,
    /// A legacy pointer: 16 bytes that refer to a row of `tracking` in the same schema.
    LegacyPointer {
        /// What the objects are.
        kind: ExternalKind,
        /// Store.
        store: String,
        /// Tracking table, e.g. `~external_raw`.
        tracking: String,
        /// Pointers (32 hexadecimal digits) whose object is missing and which a person decided to turn into NULL.
        nulled: Vec<String>,
    },
    /// A 2.x pointer: JSON.
    JsonPointer {
        /// What the objects are.
        kind: ExternalKind,
        /// Store.
        store: String,
    },
}
