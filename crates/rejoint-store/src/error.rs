//! Errors of stores, by what the caller can do.

use std::io;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, in which store, with which object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The object does not exist, and its store does.
    #[error("store {store:?} has no object {path:?}")]
    NotFound {
        /// Name of the store.
        store: String,
        /// Path in the store.
        path: String,
    },
    /// The store itself cannot be reached. Says nothing about its objects.
    #[error(
        "store {store:?} cannot be reached at {location:?}; check that it is mounted, or give its place with --store NAME=FOLDER"
    )]
    Unreachable {
        /// Name of the store.
        store: String,
        /// Its place.
        location: String,
        /// What the operating system said, if it was asked.
        #[source]
        source: Option<io::Error>,
    },
    /// No room for a new object; nothing of it is left.
    #[error("store {store:?} has no room for {path:?}; free some and run again")]
    NoSpace {
        /// Name of the store.
        store: String,
        /// Path in the store.
        path: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Not allowed.
    #[error("store {store:?} does not permit access to {path:?}; check the permissions of this user")]
    Denied {
        /// Name of the store.
        store: String,
        /// Path in the store.
        path: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There is an object of this name with other content. It was not touched.
    #[error("store {store:?} already has another object at {path:?}; it was left as it is")]
    Conflict {
        /// Name of the store.
        store: String,
        /// Path in the store.
        path: String,
    },
    /// The content to be written could not be read, or was not what it should be. Nothing was written.
    #[error("the content for {path:?} in store {store:?} could not be read")]
    Content {
        /// Name of the store that was to be written.
        store: String,
        /// Path in that store.
        path: String,
        /// What the reader said.
        #[source]
        source: io::Error,
    },
    /// Any other failure of reading or writing.
    #[error("store {store:?} failed at {path:?}")]
    Io {
        /// Name of the store.
        store: String,
        /// Path in the store.
        path: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A text that cannot be the path of an object: absolute, leading out of the store, with NUL.
    #[error("{path:?} cannot name an object in a store: {reason}")]
    InvalidPath {
        /// The text.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// A text that is no hash of the expected form.
    #[error("{text:?} is not a content hash: {expected} are expected")]
    InvalidHash {
        /// The text.
        text: String,
        /// The expected form.
        expected: &'static str,
    },
    /// JSON that is no pointer 2.x could read.
    #[error("not a pointer to an object: {reason}")]
    InvalidPointer {
        /// Why.
        reason: String,
    },
    /// A protocol rejoint does not speak.
    #[error(
        "store {store:?} uses the protocol {protocol:?}, which rejoint does not support; copy or mount its objects and give the folder with --store NAME=FOLDER"
    )]
    Unsupported {
        /// Name of the store.
        store: String,
        /// Its protocol.
        protocol: String,
    },
}

impl Error {
    /// Sorts an error of the operating system by what can be done. `NotFound` must be told apart by the caller, who knows
    /// whether the store is there.
    pub(crate) fn from_io(store: &str, path: &str, source: io::Error) -> Self {
        let (store, path) = (store.to_owned(), path.to_owned());
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { store, path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { store, path, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { store, path, source }
            }
            _ => Self::Io { store, path, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_are_sorted_by_what_can_be_done() {
        let of = |kind: io::ErrorKind| Error::from_io("s", "p", kind.into());
        assert!(matches!(of(io::ErrorKind::StorageFull), Error::NoSpace { .. }));
        assert!(matches!(of(io::ErrorKind::QuotaExceeded), Error::NoSpace { .. }));
        assert!(matches!(of(io::ErrorKind::ReadOnlyFilesystem), Error::Denied { .. }));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), Error::Denied { .. }));
        assert!(matches!(of(io::ErrorKind::NotFound), Error::NotFound { .. }));
        assert!(matches!(of(io::ErrorKind::TimedOut), Error::Io { .. }));
    }
}
