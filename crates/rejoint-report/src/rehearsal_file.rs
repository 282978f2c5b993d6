//! A rehearsal as it is written to a file (JSON), and the single input of every view: page, Markdown, runbook.
//!
//! The types here are the format; bump [`VERSION`] when one changes. Scan report and plan are embedded as their own crates
//! write them. Everything else is plain data, so that this crate needs no server, no store and no parser.
//!
//! How to fill it:
//!
//! 1. [`Rehearsal::new`] with [`Source::dump`] or [`Source::server`];
//! 2. set `scan`, `plan`, `decisions` ([`Decided::of_plan`]), and push to `timings`, `trials`, `losses`, … as they become known.
//!    A rehearsal that stops early is still worth writing: what is `None` or empty is shown as not reached;
//! 3. [`Rehearsal::conclude`] last: it derives verdict and sentences from the rest.
//!
//! It never holds secrets: there is no field for them, and the constructors take `user:password@` out of addresses.

mod certificate;
mod code;
mod trial;
mod verdict;

pub use certificate::{CertifiedObjects, CertifiedProblem, CertifiedTable, RehearsedCertificate};
pub use code::{CodeFinding, CodeSummary, RuleCount};
pub use trial::{Check, StepTiming, Trial, TrialKind, TrialOutcome};
pub use verdict::{Verdict, VerdictKind};

use rejoint_dump::{Loss, LossKind};
use rejoint_model::TableName;
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

/// What was rehearsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Dump files, or the server.
    pub kind: SourceKind,
    /// File names, or `host:port`; never a user or a password.
    pub names: Vec<String>,
    /// Bytes of the files (as they lie there, compressed or not); of a server, data and indexes.
    pub bytes: Option<u64>,
    /// `MySQL`, `MariaDB`: of the server that was dumped or copied.
    pub product: Option<String>,
    /// Its version as it prints it.
    pub product_version: Option<String>,
    /// Does it end as a complete dump does? `None`: the tool does not tell. A server is complete.
    pub complete: Option<bool>,
    /// What speaks against completeness, and other things to know of the source.
    pub remarks: Vec<String>,
    /// Schemas.
    pub schemas: Vec<String>,
}

/// Where the data came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Files of mysqldump or mariadb-dump.
    Dump,
    /// A server.
    Server,
}

impl Source {
    /// Dump files by name.
    pub fn dump(names: Vec<String>, bytes: Option<u64>) -> Self {
        Source {
            kind: SourceKind::Dump,
            names,
            bytes,
            product: None,
            product_version: None,
            complete: None,
            remarks: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// A server, `host:port` or a URL; whatever stands in front of an `@` is left out.
    pub fn server(address: &str, product: &str, product_version: &str, schemas: Vec<String>) -> Self {
        Source {
            kind: SourceKind::Server,
            names: vec![without_login(address)],
            bytes: None,
            product: Some(product.to_owned()),
            product_version: Some(product_version.to_owned()),
            complete: Some(true),
            remarks: Vec::new(),
            schemas,
        }
    }
}

/// An address without user and password.
pub fn without_login(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    // a password may hold an `@`, a path may too: the login ends at the last one in front of the path
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}{host}{path}")
}

/// Where the rehearsal ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    /// In the engine inside rejoint, without a server. Its durations are not those of a server.
    Embedded {
        /// The engine and its version.
        engine: String,
    },
    /// On a copy of the schemas on a server.
    ScratchCopy {
        /// `host:port`.
        server: String,
        /// Prefix of the copied schemas.
        prefix: String,
    },
}

/// How much of the data was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Rows taken.
    pub rows: u64,
    /// Rows there are.
    pub rows_total: u64,
    /// How they were chosen.
    pub how: String,
}

/// A decision and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Name of the question, for `--decide ID=ANSWER`.
    pub id: String,
    /// The question.
    pub question: String,
    /// What the database shows.
    pub evidence: Vec<String>,
    /// Possible answers and what each does (may be empty).
    pub options: Vec<(String, String)>,
    /// The answer.
    pub answer: Option<String>,
    /// Who gave it.
    pub by: DecidedBy,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A person, by `--decide`.
    Person,
    /// The plan's own default.
    Default,
    /// The rehearsal, so that it could go on. A person must confirm it.
    Rehearsal,
    /// Nobody.
    Nobody,
}

impl Decided {
    /// The decisions of a plan. Effects of the options come from the scan, if there is one.
    pub fn of_plan(plan: &Plan, scan: Option<&ScanReport>) -> Vec<Decided> {
        let in_scan = |id: &str| scan.and_then(|scan| scan.decisions.iter().find(|d| d.id == id));
        let decided = |decision: &rejoint_plan::Decision| Decided {
            id: decision.id.clone(),
            question: decision.question.clone(),
            evidence: vec![decision.evidence.clone()],
            options: decision
                .options
                .iter()
                .map(|answer| {
                    let effect = in_scan(&decision.id)
                        .and_then(|d| d.options.iter().find(|choice| choice.answer == *answer))
                        .map_or(String::new(), |choice| choice.effect.clone());
                    (answer.clone(), effect)
                })
                .collect(),
            answer: decision.answer.clone(),
            by: if plan.options.answers.contains_key(&decision.id) {
                DecidedBy::Person
            } else if decision.answer.is_some() {
                DecidedBy::Default
            } else {
                DecidedBy::Nobody
            },
        };
        plan.decisions.iter().map(decided).collect()
    }

    /// Does a person still have to answer?
    pub fn is_open(&self) -> bool {
        self.answer.is_none() || matches!(self.by, DecidedBy::Rehearsal | DecidedBy::Nobody)
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

/// Something that the dump does not hold of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpLoss {
    /// Schema.
    pub schema: String,
    /// Table.
    pub table: String,
    /// Column; `None` for the whole table.
    pub column: Option<String>,
    /// Stable name, e.g. `float_rounded`.
    pub kind: String,
    /// What it means, for people.
    pub what: String,
}

impl DumpLoss {
    /// A loss that the dump reader found in a table.
    pub fn new(table: &TableName, loss: &Loss) -> Self {
        let (kind, what) = match loss.kind {
            LossKind::FloatRounded => (
                "float_rounded",
                "FLOAT is written with six significant digits; most values differ from those on the server",
            ),
            LossKind::DecimalsOnly => {
                ("decimals_only", "written with the declared decimals only; the server holds more of them")
            }
            LossKind::TimeZoneUnknown => (
                "time_zone_unknown",
                "the dump does not name the time zone of its times, and the hour repeated in autumn is ambiguous",
            ),
            LossKind::CharactersReplaced => (
                "characters_replaced",
                "the dump's character set cannot hold every character of the column; the others became `?`",
            ),
            LossKind::CharsetUnknown => {
                ("charset_unknown", "the dump does not name its character set; it was read as utf8mb4")
            }
            LossKind::JsonTypes => {
                ("json_types", "dates, decimals and bytes inside JSON become text or doubles when loaded")
            }
            LossKind::NotDumped => {
                ("not_dumped", "the values are not in the dump; the server computes them when it is loaded")
            }
            _ => ("other", "the dump does not hold every value as the server has it"),
        };
        DumpLoss {
            schema: table.schema.clone(),
            table: table.table.clone(),
            column: Some(loss.column.clone()),
            kind: kind.to_owned(),
            what: what.to_owned(),
        }
    }
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

/// Work that a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandWork {
    /// Who.
    pub who: Who,
    /// When.
    pub when: When,
    /// What, in one line.
    pub title: String,
    /// How, and how to see that it is done.
    pub details: Vec<String>,
    /// Commands that help.
    pub commands: Vec<String>,
}

/// Who does something on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever answers for the data and runs rejoint.
    DataSteward,
    /// Everybody who runs notebooks, workers and other clients.
    Users,
    /// The administrator of the server.
    Dba,
}

impl Who {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Who::DataSteward => "Data steward",
            Who::Users => "Users",
            Who::Dba => "Database administrator",
        }
    }
}

/// When something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the day.
    Before,
    /// On the day, in front of the window.
    OnTheDay,
    /// Once the new clients run.
    After,
}

impl When {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            When::Before => "before the day",
            When::OnTheDay => "on the day",
            When::After => "afterwards",
        }
    }
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
