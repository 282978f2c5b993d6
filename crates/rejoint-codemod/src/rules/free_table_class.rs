use rejoint_python::ast::Expr;
use rejoint_python::{Kind, range_of};

use crate::context::{Context, Node};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0210",
    name: "free-table-class",
    level: Level::Safe,
    summary: r#"`dj.FreeTable` as a class becomes `dj.table.FreeTable`."#,
    explanation: r#"In 2.x `dj.FreeTable` is a function; `isinstance` and inheritance need the class."#,
    examples: &[
        Example {
            before: r#"free = isinstance(Mouse, dj.FreeTable)
"#,
            after: Some(
                r#"free = isinstance(Mouse, dj.table.FreeTable)
"#,
            ),
        },
        Example {
            before: r#"t = dj.FreeTable(dj.conn(), 'lab.mouse')
"#,
            after: Some(
                r#"t = dj.FreeTable(dj.conn(), 'lab.mouse')
"#,
            ),
        },
    ],
    check: Check::PackageMember(check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Attribute(attribute) = expr else { return };
    if !matches!(cx.kind(expr), Kind::DataJoint(path) if &*path == "FreeTable") {
        return;
    }
    let called =
        matches!(cx.parent(0), Some(Node::Expr(Expr::Call(call))) if range_of(&*call.func) == range_of(expr));
    if called {
        return;
    }
    let at = range_of(&attribute.attr).start;
    let edit = cx.open(at, "table.");
    cx.change(Level::Safe, at, "dj.FreeTable is a function in 2.x", vec![edit]);
}
