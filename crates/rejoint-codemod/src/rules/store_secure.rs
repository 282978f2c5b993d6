use rejoint_python::ast::Expr;
use rejoint_python::range_of;

use crate::context::{Context, constant};
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0708",
    name: "store-secure",
    level: Level::Safe,
    summary: r#"A store with protocol `s3` says `'secure': False` where it said nothing."#,
    explanation: r#"The default changed from False to True."#,
    examples: &[Example {
        before: r#"dj.config['stores'] = {'raw': {'protocol': 's3', 'endpoint': 'x:9000'}}
"#,
        after: Some(
            r#"dj.config['stores'] = {'raw': {'protocol': 's3', 'endpoint': 'x:9000', 'secure': False}}
"#,
        ),
    }],
    check: Check::Expr(&[ExprForm::Dict], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Dict(dict) = expr else { return };
    let value = |name: &str| {
        dict.items
            .iter()
            .find(|item| item.key.as_ref().and_then(constant) == Some(name))
            .map(|item| &item.value)
    };
    if value("protocol").and_then(constant) != Some("s3") || value("secure").is_some() {
        return;
    }
    if !cx.project.uses_datajoint(cx.index) || dict.items.iter().any(|item| item.key.is_none()) {
        return;
    }
    let parts = cx.source.comma_parts(range_of(dict));
    let Some(last) = parts.last() else { return };
    let key = cx.quoted("secure");
    let edit = match last.comma {
        Some(comma) => cx.close(comma + 1, format!(" {key}: False,")),
        None => cx.close(last.range.end, format!(", {key}: False")),
    };
    cx.change(Level::Safe, range_of(dict).start, "the default of `secure` changed to True", vec![edit]);
}
