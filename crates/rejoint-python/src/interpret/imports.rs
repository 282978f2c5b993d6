//! Imports: modules of the project, the package, and what is elsewhere.

use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_python_ast::name::Name;

use super::Interpreter;
use crate::kinds::Kind;

impl<'a> Interpreter<'a> {
    pub(super) fn import(&mut self, import: &'a ast::StmtImport) {
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

    pub(super) fn module(&mut self, path: &str) -> Kind {
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

    pub(super) fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
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

    pub(super) fn member_of_module(&mut self, base: &Kind, name: &str) -> Kind {
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

pub(super) fn is_schema_name(path: &str) -> bool {
    matches!(path, "schema" | "Schema" | "schemas.Schema" | "schema.Schema" | "schemas._Schema")
}
