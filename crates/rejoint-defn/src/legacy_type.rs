//! Attribute types of DataJoint 0.14 and before.

use std::fmt;

use crate::type_pattern::{BLOBS, INTEGERS, any_word, is_parenthesised, is_size_and_words, strip_word};

/// The categories of DataJoint 0.14's type table, in the order in which it tries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegacyCategory {
    /// Any text that *begins* like an integer type: the pattern is not anchored at its end.
    Integer,
    /// `decimal`, `numeric`.
    Decimal,
    /// `double`, `float`, `real`.
    Float,
    /// `char(n)`, `varchar(n)`.
    String,
    /// `json`.
    Json,
    /// `enum(...)`.
    Enum,
    /// `bool`, `boolean`: the server makes it `tinyint(1)`.
    Bool,
    /// `date`, `datetime`, `time`, `timestamp`, `year`.
    Temporal,
    /// `tinyblob` to `longblob`: packed by DataJoint.
    InternalBlob,
    /// `blob@store`.
    ExternalBlob,
    /// `attach`.
    InternalAttach,
    /// `attach@store`.
    ExternalAttach,
    /// `filepath@store`.
    Filepath,
    /// `uuid`.
    Uuid,
    /// `<adapter>`.
    Adapted,
}

/// An attribute type by the rules of DataJoint 0.14.10.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LegacyType {
    /// Passed to the server as written: integers, decimals, floats, strings, JSON, enums, bools, times, blobs.
    Native {
        /// Which pattern took it.
        category: LegacyCategory,
        /// As written.
        text: String,
    },
    /// `uuid`, a `binary(16)`.
    Uuid {
        /// As written; the case is kept in the column comment.
        text: String,
    },
    /// `attach` (a `longblob`) or `attach@store` (a `binary(16)` pointer).
    Attach {
        /// The store, if the content is outside the table.
        store: Option<String>,
        /// As written.
        text: String,
    },
    /// `blob@store`, a `binary(16)` pointer.
    ExternalBlob {
        /// The store.
        store: String,
        /// As written.
        text: String,
    },
    /// `filepath@store`, a `binary(16)` pointer.
    Filepath {
        /// The store.
        store: String,
        /// As written.
        text: String,
    },
    /// `<name>`: the type is that of the adapter of this name.
    Adapted {
        /// The name, without `<` and `>`.
        name: String,
        /// As written.
        text: String,
    },
    /// `external`, `external-store`, `attach-store`: forms of 0.11 and before, which 0.14 refuses.
    Older {
        /// Whether the content is a file.
        attach: bool,
        /// The store; `None` is the default store of that time.
        store: Option<String>,
        /// As written.
        text: String,
    },
    /// Not a type of any 0.x version.
    Unsupported {
        /// As written.
        text: String,
    },
}

impl LegacyType {
    /// Reads a type as 0.14.10's `match_type` does. Only the text is judged: `int32` is an [`LegacyCategory::Integer`]
    /// although the server refuses it.
    pub fn parse(text: &str) -> LegacyType {
        let owned = text.to_owned();
        if let Some(category) = native(text) {
            return LegacyType::Native { category, text: owned };
        }
        if let Some(store) = store_of(text, "blob@") {
            return LegacyType::ExternalBlob { store, text: owned };
        }
        if text.eq_ignore_ascii_case("attach") {
            return LegacyType::Attach { store: None, text: owned };
        }
        if let Some(store) = store_of(text, "attach@") {
            return LegacyType::Attach { store: Some(store), text: owned };
        }
        if let Some(store) = store_of(text, "filepath@") {
            return LegacyType::Filepath { store, text: owned };
        }
        if text.eq_ignore_ascii_case("uuid") {
            return LegacyType::Uuid { text: owned };
        }
        if text.len() >= 3 && text.starts_with('<') && text.ends_with('>') {
            let name = text.trim_start_matches('<').trim_end_matches('>').to_owned();
            return LegacyType::Adapted { name, text: owned };
        }
        if text.eq_ignore_ascii_case("external") {
            return LegacyType::Older { attach: false, store: None, text: owned };
        }
        for (prefix, attach) in [("external-", false), ("attach-", true)] {
            if let Some(store) = strip_word(text, prefix).filter(|store| is_store_name(store)) {
                return LegacyType::Older { attach, store: Some(store.to_owned()), text: owned };
            }
        }
        LegacyType::Unsupported { text: owned }
    }

    /// The category of 0.14's table, or `None` when 0.14 refuses the type.
    pub fn category(&self) -> Option<LegacyCategory> {
        match self {
            LegacyType::Native { category, .. } => Some(*category),
            LegacyType::Uuid { .. } => Some(LegacyCategory::Uuid),
            LegacyType::Attach { store: None, .. } => Some(LegacyCategory::InternalAttach),
            LegacyType::Attach { .. } => Some(LegacyCategory::ExternalAttach),
            LegacyType::ExternalBlob { .. } => Some(LegacyCategory::ExternalBlob),
            LegacyType::Filepath { .. } => Some(LegacyCategory::Filepath),
            LegacyType::Adapted { .. } => Some(LegacyCategory::Adapted),
            LegacyType::Older { .. } | LegacyType::Unsupported { .. } => None,
        }
    }

    /// The store that the type names, if any.
    pub fn store(&self) -> Option<&str> {
        match self {
            LegacyType::ExternalBlob { store, .. } | LegacyType::Filepath { store, .. } => Some(store),
            LegacyType::Attach { store, .. } | LegacyType::Older { store, .. } => store.as_deref(),
            _ => None,
        }
    }

    /// The type as written.
    pub fn text(&self) -> &str {
        match self {
            LegacyType::Native { text, .. }
            | LegacyType::Uuid { text }
            | LegacyType::Attach { text, .. }
            | LegacyType::ExternalBlob { text, .. }
            | LegacyType::Filepath { text, .. }
            | LegacyType::Adapted { text, .. }
            | LegacyType::Older { text, .. }
            | LegacyType::Unsupported { text } => text,
        }
    }
}

impl fmt::Display for LegacyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

fn native(text: &str) -> Option<LegacyCategory> {
    let is = |words: &[&str], accept: &dyn Fn(&str) -> bool| any_word(text, words, accept);
    let whole: &dyn Fn(&str) -> bool = &str::is_empty;
    let sized: &dyn Fn(&str) -> bool = &|rest| rest.is_empty() || is_parenthesised(rest);
    let parenthesised: &dyn Fn(&str) -> bool = &is_parenthesised;
    let unsigned: &dyn Fn(&str) -> bool = &|rest| is_size_and_words(rest, &["unsigned"]);
    if is(&INTEGERS, &|_| true) || is(&["serial"], whole) {
        Some(LegacyCategory::Integer)
    } else if is(&["decimal", "numeric"], unsigned) {
        Some(LegacyCategory::Decimal)
    } else if is(&["double", "float", "real"], unsigned) {
        Some(LegacyCategory::Float)
    } else if is(&["varchar", "char"], parenthesised) {
        Some(LegacyCategory::String)
    } else if is(&["json"], whole) {
        Some(LegacyCategory::Json)
    } else if is(&["enum"], parenthesised) {
        Some(LegacyCategory::Enum)
    } else if is(&["boolean", "bool"], whole) {
        Some(LegacyCategory::Bool)
    } else if is(&["datetime", "date", "timestamp", "time", "year"], sized) {
        Some(LegacyCategory::Temporal)
    } else if is(&BLOBS, whole) {
        Some(LegacyCategory::InternalBlob)
    } else {
        None
    }
}

/// `[a-z][\-\w]*` without regard to case.
fn is_store_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c == '-' || c == '_' || c.is_alphanumeric())
}

fn store_of(text: &str, prefix: &str) -> Option<String> {
    strip_word(text, prefix).filter(|store| is_store_name(store)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_follow_the_table_of_0_14() {
        use LegacyCategory::*;
        let cases = [
            ("int", Some(Integer)),
            ("int8", Some(Integer)),
            ("INT32", Some(Integer)),
            ("interval", Some(Integer)),
            ("int unsigned zerofill", Some(Integer)),
            ("serial", Some(Integer)),
            ("serial4", None),
            ("decimal", Some(Decimal)),
            ("decimal (5, 2) unsigned", Some(Decimal)),
            ("decimal()", None),
            ("decimal(5)unsigned", None),
            ("double precision", None),
            ("float(7,3)", Some(Float)),
            ("varchar (30)", Some(String)),
            ("varchar", None),
            ("varchar(3) binary", None),
            ("enum('a')", Some(Enum)),
            ("Boolean", Some(Bool)),
            ("datetime(6)", Some(Temporal)),
            ("datetime6", None),
            ("smallblob", Some(InternalBlob)),
            ("blob@raw", Some(ExternalBlob)),
            ("blob@9", None),
            ("attach", Some(InternalAttach)),
            ("attach@a-b", Some(ExternalAttach)),
            ("filepath", None),
            ("filepath@s", Some(Filepath)),
            ("UUID", Some(Uuid)),
            ("<x>", Some(Adapted)),
            ("<>", None),
            ("external-raw", None),
            ("text", None),
            ("binary(16)", None),
        ];
        for (text, category) in cases {
            assert_eq!(LegacyType::parse(text).category(), category, "{text}");
        }
        assert!(matches!(
            LegacyType::parse("external"),
            LegacyType::Older { attach: false, store: None, .. }
        ));
        assert!(matches!(
            LegacyType::parse("attach-s"),
            LegacyType::Older { attach: true, store: Some(_), .. }
        ));
    }
}
