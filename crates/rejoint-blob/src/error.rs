//! What can go wrong with a blob.

use crate::container::Protocol;

/// Why bytes could not be decoded.
///
/// Offsets count from the start of the *plain* bytes (after inflation, protocol included), except where a variant
/// says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are no bytes at all. Python reads this as `None`.
    #[error("the blob is empty; DataJoint reads it as None")]
    Empty,

    /// The bytes do not start with `mYm\0`, `dj0\0` or `ZL123\0` (or, inside `ZL123`, with one of the first two).
    #[error(
        "not a DataJoint blob: it starts with \"{start}\" instead of mYm, dj0 or ZL123{}",
        if *.python_reads_none { "; DataJoint silently reads it as None" } else { "" }
    )]
    UnknownProtocol {
        /// The first bytes, escaped, at most 16 of them.
        start: String,
        /// Every Python version returns `None` here instead of an error.
        python_reads_none: bool,
    },

    /// The bytes end before the value does.
    #[error(
        "the blob is cut off: {reading} at byte {offset} needs {needed} bytes and {available} are left; \
         restore the cell from a backup"
    )]
    Truncated {
        /// Where the missing part would start.
        offset: usize,
        /// How many bytes (at least) it needs.
        needed: u64,
        /// How many are left in the blob, or in the element that holds it.
        available: u64,
        /// What was being read.
        reading: &'static str,
    },

    /// An element is shorter than the length written before it.
    #[error(
        "the length written at byte {offset} is wrong: the element has {declared} bytes and its value ends after {used}"
    )]
    BadLength {
        /// Where the element starts, after its length.
        offset: usize,
        /// The length written before the element.
        declared: u64,
        /// How many bytes the value took.
        used: u64,
    },

    /// The value ends before the blob does.
    #[error("{count} bytes follow the end of the value at byte {offset}")]
    TrailingBytes {
        /// Where the value ends.
        offset: usize,
        /// How many bytes follow.
        count: usize,
    },

    /// A value starts with a byte that no version writes.
    #[error("unknown code 0x{code:02x} at byte {offset}")]
    UnknownCode {
        /// Where the code is.
        offset: usize,
        /// The code.
        code: u8,
    },

    /// An array's elements have a type that is unknown, or that no array can have (0 unknown, 1 cell, 2 struct, 16
    /// function handle). Python fails on it, except that it takes these four for `uint64` if there is enough data.
    #[error("the array at byte {offset} has elements of type {type_id}, which is no type for them")]
    UnknownElementType {
        /// Where the type is.
        offset: usize,
        /// The type.
        type_id: u32,
    },

    /// Something that MATLAB writes and no Python version reads.
    #[error(
        "{what} at byte {offset}: no DataJoint for Python reads it; convert it in MATLAB, or keep the bytes as they are"
    )]
    Unsupported {
        /// Where it is.
        offset: usize,
        /// What it is.
        what: &'static str,
    },

    /// A part is well delimited but means nothing (month 13, text that is not UTF-8, …). Python raises here too, except
    /// for decimals in forms that no version writes (spaces, underscores, digits of other scripts).
    #[error("invalid {what} at byte {offset}")]
    Invalid {
        /// Where the part starts.
        offset: usize,
        /// What is invalid.
        what: &'static str,
    },

    /// The dimensions of an array multiply to more than any memory holds.
    #[error("the dimensions at byte {offset} multiply to more than 2^63 bytes")]
    TooManyElements {
        /// Where the dimensions start.
        offset: usize,
    },

    /// Values are nested deeper than the limit. Python itself stops near 330 levels.
    #[error("values are nested more than {max_depth} deep at byte {offset}")]
    TooDeep {
        /// Where the too deep value starts.
        offset: usize,
        /// The limit that was set.
        max_depth: usize,
    },

    /// The inflated blob would be longer than the caller allows.
    #[error(
        "the blob inflates to {declared} bytes, more than the limit of {max}; raise the limit to read it"
    )]
    InflatedTooLarge {
        /// The length in the header.
        declared: u64,
        /// The limit that was set.
        max: u64,
    },

    /// The compressed stream ends too early. The offset counts stored bytes.
    #[error(
        "the compressed blob is cut off after {stored} stored bytes: {inflated} of {declared} bytes could be read; \
         restore the cell from a backup"
    )]
    ZlibTruncated {
        /// How many bytes are stored, header included.
        stored: usize,
        /// How many bytes could be inflated.
        inflated: u64,
        /// The length in the header.
        declared: u64,
    },

    /// The compressed stream is damaged.
    #[error(
        "the compressed blob is damaged near stored byte {offset} (after {inflated} good bytes): {reason}"
    )]
    ZlibDamaged {
        /// Where in the stored bytes the decompressor stopped.
        offset: usize,
        /// How many bytes could be inflated.
        inflated: u64,
        /// What the decompressor says.
        reason: String,
    },

    /// The stream inflates to another length than the header says.
    #[error(
        "the header says {declared} bytes and the stream holds {}{actual}",
        if *.at_least { "at least " } else { "" }
    )]
    SizeMismatch {
        /// The length in the header.
        declared: u64,
        /// The inflated length.
        actual: u64,
        /// Inflation was stopped there: the stream may hold more.
        at_least: bool,
    },
}

/// Why a value cannot be written as a blob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The value is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    #[error("the value is nested more than {max_depth} deep")]
    TooDeep {
        /// The limit.
        max_depth: usize,
    },
    /// An integer needs more than 65,535 bytes.
    #[error("an integer of {n_bytes} bytes is too long for a blob (at most 65535)")]
    IntegerTooLong {
        /// Its length.
        n_bytes: usize,
    },
    /// The number of elements (or bytes of data) does not fit the shape.
    #[error("{what} has {actual} where its shape {shape:?} needs {expected}")]
    ShapeMismatch {
        /// Which kind of array.
        what: &'static str,
        /// Its shape.
        shape: Vec<u64>,
        /// Elements or bytes needed.
        expected: u64,
        /// Elements or bytes there.
        actual: u64,
    },
    /// A field name holds a NUL, which ends a name in a blob.
    #[error("the field name {name:?} holds a NUL character")]
    FieldName {
        /// The name.
        name: String,
    },
    /// A part that no blob can hold.
    #[error("a blob cannot hold {what}")]
    Invalid {
        /// What it is.
        what: &'static str,
    },
    /// The value holds something that only `dj0` allows, and another protocol was asked for.
    #[error("the value needs protocol dj0; {asked} was asked for")]
    Protocol {
        /// The protocol asked for.
        asked: Protocol,
    },
}
