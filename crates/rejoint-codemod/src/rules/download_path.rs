use rejoint_python::ast::{Expr, ExprCall, Stmt};
use rejoint_python::range_of;

use crate::context::{Context, Node, constant, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0308",
    name: "download-path",
    level: Level::Safe,
    summary: r#"`download_path=` of a fetch becomes `with dj.config.override(download_path=...)`."#,
    explanation: r#"The keyword is gone; files that clash get the suffix `_1` where 0.14 used `_0000`."#,
    examples: &[
        Example {
            before: r#"files = Mouse.fetch('dob', download_path='here')
"#,
            after: Some(
                r#"with dj.config.override(download_path='here'):
    files = Mouse.fetch('dob')
"#,
            ),
        },
        Example {
            before: r#"def f(path):
    return (Mouse & 'mouse_id=1').fetch1('dob', download_path=path)
"#,
            after: Some(
                r#"def f(path):
    with dj.config.override(download_path=str(path)):
        return (Mouse & 'mouse_id=1').fetch1('dob')
"#,
            ),
        },
    ],
    check: Check::Method(&["fetch", "fetch1"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if !matches!(attribute.attr.as_str(), "fetch" | "fetch1") {
        return;
    }
    let Some(found) = keyword(call, "download_path") else { return };
    let at = range_of(found).start;
    let statement = cx.statement().filter(|stmt| {
        matches!(
            stmt,
            Stmt::Assign(_) | Stmt::Expr(_) | Stmt::Return(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_)
        )
    });
    let place = statement.map(range_of).filter(|range| {
        let line = cx.source.line_start(range.start);
        let before = cx.source.slice(line..range.start);
        let after = cx.source.slice(range.end..cx.source.next_line_start(range.end));
        before.trim().is_empty() && !cx.source.slice(range.clone()).contains('\n') && !after.contains(';')
    });
    let inline =
        cx.parents.iter().any(|node| matches!(node, Node::Expr(Expr::Lambda(_) | Expr::Generator(_))));
    let (Some(range), Some(datajoint), false) = (place, cx.package_name(), inline) else {
        cx.finding(
            at,
            "download_path is gone in 2.x",
            &["with dj.config.override(download_path=str(...)): around the statement"],
        );
        return;
    };
    let text = cx.text(&found.value).to_owned();
    let value = if constant(&found.value).is_some() { text } else { format!("str({text})") };
    let indent = cx.source.indent_at(range.start).to_owned();
    let open = format!("with {datajoint}.config.override(download_path={value}):\n{indent}    ");
    let edits = vec![cx.open(range.start, open), cx.remove_keyword(call, found)];
    cx.change(Level::Safe, at, "download_path is a setting in 2.x", edits);
}
