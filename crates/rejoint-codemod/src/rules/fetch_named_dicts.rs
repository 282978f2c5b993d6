use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::{Wanted, fetch_call};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0305",
    name: "fetch-named-dicts",
    level: Level::Safe,
    summary: "`fetch('a', 'b', as_dict=True)` becomes dicts with exactly those attributes.",
    explanation: "The `fetch` of 2.x and `proj('a', 'b').to_dicts()` also put the primary key into every dict, which goes \
                  wrong where the dicts are inserted, unpacked or made into a frame. With 'KEY' among the attributes the key is wanted.",
    examples: &[
        Example {
            before: "rows = Mouse.fetch('dob', 'sex', as_dict=True)\n",
            after: Some(
                "rows = [{name: row[name] for name in ('dob', 'sex')} for row in Mouse.proj('dob', 'sex').to_dicts()]\n",
            ),
        },
        Example {
            before: "rows = Mouse.fetch('KEY', 'dob', as_dict=True)\n",
            after: Some("rows = Mouse.proj('dob').to_dicts()\n"),
        },
    ],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    let Some(wanted) = fetch.wanted.clone() else { return };
    if !fetch.is_plain() || fetch.as_dict != Some(true) || fetch.format.is_some() || wanted.is_empty() {
        return;
    }
    if wanted == [Wanted::Key] {
        return;
    }
    let Some(projection) = fetch.projection(cx.quote()) else {
        cx.finding(
            fetch.tail.start,
            "fetch of dicts ordered by something made at run time",
            &["add the attributes of the order to proj(...) and pick the wanted names from each dict of to_dicts(order_by=...)"],
        );
        return;
    };
    let dicts = format!("{projection}.to_dicts{}", fetch.carried_call());
    let message = "fetch of named attributes as dicts: 2.x would add the primary key";
    let extra_order = fetch.ordered_by.as_ref().is_some_and(|names| {
        names.iter().any(|name| {
            !wanted.iter().any(|item| matches!(item, Wanted::Name { name: known, .. } if known == name))
        })
    });
    if fetch.has_key() {
        if extra_order {
            cx.finding(
                fetch.tail.start,
                "fetch('KEY', ..., as_dict=True) ordered by another attribute: that attribute would be in the dicts",
                &["to_dicts() of a projection with that attribute, then remove it from each dict"],
            );
            return;
        }
        let edit = cx.replace(fetch.tail.clone(), dicts);
        cx.change(fetch.level, fetch.tail.start, message, vec![edit]);
        return;
    }
    let list: Vec<&str> = wanted
        .iter()
        .filter_map(|item| match item {
            Wanted::Name { spelled, .. } => Some(spelled.as_str()),
            Wanted::Key => None,
        })
        .collect();
    let comma = if list.len() == 1 { "," } else { "" };
    let open = format!("[{{name: row[name] for name in ({}{comma})}} for row in ", list.join(", "));
    let edits = vec![cx.open(fetch.call.start, open), cx.replace(fetch.tail.clone(), format!("{dicts}]"))];
    cx.change(fetch.level, fetch.tail.start, message, edits);
}
