//! What can go wrong with a dump.

use std::fmt;

/// A table, view, trigger or routine, with its database where the dump tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualifiedName {
    /// The database; `None` in a dump that never names it.
    pub database: Option<String>,
    /// The name.
    pub name: String,
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(database) = &self.database {
            write!(f, "`{}`.", database.replace('`', "``"))?;
        }
        write!(f, "`{}`", self.name.replace('`', "``"))
    }
}

/// For messages: the name, or that there is none.
fn or_none(name: Option<&QualifiedName>) -> String {
    name.map_or_else(|| "none".to_owned(), ToString::to_string)
}

/// Why a dump could not be read or written.
///
/// Positions count bytes from the start of the (decompressed) dump.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The dump ends too early. Take the dump again, or copy the file again.
    #[error(
        "the dump is cut off: it ends at byte {position}, {inside}; last complete table: {}; take or copy the dump again",
        or_none(.last_complete.as_ref())
    )]
    Truncated {
        /// Where the input ends.
        position: u64,
        /// What was not finished.
        inside: String,
        /// The last table whose rows were all there.
        last_complete: Option<QualifiedName>,
    },

    /// Bytes that no dump tool writes there.
    #[error(
        "the dump is damaged at byte {position}: {what}, near {near}; last complete table: {}; take or copy the dump again",
        or_none(.last_complete.as_ref())
    )]
    Damaged {
        /// The first byte that does not fit.
        position: u64,
        /// What is wrong.
        what: String,
        /// The bytes there, escaped, at most 40 of them.
        near: String,
        /// The last table whose rows were all there.
        last_complete: Option<QualifiedName>,
    },

    /// Valid perhaps, but not understood; reading on could give wrong values.
    #[error("not understood at byte {position}: {what}; {way_out}")]
    Refused {
        /// Where it starts.
        position: u64,
        /// What was found.
        what: String,
        /// What would allow it.
        way_out: String,
    },

    /// A row or statement is longer than [`crate::Limits`] allow. In a damaged dump a lost quote does this.
    #[error(
        "{what} that starts at byte {position} is longer than {limit} bytes; raise the limit if the dump is sound"
    )]
    TooLarge {
        /// Where it starts.
        position: u64,
        /// A row or a statement.
        what: &'static str,
        /// The limit.
        limit: usize,
    },

    /// The input could not be read: try again, or look at the file.
    #[error("cannot read the dump after byte {position}: {source}")]
    Read {
        /// How many bytes were read before.
        position: u64,
        /// The reason.
        source: std::io::Error,
    },

    /// A value is not what its column's type says.
    #[error("{table}, column `{column}`: {value} is no {expected}")]
    Value {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// The value, shortened.
        value: String,
        /// What it should be.
        expected: String,
    },

    /// Something that a dump cannot hold was to be written.
    #[error("cannot write {what} to a dump: {why}")]
    Unwritable {
        /// What.
        what: String,
        /// Why.
        why: String,
    },

    /// The output could not be written, for instance on a full disk.
    #[error("cannot write the dump: {0}")]
    Write(#[source] std::io::Error),
}

/// At most 40 bytes for a message: text as it is, the rest escaped.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let shown: String = bytes.iter().take(40).flat_map(|byte| byte.escape_ascii()).map(char::from).collect();
    let more = if bytes.len() > 40 { "…" } else { "" };
    format!("\"{shown}{more}\"")
}
