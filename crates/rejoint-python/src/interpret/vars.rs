//! What the names of a scope hold now, with layers for branches that may or may not be taken.

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::kinds::Kind;

/// What was bound in a branch.
pub(super) type Layer = FxHashMap<Name, Kind>;

/// Names and what they hold. A branch writes into a layer of its own, so that nothing is copied for the names it
/// does not touch.
#[derive(Debug, Default)]
pub(super) struct Vars {
    base: Layer,
    branches: Vec<Layer>,
}

impl Vars {
    pub(super) fn get(&self, name: &Name) -> Option<&Kind> {
        self.branches.iter().rev().find_map(|layer| layer.get(name)).or_else(|| self.base.get(name))
    }

    pub(super) fn insert(&mut self, name: Name, kind: Kind) {
        self.branches.last_mut().unwrap_or(&mut self.base).insert(name, kind);
    }

    /// Begins a branch.
    pub(super) fn enter(&mut self) {
        self.branches.push(Layer::default());
    }

    /// Ends a branch: everything is as before it. What it bound.
    pub(super) fn leave(&mut self) -> Layer {
        self.branches.pop().unwrap_or_default()
    }

    /// Binds names as a branch did that was taken.
    pub(super) fn take(&mut self, layer: Layer) {
        for (name, kind) in layer {
            self.insert(name, kind);
        }
    }

    /// Binds names as a branch did that may have been taken.
    pub(super) fn take_perhaps(&mut self, layer: Layer) {
        for (name, kind) in layer {
            let kind = joined(self.get(&name).cloned(), Some(kind)).unwrap_or(Kind::Unknown);
            self.insert(name, kind);
        }
    }

    /// Binds names as one of some branches did; `may_skip`: or as before them.
    pub(super) fn take_one_of(&mut self, layers: &[Layer], may_skip: bool) {
        let names: FxHashSet<&Name> = layers.iter().flat_map(Layer::keys).collect();
        for name in names {
            let before = self.get(name).cloned();
            let mut kind = if may_skip { before.clone() } else { None };
            for layer in layers {
                kind = joined(kind, layer.get(name).cloned().or_else(|| before.clone()));
            }
            if let Some(kind) = kind {
                self.insert(name.clone(), kind);
            }
        }
    }

    /// What one of two branches bound.
    pub(super) fn either(&self, mut one: Layer, other: &Layer) -> Layer {
        for (name, kind) in &mut one {
            if !other.contains_key(name)
                && let Some(before) = self.get(name)
            {
                *kind = kind.clone().join(before.clone());
            }
        }
        for (name, kind) in other {
            let first = one.get(name).or_else(|| self.get(name)).cloned();
            if let Some(kind) = joined(first, Some(kind.clone())) {
                one.insert(name.clone(), kind);
            }
        }
        one
    }
}

/// A name that is bound on one way only holds what that way gives it.
fn joined(one: Option<Kind>, other: Option<Kind>) -> Option<Kind> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.join(other)),
        (one, other) => one.or(other),
    }
}
