//! Asking the server. A question that it refuses becomes a line of the report; a lost connection ends the scan.

use crate::error::Error;
use crate::options::{Progress, ScanOptions};
use crate::report_file::NotSeen;
use rejoint_db::{Class, Connection, Value, ident};
use rejoint_model::{Catalog, Table};

/// What every check has at hand.
pub(crate) struct Reader<'a> {
    pub(crate) connection: &'a mut Connection,
    pub(crate) catalog: &'a Catalog,
    pub(crate) options: &'a ScanOptions,
    pub(crate) progress: &'a mut dyn Progress,
    pub(crate) not_seen: Vec<NotSeen>,
}

impl Reader<'_> {
    /// Rows of a query about `what`; `None` if the server refuses it, which is noted.
    pub(crate) fn rows(
        &mut self,
        what: &str,
        sql: &str,
        params: &[Value],
    ) -> Result<Option<Vec<Vec<Value>>>, Error> {
        match self.connection.rows(sql, params) {
            Ok(rows) => Ok(Some(
                rows.into_iter()
                    .map(|row| row.unwrap_raw().into_iter().map(|v| v.unwrap_or(Value::NULL)).collect())
                    .collect(),
            )),
            Err(error) => self.refused(what, error).map(|()| None),
        }
    }

    /// Notes a refusal; anything else ends the scan.
    pub(crate) fn refused(&mut self, what: &str, error: rejoint_db::Error) -> Result<(), Error> {
        match error.class() {
            Class::Denied | Class::Refused | Class::Retry | Class::Full => {
                self.skip(what, &error.to_string());
                Ok(())
            }
            _ => Err(Error::Server { doing: format!("looking at {what}"), source: error }),
        }
    }

    /// Notes that something is not looked at.
    pub(crate) fn skip(&mut self, what: &str, why: &str) {
        self.not_seen.push(NotSeen { what: what.to_owned(), why: why.to_owned() });
    }

    /// Is this table small enough to be read completely? If not, that is noted.
    pub(crate) fn may_read(&mut self, table: &Table, check: &str) -> bool {
        let may = self.options.may_read(table.rows_estimate);
        if !may {
            let why = format!(
                "about {} rows are more than a quick scan reads; a full scan reads them",
                table.rows_estimate
            );
            self.skip(&format!("{}: {check}", table.name), &why);
        }
        may
    }
}

/// Text of a value, for comparing and showing; bytes that are no text are shown in hexadecimal.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::NULL => String::new(),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => hex(bytes),
        },
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        other => other.as_sql(true).trim_matches('\'').to_owned(),
    }
}

/// A count or size; 0 for NULL.
pub(crate) fn number(value: &Value) -> u64 {
    match value {
        Value::Int(n) => u64::try_from(*n).unwrap_or(0),
        Value::UInt(n) => *n,
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok().and_then(|t| t.parse().ok()).unwrap_or(0),
        _ => 0,
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    out
}

/// Characters of one key value that are shown.
const SHOWN_CHARS: usize = 80;

/// A row's key as a condition: `id=3, kind='x'`. Values beyond 80 characters are cut.
pub(crate) fn key_shown(names: &[&str], values: &[Value]) -> String {
    if names.is_empty() {
        return "a row of a table without primary key".to_owned();
    }
    let parts: Vec<String> = names
        .iter()
        .zip(values)
        .map(|(name, value)| {
            let shown = match value {
                Value::Bytes(bytes) if std::str::from_utf8(bytes).is_err() => format!("0x{}", hex(bytes)),
                other => other.as_sql(true),
            };
            match shown.char_indices().nth(SHOWN_CHARS) {
                Some((at, _)) => format!("{name}={}…", shown.get(..at).unwrap_or_default()),
                None => format!("{name}={shown}"),
            }
        })
        .collect();
    parts.join(", ")
}

/// A comma-separated list of quoted column names.
pub(crate) fn columns(names: &[&str]) -> String {
    names.iter().map(|n| ident(n)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_as_conditions() {
        let shown = key_shown(
            &["id", "kind", "uuid", "day"],
            &[
                Value::Int(-3),
                Value::from("it's"),
                Value::Bytes(vec![0xff, 0, 1]),
                Value::Date(2020, 1, 2, 0, 0, 0, 0),
            ],
        );
        assert_eq!(shown, "id=-3, kind='it''s', uuid=0xff0001, day='2020-01-02'");
        assert!(key_shown(&["k"], &[Value::from("é".repeat(200))]).ends_with('…'));
    }
}
