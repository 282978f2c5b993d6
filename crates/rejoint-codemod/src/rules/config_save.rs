use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::{Context, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0706",
    name: "config-save",
    level: Level::Finding,
    summary: r#"`dj.config.save_local()`, `save_global()`, `save()` are reported."#,
    explanation: r#"2.x does not write settings. `dj.config.save_template()` makes a file once."#,
    examples: &[Example {
        before: r#"dj.config.save_local()
"#,
        after: None,
    }],
    check: Check::Method(&["save_local", "save_global", "save"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    let name = attribute.attr.as_str();
    if matches!(name, "save_local" | "save_global" | "save") && crate::rules::is_config(cx, &attribute.value)
    {
        cx.finding(
            range_of(&attribute.attr).start,
            format!("dj.config.{name}() is gone in 2.x"),
            &["write datajoint.json by hand, secrets into .secrets/, one file for each"],
        );
    }
}
