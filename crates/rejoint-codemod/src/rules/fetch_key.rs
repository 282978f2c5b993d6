use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::{Wanted, fetch_call};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0306",
    name: "fetch-key",
    level: Level::Safe,
    summary: "`fetch('KEY')` and `fetch(dj.key)` become `keys()`.",
    explanation: "`dj.key` is gone. `fetch('KEY', as_dict=False)` gave records: `list(T.proj().to_arrays())`. `fetch1('KEY')` stays: \
                  `keys()` is a list and loses the check for exactly one row.",
    examples: &[
        Example { before: "keys = Mouse.fetch('KEY')\n", after: Some("keys = Mouse.keys()\n") },
        Example {
            before: "keys = Mouse.fetch(dj.key, limit=1)\n",
            after: Some("keys = Mouse.keys(limit=1)\n"),
        },
        Example { before: "key = Mouse.fetch1('KEY')\n", after: Some("key = Mouse.fetch1('KEY')\n") },
    ],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    if !fetch.is_plain() || fetch.format.is_some() || fetch.wanted.as_deref() != Some(&[Wanted::Key]) {
        return;
    }
    let message = "fetch('KEY') is keys() in 2.x";
    let carried: Vec<String> =
        fetch.carried.iter().filter(|text| !text.starts_with("squeeze")).cloned().collect();
    if fetch.as_dict == Some(false) {
        let mut edits = vec![cx.open(fetch.call.start, "list(")];
        edits.push(cx.replace(fetch.tail.clone(), format!("proj().to_arrays({}))", carried.join(", "))));
        let extra = fetch.ordered_by.as_ref().is_none_or(|names| !names.is_empty());
        let level = if extra { Level::Suggested } else { fetch.level };
        cx.change(level, fetch.tail.start, message, edits);
        return;
    }
    let edit = cx.replace(fetch.tail.clone(), format!("keys({})", carried.join(", ")));
    cx.change(fetch.level, fetch.tail.start, message, vec![edit]);
}
