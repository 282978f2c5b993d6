//! Column types as MySQL reports them.
//!
//! A declared type and the `COLUMN_TYPE` of the resulting column differ in spelling: `integer` comes back as `int`,
//! `int8` as `bigint`, `bool` as `tinyint(1)`. This module knows the types that a DataJoint definition can declare,
//! with the reports of MySQL 8.0.19 and newer (no display widths but `tinyint(1)`). MariaDB reports `int(11)`,
//! `json` as `longtext`, and so on: compare such columns after mapping them.

use crate::python_text::is_python_space;
use crate::sql_literal::{enum_values, single_quoted, whole_literal};
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

/// Splits `int comment 'x'` into the type and the comment. `None` when there is no comment at the end.
pub(crate) fn split_type_comment(declared: &str) -> Option<(String, String)> {
    let at = declared.find(['\'', '"'])?;
    let comment = whole_literal(declared.get(at..)?)?;
    let head = declared.get(..at)?.trim_end_matches(is_python_space);
    let word = head.len().checked_sub("comment".len())?;
    let (rest, word) = (head.get(..word)?, head.get(word..)?);
    let trimmed = rest.trim_end_matches(is_python_space);
    (word.eq_ignore_ascii_case("comment") && trimmed.len() < rest.len())
        .then(|| (trimmed.to_owned(), comment))
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

/// What the server makes of a literal default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReportedDefault {
    /// It reports this text.
    Text(String),
    /// It refuses the value.
    Refused,
    /// It accepts or refuses the value, or changes its text, by rules that are not followed here.
    Unknown,
}

/// What the server makes of a literal default of a column of this (reported) type.
pub(crate) fn reported_default(column_type: &str, value: &str) -> ReportedDefault {
    let word = column_type.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(column_type.len());
    let is_number = || value.trim().parse::<f64>().is_ok_and(f64::is_finite);
    let known = match column_type.get(..word).unwrap_or("") {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => {
            if !is_number() {
                return ReportedDefault::Refused;
            }
            value.trim_matches(' ').parse::<i128>().ok().map(|n| n.to_string())
        }
        "decimal" => {
            if !is_number() {
                return ReportedDefault::Refused;
            }
            decimal_default(column_type, value)
        }
        "float" | "double" => {
            if !is_number() {
                return ReportedDefault::Refused;
            }
            // Plain digits, few enough that the server keeps them; the rest is rounded or written with an exponent.
            let plain =
                value.len() <= 7 && value.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
            plain
                .then(|| value.parse::<f64>().ok().map(|n| n.to_string()))
                .flatten()
                .filter(|_| word == column_type.len())
        }
        "enum" => {
            let inner = column_type.strip_prefix("enum(").and_then(|inner| inner.strip_suffix(')'));
            let values = inner.and_then(enum_values).unwrap_or_default();
            let wanted = value.trim_end_matches(' ');
            // Whether case matters is a matter of the collation.
            if !values.iter().any(|(v, _)| v.to_lowercase() == wanted.to_lowercase()) && wanted.is_ascii() {
                return ReportedDefault::Refused;
            }
            values.into_iter().find(|(v, _)| v == wanted).map(|(v, _)| v)
        }
        "json" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "tinytext" | "text" | "mediumtext"
        | "longtext" => return ReportedDefault::Refused,
        "date" | "datetime" | "timestamp" | "time" | "year" => {
            if !value.bytes().any(|b| b.is_ascii_digit()) {
                return ReportedDefault::Refused;
            }
            is_canonical_time(column_type, value).then(|| value.to_owned())
        }
        "char" | "varchar" => {
            let size =
                column_type.split_once('(').and_then(|(_, n)| n.trim_end_matches(')').parse::<usize>().ok());
            if size.is_some_and(|size| value.trim_end_matches(' ').chars().count() > size) {
                return ReportedDefault::Refused;
            }
            (!value.ends_with(' ')).then(|| value.to_owned())
        }
        _ => None,
    };
    known.map_or(ReportedDefault::Unknown, ReportedDefault::Text)
}

fn decimal_default(column_type: &str, value: &str) -> Option<String> {
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

/// Whether the text is the one that the server itself writes: `2020-01-31`, `2020-01-31 12:00:00`, `12:00:00`, `2020`,
/// with as many digits of a second as the type has.
fn is_canonical_time(column_type: &str, value: &str) -> bool {
    let (word, precision) = column_type.split_once('(').unwrap_or((column_type, ""));
    let fraction = match precision.trim_end_matches(')').parse::<usize>() {
        Ok(digits) => format!(".{}", "0".repeat(digits)),
        Err(_) => String::new(),
    };
    let shape: String = value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape
        == match word {
            "date" => "0000-00-00".to_owned(),
            "time" => format!("00:00:00{fraction}"),
            "year" => "0000".to_owned(),
            _ => format!("0000-00-00 00:00:00{fraction}"),
        }
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
        let text = |text: &str| ReportedDefault::Text(text.to_owned());
        assert_eq!(reported_default("decimal(5,2)", "-1.5"), text("-1.50"));
        assert_eq!(reported_default("int", "007"), text("7"));
        assert_eq!(reported_default("int", "5.7"), ReportedDefault::Unknown);
        assert_eq!(reported_default("tinyint(1)", "true"), ReportedDefault::Refused);
        assert_eq!(reported_default("enum('A','b')", "b"), text("b"));
        assert_eq!(reported_default("enum('A','b')", "a"), ReportedDefault::Unknown);
        assert_eq!(reported_default("enum('A','b')", "c"), ReportedDefault::Refused);
        assert_eq!(
            reported_default("datetime(3)", "2020-01-01 00:00:00.000"),
            text("2020-01-01 00:00:00.000")
        );
        assert_eq!(reported_default("datetime", "2020-01-01"), ReportedDefault::Unknown);
        assert_eq!(reported_default("varchar(2)", "abc"), ReportedDefault::Refused);
    }
}
