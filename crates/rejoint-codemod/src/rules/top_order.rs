use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, keyword};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0410",
    name: "top-order",
    level: Level::Safe,
    summary: r#"`dj.Top(n, order_by=None)` becomes `dj.Top(n)`."#,
    explanation: r#"0.14 read `None` as the key; 2.x as the order that is already there."#,
    examples: &[Example {
        before: r#"x = Mouse & dj.Top(2, order_by=None)
"#,
        after: Some(
            r#"x = Mouse & dj.Top(2)
"#,
        ),
    }],
    check: Check::PackageCall(check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    if !matches!(cx.kind(&call.func), Kind::DataJoint(path) if matches!(&*path, "Top" | "condition.Top")) {
        return;
    }
    let Some(order) = keyword(call, "order_by").filter(|found| matches!(found.value, Expr::NoneLiteral(_)))
    else {
        return;
    };
    let edit = cx.remove_keyword(call, order);
    cx.change(Level::Safe, range_of(order).start, "order_by=None means another order in 2.x", vec![edit]);
}
