use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, is_false, is_true, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0504",
    name: "part-delete",
    level: Level::Safe,
    summary: r#"`force`, `force_parts` and `force_masters` of `delete` become `part_integrity`."#,
    explanation: r#"`Part.delete(force=True)` and `delete(force_parts=True)`: `'ignore'`; `force_masters=True`: `'cascade'`. The result is a count."#,
    examples: &[
        Example {
            before: r#"Session.Trial.delete(force=True)
"#,
            after: Some(
                r#"Session.Trial.delete(part_integrity='ignore')
"#,
            ),
        },
        Example {
            before: r#"(Mouse & key).delete(force_parts=True)
"#,
            after: Some(
                r#"(Mouse & key).delete(part_integrity='ignore')
"#,
            ),
        },
        Example {
            before: r#"(Mouse & key).delete(force_masters=True)
"#,
            after: Some(
                r#"(Mouse & key).delete(part_integrity='cascade')
"#,
            ),
        },
    ],
    check: Check::Method(&["delete"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "delete" {
        return;
    }
    let part = crate::rules::is_part(cx, &attribute.value);
    for (name, value) in [("force", "ignore"), ("force_parts", "ignore"), ("force_masters", "cascade")] {
        let Some(found) = keyword(call, name) else { continue };
        if name == "force" && !part {
            continue;
        }
        let at = range_of(found).start;
        if is_true(&found.value) {
            let text = format!("part_integrity={}", cx.quoted(value));
            let edit = cx.replace(range_of(found), text);
            cx.change(Level::Safe, at, format!("{name}= is part_integrity= in 2.x"), vec![edit]);
        } else if is_false(&found.value) {
            let edit = cx.remove_keyword(call, found);
            cx.change(Level::Safe, at, format!("{name}= is gone in 2.x"), vec![edit]);
        } else {
            cx.finding(
                at,
                format!("{name}= with a value made at run time"),
                &["part_integrity='ignore' or 'enforce'"],
            );
        }
    }
}
