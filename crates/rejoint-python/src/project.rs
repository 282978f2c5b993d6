//! All files of a project together: what their names and expressions are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::interpret::{FileFacts, Interpreter, Returns};
use crate::kinds::{ClassId, ClassInfo, Kind};
use crate::source::SourceFile;
use crate::world::World;

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
