use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, is_false, is_true, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0506",
    name: "schema-drop",
    level: Level::Safe,
    summary: r#"`schema.drop(force=True)` and `schema.drop(True)` become `schema.drop(prompt=False)`."#,
    explanation: r#"The first argument means *prompt* in 2.x: `drop(True)` would ask."#,
    examples: &[
        Example {
            before: r#"schema.drop(force=True)
"#,
            after: Some(
                r#"schema.drop(prompt=False)
"#,
            ),
        },
        Example {
            before: r#"schema.drop(True)
"#,
            after: Some(
                r#"schema.drop(prompt=False)
"#,
            ),
        },
        Example {
            before: r#"schema.drop()
"#,
            after: Some(
                r#"schema.drop()
"#,
            ),
        },
    ],
    check: Check::Method(&["drop"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "drop" || cx.kind(&attribute.value) != Kind::Schema {
        return;
    }
    let value = match (call.arguments.args.as_ref(), keyword(call, "force")) {
        ([only], None) => only,
        ([], Some(found)) => &found.value,
        _ => return,
    };
    let at = range_of(&attribute.attr).start;
    let brackets = range_of(&call.arguments);
    let inside = brackets.start + 1..brackets.end - 1;
    if is_true(value) || is_false(value) {
        let text = if is_true(value) { "prompt=False" } else { "" };
        let edit = cx.replace(inside, text);
        cx.change(Level::Safe, at, "the argument of schema.drop means prompt in 2.x", vec![edit]);
    } else {
        let text = format!("prompt=False if {} else None", cx.text(value));
        let edit = cx.replace(inside, text);
        cx.change(Level::Safe, at, "the argument of schema.drop means prompt in 2.x", vec![edit]);
    }
}
