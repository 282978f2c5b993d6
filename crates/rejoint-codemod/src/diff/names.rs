//! Which schema a class is declared in, and the name of its table.

use std::collections::BTreeMap;

use rejoint_python::ast::visitor::{Visitor, walk_expr, walk_stmt};
use rejoint_python::ast::{Expr, ExprCall, Operator, Stmt, StmtClassDef};
use rejoint_python::{ClassId, Kind, LiteralPart, Project, Tier, parts_of, range_of};

/// What a module-level name says about a schema.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SchemaName {
    Known(String),
    /// Why it is not known.
    Unknown(String),
}

/// Where a name of a module comes from.
#[derive(Debug, Clone)]
struct Imported {
    file: usize,
    name: String,
}

/// The schema objects, virtual modules and imports of one file.
#[derive(Debug, Default)]
struct FileNames {
    schemas: BTreeMap<String, SchemaName>,
    imports: BTreeMap<String, Imported>,
    stars: Vec<usize>,
    /// Schema names that a later `from FILE import *` may replace.
    replaced_by: Vec<(String, usize)>,
}

/// Schema names of all files.
#[derive(Debug)]
pub(super) struct SchemaNames<'a> {
    project: &'a Project,
    files: Vec<FileNames>,
    /// `FILE:NAME` and `FILE` answers, already matched to files.
    answers: BTreeMap<(usize, Option<String>), String>,
}

/// One class statement with what is around it.
#[derive(Debug)]
pub(super) struct ClassSite<'a> {
    pub(super) stmt: &'a StmtClassDef,
    /// Inside a function: its names are not those of the module.
    pub(super) in_function: bool,
    /// Schema objects that are called with the class: `schema(Session)`.
    pub(super) called_with: Vec<&'a Expr>,
}

impl<'a> SchemaNames<'a> {
    pub(super) fn new(project: &'a Project, answers: BTreeMap<(usize, Option<String>), String>) -> Self {
        let mut names = SchemaNames { project, files: Vec::new(), answers };
        for (file, source) in project.files().iter().enumerate() {
            let mut found = FileNames::default();
            names.module(file, source.suite(), &mut found);
            names.files.push(found);
        }
        names
    }

    /// Reads the statements that run when the module is imported.
    fn module(&self, file: usize, suite: &'a [Stmt], found: &mut FileNames) {
        for stmt in suite {
            match stmt {
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        self.bind(file, target, &assign.value, found);
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let Some(value) = assign.value.as_deref() {
                        self.bind(file, &assign.target, value, found);
                    }
                }
                Stmt::Expr(expr) => self.activated(file, &expr.value, found),
                Stmt::ImportFrom(import) => {
                    let module = import.module.as_ref().map_or("", |name| name.as_str());
                    let Some(from) = self.project.imported_file(file, import.level, module) else { continue };
                    for alias in &import.names {
                        let name = alias.name.as_str();
                        if name == "*" {
                            let names: Vec<_> =
                                found.schemas.keys().map(|name| (name.clone(), from)).collect();
                            found.replaced_by.extend(names);
                            found.stars.push(from);
                        } else {
                            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
                            found
                                .imports
                                .insert(bound.to_owned(), Imported { file: from, name: name.to_owned() });
                        }
                    }
                }
                Stmt::If(branch) => {
                    self.module(file, &branch.body, found);
                    for clause in &branch.elif_else_clauses {
                        self.module(file, &clause.body, found);
                    }
                }
                Stmt::Try(attempt) => {
                    self.module(file, &attempt.body, found);
                    for handler in &attempt.handlers {
                        let rejoint_python::ast::ExceptHandler::ExceptHandler(handler) = handler;
                        self.module(file, &handler.body, found);
                    }
                    self.module(file, &attempt.orelse, found);
                    self.module(file, &attempt.finalbody, found);
                }
                Stmt::With(with) => self.module(file, &with.body, found),
                _ => {}
            }
        }
    }

    fn bind(&self, file: usize, target: &Expr, value: &Expr, found: &mut FileNames) {
        let Expr::Name(name) = target else { return };
        let name = name.id.as_str();
        let known = self.project.kind(file, value);
        let schema = match (&known, value) {
            (Kind::Schema, Expr::Call(call)) => self.argument(file, call, 0, "schema_name"),
            (Kind::VirtualModule, Expr::Call(call)) => self.argument(file, call, 1, "schema_name"),
            (Kind::Schema | Kind::VirtualModule, Expr::Name(other)) => {
                found.schemas.get(other.id.as_str()).cloned()
            }
            (Kind::Schema | Kind::VirtualModule, _) => Some(computed()),
            // Another value under a name that was a schema.
            _ if found.schemas.contains_key(name) => Some(computed()),
            _ => return,
        };
        let schema =
            schema.unwrap_or_else(|| SchemaName::Unknown("the schema is never activated".to_owned()));
        add(found, name, schema);
    }

    /// `schema.activate('name')`.
    fn activated(&self, file: usize, expr: &Expr, found: &mut FileNames) {
        let Expr::Call(call) = expr else { return };
        let Expr::Attribute(attribute) = &*call.func else { return };
        let Expr::Name(name) = &*attribute.value else { return };
        if attribute.attr.as_str() != "activate"
            || self.project.kind(file, &attribute.value) != Kind::Schema
            || !found.schemas.contains_key(name.id.as_str())
        {
            return;
        }
        if let Some(schema) = self.argument(file, call, 0, "schema_name") {
            let name = name.id.as_str();
            if matches!(found.schemas.get(name), Some(SchemaName::Unknown(reason)) if reason.contains("activated"))
            {
                found.schemas.remove(name);
            }
            add(found, name, schema);
        }
    }

    /// The schema name in a call; `None` when it is not given there.
    fn argument(&self, file: usize, call: &ExprCall, index: usize, keyword: &str) -> Option<SchemaName> {
        let value = call
            .arguments
            .args
            .get(index)
            .or_else(|| crate::context::keyword(call, keyword).map(|keyword| &keyword.value))?;
        if matches!(value, Expr::NoneLiteral(_)) {
            return None;
        }
        Some(self.text(file, value).map_or_else(computed, SchemaName::Known))
    }

    /// A string that is constant: literals, names of them, and `+` and f-strings of both.
    fn text(&self, file: usize, expr: &Expr) -> Option<String> {
        if let Kind::Text(text) = self.project.kind(file, expr) {
            return Some(text.to_string());
        }
        match expr {
            Expr::BinOp(sum) if sum.op == Operator::Add => {
                Some(self.text(file, &sum.left)? + &self.text(file, &sum.right)?)
            }
            Expr::FString(_) => {
                let source = self.project.files().get(file)?;
                let mut fields = Fields::default();
                fields.visit_expr(expr);
                let mut fields = fields.found.into_iter();
                let mut text = String::new();
                for part in parts_of(source, expr) {
                    match part {
                        LiteralPart::Text(literal) => text.push_str(&literal.text),
                        LiteralPart::Field(range) => {
                            let field = fields.next()?;
                            // Only `{name}`: a conversion or format may change the text.
                            if source.slice(range).trim_matches(|c: char| "{} ".contains(c))
                                != field.id.as_str()
                            {
                                return None;
                            }
                            match self.project.kind(file, &Expr::Name(field.clone())) {
                                Kind::Text(value) => text.push_str(&value),
                                _ => return None,
                            }
                        }
                    }
                }
                Some(text)
            }
            _ => None,
        }
    }

    /// The schema of a name at module level of a file, followed through imports.
    pub(super) fn of_name(&self, file: usize, name: &str, depth: usize) -> Option<SchemaName> {
        if let Some(answer) = self.answers.get(&(file, Some(name.to_owned()))) {
            return Some(SchemaName::Known(answer.clone()));
        }
        if depth > 8 {
            return None;
        }
        let names = self.files.get(file)?;
        if let Some(found) = names.schemas.get(name) {
            let mut later = names.replaced_by.iter().filter(|(replaced, _)| replaced == name);
            let unclear = SchemaName::Unknown("an import of the same name may replace the schema".to_owned());
            let clear = !names.imports.contains_key(name)
                && later.all(|(_, from)| self.of_name(*from, name, depth + 1).is_none());
            let found = if clear { found } else { &unclear };
            return Some(match (found, self.answers.get(&(file, None))) {
                (SchemaName::Unknown(_), Some(answer)) => SchemaName::Known(answer.clone()),
                _ => found.clone(),
            });
        }
        if let Some(imported) = names.imports.get(name)
            && let Some(found) = self.of_name(imported.file, &imported.name, depth + 1)
        {
            return Some(found);
        }
        names.stars.iter().rev().find_map(|from| self.of_name(*from, name, depth + 1))
    }

    /// The schema that an expression means in a file.
    fn of_expr(&self, file: usize, expr: &Expr) -> Option<SchemaName> {
        match expr {
            Expr::Name(name) => self.of_name(file, name.id.as_str(), 0),
            Expr::Attribute(attribute) => {
                let module = self.project.files().get(file)?.slice(range_of(&*attribute.value)).to_owned();
                match self.project.resolve(file, &module) {
                    Kind::Module(from) => {
                        self.of_name(usize::try_from(from).ok()?, attribute.attr.as_str(), 0)
                    }
                    Kind::VirtualModule => self.of_name(file, &module, 0),
                    _ => None,
                }
            }
            Expr::Call(call) if self.project.kind(file, expr) == Kind::Schema => {
                self.argument(file, call, 0, "schema_name")
            }
            _ => None,
        }
    }

    /// The schema that a table class is declared in. `None`: the class is not declared (a base, a mixin).
    pub(super) fn of_class(&self, id: ClassId, site: &ClassSite<'_>) -> Option<SchemaName> {
        let file = usize::try_from(id.file).ok()?;
        let mut found: Option<SchemaName> = None;
        let decorators = site.stmt.decorator_list.iter().map(|decorator| &decorator.expression);
        let mut looks_declared = false;
        for expr in decorators.chain(site.called_with.iter().copied()) {
            let is_schema = self.project.kind(file, expr) == Kind::Schema;
            let named = match expr {
                Expr::Name(name) => name.id.contains("schema"),
                Expr::Attribute(attribute) => attribute.attr.contains("schema"),
                _ => false,
            };
            if !is_schema && !named {
                continue;
            }
            looks_declared = true;
            if !site.in_function
                && let Some(schema) = self.of_expr(file, expr)
            {
                found = Some(schema);
            }
        }
        match found {
            Some(SchemaName::Known(name)) => Some(SchemaName::Known(name)),
            other if looks_declared => Some(match self.answers.get(&(file, None)) {
                Some(answer) => SchemaName::Known(answer.clone()),
                None => other.unwrap_or_else(|| {
                    SchemaName::Unknown("it cannot be told which schema the class is declared in".to_owned())
                }),
            }),
            _ => None,
        }
    }

    /// The names of schemas that tables may refer to without being declared there: virtual modules.
    pub(super) fn all_known(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|file| file.schemas.values()).filter_map(|schema| match schema {
            SchemaName::Known(name) => Some(name.as_str()),
            SchemaName::Unknown(_) => None,
        })
    }
}

fn computed() -> SchemaName {
    SchemaName::Unknown("the code computes the schema's name when it runs".to_owned())
}

fn add(found: &mut FileNames, name: &str, schema: SchemaName) {
    let schema = match found.schemas.get(name) {
        Some(before) if *before != schema => {
            SchemaName::Unknown("the name of the schema depends on how the module runs".to_owned())
        }
        _ => schema,
    };
    found.schemas.insert(name.to_owned(), schema);
}

/// The names inside an f-string, in order.
#[derive(Default)]
struct Fields<'a> {
    found: Vec<&'a rejoint_python::ast::ExprName>,
}

impl<'a> Visitor<'a> for Fields<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.found.push(name);
        }
        walk_expr(self, expr);
    }
}

/// The class statements of a file by where they start, in or out of functions.
pub(super) fn class_sites(suite: &[Stmt]) -> BTreeMap<usize, ClassSite<'_>> {
    let mut walk = Classes { found: BTreeMap::new(), calls: Vec::new(), functions: 0 };
    for stmt in suite {
        walk.visit_stmt(stmt);
    }
    let Classes { mut found, calls, .. } = walk;
    for (name, schema) in calls {
        for site in found.values_mut().filter(|site| site.stmt.name.as_str() == name) {
            site.called_with.push(schema);
        }
    }
    found
}

struct Classes<'a> {
    found: BTreeMap<usize, ClassSite<'a>>,
    /// `schema(Name)`, outside functions.
    calls: Vec<(&'a str, &'a Expr)>,
    functions: usize,
}

impl<'a> Visitor<'a> for Classes<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::ClassDef(class) => {
                let site =
                    ClassSite { stmt: class, in_function: self.functions > 0, called_with: Vec::new() };
                self.found.insert(range_of(class).start, site);
                walk_stmt(self, stmt);
            }
            Stmt::FunctionDef(_) => {
                self.functions += 1;
                walk_stmt(self, stmt);
                self.functions -= 1;
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.functions == 0
            && let Expr::Call(call) = expr
            && matches!(&*call.func, Expr::Name(_) | Expr::Attribute(_))
            && let [Expr::Name(name)] = call.arguments.args.as_ref()
        {
            self.calls.push((name.id.as_str(), &call.func));
        }
        walk_expr(self, expr);
    }
}

/// The table's name without prefix: `_` before every capital but the first, as both versions do it. `None` for a class
/// name that they refuse.
pub(super) fn snake_case(class: &str) -> Option<String> {
    if !class.starts_with(|c: char| c.is_ascii_uppercase())
        || !class.chars().all(|c| c.is_ascii_alphanumeric())
    {
        return None;
    }
    let mut name = String::new();
    for (index, letter) in class.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    Some(name)
}

/// The prefix of a tier; `None` where a class alone does not say the name.
pub(super) fn prefix(tier: Tier) -> Option<&'static str> {
    match tier {
        Tier::Manual => Some(""),
        Tier::Lookup => Some("#"),
        Tier::Imported => Some("_"),
        Tier::Computed => Some("__"),
        Tier::Part | Tier::Base => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_are_those_of_datajoint() {
        let of = |class| snake_case(class);
        assert_eq!(of("ScanInfo").as_deref(), Some("scan_info"));
        assert_eq!(of("EEGTrace2").as_deref(), Some("e_e_g_trace2"));
        assert_eq!(of("Session2D").as_deref(), Some("session2_d"));
        assert_eq!(of("session"), None);
        assert_eq!(of("Scan_Info"), None);
    }
}
