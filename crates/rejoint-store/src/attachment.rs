//! Attachments: 0.x stores the content alone, 2.x the name, a NUL and the content.
//!
//! Both hash `name\0content`, so the MD5 of the new object is the UUID of the old one.

use std::io::{self, Chain, Cursor, Read};

use md5::{Digest as _, Md5};

use crate::hashing::{VerifyingReader, digest_reader};
use crate::object_store::{ObjectStore, Written};
use crate::{Error, Result, StorePath, TrackingRow, v2};

/// A reader of `name\0content`.
#[derive(Debug)]
pub struct Rewrapped<R> {
    inner: Chain<Cursor<Vec<u8>>, R>,
    md5: Md5,
    n_bytes: u64,
}

impl<R> Rewrapped<R> {
    /// MD5 and size of what has been read; after reading to the end, of the new object.
    pub fn finish(self) -> ([u8; 16], u64) {
        (self.md5.finalize().into(), self.n_bytes)
    }
}

impl<R: Read> Read for Rewrapped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.md5.update(buffer.get(..n).unwrap_or_default());
        self.n_bytes = self.n_bytes.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
        Ok(n)
    }
}

/// The object 2.x reads, from the content of a 0.x attachment and its name.
///
/// # Errors
/// [`Error::InvalidPath`] if the name contains NUL: 2.x would cut there.
pub fn rewrap_attachment<R: Read>(content: R, name: &str) -> Result<Rewrapped<R>> {
    if name.contains('\0') {
        return Err(Error::InvalidPath {
            path: name.to_owned(),
            reason: "an attachment's name cannot contain a NUL character",
        });
    }
    let prefix = Cursor::new([name.as_bytes(), b"\0"].concat());
    Ok(Rewrapped { inner: prefix.chain(content), md5: Md5::new(), n_bytes: 0 })
}

/// The UUID bytes 0.x gives an attachment.
///
/// # Errors
/// Those of `content`.
pub fn legacy_attachment_hash(content: impl Read, name: &str) -> io::Result<[u8; 16]> {
    let mut whole = Cursor::new([name.as_bytes(), b"\0"].concat()).chain(content);
    Ok(digest_reader(&mut whole)?.md5)
}

/// Copies the attachment of `row` from its 0.x place to the new object `target_path`, and gives its size there.
///
/// The old object is left as it is. If its content does not have the hash in `row`, nothing is written.
///
/// # Errors
/// [`Error::InvalidPath`] if `row` is not an attachment's; [`Error::NotFound`] if the old object is missing;
/// [`Error::Content`] if it is damaged; those of [`ObjectStore::write_new`].
pub fn copy_attachment(
    source: &dyn ObjectStore,
    row: &TrackingRow,
    schema: &str,
    subfolding: &[usize],
    target: &dyn ObjectStore,
    target_path: &StorePath,
) -> Result<(Written, u64)> {
    let Some(name) = &row.attachment_name else {
        return Err(Error::InvalidPath {
            path: v2::hex(&row.hash),
            reason: "the row is not an attachment's",
        });
    };
    let source_path = crate::legacy::attachment_path(schema, &row.hash, subfolding, name)?;
    let content = source.read(&source_path)?;
    let mut content = VerifyingReader::new(rewrap_attachment(content, name)?, row.hash);
    let written = target.write_new(target_path, &mut content)?;
    Ok((written, content.n_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    const NAME: &str = "my file.tar.gz";
    const CONTENT: &[u8] = b"hello attach";

    fn hash() -> [u8; 16] {
        data_encoding::HEXLOWER.decode(b"6f2e00d347c84d6ecfb88c7f1f7b61bc").unwrap().try_into().unwrap()
    }

    #[test]
    fn rewrapped_content_has_the_legacy_hash() {
        let mut rewrapped = rewrap_attachment(CONTENT, NAME).unwrap();
        let mut bytes = Vec::new();
        rewrapped.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"my file.tar.gz\0hello attach");
        assert_eq!(rewrapped.finish(), (hash(), 27));
        assert_eq!(legacy_attachment_hash(CONTENT, NAME).unwrap(), hash());
        assert!(rewrap_attachment(CONTENT, "a\0b").is_err());
    }

    #[test]
    fn a_copied_attachment_is_complete_or_absent() {
        let (old, new) = (MemoryStore::new("old"), MemoryStore::new("new"));
        let row = TrackingRow {
            hash: hash(),
            size: 12,
            attachment_name: Some(NAME.into()),
            ..TrackingRow::default()
        };
        let old_path = row.paths("lab", &[2, 2]).unwrap().remove(0);
        let new_path = v2::hash_path(&row.hash, "lab", &[], "_hash").unwrap();
        let copy = || copy_attachment(&old, &row, "lab", &[2, 2], &new, &new_path);
        assert!(matches!(copy(), Err(Error::NotFound { .. })));
        old.tamper(&old_path, b"hello attacH");
        assert!(matches!(copy(), Err(Error::Content { .. })));
        assert_eq!(new.head(&new_path).unwrap(), None);
        old.tamper(&old_path, CONTENT);
        assert_eq!(copy().unwrap(), (Written::Created, 27));
        assert_eq!(copy().unwrap(), (Written::IdenticalExisted, 27));
        assert_eq!(crate::digest(&new, &new_path).unwrap().md5, row.hash);
    }
}
