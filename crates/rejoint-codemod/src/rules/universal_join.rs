use rejoint_python::ast::{Expr, Operator};
use rejoint_python::{Kind, Operation, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0407",
    name: "universal-join",
    level: Level::Finding,
    summary: r#"`dj.U(...) * T` is reported."#,
    explanation: r#"The product is gone. What to write depends on why it was written; the guide's `T` is right in one of four cases."#,
    examples: &[Example {
        before: r#"x = dj.U('dob') * Mouse
"#,
        after: None,
    }],
    check: Check::Expr(&[ExprForm::Operator], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::BinOp(operation) = expr else { return };
    if operation.op != Operator::Mult {
        return;
    }
    let universal = |cx: &Context<'_>, side: &Expr| matches!(cx.kind(side), Kind::Query(query) if matches!(query.operation, Operation::Universal(_)));
    if universal(cx, &operation.left) || universal(cx, &operation.right) {
        cx.finding(
            range_of(expr).start,
            "a product with dj.U is gone in 2.x",
            &[
                "to join on a secondary attribute: T.join(B, semantic_check=False)",
                "to have the attribute in the key: dj.U(*T.primary_key, 'x') & T (without secondary attributes)",
                "to group by it: dj.U(*T.primary_key, 'x').aggr(...)",
                "to read the columns only: T",
            ],
        );
    }
}
