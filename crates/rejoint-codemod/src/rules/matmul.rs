use rejoint_python::ast::{Expr, Operator};
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0404",
    name: "at-operator",
    level: Level::Safe,
    summary: r#"`A @ B` becomes `A.join(B, semantic_check=False)`."#,
    explanation: r#"The operator is gone. It joined on all common names; `*` of 2.x does the opposite and refuses names of different origin."#,
    examples: &[
        Example {
            before: r#"x = Mouse @ Session
"#,
            after: Some(
                r#"x = Mouse.join(Session, semantic_check=False)
"#,
            ),
        },
        Example {
            before: r#"x = (Mouse & key) @ Session.proj()
"#,
            after: Some(
                r#"x = (Mouse & key).join(Session.proj(), semantic_check=False)
"#,
            ),
        },
        Example {
            before: r#"import numpy as np
x = np.eye(2) @ np.eye(2)
"#,
            after: Some(
                r#"import numpy as np
x = np.eye(2) @ np.eye(2)
"#,
            ),
        },
    ],
    check: Check::Expr(&[ExprForm::Operator], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::BinOp(operation) = expr else { return };
    if operation.op != Operator::MatMult {
        return;
    }
    let certain = cx.kind(&operation.left).is_certain_query() || cx.kind(&operation.right).is_certain_query();
    if !certain {
        return;
    }
    let edits = crate::rules::operator_to_method(cx, operation, ".join(", ", semantic_check=False)", false);
    cx.change(Level::Safe, range_of(expr).start, "A @ B is a join without the check of origins", edits);
}
