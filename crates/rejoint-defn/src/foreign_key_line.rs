//! The foreign key line: options, and as much of the Python expression as can be read without Python.

use crate::definition::{
    ForeignKey, ForeignKeyOption, OldForeignKey, Projection, Reference, Rename, TableReference,
};
use crate::python_text::{Cursor, is_python_space, strip};
use crate::span::Span;

/// Whether DataJoint takes the line for a foreign key: a `->` before any quote and `#`.
pub(crate) fn is_foreign_key(line: &str) -> bool {
    line.find("->").is_some_and(|at| !line.get(..at).unwrap_or("").contains(['"', '#', '\'']))
}

/// Reads a foreign key line. Spans are relative to the line. `None` when it is neither today's form nor the form of
/// 0.12 and before.
pub(crate) fn parse(line: &str) -> Option<ForeignKey> {
    let mut cursor = Cursor::new(line);
    let mut old_form = None;
    if cursor.peek() == Some('(') {
        let new_names = names_in_parentheses(&mut cursor)?;
        old_form = Some(OldForeignKey { new_names, old_names: Vec::new() });
    }
    let arrow = cursor.take("->")?;
    let options = options(&mut cursor);
    let (options_span, options) = options.map_or((None, Vec::new()), |(span, list)| (Some(span), list));

    let rest = Span::new(cursor.at, line.len());
    let (code, comment_span) = split_comment(line, rest);
    let expression_span = strip(line, code);
    let mut expression = reference(line, expression_span);
    if expression == Reference::Opaque
        && let Some((table, old_names)) = old_target(line, expression_span)
    {
        expression = Reference::Table(table);
        old_form
            .get_or_insert_with(|| OldForeignKey { new_names: Vec::new(), old_names: Vec::new() })
            .old_names = old_names;
    }
    Some(ForeignKey { arrow, options_span, options, expression_span, expression, comment_span, old_form })
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `( name, name )`
fn names_in_parentheses(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    cursor.take("(")?;
    let mut names = Vec::new();
    loop {
        cursor.skip_space();
        let rest = cursor.rest();
        let span = cursor
            .word(|c| c.is_ascii_lowercase(), |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')?;
        names.push(rest.get(..span.len())?.to_owned());
        if cursor.take(",").is_none() {
            cursor.take(")")?;
            return Some(names);
        }
    }
}

/// `[ word, word ]`; without a match the cursor stays and the bracket belongs to the Python expression.
fn options(cursor: &mut Cursor<'_>) -> Option<(Span, Vec<ForeignKeyOption>)> {
    let before = cursor.at;
    let found = try_options(cursor);
    if found.is_none() {
        cursor.at = before;
    }
    found
}

fn try_options(cursor: &mut Cursor<'_>) -> Option<(Span, Vec<ForeignKeyOption>)> {
    let open = cursor.take("[")?;
    let mut list = Vec::new();
    loop {
        cursor.skip_space();
        let rest = cursor.rest();
        let span = cursor.word(|c| c.is_ascii_alphabetic(), |c| c.is_ascii_alphabetic())?;
        list.push(ForeignKeyOption { span, text: rest.get(..span.len())?.to_owned() });
        if cursor.take(",").is_none() {
            let close = cursor.take("]")?;
            return Some((Span::new(open.start, close.end), list));
        }
    }
}

/// Splits a Python comment off: a `#` outside quotes and backticks.
fn split_comment(line: &str, span: Span) -> (Span, Option<Span>) {
    let mut quote = None;
    let mut escaped = false;
    for (offset, c) in span.of(line).char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(q) if q != '`' && c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c == '#' => {
                let at = span.start + offset;
                return (Span::new(span.start, at), Some(Span::new(at, span.end)));
            }
            None => {}
        }
    }
    (span, None)
}

fn reference(line: &str, span: Span) -> Reference {
    let code = line.get(..span.end).unwrap_or("");
    let mut cursor = Cursor::new(code);
    cursor.at = span.start;
    match table(&mut cursor) {
        Some(found) if cursor.rest().is_empty() => Reference::Table(found),
        _ => Reference::Opaque,
    }
}

fn table(cursor: &mut Cursor<'_>) -> Option<TableReference> {
    let start = cursor.at;
    let mut path = String::new();
    let mut end;
    if cursor.peek() == Some('`') {
        loop {
            let open = cursor.take("`")?.start;
            let inner = cursor.skip_while(|c| c != '`');
            cursor.take("`")?;
            if inner.is_empty() {
                return None;
            }
            end = cursor.at;
            path.push_str(Cursor::new(cursor_text(cursor, open, end)).rest());
            let before = cursor.at;
            if cursor.take(".").is_some() && cursor.peek() == Some('`') {
                path.push('.');
            } else {
                cursor.at = before;
                break;
            }
        }
    } else {
        loop {
            cursor.skip_space();
            let name_start = cursor.at;
            let name = cursor.word(is_name_start, is_name)?;
            if path.ends_with('.') && cursor_text(cursor, name.start, name.end) == "proj" {
                let before = cursor.at;
                if cursor.take("(").is_some() {
                    cursor.at = name_start;
                    path.pop();
                    break;
                }
                cursor.at = before;
            }
            path.push_str(cursor_text(cursor, name.start, name.end));
            let before = cursor.at;
            if cursor.take(".").is_some() {
                path.push('.');
            } else {
                cursor.at = before;
                break;
            }
        }
        end = start + path_length(cursor_text(cursor, start, cursor.at));
    }
    // `Table()` is the same as `Table`.
    let before = cursor.at;
    if cursor.take("(").is_none() || cursor.take(")").is_none() {
        cursor.at = before;
    }
    let projection = projection(cursor, &path)?;
    if projection.is_none() && path.ends_with('.') {
        return None;
    }
    end = end.min(cursor.at);
    Some(TableReference { path_span: Span::new(start, end), path, projection })
}

/// Length of a dotted name without the dot and blanks before `proj`.
fn path_length(text: &str) -> usize {
    text.trim_end_matches(|c: char| c == '.' || is_python_space(c)).len()
}

fn cursor_text<'a>(cursor: &Cursor<'a>, start: usize, end: usize) -> &'a str {
    cursor.slice(Span::new(start, end))
}

/// `Some(None)`: no projection; `None`: something else follows.
fn projection(cursor: &mut Cursor<'_>, path: &str) -> Option<Option<Projection>> {
    let start = cursor.at;
    let dot = cursor.take(".").map(|span| span.start);
    cursor.skip_space();
    if !cursor.rest().starts_with("proj") {
        cursor.at = start;
        return Some(None).filter(|_| dot.is_none() && !path.is_empty());
    }
    let from = dot.unwrap_or_else(|| start_of_dot(cursor, start));
    cursor.take("proj")?;
    cursor.take("(")?;
    let mut renames = Vec::new();
    let mut n_kept = 0;
    loop {
        if let Some(close) = cursor.take(")") {
            return Some(Some(Projection { span: Span::new(from, close.end), renames, n_kept }));
        }
        cursor.skip_space();
        if cursor.take("...").is_some() || string(cursor).is_some() {
            n_kept += 1;
        } else {
            let new_span = cursor.word(is_name_start, is_name)?;
            let new = cursor.slice(new_span).to_owned();
            cursor.take("=")?;
            let old_span = string(cursor)?;
            let old = cursor.slice(old_span).to_owned();
            renames.push(Rename { new_span, new, old_span, old });
        }
        if cursor.take(",").is_none() {
            let close = cursor.take(")")?;
            return Some(Some(Projection { span: Span::new(from, close.end), renames, n_kept }));
        }
    }
}

fn start_of_dot(cursor: &Cursor<'_>, at: usize) -> usize {
    cursor.slice(Span::new(0, at)).rfind('.').unwrap_or(at)
}

/// A plain Python string on one line without backslash: the span between its quotes.
fn string(cursor: &mut Cursor<'_>) -> Option<Span> {
    cursor.skip_space();
    let quote = cursor.peek().filter(|c| matches!(c, '\'' | '"'))?;
    let before = cursor.at;
    cursor.at += 1;
    let inner = cursor.skip_while(|c| c != quote && c != '\\');
    if cursor.peek() == Some(quote)
        && !(inner.is_empty()
            && cursor.rest().len() > 1
            && cursor.rest().as_bytes().get(1) == Some(&(quote as u8)))
    {
        cursor.at += 1;
        return Some(inner);
    }
    cursor.at = before;
    None
}

/// `Table(a, b)` of 0.12 and before.
fn old_target(line: &str, span: Span) -> Option<(TableReference, Vec<String>)> {
    let code = line.get(..span.end)?;
    let mut cursor = Cursor::new(code);
    cursor.at = span.start;
    let path =
        cursor.word(|c| c.is_ascii_alphabetic(), |c| c.is_ascii_alphanumeric() || c == '.' || c == '_')?;
    let names = names_in_parentheses(&mut cursor)?;
    cursor.rest().is_empty().then(|| {
        let text = path.of(code).to_owned();
        (TableReference { path_span: path, path: text, projection: None }, names)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let Some(key) = parse(line) else { return "-".into() };
        let options: Vec<_> = key.options.iter().map(|o| o.text.as_str()).collect();
        let target = match &key.expression {
            Reference::Opaque => format!("opaque {:?}", key.expression_span.of(line)),
            Reference::Table(table) => {
                let projection = table.projection.as_ref().map(|p| {
                    let renames: Vec<_> = p.renames.iter().map(|r| format!("{}<{}", r.new, r.old)).collect();
                    format!(" {:?} {} +{}", p.span.of(line), renames.join(","), p.n_kept)
                });
                format!("{} {:?}{}", table.path, table.path_span.of(line), projection.unwrap_or_default())
            }
        };
        let old =
            key.old_form.map(|o| format!(" old {:?} {:?}", o.new_names, o.old_names)).unwrap_or_default();
        let comment = key.comment_span.map(|s| format!(" {:?}", s.of(line))).unwrap_or_default();
        format!("{options:?} {target}{old}{comment}")
    }

    #[test]
    fn forms_of_foreign_keys() {
        insta::assert_snapshot!(
            [
                "-> Parent",
                "->Parent",
                "-> [nullable, UNIQUE] lab.Rig  # why",
                "-> [nullable unique] T",
                "-> Master.Part.proj(a='b', c = \"d\")",
                "-> T . proj ( ... , a='(b)', 'x',)",
                "-> T.proj()",
                "-> T()",
                "-> T().proj(a='b')",
                "-> T & 'x=1'",
                "-> T.proj(a=b)",
                "-> f(x).T",
                "-> `db`.`#lab`",
                "-> [nullable] `db`.`t`.proj(a=\"b\")",
                "-> proj.proj(a='k')",
                "-> T.proj",
                "(x) -> T",
                "(x, y) -> [nullable] m.T(a, b)",
                "-> T(b)",
                "-> ",
                "a -> b",
                "-> T.proj(a='it\\'s')",
                "-> T.proj(a='')",
            ]
            .map(read)
            .join("\n"),
            @r##"
            [] Parent "Parent"
            [] Parent "Parent"
            ["nullable", "UNIQUE"] lab.Rig "lab.Rig" "# why"
            [] opaque "[nullable unique] T"
            [] Master.Part "Master.Part" ".proj(a='b', c = \"d\")" a<b,c<d +0
            [] T "T" ". proj ( ... , a='(b)', 'x',)" a<(b) +2
            [] T "T" ".proj()"  +0
            [] T "T"
            [] T "T" ".proj(a='b')" a<b +0
            [] opaque "T & 'x=1'"
            [] opaque "T.proj(a=b)"
            [] opaque "f(x).T"
            [] `db`.`#lab` "`db`.`#lab`"
            ["nullable"] `db`.`t` "`db`.`t`" ".proj(a=\"b\")" a<b +0
            [] proj "proj" ".proj(a='k')" a<k +0
            [] T.proj "T.proj"
            [] T "T" old ["x"] []
            ["nullable"] m.T "m.T" old ["x", "y"] ["a", "b"]
            [] T "T" old [] ["b"]
            [] opaque ""
            -
            [] opaque "T.proj(a='it\\'s')"
            [] T "T" ".proj(a='')" a< +0
            "##
        );
    }
}
