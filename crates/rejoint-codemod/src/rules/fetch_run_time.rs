use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::fetch_call;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0310",
    name: "fetch-run-time",
    level: Level::Finding,
    summary: "`fetch` with attributes or options made at run time is reported.",
    explanation: "What `fetch(*attributes)`, `fetch(name)`, `fetch(**options)` or `fetch(as_dict=flag)` give in 2.x depends on the values.",
    examples: &[
        Example { before: "rows = Mouse.fetch(*names)\n", after: None },
        Example { before: "rows = Mouse.fetch(as_dict=flag)\n", after: None },
    ],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    if !fetch.dynamic || fetch.overridden {
        return;
    }
    cx.finding(
        fetch.tail.start,
        "fetch with arguments made at run time: the fetch of 2.x differs (named dicts hold the key, blobs are stacked, NULL is None)",
        &[
            "write the form for each case: to_arrays(), to_dicts(), keys(), or columns of proj(...).to_arrays()",
            "keep fetch if the values are only whole rows",
        ],
    );
}
