//! What became of the code. Plain types: the crate that rewrites code is not needed to look at its results.

use serde::{Deserialize, Serialize};

/// What became of the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSummary {
    /// Files and folders that were given.
    pub roots: Vec<String>,
    /// Files looked at.
    pub files_read: u64,
    /// Files with rewrites.
    pub files_changed: u64,
    /// By rule, in the order of codes.
    pub rules: Vec<RuleCount>,
    /// What was left for people.
    pub findings: Vec<CodeFinding>,
}

impl CodeSummary {
    /// Rewrites of all rules.
    pub fn rewrites(&self) -> u64 {
        self.rules.iter().map(|rule| rule.rewrites).sum()
    }
}

/// How often a rule met something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// Code, e.g. `RJ0101`.
    pub code: String,
    /// What the rule does.
    pub title: String,
    /// Rewritten.
    pub rewrites: u64,
    /// Could be rewritten with permission.
    pub suggestions: u64,
    /// For a person to decide.
    pub findings: u64,
}

/// Something that was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFinding {
    /// Code of the rule.
    pub code: String,
    /// The file.
    pub path: String,
    /// Cell of a notebook, from 1.
    pub cell: Option<u64>,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What it is about.
    pub message: String,
    /// What can be done.
    pub choices: Vec<String>,
}

impl CodeFinding {
    /// `file:line:column`, with the cell of a notebook after the file.
    pub fn place(&self) -> String {
        let cell = self.cell.map_or(String::new(), |cell| format!(":cell {cell}"));
        format!("{}{cell}:{}:{}", self.path, self.line, self.column)
    }
}
