//! What is wrong in a configuration.

use std::fmt;

use serde::Serialize;

use crate::Origin;

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Something is not as its author thinks; work can go on.
    Warning,
    /// Work must not go on before a person has corrected it.
    Error,
}

/// The kind of a problem: stable names for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemCode {
    /// A file is not JSON, or not an object.
    BadFile,
    /// A key the client does not know.
    UnknownKey,
    /// A key of the other generation, ignored by this one.
    OtherGeneration,
    /// A value of the wrong type or out of range.
    BadValue,
    /// 0.x and 2.x settings contradict each other.
    Conflict,
    /// An environment variable that is ignored, or shadowed by a file, against expectation.
    VariableIgnored,
    /// An environment variable that keeps the client from starting.
    VariableFatal,
    /// A store without a required attribute, with an unknown one, or with an unknown protocol.
    BadStore,
    /// A store as 0.11 configured it.
    LegacyExternal,
    /// A secret that stands in clear text in a file.
    ClearTextSecret,
    /// A host that needs something rejoint does not do (plug-in) or the clients cannot read (IPv6).
    Host,
    /// The default store cannot be used without its name.
    DefaultStore,
    /// Something 2.x has no counterpart for.
    NotExpressible,
}

/// One thing that is wrong, where, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// Its kind.
    pub code: ProblemCode,
    /// Where it is.
    pub origin: Origin,
    /// The store it is about: an error about a store matters only to work that needs this store.
    pub store: Option<String>,
    /// What is wrong. Never contains a secret.
    pub message: String,
    /// What to do, if it is known.
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(
        severity: Severity,
        code: ProblemCode,
        origin: Origin,
        message: impl Into<String>,
    ) -> Self {
        Self { severity, code, origin, store: None, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn store(mut self, store: &str) -> Self {
        self.store = Some(store.to_owned());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}", self.message)?;
        if self.origin != Origin::Default {
            write!(f, " ({})", self.origin)?;
        }
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}
