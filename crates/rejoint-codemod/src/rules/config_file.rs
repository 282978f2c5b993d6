use rejoint_python::ast::ExprStringLiteral;
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0707",
    name: "config-file",
    level: Level::Finding,
    summary: r#"Names of the settings files of 0.x are reported."#,
    explanation: r#"`dj_local_conf.json` and `~/.datajoint_config.json` are never read by 2.x."#,
    examples: &[Example {
        before: r#"path = 'dj_local_conf.json'
"#,
        after: None,
    }],
    check: Check::Text(check),
};

fn check(cx: &mut Context<'_>, text: &ExprStringLiteral) {
    let name = text.value.to_str();
    if matches!(name, "dj_local_conf.json" | ".datajoint_config.json" | "~/.datajoint_config.json") {
        let at = range_of(text).start;
        cx.finding(at, "2.x does not read this file", &["datajoint.json, and .secrets/ for passwords"]);
    }
}
