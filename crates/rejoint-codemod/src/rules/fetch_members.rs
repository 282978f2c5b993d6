use rejoint_python::ast::Expr;
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0311",
    name: "fetch-members",
    level: Level::Finding,
    summary: r#"`T.fetch['a']`, `T.fetch.as_dict`, `T.fetch.order_by(...)` of 0.8 and older are reported."#,
    explanation: r#"Neither 0.14 nor 2.x has them. `fetch['a', 'b']` was `fetch('a', 'b')`; `fetch.as_dict` gave dicts one by one."#,
    examples: &[
        Example {
            before: r#"x = Mouse.fetch['dob']
"#,
            after: None,
        },
        Example {
            before: r#"rows = list(Mouse.fetch.as_dict)
"#,
            after: None,
        },
    ],
    check: Check::Expr(&[ExprForm::Subscript, ExprForm::Attribute], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let inner = match expr {
        Expr::Subscript(subscript) => &*subscript.value,
        Expr::Attribute(attribute)
            if matches!(
                attribute.attr.as_str(),
                "as_dict" | "order_by" | "limit" | "offset" | "squeeze" | "keys"
            ) =>
        {
            &*attribute.value
        }
        _ => return,
    };
    let Expr::Attribute(attribute) = inner else { return };
    if !matches!(attribute.attr.as_str(), "fetch" | "fetch1") || cx.query(&attribute.value).is_none() {
        return;
    }
    cx.finding(
        range_of(&attribute.attr).start,
        "fetch with brackets or members is from 0.8 and older",
        &["fetch['a', 'b'] was fetch('a', 'b'); fetch.as_dict gave dicts one by one: to_dicts()"],
    );
}
