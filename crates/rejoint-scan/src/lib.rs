//! Read-only inventory of a pipeline: one file per check.
//!
//! [`scan`] looks at the schemas of a pipeline and at its stores and returns a [`ScanReport`]: what is there, what it needs, what
//! is already damaged, and what a person must decide. It changes nothing and prints nothing; SELECT is enough.
//!
//! Reading order: [`report_file`] (the result, and the format of its file), `scan` (the order of the checks), then the checks:
//! `tables`, `features`, `not_understood`, `jobs`, `damage`, `adapters`, `tracking`, `subfolding`, `stores`, `collation`,
//! `decisions`, `sessions`, `client_access` (with `markers`). `reader` is how they ask the server.

mod adapters;
mod client_access;
mod collation;
mod damage;
mod decisions;
mod error;
mod features;
mod jobs;
mod markers;
mod not_understood;
mod options;
mod reader;
pub mod report_file;
mod scan;
mod sessions;
mod stores;
mod subfolding;
mod tables;
mod tracking;

pub use error::Error;
pub use options::{Depth, NoProgress, ObjectCheck, Progress, ScanOptions};
pub use report_file::ScanReport;
pub use scan::scan;
