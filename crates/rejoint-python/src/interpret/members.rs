//! What an attribute of a module, class, schema or query is.

use std::sync::Arc;

use super::Interpreter;
use super::scopes::ScopeKind;
use crate::kinds::{ClassId, ClassInfo, Kind, Operation, Query};
use crate::look_ahead::{is_camel, looks_like_table};

impl<'a> Interpreter<'a> {
    pub(super) fn info(&self, id: ClassId) -> Option<&ClassInfo> {
        if id.file == self.file
            && let Some(info) = self.facts.classes.get(&id)
        {
            return Some(info);
        }
        self.world.class(id)
    }

    pub(super) fn attribute(&mut self, object: &Kind, name: &str) -> Kind {
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
            Kind::Class(id) | Kind::Instance(id) => {
                let class = matches!(object, Kind::Class(_));
                let kind = self.member(*id, name).unwrap_or(Kind::Unknown);
                self.read_member(kind, name, *id, class)
            }
            Kind::Query(query) => self.query_attribute(query, name),
            _ => Kind::Unknown,
        }
    }

    pub(super) fn member(&self, id: ClassId, name: &str) -> Option<Kind> {
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

    pub(super) fn query_attribute(&mut self, query: &Arc<Query>, name: &str) -> Kind {
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
                return self.read_member(kind, name, id, query.class);
            }
        }
        // A restriction is an instance of the class.
        if let Some(id) = query.restricted_table()
            && let Some(kind @ Kind::Function(_)) = self.member(id, name)
        {
            return self.read_member(kind, name, id, query.class);
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

    pub(super) fn defines(&self, id: ClassId, method: &str) -> bool {
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

    /// A path outside the project that is used as a table somewhere is one.
    pub(super) fn resolve_evidence(&self, kind: Kind) -> Kind {
        match kind {
            Kind::External(path) if self.world.has_evidence(&path) => {
                Kind::Query(Arc::new(Query { operation: Operation::Elsewhere, certain: true, class: true }))
            }
            kind => kind,
        }
    }

    /// A query from something that only looks like a table.
    pub(super) fn likely(&self, kind: &Kind) -> Option<Arc<Query>> {
        match kind {
            Kind::Query(query) => Some(query.clone()),
            Kind::External(path) if looks_like_table(path) => {
                Some(Arc::new(Query { operation: Operation::Elsewhere, certain: false, class: true }))
            }
            _ => None,
        }
    }
}
