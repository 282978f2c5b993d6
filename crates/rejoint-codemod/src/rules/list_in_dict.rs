use rejoint_python::ast::{Expr, Operator};
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0408",
    name: "list-in-dict",
    level: Level::Finding,
    summary: r#"A list as a value in a dict restriction is reported."#,
    explanation: r#"0.14 gave no rows; 2.x raises for text. It never meant `in`."#,
    examples: &[Example {
        before: r#"x = Mouse & {'mouse_id': [1, 2]}
"#,
        after: None,
    }],
    check: Check::Expr(&[ExprForm::Operator], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::BinOp(operation) = expr else { return };
    if !matches!(operation.op, Operator::BitAnd | Operator::Sub)
        || !cx.kind(&operation.left).is_certain_query()
    {
        return;
    }
    let Expr::Dict(dict) = &*operation.right else { return };
    for item in &dict.items {
        if matches!(item.value, Expr::List(_) | Expr::Tuple(_) | Expr::Set(_)) {
            cx.finding(
                range_of(&item.value).start,
                "a list as a value of a dict restriction gives no rows in 0.x and an error in 2.x",
                &["T & [{'a': 1}, {'a': 2}]", "T & 'a in (1, 2)'"],
            );
        }
    }
}
