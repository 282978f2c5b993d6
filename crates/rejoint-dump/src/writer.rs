//! The writer: a pipeline as a dump that MySQL 8 and newer and MariaDB load.

use std::io::Write;

use rejoint_value::Cell;

use crate::error::{Error, QualifiedName};
use crate::event::{Circumstances, Trigger, View, ViewPlaceholder};
use crate::literal::{write_cell, write_name};
use crate::token::{Quoting, statement_end};

/// How to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterOptions {
    /// Who writes, for the comment at the head, such as `rejoint 0.1.0`.
    pub writer: String,
    /// Whose statements these are, for the comment at the head, such as `9.7.4`.
    pub server_version: String,
    /// Length at which an INSERT ends and the next one begins. A longer row has one of its own.
    pub statement_bytes: usize,
    /// DROP TABLE and DROP VIEW before each CREATE, as the tools do. Without it, loading over something that exists
    /// fails.
    pub drop_first: bool,
}

impl WriterOptions {
    /// 1 MiB per INSERT, nothing dropped.
    pub fn new(writer: impl Into<String>, server_version: impl Into<String>) -> Self {
        Self {
            writer: writer.into(),
            server_version: server_version.into(),
            statement_bytes: 1 << 20,
            drop_first: false,
        }
    }
}

/// What was written, and what a server needs to load it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Bytes of the dump.
    pub bytes: u64,
    /// Tables.
    pub tables: u64,
    /// Rows.
    pub rows: u64,
    /// The longest statement: the loading server's and client's `max_allowed_packet` must be larger.
    pub longest_statement: u64,
    /// How many negative zeros are among the FLOAT and DOUBLE values. MySQL keeps their sign, MariaDB loses it.
    pub negative_zeros: u64,
}

/// Writes a dump: databases, tables with their rows; triggers and views come after all rows, so that no trigger
/// fires while rows are loaded.
///
/// Foreign keys are not checked while the dump is loaded, so tables may come in any order. Text is written as
/// utf8mb4, bytes in hexadecimal, TIMESTAMP values in UTC, floats so that they read back to the same bits.
///
/// To load it: `mysql --binary-mode --comments --default-character-set=utf8mb4 < dump.sql`. Without `--comments` the
/// client of MariaDB takes the comments out of triggers. Collations are written as given; those of one product
/// (`utf8mb4_0900_ai_ci`, `utf8mb4_uca1400_ai_ci`) may be unknown to the other.
///
/// A dump that was not finished lacks its last line, and [`crate::DumpReader`] calls it truncated.
pub struct DumpWriter<W> {
    out: W,
    options: WriterOptions,
    written: Written,
    database: Option<String>,
    /// The open INSERT.
    statement: Vec<u8>,
    insert: Option<InsertText>,
    placeholders: Vec<ViewPlaceholder>,
    views: Vec<View>,
    triggers: Vec<Trigger>,
}

struct InsertText {
    table: QualifiedName,
    columns: Vec<String>,
    head: Vec<u8>,
}

impl<W: Write> DumpWriter<W> {
    /// Begins a dump: writes its head.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn new(out: W, options: WriterOptions) -> Result<Self, Error> {
        let head = format!(
            "-- MySQL dump by {}\n--\n-- Server version\t{}\n\n{HEAD}",
            one_line(&options.writer),
            one_line(&options.server_version)
        );
        let mut writer = Self {
            out,
            options,
            written: Written::default(),
            database: None,
            statement: Vec::new(),
            insert: None,
            placeholders: Vec::new(),
            views: Vec::new(),
            triggers: Vec::new(),
        };
        writer.write(head.as_bytes())?;
        Ok(writer)
    }

    /// Creates a database unless it exists, and chooses it for the tables that follow.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Unwritable`] for a character set or collation that is no word.
    pub fn database(
        &mut self,
        name: &str,
        charset: Option<&str>,
        collation: Option<&str>,
    ) -> Result<(), Error> {
        self.close_insert()?;
        let mut text = b"\nCREATE DATABASE IF NOT EXISTS ".to_vec();
        write_name(&mut text, name);
        for (keyword, value) in [(" DEFAULT CHARACTER SET ", charset), (" COLLATE ", collation)] {
            if let Some(value) = value {
                word(value, keyword)?;
                text.extend_from_slice(keyword.as_bytes());
                text.extend_from_slice(value.as_bytes());
            }
        }
        text.extend_from_slice(b";\n\n");
        self.statement_text(&text)?;
        self.use_database(name)
    }

    fn use_database(&mut self, name: &str) -> Result<(), Error> {
        if self.database.as_deref() == Some(name) {
            return Ok(());
        }
        let mut text = b"USE ".to_vec();
        write_name(&mut text, name);
        text.extend_from_slice(b";\n");
        self.database = Some(name.to_owned());
        self.write(&text)
    }

    /// Creates a table of the database chosen last. `create` is its CREATE TABLE statement as SHOW CREATE TABLE gives
    /// it, in UTF-8 but for binary defaults.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Unwritable`] when `create` is not one whole statement.
    pub fn table(&mut self, name: &str, create: &[u8]) -> Result<(), Error> {
        self.close_insert()?;
        let create = create.trim_ascii();
        one_statement(create, || format!("the table `{name}`"))?;
        let mut text =
            format!("\n--\n-- Table structure for table `{}`\n--\n\n", one_line(name)).into_bytes();
        if self.options.drop_first {
            text.extend_from_slice(b"DROP TABLE IF EXISTS ");
            write_name(&mut text, name);
            text.extend_from_slice(b";\n");
        }
        text.extend_from_slice(create);
        text.extend_from_slice(b";\n");
        self.written.tables += 1;
        self.statement_text(&text)
    }

    /// Begins the rows of a table of the database chosen last. `columns` are the names of the values that
    /// [`DumpWriter::row`] gets; generated columns must not be among them.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn begin_rows(&mut self, table: &str, columns: &[String]) -> Result<(), Error> {
        self.close_insert()?;
        let mut head = b"INSERT INTO ".to_vec();
        write_name(&mut head, table);
        head.extend_from_slice(b" (");
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                head.extend_from_slice(b", ");
            }
            write_name(&mut head, column);
        }
        head.extend_from_slice(b") VALUES\n");
        let table = QualifiedName { database: self.database.clone(), name: table.to_owned() };
        self.insert = Some(InsertText { table, columns: columns.to_vec(), head });
        Ok(())
    }

    /// Writes one row.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Unwritable`] when no rows were begun, for another number of values, for text that
    /// is not UTF-8, and for floats that are not finite.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Error> {
        let unwritable = |what: String, why: String| Err(Error::Unwritable { what, why });
        let Some(insert) = &self.insert else {
            return unwritable("a row".to_owned(), "begin_rows was not called".to_owned());
        };
        if cells.len() != insert.columns.len() {
            let why = format!("it has {} values for {} columns", cells.len(), insert.columns.len());
            return unwritable(format!("a row of {}", insert.table), why);
        }
        let before = self.statement.len();
        self.statement.extend_from_slice(if before == 0 { &insert.head } else { b",\n" });
        self.statement.push(b'(');
        for (index, (cell, column)) in cells.iter().zip(&insert.columns).enumerate() {
            if index > 0 {
                self.statement.push(b',');
            }
            if let Err(why) = write_cell(&mut self.statement, cell) {
                self.statement.truncate(before);
                return unwritable(
                    format!("{} of {}, column `{column}`", cell.display(), insert.table),
                    why.to_owned(),
                );
            }
            let negative_zero = match cell {
                Cell::Float(value) => *value == 0.0 && value.is_sign_negative(),
                Cell::Double(value) => *value == 0.0 && value.is_sign_negative(),
                _ => false,
            };
            self.written.negative_zeros += u64::from(negative_zero);
        }
        self.statement.push(b')');
        self.written.rows += 1;
        if self.statement.len() >= self.options.statement_bytes {
            self.flush_statement()?;
        }
        Ok(())
    }

    /// Keeps a trigger for the end of the dump. It is created under its SQL mode and collation, but in utf8mb4; the mode
    /// `NO_AUTO_CREATE_USER`, which MySQL 8 refuses and which concerns no trigger, is left out.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when its statement is not whole.
    pub fn trigger(&mut self, trigger: Trigger) -> Result<(), Error> {
        compound_statement(&trigger.create, &trigger.circumstances, || {
            format!("the trigger {}", trigger.name)
        })?;
        self.triggers.push(trigger);
        Ok(())
    }

    /// Announces a view and its columns by a stand-in at the end of the dump, so that views can refer to each other in
    /// any order.
    pub fn view_placeholder(&mut self, placeholder: ViewPlaceholder) {
        self.placeholders.push(placeholder);
    }

    /// Keeps a view for the end of the dump. Views without stand-ins must come in the order of their dependence.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when its statement is not whole.
    pub fn view(&mut self, view: View) -> Result<(), Error> {
        one_statement(view.create.as_bytes(), || format!("the view {}", view.name))?;
        self.views.push(view);
        Ok(())
    }

    /// Writes triggers, views and the end. Gives back the output, flushed.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finish(mut self) -> Result<(W, Written), Error> {
        self.close_insert()?;
        for trigger in std::mem::take(&mut self.triggers) {
            if let Some(database) = &trigger.name.database {
                self.use_database(database)?;
            }
            let text = in_circumstances(&trigger.create, &trigger.circumstances);
            self.statement_text(text.as_bytes())?;
        }
        let placeholders = std::mem::take(&mut self.placeholders);
        for placeholder in &placeholders {
            if let Some(database) = &placeholder.name.database {
                self.use_database(database)?;
            }
            let mut text = Vec::new();
            if self.options.drop_first {
                write_drop_view(&mut text, &placeholder.name.name);
            }
            text.extend_from_slice(b"CREATE VIEW ");
            write_name(&mut text, &placeholder.name.name);
            text.extend_from_slice(b" AS SELECT");
            for (index, column) in placeholder.columns.iter().enumerate() {
                text.extend_from_slice(if index == 0 { b"\n 1 AS " } else { b",\n 1 AS " });
                write_name(&mut text, column);
            }
            text.extend_from_slice(b";\n");
            self.statement_text(&text)?;
        }
        for view in std::mem::take(&mut self.views) {
            if let Some(database) = &view.name.database {
                self.use_database(database)?;
            }
            let mut text = Vec::new();
            if self.options.drop_first || placeholders.iter().any(|p| p.name == view.name) {
                write_drop_view(&mut text, &view.name.name);
            }
            text.extend_from_slice(view.create.trim().as_bytes());
            text.extend_from_slice(b";\n");
            self.statement_text(&text)?;
        }
        self.write(TAIL.as_bytes())?;
        self.out.flush().map_err(Error::Write)?;
        Ok((self.out, self.written))
    }

    fn close_insert(&mut self) -> Result<(), Error> {
        self.flush_statement()?;
        self.insert = None;
        Ok(())
    }

    fn flush_statement(&mut self) -> Result<(), Error> {
        if self.statement.is_empty() {
            return Ok(());
        }
        let mut statement = std::mem::take(&mut self.statement);
        statement.extend_from_slice(b";\n");
        let result = self.statement_text(&statement);
        statement.clear();
        self.statement = statement;
        result
    }

    /// Writes the text of one statement, which may have comments around it.
    fn statement_text(&mut self, text: &[u8]) -> Result<(), Error> {
        self.written.longest_statement = self.written.longest_statement.max(text.len() as u64);
        self.write(text)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.written.bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(Error::Write)
    }
}

/// What the tools write, in words that every server since MySQL 5.7 and MariaDB 10.3 knows.
const HEAD: &str = "\
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
";

const TAIL: &str = "
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;

-- Dump completed
";

fn write_drop_view(text: &mut Vec<u8>, name: &str) {
    text.extend_from_slice(b"DROP VIEW IF EXISTS ");
    write_name(text, name);
    text.extend_from_slice(b";\n");
}

/// A text that cannot leave its comment line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn word(value: &str, what: &str) -> Result<(), Error> {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(());
    }
    Err(Error::Unwritable {
        what: format!("{}{value:?}", what.trim_start()),
        why: "it is no word".to_owned(),
    })
}

/// One whole statement without delimiter: nothing can follow it unseen.
fn one_statement(text: &[u8], what: impl Fn() -> String) -> Result<(), Error> {
    let unwritable = |why: &str| Err(Error::Unwritable { what: what(), why: why.to_owned() });
    let ended = [text, b";"].concat();
    match statement_end(&ended, b";", Quoting::default()) {
        Some(end) if end + 1 == ended.len() && !text.is_empty() => Ok(()),
        Some(_) => unwritable("its statement is empty or has several parts"),
        None => unwritable("its statement is not whole: a quote or comment is not closed"),
    }
}

/// A statement that may contain others; it is written with a delimiter that it does not contain.
fn compound_statement(
    text: &str,
    circumstances: &Circumstances,
    what: impl Fn() -> String,
) -> Result<(), Error> {
    let unwritable = |why: &str| Err(Error::Unwritable { what: what(), why: why.to_owned() });
    for setting in [&circumstances.charset, &circumstances.collation].into_iter().flatten() {
        word(setting, "character set ")?;
    }
    if circumstances
        .sql_mode
        .as_deref()
        .is_some_and(|mode| !mode.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b','))
    {
        return unwritable("its SQL mode is no list of words");
    }
    let delimiter = delimiter_for(text);
    let ended = format!("{text}\n{delimiter}");
    match statement_end(ended.as_bytes(), delimiter.as_bytes(), mode_quoting(circumstances)) {
        Some(end) if end + delimiter.len() == ended.len() && !text.trim().is_empty() => Ok(()),
        _ => unwritable("its statement is not whole: a quote or comment is not closed"),
    }
}

fn mode_quoting(circumstances: &Circumstances) -> Quoting {
    let has = |word: &str| {
        circumstances
            .sql_mode
            .as_deref()
            .is_some_and(|mode| mode.split(',').any(|m| m.eq_ignore_ascii_case(word)))
    };
    Quoting { no_backslash: has("NO_BACKSLASH_ESCAPES"), ansi: has("ANSI_QUOTES") || has("ANSI") }
}

/// `;;`, or longer where the text contains it.
fn delimiter_for(text: &str) -> String {
    let mut delimiter = ";;".to_owned();
    while text.contains(&delimiter) {
        delimiter.push(';');
    }
    // a text that ends in `;` would lengthen it
    if delimiter.len() > 12 { "$$rejoint$$".to_owned() } else { delimiter }
}

/// A trigger's statement under its own SQL mode and collation. The text is written in utf8mb4 whatever it was.
fn in_circumstances(create: &str, circumstances: &Circumstances) -> String {
    let mut before = String::new();
    let mut after = String::new();
    let settings =
        [("sql_mode", &circumstances.sql_mode), ("collation_connection", &circumstances.collation)];
    for (name, value) in settings {
        if let Some(value) = value {
            before.push_str(&format!(
                "/*!50003 SET @saved_{name} = @@{name} */ ;\n/*!50003 SET {name} = '{value}' */ ;\n"
            ));
            after.push_str(&format!("/*!50003 SET {name} = @saved_{name} */ ;\n"));
        }
    }
    let delimiter = delimiter_for(create);
    format!("\n{before}DELIMITER {delimiter}\n{}\n{delimiter}\nDELIMITER ;\n{after}", create.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DumpReader, Event};

    #[test]
    fn what_is_no_single_statement_is_refused() {
        let mut writer = DumpWriter::new(Vec::new(), WriterOptions::new("test", "0")).unwrap();
        assert!(writer.table("t", b"CREATE TABLE t (a int); DROP DATABASE x").is_err());
        assert!(writer.table("t", b"CREATE TABLE t (a int) COMMENT='").is_err());
        assert!(writer.table("t", b"").is_err());
        assert!(writer.database("d", Some("utf8; DROP"), None).is_err());
        assert!(writer.row(&[]).is_err());
    }

    #[test]
    fn an_unfinished_dump_is_called_truncated() {
        let mut writer = DumpWriter::new(Vec::new(), WriterOptions::new("te\nst", "9.7.4")).unwrap();
        writer.database("d`\n", Some("utf8mb4"), None).unwrap();
        writer.table("t\n", b"CREATE TABLE `t\n` (a int)").unwrap();
        writer.begin_rows("t\n", &["a".to_owned()]).unwrap();
        writer.row(&[Cell::Int(1)]).unwrap();
        let (out, written) = writer.finish().unwrap();
        assert_eq!((written.rows, written.tables, written.bytes), (1, 1, out.len() as u64));
        let mut reader = DumpReader::new(&out[..]);
        let mut n_rows = 0;
        while let Some(event) = reader.next_event().unwrap() {
            match event {
                Event::Rows(rows) => n_rows += rows.len(),
                Event::End(end) => assert!(end.complete),
                _ => {}
            }
        }
        assert_eq!(n_rows, 1);
        let cut = out.len() - "-- Dump completed\n".len();
        let mut reader = DumpReader::new(&out[..cut]);
        let error = loop {
            match reader.next_event() {
                Ok(event) => assert!(event.is_some()),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, crate::Error::Truncated { .. }), "{error}");
    }
}
