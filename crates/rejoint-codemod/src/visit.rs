//! One walk over a file that shows every node to every rule.

use rejoint_python::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rejoint_python::ast::{Expr, Stmt};

use crate::context::{Context, Node};
use crate::rule::{Check, Rule};

/// Shows all nodes of a file to the rules, the outermost first.
pub(crate) fn visit<'a>(context: Context<'a>, rules: &[&'static Rule]) -> Context<'a> {
    let mut walk =
        Walk { context, calls: Vec::new(), exprs: Vec::new(), stmts: Vec::new(), texts: Vec::new() };
    for rule in rules.iter().copied() {
        match rule.check {
            Check::Call(check) => walk.calls.push((rule, check)),
            Check::Expr(check) => walk.exprs.push((rule, check)),
            Check::Stmt(check) => walk.stmts.push((rule, check)),
            Check::Text(check) => walk.texts.push((rule, check)),
        }
    }
    let source = walk.context.source;
    for stmt in source.suite() {
        walk.visit_stmt(stmt);
    }
    walk.context
}

type OnCall = fn(&mut Context<'_>, &Expr, &rejoint_python::ast::ExprCall);
type OnExpr = fn(&mut Context<'_>, &Expr);
type OnStmt = fn(&mut Context<'_>, &Stmt);
type OnText = fn(&mut Context<'_>, &rejoint_python::ast::ExprStringLiteral);

struct Walk<'a> {
    context: Context<'a>,
    calls: Vec<(&'static Rule, OnCall)>,
    exprs: Vec<(&'static Rule, OnExpr)>,
    stmts: Vec<(&'static Rule, OnStmt)>,
    texts: Vec<(&'static Rule, OnText)>,
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        for (rule, check) in &self.stmts {
            self.context.rule = rule;
            check(&mut self.context, stmt);
        }
        self.context.parents.push(Node::Stmt(stmt));
        walk_stmt(self, stmt);
        self.context.parents.pop();
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            for (rule, check) in &self.calls {
                self.context.rule = rule;
                check(&mut self.context, expr, call);
            }
        }
        if let Expr::StringLiteral(text) = expr {
            for (rule, check) in &self.texts {
                self.context.rule = rule;
                check(&mut self.context, text);
            }
        }
        if !expr.is_literal_expr() {
            for (rule, check) in &self.exprs {
                self.context.rule = rule;
                check(&mut self.context, expr);
            }
        }
        self.context.parents.push(Node::Expr(expr));
        walk_expr(self, expr);
        self.context.parents.pop();
    }
}
