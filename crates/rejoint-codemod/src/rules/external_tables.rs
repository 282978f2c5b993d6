use rejoint_python::ast::Expr;
use rejoint_python::{Kind, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0803",
    name: "external-tables",
    level: Level::Finding,
    summary: r#"`schema.external` is reported."#,
    explanation: r#"The tracking tables are gone; garbage collection is `dj.gc`."#,
    examples: &[Example {
        before: r#"schema.external['raw'].delete(delete_external_files=True)
"#,
        after: None,
    }],
    check: Check::Attribute(&["external"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Attribute(attribute) = expr else { return };
    if attribute.attr.as_str() == "external" && matches!(cx.kind(expr), Kind::ExternalTables) {
        cx.finding(
            range_of(&attribute.attr).start,
            "external tables are gone in 2.x",
            &["dj.gc for garbage collection"],
        );
    }
}
