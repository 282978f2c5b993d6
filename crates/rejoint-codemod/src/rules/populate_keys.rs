use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0603",
    name: "populate-keys",
    level: Level::Finding,
    summary: r#"`populate(keys=...)` is reported."#,
    explanation: r#"It made keys outside `key_source` too; a restriction skips those."#,
    examples: &[Example {
        before: r#"class Fit(dj.Computed):
    definition = '-> Mouse'
Fit.populate(keys=[{'mouse_id': 1}])
"#,
        after: None,
    }],
    check: Check::Method(&["populate"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "populate" || !crate::rules::may_be_query(cx, &attribute.value) {
        return;
    }
    if let Some(found) = keyword(call, "keys") {
        cx.finding(
            range_of(found).start,
            "keys= of populate is gone in 2.x",
            &["populate(keys) as a restriction: keys outside key_source are skipped"],
        );
    }
}
