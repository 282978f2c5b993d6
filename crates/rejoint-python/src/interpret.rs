//! Walks the statements of a file in order and works out what each expression is.
//!
//! A small abstract interpreter: names have kinds, branches are joined, loops run twice, function bodies are
//! walked after the scope around them is complete (they run later). Where two ways disagree the kind is
//! unknown. It is one piece (over 800 lines) because statements, expressions and scopes know each other.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{self as ast, Expr, Operator, Stmt};
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::kinds::{ClassId, ClassInfo, DefinitionSite, Fetched, Kind, Operation, Projected, Query, Tier};
use crate::look_ahead::{Locals, Marks, Rebound, base_names, is_camel, is_mark, looks_like_table};
use crate::project::World;
use crate::source::SourceFile;

/// What one walk over a file found.
#[derive(Debug, Default)]
pub(crate) struct FileFacts {
    /// Names at module level and what they hold at the end.
    pub(crate) exports: FxHashMap<String, Kind>,
    /// Kinds of expressions by range.
    pub(crate) kinds: FxHashMap<(u32, u32), Kind>,
    /// Classes defined in the file.
    pub(crate) classes: FxHashMap<ClassId, ClassInfo>,
    /// Dotted paths outside the project that are used as tables for certain.
    pub(crate) evidence: FxHashSet<Arc<str>>,
    /// Dotted paths outside the project on which a method of tables is called.
    pub(crate) externals: FxHashSet<Arc<str>>,
    /// Files of the project this one imports.
    pub(crate) imports: FxHashSet<u32>,
    /// Whether the file imports DataJoint.
    pub(crate) imports_datajoint: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ScopeKind {
    Module,
    Class(ClassId),
    Function,
    /// Comprehension or lambda: runs where it stands.
    Inline,
}

#[derive(Debug)]
struct Scope {
    kind: ScopeKind,
    parent: Option<usize>,
    vars: FxHashMap<Name, Kind>,
    joined: FxHashMap<Name, Kind>,
    locals: FxHashSet<Name>,
    globals: FxHashSet<Name>,
    evidence: FxHashSet<Name>,
}

struct Deferred<'a> {
    function: &'a ast::StmtFunctionDef,
    scope: usize,
    class: Option<ClassId>,
    method_of: Option<ClassId>,
}

pub(crate) struct Interpreter<'a> {
    file: u32,
    world: &'a World,
    facts: FileFacts,
    scopes: Vec<Scope>,
    current: usize,
    class_stack: Vec<ClassId>,
    method_of: Option<ClassId>,
    deferred: std::collections::VecDeque<Deferred<'a>>,
    /// Names of the module that a function changes through `global`: they hold anything at any time.
    rebound: FxHashSet<Name>,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn run(file: u32, source: &'a SourceFile, world: &'a World, functions: bool) -> FileFacts {
        let mut interpreter = Interpreter {
            file,
            world,
            facts: FileFacts::default(),
            scopes: vec![Scope {
                kind: ScopeKind::Module,
                parent: None,
                vars: FxHashMap::default(),
                joined: FxHashMap::default(),
                locals: FxHashSet::default(),
                globals: FxHashSet::default(),
                evidence: FxHashSet::default(),
            }],
            current: 0,
            class_stack: Vec::new(),
            method_of: None,
            deferred: std::collections::VecDeque::new(),
            rebound: FxHashSet::default(),
        };
        interpreter.marks(source.suite());
        let mut rebound = Rebound::default();
        for stmt in source.suite() {
            rebound.visit_stmt(stmt);
        }
        interpreter.rebound = rebound.names;
        interpreter.body(source.suite());
        if functions {
            while let Some(deferred) = interpreter.deferred.pop_front() {
                interpreter.function(deferred);
            }
        }
        let mut facts = interpreter.facts;
        if let Some(module) = interpreter.scopes.into_iter().next() {
            facts.exports = module.joined.into_iter().map(|(name, kind)| (name.to_string(), kind)).collect();
        }
        facts
    }

    // ---- scopes

    fn scope(&mut self) -> &mut Scope {
        let current = self.current;
        // `current` is always a scope that exists; the first one stands in otherwise.
        let index = if current < self.scopes.len() { current } else { 0 };
        &mut self.scopes[index]
    }

    fn push(&mut self, kind: ScopeKind, parent: usize) -> usize {
        self.scopes.push(Scope {
            kind,
            parent: Some(parent),
            vars: FxHashMap::default(),
            joined: FxHashMap::default(),
            locals: FxHashSet::default(),
            globals: FxHashSet::default(),
            evidence: FxHashSet::default(),
        });
        self.scopes.len() - 1
    }

    fn bind(&mut self, name: &Name, kind: Kind) {
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

    fn lookup(&self, name: &Name) -> Kind {
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

    fn marks(&mut self, body: &'a [Stmt]) {
        let mut marks = Marks { found: Vec::new() };
        for stmt in body {
            // Functions look for themselves; classes are part of the scope around them only for their bodies.
            if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                marks.visit_stmt(stmt);
            }
        }
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

    // ---- statements

    fn body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.statement(stmt);
        }
    }

    fn branches(&mut self, bodies: Vec<&'a [Stmt]>, may_skip: bool) {
        let before = self.scope().vars.clone();
        let mut merged: Option<FxHashMap<Name, Kind>> = may_skip.then(|| before.clone());
        for body in bodies {
            self.scope().vars = before.clone();
            self.body(body);
            let leaves = body.last().is_some_and(|last| {
                matches!(last, Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_))
            });
            let after = std::mem::take(&mut self.scope().vars);
            if leaves {
                continue;
            }
            merged = Some(match merged {
                None => after,
                Some(other) => join_maps(other, after),
            });
        }
        self.scope().vars = merged.unwrap_or(before);
    }

    fn statement(&mut self, stmt: &'a Stmt) {
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
                self.deferred.push_back(Deferred { function, scope, class, method_of: self.method_of });
                self.bind(&function.name.id, Kind::Unknown);
            }
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(ret) => {
                if let Some(value) = &ret.value {
                    self.eval(value);
                }
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
                let before = self.scope().vars.clone();
                self.assign(&each.target, item.clone(), None);
                self.body(&each.body);
                let after = std::mem::take(&mut self.scope().vars);
                let merged = join_maps(before.clone(), after);
                self.scope().vars = merged;
                self.assign(&each.target, item, None);
                self.body(&each.body);
                let after = std::mem::take(&mut self.scope().vars);
                self.scope().vars = join_maps(before, after);
                self.body(&each.orelse);
            }
            Stmt::While(each) => {
                self.eval(&each.test);
                let before = self.scope().vars.clone();
                self.body(&each.body);
                let after = std::mem::take(&mut self.scope().vars);
                self.scope().vars = join_maps(before.clone(), after);
                self.eval(&each.test);
                self.body(&each.body);
                let after = std::mem::take(&mut self.scope().vars);
                self.scope().vars = join_maps(before, after);
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
                let before = self.scope().vars.clone();
                self.body(&attempt.body);
                let after_body = self.scope().vars.clone();
                let mut merged = {
                    self.body(&attempt.orelse);
                    self.scope().vars.clone()
                };
                for handler in &attempt.handlers {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.scope().vars = join_maps(before.clone(), after_body.clone());
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
                    if !leaves {
                        let vars = self.scope().vars.clone();
                        merged = join_maps(merged, vars);
                    }
                }
                self.scope().vars = merged;
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

    fn annotations(&mut self, function: &'a ast::StmtFunctionDef) {
        for parameter in function.parameters.iter() {
            if let Some(annotation) = parameter.annotation() {
                self.eval(annotation);
            }
        }
        if let Some(returns) = &function.returns {
            self.eval(returns);
        }
    }

    fn assign(&mut self, target: &'a Expr, kind: Kind, value: Option<&'a Expr>) {
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

    fn known(&self, expr: &Expr) -> Kind {
        if let Expr::StringLiteral(text) = expr {
            return Kind::Text(Arc::from(text.value.to_str()));
        }
        let range = expr.range();
        self.facts
            .kinds
            .get(&(range.start().to_u32(), range.end().to_u32()))
            .cloned()
            .unwrap_or(Kind::Unknown)
    }

    fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            match &alias.asname {
                Some(name) => {
                    let kind = self.module(path);
                    self.bind(&name.id, kind);
                }
                None => {
                    let first = path.split('.').next().unwrap_or(path);
                    let kind = self.module(first);
                    self.module(path);
                    self.bind(&Name::new(first), kind);
                }
            }
        }
    }

    fn module(&mut self, path: &str) -> Kind {
        if let Some(rest) = path.strip_prefix("datajoint")
            && (rest.is_empty() || rest.starts_with('.'))
        {
            self.facts.imports_datajoint = true;
            return Kind::DataJoint(Arc::from(rest.trim_start_matches('.')));
        }
        let kind = self.world.module(self.file, path);
        if let Kind::Module(file) = kind {
            self.facts.imports.insert(file);
        }
        kind
    }

    fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |name| name.as_str());
        let base = if import.level > 0 {
            let kind = self.world.relative(self.file, import.level, module);
            if let Kind::Module(file) = kind {
                self.facts.imports.insert(file);
            }
            kind
        } else {
            self.module(module)
        };
        for alias in &import.names {
            if alias.name.as_str() == "*" {
                match &base {
                    Kind::Module(file) => {
                        let names: Vec<(String, Kind)> = self
                            .world
                            .exports(*file)
                            .filter(|(name, _)| !name.starts_with('_'))
                            .map(|(name, kind)| (name.clone(), kind.clone()))
                            .collect();
                        for (name, kind) in names {
                            self.bind(&Name::new(name), kind);
                        }
                    }
                    Kind::DataJoint(path) if path.is_empty() => {
                        for name in DATAJOINT_NAMES {
                            self.bind(&Name::new_static(name), Kind::DataJoint(Arc::from(*name)));
                        }
                    }
                    _ => {}
                }
                continue;
            }
            let kind = self.member_of_module(&base, alias.name.as_str());
            self.bind(&alias.asname.as_ref().unwrap_or(&alias.name).id, kind);
        }
    }

    fn member_of_module(&mut self, base: &Kind, name: &str) -> Kind {
        match base {
            Kind::DataJoint(path) if path.is_empty() => Kind::DataJoint(Arc::from(name)),
            Kind::DataJoint(path) => Kind::DataJoint(Arc::from(format!("{path}.{name}"))),
            Kind::Module(file) => {
                if let Some(kind) = self.world.export(*file, name) {
                    return kind;
                }
                let kind = self.world.submodule(*file, name);
                if let Kind::Module(file) = kind {
                    self.facts.imports.insert(file);
                }
                kind
            }
            Kind::Namespace(path) => {
                let path = format!("{path}.{name}");
                self.module(&path)
            }
            Kind::External(path) => Kind::External(Arc::from(format!("{path}.{name}"))),
            _ => Kind::Unknown,
        }
    }

    // ---- classes and functions

    fn class(&mut self, class: &'a ast::StmtClassDef) {
        let mut decorated = false;
        for decorator in &class.decorator_list {
            let kind = self.eval(&decorator.expression);
            decorated |= kind == Kind::Schema
                || match &decorator.expression {
                    Expr::Name(name) => name.id.contains("schema"),
                    Expr::Attribute(attribute) => attribute.attr.contains("schema"),
                    _ => false,
                };
        }
        let mut bases = Vec::new();
        if let Some(arguments) = &class.arguments {
            for base in &arguments.args {
                bases.push(self.eval(base));
            }
            for keyword in &arguments.keywords {
                self.eval(&keyword.value);
            }
        }
        let id = ClassId { file: self.file, start: class.range.start().to_u32() };
        let outer = self.class_stack.last().copied();
        let qualified_name = match outer.and_then(|outer| self.facts.classes.get(&outer)) {
            Some(outer) => format!("{}.{}", outer.qualified_name, class.name),
            None => class.name.to_string(),
        };
        let mut tier = bases.iter().find_map(|base| self.tier_of(base));
        // A decorated class with a definition whose base is imported from elsewhere.
        let unknown_base = bases.iter().any(|base| matches!(base, Kind::Unknown | Kind::External(_)));
        if tier.is_none() && decorated && unknown_base {
            tier = Some(Tier::Base);
        }
        let master = if tier == Some(Tier::Part) { outer } else { None };
        let info = ClassInfo {
            id,
            qualified_name,
            tier,
            master,
            bases,
            decorated,
            definition: None,
            members: FxHashMap::default(),
            methods: Vec::new(),
        };
        self.facts.classes.insert(id, info);
        let parent = self.current;
        let scope = self.push(ScopeKind::Class(id), parent);
        self.class_stack.push(id);
        self.current = scope;
        self.body(&class.body);
        self.current = parent;
        self.class_stack.pop();
        let members: Vec<(String, Kind)> = self
            .scopes
            .get(scope)
            .map(|scope| scope.joined.iter().map(|(name, kind)| (name.to_string(), kind.clone())).collect())
            .unwrap_or_default();
        if let Some(info) = self.facts.classes.get_mut(&id) {
            info.members.extend(members);
            if info.tier.is_none()
                && info.definition.is_some()
                && unknown_base
                && (outer.is_some() || decorated)
            {
                info.tier = Some(Tier::Base);
            }
            tier = info.tier;
        }
        let kind = match tier {
            Some(_) => {
                Kind::Query(Arc::new(Query { operation: Operation::Table(id), certain: true, class: true }))
            }
            None => Kind::Class(id),
        };
        self.bind(&class.name.id, kind);
    }

    fn tier_of(&self, base: &Kind) -> Option<Tier> {
        match base {
            Kind::DataJoint(path) => datajoint_tier(path),
            Kind::Class(id) => self.info(*id).and_then(|info| info.tier),
            Kind::Query(query) => match query.table() {
                Some(id) => self.info(id).and_then(|info| info.tier),
                None => Some(Tier::Base),
            },
            _ => None,
        }
    }

    fn info(&self, id: ClassId) -> Option<&ClassInfo> {
        if id.file == self.file
            && let Some(info) = self.facts.classes.get(&id)
        {
            return Some(info);
        }
        self.world.class(id)
    }

    fn definition_property(&mut self, id: ClassId, function: &'a ast::StmtFunctionDef) {
        let range = function.range.start().to_usize()..function.range.end().to_usize();
        let constant = function.body.iter().rev().find_map(|stmt| match stmt {
            Stmt::Return(ret) => match ret.value.as_deref() {
                Some(Expr::StringLiteral(text)) => Some(Arc::from(text.value.to_str())),
                _ => None,
            },
            _ => None,
        });
        if let Some(info) = self.facts.classes.get_mut(&id)
            && info.definition.is_none()
        {
            info.definition = Some(DefinitionSite { range, constant });
        }
    }

    fn function(&mut self, deferred: Deferred<'a>) {
        let function = deferred.function;
        let scope = self.push(ScopeKind::Function, deferred.scope);
        let mut locals = Locals::default();
        for stmt in &function.body {
            locals.visit_stmt(stmt);
        }
        self.current = scope;
        self.scope().locals = locals.names;
        self.scope().globals = locals.globals;
        let mut marks = Marks { found: Vec::new() };
        for stmt in &function.body {
            marks.visit_stmt(stmt);
        }
        let names: Vec<Name> = marks
            .found
            .iter()
            .filter_map(|expr| match expr {
                Expr::Name(name) => Some(name.id.clone()),
                _ => None,
            })
            .collect();
        self.scope().evidence.extend(names);
        let is_static = has_decorator(function, "staticmethod");
        let is_class = has_decorator(function, "classmethod");
        for (index, parameter) in function.parameters.iter().enumerate() {
            let kind = match deferred.class {
                Some(id) if index == 0 && !is_static => self.self_kind(id, is_class),
                _ => match parameter.annotation() {
                    Some(annotation) => match self.known(annotation) {
                        Kind::DataJoint(path)
                            if datajoint_tier(&path).is_some() || path.ends_with("QueryExpression") =>
                        {
                            Kind::query(Operation::Opaque)
                        }
                        Kind::DataJoint(path) if is_schema_name(&path) => Kind::Schema,
                        Kind::Query(query) if query.class => Kind::query(Operation::Opaque),
                        _ => Kind::Unknown,
                    },
                    None => Kind::Unknown,
                },
            };
            self.bind(&parameter.name().id, kind);
        }
        for extra in [&function.parameters.vararg, &function.parameters.kwarg].into_iter().flatten() {
            self.bind(&extra.name.id, Kind::Unknown);
        }
        self.method_of = deferred.class.or(deferred.method_of);
        self.body(&function.body);
        self.method_of = None;
        self.current = 0;
    }

    fn self_kind(&self, id: ClassId, class: bool) -> Kind {
        match self.info(id) {
            Some(info) if info.tier.is_some() => {
                Kind::Query(Arc::new(Query { operation: Operation::Table(id), certain: true, class }))
            }
            Some(_) if class => Kind::Class(id),
            Some(_) => Kind::Instance(id),
            None => Kind::Unknown,
        }
    }

    // ---- expressions

    fn eval(&mut self, expr: &'a Expr) -> Kind {
        let kind = self.eval_inner(expr);
        if kind.is_recorded() && !expr.is_literal_expr() {
            let range = expr.range();
            self.facts.kinds.insert((range.start().to_u32(), range.end().to_u32()), kind.clone());
        } else if !expr.is_literal_expr() {
            // A loop body is walked twice; the second, joined answer replaces the first.
            let range = expr.range();
            self.facts.kinds.remove(&(range.start().to_u32(), range.end().to_u32()));
        }
        kind
    }

    fn eval_all(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        for expr in exprs {
            self.eval_item(expr);
        }
    }

    /// A literal that is not assigned needs no kind of its own; most expressions are such.
    fn eval_item(&mut self, expr: &'a Expr) -> Kind {
        if expr.is_literal_expr() { Kind::Other } else { self.eval(expr) }
    }

    fn eval_inner(&mut self, expr: &'a Expr) -> Kind {
        match expr {
            Expr::Name(name) => self.resolve_evidence(self.lookup(&name.id)),
            Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value);
                let kind = self.attribute(&object, attribute.attr.as_str());
                self.resolve_evidence(kind)
            }
            Expr::Call(call) => self.call(call),
            Expr::BinOp(operation) => {
                let left = self.eval(&operation.left);
                let right = self.eval(&operation.right);
                self.operation(operation.op, left, right)
            }
            Expr::BoolOp(operation) => {
                let mut kind: Option<Kind> = None;
                for value in &operation.values {
                    let next = self.eval(value);
                    kind = Some(match kind {
                        Some(kind) => kind.join(next),
                        None => next,
                    });
                }
                kind.unwrap_or(Kind::Unknown)
            }
            Expr::Named(named) => {
                let kind = self.eval(&named.value);
                self.assign(&named.target, kind.clone(), Some(&named.value));
                kind
            }
            Expr::UnaryOp(unary) => {
                let kind = self.eval(&unary.operand);
                match (unary.op, kind) {
                    // `-table` and `~table` are the complement.
                    (ast::UnaryOp::USub | ast::UnaryOp::Invert, Kind::Query(_)) => Kind::Other,
                    (ast::UnaryOp::Not, _) => Kind::Other,
                    _ => Kind::Unknown,
                }
            }
            Expr::Lambda(lambda) => {
                let parent = self.current;
                let scope = self.push(ScopeKind::Inline, parent);
                if let Some(parameters) = &lambda.parameters {
                    for parameter in parameters.iter_non_variadic_params() {
                        if let Some(default) = parameter.default() {
                            self.eval(default);
                        }
                    }
                    self.current = scope;
                    for parameter in parameters.iter() {
                        self.bind(&parameter.name().id, Kind::Unknown);
                    }
                }
                self.current = scope;
                self.eval(&lambda.body);
                self.current = parent;
                Kind::Unknown
            }
            Expr::If(branch) => {
                self.eval(&branch.test);
                let left = self.eval(&branch.body);
                let right = self.eval(&branch.orelse);
                left.join(right)
            }
            Expr::Dict(dict) => {
                let mut items = Vec::new();
                for item in &dict.items {
                    if let Some(key) = &item.key {
                        self.eval_item(key);
                    }
                    items.push(self.eval_item(&item.value));
                }
                items_kind(items)
            }
            Expr::List(ast::ExprList { elts, .. })
            | Expr::Tuple(ast::ExprTuple { elts, .. })
            | Expr::Set(ast::ExprSet { elts, .. }) => {
                let items = elts.iter().map(|item| self.eval_item(item)).collect();
                items_kind(items)
            }
            Expr::ListComp(ast::ExprListComp { elt, generators, .. })
            | Expr::SetComp(ast::ExprSetComp { elt, generators, .. })
            | Expr::Generator(ast::ExprGenerator { elt, generators, .. }) => {
                let parent = self.comprehension(generators);
                let item = self.eval(elt);
                self.current = parent;
                items_kind(vec![item])
            }
            Expr::DictComp(comprehension) => {
                let parent = self.comprehension(&comprehension.generators);
                if let Some(key) = &comprehension.key {
                    self.eval(key);
                }
                let item = self.eval(&comprehension.value);
                self.current = parent;
                items_kind(vec![item])
            }
            Expr::Await(inner) => {
                self.eval(&inner.value);
                Kind::Unknown
            }
            Expr::Yield(inner) => {
                if let Some(value) = &inner.value {
                    self.eval(value);
                }
                Kind::Unknown
            }
            Expr::YieldFrom(inner) => {
                self.eval(&inner.value);
                Kind::Unknown
            }
            Expr::Compare(compare) => {
                self.eval(&compare.left);
                self.eval_all(compare.comparators.iter());
                Kind::Other
            }
            Expr::FString(text) => {
                for element in text.value.elements() {
                    self.interpolated(element);
                }
                Kind::Other
            }
            Expr::TString(_) => Kind::Other,
            Expr::StringLiteral(text) => Kind::Text(Arc::from(text.value.to_str())),
            Expr::NoneLiteral(_) => Kind::Nothing,
            Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::EllipsisLiteral(_) => Kind::Other,
            Expr::Subscript(subscript) => {
                let object = self.eval(&subscript.value);
                self.eval_item(&subscript.slice);
                match object {
                    Kind::Items(item) => (*item).clone(),
                    Kind::Fetched(_) => Kind::Other,
                    _ => Kind::Unknown,
                }
            }
            Expr::Starred(starred) => {
                self.eval(&starred.value);
                Kind::Unknown
            }
            Expr::Slice(slice) => {
                for part in [&slice.lower, &slice.upper, &slice.step].into_iter().flatten() {
                    self.eval(part);
                }
                Kind::Other
            }
            Expr::IpyEscapeCommand(_) => Kind::Unknown,
        }
    }

    fn interpolated(&mut self, element: &'a ast::InterpolatedStringElement) {
        if let ast::InterpolatedStringElement::Interpolation(inner) = element {
            self.eval(&inner.expression);
            if let Some(spec) = &inner.format_spec {
                for element in &spec.elements {
                    self.interpolated(element);
                }
            }
        }
    }

    fn comprehension(&mut self, generators: &'a [ast::Comprehension]) -> usize {
        let parent = self.current;
        let scope = self.push(ScopeKind::Inline, parent);
        for (index, generator) in generators.iter().enumerate() {
            // The first iterable is evaluated outside.
            self.current = if index == 0 { parent } else { scope };
            let iterated = self.eval(&generator.iter);
            let item = self.item_of(&iterated);
            self.current = scope;
            self.assign(&generator.target, item, None);
            self.eval_all(generator.ifs.iter());
        }
        self.current = scope;
        parent
    }

    fn item_of(&self, kind: &Kind) -> Kind {
        match kind {
            Kind::Items(item) => (**item).clone(),
            Kind::Query(query) if query.certain => Kind::Other,
            Kind::Fetched(_) | Kind::Other => Kind::Other,
            _ => Kind::Unknown,
        }
    }

    /// A path outside the project that is used as a table somewhere is one.
    fn resolve_evidence(&self, kind: Kind) -> Kind {
        match kind {
            Kind::External(path) if self.world.has_evidence(&path) => {
                Kind::Query(Arc::new(Query { operation: Operation::Elsewhere, certain: true, class: true }))
            }
            kind => kind,
        }
    }

    fn attribute(&mut self, object: &Kind, name: &str) -> Kind {
        match object {
            Kind::DataJoint(_) | Kind::Module(_) | Kind::Namespace(_) | Kind::External(_) => {
                self.member_of_module(object, name)
            }
            Kind::VirtualModule => match name {
                "schema" => Kind::Schema,
                name if is_camel(name) => Kind::Query(Arc::new(Query {
                    operation: Operation::Elsewhere,
                    certain: true,
                    class: true,
                })),
                _ => Kind::Unknown,
            },
            Kind::Schema => match name {
                "jobs" => Kind::Jobs,
                "external" => Kind::ExternalTables,
                "connection" => Kind::Connection,
                _ => Kind::Unknown,
            },
            Kind::Class(id) | Kind::Instance(id) => self.member(*id, name).unwrap_or(Kind::Unknown),
            Kind::Query(query) => self.query_attribute(query, name),
            _ => Kind::Unknown,
        }
    }

    fn member(&self, id: ClassId, name: &str) -> Option<Kind> {
        let mut queue = vec![id];
        let mut seen = 0;
        while let Some(id) = queue.pop() {
            seen += 1;
            if seen > 20 {
                return None;
            }
            let info = self.info(id)?;
            if id.file == self.file
                && let Some(scope) = self.scopes.iter().find(|scope| scope.kind == ScopeKind::Class(id))
                && let Some(kind) = scope.joined.get(name)
                && !info.members.contains_key(name)
            {
                return Some(kind.clone());
            }
            if let Some(kind) = info.members.get(name) {
                return Some(kind.clone());
            }
            for base in info.bases.iter().rev() {
                match base {
                    Kind::Class(id) => queue.push(*id),
                    Kind::Query(query) => queue.extend(query.table()),
                    _ => {}
                }
            }
        }
        None
    }

    fn query_attribute(&mut self, query: &Arc<Query>, name: &str) -> Kind {
        if let Some(id) = query.table() {
            if name == "master"
                && let Some(master) = self.info(id).and_then(|info| info.master)
            {
                return Kind::Query(Arc::new(Query {
                    operation: Operation::Table(master),
                    certain: true,
                    class: true,
                }));
            }
            if let Some(kind) = self.member(id, name) {
                return kind;
            }
        }
        match name {
            "key_source" => Kind::query(Operation::Opaque),
            "connection" => Kind::Connection,
            "external" => Kind::ExternalTables,
            "primary_key" | "full_table_name" | "table_name" | "database" | "heading" => Kind::Other,
            // A part of a table whose class is not in the project.
            name if is_camel(name) && query.table().is_none() && query.class => {
                Kind::Query(Arc::new(Query {
                    operation: Operation::Elsewhere,
                    certain: query.certain,
                    class: true,
                }))
            }
            name => Kind::Method(query.clone(), Arc::from(name)),
        }
    }

    /// A query from something that only looks like a table.
    fn likely(&self, kind: &Kind) -> Option<Arc<Query>> {
        match kind {
            Kind::Query(query) => Some(query.clone()),
            Kind::External(path) if looks_like_table(path) => {
                Some(Arc::new(Query { operation: Operation::Elsewhere, certain: false, class: true }))
            }
            _ => None,
        }
    }

    fn operation(&mut self, op: Operator, left: Kind, right: Kind) -> Kind {
        let left_query = self.likely(&left);
        let right_query = self.likely(&right);
        let certain_right = right.is_certain_query();
        let build = |operation: Operation, certain: bool| {
            Kind::Query(Arc::new(Query { operation, certain, class: false }))
        };
        match op {
            Operator::BitAnd | Operator::Sub | Operator::BitXor => match left_query {
                // Two tables outside the project, or a table and a set: only a known one makes it certain.
                Some(query) if query.certain => Kind::Query(restricted(&query)),
                Some(query) if certain_right && op == Operator::BitAnd => {
                    Kind::Query(restricted(&Arc::new(Query {
                        operation: query.operation.clone(),
                        certain: true,
                        class: false,
                    })))
                }
                Some(query) if op == Operator::BitAnd => Kind::Query(restricted(&query)),
                Some(_) => Kind::Unknown,
                None => Kind::Unknown,
            },
            Operator::Mult | Operator::MatMult => match (left_query, right_query) {
                (Some(a), Some(b)) => {
                    let certain = a.certain || b.certain;
                    let operation =
                        if a.depth() + b.depth() > 24 { Operation::Opaque } else { Operation::Join(a, b) };
                    build(operation, certain)
                }
                (Some(a), None) if a.certain => build(Operation::Opaque, true),
                (None, Some(b)) if b.certain => build(Operation::Opaque, true),
                _ => Kind::Unknown,
            },
            Operator::Add => match (left_query, right_query) {
                (Some(a), Some(b)) => build(Operation::Opaque, a.certain || b.certain),
                _ => match (left, right) {
                    (Kind::Text(a), Kind::Text(b)) => Kind::Text(Arc::from(format!("{a}{b}"))),
                    (Kind::Text(_), Kind::Other) | (Kind::Other, Kind::Text(_)) => Kind::Other,
                    (Kind::Items(a), Kind::Items(b)) => Kind::Items(a).join(Kind::Items(b)),
                    _ => Kind::Unknown,
                },
            },
            Operator::Mod => match left {
                Kind::Text(_) => Kind::Other,
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        }
    }

    fn call(&mut self, call: &'a ast::ExprCall) -> Kind {
        let func = match &*call.func {
            // The kind of `x.fetch` itself is not needed when it is called.
            Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value);
                self.arguments(&call.arguments);
                if is_mark(call) {
                    let mut bases = Vec::new();
                    base_names(&attribute.value, &mut bases);
                    for base in bases {
                        if let Kind::External(path) = self.known(base) {
                            self.facts.evidence.insert(path);
                        }
                    }
                }
                let name = attribute.attr.as_str();
                if let Some(kind) = self.method(&object, name, call) {
                    return kind;
                }
                let kind = self.attribute(&object, name);
                let kind = self.resolve_evidence(kind);
                if kind.is_recorded() && !matches!(kind, Kind::Method(..)) {
                    let range = call.func.range();
                    self.facts.kinds.insert((range.start().to_u32(), range.end().to_u32()), kind.clone());
                }
                kind
            }
            func => {
                let kind = self.eval(func);
                self.arguments(&call.arguments);
                kind
            }
        };
        match func {
            Kind::DataJoint(path) => self.datajoint_call(&path, call),
            Kind::Query(query) if query.class => Kind::Query(Arc::new(Query {
                operation: query.operation.clone(),
                certain: query.certain,
                class: false,
            })),
            Kind::Class(id) => Kind::Instance(id),
            // `schema(Table)` decorates and gives the class back.
            Kind::Schema => call.arguments.args.first().map_or(Kind::Unknown, |arg| self.known(arg)),
            Kind::Method(query, name) => {
                self.method(&Kind::Query(query), &name, call).unwrap_or(Kind::Unknown)
            }
            Kind::External(path) if is_camel(path.rsplit('.').next().unwrap_or("")) => {
                // An instance of something elsewhere: as good as the class for what follows.
                if call.arguments.is_empty() { Kind::External(path) } else { Kind::Unknown }
            }
            _ => match &*call.func {
                Expr::Name(name) if name.id.as_str() == "super" && call.arguments.is_empty() => {
                    self.method_of.map_or(Kind::Unknown, |id| self.self_kind(id, false))
                }
                Expr::Name(name)
                    if matches!(name.id.as_str(), "list" | "tuple" | "set" | "sorted" | "reversed") =>
                {
                    match call.arguments.args.first().map(|arg| self.known(arg)) {
                        Some(Kind::Items(item)) => Kind::Items(item),
                        Some(_) => Kind::Other,
                        None => Kind::Other,
                    }
                }
                Expr::Name(name) if name.id.as_str() == "type" && call.arguments.args.len() == 3 => {
                    let tables = match call.arguments.args.get(1) {
                        Some(Expr::Tuple(bases)) => {
                            bases.elts.iter().any(|base| self.tier_of(&self.known(base)).is_some())
                        }
                        _ => false,
                    };
                    if tables {
                        Kind::Query(Arc::new(Query {
                            operation: Operation::Elsewhere,
                            certain: true,
                            class: true,
                        }))
                    } else {
                        Kind::Unknown
                    }
                }
                _ => Kind::Unknown,
            },
        }
    }

    fn arguments(&mut self, arguments: &'a ast::Arguments) {
        self.eval_all(arguments.args.iter());
        for keyword in &arguments.keywords {
            self.eval_item(&keyword.value);
        }
    }

    fn datajoint_call(&mut self, path: &str, call: &'a ast::ExprCall) -> Kind {
        let last = path.rsplit('.').next().unwrap_or(path);
        match last {
            _ if is_schema_name(path) => Kind::Schema,
            "create_virtual_module" | "VirtualModule" => Kind::VirtualModule,
            "FreeTable" => Kind::query(Operation::Elsewhere),
            "conn" | "Connection" => Kind::Connection,
            "U" => Kind::query(Operation::Universal(constant_strings(&call.arguments))),
            _ => Kind::Unknown,
        }
    }

    fn method(&mut self, object: &Kind, name: &str, call: &'a ast::ExprCall) -> Option<Kind> {
        if let Kind::Connection = object {
            return match name {
                "transaction" => Some(Kind::Connection),
                _ => None,
            };
        }
        if let Kind::Text(_) = object {
            return match name {
                "format" | "join" | "replace" | "strip" | "lower" | "upper" | "title" => Some(Kind::Other),
                _ => None,
            };
        }
        let query = match object {
            Kind::Query(query) => query.clone(),
            Kind::External(path) => {
                let query = self.likely(object)?;
                self.facts.externals.insert(path.clone());
                if !matches!(
                    name,
                    "proj" | "aggr" | "fetch" | "fetch1" | "join" | "insert" | "insert1" | "populate"
                ) {
                    return None;
                }
                query
            }
            _ => return None,
        };
        // A method that the class defines itself.
        if let Some(id) = query.table()
            && self.defines(id, name)
        {
            return match name {
                "fetch" | "fetch1" => Some(Kind::Fetched(Fetched::Rows)),
                _ => Some(Kind::Unknown),
            };
        }
        let arguments = &call.arguments;
        let certain = query.certain;
        let build =
            |operation: Operation| Some(Kind::Query(Arc::new(Query { operation, certain, class: false })));
        match name {
            "fetch" => {
                let keys = matches!(arguments.args.as_ref(), [Expr::StringLiteral(text)] if text.value.to_str() == "KEY");
                Some(Kind::Fetched(if keys { Fetched::Keys } else { Fetched::Rows }))
            }
            "keys" => Some(Kind::Fetched(Fetched::Keys)),
            "fetch1" => Some(Kind::Fetched(Fetched::One)),
            "head" | "tail" | "to_dicts" | "to_arrays" | "to_pandas" => Some(Kind::Fetched(Fetched::Rows)),
            "proj" => build(if query.depth() > 24 {
                Operation::Opaque
            } else {
                Operation::Project(query, projected(arguments))
            }),
            "aggr" | "aggregate" => {
                let group = arguments.args.first().map(|arg| self.known(arg));
                match group.as_ref().and_then(|kind| self.likely(kind)) {
                    Some(group) if query.depth() + group.depth() < 24 => {
                        build(Operation::Aggregate(query, group, projected(arguments)))
                    }
                    _ => build(Operation::Opaque),
                }
            }
            "join" => {
                let other = arguments.args.first().map(|arg| self.known(arg));
                match other.as_ref().and_then(|kind| self.likely(kind)) {
                    Some(other) if query.depth() + other.depth() < 24 => build(Operation::Join(query, other)),
                    _ => build(Operation::Opaque),
                }
            }
            "extend" | "but" => build(Operation::Opaque),
            "restrict" => Some(Kind::Query(restricted(&query))),
            "parts" | "children" | "parents" | "descendants" | "ancestors" => Some(Kind::Unknown),
            "describe" | "insert" | "insert1" | "delete" | "delete_quick" | "drop" | "drop_quick"
            | "populate" | "progress" | "update1" => Some(Kind::Other),
            _ => None,
        }
    }

    fn defines(&self, id: ClassId, method: &str) -> bool {
        let mut queue = vec![id];
        let mut seen = 0;
        while let Some(id) = queue.pop() {
            seen += 1;
            let Some(info) = self.info(id) else { continue };
            if seen > 20 || info.methods.iter().any(|name| name == method) {
                return true;
            }
            for base in &info.bases {
                match base {
                    Kind::Class(id) => queue.push(*id),
                    Kind::Query(query) => queue.extend(query.table()),
                    _ => {}
                }
            }
        }
        false
    }
}

/// Names of the package that `from datajoint import *` brings in.
const DATAJOINT_NAMES: &[&str] = &[
    "Manual",
    "Lookup",
    "Imported",
    "Computed",
    "Part",
    "Schema",
    "schema",
    "VirtualModule",
    "create_virtual_module",
    "FreeTable",
    "Table",
    "conn",
    "config",
    "U",
    "Not",
    "AndList",
    "Top",
    "ERD",
    "Di",
    "Diagram",
    "AttributeAdapter",
    "DataJointError",
    "key",
    "key_hash",
    "kill",
    "set_password",
];

/// The tier a name of the package stands for.
pub(crate) fn datajoint_tier(path: &str) -> Option<Tier> {
    match path.rsplit('.').next().unwrap_or(path) {
        "Manual" | "Entry" => Some(Tier::Manual),
        "Lookup" => Some(Tier::Lookup),
        "Imported" | "Ingest" => Some(Tier::Imported),
        "Computed" | "Compute" => Some(Tier::Computed),
        "Part" => Some(Tier::Part),
        "Table" | "UserTable" | "AutoPopulate" | "FreeTable" | "Relvar" | "UserRelation" => Some(Tier::Base),
        _ => None,
    }
}

fn is_schema_name(path: &str) -> bool {
    matches!(path, "schema" | "Schema" | "schemas.Schema" | "schema.Schema" | "schemas._Schema")
}

fn restricted(query: &Arc<Query>) -> Arc<Query> {
    match &query.operation {
        Operation::Restrict(_) | Operation::Opaque if !query.class => query.clone(),
        _ => Arc::new(Query {
            operation: Operation::Restrict(query.clone()),
            certain: query.certain,
            class: false,
        }),
    }
}

fn items_kind(items: Vec<Kind>) -> Kind {
    let mut joined: Option<Kind> = None;
    for item in items {
        joined = Some(match joined {
            None => item,
            Some(kind) => kind.join(item),
        });
    }
    match joined {
        Some(kind @ (Kind::Query(_) | Kind::Schema | Kind::VirtualModule)) => Kind::Items(Arc::new(kind)),
        _ => Kind::Other,
    }
}

fn join_maps(mut a: FxHashMap<Name, Kind>, b: FxHashMap<Name, Kind>) -> FxHashMap<Name, Kind> {
    for (name, kind) in b {
        match a.remove(&name) {
            Some(old) => {
                a.insert(name, old.join(kind));
            }
            None => {
                a.insert(name, kind);
            }
        }
    }
    a
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

fn has_decorator(function: &ast::StmtFunctionDef, name: &str) -> bool {
    function
        .decorator_list
        .iter()
        .any(|decorator| matches!(&decorator.expression, Expr::Name(found) if found.id.as_str() == name))
}

fn constant_strings(arguments: &ast::Arguments) -> Option<Arc<[String]>> {
    if !arguments.keywords.is_empty() {
        return None;
    }
    arguments
        .args
        .iter()
        .map(|arg| match arg {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            _ => None,
        })
        .collect::<Option<Vec<String>>>()
        .map(Arc::from)
}

fn projected(arguments: &ast::Arguments) -> Option<Arc<[Projected]>> {
    let mut items = Vec::new();
    for arg in &arguments.args {
        items.push(match arg {
            Expr::EllipsisLiteral(_) => Projected::Everything,
            Expr::StringLiteral(text) => {
                let text = text.value.to_str();
                match text.strip_prefix('-') {
                    Some(rest) => Projected::Drop(rest.to_owned()),
                    None => Projected::Keep(text.to_owned()),
                }
            }
            // The group of an aggregation comes first and is no attribute.
            _ if items.is_empty() && arguments.args.first().is_some_and(|first| std::ptr::eq(first, arg)) => {
                continue;
            }
            _ => return None,
        });
    }
    for keyword in &arguments.keywords {
        let name = keyword.arg.as_ref()?;
        match &keyword.value {
            Expr::StringLiteral(text) => {
                items.push(Projected::Named(name.to_string(), text.value.to_str().to_owned()));
            }
            Expr::BooleanLiteral(_) => {}
            _ => items.push(Projected::Named(name.to_string(), "(?)".to_owned())),
        }
    }
    Some(Arc::from(items))
}

pub(crate) fn to_range(expr: &Expr) -> std::ops::Range<usize> {
    let range = expr.range();
    range.start().to_usize()..range.end().to_usize()
}
