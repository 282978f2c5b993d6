//! The certificate as a JSON file. Format: `docs/formats/certificate.md`.

use crate::certificate::{Certificate, CertificateTable, Decision};
use crate::compare::{Outcome, Verdict};
use crate::error::Result;
use crate::evidence_file::{NamePart, ObjectsPart, ProblemPart, ServerPart, TablePart};
use crate::file_access::{read_json, write_json};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FORMAT: &str = "rejoint certificate";
const VERSION: u64 = 1;

/// Writes a certificate to a file. A crash leaves the old file or the new one.
///
/// # Errors
/// [`crate::Error::File`].
pub fn write(path: &Path, certificate: &Certificate) -> Result<()> {
    write_json(path, &CertificateFile::from(certificate))
}

/// Reads a certificate from a file. Its verdict is what was written; [`crate::check`] finds out what is true now.
///
/// # Errors
/// [`crate::Error::File`], [`crate::Error::Damaged`], [`crate::Error::Newer`].
pub fn read(path: &Path) -> Result<Certificate> {
    read_json::<CertificateFile>(path, FORMAT, VERSION).map(Certificate::from)
}

#[derive(Debug, Serialize, Deserialize)]
struct CertificateFile {
    format: String,
    version: u64,
    tool_version: String,
    created: String,
    plan: Option<String>,
    server: ServerPart,
    verdict: Verdict,
    decisions: Vec<DecisionPart>,
    new_problems: Vec<ProblemPart>,
    tables: Vec<CertificateTablePart>,
    objects_before: Option<ObjectsPart>,
    objects_after: Option<ObjectsPart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DecisionPart {
    table: NamePart,
    column: Option<String>,
    why: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct CertificateTablePart {
    table: NamePart,
    outcome: Outcome,
    columns_that_differ: Vec<String>,
    before: Option<TablePart>,
    after: Option<TablePart>,
}

impl From<&Certificate> for CertificateFile {
    fn from(certificate: &Certificate) -> Self {
        let decision = |d: &Decision| DecisionPart {
            table: (&d.table).into(),
            column: d.column.clone(),
            why: d.why.clone(),
        };
        let table = |t: &CertificateTable| CertificateTablePart {
            table: (&t.table).into(),
            outcome: t.outcome,
            columns_that_differ: t.columns.clone(),
            before: t.before.as_ref().map(TablePart::from),
            after: t.after.as_ref().map(TablePart::from),
        };
        CertificateFile {
            format: FORMAT.into(),
            version: VERSION,
            tool_version: certificate.tool_version.clone(),
            created: certificate.created.clone(),
            plan: certificate.plan.clone(),
            server: (&certificate.server).into(),
            verdict: certificate.verdict,
            decisions: certificate.decisions.iter().map(decision).collect(),
            new_problems: certificate.new_problems.iter().map(ProblemPart::from).collect(),
            tables: certificate.tables.iter().map(table).collect(),
            objects_before: certificate.objects_before.as_ref().map(ObjectsPart::from),
            objects_after: certificate.objects_after.as_ref().map(ObjectsPart::from),
        }
    }
}

impl From<CertificateFile> for Certificate {
    fn from(file: CertificateFile) -> Self {
        let decision = |d: DecisionPart| Decision { table: d.table.into(), column: d.column, why: d.why };
        let table = |t: CertificateTablePart| CertificateTable {
            table: t.table.into(),
            outcome: t.outcome,
            columns: t.columns_that_differ,
            before: t.before.map(Into::into),
            after: t.after.map(Into::into),
        };
        Certificate {
            tool_version: file.tool_version,
            created: file.created,
            plan: file.plan,
            server: file.server.into(),
            verdict: file.verdict,
            decisions: file.decisions.into_iter().map(decision).collect(),
            new_problems: file.new_problems.into_iter().map(Into::into).collect(),
            tables: file.tables.into_iter().map(table).collect(),
            objects_before: file.objects_before.map(Into::into),
            objects_after: file.objects_after.map(Into::into),
        }
    }
}
