use rejoint_python::ast::Stmt;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0703",
    name: "config-removed",
    level: Level::Safe,
    summary: r#"Settings without a meaning in 2.x are removed: `enable_python_native_blobs`, the checksum limits."#,
    explanation: r#"2.x raises KeyError for them; native blobs are always on."#,
    examples: &[
        Example {
            before: r#"dj.config['enable_python_native_blobs'] = True
x = 1
"#,
            after: Some(
                r#"x = 1
"#,
            ),
        },
        Example {
            before: r#"def setup():
    dj.config['enable_python_native_blobs'] = True
"#,
            after: Some(
                r#"def setup():
    pass
"#,
            ),
        },
    ],
    check: Check::Stmt(&[StmtForm::Assign], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::Assign(assign) = stmt else { return };
    let [target] = assign.targets.as_slice() else { return };
    let Some((key, at)) = crate::rules::config_key(cx, target) else { return };
    match key.as_str() {
        "enable_python_native_blobs"
        | "filepath_checksum_size_limit"
        | "filepath_checksum_size_limit_insert" => {}
        "add_hidden_timestamp" => {
            cx.finding(
                at,
                "add_hidden_timestamp is gone in 2.x",
                &["remove it; existing columns stay hidden"],
            );
            return;
        }
        _ => return,
    }
    let edit = crate::rules::remove_statement(cx, stmt);
    cx.change(Level::Safe, at, format!("`{key}` has no meaning in 2.x"), vec![edit]);
}
