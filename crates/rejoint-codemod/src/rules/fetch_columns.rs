use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::fetch_call;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0304",
    name: "fetch-columns",
    level: Level::Safe,
    summary: "`fetch('a', 'b')` becomes columns of the structured array of a projection.",
    explanation: "`to_arrays('a')` stacks arrays of equal shape, gives text as fixed-width strings and NULL as None; \
                  the columns of the structured array are what 0.14 gave: object columns for text and blobs, nan for NULL.",
    examples: &[
        Example {
            before: "dobs = Mouse.fetch('dob')\n",
            after: Some("dobs = Mouse.proj('dob').to_arrays()['dob']\n"),
        },
        Example {
            before: "ids, dobs = Mouse.fetch('mouse_id', 'dob', order_by='sex')\n",
            after: Some(
                "ids, dobs = [rows[name] for rows in [Mouse.proj('mouse_id', 'dob', 'sex').to_arrays(order_by='sex')] for name in ('mouse_id', 'dob')]\n",
            ),
        },
        Example {
            before: "import sqlite3\ncursor = sqlite3.connect(':memory:')\nx = cursor.fetch('dob', 1)\n",
            after: Some("import sqlite3\ncursor = sqlite3.connect(':memory:')\nx = cursor.fetch('dob', 1)\n"),
        },
    ],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    if !fetch.is_plain() || fetch.as_dict == Some(true) || fetch.format.is_some() {
        return;
    }
    let Some(names) = fetch.names() else { return };
    if names.is_empty() {
        return;
    }
    let Some(projection) = fetch.projection(cx.quote()) else {
        cx.finding(
            fetch.tail.start,
            "fetch of columns ordered by something made at run time",
            &[
                "add the attributes of the order to proj(...) and take the columns of to_arrays(order_by=...)",
                "to_arrays('a', ...): equal-shaped arrays are stacked, text has fixed width",
            ],
        );
        return;
    };
    let arrays = format!("{projection}.to_arrays{}", fetch.carried_call());
    let message = "fetch of columns is proj(...).to_arrays() and its columns in 2.x";
    if let [(_, spelled)] = names.as_slice() {
        let text = format!("{arrays}[{spelled}]");
        let edit = cx.replace(fetch.tail.clone(), text);
        cx.change(fetch.level, fetch.tail.start, message, vec![edit]);
        return;
    }
    let list: Vec<&str> = names.iter().map(|(_, spelled)| *spelled).collect();
    let text = format!("{arrays}] for name in ({})]", list.join(", "));
    let edits =
        vec![cx.open(fetch.call.start, "[rows[name] for rows in ["), cx.replace(fetch.tail.clone(), text)];
    cx.change(fetch.level, fetch.tail.start, message, edits);
}
