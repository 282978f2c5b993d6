//! From values to bytes, exactly as DataJoint 0.12.4 to 2.3 writes them.
//!
//! One deviation: a struct array without fields gets no stray NUL after its field count. Python since 0.12 writes that
//! NUL and then cannot read its own blob.
//!
//! The compressed stream is zlib level 6, but not zlib's own bytes: another deflate finds other matches. The inflated
//! bytes are the same. Code that needs the stored bytes of an existing blob must keep them; it never re-packs.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::container::{COMPRESSED_PREFIX, LengthWidth, Protocol};
use crate::error::EncodeError;
use crate::reader::{MAX_DEPTH, is_decimal};
use crate::value::{Date, ElementType, ObjectArray, RecordArray, StructArray, Time, Value, n_elements};

/// When to compress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compress {
    /// More than 1000 plain bytes, and shorter when compressed: 0.12 and newer.
    LongAndShorter,
    /// Whenever it gets shorter: 0.11.
    Shorter,
    /// Never.
    Never,
}

/// Choices of a writer.
#[derive(Debug, Clone)]
pub struct EncodeOptions {
    /// The protocol; `None`: `mYm` if it can hold the value, `dj0` otherwise.
    pub protocol: Option<Protocol>,
    /// When to compress.
    pub compress: Compress,
    /// Width of lengths. Python only writes 64 bits.
    pub width: LengthWidth,
}

impl EncodeOptions {
    /// What DataJoint 0.12.4 to 2.3 does.
    pub fn like_python() -> Self {
        Self { protocol: None, compress: Compress::LongAndShorter, width: LengthWidth::U64 }
    }
}

/// Writes a blob as DataJoint does.
///
/// # Errors
/// See [`EncodeError`]; a value that [`decode`](crate::decode) returned can always be written.
pub fn encode(value: &Value<'_>) -> Result<Vec<u8>, EncodeError> {
    encode_with(value, &EncodeOptions::like_python())
}

/// Writes a blob without compression: protocol and value.
///
/// # Errors
/// See [`EncodeError`].
pub fn encode_plain(value: &Value<'_>, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    let protocol = options.protocol.unwrap_or(if needs_dj0(value) { Protocol::Dj0 } else { Protocol::Mym });
    let mut writer = Writer { out: protocol.header().to_vec(), width: options.width };
    writer.value(value, MAX_DEPTH)?;
    Ok(writer.out)
}

/// Writes a blob.
///
/// # Errors
/// See [`EncodeError`].
pub fn encode_with(value: &Value<'_>, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    let plain = encode_plain(value, options)?;
    let try_it = match options.compress {
        Compress::LongAndShorter => plain.len() > 1000,
        Compress::Shorter => true,
        Compress::Never => false,
    };
    if !try_it {
        return Ok(plain);
    }
    let mut stored = COMPRESSED_PREFIX.to_vec();
    put_length(&mut stored, plain.len(), options.width)?;
    let mut deflate = ZlibEncoder::new(stored, Compression::new(6));
    let written = deflate.write_all(&plain).and_then(|()| deflate.finish());
    let stored = written.map_err(|_| EncodeError::Invalid { what: "a stream that zlib refuses" })?;
    Ok(if stored.len() < plain.len() { stored } else { plain })
}

/// Something inside is outside of what MATLAB's mYm knows.
fn needs_dj0(value: &Value<'_>) -> bool {
    match value {
        Value::Array(array) => array.shape.is_empty() || matches!(array.element, ElementType::DateTime64(_)),
        Value::CharArray(_) => false,
        Value::Cell(cell) => cell.elements.iter().any(needs_dj0),
        Value::Struct(array) => array.values.iter().any(needs_dj0),
        _ => true,
    }
}

fn put_length(out: &mut Vec<u8>, length: usize, width: LengthWidth) -> Result<(), EncodeError> {
    match width {
        LengthWidth::U64 => out.extend_from_slice(&(length as u64).to_le_bytes()),
        LengthWidth::U32 => {
            let length =
                u32::try_from(length).map_err(|_| EncodeError::Invalid { what: "a 32-bit length" })?;
            out.extend_from_slice(&length.to_le_bytes());
        }
    }
    Ok(())
}

struct Writer {
    out: Vec<u8>,
    width: LengthWidth,
}

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn length(&mut self, length: usize) -> Result<(), EncodeError> {
        put_length(&mut self.out, length, self.width)
    }

    fn sized(&mut self, code: u8, bytes: &[u8]) -> Result<(), EncodeError> {
        self.out.push(code);
        self.length(bytes.len())?;
        self.bytes(bytes);
        Ok(())
    }

    /// Writes a length and a value; the length is filled in afterwards, so nothing is copied twice.
    fn element(&mut self, value: &Value<'_>, depth: usize) -> Result<(), EncodeError> {
        let before = self.out.len();
        self.length(0)?;
        let start = self.out.len();
        self.value(value, depth)?;
        let mut length = Vec::with_capacity(8);
        put_length(&mut length, self.out.len() - start, self.width)?;
        if let Some(hole) = self.out.get_mut(before..start) {
            hole.copy_from_slice(&length);
        }
        Ok(())
    }

    fn sequence(&mut self, code: u8, values: &[Value<'_>], depth: usize) -> Result<(), EncodeError> {
        self.out.push(code);
        self.length(values.len())?;
        values.iter().try_for_each(|value| self.element(value, depth))
    }

    fn value(&mut self, value: &Value<'_>, depth: usize) -> Result<(), EncodeError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(EncodeError::TooDeep { max_depth: MAX_DEPTH });
        };
        match value {
            Value::Tuple(values) => self.sequence(0x01, values, depth),
            Value::List(values) => self.sequence(0x02, values, depth),
            Value::Set(values) => self.sequence(0x03, values, depth),
            Value::Dict(entries) => self.dict(entries, depth),
            Value::ObjectArray(array) => {
                fits("an object array", &array.shape, 1, array.elements.len())?;
                self.array_header(&array.shape, 5, false)?;
                array.elements.iter().try_for_each(|value| self.element(value, depth))
            }
            Value::Cell(cell) => self.cell(cell, depth),
            Value::Struct(array) => self.structure(array, depth),
            Value::RecordArray(records) => self.records(records, depth),
            _ => self.leaf(value),
        }
    }

    fn dict(&mut self, entries: &[(Value<'_>, Value<'_>)], depth: usize) -> Result<(), EncodeError> {
        self.out.push(0x04);
        self.length(entries.len())?;
        for (key, value) in entries {
            self.element(key, depth)?;
            self.element(value, depth)?;
        }
        Ok(())
    }

    fn structure(&mut self, array: &StructArray<'_>, depth: usize) -> Result<(), EncodeError> {
        fits("a struct array", &array.shape, array.fields.len() as u64, array.values.len())?;
        self.out.push(b'S');
        self.shape(&array.shape)?;
        self.field_names(array.fields.iter().map(AsRef::as_ref))?;
        array.values.iter().try_for_each(|value| self.element(value, depth))
    }

    /// Writes what holds no other values. Apart from [`Self::value`], whose stack frame counts once for every level.
    fn leaf(&mut self, value: &Value<'_>) -> Result<(), EncodeError> {
        match value {
            Value::None => self.out.push(0xff),
            Value::Bool(v) => self.bytes(&[0x0b, u8::from(*v)]),
            Value::Int(v) => {
                let bytes = v.to_datajoint_le_bytes();
                let n_bytes = u16::try_from(bytes.len())
                    .map_err(|_| EncodeError::IntegerTooLong { n_bytes: bytes.len() })?;
                self.out.push(0x0a);
                self.bytes(&n_bytes.to_le_bytes());
                self.bytes(&bytes);
            }
            Value::Float(v) => {
                self.out.push(0x0d);
                self.bytes(&v.to_le_bytes());
            }
            Value::Complex { real, imag } => {
                self.out.push(0x0c);
                self.bytes(&real.to_le_bytes());
                self.bytes(&imag.to_le_bytes());
            }
            Value::Str(v) => self.sized(0x05, v.as_bytes())?,
            Value::Bytes(v) => self.sized(0x06, v)?,
            Value::Decimal(v) if is_decimal(v) => self.sized(b'd', v.as_bytes())?,
            Value::Decimal(_) => return Err(EncodeError::Invalid { what: "a Decimal that is no number" }),
            Value::Date(date) => self.date_and_time(Some(date), None),
            Value::Time(time) => self.date_and_time(None, Some(time)),
            Value::DateTime(date, time) => self.date_and_time(Some(date), Some(time)),
            Value::Uuid(v) => {
                self.out.push(b'u');
                self.bytes(v);
            }
            Value::Array(array) => {
                let size = array.element.n_bytes() as u64 * (1 + u64::from(array.complex));
                if array.complex && matches!(array.element, ElementType::DateTime64(_)) {
                    return Err(EncodeError::Invalid { what: "a complex datetime64 array" });
                }
                fits("an array", &array.shape, size, array.data.len())?;
                self.array_header(&array.shape, array.element.type_id(), array.complex)?;
                self.bytes(&array.data);
            }
            Value::CharArray(array) => {
                fits("a char array", &array.shape, 2, array.data.len())?;
                self.array_header(&array.shape, 4, false)?;
                self.bytes(&array.data);
            }
            _ => return Err(EncodeError::Invalid { what: "a container as a leaf" }),
        }
        Ok(())
    }

    fn date_and_time(&mut self, date: Option<&Date>, time: Option<&Time>) {
        let date = date
            .map_or(-1, |d| (i32::from(d.year()) * 100 + i32::from(d.month())) * 100 + i32::from(d.day()));
        let time = time.map_or(-1, |t| {
            let seconds = (i64::from(t.hour()) * 100 + i64::from(t.minute())) * 100 + i64::from(t.second());
            seconds * 1_000_000 + i64::from(t.microsecond())
        });
        self.out.push(b't');
        self.bytes(&date.to_le_bytes());
        self.bytes(&time.to_le_bytes());
    }

    fn shape(&mut self, shape: &[u64]) -> Result<(), EncodeError> {
        self.length(shape.len())?;
        for dim in shape {
            let dim =
                usize::try_from(*dim).map_err(|_| EncodeError::Invalid { what: "a dimension that long" })?;
            self.length(dim)?;
        }
        Ok(())
    }

    fn array_header(&mut self, shape: &[u64], type_id: u32, complex: bool) -> Result<(), EncodeError> {
        self.out.push(b'A');
        self.shape(shape)?;
        self.bytes(&type_id.to_le_bytes());
        self.bytes(&u32::from(complex).to_le_bytes());
        Ok(())
    }

    fn cell(&mut self, cell: &ObjectArray<'_>, depth: usize) -> Result<(), EncodeError> {
        fits("a cell array", &cell.shape, 1, cell.elements.len())?;
        self.out.push(b'C');
        self.shape(&cell.shape)?;
        cell.elements.iter().try_for_each(|value| self.element(value, depth))
    }

    fn field_names<'n>(&mut self, names: impl ExactSizeIterator<Item = &'n str>) -> Result<(), EncodeError> {
        let n = u32::try_from(names.len()).map_err(|_| EncodeError::Invalid { what: "that many fields" })?;
        self.bytes(&n.to_le_bytes());
        for name in names {
            if name.contains('\0') {
                return Err(EncodeError::FieldName { name: name.to_owned() });
            }
            self.bytes(name.as_bytes());
            self.out.push(0);
        }
        Ok(())
    }

    fn records(&mut self, records: &RecordArray<'_>, depth: usize) -> Result<(), EncodeError> {
        self.out.push(b'F');
        self.field_names(records.fields.iter().map(|(name, _)| name.as_ref()))?;
        for (_, column) in &records.fields {
            match column {
                Value::Array(_)
                | Value::CharArray(_)
                | Value::ObjectArray(_)
                | Value::Cell(_)
                | Value::Struct(_)
                | Value::RecordArray(_) => self.value(column, depth)?,
                _ => return Err(EncodeError::Invalid { what: "a record array column that is no array" }),
            }
        }
        Ok(())
    }
}

/// Checks that `actual` is the number of elements of `shape` times `each`.
fn fits(what: &'static str, shape: &[u64], each: u64, actual: usize) -> Result<(), EncodeError> {
    let expected = n_elements(shape).and_then(|n| n.checked_mul(each));
    if expected == Some(actual as u64) {
        return Ok(());
    }
    Err(EncodeError::ShapeMismatch {
        what,
        shape: shape.to_vec(),
        expected: expected.unwrap_or(u64::MAX),
        actual: actual as u64,
    })
}
