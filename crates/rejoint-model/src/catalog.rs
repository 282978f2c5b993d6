//! The observed model: what a server holds.

use crate::names::{TableName, Tier, tier_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which database product answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// `MySQL` or `MariaDB`.
    pub product: String,
    /// Major, minor, patch.
    pub version: (u16, u16, u16),
    /// The version as the server prints it.
    pub version_text: String,
    /// What tells this server from another: its UUID or, where there is none, its host name and data directory's hash.
    pub identity: String,
}

impl Server {
    /// Is it MariaDB?
    pub fn is_mariadb(&self) -> bool {
        self.product == "MariaDB"
    }
}

/// All schemas that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The server.
    pub server: Server,
    /// Schemas by name.
    pub schemas: BTreeMap<String, Schema>,
}

impl Catalog {
    /// All tables, hidden ones too, in the order of their names.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.schemas.values().flat_map(|s| s.tables.values())
    }

    /// Finds a table.
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.schemas.get(&name.schema)?.tables.get(&name.table)
    }
}

/// One schema (database).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Name.
    pub name: String,
    /// Default character set.
    pub charset: String,
    /// Default collation.
    pub collation: String,
    /// Base tables by name.
    pub tables: BTreeMap<String, Table>,
    /// Views.
    pub views: Vec<View>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Name.
    pub name: String,
    /// The defining SELECT as the server prints it; empty when the account may not see it.
    pub definition: String,
}

/// A trigger on a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Name.
    pub name: String,
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub event: String,
    /// `BEFORE` or `AFTER`.
    pub timing: String,
    /// Body as stored.
    pub statement: String,
}

/// A base table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Full name.
    pub name: TableName,
    /// Storage engine.
    pub engine: String,
    /// Default collation of the table.
    pub collation: String,
    /// Comment.
    pub comment: String,
    /// Estimated number of rows (the server's statistics).
    pub rows_estimate: u64,
    /// Bytes of data.
    pub data_bytes: u64,
    /// Bytes of indexes.
    pub index_bytes: u64,
    /// Columns in their order.
    pub columns: Vec<Column>,
    /// Indexes, `PRIMARY` first, then by name (the server does not tell their order here).
    pub indexes: Vec<Index>,
    /// Foreign keys by name.
    pub foreign_keys: Vec<ForeignKey>,
    /// Triggers by name.
    pub triggers: Vec<Trigger>,
    /// Is it partitioned?
    pub partitioned: bool,
}

impl Table {
    /// Tier by name.
    pub fn tier(&self) -> Tier {
        tier_of(&self.name.table)
    }

    /// Finds a column.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Names of the primary key's columns, in key order; empty when there is none.
    pub fn primary_key(&self) -> Vec<&str> {
        self.indexes
            .iter()
            .find(|i| i.name == "PRIMARY")
            .map(|i| i.parts.iter().filter_map(|p| p.column.as_deref()).collect())
            .unwrap_or_default()
    }

    /// The foreign key from this single column to a tracking table `~external…` of its own schema, if any.
    pub fn tracking_key(&self, column: &str) -> Option<&ForeignKey> {
        self.foreign_keys.iter().find(|key| {
            key.columns == [column]
                && key.parent.schema == self.name.schema
                && (key.parent.table == "~external" || key.parent.table.starts_with("~external_"))
        })
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type as the server prints it, e.g. `int unsigned`, `varchar(64)`.
    pub sql_type: String,
    /// The type's word, e.g. `int`, `varchar`.
    pub data_type: String,
    /// May it be NULL?
    pub nullable: bool,
    /// Default as the server reports it.
    pub default: Option<String>,
    /// The server's EXTRA text: `auto_increment`, `DEFAULT_GENERATED`, `STORED GENERATED`, `on update …`.
    pub extra: String,
    /// Generation expression, empty if it is not generated.
    pub generation: String,
    /// Collation of text columns.
    pub collation: Option<String>,
    /// Comment with its DataJoint marker.
    pub comment: String,
}

impl Column {
    /// Is it a BLOB of any size?
    pub fn is_blob(&self) -> bool {
        matches!(self.data_type.as_str(), "tinyblob" | "blob" | "mediumblob" | "longblob")
    }

    /// Both generations hide columns whose name starts with an underscore.
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with('_')
    }

    /// Does the server compute it?
    pub fn is_generated(&self) -> bool {
        !self.generation.is_empty()
    }

    /// Does an UPDATE of the row change it by itself?
    pub fn updates_itself(&self) -> bool {
        self.extra.to_ascii_lowercase().contains("on update")
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Name; `PRIMARY` for the primary key.
    pub name: String,
    /// Is it unique?
    pub unique: bool,
    /// Parts in order.
    pub parts: Vec<IndexPart>,
}

/// One part of an index: a column or an expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPart {
    /// The column; `None` for an expression.
    pub column: Option<String>,
    /// The expression of a functional part.
    pub expression: Option<String>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Constraint name.
    pub name: String,
    /// Columns of this table.
    pub columns: Vec<String>,
    /// Referenced table.
    pub parent: TableName,
    /// Referenced columns, one for each of `columns`.
    pub parent_columns: Vec<String>,
    /// `RESTRICT`, `CASCADE`, `SET NULL`, `NO ACTION`.
    pub on_update: String,
    /// Same, for deletes.
    pub on_delete: String,
}
