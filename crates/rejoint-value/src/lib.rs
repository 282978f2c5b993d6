//! Cell values, their canonical bytes and digests: the only definition of equality in rejoint.
//!
//! Two cells are equal when their [canonical bytes](Cell::write_canonical) are equal. Two tables are equal when
//! their [`TableDigest`]s are equal: the same columns by name, the same number of rows, the same set of rows.
//! Nothing else in the project decides equality.
//!
//! Limits: a digest says *that* rows differ. Which row and which column is found with the per-column
//! [`Fingerprint`]s, which are 64-bit and only locate; the proof is the SHA-256 of the whole row.

mod cell;
mod digest;

pub use cell::{Cell, write_bytes};
pub use digest::{ColumnDigest, Fingerprint, RowHasher, SetDigest, TableDigest, fingerprint, sha256_hex};
