//! The side file that locates differences: per row its key and 8 bytes per column. Format: `docs/formats/fingerprints.md`.

use crate::error::{Error, Result};
use crate::file_access::io_error;
use crate::observer::Observer;
use rejoint_model::{TableName, TableView};
use rejoint_value::{Fingerprint, TableDigest};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: [u8; 8] = *b"rejoinFP";
const VERSION: u32 = 1;
/// Bytes of rows per block, and the most that a reader accepts beyond one row.
const BLOCK_BYTES: usize = 1 << 20;
/// No header or block is longer: a larger length is damage. MySQL's keys have at most 3072 bytes.
const MAX_BLOCK: u32 = 64 << 20;

const TABLE: u8 = b'T';
const ROWS: u8 = b'R';
const TABLE_END: u8 = b'E';
const FILE_END: u8 = b'Z';

/// What the file says about a table before its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TableHeader {
    schema: String,
    table: String,
    key: Vec<String>,
    columns: Vec<String>,
}

/// What the file says about a table after its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TableFooter {
    rows: u64,
    digest: String,
}

/// Writes a fingerprint file while tables are digested. The file counts only after [`FingerprintWriter::finish`].
#[derive(Debug)]
pub struct FingerprintWriter {
    path: PathBuf,
    file: BufWriter<File>,
    block: Vec<u8>,
    n_key: usize,
    n_tables: u64,
}

impl FingerprintWriter {
    /// Begins a file; one of the same name is replaced.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(io_error(path))?;
        let mut writer = FingerprintWriter {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 18, file),
            block: Vec::with_capacity(BLOCK_BYTES + 4096),
            n_key: 0,
            n_tables: 0,
        };
        writer.put(&MAGIC)?;
        writer.put(&VERSION.to_le_bytes())?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(io_error(&self.path))
    }

    fn put_block(&mut self, tag: u8, payload: &[u8]) -> Result<()> {
        let length = u32::try_from(payload.len()).ok().filter(|n| *n <= MAX_BLOCK);
        let length = length.ok_or_else(|| Error::Damaged {
            path: self.path.clone(),
            reason: "a block would be too large".into(),
        })?;
        self.put(&[tag])?;
        self.put(&length.to_le_bytes())?;
        self.put(payload)?;
        self.put(&xxh3_64(payload).to_le_bytes())
    }

    fn flush_rows(&mut self) -> Result<()> {
        let block = std::mem::take(&mut self.block);
        let result = if block.is_empty() { Ok(()) } else { self.put_block(ROWS, &block) };
        self.block = block;
        self.block.clear();
        result
    }

    fn put_json(&mut self, tag: u8, value: &impl Serialize) -> Result<()> {
        let payload = serde_json::to_vec(value)
            .map_err(|error| Error::Damaged { path: self.path.clone(), reason: error.to_string() })?;
        self.put_block(tag, &payload)
    }

    /// Ends the file and flushes it to disk.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn finish(mut self) -> Result<()> {
        let n_tables = self.n_tables.to_le_bytes();
        self.put_block(FILE_END, &n_tables)?;
        self.file.flush().map_err(io_error(&self.path))?;
        self.file.get_ref().sync_all().map_err(io_error(&self.path))
    }
}

impl Observer for FingerprintWriter {
    fn begin_table(&mut self, view: &TableView) -> Result<()> {
        let (mut key, mut columns) = (view.key.clone(), Vec::new());
        columns.extend(view.columns.iter().map(|column| column.name.clone()));
        key.sort();
        columns.sort();
        self.n_key = key.len();
        let TableName { schema, table } = view.table.clone();
        self.put_json(TABLE, &TableHeader { schema, table, key, columns })
    }

    fn row(&mut self, key: &[u8], fingerprints: &[Fingerprint]) -> Result<()> {
        let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
        self.block.extend_from_slice(&length.to_le_bytes());
        self.block.extend_from_slice(key);
        for fingerprint in fingerprints.get(self.n_key..).unwrap_or_default() {
            self.block.extend_from_slice(&fingerprint.0.to_le_bytes());
        }
        if self.block.len() >= BLOCK_BYTES { self.flush_rows() } else { Ok(()) }
    }

    fn end_table(&mut self, _view: &TableView, digest: &TableDigest) -> Result<()> {
        self.flush_rows()?;
        self.n_tables += 1;
        self.put_json(TABLE_END, &TableFooter { rows: digest.rows, digest: digest.digest.clone() })
    }
}

/// A fingerprint file, complete and with a known list of tables. Rows are checked when they are read.
#[derive(Debug, Clone)]
pub struct FingerprintFile {
    path: PathBuf,
    tables: Vec<FingerprintTable>,
}

/// One table of a fingerprint file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerprintTable {
    /// The table.
    pub table: TableName,
    /// Key columns, sorted.
    pub key: Vec<String>,
    /// The other columns by logical name, sorted.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: u64,
    /// Digest of the table whose rows these are.
    pub digest: String,
    /// Where its rows begin.
    offset: u64,
    /// Bytes of its rows, blocks included.
    bytes: u64,
}

impl FingerprintTable {
    /// Bytes that all rows take in the file.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl FingerprintFile {
    /// Opens a file and reads its list of tables.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Newer`], [`Error::Damaged`] (also for a file that was not finished).
    pub fn open(path: &Path) -> Result<Self> {
        let mut blocks = Blocks::open(path)?;
        let mut tables = Vec::new();
        loop {
            match blocks.next_block(false)? {
                (TABLE, payload) => {
                    let header: TableHeader = blocks.json(&payload)?;
                    let offset = blocks.position;
                    let (footer, bytes) = loop {
                        let before = blocks.position;
                        match blocks.next_block(false)? {
                            (ROWS, _) => {}
                            (TABLE_END, payload) => {
                                break (blocks.json::<TableFooter>(&payload)?, before - offset);
                            }
                            (tag, _) => return Err(blocks.damaged(format!("block {tag:#x} among rows"))),
                        }
                    };
                    tables.push(FingerprintTable {
                        table: TableName::new(header.schema, header.table),
                        key: header.key,
                        columns: header.columns,
                        rows: footer.rows,
                        digest: footer.digest,
                        offset,
                        bytes,
                    });
                }
                (FILE_END, payload) => {
                    if payload != (tables.len() as u64).to_le_bytes() {
                        return Err(blocks.damaged("its number of tables is wrong".into()));
                    }
                    return Ok(FingerprintFile { path: path.to_owned(), tables });
                }
                (tag, _) => return Err(blocks.damaged(format!("block {tag:#x} between tables"))),
            }
        }
    }

    /// Its tables, in the order they were read.
    pub fn tables(&self) -> &[FingerprintTable] {
        &self.tables
    }

    /// The last entry of a table.
    pub fn table(&self, name: &TableName) -> Option<&FingerprintTable> {
        self.tables.iter().rev().find(|table| table.table == *name)
    }

    /// Gives every row of a table to `on_row`: its key's canonical bytes, and a fingerprint per column that is no key.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Damaged`], what `on_row` returns.
    pub fn rows(
        &self,
        table: &FingerprintTable,
        mut on_row: impl FnMut(&[u8], &mut dyn Iterator<Item = u64>) -> Result<()>,
    ) -> Result<()> {
        let mut blocks = Blocks::open(&self.path)?;
        blocks.seek(table.offset)?;
        let mut n_rows = 0_u64;
        loop {
            let (tag, payload) = blocks.next_block(true)?;
            if tag == TABLE_END {
                break;
            }
            let mut rest = payload.as_slice();
            while !rest.is_empty() {
                let (key, cells, after) = split_row(rest, table.columns.len())
                    .ok_or_else(|| blocks.damaged("a row ends outside its block".into()))?;
                let words = cells.as_chunks::<8>().0;
                on_row(key, &mut words.iter().map(|word| u64::from_le_bytes(*word)))?;
                n_rows += 1;
                rest = after;
            }
        }
        if n_rows != table.rows {
            return Err(
                blocks.damaged(format!("{} has {n_rows} rows instead of {}", table.table, table.rows))
            );
        }
        Ok(())
    }
}

fn split_row(bytes: &[u8], n_columns: usize) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (key, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let (cells, rest) = rest.split_at_checked(n_columns.checked_mul(8)?)?;
    Some((key, cells, rest))
}

/// The blocks of a file, one after the other.
struct Blocks {
    path: PathBuf,
    file: BufReader<File>,
    position: u64,
}

impl Blocks {
    fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(io_error(path))?;
        let mut blocks = Blocks { path: path.to_owned(), file: BufReader::new(file), position: 0 };
        if blocks.array::<8>()? != MAGIC {
            return Err(blocks.damaged("it is no fingerprint file".into()));
        }
        let version = u32::from_le_bytes(blocks.array()?);
        if version > VERSION {
            let (found, known) = (u64::from(version), u64::from(VERSION));
            return Err(Error::Newer { path: path.to_owned(), found, known });
        }
        Ok(blocks)
    }

    fn seek(&mut self, position: u64) -> Result<()> {
        self.position = position;
        self.file.seek(SeekFrom::Start(position)).map(|_| ()).map_err(io_error(&self.path))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.position += bytes.len() as u64;
        self.file.read_exact(bytes).map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => self.damaged("it ends too early".into()),
            _ => Error::File { path: self.path.clone(), source },
        })
    }

    /// The next block. Without `with_rows` the content of row blocks is skipped, and empty.
    fn next_block(&mut self, with_rows: bool) -> Result<(u8, Vec<u8>)> {
        let [tag] = self.array()?;
        let length = u32::from_le_bytes(self.array()?);
        if length > MAX_BLOCK {
            return Err(self.damaged(format!("a block at {} claims {length} bytes", self.position)));
        }
        if tag == ROWS && !with_rows {
            let skip = i64::from(length) + 8;
            self.file.seek_relative(skip).map_err(io_error(&self.path))?;
            self.position += u64::from(length) + 8;
            return Ok((tag, Vec::new()));
        }
        let mut payload = vec![0; usize::try_from(length).unwrap_or_default()];
        self.fill(&mut payload)?;
        if u64::from_le_bytes(self.array()?) != xxh3_64(&payload) {
            return Err(self.damaged(format!("the block before byte {} has a wrong checksum", self.position)));
        }
        Ok((tag, payload))
    }

    fn json<T: for<'d> Deserialize<'d>>(&self, payload: &[u8]) -> Result<T> {
        serde_json::from_slice(payload).map_err(|error| self.damaged(error.to_string()))
    }

    fn damaged(&self, reason: String) -> Error {
        Error::Damaged { path: self.path.clone(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rejoint_model::{Content, ViewColumn};

    fn view() -> TableView {
        let column =
            |name: &str| ViewColumn { name: name.into(), column: name.into(), content: Content::Plain };
        TableView {
            table: TableName::new("s`", "t"),
            key: vec!["k".into()],
            columns: vec![column("b"), column("a")],
        }
    }

    fn write(path: &Path, n_rows: u64) {
        let mut writer = FingerprintWriter::create(path).unwrap();
        writer.begin_table(&view()).unwrap();
        for n in 0..n_rows {
            let key = [b"key".as_slice(), &n.to_le_bytes()].concat();
            writer.row(&key, &[Fingerprint(0), Fingerprint(n), Fingerprint(!n)]).unwrap();
        }
        let digest = TableDigest { rows: n_rows, digest: "d".into(), columns: Vec::new() };
        writer.end_table(&view(), &digest).unwrap();
        writer.finish().unwrap();
    }

    fn read(path: &Path) -> Result<Vec<(Vec<u8>, Vec<u64>)>> {
        let file = FingerprintFile::open(path)?;
        let mut rows = Vec::new();
        file.rows(&file.tables()[0], |key, cells| {
            rows.push((key.to_vec(), cells.collect()));
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn rows_come_back_in_order_over_many_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        write(&path, 100_000);
        let rows = read(&path).unwrap();
        assert_eq!(rows.len(), 100_000);
        assert_eq!(
            rows[99_999],
            ([b"key".as_slice(), &99_999_u64.to_le_bytes()].concat(), vec![99_999, !99_999])
        );
        let file = FingerprintFile::open(&path).unwrap();
        let table = file.table(&TableName::new("s`", "t")).unwrap();
        assert_eq!(
            (table.columns.as_slice(), table.rows),
            (["a".to_owned(), "b".to_owned()].as_slice(), 100_000)
        );
    }

    #[test]
    fn any_damaged_byte_and_any_cut_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        write(&path, 3);
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(&path, &bad).unwrap();
            assert!(read(&path).is_err(), "byte {at} of {}", good.len());
            std::fs::write(&path, &good[..at]).unwrap();
            assert!(read(&path).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_newer_version_is_refused_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        write(&path, 1);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[8] = 2;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(read(&path), Err(Error::Newer { found: 2, .. })));
    }
}
