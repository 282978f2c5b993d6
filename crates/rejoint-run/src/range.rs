//! Ranges of a primary key, for work in short transactions.

use crate::error::{Context as _, RunError};
use rejoint_db::{Connection, Value, ident, qualified};
use rejoint_model::TableName;

/// A key value of the table, and which of its columns hold bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyValue {
    values: Vec<Value>,
    binary: Vec<bool>,
}

impl KeyValue {
    /// Takes the first columns of a row as a key.
    pub(crate) fn of(values: Vec<Value>, binary: &[bool]) -> Self {
        // numbers and dates carry the binary character set too
        let is_bytes = |(v, b): (&Value, &bool)| *b && matches!(v, Value::Bytes(_));
        KeyValue { binary: values.iter().zip(binary).map(is_bytes).collect(), values }
    }

    /// The placeholder of column `i`: bytes are bound as hexadecimal text, because a bound byte string is taken for text.
    pub(crate) fn mark(&self, i: usize) -> &'static str {
        if self.binary.get(i).copied().unwrap_or(false) { "UNHEX(?)" } else { "?" }
    }

    /// The value of column `i` to bind.
    pub(crate) fn value(&self, i: usize) -> Value {
        bindable(self.values.get(i).unwrap_or(&Value::NULL), self.binary.get(i).copied().unwrap_or(false))
    }

    /// The key for messages: `k1=1, k2='a'`, bytes in hexadecimal.
    pub(crate) fn shown(&self, key: &[String]) -> String {
        let parts: Vec<String> =
            key.iter().enumerate().map(|(i, k)| format!("{k}={}", self.value(i).as_sql(true))).collect();
        parts.join(", ")
    }

    /// `k1 = ? AND k2 = ?` and its values.
    pub(crate) fn equals(&self, key: &[String]) -> (String, Vec<Value>) {
        let parts: Vec<String> =
            key.iter().enumerate().map(|(i, k)| format!("{} = {}", ident(k), self.mark(i))).collect();
        (parts.join(" AND "), (0..key.len()).map(|i| self.value(i)).collect())
    }
}

/// A value as it must be bound.
pub(crate) fn bindable(value: &Value, binary: bool) -> Value {
    match value {
        Value::Bytes(bytes) if binary => {
            Value::Bytes(bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect())
        }
        other => other.clone(),
    }
}

/// A condition on the key: after `lower` (exclusive), up to `upper` (inclusive).
pub(crate) fn condition(
    key: &[String],
    lower: Option<(&KeyValue, bool)>,
    upper: Option<&KeyValue>,
) -> (String, Vec<Value>) {
    let mut parts = Vec::new();
    let mut params = Vec::new();
    if let Some((lower, inclusive)) = lower {
        let (text, values) = compare(key, lower, if inclusive { ">=" } else { ">" }, ">");
        parts.push(text);
        params.extend(values);
    }
    if let Some(upper) = upper {
        let (text, values) = compare(key, upper, "<=", "<");
        parts.push(text);
        params.extend(values);
    }
    if parts.is_empty() { ("TRUE".to_owned(), params) } else { (parts.join(" AND "), params) }
}

/// Lexicographic comparison, written out: servers use the key for this form and not for row constructors.
fn compare(key: &[String], bound: &KeyValue, last: &str, strict: &str) -> (String, Vec<Value>) {
    let mut alternatives = Vec::new();
    let mut params = Vec::new();
    for (i, column) in key.iter().enumerate() {
        let mut terms: Vec<String> = Vec::new();
        for (j, earlier) in key.iter().enumerate().take(i) {
            terms.push(format!("{} = {}", ident(earlier), bound.mark(j)));
            params.push(bound.value(j));
        }
        let operator = if i + 1 == key.len() { last } else { strict };
        terms.push(format!("{} {operator} {}", ident(column), bound.mark(i)));
        params.push(bound.value(i));
        alternatives.push(format!("({})", terms.join(" AND ")));
    }
    (format!("({})", alternatives.join(" OR ")), params)
}

/// The key of the `n`-th row after `lower`; `None` when fewer rows are left.
pub(crate) fn nth_key(
    connection: &mut Connection,
    table: &TableName,
    key: &[String],
    lower: Option<(&KeyValue, bool)>,
    n: u64,
) -> Result<Option<KeyValue>, RunError> {
    let columns = key.iter().map(|k| ident(k)).collect::<Vec<_>>().join(", ");
    let (range, params) = condition(key, lower, None);
    let sql = format!(
        "SELECT {columns} FROM {} WHERE {range} ORDER BY {columns} LIMIT 1 OFFSET {}",
        qualified(table),
        n.saturating_sub(1)
    );
    first_key(connection, table, &sql, &params)
}

/// The key in the first row of a query that selects the key's columns.
pub(crate) fn first_key(
    connection: &mut Connection,
    table: &TableName,
    sql: &str,
    params: &[Value],
) -> Result<Option<KeyValue>, RunError> {
    let context = || format!("looking for a range of {table}");
    let mut stream = connection.stream(sql, params).context(context())?;
    let binary = stream.binary().to_vec();
    Ok(stream.next_row().context(context())?.map(|row| KeyValue::of(row.unwrap(), &binary)))
}
