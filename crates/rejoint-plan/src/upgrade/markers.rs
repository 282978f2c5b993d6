//! Which marker a column gets.

use super::Planner;
use crate::options::MarkerPolicy;
use rejoint_model::{AttributeKind, Column, ForeignKey, Table, classify, split_marker, with_marker};

/// The core type of 2.x that is *exactly* the column's type; `None` where only a native type is right.
///
/// Unsigned, medium and display-scaled types have no exact core type; `tinyint(1)` may be a bool or a number, which the
/// column does not tell; `timestamp`, `time`, `year` and `text` are no core types. 2.3.5 reads them all without a marker.
pub(crate) fn exact_core_type(column: &Column) -> Option<String> {
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

/// Does the column come from a foreign key? 2.x writes no marker on those.
pub(crate) fn is_foreign(table: &Table, column: &str) -> bool {
    let data = |k: &&ForeignKey| !k.parent.table.starts_with('~');
    table.foreign_keys.iter().filter(data).any(|k| k.columns.iter().any(|c| c == column))
}

/// Is a generated column computed from this one?
fn is_computed_from(table: &Table, column: &str) -> bool {
    let name = rejoint_mysql::ident(column);
    table.columns.iter().any(|c| c.generation.contains(&name))
}

impl Planner<'_> {
    /// The comment a column has after the upgrade, if it changes. Pointers are dealt with elsewhere.
    pub(crate) fn new_comment(&mut self, table: &Table, column: &Column) -> Option<String> {
        let (_, user_text) = split_marker(&column.comment);
        let place = format!("{}.{}", table.name, column.name);
        match classify(table, column) {
            AttributeKind::Blob => self.fitting_comment(&place, "<blob>", &column.comment),
            AttributeKind::Attach => self.fitting_comment(&place, "<attach>", user_text),
            AttributeKind::Native
                if self.options.markers == MarkerPolicy::All && !is_foreign(table, &column.name) =>
            {
                let core = exact_core_type(column)?;
                if self.seen.catalog.server.is_mariadb()
                    && (column.is_generated() || is_computed_from(table, &column.name))
                {
                    self.remarks.push(format!(
                        "{place} keeps its native type without a marker: it is a generated column or one is computed from it, and MariaDB copies the table to change its comment"
                    ));
                    return None;
                }
                match with_marker(&core, &column.comment) {
                    Ok(comment) => Some(comment),
                    Err(error) => {
                        self.remarks.push(format!("{place} keeps its native type without a marker: {error}"));
                        None
                    }
                }
            }
            _ => None,
        }
    }

    /// A comment with a marker that 2.x cannot do without. Where it does not fit, a person decides.
    pub(crate) fn fitting_comment(&mut self, place: &str, marker: &str, user_text: &str) -> Option<String> {
        match with_marker(marker, user_text) {
            Ok(comment) => Some(comment),
            Err(error) => {
                let answer = self.ask(
                    format!("comment:{place}"),
                    format!("The comment of {place} leaves no room for the marker that 2.x needs. Cut its end off, or stop?"),
                    error.to_string(),
                    &["cut", "stop"],
                );
                if answer.as_deref() == Some("stop") {
                    self.refuse(place, error.to_string(), "Shorten the comment, then plan again.");
                }
                let room =
                    rejoint_model::marker::MAX_COLUMN_COMMENT.saturating_sub(marker.chars().count() + 2);
                let cut: String = user_text.chars().take(room).collect();
                with_marker(marker, &cut).ok()
            }
        }
    }
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
