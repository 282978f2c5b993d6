//! Compares, certifies, checks certificates: the only crate that may say "equal".
//!
//! The way of a proof:
//!
//! 1. *before* a change: [`digest_tables`] reads every table through its [view](rejoint_model::TableView) and gives
//!    [`TableEvidence`] and the objects that rows refer to; [`digest_objects`] reads those. Together they are an [`Evidence`],
//!    kept in a file ([`evidence_file`]) because *after* is taken by another process, hours later. A [`FingerprintWriter`]
//!    may note 8 bytes per cell on the way.
//! 2. *after* the change: the same, through the views of the new form.
//! 3. [`compare`] says which tables, columns and objects differ. [`Certificate`] records both sides and the verdict.
//! 4. Whenever someone doubts: [`check`] reads everything again and compares it with the certificate. [`locate`] names the
//!    rows and columns, if fingerprints were kept.
//!
//! What equality means: `rejoint-value` defines it for cells and rows. A pointer to an object is not compared as a cell but as
//! the [`ObjectIdentity`] it stands for, which is the same on the legacy and on the 2.x side.
//!
//! # Limits
//!
//! - Objects that were found are held in memory, about 300 bytes each.
//! - Folders behind 2.x filepaths are not read; they are reported as problems.
//! - Columns are told apart by sums of 64-bit fingerprints. That *rows* are equal is proven by SHA-256.

mod certificate;
pub mod certificate_file;
mod check;
mod compare;
mod decoded;
mod error;
mod evidence;
pub mod evidence_file;
mod file_access;
mod fingerprint_file;
mod identity;
mod key_text;
mod locate;
mod objects;
mod observer;
mod reading;
mod select;
mod server_digest;
mod server_row;
mod table_digest;

pub use certificate::{Certificate, CertificateTable, Decision};
pub use check::{CheckInput, CheckReport, CheckedTable, check};
pub use compare::{Comparison, ObjectVerdict, Outcome, TableVerdict, Verdict, compare};
pub use error::{Error, Result};
pub use evidence::{DecodedColumn, Evidence, ObjectEvidence, ObjectGroup, TableEvidence, UndecodableCell};
pub use fingerprint_file::{FingerprintFile, FingerprintTable, FingerprintWriter};
pub use identity::{CellPlace, ObjectIdentity, ObjectRef};
pub use locate::{Difference, LocateOptions, Located, What, locate};
pub use objects::{ObjectProblem, ObjectProgress, Objects, ProblemKind, Stores, digest_objects};
pub use observer::{Observer, Quiet};
pub use server_digest::{Connections, ServerSideDigest, digest_table_on_server};
pub use table_digest::{DigestOptions, Threads, digest_table, digest_tables};
