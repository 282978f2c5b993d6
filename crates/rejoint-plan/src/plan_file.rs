//! The plan file: JSON, reviewed by people, hashed, executed only as it is.

use crate::options::{Decision, UpgradeOptions};
use crate::step::{Stage, Step};
use rejoint_model::{Server, TableName, TableView};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// Version of the format. A plan of another version is refused.
pub const FORMAT: u32 = 1;

/// What the plan needs to know of a store. Never holds keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreInPlan {
    /// `file`, `s3`.
    pub protocol: String,
    /// Location.
    pub location: String,
    /// Folding of legacy paths and of new objects.
    pub subfolding: Vec<usize>,
    /// Where 2.x puts hash-addressed objects.
    pub hash_prefix: String,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// `rejoint` and its version.
    pub tool: String,
    /// What kind of migration: `upgrade`.
    pub kind: String,
    /// Server it was made for.
    pub server: Server,
    /// Schemas.
    pub schemas: Vec<String>,
    /// Schema that holds the journal.
    pub home: String,
    /// Options.
    pub options: UpgradeOptions,
    /// Stores.
    pub stores: BTreeMap<String, StoreInPlan>,
    /// Decisions, answered or open.
    pub decisions: Vec<Decision>,
    /// Things to know.
    pub remarks: Vec<String>,
    /// How each table is read before the swap.
    pub views_before: Vec<TableView>,
    /// How each table is read through its new columns before the swap; only tables with pointers.
    pub views_shadow: Vec<TableView>,
    /// How each table is read after the swap.
    pub views_after: Vec<TableView>,
    /// Definitions at planning time, without counters.
    pub definitions: BTreeMap<String, String>,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// SHA-256 of everything above, 64 hexadecimal digits.
    pub hash: String,
}

/// What can be wrong with a plan file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It cannot be read or written.
    #[error("cannot {verb} the plan {path}: {source}")]
    Io {
        /// `read` or `write`.
        verb: &'static str,
        /// Path.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// It is no plan.
    #[error("{path} is not a plan file: {message}")]
    Syntax {
        /// Path.
        path: String,
        /// What the parser says.
        message: String,
    },
    /// Another format.
    #[error(
        "the plan has format {found}, this version reads {FORMAT}; make the plan again with `rejoint plan upgrade`"
    )]
    Format {
        /// Format of the file.
        found: u32,
    },
    /// Changed after it was made.
    #[error(
        "the plan was changed after it was made: its hash is {stated}, its content has {computed}; make it again instead of editing it"
    )]
    Hash {
        /// Hash in the file.
        stated: String,
        /// Hash of the content.
        computed: String,
    },
}

impl Plan {
    /// The hash of the content.
    pub fn compute_hash(&self) -> String {
        let bare = Plan { hash: String::new(), ..self.clone() };
        let text = serde_json::to_vec(&bare).unwrap_or_default();
        Sha256::digest(&text).iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Sets the hash; call it last.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.hash = self.compute_hash();
        self
    }

    /// Decisions without an answer.
    pub fn open_decisions(&self) -> Vec<&Decision> {
        self.decisions.iter().filter(|d| d.answer.is_none()).collect()
    }

    /// Steps of a stage.
    pub fn stage(&self, stage: Stage) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |s| s.stage == stage)
    }

    /// The definition of a table at planning time.
    pub fn definition(&self, table: &TableName) -> Option<&String> {
        self.definitions.get(&table.to_string())
    }

    /// Reads and checks a plan.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn load(path: &Path) -> Result<Self, PlanError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| PlanError::Io {
            verb: "read",
            path: shown.clone(),
            source,
        })?;
        Plan::parse(&text, &shown)
    }

    /// Checks the text of a plan.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn parse(text: &str, shown: &str) -> Result<Self, PlanError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let syntax =
            |e: serde_json::Error| PlanError::Syntax { path: shown.to_owned(), message: e.to_string() };
        let head: Head = serde_json::from_str(text).map_err(syntax)?;
        if head.format != FORMAT {
            return Err(PlanError::Format { found: head.format });
        }
        let plan: Plan = serde_json::from_str(text).map_err(syntax)?;
        let computed = plan.compute_hash();
        if computed != plan.hash {
            return Err(PlanError::Hash { stated: plan.hash, computed });
        }
        Ok(plan)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Writes the plan.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), PlanError> {
        std::fs::write(path, self.to_json()).map_err(|source| PlanError::Io {
            verb: "write",
            path: path.display().to_string(),
            source,
        })
    }
}
