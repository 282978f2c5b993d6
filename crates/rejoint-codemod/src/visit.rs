//! One walk over a file that shows each node to the rules that look at its form.

use rejoint_python::Kind;
use rejoint_python::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rejoint_python::ast::{Expr, Stmt};
use rustc_hash::FxHashMap;

use crate::context::{Context, Node, method};
use crate::rule::{Check, ExprForm, OnCall, OnExpr, OnStmt, OnText, Rule, StmtForm};

/// The rules of a run by what they look at; every list is in their order.
#[derive(Default)]
pub(crate) struct Dispatch {
    calls: Named<OnCall>,
    attributes: Named<OnExpr>,
    exprs: FxHashMap<ExprForm, Vec<Entry<OnExpr>>>,
    stmts: FxHashMap<StmtForm, Vec<Entry<OnStmt>>>,
    texts: Vec<Entry<OnText>>,
}

/// Rules by the name of a method or attribute.
struct Named<F> {
    by_name: FxHashMap<&'static str, Vec<Entry<F>>>,
    /// For names that no rule has.
    other: Vec<Entry<F>>,
}

#[derive(Clone, Copy)]
struct Entry<F> {
    rule: &'static Rule,
    /// Asked only where the node is of the package; for statements, where there is the text of a definition.
    gated: bool,
    check: F,
}

impl<F> Default for Named<F> {
    fn default() -> Named<F> {
        Named { by_name: FxHashMap::default(), other: Vec::new() }
    }
}

impl<F: Copy> Named<F> {
    /// Makes the lists from rules in their order, each with its names; without names for every node.
    fn new(rules: &[(Option<&'static [&'static str]>, Entry<F>)]) -> Named<F> {
        let mut named = Named::default();
        for name in rules.iter().filter_map(|(names, _)| *names).flatten() {
            let entries = rules
                .iter()
                .filter(|(names, _)| names.is_none_or(|names| names.contains(name)))
                .map(|(_, entry)| *entry)
                .collect();
            named.by_name.insert(*name, entries);
        }
        named.other = rules.iter().filter(|(names, _)| names.is_none()).map(|(_, entry)| *entry).collect();
        named
    }

    fn get(&self, name: &str) -> &[Entry<F>] {
        self.by_name.get(name).unwrap_or(&self.other)
    }
}

impl Dispatch {
    pub(crate) fn new(rules: &[&'static Rule]) -> Dispatch {
        let mut dispatch = Dispatch::default();
        let (mut calls, mut attributes) = (Vec::new(), Vec::new());
        for rule in rules.iter().copied() {
            match rule.check {
                Check::Method(names, check) => calls.push((Some(names), Entry { rule, gated: false, check })),
                Check::PackageCall(check) => calls.push((None, Entry { rule, gated: true, check })),
                Check::Attribute(names, check) => {
                    attributes.push((Some(names), Entry { rule, gated: false, check }));
                }
                Check::PackageMember(check) => attributes.push((None, Entry { rule, gated: true, check })),
                Check::Expr(forms, check) => {
                    for form in forms {
                        let entry = Entry { rule, gated: false, check };
                        match form {
                            ExprForm::Attribute => attributes.push((None, entry)),
                            form => dispatch.exprs.entry(*form).or_default().push(entry),
                        }
                    }
                }
                Check::Definition(check) => {
                    for form in [StmtForm::Class, StmtForm::Assign, StmtForm::Expr, StmtForm::Return] {
                        dispatch.stmts.entry(form).or_default().push(Entry { rule, gated: true, check });
                    }
                }
                Check::Stmt(forms, check) => {
                    for form in forms {
                        dispatch.stmts.entry(*form).or_default().push(Entry { rule, gated: false, check });
                    }
                }
                Check::Text(check) => dispatch.texts.push(Entry { rule, gated: false, check }),
            }
        }
        dispatch.calls = Named::new(&calls);
        dispatch.attributes = Named::new(&attributes);
        dispatch
    }
}

/// Shows all nodes of a file to the rules, the outermost first.
pub(crate) fn visit<'a>(context: Context<'a>, dispatch: &'a Dispatch) -> Context<'a> {
    let mut walk = Walk { context, dispatch };
    let source = walk.context.source;
    for stmt in source.suite() {
        walk.visit_stmt(stmt);
    }
    walk.context
}

struct Walk<'a> {
    context: Context<'a>,
    dispatch: &'a Dispatch,
}

impl<'a> Walk<'a> {
    fn of_package(&self, expr: &Expr) -> bool {
        matches!(self.context.project.known(self.context.index, expr), Some(Kind::DataJoint(_)))
    }

    fn show(&mut self, entries: &[Entry<OnExpr>], expr: &'a Expr) {
        let mut of_package = None;
        for entry in entries {
            if entry.gated && !*of_package.get_or_insert_with(|| self.of_package(expr)) {
                continue;
            }
            self.context.rule = entry.rule;
            (entry.check)(&mut self.context, expr);
        }
    }
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let dispatch = self.dispatch;
        if let Some(entries) = StmtForm::of(stmt).and_then(|form| dispatch.stmts.get(&form)) {
            let mut has_definition = None;
            for entry in entries {
                if entry.gated
                    && !*has_definition.get_or_insert_with(|| {
                        crate::definitions::texts_of(&mut self.context, stmt).is_some()
                    })
                {
                    continue;
                }
                self.context.rule = entry.rule;
                (entry.check)(&mut self.context, stmt);
            }
        }
        self.context.parents.push(Node::Stmt(stmt));
        walk_stmt(self, stmt);
        self.context.parents.pop();
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let dispatch = self.dispatch;
        match expr {
            Expr::Call(call) => {
                let entries = match method(call) {
                    Some(attribute) => dispatch.calls.get(attribute.attr.as_str()),
                    None => &dispatch.calls.other,
                };
                let mut of_package = None;
                for entry in entries {
                    if entry.gated && !*of_package.get_or_insert_with(|| self.of_package(&call.func)) {
                        continue;
                    }
                    self.context.rule = entry.rule;
                    (entry.check)(&mut self.context, expr, call);
                }
            }
            Expr::Attribute(attribute) => self.show(dispatch.attributes.get(attribute.attr.as_str()), expr),
            Expr::StringLiteral(text) => {
                for entry in &dispatch.texts {
                    self.context.rule = entry.rule;
                    (entry.check)(&mut self.context, text);
                }
            }
            _ => {}
        }
        if let Some(entries) = ExprForm::of(expr).and_then(|form| dispatch.exprs.get(&form)) {
            self.show(entries, expr);
        }
        self.context.parents.push(Node::Expr(expr));
        walk_expr(self, expr);
        self.context.parents.pop();
    }
}
