//! The certificate, in short: what a reader compares, without the digests of single columns.

use rejoint_model::ExternalKind;
use rejoint_verify::{Certificate, ObjectEvidence, ObjectGroup, Outcome, ProblemKind, Verdict};
use serde::{Deserialize, Serialize};

/// The certificate of a rehearsal. Make it with `RehearsedCertificate::from(&certificate)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsedCertificate {
    /// The verdict, as `rejoint-verify` gave it.
    pub verdict: Verdict,
    /// Hash of the plan.
    pub plan: Option<String>,
    /// Tables, sorted.
    pub tables: Vec<CertifiedTable>,
    /// Objects by store and kind, sorted.
    pub objects: Vec<CertifiedObjects>,
    /// Problems with objects that only exist after.
    pub new_problems: Vec<CertifiedProblem>,
    /// Differences that a person allowed, in words.
    pub allowed: Vec<String>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertifiedTable {
    /// Schema.
    pub schema: String,
    /// Table.
    pub table: String,
    /// Rows before.
    pub rows_before: Option<u64>,
    /// Rows after.
    pub rows_after: Option<u64>,
    /// Digest before, 64 hexadecimal digits.
    pub digest_before: Option<String>,
    /// Digest after.
    pub digest_after: Option<String>,
    /// The verdict.
    pub outcome: Outcome,
    /// Logical columns that differ.
    pub columns: Vec<String>,
}

/// Objects of one kind in one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertifiedObjects {
    /// Store.
    pub store: String,
    /// `blob`, `attach`, `filepath`.
    pub kind: String,
    /// Objects and their bytes before.
    pub before: Option<(u64, u64)>,
    /// Objects and their bytes after.
    pub after: Option<(u64, u64)>,
    /// Digest before.
    pub digest_before: Option<String>,
    /// Digest after.
    pub digest_after: Option<String>,
}

/// A problem with an object that was not there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertifiedProblem {
    /// Store.
    pub store: String,
    /// Path in the store.
    pub path: String,
    /// What is wrong.
    pub kind: ProblemKind,
    /// In words.
    pub detail: String,
    /// A row that refers to it.
    pub row: String,
}

fn kind_word(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Blob => "blob",
        ExternalKind::Attach => "attach",
        ExternalKind::Filepath => "filepath",
    }
}

fn objects(before: Option<&ObjectEvidence>, after: Option<&ObjectEvidence>) -> Vec<CertifiedObjects> {
    let groups = |side: Option<&ObjectEvidence>| -> Vec<ObjectGroup> {
        side.map_or_else(Vec::new, |evidence| evidence.groups.clone())
    };
    let (before, after) = (groups(before), groups(after));
    let mut names: Vec<(String, ExternalKind)> =
        before.iter().chain(&after).map(|group| (group.store.clone(), group.kind)).collect();
    names.sort_by(|a, b| (&a.0, kind_word(a.1)).cmp(&(&b.0, kind_word(b.1))));
    names.dedup();
    names
        .into_iter()
        .map(|(store, kind)| {
            let find = |side: &[ObjectGroup]| {
                side.iter().find(|group| group.store == store && group.kind == kind).cloned()
            };
            let (before, after) = (find(&before), find(&after));
            CertifiedObjects {
                kind: kind_word(kind).to_owned(),
                before: before.as_ref().map(|group| (group.objects, group.bytes)),
                after: after.as_ref().map(|group| (group.objects, group.bytes)),
                digest_before: before.map(|group| group.digest),
                digest_after: after.map(|group| group.digest),
                store,
            }
        })
        .collect()
}

impl From<&Certificate> for RehearsedCertificate {
    fn from(certificate: &Certificate) -> Self {
        let tables = certificate
            .tables
            .iter()
            .map(|table| CertifiedTable {
                schema: table.table.schema.clone(),
                table: table.table.table.clone(),
                rows_before: table.before.as_ref().map(|side| side.digest.rows),
                rows_after: table.after.as_ref().map(|side| side.digest.rows),
                digest_before: table.before.as_ref().map(|side| side.digest.digest.clone()),
                digest_after: table.after.as_ref().map(|side| side.digest.digest.clone()),
                outcome: table.outcome,
                columns: table.columns.clone(),
            })
            .collect();
        let new_problems = certificate
            .new_problems
            .iter()
            .map(|problem| CertifiedProblem {
                store: problem.store.clone(),
                path: problem.path.clone(),
                kind: problem.kind,
                detail: problem.detail.clone(),
                row: format!("{}.{}, {}", problem.first.table, problem.first.column, problem.first.key),
            })
            .collect();
        let allowed = certificate
            .decisions
            .iter()
            .map(|decision| match &decision.column {
                Some(column) => format!("{}.{column}: {}", decision.table, decision.why),
                None => format!("{}: {}", decision.table, decision.why),
            })
            .collect();
        RehearsedCertificate {
            verdict: certificate.verdict,
            plan: certificate.plan.clone(),
            tables,
            objects: objects(certificate.objects_before.as_ref(), certificate.objects_after.as_ref()),
            new_problems,
            allowed,
        }
    }
}
