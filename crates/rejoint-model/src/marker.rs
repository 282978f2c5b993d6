//! The `:type:` marker that both generations of DataJoint keep in front of a column's comment.
//!
//! Reader rule of both generations: `:([^:]+):(.*)` at the start of the comment.

use thiserror::Error;

/// The longest column comment of MySQL and MariaDB, in characters.
pub const MAX_COLUMN_COMMENT: usize = 1024;

/// Splits a comment into its marker (without colons) and the user's text.
pub fn split_marker(comment: &str) -> (Option<&str>, &str) {
    let Some(rest) = comment.strip_prefix(':') else { return (None, comment) };
    match rest.split_once(':') {
        // `.` does not match a newline in the library's expression, so a marker never spans lines
        Some((marker, text)) if !marker.is_empty() => (Some(marker), text),
        _ => (None, comment),
    }
}

/// Why a marker cannot be put in front of a comment.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MarkerError {
    /// The comment would exceed the server's limit.
    #[error(
        "the comment with its marker `:{marker}:` would have {length} characters; the server allows {MAX_COLUMN_COMMENT}"
    )]
    TooLong {
        /// The marker.
        marker: String,
        /// Characters of the result.
        length: usize,
    },
    /// The marker contains a colon, which readers take for its end.
    #[error("the marker `{marker}` contains a colon, which DataJoint takes for its end")]
    Colon {
        /// The marker.
        marker: String,
    },
}

/// Puts a marker in front of the user's text.
///
/// # Errors
/// The result would be longer than the server allows, or the marker contains a colon.
pub fn with_marker(marker: &str, text: &str) -> Result<String, MarkerError> {
    if marker.contains(':') {
        return Err(MarkerError::Colon { marker: marker.to_owned() });
    }
    let comment = format!(":{marker}:{text}");
    let length = comment.chars().count();
    if length > MAX_COLUMN_COMMENT {
        return Err(MarkerError::TooLong { marker: marker.to_owned(), length });
    }
    Ok(comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_marker_at_the_start_counts() {
        assert_eq!(split_marker(":blob@raw:the movie"), (Some("blob@raw"), "the movie"));
        assert_eq!(split_marker("stored as :blob@raw: before"), (None, "stored as :blob@raw: before"));
        assert_eq!(split_marker("::x"), (None, "::x"));
        assert_eq!(split_marker(":<graph>:"), (Some("<graph>"), ""));
        assert_eq!(split_marker(":no end"), (None, ":no end"));
    }

    #[test]
    fn a_comment_that_would_not_fit_is_an_error() {
        assert!(with_marker("<blob>", &"x".repeat(1016)).is_ok());
        assert!(matches!(
            with_marker("<blob>", &"x".repeat(1017)),
            Err(MarkerError::TooLong { length: 1025, .. })
        ));
    }
}
