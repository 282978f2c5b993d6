//! Object stores: addressing rules of DataJoint 0.x and 2.x, reading, checking, new objects.
//!
//! - [`legacy`] and [`v2`]: where an object lies, from hash, schema and store. Pure functions.
//! - [`HashPointer`], [`FilepathPointer`]: the JSON that 2.x keeps in a column.
//! - [`ObjectStore`]: reach the objects. [`FileStore`] for folders, [`MemoryStore`] for tests; [`open`] chooses by the store's
//!   protocol and refuses those that are not supported.
//! - [`digest`], [`digest_many`], [`Rewrapped`]: hashing in one pass, attachments in the form 2.x reads.
//! - [`Inventory`]: tracking tables compared with the store.
//!
//! Nothing here is ever overwritten: [`ObjectStore::write_new`] creates an object or finds it with the same content.
//!
//! # Limits
//!
//! S3, Google and Azure stores are refused ([`Error::Unsupported`]). Object names must be UTF-8.

mod attachment;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod file_store;
mod hashing;
mod inventory;
pub mod legacy;
mod memory_store;
mod object_store;
mod overlay_store;
mod parallel;
mod path;
mod pointer;
mod renamed_store;
pub mod v2;

pub use attachment::{Rewrapped, copy_attachment, legacy_attachment_hash, rewrap_attachment};
pub use error::{Error, Result};
pub use file_store::FileStore;
pub use hashing::{BUFFER_BYTES, Digest, Progress, VerifyingReader, digest, digest_many, digest_reader};
pub use inventory::{Checks, Finding, FindingKind, Inventory, OrphanKind, Summary};
pub use legacy::{RowKind, TrackingRow};
pub use memory_store::MemoryStore;
pub use object_store::{Entry, Meta, ObjectStore, Written, open};
pub use overlay_store::OverlayStore;
pub use path::{StorePath, join_posix};
pub use pointer::{FilepathPointer, HashPointer};
pub use renamed_store::RenamedStore;

/// The key prefix 0.x made of an S3 store's `location`.
pub use rejoint_settings::normalize_s3_location;
