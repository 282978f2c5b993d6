//! What a column of a legacy table means to DataJoint 0.x, from its type, its comment's marker and its foreign key.
//!
//! Source: `heading.py` and `declare.py` of DataJoint 0.14.10 as described in the project's facts about legacy storage.

use crate::catalog::{Column, Table};
use crate::marker::split_marker;
use serde::{Deserialize, Serialize};

/// What an object behind a pointer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExternalKind {
    /// A packed blob.
    Blob,
    /// A file that was attached: content only, the name is in the tracking row.
    Attach,
    /// A file at a path of its own.
    Filepath,
}

impl ExternalKind {
    /// The word of the definition language.
    pub fn word(self) -> &'static str {
        match self {
            ExternalKind::Blob => "blob",
            ExternalKind::Attach => "attach",
            ExternalKind::Filepath => "filepath",
        }
    }
}

/// What a column is to DataJoint 0.x (or already to 2.x).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// A value of a native type; nothing to do.
    Native,
    /// `uuid` in a binary(16).
    Uuid,
    /// A blob in the table, serialized by DataJoint 0.x.
    Blob,
    /// An attachment in the table: name, NUL, content.
    Attach,
    /// A pointer to a tracking table, with a type of DataJoint itself.
    External {
        /// Kind of object.
        kind: ExternalKind,
        /// Store name.
        store: String,
    },
    /// An adapted type over a column of the table.
    Adapted {
        /// Name of the adapter.
        adapter: String,
    },
    /// An adapted type over a store; what the objects hold is only in the tracking rows.
    AdaptedExternal {
        /// Name of the adapter.
        adapter: String,
        /// Store name.
        store: String,
    },
    /// `external` of 0.11 and older: a char(51) hash.
    External011 {
        /// Store name, empty for the default store.
        store: String,
    },
    /// Hidden from users by a leading underscore.
    Hidden,
    /// Already carries a marker of 2.x: a codec or a core type.
    Modern {
        /// The marker.
        marker: String,
    },
    /// Marked as a pointer but without the foreign key or the type a pointer has.
    Inconsistent {
        /// The marker.
        marker: String,
        /// What does not fit.
        problem: String,
    },
}

const CORE_TYPES: [&str; 12] = [
    "float32", "float64", "int64", "int32", "int16", "int8", "bool", "json", "bytes", "date", "datetime",
    "uuid",
];

fn is_core_type(marker: &str) -> bool {
    let word = marker.split('(').next().unwrap_or(marker);
    CORE_TYPES.contains(&marker) || matches!(word, "char" | "varchar" | "enum" | "decimal" | "datetime")
}

/// Codecs that 2.x ships; any other name in angle brackets is an adapter of 0.x or a codec of the lab.
const BUILT_IN_CODECS: [&str; 6] = ["attach", "blob", "filepath", "hash", "npy", "object"];

/// Tells what `column` of `table` is.
pub fn classify(table: &Table, column: &Column) -> AttributeKind {
    if column.is_hidden() {
        return AttributeKind::Hidden;
    }
    let (marker, _) = split_marker(&column.comment);
    let tracking = table.tracking_key(&column.name);
    let store = tracking
        .map(|key| key.parent.table.trim_start_matches("~external").trim_start_matches('_').to_owned());
    let Some(marker) = marker else {
        return if column.is_blob() { AttributeKind::Blob } else { AttributeKind::Native };
    };
    let inconsistent = |problem: &str| AttributeKind::Inconsistent {
        marker: marker.to_owned(),
        problem: problem.to_owned(),
    };
    if let Some(inner) = marker.strip_prefix('<').and_then(|m| m.strip_suffix('>')) {
        let (name, at) = match inner.split_once('@') {
            Some((name, store)) => (name.trim(), Some(store.trim())),
            None => (inner.trim(), None),
        };
        return match (store, at) {
            (Some(store), None) => AttributeKind::AdaptedExternal { adapter: name.to_owned(), store },
            (None, None) if BUILT_IN_CODECS.contains(&name) => {
                AttributeKind::Modern { marker: marker.to_owned() }
            }
            (None, None) => AttributeKind::Adapted { adapter: name.to_owned() },
            (_, Some(_)) => AttributeKind::Modern { marker: marker.to_owned() },
        };
    }
    let lower = marker.to_ascii_lowercase();
    if lower == "uuid" {
        return if column.sql_type == "binary(16)" {
            AttributeKind::Uuid
        } else {
            inconsistent("a uuid is kept in binary(16)")
        };
    }
    if lower == "attach" {
        return if column.is_blob() {
            AttributeKind::Attach
        } else {
            inconsistent("an attachment is kept in a longblob")
        };
    }
    if lower == "external" || lower.starts_with("external-") {
        let store = marker.get("external-".len()..).unwrap_or_default().to_owned();
        return AttributeKind::External011 { store };
    }
    for (word, kind) in [
        ("blob@", ExternalKind::Blob),
        ("attach@", ExternalKind::Attach),
        ("filepath@", ExternalKind::Filepath),
    ] {
        if lower.starts_with(word) {
            let named = marker.get(word.len()..).unwrap_or_default();
            return match store {
                Some(found) if found == named && column.sql_type == "binary(16)" => {
                    AttributeKind::External { kind, store: found }
                }
                Some(found) => {
                    inconsistent(&format!("its foreign key leads to the store `{found}`, not `{named}`"))
                }
                None => inconsistent("it has no foreign key to a tracking table"),
            };
        }
    }
    if is_core_type(&lower) {
        return AttributeKind::Modern { marker: marker.to_owned() };
    }
    // Any other text that happens to stand between colons is a comment: 0.14 would refuse the table.
    inconsistent("this is no type that DataJoint 0.14 or 2.x knows; 0.14 cannot open the table")
}
