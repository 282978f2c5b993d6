//! What was rehearsed, where, and what a dump does not hold of it.

use rejoint_dump::{Loss, LossKind};
use rejoint_model::TableName;
use serde::{Deserialize, Serialize};

/// What was rehearsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Dump files, or the server.
    pub kind: SourceKind,
    /// File names, or `host:port`; never a user or a password.
    pub names: Vec<String>,
    /// Bytes of the files (as they lie there, compressed or not); of a server, data and indexes.
    pub bytes: Option<u64>,
    /// `MySQL`, `MariaDB`: of the server that was dumped or copied.
    pub product: Option<String>,
    /// Its version as it prints it.
    pub product_version: Option<String>,
    /// Does it end as a complete dump does? `None`: the tool does not tell. A server is complete.
    pub complete: Option<bool>,
    /// What speaks against completeness, and other things to know of the source.
    pub remarks: Vec<String>,
    /// Schemas.
    pub schemas: Vec<String>,
}

/// Where the data came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Files of mysqldump or mariadb-dump.
    Dump,
    /// A server.
    Server,
}

impl Source {
    /// Dump files by name.
    pub fn dump(names: Vec<String>, bytes: Option<u64>) -> Self {
        Source {
            kind: SourceKind::Dump,
            names,
            bytes,
            product: None,
            product_version: None,
            complete: None,
            remarks: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// A server, `host:port` or a URL; whatever stands in front of an `@` is left out.
    pub fn server(address: &str, product: &str, product_version: &str, schemas: Vec<String>) -> Self {
        Source {
            kind: SourceKind::Server,
            names: vec![without_login(address)],
            bytes: None,
            product: Some(product.to_owned()),
            product_version: Some(product_version.to_owned()),
            complete: Some(true),
            remarks: Vec::new(),
            schemas,
        }
    }
}

/// An address without user and password.
pub fn without_login(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    // a password may hold an `@`, a path may too: the login ends at the last one in front of the path
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}{host}{path}")
}

/// Where the rehearsal ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    /// In the engine inside rejoint, without a server. Its durations are not those of a server.
    Embedded {
        /// The engine and its version.
        engine: String,
    },
    /// On a copy of the schemas on a server.
    ScratchCopy {
        /// `host:port`.
        server: String,
        /// Prefix of the copied schemas.
        prefix: String,
    },
}

/// How much of the data was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Rows taken.
    pub rows: u64,
    /// Rows there are.
    pub rows_total: u64,
    /// How they were chosen.
    pub how: String,
}

/// Something that the dump does not hold of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpLoss {
    /// Schema.
    pub schema: String,
    /// Table.
    pub table: String,
    /// Column; `None` for the whole table.
    pub column: Option<String>,
    /// Stable name, e.g. `float_rounded`.
    pub kind: String,
    /// What it means, for people.
    pub what: String,
}

impl DumpLoss {
    /// A loss that the dump reader found in a table.
    pub fn new(table: &TableName, loss: &Loss) -> Self {
        let (kind, what) = match loss.kind {
            LossKind::FloatRounded => (
                "float_rounded",
                "FLOAT is written with six significant digits; most values differ from those on the server",
            ),
            LossKind::DecimalsOnly => {
                ("decimals_only", "written with the declared decimals only; the server holds more of them")
            }
            LossKind::TimeZoneUnknown => (
                "time_zone_unknown",
                "the dump does not name the time zone of its times, and the hour repeated in autumn is ambiguous",
            ),
            LossKind::CharactersReplaced => (
                "characters_replaced",
                "the dump's character set cannot hold every character of the column; the others became `?`",
            ),
            LossKind::CharsetUnknown => {
                ("charset_unknown", "the dump does not name its character set; it was read as utf8mb4")
            }
            LossKind::JsonTypes => {
                ("json_types", "dates, decimals and bytes inside JSON become text or doubles when loaded")
            }
            LossKind::NotDumped => {
                ("not_dumped", "the values are not in the dump; the server computes them when it is loaded")
            }
            _ => ("other", "the dump does not hold every value as the server has it"),
        };
        DumpLoss {
            schema: table.schema.clone(),
            table: table.table.clone(),
            column: Some(loss.column.clone()),
            kind: kind.to_owned(),
            what: what.to_owned(),
        }
    }
}
