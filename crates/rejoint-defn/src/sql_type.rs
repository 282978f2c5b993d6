//! Column types as MySQL reports them.
//!
//! A declared type and the `COLUMN_TYPE` of the resulting column differ in spelling: `integer` comes back as `int`,
//! `int8` as `bigint`, `bool` as `tinyint(1)`. This module knows the types that a DataJoint definition can declare,
//! with the reports of MySQL 8.0.19 and newer (no display widths but `tinyint(1)`). MariaDB reports `int(11)`,
//! `json` as `longtext`, and so on: compare such columns after mapping them.

use crate::python_text::is_python_space;
use crate::sql_literal::{enum_values, single_quoted};
use crate::type_pattern::strip_word;

/// A column type as the server reports it, and what else the declared type implied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportedType {
    /// As in `information_schema.COLUMNS.COLUMN_TYPE`.
    pub(crate) name: String,
    pub(crate) auto_increment: bool,
    /// `serial`: a unique index and `NOT NULL` come with the type.
    pub(crate) serial: bool,
}

/// How MySQL reports a declared type. `None` when the server refuses it, or this module does not know it.
pub(crate) fn reported(declared: &str) -> Option<ReportedType> {
    let words: String =
        declared.split(is_python_space).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    if words.eq_ignore_ascii_case("serial") {
        return Some(ReportedType { name: "bigint unsigned".into(), auto_increment: true, serial: true });
    }
    let end = declared.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(declared.len());
    let word = declared.get(..end)?.to_ascii_lowercase();
    let rest = declared.get(end..)?.trim_start_matches(is_python_space);
    if word == "enum" {
        let inner = rest.strip_prefix('(')?.strip_suffix(')')?;
        return Some(plain(format!("enum({})", reported_values(inner)?)));
    }
    let (size, modifiers) = match rest.strip_prefix('(') {
        Some(after) => {
            let close = after.find(')')?;
            let size: String = after.get(..close)?.chars().filter(|c| !is_python_space(*c)).collect();
            (Some(size), after.get(close + 1..)?)
        }
        None => (None, rest),
    };
    let modifiers: Vec<String> =
        modifiers.split(is_python_space).filter(|m| !m.is_empty()).map(str::to_ascii_lowercase).collect();
    let modifiers: Vec<&str> = modifiers.iter().map(String::as_str).collect();
    let numbers: Option<Vec<u32>> = size
        .as_deref()
        .map(|s| s.split(',').map(|n| n.parse().ok()).collect::<Option<Vec<u32>>>())
        .unwrap_or(None);
    numeric(&word, size.is_some(), numbers.as_deref(), &modifiers)
        .or_else(|| textual(&word, size.is_some(), numbers.as_deref(), &modifiers))
}

fn plain(name: impl Into<String>) -> ReportedType {
    ReportedType { name: name.into(), auto_increment: false, serial: false }
}

fn numeric(word: &str, sized: bool, numbers: Option<&[u32]>, modifiers: &[&str]) -> Option<ReportedType> {
    let mut modifiers = modifiers.to_vec();
    let mut auto_increment = false;
    let (mut unsigned, mut zerofill) = (false, false);
    modifiers.retain(|m| match *m {
        "auto_increment" => {
            auto_increment = true;
            false
        }
        "unsigned" => {
            unsigned = true;
            false
        }
        "zerofill" => {
            zerofill = true;
            false
        }
        "signed" => false,
        _ => true,
    });
    // `not null` repeats what DataJoint writes itself.
    if !modifiers.is_empty() && modifiers != ["not", "null"] {
        return None;
    }
    let integer = match word {
        "tinyint" | "int1" => Some("tinyint"),
        "smallint" | "int2" => Some("smallint"),
        "mediumint" | "middleint" | "int3" => Some("mediumint"),
        "int" | "integer" | "int4" => Some("int"),
        "bigint" | "int8" => Some("bigint"),
        _ => None,
    };
    let name = if let Some(integer) = integer {
        match numbers {
            None if sized => return None,
            Some([width]) if *width <= 255 => match (integer, width, zerofill, unsigned) {
                ("tinyint", 1, false, false) => "tinyint(1)".to_owned(),
                (_, width, true, _) => format!("{integer}({width})"),
                _ => integer.to_owned(),
            },
            Some(_) => return None,
            // The default widths of zero-filled columns are reported.
            None if zerofill => {
                let width = match integer {
                    "tinyint" => 3,
                    "smallint" => 5,
                    "mediumint" => 8,
                    "int" => 10,
                    _ => 20,
                };
                format!("{integer}({width})")
            }
            None => integer.to_owned(),
        }
    } else {
        match word {
            "bool" | "boolean" if !sized && !unsigned && !zerofill => "tinyint(1)".to_owned(),
            "decimal" | "numeric" | "dec" | "fixed" => match numbers {
                None if !sized => "decimal(10,0)".to_owned(),
                Some([p]) if *p <= 65 => format!("decimal({},0)", if *p == 0 { 10 } else { *p }),
                Some([p, s]) if *p <= 65 && *s <= 30 && s <= p => format!("decimal({p},{s})"),
                _ => return None,
            },
            "float" | "double" | "real" => {
                let base = if word == "float" { "float" } else { "double" };
                match numbers {
                    None if !sized => base.to_owned(),
                    Some([p]) if word == "float" && *p <= 24 => "float".to_owned(),
                    Some([p]) if word == "float" && *p <= 53 => "double".to_owned(),
                    Some([p, s]) if *p <= 255 && *s <= 30 && s <= p => format!("{base}({p},{s})"),
                    _ => return None,
                }
            }
            _ => return None,
        }
    };
    let unsigned = if unsigned || zerofill { " unsigned" } else { "" };
    let zerofill = if zerofill { " zerofill" } else { "" };
    Some(ReportedType { name: format!("{name}{unsigned}{zerofill}"), auto_increment, serial: false })
}

fn textual(word: &str, sized: bool, numbers: Option<&[u32]>, modifiers: &[&str]) -> Option<ReportedType> {
    if !modifiers.is_empty() {
        return None;
    }
    let name = match (word, numbers) {
        ("char", Some([n])) if *n <= 255 => format!("char({n})"),
        ("varchar", Some([n])) if *n <= 65535 => format!("varchar({n})"),
        ("binary", Some([n])) if *n <= 255 => format!("binary({n})"),
        ("datetime" | "timestamp" | "time", Some([0])) => word.to_owned(),
        ("datetime" | "timestamp" | "time", Some([n])) if *n <= 6 => format!("{word}({n})"),
        ("year", Some([4])) => "year".to_owned(),
        (
            "date" | "datetime" | "timestamp" | "time" | "year" | "json" | "tinyblob" | "blob" | "mediumblob"
            | "longblob" | "tinytext" | "text" | "mediumtext" | "longtext",
            None,
        ) if !sized => word.to_owned(),
        _ => return None,
    };
    Some(plain(name))
}

fn reported_values(inner: &str) -> Option<String> {
    let values = enum_values(inner)?;
    // The server drops blanks at the end of enum values.
    let quoted: Option<Vec<String>> =
        values.iter().map(|(value, _)| single_quoted(value.trim_end_matches(' '))).collect();
    Some(quoted?.join(","))
}

/// The type of a column that a foreign key copies from `reported`: both versions strip the first number in
/// parentheses from integers and floats, as `re.sub(r"\(\d+\)", "", type, count=1)`.
pub(crate) fn without_display_width(reported: &str) -> String {
    let words = ["tinyint", "smallint", "mediumint", "bigint", "int", "double", "float", "real"];
    if words.iter().all(|word| strip_word(reported, word).is_none()) {
        return reported.to_owned();
    }
    let Some((head, rest)) = reported.split_once('(') else { return reported.to_owned() };
    match rest.split_once(')') {
        Some((digits, tail)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{head}{tail}")
        }
        _ => reported.to_owned(),
    }
}

/// How the server reports a literal default of a column of this (reported) type. `None` when it refuses the value or
/// this module cannot tell.
pub(crate) fn reported_default(column_type: &str, value: &str) -> Option<String> {
    let word = column_type.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(column_type.len());
    match column_type.get(..word)? {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => {
            value.trim_matches(' ').parse::<i128>().ok().map(|n| n.to_string())
        }
        "decimal" => {
            let (_, scale) = column_type.split_once(',')?;
            let scale: usize = scale.split(')').next()?.parse().ok()?;
            let (sign, digits) = match value.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", value),
            };
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let numeric = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
            if whole.is_empty() || !numeric(whole) || !numeric(fraction) || fraction.len() > scale {
                return None;
            }
            let whole = whole.trim_start_matches('0');
            let whole = if whole.is_empty() { "0" } else { whole };
            let point = if scale > 0 { "." } else { "" };
            Some(format!("{sign}{whole}{point}{fraction:0<scale$}"))
        }
        // Whether the value is a number is all that is checked; digits are kept as written where they are shortest.
        "float" | "double" => value.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| n.to_string()),
        "enum" => {
            let inner = column_type.strip_prefix("enum(")?.strip_suffix(')')?;
            let values = enum_values(inner)?;
            let wanted = value.trim_end_matches(' ').to_lowercase();
            values.into_iter().find(|(v, _)| v.to_lowercase() == wanted).map(|(v, _)| v)
        }
        "json" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "tinytext" | "text" | "mediumtext"
        | "longtext" => None,
        "date" => is_date(value).then(|| value.to_owned()),
        _ => Some(value.to_owned()),
    }
}

fn is_date(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    matches!(parts.as_slice(), [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2
        && [y, m, d].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_come_back_in_the_spelling_of_the_server() {
        for (declared, expected) in [
            ("INT (11)  UNSIGNED auto_increment", Some("int unsigned")),
            ("int8", Some("bigint")),
            ("int3 unsigned", Some("mediumint unsigned")),
            ("int unsigned not null", Some("int unsigned")),
            ("int32", None),
            ("interval", None),
            ("int comment 'x'", None),
            ("tinyint(1)", Some("tinyint(1)")),
            ("tinyint(1) unsigned", Some("tinyint unsigned")),
            ("boolean", Some("tinyint(1)")),
            ("serial", Some("bigint unsigned")),
            ("decimal( 5 , 2 ) unsigned", Some("decimal(5,2) unsigned")),
            ("numeric", Some("decimal(10,0)")),
            ("real", Some("double")),
            ("float(7,3)", Some("float(7,3)")),
            ("float(30)", Some("double")),
            ("VARCHAR (30)", Some("varchar(30)")),
            ("enum( \"a\", 'b''c' )", Some("enum('a','b''c')")),
            ("datetime(0)", Some("datetime")),
            ("smallblob", None),
            ("year(4)", Some("year")),
        ] {
            assert_eq!(reported(declared).map(|t| t.name).as_deref(), expected, "{declared}");
        }
    }

    #[test]
    fn defaults_are_normalised() {
        assert_eq!(reported_default("decimal(5,2)", "-1.5").as_deref(), Some("-1.50"));
        assert_eq!(reported_default("int", "007").as_deref(), Some("7"));
        assert_eq!(reported_default("tinyint(1)", "true"), None);
        assert_eq!(reported_default("enum('A','b')", "a").as_deref(), Some("A"));
    }
}
