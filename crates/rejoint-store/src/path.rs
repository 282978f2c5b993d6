//! Paths of objects in a store.

use std::fmt;

use serde::Serialize;

use crate::{Error, Result};

/// The path of an object below its store's location: parts joined by `/`, exact names, nothing encoded.
///
/// Never empty, absolute, or with a part that is empty, `.` or `..`, or with NUL: it cannot lead out of the store. Everything
/// else is allowed, since attachments carry the names people gave them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct StorePath(String);

impl StorePath {
    /// Takes `path` as it is.
    ///
    /// # Errors
    /// [`Error::InvalidPath`].
    pub fn new(path: impl Into<String>) -> Result<Self> {
        let path = path.into();
        match Self::reason_against(&path) {
            None => Ok(Self(path)),
            Some(reason) => Err(Error::InvalidPath { path, reason }),
        }
    }

    fn reason_against(path: &str) -> Option<&'static str> {
        if path.is_empty() {
            return Some("it is empty");
        }
        if path.contains('\0') {
            return Some("it contains a NUL character");
        }
        if path.starts_with('/') {
            return Some("it is absolute");
        }
        path.split('/').find_map(|part| match part {
            ".." => Some("it leads out of the store with .."),
            "" | "." => Some("it has an empty part or a part ."),
            _ => None,
        })
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for StorePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Joins as Python's `PurePosixPath(first, second, …)` prints it: empty and `.` parts vanish, an absolute piece replaces all
/// before it, `..` stays. Used where DataJoint builds names that way.
pub fn join_posix<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
    let mut root = "";
    let mut parts: Vec<&str> = Vec::new();
    for piece in pieces {
        if piece.starts_with('/') {
            parts.clear();
            // POSIX gives exactly two leading slashes a meaning of their own, and Python keeps them.
            root = if piece.starts_with("//") && !piece.starts_with("///") { "//" } else { "/" };
        }
        parts.extend(piece.split('/').filter(|part| !part.is_empty() && *part != "."));
    }
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_leave_the_store() {
        for path in ["", "/etc/passwd", "a/../b", "..", "a//b", "a/", "./a", "a/./b", "a\0b"] {
            assert!(matches!(StorePath::new(path), Err(Error::InvalidPath { .. })), "{path:?}");
        }
        for path in ["a", "..a", "a..", "...", "a b/%2e%2e/ü", r"a\..\b", "C:/x", "-rf", "~"] {
            assert_eq!(StorePath::new(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn join_follows_pure_posix_path() {
        assert_eq!(join_posix(["a", "", "b//c/./d/"]), "a/b/c/d");
        assert_eq!(join_posix(["a", "/b", "c"]), "/b/c");
        assert_eq!(join_posix(["//a", "b"]), "//a/b");
        assert_eq!(join_posix(["a", "../b"]), "a/../b");
    }
}
