//! Code and database compared both ways: what the definitions declare, and what a catalog holds.
//!
//! [`CodeTables::read`] finds the table classes of a project, the schema each is declared in, and its name;
//! [`CodeTables::schemas`] says which schemas to read from the server; [`CodeTables::compare`] compiles each definition by
//! the rules of the dialect and names every difference. Nothing is run and nothing is guessed: a schema name that the
//! code computes, a definition made at run time, a parent or adapter that cannot be found is [`Undecided`].
//!
//! Limits: the text of expressions in functional indexes, character sets and generated columns are not compared.

mod catalog;
mod compare;
mod declared;
mod names;
mod report;
#[cfg(test)]
mod tests;

pub use declared::{CodeTables, DiffOptions, SchemaOf};
pub use rejoint_defn::Dialect;
pub use report::{DiffReport, Difference, DifferenceKind, Place, Undecided};
