//! What people decide before a conversion, and what a conversion asks them.

use std::collections::BTreeMap;

use crate::edit::Edit;
use crate::problem::Problem;
use crate::span::Span;

/// Answers and policies for [`crate::convert`]. The default keeps every column as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// What to do with numeric types that 2.x passes to the server.
    pub numbers: NumberPolicy,
    /// Answers by attribute name. They win over every rule.
    pub types: BTreeMap<String, Answer>,
    /// The 2.x type for each adapter, by the adapter's name: `<name>` or `<name@store>`.
    pub adapters: BTreeMap<String, String>,
    /// The store that `external` without a name meant in 0.11; without it `<blob@>` is written.
    pub default_store: Option<String>,
}

/// What to do with numeric types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NumberPolicy {
    /// Leave them: 2.x declares the same column and logs a warning.
    #[default]
    Native,
    /// Write the core type where it declares the same column (`int` to `int32`), and ask where none does.
    CoreWhereEqual,
}

/// An answer about the type of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Leave the type as it is written.
    Keep,
    /// Write this type.
    Type(String),
}

/// The result of a conversion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Edits in order of position, not overlapping.
    pub edits: Vec<Edit>,
    /// What a person has to decide, in order of position.
    pub questions: Vec<Question>,
    /// What 2.x will refuse or read wrongly afterwards, and what was wrong before; in order of position.
    pub problems: Vec<Problem>,
}

impl Conversion {
    /// Whether nothing is left to a person: no question without which 2.x refuses the definition, and no problem that
    /// it refuses.
    pub fn is_complete(&self) -> bool {
        self.questions.iter().all(|question| !question.required)
            && self.problems.iter().all(|problem| problem.severity != crate::problem::Severity::Error)
    }
}

/// Something that the text of a definition cannot decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about, in bytes of the definition.
    pub span: Span,
    /// The attribute, when it is about one: the key into [`Decisions::types`].
    pub attribute: Option<String>,
    /// What kind.
    pub kind: QuestionKind,
    /// Whether 2.x refuses the definition, or means something else by it, until it is answered. Otherwise leaving the
    /// text is an answer, and the one that keeps the column.
    pub required: bool,
    /// One sentence for people.
    pub message: String,
    /// The possible answers, the one that keeps the column first. Empty when the text has to be rewritten by hand.
    pub choices: Vec<Choice>,
}

/// A possible answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What would be written.
    pub text: String,
    /// What it means.
    pub meaning: String,
}

/// The kinds of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum QuestionKind {
    /// `tinyint(1)`: a flag or a number.
    Flag,
    /// No core type is exactly this number: widen it, or keep the native type.
    Widening,
    /// `timestamp`: converted between time zones by the server; `datetime` is not.
    Timestamp,
    /// An adapter whose codec is not known.
    Adapter,
    /// A value of an enum that 2.x cannot declare.
    EnumValue,
    /// SQL after a type.
    TypeTail,
    /// `int8` in a definition that also has types of 2.x: 8 bytes in 0.14, one byte in 2.x.
    IntegerWord,
    /// The names of a foreign key in the form of 0.12.
    ForeignKeyNames,
    /// A default that cannot be carried over.
    DefaultValue,
}

impl QuestionKind {
    /// The stable text of the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            QuestionKind::Flag => "flag",
            QuestionKind::Widening => "widening",
            QuestionKind::Timestamp => "timestamp",
            QuestionKind::Adapter => "adapter",
            QuestionKind::EnumValue => "enum-value",
            QuestionKind::TypeTail => "type-tail",
            QuestionKind::IntegerWord => "integer-word",
            QuestionKind::ForeignKeyNames => "foreign-key-names",
            QuestionKind::DefaultValue => "default-value",
        }
    }
}
