use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, constant, is_true, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0602",
    name: "populate-order",
    level: Level::Suggested,
    summary: r#"`populate(order=...)` is dropped."#,
    explanation: r#"Workers that reserve jobs no longer collide in 2.x, so the order is not needed for that. Where the order matters, loop over the keys."#,
    examples: &[Example {
        before: r#"class Fit(dj.Computed):
    definition = '-> Mouse'
Fit.populate(reserve_jobs=True, order='random')
"#,
        after: Some(
            r#"class Fit(dj.Computed):
    definition = '-> Mouse'
Fit.populate(reserve_jobs=True)
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
    let Some(found) = keyword(call, "order") else { return };
    let at = range_of(found).start;
    let reserved = keyword(call, "reserve_jobs").is_some_and(|found| is_true(&found.value));
    let original = constant(&found.value) == Some("original");
    if reserved || original {
        let edit = cx.remove_keyword(call, found);
        cx.change(Level::Suggested, at, "order= of populate is gone in 2.x", vec![edit]);
    } else {
        cx.finding(
            at,
            "order= of populate is gone in 2.x",
            &[
                "drop it (with reserve_jobs=True workers do not collide)",
                "keys = (T.key_source - T.proj()).keys(); random.shuffle(keys); for key in keys: T.populate(key)",
            ],
        );
    }
}
