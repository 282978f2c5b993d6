//! The digest of a table as its view shows it.

use crate::decoded::DecodedLevel;
use crate::error::{Error, Result};
use crate::evidence::TableEvidence;
use crate::identity::{CellPlace, ObjectIdentity, ObjectRef};
use crate::key_text::show_key;
use crate::observer::Observer;
use crate::reading::for_each_row;
use crate::select::{How, Selected, Selection, select};
use rejoint_db::{Connection, Value, cell};
use rejoint_model::{ExternalKind, TableName, TableView};
use rejoint_store::{FilepathPointer, HashPointer, legacy, v2};
use rejoint_value::{Cell, RowHasher};
use std::collections::{BTreeMap, HashSet};
use xxhash_rust::xxh3::xxh3_128;

/// Rows between two calls of [`Observer::progress`].
const PROGRESS_ROWS: u64 = 20_000;

/// How many threads work on one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Threads {
    /// Reading and hashing in turn. Faster where the server shares the machine's two cores.
    #[default]
    One,
    /// One thread reads, the calling one hashes. For a server that delivers faster than one core can read and hash.
    Two,
}

/// What to read of a table.
#[derive(Debug, Clone, Default)]
pub struct DigestOptions {
    /// Folder lengths of each legacy store (`subfolding` of its settings), for the paths of objects. `None`: objects are not
    /// looked for, and [`Observer::object`] is not called.
    pub subfolding: Option<BTreeMap<String, Vec<usize>>>,
    /// Also decode the blobs in the table: [`TableEvidence::decoded`].
    pub decode: bool,
    /// Threads.
    pub threads: Threads,
}

/// Reads all rows of a view in one statement and digests them.
///
/// Columns are selected by name, and their canonical bytes hashed, key first, both in the order of logical names. A pointer
/// stands for its object's [`ObjectIdentity`]; the tracking table is joined for legacy ones, and everything else is done here,
/// never by the server.
///
/// # Errors
/// Server errors; pointers that have no tracking row or cannot be read ([`Error::Pointer`]); a view that means nothing; what
/// the observer returns.
pub fn digest_table(
    connection: &mut Connection,
    view: &TableView,
    options: &DigestOptions,
    observer: &mut dyn Observer,
) -> Result<TableEvidence> {
    let selection = select(view, options.subfolding.as_ref())?;
    observer.begin_table(view)?;
    let mut digester = Digester::new(view, &selection, options);
    let mut n_rows = 0_u64;
    for_each_row(connection, &view.table, &selection.sql, options.threads, |row, binary| {
        digester.row(row, binary, observer)?;
        n_rows += 1;
        if n_rows.is_multiple_of(PROGRESS_ROWS) {
            observer.progress(&view.table, n_rows)?;
        }
        Ok(())
    })?;
    observer.progress(&view.table, n_rows)?;
    let evidence = TableEvidence {
        view: view.clone(),
        digest: digester.hasher.finish(),
        decoded: digester.decoded.into_iter().map(DecodedLevel::finish).collect(),
    };
    observer.end_table(view, &evidence.digest)?;
    Ok(evidence)
}

/// Digests several tables and collects the objects that their rows refer to, each once.
///
/// # Errors
/// As [`digest_table`].
pub fn digest_tables(
    connection: &mut Connection,
    views: &[TableView],
    options: &DigestOptions,
    observer: &mut dyn Observer,
) -> Result<(Vec<TableEvidence>, Vec<ObjectRef>)> {
    let mut collector = Collector::new(observer);
    let tables = views
        .iter()
        .map(|view| digest_table(connection, view, options, &mut collector))
        .collect::<Result<Vec<_>>>()?;
    Ok((tables, collector.objects))
}

/// Passes everything on and keeps each object once, also when several tables refer to it.
pub(crate) struct Collector<'o> {
    inner: &'o mut dyn Observer,
    seen: HashSet<u128>,
    pub(crate) objects: Vec<ObjectRef>,
}

impl<'o> Collector<'o> {
    pub(crate) fn new(inner: &'o mut dyn Observer) -> Self {
        Collector { inner, seen: HashSet::new(), objects: Vec::new() }
    }
}

impl Observer for Collector<'_> {
    fn begin_table(&mut self, view: &TableView) -> Result<()> {
        self.inner.begin_table(view)
    }

    fn row(&mut self, key: &[u8], fingerprints: &[rejoint_value::Fingerprint]) -> Result<()> {
        self.inner.row(key, fingerprints)
    }

    fn object(&mut self, object: ObjectRef) -> Result<()> {
        if self.seen.insert(place_hash(&object.identity, &object.paths)) {
            self.inner.object(object.clone())?;
            self.objects.push(object);
        }
        Ok(())
    }

    fn progress(&mut self, table: &TableName, rows: u64) -> Result<()> {
        self.inner.progress(table, rows)
    }

    fn end_table(&mut self, view: &TableView, digest: &rejoint_value::TableDigest) -> Result<()> {
        self.inner.end_table(view, digest)
    }
}

/// Tells objects apart by identity and place. Not by place alone: a pointer with a wrong hash to a right place is another one.
fn place_hash(identity: &ObjectIdentity, paths: &[String]) -> u128 {
    let mut bytes = Vec::with_capacity(128);
    identity.write_canonical(&mut bytes);
    for path in paths {
        bytes.extend_from_slice(path.as_bytes());
        bytes.push(0);
    }
    xxh3_128(&bytes)
}

/// The work on one row.
struct Digester<'a> {
    view: &'a TableView,
    selection: &'a Selection,
    key_names: Vec<String>,
    hasher: RowHasher,
    decoded: Vec<DecodedLevel>,
    with_objects: bool,
    seen: HashSet<u128>,
}

impl<'a> Digester<'a> {
    fn new(view: &'a TableView, selection: &'a Selection, options: &DigestOptions) -> Self {
        let (key_names, others) = (selection.key_names(), selection.other_names());
        let blobs = selection.others.iter().filter(|c| options.decode && matches!(c.how, How::Blob(_)));
        Digester {
            view,
            selection,
            hasher: RowHasher::new(&key_names, &others),
            decoded: blobs.map(|column| DecodedLevel::new(column.name.clone())).collect(),
            key_names,
            with_objects: options.subfolding.is_some(),
            seen: HashSet::new(),
        }
    }

    fn row(&mut self, row: &[Value], binary: &[bool], observer: &mut dyn Observer) -> Result<()> {
        let is_binary = |index: usize| binary.get(index).copied().unwrap_or_default();
        for column in &self.selection.key {
            let found = cell(row.get(column.index), is_binary(column.index));
            found.write_canonical(self.hasher.buffer());
            self.hasher.end_cell(found == Cell::Null);
        }
        let key_end = self.hasher.buffer().len();
        for column in &self.selection.others {
            let found = cell(row.get(column.index), is_binary(column.index));
            match &column.how {
                How::Plain => found.write_canonical(self.hasher.buffer()),
                How::Blob(number) => {
                    if let (Some(level), Cell::Bytes(stored) | Cell::Text(stored)) =
                        (self.decoded.get_mut(*number), found)
                    {
                        let key = self.hasher.buffer().get(..key_end).unwrap_or_default();
                        level.add(key, stored, || show_key(&self.key_names, key));
                    }
                    found.write_canonical(self.hasher.buffer());
                }
                How::Legacy { .. } | How::Json { .. } => {
                    let key = self.hasher.buffer().get(..key_end).unwrap_or_default().to_vec();
                    let pointer = Pointer { view: self.view, column, key_names: &self.key_names, key: &key };
                    let Some(object) = pointer.read(found, row)? else {
                        Cell::Null.write_canonical(self.hasher.buffer());
                        self.hasher.end_cell(true);
                        continue;
                    };
                    object.identity.write_canonical(self.hasher.buffer());
                    if self.with_objects && self.seen.insert(place_hash(&object.identity, &object.paths)) {
                        observer.object(object.at(pointer.place()))?;
                    }
                }
            }
            self.hasher.end_cell(found == Cell::Null);
        }
        let (key, fingerprints) = self.hasher.end_row();
        observer.row(key, fingerprints)?;
        self.hasher.clear_row();
        Ok(())
    }
}

/// One pointer, and what is needed to say where it stands.
struct Pointer<'a> {
    view: &'a TableView,
    column: &'a Selected,
    key_names: &'a [String],
    key: &'a [u8],
}

impl Pointer<'_> {
    /// The object that the cell refers to; `None` for NULL and for pointers that a person decided to turn into NULL.
    fn read(&self, found: Cell<'_>, row: &[Value]) -> Result<Option<Object>> {
        let bytes = match found {
            Cell::Null => return Ok(None),
            Cell::Bytes(bytes) | Cell::Text(bytes) => bytes,
            other => return Err(self.wrong(format!("{} is no pointer", other.display()))),
        };
        match &self.column.how {
            How::Legacy { kind, store, subfolding, nulled, tracking } => {
                let hash: [u8; 16] =
                    bytes.try_into().map_err(|_| self.wrong("a pointer has 16 bytes".to_owned()))?;
                if nulled.contains(&hash) {
                    return Ok(None);
                }
                let tracked = self.tracked(row, &hash, tracking)?;
                self.legacy(*kind, store, subfolding.as_deref(), &tracked).map(Some)
            }
            How::Json { kind } => {
                let text = std::str::from_utf8(bytes)
                    .map_err(|error| self.wrong(format!("the pointer is no text: {error}")))?;
                self.json(*kind, text).map(Some)
            }
            How::Plain | How::Blob(_) => Err(self.wrong("the column holds no pointers".to_owned())),
        }
    }

    fn tracked(&self, row: &[Value], hash: &[u8; 16], tracking: &str) -> Result<Tracked> {
        let at = |offset: usize| row.get(self.column.index + 1 + offset);
        let text = |offset: usize| match at(offset) {
            Some(Value::Bytes(bytes)) => String::from_utf8(bytes.clone())
                .map(Some)
                .map_err(|_| self.wrong(format!("its row of {tracking} holds no valid text"))),
            _ => Ok(None),
        };
        let md5 = |offset: usize| match at(offset) {
            Some(Value::Bytes(bytes)) => <[u8; 16]>::try_from(bytes.as_slice())
                .map(Some)
                .map_err(|_| self.wrong(format!("its row of {tracking} holds a hash that has not 16 bytes"))),
            _ => Ok(None),
        };
        // The join compares as the server compares; the hash that came back must be the one in the row.
        if md5(0)? != Some(*hash) {
            let hex = v2::hex(hash);
            return Err(self.wrong(format!(
                "the pointer {hex} has no row in {tracking}; restore the row, or decide to turn the pointer into NULL"
            )));
        }
        let size = match at(1) {
            Some(Value::UInt(size)) => *size,
            Some(Value::Int(size)) => u64::try_from(*size)
                .map_err(|_| self.wrong(format!("its row of {tracking} has the size {size}")))?,
            _ => return Err(self.wrong(format!("its row of {tracking} has no size"))),
        };
        Ok(Tracked { hash: *hash, size, name: text(2)?, filepath: text(3)?, contents: md5(4)? })
    }

    fn legacy(
        &self,
        kind: ExternalKind,
        store: &str,
        subfolding: Option<&[usize]>,
        tracked: &Tracked,
    ) -> Result<Object> {
        let schema = self.view.table.schema.as_str();
        let store = store.to_owned();
        let folds = subfolding.unwrap_or_default();
        let path = |path: rejoint_store::Result<rejoint_store::StorePath>| {
            path.map(|path| path.to_string()).map_err(|error| self.wrong(error.to_string()))
        };
        let (identity, paths) = match (kind, &tracked.name, &tracked.filepath) {
            (ExternalKind::Blob, None, None) => (
                ObjectIdentity::Blob { store, md5: tracked.hash, size: Some(tracked.size) },
                vec![path(legacy::blob_path(schema, &tracked.hash, folds))?],
            ),
            (ExternalKind::Blob, None, Some(filepath)) => {
                let md5 = tracked.contents.ok_or_else(|| {
                    self.wrong(
                        "the pointer is a blob of 0.11, but no hash of its content is recorded".to_owned(),
                    )
                })?;
                let first = path(legacy::blob_path(schema, &tracked.hash, folds))?;
                (
                    ObjectIdentity::Blob { store, md5, size: Some(tracked.size) },
                    vec![first, normal_path(filepath)],
                )
            }
            (ExternalKind::Attach, Some(name), None) => (
                ObjectIdentity::Attach { store, md5: tracked.hash },
                vec![path(legacy::attachment_path(schema, &tracked.hash, folds, name))?],
            ),
            (ExternalKind::Filepath, None, Some(filepath)) => (
                ObjectIdentity::Filepath {
                    store,
                    path: filepath.clone(),
                    md5: tracked.contents,
                    size: Some(tracked.size),
                },
                vec![normal_path(filepath)],
            ),
            _ => {
                let hex = v2::hex(&tracked.hash);
                let word = kind.word();
                return Err(
                    self.wrong(format!("the pointer {hex} has a tracking row that is not that of a {word}"))
                );
            }
        };
        Ok(Object {
            identity,
            paths,
            size: Some(tracked.size),
            legacy_attachment_name: tracked.name.clone(),
            is_folder: false,
        })
    }

    fn json(&self, kind: ExternalKind, text: &str) -> Result<Object> {
        let wrong = |error: rejoint_store::Error| self.wrong(error.to_string());
        let named = |store: Option<String>| {
            store.ok_or_else(|| {
                self.wrong("the pointer names no store, and which is meant cannot be known".to_owned())
            })
        };
        let object = |identity, path: String, size, is_folder| Object {
            identity,
            paths: vec![path],
            size,
            legacy_attachment_name: None,
            is_folder,
        };
        if kind == ExternalKind::Filepath {
            let pointer = FilepathPointer::parse(text).map_err(wrong)?;
            let md5 = pointer.hash.as_deref().map(v2::parse_content_hash).transpose().map_err(wrong)?;
            let store = named(pointer.store)?;
            let identity =
                ObjectIdentity::Filepath { store, path: pointer.path.clone(), md5, size: pointer.size };
            return Ok(object(identity, pointer.path, pointer.size, pointer.is_dir));
        }
        let pointer = HashPointer::parse(text).map_err(wrong)?;
        let md5 = pointer.md5().map_err(wrong)?;
        let store = named(pointer.store)?;
        let identity = match kind {
            ExternalKind::Attach => ObjectIdentity::Attach { store, md5 },
            _ => ObjectIdentity::Blob { store, md5, size: pointer.size },
        };
        Ok(object(identity, pointer.path, pointer.size, false))
    }

    fn place(&self) -> CellPlace {
        CellPlace {
            table: self.view.table.clone(),
            column: self.column.name.clone(),
            key: show_key(self.key_names, self.key),
        }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Pointer { place: Box::new(self.place()), reason }
    }
}

/// An [`ObjectRef`] without the row, which is put into words only for objects not seen before.
struct Object {
    identity: ObjectIdentity,
    paths: Vec<String>,
    size: Option<u64>,
    legacy_attachment_name: Option<String>,
    is_folder: bool,
}

impl Object {
    fn at(self, first: CellPlace) -> ObjectRef {
        let Object { identity, paths, size, legacy_attachment_name, is_folder } = self;
        ObjectRef { identity, paths, size, legacy_attachment_name, is_folder, first }
    }
}

/// A filepath as 0.x normalises it. One that leads out of the store stays as it is: the object pass reports it.
fn normal_path(filepath: &str) -> String {
    legacy::filepath_path(filepath).map_or_else(|_| filepath.to_owned(), |path| path.to_string())
}

/// A tracking row.
struct Tracked {
    hash: [u8; 16],
    size: u64,
    name: Option<String>,
    filepath: Option<String>,
    contents: Option<[u8; 16]>,
}
