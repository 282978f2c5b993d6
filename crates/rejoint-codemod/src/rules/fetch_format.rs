use rejoint_python::ast::Expr;

use crate::context::Context;
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0312",
    name: "fetch-format",
    level: Level::Finding,
    summary: r#"`dj.config['fetch_format']` is reported."#,
    explanation: r#"The setting is gone. With `'frame'` every bare `fetch()` gave a data frame: those become `to_pandas()`."#,
    examples: &[Example {
        before: r#"dj.config['fetch_format'] = 'frame'
"#,
        after: None,
    }],
    check: Check::Expr(&[ExprForm::Subscript, ExprForm::Call], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    if let Some(("fetch_format", at)) =
        crate::rules::config_key(cx, expr).as_ref().map(|(key, at)| (key.as_str(), *at))
    {
        cx.finding(
            at,
            "fetch_format is gone in 2.x",
            &[
                "'array': remove it",
                "'frame': write to_pandas() for every fetch() without arguments, then remove it",
            ],
        );
    }
}
