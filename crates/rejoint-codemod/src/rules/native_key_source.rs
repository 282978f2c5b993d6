use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::{Tier, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0605",
    name: "native-key-source",
    level: Level::Finding,
    summary: r#"A `key_source` of a table with a key attribute of its own is reported."#,
    explanation: r#"`key_source - self` then has a name of two origins, and `populate` raises."#,
    examples: &[Example {
        before: r#"class Fit(dj.Computed):
    definition = '''
    -> Mouse
    method : int
    '''
    @property
    def key_source(self):
        return Mouse.proj(method='1')
"#,
        after: None,
    }],
    check: Check::Stmt(&[StmtForm::Class], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    let Some(info) = crate::rules::class_info(cx, class) else { return };
    if !matches!(info.tier, Some(Tier::Computed | Tier::Imported)) {
        return;
    }
    let Some(heading) = cx.model.of_table(info.id) else { return };
    let own: Vec<String> =
        heading.attributes.iter().filter(|a| a.own && a.old_key).map(|a| a.name.clone()).collect();
    if own.is_empty() {
        return;
    }
    for inner in &class.body {
        let at = match inner {
            Stmt::FunctionDef(function) if function.name.as_str() == "key_source" => {
                range_of(&function.name).start
            }
            Stmt::Assign(assign) if matches!(assign.targets.as_slice(), [Expr::Name(name)] if name.id.as_str() == "key_source") => {
                range_of(assign).start
            }
            _ => continue,
        };
        cx.finding(
            at,
            format!("key_source of a table whose key attribute `{}` is its own", own.join("`, `")),
            &["make the attribute a foreign key", "give it another name in key_source and in the table"],
        );
    }
}
