//! The reader: a dump as a stream of events.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};

use crate::charset::Charset;
use crate::columns::{Column, parse_columns};
use crate::error::{Error, QualifiedName, excerpt};
use crate::event::{
    Circumstances, Database, DatabaseOrigin, End, Event, Header, Other, Routine, Rows, Table, Trigger, View,
    ViewPlaceholder,
};
use crate::session::Session;
use crate::source::Source;
use crate::statement::{RawName, Statement, classify, insert_head};
use crate::token::{after_comment, statement_end, version_comment, without_version_comments};
use crate::values::{Literals, Misfit, RawValue, decode, scan_row, skip_space};

/// How much one row or statement may take, so that a damaged dump cannot fill the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one row as written. A LONGBLOB has up to 4 GiB, the servers' packets up to 1 GiB.
    pub row: usize,
    /// Bytes of any other statement or comment.
    pub statement: usize,
}

impl Default for Limits {
    /// 4 GiB for a row (escapes can double 2 GiB), 64 MiB for a statement.
    fn default() -> Self {
        Self { row: usize::try_from(1u64 << 32).unwrap_or(usize::MAX), statement: 64 << 20 }
    }
}

/// A batch ends after so many values, however large the window has grown.
const BATCH_VALUES: usize = 1 << 16;

/// The rows of the INSERT that is being read.
struct Insert {
    name: QualifiedName,
    columns: Option<Vec<String>>,
    width: Option<usize>,
    literals: Literals,
    /// A row was read, so that a comma or the end follows.
    after_row: bool,
}

/// What [`DumpReader::advance`] found; rows stay in the window.
enum Step {
    Event(Box<Event<'static>>),
    Rows,
    Done,
}

/// Reads what `mysqldump` and `mariadb-dump` write, in any of their options that make SQL.
///
/// Memory is a window of 256 KiB, or twice the longest row. For `.gz` and `.zst` see [`crate::decompress()`].
///
/// What the dump says and this crate does not understand is an error or [`Event::Other`], never skipped.
/// Statements that a reader does not need (DROP, LOCK, SET, transactions, replication positions) are stepped over.
pub struct DumpReader<R> {
    source: Source<R>,
    limits: Limits,
    session: Session,
    delimiter: Vec<u8>,
    queue: VecDeque<Event<'static>>,
    insert: Option<Insert>,
    values: Vec<RawValue>,
    batch_rows: usize,
    batch_bytes: usize,
    batch_position: u64,
    /// By USE.
    used: Option<String>,
    /// By the comment at the head.
    commented: Option<String>,
    announced: Option<String>,
    header: Option<Header>,
    /// A head was read whose completion line is still to come.
    unfinished: bool,
    completed: bool,
    current: Option<(QualifiedName, usize)>,
    end: End,
    failed: bool,
    done: bool,
}

impl<R: Read> DumpReader<R> {
    /// A reader with the default limits. `input` needs no buffering.
    pub fn new(input: R) -> Self {
        Self::with_limits(input, Limits::default())
    }

    /// A reader with other limits.
    pub fn with_limits(input: R, limits: Limits) -> Self {
        Self {
            source: Source::new(input),
            limits,
            session: Session::default(),
            delimiter: b";".to_vec(),
            queue: VecDeque::new(),
            insert: None,
            values: Vec::new(),
            batch_rows: 0,
            batch_bytes: 0,
            batch_position: 0,
            used: None,
            commented: None,
            announced: None,
            header: None,
            unfinished: false,
            completed: false,
            current: None,
            end: End::default(),
            failed: false,
            done: false,
        }
    }

    /// The session's state where the reader stands: character set, time zone, SQL mode.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// How many bytes were read, for a progress bar.
    pub fn position(&self) -> u64 {
        self.source.position()
    }

    /// Size of the window in bytes: what the reader holds in memory, but for the places of one batch's values
    /// (at most 65,536 and one row's). 256 KiB unless a row or statement needs more; then at most four times as much as
    /// that, or the limit.
    pub fn window(&self) -> usize {
        self.source.size()
    }

    /// The next piece of the dump; `None` after [`Event::End`].
    ///
    /// # Errors
    /// See [`Error`]. After an error the reader is useless: it does not look for where it could go on.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        if self.failed {
            return Err(Error::Refused {
                position: self.source.position(),
                what: "reading goes on after an error".to_owned(),
                way_out: "start again from the beginning of a sound dump".to_owned(),
            });
        }
        match self.advance() {
            Ok(Step::Event(event)) => Ok(Some(*event)),
            Ok(Step::Done) => Ok(None),
            Ok(Step::Rows) => Ok(self.rows().map(Event::Rows)),
            Err(error) => {
                self.failed = true;
                Err(self.as_dump_error(error))
            }
        }
    }

    fn rows(&self) -> Option<Rows<'_>> {
        let insert = self.insert.as_ref()?;
        Some(Rows {
            name: &insert.name,
            columns: insert.columns.as_deref(),
            window: self.source.consumed(self.batch_bytes),
            values: &self.values,
            width: insert.width.unwrap_or(0),
            len: self.batch_rows,
            position: self.batch_position,
            session: &self.session,
        })
    }

    /// A decompressor that meets its input's end or wrong bytes says so by an I/O error.
    fn as_dump_error(&self, error: Error) -> Error {
        match error {
            Error::Read { position, source } if source.kind() == ErrorKind::UnexpectedEof => {
                Error::Truncated {
                    position,
                    inside: "in the middle of the compressed file".to_owned(),
                    last_complete: self.end.last_complete.clone(),
                }
            }
            Error::Read { position, source }
                if matches!(source.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) =>
            {
                Error::Damaged {
                    position,
                    what: format!("the compressed file is wrong there ({source})"),
                    near: "the decompressed bytes before it".to_owned(),
                    last_complete: self.end.last_complete.clone(),
                }
            }
            other => other,
        }
    }

    fn advance(&mut self) -> Result<Step, Error> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Ok(Step::Event(Box::new(event)));
            }
            if self.done {
                return Ok(Step::Done);
            }
            if self.insert.is_some() {
                if self.batch()? {
                    return Ok(Step::Rows);
                }
                continue;
            }
            self.next_statement()?;
        }
    }

    /// Reads one comment or statement; what it says goes to the queue.
    fn next_statement(&mut self) -> Result<(), Error> {
        loop {
            let space = skip_space(self.source.pending(), 0);
            self.source.consume(space);
            if !self.source.pending().is_empty() {
                break;
            }
            if !self.source.fill()? {
                return self.finish();
            }
        }
        // enough to tell what begins here
        if self.source.pending().len() < 64 {
            self.source.fill()?;
        }
        let pending = self.source.pending();
        if pending.starts_with(b"#")
            || (pending.starts_with(b"--")
                && pending.get(2).is_none_or(|b| b.is_ascii_whitespace() || *b < b' '))
        {
            return self.line_comment();
        }
        if pending.starts_with(b"/*")
            && version_comment(pending, 0).is_none_or(|(_, version)| version >= 999_999)
        {
            return self.block_comment();
        }
        let word = pending.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(pending.len());
        let word = pending.get(..word).unwrap_or_default();
        if word.eq_ignore_ascii_case(b"INSERT") || word.eq_ignore_ascii_case(b"REPLACE") {
            return self.begin_insert();
        }
        if word.eq_ignore_ascii_case(b"DELIMITER") {
            return self.set_delimiter();
        }
        self.other_statement()
    }

    /// Reads more of an unfinished statement that began at the first pending byte.
    fn more(&mut self, inside: &str, limit: usize, what: &'static str) -> Result<(), Error> {
        let position = self.source.position();
        if self.source.pending().len() > limit {
            return Err(Error::TooLarge { position, what, limit });
        }
        if self.source.fill()? {
            return Ok(());
        }
        Err(self.truncated(inside))
    }

    fn truncated(&self, inside: &str) -> Error {
        Error::Truncated {
            position: self.source.position() + self.source.pending().len() as u64,
            inside: inside.to_owned(),
            last_complete: self.end.last_complete.clone(),
        }
    }

    /// Damage at a byte of what is pending.
    fn damaged(&self, at: usize, what: impl Into<String>) -> Error {
        Error::Damaged {
            position: self.source.position() + at as u64,
            what: what.into(),
            near: excerpt(self.source.pending().get(at..).unwrap_or_default()),
            last_complete: self.end.last_complete.clone(),
        }
    }

    fn line_comment(&mut self) -> Result<(), Error> {
        let length = loop {
            let pending = self.source.pending();
            if let Some(found) = memchr::memchr(b'\n', pending) {
                break found;
            }
            let (length, position) = (pending.len(), self.source.position());
            if length > self.limits.statement {
                return Err(Error::TooLarge { position, what: "a comment", limit: self.limits.statement });
            }
            if !self.source.fill()? {
                break length;
            }
        };
        let line = self.source.pending().get(..length).unwrap_or_default().trim_ascii();
        if line.starts_with(b"-- Dump completed") {
            self.completed = true;
            self.unfinished = false;
            self.complete_table();
        } else if let Some(rest) = tool_line(line) {
            let (product, rest) = rest;
            // both `10.13  Distrib 9.7.4, for Linux` and `10.20-11.8.9-MariaDB, for …`
            let version = rest.split_once("Distrib ").map_or(rest.as_str(), |(_, version)| version);
            let version = version.split_once(", for ").map_or(version, |(version, _)| version);
            self.header = Some(Header {
                product: product.to_owned(),
                tool_version: version.trim().to_owned(),
                server_version: String::new(),
                database: None,
            });
            self.unfinished = true;
            self.completed = false;
        } else if let Some(rest) = line.strip_prefix(b"-- Host: ")
            && let Some(header) = &mut self.header
        {
            let rest = String::from_utf8_lossy(rest);
            let name = rest.split_once("    Database: ").map(|(_, name)| name.trim_end()).unwrap_or_default();
            header.database = (!name.is_empty()).then(|| name.to_owned());
        } else if let Some(rest) = line.strip_prefix(b"-- Server version")
            && let Some(mut header) = self.header.take()
        {
            header.server_version = String::from_utf8_lossy(rest).trim().to_owned();
            self.commented.clone_from(&header.database);
            self.queue.push_back(Event::Header(header));
        }
        self.source.consume(length);
        Ok(())
    }

    fn block_comment(&mut self) -> Result<(), Error> {
        loop {
            if let Some(end) = after_comment(self.source.pending(), 2) {
                self.source.consume(end);
                return Ok(());
            }
            self.more("inside a comment", self.limits.statement, "a comment")?;
        }
    }

    fn set_delimiter(&mut self) -> Result<(), Error> {
        loop {
            let pending = self.source.pending();
            if let Some(end) = memchr::memchr(b'\n', pending) {
                let line = pending.get(b"DELIMITER".len()..end).unwrap_or_default().trim_ascii();
                let delimiter = line.split(u8::is_ascii_whitespace).next().unwrap_or_default().to_vec();
                if delimiter.is_empty() || delimiter.len() > 16 || delimiter.contains(&b'\\') {
                    return Err(self.damaged(0, "DELIMITER without a delimiter"));
                }
                self.delimiter = delimiter;
                self.source.consume(end);
                return Ok(());
            }
            self.more("inside a DELIMITER line", self.limits.statement, "a line")?;
        }
    }

    /// Text of the dump as it is loaded: names, views, triggers.
    fn text(&self, bytes: &[u8]) -> Option<String> {
        match self.session.charset() {
            None | Some(Charset::BINARY) => Charset::UTF8MB4.to_text(bytes),
            Some(charset) => charset.to_text(bytes),
        }
    }

    /// The character set must be one whose quotes can be found.
    fn check_charset(&self) -> Result<(), Error> {
        let Some(name) = self.session.charset_name() else { return Ok(()) };
        if Charset::from_name(name).is_some_and(|charset| !charset.hides_quotes()) {
            return Ok(());
        }
        Err(Error::Refused {
            position: self.source.position(),
            what: format!("text in the character set {}", excerpt(name.as_bytes())),
            way_out: "take the dump with --default-character-set=utf8mb4".to_owned(),
        })
    }

    fn current_database(&self) -> Option<&str> {
        self.used.as_deref().or(self.commented.as_deref())
    }

    /// The full name; announces the database if only the head's comment names it.
    fn name(&mut self, raw: &RawName) -> Result<QualifiedName, Error> {
        let name = raw.decode(self.current_database(), |bytes| self.text(bytes));
        let name = name.ok_or_else(|| self.damaged(0, "a name is no text in the dump's character set"))?;
        if raw.database.is_none()
            && self.used.is_none()
            && let Some(database) = self.commented.clone()
        {
            self.announce(database, DatabaseOrigin::Comment, None, None);
        }
        Ok(name)
    }

    fn announce(
        &mut self,
        name: String,
        origin: DatabaseOrigin,
        charset: Option<String>,
        collation: Option<String>,
    ) {
        let known = self.announced.as_ref() == Some(&name);
        if known && matches!(origin, DatabaseOrigin::Use | DatabaseOrigin::Comment) {
            return;
        }
        self.announced = Some(name.clone());
        self.queue.push_back(Event::Database(Database { name, origin, charset, collation }));
    }

    fn complete_table(&mut self) {
        if let Some((name, _)) = self.current.take() {
            self.end.last_complete = Some(name);
        }
    }

    fn other_statement(&mut self) -> Result<(), Error> {
        let quoting = self.session.quoting();
        let length = loop {
            if let Some(length) = statement_end(self.source.pending(), &self.delimiter, quoting) {
                break length;
            }
            self.more("inside a statement", self.limits.statement, "a statement")?;
        };
        let position = self.source.position();
        let statement = self.source.pending().get(..length).unwrap_or_default().to_vec();
        let Some(found) = classify(&statement, quoting) else {
            return Err(self.refused("a statement of an unknown form"));
        };
        if !matches!(found, Statement::Set(_) | Statement::Ignored | Statement::Unlock) {
            self.check_charset()?;
        }
        match found {
            Statement::Ignored => {}
            Statement::Set(tokens) => self.session.set(tokens),
            Statement::Unlock => self.complete_table(),
            found => {
                self.complete_table();
                self.definition(found, &statement, position)?;
            }
        }
        self.source.consume(length + self.delimiter.len());
        Ok(())
    }

    fn refused(&self, what: &str) -> Error {
        Error::Refused {
            position: self.source.position(),
            what: format!("{what}: {}", excerpt(self.source.pending())),
            way_out:
                "take the dump with mysqldump or mariadb-dump; if one of them wrote this, please report it"
                    .to_owned(),
        }
    }

    fn definition(&mut self, found: Statement<'_>, statement: &[u8], position: u64) -> Result<(), Error> {
        let not_text = "a statement is no text in the dump's character set";
        match found {
            Statement::Use(name) => {
                let name = self.text(&name).ok_or_else(|| self.damaged(0, not_text))?;
                self.used = Some(name.clone());
                self.announce(name, DatabaseOrigin::Use, None, None);
            }
            Statement::Database { name, charset, collation, alter } => {
                let name = self.text(&name).ok_or_else(|| self.damaged(0, not_text))?;
                let origin = if alter { DatabaseOrigin::Alter } else { DatabaseOrigin::Create };
                self.announce(name, origin, charset, collation);
            }
            Statement::Table { name } => {
                let name = self.name(&name)?;
                let Some(columns) = parse_columns(statement, self.session.quoting()) else {
                    return Err(self.refused("a CREATE TABLE without a list of columns"));
                };
                self.current = Some((name.clone(), columns.len()));
                self.end.tables += 1;
                let create = statement.trim_ascii().to_vec();
                self.queue.push_back(Event::Table(Table { name, create, columns, position }));
            }
            Statement::Placeholder { name, columns } => {
                let name = self.name(&name)?;
                let columns: Option<Vec<String>> = columns.iter().map(|column| self.text(column)).collect();
                let columns = columns.ok_or_else(|| self.damaged(0, not_text))?;
                self.end.views_left.push(name.clone());
                self.queue.push_back(Event::ViewPlaceholder(ViewPlaceholder { name, columns }));
            }
            Statement::View { name, definer, select, create } => {
                let name = self.name(&name)?;
                self.end.views_left.retain(|left| *left != name);
                let view = (|| {
                    Some(View {
                        create: self.text(&create)?,
                        definer: optional(definer.map(|bytes| self.text(&bytes)))?,
                        select: self.text(&select)?,
                        name,
                    })
                })();
                self.queue.push_back(Event::View(view.ok_or_else(|| self.damaged(0, not_text))?));
            }
            Statement::Trigger(raw) => {
                let name = self.name(&raw.name)?;
                let table = self.name(&raw.table)?;
                let trigger = (|| {
                    Some(Trigger {
                        name,
                        table,
                        timing: raw.timing,
                        event: raw.event,
                        definer: optional(raw.definer.map(|bytes| self.text(&bytes)))?,
                        statement: self.text(&raw.body)?,
                        create: self.text(&raw.create)?,
                        circumstances: self.circumstances(),
                    })
                })();
                self.queue.push_back(Event::Trigger(trigger.ok_or_else(|| self.damaged(0, not_text))?));
            }
            Statement::Routine { kind, name, definer, create } => {
                let name = self.name(&name)?;
                let routine = (|| {
                    Some(Routine {
                        kind,
                        name,
                        definer: optional(definer.map(|bytes| self.text(&bytes)))?,
                        create: self.text(&create)?,
                        circumstances: self.circumstances(),
                    })
                })();
                self.queue.push_back(Event::Routine(routine.ok_or_else(|| self.damaged(0, not_text))?));
            }
            Statement::Ignored | Statement::Unlock | Statement::Set(_) | Statement::Other => {
                let statement = without_version_comments(statement, self.session.quoting());
                self.queue.push_back(Event::Other(Other { statement, position }));
            }
        }
        Ok(())
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            sql_mode: self.session.sql_mode().map(str::to_owned),
            charset: self.session.charset_name().map(str::to_owned),
            collation: self.session.collation_connection().map(str::to_owned),
            time_zone: self.session.time_zone().map(str::to_owned),
        }
    }

    fn begin_insert(&mut self) -> Result<(), Error> {
        self.check_charset()?;
        let quoting = self.session.quoting();
        let head = loop {
            match insert_head(self.source.pending(), quoting) {
                Ok(Some(head)) => break head,
                Ok(None) => self.more("inside an INSERT", self.limits.statement, "a statement")?,
                Err(at) => return Err(self.damaged(at, "an INSERT of an unknown form")),
            }
        };
        let name = self.name(&head.name)?;
        let columns: Option<Vec<String>> = match head.columns {
            None => None,
            Some(columns) => {
                let decoded: Option<Vec<String>> = columns.iter().map(|column| self.text(column)).collect();
                Some(decoded.ok_or_else(|| {
                    self.damaged(0, "a column's name is no text in the dump's character set")
                })?)
            }
        };
        if self.current.as_ref().is_none_or(|(current, _)| *current != name) {
            self.complete_table();
            self.current = Some((name.clone(), 0));
        }
        let n_columns = self.current.as_ref().map(|(_, n_columns)| *n_columns).filter(|n| *n > 0);
        let width = columns.as_ref().map(Vec::len).or(n_columns);
        let charset = self.session.charset().unwrap_or(Charset::UTF8MB4);
        self.end.charset = self.session.charset();
        let literals = Literals { quoting, charset };
        self.insert = Some(Insert { name, columns, width, literals, after_row: false });
        self.source.consume(head.end);
        Ok(())
    }

    /// Reads as many whole rows as the window holds. `false`: the INSERT has ended without another one.
    fn batch(&mut self) -> Result<bool, Error> {
        self.values.clear();
        self.batch_rows = 0;
        self.batch_bytes = 0;
        self.batch_position = self.source.position();
        // scanned so far, counted from the first pending byte
        let mut at = 0;
        loop {
            let Some(insert) = &mut self.insert else { return Ok(self.batch_rows > 0) };
            let pending = self.source.pending();
            let next = skip_space(pending, at);
            let mut wanted = None;
            if insert.after_row {
                match pending.get(next) {
                    Some(b',') => {
                        insert.after_row = false;
                        at = next + 1;
                        continue;
                    }
                    Some(_) if pending.get(next..).is_some_and(|rest| rest.starts_with(&self.delimiter)) => {
                        let end = next + self.delimiter.len();
                        return Ok(self.end_insert(end));
                    }
                    Some(_) if pending.len() - next >= self.delimiter.len() => {
                        return Err(
                            self.damaged(next, "a row is not followed by , or the end of the statement")
                        );
                    }
                    _ => {}
                }
            } else if next < pending.len() {
                wanted = Some(next);
            }
            let n_values = self.values.len();
            let scanned = match wanted {
                Some(start) => scan_row(pending, start, insert.literals, &mut self.values),
                None => Ok(None),
            };
            match scanned {
                Err(Misfit { at, what }) => return Err(self.damaged(at, what)),
                Ok(Some(end)) => {
                    let found = self.values.len() - n_values;
                    let width = *insert.width.get_or_insert(found);
                    if found != width {
                        let what = format!("a row has {found} values instead of {width}");
                        return Err(self.damaged(next, what));
                    }
                    let quoting = insert.literals.quoting;
                    insert.after_row = true;
                    let window = self.source.pending_mut();
                    for value in self.values.iter_mut().skip(n_values) {
                        decode(window, value, quoting);
                    }
                    self.batch_rows += 1;
                    at = end;
                    if self.values.len() >= BATCH_VALUES || self.batch_rows >= BATCH_VALUES {
                        return Ok(self.end_batch(at));
                    }
                }
                Ok(None) => {
                    self.values.truncate(n_values);
                    if self.batch_rows > 0 {
                        return Ok(self.end_batch(at));
                    }
                    self.source.consume(at);
                    at = 0;
                    let inside = format!("inside the rows of {}", insert.name);
                    self.more(&inside, self.limits.row, "a row")?;
                    self.batch_position = self.source.position();
                }
            }
        }
    }

    /// Hands out the rows that end at `at`.
    fn end_batch(&mut self, at: usize) -> bool {
        self.source.consume(at);
        self.batch_bytes = at;
        self.end.rows += self.batch_rows as u64;
        self.batch_rows > 0
    }

    /// The same at the end of the INSERT: its last rows still need its name, so it goes when the next batch is asked.
    fn end_insert(&mut self, at: usize) -> bool {
        if self.batch_rows == 0 {
            self.source.consume(at);
            self.insert = None;
            return false;
        }
        // leave the delimiter: the next call ends the statement
        self.end_batch(at - self.delimiter.len())
    }

    fn finish(&mut self) -> Result<(), Error> {
        let bytes = self.source.position();
        if bytes == 0 {
            return Err(self.truncated("before its first statement: it is empty"));
        }
        if self.unfinished {
            return Err(self.truncated("before the line \"-- Dump completed\""));
        }
        self.complete_table();
        self.end.complete = self.completed;
        self.end.bytes = bytes;
        self.done = true;
        self.queue.push_back(Event::End(self.end.clone()));
        Ok(())
    }
}

/// `-- MySQL dump …` or `-- MariaDB dump …`: the product and what follows.
fn tool_line(line: &[u8]) -> Option<(&'static str, String)> {
    for (start, product) in [(&b"-- MySQL dump"[..], "MySQL"), (b"-- MariaDB dump", "MariaDB")] {
        // nothing follows where the dump is cut off right there
        if let Some(rest) = line.strip_prefix(start).filter(|rest| rest.is_empty() || rest.starts_with(b" "))
        {
            // before 10.5, MariaDB's tool called itself MySQL
            let rest = String::from_utf8_lossy(rest).into_owned();
            let product = if rest.contains("MariaDB") { "MariaDB" } else { product };
            return Some((product, rest));
        }
    }
    None
}

/// Turns "there is one and it may have failed" inside out.
fn optional(decoded: Option<Option<String>>) -> Option<Option<String>> {
    match decoded {
        None => Some(None),
        Some(None) => None,
        Some(text) => Some(text),
    }
}

impl Table {
    /// The statement as text.
    ///
    /// `None` for a table of MariaDB with a binary default that is no UTF-8.
    pub fn create_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.create).ok()
    }

    /// Finds a column.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
