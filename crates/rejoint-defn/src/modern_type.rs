//! Attribute types of DataJoint 2.x.

use std::fmt;

use crate::python_text::is_python_space;
use crate::type_pattern::{BLOBS, INTEGERS, any_word, is_parenthesised, is_size_and_words, strip_word};

/// The core types of 2.x, in the order in which it tries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoreType {
    /// 4-byte float.
    Float32,
    /// 8-byte float.
    Float64,
    /// 8-byte integer.
    Int64,
    /// 4-byte integer.
    Int32,
    /// 2-byte integer.
    Int16,
    /// 1-byte integer (the same word is `bigint` in 0.14).
    Int8,
    /// `tinyint` in MySQL.
    Bool,
    /// `binary(16)` in MySQL.
    Uuid,
    /// JSON document.
    Json,
    /// Raw bytes, `longblob` in MySQL.
    Bytes,
    /// Date.
    Date,
    /// `datetime`, `datetime(n)`.
    Datetime,
    /// `char(n)`.
    Char,
    /// `varchar(n)`.
    Varchar,
    /// `enum(...)`.
    Enum,
    /// `decimal(p,s)`.
    Decimal,
}

/// The categories of native types, which 2.x passes to the server with a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NativeCategory {
    /// `tinyint` to `bigint`, `serial`.
    Integer,
    /// `decimal`, `numeric`, `dec`, `fixed` that are not the core type.
    Numeric,
    /// `double`, `float`, `real`.
    Float,
    /// `char(..)`, `varchar(..)` that are not core types.
    String,
    /// `time`, `timestamp`, `year`.
    Temporal,
    /// Raw bytes.
    Blob,
    /// `tinytext` to `longtext`.
    Text,
}

/// A codec as written between `<` and `>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodecSpec {
    /// Name of the codec.
    pub name: String,
    /// `None`: in the table; `Some("")`: the default store; otherwise the named store.
    pub store: Option<String>,
}

impl CodecSpec {
    /// Reads `name`, `name@` or `name@store`, with or without the angle brackets, as `parse_type_spec` does.
    pub fn parse(text: &str) -> CodecSpec {
        let inner = text.trim_matches(['<', '>']).trim_matches(is_python_space);
        match inner.split_once('@') {
            Some((name, store)) => CodecSpec {
                name: name.trim_matches(is_python_space).to_owned(),
                store: Some(store.trim_matches(is_python_space).to_owned()),
            },
            None => CodecSpec { name: inner.to_owned(), store: None },
        }
    }
}

impl fmt::Display for CodecSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.store {
            Some(store) => write!(f, "<{}@{store}>", self.name),
            None => write!(f, "<{}>", self.name),
        }
    }
}

/// An attribute type by the rules of DataJoint 2.3.5.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModernType {
    /// A core type, recorded in the column comment as `:type:`.
    Core {
        /// Which.
        core: CoreType,
        /// As written.
        text: String,
    },
    /// A type of the server, passed as written.
    Native {
        /// Which pattern took it.
        category: NativeCategory,
        /// As written.
        text: String,
    },
    /// `<name>`, `<name@>`, `<name@store>`.
    Codec {
        /// Name and store.
        spec: CodecSpec,
        /// As written, which is what the column comment keeps.
        text: String,
    },
    /// Refused by 2.x.
    Unsupported {
        /// As written.
        text: String,
    },
}

impl ModernType {
    /// Reads a type as 2.3.5's `match_type` does. A core type in capitals is still [`ModernType::Core`]: see
    /// [`ModernType::core_sql`] for whether 2.3.5 can use it.
    pub fn parse(text: &str) -> ModernType {
        let owned = text.to_owned();
        if let Some(core) = core(text) {
            ModernType::Core { core, text: owned }
        } else if let Some(category) = native(text) {
            ModernType::Native { category, text: owned }
        } else if text.len() >= 3 && text.starts_with('<') && text.ends_with('>') {
            ModernType::Codec { spec: CodecSpec::parse(text), text: owned }
        } else {
            ModernType::Unsupported { text: owned }
        }
    }

    /// The type as written.
    pub fn text(&self) -> &str {
        match self {
            ModernType::Core { text, .. }
            | ModernType::Native { text, .. }
            | ModernType::Codec { text, .. }
            | ModernType::Unsupported { text } => text,
        }
    }

    /// The MySQL type of a core type, or `None` when this is none, or is spelled so that 2.3.5 raises
    /// `Unknown core type`: its patterns ignore case and blanks, its mapping does not.
    pub fn core_sql(&self) -> Option<&str> {
        let ModernType::Core { text, .. } = self else { return None };
        match text.as_str() {
            "int64" => Some("bigint"),
            "int32" => Some("int"),
            "int16" => Some("smallint"),
            "int8" | "bool" => Some("tinyint"),
            "float32" => Some("float"),
            "float64" => Some("double"),
            "uuid" => Some("binary(16)"),
            "bytes" => Some("longblob"),
            "json" => Some("json"),
            "date" => Some("date"),
            other => {
                let parametrised = ["datetime", "char(", "varchar(", "decimal(", "enum("];
                parametrised.iter().any(|p| other.starts_with(p)).then_some(other)
            }
        }
    }

    /// The spelling that 2.3.5 can use, if this is a core type that it recognises and then fails on.
    pub fn core_respelled(&self) -> Option<String> {
        let ModernType::Core { core, text } = self else { return None };
        if self.core_sql().is_some() {
            return None;
        }
        if *core == CoreType::Json {
            return Some("json".to_owned());
        }
        let word = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (name, rest) = (text.get(..word)?, text.get(word..)?);
        let rest = if *core == CoreType::Datetime { rest } else { rest.trim_start_matches(is_python_space) };
        Some(format!("{}{rest}", name.to_ascii_lowercase()))
    }
}

impl fmt::Display for ModernType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

fn core(text: &str) -> Option<CoreType> {
    let simple = [
        ("float32", CoreType::Float32),
        ("float64", CoreType::Float64),
        ("int64", CoreType::Int64),
        ("int32", CoreType::Int32),
        ("int16", CoreType::Int16),
        ("int8", CoreType::Int8),
        ("bool", CoreType::Bool),
        ("uuid", CoreType::Uuid),
        ("json", CoreType::Json),
        ("jsonb", CoreType::Json),
        ("bytes", CoreType::Bytes),
        ("date", CoreType::Date),
        ("datetime", CoreType::Datetime),
    ];
    if let Some((_, core)) = simple.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)) {
        return Some(*core);
    }
    let inner = |word: &str| {
        let rest = strip_word(text, word)?.trim_start_matches(is_python_space);
        rest.strip_prefix('(')?.strip_suffix(')')
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if inner("datetime").is_some_and(digits) {
        Some(CoreType::Datetime)
    } else if inner("char").is_some_and(digits) {
        Some(CoreType::Char)
    } else if inner("varchar").is_some_and(digits) {
        Some(CoreType::Varchar)
    } else if inner("enum").is_some_and(|values| !values.is_empty()) {
        Some(CoreType::Enum)
    } else {
        let (precision, scale) = inner("decimal")?.split_once(',')?;
        let ok = digits(precision.trim_end_matches(is_python_space))
            && digits(scale.trim_start_matches(is_python_space));
        ok.then_some(CoreType::Decimal)
    }
}

fn native(text: &str) -> Option<NativeCategory> {
    let is = |words: &[&str], accept: &dyn Fn(&str) -> bool| any_word(text, words, accept);
    let whole: &dyn Fn(&str) -> bool = &str::is_empty;
    if is(&INTEGERS, &|rest| is_size_and_words(rest, &["unsigned", "auto_increment"]))
        || is(&["serial"], whole)
    {
        Some(NativeCategory::Integer)
    } else if is(&["decimal", "numeric", "dec", "fixed"], &|rest| {
        is_size_and_words(rest, &["unsigned", "zerofill"])
    }) {
        Some(NativeCategory::Numeric)
    } else if is(&["double", "float", "real"], &|rest| is_size_and_words(rest, &["unsigned"])) {
        Some(NativeCategory::Float)
    } else if is(&["varchar", "char"], &is_parenthesised) {
        Some(NativeCategory::String)
    } else if is(&["timestamp", "time", "year"], &|rest| rest.is_empty() || is_parenthesised(rest)) {
        Some(NativeCategory::Temporal)
    } else if is(&BLOBS, whole) {
        Some(NativeCategory::Blob)
    } else if is(&["tinytext", "smalltext", "mediumtext", "longtext", "text"], whole) {
        Some(NativeCategory::Text)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_tables_of_2_3() {
        let kind = |text: &str| match ModernType::parse(text) {
            ModernType::Core { core, .. } => format!("{core:?}"),
            ModernType::Native { category, .. } => format!("native {category:?}"),
            ModernType::Codec { spec, .. } => spec.to_string(),
            ModernType::Unsupported { .. } => "-".to_owned(),
        };
        let cases = [
            ("INT32", "Int32"),
            ("int", "native Integer"),
            ("int(11) unsigned auto_increment", "native Integer"),
            ("int8 unsigned", "-"),
            ("int24", "-"),
            ("uint8", "-"),
            ("boolean", "-"),
            ("decimal(5 , 2)", "Decimal"),
            ("decimal( 5,2)", "native Numeric"),
            ("decimal(5)", "native Numeric"),
            ("dec(5,2) unsigned zerofill", "native Numeric"),
            ("varchar( 9 )", "native String"),
            ("varchar", "-"),
            ("datetime (3)", "Datetime"),
            ("time(3)", "native Temporal"),
            ("smallblob", "native Blob"),
            ("longtext", "native Text"),
            ("< blob >", "<blob>"),
            ("<blob@>", "<blob@>"),
            ("<blob @ a b >", "<blob@a b>"),
            ("blob@s", "-"),
            ("serial unsigned", "-"),
        ];
        for (text, expected) in cases {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn a_core_type_that_2_3_5_cannot_map_has_a_respelling() {
        for (text, expected) in [
            ("VARCHAR (9)", Some("varchar(9)")),
            ("Decimal (5, 2)", Some("decimal(5, 2)")),
            ("ENUM('A b')", Some("enum('A b')")),
            ("jsonb", Some("json")),
            ("DateTime (3)", Some("datetime (3)")),
            ("datetime (3)", None),
            ("varchar(9)", None),
            ("INT", None),
        ] {
            assert_eq!(ModernType::parse(text).core_respelled().as_deref(), expected, "{text}");
        }
    }
}
