//! A server and a file of its dump behind one engine: every statement runs on both, and where they differ is noted.

use rejoint_db::{
    Capabilities, Connection, Engine, Error, Grant, Row, RowStream, Rows, SessionInfo, TimeZones, Value,
    cell, ident, missing_privileges, read_catalog, schema_names, sessions,
};
use rejoint_model::{Catalog, Server, TableName};
use rejoint_value::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What both did with the statements they were given.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Statements that were compared.
    pub(crate) n_statements: u64,
    /// The statements that changed rows.
    pub(crate) changes: BTreeSet<String>,
    /// Rows that were compared.
    pub(crate) n_rows: u64,
    /// Statements that did not do the same, and what each did.
    pub(crate) differing: Vec<String>,
}

pub(crate) struct Pair {
    pub(crate) server: Connection,
    pub(crate) file: Connection,
    pub(crate) seen: Arc<Mutex<Seen>>,
    /// Columns whose values no dump holds, because the server computes them.
    pub(crate) not_dumped: Vec<String>,
}

/// A row with whether its columns hold bytes.
type Read = (Vec<Row>, Vec<bool>);

fn read(connection: &mut Connection, sql: &str, params: &[Value]) -> Result<Read, Error> {
    let mut stream = connection.stream(sql, params)?;
    let binary = stream.binary().to_vec();
    let mut rows = Vec::new();
    while let Some(row) = stream.next_row()? {
        rows.push(row);
    }
    Ok((rows, binary))
}

/// A value as callers see it: numbers of expressions come as text, integers or doubles.
fn shown(value: Option<&Value>) -> String {
    match cell(value, false) {
        Cell::Int(n) => n.to_string(),
        Cell::UInt(n) => n.to_string(),
        Cell::Double(n) if n.fract() == 0.0 && n.abs() < 1e15 => format!("{n:.0}"),
        Cell::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => format!("{text:02x?}"),
        },
        other => format!("{other:?}"),
    }
}

/// Rows, sorted: without collations a file puts them in another order.
fn all_shown(rows: &[Row]) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> =
        rows.iter().map(|row| (0..row.len()).map(|i| shown(row.as_ref(i))).collect()).collect();
    all.sort();
    all
}

/// Equal, but for values that the dump does not hold.
fn same_but_for_losses(server: &[String], file: &[String], lossy: bool) -> bool {
    server.len() == file.len() && server.iter().zip(file).all(|(a, b)| a == b || (lossy && b == "Null"))
}

impl Pair {
    fn note(&self, what: String) {
        self.seen.lock().expect("the notes").differing.push(what);
    }

    fn compare_rows(&self, sql: &str, server: &Result<Vec<Row>, Error>, file: &Result<Vec<Row>, Error>) {
        let mut seen = self.seen.lock().expect("the notes");
        seen.n_statements += 1;
        let (a, b) = match (server, file) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(a), Err(b)) if a.code() == b.code() => return,
            _ => {
                let file = file.as_ref().map(Vec::len);
                seen.differing
                    .push(format!("{sql}\n  server: {:?}\n  file: {file:?}", server.as_ref().map(Vec::len)));
                return;
            }
        };
        seen.n_rows += a.len() as u64;
        if sql.contains(" LIMIT ") && !sql.contains(" ORDER BY ") {
            // which rows come is open, how many is not
            if a.len() != b.len() {
                seen.differing.push(format!(
                    "{sql}\n  {} rows on the server, {} in the file",
                    a.len(),
                    b.len()
                ));
            }
            return;
        }
        let lossy = self.not_dumped.iter().any(|column| sql.contains(&ident(column)));
        let (mut a, mut b) = (all_shown(a), all_shown(b));
        if sql.contains("SELECT seq, CAST(at AS CHAR)") {
            // each has the journal's times from its own clock
            a.iter_mut().chain(&mut b).for_each(|row| drop(row.remove(1)));
        }
        let differing = a.iter().zip(&b).find(|(a, b)| !same_but_for_losses(a, b, lossy));
        if a.len() != b.len() || differing.is_some() {
            seen.differing.push(format!(
                "{sql}\n  {} and {} rows; first differ {differing:?}",
                a.len(),
                b.len()
            ));
        }
    }

    fn compare<T: PartialEq + std::fmt::Debug>(
        &self,
        what: &str,
        server: &Result<T, Error>,
        file: &Result<T, Error>,
    ) {
        self.seen.lock().expect("the notes").n_statements += 1;
        let same = match (server, file) {
            (Ok(a), Ok(b)) => a == b,
            (Err(a), Err(b)) => a.code() == b.code(),
            _ => false,
        };
        if !same {
            self.note(format!("{what}\n  server: {server:?}\n  file: {file:?}"));
        }
    }
}

struct Kept(std::vec::IntoIter<Row>, Vec<bool>);

impl Rows for Kept {
    fn next_row(&mut self) -> Result<Option<Row>, Error> {
        Ok(self.0.next())
    }

    fn binary(&self) -> &[bool] {
        &self.1
    }
}

impl Engine for Pair {
    fn server(&self) -> &Server {
        self.server.server()
    }

    fn capabilities(&self) -> Capabilities {
        // what the file cannot do is not asked of the two
        self.file.capabilities()
    }

    fn id(&self) -> u32 {
        self.server.id()
    }

    fn another(&self) -> Result<Box<dyn Engine>, Error> {
        let (server, file) = (self.server.another()?, self.file.another()?);
        Ok(Box::new(Pair { server, file, seen: self.seen.clone(), not_dumped: self.not_dumped.clone() }))
    }

    fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        let (server, file) = (self.server.rows(sql, params), self.file.rows(sql, params));
        if sql != "SELECT CURRENT_USER()" {
            self.compare_rows(sql, &server, &file);
        }
        server
    }

    fn text_rows(&mut self, sql: &str) -> Result<Vec<Row>, Error> {
        let (server, file) = (self.server.text_rows(sql), self.file.text_rows(sql));
        self.compare_rows(sql, &server, &file);
        server
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        let (server, file) = (self.server.execute(sql, params), self.file.execute(sql, params));
        if sql.starts_with("SET ") {
            return server; // a file has nothing to set
        }
        self.seen.lock().expect("the notes").changes.insert(sql.to_owned());
        if sql.starts_with("UPDATE ")
            || sql.contains(" ON DUPLICATE KEY ")
            || sql.contains("\nON DUPLICATE KEY ")
        {
            // servers count rows that change, or count twice those that are updated; nobody relies on it
            let done = |result: &Result<u64, Error>| result.as_ref().map(|_| ()).map_err(|e| e.to_string());
            if done(&server).is_ok() != done(&file).is_ok() {
                self.note(format!("{sql}\n  server: {server:?}\n  file: {file:?}"));
            }
        } else {
            self.compare(sql, &server, &file);
        }
        server
    }

    fn stream<'c>(&'c mut self, sql: &str, params: &[Value]) -> Result<RowStream<'c>, Error> {
        let (server, file) = (read(&mut self.server, sql, params), read(&mut self.file, sql, params));
        if let (Ok((rows, a)), Ok((_, b))) = (&server, &file) {
            // of what an expression gives, only a server knows
            let plain = !sql.contains("IF(");
            let matters =
                |i: usize| plain && rows.iter().any(|row| matches!(row.as_ref(i), Some(Value::Bytes(_))));
            let same = a.len() == b.len() && (0..a.len()).all(|i| a[i] == b[i] || !matters(i));
            if !same {
                self.note(format!("{sql}\n  bytes are {a:?} on the server, {b:?} in the file"));
            }
        }
        let binary = server.as_ref().map(|(_, binary)| binary.clone()).unwrap_or_default();
        let (server, file) = (server.map(|(rows, _)| rows), file.map(|(rows, _)| rows));
        self.compare_rows(sql, &server, &file);
        Ok(RowStream::new(Kept(server?.into_iter(), binary)))
    }

    fn show_create(&mut self, table: &TableName) -> Result<String, Error> {
        let (server, file) = (self.server.show_create(table), self.file.show_create(table));
        // of tables that rejoint makes, only a server knows how it prints them; and MariaDB 11.8 prints NULs in hexadecimal
        if !table.table.starts_with('~') && !table.table.contains("rejoint") {
            let zeros = (format!("x'{}'", "0".repeat(32)), format!("'{}'", "\\0".repeat(16)));
            let printed = |text: &Result<String, Error>| match text {
                Ok(text) => Ok(text.replace(&zeros.0, &zeros.1)),
                Err(e) => Err(Error::Unexpected { what: e.to_string() }),
            };
            self.compare(&format!("the definition of {table}"), &printed(&server), &printed(&file));
        }
        server
    }

    fn alter(&mut self, table: &TableName, sql: &str, after: &str) -> Result<(), Error> {
        let (server, file) = (self.server.alter(table, sql, after), self.file.alter(table, sql, after));
        self.compare(sql, &server, &file);
        server
    }

    fn schema_names(&mut self) -> Result<Vec<String>, Error> {
        schema_names(&mut self.server)
    }

    fn catalog(&mut self, schemas: &[String]) -> Result<Catalog, Error> {
        let (server, file) = (read_catalog(&mut self.server, schemas), read_catalog(&mut self.file, schemas));
        let names = |c: &Result<Catalog, Error>| -> Result<Vec<TableName>, Error> {
            match c {
                Ok(c) => Ok(c.tables().map(|t| t.name.clone()).collect()),
                Err(e) => Err(Error::Unexpected { what: e.to_string() }),
            }
        };
        self.compare("the tables of the catalog", &names(&server), &names(&file));
        server
    }

    fn tables(&mut self) -> Result<Vec<TableName>, Error> {
        self.server.tables()
    }

    fn columns(&mut self, table: &TableName) -> Result<Vec<String>, Error> {
        let (server, file) = (self.server.columns(table), self.file.columns(table));
        self.compare(&format!("the columns of {table}"), &server, &file);
        server
    }

    fn trigger(&mut self, table: &TableName, name: &str) -> Result<Option<String>, Error> {
        let (server, file) = (self.server.trigger(table, name), self.file.trigger(table, name));
        let there = |t: &Result<Option<String>, Error>| Ok(t.as_ref().is_ok_and(Option::is_some));
        self.compare(&format!("the trigger {name} of {table}"), &there(&server), &there(&file));
        server
    }

    fn rows_estimate(&mut self, table: &TableName) -> Result<u64, Error> {
        self.server.rows_estimate(table)
    }

    fn changed_since(&mut self, _: &[String], _: &str, _: u64) -> Result<Vec<TableName>, Error> {
        Ok(Vec::new())
    }

    fn clock(&mut self) -> Result<(String, i64), Error> {
        self.server.clock()
    }

    fn default_collations(&mut self) -> Result<Vec<String>, Error> {
        self.server.default_collations()
    }

    fn time_zones(&mut self) -> Result<TimeZones, Error> {
        self.server.time_zones()
    }

    fn sessions(&mut self) -> Result<Vec<SessionInfo>, Error> {
        // other tests use the server too
        let _ = sessions(&mut self.server)?;
        Ok(Vec::new())
    }

    fn missing_privileges(&mut self, needed: &[Grant]) -> Result<Vec<Grant>, Error> {
        missing_privileges(&mut self.server, needed)
    }

    fn lock(&mut self, name: &str, seconds: u32) -> Result<bool, Error> {
        Ok(self.server.lock(name, seconds)? && self.file.lock(name, seconds)?)
    }

    fn lock_owner(&mut self, name: &str) -> Result<Option<i64>, Error> {
        self.server.lock_owner(name)
    }

    fn check_foreign_keys(&mut self, on: bool) -> Result<(), Error> {
        self.server.check_foreign_keys(on)?;
        self.file.check_foreign_keys(on)
    }
}
