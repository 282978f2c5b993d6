use rejoint_python::ast::Stmt;
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0707",
    name: "config-file",
    level: Level::Finding,
    summary: r#"Names of the settings files of 0.x are reported."#,
    explanation: r#"`dj_local_conf.json` and `~/.datajoint_config.json` are never read by 2.x."#,
    examples: &[Example {
        before: r#"path = 'dj_local_conf.json'
"#,
        after: None,
    }],
    check: Check::Stmt(check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    use rejoint_python::ast::visitor::Visitor;
    struct Names(Vec<usize>);
    impl<'a> Visitor<'a> for Names {
        fn visit_stmt(&mut self, _: &'a Stmt) {}
        fn visit_string_literal(&mut self, literal: &'a rejoint_python::ast::StringLiteral) {
            if matches!(
                &*literal.value,
                "dj_local_conf.json" | ".datajoint_config.json" | "~/.datajoint_config.json"
            ) {
                self.0.push(range_of(literal).start);
            }
        }
    }
    let mut names = Names(Vec::new());
    rejoint_python::ast::visitor::walk_stmt(&mut names, stmt);
    for at in names.0 {
        cx.finding(at, "2.x does not read this file", &["datajoint.json, and .secrets/ for passwords"]);
    }
}
