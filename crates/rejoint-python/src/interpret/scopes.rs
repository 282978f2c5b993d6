//! What a name holds where it is read.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, Stmt};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Interpreter;
use super::vars::Vars;
use crate::kinds::{ClassId, Kind, Operation};
use crate::look_ahead::Marks;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ScopeKind {
    Module,
    Class(ClassId),
    Function,
    /// Comprehension or lambda: runs where it stands.
    Inline,
}

#[derive(Debug)]
pub(super) struct Scope {
    pub(super) kind: ScopeKind,
    pub(super) parent: Option<usize>,
    /// What names hold now.
    pub(super) vars: Vars,
    /// What they hold at any time.
    pub(super) joined: FxHashMap<Name, Kind>,
    pub(super) locals: FxHashSet<Name>,
    pub(super) globals: FxHashSet<Name>,
    pub(super) evidence: FxHashSet<Name>,
}

impl<'a> Interpreter<'a> {
    pub(super) fn scope(&mut self) -> &mut Scope {
        let current = self.current;
        // `current` is always a scope that exists; the first one stands in otherwise.
        let index = if current < self.scopes.len() { current } else { 0 };
        &mut self.scopes[index]
    }

    pub(super) fn push(&mut self, kind: ScopeKind, parent: usize) -> usize {
        self.scopes.push(Scope {
            kind,
            parent: Some(parent),
            vars: Vars::default(),
            joined: FxHashMap::default(),
            locals: FxHashSet::default(),
            globals: FxHashSet::default(),
            evidence: FxHashSet::default(),
        });
        self.scopes.len() - 1
    }

    pub(super) fn bind(&mut self, name: &Name, kind: Kind) {
        if self.scope().globals.contains(name) {
            let module = &mut self.scopes[0];
            let merged = match module.joined.get(name) {
                Some(old) => old.clone().join(kind),
                None => kind,
            };
            module.joined.insert(name.clone(), merged.clone());
            module.vars.insert(name.clone(), merged);
            return;
        }
        let kind = if self.current == 0 && self.rebound.contains(name) { Kind::Unknown } else { kind };
        let scope = self.scope();
        let merged = match scope.joined.get(name) {
            Some(old) => old.clone().join(kind.clone()),
            None => kind.clone(),
        };
        scope.joined.insert(name.clone(), merged);
        scope.vars.insert(name.clone(), kind);
    }

    pub(super) fn lookup(&self, name: &Name) -> Kind {
        let mut index = Some(self.current);
        let mut flow = true;
        let mut first = true;
        while let Some(at) = index {
            let Some(scope) = self.scopes.get(at) else { break };
            let visible = first || !matches!(scope.kind, ScopeKind::Class(_));
            if visible {
                let kind = if flow {
                    scope.vars.get(name).or_else(|| scope.joined.get(name))
                } else {
                    scope.joined.get(name)
                };
                match kind {
                    Some(Kind::Unknown) if scope.evidence.contains(name) => {
                        return Kind::query(Operation::Opaque);
                    }
                    Some(kind) => return kind.clone(),
                    None if scope.locals.contains(name) && !scope.globals.contains(name) => {
                        return if scope.evidence.contains(name) {
                            Kind::query(Operation::Opaque)
                        } else {
                            Kind::Unknown
                        };
                    }
                    None => {}
                }
            }
            // Inline scopes and class bodies run in place; a function runs when its surroundings are complete.
            if scope.kind == ScopeKind::Function {
                flow = false;
            }
            first = first && scope.kind == ScopeKind::Inline;
            index = scope.parent;
        }
        match name.as_str() {
            "list" | "dict" | "set" | "tuple" | "len" | "int" | "float" | "str" | "print" | "range"
            | "sorted" => Kind::Other,
            other => Kind::External(Arc::from(format!("?.{other}"))),
        }
    }

    pub(super) fn marks(&mut self, body: &'a [Stmt]) {
        let mut marks = Marks { found: Vec::new() };
        for stmt in body {
            // Functions look for themselves; classes are part of the scope around them only for their bodies.
            if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                marks.visit_stmt(stmt);
            }
        }
        self.note_evidence(&marks);
    }

    /// Names that are used as tables in what was looked at.
    pub(super) fn note_evidence(&mut self, marks: &Marks<'a>) {
        let names: Vec<Name> = marks
            .found
            .iter()
            .filter_map(|expr| match expr {
                Expr::Name(name) => Some(name.id.clone()),
                _ => None,
            })
            .collect();
        self.scope().evidence.extend(names);
    }
}
