//! The parsed form of a definition: what is on each line, and where.

use crate::legacy_type::{LegacyCategory, LegacyType};
use crate::modern_type::ModernType;
use crate::problem::{Problem, Severity};
use crate::span::Span;
use crate::sql_type::reported;

/// Which DataJoint the text was written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// DataJoint 0.x, by the rules of 0.14.10; forms of 0.12 and before are recognised and reported.
    V0,
    /// DataJoint 2.x, by the rules of 2.3.5.
    V2,
}

/// A definition: the lines of a table, in order, with positions in the text they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub(crate) source: String,
    /// The rules by which the text was read.
    pub dialect: Dialect,
    /// The table comment, if the first line is one.
    pub table_comment: Option<TableComment>,
    /// Every further non-empty line.
    pub items: Vec<Item>,
    /// What DataJoint would refuse, and what may surprise; in order of position.
    pub problems: Vec<Problem>,
}

impl Definition {
    /// The text that was parsed, unchanged.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether no problem is an [`Severity::Error`].
    pub fn is_accepted(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity != Severity::Error)
    }

    /// The first type that only 2.x can declare: evidence that the text was written for it, or converted before.
    ///
    /// A definition without such a type may still be one of 2.x. `int8` is no evidence: 0.14 takes it for `bigint`.
    pub fn first_modern_type(&self) -> Option<Span> {
        let found = self.attributes().find(|(attribute, _)| match attribute.modern_type() {
            ModernType::Unsupported { .. } => false,
            ModernType::Codec { spec, .. } => {
                spec.store.is_some() || matches!(spec.name.as_str(), "blob" | "attach")
            }
            _ => match attribute.legacy_type() {
                LegacyType::Unsupported { .. } => true,
                LegacyType::Native { category: LegacyCategory::Integer, text } => reported(&text).is_none(),
                _ => false,
            },
        });
        found.map(|(attribute, _)| attribute.type_span)
    }

    /// The attribute lines, with whether each is in the primary key.
    pub fn attributes(&self) -> impl Iterator<Item = (&Attribute, bool)> {
        self.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Attribute(attribute) => Some((attribute, item.in_key)),
            _ => None,
        })
    }
}

/// The table comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableComment {
    /// The line, from `#`.
    pub span: Span,
    /// The comment without `#` and blanks around it.
    pub text_span: Span,
    /// The comment.
    pub text: String,
}

/// One non-empty line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The line without the white space around it.
    pub span: Span,
    /// Whether the line stands above the first separator.
    pub in_key: bool,
    /// What it is.
    pub kind: ItemKind,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// A line that begins with `#` and is not the table comment; DataJoint ignores it.
    Comment,
    /// `---`, or in 0.x `___`.
    Separator(Separator),
    /// An attribute.
    Attribute(Attribute),
    /// A foreign key.
    ForeignKey(ForeignKey),
    /// An index.
    Index(Index),
    /// A line that could not be read; there is a problem that says why.
    Unparsed,
}

/// The line between key and secondary attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separator {
    /// The run of `-` or `_`.
    pub rule_span: Span,
    /// Whether it is made of `_`, which only 0.x accepts.
    pub underscores: bool,
    /// Text after the rule, which DataJoint ignores; may be empty.
    pub tail: Span,
}

/// An attribute line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Where the name is.
    pub name_span: Span,
    /// The name.
    pub name: String,
    /// The text between `=` and `:`, if there is an `=`.
    pub default: Option<Default>,
    /// Where the type is, without blanks around it.
    pub type_span: Span,
    /// The type as DataJoint sees it: as written, tabs made blanks.
    pub type_text: String,
    /// From the `#` to the end of the line, if there is one.
    pub comment_span: Option<Span>,
    /// The comment without the `#` before it, without trailing `#`s and blanks around it.
    pub comment: String,
}

impl Attribute {
    /// The type by the rules of 0.14.
    pub fn legacy_type(&self) -> LegacyType {
        LegacyType::parse(&self.type_text)
    }

    /// The type by the rules of 2.x.
    pub fn modern_type(&self) -> ModernType {
        ModernType::parse(&self.type_text)
    }

    /// Whether the default is the word `null` without quotes.
    pub fn is_nullable(&self) -> bool {
        self.default.as_ref().is_some_and(|default| default.text.eq_ignore_ascii_case("null"))
    }

    /// The default as DataJoint sees it; an `=` with nothing after it counts as no default.
    pub fn default_text(&self) -> Option<&str> {
        self.default.as_ref().map(|default| default.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// The default of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Default {
    /// Where it is, without blanks around it.
    pub span: Span,
    /// As written, quotes included, tabs made blanks.
    pub text: String,
}

/// A foreign key line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Where the `->` is.
    pub arrow: Span,
    /// From `[` to `]`, if options are written.
    pub options_span: Option<Span>,
    /// The options in order, as written.
    pub options: Vec<ForeignKeyOption>,
    /// Where the expression is, without blanks around it and without a Python comment after it.
    pub expression_span: Span,
    /// The expression, read as far as possible without Python.
    pub expression: Reference,
    /// A Python comment after the expression, from `#`.
    pub comment_span: Option<Span>,
    /// The form of 0.12 and before: names before the arrow and after the table.
    pub old_form: Option<OldForeignKey>,
}

impl ForeignKey {
    /// Whether `nullable` is among the options.
    pub fn is_nullable(&self) -> bool {
        self.options.iter().any(|option| option.text.eq_ignore_ascii_case("nullable"))
    }

    /// Whether `unique` is among the options.
    pub fn is_unique(&self) -> bool {
        self.options.iter().any(|option| option.text.eq_ignore_ascii_case("unique"))
    }
}

/// One option of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKeyOption {
    /// Where.
    pub span: Span,
    /// As written.
    pub text: String,
}

/// The parts of `(new) -> Table(old)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldForeignKey {
    /// Names before the arrow.
    pub new_names: Vec<String>,
    /// Names after the table.
    pub old_names: Vec<String>,
}

/// What a foreign key refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A table by name, perhaps projected.
    Table(TableReference),
    /// Another Python expression; only Python can say what it is.
    Opaque,
}

/// A table by name, perhaps projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReference {
    /// Where the name is.
    pub path_span: Span,
    /// The dotted name without blanks, or the quoted full name that `describe()` prints (`` `db`.`table` ``).
    pub path: String,
    /// The `.proj(...)` after it.
    pub projection: Option<Projection>,
}

/// `.proj(...)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// From the dot to the closing parenthesis.
    pub span: Span,
    /// The `new='old'` arguments in order.
    pub renames: Vec<Rename>,
    /// Number of other arguments: `...` and names in quotes. They never change the key.
    pub n_kept: usize,
}

/// One `new='old'` of a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// Where the new name is.
    pub new_span: Span,
    /// The new name.
    pub new: String,
    /// Where the old name is, without its quotes.
    pub old_span: Span,
    /// The text in quotes: a name, `(name)` for a copy, or an SQL expression.
    pub old: String,
}

/// An index line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Whether `unique` is written.
    pub unique: bool,
    /// The words before the parenthesis.
    pub keyword_span: Span,
    /// Between the parentheses.
    pub args_span: Span,
    /// The items as this dialect splits them.
    pub items: Vec<IndexItem>,
    /// After the closing parenthesis, without blanks before it; may be empty.
    pub tail: Span,
}

/// One item of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexItem {
    /// Where, without blanks around it.
    pub span: Span,
    /// As written.
    pub text: String,
    /// What it is.
    pub kind: IndexItemKind,
}

/// What an index item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexItemKind {
    /// An attribute.
    Attribute(String),
    /// A path into a JSON attribute: `attribute.path:type`.
    JsonPath {
        /// The attribute.
        attribute: String,
        /// The path after the first dot.
        path: String,
        /// The SQL type after the colon.
        sql_type: Option<String>,
    },
    /// SQL, passed as written.
    Expression,
}
