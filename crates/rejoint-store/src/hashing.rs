//! Hashes of objects in one streaming pass.

use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::object_store::{ObjectStore, read_full};
use crate::{Error, Result, StorePath, parallel, v2};

/// Bytes read at a time.
pub const BUFFER_BYTES: usize = 1 << 20;

/// Size and hashes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// What DataJoint identifies content by.
    pub md5: [u8; 16],
    /// What rejoint certifies content by.
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
}

/// How far [`digest_many`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Objects done, failed ones included.
    pub n_objects: u64,
    /// Objects that could not be read.
    pub n_failed: u64,
    /// Bytes hashed.
    pub n_bytes: u64,
}

/// Hashes all of `reader`.
///
/// # Errors
/// Those of `reader`.
pub fn digest_reader(reader: &mut dyn Read) -> io::Result<Digest> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut md5, mut sha256, mut size) = (Md5::new(), Sha256::new(), 0_u64);
    loop {
        let n = read_full(reader, &mut buffer)?;
        let bytes = buffer.get(..n).unwrap_or_default();
        md5.update(bytes);
        sha256.update(bytes);
        size = size.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
        if n < buffer.len() {
            return Ok(Digest { md5: md5.finalize().into(), sha256: sha256.finalize().into(), size });
        }
    }
}

/// Hashes one object.
///
/// # Errors
/// Those of [`ObjectStore::read`], and [`Error::Io`] if reading breaks off.
pub fn digest(store: &dyn ObjectStore, path: &StorePath) -> Result<Digest> {
    let mut content = store.read(path)?;
    digest_reader(&mut content).map_err(|source| Error::from_io(store.name(), path.as_str(), source))
}

/// Hashes objects on `threads` threads. `on_result` gets each result on the calling thread, in the order they are ready, with the
/// progress so far; it can stop the work.
pub fn digest_many(
    store: &dyn ObjectStore,
    paths: impl IntoIterator<Item = StorePath>,
    threads: NonZeroUsize,
    mut on_result: impl FnMut(Progress, StorePath, Result<Digest>) -> ControlFlow<()>,
) -> Progress {
    let mut progress = Progress::default();
    let work = |path: StorePath| {
        let result = digest(store, &path);
        (path, result)
    };
    parallel::for_each(paths.into_iter(), threads, NonZeroUsize::MIN, work, |(path, result)| {
        progress.n_objects += 1;
        match &result {
            Ok(digest) => progress.n_bytes = progress.n_bytes.saturating_add(digest.size),
            Err(_) => progress.n_failed += 1,
        }
        on_result(progress, path, result)
    });
    progress
}

/// MD5 of a whole text, e.g. of a filepath as 0.x identifies it.
pub(crate) fn md5_of(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// Passes a reader's bytes through and fails at their end if their MD5 is not the expected one.
///
/// Given to [`ObjectStore::write_new`], it keeps damaged content from getting a name.
#[derive(Debug)]
pub struct VerifyingReader<R> {
    inner: R,
    md5: Option<Md5>,
    expected: [u8; 16],
    n_bytes: u64,
}

impl<R: Read> VerifyingReader<R> {
    /// Checks `inner` against `expected`.
    pub fn new(inner: R, expected: [u8; 16]) -> Self {
        Self { inner, md5: Some(Md5::new()), expected, n_bytes: 0 }
    }

    /// Bytes passed so far.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }
}

impl<R: Read> Read for VerifyingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let n = self.inner.read(buffer)?;
        if n > 0 {
            if let Some(md5) = &mut self.md5 {
                md5.update(buffer.get(..n).unwrap_or_default());
            }
            self.n_bytes = self.n_bytes.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
            return Ok(n);
        }
        // Checked once; a reader asked again at its end stays at its end.
        let Some(md5) = self.md5.take() else { return Ok(0) };
        let found: [u8; 16] = md5.finalize().into();
        if found == self.expected {
            return Ok(0);
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("its MD5 is {} and should be {}", v2::hex(&found), v2::hex(&self.expected)),
        ))
    }
}
