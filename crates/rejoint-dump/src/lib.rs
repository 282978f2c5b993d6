//! Dumps of MySQL and MariaDB: what `mysqldump` and `mariadb-dump` write, read as a stream of events, and written so
//! that every server loads it.
//!
//! ```
//! use rejoint_dump::{DumpReader, Event};
//!
//! let dump = b"CREATE TABLE `t` (`id` int);\nINSERT INTO `t` VALUES (1),(2);\n";
//! let mut reader = DumpReader::new(&dump[..]);
//! let mut n_rows = 0;
//! while let Some(event) = reader.next_event()? {
//!     match event {
//!         Event::Rows(rows) => n_rows += rows.len(),
//!         Event::Other(other) => panic!("not understood: {:?}", other.statement),
//!         _ => {}
//!     }
//! }
//! assert_eq!(n_rows, 2);
//! # Ok::<(), rejoint_dump::Error>(())
//! ```
//!
//! Reading order: [`Event`] (what a dump contains), [`DumpReader`], `values` (the rows, decoded in place),
//! [`RowTypes`] (values as cells by the types of their columns), [`losses`] (what a dump does not keep),
//! [`DumpWriter`], [`decompress()`].
//!
//! Limits. Dumps in a character set whose characters can contain quotes (gbk, sjis, big5 and the like) are refused.
//! Text in another character set than UTF-8, ASCII or latin1 is read but not turned into cells. `--tab` and `--xml`
//! write no SQL.
//!
//! This crate opens no files; it takes any `Read` and `Write`.

mod cell;
mod charset;
mod columns;
mod decompress;
mod error;
mod event;
mod literal;
mod reader;
mod session;
mod source;
mod statement;
mod token;
mod values;
mod writer;

pub use cell::RowTypes;
pub use charset::Charset;
pub use columns::{Column, ColumnKind, Loss, LossKind, losses};
pub use decompress::{Compression, compression_of, decompress};
pub use error::{Error, QualifiedName};
pub use event::{
    Circumstances, Database, DatabaseOrigin, End, Event, Header, Other, Routine, RoutineKind, Row, Rows,
    Table, Trigger, View, ViewPlaceholder,
};
pub use reader::{DumpReader, Limits};
pub use session::Session;
pub use values::Value;
pub use writer::{DumpWriter, WriterOptions, Written};
