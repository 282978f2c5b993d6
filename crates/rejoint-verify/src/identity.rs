//! What a pointer stands for, on the legacy and on the 2.x side alike.

use rejoint_model::{ExternalKind, TableName};
use rejoint_value::write_bytes;
use serde::{Deserialize, Serialize};

/// Tag of an object in a row's canonical bytes; the tags of cells are smaller. Part of the certificate format.
const OBJECT: u8 = 0x40;

/// Identity of an object: what must be the same before and after, wherever the object lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ObjectIdentity {
    /// A packed blob.
    Blob {
        /// Store.
        store: String,
        /// MD5 of its bytes.
        md5: [u8; 16],
        /// Bytes; `None` if a 2.x pointer does not say.
        size: Option<u64>,
    },
    /// An attachment.
    Attach {
        /// Store.
        store: String,
        /// MD5 of its name, a NUL, and its bytes. Two names with the same content are two attachments.
        md5: [u8; 16],
    },
    /// A file at a path of its own.
    Filepath {
        /// Store.
        store: String,
        /// Path in the store, as written in the database.
        path: String,
        /// MD5 of its bytes, if one was recorded.
        md5: Option<[u8; 16]>,
        /// Bytes; `None` for a folder of 2.x.
        size: Option<u64>,
    },
}

impl ObjectIdentity {
    /// Appends the identity as one cell of a row. No plain cell has the same bytes.
    ///
    /// Format: tag 0x40, length (u64), then kind (1 blob, 2 attach, 3 filepath), store (u64 length, UTF-8), and for a blob MD5
    /// and size, for an attachment MD5, for a filepath path (u64 length, UTF-8), MD5 and size. Optional parts have a leading
    /// byte 0 or 1; numbers are little-endian.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        write_bytes(out, OBJECT, &self.bytes());
    }

    /// The bytes inside the tag: see [`ObjectIdentity::write_canonical`].
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        let text = |out: &mut Vec<u8>, text: &str| {
            out.extend_from_slice(&(text.len() as u64).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        let optional = |out: &mut Vec<u8>, bytes: Option<&[u8]>| match bytes {
            None => out.push(0),
            Some(bytes) => {
                out.push(1);
                out.extend_from_slice(bytes);
            }
        };
        match self {
            ObjectIdentity::Blob { store, md5, size } => {
                out.push(1);
                text(&mut out, store);
                out.extend_from_slice(md5);
                optional(&mut out, size.map(u64::to_le_bytes).as_ref().map(|n| n.as_slice()));
            }
            ObjectIdentity::Attach { store, md5 } => {
                out.push(2);
                text(&mut out, store);
                out.extend_from_slice(md5);
            }
            ObjectIdentity::Filepath { store, path, md5, size } => {
                out.push(3);
                text(&mut out, store);
                text(&mut out, path);
                optional(&mut out, md5.as_ref().map(|md5| md5.as_slice()));
                optional(&mut out, size.map(u64::to_le_bytes).as_ref().map(|n| n.as_slice()));
            }
        }
        out
    }

    /// What kind of object.
    pub fn kind(&self) -> ExternalKind {
        match self {
            ObjectIdentity::Blob { .. } => ExternalKind::Blob,
            ObjectIdentity::Attach { .. } => ExternalKind::Attach,
            ObjectIdentity::Filepath { .. } => ExternalKind::Filepath,
        }
    }

    /// The store.
    pub fn store(&self) -> &str {
        match self {
            ObjectIdentity::Blob { store, .. }
            | ObjectIdentity::Attach { store, .. }
            | ObjectIdentity::Filepath { store, .. } => store,
        }
    }

    /// MD5 that the logical content must have, if known. The logical content of an attachment is its name, NUL and bytes.
    pub fn md5(&self) -> Option<[u8; 16]> {
        match self {
            ObjectIdentity::Blob { md5, .. } | ObjectIdentity::Attach { md5, .. } => Some(*md5),
            ObjectIdentity::Filepath { md5, .. } => *md5,
        }
    }
}

/// A cell: where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellPlace {
    /// Table.
    pub table: TableName,
    /// Logical column.
    pub column: String,
    /// The row's key, readable.
    pub key: String,
}

/// An object that a row refers to, and where it should lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// What it is. Its store is [`ObjectIdentity::store`].
    pub identity: ObjectIdentity,
    /// Paths in the store at which DataJoint would look, in that order. More than one only for blobs of 0.11 that 0.12 took over.
    pub paths: Vec<String>,
    /// Bytes of the object in the store, if recorded.
    pub size: Option<u64>,
    /// For an attachment in the legacy form (content only): the name that belongs before the content. `None` for everything else.
    pub legacy_attachment_name: Option<String>,
    /// A folder of 2.x.
    pub is_folder: bool,
    /// The first row that refers to it.
    pub first: CellPlace,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rejoint_value::Cell;

    fn canonical(identity: &ObjectIdentity) -> Vec<u8> {
        let mut out = Vec::new();
        identity.write_canonical(&mut out);
        out
    }

    #[test]
    fn an_identity_is_no_plain_cell_and_no_other_identity() {
        let (store, md5) = ("raw".to_owned(), [7; 16]);
        let all = [
            canonical(&ObjectIdentity::Blob { store: store.clone(), md5, size: Some(1) }),
            canonical(&ObjectIdentity::Blob { store: store.clone(), md5, size: Some(2) }),
            canonical(&ObjectIdentity::Blob { store: store.clone(), md5, size: None }),
            canonical(&ObjectIdentity::Attach { store: store.clone(), md5 }),
            canonical(&ObjectIdentity::Filepath {
                store: store.clone(),
                path: "a".into(),
                md5: Some(md5),
                size: None,
            }),
            canonical(&ObjectIdentity::Filepath {
                store: "ra".into(),
                path: "wa".into(),
                md5: Some(md5),
                size: None,
            }),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        let mut plain = Vec::new();
        Cell::Bytes(&all[0]).write_canonical(&mut plain);
        assert_ne!(plain[0], all[0][0]);
    }

    #[test]
    fn the_format_is_stable() {
        let identity =
            ObjectIdentity::Filepath { store: "s".into(), path: "p".into(), md5: None, size: Some(258) };
        insta::assert_snapshot!(data_encoding::HEXLOWER.encode(&canonical(&identity)), @"401d000000000000000301000000000000007301000000000000007000010201000000000000");
    }
}
