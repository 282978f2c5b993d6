//! Rewrites DataJoint 0.x code to 2.x: one rule per file, exact edits, findings where a person must decide.
//!
//! [`run`] takes paths, [`run_on`] takes texts; both give an [`Outcome`] with the new files, what was left and why.
//! Nothing is printed, and nothing is written until [`Outcome::write`]. A second run over the result changes nothing.
//!
//! A rewrite is *safe* (a program in `tests/programs` shows the same result under both versions) or *suggested*
//! (right in most code; needs [`Options::suggested`] or an answer). What cannot be decided from the code is a
//! [`Finding`] with its choices.
//!
//! [`change_requirements`] changes the version of DataJoint that a repository asks for.
//!
//! [`diff`] compares the tables that code defines with those that a database has.

mod context;
mod definitions;
pub mod diff;
mod discover;
mod engine;
mod error;
mod fetch_call;
mod members;
mod model;
mod options;
mod outcome;
mod registry;
mod requirements;
mod rule;
mod rules;
mod visit;

use std::path::PathBuf;

use rayon::prelude::*;

pub use discover::find_files;
pub use engine::run_on;
pub use error::CodemodError;
pub use options::{Decisions, Options, RuleDecision, Since};
pub use outcome::{Counts, FileOutcome, Finding, FindingKind, Outcome, Rewrite};
pub use registry::{rule, rules, rules_index, rules_page};
pub use requirements::{
    Generation, RequirementFile, RequirementLeft, Requirements, change_requirements, is_requirement_file,
};
pub use rule::{Example, Level, Rule};

/// Rewrites the Python files and notebooks below the paths. Files that are not UTF-8 are reported and left.
///
/// # Errors
///
/// [`CodemodError::Read`] when a path cannot be read.
pub fn run(paths: &[PathBuf], options: &Options) -> Result<Outcome, CodemodError> {
    let read = read_files(paths)?;
    let mut texts = Vec::with_capacity(read.len());
    let mut left = Vec::new();
    for (path, bytes) in read {
        let path = path.to_string_lossy().into_owned();
        match String::from_utf8(bytes) {
            Ok(text) => texts.push((path, text)),
            Err(_) => left.push(Finding {
                code: engine::UNPARSED,
                kind: FindingKind::Unparsed,
                path,
                position: rejoint_python::Position { cell: None, line: 1, column: 1 },
                message: "not UTF-8; left as it is".to_owned(),
                choices: vec!["save it as UTF-8".to_owned()],
            }),
        }
    }
    let mut outcome = run_on(texts, options);
    outcome.findings.extend(left);
    Ok(outcome)
}

fn read_files(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Vec<u8>)>, CodemodError> {
    find_files(paths)?
        .into_par_iter()
        .map(|path| match std::fs::read(&path) {
            Ok(bytes) => Ok((path, bytes)),
            Err(source) => Err(CodemodError::Read { path, source }),
        })
        .collect()
}
