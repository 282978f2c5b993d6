//! Rows written by position.

use rejoint_python::ast::{Expr, ExprCall, Stmt};
use rejoint_python::{ClassId, range_of};

use crate::context::{Context, method};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0501",
    name: "positional-insert",
    level: Level::Safe,
    summary: "Rows written by position become dicts.",
    explanation: "2.x still takes them, with a DeprecationWarning. Done where the definition is in the project and the row has one value for each attribute.",
    examples: &[
        Example {
            before: "Mouse.insert1((1, '2020-01-01', 'M', None))\n",
            after: Some("Mouse.insert1({'mouse_id': 1, 'dob': '2020-01-01', 'sex': 'M', 'weight': None})\n"),
        },
        Example {
            before: "Session.insert([(m, s, d) for m, s, d in rows], skip_duplicates=True)\n",
            after: Some(
                "Session.insert([{'mouse_id': m, 'session': s, 'date': d} for m, s, d in rows], skip_duplicates=True)\n",
            ),
        },
        Example { before: "Mouse.insert1((1, 2))\n", after: Some("Mouse.insert1((1, 2))\n") },
    ],
    check: Check::Method(&["insert", "insert1"], check),
};

pub(crate) static CONTENTS: Rule = Rule {
    code: "RJ0507",
    name: "positional-contents",
    level: Level::Safe,
    summary: "Rows of a lookup's `contents` written by position become dicts.",
    explanation: "See RJ0501.",
    examples: &[Example {
        before: "class Rig(dj.Lookup):\n    definition = 'rig : int\\n---\\nroom : varchar(9)'\n    contents = [(1, 'a'), [2, 'b']]\n",
        after: Some(
            "class Rig(dj.Lookup):\n    definition = 'rig : int\\n---\\nroom : varchar(9)'\n    contents = [{'rig': 1, 'room': 'a'}, {'rig': 2, 'room': 'b'}]\n",
        ),
    }],
    check: Check::Stmt(&[StmtForm::Class], check_contents),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    let name = attribute.attr.as_str();
    if !matches!(name, "insert" | "insert1") {
        return;
    }
    let Some(id) = cx.query(&attribute.value).and_then(|query| query.table()) else { return };
    let Some(first) = call.arguments.args.first() else { return };
    // A method of the class's own may want the row by position.
    if cx.project.defines(id, name) {
        return;
    }
    if name == "insert1" {
        rows(cx, id, &[first], Level::Safe);
        return;
    }
    rows_of_list(cx, id, first, Level::Safe);
}

fn check_contents(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    let Some(id) = crate::rules::class_info(cx, class).filter(|info| info.tier.is_some()).map(|info| info.id)
    else {
        return;
    };
    // Code that reads `contents` may take the rows by position: of this class by name, or of anything in this file.
    let read_in_class = cx.text(class).matches("contents").count() > 1;
    let read_in_file = crate::model::words_before_contents(cx.source.text())
        .iter()
        .any(|word| word.starts_with(|c: char| c.is_ascii_lowercase()) || word.is_empty());
    let read = read_in_class || read_in_file || cx.model.reads_contents.contains(class.name.as_str());
    let level = if read { Level::Suggested } else { Level::Safe };
    for inner in &class.body {
        if let Stmt::Assign(assign) = inner
            && matches!(assign.targets.as_slice(), [Expr::Name(name)] if name.id.as_str() == "contents")
        {
            rows_of_list(cx, id, &assign.value, level);
        }
    }
}

fn rows_of_list(cx: &mut Context<'_>, id: ClassId, list: &Expr, level: Level) {
    let found: Vec<&Expr> = match list {
        Expr::List(list) => list.elts.iter().collect(),
        Expr::Tuple(list) if list.parenthesized => list.elts.iter().collect(),
        Expr::ListComp(list) => vec![&*list.elt],
        Expr::Generator(list) => vec![&*list.elt],
        _ => return,
    };
    rows(cx, id, &found, level);
}

/// Writes rows as dicts, all or none.
fn rows(cx: &mut Context<'_>, id: ClassId, rows: &[&Expr], level: Level) {
    let positional = |row: &Expr| match row {
        Expr::Tuple(tuple) => tuple.parenthesized,
        Expr::List(_) => true,
        _ => false,
    };
    let Some(first) = rows.first().filter(|_| rows.iter().all(|row| positional(row))) else { return };
    let Some(heading) = cx.model.of_table(id) else { return };
    let names: Vec<String> = heading.names().iter().map(|name| (*name).to_owned()).collect();
    let mut edits = Vec::new();
    for row in rows {
        let elements = match row {
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::List(list) => &list.elts,
            _ => return,
        };
        if elements.len() != names.len() || elements.iter().any(|element| element.is_starred_expr()) {
            return;
        }
        let range = range_of(*row);
        let parts = cx.source.comma_parts(range.clone());
        if parts.len() != names.len() {
            return;
        }
        edits.push(cx.replace(range.start..range.start + 1, "{"));
        for (part, name) in parts.iter().zip(&names) {
            let text = format!("{}: ", cx.quoted(name));
            edits.push(cx.open(part.range.start, text));
        }
        edits.push(cx.replace(range.end - 1..range.end, "}"));
    }
    let at = range_of(*first).start;
    cx.change(level, at, "rows by position are deprecated in 2.x", edits);
}
