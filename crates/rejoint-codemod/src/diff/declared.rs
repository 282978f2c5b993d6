//! The tables that the code of a project declares.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rejoint_defn::{
    Code, CompiledTable, Dialect, ParentColumn, ParentTable, Parents, Settings, TableName, compile, parse,
};
use rejoint_model::Catalog;
use rejoint_python::{ClassId, ClassInfo, FileKind, Kind, Project, SourceFile, Tier, range_of};

use super::compare;
use super::names::{ClassSite, SchemaName, SchemaNames, class_sites, prefix, snake_case};
use super::report::{DiffReport, Place, Undecided};
use crate::error::CodemodError;

/// The name of a schema that the code computes, given by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaOf {
    /// The file: its path, or the end of it (`lab/session.py`).
    pub file: String,
    /// The name of the schema object in that file; `None` for every one whose name the code computes.
    pub variable: Option<String>,
    /// The schema.
    pub schema: String,
}

impl SchemaOf {
    /// Reads `FILE=NAME` or `FILE:VARIABLE=NAME`. `None` when it is neither.
    pub fn from_text(text: &str) -> Option<SchemaOf> {
        let (place, schema) = text.rsplit_once('=')?;
        let (file, variable) = match place.rsplit_once(':') {
            Some((file, variable)) if variable.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                (file, Some(variable.to_owned()))
            }
            _ => (place, None),
        };
        (!file.is_empty() && !schema.is_empty()).then(|| SchemaOf {
            file: file.to_owned(),
            variable,
            schema: schema.to_owned(),
        })
    }
}

/// What the caller knows.
#[derive(Debug, Clone, Default)]
pub struct DiffOptions {
    /// By whose rules to read the definitions; by evidence when `None`.
    pub dialect: Option<Dialect>,
    /// Names of schemas that the code computes.
    pub schema_of: Vec<SchemaOf>,
}

/// A table class with its place and name.
#[derive(Debug, Clone)]
struct Declared {
    id: ClassId,
    place: Place,
    name: TableName,
    definition: Result<String, String>,
}

/// The tables of a project, before a database is looked at.
#[derive(Debug)]
pub struct CodeTables {
    project: Project,
    tables: Vec<Declared>,
    undecided: Vec<Undecided>,
    virtual_schemas: BTreeSet<String>,
    /// Schemas of virtual modules by file and name.
    virtual_modules: BTreeMap<(usize, String), String>,
    pub(super) dialect: Dialect,
    dialect_because: String,
}

/// One table with what its definition declares.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) place: Place,
    pub(super) name: rejoint_model::TableName,
    pub(super) table: Result<CompiledTable, String>,
}

impl CodeTables {
    /// Reads the Python files and notebooks below the paths.
    ///
    /// # Errors
    ///
    /// [`CodemodError::Read`] when a path cannot be read; [`CodemodError::Decisions`] when a [`SchemaOf`] names no file,
    /// or the dialect cannot be told.
    pub fn read(paths: &[PathBuf], options: &DiffOptions) -> Result<CodeTables, CodemodError> {
        let mut texts = Vec::new();
        let mut undecided = Vec::new();
        for (path, bytes) in crate::read_files(paths)? {
            let path = path.to_string_lossy().into_owned();
            match String::from_utf8(bytes) {
                Ok(text) => texts.push((path, text)),
                Err(_) => undecided.push(unread(&path, "the file is not UTF-8")),
            }
        }
        let mut tables = CodeTables::from_texts(texts, options)?;
        tables.undecided.extend(undecided);
        Ok(tables)
    }

    /// As [`CodeTables::read`], from paths and texts.
    ///
    /// # Errors
    ///
    /// [`CodemodError::Decisions`].
    pub fn from_texts(
        texts: Vec<(String, String)>,
        options: &DiffOptions,
    ) -> Result<CodeTables, CodemodError> {
        let mut undecided = Vec::new();
        let mut files = Vec::new();
        for (path, text) in texts {
            let kind = if path.ends_with(".ipynb") { FileKind::Notebook } else { FileKind::Script };
            match SourceFile::parse(path.clone(), text, kind) {
                Ok(file) => {
                    if let Some(problem) = file.problems().first() {
                        let place = Place::new(&path, file.position(problem.offset), "");
                        let reason = format!("the file does not parse: {}", problem.message);
                        undecided.push(Undecided { place, reason, table: None });
                    }
                    files.push(file);
                }
                Err(problem) => undecided.push(unread(&path, &problem.to_string())),
            }
        }
        let project = Project::analyze(files);
        let mut answers = BTreeMap::new();
        for given in &options.schema_of {
            let wanted = given.file.replace('\\', "/");
            let wanted = wanted.trim_start_matches("./");
            let mut matching = project.files().iter().enumerate().filter(|(_, file)| {
                let path = file.path().replace('\\', "/");
                path == given.file || path == wanted || path.ends_with(&format!("/{wanted}"))
            });
            match (matching.next(), matching.next()) {
                (Some((file, _)), None) => {
                    answers.insert((file, given.variable.clone()), given.schema.clone());
                }
                (None, _) => {
                    return Err(decision(format!("there is no file `{}` among those read", given.file)));
                }
                (Some(_), Some(_)) => {
                    return Err(decision(format!(
                        "more than one file ends in `{}`: give more of its path",
                        given.file
                    )));
                }
            }
        }
        let (tables, virtual_schemas, virtual_modules) = {
            let names = SchemaNames::new(&project, answers);
            let mut finder =
                Finder { project: &project, names: &names, tables: Vec::new(), undecided: &mut undecided };
            finder.run();
            let tables = finder.tables;
            let virtual_schemas = names.all_known().map(str::to_owned).collect();
            (tables, virtual_schemas, virtual_modules(&project, &names))
        };
        let (dialect, dialect_because) = match options.dialect {
            Some(dialect) => (dialect, "it was asked for".to_owned()),
            None => evidence(&tables)?,
        };
        Ok(CodeTables {
            project,
            tables,
            undecided,
            virtual_schemas,
            virtual_modules,
            dialect,
            dialect_because,
        })
    }

    /// The schemas to read from the database: those that tables are declared in, and those of virtual modules, which
    /// foreign keys may refer to.
    pub fn schemas(&self) -> Vec<String> {
        let mut schemas: BTreeSet<String> = self.virtual_schemas.clone();
        schemas.extend(self.tables.iter().map(|table| table.name.schema.clone()));
        schemas.into_iter().collect()
    }

    /// Every table with what its definition declares, and everything that cannot be told.
    pub(super) fn compiled(&self, catalog: &Catalog) -> (Vec<Compiled>, Vec<Undecided>) {
        let compiler = Compiler { code: self, catalog, done: RefCell::new(BTreeMap::new()) };
        let compiled: Vec<Compiled> = self
            .tables
            .iter()
            .map(|declared| Compiled {
                place: declared.place.clone(),
                name: rejoint_model::TableName::new(&declared.name.schema, &declared.name.table),
                table: compiler.table(declared.id),
            })
            .collect();
        let mut undecided = self.undecided.clone();
        for table in &compiled {
            if let Err(reason) = &table.table {
                let (place, name) = (table.place.clone(), Some(table.name.to_string()));
                undecided.push(Undecided { place, reason: reason.clone(), table: name });
            }
        }
        (compiled, undecided)
    }

    /// Compares with what a database has. The catalog must hold those of [`CodeTables::schemas`] that exist.
    pub fn compare(&self, catalog: &Catalog) -> DiffReport {
        let (compiled, undecided) = self.compiled(catalog);
        let schemas: BTreeSet<String> = self.tables.iter().map(|table| table.name.schema.clone()).collect();
        DiffReport {
            dialect: match self.dialect {
                Dialect::V0 => "0.14",
                Dialect::V2 => "2.x",
            },
            dialect_because: self.dialect_because.clone(),
            compared: compiled.iter().filter(|c| c.table.is_ok() && catalog.table(&c.name).is_some()).count(),
            differences: compare::differences(&compiled, &schemas, catalog),
            schemas: schemas.into_iter().collect(),
            undecided,
        }
    }
}

fn decision(reason: String) -> CodemodError {
    CodemodError::Decisions { reason }
}

fn unread(path: &str, reason: &str) -> Undecided {
    let start = rejoint_python::Position { cell: None, line: 1, column: 1 };
    Undecided { place: Place::new(path, start, ""), reason: reason.to_owned(), table: None }
}

/// Which generation the definitions are written for.
fn evidence(tables: &[Declared]) -> Result<(Dialect, String), CodemodError> {
    let mut modern: Option<&Place> = None;
    let mut legacy: Option<&Place> = None;
    for table in tables {
        let Ok(text) = &table.definition else { continue };
        let definition = parse(text, Dialect::V0);
        if definition.first_modern_type().is_some() {
            modern.get_or_insert(&table.place);
        }
        // Stores written the old way: `blob@raw`, `attach`, `filepath@raw`.
        let old = definition.attributes().any(|(attribute, _)| {
            let word = attribute.type_text.trim();
            ["blob", "attach", "filepath"].iter().any(|kind| {
                word.strip_prefix(kind)
                    .is_some_and(|rest| rest.starts_with('@') || rest.is_empty() && *kind != "blob")
            })
        });
        if old {
            legacy.get_or_insert(&table.place);
        }
    }
    match (modern, legacy) {
        (Some(modern), Some(legacy)) => Err(decision(format!(
            "{modern} is written for 2.x and {legacy} for 0.x: say whose rules hold (--dialect)"
        ))),
        (Some(modern), None) => Ok((Dialect::V2, format!("{modern} has a type that only 2.x knows"))),
        (None, Some(legacy)) => Ok((Dialect::V0, format!("{legacy} has a type that only 0.x knows"))),
        (None, None) => Ok((Dialect::V0, "no definition has a type that only 2.x knows".to_owned())),
    }
}

fn virtual_modules(project: &Project, names: &SchemaNames<'_>) -> BTreeMap<(usize, String), String> {
    let mut found = BTreeMap::new();
    for (file, source) in project.files().iter().enumerate() {
        for word in source.text().split(|c: char| !c.is_alphanumeric() && c != '_') {
            if !word.is_empty()
                && project.resolve(file, word) == Kind::VirtualModule
                && let Some(SchemaName::Known(schema)) = names.of_name(file, word, 0)
            {
                found.insert((file, word.to_owned()), schema);
            }
        }
    }
    found
}

struct Finder<'a, 'u> {
    project: &'a Project,
    names: &'u SchemaNames<'a>,
    tables: Vec<Declared>,
    undecided: &'u mut Vec<Undecided>,
}

impl<'a> Finder<'a, '_> {
    fn run(&mut self) {
        for (file, source) in self.project.files().iter().enumerate() {
            let sites = class_sites(source.suite());
            for (id, info) in self.project.classes(file) {
                let Some(tier) = info.tier else { continue };
                if info.master.is_some() {
                    continue;
                }
                let start = usize::try_from(id.start).unwrap_or(usize::MAX);
                let Some(site) = sites.get(&start) else { continue };
                let place = self.place(id, info, site);
                match self.names.of_class(id, site) {
                    None => {}
                    Some(SchemaName::Unknown(reason)) => self.undecided.push(Undecided {
                        reason: format!("{reason}: give it with --schema-of {}=NAME", source.path()),
                        place,
                        table: None,
                    }),
                    Some(SchemaName::Known(schema)) => self.master(id, info, tier, place, &schema),
                }
            }
        }
    }

    fn place(&self, id: ClassId, info: &ClassInfo, site: &ClassSite<'_>) -> Place {
        let source = usize::try_from(id.file).ok().and_then(|file| self.project.files().get(file));
        let position = source.map_or(rejoint_python::Position { cell: None, line: 1, column: 1 }, |source| {
            source.position(range_of(&site.stmt.name).start)
        });
        Place::new(source.map_or("", |source| source.path()), position, &info.qualified_name)
    }

    fn master(&mut self, id: ClassId, info: &ClassInfo, tier: Tier, place: Place, schema: &str) {
        let base = match (prefix(tier), snake_case(info.name())) {
            (Some(prefix), Some(name)) if !info.members.contains_key("table_name") => {
                format!("{prefix}{name}")
            }
            _ => {
                self.undecided.push(Undecided {
                    reason: "the name of the table cannot be told from the class: its tier is not known, or it sets \
                             table_name, or its name is not in CamelCase"
                        .to_owned(),
                    place,
                    table: None,
                });
                return;
            }
        };
        for (part_id, part) in self.parts(id) {
            let part_place = match self.site_place(part_id, part) {
                Some(place) => place,
                None => place.clone(),
            };
            match snake_case(part.name()) {
                Some(name) => self.tables.push(Declared {
                    id: part_id,
                    place: part_place,
                    name: TableName::new(schema, format!("{base}__{name}")),
                    definition: self.definition(part_id),
                }),
                None => self.undecided.push(Undecided {
                    place: part_place,
                    reason: "the class name is not in CamelCase: both versions refuse it".to_owned(),
                    table: None,
                }),
            }
        }
        let definition = self.definition(id);
        self.tables.push(Declared { id, place, name: TableName::new(schema, base), definition });
    }

    fn site_place(&self, id: ClassId, info: &ClassInfo) -> Option<Place> {
        let source = self.project.files().get(usize::try_from(id.file).ok()?)?;
        let sites = class_sites(source.suite());
        Some(self.place(id, info, sites.get(&usize::try_from(id.start).ok()?)?))
    }

    /// The parts in the body of a class and of its bases in the project; the nearest of a name.
    fn parts(&self, id: ClassId) -> Vec<(ClassId, &'a ClassInfo)> {
        let project = self.project;
        let mut found: Vec<(ClassId, &'a ClassInfo)> = Vec::new();
        for class in family(project, id) {
            let file = usize::try_from(class.file).unwrap_or(usize::MAX);
            for (part_id, part) in project.classes(file) {
                if part.master == Some(class)
                    && part.tier == Some(Tier::Part)
                    && !found.iter().any(|(_, other)| other.name() == part.name())
                {
                    found.push((part_id, part));
                }
            }
        }
        found
    }

    /// The text of a definition, its own or the nearest inherited one.
    fn definition(&self, id: ClassId) -> Result<String, String> {
        for class in family(self.project, id) {
            let Some(info) = self.project.class(class) else { continue };
            if let Some(site) = &info.definition {
                return site
                    .constant
                    .as_ref()
                    .map(|text| text.to_string())
                    .ok_or_else(|| "the definition is made when the code runs".to_owned());
            }
            if info.methods.iter().any(|method| method == "definition") {
                return Err("the definition is made when the code runs".to_owned());
            }
        }
        Err("the definition is not in the code that was read".to_owned())
    }
}

/// A class and its bases in the project, in the order in which Python looks (near enough: depth first).
fn family(project: &Project, id: ClassId) -> Vec<ClassId> {
    let mut found: Vec<ClassId> = Vec::new();
    let mut stack = vec![id];
    while let Some(next) = stack.pop() {
        if found.contains(&next) || found.len() > 50 {
            continue;
        }
        found.push(next);
        let Some(info) = project.class(next) else { continue };
        stack.extend(info.bases.iter().rev().filter_map(|base| match base {
            Kind::Class(id) => Some(*id),
            Kind::Query(query) => query.table(),
            _ => None,
        }));
    }
    found
}

/// Compiles tables, parents first.
struct Compiler<'a> {
    code: &'a CodeTables,
    catalog: &'a Catalog,
    done: RefCell<BTreeMap<ClassId, Result<CompiledTable, String>>>,
}

impl Compiler<'_> {
    fn table(&self, id: ClassId) -> Result<CompiledTable, String> {
        if let Some(done) = self.done.borrow().get(&id) {
            return done.clone();
        }
        self.done.borrow_mut().insert(id, Err("its foreign keys go in a circle".to_owned()));
        let result = self.compile(id);
        self.done.borrow_mut().insert(id, result.clone());
        result
    }

    fn compile(&self, id: ClassId) -> Result<CompiledTable, String> {
        let declared = self
            .code
            .tables
            .iter()
            .find(|table| table.id == id)
            .ok_or_else(|| "it is not declared in a known schema".to_owned())?;
        if self.code.tables.iter().filter(|table| table.id == id).count() > 1 {
            return Err("several tables inherit this part: which one is meant cannot be told".to_owned());
        }
        let text = declared.definition.clone()?;
        let definition = parse(&text, self.code.dialect);
        let mut settings = Settings::default();
        for (attribute, _) in definition.attributes() {
            if let Some((name, base)) = self.adapter(id, &attribute.type_text) {
                settings.adapters.insert(name, base);
            }
        }
        let failures = RefCell::new(Vec::new());
        let parents = ClassParents { compiler: self, id, schema: &declared.name.schema, failures: &failures };
        compile(&definition, &declared.name, &parents, &settings)
            .map_err(|error| refusal(&error, &failures.borrow()))
    }

    /// `attribute_type` of the 0.x adapter that a type names, if the code says it.
    fn adapter(&self, id: ClassId, type_text: &str) -> Option<(String, String)> {
        let name = type_text.trim().strip_prefix('<')?.strip_suffix('>')?;
        let instance = self.code.project.resolve(usize::try_from(id.file).ok()?, name);
        let Kind::Instance(class) = instance else { return None };
        family(&self.code.project, class).into_iter().find_map(|class| {
            match self.code.project.class(class)?.members.get("attribute_type")? {
                Kind::Text(base) => Some((name.to_owned(), base.to_string())),
                _ => None,
            }
        })
    }

    /// A table that is only in the database, by the name of its class in a virtual module.
    fn of_virtual_module(&self, schema: &str, class: &str) -> Option<ParentTable> {
        let (master, part) = match class.split_once('.') {
            Some((master, part)) => (master, Some(part)),
            None => (class, None),
        };
        let mut base = snake_case(master)?;
        if let Some(part) = part {
            base = format!("{base}__{}", snake_case(part)?);
        }
        let mut found = ["", "#", "_", "__"].iter().filter_map(|prefix| {
            let name = rejoint_model::TableName::new(schema, format!("{prefix}{base}"));
            self.catalog.table(&name)
        });
        match (found.next(), found.next()) {
            (Some(table), None) => Some(from_catalog(table)),
            _ => None,
        }
    }
}

/// What keeps a definition from being compiled, without what only follows from a parent that is not known.
fn refusal(error: &rejoint_defn::Error, failures: &[(String, String)]) -> String {
    let rejoint_defn::Error::Refused { problems } = error else { return error.to_string() };
    let parent_missing = problems.iter().any(|problem| problem.code == Code::UnknownParent);
    let mut reasons: Vec<String> = problems
        .iter()
        .filter(|problem| !(parent_missing && problem.code == Code::EmptyKey))
        .filter(|problem| failures.is_empty() || problem.code != Code::UnknownParent)
        .map(ToString::to_string)
        .collect();
    for (path, why) in failures {
        let reason = match why.starts_with(REFUSED) {
            true => format!("`{path}`, which it refers to, is undecided itself"),
            false => format!("`{path}`, which it refers to: {why}"),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    format!("{REFUSED} {}", reasons.join("; "))
}

/// How the reason of an undecided definition begins.
const REFUSED: &str = "it cannot be told what the definition declares:";

/// A table of the database as a parent.
fn from_catalog(table: &rejoint_model::Table) -> ParentTable {
    let key = table.primary_key();
    ParentTable {
        name: TableName::new(&table.name.schema, &table.name.table),
        key: table
            .columns
            .iter()
            .filter(|column| key.contains(&column.name.as_str()) && !column.is_hidden())
            .map(|column| {
                let (marker, comment) = rejoint_model::split_marker(&column.comment);
                ParentColumn {
                    name: column.name.clone(),
                    sql_type: compare::normal_type(&column.sql_type),
                    comment: comment.to_owned(),
                    is_uuid: marker.is_some_and(|marker| marker.eq_ignore_ascii_case("uuid")),
                }
            })
            .collect(),
    }
}

struct ClassParents<'a> {
    compiler: &'a Compiler<'a>,
    id: ClassId,
    schema: &'a str,
    failures: &'a RefCell<Vec<(String, String)>>,
}

impl Parents for ClassParents<'_> {
    fn table(&self, path: &str) -> Option<ParentTable> {
        let code = self.compiler.code;
        let file = usize::try_from(self.id.file).ok()?;
        let fail = |why: &str| {
            self.failures.borrow_mut().push((path.to_owned(), why.to_owned()));
            None
        };
        if let Some((schema, table)) = path.trim().split_once("`.`") {
            let (schema, table) = (schema.trim_start_matches('`'), table.trim_end_matches('`'));
            let declared = code.tables.iter().find(|t| t.name.schema == schema && t.name.table == table);
            if let Some(declared) = declared {
                return self
                    .compiler
                    .table(declared.id)
                    .map_or_else(|why| fail(&why), |t| Some(t.as_parent()));
            }
            let name = rejoint_model::TableName::new(schema, table);
            return self.compiler.catalog.table(&name).map(from_catalog);
        }
        let info = code.project.class(self.id)?;
        let master = info.master.and_then(|master| code.project.class(master).map(|info| (master, info)));
        if path == "master" {
            let (id, _) = master?;
            // A part that a base brings belongs to the table that inherits it: which one, only the name says.
            return self.compiler.table(id).map_or_else(|why| fail(&why), |t| Some(t.as_parent()));
        }
        // A part sees the names of the module, its master, `master` and `self`; not the names in its master's body.
        let kind = match path.split_once('.') {
            Some(("master", rest)) => master
                .as_ref()
                .and_then(|(_, master)| master.members.get(rest).cloned())
                .unwrap_or(Kind::Unknown),
            Some(("self", rest)) => info.members.get(rest).cloned().unwrap_or(Kind::Unknown),
            _ => code.project.resolve(file, path),
        };
        if let Kind::Query(query) = &kind
            && let Some(id) = query.table()
        {
            return self.compiler.table(id).map_or_else(|why| fail(&why), |t| Some(t.as_parent()));
        }
        let (module, class) = path.split_once('.')?;
        let schema = code.virtual_modules.get(&(file, module.to_owned()))?;
        let found = self.compiler.of_virtual_module(schema, class);
        if found.is_none() {
            return fail(&format!(
                "no table of this name is in `{schema}` (for a table of `{}`)",
                self.schema
            ));
        }
        found
    }
}
