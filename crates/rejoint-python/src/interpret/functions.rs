//! Bodies of functions, and what calls of them give back.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{self as ast, Expr};

use super::classes::datajoint_tier;
use super::imports::is_schema_name;
use super::scopes::ScopeKind;
use super::{Deferred, Interpreter};
use crate::kinds::{ClassId, Function, FunctionRole, Kind, Operation, Query};
use crate::look_ahead::{Locals, Marks, Yields};

impl<'a> Interpreter<'a> {
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
        self.note_evidence(&marks);
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
        self.returned = None;
        self.body(&function.body);
        self.method_of = None;
        if let (Some(function), Some(kind)) = (deferred.returning, self.returned.take())
            && kind.is_worth_returning()
        {
            self.facts.returns.insert(function.start, kind);
        }
        self.current = 0;
    }

    /// The function that a statement defines, when a call of it gives back what its `return` statements say.
    pub(super) fn returning(
        &self,
        statement: &'a ast::StmtFunctionDef,
        owner: Option<ClassId>,
    ) -> Option<Function> {
        if statement.is_async {
            return None;
        }
        let role = match statement.decorator_list.as_slice() {
            [] => FunctionRole::Plain,
            [only] => {
                let Expr::Name(name) = &only.expression else { return None };
                let role = match name.id.as_str() {
                    "staticmethod" => FunctionRole::Static,
                    "classmethod" => FunctionRole::Class,
                    "property" => FunctionRole::Property,
                    _ => return None,
                };
                // The builtin, not something of the file that has its name.
                let builtin = matches!(self.lookup(&name.id), Kind::External(path) if path.starts_with("?."));
                if !builtin || owner.is_none() {
                    return None;
                }
                role
            }
            _ => return None,
        };
        let mut yields = Yields::default();
        for stmt in &statement.body {
            yields.visit_stmt(stmt);
        }
        (!yields.found).then(|| Function {
            file: self.file,
            start: statement.range.start().to_u32(),
            owner,
            role,
        })
    }

    /// What a call of a function gives back; `receiver`: what it is called on, when that is a class of the project
    /// (`true`) or an instance of one.
    pub(super) fn returned(
        &mut self,
        function: Function,
        name: &str,
        receiver: Option<(ClassId, bool)>,
    ) -> Kind {
        self.facts.calls.insert((function.file, function.start));
        if self.world.is_assigned(name) {
            return Kind::Unknown;
        }
        let returns =
            if function.file == self.file { Some(self.own) } else { self.world.returns(function.file) };
        let Some(kind) = returns.and_then(|returns| returns.get(&function.start)).cloned() else {
            return Kind::Unknown;
        };
        match (function.owner, receiver) {
            (None, None) => kind,
            (Some(owner), Some((id, class))) => {
                // Another class may put its own in place.
                if self
                    .info(id)
                    .is_none_or(|info| self.world.is_overridden(id.file, &info.qualified_name, name))
                {
                    return Kind::Unknown;
                }
                let bound = !class || function.role != FunctionRole::Plain;
                if owner == id && bound { kind } else { of_another(kind) }
            }
            _ => Kind::Unknown,
        }
    }

    /// What a method gives back that is called on a table or a restriction of one; `None` when its class has no such
    /// method in the project.
    pub(super) fn returned_by_table(&mut self, query: &Query, name: &str) -> Option<Kind> {
        let id = query.restricted_table()?;
        match self.member(id, name)? {
            Kind::Function(function) if function.role != FunctionRole::Property => {
                Some(self.returned(function, name, Some((id, query.class))))
            }
            _ => None,
        }
    }

    /// What reading a member gives: for a property of an instance what it gives back.
    pub(super) fn read_member(&mut self, kind: Kind, name: &str, id: ClassId, class: bool) -> Kind {
        match kind {
            Kind::Function(function) if function.role == FunctionRole::Property => {
                if class {
                    Kind::Unknown
                } else {
                    self.returned(function, name, Some((id, false)))
                }
            }
            kind => kind,
        }
    }
}

/// What a method gives back that was walked for another class than the one it is called on.
fn of_another(kind: Kind) -> Kind {
    match kind {
        Kind::Query(query) => Kind::Query(std::sync::Arc::new(Query {
            operation: Operation::Opaque,
            certain: query.certain,
            class: query.class,
        })),
        kind @ (Kind::Fetched(_) | Kind::Schema | Kind::VirtualModule | Kind::Connection) => kind,
        _ => Kind::Unknown,
    }
}

fn has_decorator(function: &ast::StmtFunctionDef, name: &str) -> bool {
    function
        .decorator_list
        .iter()
        .any(|decorator| matches!(&decorator.expression, Expr::Name(found) if found.id.as_str() == name))
}
