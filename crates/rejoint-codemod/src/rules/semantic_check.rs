use rejoint_python::ast::{Expr, Operator};
use rejoint_python::{Operation, range_of};

use crate::context::Context;
use crate::model::{Match, match_headings};
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0403",
    name: "semantic-check",
    level: Level::Safe,
    summary: "`A * B`, `A & B`, `A - B` on names of different origin say `semantic_check=False`.",
    explanation: "2.x raises when an attribute of the same name does not come from the same attribute through foreign keys. \
                  Where the match was meant, this is what 0.x did; where it was an accident, rename with `proj`. \
                  Done where the definitions of both sides are in the project.",
    examples: &[
        Example {
            before: "class Log(dj.Manual):\n    definition = 'mouse_id : int'\nx = Mouse * Log\ny = Mouse & Log\nz = Mouse - Log.proj()\n",
            after: Some(
                "class Log(dj.Manual):\n    definition = 'mouse_id : int'\nx = Mouse.join(Log, semantic_check=False)\ny = (Mouse & True).restrict(Log, semantic_check=False)\nz = (Mouse & True).restrict(dj.Not(Log.proj()), semantic_check=False)\n",
            ),
        },
        Example {
            before: "x = Mouse * Session\ny = Mouse & Session\n",
            after: Some("x = Mouse * Session\ny = Mouse & Session\n"),
        },
    ],
    check: Check::Expr(&[ExprForm::Operator], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::BinOp(operation) = expr else { return };
    if !matches!(operation.op, Operator::Mult | Operator::BitAnd | Operator::Sub) {
        return;
    }
    let (Some(left), Some(right)) = (cx.query(&operation.left), cx.query(&operation.right)) else { return };
    if matches!(left.operation, Operation::Universal(_)) || matches!(right.operation, Operation::Universal(_))
    {
        return;
    }
    let (Some(a), Some(b)) = (cx.model.of(&left), cx.model.of(&right)) else { return };
    let Match::Refused(name) = match_headings(&a, &b) else { return };
    let at = range_of(expr).start;
    let message = format!("2.x refuses to match `{name}` of two origins");
    let edits = match operation.op {
        Operator::Mult => {
            crate::rules::operator_to_method(cx, operation, ".join(", ", semantic_check=False)", false)
        }
        Operator::BitAnd => {
            crate::rules::operator_to_method(cx, operation, ".restrict(", ", semantic_check=False)", true)
        }
        _ => {
            let Some(package) = cx.package_name() else {
                cx.finding(at, message, &["(A & True).restrict(dj.Not(B), semantic_check=False)"]);
                return;
            };
            let open = format!(".restrict({package}.Not(");
            crate::rules::operator_to_method(cx, operation, &open, "), semantic_check=False)", true)
        }
    };
    cx.change(Level::Safe, at, message, edits);
}
