use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0209",
    name: "member-names",
    level: Level::Finding,
    summary: r#"Members of table classes whose names mean something in 2.x are reported."#,
    explanation: r#"`keys`, `jobs`, `to_dicts`, `to_arrays`, `to_pandas`, `extend`, `validate`, `upstream`, `staged_insert1`, `insert_dataframe`, `adapter` are methods or properties of tables in 2.x."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = 'k : int'
    keys = ['a']
"#,
        after: None,
    }],
    check: Check::Stmt(&[StmtForm::Class], check),
};

const NAMES: &[&str] = &[
    "keys",
    "jobs",
    "adapter",
    "to_dicts",
    "to_arrays",
    "to_pandas",
    "extend",
    "validate",
    "upstream",
    "staged_insert1",
    "insert_dataframe",
];

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    let Some(info) = crate::rules::class_info(cx, class) else { return };
    if info.tier.is_none() {
        return;
    }
    for inner in &class.body {
        let (name, at) = match inner {
            Stmt::FunctionDef(function) => (function.name.to_string(), range_of(&function.name).start),
            Stmt::Assign(assign) => match assign.targets.as_slice() {
                [Expr::Name(name)] => (name.id.to_string(), range_of(name).start),
                _ => continue,
            },
            _ => continue,
        };
        if NAMES.contains(&name.as_str()) {
            cx.finding(
                at,
                format!("`{name}` of a table class hides what 2.x has under that name"),
                &["rename it, here and where it is used"],
            );
        }
    }
}
