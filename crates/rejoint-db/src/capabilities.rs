//! What an engine can do.

/// What an engine can do beyond keeping and giving back rows and definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Triggers run when rows change, and timestamps with ON UPDATE renew themselves. Without it triggers are kept, shown and
    /// exported, but do not run.
    pub runs_triggers: bool,
    /// Foreign keys are checked when rows change. Without it they are kept, shown and exported.
    pub checks_foreign_keys: bool,
    /// Unique indexes beside the primary key are checked when rows change. Without it they are kept, shown and exported.
    pub checks_unique_indexes: bool,
    /// Text is compared by its column's collation. Without it text is compared by its bytes, and so are enums and decimals.
    pub has_collations: bool,
    /// SHA2 over rows inside the engine, for verification without moving rows.
    pub hashes_rows: bool,
    /// The engine itself prints what ALTER TABLE has made of a definition. Without it the definition is the one the plan says.
    pub prints_definitions: bool,
    /// Others may be connected.
    pub is_shared: bool,
}

impl Capabilities {
    /// A server.
    pub const SERVER: Capabilities = Capabilities {
        runs_triggers: true,
        checks_foreign_keys: true,
        checks_unique_indexes: true,
        has_collations: true,
        hashes_rows: true,
        prints_definitions: true,
        is_shared: true,
    };

    /// What it cannot do, in words for people.
    pub fn missing(&self) -> Vec<&'static str> {
        [
            (self.runs_triggers, "triggers are kept but do not run: what old clients write between the stages is not rehearsed"),
            (self.checks_foreign_keys, "foreign keys are kept but not checked when rows change"),
            (self.checks_unique_indexes, "unique indexes beside the primary key are kept but not checked"),
            (self.has_collations, "text is compared by its bytes, not by its collation"),
            (self.hashes_rows, "verification inside the server is not rehearsed"),
            (self.prints_definitions, "definitions after a change are the ones the plan expects, not printed by a server"),
            (self.is_shared, "nobody else is connected: the fence and lock waits are not rehearsed"),
        ]
        .into_iter()
        .filter_map(|(can, words)| (!can).then_some(words))
        .collect()
    }
}
