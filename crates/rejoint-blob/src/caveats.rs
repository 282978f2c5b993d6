//! Where DataJoint for Python gets something else from a good blob than what is stored in it, or fails.
//!
//! For such a value "decoded by 0.14 before = decoded by 2.x after" may not hold although nothing was touched, or holds
//! although both are wrong; its proof is the stored bytes. Found by running 0.14.10 and 2.3.5 with NumPy 2.4.

use std::collections::HashSet;
use std::fmt;

use crate::canonical::canonical_bytes;
use crate::stacking::{Stack, shape_in_python, stack, stay_objects};
use crate::value::{CharArray, ElementType, NumericArray, ObjectArray, RecordArray, Value};

/// What a Python version makes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Reads what is stored.
    AsStored,
    /// Reads something else, without a word.
    Differs,
    /// Raises an error.
    Fails,
    /// Reads something else, or raises: it depends on more than is looked at here.
    DiffersOrFails,
}

/// What the caveat is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Cell array without elements.
    EmptyCell,
    /// Cell array whose elements 0.14 turns into a plain array.
    CellBecomesArray,
    /// Cell array whose elements 0.14 cannot stack.
    CellNotStackable,
    /// Object array of sequences of equal length.
    ObjectsStacked,
    /// Character whose low byte is not ASCII.
    CharNotAscii,
    /// Character beyond 255 whose low byte is ASCII: another character.
    CharHighByteLost,
    /// Character whose low byte is 0: dropped.
    CharZeroDropped,
    /// Struct or record array without fields: read as `array(None)`.
    NoFields,
    /// Two fields with one name.
    RepeatedField,
    /// Field without a name: called `f0`, `f1`, … by NumPy.
    UnnamedField,
    /// Columns of a record array with different shapes.
    ColumnShapes,
    /// Complex array with an infinite or NaN imaginary part: the real part becomes NaN.
    ImaginaryNotFinite,
    /// Complex array with a negative zero that comes out positive.
    NegativeZeroLost,
    /// Complex array of 64-bit integers beyond 2^53, which Python reads as floats.
    ComplexRounded,
    /// Element of a set or key of a dict that Python cannot hash.
    NotHashable,
    /// The same key or element twice: only the last is kept.
    RepeatedKey,
}

impl Reason {
    /// Stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::EmptyCell => "empty-cell",
            Self::CellBecomesArray => "cell-becomes-array",
            Self::CellNotStackable => "cell-not-stackable",
            Self::ObjectsStacked => "objects-stacked",
            Self::CharNotAscii => "char-not-ascii",
            Self::CharHighByteLost => "char-high-byte-lost",
            Self::CharZeroDropped => "char-zero-dropped",
            Self::NoFields => "no-fields",
            Self::RepeatedField => "repeated-field",
            Self::UnnamedField => "unnamed-field",
            Self::ColumnShapes => "column-shapes",
            Self::ImaginaryNotFinite => "imaginary-not-finite",
            Self::NegativeZeroLost => "negative-zero-lost",
            Self::ComplexRounded => "complex-rounded",
            Self::NotHashable => "not-hashable",
            Self::RepeatedKey => "repeated-key",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyCell => {
                "a cell array without elements: 0.14 reads a float array, 2.x loses its dimensions"
            }
            Self::CellBecomesArray => "a cell array that 0.14 turns into a plain array",
            Self::CellNotStackable => "a cell array that 0.14 cannot read",
            Self::ObjectsStacked => "an object array of sequences of equal length, which NumPy takes apart",
            Self::CharNotAscii => "a character that is not ASCII",
            Self::CharHighByteLost => "a character of which Python reads only the low byte",
            Self::CharZeroDropped => "a character with low byte 0, which Python drops",
            Self::NoFields => "a struct or record array without fields, which Python reads as array(None)",
            Self::RepeatedField => "two fields with one name",
            Self::UnnamedField => "a field without a name, which NumPy names f0, f1, …",
            Self::ColumnShapes => "columns of different shapes, which NumPy broadcasts",
            Self::ImaginaryNotFinite => "an imaginary part that is not finite: Python reads NaN as real part",
            Self::NegativeZeroLost => "a negative zero in a complex array, which Python reads as zero",
            Self::ComplexRounded => "a complex array of integers that Python rounds to floats",
            Self::NotHashable => "a dict key or set element that Python cannot hash",
            Self::RepeatedKey => "a dict key or set element that stands twice; Python keeps one",
        })
    }
}

/// A place where Python does not get what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caveat {
    /// What it is about.
    pub reason: Reason,
    /// What 0.14.10 does.
    pub old: Effect,
    /// What 2.3.5 does.
    pub new: Effect,
    /// The first such place, in Python's notation below the value: `['trial'][3].name`; empty for the value itself.
    pub path: String,
    /// How many such places there are.
    pub count: usize,
}

impl Caveat {
    /// The two versions get different things: a comparison of decoded values before and after must fail here.
    pub fn versions_differ(&self) -> bool {
        self.old != self.new || matches!(self.old, Effect::Differs | Effect::DiffersOrFails) && self.is_cell()
    }

    fn is_cell(&self) -> bool {
        matches!(self.reason, Reason::EmptyCell | Reason::CellBecomesArray | Reason::CellNotStackable)
    }
}

/// Lists what Python gets wrong in a value, one entry for each reason, in the order of first appearance.
pub fn reads_differently(value: &Value<'_>) -> Vec<Caveat> {
    let mut walker = Walker { found: Vec::new(), path: Vec::new() };
    walker.walk(value);
    walker.found
}

enum Step<'v> {
    Index(usize),
    Key(&'v Value<'v>),
    Field(&'v str),
}

struct Walker<'v> {
    found: Vec<Caveat>,
    path: Vec<Step<'v>>,
}

impl<'v> Walker<'v> {
    fn add(&mut self, reason: Reason, old: Effect, new: Effect) {
        let same = |c: &&mut Caveat| c.reason == reason && c.old == old && c.new == new;
        if let Some(caveat) = self.found.iter_mut().find(same) {
            caveat.count += 1;
            return;
        }
        let path = self.path.iter().map(Step::to_string).collect();
        self.found.push(Caveat { reason, old, new, path, count: 1 });
    }

    fn below(&mut self, step: Step<'v>, value: &'v Value<'v>) {
        self.path.push(step);
        self.walk(value);
        self.path.pop();
    }

    fn each(&mut self, values: &'v [Value<'v>]) {
        for (index, value) in values.iter().enumerate() {
            self.below(Step::Index(index), value);
        }
    }

    fn walk(&mut self, value: &'v Value<'v>) {
        match value {
            Value::List(values) | Value::Tuple(values) => self.each(values),
            Value::Set(values) => {
                self.hashed(values.iter());
                self.each(values);
            }
            Value::Dict(entries) => {
                self.hashed(entries.iter().map(|(key, _)| key));
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.below(Step::Index(index), key);
                    self.below(Step::Key(key), value);
                }
            }
            Value::Array(array) => self.numbers(array),
            Value::CharArray(array) => self.characters(array),
            Value::ObjectArray(array) => {
                self.objects(array);
                self.each(&array.elements);
            }
            Value::Cell(cell) => {
                self.cell(cell);
                self.each(&cell.elements);
            }
            Value::Struct(array) => {
                self.fields(array.fields.iter().map(AsRef::as_ref), Effect::Differs);
                for (index, value) in array.values.iter().enumerate() {
                    let n_fields = array.fields.len().max(1);
                    let name = array.fields.get(index % n_fields).map_or("", AsRef::as_ref);
                    self.path.push(Step::Index(index / n_fields));
                    self.below(Step::Field(name), value);
                    self.path.pop();
                }
            }
            Value::RecordArray(records) => self.records(records),
            _ => {}
        }
    }

    fn both(&mut self, reason: Reason, effect: Effect) {
        self.add(reason, effect, effect);
    }

    fn hashed(&mut self, keys: impl Iterator<Item = &'v Value<'v>>) {
        let mut seen = HashSet::new();
        for key in keys {
            if !is_hashable(key) {
                self.both(Reason::NotHashable, Effect::Fails);
            } else if !seen.insert(canonical_bytes(key)) {
                self.both(Reason::RepeatedKey, Effect::Differs);
            }
        }
    }

    fn cell(&mut self, cell: &ObjectArray<'_>) {
        let differs = |walker: &mut Self| {
            walker.add(Reason::CellBecomesArray, Effect::Differs, Effect::AsStored);
        };
        match stack(&cell.elements) {
            _ if cell.elements.is_empty() => {
                let lost = if cell.shape == [0] { Effect::AsStored } else { Effect::Differs };
                self.add(Reason::EmptyCell, Effect::Differs, lost);
            }
            Stack::Scalars if stay_objects(&cell.elements) => {}
            Stack::Scalars | Stack::Unwrapped => differs(self),
            Stack::Ragged | Stack::UnwrappedRagged | Stack::Grown => {
                self.add(Reason::CellNotStackable, Effect::Fails, Effect::AsStored);
            }
        }
    }

    fn objects(&mut self, array: &ObjectArray<'_>) {
        match stack(&array.elements) {
            Stack::Scalars | Stack::Ragged => {}
            Stack::Unwrapped => self.both(Reason::ObjectsStacked, Effect::Differs),
            Stack::UnwrappedRagged => self.both(Reason::ObjectsStacked, Effect::DiffersOrFails),
            Stack::Grown => self.both(Reason::ObjectsStacked, Effect::Fails),
        }
    }

    fn characters(&mut self, array: &CharArray<'_>) {
        let (mut high, mut zero) = (false, false);
        for unit in array.units() {
            match unit & 0xff {
                0x80.. => return self.both(Reason::CharNotAscii, Effect::Fails),
                0 => zero = true,
                _ => high |= unit > 0xff,
            }
        }
        if zero {
            self.both(Reason::CharZeroDropped, Effect::Differs);
        }
        if high {
            self.both(Reason::CharHighByteLost, Effect::Differs);
        }
    }

    /// Python computes `real + 1j * imag`, which is not the number it should be where NaN, infinity or −0 meet 0.
    fn numbers(&mut self, array: &NumericArray<'_>) {
        if !array.complex {
            return;
        }
        let (real, imag) = array.data.split_at(array.data.len() / 2);
        let (finite, zeros_kept) = match array.element {
            ElementType::Float64 => check_parts(real, imag, f64::from_le_bytes),
            ElementType::Float32 => check_parts(real, imag, |bytes| f64::from(f32::from_le_bytes(bytes))),
            _ => (true, true),
        };
        let too_large = match array.element {
            ElementType::Int64 => {
                beyond_floats(&array.data, |bytes| i64::from_le_bytes(bytes).unsigned_abs())
            }
            ElementType::UInt64 => beyond_floats(&array.data, u64::from_le_bytes),
            _ => false,
        };
        if too_large {
            self.both(Reason::ComplexRounded, Effect::Differs);
        }
        if !finite {
            self.both(Reason::ImaginaryNotFinite, Effect::Differs);
        }
        if !zeros_kept {
            self.both(Reason::NegativeZeroLost, Effect::Differs);
        }
    }

    fn fields(&mut self, names: impl ExactSizeIterator<Item = &'v str>, unnamed: Effect) {
        if names.len() == 0 {
            self.both(Reason::NoFields, Effect::Differs);
        }
        let mut seen = HashSet::new();
        for name in names {
            if name.is_empty() {
                self.both(Reason::UnnamedField, unnamed);
            } else if !seen.insert(name) {
                self.both(Reason::RepeatedField, Effect::Fails);
            }
        }
    }

    fn records(&mut self, records: &'v RecordArray<'v>) {
        // NumPy gives a column without a name another one, and DataJoint then asks for it by the empty name.
        self.fields(records.fields.iter().map(|(name, _)| name.as_ref()), Effect::DiffersOrFails);
        let mut shapes = records.fields.iter().map(|(_, column)| shape_in_python(column));
        if let Some(first) = shapes.next()
            && shapes.any(|shape| shape != first)
        {
            self.both(Reason::ColumnShapes, Effect::DiffersOrFails);
        }
        for (name, column) in &records.fields {
            self.below(Step::Field(name), column);
        }
    }
}

/// (all imaginary parts are finite, no zero loses its sign)
fn check_parts<const N: usize>(real: &[u8], imag: &[u8], number: impl Fn([u8; N]) -> f64) -> (bool, bool) {
    let (real, _) = real.as_chunks::<N>();
    let (imag, _) = imag.as_chunks::<N>();
    let (mut finite, mut zeros_kept) = (true, true);
    for (real, imag) in real.iter().zip(imag) {
        let (real, imag) = (number(*real), number(*imag));
        let negative_zero = |x: f64| x == 0.0 && x.is_sign_negative();
        finite &= imag.is_finite();
        zeros_kept &= !(negative_zero(imag) || negative_zero(real) && imag.is_sign_positive());
    }
    (finite, zeros_kept)
}

/// Some number is beyond 2^53, where floats have gaps.
fn beyond_floats(data: &[u8], magnitude: impl Fn([u8; 8]) -> u64) -> bool {
    let (numbers, _) = data.as_chunks::<8>();
    numbers.iter().any(|bytes| magnitude(*bytes) > 1 << 53)
}

fn is_hashable(value: &Value<'_>) -> bool {
    match value {
        Value::Tuple(values) => values.iter().all(is_hashable),
        // A scalar of NumPy; with dimensions it is an array.
        Value::Array(array) => array.shape.is_empty(),
        // A signalling NaN refuses to be hashed.
        Value::Decimal(text) => !text.trim_start_matches(['+', '-']).to_ascii_lowercase().starts_with("snan"),
        Value::List(_)
        | Value::Set(_)
        | Value::Dict(_)
        | Value::CharArray(_)
        | Value::ObjectArray(_)
        | Value::Cell(_)
        | Value::Struct(_)
        | Value::RecordArray(_) => false,
        _ => true,
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) => write!(f, "[{}]", key.display(40)),
            Self::Field(name) => write!(f, ".{name}"),
        }
    }
}
