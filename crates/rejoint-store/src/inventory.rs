//! Tracking tables compared with the store they describe.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::file_store::UNFINISHED_PREFIX;
use crate::hashing::{digest_reader, md5_of};
use crate::legacy::{RowKind, TrackingRow};
use crate::object_store::ObjectStore;
use crate::{Error, Result, StorePath, parallel, v2};

/// Rows handed to a thread at once when only their objects' sizes are asked for.
const ROWS_PER_BATCH: NonZeroUsize = NonZeroUsize::MIN.saturating_add(127);

/// What an inventory checks.
#[derive(Debug, Clone, Copy)]
pub struct Checks {
    /// Read every object and compare its hash; otherwise only existence and size.
    pub content: bool,
    /// Objects looked at in parallel: more than processors pays on network file systems.
    pub threads: NonZeroUsize,
}

/// What is wrong with an object or a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "finding")]
#[non_exhaustive]
pub enum FindingKind {
    /// A row without object.
    Missing,
    /// The object has not the size in the row.
    SizeMismatch {
        /// Bytes according to the row.
        expected: u64,
        /// Bytes of the object.
        found: u64,
    },
    /// The object's content has not the hash in the row.
    ContentMismatch {
        /// MD5 according to the row, hexadecimal.
        expected: String,
        /// MD5 of the object.
        found: String,
    },
    /// The object cannot be read.
    Unreadable {
        /// Why.
        reason: String,
    },
    /// The row is of no known kind, or names a path that cannot be in the store. Must be looked at by a person.
    NotUnderstood {
        /// Why.
        reason: String,
    },
    /// An object no row speaks of.
    Orphan {
        /// What it looks like.
        kind: OrphanKind,
        /// Bytes.
        size: u64,
    },
}

/// What an object without row looks like. Only a guess from its name; none of them is safe to delete unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrphanKind {
    /// Named by a hash like 0.12 to 0.14 do: deleted rows whose object stayed, or another tracking table's.
    Object,
    /// Named by a hash like 0.11 does: referenced from `~external`, if the schema still has it.
    Object011,
    /// An unfinished write of DataJoint (`.saving`, `.copying`) or of rejoint.
    Unfinished,
    /// Anything else: files of people.
    Other,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    #[serde(flatten)]
    pub kind: FindingKind,
    /// Path in the store; for a row that is not understood, what can be said of it.
    pub path: String,
    /// `hash` of the row, hexadecimal.
    pub hash: Option<String>,
    /// What the row stands for.
    pub row_kind: Option<RowKind>,
}

/// Counts of an inventory. Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Rows seen.
    pub n_rows: u64,
    /// Sum of their sizes.
    pub n_bytes: u64,
    /// Rows of blobs.
    pub n_blobs: u64,
    /// Rows of attachments.
    pub n_attachments: u64,
    /// Rows of filepaths.
    pub n_filepaths: u64,
    /// Rows of blobs taken over from 0.11.
    pub n_migrated_blobs: u64,
    /// Rows whose content cannot be checked because 0.x kept no hash.
    pub n_without_content_hash: u64,
    /// Findings by kind.
    pub n_missing: u64,
    /// See [`FindingKind::SizeMismatch`].
    pub n_size_mismatches: u64,
    /// See [`FindingKind::ContentMismatch`].
    pub n_content_mismatches: u64,
    /// See [`FindingKind::Unreadable`].
    pub n_unreadable: u64,
    /// See [`FindingKind::NotUnderstood`].
    pub n_not_understood: u64,
    /// Objects listed.
    pub n_listed: u64,
    /// Objects without row.
    pub n_orphans: u64,
    /// Sum of their sizes.
    pub n_orphan_bytes: u64,
}

impl Summary {
    /// True if there are rows and not one object: rather a disk that is not mounted, or a wrong location, than a loss.
    pub fn looks_like_wrong_place(&self) -> bool {
        self.n_rows > 0 && self.n_missing == self.n_rows
    }
}

/// Compares rows of tracking tables with one store, then the store with the rows.
///
/// All tracking tables whose stores share the place go into one inventory, each with its schema, before
/// [`Inventory::check_orphans`]: an object tracked by another table is no orphan. Rows and listings are streamed. Memory is
/// 16 bytes per path a row allows (one per row, two for a blob from 0.11), in one array: 0.48 GB for 30 million objects
/// after [`Inventory::with_capacity`], up to twice that while an array without it grows.
pub struct Inventory<'a> {
    store: &'a dyn ObjectStore,
    checks: Checks,
    /// MD5 of each path a row allows.
    known: Vec<[u8; 16]>,
    is_sorted: bool,
    summary: Summary,
}

impl<'a> Inventory<'a> {
    /// An inventory of `store`.
    pub fn new(store: &'a dyn ObjectStore, checks: Checks) -> Self {
        Self { store, checks, known: Vec::new(), is_sorted: true, summary: Summary::default() }
    }

    /// Makes room for `n_rows` rows at once.
    #[must_use]
    pub fn with_capacity(mut self, n_rows: usize) -> Self {
        self.known.reserve_exact(n_rows);
        self
    }

    /// Counts so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Declares an object known that no tracking row names, e.g. one of 0.11's `~external` or of a 2.x pointer.
    pub fn add_known(&mut self, path: &StorePath) {
        self.known.push(md5_of(path.as_str().as_bytes()));
        self.is_sorted = false;
    }

    /// Checks the rows of one tracking table. Findings come in no fixed order.
    ///
    /// # Errors
    /// An error of `rows`, or [`Error::Unreachable`] when the store goes away: then nothing is said about the rest. Trouble with
    /// single objects is a finding.
    pub fn check_rows<E: From<Error>>(
        &mut self,
        schema: &str,
        subfolding: &[usize],
        rows: impl IntoIterator<Item = std::result::Result<TrackingRow, E>>,
        mut on_finding: impl FnMut(Finding),
    ) -> std::result::Result<(), E> {
        self.store.reachable()?;
        let (store, with_content) = (self.store, self.checks.content);
        let mut row_error = None;
        let mut store_error = None;
        let good_rows = rows.into_iter().map_while(|row| row.map_err(|error| row_error = Some(error)).ok());
        let work = |row: TrackingRow| RowCheck::new(store, schema, subfolding, &row, with_content);
        let (known, summary) = (&mut self.known, &mut self.summary);
        self.is_sorted = false;
        let batch = if with_content { NonZeroUsize::MIN } else { ROWS_PER_BATCH };
        parallel::for_each(good_rows, self.checks.threads, batch, work, |check| {
            known.extend(&check.known);
            if let Some(error) = check.store_error {
                store_error = Some(error);
                return ControlFlow::Break(());
            }
            summary.add_row(&check.row_kind, check.size, check.has_content_hash);
            if let Some(finding) = check.finding {
                summary.add_finding(&finding.kind);
                on_finding(finding);
            }
            ControlFlow::Continue(())
        });
        match (store_error, row_error) {
            (Some(error), _) => Err(error.into()),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(()),
        }
    }

    /// Lists `folder` (0.x: the name of the schema) and reports every object no row allows.
    ///
    /// # Errors
    /// [`Error::Unreachable`]. Folders and names that cannot be read are findings.
    pub fn check_orphans(&mut self, folder: &StorePath, mut on_finding: impl FnMut(Finding)) -> Result<()> {
        self.store.reachable()?;
        if !self.is_sorted {
            self.known.sort_unstable();
            self.known.dedup();
            self.is_sorted = true;
        }
        for entry in self.store.list(Some(folder)) {
            let finding = match entry {
                Ok(entry) => {
                    self.summary.n_listed += 1;
                    if self.known.binary_search(&md5_of(entry.path.as_str().as_bytes())).is_ok() {
                        continue;
                    }
                    self.summary.n_orphan_bytes = self.summary.n_orphan_bytes.saturating_add(entry.size);
                    let kind = orphan_kind(entry.path.file_name());
                    Finding {
                        kind: FindingKind::Orphan { kind, size: entry.size },
                        path: entry.path.to_string(),
                        hash: None,
                        row_kind: None,
                    }
                }
                Err(error @ Error::Unreachable { .. }) => return Err(error),
                Err(error) => {
                    let path = place_of(&error).unwrap_or(folder.as_str()).to_owned();
                    let kind = FindingKind::Unreadable { reason: chain(&error) };
                    Finding { kind, path, hash: None, row_kind: None }
                }
            };
            self.summary.add_finding(&finding.kind);
            on_finding(finding);
        }
        Ok(())
    }
}

impl Summary {
    fn add_row(&mut self, kind: &RowKind, size: u64, has_content_hash: bool) {
        self.n_rows += 1;
        self.n_bytes = self.n_bytes.saturating_add(size);
        self.n_without_content_hash += u64::from(!has_content_hash);
        match kind {
            RowKind::Blob => self.n_blobs += 1,
            RowKind::Attachment => self.n_attachments += 1,
            RowKind::Filepath => self.n_filepaths += 1,
            RowKind::MigratedBlob => self.n_migrated_blobs += 1,
            RowKind::Unknown => {}
        }
    }

    fn add_finding(&mut self, kind: &FindingKind) {
        *match kind {
            FindingKind::Missing => &mut self.n_missing,
            FindingKind::SizeMismatch { .. } => &mut self.n_size_mismatches,
            FindingKind::ContentMismatch { .. } => &mut self.n_content_mismatches,
            FindingKind::Unreadable { .. } => &mut self.n_unreadable,
            FindingKind::NotUnderstood { .. } => &mut self.n_not_understood,
            FindingKind::Orphan { .. } => &mut self.n_orphans,
        } += 1;
    }
}

/// What one row's object turned out to be.
struct RowCheck {
    row_kind: RowKind,
    size: u64,
    has_content_hash: bool,
    known: Vec<[u8; 16]>,
    finding: Option<Finding>,
    store_error: Option<Error>,
}

impl RowCheck {
    fn new(
        store: &dyn ObjectStore,
        schema: &str,
        subfolding: &[usize],
        row: &TrackingRow,
        with_content: bool,
    ) -> Self {
        let row_kind = row.kind(schema);
        let mut check = Self {
            row_kind,
            size: row.size,
            has_content_hash: row.content_md5(schema).is_some(),
            known: Vec::new(),
            finding: None,
            store_error: None,
        };
        let finding = |kind: FindingKind, path: &str| {
            let hash = Some(v2::hex(&row.hash));
            Some(Finding { kind, path: path.to_owned(), hash, row_kind: Some(row_kind) })
        };
        let paths = match row.paths(schema, subfolding) {
            Ok(paths) => paths,
            Err(error) => {
                let path = row.filepath.as_deref().or(row.attachment_name.as_deref()).unwrap_or_default();
                check.finding = finding(FindingKind::NotUnderstood { reason: error.to_string() }, path);
                return check;
            }
        };
        let Some(first) = paths.first() else {
            let reason = "its columns fit neither a blob nor an attachment nor a filepath".to_owned();
            let path = row.filepath.as_deref().or(row.attachment_name.as_deref()).unwrap_or_default();
            check.finding = finding(FindingKind::NotUnderstood { reason }, path);
            return check;
        };
        check.known = paths.iter().map(|path| md5_of(path.as_str().as_bytes())).collect();
        for path in &paths {
            match inspect(store, schema, row, path, with_content) {
                Ok(Some(None)) => return check,
                Ok(Some(Some(kind))) => {
                    check.finding = finding(kind, path.as_str());
                    return check;
                }
                Ok(None) => {}
                Err(error @ Error::Unreachable { .. }) => {
                    check.store_error = Some(error);
                    return check;
                }
                Err(error) => {
                    let kind = FindingKind::Unreadable { reason: chain(&error) };
                    check.finding = finding(kind, path.as_str());
                    return check;
                }
            }
        }
        check.finding = finding(FindingKind::Missing, first.as_str());
        check
    }
}

/// `None`: no object. `Some(None)`: as it should be.
fn inspect(
    store: &dyn ObjectStore,
    schema: &str,
    row: &TrackingRow,
    path: &StorePath,
    with_content: bool,
) -> Result<Option<Option<FindingKind>>> {
    let Some(meta) = store.head(path)? else { return Ok(None) };
    if meta.size != row.size {
        return Ok(Some(Some(FindingKind::SizeMismatch { expected: row.size, found: meta.size })));
    }
    let Some((expected, prefix)) = row.content_md5(schema).filter(|_| with_content) else {
        return Ok(Some(None));
    };
    let content = store.read(path)?;
    let mut whole = std::io::Read::chain(prefix.as_slice(), content);
    let digest =
        digest_reader(&mut whole).map_err(|source| Error::from_io(store.name(), path.as_str(), source))?;
    Ok(Some(
        (digest.md5 != expected).then(|| FindingKind::ContentMismatch {
            expected: v2::hex(&expected),
            found: v2::hex(&digest.md5),
        }),
    ))
}

fn orphan_kind(name: &str) -> OrphanKind {
    if name.starts_with(UNFINISHED_PREFIX) || name.ends_with(".saving") || name.ends_with(".copying") {
        return OrphanKind::Unfinished;
    }
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if stem.chars().count() == 32 && stem.chars().all(is_hex) {
        return OrphanKind::Object;
    }
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    // 43 characters and a store name of up to 8.
    if (43..=51).contains(&name.chars().count()) && name.chars().all(is_base64) {
        return OrphanKind::Object011;
    }
    OrphanKind::Other
}

fn place_of(error: &Error) -> Option<&str> {
    match error {
        Error::Io { path, .. } | Error::Denied { path, .. } | Error::NotFound { path, .. } => Some(path),
        _ => None,
    }
}

/// An error with its causes, in one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Summary {
    /// Kinds of findings that occurred, with their counts.
    pub fn findings(&self) -> BTreeMap<&'static str, u64> {
        [
            ("missing", self.n_missing),
            ("size_mismatch", self.n_size_mismatches),
            ("content_mismatch", self.n_content_mismatches),
            ("unreadable", self.n_unreadable),
            ("not_understood", self.n_not_understood),
            ("orphan", self.n_orphans),
        ]
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .collect()
    }
}
