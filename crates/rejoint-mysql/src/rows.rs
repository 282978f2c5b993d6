//! Rows by the binary protocol: floats keep their bits, which the text protocol rounds.

use crate::error::from_driver;
use mysql::consts::{ColumnFlags, ColumnType};
use mysql::{Binary, QueryResult, Row};
use rejoint_db::{Error, Rows};

/// A streamed result.
pub(crate) struct BinaryRows<'c> {
    result: QueryResult<'c, 'c, 'c, Binary>,
    binary: Vec<bool>,
    statement: String,
}

impl<'c> BinaryRows<'c> {
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
        BinaryRows { result, binary, statement }
    }
}

impl Rows for BinaryRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Error> {
        self.result.next().transpose().map_err(|e| from_driver(e, &self.statement))
    }

    fn binary(&self) -> &[bool] {
        &self.binary
    }
}
