use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0213",
    name: "alter",
    level: Level::Finding,
    summary: r#"`T.alter()` is reported."#,
    explanation: r#"After the types in the code were converted it issues MODIFY for every converted attribute, and turns a native `longblob` column into a `<blob>` one; key attributes are left without a word."#,
    examples: &[
        Example {
            before: r#"Mouse.alter()
"#,
            after: None,
        },
        Example {
            before: r#"Mouse().alter(prompt=False)
"#,
            after: None,
        },
    ],
    check: Check::Method(&["alter"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() == "alter" && cx.query(&attribute.value).is_some_and(|query| query.certain) {
        cx.finding(
            range_of(&attribute.attr).start,
            "alter() compares the converted definition with the table and changes every converted column",
            &["migrate the database first, then look at what alter() would do"],
        );
    }
}
