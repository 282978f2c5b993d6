//! The keys both generations know, and what their values must look like.

use serde_json::Value;

/// What a value must look like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Flag,
    /// A bool, or (0.x) an object of TLS options.
    Tls,
    Integer(i64, i64),
    OneOf(&'static [&'static str]),
    Object,
}

/// One known key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// `null` is allowed.
    pub(crate) nullable: bool,
}

const fn key(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, nullable: false }
}

const fn nullable(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, nullable: true }
}

const LEVELS: &[&str] = &["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const ANY: Shape = Shape::Integer(i64::MIN, i64::MAX);
const PORT: Shape = Shape::Integer(0, 65535);

/// Keys of 0.14.
pub(crate) const LEGACY: &[Key] = &[
    nullable("database.host", Shape::Text),
    nullable("database.user", Shape::Text),
    nullable("database.password", Shape::Text),
    nullable("database.port", PORT),
    nullable("database.reconnect", Shape::Flag),
    nullable("database.use_tls", Shape::Tls),
    nullable("connection.init_function", Shape::Text),
    nullable("connection.charset", Shape::Text),
    key("loglevel", Shape::OneOf(LEVELS)),
    nullable("safemode", Shape::Flag),
    nullable("display.limit", ANY),
    nullable("display.width", ANY),
    nullable("display.show_tuple_count", Shape::Flag),
    nullable("fetch_format", Shape::OneOf(&["array", "frame"])),
    nullable("enable_python_native_blobs", Shape::Flag),
    nullable("add_hidden_timestamp", Shape::Flag),
    nullable("filepath_checksum_size_limit", ANY),
    nullable("filepath_checksum_size_limit_insert", ANY),
    nullable("cache", Shape::Text),
    nullable("query_cache", Shape::Text),
    nullable("download_path", Shape::Text),
];

/// Keys of 0.14 whose values rejoint neither keeps nor shows.
pub(crate) const LEGACY_UNREAD: &[&str] =
    &["plugin", "custom", "external.aws_access_key_id", "external.aws_secret_access_key"];

/// Keys of 2.3.
pub(crate) const V2: &[Key] = &[
    key("database.host", Shape::Text),
    nullable("database.user", Shape::Text),
    nullable("database.password", Shape::Text),
    key("database.backend", Shape::OneOf(&["mysql", "postgresql"])),
    nullable("database.port", PORT),
    nullable("database.name", Shape::Text),
    key("database.reconnect", Shape::Flag),
    nullable("database.use_tls", Shape::Flag),
    key("database.database_prefix", Shape::Text),
    key("database.create_tables", Shape::Flag),
    key("connection.charset", Shape::Text),
    key("display.limit", ANY),
    key("display.width", ANY),
    key("display.show_tuple_count", Shape::Flag),
    key("display.diagram_direction", Shape::OneOf(&["TB", "LR"])),
    key("display.diagram_theme", Shape::OneOf(&["light", "dark", "auto"])),
    key("jobs.auto_refresh", Shape::Flag),
    key("jobs.keep_completed", Shape::Flag),
    key("jobs.stale_timeout", Shape::Integer(0, i64::MAX)),
    key("jobs.default_priority", Shape::Integer(0, 255)),
    nullable("jobs.version_method", Shape::OneOf(&["git", "none"])),
    key("jobs.allow_new_pk_fields_in_computed_tables", Shape::Flag),
    key("jobs.add_job_metadata", Shape::Flag),
    key("provenance.capture", Shape::Flag),
    key("provenance.source", Shape::Object),
    key("loglevel", Shape::OneOf(LEVELS)),
    key("safemode", Shape::Flag),
    nullable("query_cache", Shape::Text),
    key("download_path", Shape::Text),
    key("ignore_config_file", Shape::Flag),
];

/// The key named `name` in `keys`.
pub(crate) fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == name)
}

/// `value` in its canonical JSON type, or what was expected instead.
///
/// Text of a number or flag is accepted where `coerce` (2.x converts it, environment variables are text).
pub(crate) fn check(key: &Key, value: &Value, coerce: bool) -> Result<Value, String> {
    if value.is_null() {
        return if key.nullable { Ok(Value::Null) } else { Err("not null".into()) };
    }
    match key.shape {
        Shape::Text => match value {
            Value::String(_) => Ok(value.clone()),
            _ => Err("text".into()),
        },
        Shape::Flag => flag(value, coerce).map(Value::Bool).ok_or_else(|| "true or false".into()),
        Shape::Tls => match value {
            Value::Object(_) => Ok(value.clone()),
            _ => flag(value, coerce)
                .map(Value::Bool)
                .ok_or_else(|| "true, false or an object of options".into()),
        },
        Shape::Integer(low, high) => {
            let number = match value {
                Value::Number(number) => number.as_i64(),
                Value::String(text) if coerce => text.trim().parse().ok(),
                _ => None,
            };
            match number {
                Some(number) if (low..=high).contains(&number) => Ok(Value::from(number)),
                _ if low == i64::MIN => Err("a whole number".into()),
                _ if high == i64::MAX => Err(format!("a whole number from {low}")),
                _ => Err(format!("a whole number from {low} to {high}")),
            }
        }
        Shape::OneOf(choices) => match value {
            Value::String(text) if choices.contains(&text.as_str()) => Ok(value.clone()),
            _ => Err(format!("one of {}", choices.join(", "))),
        },
        Shape::Object => match value {
            Value::Object(_) => Ok(value.clone()),
            Value::String(text) if coerce => serde_json::from_str::<Value>(text)
                .ok()
                .filter(Value::is_object)
                .ok_or_else(|| "a JSON object".into()),
            _ => Err("an object".into()),
        },
    }
}

/// A flag as pydantic reads it, if `coerce`; a JSON bool otherwise.
pub(crate) fn flag(value: &Value, coerce: bool) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) if coerce => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) if coerce => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The candidate most similar to `name`, if one is near enough to be a typing error.
pub(crate) fn suggest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (wanted.chars().count() / 4).clamp(1, 3);
    candidates
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edit distance with insertions, deletions, substitutions and swaps of neighbours, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut row_before: Vec<usize> = Vec::new();
    let mut from_before = None;
    for (i, from) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        let mut to_before = None;
        for (j, (to, above)) in b.iter().zip(row.iter().skip(1)).enumerate() {
            let diagonal = row.get(j).copied().unwrap_or(usize::MAX);
            let mut best = (left + 1).min(above + 1).min(diagonal + usize::from(from != *to));
            if from_before == Some(*to)
                && to_before == Some(from)
                && let Some(swapped) = j.checked_sub(1).and_then(|k| row_before.get(k))
            {
                best = best.min(swapped + 1);
            }
            left = best;
            next.push(left);
            to_before = Some(*to);
        }
        row_before = std::mem::replace(&mut row, next);
        from_before = Some(from);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let names = || V2.iter().map(|key| key.name);
        assert_eq!(suggest("database.hots", names()), Some("database.host"));
        assert_eq!(suggest("Database.Host", names()), Some("database.host"));
        assert_eq!(suggest("logleve", names()), Some("loglevel"));
        assert_eq!(suggest("zebra", names()), None);
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("é", "e"), 1);
        assert_eq!(distance("hots", "host"), 1);
        assert_eq!(distance("ab", "ba"), 1);
    }
}
