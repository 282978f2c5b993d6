//! Rows as they come, by the binary protocol: floats keep their bits, which the text protocol rounds.

use crate::error::{Error, from_driver};
use mysql::consts::{ColumnFlags, ColumnType};
use mysql::{Binary, QueryResult, Row, Value};
use rejoint_value::Cell;

/// A streamed result.
pub struct RowStream<'c> {
    result: QueryResult<'c, 'c, 'c, Binary>,
    binary: Vec<bool>,
    statement: String,
}

impl<'c> RowStream<'c> {
    pub(crate) fn new(result: QueryResult<'c, 'c, 'c, Binary>, statement: String) -> Self {
        let binary = result
            .columns()
            .as_ref()
            .iter()
            .map(|column| {
                let text = matches!(
                    column.column_type(),
                    ColumnType::MYSQL_TYPE_NEWDECIMAL | ColumnType::MYSQL_TYPE_JSON
                );
                // character set 63 is "binary"; numbers carry it too but arrive as numbers
                column.character_set() == 63 && !text && !column.flags().contains(ColumnFlags::ENUM_FLAG)
            })
            .collect();
        RowStream { result, binary, statement }
    }

    /// The next row, or `None` at the end.
    ///
    /// # Errors
    /// Server errors and a lost connection.
    pub fn next_row(&mut self) -> Result<Option<Row>, Error> {
        self.result.next().transpose().map_err(|e| from_driver(e, &self.statement))
    }

    /// Which columns hold bytes and not text.
    pub fn binary(&self) -> &[bool] {
        &self.binary
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
