//! A rehearsal as it is written to a file (JSON), and the single input of every view: page, Markdown, runbook.
//!
//! The types here are the format; bump [`VERSION`] when one changes. Scan report and plan are embedded as their own crates
//! write them. Everything else is plain data, so that this crate needs no server, no store and no parser.
//!
//! How to fill it:
//!
//! 1. [`Rehearsal::new`] with [`Source::dump`] or [`Source::server`];
//! 2. set `scan`, `plan`, `decisions` ([`Decided::of_plan`]), `by_hand` ([`HandWork::of_scan`] and what else is known), and push to `timings`, `trials`, `losses`, … as they become known.
//!    A rehearsal that stops early is still worth writing: what is `None` or empty is shown as not reached;
//! 3. [`Rehearsal::conclude`] last: it derives verdict and sentences from the rest.
//!
//! It never holds secrets: there is no field for them, and the constructors take `user:password@` out of addresses.

mod certificate;
mod code;
mod people;
mod source;
mod trial;
mod verdict;

pub use certificate::{CertifiedObjects, CertifiedProblem, CertifiedTable, RehearsedCertificate};
pub use code::{CodeFinding, CodeSummary, RuleCount};
pub use people::{Decided, DecidedBy, HandWork, When, Who};
pub use source::{DumpLoss, Place, Sample, Source, SourceKind, without_login};
pub use trial::{Check, StepTiming, Trial, TrialKind, TrialOutcome};
pub use verdict::{Verdict, VerdictKind};

use rejoint_plan::Plan;
use rejoint_scan::ScanReport;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the file says it is.
pub const FORMAT: &str = "rejoint rehearsal";
/// Version of the format. A file of another version is refused.
pub const VERSION: u32 = 1;

/// Why a file is no rehearsal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// It is something else.
    #[error("this is no rehearsal: {message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// It has another version.
    #[error(
        "the rehearsal has version {found}, this rejoint reads {VERSION}; rehearse again with `rejoint rehearse`"
    )]
    Version {
        /// Version of the file.
        found: u32,
    },
    /// It cannot be written as JSON.
    #[error("the rehearsal cannot be written: {message}")]
    Write {
        /// What the writer says.
        message: String,
    },
}

/// Everything a rehearsal did and found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Version of rejoint.
    pub tool_version: String,
    /// When it was made, ISO 8601 in UTC; shown as it is.
    pub created: String,
    /// The line that made it, without secrets, e.g. `rejoint rehearse lab.sql.gz --stores objects`.
    pub command: Option<String>,
    /// What was rehearsed.
    pub source: Source,
    /// Where it ran.
    pub place: Place,
    /// Set if only a part of the rows was taken.
    pub sample: Option<Sample>,
    /// What follows from everything; see [`Rehearsal::conclude`].
    pub verdict: Verdict,
    /// What was found.
    pub scan: Option<ScanReport>,
    /// What was planned.
    pub plan: Option<Plan>,
    /// Decisions taken and open.
    pub decisions: Vec<Decided>,
    /// Durations of steps, in the order they ran.
    pub timings: Vec<StepTiming>,
    /// What was tried: there, back, and there again.
    pub trials: Vec<Trial>,
    /// Where the migrated copy is not what the plan wanted. Must be empty.
    pub remaining: Vec<RemainingDifference>,
    /// What the dump does not hold of the original.
    pub losses: Vec<DumpLoss>,
    /// The proof.
    pub certificate: Option<RehearsedCertificate>,
    /// Stores that took part.
    pub stores: Vec<StoreSummary>,
    /// Code that took part.
    pub code: Option<CodeSummary>,
    /// The pipeline before and after.
    pub diagrams: Diagrams,
    /// Work that rejoint does not do.
    pub by_hand: Vec<HandWork>,
    /// Files that the rehearsal left.
    pub artefacts: Vec<Artefact>,
}

impl Rehearsal {
    /// A rehearsal of which nothing is known yet; its verdict is a failure until [`Rehearsal::conclude`].
    pub fn new(tool_version: &str, created: &str, source: Source, place: Place) -> Self {
        Rehearsal {
            format: FORMAT.to_owned(),
            version: VERSION,
            tool_version: tool_version.to_owned(),
            created: created.to_owned(),
            command: None,
            source,
            place,
            sample: None,
            verdict: Verdict { kind: VerdictKind::Failed, sentences: Vec::new() },
            scan: None,
            plan: None,
            decisions: Vec::new(),
            timings: Vec::new(),
            trials: Vec::new(),
            remaining: Vec::new(),
            losses: Vec::new(),
            certificate: None,
            stores: Vec::new(),
            code: None,
            diagrams: Diagrams::default(),
            by_hand: Vec::new(),
            artefacts: Vec::new(),
        }
    }

    /// Derives the verdict from everything else and returns it. Call it last.
    pub fn conclude(&mut self) -> &Verdict {
        self.verdict = Verdict::of(self);
        &self.verdict
    }

    /// Decisions that nobody has taken: those answered for the rehearsal only count as open.
    pub fn open_decisions(&self) -> impl Iterator<Item = &Decided> {
        self.decisions.iter().filter(|decision| decision.is_open())
    }

    /// The file's text, with a newline at its end.
    ///
    /// # Errors
    /// [`RehearsalError::Write`].
    pub fn to_json(&self) -> Result<String, RehearsalError> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|error| RehearsalError::Write { message: error.to_string() })?;
        text.push('\n');
        Ok(text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`RehearsalError::Syntax`], [`RehearsalError::Version`].
    pub fn parse(text: &str) -> Result<Self, RehearsalError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let syntax = |error: serde_json::Error| RehearsalError::Syntax { message: error.to_string() };
        let head: Head = serde_json::from_str(text).map_err(syntax)?;
        if head.format != FORMAT {
            return Err(RehearsalError::Syntax { message: format!("its format is `{}`", head.format) });
        }
        if head.version != VERSION {
            return Err(RehearsalError::Version { found: head.version });
        }
        serde_json::from_str(text).map_err(syntax)
    }
}

/// Where the migrated copy is not what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemainingDifference {
    /// `schema.table`, or what else it is about.
    pub place: String,
    /// What differs, e.g. `definition`, `comment of column raw`.
    pub what: String,
    /// As it is.
    pub observed: String,
    /// As it should be.
    pub desired: String,
}

/// A store that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSummary {
    /// Name.
    pub name: String,
    /// Where it is, without secrets.
    pub location: String,
    /// Were its objects at hand in the rehearsal? If not, nothing is proven about them.
    pub at_hand: bool,
    /// Objects that rows refer to.
    pub objects: u64,
    /// Their bytes, as recorded.
    pub bytes: u64,
    /// Objects that the plan writes anew (attachments).
    pub new_objects: u64,
    /// Their bytes.
    pub new_bytes: u64,
    /// Objects that are missing, damaged or unreadable.
    pub problems: u64,
}

/// The pipeline as SVG, as [`crate::diagram`] draws it. Anything else is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagrams {
    /// Before.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

/// A file that the rehearsal left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefact {
    /// What it is: `plan`, `certificate`, `runbook`, `code changes`, …
    pub what: String,
    /// Its path, as the caller wants it shown.
    pub path: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare() -> Rehearsal {
        let source = Source::dump(vec!["lab.sql".into()], Some(10));
        Rehearsal::new("0.1.0", "2026-11-20T10:00:00Z", source, Place::Embedded { engine: "SQLite 3".into() })
    }

    #[test]
    fn a_rehearsal_reads_back_as_it_was_written() {
        let mut rehearsal = bare();
        rehearsal.conclude();
        let text = rehearsal.to_json().expect("text");
        assert_eq!(Rehearsal::parse(&text).expect("a rehearsal"), rehearsal);
    }

    #[test]
    fn another_format_or_version_is_refused() {
        let text = bare().to_json().expect("text");
        let other = text.replace("\"version\": 1", "\"version\": 2");
        assert!(matches!(Rehearsal::parse(&other), Err(RehearsalError::Version { found: 2 })));
        let other = text.replace(FORMAT, "rejoint plan");
        assert!(matches!(Rehearsal::parse(&other), Err(RehearsalError::Syntax { .. })));
        assert!(matches!(Rehearsal::parse("{"), Err(RehearsalError::Syntax { .. })));
    }

    #[test]
    fn a_rehearsal_that_reached_nothing_has_failed() {
        let mut rehearsal = bare();
        let verdict = rehearsal.conclude();
        assert_eq!(verdict.kind, VerdictKind::Failed);
        insta::assert_snapshot!(verdict.sentences.join("\n"), @r#"
The migration was not tried: the rehearsal ended before it.
There is no certificate: nothing is proven.
There is no scan: nobody looked at what is there.
Undo was not tried.
A second migration after undo was not tried.
The dump does not tell whether it is complete.
"#);
    }

    #[test]
    fn a_login_never_gets_into_the_source() {
        for (address, bare) in [
            ("mysql://root:p@ss@db.lab:3306/x@y", "mysql://db.lab:3306/x@y"),
            ("root@db.lab", "db.lab"),
            ("db.lab:3306", "db.lab:3306"),
        ] {
            assert_eq!(without_login(address), bare);
        }
    }
}
