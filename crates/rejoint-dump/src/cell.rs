//! Values of a dump as cells: what the server would deliver by the binary protocol.

use rejoint_value::Cell;

use crate::charset::Charset;
use crate::columns::{Column, ColumnKind};
use crate::error::{Error, QualifiedName};
use crate::event::{Rows, Table};
use crate::values::Value;

/// The types of the values in the rows of one INSERT.
#[derive(Debug, Clone)]
pub struct RowTypes {
    table: QualifiedName,
    columns: Vec<Column>,
    scratch: Vec<u8>,
}

impl RowTypes {
    /// The types for these rows of this table.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the rows name a column that the table does not have, or are of another table.
    pub fn new(table: &Table, rows: &Rows<'_>) -> Result<Self, Error> {
        let damaged = |what: String| Error::Damaged {
            position: rows.position(),
            what,
            near: format!("the rows of {}", rows.table()),
            last_complete: None,
        };
        let columns = match rows.columns() {
            None => table.columns.clone(),
            Some(names) => names
                .iter()
                .map(|name| {
                    table
                        .column(name)
                        .cloned()
                        .ok_or_else(|| damaged(format!("the table has no column `{name}`")))
                })
                .collect::<Result<_, _>>()?,
        };
        if rows.table() != &table.name {
            return Err(damaged(format!("rows of another table than {}", table.name)));
        }
        Ok(Self { table: table.name.clone(), columns, scratch: Vec::new() })
    }

    /// The columns in the order of the values.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// One value as a cell. Text comes out in UTF-8, whatever the dump's character set; a FLOAT is what the dump's
    /// rounded text gives; a TIMESTAMP is in the dump's time zone ([`crate::Session::time_zone`]).
    ///
    /// # Errors
    /// [`Error::Value`] when the value does not fit its column.
    pub fn cell<'s>(&'s mut self, index: usize, value: Value<'s>) -> Result<Cell<'s>, Error> {
        let table = &self.table;
        let Some(column) = self.columns.get(index) else {
            return Err(Error::Value {
                table: table.clone(),
                column: format!("number {}", index + 1),
                value: value.display(),
                expected: "value of a known column".to_owned(),
            });
        };
        let found = match value {
            Value::Null => Some(Cell::Null),
            Value::Number(text) => number(column.kind, text),
            Value::Bytes(bytes) => match column.kind {
                ColumnKind::Binary | ColumnKind::Bit => Some(Cell::Bytes(bytes)),
                // `--default-character-set=binary`: the column's own character set
                _ => {
                    let charset = column.charset.unwrap_or(Charset::UTF8MB4);
                    text(column.kind, bytes, charset, &mut self.scratch)
                }
            },
            Value::Text(bytes, charset) => match column.kind {
                ColumnKind::Binary | ColumnKind::Bit => Some(Cell::Bytes(bytes)),
                kind if charset == Charset::BINARY => {
                    let own = if kind == ColumnKind::Text { column.charset } else { None };
                    text(kind, bytes, own.unwrap_or(Charset::UTF8MB4), &mut self.scratch)
                }
                kind => text(kind, bytes, charset, &mut self.scratch),
            },
        };
        found.ok_or_else(|| Error::Value {
            table: table.clone(),
            column: column.name.clone(),
            value: value.display(),
            expected: match column.charset {
                Some(charset) if column.kind == ColumnKind::Text => {
                    format!("{} in {charset}", column.data_type)
                }
                _ => column.data_type.clone(),
            },
        })
    }
}

fn number(kind: ColumnKind, bytes: &[u8]) -> Option<Cell<'_>> {
    let text = std::str::from_utf8(bytes).ok()?;
    match kind {
        ColumnKind::Integer { unsigned: false } => text.parse().ok().map(Cell::Int),
        ColumnKind::Integer { unsigned: true } | ColumnKind::Year => text.parse().ok().map(Cell::UInt),
        // as the server does: to a double, then to a float
        ColumnKind::Float { .. } => {
            let value: f64 = text.parse().ok().filter(|v: &f64| v.is_finite())?;
            #[expect(clippy::cast_possible_truncation, reason = "the rounding is meant")]
            let value = value as f32;
            value.is_finite().then_some(Cell::Float(value))
        }
        ColumnKind::Double { .. } => text.parse().ok().filter(|v: &f64| v.is_finite()).map(Cell::Double),
        ColumnKind::Decimal => Some(Cell::Text(bytes)),
        _ => None,
    }
}

fn text<'s>(
    kind: ColumnKind,
    bytes: &'s [u8],
    charset: Charset,
    scratch: &'s mut Vec<u8>,
) -> Option<Cell<'s>> {
    match kind {
        ColumnKind::Text | ColumnKind::Json => {
            if charset.is_utf8() {
                return std::str::from_utf8(bytes).is_ok().then_some(Cell::Text(bytes));
            }
            scratch.clear();
            charset.to_utf8(bytes, scratch)?;
            Some(Cell::Text(scratch))
        }
        ColumnKind::Date | ColumnKind::DateTime | ColumnKind::Timestamp => date(bytes),
        ColumnKind::Time => time(bytes),
        ColumnKind::Binary | ColumnKind::Bit => Some(Cell::Bytes(bytes)),
        // numbers are quoted by some tools
        _ => number(kind, bytes),
    }
}

/// `YYYY-MM-DD[ hh:mm:ss[.ffffff]]`.
fn date(bytes: &[u8]) -> Option<Cell<'static>> {
    let (day, clock) = match bytes.len() {
        10 => (bytes, None),
        _ => (bytes.get(..10)?, Some(bytes.get(10..)?)),
    };
    if day.get(4) != Some(&b'-') || day.get(7) != Some(&b'-') {
        return None;
    }
    let year = u16::try_from(digits(day.get(..4)?)?).ok()?;
    let (month, day) = (small(day.get(5..7)?)?, small(day.get(8..10)?)?);
    let (hour, minute, second, micros) = match clock {
        None => (0, 0, 0, 0),
        Some(clock) => {
            let clock = clock.strip_prefix(b" ")?;
            let (hour, minute, second, micros) = time_parts(clock)?;
            (u8::try_from(hour).ok()?, minute, second, micros)
        }
    };
    Some(Cell::Date(year, month, day, hour, minute, second, micros))
}

/// `[-]h[hh]:mm:ss[.ffffff]`.
fn time(bytes: &[u8]) -> Option<Cell<'static>> {
    let (negative, clock) = match bytes.strip_prefix(b"-") {
        Some(clock) => (true, clock),
        None => (false, bytes),
    };
    let (hours, minute, second, micros) = time_parts(clock)?;
    let hour = u8::try_from(hours % 24).ok()?;
    Some(Cell::Time(negative, hours / 24, hour, minute, second, micros))
}

fn time_parts(clock: &[u8]) -> Option<(u32, u8, u8, u32)> {
    let mut parts = clock.splitn(3, |b| *b == b':');
    let hours = parts.next().filter(|h| (1..=3).contains(&h.len()))?;
    let hours = digits(hours)?;
    let minute = small(parts.next().filter(|m| m.len() == 2)?)?;
    let rest = parts.next()?;
    let second = small(rest.get(..2)?)?;
    let micros = match rest.get(2..)? {
        [] => 0,
        [b'.', fraction @ ..] if (1..=6).contains(&fraction.len()) => {
            let missing = u32::try_from(6 - fraction.len()).ok()?;
            digits(fraction)? * 10u32.pow(missing)
        }
        _ => return None,
    };
    Some((hours, minute, second, micros))
}

fn digits(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn small(bytes: &[u8]) -> Option<u8> {
    u8::try_from(digits(bytes)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read_exactly() {
        let shown = |text: &str| {
            let found = if text.contains('-') && text.len() >= 10 && !text.starts_with('-') {
                date(text.as_bytes())
            } else {
                time(text.as_bytes())
            };
            found.map_or("none".to_owned(), |cell| cell.display())
        };
        let texts = [
            "2024-02-03",
            "0000-00-00 00:00:00",
            "2024-01-02 03:04:05.678",
            "9999-12-31 23:59:59.999999",
            "-838:59:59.00",
            "00:00:01.5",
            "2024-1-02",
            "2024-01-02T00:00:00",
            "2024-01-02 03:04:05.",
            "12:3:4",
            "1:02",
        ];
        insta::assert_snapshot!(texts.map(shown).join("\n"), @r"
        2024-02-03
        0000-00-00
        2024-01-02 03:04:05.678000
        9999-12-31 23:59:59.999999
        -838:59:59
        00:00:01.500000
        none
        none
        none
        none
        none
        ");
    }

    #[test]
    fn a_negative_zero_keeps_its_sign() {
        assert!(
            matches!(number(ColumnKind::Double { fixed: false }, b"-0"), Some(Cell::Double(v)) if v.is_sign_negative())
        );
        assert!(
            matches!(number(ColumnKind::Float { fixed: false }, b"-0"), Some(Cell::Float(v)) if v.is_sign_negative())
        );
        assert_eq!(number(ColumnKind::Integer { unsigned: true }, b"-1"), None);
        assert_eq!(number(ColumnKind::Double { fixed: false }, b"1e999"), None);
    }
}
