//! All files of a project together: which module an import means, what each name of it is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use ruff_python_ast::Expr;
use ruff_python_ast::name::Name;
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::interpret::{FileFacts, Interpreter, Returns};
use crate::kinds::{ClassId, ClassInfo, Kind};
use crate::source::{FileKind, SourceFile};

/// What is known about all files while one of them is walked.
#[derive(Debug, Default)]
pub(crate) struct World {
    paths: Vec<Vec<String>>,
    by_tail: FxHashMap<String, Vec<u32>>,
    directories: FxHashSet<String>,
    /// The last parts of their paths.
    directory_names: FxHashSet<String>,
    exports: Vec<FxHashMap<String, Kind>>,
    classes: FxHashMap<ClassId, ClassInfo>,
    evidence: FxHashSet<Arc<str>>,
    /// By file: what its functions give back.
    returns: Vec<Returns>,
    /// Names of attributes that any file assigns to.
    assigned: FxHashSet<Name>,
    /// By file: methods that a class below has its own of, as `Class.method`.
    overridden: FxHashMap<u32, FxHashSet<String>>,
}

/// Files and what their names and expressions are.
#[derive(Debug)]
pub struct Project {
    files: Vec<SourceFile>,
    facts: Vec<FileFacts>,
    /// By file: dotted paths elsewhere that it alone shows to be tables.
    shown: Vec<FxHashSet<Arc<str>>>,
    /// By file: dotted paths that it mentions and that were shown to be tables, here or in another file.
    resolved: Vec<FxHashSet<Arc<str>>>,
    world: World,
}

/// Rounds of importing names from each other; chains of re-exports longer than this stay unknown.
const ROUNDS: usize = 6;

/// Rounds of functions that give back what other functions give back.
const RETURNS: usize = 4;

impl Project {
    /// Works out the names and expressions of all files together.
    ///
    /// Paths are used to resolve imports: give them all from one place. Files that did not parse take part with
    /// nothing in them. Never fails: what cannot be known is [`Kind::Unknown`].
    pub fn analyze(files: Vec<SourceFile>) -> Project {
        let mut world = World::new(&files);
        let count = files.len();
        world.exports = vec![FxHashMap::default(); count];
        world.returns = vec![Returns::default(); count];
        let mut project = Project {
            facts: std::iter::repeat_with(FileFacts::default).take(count).collect(),
            shown: vec![FxHashSet::default(); count],
            resolved: vec![FxHashSet::default(); count],
            files,
            world,
        };
        project.learn((0..count as u32).collect());
        project
    }

    /// Works out anew what depends on files that were changed by [`Project::replace`], as [`Project::analyze`]
    /// would. The indices of all files about which something may be new, in order.
    pub fn renew(&mut self, changed: &[usize]) -> Vec<usize> {
        let changed: FxHashSet<u32> = changed.iter().filter_map(|file| u32::try_from(*file).ok()).collect();
        let affected = self.with_importers(changed);
        let walked = self.learn(affected);
        self.with_importers(walked).into_iter().map(|file| file as usize).collect()
    }

    /// The files, and those that import one of them, and so on; in order.
    fn with_importers(&self, mut found: FxHashSet<u32>) -> Vec<u32> {
        let mut importers: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (file, facts) in self.facts.iter().enumerate() {
            for used in &facts.imports {
                importers.entry(*used).or_default().push(file as u32);
            }
        }
        let mut queue: Vec<u32> = found.iter().copied().collect();
        while let Some(file) = queue.pop() {
            for importer in importers.get(&file).into_iter().flatten() {
                if found.insert(*importer) {
                    queue.push(*importer);
                }
            }
        }
        let mut found: Vec<u32> = found.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// Works out files of which nothing is known yet, with what is known of the others: no other file imports one
    /// of them. The files walked.
    fn learn(&mut self, which: Vec<u32>) -> FxHashSet<u32> {
        let Project { files, facts, shown, resolved, world } = self;
        let mut walked: FxHashSet<u32> = which.iter().copied().collect();
        world.classes.retain(|id, _| !walked.contains(&id.file));
        for file in &which {
            if let Some(exports) = world.exports.get_mut(*file as usize) {
                exports.clear();
            }
            if let Some(returns) = world.returns.get_mut(*file as usize) {
                returns.clear();
            }
        }
        let evidence_before = std::mem::take(&mut world.evidence);
        let mut imports: FxHashMap<u32, FxHashSet<u32>> = FxHashMap::default();
        modules(files, world, &which, which.clone(), &mut imports);
        let mut pending = which.clone();
        for round in 0..=RETURNS {
            let mut changed: FxHashSet<(u32, u32)> = FxHashSet::default();
            for (file, mut found) in walk(files, world, &pending, true) {
                world.classes.extend(found.classes.iter().map(|(id, info)| (*id, info.clone())));
                if let Some(slot) = shown.get_mut(file as usize) {
                    *slot = std::mem::take(&mut found.evidence);
                }
                if let Some(slot) = world.returns.get_mut(file as usize) {
                    let starts = slot.keys().chain(found.returns.keys());
                    let other = starts.filter(|start| slot.get(*start) != found.returns.get(*start));
                    changed.extend(other.map(|start| (file, *start)));
                    slot.clone_from(&found.returns);
                }
                if let Some(slot) = facts.get_mut(file as usize) {
                    *slot = found;
                }
            }
            if round == 0 {
                world.assigned = facts.iter().flat_map(|facts| &facts.assigned).cloned().collect();
                world.note_overridden();
            }
            // Those who call a function of which something new is known look again, and all that see them.
            let calls = |file: &u32| {
                facts.get(*file as usize).is_some_and(|facts| !facts.calls.is_disjoint(&changed))
            };
            let callers: Vec<u32> = which.iter().copied().filter(calls).collect();
            if changed.is_empty() || callers.is_empty() {
                break;
            }
            pending = modules(files, world, &which, callers, &mut imports);
        }
        // Evidence found anywhere counts everywhere: those who mention such a name look again.
        world.evidence = shown.iter().flatten().cloned().collect();
        let gained: FxHashSet<Arc<str>> = world.evidence.difference(&evidence_before).cloned().collect();
        let mut again: Vec<u32> = Vec::new();
        for (file, facts) in facts.iter().enumerate() {
            let Some(known) = resolved.get_mut(file) else { continue };
            let new = walked.contains(&(file as u32));
            if new {
                known.clear();
            }
            let lost = known.iter().any(|path| !world.evidence.contains(path));
            known.retain(|path| world.evidence.contains(path));
            let wanted = if new { &world.evidence } else { &gained };
            let mut found = false;
            if !wanted.is_empty() {
                for kind in facts.kinds.values() {
                    if let Kind::External(path) = kind
                        && wanted.contains(path)
                    {
                        found = true;
                        known.insert(path.clone());
                    }
                }
            }
            if lost || found {
                again.push(file as u32);
            }
        }
        for (file, found) in walk(files, world, &again, true) {
            if let Some(slot) = facts.get_mut(file as usize) {
                *slot = found;
            }
        }
        walked.extend(again);
        walked
    }

    /// The files, in the order given.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Puts changed texts of files in place of the old ones and walks those files again, with what is known of
    /// the others unchanged.
    pub fn replace(&mut self, changed: Vec<(usize, SourceFile)>) {
        let world = &self.world;
        let walked: Vec<(usize, SourceFile, FileFacts)> = changed
            .into_par_iter()
            .map(|(index, file)| {
                // The functions have moved: what they give back is found first.
                let mut returns = Returns::default();
                let mut facts = Interpreter::run(index as u32, &file, world, true, &returns);
                for _ in 0..RETURNS {
                    let own = facts.calls.iter().any(|(called, _)| *called == index as u32);
                    if !own || facts.returns == returns {
                        break;
                    }
                    returns = std::mem::take(&mut facts.returns);
                    facts = Interpreter::run(index as u32, &file, world, true, &returns);
                }
                (index, file, facts)
            })
            .collect();
        for (index, file, found) in walked {
            if let (Some(slot), Some(facts)) = (self.files.get_mut(index), self.facts.get_mut(index)) {
                *slot = file;
                *facts = found;
            }
        }
    }

    /// What an expression of a file is.
    pub fn kind(&self, file: usize, expr: &Expr) -> Kind {
        if let Expr::StringLiteral(text) = expr {
            return Kind::Text(Arc::from(text.value.to_str()));
        }
        self.known(file, expr).cloned().unwrap_or(Kind::Unknown)
    }

    /// What an expression of a file that is no literal is, if that is known.
    pub fn known(&self, file: usize, expr: &Expr) -> Option<&Kind> {
        let range = expr.range();
        self.facts.get(file)?.kinds.get(&(range.start().to_u32(), range.end().to_u32()))
    }

    /// Whether a file imports DataJoint, or a file of the project that does.
    pub fn uses_datajoint(&self, file: usize) -> bool {
        let imports = |file: usize| self.facts.get(file).is_some_and(|facts| facts.imports_datajoint);
        imports(file)
            || self
                .facts
                .get(file)
                .is_some_and(|facts| facts.imports.iter().any(|used| imports(*used as usize)))
    }

    /// The class behind an id.
    pub fn class(&self, id: ClassId) -> Option<&ClassInfo> {
        self.facts
            .get(id.file as usize)
            .and_then(|facts| facts.classes.get(&id))
            .or_else(|| self.world.classes.get(&id))
    }

    /// The classes of a file, in order.
    pub fn classes(&self, file: usize) -> BTreeMap<ClassId, &ClassInfo> {
        self.facts
            .get(file)
            .map(|facts| facts.classes.iter().map(|(id, info)| (*id, info)).collect())
            .unwrap_or_default()
    }

    /// What a dotted name means at module level of a file (as in a foreign-key line).
    pub fn resolve(&self, file: usize, dotted: &str) -> Kind {
        let mut parts = dotted.split('.');
        let Some(first) = parts.next() else { return Kind::Unknown };
        let mut kind = match self.facts.get(file).and_then(|facts| facts.exports.get(first)) {
            Some(kind) => kind.clone(),
            None => return Kind::Unknown,
        };
        for part in parts {
            kind = match &kind {
                Kind::Module(module) => {
                    match self.facts.get(*module as usize).and_then(|f| f.exports.get(part)) {
                        Some(kind) => kind.clone(),
                        None => self.world.submodule(*module, part),
                    }
                }
                Kind::Query(query) => match query.table().and_then(|id| self.class(id)) {
                    Some(info) => info.members.get(part).cloned().unwrap_or(Kind::Unknown),
                    None => return Kind::Unknown,
                },
                Kind::Class(id) => match self.class(*id) {
                    Some(info) => info.members.get(part).cloned().unwrap_or(Kind::Unknown),
                    None => return Kind::Unknown,
                },
                _ => return Kind::Unknown,
            };
        }
        kind
    }

    /// The file of the project that `import name` (level 0) or `from ..name import` (the number of dots as level)
    /// means in a file. `None` for what is not in the project.
    pub fn imported_file(&self, file: usize, level: u32, name: &str) -> Option<usize> {
        let importer = u32::try_from(file).ok()?;
        let kind = match level {
            0 => self.world.module(importer, name),
            level => self.world.relative(importer, level, name),
        };
        match kind {
            Kind::Module(found) => usize::try_from(found).ok(),
            _ => None,
        }
    }

    /// Whether a table class, or a class of the project it inherits from, defines a method itself.
    pub fn defines(&self, id: ClassId, method: &str) -> bool {
        let mut queue = vec![id];
        let mut seen = FxHashSet::default();
        while let Some(id) = queue.pop() {
            if !seen.insert(id) {
                continue;
            }
            let Some(info) = self.class(id) else { continue };
            if info.methods.iter().any(|name| name == method) {
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

/// Walks modules without their functions until nothing new comes of it. The files walked, in order.
fn modules(
    files: &[SourceFile],
    world: &mut World,
    which: &[u32],
    mut pending: Vec<u32>,
    imports: &mut FxHashMap<u32, FxHashSet<u32>>,
) -> Vec<u32> {
    let mut walked: FxHashSet<u32> = FxHashSet::default();
    for _ in 0..ROUNDS {
        if pending.is_empty() {
            break;
        }
        walked.extend(&pending);
        let mut changed: FxHashSet<u32> = FxHashSet::default();
        for (file, found) in walk(files, world, &pending, false) {
            world.classes.extend(found.classes);
            imports.insert(file, found.imports);
            if let Some(slot) = world.exports.get_mut(file as usize)
                && *slot != found.exports
            {
                *slot = found.exports;
                changed.insert(file);
            }
        }
        pending = which.to_vec();
        pending.retain(|file| {
            imports.get(file).is_some_and(|set| set.iter().any(|used| changed.contains(used)))
        });
    }
    let mut walked: Vec<u32> = walked.into_iter().collect();
    walked.sort_unstable();
    walked
}

fn walk(files: &[SourceFile], world: &World, which: &[u32], functions: bool) -> Vec<(u32, FileFacts)> {
    which
        .par_iter()
        .filter_map(|file| {
            let source = files.get(*file as usize)?;
            let mut facts =
                Interpreter::run(*file, source, world, functions, world.returns.get(*file as usize)?);
            if !functions {
                // Only what other files see is wanted.
                facts.kinds = FxHashMap::default();
            }
            Some((*file, facts))
        })
        .collect()
}

/// The range of an expression, as offsets.
pub fn range_of(node: &impl Ranged) -> Range<usize> {
    let range = node.range();
    range.start().to_usize()..range.end().to_usize()
}

impl World {
    fn new(files: &[SourceFile]) -> World {
        let mut world = World::default();
        for (index, file) in files.iter().enumerate() {
            let path = file.path().replace('\\', "/");
            let mut parts: Vec<String> =
                path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect();
            if let Some(last) = parts.last_mut() {
                *last = last.strip_suffix(".py").unwrap_or(last).to_owned();
            }
            if file.kind() == FileKind::Script {
                for depth in (1..parts.len()).rev() {
                    let folder = parts.get(..depth).unwrap_or_default();
                    if !world.directories.insert(folder.join("/")) {
                        // And so are those above it.
                        break;
                    }
                    world.directory_names.extend(folder.last().cloned());
                }
                if parts.last().is_some_and(|last| last == "__init__") {
                    parts.pop();
                }
                if let Some(last) = parts.last() {
                    world.by_tail.entry(last.clone()).or_default().push(index as u32);
                }
            }
            world.paths.push(parts);
        }
        world
    }

    /// The directory of a file.
    fn directory(&self, file: u32) -> &[String] {
        let parts = self.paths.get(file as usize).map(Vec::as_slice).unwrap_or_default();
        parts.get(..parts.len().saturating_sub(1)).unwrap_or_default()
    }

    /// What `import path` means in a file.
    pub(crate) fn module(&self, importer: u32, path: &str) -> Kind {
        let wanted: Vec<&str> = path.split('.').collect();
        let home = self.directory(importer);
        let mut best: Option<(usize, usize, u32)> = None;
        for file in wanted.last().and_then(|tail| self.by_tail.get(*tail)).into_iter().flatten() {
            let Some(parts) = self.paths.get(*file as usize) else { continue };
            if *file == importer || parts.len() < wanted.len() {
                continue;
            }
            let (root, tail) = parts.split_at(parts.len() - wanted.len());
            if !tail.iter().zip(&wanted).all(|(a, b)| a == b) {
                continue;
            }
            // The folder that would be on sys.path: one that holds the importer, or one below such a folder.
            let shared = root.iter().zip(home).take_while(|(a, b)| a == b).count();
            if root.len() > shared + 1 {
                continue;
            }
            let distance = root.len() - shared;
            let better = match best {
                None => true,
                Some((d, s, _)) => (distance, usize::MAX - shared) < (d, usize::MAX - s),
            };
            if better {
                best = Some((distance, shared, *file));
            }
        }
        if let Some((_, _, file)) = best {
            return Kind::Module(file);
        }
        let is_folder = wanted.last().is_some_and(|tail| self.directory_names.contains(*tail));
        let mut roots = (0..=home.len()).rev().filter_map(|depth| home.get(..depth));
        let found = is_folder
            && roots.any(|root| {
                let parts: Vec<&str> =
                    root.iter().map(String::as_str).chain(wanted.iter().copied()).collect();
                self.directories.contains(&parts.join("/"))
            });
        if found { Kind::Namespace(Arc::from(path)) } else { Kind::External(Arc::from(path)) }
    }

    /// What `from ..module import` means in a file.
    pub(crate) fn relative(&self, importer: u32, level: u32, module: &str) -> Kind {
        let mut parts = self.paths.get(importer as usize).cloned().unwrap_or_default();
        let is_package = self.is_package(importer);
        for _ in 0..level.saturating_sub(u32::from(is_package)) {
            parts.pop();
        }
        parts.extend(module.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        match self.exact(&parts) {
            Some(file) => Kind::Module(file),
            None => Kind::External(Arc::from(parts.join("."))),
        }
    }

    /// Whether the file is an `__init__.py`: its parts then end in its own folder.
    fn is_package(&self, file: u32) -> bool {
        self.paths.get(file as usize).is_some_and(|parts| self.directories.contains(&parts.join("/")))
    }

    fn exact(&self, parts: &[String]) -> Option<u32> {
        let tail = parts.last()?;
        self.by_tail
            .get(tail)?
            .iter()
            .copied()
            .find(|file| self.paths.get(*file as usize).is_some_and(|found| found == parts))
    }

    /// A module inside the package of a file.
    pub(crate) fn submodule(&self, package: u32, name: &str) -> Kind {
        let mut parts = self.paths.get(package as usize).cloned().unwrap_or_default();
        parts.push(name.to_owned());
        match self.exact(&parts) {
            Some(file) => Kind::Module(file),
            None => Kind::Unknown,
        }
    }

    pub(crate) fn export(&self, file: u32, name: &str) -> Option<Kind> {
        self.exports.get(file as usize)?.get(name).cloned()
    }

    pub(crate) fn exports(&self, file: u32) -> impl Iterator<Item = (&String, &Kind)> {
        self.exports.get(file as usize).into_iter().flatten()
    }

    pub(crate) fn class(&self, id: ClassId) -> Option<&ClassInfo> {
        self.classes.get(&id)
    }

    /// What the functions of a file give back.
    pub(crate) fn returns(&self, file: u32) -> Option<&Returns> {
        self.returns.get(file as usize)
    }

    /// Whether some file assigns to an attribute of this name.
    pub(crate) fn is_assigned(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Whether a class below this one has its own method of this name.
    pub(crate) fn is_overridden(&self, file: u32, class: &str, method: &str) -> bool {
        self.overridden.get(&file).is_some_and(|found| found.contains(&format!("{class}.{method}")))
    }

    fn note_overridden(&mut self) {
        let mut overridden: FxHashMap<u32, FxHashSet<String>> = FxHashMap::default();
        for info in self.classes.values() {
            let mut queue: Vec<&Kind> = info.bases.iter().collect();
            let mut seen = FxHashSet::default();
            while let Some(base) = queue.pop() {
                let id = match base {
                    Kind::Class(id) => Some(*id),
                    Kind::Query(query) => query.table(),
                    _ => None,
                };
                let Some(above) = id.filter(|id| seen.insert(*id)).and_then(|id| self.classes.get(&id))
                else {
                    continue;
                };
                queue.extend(&above.bases);
                // A member of any kind hides a method as well as a method does.
                for name in info.methods.iter().chain(info.members.keys()) {
                    overridden
                        .entry(above.id.file)
                        .or_default()
                        .insert(format!("{}.{name}", above.qualified_name));
                }
            }
        }
        self.overridden = overridden;
    }

    pub(crate) fn has_evidence(&self, path: &str) -> bool {
        self.evidence.contains(path)
    }
}
