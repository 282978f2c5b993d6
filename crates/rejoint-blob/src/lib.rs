//! DataJoint blobs of every version: decode, encode, re-check, and say what is wrong with a damaged one.
//!
//! A blob is what DataJoint stores in a `longblob` (or `<blob>`) attribute and in blob objects of a store. One
//! format serves MATLAB's mYm, DataJoint 0.11 to 0.14 and DataJoint 2:
//!
//! ```text
//! stored   = plain | "ZL123\0" u64(length of plain) zlib(plain)
//! plain    = protocol "\0" value          protocol = "mYm" | "dj0"
//! value    = code:u8 body                 numbers are little-endian
//! ```
//!
//! Reading order: [`container`] (what is around a value), [`value`] (the tree), [`reader`], [`writer`],
//! [`canonical`] (bytes for comparing), [`caveats`] (where Python gets something else than what is stored),
//! [`damage`] (what a cell holds that is no blob), [`display`](Value::display) (text for reports).
//!
//! Decoding trusts nothing: lengths are compared with what is left of the input before they are used, memory grows
//! with the bytes read, nesting is limited, and every failure is an [`Error`] with a position.
//!
//! This crate does no I/O and never says that two values are equal; it only gives the bytes to compare.

pub mod canonical;
pub mod caveats;
pub mod container;
pub mod damage;
mod display;
mod error;
mod integer;
pub mod reader;
mod recheck;
mod stacking;
pub mod value;
pub mod writer;

pub use canonical::{canonical_bytes, write_canonical};
pub use caveats::{Caveat, Effect, reads_differently};
pub use container::{Compression, Container, LengthWidth, Protocol};
pub use damage::{Cause, Evidence, PythonReads, Report, check};
pub use error::{EncodeError, Error};
pub use integer::Integer;
pub use reader::{DecodeOptions, Decoded, Dims, MAX_DEPTH, decode};
pub use recheck::{Recheck, recheck};
pub use value::{
    CharArray, Date, DateTimeUnit, ElementType, NumericArray, ObjectArray, RecordArray, StructArray, Time,
    Value,
};
pub use writer::{Compress, EncodeOptions, encode, encode_plain, encode_with};
