use rejoint_python::ast::{Expr, Operator};
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0405",
    name: "xor-operator",
    level: Level::Safe,
    summary: r#"`A ^ B` becomes a restriction without the check of origins."#,
    explanation: r#"The operator is gone."#,
    examples: &[Example {
        before: r#"x = Mouse ^ Session
"#,
        after: Some(
            r#"x = (Mouse & True).restrict(Session, semantic_check=False)
"#,
        ),
    }],
    check: Check::Expr(&[ExprForm::Operator], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::BinOp(operation) = expr else { return };
    if operation.op != Operator::BitXor || !cx.kind(&operation.left).is_certain_query() {
        return;
    }
    let edits =
        crate::rules::operator_to_method(cx, operation, ".restrict(", ", semantic_check=False)", true);
    cx.change(
        Level::Safe,
        range_of(expr).start,
        "A ^ B is a restriction without the check of origins",
        edits,
    );
}
