use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::range_of;

use crate::context::{Context, method};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0315",
    name: "delete-while-iterating",
    level: Level::Finding,
    summary: r#"Loops over a table that delete in it are reported."#,
    explanation: r#"0.14 took the keys first and skipped rows that were gone; 2.x streams one query."#,
    examples: &[Example {
        before: r#"for row in Mouse:
    (Mouse & row).delete()
"#,
        after: None,
    }],
    check: Check::Stmt(&[StmtForm::For], check),
};

struct Deletes(bool);

impl<'a> rejoint_python::ast::visitor::Visitor<'a> for Deletes {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && method(call)
                .is_some_and(|attribute| matches!(attribute.attr.as_str(), "delete" | "delete_quick"))
        {
            self.0 = true;
        }
        rejoint_python::ast::visitor::walk_expr(self, expr);
    }
}

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    use rejoint_python::ast::visitor::Visitor;
    let Stmt::For(each) = stmt else { return };
    if !cx.kind(&each.iter).is_certain_query() {
        return;
    }
    let mut deletes = Deletes(false);
    for inner in &each.body {
        deletes.visit_stmt(inner);
    }
    if deletes.0 {
        cx.finding(
            range_of(&*each.iter).start,
            "rows are deleted while the table is read",
            &["for row in T.to_dicts():"],
        );
    }
}
