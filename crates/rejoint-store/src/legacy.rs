//! Where 0.x keeps objects, and what a row of its tracking table `~external_<store>` means.
//!
//! Paths are relative to the store's location. Source: `datajoint/external.py` of 0.14.10; unchanged since 0.12.0.

use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::path::join_posix;
use crate::{Result, StorePath};

/// Length of the SHA-256 part of a 0.11 hash, in characters.
const HASH_011_CHARS: usize = 43;

/// One row of `~external_<store>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrackingRow {
    /// Column `hash`: the 16 bytes user tables refer to.
    pub hash: [u8; 16],
    /// Column `size`: bytes of the object.
    pub size: u64,
    /// Column `attachment_name`.
    pub attachment_name: Option<String>,
    /// Column `filepath`.
    pub filepath: Option<String>,
    /// Column `contents_hash`.
    pub contents_hash: Option<[u8; 16]>,
}

/// What a tracking row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// A packed blob; the hash is the MD5 of its bytes.
    Blob,
    /// An attachment; the hash is the MD5 of `name\0content`, the object is the content.
    Attachment,
    /// A file in place; the hash is the MD5 of its relative path, `contents_hash` that of its bytes or `None`.
    Filepath,
    /// A blob of 0.11 taken over by 0.12; the hash is the MD5 of `filepath`, `contents_hash` that of the bytes.
    MigratedBlob,
    /// None of the above, e.g. both an attachment name and a filepath. Must not be interpreted.
    Unknown,
}

impl TrackingRow {
    /// What the row stands for, in the tracking table of `schema`.
    ///
    /// A migrated blob and a filepath have the same columns. It is a migrated blob if the filepath is `<schema>/` and
    /// a hash of 0.11 (43 characters of base64, then a store name). Where it matters, ask the referencing column's comment.
    pub fn kind(&self, schema: &str) -> RowKind {
        match (&self.attachment_name, &self.filepath, &self.contents_hash) {
            (None, None, None) => RowKind::Blob,
            (Some(_), None, None) => RowKind::Attachment,
            (None, Some(path), Some(_)) if is_hash_011_path(path, schema) => RowKind::MigratedBlob,
            (None, Some(_), _) => RowKind::Filepath,
            _ => RowKind::Unknown,
        }
    }

    /// The paths at which 0.x looks for the object, in its order; empty for [`RowKind::Unknown`].
    ///
    /// # Errors
    /// [`crate::Error::InvalidPath`] if a name or filepath leads out of the store or cannot exist.
    pub fn paths(&self, schema: &str, subfolding: &[usize]) -> Result<Vec<StorePath>> {
        match (self.kind(schema), &self.attachment_name, &self.filepath) {
            (RowKind::Blob, ..) => Ok(vec![blob_path(schema, &self.hash, subfolding)?]),
            (RowKind::Attachment, Some(name), _) => {
                Ok(vec![attachment_path(schema, &self.hash, subfolding, name)?])
            }
            (RowKind::Filepath, _, Some(path)) => Ok(vec![filepath_path(path)?]),
            (RowKind::MigratedBlob, _, Some(path)) => {
                Ok(vec![blob_path(schema, &self.hash, subfolding)?, filepath_path(path)?])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// MD5 the object's bytes must have, and the text hashed before them (attachments: name and NUL).
    /// `None` where 0.x keeps no hash of the content.
    pub fn content_md5(&self, schema: &str) -> Option<([u8; 16], Vec<u8>)> {
        match (self.kind(schema), &self.attachment_name) {
            (RowKind::Blob, _) => Some((self.hash, Vec::new())),
            (RowKind::Attachment, Some(name)) => Some((self.hash, [name.as_bytes(), b"\0"].concat())),
            (RowKind::Filepath | RowKind::MigratedBlob, _) => Some((self.contents_hash?, Vec::new())),
            _ => None,
        }
    }
}

fn is_hash_011_path(path: &str, schema: &str) -> bool {
    let Some(hash) = path.strip_prefix(schema).and_then(|rest| rest.strip_prefix('/')) else {
        return false;
    };
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_store = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    hash.chars().take_while(|c| is_base64(*c)).count() >= HASH_011_CHARS
        && hash.chars().skip(HASH_011_CHARS).all(is_store)
}

/// Folder names cut from `name`: lower-cased pieces of the given lengths. `("aBCdefg", [2, 3])` gives `ab`, `cde`.
/// Pieces past the end of the name are left out.
pub fn subfold(name: &str, subfolding: &[usize]) -> Vec<String> {
    let mut chars = name.chars();
    subfolding
        .iter()
        .map(|length| chars.by_ref().take(*length).collect::<String>().to_lowercase())
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn hash_path(schema: &str, hash: &[u8; 16], subfolding: &[usize]) -> String {
    let hex = HEXLOWER.encode(hash);
    let folds = subfold(&hex, subfolding).join("/");
    join_posix([schema, &folds, &hex])
}

/// A blob: `<schema>/6c/c2/6cc2…`.
///
/// # Errors
/// [`crate::Error::InvalidPath`] if the schema name cannot be a folder.
pub fn blob_path(schema: &str, hash: &[u8; 16], subfolding: &[usize]) -> Result<StorePath> {
    StorePath::new(hash_path(schema, hash, subfolding))
}

/// An attachment: the path of a blob, a dot, and the file name as it is.
///
/// # Errors
/// [`crate::Error::InvalidPath`] if the name contains `/` or NUL or is empty, which 0.x cannot have written.
pub fn attachment_path(
    schema: &str,
    hash: &[u8; 16],
    subfolding: &[usize],
    attachment_name: &str,
) -> Result<StorePath> {
    if attachment_name.contains('/') || attachment_name.is_empty() {
        return Err(crate::Error::InvalidPath {
            path: attachment_name.to_owned(),
            reason: "an attachment's name must be a file name",
        });
    }
    StorePath::new(format!("{}.{attachment_name}", hash_path(schema, hash, subfolding)))
}

/// A filepath: the column's text, normalised as 0.x does. No schema name: all schemas share it.
///
/// # Errors
/// [`crate::Error::InvalidPath`] if it is absolute or contains `..`: 0.x would follow it out of the store, rejoint does not.
pub fn filepath_path(filepath: &str) -> Result<StorePath> {
    StorePath::new(join_posix([filepath]))
}

/// An object of 0.11 (`external`): `<schema>/<hash>`, where `hash` is the column's text including the store name.
///
/// # Errors
/// [`crate::Error::InvalidPath`].
pub fn external_path(schema: &str, hash: &str) -> Result<StorePath> {
    StorePath::new(join_posix([schema, hash]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOB: [u8; 16] =
        [0x6c, 0xc2, 0xab, 0x29, 0xc6, 0x70, 0x08, 0x8a, 0xd4, 0x2b, 0x8a, 0xa5, 0xb4, 0x50, 0x76, 0x46];

    #[test]
    fn blob_and_attachment_paths_are_those_of_0_14() {
        let path = |folds: &[usize]| blob_path("facts_ext0", &BLOB, folds).unwrap().to_string();
        assert_eq!(path(&[2, 2]), "facts_ext0/6c/c2/6cc2ab29c670088ad42b8aa5b4507646");
        assert_eq!(path(&[]), "facts_ext0/6cc2ab29c670088ad42b8aa5b4507646");
        let name = attachment_path("s", &BLOB, &[2, 2], "..a b.tar.gz").unwrap();
        assert_eq!(name.as_str(), "s/6c/c2/6cc2ab29c670088ad42b8aa5b4507646...a b.tar.gz");
        assert!(attachment_path("s", &BLOB, &[2, 2], "a/b").is_err());
    }

    #[test]
    fn kinds_follow_the_columns() {
        let row = |name: Option<&str>, path: Option<&str>, hash: Option<[u8; 16]>| TrackingRow {
            attachment_name: name.map(str::to_owned),
            filepath: path.map(str::to_owned),
            contents_hash: hash,
            ..TrackingRow::default()
        };
        let old = format!("lab/{}", "Ab-_".repeat(11).get(..43).unwrap());
        assert_eq!(row(None, None, None).kind("lab"), RowKind::Blob);
        assert_eq!(row(Some("a"), None, None).kind("lab"), RowKind::Attachment);
        assert_eq!(row(None, Some("a/b"), Some(BLOB)).kind("lab"), RowKind::Filepath);
        assert_eq!(row(None, Some("a/b"), None).kind("lab"), RowKind::Filepath);
        assert_eq!(row(None, Some(&old), Some(BLOB)).kind("lab"), RowKind::MigratedBlob);
        assert_eq!(row(None, Some(&format!("{old}raw")), Some(BLOB)).kind("lab"), RowKind::MigratedBlob);
        assert_eq!(row(None, Some(&format!("{old}.bin")), Some(BLOB)).kind("lab"), RowKind::Filepath);
        assert_eq!(row(None, Some(&old), Some(BLOB)).kind("other"), RowKind::Filepath);
        assert_eq!(row(Some("a"), Some("b"), None).kind("lab"), RowKind::Unknown);
        assert_eq!(row(None, None, Some(BLOB)).kind("lab"), RowKind::Unknown);
    }

    #[test]
    fn filepaths_that_leave_the_store_are_refused() {
        assert!(filepath_path("../other/file").is_err());
        assert!(filepath_path("/etc/passwd").is_err());
        assert_eq!(filepath_path("sub//./data.bin").unwrap().as_str(), "sub/data.bin");
    }
}
