//! The `DEFAULT` clause that each version writes.

use crate::definition::{Attribute, Dialect};

/// Whether the library writes the default without quotes: the part before the first `(` decides.
pub(crate) fn is_constant(text: &str) -> bool {
    let base = text.split('(').next().unwrap_or("");
    base.eq_ignore_ascii_case("CURRENT_TIMESTAMP") || base.eq_ignore_ascii_case("NULL")
}

/// What stands behind `DEFAULT`; `None` without a default. `NULL` for nullable attributes.
pub(crate) fn default_value(attribute: &Attribute, dialect: Dialect) -> Option<String> {
    let text = attribute.default_text()?;
    if attribute.is_nullable() {
        return Some("NULL".to_owned());
    }
    Some(match dialect {
        _ if is_constant(text) => text.to_owned(),
        Dialect::V0 if text.starts_with(['"', '\'']) => text.to_owned(),
        Dialect::V0 => format!("\"{text}\""),
        Dialect::V2 if text.starts_with('"') && text.ends_with('"') => {
            // A lone `"` starts and ends with it, and gives the empty string.
            let inner = text.get(1..text.len() - 1).unwrap_or("");
            format!("'{}'", inner.replace('\'', "''"))
        }
        Dialect::V2 if text.starts_with('\'') => text.to_owned(),
        Dialect::V2 => format!("'{text}'"),
    })
}
