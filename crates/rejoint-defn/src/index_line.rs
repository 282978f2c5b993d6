//! The index line.

use crate::definition::{Dialect, Index, IndexItem, IndexItemKind};
use crate::python_text::{is_python_space, strip};
use crate::span::Span;
use crate::type_pattern::strip_word;

/// Whether DataJoint takes the line for an index. 0.14: any line that begins with `index` or `unique index`.
/// 2.x: also needs `(...)` with nothing but a comment after it.
pub(crate) fn is_index(line: &str, dialect: Dialect) -> bool {
    let Some(rest) = after_keyword(line) else { return false };
    match dialect {
        Dialect::V0 => true,
        Dialect::V2 => {
            let rest = rest.trim_start_matches(is_python_space);
            // `\(.*\)\s*(#.*)?$`: some `)` is followed by blanks only, or by blanks and a `#`.
            rest.starts_with('(')
                && rest.char_indices().filter(|(_, c)| *c == ')').any(|(at, _)| {
                    let tail = rest.get(at + 1..).unwrap_or("").trim_start_matches(is_python_space);
                    tail.is_empty() || tail.starts_with('#')
                })
        }
    }
}

fn after_keyword(line: &str) -> Option<&str> {
    let unique = strip_word(line, "unique").and_then(|rest| {
        let trimmed = rest.trim_start_matches(is_python_space);
        (trimmed.len() < rest.len()).then_some(trimmed)
    });
    unique.and_then(|rest| strip_word(rest, "index")).or_else(|| strip_word(line, "index"))
}

/// Reads an index line; spans are relative to the line. `None` without parentheses.
pub(crate) fn parse(line: &str, dialect: Dialect) -> Option<Index> {
    let rest = after_keyword(line)?;
    let keyword_span = Span::new(0, line.len() - rest.len());
    let unique = strip_word(line, "unique").is_some();
    // 2.x removes everything from the first `#` on.
    let end = match dialect {
        Dialect::V0 => line.len(),
        Dialect::V2 => line.find('#').unwrap_or(line.len()),
    };
    let open = line.len() - rest.trim_start_matches(is_python_space).len();
    let close = line.get(..end)?.rfind(')')?;
    if !line.get(open..)?.starts_with('(') || close <= open {
        return None;
    }
    let args_span = Span::new(open + 1, close);
    let args = strip_start(line, args_span);
    let pieces = match dialect {
        Dialect::V0 => split_flat(line, args),
        Dialect::V2 => split_nested(line, args),
    };
    let items = pieces
        .into_iter()
        .map(|piece| strip(line, piece))
        .filter(|piece| dialect == Dialect::V0 || !piece.is_empty())
        .map(|span| IndexItem { span, text: span.of(line).to_owned(), kind: item_kind(span.of(line)) })
        .collect();
    let tail = strip_start(line, Span::new(close + 1, line.len()));
    Some(Index { unique, keyword_span, args_span, items, tail })
}

fn strip_start(line: &str, span: Span) -> Span {
    let text = span.of(line);
    Span::new(span.end - text.trim_start_matches(is_python_space).len(), span.end)
}

/// `re.findall(r"(?:[^,(]|\([^)]*\))+", args)`: commas split unless inside one level of parentheses; an opening
/// parenthesis without its partner is dropped.
fn split_flat(line: &str, args: Span) -> Vec<Span> {
    let text = args.of(line);
    let mut pieces = Vec::new();
    let mut start = None;
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|t| t.chars().next()) {
        let step = match c {
            ',' => None,
            '(' => text.get(at..).and_then(|t| t.find(')')).map(|end| end + 1),
            c => Some(c.len_utf8()),
        };
        match step {
            Some(step) => {
                start.get_or_insert(at);
                at += step;
            }
            None => {
                if let Some(start) = start.take() {
                    pieces.push(Span::new(start, at));
                }
                at += 1;
            }
        }
    }
    if let Some(start) = start {
        pieces.push(Span::new(start, at));
    }
    pieces.into_iter().map(|piece| piece.shifted(args.start)).collect()
}

/// Commas split at depth zero of the parentheses.
fn split_nested(line: &str, args: Span) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut depth = 0i64;
    let mut start = args.start;
    for (offset, c) in args.of(line).char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                pieces.push(Span::new(start, args.start + offset));
                start = args.start + offset + 1;
            }
            _ => {}
        }
    }
    pieces.push(Span::new(start, args.end));
    pieces
}

/// `^(?P<attr>\w+)(\.(?P<path>[\w.*\[\]]+))?(:(?P<type>[\w(,\s)]+))?$`
fn item_kind(text: &str) -> IndexItemKind {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let (attribute, rest) = text.split_at(end);
    let (path, sql_type) = match rest.split_once(':') {
        Some((path, sql_type)) => (path, Some(sql_type)),
        None => (rest, None),
    };
    let type_ok = sql_type.is_none_or(|t| {
        !t.is_empty() && t.chars().all(|c| is_word(c) || is_python_space(c) || matches!(c, '(' | ',' | ')'))
    });
    if attribute.is_empty() || !type_ok {
        return IndexItemKind::Expression;
    }
    match path.strip_prefix('.') {
        Some(p) if !p.is_empty() && p.chars().all(|c| is_word(c) || matches!(c, '.' | '*' | '[' | ']')) => {
            IndexItemKind::JsonPath {
                attribute: attribute.to_owned(),
                path: p.to_owned(),
                sql_type: sql_type.map(str::to_owned),
            }
        }
        None if path.is_empty() => IndexItemKind::Attribute(attribute.to_owned()),
        _ => IndexItemKind::Expression,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_knows_an_index_by_its_own_rule() {
        for (line, v0, v2) in [
            ("index(a)", true, true),
            ("UNIQUE  Index (a, b) # c", true, true),
            ("index_x : int", true, false),
            ("indexed : int", true, false),
            ("index(a),", true, false),
            ("uniqueindex(a)", false, false),
            ("index (a) x # (b)", true, true),
        ] {
            assert_eq!((is_index(line, Dialect::V0), is_index(line, Dialect::V2)), (v0, v2), "{line}");
        }
    }

    #[test]
    fn items_split_by_the_rule_of_the_version() {
        let items = |line: &str, dialect| -> Vec<String> {
            parse(line, dialect).map(|i| i.items.into_iter().map(|i| i.text).collect()).unwrap_or_default()
        };
        let line = "index ((f(a, b)), c , j.x[0]:char(20))";
        assert_eq!(items(line, Dialect::V0), ["(f(a, b))", "c", "j.x[0]:char(20)"]);
        assert_eq!(items(line, Dialect::V2), ["(f(a, b))", "c", "j.x[0]:char(20)"]);
        let line = "index ((g(f(a), b)))";
        assert_eq!(items(line, Dialect::V0), ["(g(f(a)", "b))"]);
        assert_eq!(items(line, Dialect::V2), ["(g(f(a), b))"]);
    }
}
