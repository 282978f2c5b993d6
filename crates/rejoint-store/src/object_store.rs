//! The interface to the objects of one store.

use std::io::Read;

use rejoint_settings::{Protocol, StoreSpec};

use crate::{Error, FileStore, Result, StorePath};

/// What is known of an object without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// Bytes.
    pub size: u64,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path below the store's location.
    pub path: StorePath,
    /// Bytes.
    pub size: u64,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The object is new.
    Created,
    /// There was an object with exactly this content.
    IdenticalExisted,
}

/// Objects by path. Synchronous; one value may be used from many threads.
///
/// The operations are those `object_store` has for buckets (head, streaming get, conditional put, delete, list below a
/// prefix of whole parts), so a bucket can be put behind it: no folders, no rename, no append.
///
/// Every implementation passes the checks of the feature `conformance`.
pub trait ObjectStore: Send + Sync {
    /// Name of the store, as in settings and errors.
    fn name(&self) -> &str;

    /// Where it is, for messages, e.g. `folder /data/raw`. Holds no secret.
    fn describe(&self) -> String;

    /// Checks that the store itself is there and can be listed.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Denied`].
    fn reachable(&self) -> Result<()>;

    /// The object's size, or `None` if there is no such object. A folder is not an object.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if the store is gone: never `None` then.
    fn head(&self, path: &StorePath) -> Result<Option<Meta>>;

    /// The object's content.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unreachable`], [`Error::Denied`].
    fn read(&self, path: &StorePath) -> Result<Box<dyn Read + Send>>;

    /// Writes a new object, or finds it there with the same content. Other content under the name is left as it is.
    ///
    /// All or nothing: the name appears when the content is complete and on disk. If `content` ends in an error, nothing
    /// appears, so a reader that checks its own hash at the end guards the write ([`crate::VerifyingReader`]).
    ///
    /// # Errors
    /// [`Error::Conflict`], [`Error::Content`], [`Error::NoSpace`], [`Error::Unreachable`], [`Error::Denied`].
    fn write_new(&self, path: &StorePath, content: &mut dyn Read) -> Result<Written>;

    /// Makes sure there is no such object. Deleting what is not there is no error.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Denied`].
    fn delete(&self, path: &StorePath) -> Result<()>;

    /// All objects below `folder` (`None`: of the whole store), in any order, one by one. Empty if there is no such folder.
    /// An entry that cannot be read is an error; the listing goes on after it.
    fn list<'a>(&'a self, folder: Option<&StorePath>) -> Box<dyn Iterator<Item = Result<Entry>> + Send + 'a>;
}

/// Opens the store of `spec`. Relative locations are relative to the working directory, as in DataJoint.
///
/// # Errors
/// [`Error::Unsupported`] for every protocol but `file`; [`Error::Unreachable`] if the store is not there.
pub fn open(spec: &StoreSpec) -> Result<Box<dyn ObjectStore>> {
    match spec.protocol {
        Protocol::File => {
            let store = FileStore::new(&spec.name, &spec.location);
            store.reachable()?;
            Ok(Box::new(store))
        }
        _ => Err(Error::Unsupported { store: spec.name.clone(), protocol: spec.protocol.to_string() }),
    }
}

/// True if `existing` and `content` hold the same bytes. Errors of `content` and of `existing` are told apart.
pub(crate) fn same_content(
    existing: &mut dyn Read,
    content: &mut dyn Read,
) -> std::result::Result<bool, Side> {
    let mut ours = vec![0; COMPARE_BYTES];
    let mut theirs = vec![0; COMPARE_BYTES];
    let mut same = true;
    loop {
        let n = read_full(content, &mut ours).map_err(Side::Content)?;
        // The content is read to its end even after a difference: only there a guarding reader reports that it is wrong.
        if same {
            let m = read_full(existing, &mut theirs).map_err(Side::Existing)?;
            same = ours.get(..n) == theirs.get(..m);
        }
        if n < ours.len() {
            return Ok(same);
        }
    }
}

const COMPARE_BYTES: usize = 1 << 18;

/// Which of two readers failed.
pub(crate) enum Side {
    Existing(std::io::Error),
    Content(std::io::Error),
}

/// Fills `buffer` as far as the reader goes.
pub(crate) fn read_full(reader: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while let Some(rest) = buffer.get_mut(n..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n)
}
