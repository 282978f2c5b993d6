//! Proof that a blob was understood: decode it, write it again, compare the bytes.

use crate::container::Container;
use crate::error::Error;
use crate::reader::{DecodeOptions, attempts};
use crate::writer::{Compress, EncodeOptions, encode_plain};

/// Result of writing a decoded blob again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recheck {
    /// The plain bytes are the same.
    Same,
    /// They are not, first at this byte: the blob holds something in an unusual form (a bool of 2, an integer with
    /// spare bytes). The value is still what Python reads.
    Differs {
        /// First differing byte of the plain bytes.
        offset: usize,
    },
}

/// Decodes a blob, writes the plain form with the same protocol and width, and compares.
///
/// # Errors
/// Those of [`decode`](crate::decode).
pub fn recheck(stored: &[u8], options: &DecodeOptions) -> Result<Recheck, Error> {
    attempts(options.dims, stored, |header, width| {
        let container = Container::open(stored, header, options.max_inflated)?;
        let decoded = container.decode(width, options.max_depth)?;
        let options = EncodeOptions { protocol: Some(decoded.protocol), compress: Compress::Never, width };
        let again = encode_plain(&decoded.value, &options).unwrap_or_default();
        if again.as_slice() == container.plain.as_ref() {
            return Ok(Recheck::Same);
        }
        let same = again.iter().zip(container.plain.iter()).take_while(|(a, b)| a == b).count();
        Ok(Recheck::Differs { offset: same })
    })
}
