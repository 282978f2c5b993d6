//! The definition language of DataJoint 0.x and 2.x: parse with positions, print.
//!
//! Five things, in the order in which one uses them:
//!
//! - [`parse`] reads the text of a definition by the rules of either version, with byte positions. It never fails.
//! - [`print()`](fn@print) writes a definition in the layout of DataJoint's `describe()`.
//! - [`convert`] turns a 0.x definition into edits that make it a 2.x one, and questions where it must not guess.
//! - [`apply_edits`] applies such edits.
//! - [`compile`] gives the table that a definition declares: columns, keys and indexes as MySQL would have them, and
//!   the `CREATE TABLE` of 0.14.10 or 2.3.5.
//!
//! The rules are those of the two libraries as they run (pyparsing's quirks included), checked against both by the
//! fixtures in `tests/data`.

mod attribute_line;
mod compile;
mod compile_foreign_key;
mod compile_type;
mod convert;
mod convert_type;
mod decisions;
mod default_sql;
mod definition;
mod edit;
mod error;
mod foreign_key_line;
mod index_line;
mod legacy_type;
mod modern_type;
mod parse;
mod print;
mod problem;
mod python_text;
mod span;
mod sql_literal;
mod sql_type;
mod statement_text;
mod table;
mod type_pattern;

pub use compile::compile;
pub use convert::convert;
pub use decisions::{Answer, Choice, Conversion, Decisions, NumberPolicy, Question, QuestionKind};
pub use definition::{
    Attribute, Default, Definition, Dialect, ForeignKey, ForeignKeyOption, Index, IndexItem, IndexItemKind,
    Item, ItemKind, OldForeignKey, Projection, Reference, Rename, Separator, TableComment, TableReference,
};
pub use edit::{Edit, Reason, Safety, apply_edits};
pub use error::Error;
pub use legacy_type::{LegacyCategory, LegacyType};
pub use modern_type::{CodecSpec, CoreType, ModernType, NativeCategory};
pub use parse::parse;
pub use print::print;
pub use problem::{Code, Problem, Severity};
pub use span::Span;
pub use table::{
    CodecStorage, Column, ColumnDefault, CompiledIndex, CompiledTable, ForeignKeyConstraint, IndexPart,
    ParentColumn, ParentTable, Parents, ProjectedParent, Settings, TableName,
};
