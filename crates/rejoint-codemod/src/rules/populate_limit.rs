use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0601",
    name: "populate-limit",
    level: Level::Suggested,
    summary: r#"`populate(limit=n)` becomes `populate(max_calls=n)`."#,
    explanation: r#"`limit` took the first n keys in the order of the key before those reserved by others were left out; `max_calls` makes n of them in no order."#,
    examples: &[Example {
        before: r#"class Fit(dj.Computed):
    definition = '-> Mouse'
Fit.populate(limit=3)
"#,
        after: Some(
            r#"class Fit(dj.Computed):
    definition = '-> Mouse'
Fit.populate(max_calls=3)
"#,
        ),
    }],
    check: Check::Method(&["populate"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "populate" || !crate::rules::may_be_query(cx, &attribute.value) {
        return;
    }
    let Some(found) = keyword(call, "limit") else { return };
    let Some(name) = &found.arg else { return };
    let at = range_of(name).start;
    if keyword(call, "max_calls").is_some() {
        cx.finding(
            at,
            "populate(limit=..., max_calls=...)",
            &["only max_calls exists in 2.x: write the smaller one"],
        );
        return;
    }
    let edit = cx.replace(range_of(name), "max_calls");
    cx.change(Level::Suggested, at, "limit= of populate is max_calls= in 2.x, in no order", vec![edit]);
}
