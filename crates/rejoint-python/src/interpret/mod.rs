//! Walks the statements of a file in order and works out what each expression is.
//!
//! A small abstract interpreter: names have kinds, branches are joined, loops run twice, function bodies are
//! walked after the scope around them is complete (they run later). Where two ways disagree the kind is
//! unknown. One file per part of the language: `statements`, `imports`, `classes`, `functions`, `expressions`, `operators`,
//! `calls`; `scopes` and `members` say what a name and what an attribute holds.

mod calls;
mod classes;
mod expressions;
mod functions;
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

use crate::kinds::{ClassId, ClassInfo, Function, Kind};
use crate::look_ahead::Rebound;
use crate::source::SourceFile;
use crate::world::World;
use scopes::{Scope, ScopeKind};
use vars::Vars;

/// What functions give back, by their offset.
pub(crate) type Returns = FxHashMap<u32, Kind>;

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
    /// What its functions give back, by the offset of each; only what is worth knowing.
    pub(crate) returns: Returns,
    /// Functions of the project that it calls, by file and offset.
    pub(crate) calls: FxHashSet<(u32, u32)>,
    /// Names of attributes that are assigned to: a function of such a name may be another one when it is called.
    pub(crate) assigned: FxHashSet<Name>,
}

struct Deferred<'a> {
    function: &'a ast::StmtFunctionDef,
    scope: usize,
    class: Option<ClassId>,
    method_of: Option<ClassId>,
    /// Itself, when what it gives back is what its `return` statements say.
    returning: Option<Function>,
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
    /// What the functions of this file give back, from the last walk.
    own: &'a Returns,
    /// What the function that is walked has given back so far.
    returned: Option<Kind>,
    /// Names of the module that a function changes through `global`: they hold anything at any time.
    rebound: FxHashSet<Name>,
}

impl<'a> Interpreter<'a> {
    /// Walks a file; `functions`: the bodies of its functions too. `own`: what they gave back when last walked.
    pub(crate) fn run(
        file: u32,
        source: &'a SourceFile,
        world: &'a World,
        functions: bool,
        own: &'a Returns,
    ) -> FileFacts {
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
            own,
            returned: None,
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
