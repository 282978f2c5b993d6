//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// A generation of DataJoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Generation {
    /// 0.12 to 0.14 (`dj_local_conf.json`).
    #[serde(rename = "0.x")]
    Legacy,
    /// 2.x (`datajoint.json`).
    #[serde(rename = "2.x")]
    V2,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Legacy => "0.x",
            Self::V2 => "2.x",
        })
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// Not set anywhere: the client's own default.
    Default,
    /// A key of a settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The key in dotted form, e.g. `database.host`.
        key: String,
    },
    /// A file in a secrets folder.
    SecretFile {
        /// The file.
        path: PathBuf,
    },
    /// An environment variable.
    Variable {
        /// Its name, e.g. `DJ_HOST`.
        name: String,
    },
    /// An option on the command line.
    Flag {
        /// Its name with dashes, e.g. `--host`.
        name: String,
    },
}

impl Origin {
    pub(crate) fn file(path: &std::path::Path, key: impl Into<String>) -> Self {
        Self::File { path: path.to_path_buf(), key: key.into() }
    }

    pub(crate) fn variable(name: &str) -> Self {
        Self::Variable { name: name.to_owned() }
    }

    pub(crate) fn flag(name: &str) -> Self {
        Self::Flag { name: name.to_owned() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, key } if key.is_empty() => write!(f, "{}", path.display()),
            Self::File { path, key } => write!(f, "{}: {key}", path.display()),
            Self::SecretFile { path } => write!(f, "{}", path.display()),
            Self::Variable { name } => write!(f, "variable {name}"),
            Self::Flag { name } => write!(f, "option {name}"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it was set.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// A value nobody set.
    pub fn default_value(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// True if nobody set it.
    pub fn is_default(&self) -> bool {
        self.origin == Origin::Default
    }
}
