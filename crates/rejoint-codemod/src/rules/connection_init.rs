use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, keyword};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0212",
    name: "connection-init",
    level: Level::Finding,
    summary: r#"`dj.conn(init_fun=...)` is reported."#,
    explanation: r#"2.x has no such argument, and does not ask for a missing user or password."#,
    examples: &[Example {
        before: r#"dj.conn(init_fun='SET foreign_key_checks=0')
"#,
        after: None,
    }],
    check: Check::PackageCall(check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    if matches!(cx.kind(&call.func), Kind::DataJoint(path) if matches!(&*path, "conn" | "Connection" | "connection.conn"))
        && let Some(found) = keyword(call, "init_fun")
    {
        cx.finding(
            range_of(found).start,
            "init_fun is gone in 2.x",
            &["dj.conn(...).query(SQL) after connecting"],
        );
    }
}
