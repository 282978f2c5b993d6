//! What the caller wants, and answers that a person gave.

use std::collections::BTreeMap;

/// What to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Also make the rewrites that are right in most code only.
    pub suggested: bool,
    /// Only the rules for code that is already on 2.x.
    pub since: Option<Since>,
    /// Codes of rules to run; empty: all.
    pub select: Vec<String>,
    /// Codes of rules not to run.
    pub ignore: Vec<String>,
    /// Put this at the end of every schema name (the guide's `_v2`).
    pub schema_suffix: Option<String>,
    /// Also turn native numeric types into core types where the column stays the same.
    pub core_types: bool,
    /// Double quotes in restrictions become single quotes (needed on PostgreSQL only).
    pub single_quotes: bool,
    /// Answers.
    pub decisions: Decisions,
}

/// A release of 2.x that the code was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Since {
    /// 2.0
    V2_0,
}

/// Answers to what the rules ask, from a file.
///
/// ```toml
/// [columns]
/// "mouse.photo" = "bytes"          # a blob column that holds raw bytes
///
/// [rules]
/// RJ0602 = "apply"                 # make the suggested rewrite everywhere
/// RJ0401 = "skip"                  # leave it everywhere
/// ```
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// 2.x types by `Class.attribute` (`Class` as in the code, `Master.Part` for a part).
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// What to do with the suggestions of a rule.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleDecision>,
}

/// What to do with the suggestions of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleDecision {
    /// Make them.
    Apply,
    /// Leave the code, and do not report it.
    Skip,
}

impl Decisions {
    /// Reads a decisions file.
    pub fn from_toml(text: &str) -> Result<Decisions, crate::CodemodError> {
        toml::from_str(text).map_err(|problem| crate::CodemodError::Decisions { reason: problem.to_string() })
    }
}
