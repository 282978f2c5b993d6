use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::range_of;

use crate::context::{Context, constant};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0804",
    name: "environment-switches",
    level: Level::Suggested,
    summary: r#"`os.environ['DJ_SUPPORT_FILEPATH_MANAGEMENT']` and `DJ_SUPPORT_ADAPTED_TYPES` are removed."#,
    explanation: r#"2.x ignores them: both features are always on. Code that must also run under 0.14 keeps them."#,
    examples: &[Example {
        before: r#"import os
os.environ['DJ_SUPPORT_ADAPTED_TYPES'] = 'TRUE'
x = 1
"#,
        after: Some(
            r#"import os
x = 1
"#,
        ),
    }],
    check: Check::Stmt(&[StmtForm::Assign], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::Assign(assign) = stmt else { return };
    let [Expr::Subscript(subscript)] = assign.targets.as_slice() else { return };
    let key = constant(&subscript.slice);
    let environment = cx.text(&*subscript.value).ends_with("environ");
    if environment && matches!(key, Some("DJ_SUPPORT_FILEPATH_MANAGEMENT" | "DJ_SUPPORT_ADAPTED_TYPES")) {
        let edit = crate::rules::remove_statement(cx, stmt);
        cx.change(Level::Suggested, range_of(stmt).start, "2.x has no such switch", vec![edit]);
    }
}
