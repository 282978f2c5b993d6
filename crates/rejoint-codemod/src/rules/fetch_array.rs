use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::fetch_call;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0301",
    name: "fetch-array",
    level: Level::Safe,
    summary: "`fetch()` without attributes becomes `to_arrays()`.",
    explanation: "`to_arrays()` gives the same structured array; `order_by`, `limit`, `offset` and `squeeze` carry over.",
    examples: &[
        Example { before: "rows = Mouse.fetch()\n", after: Some("rows = Mouse.to_arrays()\n") },
        Example {
            before: "rows = (Mouse & 'dob > \"2020-01-01\"').fetch(order_by='dob', limit=3)\n",
            after: Some("rows = (Mouse & 'dob > \"2020-01-01\"').to_arrays(order_by='dob', limit=3)\n"),
        },
        Example { before: "rows = {1}.fetch()\n", after: Some("rows = {1}.fetch()\n") },
    ],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    let array = matches!(fetch.format.as_deref(), None | Some("array"));
    if !fetch.is_plain()
        || fetch.as_dict == Some(true)
        || !array
        || fetch.wanted.as_ref().is_none_or(|w| !w.is_empty())
    {
        return;
    }
    let edit = cx.replace(fetch.tail.clone(), format!("to_arrays{}", fetch.carried_call()));
    cx.change(fetch.level, fetch.tail.start, "fetch() is to_arrays() in 2.x", vec![edit]);
}
