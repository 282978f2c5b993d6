//! The tables of the code as a catalog, for drawing.

use super::declared::{CodeTables, Compiled};
use super::report::Undecided;
use rejoint_model::catalog::IndexPart;
use rejoint_model::{Catalog, Column, ForeignKey, Index, Schema, Server, Table, TableName};
use std::collections::BTreeMap;

/// A catalog of this server's kind without schemas: no database is looked at.
fn nothing() -> Catalog {
    let server = Server {
        product: "MySQL".to_owned(),
        version: (0, 0, 0),
        version_text: String::new(),
        identity: String::new(),
    };
    Catalog { server, schemas: BTreeMap::new() }
}

impl CodeTables {
    /// What the definitions declare, without a database; and what could not be told.
    ///
    /// Names, types, keys and comments are those of the definitions; what a server adds (indexes for foreign keys, collations) is
    /// left out.
    pub fn catalog(&self) -> (Catalog, Vec<Undecided>) {
        let (compiled, undecided) = self.compiled(&nothing());
        let mut catalog = nothing();
        for one in &compiled {
            let Compiled { name, table: Ok(table), .. } = one else { continue };
            let schema = catalog.schemas.entry(name.schema.clone()).or_insert_with(|| Schema {
                name: name.schema.clone(),
                charset: String::new(),
                collation: String::new(),
                tables: BTreeMap::new(),
                views: Vec::new(),
            });
            schema.tables.insert(name.table.clone(), drawn(name, table));
        }
        (catalog, undecided)
    }
}

fn drawn(name: &TableName, table: &rejoint_defn::CompiledTable) -> Table {
    let part = |column: &String| IndexPart { column: Some(column.clone()), expression: None };
    let primary = Index {
        name: "PRIMARY".to_owned(),
        unique: true,
        parts: table.primary_key.iter().map(part).collect(),
    };
    Table {
        name: name.clone(),
        engine: "InnoDB".to_owned(),
        collation: String::new(),
        comment: table.comment.clone(),
        rows_estimate: 0,
        data_bytes: 0,
        index_bytes: 0,
        columns: table
            .columns
            .iter()
            .map(|column| Column {
                name: column.name.clone(),
                sql_type: column.sql_type.clone(),
                data_type: column.sql_type.split(['(', ' ']).next().unwrap_or_default().to_lowercase(),
                nullable: column.nullable,
                default: None,
                extra: String::new(),
                generation: String::new(),
                collation: None,
                comment: column.comment.clone(),
            })
            .collect(),
        indexes: vec![primary],
        foreign_keys: table
            .foreign_keys
            .iter()
            .enumerate()
            .map(|(i, key)| ForeignKey {
                name: format!("{}_ibfk_{}", name.table, i + 1),
                columns: key.columns.clone(),
                parent: TableName::new(&key.parent.schema, &key.parent.table),
                parent_columns: key.parent_columns.clone(),
                on_update: "CASCADE".to_owned(),
                on_delete: "RESTRICT".to_owned(),
            })
            .collect(),
        triggers: Vec::new(),
        partitioned: false,
    }
}
