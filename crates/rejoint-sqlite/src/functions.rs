//! Functions of MySQL that rejoint's statements use and SQLite lacks, or has with another meaning.

use crate::dialect::{JSON_FALSE, JSON_TRUE};
use crate::storage::{date_text, read_date};
use jiff::civil::DateTime;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};
use serde_json::Value as Json;

/// Adds the functions to a connection.
pub(crate) fn add(db: &Connection, mariadb: bool) -> Result<()> {
    let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("concat_mysql", -1, pure, concat)?;
    db.create_scalar_function("hex_mysql", 1, pure, |c| {
        Ok(bytes(c, 0).map(|b| data_encoding::HEXUPPER.encode(&b)))
    })?;
    db.create_scalar_function("lower_mysql", 1, pure, |c| Ok(text(c, 0).map(|t| t.to_lowercase())))?;
    db.create_scalar_function("ord", 1, pure, |c| {
        Ok(bytes(c, 0).map(|b| b.first().copied().map_or(0, i64::from)))
    })?;
    db.create_scalar_function("least_mysql", 2, pure, |c| {
        let (a, b): (Option<i64>, Option<i64>) = (c.get(0)?, c.get(1)?);
        Ok(a.zip(b).map(|(a, b)| a.min(b)))
    })?;
    db.create_scalar_function("floor", 1, pure, |c| Ok(c.get::<Option<f64>>(0)?.map(|v| v.floor() as i64)))?;
    db.create_scalar_function("json_object_mysql", -1, pure, move |c| json_object(c, mariadb))?;
    db.create_scalar_function("json_type_mysql", 1, pure, json_type)?;
    db.create_scalar_function("json_extract_mysql", 2, pure, json_extract)?;
    db.create_scalar_function("json_unquote", 1, pure, |c| {
        Ok(text(c, 0).map(|t| serde_json::from_str::<String>(&t).unwrap_or(t)))
    })?;
    db.create_scalar_function("utc_timestamp", -1, FunctionFlags::SQLITE_UTF8, |c| {
        let digits = if c.is_empty() { 0 } else { c.get::<u32>(0)? };
        Ok(now_kept(digits))
    })?;
    db.create_scalar_function("current_user", 0, FunctionFlags::SQLITE_UTF8, |_| Ok("rejoint@file"))?;
    db.create_scalar_function("unix_timestamp", 1, pure, |c| {
        let Some(at) = text(c, 0) else { return Ok(Value::Null) };
        let at = civil(&at).ok_or_else(|| wrong(&format!("{at:?} is no time")))?;
        let seconds = at.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
        Ok(if seconds.subsec_nanos() == 0 {
            Value::Integer(seconds.as_secs())
        } else {
            Value::Real(seconds.as_secs_f64())
        })
    })?;
    db.create_scalar_function("timestampadd", 3, pure, |c| {
        let (Some(seconds), Some(base)) = (c.get::<Option<i64>>(1)?, text(c, 2)) else { return Ok(None) };
        let at = civil(&base).and_then(|at| at.checked_add(jiff::SignedDuration::from_secs(seconds)).ok());
        let at = at.ok_or_else(|| wrong("a time beyond the calendar"))?;
        Ok(Some(kept_date(at)))
    })?;
    // the engine's clock and every session run in UTC
    db.create_scalar_function("convert_tz", 3, pure, |c| Ok(text(c, 0)))?;
    db.create_scalar_function("date_format", 2, pure, |c| {
        let (Some(at), Some(format)) = (text(c, 0), text(c, 1)) else { return Ok(None) };
        let at = civil(&at).ok_or_else(|| wrong(&format!("{at:?} is no time")))?;
        let format = format.replace("%i", "%M").replace("%s", "%S");
        Ok(Some(at.strftime(&format).to_string()))
    })?;
    Ok(())
}

/// The time now, UTC, to the microsecond.
pub(crate) fn now_text() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// The time now as a column with this many decimals keeps it.
fn now_kept(digits: u32) -> String {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let unit = 10_i32.pow(9 - digits.min(6));
    let nanos = now.subsec_nanosecond() / unit * unit;
    kept_date(now.with().subsec_nanosecond(nanos).build().unwrap_or(now))
}

fn wrong(what: &str) -> Error {
    Error::UserFunctionError(what.to_owned().into())
}

fn civil(text: &str) -> Option<DateTime> {
    let (y, m, d, h, mi, s, us) = read_date(text)?;
    let small = |n: u8| i8::try_from(n).ok();
    DateTime::new(
        i16::try_from(y).ok()?,
        small(m)?,
        small(d)?,
        small(h)?,
        small(mi)?,
        small(s)?,
        i32::try_from(us).ok()? * 1000,
    )
    .ok()
}

fn kept_date(at: DateTime) -> String {
    let part = |n: i8| u8::try_from(n).unwrap_or(0);
    date_text(
        u16::try_from(at.year()).unwrap_or(0),
        part(at.month()),
        part(at.day()),
        part(at.hour()),
        part(at.minute()),
        part(at.second()),
        u32::try_from(at.subsec_nanosecond() / 1000).unwrap_or(0),
    )
}

/// An argument as bytes: numbers as their text, as MySQL does.
fn bytes(c: &Context<'_>, index: usize) -> Option<Vec<u8>> {
    match c.get_raw(index) {
        ValueRef::Null => None,
        ValueRef::Integer(v) => Some(v.to_string().into_bytes()),
        ValueRef::Real(v) => Some(v.to_string().into_bytes()),
        ValueRef::Text(b) | ValueRef::Blob(b) => Some(b.to_vec()),
    }
}

fn text(c: &Context<'_>, index: usize) -> Option<String> {
    bytes(c, index).map(|b| String::from_utf8_lossy(&b).into_owned())
}

fn concat(c: &Context<'_>) -> Result<Value> {
    let mut out = Vec::new();
    for index in 0..c.len() {
        match bytes(c, index) {
            Some(part) => out.extend(part),
            None => return Ok(Value::Null),
        }
    }
    Ok(match String::from_utf8(out) {
        Ok(text) => Value::Text(text),
        Err(error) => Value::Blob(error.into_bytes()),
    })
}

/// JSON as the servers print it: a blank after `:` and `,`; MySQL sorts keys by length, then by their bytes.
fn json_object(c: &Context<'_>, mariadb: bool) -> Result<String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for index in (0..c.len()).step_by(2) {
        let key = text(c, index).ok_or_else(|| wrong("a key of JSON_OBJECT is NULL"))?;
        let value = match c.get_raw(index + 1) {
            ValueRef::Null => "null".to_owned(),
            ValueRef::Integer(v) => v.to_string(),
            ValueRef::Real(v) => v.to_string(),
            ValueRef::Text(b) if b == JSON_TRUE.as_bytes() => "true".to_owned(),
            ValueRef::Text(b) if b == JSON_FALSE.as_bytes() => "false".to_owned(),
            ValueRef::Text(b) => quoted(std::str::from_utf8(b).map_err(|e| wrong(&e.to_string()))?),
            ValueRef::Blob(_) => return Err(wrong("JSON_OBJECT over bytes")),
        };
        pairs.push((key, value));
    }
    if !mariadb {
        pairs.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
    }
    let shown: Vec<String> = pairs.iter().map(|(k, v)| format!("{}: {v}", quoted(k))).collect();
    Ok(format!("{{{}}}", shown.join(", ")))
}

fn quoted(value: &str) -> String {
    Json::from(value).to_string()
}

fn json_type(c: &Context<'_>) -> Result<Option<&'static str>> {
    let Some(text) = text(c, 0) else { return Ok(None) };
    let parsed: Json = serde_json::from_str(&text).map_err(|e| wrong(&e.to_string()))?;
    Ok(Some(match parsed {
        Json::Null => "NULL",
        Json::Bool(_) => "BOOLEAN",
        Json::Number(n) if n.is_f64() => "DOUBLE",
        Json::Number(_) => "INTEGER",
        Json::String(_) => "STRING",
        Json::Array(_) => "ARRAY",
        Json::Object(_) => "OBJECT",
    }))
}

/// JSON_EXTRACT of one member, `$.name`.
fn json_extract(c: &Context<'_>) -> Result<Option<String>> {
    let (Some(text), Some(path)) = (text(c, 0), text(c, 1)) else { return Ok(None) };
    let name = path.strip_prefix("$.").filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let name = name.ok_or_else(|| wrong(&format!("the JSON path {path:?} is not understood")))?;
    let parsed: Json = serde_json::from_str(&text).map_err(|e| wrong(&e.to_string()))?;
    Ok(parsed.get(name).map(ToString::to_string))
}
