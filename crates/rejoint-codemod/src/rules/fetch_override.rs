use rejoint_python::ast::Stmt;
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0313",
    name: "method-override",
    level: Level::Finding,
    summary: r#"Classes that define `fetch`, `fetch1`, `insert`, `insert1`, `delete` or `drop` of tables themselves are reported."#,
    explanation: r#"Calls of them are not rewritten: a rewrite would go past the override."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = 'k : int'
    def fetch(self, *args, **kwargs):
        return super().fetch(*args, **kwargs)
"#,
        after: None,
    }],
    check: Check::Stmt(&[StmtForm::Class], check),
};

const NAMES: &[&str] =
    &["fetch", "fetch1", "insert", "insert1", "delete", "drop", "delete_quick", "drop_quick"];

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    let Some(info) = crate::rules::class_info(cx, class) else { return };
    if info.tier.is_none() {
        return;
    }
    for inner in &class.body {
        if let Stmt::FunctionDef(function) = inner
            && NAMES.contains(&function.name.as_str())
        {
            cx.finding(
                range_of(&function.name).start,
                format!("the class has its own `{}`; calls of it are left alone", function.name),
                &["adapt it to the keywords and results of 2.x"],
            );
        }
    }
}
