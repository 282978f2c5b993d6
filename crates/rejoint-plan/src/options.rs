//! What people choose: options of a planner and decisions about what the database cannot tell.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which columns get a `:type:` marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkerPolicy {
    /// Only what 2.x needs to decode: blobs, attachments, pointers. 0.14 keeps opening all other tables.
    #[default]
    Codecs,
    /// Core types too, as the official guide writes them: 0.14 can then open hardly any table.
    All,
}

/// Whether imported and computed tables get the three hidden job columns of 2.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobMetadata {
    /// Add them.
    #[default]
    Add,
    /// Leave the tables as they are; 2.x works without.
    Skip,
}

/// What becomes of a pointer whose object is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnMissing {
    /// Keep the row, put NULL.
    Null,
    /// Keep the pointer: reading it fails under 2.x as it fails under 0.14.
    Keep,
    /// Do not upgrade until the object is back.
    Stop,
}

/// An answer a person gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Stable name of the question, e.g. `missing-objects:acq.scan.raw`, `adapter-base:acq.scan.trace`; the same as in a scan.
    pub id: String,
    /// The question.
    pub question: String,
    /// What the database shows.
    pub evidence: String,
    /// Possible answers.
    pub options: Vec<String>,
    /// The answer; without one the plan cannot be applied.
    pub answer: Option<String>,
}

/// Options of the upgrade planner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeOptions {
    /// Markers.
    pub markers: MarkerPolicy,
    /// Job columns.
    pub job_metadata: JobMetadata,
    /// Answers by decision id.
    pub answers: BTreeMap<String, String>,
    /// Schema that holds the journal; the first schema of the plan if not given.
    pub home: Option<String>,
    /// Rows per transaction when new pointers are filled; 10,000 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_rows: Option<u64>,
}
