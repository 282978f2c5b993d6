//! The catalog of any number of schemas in a constant number of queries.

use crate::connection::MySql;
use mysql::{Row, Value};
use rejoint_db::{Engine as _, Error, cell_text, qualified, sort_foreign_keys};
use rejoint_model::catalog::IndexPart;
use rejoint_model::{Catalog, Column, ForeignKey, Index, Schema, Table, TableName, Trigger, View};
use std::collections::BTreeMap;

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
        cell_text(row, *self.index.get(name)?)
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
pub(crate) fn schema_names(connection: &mut MySql) -> Result<Vec<String>, Error> {
    let sql = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY SCHEMA_NAME";
    Ok(connection.rows(sql, &[])?.iter().filter_map(|row| cell_text(row, 0)).collect())
}

/// Reads the catalog of the named schemas.
///
/// # Errors
/// Server errors; a schema that does not exist.
pub(crate) fn read_catalog(connection: &mut MySql, schemas: &[String]) -> Result<Catalog, Error> {
    let mut catalog = Catalog { server: connection.server().clone(), schemas: BTreeMap::new() };
    if schemas.is_empty() {
        return Ok(catalog);
    }
    let mariadb = connection.server().is_mariadb();
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

    // MySQL escapes quotes and backslashes of expressions once more than SHOW CREATE TABLE does
    let expression = |shown: String| if mariadb { shown } else { unescaped(&shown) };
    let (rows, n) = query(format!(
        "SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN ({marks}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"
    ))?;
    for row in &rows {
        let Some(table) = find(&mut catalog, &n, row, "TABLE_SCHEMA", "TABLE_NAME") else { continue };
        let extra = n.required(row, "EXTRA");
        let default = n.text(row, "COLUMN_DEFAULT");
        let computed = extra.contains("DEFAULT_GENERATED");
        table.columns.push(Column {
            name: n.required(row, "COLUMN_NAME"),
            sql_type: n.required(row, "COLUMN_TYPE"),
            data_type: n.required(row, "DATA_TYPE").to_ascii_lowercase(),
            nullable: n.required(row, "IS_NULLABLE") == "YES",
            default: if computed { default.map(expression) } else { default },
            generation: expression(n.required(row, "GENERATION_EXPRESSION")),
            extra,
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
        let part = IndexPart {
            column: n.text(row, "COLUMN_NAME"),
            expression: n.text(row, "EXPRESSION").map(expression),
        };
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
        sort_foreign_keys(&mut table.foreign_keys);
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

fn unescaped(shown: &str) -> String {
    let mut out = String::with_capacity(shown.len());
    let mut chars = shown.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// All base tables this account sees.
pub(crate) fn tables(connection: &mut MySql) -> Result<Vec<TableName>, Error> {
    let sql =
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'";
    Ok(connection.rows(sql, &[])?.iter().filter_map(table_name).collect())
}

fn table_name(row: &Row) -> Option<TableName> {
    Some(TableName::new(cell_text(row, 0)?, cell_text(row, 1)?))
}

fn named(table: &TableName) -> [Value; 2] {
    [table.schema.as_str(), table.table.as_str()].map(Value::from)
}

/// Names of a table's columns.
pub(crate) fn columns(connection: &mut MySql, table: &TableName) -> Result<Vec<String>, Error> {
    let sql = "SELECT c.COLUMN_NAME, c.TABLE_NAME, t.TABLE_NAME FROM information_schema.COLUMNS AS c JOIN information_schema.TABLES AS t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ? AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY c.ORDINAL_POSITION";
    let rows = connection.rows(sql, &named(table))?;
    // MariaDB compares names here without regard to case, also where `Scan` and `scan` are two tables
    let one_table = rows.iter().filter(|row| cell_text(row, 1) == cell_text(row, 2));
    let exact = |row: &&Row| cell_text(row, 1).as_deref() == Some(table.table.as_str());
    let is_exact = rows.iter().any(|row| exact(&row));
    Ok(one_table.filter(|row| !is_exact || exact(row)).filter_map(|row| cell_text(row, 0)).collect())
}

/// A trigger as it was written: `information_schema` shows its body without character set introducers.
pub(crate) fn trigger(
    connection: &mut MySql,
    table: &TableName,
    name: &str,
) -> Result<Option<String>, Error> {
    let sql = "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? AND TRIGGER_NAME = ? AND EVENT_OBJECT_TABLE = ?";
    let params = [table.schema.as_str(), name, table.table.as_str()].map(Value::from);
    let found = connection.rows(sql, &params)?;
    if found.first().and_then(|row| cell_text(row, 0)).as_deref() != Some("1") {
        return Ok(None);
    }
    let sql = format!("SHOW CREATE TRIGGER {}", qualified(&TableName::new(&table.schema, name)));
    let rows = connection.text_rows(&sql)?;
    Ok(Some(rows.first().and_then(|row| cell_text(row, 2)).unwrap_or_default()))
}

/// The server's estimate of a table's rows.
pub(crate) fn rows_estimate(connection: &mut MySql, table: &TableName) -> Result<u64, Error> {
    let sql = "SELECT TABLE_ROWS, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    let rows = connection.rows(sql, &named(table))?;
    let exact = rows.iter().find(|row| cell_text(row, 1).as_deref() == Some(table.table.as_str()));
    let n = exact.or(rows.first()).and_then(|row| cell_text(row, 0));
    Ok(n.and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Tables that the server says changed at `since` less the slack, or later.
pub(crate) fn changed_since(
    connection: &mut MySql,
    schemas: &[String],
    since: &str,
    slack_seconds: u64,
) -> Result<Vec<TableName>, Error> {
    let marks = vec!["?"; schemas.len()].join(",");
    let sql = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({marks}) AND UPDATE_TIME IS NOT NULL AND UPDATE_TIME >= CAST(? AS DATETIME) - INTERVAL {slack_seconds} SECOND"
    );
    let mut params: Vec<Value> = schemas.iter().map(|s| Value::from(s.as_str())).collect();
    params.push(Value::from(since));
    Ok(connection.rows(&sql, &params)?.iter().filter_map(table_name).collect())
}

/// Collations that are their character set's default.
pub(crate) fn default_collations(connection: &mut MySql) -> Result<Vec<String>, Error> {
    let sql = "SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE IS_DEFAULT = 'Yes'";
    Ok(connection.rows(sql, &[])?.iter().filter_map(|row| cell_text(row, 0)).collect())
}
