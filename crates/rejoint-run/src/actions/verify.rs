//! Evidence before and after the swap, and the certificate.

use super::Probe;
use super::fence::open_swaps;
use crate::error::{Context as _, RunError};
use crate::journal::State;
use crate::runner::{ApplyOptions, Run};
use rejoint_model::{Content, TableName, TableView};
use rejoint_plan::{Action, Stage, Step};
use rejoint_verify::{
    Certificate, Comparison, Decision, DigestOptions, Evidence, FingerprintWriter, ObjectRef, Objects,
    Observer, Outcome, Verdict, certificate_file, compare, digest_objects, digest_tables, evidence_file,
};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// What the journal keeps of a verification.
#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    /// Server time when it began, UTC.
    at: String,
    /// Seconds since 1970 when the server had started.
    server_started: i64,
    /// SHA-256 of the evidence file.
    evidence: String,
}

/// Tells progress while tables are read, and notes fingerprints if asked to.
struct Watch<'p, 'w> {
    progress: &'p mut dyn crate::progress::Progress,
    fingerprints: Option<&'w mut FingerprintWriter>,
}

impl Observer for Watch<'_, '_> {
    fn begin_table(&mut self, view: &TableView) -> rejoint_verify::Result<()> {
        match &mut self.fingerprints {
            Some(f) => f.begin_table(view),
            None => Ok(()),
        }
    }

    fn row(&mut self, key: &[u8], fingerprints: &[rejoint_value::Fingerprint]) -> rejoint_verify::Result<()> {
        match &mut self.fingerprints {
            Some(f) => f.row(key, fingerprints),
            None => Ok(()),
        }
    }

    fn progress(&mut self, table: &TableName, rows: u64) -> rejoint_verify::Result<()> {
        self.progress.tick(&table.to_string(), rows, 0);
        Ok(())
    }

    fn end_table(
        &mut self,
        view: &TableView,
        digest: &rejoint_value::TableDigest,
    ) -> rejoint_verify::Result<()> {
        match &mut self.fingerprints {
            Some(f) => f.end_table(view, digest),
            None => Ok(()),
        }
    }
}

fn digest_options(run: &Run<'_>, decode: bool) -> DigestOptions {
    DigestOptions {
        // without objects they are not even listed, which takes memory for each
        subfolding: (!run.options.without_objects)
            .then(|| run.stores.specs.iter().map(|(n, s)| (n.clone(), s.subfolding.clone())).collect()),
        decode: decode && !run.options.stored_only,
        ..DigestOptions::default()
    }
}

fn server_time(run: &mut Run<'_>) -> Result<(String, i64), RunError> {
    run.connection.clock().context("asking for the time")
}

/// Rows that are read again in less time than waiting takes.
const FEW_ROWS: u64 = 10_000;

/// The time from which a change counts as one. A table filled right before it would count as changed, because servers keep
/// the time of a change in whole seconds, and be read once more inside the window; if that may take long, this waits a moment
/// now, while nobody is stopped.
fn time_to_begin(run: &mut Run<'_>) -> Result<(String, i64), RunError> {
    let (at, server_started) = server_time(run)?;
    let mut rows = 0;
    for table in changed_since(run, &at)? {
        rows += run.connection.rows_estimate(&table).context("asking for the size of a table")?;
    }
    if rows <= FEW_ROWS {
        return Ok((at, server_started));
    }
    std::thread::sleep(CHANGE_TIME_SLACK + std::time::Duration::from_secs(1));
    server_time(run)
}

fn take(
    run: &mut Run<'_>,
    views: &[TableView],
    decode: bool,
    objects: bool,
    fingerprints: Option<&mut FingerprintWriter>,
) -> Result<Evidence, RunError> {
    let options = digest_options(run, decode);
    let (at, _) = server_time(run)?;
    let mut watch = Watch { progress: run.progress, fingerprints };
    let (tables, refs) = digest_tables(&mut run.connection, views, &options, &mut watch)
        .context("taking digests of tables")?;
    let objects =
        if objects && !run.options.without_objects { Some(look_at_objects(run, &refs)?) } else { None };
    Ok(Evidence {
        server: run.connection.server().clone(),
        created: at,
        plan: Some(run.plan.hash.clone()),
        tables,
        objects,
    })
}

fn look_at_objects(
    run: &mut Run<'_>,
    refs: &[ObjectRef],
) -> Result<rejoint_verify::ObjectEvidence, RunError> {
    let mode = if run.options.objects_by_size { Objects::SizeOnly } else { Objects::Read };
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let total = refs.len() as u64;
    let progress = &mut *run.progress;
    digest_objects(refs, &run.stores.open, mode, threads, &mut |p| {
        progress.tick("objects", p.n_objects, total);
        ControlFlow::Continue(())
    })
    .context("reading objects")
}

/// What differs, in words: tables with their columns, groups of objects, problems.
pub(crate) fn differences(comparison: &Comparison) -> Vec<String> {
    let mut shown: Vec<String> = comparison
        .tables
        .iter()
        .filter(|t| t.outcome == Outcome::Differs || t.outcome == Outcome::Incomplete)
        .map(|t| {
            let rows = match (t.rows_before, t.rows_after) {
                (Some(a), Some(b)) if a != b => format!(", {a} rows before and {b} after"),
                (Some(_), None) => ", not read after".to_owned(),
                (None, Some(_)) => ", not read before".to_owned(),
                _ => String::new(),
            };
            let mut columns = t.columns.clone();
            columns.extend(t.unmatched_columns.iter().cloned());
            columns.extend(t.decoded.iter().map(|c| format!("{c} (decoded)")));
            format!("{} (columns {}{rows})", t.table, columns.join(", "))
        })
        .collect();
    shown.extend(
        comparison
            .objects
            .iter()
            .filter(|o| o.outcome == Outcome::Differs || o.outcome == Outcome::Incomplete)
            .map(|o| {
                format!(
                    "{} objects of store `{}` ({} before, {} after)",
                    o.kind.word(),
                    o.store,
                    o.before,
                    o.after
                )
            }),
    );
    shown.extend(
        comparison
            .new_problems
            .iter()
            .take(10)
            .map(|p| format!("store `{}`: {}: {}", p.store, p.path, p.detail)),
    );
    shown
}

/// Did everything agree that was looked at? Where a person chose to look at objects by their size only, or not at all, a comparison stays
/// incomplete however well it ends: nothing that was looked at may differ then, and no object may be new among the problems.
fn agrees(comparison: &Comparison, options: &ApplyOptions) -> bool {
    match comparison.verdict {
        Verdict::Equal => true,
        Verdict::Incomplete if options.objects_by_size || options.without_objects => {
            comparison.new_problems.is_empty()
                && comparison.tables.iter().all(|t| matches!(t.outcome, Outcome::Equal | Outcome::Allowed))
                && comparison.objects.iter().all(|o| o.outcome != Outcome::Differs && o.before == o.after)
        }
        _ => false,
    }
}

/// Tables are read through their old pointers and again through their new ones; both must agree.
pub(crate) fn before(run: &mut Run<'_>, step: &Step) -> Result<(), RunError> {
    let (at, server_started) = time_to_begin(run)?;
    let plan = run.plan;
    let before = take(run, &plan.views_before, true, true, None)?;
    let shadow = take(run, &plan.views_shadow, false, true, None)?;
    let with_pointers = Evidence {
        tables: before
            .tables
            .iter()
            .filter(|t| plan.views_shadow.iter().any(|v| v.table == t.view.table))
            .map(|t| rejoint_verify::TableEvidence { decoded: Vec::new(), ..t.clone() })
            .collect(),
        ..before.clone()
    };
    let comparison = compare(&with_pointers, &shadow, &[]);
    let nothing_to_compare = plan.views_shadow.is_empty();
    if !agrees(&comparison, &run.options) && !nothing_to_compare {
        let what = differences(&comparison).join("; ");
        run.record(&step.id, State::Failed, &what)?;
        return Err(RunError::Differs {
            what: format!("old and new pointers do not agree: {what}"),
            way_out: "Nothing was swapped and 0.14 works as before. Apply the expand stage again; if it differs again, report it.".into(),
        });
    }
    let missing = &before.objects;
    if let Some(objects) = missing.as_ref().filter(|o| !o.problems.is_empty()) {
        let known: u64 =
            plan.decisions.iter().filter(|d| d.id.starts_with("missing-objects:")).count() as u64;
        if known == 0 {
            let first = objects.problems.first();
            let example = first
                .map(|p| {
                    format!(
                        "store `{}`: {}: {} ({}.{}, key {})",
                        p.store, p.path, p.detail, p.first.table, p.first.column, p.first.key
                    )
                })
                .unwrap_or_default();
            run.record(&step.id, State::Failed, &example)?;
            return Err(RunError::Differs {
                what: format!("{} objects are missing or damaged, e.g. {example}", objects.problems.len()),
                way_out: "Put them back, or plan again and decide what becomes of their pointers. Nothing was swapped.".into(),
            });
        }
        run.progress.note(&format!(
            "{} objects are missing or damaged, as decided in the plan",
            objects.problems.len()
        ));
    }
    save_before(run, &before)?;
    let taken = Taken { at, server_started, evidence: file_hash(run)? };
    let detail = serde_json::to_string(&taken).map_err(|e| RunError::Bug(e.to_string()))?;
    run.record(&step.id, State::Verified, &detail)
}

fn save_before(run: &Run<'_>, evidence: &Evidence) -> Result<(), RunError> {
    evidence_file::write(&run.files.before, evidence).context("writing the evidence")
}

fn file_hash(run: &Run<'_>) -> Result<String, RunError> {
    let path = &run.files.before;
    let bytes =
        std::fs::read(path).map_err(|source| RunError::File { path: path.display().to_string(), source })?;
    Ok(rejoint_value::sha256_hex(&bytes))
}

/// Evidence can be settled only while no table is swapped.
pub(crate) fn probe_settle(run: &mut Run<'_>) -> Result<Probe, RunError> {
    let alters = run.plan.stage(Stage::Contract).filter(|s| matches!(s.action, Action::Alter { .. })).count();
    Ok(if open_swaps(run)? < alters { Probe::Done } else { Probe::NotStarted })
}

/// The verification that gave the permission, from the journal. What was taken before an undo says nothing about the tables now.
fn last_taken(run: &Run<'_>) -> Option<Taken> {
    let before = run.step_of(Stage::Expand, |a| matches!(a, Action::VerifyBefore));
    let settle = run.step_of(Stage::Contract, |a| matches!(a, Action::Settle));
    let standing = before.into_iter().chain(settle).filter_map(|id| run.standing(id));
    standing.max_by_key(|e| e.seq).and_then(|e| serde_json::from_str(&e.detail).ok())
}

/// Takes evidence again for tables that changed since it was taken.
///
/// The server keeps the time of a table's last change in memory only. After a restart, or without the evidence file, every table
/// counts as changed. A change that the server forgot is no danger: the certificate would then say *differs*, never *equal*.
pub(crate) fn settle(run: &mut Run<'_>, step: &Step) -> Result<(), RunError> {
    let (at, server_started) = server_time(run)?;
    let taken = last_taken(run);
    let known = match &taken {
        Some(taken)
            if (taken.server_started - server_started).abs() <= 5
                && file_hash(run).is_ok_and(|hash| hash == taken.evidence) =>
        {
            evidence_file::read(&run.files.before).ok().map(|e| (e, taken.at.clone()))
        }
        _ => None,
    };
    let plan = run.plan;
    let (evidence, changed) = match known {
        None => {
            run.progress.note("the evidence of the expand stage cannot be used; every table is read again");
            let evidence = take(run, &plan.views_before, true, true, None)?;
            (evidence, plan.views_before.len())
        }
        Some((mut evidence, since)) => {
            let changed = changed_since(run, &since)?;
            let views: Vec<TableView> =
                plan.views_before.iter().filter(|v| changed.contains(&v.table)).cloned().collect();
            let fresh = take(run, &views, true, false, None)?;
            for table in fresh.tables {
                match evidence.tables.iter_mut().find(|t| t.view.table == table.view.table) {
                    Some(old) => *old = table,
                    None => evidence.tables.push(table),
                }
            }
            // objects of rows that were added since are read after the window, through the kept pointers
            let pointers =
                |v: &&TableView| v.columns.iter().any(|c| matches!(c.content, Content::LegacyPointer { .. }));
            if views.iter().filter(pointers).count() > 0 {
                evidence.objects = None;
            }
            (evidence, views.len())
        }
    };
    if changed > 0 {
        check_shadow(run, &evidence, step)?;
    }
    save_before(run, &evidence)?;
    let taken = Taken { at, server_started, evidence: file_hash(run)? };
    let detail = serde_json::to_string(&taken).map_err(|e| RunError::Bug(e.to_string()))?;
    run.record(&step.id, State::Verified, &detail)
}

/// The new pointers of all tables with pointers that were taken again must agree too.
fn check_shadow(run: &mut Run<'_>, evidence: &Evidence, step: &Step) -> Result<(), RunError> {
    let plan = run.plan;
    let shadow = take(run, &plan.views_shadow, false, false, None)?;
    let old = Evidence {
        tables: evidence
            .tables
            .iter()
            .filter(|t| plan.views_shadow.iter().any(|v| v.table == t.view.table))
            .map(|t| rejoint_verify::TableEvidence { decoded: Vec::new(), ..t.clone() })
            .collect(),
        objects: None,
        ..evidence.clone()
    };
    let comparison = compare(&old, &shadow, &[]);
    let differing: Vec<String> = comparison
        .tables
        .iter()
        .filter(|t| t.outcome == Outcome::Differs)
        .map(|t| format!("{} ({})", t.table, t.columns.join(", ")))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let what = differing.join("; ");
    run.record(&step.id, State::Failed, &what)?;
    Err(RunError::Differs {
        what: format!("old and new pointers do not agree any more: {what}"),
        way_out: "Nothing was swapped. Apply the expand stage again.".into(),
    })
}

/// Changes as long as this before a moment count as changes after it: servers keep the times of changes in whole seconds.
const CHANGE_TIME_SLACK: std::time::Duration = std::time::Duration::from_secs(2);

fn changed_since(run: &mut Run<'_>, since: &str) -> Result<Vec<TableName>, RunError> {
    run.connection
        .changed_since(&run.plan.schemas, since, CHANGE_TIME_SLACK.as_secs())
        .context("asking which tables changed")
}

/// The legacy view of a swapped table: the kept pointers. Rows that 2.x wrote have none.
fn kept_view(run: &Run<'_>, view: &TableView) -> TableView {
    let mut view = view.clone();
    for column in &mut view.columns {
        if let Content::LegacyPointer { nulled, .. } = &mut column.content {
            let kept = run.plan.steps.iter().find_map(|s| match &s.action {
                Action::Backfill { table, pointers, .. } if *table == view.table => {
                    pointers.iter().find(|p| p.column == column.name).map(|p| p.old_column.clone())
                }
                _ => None,
            });
            if let Some(kept) = kept {
                column.column = kept;
                nulled.push("0".repeat(32));
            }
        }
    }
    view
}

/// Decisions of the plan that allow a difference: none do, since a pointer that becomes NULL by decision is read as NULL before the swap.
fn allowed(_run: &Run<'_>) -> Vec<Decision> {
    Vec::new()
}

pub(crate) fn after(run: &mut Run<'_>, step: &Step) -> Result<(), RunError> {
    let plan = run.plan;
    let mut before =
        evidence_file::read(&run.files.before).context("reading the evidence taken before the swap")?;
    if before.objects.is_none() && !run.options.without_objects {
        let views: Vec<TableView> = plan.views_before.iter().map(|v| kept_view(run, v)).collect();
        let kept = take(run, &views, false, true, None)?;
        before.objects = kept.objects;
    }
    let mut writer = FingerprintWriter::create(&run.files.fingerprints).context("writing fingerprints")?;
    let after = take(run, &plan.views_after, true, true, Some(&mut writer))?;
    writer.finish().context("writing fingerprints")?;
    let comparison = compare(&before, &after, &allowed(run));
    let certificate =
        Certificate::new(&before, &after, allowed(run), env!("CARGO_PKG_VERSION"), &after.created);
    certificate_file::write(&run.files.certificate, &certificate).context("writing the certificate")?;
    if agrees(&comparison, &run.options) {
        if comparison.verdict != Verdict::Equal {
            run.progress.note("objects were looked at by size only, so the certificate says incomplete");
        }
        return run.record(&step.id, State::Verified, &after.created);
    }
    let what = differences(&comparison).join("; ");
    run.record(&step.id, State::Failed, &what)?;
    Err(RunError::Differs {
        what: format!("the evidence after the swap differs: {what}"),
        way_out: format!(
            "The certificate {} says where. If no client wrote meanwhile, go back with `rejoint undo`.",
            run.files.certificate.display()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rejoint_model::ExternalKind;
    use rejoint_verify::{ObjectVerdict, TableVerdict};

    fn looking_at_sizes() -> ApplyOptions {
        ApplyOptions { objects_by_size: true, ..ApplyOptions::default() }
    }

    fn by_size() -> Comparison {
        Comparison {
            tables: vec![TableVerdict {
                table: TableName::new("lab", "scan"),
                outcome: Outcome::Equal,
                rows_before: Some(2),
                rows_after: Some(2),
                columns: Vec::new(),
                unmatched_columns: Vec::new(),
                decoded: Vec::new(),
            }],
            objects: vec![ObjectVerdict {
                store: "raw".into(),
                kind: ExternalKind::Blob,
                outcome: Outcome::Incomplete,
                before: 2,
                after: 2,
            }],
            new_problems: Vec::new(),
            verdict: Verdict::Incomplete,
        }
    }

    #[test]
    fn looking_at_sizes_only_is_enough_where_it_was_asked_for() {
        assert!(agrees(&by_size(), &looking_at_sizes()));
        assert!(!agrees(&by_size(), &ApplyOptions::default()));
    }

    #[test]
    fn looking_at_sizes_only_excuses_no_difference() {
        let mut lost = by_size();
        lost.objects[0].after = 1;
        assert!(!agrees(&lost, &looking_at_sizes()));
        let mut incomplete = by_size();
        incomplete.tables[0].outcome = Outcome::Incomplete;
        assert!(!agrees(&incomplete, &looking_at_sizes()));
        let mut differs = by_size();
        differs.verdict = Verdict::Differs;
        assert!(!agrees(&differs, &looking_at_sizes()));
    }
}
