use rejoint_python::ast::Expr;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0218",
    name: "removed-members",
    level: Level::Finding,
    summary: r#"Members of the package that are gone are reported where they are used."#,
    explanation: r#"The same names as in RJ0214, as `dj.name`."#,
    examples: &[Example {
        before: r#"dj.kill()
"#,
        after: None,
    }],
    check: Check::PackageMember(check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    crate::rules::removed_names::report_member(cx, expr);
}
