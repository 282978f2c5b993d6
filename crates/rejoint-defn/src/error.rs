//! Errors of this crate.

use crate::problem::Problem;
use crate::span::Span;

/// Why a function of this crate gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// DataJoint, or the server behind it, would refuse the definition, or it cannot be told what would come of it.
    /// Change the definition, or give what the problems name.
    #[error("the definition cannot be compiled: {}", list(problems))]
    Refused {
        /// All reasons, in order of position.
        problems: Vec<Problem>,
    },
    /// Edits that are out of order, overlap, or were made for another text. Make them again for this text.
    #[error("the edit at bytes {}..{} does not fit the text or overlaps the one before", span.start, span.end)]
    Edits {
        /// The first edit that does not fit.
        span: Span,
    },
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
}
