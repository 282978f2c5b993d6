//! The certificate: both sides, the decisions, and what follows from them.

use crate::compare::{Comparison, Outcome, Verdict, compare};
use crate::evidence::{Evidence, ObjectEvidence, TableEvidence};
use crate::objects::ObjectProblem;
use rejoint_model::{Server, TableName};

/// A difference that a person allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// Table.
    pub table: TableName,
    /// Logical column; `None` for all but the key.
    pub column: Option<String>,
    /// Why, in the words of the plan.
    pub why: String,
}

/// One table of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateTable {
    /// The table.
    pub table: TableName,
    /// Before.
    pub before: Option<TableEvidence>,
    /// After; `None` until it was taken.
    pub after: Option<TableEvidence>,
    /// The verdict.
    pub outcome: Outcome,
    /// Logical columns that differ.
    pub columns: Vec<String>,
}

/// The proof of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Version of rejoint.
    pub tool_version: String,
    /// When it was made, ISO 8601 in UTC; the only part that differs between two runs on the same data.
    pub created: String,
    /// Hash of the plan, if any.
    pub plan: Option<String>,
    /// The server.
    pub server: Server,
    /// Tables, sorted.
    pub tables: Vec<CertificateTable>,
    /// Objects before.
    pub objects_before: Option<ObjectEvidence>,
    /// Objects after.
    pub objects_after: Option<ObjectEvidence>,
    /// Problems with objects that only exist after.
    pub new_problems: Vec<ObjectProblem>,
    /// Differences that were allowed.
    pub decisions: Vec<Decision>,
    /// All together.
    pub verdict: Verdict,
}

impl Certificate {
    /// Makes the certificate of a finished migration.
    pub fn new(
        before: &Evidence,
        after: &Evidence,
        decisions: Vec<Decision>,
        tool_version: &str,
        created: &str,
    ) -> Self {
        let comparison = compare(before, after, &decisions);
        let plan = after.plan.clone().or_else(|| before.plan.clone());
        Certificate::of(before, Some(after), comparison, plan, decisions, tool_version, created)
    }

    /// Makes the certificate of a state that nothing has been done to yet: its verdict is [`Verdict::Incomplete`].
    pub fn of_state(state: &Evidence, tool_version: &str, created: &str) -> Self {
        let nothing = Evidence { tables: Vec::new(), objects: None, ..state.clone() };
        let mut comparison = compare(state, &nothing, &[]);
        comparison.verdict = Verdict::Incomplete;
        Certificate::of(state, None, comparison, state.plan.clone(), Vec::new(), tool_version, created)
    }

    fn of(
        before: &Evidence,
        after: Option<&Evidence>,
        comparison: Comparison,
        plan: Option<String>,
        mut decisions: Vec<Decision>,
        tool_version: &str,
        created: &str,
    ) -> Self {
        decisions.sort();
        let tables = comparison
            .tables
            .into_iter()
            .map(|verdict| {
                let mut columns = [verdict.columns, verdict.unmatched_columns, verdict.decoded].concat();
                columns.sort();
                columns.dedup();
                CertificateTable {
                    before: before.table(&verdict.table).cloned(),
                    after: after.and_then(|after| after.table(&verdict.table)).cloned(),
                    outcome: verdict.outcome,
                    table: verdict.table,
                    columns,
                }
            })
            .collect();
        Certificate {
            tool_version: tool_version.to_owned(),
            created: created.to_owned(),
            plan,
            server: after.unwrap_or(before).server.clone(),
            tables,
            objects_before: before.objects.clone(),
            objects_after: after.and_then(|after| after.objects.clone()),
            new_problems: comparison.new_problems,
            decisions,
            verdict: comparison.verdict,
        }
    }

    /// The latest side: what the database should hold now.
    pub fn latest(&self) -> Evidence {
        let after: Vec<TableEvidence> = self.tables.iter().filter_map(|table| table.after.clone()).collect();
        let is_before = after.is_empty() && self.objects_after.is_none();
        let (tables, objects) = if is_before {
            (
                self.tables.iter().filter_map(|table| table.before.clone()).collect(),
                self.objects_before.clone(),
            )
        } else {
            (after, self.objects_after.clone())
        };
        Evidence {
            server: self.server.clone(),
            created: self.created.clone(),
            plan: self.plan.clone(),
            tables,
            objects,
        }
    }
}
