//! From bytes to values.
//!
//! Every length is compared with the bytes that are left before it is believed, so a blob of n bytes makes a tree of
//! O(n) memory whatever it claims.

use std::borrow::Cow;

use crate::container::{Compression, Container, LengthWidth, Protocol};
use crate::error::Error;
use crate::integer::Integer;
use crate::value::{
    CharArray, Date, ElementType, NumericArray, ObjectArray, RecordArray, StructArray, Time, Value,
    n_elements,
};

/// The deepest nesting that can be asked for. DataJoint for Python stops between 330 and 340 levels (its interpreter's
/// recursion limit), so nothing readable is refused; and a thread with 2 MiB of stack is enough.
pub const MAX_DEPTH: usize = 400;

/// NumPy 2 has no more dimensions; neither has any blob that Python reads.
const MAX_DIMS: u64 = 64;

/// Which width of lengths to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dims {
    /// 64 bits, as Python by default.
    U64,
    /// 32 bits, as Python with `use_32bit_dims`.
    U32,
    /// 64 bits; if that fails, 32 bits; if that fails too, 32 bits behind a 64-bit compression header (which Python
    /// cannot read). [`Decoded::width`] says which it was. If all fail, the error is that of 64 bits.
    Auto,
}

/// Limits and choices of a reader.
#[derive(Debug, Clone)]
pub struct DecodeOptions {
    /// Width of lengths.
    pub dims: Dims,
    /// How deep values may be nested; more than [`MAX_DEPTH`] is taken as that.
    pub max_depth: usize,
    /// How long an inflated blob may be, in bytes.
    pub max_inflated: u64,
}

impl DecodeOptions {
    /// What Python does by default: 64-bit lengths; no more than 4 GiB inflated.
    pub fn like_python() -> Self {
        Self { dims: Dims::U64, max_depth: MAX_DEPTH, max_inflated: 4 << 30 }
    }
}

/// A decoded blob.
#[derive(Debug, Clone)]
pub struct Decoded<'a> {
    /// The value.
    pub value: Value<'a>,
    /// The protocol it was written with.
    pub protocol: Protocol,
    /// How it was compressed, if it was.
    pub compression: Option<Compression>,
    /// Width of the lengths inside.
    pub width: LengthWidth,
}

/// Decodes a blob. A plain one is borrowed from; of a compressed one, all but a single array is copied once more, which
/// [`Container::open`] and [`Container::decode`] avoid.
///
/// # Errors
/// See [`Error`]. No input panics, and memory stays in proportion to what the input really holds.
pub fn decode<'a>(stored: &'a [u8], options: &DecodeOptions) -> Result<Decoded<'a>, Error> {
    let attempt = |header, width| -> Result<Decoded<'a>, Error> {
        let container = Container::open(stored, header, options.max_inflated)?;
        let Container { plain, protocol, compression } = container;
        let value = match plain {
            Cow::Borrowed(plain) => read_plain(plain, width, options.max_depth)?,
            Cow::Owned(plain) => own(plain, width, options.max_depth)?,
        };
        Ok(Decoded { value, protocol, compression, width })
    };
    attempts(options.dims, stored, attempt)
}

impl Container<'_> {
    /// Decodes the value, borrowing from the plain bytes.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn decode(&self, width: LengthWidth, max_depth: usize) -> Result<Decoded<'_>, Error> {
        let value = read_plain(&self.plain, width, max_depth)?;
        Ok(Decoded { value, protocol: self.protocol, compression: self.compression, width })
    }
}

/// Runs an attempt for each (header width, length width) that `dims` allows, and keeps the first error.
pub(crate) fn attempts<T>(
    dims: Dims,
    stored: &[u8],
    mut attempt: impl FnMut(LengthWidth, LengthWidth) -> Result<T, Error>,
) -> Result<T, Error> {
    use LengthWidth::{U32, U64};
    let first_error = match dims {
        Dims::U64 => return attempt(U64, U64),
        Dims::U32 => return attempt(U32, U32),
        Dims::Auto => match attempt(U64, U64) {
            Ok(done) => return Ok(done),
            Err(error @ (Error::Empty | Error::TooDeep { .. })) => return Err(error),
            Err(error) => error,
        },
    };
    if let Ok(done) = attempt(U32, U32) {
        return Ok(done);
    }
    if stored.starts_with(crate::container::COMPRESSED_PREFIX)
        && let Ok(done) = attempt(U64, U32)
    {
        return Ok(done);
    }
    Err(first_error)
}

/// Reads inflated bytes. The data of an array, which ends where they end, stays in their memory: copying it to fresh
/// pages would take longer than inflating.
fn own(mut plain: Vec<u8>, width: LengthWidth, max_depth: usize) -> Result<Value<'static>, Error> {
    match read_plain(&plain, width, max_depth)? {
        Value::Array(array) => {
            let NumericArray { element, complex, shape, data } = *array;
            let before_data = plain.len() - data.len();
            plain.drain(..before_data);
            Ok(Value::Array(Box::new(NumericArray { element, complex, shape, data: Cow::Owned(plain) })))
        }
        other => Ok(other.into_owned()),
    }
}

/// Reads plain bytes, protocol included (and already checked).
fn read_plain(plain: &[u8], width: LengthWidth, max_depth: usize) -> Result<Value<'_>, Error> {
    let max_depth = max_depth.min(MAX_DEPTH);
    let start = Protocol::Mym.header().len();
    let mut reader = Reader { plain, at: start.min(plain.len()), end: plain.len(), width, max_depth };
    let value = reader.value(max_depth)?;
    if reader.at != reader.end {
        return Err(Error::TrailingBytes { offset: reader.at, count: reader.end - reader.at });
    }
    Ok(value)
}

struct Reader<'a> {
    plain: &'a [u8],
    at: usize,
    /// End of the element being read; never beyond the plain bytes.
    end: usize,
    width: LengthWidth,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    fn left(&self) -> usize {
        self.end - self.at
    }

    fn take(&mut self, n: u64, reading: &'static str) -> Result<&'a [u8], Error> {
        let taken = usize::try_from(n)
            .ok()
            .and_then(|n| self.at.checked_add(n))
            .filter(|stop| *stop <= self.end)
            .and_then(|stop| self.plain.get(self.at..stop));
        match taken {
            Some(bytes) => {
                self.at += bytes.len();
                Ok(bytes)
            }
            None => Err(self.truncated(n, reading)),
        }
    }

    fn truncated(&self, needed: u64, reading: &'static str) -> Error {
        Error::Truncated { offset: self.at, needed, available: self.left() as u64, reading }
    }

    fn fixed<const N: usize>(&mut self, reading: &'static str) -> Result<[u8; N], Error> {
        match self.plain.get(self.at..self.end).and_then(|rest| rest.first_chunk::<N>()) {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(self.truncated(N as u64, reading)),
        }
    }

    fn u32(&mut self, reading: &'static str) -> Result<u32, Error> {
        self.fixed(reading).map(u32::from_le_bytes)
    }

    fn f64(&mut self, reading: &'static str) -> Result<f64, Error> {
        self.fixed(reading).map(f64::from_le_bytes)
    }

    fn length(&mut self, reading: &'static str) -> Result<u64, Error> {
        match self.width {
            LengthWidth::U64 => self.fixed(reading).map(u64::from_le_bytes),
            LengthWidth::U32 => self.u32(reading).map(u64::from),
        }
    }

    /// Reads how many elements of at least `each` bytes follow, and refuses what cannot fit.
    fn count(&mut self, each: usize, reading: &'static str) -> Result<usize, Error> {
        let n = self.length(reading)?;
        self.fits(n, each, reading)
    }

    fn fits(&self, n: u64, each: usize, reading: &'static str) -> Result<usize, Error> {
        let needed = n.saturating_mul(each as u64);
        match usize::try_from(n) {
            Ok(n) if needed <= self.left() as u64 => Ok(n),
            _ => Err(self.truncated(needed, reading)),
        }
    }

    /// Bytes of the shortest element with its length: `None`.
    fn smallest_element(&self) -> usize {
        self.width.n_bytes() + 1
    }

    fn text(&mut self, n: u64, what: &'static str) -> Result<Cow<'a, str>, Error> {
        let offset = self.at;
        let bytes = self.take(n, what)?;
        std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Error::Invalid { offset, what })
    }

    /// Reads a length and the value of that length.
    fn element(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        let declared = self.length("the length of an element")?;
        let offset = self.at;
        let n = self.fits(declared, 1, "an element")?;
        let outer = std::mem::replace(&mut self.end, offset + n);
        let value = self.value(depth)?;
        let stop = std::mem::replace(&mut self.end, outer);
        if self.at != stop {
            return Err(Error::BadLength { offset, declared, used: (self.at - offset) as u64 });
        }
        Ok(value)
    }

    fn elements(&mut self, n: usize, depth: usize) -> Result<Vec<Value<'a>>, Error> {
        let mut values = Vec::with_capacity(n.min(self.left() / self.smallest_element() + 1).min(1024));
        for _ in 0..n {
            values.push(self.element(depth)?);
        }
        Ok(values)
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Value<'a>>, Error> {
        let n = self.count(self.smallest_element(), "the elements of a sequence")?;
        self.elements(n, depth)
    }

    /// Reads a value; `depth` levels may follow, this one included.
    fn value(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        let offset = self.at;
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::TooDeep { offset, max_depth: self.max_depth });
        };
        let [code] = self.fixed("a code")?;
        match code {
            b'A' => self.array(depth),
            b'C' => self.cell(depth),
            b'S' => self.structure(depth),
            b'F' => self.records(depth),
            0x01 => self.sequence(depth).map(Value::Tuple),
            0x02 => self.sequence(depth).map(Value::List),
            0x03 => self.sequence(depth).map(Value::Set),
            0x04 => self.dict(depth),
            _ => self.scalar(code, offset),
        }
    }

    /// Reads what holds no other values. Apart from [`Self::value`], whose stack frame counts once for every level.
    fn scalar(&mut self, code: u8, offset: usize) -> Result<Value<'a>, Error> {
        Ok(match code {
            b'P' => return Err(Error::Unsupported { offset, what: "a MATLAB sparse array" }),
            0xff => Value::None,
            0x05 => {
                let n = self.length("the length of a string")?;
                Value::Str(self.text(n, "UTF-8 text")?)
            }
            0x06 => {
                let n = self.length("the length of bytes")?;
                Value::Bytes(Cow::Borrowed(self.take(n, "bytes")?))
            }
            0x0a => {
                let n = u16::from_le_bytes(self.fixed("the length of an integer")?);
                Value::Int(Integer::from_le_bytes(self.take(u64::from(n), "an integer")?))
            }
            0x0b => {
                let [byte] = self.fixed("a bool")?;
                Value::Bool(byte != 0)
            }
            0x0c => {
                Value::Complex { real: self.f64("a complex number")?, imag: self.f64("a complex number")? }
            }
            0x0d => Value::Float(self.f64("a float")?),
            b'd' => {
                let n = self.length("the length of a Decimal")?;
                let offset = self.at;
                let text = self.text(n, "Decimal")?;
                if !is_decimal(&text) {
                    return Err(Error::Invalid { offset, what: "Decimal" });
                }
                Value::Decimal(text)
            }
            b't' => {
                let date = i32::from_le_bytes(self.fixed("a date")?);
                let time = i64::from_le_bytes(self.fixed("a time")?);
                date_and_time(date, time).ok_or(Error::Invalid { offset, what: "date or time" })?
            }
            b'u' => Value::Uuid(self.fixed("a UUID")?),
            code => return Err(Error::UnknownCode { offset, code }),
        })
    }

    fn dict(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        let n = self.count(2 * self.smallest_element(), "the entries of a dict")?;
        let mut entries = Vec::with_capacity(n.min(1024));
        for _ in 0..n {
            entries.push((self.element(depth)?, self.element(depth)?));
        }
        Ok(Value::Dict(entries))
    }

    /// Reads number of dimensions and dimensions.
    fn shape(&mut self) -> Result<Vec<u64>, Error> {
        let offset = self.at;
        let n_dims = self.count(self.width.n_bytes(), "the dimensions of an array")?;
        if n_dims as u64 > MAX_DIMS {
            return Err(Error::Invalid { offset, what: "number of dimensions (more than 64)" });
        }
        (0..n_dims).map(|_| self.length("a dimension")).collect()
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        let offset = self.at;
        let shape = self.shape()?;
        let n = n_elements(&shape).ok_or(Error::TooManyElements { offset })?;
        let type_offset = self.at;
        let type_id = self.u32("the type of an array")?;
        let complex = self.u32("the complex flag of an array")? != 0;
        match type_id {
            // Python ignores the complex flag of characters and objects.
            4 => {
                let n_bytes = n.checked_mul(2).ok_or(Error::TooManyElements { offset })?;
                let data = Cow::Borrowed(self.take(n_bytes, "characters")?);
                Ok(Value::CharArray(Box::new(CharArray { shape, data })))
            }
            5 => {
                let n = self.fits(n, self.smallest_element(), "the elements of an object array")?;
                Ok(Value::ObjectArray(Box::new(ObjectArray { shape, elements: self.elements(n, depth)? })))
            }
            _ => {
                let element = ElementType::from_type_id(type_id)
                    .ok_or(Error::UnknownElementType { offset: type_offset, type_id })?;
                if complex && matches!(element, ElementType::DateTime64(_)) {
                    return Err(Error::Invalid {
                        offset: type_offset,
                        what: "complex flag of a datetime64 array",
                    });
                }
                let n_bytes = n
                    .checked_mul(element.n_bytes() as u64)
                    .and_then(|n| n.checked_mul(1 + u64::from(complex)))
                    .ok_or(Error::TooManyElements { offset })?;
                let data = Cow::Borrowed(self.take(n_bytes, "the data of an array")?);
                Ok(Value::Array(Box::new(NumericArray { element, complex, shape, data })))
            }
        }
    }

    fn cell(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        let offset = self.at;
        let shape = self.shape()?;
        let n = n_elements(&shape).ok_or(Error::TooManyElements { offset })?;
        let n = self.fits(n, self.smallest_element(), "the elements of a cell array")?;
        Ok(Value::Cell(Box::new(ObjectArray { shape, elements: self.elements(n, depth)? })))
    }

    fn field_names(&mut self) -> Result<Vec<Cow<'a, str>>, Error> {
        let n = self.u32("the number of fields")?;
        let n = self.fits(u64::from(n), 1, "field names")?;
        let mut names = Vec::with_capacity(n.min(64));
        for _ in 0..n {
            let rest = self.plain.get(self.at..self.end).unwrap_or_default();
            let Some(len) = rest.iter().position(|byte| *byte == 0) else {
                return Err(self.truncated(rest.len() as u64 + 1, "a field name"));
            };
            names.push(self.text(len as u64, "field name")?);
            self.at += 1;
        }
        Ok(names)
    }

    fn structure(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        let offset = self.at;
        let shape = self.shape()?;
        let n = n_elements(&shape).ok_or(Error::TooManyElements { offset })?;
        let fields = self.field_names()?;
        // Without fields Python reads nothing more, whatever the dimensions say.
        let n = n.checked_mul(fields.len() as u64).ok_or(Error::TooManyElements { offset })?;
        let n = self.fits(n, self.smallest_element(), "the values of a struct array")?;
        Ok(Value::Struct(Box::new(StructArray { shape, fields, values: self.elements(n, depth)? })))
    }

    fn records(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        let names = self.field_names()?;
        let mut fields = Vec::with_capacity(names.len().min(64));
        for name in names {
            let offset = self.at;
            let column = self.value(depth)?;
            match column {
                Value::Array(_)
                | Value::CharArray(_)
                | Value::ObjectArray(_)
                | Value::Cell(_)
                | Value::Struct(_)
                | Value::RecordArray(_) => fields.push((name, column)),
                _ => return Err(Error::Invalid { offset, what: "column of a record array (not an array)" }),
            }
        }
        Ok(Value::RecordArray(RecordArray { fields }))
    }
}

/// The text is one that `str(Decimal)` gives. Python's `Decimal()` takes more (spaces, underscores, other digits), but
/// no version writes it.
pub(crate) fn is_decimal(text: &str) -> bool {
    let digits = |s: &str| s.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = text.to_ascii_lowercase();
    if let Some(payload) = lower.strip_prefix("nan").or_else(|| lower.strip_prefix("snan")) {
        return digits(payload);
    }
    if lower == "inf" || lower == "infinity" {
        return true;
    }
    let (mantissa, exponent) = match lower.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (lower.as_str(), None),
    };
    let exponent_ok = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent_ok && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// As Python reads it: a negative part is absent, digits above the hours are ignored. `None` if Python would raise.
fn date_and_time(date: i32, time: i64) -> Option<Value<'static>> {
    let date = if date < 0 {
        None
    } else {
        let year = u16::try_from(date / 10_000).ok()?;
        let month = u8::try_from(date / 100 % 100).ok()?;
        let day = u8::try_from(date % 100).ok()?;
        Some(Date::new(year, month, day)?)
    };
    let time = if time < 0 {
        None
    } else {
        let two_digits = |unit: i64| u8::try_from(time / unit % 100).ok();
        let microsecond = u32::try_from(time % 1_000_000).ok()?;
        let (hour, minute) = (two_digits(10_000_000_000)?, two_digits(100_000_000)?);
        Some(Time::new(hour, minute, two_digits(1_000_000)?, microsecond)?)
    };
    Some(match (date, time) {
        (None, None) => Value::None,
        (Some(date), None) => Value::Date(date),
        (None, Some(time)) => Value::Time(time),
        (Some(date), Some(time)) => Value::DateTime(date, time),
    })
}
