//! What was found out about tables and objects at one time.

use crate::objects::{ObjectProblem, Objects};
use rejoint_model::{ExternalKind, Server, TableName, TableView};
use rejoint_value::TableDigest;

/// All that is known about a pipeline at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The server it was read from.
    pub server: Server,
    /// When, ISO 8601 in UTC. This crate reads no clock.
    pub created: String,
    /// Hash of the plan it belongs to, if any.
    pub plan: Option<String>,
    /// Tables.
    pub tables: Vec<TableEvidence>,
    /// Objects, if they were looked at.
    pub objects: Option<ObjectEvidence>,
}

impl Evidence {
    /// Finds a table.
    pub fn table(&self, name: &TableName) -> Option<&TableEvidence> {
        self.tables.iter().find(|table| table.view.table == *name)
    }
}

/// What a table held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEvidence {
    /// How it was read.
    pub view: TableView,
    /// The stored level.
    pub digest: TableDigest,
    /// The decoded level: one entry per blob column, in the order of names. Empty if decoding was not asked for.
    pub decoded: Vec<DecodedColumn>,
}

/// What the blobs of a column mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedColumn {
    /// Logical name.
    pub name: String,
    /// Sum modulo 2^256 of the SHA-256 of (key, decoded value), 64 hexadecimal digits.
    pub digest: String,
    /// How many cells were decoded.
    pub decoded: u64,
    /// How many could not be.
    pub undecodable: u64,
    /// The first 5 of those in the order of their text. Not compared.
    pub examples: Vec<UndecodableCell>,
}

/// A blob that cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UndecodableCell {
    /// The row's key, readable.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// What the objects held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEvidence {
    /// How closely they were looked at.
    pub mode: Objects,
    /// By store and kind, in that order.
    pub groups: Vec<ObjectGroup>,
    /// What is wrong, in the order of store, path and row.
    pub problems: Vec<ObjectProblem>,
}

/// The objects of one kind in one store. Two places that hold the same object (same identity, same content) count once, so
/// that the group does not depend on where objects lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectGroup {
    /// Store.
    pub store: String,
    /// Kind.
    pub kind: ExternalKind,
    /// Objects that were found.
    pub objects: u64,
    /// Their bytes; an attachment's bytes include its name and a NUL, as 2.x stores it.
    pub bytes: u64,
    /// Sum modulo 2^256 of the SHA-256 of (identity, SHA-256 of the content), 64 hexadecimal digits.
    pub digest: String,
}
