//! The tree a blob decodes to.
//!
//! A value says what is *stored*, in DataJoint's and NumPy's words. Where Python makes something else of it, see
//! [`crate::caveats`]. Arrays borrow their data from the blob where they can.

use std::borrow::Cow;

use crate::integer::Integer;

/// A value of a blob. The code that marks it in the bytes stands after it.
///
/// There is no `PartialEq`: which values are the same is decided over
/// [canonical bytes](crate::canonical::canonical_bytes), where a NaN has its bits and a set has no order.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// `None` (`ff`); also a date-and-time with neither part.
    None,
    /// `bool` (`0b`). Any byte but 0 is true.
    Bool(bool),
    /// `int` (`0a`).
    Int(Integer),
    /// `float` (`0d`).
    Float(f64),
    /// `complex` (`0c`).
    Complex {
        /// Real part.
        real: f64,
        /// Imaginary part.
        imag: f64,
    },
    /// `str` (`05`).
    Str(Cow<'a, str>),
    /// `bytes` (`06`).
    Bytes(Cow<'a, [u8]>),
    /// `Decimal` (`d`): the text as written. `3.1` and `3.10` are different values.
    Decimal(Cow<'a, str>),
    /// `datetime.date` (`t`).
    Date(Date),
    /// `datetime.time` (`t`), without time zone.
    Time(Time),
    /// `datetime.datetime` (`t`), without time zone: the wall clock of whoever wrote it.
    DateTime(Date, Time),
    /// `UUID` (`u`), in the byte order of its text.
    Uuid([u8; 16]),
    /// `list` (`02`).
    List(Vec<Value<'a>>),
    /// `tuple` (`01`).
    Tuple(Vec<Value<'a>>),
    /// `set` (`03`), in stored order.
    Set(Vec<Value<'a>>),
    /// `dict` (`04`), in stored order.
    Dict(Vec<(Value<'a>, Value<'a>)>),
    /// Array of numbers, booleans or `datetime64` (`A`); no dimensions: a NumPy scalar.
    Array(Box<NumericArray<'a>>),
    /// Array of 16-bit characters: a MATLAB string (`A`, type 4).
    CharArray(Box<CharArray<'a>>),
    /// NumPy object array, or array of `str` (`A`, type 5).
    ObjectArray(Box<ObjectArray<'a>>),
    /// MATLAB cell array (`MatCell`) (`C`).
    Cell(Box<ObjectArray<'a>>),
    /// MATLAB struct array (`MatStruct`) (`S`).
    Struct(Box<StructArray<'a>>),
    /// NumPy record array (`F`).
    RecordArray(RecordArray<'a>),
}

/// A calendar date, valid in the proleptic Gregorian calendar, year 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let n_days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=n_days).contains(&day)).then_some(Self { year, month, day })
    }

    /// Year, 1 to 9999.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    pub fn month(&self) -> u8 {
        self.month
    }

    /// Day of the month, from 1.
    pub fn day(&self) -> u8 {
        self.day
    }
}

/// A time of day without time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Time {
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
}

impl Time {
    /// The time, if a day has it (no leap seconds, as in Python).
    pub fn new(hour: u8, minute: u8, second: u8, microsecond: u32) -> Option<Self> {
        (hour < 24 && minute < 60 && second < 60 && microsecond < 1_000_000).then_some(Self {
            hour,
            minute,
            second,
            microsecond,
        })
    }

    /// Hour, 0 to 23.
    pub fn hour(&self) -> u8 {
        self.hour
    }

    /// Minute, 0 to 59.
    pub fn minute(&self) -> u8 {
        self.minute
    }

    /// Second, 0 to 59.
    pub fn second(&self) -> u8 {
        self.second
    }

    /// Microsecond, 0 to 999,999.
    pub fn microsecond(&self) -> u32 {
        self.microsecond
    }
}

/// The type of an array's elements, other than characters and objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are NumPy's")]
pub enum ElementType {
    Bool,
    Float64,
    Float32,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    /// Counts of the unit since 1970-01-01; the smallest number is NaT.
    DateTime64(DateTimeUnit),
}

/// Unit of a `datetime64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum DateTimeUnit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Picosecond,
    Femtosecond,
    Attosecond,
}

const UNITS: [(DateTimeUnit, &str); 13] = [
    (DateTimeUnit::Year, "datetime64[Y]"),
    (DateTimeUnit::Month, "datetime64[M]"),
    (DateTimeUnit::Week, "datetime64[W]"),
    (DateTimeUnit::Day, "datetime64[D]"),
    (DateTimeUnit::Hour, "datetime64[h]"),
    (DateTimeUnit::Minute, "datetime64[m]"),
    (DateTimeUnit::Second, "datetime64[s]"),
    (DateTimeUnit::Millisecond, "datetime64[ms]"),
    (DateTimeUnit::Microsecond, "datetime64[us]"),
    (DateTimeUnit::Nanosecond, "datetime64[ns]"),
    (DateTimeUnit::Picosecond, "datetime64[ps]"),
    (DateTimeUnit::Femtosecond, "datetime64[fs]"),
    (DateTimeUnit::Attosecond, "datetime64[as]"),
];

/// Type ids of `datetime64` start here (0.13.7 and newer).
const FIRST_DATETIME_ID: u32 = 65_536;

impl ElementType {
    /// The type of a type id in a blob; `None` for characters (4), objects (5) and everything unusable.
    pub fn from_type_id(type_id: u32) -> Option<Self> {
        Some(match type_id {
            3 => Self::Bool,
            6 => Self::Float64,
            7 => Self::Float32,
            8 => Self::Int8,
            9 => Self::UInt8,
            10 => Self::Int16,
            11 => Self::UInt16,
            12 => Self::Int32,
            13 => Self::UInt32,
            14 => Self::Int64,
            15 => Self::UInt64,
            _ => {
                let unit = type_id.checked_sub(FIRST_DATETIME_ID)?;
                Self::DateTime64(UNITS.get(unit as usize)?.0)
            }
        })
    }

    /// The id in a blob.
    pub fn type_id(self) -> u32 {
        match self {
            Self::Bool => 3,
            Self::Float64 => 6,
            Self::Float32 => 7,
            Self::Int8 => 8,
            Self::UInt8 => 9,
            Self::Int16 => 10,
            Self::UInt16 => 11,
            Self::Int32 => 12,
            Self::UInt32 => 13,
            Self::Int64 => 14,
            Self::UInt64 => 15,
            Self::DateTime64(unit) => FIRST_DATETIME_ID + unit as u32,
        }
    }

    /// Bytes of one element (of one part, for complex arrays).
    pub fn n_bytes(self) -> usize {
        match self {
            Self::Bool | Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 => 2,
            Self::Float32 | Self::Int32 | Self::UInt32 => 4,
            Self::Float64 | Self::Int64 | Self::UInt64 | Self::DateTime64(_) => 8,
        }
    }

    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Float64 => "float64",
            Self::Float32 => "float32",
            Self::Int8 => "int8",
            Self::UInt8 => "uint8",
            Self::Int16 => "int16",
            Self::UInt16 => "uint16",
            Self::Int32 => "int32",
            Self::UInt32 => "uint32",
            Self::Int64 => "int64",
            Self::UInt64 => "uint64",
            Self::DateTime64(unit) => UNITS.get(unit as usize).map_or("datetime64", |(_, name)| name),
        }
    }
}

/// How many elements a shape has; `None` if the number (ignoring zero dimensions) is beyond 2^63.
pub(crate) fn n_elements(shape: &[u64]) -> Option<u64> {
    let mut product = 1_u64;
    for dim in shape.iter().filter(|dim| **dim != 0) {
        product = product.checked_mul(*dim).filter(|p| *p <= i64::MAX as u64)?;
    }
    Some(if shape.contains(&0) { 0 } else { product })
}

/// Array of numbers, booleans or `datetime64`.
#[derive(Debug, Clone)]
pub struct NumericArray<'a> {
    /// Type of an element, or of one part of a complex element.
    pub element: ElementType,
    /// Every element has an imaginary part.
    pub complex: bool,
    /// Dimensions; none for a scalar.
    pub shape: Vec<u64>,
    /// Little-endian elements in Fortran order; for complex arrays all real parts, then all imaginary parts.
    pub data: Cow<'a, [u8]>,
}

impl NumericArray<'_> {
    /// The little-endian bytes of element `index` (Fortran order): real part, and imaginary part if complex.
    pub fn element_bytes(&self, index: usize) -> Option<(&[u8], Option<&[u8]>)> {
        let size = self.element.n_bytes();
        let part_len = if self.complex { self.data.len() / 2 } else { self.data.len() };
        let at = |base: usize| {
            let start = index.checked_mul(size)?;
            let end = start.checked_add(size)?;
            if end > part_len {
                return None;
            }
            self.data.get(base + start..base + end)
        };
        let real = at(0)?;
        let imag = if self.complex { Some(at(part_len)?) } else { None };
        Some((real, imag))
    }
}

/// Array of characters.
#[derive(Debug, Clone)]
pub struct CharArray<'a> {
    /// Dimensions as stored: a MATLAB string is 1×n.
    pub shape: Vec<u64>,
    /// Little-endian 16-bit units in Fortran order.
    pub data: Cow<'a, [u8]>,
}

impl CharArray<'_> {
    /// The 16-bit units in stored order.
    pub fn units(&self) -> impl Iterator<Item = u16> + '_ {
        let (units, _) = self.data.as_chunks::<2>();
        units.iter().map(|unit| u16::from_le_bytes(*unit))
    }

    /// Python joins the characters into one string: a one-dimensional array or one row.
    pub fn is_row(&self) -> bool {
        matches!(self.shape.as_slice(), [_] | [1, _])
    }

    /// The characters in stored order as UTF-16. This is *not* what Python makes of them, see [`crate::caveats`].
    pub fn to_text(&self) -> String {
        char::decode_utf16(self.units()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }
}

/// Array of values: a NumPy object array or a MATLAB cell array.
#[derive(Debug, Clone)]
pub struct ObjectArray<'a> {
    /// Dimensions.
    pub shape: Vec<u64>,
    /// Elements in Fortran order.
    pub elements: Vec<Value<'a>>,
}

/// MATLAB struct array.
#[derive(Debug, Clone)]
pub struct StructArray<'a> {
    /// Dimensions.
    pub shape: Vec<u64>,
    /// Field names in stored order. Without any, there are no values, whatever the shape.
    pub fields: Vec<Cow<'a, str>>,
    /// For each element in Fortran order, for each field, its value.
    pub values: Vec<Value<'a>>,
}

/// NumPy record array: one array per field. The arrays of one blob normally share one shape.
#[derive(Debug, Clone)]
pub struct RecordArray<'a> {
    /// Name and column, in stored order.
    pub fields: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl Value<'_> {
    /// A short name of the kind, for messages: `list`, `float64 array`, `struct array`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Complex { .. } => "complex",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::Decimal(_) => "Decimal",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(..) => "datetime",
            Self::Uuid(_) => "UUID",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
            Self::Array(_) => "array",
            Self::CharArray(_) => "char array",
            Self::ObjectArray(_) => "object array",
            Self::Cell(_) => "cell array",
            Self::Struct(_) => "struct array",
            Self::RecordArray(_) => "record array",
        }
    }

    /// The same value with its own copy of everything it borrowed.
    pub fn into_owned(self) -> Value<'static> {
        fn all(values: Vec<Value<'_>>) -> Vec<Value<'static>> {
            values.into_iter().map(Value::into_owned).collect()
        }
        fn text(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        fn bytes(bytes: Cow<'_, [u8]>) -> Cow<'static, [u8]> {
            Cow::Owned(bytes.into_owned())
        }
        fn objects(array: ObjectArray<'_>) -> Box<ObjectArray<'static>> {
            Box::new(ObjectArray { shape: array.shape, elements: all(array.elements) })
        }
        match self {
            Self::None => Value::None,
            Self::Bool(v) => Value::Bool(v),
            Self::Int(v) => Value::Int(v),
            Self::Float(v) => Value::Float(v),
            Self::Complex { real, imag } => Value::Complex { real, imag },
            Self::Str(v) => Value::Str(text(v)),
            Self::Bytes(v) => Value::Bytes(bytes(v)),
            Self::Decimal(v) => Value::Decimal(text(v)),
            Self::Date(v) => Value::Date(v),
            Self::Time(v) => Value::Time(v),
            Self::DateTime(date, time) => Value::DateTime(date, time),
            Self::Uuid(v) => Value::Uuid(v),
            Self::List(v) => Value::List(all(v)),
            Self::Tuple(v) => Value::Tuple(all(v)),
            Self::Set(v) => Value::Set(all(v)),
            Self::Dict(v) => {
                Value::Dict(v.into_iter().map(|(k, v)| (k.into_owned(), v.into_owned())).collect())
            }
            Self::Array(v) => {
                let NumericArray { element, complex, shape, data } = *v;
                Value::Array(Box::new(NumericArray { element, complex, shape, data: bytes(data) }))
            }
            Self::CharArray(v) => {
                Value::CharArray(Box::new(CharArray { shape: v.shape, data: bytes(v.data) }))
            }
            Self::ObjectArray(v) => Value::ObjectArray(objects(*v)),
            Self::Cell(v) => Value::Cell(objects(*v)),
            Self::Struct(v) => {
                let StructArray { shape, fields, values } = *v;
                let fields = fields.into_iter().map(text).collect();
                Value::Struct(Box::new(StructArray { shape, fields, values: all(values) }))
            }
            Self::RecordArray(v) => Value::RecordArray(RecordArray {
                fields: v
                    .fields
                    .into_iter()
                    .map(|(name, column)| (text(name), column.into_owned()))
                    .collect(),
            }),
        }
    }
}
