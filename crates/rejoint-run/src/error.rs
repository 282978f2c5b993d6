//! Errors of a run, by what the caller can do.

use thiserror::Error;

/// What a caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunClass {
    /// Run the same command again: everything done so far stays done.
    Resume,
    /// Something must be changed or decided first.
    Refused,
    /// The server or a store is not there or not usable.
    Environment,
    /// The data is not what it should be.
    Differs,
    /// A defect of rejoint.
    Bug,
}

/// An error of a run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The server.
    #[error("{context}: {source}")]
    Database {
        /// What was going on.
        context: String,
        /// Cause.
        source: rejoint_db::Error,
    },
    /// A store.
    #[error("{context}: {source}")]
    Store {
        /// What was going on.
        context: String,
        /// Cause.
        source: rejoint_store::Error,
    },
    /// Verification could not be carried out.
    #[error("{context}: {source}")]
    Verify {
        /// What was going on.
        context: String,
        /// Cause.
        source: rejoint_verify::Error,
    },
    /// A file of ours.
    #[error("cannot write {path}: {source}")]
    File {
        /// Path.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// Nothing was changed, and nothing will be before this is resolved.
    #[error("{what}. {way_out}")]
    Refused {
        /// What and where.
        what: String,
        /// What would allow it.
        way_out: String,
    },
    /// Data differs where it must not.
    #[error("{what}. {way_out}")]
    Differs {
        /// Tables, columns.
        what: String,
        /// What to do.
        way_out: String,
    },
    /// A defect.
    #[error("internal error: {0}")]
    Bug(String),
}

impl RunError {
    /// What can be done.
    pub fn class(&self) -> RunClass {
        match self {
            RunError::Database { source, .. } => match source.class() {
                rejoint_db::Class::Retry => RunClass::Resume,
                rejoint_db::Class::Lost | rejoint_db::Class::Full => RunClass::Environment,
                rejoint_db::Class::Denied | rejoint_db::Class::Refused => RunClass::Refused,
                rejoint_db::Class::Bug => RunClass::Bug,
            },
            RunError::Store { .. } | RunError::File { .. } => RunClass::Environment,
            RunError::Verify { source, .. } => match source.server_error().map(rejoint_db::Error::class) {
                Some(rejoint_db::Class::Denied | rejoint_db::Class::Refused) => RunClass::Refused,
                Some(rejoint_db::Class::Bug) => RunClass::Bug,
                Some(rejoint_db::Class::Retry) => RunClass::Resume,
                // a pointer that leads nowhere is a fact about the data
                None if matches!(source, rejoint_verify::Error::Pointer { .. }) => RunClass::Differs,
                _ => RunClass::Environment,
            },
            RunError::Refused { .. } => RunClass::Refused,
            RunError::Differs { .. } => RunClass::Differs,
            RunError::Bug(_) => RunClass::Bug,
        }
    }

    pub(crate) fn refused(what: impl Into<String>, way_out: impl Into<String>) -> Self {
        RunError::Refused { what: what.into(), way_out: way_out.into() }
    }
}

/// Adds what was going on to an error.
pub(crate) trait Context<T> {
    /// See the trait.
    fn context(self, context: impl Into<String>) -> Result<T, RunError>;
}

impl<T> Context<T> for Result<T, rejoint_db::Error> {
    fn context(self, context: impl Into<String>) -> Result<T, RunError> {
        self.map_err(|source| RunError::Database { context: context.into(), source })
    }
}

impl<T> Context<T> for Result<T, rejoint_store::Error> {
    fn context(self, context: impl Into<String>) -> Result<T, RunError> {
        self.map_err(|source| RunError::Store { context: context.into(), source })
    }
}

impl<T> Context<T> for Result<T, rejoint_verify::Error> {
    fn context(self, context: impl Into<String>) -> Result<T, RunError> {
        self.map_err(|source| match source {
            rejoint_verify::Error::Server(source) => RunError::Database { context: context.into(), source },
            source => RunError::Verify { context: context.into(), source },
        })
    }
}
