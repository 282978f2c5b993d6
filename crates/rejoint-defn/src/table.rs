//! The table that a definition declares, and what is needed to compile one.

use std::collections::BTreeMap;

use crate::definition::Dialect;
use crate::problem::Problem;
use crate::span::Span;
use crate::sql_type::without_display_width;

/// A table by its two names, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The schema (MySQL database).
    pub schema: String,
    /// The table with its tier prefix, such as `#rig` or `session__trial`.
    pub table: String,
}

impl TableName {
    /// A name from its parts.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> TableName {
        TableName { schema: schema.into(), table: table.into() }
    }

    /// Quoted as MySQL needs it: `` `schema`.`table` ``, backticks doubled.
    pub fn quoted(&self) -> String {
        format!("`{}`.`{}`", self.schema.replace('`', "``"), self.table.replace('`', "``"))
    }
}

/// Where the types of adapters (0.14) and codecs (2.x) come from, and what the configuration adds to tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// 0.14: `attribute_type` of each adapter by name.
    pub adapters: BTreeMap<String, String>,
    /// 2.x: storage types of codecs by name, beyond the built-in ones.
    pub codecs: BTreeMap<String, CodecStorage>,
    /// 2.x: `jobs.add_job_metadata`.
    pub add_job_metadata: bool,
    /// 2.x: `provenance.capture`.
    pub capture_provenance: bool,
}

/// What a codec's `get_dtype` returns. `None` where it raises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodecStorage {
    /// For `<name>`.
    pub in_table: Option<String>,
    /// For `<name@>` and `<name@store>`.
    pub in_store: Option<String>,
}

/// Gives the keys of the tables that foreign keys refer to.
pub trait Parents {
    /// The table that a dotted Python name (`Session`, `lab.Rig`, `Master.Part`, `master`) or a quoted full name
    /// (`` `db`.`table` ``) means in the place where the definition stands. `None` when not known.
    fn table(&self, path: &str) -> Option<ParentTable>;

    /// What another Python expression means, if the implementation can tell. Never guess here.
    fn expression(&self, text: &str) -> Option<ProjectedParent> {
        let _ = text;
        None
    }
}

/// The key of a referenced table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentTable {
    /// Its name.
    pub name: TableName,
    /// The columns of its primary key, in the order of the table's columns.
    pub key: Vec<ParentColumn>,
}

/// A key column of a referenced table, as DataJoint's heading shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentColumn {
    /// Name.
    pub name: String,
    /// SQL type as the server reports it, without the display width of integers and floats.
    pub sql_type: String,
    /// Comment without the `:type:` marker.
    pub comment: String,
    /// Whether the marker is `:uuid:`; it is the only one that children inherit.
    pub is_uuid: bool,
}

/// The key of an expression: names as the child gets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedParent {
    /// The one table behind the expression.
    pub table: TableName,
    /// For each key column: the name in the child, and the column it refers to.
    pub key: Vec<(String, ParentColumn)>,
}

/// The table that a definition declares on MySQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledTable {
    /// Its name.
    pub name: TableName,
    /// By which version's rules.
    pub dialect: Dialect,
    /// The table comment as stored.
    pub comment: String,
    /// Columns in order, hidden ones last.
    pub columns: Vec<Column>,
    /// Names of the primary key, in the order of its index.
    pub primary_key: Vec<String>,
    /// Foreign keys in order of declaration.
    pub foreign_keys: Vec<ForeignKeyConstraint>,
    /// Declared secondary indexes in order, without those that InnoDB adds for foreign keys.
    pub indexes: Vec<CompiledIndex>,
    /// 0.14: stores whose tracking tables the declaration creates; 2.x: stores named by codecs. In order, may repeat.
    pub stores: Vec<String>,
    /// The statement as the library hands it to its driver: byte for byte, a `%%` still doubled.
    pub create_table: String,
    /// What may surprise.
    pub warnings: Vec<Problem>,
}

impl CompiledTable {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The table as a parent of others.
    ///
    /// `_singleton` and other hidden columns are left out, as in the library's headings.
    pub fn as_parent(&self) -> ParentTable {
        let key = self.columns.iter().filter(|column| column.in_key && !column.is_hidden());
        ParentTable {
            name: self.name.clone(),
            key: key
                .map(|column| ParentColumn {
                    name: column.name.clone(),
                    sql_type: without_display_width(&column.sql_type),
                    comment: column.user_comment().to_owned(),
                    is_uuid: column.marker.as_ref().is_some_and(|marker| marker.eq_ignore_ascii_case("uuid")),
                })
                .collect(),
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// The type in the `CREATE TABLE`.
    pub declared_type: String,
    /// The type as MySQL 8.0.19 and newer report it.
    pub sql_type: String,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// The default.
    pub default: ColumnDefault,
    /// The comment as stored, marker included.
    pub comment: String,
    /// The type in the `:type:` marker of the comment.
    pub marker: Option<String>,
    /// Whether the column is in the primary key.
    pub in_key: bool,
    /// Whether the type has `auto_increment`.
    pub auto_increment: bool,
    /// The parent's table and column, if a foreign key line made the column.
    pub parent: Option<(TableName, String)>,
    /// The line that declares it; `None` for columns that the library adds.
    pub line: Option<Span>,
}

impl Column {
    /// The comment without the marker, as the library's heading shows it: to the first line end when there is a marker.
    pub fn user_comment(&self) -> &str {
        match &self.marker {
            Some(marker) => {
                let rest = self.comment.get(marker.len() + 2..).unwrap_or("");
                rest.split('\n').next().unwrap_or("")
            }
            None => &self.comment,
        }
    }

    /// Whether the library hides the column: its name begins with `_`.
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with('_')
    }
}

/// The default of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnDefault {
    /// No default.
    None,
    /// `DEFAULT NULL`, or a nullable column without a default, which is the same.
    Null,
    /// A constant.
    Literal {
        /// Its text in the statement.
        written: String,
        /// Its text as the server reports it. `None` when the server changes it in a way not followed here, or refuses
        /// it: such defaults cannot be compared by text.
        reported: Option<String>,
    },
    /// `CURRENT_TIMESTAMP`, with its precision if written, in the server's spelling.
    CurrentTimestamp(String),
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKeyConstraint {
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The referenced table.
    pub parent: TableName,
    /// Referenced columns, in the same order.
    pub parent_columns: Vec<String>,
    /// Whether it points to a tracking table of 0.14 (`~external_store`): such keys restrict updates, others cascade them.
    pub is_external: bool,
    /// The line it comes from.
    pub line: Span,
}

/// A declared index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledIndex {
    /// Whether it is unique.
    pub unique: bool,
    /// Its parts in order.
    pub parts: Vec<IndexPart>,
    /// The line it comes from.
    pub line: Span,
}

/// A part of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexPart {
    /// A column.
    Column(String),
    /// SQL as it stands in the statement, parentheses included.
    Expression(String),
}
