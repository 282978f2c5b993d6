//! The driver's errors as rejoint's.

use rejoint_db::{Error, excerpt};

pub(crate) fn from_driver(error: mysql::Error, statement: &str) -> Error {
    match error {
        mysql::Error::MySqlError(e) => {
            Error::Server { code: e.code, message: e.message, statement: excerpt(statement) }
        }
        other => Error::Lost { statement: excerpt(statement), message: other.to_string() },
    }
}
