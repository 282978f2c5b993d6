use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0705",
    name: "config-override",
    level: Level::Safe,
    summary: r#"`with dj.config(...)` becomes `with dj.config.override(...)`."#,
    explanation: r#"The settings of 2.x cannot be called. Unknown names are ignored without a word."#,
    examples: &[
        Example {
            before: r#"with dj.config(safemode=False):
    pass
"#,
            after: Some(
                r#"with dj.config.override(safemode=False):
    pass
"#,
            ),
        },
        Example {
            before: r#"with dj.config.override(add_hidden_timestamp=True):
    pass
"#,
            after: None,
        },
    ],
    check: Check::PackageCall(check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let overrides = matches!(
        &*call.func,
        Expr::Attribute(found) if found.attr.as_str() == "override" && crate::rules::is_config(cx, &found.value)
    );
    if !overrides && !crate::rules::is_config(cx, &call.func) {
        return;
    }
    for found in &call.arguments.keywords {
        let name = found.arg.as_ref().map_or("", |name| name.as_str());
        if matches!(name, "add_hidden_timestamp" | "fetch_format" | "enable_python_native_blobs") {
            let message = format!("2.x has no setting `{name}` and ignores it here without a word");
            cx.finding(range_of(found).start, message, &["remove it, and look at what it was for"]);
        }
    }
    // Rewritten, and still to be looked at.
    if overrides {
        return;
    }
    let at = range_of(&*call.func).end;
    let edit = cx.close(at, ".override");
    cx.change(Level::Safe, at, "dj.config(...) is dj.config.override(...) in 2.x", vec![edit]);
}
