//! Errors as people see them: one message, what to do next, an exit code.

use crate::output;
use rejoint_db::Class;
use rejoint_run::{RunClass, RunError};
use serde::Serialize;

/// What kind of failure; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Differences or findings.
    Differs,
    /// Wrong usage or input.
    Input,
    /// Refused.
    Refused,
    /// Server, store or file.
    Environment,
    /// A defect.
    Bug,
}

/// A failure.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    hints: Vec<String>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into(), hints: Vec::new() }
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Failure::new(Kind::Input, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    pub(crate) fn code(&self) -> u8 {
        match self.kind {
            Kind::Differs => 1,
            Kind::Input => 2,
            Kind::Refused => 3,
            Kind::Environment => 4,
            Kind::Bug => 70,
        }
    }

    pub(crate) fn print(&self, json: bool) {
        if json {
            output::json(&serde_json::json!({
                "error": self.message, "kind": self.kind, "hints": self.hints, "exit_code": self.code(),
            }));
        }
        output::error(&self.message);
        for hint in &self.hints {
            output::hint(hint);
        }
    }
}

impl From<rejoint_db::Error> for Failure {
    fn from(error: rejoint_db::Error) -> Self {
        let refused_login = matches!(error, rejoint_db::Error::Connect { denied: true, .. });
        let (kind, hint) = match error.class() {
            Class::Denied if refused_login => {
                (Kind::Refused, "Check user and password; `rejoint config` shows where each comes from.")
            }
            Class::Denied => {
                (Kind::Refused, "The account lacks a privilege; `rejoint scan` lists those that apply needs.")
            }
            Class::Lost => {
                (Kind::Environment, "Check host, port and network; then run the same command again.")
            }
            Class::Retry => (Kind::Environment, "Another session holds a lock; run the same command again."),
            Class::Full => (
                Kind::Environment,
                "Make room on the server's disk (of a rehearsal: where its output folder is); then run the same command again.",
            ),
            Class::Refused => {
                (Kind::Refused, "Nothing more was changed; run the same command again after resolving it.")
            }
            Class::Bug => (Kind::Bug, "Please report this."),
        };
        Failure::new(kind, error.to_string()).hint(hint)
    }
}

/// The message with those of its causes that it does not hold itself, such as what the operating system said.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let kind = match error.class() {
            RunClass::Resume | RunClass::Environment => Kind::Environment,
            RunClass::Refused => Kind::Refused,
            RunClass::Differs => Kind::Differs,
            RunClass::Bug => Kind::Bug,
        };
        let failure = Failure::new(kind, with_causes(&error));
        match (&error, kind) {
            (RunError::Refused { .. } | RunError::Differs { .. }, _) => failure,
            (_, Kind::Environment) => failure.hint(
                "What was done stays done. Resolve it and run the same command again: it goes on from there.",
            ),
            (_, Kind::Bug) => {
                failure.hint("Please report this with the plan file and its journal (.journal.jsonl).")
            }
            _ => failure.hint("What was done stays done; run the same command again after resolving it."),
        }
    }
}

impl From<rejoint_sqlite::Error> for Failure {
    fn from(error: rejoint_sqlite::Error) -> Self {
        use rejoint_sqlite::Error;
        let text = with_causes(&error);
        match error {
            Error::Engine(error) => error.into(),
            Error::File { .. } => Failure::new(Kind::Environment, text),
            Error::Refused { .. } => Failure::new(Kind::Refused, text),
            Error::Dump(rejoint_dump::Error::Refused { .. }) | Error::Definition(_) => {
                Failure::new(Kind::Refused, text)
            }
            Error::Dump(rejoint_dump::Error::Read { .. } | rejoint_dump::Error::Write(_)) => {
                Failure::new(Kind::Environment, text)
            }
            _ => Failure::input(text),
        }
    }
}

impl From<rejoint_plan::PlanError> for Failure {
    fn from(error: rejoint_plan::PlanError) -> Self {
        use rejoint_plan::PlanError;
        match error {
            PlanError::Hash { .. } | PlanError::Format { .. } => {
                Failure::new(Kind::Refused, error.to_string())
            }
            _ => Failure::input(error.to_string()),
        }
    }
}

impl From<rejoint_verify::Error> for Failure {
    fn from(error: rejoint_verify::Error) -> Self {
        let text = with_causes(&error);
        match error {
            rejoint_verify::Error::Server(error) => error.into(),
            rejoint_verify::Error::Table { source, .. } => Failure { message: text, ..(*source).into() },
            rejoint_verify::Error::File { .. } | rejoint_verify::Error::Newer { .. } => Failure::input(text),
            _ => Failure::new(Kind::Environment, text),
        }
    }
}

impl From<rejoint_plan::ObserveError> for Failure {
    fn from(error: rejoint_plan::ObserveError) -> Self {
        match error {
            rejoint_plan::ObserveError::Database(error) => error.into(),
            other => Failure::new(Kind::Environment, other.to_string())
                .hint("Mount the store, or say where its objects are with --store NAME=FOLDER."),
        }
    }
}
