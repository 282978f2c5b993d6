//! What `np.array([...])` makes of a list of elements: the reason why Python reads some cell and object arrays as
//! something else, or not at all.
//!
//! NumPy looks into lists, tuples and arrays: if all elements have the same length, it makes an array of one more
//! dimension, which DataJoint then cannot bring into the stored shape (unless every length is 1: then the elements come
//! out without their sequence). Rules found by running DataJoint 0.14.10 and 2.3.5 with NumPy 2.4; older NumPy (before
//! 1.24) made object arrays of ragged input.

use std::borrow::Cow;

use crate::value::{ElementType, Value};

/// How a list of elements stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    /// No element, or none that NumPy looks into.
    Scalars,
    /// Scalars beside sequences, or sequences of different lengths at the first level.
    Ragged,
    /// Sequences of one element each, all the way down: as many elements as before, without their sequences.
    Unwrapped,
    /// Sequences of one element each, and then different ones.
    UnwrappedRagged,
    /// Sequences of equal length, not 1: another number of elements than before.
    Grown,
}

/// What NumPy sees of one element: how long it is, and what is inside.
enum Seen<'v, 'a> {
    Scalar,
    /// Remaining dimensions of an array.
    Array(Cow<'v, [u64]>),
    Sequence(&'v [Value<'a>]),
}

/// The shape an array has after Python read it; `None` for what is no array or has no dimensions.
pub(crate) fn shape_in_python<'v>(value: &'v Value<'_>) -> Option<Cow<'v, [u64]>> {
    let shape = match value {
        Value::Array(array) => Cow::Borrowed(array.shape.as_slice()),
        // Python joins a row of characters into one string.
        Value::CharArray(array) if array.is_row() => Cow::Owned(vec![1]),
        Value::CharArray(array) => Cow::Borrowed(array.shape.as_slice()),
        Value::ObjectArray(array) | Value::Cell(array) => Cow::Borrowed(array.shape.as_slice()),
        // Without fields Python makes array(None).
        Value::Struct(array) if array.fields.is_empty() => return None,
        Value::Struct(array) => Cow::Borrowed(array.shape.as_slice()),
        Value::RecordArray(records) => shape_in_python(&records.fields.first()?.1)?,
        _ => return None,
    };
    (!shape.is_empty()).then_some(shape)
}

fn see<'v, 'a>(value: &'v Value<'a>) -> Seen<'v, 'a> {
    match value {
        Value::List(values) | Value::Tuple(values) => Seen::Sequence(values),
        _ => shape_in_python(value).map_or(Seen::Scalar, Seen::Array),
    }
}

/// How the elements stack.
pub(crate) fn stack(elements: &[Value<'_>]) -> Stack {
    let mut level: Vec<Seen<'_, '_>> = elements.iter().map(see).collect();
    if level.iter().all(|seen| matches!(seen, Seen::Scalar)) {
        return Stack::Scalars;
    }
    let mut first_level = true;
    loop {
        let mut lengths = level.iter().map(|seen| match seen {
            Seen::Scalar => None,
            Seen::Array(shape) => shape.first().copied(),
            Seen::Sequence(values) => Some(values.len() as u64),
        });
        let first = lengths.next().flatten();
        let equal = lengths.all(|length| length == first);
        match first {
            None if equal => return Stack::Unwrapped,
            Some(1) if equal => {}
            Some(_) if equal => return Stack::Grown,
            _ if first_level => return Stack::Ragged,
            _ => return Stack::UnwrappedRagged,
        }
        first_level = false;
        level = level
            .into_iter()
            .map(|seen| match seen {
                Seen::Scalar => Seen::Scalar,
                Seen::Array(shape) if shape.len() > 1 => {
                    Seen::Array(Cow::Owned(shape.iter().skip(1).copied().collect()))
                }
                Seen::Array(_) => Seen::Scalar,
                Seen::Sequence(values) => values.first().map_or(Seen::Scalar, see),
            })
            .collect();
    }
}

/// `np.array` keeps a list of these scalars as Python objects: one of them is of a kind NumPy has no type for, or
/// dates of NumPy stand beside something else.
pub(crate) fn stay_objects(scalars: &[Value<'_>]) -> bool {
    let is_datetime64 = |value: &Value<'_>| matches!(value, Value::Array(array) if matches!(array.element, ElementType::DateTime64(_)));
    let is_object = |value: &Value<'_>| match value {
        Value::None
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(..)
        | Value::Uuid(_)
        | Value::Set(_)
        | Value::Dict(_) => true,
        // Beyond int64 and uint64.
        Value::Int(v) => v.to_i128().is_none_or(|v| v < i128::from(i64::MIN) || v > i128::from(u64::MAX)),
        // Scalars only come here without dimensions: array(None) and the like.
        Value::ObjectArray(_) | Value::Cell(_) => true,
        Value::Struct(array) => array.fields.is_empty(),
        Value::RecordArray(records) => records.fields.is_empty(),
        _ => false,
    };
    scalars.iter().any(is_object) || scalars.iter().any(is_datetime64) && !scalars.iter().all(is_datetime64)
}
