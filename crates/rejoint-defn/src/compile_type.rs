//! Attribute types to column types, by the rules of either version.

use crate::definition::Dialect;
use crate::legacy_type::LegacyType;
use crate::modern_type::ModernType;
use crate::problem::Code;
use crate::table::Settings;

/// What stands in the `CREATE TABLE` for an attribute type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Storage {
    /// The SQL type.
    pub(crate) sql: String,
    /// The text between colons at the start of the comment.
    pub(crate) marker: Option<String>,
    /// The store.
    pub(crate) store: Option<String>,
}

/// Adapters and codecs may refer to each other; more steps than this are taken for a circle.
const MAX_STEPS: usize = 16;

pub(crate) fn storage(text: &str, dialect: Dialect, settings: &Settings) -> Result<Storage, (Code, String)> {
    match dialect {
        Dialect::V0 => legacy(text, settings),
        Dialect::V2 => modern(text, settings),
    }
}

fn legacy(text: &str, settings: &Settings) -> Result<Storage, (Code, String)> {
    let mut current = text.to_owned();
    let mut marker = None;
    for _ in 0..MAX_STEPS {
        let kind = LegacyType::parse(&current);
        let mark = |marker: Option<String>| Some(marker.unwrap_or_else(|| text.to_owned()));
        let (sql, store) = match kind {
            LegacyType::Native { text, .. } => return Ok(Storage { sql: text, marker, store: None }),
            LegacyType::Uuid { .. } => ("binary(16)", None),
            LegacyType::Attach { store: None, .. } => ("LONGBLOB", None),
            LegacyType::Attach { store, .. } => ("binary(16)", store),
            LegacyType::ExternalBlob { store, .. } | LegacyType::Filepath { store, .. } => {
                ("binary(16)", Some(store))
            }
            LegacyType::Adapted { name, .. } => {
                let inner = settings.adapters.get(&name);
                marker = mark(marker);
                current = inner
                    .ok_or_else(|| (Code::UnknownAdapter, format!("the adapter `{name}` was not given")))?
                    .clone();
                continue;
            }
            LegacyType::Older { text, .. } | LegacyType::Unsupported { text } => {
                return Err((Code::UnsupportedType, format!("`{text}` is not a type of DataJoint 0.14")));
            }
        };
        return Ok(Storage { sql: sql.to_owned(), marker: mark(marker), store });
    }
    Err((Code::UnknownAdapter, format!("the adapters behind `{text}` refer to each other without end")))
}

fn modern(text: &str, settings: &Settings) -> Result<Storage, (Code, String)> {
    let mut current = text.to_owned();
    let mut marker = None;
    let mut store: Option<String> = None;
    for _ in 0..MAX_STEPS {
        let kind = ModernType::parse(&current);
        match &kind {
            ModernType::Native { text, .. } => return Ok(Storage { sql: text.clone(), marker, store }),
            ModernType::Core { .. } => {
                let sql = kind.core_sql().ok_or_else(|| {
                    (Code::CoreTypeSpelling, format!("DataJoint 2.3 fails on the spelling `{current}`"))
                })?;
                let marker = Some(marker.unwrap_or_else(|| text.to_owned()));
                return Ok(Storage { sql: sql.to_owned(), marker, store });
            }
            ModernType::Codec { spec, .. } => {
                marker.get_or_insert_with(|| text.to_owned());
                if spec.store.is_some() {
                    store.clone_from(&spec.store);
                }
                let inner = codec_storage(&spec.name, spec.store.is_some(), settings)?;
                current = match &store {
                    Some(store) if inner.starts_with('<') && !inner.contains('@') => {
                        format!("{}@{store}>", inner.strip_suffix('>').unwrap_or(&inner))
                    }
                    _ => inner,
                };
            }
            ModernType::Unsupported { text } => {
                return Err((Code::UnsupportedType, format!("`{text}` is not a type of DataJoint 2.x")));
            }
        }
    }
    Err((Code::UnknownAdapter, format!("the codecs behind `{text}` refer to each other without end")))
}

/// `get_dtype` of the built-in codecs and of those in the settings.
fn codec_storage(name: &str, in_store: bool, settings: &Settings) -> Result<String, (Code, String)> {
    let built_in = match (name, in_store) {
        ("blob" | "attach", false) => Some("bytes"),
        ("blob" | "attach", true) => Some("<hash>"),
        ("hash" | "object" | "npy" | "filepath", true) => Some("json"),
        _ => None,
    };
    if let Some(built_in) = built_in {
        return Ok(built_in.to_owned());
    }
    if matches!(name, "hash" | "object" | "npy" | "filepath") {
        return Err((
            Code::UnsupportedType,
            format!("`<{name}>` needs a store: `<{name}@>` or `<{name}@store>`"),
        ));
    }
    let storage = settings
        .codecs
        .get(name)
        .ok_or_else(|| (Code::UnknownAdapter, format!("the codec `{name}` was not given")))?;
    let dtype = if in_store { &storage.in_store } else { &storage.in_table };
    dtype.clone().ok_or_else(|| {
        let form = if in_store { format!("<{name}@>") } else { format!("<{name}>") };
        (Code::UnsupportedType, format!("the codec `{name}` does not allow `{form}`"))
    })
}
