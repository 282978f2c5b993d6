//! Python source and notebooks: parse with exact ranges, scopes, imports, edits. The only crate that names the parser.
//!
//! - [`SourceFile`] is one parsed `.py` or `.ipynb`; all ranges are byte offsets into its text.
//! - [`Project`] works out, over all files together, what each expression is ([`Kind`]): a schema, a table class, a
//!   query, something fetched, or unknown. What is not certain is unknown or marked so.
//! - [`Edit`] changes bytes; [`SourceFile::apply`] writes the file with edits, for a notebook inside its JSON.
//! - [`Literal`] maps the text of a string constant to the bytes that spell it.
//!
//! Python 2 does not parse: such a file is reported in [`SourceFile::problems`] and has no statements.
//! The syntax tree is the parser's own, re-exported as [`ast`]; no other crate depends on the parser.

mod edit;
mod error;
mod interpret;
mod kinds;
mod literal;
mod look_ahead;
mod notebook;
mod project;
mod source;
mod world;

pub use edit::{Edit, apply_to_text, sort_edits};
pub use error::PythonError;
pub use kinds::{
    ClassId, ClassInfo, DefinitionSite, Fetched, Function, FunctionRole, Kind, Operation, Projected, Query,
    Tier,
};
pub use literal::{Literal, LiteralPart, parts_of};
pub use look_ahead::looks_like_table;
pub use notebook::Cell;
pub use project::{Project, range_of};
pub use source::{CommaPart, FileKind, Position, Problem, SourceFile};

/// The syntax tree of the parser.
pub use ruff_python_ast as ast;
/// Ranges of the syntax tree.
pub use ruff_text_size::{Ranged, TextRange};
