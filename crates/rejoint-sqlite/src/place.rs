//! SQLite's own tables: places for rows, declared so that SQLite converts nothing.

use crate::catalog_tables::failed;
use crate::dialect::literal as literal_text;
use crate::names::{physical, quoted};
use crate::storage::{Kind, date_text, read_date, read_time};
use rejoint_db::{Error, read_text};
use rejoint_model::{Column, Table, TableName};

/// SQLite's statement that makes the place for a table's rows.
pub(crate) fn table_place(table: &Table, mariadb: bool) -> Result<String, Error> {
    let mut lines = Vec::new();
    let counter = match table.primary_key().as_slice() {
        [only] => table.column(only).is_some_and(|c| c.extra == "auto_increment").then(|| (*only).to_owned()),
        _ => None,
    };
    for column in &table.columns {
        lines.push(column_place(table, column, counter.as_deref() == Some(&column.name), mariadb)?);
    }
    let name = physical(&table.name);
    Ok(format!("CREATE TABLE {} ({})", quoted(&name), lines.join(", ")))
}

/// SQLite's statement for the index of the primary key, if there is one to make.
pub(crate) fn key_index(table: &Table) -> Option<String> {
    let key = table.primary_key();
    if key.is_empty() {
        return None;
    }
    let name = physical(&table.name);
    let columns: Vec<String> = key.iter().map(|k| quoted(k)).collect();
    Some(format!(
        "CREATE UNIQUE INDEX {} ON {} ({})",
        quoted(&format!("key {name}")),
        quoted(&name),
        columns.join(", ")
    ))
}

/// SQLite's statements for indexes of pointers to tracking tables: what the servers have for every foreign key is needed here only
/// where rows are looked for by what they point to.
pub(crate) fn pointer_indexes(table: &Table) -> Vec<String> {
    let name = physical(&table.name);
    table
        .columns
        .iter()
        .filter(|column| table.tracking_key(&column.name).is_some())
        .map(|column| {
            format!(
                "CREATE INDEX {} ON {} ({})",
                quoted(&format!("pointer {} {name}", column.name)),
                quoted(&name),
                quoted(&column.name)
            )
        })
        .collect()
}

/// Indexes over a column.
pub(crate) fn indexes_of(
    db: &rusqlite::Connection,
    table: &TableName,
    column: &str,
) -> Result<Vec<String>, Error> {
    let sql = "SELECT list.name FROM pragma_index_list(?) AS list JOIN pragma_index_info(list.name) AS info WHERE info.name = ?";
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
    let rows = statement
        .query_map([physical(table).as_str(), column], |row| row.get(0))
        .map_err(|e| failed(e, sql))?;
    rows.collect::<Result<_, _>>().map_err(|e| failed(e, sql))
}

/// A column of SQLite's table.
pub(crate) fn column_place(
    table: &Table,
    column: &Column,
    is_counter: bool,
    mariadb: bool,
) -> Result<String, Error> {
    let kind = Kind::of(column).ok_or_else(|| Error::Unexpected {
        what: format!("{}.{}: the embedded engine keeps no {}", table.name, column.name, column.data_type),
    })?;
    if is_counter {
        return Ok(format!("{} INTEGER PRIMARY KEY AUTOINCREMENT", quoted(&column.name)));
    }
    // values of generated columns are not in the dumps of MySQL
    let null = if column.nullable || column.is_generated() { "" } else { " NOT NULL" };
    // text is never equal to bytes here, so what was taken for the other would not be found again
    let check = match kind {
        Kind::Bytes => format!(" CHECK (typeof({}) <> 'text')", quoted(&column.name)),
        _ => String::new(),
    };
    Ok(format!("{} {}{null}{}{check}", quoted(&column.name), kind.declared(), default(column, kind, mariadb)))
}

/// The default of a column, for rows that statements insert without it; none if it is an expression.
fn default(column: &Column, kind: Kind, mariadb: bool) -> String {
    let Some(value) = column.default.as_deref().filter(|d| !d.eq_ignore_ascii_case("NULL")) else {
        return match (column.nullable, column.data_type.as_str()) {
            // MySQL gives existing rows of a new NOT NULL JSON column the JSON null
            (false, "json") => " DEFAULT 'null'".to_owned(),
            _ => String::new(),
        };
    };
    if kind == Kind::Date && value.to_ascii_lowercase().starts_with("current_timestamp") {
        let digits = value.chars().find(char::is_ascii_digit).unwrap_or('0');
        return format!(" DEFAULT (utc_timestamp({digits}))");
    }
    let computed = column.extra.contains("DEFAULT_GENERATED");
    // MySQL shows the value of a literal, MariaDB the literal
    let literal = read_text(value, 0).filter(|(_, end)| mariadb && *end == value.len()).map(|(text, _)| text);
    let bare = literal.as_deref().unwrap_or(value);
    let is_text = !computed && (!mariadb || literal.is_some());
    let shown = match kind {
        Kind::Integer => bare.parse::<i64>().ok().map(|n| n.to_string()),
        Kind::Float | Kind::Double => bare.parse::<f64>().ok().map(|_| bare.to_owned()),
        Kind::Date => {
            read_date(bare).map(|(y, m, d, h, mi, s, us)| literal_text(&date_text(y, m, d, h, mi, s, us)))
        }
        Kind::Time => read_time(bare).map(|micros| micros.to_string()),
        Kind::Text if column.data_type == "decimal" => Some(literal_text(bare)),
        Kind::Text => is_text.then(|| literal_text(bare)),
        // MariaDB 11.8 shows NULs in hexadecimal
        Kind::Bytes => match value.strip_prefix("x'") {
            Some(_) if mariadb => Some(value.to_owned()),
            _ => (is_text && column.data_type != "bit")
                .then(|| format!("x'{}'", data_encoding::HEXLOWER.encode(bare.as_bytes()))),
        },
        Kind::Unknown => None,
    };
    shown.map(|shown| format!(" DEFAULT {shown}")).unwrap_or_default()
}
