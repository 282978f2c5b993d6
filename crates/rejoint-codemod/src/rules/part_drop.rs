use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, is_false, is_true, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0505",
    name: "part-drop",
    level: Level::Safe,
    summary: r#"`Part.drop(force=True)` becomes `drop(part_integrity='ignore')`."#,
    explanation: r#"The keyword is gone."#,
    examples: &[Example {
        before: r#"Session.Trial.drop(force=True)
"#,
        after: Some(
            r#"Session.Trial.drop(part_integrity='ignore')
"#,
        ),
    }],
    check: Check::Method(&["drop"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "drop" || !crate::rules::is_part(cx, &attribute.value) {
        return;
    }
    let Some(found) = keyword(call, "force") else { return };
    let at = range_of(found).start;
    if is_true(&found.value) {
        let text = format!("part_integrity={}", cx.quoted("ignore"));
        let edit = cx.replace(range_of(found), text);
        cx.change(Level::Safe, at, "force= of a part is part_integrity= in 2.x", vec![edit]);
    } else if is_false(&found.value) {
        let edit = cx.remove_keyword(call, found);
        cx.change(Level::Safe, at, "force= is gone in 2.x", vec![edit]);
    } else {
        cx.finding(at, "force= with a value made at run time", &["part_integrity='ignore' or 'enforce'"]);
    }
}
