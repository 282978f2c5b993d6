use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::fetch_call;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0302",
    name: "fetch-dicts",
    level: Level::Safe,
    summary: "`fetch(as_dict=True)` becomes `to_dicts()`.",
    explanation: "The same list of dicts.",
    examples: &[Example {
        before: "rows = Mouse.fetch(as_dict=True, limit=2)\n",
        after: Some("rows = Mouse.to_dicts(limit=2)\n"),
    }],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    if !fetch.is_plain()
        || fetch.as_dict != Some(true)
        || fetch.format.is_some()
        || fetch.wanted.as_ref().is_none_or(|wanted| !wanted.is_empty())
    {
        return;
    }
    let edit = cx.replace(fetch.tail.clone(), format!("to_dicts{}", fetch.carried_call()));
    cx.change(fetch.level, fetch.tail.start, "fetch(as_dict=True) is to_dicts() in 2.x", vec![edit]);
}
