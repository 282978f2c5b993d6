//! Statements: what they bind, and how branches and loops join.

use ruff_python_ast::name::Name;
use ruff_python_ast::{self as ast, Expr, Stmt};

use super::scopes::ScopeKind;
use super::{Deferred, Interpreter, to_range};
use crate::kinds::{DefinitionSite, Fetched, Kind};

impl<'a> Interpreter<'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.statement(stmt);
        }
    }

    pub(super) fn branches(&mut self, bodies: Vec<&'a [Stmt]>, may_skip: bool) {
        let mut after = Vec::new();
        for body in bodies {
            self.scope().vars.enter();
            self.body(body);
            let bound = self.scope().vars.leave();
            let leaves = body.last().is_some_and(|last| {
                matches!(last, Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_))
            });
            if !leaves {
                after.push(bound);
            }
        }
        self.scope().vars.take_one_of(&after, may_skip);
    }

    /// Between the two walks of the body of a loop: the second sees what the first may have bound.
    fn again(&mut self) {
        let vars = &mut self.scope().vars;
        let bound = vars.leave();
        vars.enter();
        vars.take_perhaps(bound);
    }

    pub(super) fn statement(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                for decorator in &function.decorator_list {
                    self.eval(&decorator.expression);
                }
                for parameter in function.parameters.iter_non_variadic_params() {
                    if let Some(default) = parameter.default() {
                        self.eval(default);
                    }
                }
                self.annotations(function);
                let class = match self.scope().kind {
                    ScopeKind::Class(id) => Some(id),
                    _ => None,
                };
                if let Some(id) = class {
                    let name = function.name.to_string();
                    let is_definition = name == "definition";
                    if let Some(info) = self.facts.classes.get_mut(&id) {
                        info.methods.push(name);
                    }
                    if is_definition {
                        self.definition_property(id, function);
                    }
                }
                let scope = self.current;
                let returning = self.returning(function, class);
                let method_of = self.method_of;
                self.deferred.push_back(Deferred { function, scope, class, method_of, returning });
                self.bind(&function.name.id, returning.map_or(Kind::Unknown, Kind::Function));
            }
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(ret) => {
                let kind = ret.value.as_ref().map_or(Kind::Nothing, |value| self.eval(value));
                self.returned = Some(match self.returned.take() {
                    Some(before) => before.join(kind),
                    None => kind,
                });
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.eval(target);
                }
            }
            Stmt::Assign(assign) => {
                let kind = self.eval(&assign.value);
                for target in &assign.targets {
                    self.assign(target, kind.clone(), Some(&assign.value));
                }
            }
            Stmt::AugAssign(assign) => {
                let left = self.eval(&assign.target);
                let right = self.eval(&assign.value);
                let kind = self.operation(assign.op, left, right);
                self.assign(&assign.target, kind, None);
            }
            Stmt::AnnAssign(assign) => {
                self.eval(&assign.annotation);
                if let Some(value) = &assign.value {
                    let kind = self.eval(value);
                    self.assign(&assign.target, kind, Some(value));
                }
            }
            Stmt::For(each) => {
                let iterated = self.eval(&each.iter);
                let item = self.item_of(&iterated);
                self.scope().vars.enter();
                self.assign(&each.target, item.clone(), None);
                self.body(&each.body);
                self.again();
                self.assign(&each.target, item, None);
                self.body(&each.body);
                let bound = self.scope().vars.leave();
                self.scope().vars.take_perhaps(bound);
                self.body(&each.orelse);
            }
            Stmt::While(each) => {
                self.eval(&each.test);
                self.scope().vars.enter();
                self.body(&each.body);
                self.again();
                self.eval(&each.test);
                self.body(&each.body);
                let bound = self.scope().vars.leave();
                self.scope().vars.take_perhaps(bound);
                self.body(&each.orelse);
            }
            Stmt::If(branch) => {
                self.eval(&branch.test);
                let mut bodies: Vec<&'a [Stmt]> = vec![&branch.body];
                let mut has_else = false;
                for clause in &branch.elif_else_clauses {
                    match &clause.test {
                        Some(test) => {
                            self.eval(test);
                        }
                        None => has_else = true,
                    }
                    bodies.push(&clause.body);
                }
                self.branches(bodies, !has_else);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let kind = self.eval(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        let kind = if kind == Kind::Connection { kind } else { Kind::Unknown };
                        self.assign(target, kind, None);
                    }
                }
                self.body(&with.body);
            }
            Stmt::Match(matching) => {
                self.eval(&matching.subject);
                let mut locals = Vec::new();
                for case in &matching.cases {
                    pattern_names(&case.pattern, &mut locals);
                    if let Some(guard) = &case.guard {
                        self.eval(guard);
                    }
                }
                for name in locals {
                    self.bind(&name, Kind::Unknown);
                }
                self.branches(matching.cases.iter().map(|case| &case.body[..]).collect(), true);
            }
            Stmt::Raise(raise) => {
                for expr in [&raise.exc, &raise.cause].into_iter().flatten() {
                    self.eval(expr);
                }
            }
            Stmt::Try(attempt) => {
                self.scope().vars.enter();
                self.body(&attempt.body);
                let in_body = self.scope().vars.leave();
                self.scope().vars.enter();
                self.scope().vars.take(in_body.clone());
                self.body(&attempt.orelse);
                let mut bound = self.scope().vars.leave();
                for handler in &attempt.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.scope().vars.enter();
                    self.scope().vars.take_perhaps(in_body.clone());
                    if let Some(kind) = &handler.type_ {
                        self.eval(kind);
                    }
                    if let Some(name) = &handler.name {
                        self.bind(&name.id, Kind::Other);
                    }
                    self.body(&handler.body);
                    let leaves = handler
                        .body
                        .last()
                        .is_some_and(|last| matches!(last, Stmt::Return(_) | Stmt::Raise(_)));
                    let in_handler = self.scope().vars.leave();
                    if !leaves {
                        bound = self.scope().vars.either(bound, &in_handler);
                    }
                }
                self.scope().vars.take(bound);
                self.body(&attempt.finalbody);
            }
            Stmt::Assert(assert) => {
                self.eval(&assert.test);
                if let Some(message) = &assert.msg {
                    self.eval(message);
                }
            }
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Expr(expr) => {
                self.eval_item(&expr.value);
            }
            Stmt::TypeAlias(alias) => {
                self.eval(&alias.value);
            }
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) => {}
            Stmt::IpyEscapeCommand(_) => {}
        }
    }

    pub(super) fn annotations(&mut self, function: &'a ast::StmtFunctionDef) {
        for parameter in function.parameters.iter() {
            if let Some(annotation) = parameter.annotation() {
                self.eval(annotation);
            }
        }
        if let Some(returns) = &function.returns {
            self.eval(returns);
        }
    }

    pub(super) fn assign(&mut self, target: &'a Expr, kind: Kind, value: Option<&'a Expr>) {
        match target {
            Expr::Name(name) => {
                if let (ScopeKind::Class(id), "definition", Some(value)) =
                    (self.scope().kind, name.id.as_str(), value)
                {
                    let constant = match &kind {
                        Kind::Text(text) => Some(text.clone()),
                        _ => None,
                    };
                    if let Some(info) = self.facts.classes.get_mut(&id) {
                        info.definition = Some(DefinitionSite { range: to_range(value), constant });
                    }
                }
                self.bind(&name.id, kind);
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                let values = match value {
                    Some(Expr::Tuple(tuple)) if tuple.elts.len() == elts.len() => Some(&tuple.elts),
                    Some(Expr::List(list)) if list.elts.len() == elts.len() => Some(&list.elts),
                    _ => None,
                };
                for (index, element) in elts.iter().enumerate() {
                    let (kind, value) = match values.and_then(|values| values.get(index)) {
                        Some(value) => (self.known(value), Some(value)),
                        None => match &kind {
                            Kind::Fetched(Fetched::One) => (kind.clone(), None),
                            Kind::Fetched(_) | Kind::Other => (Kind::Other, None),
                            _ => (Kind::Unknown, None),
                        },
                    };
                    self.assign(element, kind, value);
                }
            }
            Expr::Starred(starred) => self.assign(&starred.value, Kind::Unknown, None),
            Expr::Attribute(attribute) => {
                self.facts.assigned.insert(attribute.attr.id.clone());
                let object = self.eval(&attribute.value);
                let class = match object {
                    Kind::Instance(id) | Kind::Class(id) => Some(id),
                    Kind::Query(query) => query.table(),
                    _ => None,
                };
                if let Some(info) = class.and_then(|id| self.facts.classes.get_mut(&id)) {
                    let name = attribute.attr.to_string();
                    let merged = match info.members.get(&name) {
                        Some(old) => old.clone().join(kind),
                        None => kind,
                    };
                    info.members.insert(name, merged);
                }
            }
            Expr::Subscript(subscript) => {
                self.eval(&subscript.value);
                self.eval(&subscript.slice);
            }
            _ => {}
        }
    }
}

fn pattern_names(pattern: &ast::Pattern, out: &mut Vec<Name>) {
    match pattern {
        ast::Pattern::MatchAs(inner) => {
            out.extend(inner.name.as_ref().map(|name| name.id.clone()));
            if let Some(inner) = &inner.pattern {
                pattern_names(inner, out);
            }
        }
        ast::Pattern::MatchStar(inner) => out.extend(inner.name.as_ref().map(|name| name.id.clone())),
        ast::Pattern::MatchSequence(inner) => inner.patterns.iter().for_each(|p| pattern_names(p, out)),
        ast::Pattern::MatchOr(inner) => inner.patterns.iter().for_each(|p| pattern_names(p, out)),
        ast::Pattern::MatchMapping(inner) => {
            inner.patterns.iter().for_each(|p| pattern_names(p, out));
            out.extend(inner.rest.as_ref().map(|name| name.id.clone()));
        }
        ast::Pattern::MatchClass(inner) => {
            inner.arguments.patterns.iter().for_each(|p| pattern_names(p, out));
            inner.arguments.keywords.iter().for_each(|k| pattern_names(&k.pattern, out));
        }
        ast::Pattern::MatchValue(_) | ast::Pattern::MatchSingleton(_) => {}
    }
}
