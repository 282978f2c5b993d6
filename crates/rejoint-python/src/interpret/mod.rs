//! Walks the statements of a file in order and works out what each expression is.
//!
//! A small abstract interpreter: names have kinds, branches are joined, loops run twice, function bodies are
//! walked after the scope around them is complete (they run later). Where two ways disagree the kind is
//! unknown. One file per part of the language: `statements`, `imports`, `classes`, `expressions`, `operators`,
//! `calls`; `scopes` and `members` say what a name and what an attribute holds.

mod calls;
mod classes;
mod expressions;
mod imports;
mod members;
mod operators;
mod scopes;
mod statements;
mod vars;

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::kinds::{ClassId, ClassInfo, Kind};
use crate::look_ahead::Rebound;
use crate::project::World;
use crate::source::SourceFile;
use scopes::{Scope, ScopeKind};
use vars::Vars;

/// What one walk over a file found.
#[derive(Debug, Default)]
pub(crate) struct FileFacts {
    /// Names at module level and what they hold at the end.
    pub(crate) exports: FxHashMap<String, Kind>,
    /// Kinds of expressions by range.
    pub(crate) kinds: FxHashMap<(u32, u32), Kind>,
    /// Classes defined in the file.
    pub(crate) classes: FxHashMap<ClassId, ClassInfo>,
    /// Dotted paths outside the project that are used as tables for certain.
    pub(crate) evidence: FxHashSet<Arc<str>>,
    /// Dotted paths outside the project on which a method of tables is called.
    pub(crate) externals: FxHashSet<Arc<str>>,
    /// Files of the project this one imports.
    pub(crate) imports: FxHashSet<u32>,
    /// Whether the file imports DataJoint.
    pub(crate) imports_datajoint: bool,
}

struct Deferred<'a> {
    function: &'a ast::StmtFunctionDef,
    scope: usize,
    class: Option<ClassId>,
    method_of: Option<ClassId>,
}

pub(crate) struct Interpreter<'a> {
    file: u32,
    world: &'a World,
    facts: FileFacts,
    scopes: Vec<Scope>,
    current: usize,
    class_stack: Vec<ClassId>,
    method_of: Option<ClassId>,
    deferred: std::collections::VecDeque<Deferred<'a>>,
    /// Names of the module that a function changes through `global`: they hold anything at any time.
    rebound: FxHashSet<Name>,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn run(file: u32, source: &'a SourceFile, world: &'a World, functions: bool) -> FileFacts {
        let mut interpreter = Interpreter {
            file,
            world,
            facts: FileFacts::default(),
            scopes: vec![Scope {
                kind: ScopeKind::Module,
                parent: None,
                vars: Vars::default(),
                joined: FxHashMap::default(),
                locals: FxHashSet::default(),
                globals: FxHashSet::default(),
                evidence: FxHashSet::default(),
            }],
            current: 0,
            class_stack: Vec::new(),
            method_of: None,
            deferred: std::collections::VecDeque::new(),
            rebound: FxHashSet::default(),
        };
        interpreter.marks(source.suite());
        if source.text().contains("global") {
            let mut rebound = Rebound::default();
            for stmt in source.suite() {
                rebound.visit_stmt(stmt);
            }
            interpreter.rebound = rebound.names;
        }
        interpreter.body(source.suite());
        if functions {
            while let Some(deferred) = interpreter.deferred.pop_front() {
                interpreter.function(deferred);
            }
        }
        let mut facts = interpreter.facts;
        if let Some(module) = interpreter.scopes.into_iter().next() {
            facts.exports = module.joined.into_iter().map(|(name, kind)| (name.to_string(), kind)).collect();
        }
        facts
    }
}

pub(crate) fn to_range(expr: &Expr) -> std::ops::Range<usize> {
    let range = expr.range();
    range.start().to_usize()..range.end().to_usize()
}
