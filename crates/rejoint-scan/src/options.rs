//! How far a scan looks, and how its caller hears of its progress.

use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// How much data is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Catalog, samples, and small tables: seconds for hundreds of schemas. What was not looked at is said.
    #[default]
    Quick,
    /// Every row of every table.
    Full,
}

/// What is checked of the objects behind pointers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectCheck {
    /// Nothing: stores are only tried for being reachable.
    None,
    /// Existence and size of every tracked object; objects that nothing tracks.
    #[default]
    Size,
    /// In addition the content's MD5: reads every object.
    Hash,
}

/// Options of [`crate::scan`].
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// How much data is looked at.
    pub depth: Depth,
    /// [`Depth::Quick`]: rows looked at from each end of a table's primary key when its blobs are checked.
    pub sample_rows: usize,
    /// [`Depth::Quick`]: tables with more rows (by the server's estimate) are not scanned for values and references.
    pub quick_rows: u64,
    /// Cells longer than this, in bytes, are counted but not fetched.
    pub max_cell_bytes: u64,
    /// What is checked of objects.
    pub check_objects: ObjectCheck,
    /// Objects looked at in parallel.
    pub threads: NonZeroUsize,
    /// Examples kept for each finding; counts are always complete.
    pub max_examples: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions {
            depth: Depth::Quick,
            sample_rows: 20,
            quick_rows: 1_000_000,
            max_cell_bytes: 64 << 20,
            check_objects: ObjectCheck::Size,
            threads: NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN),
            max_examples: 5,
        }
    }
}

impl ScanOptions {
    /// Every row and the size of every object.
    pub fn full() -> Self {
        ScanOptions { depth: Depth::Full, max_cell_bytes: 1 << 30, ..ScanOptions::default() }
    }

    /// May a table with this estimated number of rows be read completely?
    pub(crate) fn may_read(&self, rows_estimate: u64) -> bool {
        self.depth == Depth::Full || rows_estimate <= self.quick_rows
    }
}

/// Hears of a scan's progress. Nothing is printed by the scan itself.
pub trait Progress {
    /// A part of the scan begins; `total` steps, if that is known.
    fn phase(&mut self, name: &str, total: Option<u64>);
    /// `steps` more are done.
    fn advance(&mut self, steps: u64);
}

/// Progress that nobody hears of.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn phase(&mut self, _name: &str, _total: Option<u64>) {}
    fn advance(&mut self, _steps: u64) {}
}
