//! The regular expressions of DataJoint's type tables, as plain functions.
//!
//! All comparisons ignore ASCII case, as `re.I` does. Non-ASCII case folding (`ſ` for `s`) is not followed: no
//! server knows such a type.

use crate::python_text::is_python_space;

/// What follows `prefix` in `text`, compared without regard to case.
pub(crate) fn strip_word<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..).unwrap_or(""))
}

/// What precedes `suffix` and at least one blank in `text`, compared without regard to case: `\s+suffix$`.
fn strip_last_word<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let split = text.len().checked_sub(suffix.len())?;
    let (head, tail) = (text.get(..split)?, text.get(split..)?);
    let trimmed = head.trim_end_matches(is_python_space);
    (tail.eq_ignore_ascii_case(suffix) && trimmed.len() < head.len()).then_some(trimmed)
}

/// `\s*\(.+\)$`
pub(crate) fn is_parenthesised(text: &str) -> bool {
    let inner = text.trim_start_matches(is_python_space);
    inner.len() >= 3 && inner.starts_with('(') && inner.ends_with(')')
}

/// `(\s*\(.+\))?(\s+word1)?(\s+word2)?$` for the words in order.
pub(crate) fn is_size_and_words(mut rest: &str, words: &[&str]) -> bool {
    for word in words.iter().rev() {
        rest = strip_last_word(rest, word).unwrap_or(rest);
    }
    rest.is_empty() || is_parenthesised(rest)
}

/// What follows the longest of `words` that starts `text` and satisfies `accept`.
pub(crate) fn any_word<'a>(text: &'a str, words: &[&str], accept: impl Fn(&'a str) -> bool) -> bool {
    words.iter().filter_map(|word| strip_word(text, word)).any(accept)
}

/// The words for integers that both versions know, without `serial`.
pub(crate) const INTEGERS: [&str; 6] = ["tinyint", "smallint", "mediumint", "bigint", "integer", "int"];
/// The words for blobs; no server knows `smallblob`.
pub(crate) const BLOBS: [&str; 5] = ["tinyblob", "smallblob", "mediumblob", "longblob", "blob"];
