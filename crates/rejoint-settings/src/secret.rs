//! Text that must never be shown.

use std::fmt;

use serde::{Serialize, Serializer};

/// What takes the place of a secret wherever it would be shown.
const HIDDEN: &str = "(hidden)";

/// A password or key. `Debug`, `Display` and `Serialize` write `(hidden)`; only [`Secret::expose`] gives the text.
///
/// The memory is not wiped on drop: a process that can read ours can also read the lab's configuration file.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Give it to a server or write it to a secret file; never to a log, a journal or a screen.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True if the text is empty (0.x takes an empty `DJ_PASS` as "no password needed").
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_formatting_reveals_the_text() {
        let secret = Secret::new("s3cret");
        let shown = format!("{secret} {secret:?} {secret:#?} {}", serde_json::to_string(&secret).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(secret.expose(), "s3cret");
    }
}
