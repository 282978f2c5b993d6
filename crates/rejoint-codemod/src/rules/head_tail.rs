use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0309",
    name: "head-tail",
    level: Level::Safe,
    summary: r#"`T.head()` and `T.tail()` become `to_arrays` in the order of the key."#,
    explanation: r#"In 2.x they give lists of dicts."#,
    examples: &[
        Example {
            before: r#"rows = Mouse.head()
"#,
            after: Some(
                r#"rows = Mouse.to_arrays(order_by='KEY', limit=25)
"#,
            ),
        },
        Example {
            before: r#"rows = Mouse.tail(3)
"#,
            after: Some(
                r#"rows = Mouse.to_arrays(order_by='KEY DESC', limit=3)[::-1]
"#,
            ),
        },
        Example {
            before: r#"import pandas as pd
rows = pd.DataFrame().head()
"#,
            after: Some(
                r#"import pandas as pd
rows = pd.DataFrame().head()
"#,
            ),
        },
    ],
    check: Check::Method(&["head", "tail"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    let tail = match attribute.attr.as_str() {
        "head" => false,
        "tail" => true,
        _ => return,
    };
    if !cx.query(&attribute.value).is_some_and(|query| query.certain) {
        return;
    }
    let start = range_of(&attribute.attr).start;
    let limit = match (call.arguments.args.as_ref(), call.arguments.keywords.as_slice()) {
        ([], []) => "25".to_owned(),
        ([limit], []) if !limit.is_starred_expr() => cx.text(limit).to_owned(),
        ([], [only]) if only.arg.as_ref().is_some_and(|name| name.as_str() == "limit") => {
            cx.text(&only.value).to_owned()
        }
        _ => {
            cx.finding(
                start,
                "head/tail with options of fetch",
                &["to_arrays(order_by='KEY', limit=...) or to_dicts(...)"],
            );
            return;
        }
    };
    let order = cx.quoted(if tail { "KEY DESC" } else { "KEY" });
    let reverse = if tail { "[::-1]" } else { "" };
    let edit =
        cx.replace(start..range_of(call).end, format!("to_arrays(order_by={order}, limit={limit}){reverse}"));
    cx.change(Level::Safe, start, "head() and tail() give lists of dicts in 2.x", vec![edit]);
}
