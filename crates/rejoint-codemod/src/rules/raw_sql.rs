use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0215",
    name: "raw-sql",
    level: Level::Finding,
    summary: r#"Raw SQL that names the hidden tables of 0.x is reported."#,
    explanation: r#"`~jobs` and `~external_*` are no longer written or read by 2.x."#,
    examples: &[Example {
        before: r#"dj.conn().query('SELECT * FROM `lab`.`~jobs`')
"#,
        after: None,
    }],
    check: Check::Method(&["query"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "query" || cx.kind(&attribute.value) != Kind::Connection {
        return;
    }
    if let Some(first) = call.arguments.args.first() {
        let text = cx.text(first);
        if text.contains("~jobs") || text.contains("~external") {
            cx.finding(
                range_of(first).start,
                "SQL on a hidden table of 0.x",
                &["2.x keeps jobs in one table for each table (`~~name`), external objects in JSON columns"],
            );
        }
    }
}
