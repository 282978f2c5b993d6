//! Canonical bytes of a value: what digests are made of.
//!
//! Two values have the same canonical bytes exactly when they are the same value, where *same* means:
//!
//! - the same kind at every place: `1`, `1.0`, `True` and `np.int64(1)` are four different values, a tuple is no list;
//! - the same element type, shape (in stored order of dimensions) and data of arrays; a 1×3 array is not a 3×1 array;
//! - floats by their bits: 0.0 is not −0.0, and each NaN is itself;
//! - integers by their number, however many bytes they took; a `Decimal` by its text (`3.1` is not `3.10`);
//! - the elements of a set and the entries of a dict in any order (a repeated one counts as often as it stands there);
//! - the fields of a struct or record array by name *and* order.
//!
//! They do not depend on compression, protocol (`mYm`, `dj0`) or width of lengths (64 or 32 bits).
//!
//! Format, numbers little-endian, `n` and every length 64 bits. It is self-delimiting (no value's bytes begin
//! another's), so canonical bytes may be written one after the other.
//!
//! ```text
//! 00 None          01 bool: u8             02 int: n, two's complement of the fewest bytes
//! 03 float: f64    04 complex: f64 f64     05 str: n, UTF-8           06 bytes: n, bytes
//! 07 Decimal: n, text                      08 date: u16 year, u8 month, u8 day
//! 09 time: u8 hour, u8 minute, u8 second, u32 microsecond
//! 0a datetime: as 08, then as 09           0b UUID: 16 bytes
//! 10 list: n, values     11 tuple: n, values
//! 12 set: n, values in the order of their canonical bytes
//! 13 dict: n, (key, value) in the order of the canonical bytes of the key, then of the value
//! 20 array: u32 type id, u8 complex, shape, n, data      21 char array: shape, n, data
//! 22 object array: shape, n, values                      23 cell: shape, n, values
//! 24 struct: shape, n, (n, name)…, n, values             25 record array: n, (n, name, column)…
//! shape: n, dimensions (64 bits each)
//! ```

use crate::value::{Date, ObjectArray, Time, Value};

/// The canonical bytes of a value.
pub fn canonical_bytes(value: &Value<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_canonical(value, &mut |part| bytes.extend_from_slice(part));
    bytes
}

/// Gives the canonical bytes to `sink`, piece by piece, without copying arrays. Only the elements of sets and the keys
/// of dicts are held in memory, for sorting.
pub fn write_canonical(value: &Value<'_>, sink: &mut dyn FnMut(&[u8])) {
    match value {
        Value::None => sink(&[0x00]),
        Value::Bool(v) => sink(&[0x01, u8::from(*v)]),
        Value::Int(v) => sized(0x02, &v.to_minimal_le_bytes(), sink),
        Value::Float(v) => {
            sink(&[0x03]);
            sink(&v.to_bits().to_le_bytes());
        }
        Value::Complex { real, imag } => {
            sink(&[0x04]);
            sink(&real.to_bits().to_le_bytes());
            sink(&imag.to_bits().to_le_bytes());
        }
        Value::Str(v) => sized(0x05, v.as_bytes(), sink),
        Value::Bytes(v) => sized(0x06, v, sink),
        Value::Decimal(v) => sized(0x07, v.as_bytes(), sink),
        Value::Date(date) => {
            sink(&[0x08]);
            write_date(date, sink);
        }
        Value::Time(time) => {
            sink(&[0x09]);
            write_time(time, sink);
        }
        Value::DateTime(date, time) => {
            sink(&[0x0a]);
            write_date(date, sink);
            write_time(time, sink);
        }
        Value::Uuid(v) => {
            sink(&[0x0b]);
            sink(v);
        }
        Value::List(values) => write_values(0x10, values, sink),
        Value::Tuple(values) => write_values(0x11, values, sink),
        Value::Set(values) => {
            sink(&[0x12]);
            length(values.len(), sink);
            let mut elements: Vec<Vec<u8>> = values.iter().map(canonical_bytes).collect();
            elements.sort_unstable();
            elements.iter().for_each(|element| sink(element));
        }
        Value::Dict(entries) => write_dict(entries, sink),
        Value::Array(array) => {
            sink(&[0x20]);
            sink(&array.element.type_id().to_le_bytes());
            sink(&[u8::from(array.complex)]);
            write_shape(&array.shape, sink);
            length(array.data.len(), sink);
            sink(&array.data);
        }
        Value::CharArray(array) => {
            sink(&[0x21]);
            write_shape(&array.shape, sink);
            length(array.data.len(), sink);
            sink(&array.data);
        }
        Value::ObjectArray(array) => write_objects(0x22, array, sink),
        Value::Cell(array) => write_objects(0x23, array, sink),
        Value::Struct(array) => {
            sink(&[0x24]);
            write_shape(&array.shape, sink);
            length(array.fields.len(), sink);
            for name in &array.fields {
                length(name.len(), sink);
                sink(name.as_bytes());
            }
            length(array.values.len(), sink);
            array.values.iter().for_each(|value| write_canonical(value, sink));
        }
        Value::RecordArray(records) => {
            sink(&[0x25]);
            length(records.fields.len(), sink);
            for (name, column) in &records.fields {
                length(name.len(), sink);
                sink(name.as_bytes());
                write_canonical(column, sink);
            }
        }
    }
}

fn length(n: usize, sink: &mut dyn FnMut(&[u8])) {
    sink(&(n as u64).to_le_bytes());
}

fn sized(tag: u8, bytes: &[u8], sink: &mut dyn FnMut(&[u8])) {
    sink(&[tag]);
    length(bytes.len(), sink);
    sink(bytes);
}

fn write_values(tag: u8, values: &[Value<'_>], sink: &mut dyn FnMut(&[u8])) {
    sink(&[tag]);
    length(values.len(), sink);
    values.iter().for_each(|value| write_canonical(value, sink));
}

fn write_objects(tag: u8, array: &ObjectArray<'_>, sink: &mut dyn FnMut(&[u8])) {
    sink(&[tag]);
    write_shape(&array.shape, sink);
    length(array.elements.len(), sink);
    array.elements.iter().for_each(|value| write_canonical(value, sink));
}

fn write_shape(shape: &[u64], sink: &mut dyn FnMut(&[u8])) {
    length(shape.len(), sink);
    shape.iter().for_each(|dim| sink(&dim.to_le_bytes()));
}

fn write_date(date: &Date, sink: &mut dyn FnMut(&[u8])) {
    sink(&date.year().to_le_bytes());
    sink(&[date.month(), date.day()]);
}

fn write_time(time: &Time, sink: &mut dyn FnMut(&[u8])) {
    sink(&[time.hour(), time.minute(), time.second()]);
    sink(&time.microsecond().to_le_bytes());
}

fn write_dict(entries: &[(Value<'_>, Value<'_>)], sink: &mut dyn FnMut(&[u8])) {
    sink(&[0x13]);
    length(entries.len(), sink);
    let mut sorted: Vec<(Vec<u8>, &Value<'_>)> =
        entries.iter().map(|(k, v)| (canonical_bytes(k), v)).collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    // Values may be large: their bytes are made for sorting only where a key stands twice, which no Python dict has.
    for same_key in sorted.chunk_by(|(a, _), (b, _)| a == b) {
        if let [(key, value)] = same_key {
            sink(key);
            write_canonical(value, sink);
        } else {
            let mut values: Vec<Vec<u8>> = same_key.iter().map(|(_, value)| canonical_bytes(value)).collect();
            values.sort_unstable();
            for ((key, _), value) in same_key.iter().zip(&values) {
                sink(key);
                sink(value);
            }
        }
    }
}
