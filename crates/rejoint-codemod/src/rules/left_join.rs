use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, is_true, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0406",
    name: "left-join",
    level: Level::Safe,
    summary: r#"`A.join(B, left=True)` says `allow_nullable_pk=True` unless A determines B."#,
    explanation: r#"2.x refuses a left join whose key could be NULL. The key is then that of 0.14. The guide's `extend` raises in this case."#,
    examples: &[
        Example {
            before: r#"x = Mouse.join(Session, left=True)
"#,
            after: Some(
                r#"x = Mouse.join(Session, left=True, allow_nullable_pk=True)
"#,
            ),
        },
        Example {
            before: r#"x = Session.join(Mouse, left=True)
"#,
            after: Some(
                r#"x = Session.join(Mouse, left=True)
"#,
            ),
        },
    ],
    check: Check::Method(&["join"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "join" || keyword(call, "allow_nullable_pk").is_some() {
        return;
    }
    let Some(query) = cx.query(&attribute.value).filter(|query| query.certain) else { return };
    let left = keyword(call, "left").map(|found| &found.value);
    if !left.is_some_and(is_true) {
        return;
    }
    let other = call.arguments.args.first().and_then(|arg| cx.query(arg));
    if let (Some(a), Some(b)) = (cx.model.of(&query), other.and_then(|other| cx.model.of(&other)))
        && b.new_key().iter().all(|name| a.get(name).is_some())
    {
        return;
    }
    let edit = cx.add_argument(call, "allow_nullable_pk=True");
    cx.change(Level::Safe, range_of(&attribute.attr).start, "a left join whose key may be NULL", vec![edit]);
}
