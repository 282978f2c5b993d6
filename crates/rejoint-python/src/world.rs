//! What is known about all files while one of them is walked: which module an import means, what each name of it is.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::interpret::Returns;
use crate::kinds::{ClassId, ClassInfo, Kind};
use crate::source::{FileKind, SourceFile};

/// What is known about all files while one of them is walked.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) paths: Vec<Vec<String>>,
    pub(crate) by_tail: FxHashMap<String, Vec<u32>>,
    pub(crate) directories: FxHashSet<String>,
    /// The last parts of their paths.
    pub(crate) directory_names: FxHashSet<String>,
    pub(crate) exports: Vec<FxHashMap<String, Kind>>,
    pub(crate) classes: FxHashMap<ClassId, ClassInfo>,
    pub(crate) evidence: FxHashSet<Arc<str>>,
    /// By file: what its functions give back.
    pub(crate) returns: Vec<Returns>,
    /// Names of attributes that any file assigns to.
    pub(crate) assigned: FxHashSet<Name>,
    /// By file: methods that a class below has its own of, as `Class.method`.
    pub(crate) overridden: FxHashMap<u32, FxHashSet<String>>,
}

impl World {
    pub(crate) fn new(files: &[SourceFile]) -> World {
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

    pub(crate) fn note_overridden(&mut self) {
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
