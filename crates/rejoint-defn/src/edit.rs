//! Edits of a text, and their application.

use crate::error::Error;
use crate::span::Span;

/// How far an edit can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// The same table, the same values: mechanical and exact.
    Exact,
    /// Exact but for what [`Edit::note`] says.
    Noted,
    /// Right only if a decision or guess about the pipeline is: see [`Edit::note`].
    Suggested,
}

/// Why an edit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A `*blob` column holds packed objects; in 2.x the word means raw bytes.
    SerializedBlob,
    /// 2.3 copies the type into a double-quoted comment.
    EnumQuotes,
    /// 2.3 knows core types in lower case and without a blank before the parenthesis only.
    CoreSpelling,
    /// 2.x has no `boolean`.
    Boolean,
    /// `blob@s`, `attach`, `attach@s`, `filepath@s` are codecs in 2.x.
    LegacyStorage,
    /// An adapter became a codec.
    Adapter,
    /// A form of 0.11 and before.
    OlderExternal,
    /// 2.x has no `___`.
    Separator,
    /// 0.14 passed text after an integer type to the server; 2.x refuses it.
    TypeTail,
    /// The word for an integer that 2.x does not know, or for which it means another size.
    IntegerWord,
    /// `(x) -> T(y)`.
    OldForeignKey,
    /// Text after an index.
    IndexTail,
    /// 2.x quotes the default in another way, which would change it.
    DefaultQuoting,
    /// 0.14 passed the text through `str.format`; 2.x does not.
    Braces,
    /// The policy asks for core types where they are exactly equal.
    CoreType,
    /// An answer in the decisions.
    Answer,
}

impl Reason {
    /// The stable text of the reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::SerializedBlob => "serialized-blob",
            Reason::EnumQuotes => "enum-quotes",
            Reason::CoreSpelling => "core-spelling",
            Reason::Boolean => "boolean",
            Reason::LegacyStorage => "legacy-storage",
            Reason::Adapter => "adapter",
            Reason::OlderExternal => "older-external",
            Reason::Separator => "separator",
            Reason::TypeTail => "type-tail",
            Reason::IntegerWord => "integer-word",
            Reason::OldForeignKey => "old-foreign-key",
            Reason::IndexTail => "index-tail",
            Reason::DefaultQuoting => "default-quoting",
            Reason::Braces => "braces",
            Reason::CoreType => "core-type",
            Reason::Answer => "answer",
        }
    }
}

/// The replacement of one byte range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What comes in its place.
    pub replacement: String,
    /// Why.
    pub reason: Reason,
    /// How far it can be trusted.
    pub safety: Safety,
    /// What a person should know about it; may be empty.
    pub note: String,
}

/// Applies edits to the text they were made for.
///
/// # Errors
///
/// [`Error::Edits`] when the edits are not in order, overlap, or do not lie on character boundaries of `text`.
/// Nothing is applied then.
pub fn apply_edits(text: &str, edits: &[Edit]) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let kept = text.get(at..edit.span.start).filter(|_| edit.span.start <= edit.span.end);
        out.push_str(kept.ok_or(Error::Edits { span: edit.span })?);
        out.push_str(&edit.replacement);
        at = edit.span.end;
    }
    let last = Span::new(at, text.len());
    out.push_str(text.get(at..).ok_or(Error::Edits { span: last })?);
    Ok(out)
}
