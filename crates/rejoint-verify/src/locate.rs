//! Which rows and columns differ, found with the fingerprints of an earlier time.

use crate::error::{Error, Result};
use crate::fingerprint_file::{FingerprintFile, FingerprintTable};
use crate::key_text::show_key;
use crate::observer::Observer;
use crate::table_digest::{DigestOptions, Threads, digest_table};
use rejoint_db::Connection;
use rejoint_model::{TableName, TableView};
use rejoint_value::{Fingerprint, TableDigest};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What differs in a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The value of this logical column.
    Column(String),
    /// The row is gone.
    RowLost,
    /// The row was not there.
    RowNew,
    /// There is more than one row of this key now; only possible where the key is not unique.
    RowDuplicated,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// Table.
    pub table: TableName,
    /// The row's key, readable.
    pub key: String,
    /// What differs.
    pub what: What,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Difference { table, key, what } = self;
        match what {
            What::Column(column) => write!(f, "{table}, row {key}: column {column} differs"),
            What::RowLost => write!(f, "{table}, row {key}: lost"),
            What::RowNew => write!(f, "{table}, row {key}: new"),
            What::RowDuplicated => write!(f, "{table}, row {key}: duplicated"),
        }
    }
}

/// Differences that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Located {
    /// At most as many as asked for, sorted.
    pub differences: Vec<Difference>,
    /// How many there are altogether.
    pub total: u64,
}

/// Limits of [`locate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocateOptions {
    /// How many differences to name.
    pub max: usize,
    /// Memory to use for fingerprints, in bytes, roughly. A table with more is read several times.
    pub memory: u64,
    /// Threads.
    pub threads: Threads,
}

impl Default for LocateOptions {
    fn default() -> Self {
        LocateOptions { max: 100, memory: 512 << 20, threads: Threads::default() }
    }
}

/// Bytes of memory per row besides key and fingerprints: hash table slot, allocation, counters.
const ROW_OVERHEAD: u64 = 96;

/// Compares a table as it is now with its fingerprints of an earlier time.
///
/// Rows are matched by their whole keys, so lost and new rows are exact; a changed value is overlooked with probability 2^-64.
/// Logical columns are matched by name; one that only one side has differs in no row and is for [`crate::compare`] to report.
/// A table that changes while it is read in several passes gives differences that no longer exist.
///
/// # Errors
/// [`Error::View`] if the table is not in the file or its key has other columns; those of [`digest_table`] and of the file.
pub fn locate(
    file: &FingerprintFile,
    connection: &mut Connection,
    view: &TableView,
    options: &LocateOptions,
) -> Result<Located> {
    let refuse = |reason: String| Error::View { table: view.table.clone(), reason };
    let table =
        file.table(&view.table).ok_or_else(|| refuse("the fingerprint file has no such table".into()))?;
    let (mut key, mut columns) = (view.key.clone(), Vec::new());
    columns.extend(view.columns.iter().map(|column| column.name.clone()));
    key.sort();
    columns.sort();
    if key != table.key {
        return Err(refuse(format!("its key was ({}) when fingerprints were taken", table.key.join(", "))));
    }
    // Positions among the fingerprints then (without key) and now (with key).
    let shared: Vec<(String, usize, usize)> = columns
        .iter()
        .enumerate()
        .filter_map(|(now, name)| {
            let then = table.columns.iter().position(|known| known == name)?;
            Some((name.clone(), then, key.len() + now))
        })
        .collect();
    let needed = table.bytes().saturating_add(table.rows.saturating_mul(ROW_OVERHEAD));
    let passes = needed.div_ceil(options.memory.max(1)).max(1);
    let mut found =
        Found { table: &view.table, key: &table.key, max: options.max, located: Located::default() };
    for pass in 0..passes {
        one_pass(file, table, connection, view, options, &shared, (pass, passes), &mut found)?;
    }
    found.located.differences.sort();
    Ok(found.located)
}

/// Rows whose key hashes to this pass, in the file and in the database.
#[expect(clippy::too_many_arguments, reason = "one call; a struct would only rename the arguments")]
fn one_pass(
    file: &FingerprintFile,
    table: &FingerprintTable,
    connection: &mut Connection,
    view: &TableView,
    options: &LocateOptions,
    shared: &[(String, usize, usize)],
    (pass, passes): (u64, u64),
    found: &mut Found<'_>,
) -> Result<()> {
    let is_mine = |key: &[u8]| passes == 1 || xxh3_64_with_seed(key, PARTITION_SEED) % passes == pass;
    let n_columns = table.columns.len();
    let mut rows: HashMap<Box<[u8]>, Known> = HashMap::new();
    let mut cells: Vec<u64> = Vec::new();
    file.rows(table, |key, fingerprints| {
        if is_mine(key) {
            let known = rows.entry(key.into()).or_insert(Known { cells: cells.len(), then: 0, now: 0 });
            // Rows of equal keys cannot be told apart: the first stands for all, and their number is compared.
            if known.then == 0 {
                cells.extend(fingerprints);
            }
            known.then += 1;
        }
        Ok(())
    })?;
    let mut seeker = Seeker { is_mine: &is_mine, rows: &mut rows, cells: &cells, n_columns, shared, found };
    let digest_options = DigestOptions { subfolding: None, decode: false, threads: options.threads };
    digest_table(connection, view, &digest_options, &mut seeker)?;
    for (key, known) in rows {
        if known.now == 0 {
            found.add(&key, || What::RowLost);
        } else if known.now > known.then {
            found.add(&key, || What::RowDuplicated);
        } else if known.now < known.then {
            found.add(&key, || What::RowLost);
        }
    }
    Ok(())
}

/// Not the seed of fingerprints, so that a partition says nothing about them.
const PARTITION_SEED: u64 = 0x7265_6a6f_696e_7401;

/// A row of the file.
struct Known {
    /// Where its fingerprints begin.
    cells: usize,
    then: u32,
    now: u32,
}

struct Seeker<'a, 'f, P: Fn(&[u8]) -> bool> {
    is_mine: &'a P,
    rows: &'a mut HashMap<Box<[u8]>, Known>,
    cells: &'a [u64],
    n_columns: usize,
    shared: &'a [(String, usize, usize)],
    found: &'a mut Found<'f>,
}

impl<P: Fn(&[u8]) -> bool> Observer for Seeker<'_, '_, P> {
    fn row(&mut self, key: &[u8], fingerprints: &[Fingerprint]) -> Result<()> {
        if !(self.is_mine)(key) {
            return Ok(());
        }
        let Some(known) = self.rows.get_mut(key) else {
            self.found.add(key, || What::RowNew);
            return Ok(());
        };
        known.now = known.now.saturating_add(1);
        let then = self.cells.get(known.cells..known.cells + self.n_columns).unwrap_or_default();
        for (name, before, after) in self.shared {
            if then.get(*before).copied() != fingerprints.get(*after).map(|fingerprint| fingerprint.0) {
                self.found.add(key, || What::Column(name.clone()));
            }
        }
        Ok(())
    }

    fn end_table(&mut self, _view: &TableView, _digest: &TableDigest) -> Result<()> {
        Ok(())
    }
}

struct Found<'a> {
    table: &'a TableName,
    key: &'a [String],
    max: usize,
    located: Located,
}

impl Found<'_> {
    fn add(&mut self, key: &[u8], what: impl FnOnce() -> What) {
        self.located.total += 1;
        if self.located.differences.len() < self.max {
            let key = show_key(self.key, key);
            self.located.differences.push(Difference { table: self.table.clone(), key, what: what() });
        }
    }
}
