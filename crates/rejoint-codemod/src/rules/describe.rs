use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::range_of;

use crate::context::{Context, keyword, method};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0207",
    name: "describe",
    level: Level::Suggested,
    summary: r#"A bare `T.describe()` is printed."#,
    explanation: r#"0.13 and older printed the definition; 0.14 and 2.x only return it."#,
    examples: &[
        Example {
            before: r#"Mouse.describe()
"#,
            after: Some(
                r#"print(Mouse.describe())
"#,
            ),
        },
        Example {
            before: r#"text = Mouse.describe()
"#,
            after: Some(
                r#"text = Mouse.describe()
"#,
            ),
        },
    ],
    check: Check::Stmt(&[StmtForm::Expr], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::Expr(statement) = stmt else { return };
    let Expr::Call(call) = &*statement.value else { return };
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "describe" || keyword(call, "printout").is_some() {
        return;
    }
    if !cx.query(&attribute.value).is_some_and(|query| query.certain) {
        return;
    }
    let range = range_of(stmt);
    let edits = vec![cx.open(range.start, "print("), cx.close(range.end, ")")];
    cx.change(Level::Suggested, range.start, "describe() returns the definition and prints nothing", edits);
}
