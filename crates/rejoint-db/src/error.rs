//! Errors by what the caller can do.

use thiserror::Error;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Try the same again: a lock timeout, a deadlock.
    Retry,
    /// The connection is gone; whether the last statement took effect must be found out by looking.
    Lost,
    /// The account may not do this.
    Denied,
    /// The server refused the statement: wrong input, or a state that does not allow it.
    Refused,
    /// The server's disk is full.
    Full,
    /// A defect of rejoint.
    Bug,
}

/// An error of the server or of the way to it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection could be made.
    #[error("cannot connect to {user}@{host}:{port}: {message}")]
    Connect {
        /// Host.
        host: String,
        /// Port.
        port: u16,
        /// User.
        user: String,
        /// What the driver says; never holds the password.
        message: String,
        /// Was it the account that was refused?
        denied: bool,
    },
    /// The connection broke.
    #[error("the connection to the server was lost during: {statement}: {message}")]
    Lost {
        /// Beginning of the statement.
        statement: String,
        /// What the driver says.
        message: String,
    },
    /// The server answered with an error.
    #[error("the server refused: {message} (error {code}) in: {statement}")]
    Server {
        /// MySQL's error number.
        code: u16,
        /// Message.
        message: String,
        /// Beginning of the statement.
        statement: String,
    },
    /// The statement ran, but with warnings; in this project a warning is an error.
    #[error("the server warned: {message} (code {code}) in: {statement}")]
    Warning {
        /// MySQL's number.
        code: u16,
        /// Message.
        message: String,
        /// Beginning of the statement.
        statement: String,
    },
    /// The server's answer has not the expected shape.
    #[error("unexpected answer from the server: {what}")]
    Unexpected {
        /// What was expected.
        what: String,
    },
}

impl Error {
    /// What can be done about it.
    pub fn class(&self) -> Class {
        match self {
            Error::Connect { denied: true, .. } => Class::Denied,
            Error::Connect { .. } | Error::Lost { .. } => Class::Lost,
            Error::Server { code, .. } => match code {
                // lock wait timeout, deadlock
                1205 | 1213 => Class::Retry,
                // access denied in its forms; SUPER needed for triggers with binary log; 1142 command denied
                1044 | 1045 | 1142 | 1143 | 1227 | 1419 | 1370 => Class::Denied,
                // server gone, shutdown in progress, query interrupted, killed
                1053 | 1317 | 1927 | 2006 | 2013 => Class::Lost,
                // disk full, table full, no space left on device
                1021 | 1114 | 28 => Class::Full,
                _ => Class::Refused,
            },
            Error::Warning { .. } => Class::Refused,
            Error::Unexpected { .. } => Class::Bug,
        }
    }

    /// MySQL's error number, if the server gave one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Error::Server { code, .. } | Error::Warning { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// The beginning of a statement, for messages: one line, at most 160 characters.
pub fn excerpt(statement: &str) -> String {
    let mut short: String = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = short.char_indices().nth(160) {
        short.truncate(at);
        short.push('…');
    }
    short
}
