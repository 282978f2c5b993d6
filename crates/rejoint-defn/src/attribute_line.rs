//! The grammar of an attribute line, as pyparsing executes it.

use crate::definition::{Attribute, Default, Dialect};
use crate::python_text::{Cursor, expand_tabs, is_python_space, strip};
use crate::span::Span;

/// Reads an attribute line. Spans are relative to the line. On failure: where the grammar stopped, and why.
pub(crate) fn parse(line: &str, dialect: Dialect) -> Result<Attribute, (usize, &'static str)> {
    let mut cursor = Cursor::new(line);
    let first = |c: char| c.is_ascii_lowercase() || (dialect == Dialect::V2 && c == '_');
    let other = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let name_span =
        cursor.word(first, other).ok_or((0, "an attribute name starts with a lower-case letter"))?;

    let mut default = None;
    let before = cursor.at;
    if cursor.take("=").is_some() {
        cursor.skip_space();
        let start = cursor.at;
        if cursor.skip_to_unquoted(':') {
            let span = strip(line, Span::new(start, cursor.at));
            default = Some(Default { span, text: text(line, span) });
        } else {
            return Err((
                before,
                "no `:` after the default (a colon or quote in a default needs quotes around it)",
            ));
        }
    }
    cursor.take(":").ok_or((cursor.at, "expected `:` after the name"))?;

    cursor.skip_space();
    let start = cursor.at;
    let end = match cursor.peek() {
        Some(c) if c.is_ascii_alphabetic() => {
            cursor.skip_while(|c| c.is_ascii_alphabetic());
            if cursor.skip_to_unquoted('#') { cursor.at } else { line.len() }
        }
        Some('<') => {
            let rest = cursor.rest();
            let end = rest
                .find(['>', '\n', '\r'])
                .filter(|end| rest.get(*end..).is_some_and(|t| t.starts_with('>')));
            start + end.ok_or((start, "no `>` after `<`"))? + 1
        }
        _ => return Err((start, "expected a type")),
    };
    cursor.at = end;
    let type_span = strip(line, Span::new(start, end));

    cursor.skip_space();
    let hash = cursor.at;
    let mut comment = String::new();
    let comment_span = match cursor.peek() {
        None => None,
        Some('#') => {
            let value = expand_tabs(line, Span::new(hash + 1, line.len()));
            comment.push_str(value.trim_end_matches('#').trim_matches(is_python_space));
            Some(Span::new(hash, line.len()))
        }
        Some(_) => return Err((hash, "only a comment may follow the type")),
    };

    Ok(Attribute {
        name_span,
        name: name_span.of(line).to_owned(),
        default,
        type_span,
        type_text: text(line, type_span),
        comment_span,
        comment,
    })
}

fn text(line: &str, span: Span) -> String {
    expand_tabs(line, span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        match parse(line, Dialect::V0) {
            Ok(a) => format!(
                "{}|{}|{}|{}",
                a.name,
                a.default.map_or("-".into(), |d| d.text),
                a.type_text,
                a.comment
            ),
            Err((at, message)) => format!("{at}: {message}"),
        }
    }

    #[test]
    fn quotes_hashes_and_colons() {
        insta::assert_snapshot!(
            [
                "a:int",
                "a=5:int",
                "a : int#c",
                "a = a b : varchar(5)",
                r#"a = "a:b" : varchar(5) # x"#,
                "a = 2020-01-01 00:00:00 : datetime",
                "a : enum('a#b', 'c') # c # d",
                "a : int # trailing hash #",
                "a : int ## double",
                "a : int # a # #",
                "a : <blob> # c",
                "a : <blob> c",
                "a : <>",
                "a = : int",
                "a = it's : varchar(5) # don't",
                "a = it's : varchar(5) # do",
                "Aa : int",
                "_a : int",
                "a : 5",
                "a",
                "a : varchar\t(5) # x\ty",
            ]
            .map(read)
            .join("\n"),
            @r#"
            a|-|int|
            a|5|int|
            a|-|int|c
            a|a b|varchar(5)|
            a|"a:b"|varchar(5)|x
            18: expected a type
            a|-|enum('a#b', 'c')|c # d
            a|-|int|trailing hash
            a|-|int|# double
            a|-|int|a #
            a|-|<blob>|c
            11: only a comment may follow the type
            a|-|<>|
            a||int|
            1: no `:` after the default (a colon or quote in a default needs quotes around it)
            a|it's|varchar(5)|do
            0: an attribute name starts with a lower-case letter
            0: an attribute name starts with a lower-case letter
            4: expected a type
            1: expected `:` after the name
            a|-|varchar     (5)|x y
            "#
        );
    }
}
