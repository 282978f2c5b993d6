//! Classes: bases, tier, definition, members.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr, Stmt};
use rustc_hash::FxHashMap;

use super::Interpreter;
use super::scopes::ScopeKind;
use crate::kinds::{ClassId, ClassInfo, DefinitionSite, Kind, Operation, Query, Tier};

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
