//! The decoded level: what a client gets from the blobs of a table.

use crate::evidence::{DecodedColumn, UndecodableCell};
use rejoint_blob::{DecodeOptions, decode, write_canonical};
use rejoint_value::SetDigest;
use sha2::{Digest as _, Sha256};

/// How many cells that cannot be decoded are named.
const EXAMPLES: usize = 5;

/// Accumulates the decoded level of one column.
#[derive(Debug)]
pub(crate) struct DecodedLevel {
    name: String,
    sum: SetDigest,
    n_undecodable: u64,
    examples: Vec<UndecodableCell>,
    options: DecodeOptions,
}

impl DecodedLevel {
    pub(crate) fn new(name: String) -> Self {
        let options = DecodeOptions::like_python();
        DecodedLevel { name, sum: SetDigest::default(), n_undecodable: 0, examples: Vec::new(), options }
    }

    /// Adds a cell that is not NULL. A cell that cannot be decoded counts, and is compared at the stored level only.
    pub(crate) fn add(&mut self, key: &[u8], stored: &[u8], show_key: impl FnOnce() -> String) {
        match decode(stored, &self.options) {
            Ok(decoded) => {
                let mut hash = Sha256::new();
                hash.update(key);
                write_canonical(&decoded.value, &mut |part| hash.update(part));
                self.sum.add(&hash.finalize().into());
            }
            Err(error) => {
                self.n_undecodable += 1;
                self.examples.push(UndecodableCell { key: show_key(), reason: error.to_string() });
                // The smallest by text, so that the order of rows does not matter.
                if self.examples.len() > EXAMPLES {
                    self.examples.sort();
                    self.examples.truncate(EXAMPLES);
                }
            }
        }
    }

    pub(crate) fn finish(mut self) -> DecodedColumn {
        self.examples.sort();
        DecodedColumn {
            name: self.name,
            digest: self.sum.hex(),
            decoded: self.sum.count(),
            undecodable: self.n_undecodable,
            examples: self.examples,
        }
    }
}
