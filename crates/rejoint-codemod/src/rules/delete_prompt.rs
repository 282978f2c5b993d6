use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0503",
    name: "delete-prompt",
    level: Level::Safe,
    summary: r#"`delete(safemode=x)` becomes `delete(prompt=x)`."#,
    explanation: r#"The keyword was renamed."#,
    examples: &[Example {
        before: r#"(Mouse & key).delete(safemode=False)
"#,
        after: Some(
            r#"(Mouse & key).delete(prompt=False)
"#,
        ),
    }],
    check: Check::Method(&["delete"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "delete" {
        return;
    }
    let Some(found) = keyword(call, "safemode") else { return };
    let Some(name) = &found.arg else { return };
    let at = range_of(name).start;
    let edit = cx.replace(range_of(name), "prompt");
    cx.change(Level::Safe, at, "safemode= of delete is prompt= in 2.x", vec![edit]);
}
