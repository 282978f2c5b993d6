//! Streamed queries: a thread with a connection of its own reads ahead, so that reading and hashing overlap.

use crate::catalog_tables::failed;
use crate::storage::{Kind, bound, given};
use mysql_common::constants::ColumnType;
use mysql_common::packets::Column;
use mysql_common::row::{Row, new_row};
use mysql_common::value::Value;
use rejoint_db::{Error, Rows};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Rows per batch, and bytes of text and blobs after which a batch ends.
const BATCH_ROWS: usize = 512;
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait.
const BATCHES: usize = 4;

enum Message {
    Columns(Vec<Kind>),
    Rows(Vec<Vec<Value>>),
    End,
    Failed(Error),
}

/// Rows from the reading thread.
pub(crate) struct AheadRows {
    receiver: Receiver<Message>,
    columns: Arc<[Column]>,
    binary: Vec<bool>,
    batch: std::vec::IntoIter<Vec<Value>>,
    ended: bool,
}

/// Starts reading `sql` on `db`.
pub(crate) fn read_ahead(db: Connection, sql: String, params: Vec<Value>) -> Result<AheadRows, Error> {
    let (sender, receiver) = sync_channel(BATCHES);
    std::thread::Builder::new()
        .name("rejoint-file".into())
        .spawn(move || {
            let message = match send_rows(&db, &sql, &params, &sender) {
                Ok(()) => Message::End,
                Err(error) => Message::Failed(error),
            };
            // nobody may be listening any more
            let _ = sender.send(message);
        })
        .map_err(|error| Error::Unexpected { what: format!("no thread could be started: {error}") })?;
    let kinds = match receiver.recv() {
        Ok(Message::Columns(kinds)) => kinds,
        Ok(Message::Failed(error)) => return Err(error),
        _ => return Err(gone()),
    };
    Ok(AheadRows {
        receiver,
        columns: columns(kinds.len()),
        binary: kinds.iter().map(|k| *k == Kind::Bytes).collect(),
        batch: Vec::new().into_iter(),
        ended: false,
    })
}

fn gone() -> Error {
    Error::Unexpected { what: "the reading thread ended without saying so".into() }
}

/// Columns without names: rows are read by position.
fn columns(n: usize) -> Arc<[Column]> {
    (0..n).map(|_| Column::new(ColumnType::MYSQL_TYPE_NULL)).collect()
}

impl Rows for AheadRows {
    fn next_row(&mut self) -> Result<Option<Row>, Error> {
        loop {
            if let Some(values) = self.batch.next() {
                return Ok(Some(new_row(values, self.columns.clone())));
            }
            if self.ended {
                return Ok(None);
            }
            match self.receiver.recv() {
                Ok(Message::Rows(rows)) => self.batch = rows.into_iter(),
                Ok(Message::End) => self.ended = true,
                Ok(Message::Failed(error)) => return Err(error),
                Ok(Message::Columns(_)) | Err(_) => return Err(gone()),
            }
        }
    }

    fn binary(&self) -> &[bool] {
        &self.binary
    }
}

fn kinds(statement: &rusqlite::Statement<'_>) -> Vec<Kind> {
    statement.columns().map(|c| Kind::from_declared(c.decl_type())).collect()
}

fn values(row: &rusqlite::Row<'_>, kinds: &[Kind], sql: &str) -> Result<Vec<Value>, Error> {
    kinds
        .iter()
        .enumerate()
        .map(|(i, kind)| given(row.get_ref(i).map_err(|e| failed(e, sql))?, *kind))
        .collect()
}

fn send_rows(
    db: &Connection,
    sql: &str,
    params: &[Value],
    sender: &SyncSender<Message>,
) -> Result<(), Error> {
    let mut statement = db.prepare(sql).map_err(|e| failed(e, sql))?;
    let kinds = kinds(&statement);
    if sender.send(Message::Columns(kinds.clone())).is_err() {
        return Ok(());
    }
    let params = rusqlite::params_from_iter(params.iter().map(bound));
    let mut rows = statement.query(params).map_err(|e| failed(e, sql))?;
    let mut batch = Vec::with_capacity(BATCH_ROWS);
    let mut bytes = 0;
    while let Some(row) = rows.next().map_err(|e| failed(e, sql))? {
        let values = values(row, &kinds, sql)?;
        bytes += values.iter().map(|v| if let Value::Bytes(b) = v { b.len() } else { 0 }).sum::<usize>();
        batch.push(values);
        if batch.len() == BATCH_ROWS || bytes >= BATCH_BYTES {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
            bytes = 0;
            if sender.send(Message::Rows(full)).is_err() {
                return Ok(());
            }
        }
    }
    // if nobody listens any more, the listener has failed and says why
    let _ = sender.send(Message::Rows(batch));
    Ok(())
}

/// All rows of a query, for a stream.
pub(crate) fn all(db: &Connection, sql: &str, params: &[Value]) -> Result<AllRows, Error> {
    let (kinds, rows) = read(db, sql, params)?;
    Ok(AllRows { rows: rows.into_iter(), binary: kinds.iter().map(|k| *k == Kind::Bytes).collect() })
}

/// Rows that are in memory.
pub(crate) struct AllRows {
    rows: std::vec::IntoIter<Row>,
    binary: Vec<bool>,
}

impl Rows for AllRows {
    fn next_row(&mut self) -> Result<Option<Row>, Error> {
        Ok(self.rows.next())
    }

    fn binary(&self) -> &[bool] {
        &self.binary
    }
}

/// All rows of a query.
pub(crate) fn read_all(db: &Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
    Ok(read(db, sql, params)?.1)
}

fn read(db: &Connection, sql: &str, params: &[Value]) -> Result<(Vec<Kind>, Vec<Row>), Error> {
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(e, sql))?;
    let kinds = kinds(&statement);
    let columns = columns(kinds.len());
    let params = rusqlite::params_from_iter(params.iter().map(bound));
    let mut rows = statement.query(params).map_err(|e| failed(e, sql))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(|e| failed(e, sql))? {
        found.push(new_row(values(row, &kinds, sql)?, columns.clone()));
    }
    drop(rows);
    Ok((kinds, found))
}
