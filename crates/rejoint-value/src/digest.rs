//! Digests of rows, columns and tables.
//!
//! A row's digest is the SHA-256 of its canonical bytes: primary key first, then the other columns, both in the
//! order of their names. Row digests are combined by addition modulo 2^256, so that the order of rows does not
//! matter and, unlike with XOR, a row that occurs twice does not cancel. Because the key is part of every row, a
//! value that moves to another row changes the digest.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The sum of 256-bit digests modulo 2^256, and how many were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetDigest {
    limbs: [u64; 4],
    count: u64,
}

impl SetDigest {
    /// Adds one 32-byte digest.
    pub fn add(&mut self, digest: &[u8; 32]) {
        let mut carry = 0u64;
        for (limb, bytes) in self.limbs.iter_mut().zip(digest.chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            let (sum, c1) = limb.overflowing_add(u64::from_le_bytes(word));
            let (sum, c2) = sum.overflowing_add(carry);
            *limb = sum;
            carry = u64::from(c1) + u64::from(c2);
        }
        self.count += 1;
    }

    /// Adds all digests of another set, as when parts of a table were read by several connections.
    pub fn merge(&mut self, other: &SetDigest) {
        let mut carry = 0u64;
        for (limb, word) in self.limbs.iter_mut().zip(other.limbs) {
            let (sum, c1) = limb.overflowing_add(word);
            let (sum, c2) = sum.overflowing_add(carry);
            *limb = sum;
            carry = u64::from(c1) + u64::from(c2);
        }
        self.count += other.count;
    }

    /// Number of digests added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// 64 lower-case hexadecimal digits of the sum.
    pub fn hex(&self) -> String {
        self.limbs.iter().flat_map(|l| l.to_le_bytes()).map(|b| format!("{b:02x}")).collect()
    }
}

/// A 64-bit hash that locates a difference. It never proves equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u64);

/// The fingerprint of a cell's canonical bytes, bound to the row by `key` (the fingerprint of the row's key).
pub fn fingerprint(key: u64, canonical: &[u8]) -> Fingerprint {
    Fingerprint(xxh3_64_with_seed(canonical, key))
}

/// Lower-case hexadecimal SHA-256 of some bytes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Digest of one column: a 128-bit sum of the fingerprints of its cells, each bound to its row's key.
///
/// It names the column when two tables differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDigest {
    /// Column name.
    pub name: String,
    /// 32 hexadecimal digits.
    pub digest: String,
    /// How many cells are NULL.
    pub nulls: u64,
}

/// Digest of a whole table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// Number of rows.
    pub rows: u64,
    /// SHA-256 over the column names and the sum of the rows' SHA-256, 64 hexadecimal digits.
    pub digest: String,
    /// Columns in the order of their names, key columns included.
    pub columns: Vec<ColumnDigest>,
}

/// Accumulates the digest of one table, row by row.
pub struct RowHasher {
    names: Vec<String>,
    n_key: usize,
    rows: SetDigest,
    columns: Vec<u128>,
    nulls: Vec<u64>,
    ends: Vec<usize>,
    buffer: Vec<u8>,
    fingerprints: Vec<Fingerprint>,
}

impl RowHasher {
    /// `key` and `others` are column names; rows must then be written in exactly this order: the key columns first.
    /// The names are part of the digest, so that two tables with swapped columns differ.
    pub fn new(key: &[String], others: &[String]) -> Self {
        let names: Vec<String> = key.iter().chain(others).cloned().collect();
        RowHasher {
            n_key: key.len(),
            rows: SetDigest::default(),
            columns: vec![0; names.len()],
            nulls: vec![0; names.len()],
            ends: Vec::with_capacity(names.len()),
            buffer: Vec::with_capacity(256),
            fingerprints: Vec::with_capacity(names.len()),
            names,
        }
    }

    /// The buffer to which the caller appends the next cell's canonical bytes; call [`RowHasher::end_cell`] after each.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Ends the current cell.
    pub fn end_cell(&mut self, is_null: bool) {
        let index = self.ends.len();
        if is_null && let Some(nulls) = self.nulls.get_mut(index) {
            *nulls += 1;
        }
        self.ends.push(self.buffer.len());
    }

    /// Ends the row. Returns the canonical bytes of its key and the fingerprints of its cells, for locating differences.
    pub fn end_row(&mut self) -> (&[u8], &[Fingerprint]) {
        let digest: [u8; 32] = Sha256::digest(&self.buffer).into();
        self.rows.add(&digest);
        let key_end = if self.n_key == 0 {
            self.buffer.len()
        } else {
            self.ends.get(self.n_key - 1).copied().unwrap_or(0)
        };
        let key = xxh3_64_with_seed(self.buffer.get(..key_end).unwrap_or_default(), 0);
        self.fingerprints.clear();
        let mut start = 0;
        for (column, end) in self.columns.iter_mut().zip(&self.ends) {
            let found = fingerprint(key, self.buffer.get(start..*end).unwrap_or_default());
            *column = column.wrapping_add(u128::from(found.0));
            self.fingerprints.push(found);
            start = *end;
        }
        (self.buffer.get(..key_end).unwrap_or_default(), &self.fingerprints)
    }

    /// Makes room for the next row. Must follow [`RowHasher::end_row`].
    pub fn clear_row(&mut self) {
        self.buffer.clear();
        self.ends.clear();
    }

    /// Adds what another hasher of the same columns has seen.
    pub fn merge(&mut self, other: &RowHasher) {
        self.rows.merge(&other.rows);
        for (a, b) in self.columns.iter_mut().zip(&other.columns) {
            *a = a.wrapping_add(*b);
        }
        for (a, b) in self.nulls.iter_mut().zip(&other.nulls) {
            *a += b;
        }
    }

    /// The digest of all rows seen.
    pub fn finish(&self) -> TableDigest {
        let mut head = Sha256::new();
        for name in &self.names {
            head.update((name.len() as u64).to_le_bytes());
            head.update(name.as_bytes());
        }
        head.update((self.n_key as u64).to_le_bytes());
        head.update(self.rows.count().to_le_bytes());
        for limb in self.rows.limbs {
            head.update(limb.to_le_bytes());
        }
        let mut columns: Vec<ColumnDigest> = self
            .names
            .iter()
            .zip(&self.columns)
            .zip(&self.nulls)
            .map(|((name, sum), nulls)| ColumnDigest {
                name: name.clone(),
                digest: format!("{sum:032x}"),
                nulls: *nulls,
            })
            .collect();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        TableDigest {
            rows: self.rows.count(),
            digest: head.finalize().iter().map(|b| format!("{b:02x}")).collect(),
            columns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;
    use proptest::prelude::*;

    fn table(rows: &[(i64, &str, f64)]) -> TableDigest {
        let mut hasher = RowHasher::new(&["id".into()], &["name".into(), "x".into()]);
        for (id, name, x) in rows {
            for cell in [Cell::Int(*id), Cell::Text(name.as_bytes()), Cell::Double(*x)] {
                cell.write_canonical(hasher.buffer());
                hasher.end_cell(cell == Cell::Null);
            }
            hasher.end_row();
            hasher.clear_row();
        }
        hasher.finish()
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        assert_eq!(table(&[(1, "a", 0.5), (2, "b", 1.5)]), table(&[(2, "b", 1.5), (1, "a", 0.5)]));
    }

    #[test]
    fn values_swapped_between_rows_are_seen_and_the_column_is_named() {
        let (before, after) =
            (table(&[(1, "a", 0.5), (2, "b", 1.5)]), table(&[(1, "b", 0.5), (2, "a", 1.5)]));
        assert_ne!(before.digest, after.digest);
        let differing: Vec<&str> = before
            .columns
            .iter()
            .zip(&after.columns)
            .filter(|(a, b)| a != b)
            .map(|(a, _)| a.name.as_str())
            .collect();
        assert_eq!(differing, ["name"]);
    }

    #[test]
    fn the_same_edit_in_two_rows_does_not_cancel() {
        let before = table(&[(1, "a", 0.5), (2, "a", 0.5)]);
        assert_ne!(before.digest, table(&[(1, "b", 0.5), (2, "b", 0.5)]).digest);
    }

    #[test]
    fn a_row_that_occurs_twice_does_not_cancel() {
        let rows = [(1, "a", 0.5), (1, "a", 0.5), (1, "a", 0.5)];
        assert_ne!(table(&rows).digest, table(&rows[..1]).digest);
    }

    #[test]
    fn the_format_is_stable() {
        insta::assert_snapshot!(table(&[(1, "a", 0.5), (2, "b", 1.5)]).digest, @"702ff2b61565c6d7aa03ce05cd6af2d35bd5fcd0e3ad56ef13f60f32ee373eed");
    }

    proptest! {
        #[test]
        fn merging_parts_equals_hashing_the_whole(digests in prop::collection::vec(any::<[u8; 32]>(), 0..20), cut in 0usize..20) {
            let cut = cut.min(digests.len());
            let sum = |part: &[[u8; 32]]| { let mut s = SetDigest::default(); part.iter().for_each(|d| s.add(d)); s };
            let mut merged = sum(&digests[..cut]);
            merged.merge(&sum(&digests[cut..]));
            prop_assert_eq!(merged, sum(&digests));
        }
    }
}
