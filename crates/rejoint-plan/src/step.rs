//! A step: what it does, why, what it costs, how it is taken back.

use rejoint_model::{ExternalKind, TableChange, TableName};
use serde::{Deserialize, Serialize};

/// The stages of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Online: old clients read and write as before.
    Expand,
    /// The window: old clients must be gone.
    Contract,
    /// Weeks later, on request: what was kept for undo is dropped.
    Finish,
}

impl Stage {
    /// The word used on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Expand => "expand",
            Stage::Contract => "contract",
            Stage::Finish => "finish",
        }
    }
}

/// What a step does to other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockClass {
    /// Reads only.
    None,
    /// Metadata only, whatever the number of rows; a moment's exclusive metadata lock.
    Instant,
    /// The server rebuilds or scans the table while others read and write.
    Online,
    /// The server copies the table; writers wait.
    Blocking,
    /// Rows are changed in short transactions.
    Rows,
    /// Files are read or written; no lock.
    Files,
}

/// Expected cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// Rows or objects touched.
    pub rows: u64,
    /// Milliseconds, from rates measured by the project; a rehearsal gives better ones. A whole number, so that a plan reads back
    /// as it was written.
    pub milliseconds: u64,
}

impl Estimate {
    /// So many rows at so many rows a second.
    pub fn at_rate(rows: u64, rows_per_second: u64) -> Self {
        Estimate { rows, milliseconds: rows.saturating_mul(1000) / rows_per_second.max(1) }
    }

    /// Seconds.
    pub fn seconds(&self) -> f64 {
        self.milliseconds as f64 / 1000.0
    }
}

/// A pointer column and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointerColumn {
    /// Column name.
    pub column: String,
    /// Hidden column that takes the JSON until the swap.
    pub new_column: String,
    /// Hidden column that keeps the 16 bytes after the swap.
    pub old_column: String,
    /// What the objects are.
    pub kind: ExternalKind,
    /// Store.
    pub store: String,
    /// Tracking table.
    pub tracking: String,
    /// May the column be NULL?
    pub nullable: bool,
    /// Is it behind an adapter? Then new objects are put where no garbage collection of 2.x looks.
    pub adapted: bool,
    /// The SQL expression of the JSON pointer, over a row `e` of the tracking table.
    pub expression: String,
    /// Hashes that become NULL by decision.
    pub nulled: Vec<String>,
    /// Hashes whose object is missing and whose pointer is kept by decision.
    pub kept_missing: Vec<String>,
}

/// One computed or imported table and its 2.x job table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTarget {
    /// Table, e.g. `__firing_rate`.
    pub table: String,
    /// Job table, e.g. `~~firing_rate`.
    pub job_table: String,
    /// Key attributes of the job table with their SQL types.
    pub key: Vec<(String, String)>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// One ALTER TABLE. The definitions before and after (without the counter) are its probe.
    Alter {
        /// Table.
        table: TableName,
        /// The changes, free of any dialect.
        changes: Vec<TableChange>,
        /// The statement.
        sql: String,
        /// Definition before.
        before: String,
        /// Definition after.
        after: String,
        /// The statement that takes it back; `None`: cannot be undone.
        undo_sql: Option<String>,
        /// Run the undo with foreign-key checks off, so that a key comes back without copying the table; each key is
        /// validated by a query afterwards.
        undo_unchecked: bool,
    },
    /// Create a hidden table that rejoint or 2.x needs. Its undo drops it.
    CreateTable {
        /// Table.
        table: TableName,
        /// The statement.
        sql: String,
        /// The statement that takes it back.
        undo_sql: String,
    },
    /// Drop a hidden table of rejoint's own.
    DropTable {
        /// Table.
        table: TableName,
        /// The statement.
        sql: String,
    },
    /// Create a trigger.
    CreateTrigger {
        /// Table.
        table: TableName,
        /// Trigger name.
        name: String,
        /// Body, as the server will show it.
        body: String,
        /// The statement.
        sql: String,
        /// The statement that takes it back.
        undo_sql: String,
    },
    /// Drop a trigger that the plan created.
    DropTrigger {
        /// Table.
        table: TableName,
        /// Trigger name.
        name: String,
        /// Body to be expected.
        body: String,
        /// The statement.
        sql: String,
        /// The statement that takes it back.
        undo_sql: String,
    },
    /// Make the rows of a small hidden table exactly these.
    FillRows {
        /// Table.
        table: TableName,
        /// Columns; values are text.
        columns: Vec<String>,
        /// Rows.
        rows: Vec<Vec<String>>,
        /// The rows that were there before, to be put back by undo; `None` when the plan created the table.
        before: Option<Vec<Vec<String>>>,
    },
    /// Fill new pointer columns from the tracking tables, in short transactions over ranges of the primary key.
    Backfill {
        /// Table.
        table: TableName,
        /// Primary key.
        key: Vec<String>,
        /// Pointer columns.
        pointers: Vec<PointerColumn>,
        /// Columns that the server would update by itself and that must keep their value.
        keep: Vec<String>,
        /// The statement of one range; `{range}` stands for the bound condition on the key.
        sql: String,
        /// Rows per transaction.
        chunk: u64,
    },
    /// Write new objects for attachments: name, NUL, content.
    Objects {
        /// Schema.
        schema: String,
        /// Pointers whose objects are wanted: table and column.
        pointers: Vec<(String, PointerColumn)>,
        /// Collect what is wanted first (expand) or only take what triggers noted (contract).
        collect: bool,
    },
    /// Carry `error` and `ignore` of `~jobs` into the job tables of 2.x.
    Jobs {
        /// Schema.
        schema: String,
        /// Tables.
        targets: Vec<JobTarget>,
    },
    /// Take the evidence before the swap and compare old pointers with new ones. Gives or takes the permission to contract.
    VerifyBefore,
    /// Nobody who would be hurt may be connected.
    Fence {
        /// Schemas.
        schemas: Vec<String>,
    },
    /// Take evidence again for tables that changed since [`Action::VerifyBefore`].
    Settle,
    /// Does nothing forward. On undo, gives rows that 2.x clients wrote legacy pointers, tracking rows and objects.
    CarryBack {
        /// Table.
        table: TableName,
        /// Primary key.
        key: Vec<String>,
        /// Pointers.
        pointers: Vec<PointerColumn>,
        /// Columns that the server would update by itself and that must keep their value.
        keep: Vec<String>,
    },
    /// Take the evidence after the swap and write the certificate.
    VerifyAfter,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Number within the plan, e.g. `E012`, `C003`.
    pub id: String,
    /// Stage.
    pub stage: Stage,
    /// What, in a few words.
    pub title: String,
    /// Why.
    pub reason: String,
    /// What it does.
    #[serde(flatten)]
    pub action: Action,
    /// Lock.
    pub lock: LockClass,
    /// Cost.
    pub estimate: Estimate,
    /// How it is taken back, in words.
    pub undo: String,
}

impl Step {
    /// The statements that will run, for people.
    pub fn statements(&self) -> Vec<String> {
        match &self.action {
            Action::Alter { sql, .. }
            | Action::CreateTable { sql, .. }
            | Action::DropTable { sql, .. }
            | Action::CreateTrigger { sql, .. }
            | Action::DropTrigger { sql, .. }
            | Action::Backfill { sql, .. } => vec![sql.clone()],
            Action::FillRows { table, columns, rows, .. } => {
                let columns = columns.iter().map(|c| rejoint_db::ident(c)).collect::<Vec<_>>().join(", ");
                vec![format!(
                    "INSERT INTO {} ({columns}) VALUES … ({} rows)",
                    rejoint_db::qualified(table),
                    rows.len()
                )]
            }
            _ => Vec::new(),
        }
    }

    /// The table it is about, if it is about one.
    pub fn table(&self) -> Option<&TableName> {
        match &self.action {
            Action::Alter { table, .. }
            | Action::CreateTable { table, .. }
            | Action::DropTable { table, .. }
            | Action::CreateTrigger { table, .. }
            | Action::DropTrigger { table, .. }
            | Action::FillRows { table, .. }
            | Action::Backfill { table, .. }
            | Action::CarryBack { table, .. } => Some(table),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_read_back_as_it_was_written() {
        for rows in 0..5_000_u64 {
            for rate in [60_000, 300_000, 1_500_000] {
                let written = serde_json::to_string(&Estimate::at_rate(rows, rate)).expect("text");
                let read: Estimate = serde_json::from_str(&written).expect("an estimate");
                assert_eq!(serde_json::to_string(&read).expect("text"), written);
            }
        }
    }
}
