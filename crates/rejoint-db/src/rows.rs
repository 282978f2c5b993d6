//! Rows as they come: floats keep their bits, which a text protocol rounds.

use crate::error::Error;
use mysql_common::row::Row;
use mysql_common::value::Value;
use rejoint_value::Cell;

/// What an engine gives for a streamed query.
pub trait Rows {
    /// The next row, or `None` at the end.
    ///
    /// # Errors
    /// Errors of the engine and a lost connection.
    fn next_row(&mut self) -> Result<Option<Row>, Error>;

    /// Which columns hold bytes and not text. Said of columns of tables; of expressions an engine need not know it.
    fn binary(&self) -> &[bool];
}

/// A streamed result.
pub struct RowStream<'c> {
    rows: Box<dyn Rows + 'c>,
}

impl<'c> RowStream<'c> {
    /// Wraps what an engine gives.
    pub fn new(rows: impl Rows + 'c) -> Self {
        RowStream { rows: Box::new(rows) }
    }

    /// The next row, or `None` at the end.
    ///
    /// # Errors
    /// Errors of the engine and a lost connection.
    pub fn next_row(&mut self) -> Result<Option<Row>, Error> {
        self.rows.next_row()
    }

    /// Which columns hold bytes and not text.
    pub fn binary(&self) -> &[bool] {
        self.rows.binary()
    }
}

/// One value of a row as a [`Cell`]; `binary` tells bytes from text.
pub fn cell(value: Option<&Value>, binary: bool) -> Cell<'_> {
    match value {
        None | Some(Value::NULL) => Cell::Null,
        Some(Value::Bytes(b)) if binary => Cell::Bytes(b),
        Some(Value::Bytes(b)) => Cell::Text(b),
        Some(Value::Int(v)) => Cell::Int(*v),
        Some(Value::UInt(v)) => Cell::UInt(*v),
        Some(Value::Float(v)) => Cell::Float(*v),
        Some(Value::Double(v)) => Cell::Double(*v),
        Some(Value::Date(y, m, d, h, mi, s, us)) => Cell::Date(*y, *m, *d, *h, *mi, *s, *us),
        Some(Value::Time(neg, d, h, m, s, us)) => Cell::Time(*neg, *d, *h, *m, *s, *us),
    }
}

/// Column `index` of a row as text, if it is text or a number.
pub fn cell_text(row: &Row, index: usize) -> Option<String> {
    match row.as_ref(index)? {
        Value::Bytes(b) => Some(String::from_utf8_lossy(b).into_owned()),
        Value::Int(n) => Some(n.to_string()),
        Value::UInt(n) => Some(n.to_string()),
        Value::Double(n) => Some(n.to_string()),
        _ => None,
    }
}
