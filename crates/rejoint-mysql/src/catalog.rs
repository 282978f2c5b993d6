//! The catalog of any number of schemas in a constant number of queries.

use crate::connection::{Connection, string};
use crate::error::Error;
use mysql::{Row, Value};
use rejoint_model::catalog::IndexPart;
use rejoint_model::{Catalog, Column, ForeignKey, Index, Schema, Table, TableName, Trigger, View};
use std::collections::BTreeMap;

/// How many queries [`read_catalog`] makes, whatever the number of schemas.
pub const ROWS_PER_QUERY_NOTE: usize = 8;

/// Column access by name: older servers lack some columns of `information_schema`, newer ones have more.
struct Named {
    index: BTreeMap<String, usize>,
}

impl Named {
    fn of(rows: &[Row]) -> Self {
        let index = rows
            .first()
            .map(|row| {
                row.columns_ref()
                    .iter()
                    .enumerate()
                    .map(|(i, c)| (c.name_str().to_ascii_uppercase(), i))
                    .collect()
            })
            .unwrap_or_default();
        Named { index }
    }

    fn text(&self, row: &Row, name: &str) -> Option<String> {
        string(row, *self.index.get(name)?)
    }

    fn required(&self, row: &Row, name: &str) -> String {
        self.text(row, name).unwrap_or_default()
    }

    fn number(&self, row: &Row, name: &str) -> u64 {
        self.text(row, name).and_then(|t| t.parse().ok()).unwrap_or(0)
    }
}

/// Names of all schemas except the server's own, in order.
///
/// # Errors
/// Server errors.
pub fn schema_names(connection: &mut Connection) -> Result<Vec<String>, Error> {
    let sql = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY SCHEMA_NAME";
    Ok(connection.rows(sql, &[])?.iter().filter_map(|row| string(row, 0)).collect())
}

/// Reads the catalog of the named schemas.
///
/// # Errors
/// Server errors; a schema that does not exist.
pub fn read_catalog(connection: &mut Connection, schemas: &[String]) -> Result<Catalog, Error> {
    let mut catalog = Catalog { server: connection.server().clone(), schemas: BTreeMap::new() };
    if schemas.is_empty() {
        return Ok(catalog);
    }
    let marks = vec!["?"; schemas.len()].join(",");
    let params: Vec<Value> = schemas.iter().map(Value::from).collect();
    let mut query = |sql: String| -> Result<(Vec<Row>, Named), Error> {
        let rows = connection.rows(&sql, &params)?;
        let named = Named::of(&rows);
        Ok((rows, named))
    };

    let (rows, n) =
        query(format!("SELECT * FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ({marks})"))?;
    for row in &rows {
        let name = n.required(row, "SCHEMA_NAME");
        catalog.schemas.insert(
            name.clone(),
            Schema {
                name,
                charset: n.required(row, "DEFAULT_CHARACTER_SET_NAME"),
                collation: n.required(row, "DEFAULT_COLLATION_NAME"),
                tables: BTreeMap::new(),
                views: Vec::new(),
            },
        );
    }
    if let Some(missing) = schemas.iter().find(|s| !catalog.schemas.contains_key(*s)) {
        return Err(Error::Unexpected {
            what: format!("there is no schema `{missing}`, or this account may not see it"),
        });
    }

    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN ({marks})"
    ))?;
    for row in &rows {
        let name = TableName::new(n.required(row, "TABLE_SCHEMA"), n.required(row, "TABLE_NAME"));
        let Some(schema) = catalog.schemas.get_mut(&name.schema) else { continue };
        schema.tables.insert(
            name.table.clone(),
            Table {
                engine: n.required(row, "ENGINE"),
                collation: n.required(row, "TABLE_COLLATION"),
                comment: n.required(row, "TABLE_COMMENT"),
                rows_estimate: n.number(row, "TABLE_ROWS"),
                data_bytes: n.number(row, "DATA_LENGTH"),
                index_bytes: n.number(row, "INDEX_LENGTH"),
                partitioned: n.required(row, "CREATE_OPTIONS").contains("partitioned"),
                columns: Vec::new(),
                indexes: Vec::new(),
                foreign_keys: Vec::new(),
                triggers: Vec::new(),
                name,
            },
        );
    }
    fn find<'c>(
        catalog: &'c mut Catalog,
        n: &Named,
        row: &Row,
        schema: &str,
        table: &str,
    ) -> Option<&'c mut Table> {
        catalog.schemas.get_mut(&n.required(row, schema))?.tables.get_mut(&n.required(row, table))
    }

    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN ({marks}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
    ))?;
    for row in &rows {
        let Some(table) = find(&mut catalog, &n, row, "TABLE_SCHEMA", "TABLE_NAME") else { continue };
        table.columns.push(Column {
            name: n.required(row, "COLUMN_NAME"),
            sql_type: n.required(row, "COLUMN_TYPE"),
            data_type: n.required(row, "DATA_TYPE").to_ascii_lowercase(),
            nullable: n.required(row, "IS_NULLABLE") == "YES",
            default: n.text(row, "COLUMN_DEFAULT"),
            extra: n.required(row, "EXTRA"),
            generation: n.required(row, "GENERATION_EXPRESSION"),
            collation: n.text(row, "COLLATION_NAME"),
            comment: n.required(row, "COLUMN_COMMENT"),
        });
    }

    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA IN ({marks}) ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX"
    ))?;
    for row in &rows {
        let Some(table) = find(&mut catalog, &n, row, "TABLE_SCHEMA", "TABLE_NAME") else { continue };
        let name = n.required(row, "INDEX_NAME");
        let part = IndexPart { column: n.text(row, "COLUMN_NAME"), expression: n.text(row, "EXPRESSION") };
        match table.indexes.last_mut().filter(|i| i.name == name) {
            Some(index) => index.parts.push(part),
            None => {
                table.indexes.push(Index {
                    name,
                    unique: n.required(row, "NON_UNIQUE") == "0",
                    parts: vec![part],
                });
            }
        }
    }

    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND TABLE_SCHEMA IN ({marks}) ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION"
    ))?;
    for row in &rows {
        let Some(table) = find(&mut catalog, &n, row, "TABLE_SCHEMA", "TABLE_NAME") else { continue };
        let name = n.required(row, "CONSTRAINT_NAME");
        let (column, parent_column) =
            (n.required(row, "COLUMN_NAME"), n.required(row, "REFERENCED_COLUMN_NAME"));
        match table.foreign_keys.last_mut().filter(|k| k.name == name) {
            Some(key) => {
                key.columns.push(column);
                key.parent_columns.push(parent_column);
            }
            None => table.foreign_keys.push(ForeignKey {
                name,
                columns: vec![column],
                parent: TableName::new(
                    n.required(row, "REFERENCED_TABLE_SCHEMA"),
                    n.required(row, "REFERENCED_TABLE_NAME"),
                ),
                parent_columns: vec![parent_column],
                on_update: String::new(),
                on_delete: String::new(),
            }),
        }
    }

    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA IN ({marks})"
    ))?;
    for row in &rows {
        let name = n.required(row, "CONSTRAINT_NAME");
        let Some(table) = find(&mut catalog, &n, row, "CONSTRAINT_SCHEMA", "TABLE_NAME") else { continue };
        if let Some(key) = table.foreign_keys.iter_mut().find(|k| k.name == name) {
            key.on_update = n.required(row, "UPDATE_RULE");
            key.on_delete = n.required(row, "DELETE_RULE");
        }
    }
    for table in catalog.schemas.values_mut().flat_map(|s| s.tables.values_mut()) {
        // `t_ibfk_10` was declared after `t_ibfk_9`
        table.foreign_keys.sort_by_key(|k| declaration_order(&k.name));
    }

    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA IN ({marks}) ORDER BY TRIGGER_NAME"
    ))?;
    for row in &rows {
        let Some(table) = find(&mut catalog, &n, row, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE") else {
            continue;
        };
        table.triggers.push(Trigger {
            name: n.required(row, "TRIGGER_NAME"),
            event: n.required(row, "EVENT_MANIPULATION"),
            timing: n.required(row, "ACTION_TIMING"),
            statement: n.required(row, "ACTION_STATEMENT"),
        });
    }

    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.VIEWS WHERE TABLE_SCHEMA IN ({marks}) ORDER BY TABLE_NAME"
    ))?;
    for row in &rows {
        if let Some(schema) = catalog.schemas.get_mut(&n.required(row, "TABLE_SCHEMA")) {
            schema.views.push(View {
                name: n.required(row, "TABLE_NAME"),
                definition: n.required(row, "VIEW_DEFINITION"),
            });
        }
    }
    Ok(catalog)
}

/// Sorts generated constraint names by their number, others by name.
fn declaration_order(name: &str) -> (String, u64, String) {
    match name.rsplit_once('_') {
        Some((head, number)) if head.ends_with("_ibfk") => match number.parse() {
            Ok(number) => (head.to_owned(), number, String::new()),
            Err(_) => (name.to_owned(), 0, name.to_owned()),
        },
        _ => (name.to_owned(), 0, name.to_owned()),
    }
}
