//! Who else is connected.

/// Another session of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// The server's number.
    pub id: u64,
    /// User.
    pub user: String,
    /// Host (and port) it comes from.
    pub host: String,
    /// Default schema, if one is chosen.
    pub schema: Option<String>,
    /// `Sleep`, `Query`, …
    pub command: String,
    /// Seconds in this state.
    pub seconds: u64,
    /// What the client says it is, e.g. `pymysql 1.1.1`; empty if the account may not see it.
    pub client: String,
    /// Does it hold an open transaction? Unknown without the PROCESS privilege.
    pub in_transaction: Option<bool>,
}
