//! The journal: a hidden table in the plan's home schema, and a local copy beside the plan.
//!
//! Rows are only ever added. Each holds the hash of the plan and the token of the run that wrote it, so that two runs cannot be mixed
//! up and an older run that wakes up finds itself fenced out.

use crate::boundary;
use crate::error::{Context as _, RunError};
use rejoint_db::{Connection, Value, qualified};
use rejoint_model::TableName;
use rejoint_plan::{JOURNAL_TABLE, Plan};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Version of the journal's format.
pub(crate) const FORMAT: u32 = 1;

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The plan was taken up.
    Plan,
    /// A run began; its row number is its token.
    Start,
    /// A step is about to act.
    Intent,
    /// A step was seen to be done.
    Done,
    /// The step is about to be taken back.
    UndoIntent,
    /// The step was seen to be taken back.
    Undone,
    /// A verification agreed.
    Verified,
    /// A verification did not agree: no permission to contract.
    Failed,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Plan => "plan",
            State::Start => "start",
            State::Intent => "intent",
            State::Done => "done",
            State::UndoIntent => "undo-intent",
            State::Undone => "undone",
            State::Verified => "verified",
            State::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [
            State::Plan,
            State::Start,
            State::Intent,
            State::Done,
            State::UndoIntent,
            State::Undone,
            State::Verified,
            State::Failed,
        ]
        .into_iter()
        .find(|s| s.word() == word)
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Number.
    pub seq: u64,
    /// When, UTC.
    pub at: String,
    /// Hash of the plan.
    pub plan: String,
    /// Token of the run.
    pub token: u64,
    /// Step; empty for rows about the plan or the run.
    pub step: String,
    /// What it says.
    pub state: State,
    /// Details as JSON or text.
    pub detail: String,
}

/// The open journal of a run.
pub(crate) struct Journal {
    table: TableName,
    plan: String,
    token: u64,
    local: PathBuf,
}

/// The local copy's path for a plan file.
pub fn local_journal(plan: &Path) -> PathBuf {
    plan.with_extension("journal.jsonl")
}

fn create_sql(table: &TableName) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\n  `seq` bigint unsigned NOT NULL AUTO_INCREMENT,\n  `at` datetime(6) NOT NULL,\n  `plan` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n  `token` bigint unsigned NOT NULL,\n  `step` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n  `state` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n  `detail` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,\n  PRIMARY KEY (`seq`)\n) ENGINE=InnoDB COMMENT='rejoint: journal of a migration'",
        qualified(table)
    )
}

/// Reads all rows; an empty list if there is no journal.
pub(crate) fn read(connection: &mut Connection, home: &str) -> Result<Vec<Entry>, RunError> {
    let table = TableName::new(home, JOURNAL_TABLE);
    if !connection.table_exists(&table).context("looking for the journal")? {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT seq, CAST(at AS CHAR), plan, token, step, state, detail FROM {} ORDER BY seq",
        qualified(&table)
    );
    let rows = connection.rows(&sql, &[]).context("reading the journal")?;
    rows.iter()
        .map(|row| {
            let text = |i: usize| match row.as_ref(i) {
                Some(Value::Bytes(b)) => String::from_utf8_lossy(b).into_owned(),
                Some(Value::UInt(n)) => n.to_string(),
                Some(Value::Int(n)) => n.to_string(),
                _ => String::new(),
            };
            Ok(Entry {
                seq: text(0).parse().unwrap_or(0),
                at: text(1),
                plan: text(2),
                token: text(3).parse().unwrap_or(0),
                step: text(4),
                state: State::parse(&text(5)).ok_or_else(|| {
                    RunError::refused(
                        format!("the journal {table} holds a row of an unknown kind, `{}`", text(5)),
                        "It was written by another version of rejoint; use that one.",
                    )
                })?,
                detail: text(6),
            })
        })
        .collect()
}

impl Journal {
    /// Opens the journal for a run of `plan`, creating it if need be, and writes the row that begins the run.
    pub(crate) fn open(
        connection: &mut Connection,
        plan: &Plan,
        local: PathBuf,
    ) -> Result<(Self, Vec<Entry>), RunError> {
        let table = TableName::new(&plan.home, JOURNAL_TABLE);
        let entries = read(connection, &plan.home)?;
        if let Some(head) = entries.iter().find(|e| e.state == State::Plan) {
            if head.plan != plan.hash {
                return Err(RunError::refused(
                    format!("{table} belongs to another plan ({})", head.plan.get(..12).unwrap_or_default()),
                    "Finish or undo that plan with its own plan file, or use another home schema.",
                ));
            }
            let head: Head = serde_json::from_str(&head.detail).map_err(|e| {
                RunError::refused(
                    format!("the head of {table} cannot be read: {e}"),
                    "It was not written by rejoint.",
                )
            })?;
            if head.format != FORMAT {
                return Err(RunError::refused(
                    format!("the journal has format {}, this version writes {FORMAT}", head.format),
                    format!("Go on with {}.", head.tool),
                ));
            }
            if head.server != plan.server.identity {
                return Err(RunError::refused(
                    format!("the journal was begun on another server ({})", head.server),
                    "A copy of a half-migrated database is not taken on; restore a copy from before.",
                ));
            }
        } else {
            connection.execute(&create_sql(&table), &[]).context("creating the journal")?;
        }
        let mut journal = Journal { table, plan: plan.hash.clone(), token: 0, local };
        if !entries.iter().any(|e| e.state == State::Plan) {
            let head = Head { format: FORMAT, tool: plan.tool.clone(), server: plan.server.identity.clone() };
            let head = serde_json::to_string(&head).map_err(|e| RunError::Bug(e.to_string()))?;
            journal.write(connection, "", State::Plan, &head)?;
        }
        let who = connection
            .one_text("SELECT CURRENT_USER()", &[])
            .context("asking for the user")?
            .unwrap_or_default();
        journal.token = journal.write(connection, "", State::Start, &who)?;
        Ok((journal, entries))
    }

    /// Adds a row, here and locally, and passes two boundaries: before and after it is durable.
    pub(crate) fn write(
        &mut self,
        connection: &mut Connection,
        step: &str,
        state: State,
        detail: &str,
    ) -> Result<u64, RunError> {
        cut_here(connection)?;
        let sql = format!(
            "INSERT INTO {} (at, plan, token, step, state, detail) VALUES (UTC_TIMESTAMP(6), ?, ?, ?, ?, ?)",
            qualified(&self.table)
        );
        let params = [
            Value::from(self.plan.as_str()),
            Value::from(self.token),
            Value::from(step),
            Value::from(state.word()),
            Value::from(detail),
        ];
        connection.execute(&sql, &params).context("writing the journal")?;
        let seq =
            connection.number("SELECT LAST_INSERT_ID()", &[]).context("writing the journal")?.unwrap_or(0);
        let seq = u64::try_from(seq).unwrap_or(0);
        self.copy(&Entry {
            seq,
            at: String::new(),
            plan: self.plan.clone(),
            token: self.token,
            step: step.to_owned(),
            state,
            detail: detail.to_owned(),
        })?;
        cut_here(connection)?;
        Ok(seq)
    }

    /// The local copy: one JSON object a line.
    fn copy(&self, entry: &Entry) -> Result<(), RunError> {
        let file_error = |source| RunError::File { path: self.local.display().to_string(), source };
        let line = serde_json::to_string(entry).map_err(|e| RunError::Bug(e.to_string()))?;
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(&self.local).map_err(file_error)?;
        writeln!(file, "{line}").map_err(file_error)?;
        file.sync_data().map_err(file_error)
    }

    /// Is this run still the last one that began? Another one means that this one lost its lock without noticing.
    pub(crate) fn still_ours(&self, connection: &mut Connection) -> Result<(), RunError> {
        let sql = format!("SELECT MAX(seq) FROM {} WHERE state = 'start'", qualified(&self.table));
        let last = connection.number(&sql, &[]).context("reading the journal")?;
        if last != i64::try_from(self.token).ok() {
            return Err(RunError::refused(
                "another run of this plan has begun",
                "Let that one finish; `rejoint status` shows it.",
            ));
        }
        Ok(())
    }

    /// Drops the journal: the last act of a complete undo.
    pub(crate) fn drop(self, connection: &mut Connection) -> Result<(), RunError> {
        cut_here(connection)?;
        connection
            .execute(&format!("DROP TABLE {}", qualified(&self.table)), &[])
            .context("dropping the journal")?;
        cut_here(connection)
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    tool: String,
    server: String,
}

/// Passes a boundary; a test may want the connection to be cut here.
pub(crate) fn cut_here(connection: &mut Connection) -> Result<(), RunError> {
    if boundary::pass() {
        let id = connection.id();
        let mut other = connection.another().context("cutting the connection for a test")?;
        other.execute(&format!("KILL {id}"), &[]).context("cutting the connection for a test")?;
    }
    Ok(())
}
