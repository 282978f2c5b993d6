//! What a run found and did, and its forms for people and programs.

use std::collections::BTreeMap;
use std::path::Path;

use rejoint_python::Position;
use serde_json::{Value, json};

use crate::error::CodemodError;
use crate::registry::rules;
use crate::rule::Level;

/// A rewrite that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// Code of the rule.
    pub code: &'static str,
    /// Safe or suggested.
    pub level: Level,
    /// Where, in the file as it was when the rule saw it.
    pub position: Position,
    /// What was done.
    pub message: String,
}

/// Why something was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// A rewrite exists but needs permission.
    Suggestion,
    /// A person must decide.
    Decision,
    /// The file does not parse.
    Unparsed,
}

/// Something that was left, with the reason and the choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Code of the rule.
    pub code: &'static str,
    /// Why it was left.
    pub kind: FindingKind,
    /// The file.
    pub path: String,
    /// Where, in the file after the rewrites.
    pub position: Position,
    /// What it is about.
    pub message: String,
    /// What can be done.
    pub choices: Vec<String>,
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOutcome {
    /// The file.
    pub path: String,
    /// What was rewritten.
    pub rewrites: Vec<Rewrite>,
    /// The file as it was read.
    pub before: String,
    /// The file as it should be.
    pub after: String,
}

/// How often a rule met something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of the following.
    pub hits: usize,
    /// Rewritten.
    pub rewrites: usize,
    /// Could be rewritten with permission.
    pub suggestions: usize,
    /// For a person to decide.
    pub findings: usize,
}

/// What a run found and did. Nothing is written until [`Outcome::write`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Changed files, in the order given.
    pub files: Vec<FileOutcome>,
    /// What was left.
    pub findings: Vec<Finding>,
    /// By code of rule.
    pub counts: BTreeMap<&'static str, Counts>,
    /// How many files were looked at.
    pub files_read: usize,
}

impl Outcome {
    /// Whether nothing was rewritten and nothing is left.
    pub fn is_clean(&self) -> bool {
        self.files.is_empty() && self.findings.is_empty()
    }

    /// The changes as a unified diff, in the order of the files. For a notebook it is a diff of its JSON.
    pub fn unified_diff(&self) -> String {
        let mut out = String::new();
        for file in &self.files {
            let diff = similar::TextDiff::from_lines(&file.before, &file.after);
            let path = file.path.trim_start_matches('/');
            out.push_str(
                &diff
                    .unified_diff()
                    .context_radius(3)
                    .header(&format!("a/{path}"), &format!("b/{path}"))
                    .to_string(),
            );
        }
        out
    }

    /// Writes the changed files in place, each as a whole through a temporary file beside it.
    pub fn write(&self) -> Result<(), CodemodError> {
        for file in &self.files {
            let failed = |source| CodemodError::Write { path: Path::new(&file.path).to_owned(), source };
            // A link stays a link: what it points to is written.
            let path = std::fs::canonicalize(&file.path).map_err(failed)?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let temporary = path.with_file_name(format!(".{name}.rejoint"));
            std::fs::write(&temporary, &file.after).map_err(failed)?;
            if let Ok(metadata) = std::fs::metadata(&path) {
                std::fs::set_permissions(&temporary, metadata.permissions()).map_err(failed)?;
            }
            std::fs::rename(&temporary, &path).map_err(failed)?;
        }
        Ok(())
    }

    /// Everything as JSON (format version 1).
    pub fn json(&self) -> Value {
        json!({
            "format": 1,
            "files_read": self.files_read,
            "files": self.files.iter().map(|file| json!({
                "path": file.path,
                "rewrites": file.rewrites.iter().map(|rewrite| json!({
                    "code": rewrite.code,
                    "level": rewrite.level,
                    "cell": rewrite.position.cell,
                    "line": rewrite.position.line,
                    "column": rewrite.position.column,
                    "message": rewrite.message,
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(|finding| json!({
                "code": finding.code,
                "kind": finding.kind.as_str(),
                "path": finding.path,
                "cell": finding.position.cell,
                "line": finding.position.line,
                "column": finding.position.column,
                "message": finding.message,
                "choices": finding.choices,
            })).collect::<Vec<_>>(),
            "counts": self.counts.iter().map(|(code, counts)| (code.to_string(), json!({
                "hits": counts.hits,
                "rewrites": counts.rewrites,
                "suggestions": counts.suggestions,
                "findings": counts.findings,
            }))).collect::<serde_json::Map<_, _>>(),
        })
    }

    /// The findings as SARIF 2.1.0, for code review.
    pub fn sarif(&self) -> Value {
        let rules: Vec<Value> = rules()
            .iter()
            .map(|rule| {
                json!({
                    "id": rule.code,
                    "name": rule.name,
                    "shortDescription": { "text": rule.summary },
                    "fullDescription": { "text": rule.explanation },
                })
            })
            .collect();
        let results: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                let mut text = finding.message.clone();
                for choice in &finding.choices {
                    text.push_str("\n- ");
                    text.push_str(choice);
                }
                json!({
                    "ruleId": finding.code,
                    "level": match finding.kind {
                        FindingKind::Suggestion => "note",
                        FindingKind::Decision => "warning",
                        FindingKind::Unparsed => "error",
                    },
                    "message": { "text": text },
                    "locations": [{
                        "physicalLocation": {
                            "artifactLocation": { "uri": finding.path },
                            "region": {
                                "startLine": finding.position.line,
                                "startColumn": finding.position.column,
                            },
                        },
                    }],
                })
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "rejoint", "rules": rules } },
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        })
    }
}

impl FindingKind {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingKind::Suggestion => "suggestion",
            FindingKind::Decision => "decision",
            FindingKind::Unparsed => "unparsed",
        }
    }
}
