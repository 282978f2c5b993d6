//! Which marker an upgrade will put in front of a column's comment.
//!
//! Policy `codecs` marks what 2.x cannot read otherwise; policy `all` in addition every column whose type is a core type of
//! 2.x under the same physical type. Types without an exact core type (unsigned, `mediumint`, `float(7,2)`, `timestamp`, `time`,
//! `year`, text) get none. Source: the project's facts about types, sections 3 and 6.

use rejoint_db::{CreateTable, ident};
use rejoint_model::{AttributeKind, Column, ExternalKind, Table, classify, exact_core_type};

/// Is this a JSON attribute? MariaDB has no JSON type: there it is a `longtext` with a check, which only the definition shows.
pub(crate) fn is_json(column: &Column, definition: Option<&CreateTable>) -> bool {
    column.data_type == "json"
        || column.data_type == "longtext"
            && definition
                .and_then(|d| d.column(&column.name))
                .is_some_and(|line| line.after.contains(&format!("json_valid({})", ident(&column.name))))
}

/// The codec marker without colons, or `None` if the column needs none. `base` is the stored form below an adapter over a store.
pub(crate) fn codec_marker(table: &Table, column: &Column) -> Option<String> {
    match classify(table, column) {
        AttributeKind::Blob => Some("<blob>".to_owned()),
        AttributeKind::Attach => Some("<attach>".to_owned()),
        AttributeKind::External { kind, store } => Some(format!("<{}@{store}>", kind.word())),
        AttributeKind::AdaptedExternal { adapter, store } => Some(format!("<{adapter}@{store}>")),
        AttributeKind::External011 { store } => {
            let store = if store.is_empty() { "external" } else { &store };
            Some(format!("<{}@{store}>", ExternalKind::Blob.word()))
        }
        _ => None,
    }
}

/// The core type of a native column, if there is one with exactly its range. `tinyint(1)` has none until a person decides.
pub(crate) fn core_marker(column: &Column) -> Option<String> {
    exact_core_type(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(sql_type: &str) -> Column {
        Column {
            name: "c".into(),
            sql_type: sql_type.into(),
            data_type: sql_type.split([' ', '(']).next().unwrap_or_default().into(),
            nullable: false,
            default: None,
            extra: String::new(),
            generation: String::new(),
            collation: None,
            comment: String::new(),
        }
    }

    #[test]
    fn only_exact_types_get_a_core_marker() {
        let marker = |sql: &str| core_marker(&column(sql));
        assert_eq!(marker("int(11)").as_deref(), Some("int32"));
        assert_eq!(marker("tinyint(4)").as_deref(), Some("int8"));
        assert_eq!(marker("decimal(8,3)").as_deref(), Some("decimal(8,3)"));
        assert_eq!(marker("enum('a','b''c')").as_deref(), Some("enum('a','b''c')"));
        for sql in [
            "tinyint(1)",
            "int unsigned",
            "mediumint",
            "float(7,2)",
            "timestamp",
            "time",
            "year",
            "text",
            "enum('a:b')",
        ] {
            assert_eq!(marker(sql), None, "{sql}");
        }
    }
}
