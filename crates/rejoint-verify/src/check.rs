//! Is what a certificate says still true? The work of `rejoint verify CERTIFICATE`.

use crate::certificate::Certificate;
use crate::compare::{Comparison, Outcome, TableVerdict, Verdict, compare};
use crate::error::{Error, Result};
use crate::evidence::Evidence;
use crate::fingerprint_file::FingerprintFile;
use crate::locate::{LocateOptions, Located, locate};
use crate::objects::{Objects, Stores, digest_objects};
use crate::observer::Observer;
use crate::table_digest::{Collector, DigestOptions, Threads, digest_table};
use rejoint_db::Connection;
use rejoint_model::TableName;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// What [`check`] needs besides the certificate and a connection.
pub struct CheckInput<'a> {
    /// Open stores.
    pub stores: &'a Stores,
    /// `subfolding` of each store, for legacy pointers.
    pub subfolding: BTreeMap<String, Vec<usize>>,
    /// How closely to look at objects. Less than the certificate's own mode makes the verdict [`Verdict::Incomplete`].
    pub objects: Objects,
    /// Threads for objects.
    pub threads: NonZeroUsize,
    /// Fingerprints, to name rows.
    pub fingerprints: Option<&'a FingerprintFile>,
    /// Limits of naming rows.
    pub locate: LocateOptions,
    /// When this check runs, ISO 8601 in UTC.
    pub created: String,
}

/// One table that is not as the certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedTable {
    /// What differs. `rows_before` and the like are the certificate's.
    pub verdict: TableVerdict,
    /// The table could not be read, and why. Its verdict is [`Outcome::Differs`] if it or a column is gone, or a pointer
    /// cannot be followed any more.
    pub unreadable: Option<String>,
    /// Rows and columns, if fingerprints of exactly this state were kept.
    pub located: Option<Located>,
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// What the database and the stores hold now.
    pub now: Evidence,
    /// Tables that are not as certified. Empty if all are.
    pub tables: Vec<CheckedTable>,
    /// The whole comparison.
    pub comparison: Comparison,
    /// Does the certificate's last side still hold?
    pub verdict: Verdict,
}

/// Reads everything again through the views of the certificate's last side (*after*, or *before* if there is no *after* yet) and
/// compares.
///
/// # Errors
/// Server errors other than missing tables and columns; stores that settings do not know; what the observer returns. Whatever
/// differs is in the report.
pub fn check(
    certificate: &Certificate,
    connection: &mut Connection,
    input: &CheckInput<'_>,
    observer: &mut dyn Observer,
) -> Result<CheckReport> {
    let expected = certificate.latest();
    let with_objects = input.objects != Objects::Skip;
    let mut unreadable: BTreeMap<TableName, String> = BTreeMap::new();
    let mut tables = Vec::new();
    let mut collector = Collector::new(observer);
    for table in &expected.tables {
        let options = DigestOptions {
            subfolding: with_objects.then(|| input.subfolding.clone()),
            decode: !table.decoded.is_empty(),
            threads: Threads::default(),
        };
        match digest_table(connection, &table.view, &options, &mut collector) {
            Ok(found) => tables.push(found),
            Err(error) if is_difference(&error) => {
                unreadable.insert(table.view.table.clone(), text_of(&error));
            }
            Err(error) => return Err(error),
        }
    }
    let objects = if expected.objects.is_some() && with_objects {
        let mut progress = |_| ControlFlow::Continue(());
        Some(digest_objects(&collector.objects, input.stores, input.objects, input.threads, &mut progress)?)
    } else {
        None
    };
    let server = connection.server().clone();
    let now =
        Evidence { server, created: input.created.clone(), plan: certificate.plan.clone(), tables, objects };
    let mut comparison = compare(&expected, &now, &[]);
    let mut reported = Vec::new();
    for verdict in &mut comparison.tables {
        let reason = unreadable.remove(&verdict.table);
        if reason.is_some() {
            verdict.outcome = Outcome::Differs;
            comparison.verdict = Verdict::Differs;
        }
        if verdict.outcome == Outcome::Equal {
            continue;
        }
        let located = match (&reason, input.fingerprints) {
            (None, Some(file)) => locate_if_same_state(&expected, &verdict.table, file, connection, input)?,
            _ => None,
        };
        reported.push(CheckedTable { verdict: verdict.clone(), unreadable: reason, located });
    }
    Ok(CheckReport { now, tables: reported, verdict: comparison.verdict, comparison })
}

/// Fingerprints locate only differences from the state they were taken of.
fn locate_if_same_state(
    expected: &Evidence,
    name: &TableName,
    file: &FingerprintFile,
    connection: &mut Connection,
    input: &CheckInput<'_>,
) -> Result<Option<Located>> {
    let Some(table) = expected.table(name) else { return Ok(None) };
    match file.table(name) {
        Some(known) if known.digest == table.digest.digest => {
            locate(file, connection, &table.view, &input.locate).map(Some)
        }
        _ => Ok(None),
    }
}

/// Errors that say something about the data: a table, column or tracking table that is gone, a pointer that leads nowhere.
fn is_difference(error: &Error) -> bool {
    match error {
        Error::Pointer { .. } => true,
        Error::Table { source, .. } => matches!(source.code(), Some(1146 | 1054 | 1049)),
        _ => false,
    }
}

fn text_of(error: &Error) -> String {
    match error {
        Error::Table { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}
