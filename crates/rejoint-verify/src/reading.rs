//! Rows as they come, read by another thread so that reading and hashing overlap.

use crate::error::{Error, Result};
use crate::table_digest::Threads;
use rejoint_db::{Connection, Value};
use rejoint_model::TableName;
use std::sync::mpsc;
use std::thread;

/// Rows per batch: enough that passing a batch costs nothing per row.
const BATCH_ROWS: usize = 512;

/// Bytes of text and blobs per batch, so that memory stays bounded when rows are large.
const BATCH_BYTES: usize = 4 << 20;

/// Batches that wait between the threads.
const BATCHES: usize = 4;

/// Gives every row of `sql` to `on_row`: its values, and which of its columns hold bytes and not text.
///
/// With two threads at most about 30 MB of rows, and one row more, are in memory. When `on_row` fails, the rest of the result
/// is still received (the protocol knows no other way but to give up the connection) and thrown away.
pub(crate) fn for_each_row(
    connection: &mut Connection,
    table: &TableName,
    sql: &str,
    threads: Threads,
    mut on_row: impl FnMut(&[Value], &[bool]) -> Result<()>,
) -> Result<()> {
    let failed = |source| Error::Table { table: table.clone(), source: Box::new(source) };
    if threads == Threads::One {
        let mut stream = connection.stream(sql, &[]).map_err(failed)?;
        let binary = stream.binary().to_vec();
        while let Some(row) = stream.next_row().map_err(failed)? {
            on_row(&row.unwrap(), &binary)?;
        }
        return Ok(());
    }
    let (sender, receiver) = mpsc::sync_channel::<Message>(BATCHES);
    thread::scope(|scope| {
        let read = move || read_batches(connection, sql, &sender);
        let reader = thread::Builder::new()
            .name("rejoint-read".into())
            .spawn_scoped(scope, read)
            .map_err(|error| Error::Thread { what: error.to_string() })?;
        let mut binary = Vec::new();
        let mut is_complete = false;
        let consume = || -> Result<()> {
            for message in receiver {
                match message {
                    Message::Columns(found) => binary = found,
                    Message::Rows(values) => {
                        for row in values.chunks_exact(binary.len().max(1)) {
                            on_row(row, &binary)?;
                        }
                    }
                    Message::End => is_complete = true,
                    Message::Failed(source) => return Err(failed(source)),
                }
            }
            Ok(())
        };
        let result = consume();
        let joined = reader.join();
        result?;
        // A reader that ended without saying so must not look like the end of the table.
        if joined.is_err() || !is_complete {
            return Err(Error::Thread { what: format!("the reader of {table}") });
        }
        Ok(())
    })
}

/// From the reading thread to the hashing one. Rows are flat: all values of one row, then of the next.
enum Message {
    Columns(Vec<bool>),
    Rows(Vec<Value>),
    End,
    Failed(rejoint_db::Error),
}

fn read_batches(connection: &mut Connection, sql: &str, sender: &mpsc::SyncSender<Message>) {
    let read = || -> std::result::Result<(), rejoint_db::Error> {
        let mut stream = connection.stream(sql, &[])?;
        let binary = stream.binary().to_vec();
        let n_columns = binary.len();
        let mut gone = sender.send(Message::Columns(binary)).is_err();
        let mut batch: Vec<Value> = Vec::with_capacity(BATCH_ROWS * n_columns);
        let (mut n_rows, mut n_bytes) = (0, 0);
        while let Some(row) = stream.next_row()? {
            if gone {
                continue;
            }
            let start = batch.len();
            batch.extend(row.unwrap());
            n_rows += 1;
            n_bytes += batch.get(start..).unwrap_or_default().iter().map(length).sum::<usize>();
            if n_rows == BATCH_ROWS || n_bytes >= BATCH_BYTES {
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS * n_columns));
                gone = sender.send(Message::Rows(full)).is_err();
                (n_rows, n_bytes) = (0, 0);
            }
        }
        if !batch.is_empty() {
            // If nobody listens any more, the listener has failed and says why.
            let _ = sender.send(Message::Rows(batch));
        }
        Ok(())
    };
    let mut read = read;
    let message = match read() {
        Ok(()) => Message::End,
        Err(error) => Message::Failed(error),
    };
    let _ = sender.send(message);
}

fn length(value: &Value) -> usize {
    match value {
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}
