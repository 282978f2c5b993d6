use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, Node};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0606",
    name: "schema-jobs",
    level: Level::Finding,
    summary: r#"`schema.jobs` used as a table is reported."#,
    explanation: r#"In 2.x it is a list of job tables, one for each table that is populated. The rows of the old `~jobs` are not read."#,
    examples: &[
        Example {
            before: r#"errors = schema.jobs & {'status': 'error'}
"#,
            after: None,
        },
        Example {
            before: r#"schema.jobs.delete()
"#,
            after: None,
        },
    ],
    check: Check::Attribute(&["jobs"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Attribute(attribute) = expr else { return };
    if attribute.attr.as_str() != "jobs" {
        return;
    }
    let schema = match cx.kind(&attribute.value) {
        Kind::Schema => true,
        Kind::Unknown | Kind::External(_) => {
            cx.text(&*attribute.value).rsplit('.').next().is_some_and(|name| name == "schema")
        }
        _ => false,
    };
    // `for jobs in schema.jobs` is the 2.x form.
    let iterated =
        matches!(cx.parent(0), Some(Node::Stmt(Stmt::For(each))) if range_of(&*each.iter) == range_of(expr));
    if schema && !iterated {
        cx.finding(
            range_of(&attribute.attr).start,
            "schema.jobs is a list of job tables in 2.x",
            &[
                "one table: T.jobs, T.jobs.errors, T.jobs.errors.delete(), T.jobs.reserve(key)",
                "the whole schema: for jobs in schema.jobs: jobs.errors.delete()",
            ],
        );
    }
}
