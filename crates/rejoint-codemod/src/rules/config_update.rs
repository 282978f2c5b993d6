use rejoint_python::ast::{Expr, ExprCall, Stmt};
use rejoint_python::range_of;

use crate::context::{Context, is_postfix, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0704",
    name: "config-update",
    level: Level::Suggested,
    summary: r#"`dj.config.update(d)` becomes a loop."#,
    explanation: r#"The settings of 2.x are no dict. Unknown keys raise: drop them first."#,
    examples: &[
        Example {
            before: r#"dj.config.update({'safemode': False})
"#,
            after: Some(
                r#"for setting, value in {'safemode': False}.items():
    dj.config[setting] = value
"#,
            ),
        },
        Example {
            before: r#"dj.config.update(options)
"#,
            after: Some(
                r#"for setting, value in options.items():
    dj.config[setting] = value
"#,
            ),
        },
    ],
    check: Check::Method(&["items", "keys", "values", "pop", "setdefault", "copy", "update"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if !crate::rules::is_config(cx, &attribute.value) {
        return;
    }
    let name = attribute.attr.as_str();
    let at = range_of(&attribute.attr).start;
    if matches!(name, "items" | "keys" | "values" | "pop" | "setdefault" | "copy") {
        cx.finding(
            at,
            format!("dj.config.{name} is gone in 2.x"),
            &["name the settings that are needed", "dj.config.get('k')"],
        );
        return;
    }
    if name != "update" {
        return;
    }
    let config = cx.text(&*attribute.value).to_owned();
    let statement =
        matches!(cx.statement(), Some(Stmt::Expr(stmt)) if range_of(&*stmt.value) == range_of(expr));
    let alone =
        cx.source.slice(cx.source.line_start(range_of(call).start)..range_of(call).start).trim().is_empty();
    let ([values], [], true, true) =
        (call.arguments.args.as_ref(), call.arguments.keywords.as_slice(), statement, alone)
    else {
        cx.finding(at, "dj.config.update is gone in 2.x", &["dj.config['k'] = value for each setting"]);
        return;
    };
    let values_text = cx.text(values);
    let values_text = if is_postfix(values) { values_text.to_owned() } else { format!("({values_text})") };
    let indent = cx.source.indent_at(range_of(call).start).to_owned();
    let text = format!("for setting, value in {values_text}.items():\n{indent}    {config}[setting] = value");
    let edit = cx.replace(range_of(call), text);
    cx.change(Level::Suggested, at, "dj.config.update is gone in 2.x", vec![edit]);
}
