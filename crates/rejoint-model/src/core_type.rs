//! Core types of 2.x for columns as they are.
//!
//! Source: the project's facts about types, section 6, checked by running 2.3.5.

use crate::catalog::Column;

/// The core type of 2.x that is *exactly* the column's type; `None` where only a native type is right.
///
/// Unsigned, medium and display-scaled types have no exact core type; `tinyint(1)` may be a bool or a number, which the
/// column does not tell; `timestamp`, `time`, `year` and `text` are no core types. 2.3.5 reads them all without a marker.
pub fn exact_core_type(column: &Column) -> Option<String> {
    if column.is_hidden() || column.is_generated() {
        return None;
    }
    let sql = column.sql_type.to_ascii_lowercase();
    // MariaDB and older MySQL print a display width, which is no part of the type
    let bare = match sql.split_once('(') {
        Some((word, _))
            if matches!(word, "tinyint" | "smallint" | "int" | "bigint") && !sql.ends_with("unsigned") =>
        {
            if sql == "tinyint(1)" || sql.contains("zerofill") {
                return None;
            }
            word.to_owned()
        }
        _ => sql.clone(),
    };
    let exact = match bare.as_str() {
        "tinyint" => "int8",
        "smallint" => "int16",
        "int" => "int32",
        "bigint" => "int64",
        "float" => "float32",
        "double" => "float64",
        "date" => "date",
        "json" => "json",
        _ => "",
    };
    if !exact.is_empty() {
        return Some(exact.to_owned());
    }
    let word = bare.split('(').next().unwrap_or_default();
    let same =
        matches!(word, "char" | "varchar" | "enum" | "datetime" | "decimal") && !bare.contains("unsigned");
    // a colon inside the marker would end it for every reader
    (same && !column.sql_type.contains(':')).then(|| column.sql_type.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(sql_type: &str) -> Column {
        Column {
            name: "x".into(),
            sql_type: sql_type.into(),
            data_type: sql_type.split('(').next().unwrap_or_default().into(),
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
        let shown: Vec<String> = [
            "int",
            "int(11)",
            "int unsigned",
            "int(10) unsigned",
            "tinyint",
            "tinyint(4)",
            "tinyint(1)",
            "mediumint",
            "bigint",
            "float",
            "float(7,2)",
            "double",
            "decimal(8,3)",
            "decimal(8,2) unsigned",
            "varchar(64)",
            "enum('a','b:c')",
            "enum('a','b')",
            "datetime(6)",
            "timestamp",
            "text",
        ]
        .iter()
        .map(|t| format!("{t} -> {}", exact_core_type(&column(t)).unwrap_or_else(|| "native".into())))
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r##"
int -> int32
int(11) -> int32
int unsigned -> native
int(10) unsigned -> native
tinyint -> int8
tinyint(4) -> int8
tinyint(1) -> native
mediumint -> native
bigint -> int64
float -> float32
float(7,2) -> native
double -> float64
decimal(8,3) -> decimal(8,3)
decimal(8,2) unsigned -> native
varchar(64) -> varchar(64)
enum('a','b:c') -> native
enum('a','b') -> enum('a','b')
datetime(6) -> datetime(6)
timestamp -> native
text -> native
"##);
    }
}
