use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Operation, range_of};

use crate::context::{Context, is_false, is_true, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0401",
    name: "aggr-default",
    level: Level::Safe,
    summary: "`A.aggr(B, ...)` says `exclude_nonmatching=True`.",
    explanation: "0.x dropped the rows of A without a match; 2.x keeps them, and `count(*)` is 1 there. No error tells. \
                  `keep_all_rows=True` is the 2.x default, written out so that it is not taken for an attribute or for old code.",
    examples: &[
        Example {
            before: "counts = Mouse.aggr(Session, n='count(*)')\n",
            after: Some("counts = Mouse.aggr(Session, n='count(*)', exclude_nonmatching=True)\n"),
        },
        Example {
            before: "counts = Mouse.aggr(Session, keep_all_rows=True, n='count(date)')\n",
            after: Some("counts = Mouse.aggr(Session, exclude_nonmatching=False, n='count(date)')\n"),
        },
        Example {
            before: "counts = dj.U('dob').aggr(Mouse, n='count(*)')\n",
            after: Some("counts = dj.U('dob').aggr(Mouse, n='count(*)')\n"),
        },
    ],
    check: Check::Method(&["aggr", "aggregate"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if !matches!(attribute.attr.as_str(), "aggr" | "aggregate")
        || keyword(call, "exclude_nonmatching").is_some()
    {
        return;
    }
    let level = match cx.query(&attribute.value) {
        Some(query) if matches!(query.operation, Operation::Universal(_)) => return,
        Some(query) => cx.level_for(&query),
        None => return,
    };
    let start = range_of(&attribute.attr).start;
    let message = "aggr keeps rows without a match in 2.x; 0.x dropped them";
    match keyword(call, "keep_all_rows") {
        Some(keep) => {
            let Some(name) = &keep.arg else { return };
            let value = if is_true(&keep.value) {
                "False"
            } else if is_false(&keep.value) {
                "True"
            } else {
                cx.finding(
                    start,
                    "aggr(keep_all_rows=...) with a value made at run time",
                    &["exclude_nonmatching=not ..."],
                );
                return;
            };
            let edits = vec![
                cx.replace(range_of(name), "exclude_nonmatching"),
                cx.replace(range_of(&keep.value), value),
            ];
            cx.change(level, start, message, edits);
        }
        None => {
            let edit = cx.add_argument(call, "exclude_nonmatching=True");
            cx.change(level, start, message, vec![edit]);
        }
    }
}
