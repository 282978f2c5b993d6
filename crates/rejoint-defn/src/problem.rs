//! What is wrong with a definition, and where.

use std::fmt;

use crate::span::Span;

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// DataJoint accepts the line; what it does may surprise.
    Warning,
    /// The version of DataJoint that was asked about, or the server behind it, refuses the definition.
    Error,
}

/// The kinds of problems. [`Code::as_str`] gives the stable text of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The table comment begins with a colon.
    TableCommentColon,
    /// A line that is no attribute by the grammar.
    AttributeSyntax,
    /// An attribute name that begins with `_`, or in 2.x a separator of underscores.
    ReservedUnderscore,
    /// A type that this version does not accept.
    UnsupportedType,
    /// A core type of 2.x in a spelling that its mapping does not know: capitals, a space before `(`, `jsonb`.
    CoreTypeSpelling,
    /// A key attribute, or a foreign key above the separator, that may be NULL.
    NullableKey,
    /// An attribute comment that begins with a colon.
    CommentColon,
    /// A blob or attachment with a default other than NULL.
    BlobDefault,
    /// A second declaration of a name, which DataJoint drops without a word.
    DuplicateAttribute,
    /// A foreign key line that does not start with `->`, or has nothing after it.
    ForeignKeySyntax,
    /// The foreign key form of 0.12 and before, `(x) -> T(y)`.
    OldForeignKey,
    /// A foreign key option other than `nullable` and `unique`.
    ForeignKeyOption,
    /// A foreign key to a Python expression that only Python can evaluate.
    OpaqueForeignKey,
    /// A foreign key whose table was not given.
    UnknownParent,
    /// A projection that gives two attributes one name.
    ProjectionClash,
    /// An index line without its parentheses.
    IndexSyntax,
    /// An index line with text after the closing parenthesis.
    IndexTail,
    /// A table without any key attribute (0.14).
    EmptyKey,
    /// An attribute adapter or codec that was not given.
    UnknownAdapter,
    /// A `%` that is not doubled: the driver takes it for a placeholder.
    Percent,
    /// A `{` or `}` that is not doubled: 0.14 passes the statement through `str.format`.
    Brace,
    /// The server refuses the type.
    ServerType,
    /// The server refuses the statement.
    ServerSyntax,
    /// The server refuses the foreign key.
    ServerForeignKey,
    /// The server refuses the default.
    ServerDefault,
    /// A comment longer than the server stores, marker included.
    CommentLength,
    /// 2.x reads the type back wrongly from the column comment.
    MarkerMisread,
    /// A decision that cannot be used.
    Decision,
}

impl Code {
    /// The stable text of the code, for reports and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::TableCommentColon => "table-comment-colon",
            Code::AttributeSyntax => "attribute-syntax",
            Code::ReservedUnderscore => "reserved-underscore",
            Code::UnsupportedType => "unsupported-type",
            Code::CoreTypeSpelling => "core-type-spelling",
            Code::NullableKey => "nullable-key",
            Code::CommentColon => "comment-colon",
            Code::BlobDefault => "blob-default",
            Code::DuplicateAttribute => "duplicate-attribute",
            Code::ForeignKeySyntax => "foreign-key-syntax",
            Code::OldForeignKey => "old-foreign-key",
            Code::ForeignKeyOption => "foreign-key-option",
            Code::OpaqueForeignKey => "opaque-foreign-key",
            Code::UnknownParent => "unknown-parent",
            Code::ProjectionClash => "projection-clash",
            Code::IndexSyntax => "index-syntax",
            Code::IndexTail => "index-tail",
            Code::EmptyKey => "empty-key",
            Code::UnknownAdapter => "unknown-adapter",
            Code::Percent => "percent",
            Code::Brace => "brace",
            Code::ServerType => "server-type",
            Code::ServerSyntax => "server-syntax",
            Code::ServerForeignKey => "server-foreign-key",
            Code::ServerDefault => "server-default",
            Code::CommentLength => "comment-length",
            Code::MarkerMisread => "marker-misread",
            Code::Decision => "decision",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something wrong or doubtful at one place of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, in bytes of the definition text.
    pub span: Span,
    /// What kind.
    pub code: Code,
    /// Whether the definition is refused for it.
    pub severity: Severity,
    /// One sentence for people.
    pub message: String,
}

impl Problem {
    pub(crate) fn error(span: Span, code: Code, message: impl Into<String>) -> Problem {
        Problem { span, code, severity: Severity::Error, message: message.into() }
    }

    pub(crate) fn warning(span: Span, code: Code, message: impl Into<String>) -> Problem {
        Problem { span, code, severity: Severity::Warning, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.code, self.span.start, self.message)
    }
}
