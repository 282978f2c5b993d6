use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::{Wanted, fetch_call};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0307",
    name: "fetch-key-and-columns",
    level: Level::Safe,
    summary: "`fetch('KEY', 'a')` becomes one query whose rows give the keys and the columns.",
    explanation: "The `fetch` of 2.x fails for blobs of unequal shapes and stacks those of equal shape. \
                  `to_arrays('a', include_key=True)` is shorter, puts the keys first always, and has the same traps.",
    examples: &[Example {
        before: "keys, dobs = Mouse.fetch('KEY', 'dob')\n",
        after: Some(
            "keys, dobs = [part for query in [Mouse] for rows in [query.proj('dob').to_arrays()] for part in ([dict(zip(query.primary_key, key)) for key in rows[query.primary_key].tolist()], rows['dob'])]\n",
        ),
    }],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    let Some(wanted) = fetch.wanted.clone() else { return };
    if !fetch.is_plain()
        || fetch.as_dict.is_some()
        || fetch.format.is_some()
        || wanted.len() < 2
        || !fetch.has_key()
    {
        return;
    }
    let projection = fetch.projection(cx.quote()).filter(|_| fetch.constant_values);
    let Some(projection) = projection else {
        cx.finding(
            fetch.tail.start,
            "fetch of keys and columns with values made at run time",
            &["keys, a = T.to_arrays('a', include_key=True, ...): keys first; equal-shaped arrays are stacked"],
        );
        return;
    };
    let parts: Vec<String> = wanted
        .iter()
        .map(|item| match item {
            Wanted::Key => {
                "[dict(zip(query.primary_key, key)) for key in rows[query.primary_key].tolist()]".to_owned()
            }
            Wanted::Name { spelled, .. } => format!("rows[{spelled}]"),
        })
        .collect();
    let text = format!(
        "] for rows in [query.{projection}.to_arrays{}] for part in ({})]",
        fetch.carried_call(),
        parts.join(", ")
    );
    let edits = vec![
        cx.open(fetch.call.start, "[part for query in ["),
        cx.replace(fetch.receiver.end..fetch.call.end, text),
    ];
    cx.change(fetch.level, fetch.tail.start, "fetch of keys and columns in one query", edits);
}
