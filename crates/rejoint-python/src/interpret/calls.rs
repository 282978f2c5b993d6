//! What a call gives: of the package, of a class, of a method of tables.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::Interpreter;
use super::imports::is_schema_name;
use super::operators::restricted;
use crate::kinds::{Fetched, FunctionRole, Kind, Operation, Projected, Query};
use crate::look_ahead::{base_names, is_camel, is_mark};

impl<'a> Interpreter<'a> {
    pub(super) fn call(&mut self, call: &'a ast::ExprCall) -> Kind {
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
                if let Kind::Function(function) = kind
                    && function.role != FunctionRole::Property
                {
                    let receiver = match &object {
                        Kind::Class(id) => Some((*id, true)),
                        Kind::Instance(id) => Some((*id, false)),
                        Kind::Query(query) => query.restricted_table().map(|id| (id, query.class)),
                        _ => None,
                    };
                    return self.returned(function, name, receiver);
                }
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
            Kind::Function(function) => match &*call.func {
                Expr::Name(name) => self.returned(function, &name.id, None),
                _ => Kind::Unknown,
            },
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
                Expr::Name(name) if name.id.as_str() == "setattr" => {
                    if let Some(Expr::StringLiteral(text)) = call.arguments.args.get(1) {
                        self.facts.assigned.insert(Name::new(text.value.to_str()));
                    }
                    Kind::Unknown
                }
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

    pub(super) fn arguments(&mut self, arguments: &'a ast::Arguments) {
        self.eval_all(arguments.args.iter());
        for keyword in &arguments.keywords {
            self.eval_item(&keyword.value);
        }
    }

    pub(super) fn datajoint_call(&mut self, path: &str, call: &'a ast::ExprCall) -> Kind {
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

    pub(super) fn method(&mut self, object: &Kind, name: &str, call: &'a ast::ExprCall) -> Option<Kind> {
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
                _ => Some(self.returned_by_table(&query, name).unwrap_or(Kind::Unknown)),
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
