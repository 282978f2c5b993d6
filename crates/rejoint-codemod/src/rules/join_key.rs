//! The primary key of a join, where the code reads it.

use rejoint_python::ast::{Expr, ExprCall, Stmt};
use rejoint_python::{Operation, Query, range_of};

use crate::context::{Context, constant, method};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0402",
    name: "join-key",
    level: Level::Safe,
    summary: "A join whose primary key is smaller in 2.x gets its old key back where the key is read.",
    explanation: "0.x: the key of `A * B` is the union of both keys. 2.x: when the attributes of A hold the whole key of B, it is the key of A. \
                  Rows and values are the same; `fetch('KEY')`, `proj()`, `primary_key` and `key_source` are not. `dj.U(...) & (A * B)` has the old key. \
                  Done where all definitions are in the project; a `key_source` with a join of other tables is reported.",
    examples: &[
        Example {
            before: "class Place(dj.Manual):\n    definition = '-> Session\\n---\\n-> Rig'\nclass Rig(dj.Lookup):\n    definition = 'rig : int'\nkeys = (Place * Rig).fetch('KEY')\n",
            after: Some(
                "class Place(dj.Manual):\n    definition = '-> Session\\n---\\n-> Rig'\nclass Rig(dj.Lookup):\n    definition = 'rig : int'\nkeys = (dj.U('mouse_id', 'session', 'rig') & (Place * Rig)).fetch('KEY')\n",
            ),
        },
        Example {
            before: "keys = (Mouse * Session).fetch('KEY')\n",
            after: Some("keys = (Mouse * Session).fetch('KEY')\n"),
        },
    ],
    check: Check::Method(&["proj", "keys", "fetch", "fetch1"], check),
};

pub(crate) static KEY_SOURCE: Rule = Rule {
    code: "RJ0411",
    name: "key-source-join",
    level: Level::Safe,
    summary: "A `key_source` made of a join whose primary key is smaller in 2.x gets its old key back.",
    explanation: "See RJ0402. Otherwise `make` misses a part of the key, and the insert fails. A join of tables that are not all in the project is reported.",
    examples: &[
        Example {
            before: "class Rig(dj.Lookup):\n    definition = 'rig : int'\nclass Place(dj.Manual):\n    definition = '-> Session\\n---\\n-> Rig'\nclass Fit(dj.Computed):\n    definition = '-> Session\\n-> Rig'\n    @property\n    def key_source(self):\n        return Place * Rig\n",
            after: Some(
                "class Rig(dj.Lookup):\n    definition = 'rig : int'\nclass Place(dj.Manual):\n    definition = '-> Session\\n---\\n-> Rig'\nclass Fit(dj.Computed):\n    definition = '-> Session\\n-> Rig'\n    @property\n    def key_source(self):\n        return dj.U('mouse_id', 'session', 'rig') & (Place * Rig)\n",
            ),
        },
        Example {
            before: "from elsewhere import Stimulus\nclass Fit(dj.Computed):\n    definition = '-> Session'\n    @property\n    def key_source(self):\n        return Session * Stimulus\n",
            after: None,
        },
    ],
    check: Check::Stmt(&[StmtForm::Class], check_key_source),
};

/// The keys by both rules, when they differ and the query reaches its key without a projection of such a join.
fn keys(cx: &Context<'_>, query: &Query) -> Option<Vec<String>> {
    if !has_join(query) || projects_join(query) {
        return None;
    }
    let heading = cx.model.of(query)?;
    let (mut old, mut new) = (heading.old_key(), heading.new_key());
    let ordered: Vec<String> = old.iter().map(|name| (*name).to_owned()).collect();
    old.sort_unstable();
    new.sort_unstable();
    (old != new).then_some(ordered)
}

fn has_join(query: &Query) -> bool {
    match &query.operation {
        Operation::Join(..) => true,
        Operation::Restrict(input) | Operation::Project(input, _) | Operation::Aggregate(input, _, _) => {
            has_join(input)
        }
        _ => false,
    }
}

fn projects_join(query: &Query) -> bool {
    match &query.operation {
        Operation::Project(input, _) | Operation::Aggregate(input, _, _) => has_join(input),
        Operation::Restrict(input) => projects_join(input),
        Operation::Join(left, right) => projects_join(left) || projects_join(right),
        _ => false,
    }
}

fn universal(cx: &Context<'_>, keys: &[String]) -> Option<String> {
    let names: Vec<String> = keys.iter().map(|name| cx.quoted(name)).collect();
    Some(format!("{}.U({}) & ", cx.package_name()?, names.join(", ")))
}

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    let reads_key = match attribute.attr.as_str() {
        "proj" => true,
        "keys" => true,
        "fetch" | "fetch1" => call.arguments.args.iter().any(|arg| constant(arg) == Some("KEY")),
        _ => false,
    };
    if !reads_key {
        return;
    }
    // A projection that keeps secondary attributes cannot come from dj.U.
    let names_more = attribute.attr.as_str() == "proj" && !call.arguments.is_empty()
        || attribute.attr.as_str().starts_with("fetch") && call.arguments.args.len() > 1;
    let Some(query) = cx.query(&attribute.value).filter(|query| query.certain) else { return };
    let Some(keys) = keys(cx, &query) else { return };
    let at = range_of(&attribute.attr).start;
    let message = format!("the key of this join was ({}) in 0.x and is smaller in 2.x", keys.join(", "));
    let Some(universal) = universal(cx, &keys).filter(|_| !names_more) else {
        cx.finding(
            at,
            message,
            &["name what is wanted: [{k: row[k] for k in (...)} for row in (A * B).to_dicts()]"],
        );
        return;
    };
    let start = range_of(call).start;
    let Some(dot) = cx.source.slice(start..at).rfind('.') else { return };
    let edits = vec![cx.open(start, format!("({universal}")), cx.close(start + dot, ")")];
    cx.change(Level::Safe, at, message, edits);
}

fn check_key_source(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    if crate::rules::class_info(cx, class).is_none_or(|info| info.tier.is_none()) {
        return;
    }
    for inner in &class.body {
        match inner {
            Stmt::FunctionDef(function) if function.name.as_str() == "key_source" => {
                for stmt in &function.body {
                    if let Stmt::Return(ret) = stmt
                        && let Some(value) = &ret.value
                    {
                        source_of_keys(cx, value);
                    }
                }
            }
            Stmt::Assign(assign) if matches!(assign.targets.as_slice(), [Expr::Name(name)] if name.id.as_str() == "key_source") =>
            {
                source_of_keys(cx, &assign.value);
            }
            _ => {}
        }
    }
}

fn source_of_keys(cx: &mut Context<'_>, value: &Expr) {
    let Some(query) = cx.query(value) else { return };
    let range = range_of(value);
    if let Some(keys) = keys(cx, &query) {
        let message = format!("the key of key_source was ({}) in 0.x and is smaller in 2.x", keys.join(", "));
        if let Some(universal) = universal(cx, &keys) {
            let edits = vec![cx.open(range.start, format!("{universal}(")), cx.close(range.end, ")")];
            cx.change(Level::Safe, range.start, message, edits);
            return;
        }
        cx.finding(range.start, message, &["dj.U(<keys of both>) & (A * B)"]);
    } else if has_join(&query) && cx.model.of(&query).is_none() {
        cx.finding(
            range.start,
            "key_source is a join of tables that are not all defined here: its key may be smaller in 2.x",
            &["dj.U(<keys of both>) & (A * B) if one side holds the key of the other as secondary attribute", "leave it otherwise"],
        );
    }
}
