use rejoint_python::ast::Expr;

use crate::context::Context;
use crate::members::rename_member;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0205",
    name: "diagram",
    level: Level::Safe,
    summary: "`dj.ERD` and `dj.Di` become `dj.Diagram`.",
    explanation: "The short names are gone. The diagram is a multigraph now: code that looks at its nodes must be checked.",
    examples: &[Example { before: "dj.ERD(schema).draw()\n", after: Some("dj.Diagram(schema).draw()\n") }],
    check: Check::PackageMember(check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    rename_member(
        cx,
        expr,
        &["ERD", "Di", "erd.ERD", "diagram.ERD", "diagram.Di"],
        "Diagram",
        "dj.ERD is dj.Diagram in 2.x",
    );
}
