//! A quick comparison of one table with itself, computed by the server.

use crate::error::{Error, Result};
use crate::observer::Observer;
use crate::server_row::{ServerColumn, row_expression};
use rejoint_db::{Connection, Value, ident, qualified};
use rejoint_model::TableName;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

/// What a server computed over a table, to be compared with what *the same server* computes over *the same table* at another
/// time. It cannot be compared with a [`rejoint_value::TableDigest`], nor between servers: it rests on how this server
/// writes values. It is no proof and never enters a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSideDigest {
    /// Identity of the server.
    pub server: String,
    /// The table.
    pub table: TableName,
    /// Columns that were read, with their types: another type may be written in another way.
    pub columns: Vec<(String, String)>,
    /// Rows.
    pub rows: u64,
    /// The SHA-256 of all rows, combined by exclusive or; 64 hexadecimal digits. No two rows are equal, since the primary key
    /// is part of each, so none cancels another.
    pub xor: String,
}

/// How many connections compute at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connections {
    /// One, in one consistent snapshot.
    One,
    /// Two, each with chunks of its own. Their snapshots are opened one right after the other: if the table is written to in
    /// that instant, the result belongs to no single moment.
    #[default]
    Two,
}

/// Types whose order as a bound value is their order in the key, so that chunks can be cut there.
const CUTTABLE: [&str; 14] = [
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "bigint",
    "date",
    "datetime",
    "timestamp",
    "year",
    "char",
    "varchar",
    "binary",
    "varbinary",
    "decimal",
];

/// Lets the server compute number and hash of a table's rows, in chunks of about `chunk_rows` rows along its primary key. All
/// columns are read, hidden ones too.
///
/// MySQL 8 and newer combine whole hashes; MariaDB and MySQL 5.7, whose `BIT_XOR` knows numbers of 64 bits only, do it in four
/// parts, which takes about twice as long.
///
/// # Errors
/// Server errors; [`Error::View`] if the table has no primary key; any warning, since a warning may mean that a value became NULL;
/// what `observer` returns from [`Observer::progress`].
pub fn digest_table_on_server(
    connection: &mut Connection,
    table: &TableName,
    chunk_rows: u64,
    connections: Connections,
    observer: &mut dyn Observer,
) -> Result<ServerSideDigest> {
    let mut second = match connections {
        Connections::One => None,
        Connections::Two => Some(connection.another()?),
    };
    let mut both: Vec<&mut Connection> = vec![&mut *connection];
    both.extend(second.as_mut());
    for one in &mut both {
        one.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT", &[])?;
    }
    let result = in_snapshots(&mut both, table, chunk_rows.max(1), observer);
    // a connection that broke has said so already
    let ended = connection.execute("COMMIT", &[]);
    let digest = result?;
    ended?;
    Ok(digest)
}

fn in_snapshots(
    connections: &mut [&mut Connection],
    table: &TableName,
    chunk_rows: u64,
    observer: &mut dyn Observer,
) -> Result<ServerSideDigest> {
    let Some(first) = connections.first_mut() else { return Err(unexpected(table, "no connection")) };
    let server = first.server().clone();
    let columns = columns_of(first, table)?;
    let key = key_of(first, table, &columns)?;
    let row = row_expression(&columns);
    let select = if server.is_mariadb() || server.version < (8, 0, 0) {
        let words: Vec<String> = (0..4)
            .map(|n| format!("BIT_XOR(CAST(CONV(SUBSTRING(q.h, {}, 16), 16, 10) AS UNSIGNED))", n * 16 + 1))
            .collect();
        // The LIMIT keeps the inner query from being merged, which would compute the hash once per word.
        format!(
            "SELECT COUNT(*), {} FROM (SELECT SHA2({row}, 256) AS h FROM {} {{range}} LIMIT 18446744073709551615) AS q",
            words.join(", "),
            qualified(table)
        )
    } else {
        format!("SELECT COUNT(*), BIT_XOR(UNHEX(SHA2({row}, 256))) FROM {} {{range}}", qualified(table))
    };
    let work =
        Work { table, key: &key, select, chunk_rows, cuts: Mutex::default(), stop: AtomicBool::new(false) };
    let (sender, receiver) = mpsc::channel::<u64>();
    let total = thread::scope(|scope| {
        let mut workers = Vec::new();
        let mut outcome = Ok(());
        for (index, connection) in connections.iter_mut().enumerate() {
            let (sender, work) = (sender.clone(), &work);
            let spawned = thread::Builder::new()
                .name(format!("rejoint-digest-{index}"))
                .spawn_scoped(scope, move || work.run(connection, &sender));
            match spawned {
                Ok(worker) => workers.push(worker),
                Err(error) => {
                    work.stop.store(true, Ordering::Relaxed);
                    outcome = Err(Error::Thread { what: error.to_string() });
                }
            }
        }
        drop(sender);
        let mut rows = 0;
        for more in receiver {
            rows += more;
            if outcome.is_ok()
                && let Err(error) = observer.progress(table, rows)
            {
                work.stop.store(true, Ordering::Relaxed);
                outcome = Err(error);
            }
        }
        let mut total = Part::default();
        for worker in workers {
            match worker.join() {
                Ok(Ok(part)) => total.add(&part),
                Ok(Err(error)) => outcome = outcome.and(Err(error)),
                Err(_) => {
                    outcome = outcome.and(Err(Error::Thread { what: format!("the digest of {table}") }))
                }
            }
        }
        outcome.map(|()| total)
    })?;
    Ok(ServerSideDigest {
        server: server.identity,
        table: table.clone(),
        columns: columns.into_iter().map(|column| (column.name, column.sql_type)).collect(),
        rows: total.rows,
        xor: total.xor.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// What the connections share.
struct Work<'a> {
    table: &'a TableName,
    key: &'a [&'a ServerColumn],
    /// The query, with `{range}` for its condition.
    select: String,
    chunk_rows: u64,
    /// The last cut. Cuts are only values of the key: whichever snapshot they come from, the chunks between them cover the table.
    cuts: Mutex<Cuts>,
    stop: AtomicBool,
}

#[derive(Default)]
struct Cuts {
    last: Option<Vec<Value>>,
    is_done: bool,
}

/// What one connection has computed.
#[derive(Default)]
struct Part {
    rows: u64,
    xor: [u8; 32],
}

impl Part {
    fn add(&mut self, other: &Part) {
        self.rows += other.rows;
        self.xor.iter_mut().zip(other.xor).for_each(|(mine, other)| *mine ^= other);
    }
}

impl Work<'_> {
    /// Takes chunk after chunk until none is left.
    fn run(&self, connection: &mut Connection, sender: &mpsc::Sender<u64>) -> Result<Part> {
        let mut part = Part::default();
        let result = self.chunks(connection, sender, &mut part);
        if result.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        result.map(|()| part)
    }

    fn chunks(&self, connection: &mut Connection, sender: &mpsc::Sender<u64>, part: &mut Part) -> Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            let Some((low, high)) = self.next(connection)? else { return Ok(()) };
            let chunk = self.chunk(connection, low.as_deref(), high.as_deref())?;
            part.add(&chunk);
            // when nobody listens any more, the work is being stopped
            let _ = sender.send(chunk.rows);
        }
        Ok(())
    }

    /// The bounds of the next chunk: beyond the first one, up to the second.
    #[expect(clippy::type_complexity, reason = "two bounds, each of which may be missing")]
    fn next(&self, connection: &mut Connection) -> Result<Option<(Option<Vec<Value>>, Option<Vec<Value>>)>> {
        let gone = |_| Error::Thread { what: format!("the digest of {}", self.table) };
        let mut cuts = self.cuts.lock().map_err(gone)?;
        if cuts.is_done {
            return Ok(None);
        }
        let high = next_cut(connection, self.table, self.key, cuts.last.as_deref(), self.chunk_rows)?;
        cuts.is_done = high.is_none();
        Ok(Some((std::mem::replace(&mut cuts.last, high.clone()), high)))
    }

    fn chunk(
        &self,
        connection: &mut Connection,
        low: Option<&[Value]>,
        high: Option<&[Value]>,
    ) -> Result<Part> {
        let (mut conditions, mut params) = (Vec::new(), Vec::new());
        if let Some(low) = low {
            conditions.push(beyond(self.key, ">", low, &mut params));
        }
        if let Some(high) = high {
            conditions.push(format!("NOT {}", beyond(self.key, ">", high, &mut params)));
        }
        let range =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let found = connection.rows(&self.select.replace("{range}", &range), &params)?;
        refuse_warnings(connection, self.table)?;
        let row = found.first().ok_or_else(|| unexpected(self.table, "no row"))?;
        let rows = number(row.as_ref(0)).ok_or_else(|| unexpected(self.table, "no count"))?;
        let mut part = Part { rows, ..Part::default() };
        if rows == 0 {
            return Ok(part); // the server's hash of nothing has another length
        }
        match row.as_ref(1) {
            Some(Value::Bytes(hash)) if row.len() == 2 && hash.len() == 32 => part.xor.copy_from_slice(hash),
            _ if row.len() == 5 => {
                for (word, place) in part.xor.chunks_exact_mut(8).enumerate() {
                    let found =
                        number(row.as_ref(word + 1)).ok_or_else(|| unexpected(self.table, "no hash"))?;
                    place.copy_from_slice(&found.to_be_bytes());
                }
            }
            _ => return Err(unexpected(self.table, "no hash")),
        }
        Ok(part)
    }
}

fn columns_of(connection: &mut Connection, table: &TableName) -> Result<Vec<ServerColumn>> {
    let sql = "SELECT COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, COLUMN_KEY, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY COLUMN_NAME";
    let params = [Value::from(table.schema.as_str()), Value::from(table.table.as_str())];
    let columns: Vec<ServerColumn> = connection
        .rows(sql, &params)?
        .iter()
        .map(|row| ServerColumn {
            name: text(row.as_ref(0)),
            sql_type: text(row.as_ref(1)),
            data_type: text(row.as_ref(2)).to_ascii_lowercase(),
            in_key: text(row.as_ref(3)) == "PRI",
            max_length: number(row.as_ref(4)),
            nullable: text(row.as_ref(5)) != "NO",
        })
        .collect();
    if columns.iter().any(|column| column.in_key) {
        return Ok(columns);
    }
    Err(Error::View { table: table.clone(), reason: "it does not exist or has no primary key".into() })
}

/// The leading columns of the primary key along which chunks can be cut; none if the first one is not fit for it.
fn key_of<'c>(
    connection: &mut Connection,
    table: &TableName,
    columns: &'c [ServerColumn],
) -> Result<Vec<&'c ServerColumn>> {
    let sql = "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX";
    let params = [Value::from(table.schema.as_str()), Value::from(table.table.as_str())];
    let names: Vec<String> = connection.rows(sql, &params)?.iter().map(|row| text(row.as_ref(0))).collect();
    Ok(names
        .iter()
        .map_while(|name| columns.iter().find(|column| column.name == *name))
        .take_while(|column| CUTTABLE.contains(&column.data_type.as_str()))
        .collect())
}

/// The key `chunk_rows` rows after `low`, or `None` if the rest is one chunk.
fn next_cut(
    connection: &mut Connection,
    table: &TableName,
    key: &[&ServerColumn],
    low: Option<&[Value]>,
    chunk_rows: u64,
) -> Result<Option<Vec<Value>>> {
    if key.is_empty() {
        return Ok(None);
    }
    let mut params = Vec::new();
    let condition = match low {
        Some(low) => format!("WHERE {}", beyond(key, ">", low, &mut params)),
        None => String::new(),
    };
    let list =
        |quoted: fn(&ServerColumn) -> String| key.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ");
    let values = list(|c| if c.is_binary() { format!("HEX({})", ident(&c.name)) } else { ident(&c.name) });
    let order = list(|c| ident(&c.name));
    let sql = format!(
        "SELECT {values} FROM {} {condition} ORDER BY {order} LIMIT 1 OFFSET {}",
        qualified(table),
        chunk_rows - 1
    );
    let rows = connection.rows(&sql, &params)?;
    refuse_warnings(connection, table)?;
    Ok(rows
        .first()
        .map(|row| (0..key.len()).map(|n| row.as_ref(n).cloned().unwrap_or(Value::NULL)).collect()))
}

/// `(a, b) > (?, ?)` in the form that servers can use an index for.
fn beyond(key: &[&ServerColumn], operator: &str, bound: &[Value], params: &mut Vec<Value>) -> String {
    let mut terms = Vec::with_capacity(key.len());
    for last in 0..key.len() {
        let mut factors = Vec::with_capacity(last + 1);
        for (index, (column, value)) in key.iter().zip(bound).enumerate().take(last + 1) {
            let operator = if index == last { operator } else { "=" };
            factors.push(format!("{} {operator} {}", ident(&column.name), column.mark()));
            params.push(value.clone());
        }
        terms.push(format!("({})", factors.join(" AND ")));
    }
    format!("({})", terms.join(" OR "))
}

fn refuse_warnings(connection: &mut Connection, table: &TableName) -> Result<()> {
    match connection.text_rows("SHOW WARNINGS")?.first() {
        None => Ok(()),
        Some(row) => Err(Error::View {
            table: table.clone(),
            reason: format!("the server warned while it computed: {}", text(row.as_ref(2))),
        }),
    }
}

fn unexpected(table: &TableName, what: &str) -> Error {
    let what = format!("the digest of {table} gave {what}");
    Error::Server(rejoint_db::Error::Unexpected { what })
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

fn number(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Int(n) => u64::try_from(*n).ok(),
        Value::UInt(n) => Some(*n),
        Value::Bytes(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: &str) -> ServerColumn {
        ServerColumn {
            name: name.into(),
            data_type: data_type.into(),
            sql_type: data_type.into(),
            in_key: true,
            nullable: false,
            max_length: None,
        }
    }

    #[test]
    fn chunks_are_cut_with_conditions_an_index_can_serve() {
        let (a, b) = (column("a", "int"), column("b", "binary"));
        let mut params = Vec::new();
        let text = beyond(&[&a, &b], ">", &[Value::Int(1), Value::from("ff")], &mut params);
        assert_eq!(text, "((`a` > ?) OR (`a` = ? AND `b` > UNHEX(?)))");
        assert_eq!(params, [Value::Int(1), Value::Int(1), Value::from("ff")]);
    }
}
