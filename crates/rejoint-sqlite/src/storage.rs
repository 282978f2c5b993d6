//! How values of the servers are kept in the file, and how they come back as the binary protocol would give them.
//!
//! Every column is declared with a word that says what its values are ([`Kind::declared`]) and that gives it no affinity, so that
//! SQLite converts nothing. Choices that are not obvious:
//!
//! - Integers above 2^63 are 20 digits of text: SQLite sorts text after numbers, so order and maximum stay right.
//! - A negative zero is eight bytes: SQLite does not promise to keep its sign.
//! - Dates are text with hours, minutes and seconds, as the servers print times, and without zeros at the end of the fraction, so
//!   that they sort whatever the number of decimals of the column.
//! - Times are microseconds.

use mysql_common::value::Value;
use rejoint_db::Error;
use rejoint_model::Column;
use rejoint_value::Cell;
use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Float,
    Double,
    /// Text, decimals, enums, JSON.
    Text,
    Bytes,
    /// Dates with and without time.
    Date,
    Time,
    /// What an expression gives: as SQLite keeps it.
    Unknown,
}

impl Kind {
    /// The kind of a column; `None` for types that the engine does not keep, such as geometry.
    pub(crate) fn of(column: &Column) -> Option<Self> {
        Some(match column.data_type.as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Kind::Integer,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "decimal" | "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum"
            | "set" | "json" | "uuid" | "inet4" | "inet6" => Kind::Text,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "bit" => Kind::Bytes,
            "date" | "datetime" | "timestamp" => Kind::Date,
            "time" => Kind::Time,
            _ => return None,
        })
    }

    /// The word in SQLite's definition. All but the last contain `BLOB`, which is SQLite's word for "convert nothing".
    pub(crate) fn declared(self) -> &'static str {
        match self {
            Kind::Integer => "BLOB_I",
            Kind::Float => "BLOB_F",
            Kind::Double => "BLOB_D",
            Kind::Text => "BLOB_S",
            Kind::Bytes => "BLOB_B",
            Kind::Date => "BLOB_T",
            Kind::Time => "BLOB_M",
            Kind::Unknown => "BLOB",
        }
    }

    pub(crate) fn from_declared(word: Option<&str>) -> Self {
        match word {
            Some("BLOB_I" | "INTEGER") => Kind::Integer,
            Some("BLOB_F") => Kind::Float,
            Some("BLOB_D") => Kind::Double,
            Some("BLOB_S") => Kind::Text,
            Some("BLOB_B") => Kind::Bytes,
            Some("BLOB_T") => Kind::Date,
            Some("BLOB_M") => Kind::Time,
            _ => Kind::Unknown,
        }
    }
}

/// A date as it is kept.
pub(crate) fn date_text(y: u16, m: u8, d: u8, h: u8, mi: u8, s: u8, us: u32) -> String {
    let second = format!("{y:04}-{m:02}-{d:02} {h:02}:{mi:02}:{s:02}");
    if us == 0 {
        return second;
    }
    let fraction = format!("{us:06}");
    format!("{second}.{}", fraction.trim_end_matches('0'))
}

/// Reads a date as it is kept, or as a literal: year, month, day, hour, minute, second, microsecond.
pub(crate) fn read_date(text: &str) -> Option<(u16, u8, u8, u8, u8, u8, u32)> {
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut parts = day.splitn(3, '-');
    let (y, m, d) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = time.splitn(3, ':');
    let (h, mi, s) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let us = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}").get(..6)?.parse().ok()? };
    Some((y, m, d, h, mi, s, us))
}

fn time_micros(negative: bool, days: u32, h: u8, m: u8, s: u8, us: u32) -> i64 {
    let seconds = i64::from(days) * 86_400 + i64::from(h) * 3_600 + i64::from(m) * 60 + i64::from(s);
    let micros = seconds * 1_000_000 + i64::from(us);
    if negative { -micros } else { micros }
}

fn double(value: f64) -> ToSqlOutput<'static> {
    if value == 0.0 && value.is_sign_negative() {
        ToSqlOutput::Owned(Owned::Blob(value.to_bits().to_be_bytes().to_vec()))
    } else {
        ToSqlOutput::Owned(Owned::Real(value))
    }
}

fn unsigned(value: u64) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(match i64::try_from(value) {
        Ok(small) => Owned::Integer(small),
        Err(_) => Owned::Text(format!("{value:020}")),
    })
}

/// A cell as it is kept.
pub(crate) fn kept<'c>(cell: &Cell<'c>) -> ToSqlOutput<'c> {
    match *cell {
        Cell::Null => ToSqlOutput::Owned(Owned::Null),
        Cell::Int(v) => ToSqlOutput::Owned(Owned::Integer(v)),
        Cell::UInt(v) => unsigned(v),
        Cell::Float(v) => double(f64::from(v)),
        Cell::Double(v) => double(v),
        Cell::Text(v) => ToSqlOutput::Borrowed(ValueRef::Text(v)),
        Cell::Bytes(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v)),
        Cell::Date(y, m, d, h, mi, s, us) => {
            ToSqlOutput::Owned(Owned::Text(date_text(y, m, d, h, mi, s, us)))
        }
        Cell::Time(neg, d, h, m, s, us) => {
            ToSqlOutput::Owned(Owned::Integer(time_micros(neg, d, h, m, s, us)))
        }
    }
}

/// A value that is bound to a statement.
pub(crate) fn bound(value: &Value) -> ToSqlOutput<'_> {
    match value {
        Value::NULL => ToSqlOutput::Owned(Owned::Null),
        Value::Int(v) => ToSqlOutput::Owned(Owned::Integer(*v)),
        Value::UInt(v) => unsigned(*v),
        Value::Float(v) => double(f64::from(*v)),
        Value::Double(v) => double(*v),
        Value::Bytes(b) if std::str::from_utf8(b).is_ok() => ToSqlOutput::Borrowed(ValueRef::Text(b)),
        Value::Bytes(b) => ToSqlOutput::Borrowed(ValueRef::Blob(b)),
        Value::Date(y, m, d, h, mi, s, us) => {
            ToSqlOutput::Owned(Owned::Text(date_text(*y, *m, *d, *h, *mi, *s, *us)))
        }
        Value::Time(neg, d, h, m, s, us) => {
            ToSqlOutput::Owned(Owned::Integer(time_micros(*neg, *d, *h, *m, *s, *us)))
        }
    }
}

/// A kept value as the binary protocol would give it for a column of this kind.
///
/// # Errors
/// The file holds something that this engine does not write.
pub(crate) fn given(value: ValueRef<'_>, kind: Kind) -> Result<Value, Error> {
    let wrong =
        || Error::Unexpected { what: format!("the file holds {value:?} in a column of kind {kind:?}") };
    Ok(match (kind, value) {
        (_, ValueRef::Null) => Value::NULL,
        (Kind::Time, ValueRef::Integer(micros)) => {
            let positive = micros.unsigned_abs();
            let seconds = positive / 1_000_000;
            let part = |n: u64| u8::try_from(n).unwrap_or(0);
            Value::Time(
                micros < 0,
                u32::try_from(seconds / 86_400).map_err(|_| wrong())?,
                part(seconds / 3_600 % 24),
                part(seconds / 60 % 60),
                part(seconds % 60),
                u32::try_from(positive % 1_000_000).unwrap_or(0),
            )
        }
        (Kind::Date, ValueRef::Text(text)) => {
            let text = std::str::from_utf8(text).map_err(|_| wrong())?;
            let (y, m, d, h, mi, s, us) = read_date(text).ok_or_else(wrong)?;
            Value::Date(y, m, d, h, mi, s, us)
        }
        (Kind::Float | Kind::Double, ValueRef::Blob(bits)) => {
            let value = f64::from_bits(u64::from_be_bytes(bits.try_into().map_err(|_| wrong())?));
            float(value, kind)
        }
        (Kind::Float | Kind::Double, ValueRef::Real(value)) => float(value, kind),
        (Kind::Integer, ValueRef::Integer(value)) => Value::Int(value),
        (Kind::Integer, ValueRef::Text(digits)) => {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            Value::UInt(digits.parse().map_err(|_| wrong())?)
        }
        (Kind::Text, ValueRef::Text(text)) => Value::Bytes(text.to_vec()),
        (Kind::Bytes, ValueRef::Blob(bytes)) => Value::Bytes(bytes.to_vec()),
        (Kind::Unknown, ValueRef::Integer(value)) => Value::Int(value),
        (Kind::Unknown, ValueRef::Real(value)) => Value::Double(value),
        (Kind::Unknown, ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => Value::Bytes(bytes.to_vec()),
        _ => return Err(wrong()),
    })
}

fn float(value: f64, kind: Kind) -> Value {
    // exact: a FLOAT was widened when it was kept
    #[allow(clippy::cast_possible_truncation, reason = "the value came from an f32")]
    if kind == Kind::Float { Value::Float(value as f32) } else { Value::Double(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(cell: &Cell<'_>, kind: Kind) -> Value {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch(&format!("CREATE TABLE t (v {})", kind.declared())).unwrap();
        db.execute("INSERT INTO t VALUES (?)", [kept(cell)]).unwrap();
        db.query_row("SELECT v FROM t", [], |row| Ok(given(row.get_ref(0).unwrap(), kind))).unwrap().unwrap()
    }

    proptest! {
        #[test]
        fn every_float_keeps_its_bits(bits in any::<u64>(), small in any::<u32>()) {
            let (double, float) = (f64::from_bits(bits), f32::from_bits(small));
            prop_assume!(double.is_finite() && float.is_finite());
            match round_trip(&Cell::Double(double), Kind::Double) {
                Value::Double(found) => prop_assert_eq!(found.to_bits(), bits),
                other => prop_assert!(false, "{:?}", other),
            }
            match round_trip(&Cell::Float(float), Kind::Float) {
                Value::Float(found) => prop_assert_eq!(found.to_bits(), small),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn numbers_texts_bytes_dates_and_times_come_back(
            n in any::<u64>(), i in any::<i64>(), text in "\\PC*|[\\x00-\\x7f]*", bytes in any::<Vec<u8>>(),
            y in 0u16..9999, m in 0u8..13, d in 0u8..32, h in 0u8..24, us in 0u32..1_000_000, days in 0u32..34, neg in any::<bool>(),
        ) {
            let big = match round_trip(&Cell::UInt(n), Kind::Integer) { Value::Int(v) => v as u64, Value::UInt(v) => v, _ => 0 };
            prop_assert_eq!(big, n);
            prop_assert_eq!(round_trip(&Cell::Int(i), Kind::Integer), Value::Int(i));
            prop_assert_eq!(round_trip(&Cell::Text(text.as_bytes()), Kind::Text), Value::Bytes(text.into_bytes()));
            prop_assert_eq!(round_trip(&Cell::Bytes(&bytes), Kind::Bytes), Value::Bytes(bytes));
            prop_assert_eq!(round_trip(&Cell::Date(y, m, d, h, 1, 2, us), Kind::Date), Value::Date(y, m, d, h, 1, 2, us));
            let neg = neg && (days, h, us) != (0, 0, 0);
            prop_assert_eq!(round_trip(&Cell::Time(neg, days, h, 59, 0, us), Kind::Time), Value::Time(neg, days, h, 59, 0, us));
        }

        #[test]
        fn large_integers_sort_after_small_ones(a in any::<u64>(), b in any::<u64>()) {
            let db = rusqlite::Connection::open_in_memory().unwrap();
            let less: bool = db.query_row("SELECT ?1 < ?2", [unsigned(a), unsigned(b)], |row| row.get(0)).unwrap();
            prop_assert_eq!(less, a < b);
        }
    }

    #[test]
    fn negative_zero_and_its_neighbours_keep_their_bits() {
        assert!(
            matches!(round_trip(&Cell::Double(-0.0), Kind::Double), Value::Double(v) if v.to_bits() == (-0.0f64).to_bits())
        );
        assert!(
            matches!(round_trip(&Cell::Float(-0.0), Kind::Float), Value::Float(v) if v.to_bits() == (-0.0f32).to_bits())
        );
        assert!(matches!(round_trip(&Cell::Double(2.0), Kind::Double), Value::Double(v) if v == 2.0));
    }
}
