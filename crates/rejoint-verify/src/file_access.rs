//! Files of ours, with the path in every error, written so that a crash leaves the old file or the new one.

use crate::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

pub(crate) fn io_error(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    |source| Error::File { path: path.to_owned(), source }
}

/// Writes JSON to `path` through a temporary file beside it, with a newline at the end.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::Damaged { path: path.to_owned(), reason: error.to_string() })?;
    text.push('\n');
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    let mut file = File::create(unfinished).map_err(io_error(unfinished))?;
    file.write_all(text.as_bytes()).map_err(io_error(unfinished))?;
    file.sync_all().map_err(io_error(unfinished))?;
    fs::rename(unfinished, path).map_err(io_error(path))
}

/// Reads JSON that says `"format": <format>` and a `"version"` up to `known`.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, format: &str, known: u64) -> Result<T> {
    let text = fs::read_to_string(path).map_err(io_error(path))?;
    let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    let found = value.get("format").and_then(serde_json::Value::as_str);
    if found != Some(format) {
        return Err(damaged(format!("it is no {format} file")));
    }
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(found) if found > known => Err(Error::Newer { path: path.to_owned(), found, known }),
        Some(_) => serde_json::from_value(value).map_err(|error| damaged(error.to_string())),
        None => Err(damaged("it names no format version".into())),
    }
}
