//! What stops a scan. Everything else is a line of the report.

use thiserror::Error;

/// Why a scan could not be finished.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server cannot be asked any more, or not about the schemas that were named.
    #[error("the scan stopped while {doing}: {source}")]
    Server {
        /// What the scan was doing.
        doing: String,
        /// What the server or the driver said.
        #[source]
        source: rejoint_db::Error,
    },
}

impl Error {
    pub(crate) fn server(doing: &str) -> impl FnOnce(rejoint_db::Error) -> Self + '_ {
        move |source| Error::Server { doing: doing.to_owned(), source }
    }
}
