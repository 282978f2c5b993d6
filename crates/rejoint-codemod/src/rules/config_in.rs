use rejoint_python::ast::{CmpOp, Expr};
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0702",
    name: "config-in",
    level: Level::Safe,
    summary: r#"`'k' in dj.config` becomes `dj.config.get('k') is not None`."#,
    explanation: r#"`in`, iteration and `len` fail on the settings of 2.x."#,
    examples: &[
        Example {
            before: r#"known = 'database.host' in dj.config
"#,
            after: Some(
                r#"known = dj.config.get('database.host') is not None
"#,
            ),
        },
        Example {
            before: r#"if 'custom' not in dj.config:
    pass
"#,
            after: Some(
                r#"if dj.config.get('custom') is None:
    pass
"#,
            ),
        },
    ],
    check: Check::Expr(&[ExprForm::Compare], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Compare(compare) = expr else { return };
    let ([op], [config]) = (compare.ops.as_ref(), compare.comparators.as_ref()) else { return };
    if !crate::rules::is_config(cx, config) {
        return;
    }
    let test = match op {
        CmpOp::In => "is not None",
        CmpOp::NotIn => "is None",
        _ => return,
    };
    let text = format!("{}.get({}) {test}", cx.text(config), cx.text(&*compare.left));
    // `not x in y` and `a and x in y` bind the same way round the new test.
    let edit = cx.replace(range_of(expr), text);
    cx.change(Level::Safe, range_of(expr).start, "`in` does not work on the settings of 2.x", vec![edit]);
}
