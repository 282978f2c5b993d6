//! Classes and the bodies of functions.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{self as ast, Expr, Stmt};
use rustc_hash::FxHashMap;

use super::imports::is_schema_name;
use super::scopes::ScopeKind;
use super::{Deferred, Interpreter};
use crate::kinds::{ClassId, ClassInfo, DefinitionSite, Kind, Operation, Query, Tier};
use crate::look_ahead::{Locals, Marks};

impl<'a> Interpreter<'a> {
    pub(super) fn class(&mut self, class: &'a ast::StmtClassDef) {
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

    pub(super) fn tier_of(&self, base: &Kind) -> Option<Tier> {
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

    pub(super) fn definition_property(&mut self, id: ClassId, function: &'a ast::StmtFunctionDef) {
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

    pub(super) fn function(&mut self, deferred: Deferred<'a>) {
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

    pub(super) fn self_kind(&self, id: ClassId, class: bool) -> Kind {
        match self.info(id) {
            Some(info) if info.tier.is_some() => {
                Kind::Query(Arc::new(Query { operation: Operation::Table(id), certain: true, class }))
            }
            Some(_) if class => Kind::Class(id),
            Some(_) => Kind::Instance(id),
            None => Kind::Unknown,
        }
    }
}

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

fn has_decorator(function: &ast::StmtFunctionDef, name: &str) -> bool {
    function
        .decorator_list
        .iter()
        .any(|decorator| matches!(&decorator.expression, Expr::Name(found) if found.id.as_str() == name))
}
