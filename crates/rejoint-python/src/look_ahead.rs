//! Looks ahead in statements: which names a body binds, and which are used as only tables are.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{self as ast, Expr, Operator, Stmt};
use rustc_hash::FxHashSet;

/// Methods that only tables have.
pub(crate) fn is_mark(call: &ast::ExprCall) -> bool {
    let Expr::Attribute(attribute) = &*call.func else { return false };
    match attribute.attr.as_str() {
        "fetch1" | "insert1" | "delete_quick" | "drop_quick" => true,
        "populate" => call.arguments.keywords.iter().any(|keyword| {
            keyword.arg.as_ref().is_some_and(|name| {
                matches!(name.as_str(), "reserve_jobs" | "suppress_errors" | "display_progress")
            })
        }),
        "fetch" => {
            call.arguments.keywords.iter().any(|keyword| {
                keyword.arg.as_ref().is_some_and(|name| {
                    matches!(name.as_str(), "as_dict" | "format" | "order_by" | "squeeze")
                })
            }) || call
                .arguments
                .args
                .iter()
                .any(|arg| matches!(arg, Expr::StringLiteral(text) if text.value.to_str() == "KEY"))
        }
        "insert" => call.arguments.keywords.iter().any(|keyword| {
            keyword.arg.as_ref().is_some_and(|name| {
                matches!(name.as_str(), "skip_duplicates" | "ignore_extra_fields" | "allow_direct_insert")
            })
        }),
        _ => false,
    }
}

/// The names whose being tables follows from an expression being one.
pub(crate) fn base_names<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) {
    match expr {
        Expr::Name(_) => out.push(expr),
        Expr::Attribute(attribute) => {
            if matches!(&*attribute.value, Expr::Name(_) | Expr::Attribute(_)) {
                out.push(expr);
            }
        }
        Expr::BinOp(operation) => match operation.op {
            Operator::BitAnd | Operator::Sub => base_names(&operation.left, out),
            Operator::Mult => {
                base_names(&operation.left, out);
                base_names(&operation.right, out);
            }
            _ => {}
        },
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(attribute) if attribute.attr.as_str() == "proj" => {
                base_names(&attribute.value, out);
            }
            Expr::Name(name) if call.arguments.is_empty() && is_camel(name.id.as_str()) => {
                out.push(&call.func)
            }
            Expr::Attribute(attribute) if call.arguments.is_empty() && is_camel(attribute.attr.as_str()) => {
                out.push(&call.func);
            }
            _ => {}
        },
        _ => {}
    }
}

/// Whether a name looks like a table class: a capital first and a small letter somewhere.
pub(crate) fn is_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains('_')
        && (name.len() == 1 || name.chars().any(|c| c.is_ascii_lowercase()))
}

/// Whether a dotted path outside the project looks like a table class.
pub fn looks_like_table(path: &str) -> bool {
    is_camel(path.rsplit('.').next().unwrap_or("")) && !is_foreign_package(path)
}

/// Packages whose capitalised members are never tables.
fn is_foreign_package(path: &str) -> bool {
    let root = path.split('.').next().unwrap_or("");
    matches!(
        root,
        "numpy"
            | "np"
            | "pandas"
            | "pd"
            | "scipy"
            | "torch"
            | "matplotlib"
            | "plt"
            | "sklearn"
            | "os"
            | "sys"
            | "pathlib"
            | "collections"
            | "itertools"
            | "datetime"
            | "re"
            | "json"
            | "typing"
            | "enum"
            | "h5py"
            | "decimal"
            | "uuid"
            | "time"
            | "logging"
            | "networkx"
            | "sqlalchemy"
            | "django"
            | "flask"
            | "requests"
            | "pymongo"
            | "spikeinterface"
            | "pynwb"
            | "seaborn"
            | "xarray"
            | "tensorflow"
            | "dataclasses"
            | "abc"
    )
}

pub(crate) struct Marks<'a> {
    pub(crate) found: Vec<&'a Expr>,
}

impl<'a> Visitor<'a> for Marks<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && is_mark(call)
            && let Expr::Attribute(attribute) = &*call.func
        {
            base_names(&attribute.value, &mut self.found);
        }
        walk_expr(self, expr);
    }
}

/// Whether a function is a generator: a `yield` in its own body.
#[derive(Default)]
pub(crate) struct Yields {
    pub(crate) found: bool,
}

impl<'a> Visitor<'a> for Yields {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            ast::visitor::walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Yield(_) | Expr::YieldFrom(_) => self.found = true,
            Expr::Lambda(_) => {}
            _ => walk_expr(self, expr),
        }
    }
}

/// Names declared `global` in functions.
#[derive(Default)]
pub(crate) struct Rebound {
    pub(crate) names: FxHashSet<Name>,
}

impl<'a> Visitor<'a> for Rebound {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Global(global) = stmt {
            self.names.extend(global.names.iter().map(|name| name.id.clone()));
        }
        ast::visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

#[derive(Default)]
pub(crate) struct Locals {
    pub(crate) names: FxHashSet<Name>,
    pub(crate) globals: FxHashSet<Name>,
}

impl Locals {
    fn target(&mut self, expr: &Expr) {
        match expr {
            Expr::Name(name) => {
                self.names.insert(name.id.clone());
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|item| self.target(item)),
            Expr::List(list) => list.elts.iter().for_each(|item| self.target(item)),
            Expr::Starred(starred) => self.target(&starred.value),
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Locals {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                self.names.insert(function.name.id.clone());
                return;
            }
            Stmt::ClassDef(class) => {
                self.names.insert(class.name.id.clone());
                return;
            }
            Stmt::Assign(assign) => assign.targets.iter().for_each(|target| self.target(target)),
            Stmt::AugAssign(assign) => self.target(&assign.target),
            Stmt::AnnAssign(assign) => self.target(&assign.target),
            Stmt::For(each) => self.target(&each.target),
            Stmt::With(with) => {
                with.items
                    .iter()
                    .filter_map(|item| item.optional_vars.as_deref())
                    .for_each(|t| self.target(t));
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    let first = bound.as_str().split('.').next().unwrap_or("");
                    self.names.insert(Name::new(first));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.names.insert(alias.asname.as_ref().unwrap_or(&alias.name).id.clone());
                }
            }
            Stmt::Global(global) => self.globals.extend(global.names.iter().map(|name| name.id.clone())),
            Stmt::Nonlocal(global) => self.globals.extend(global.names.iter().map(|name| name.id.clone())),
            _ => {}
        }
        ast::visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Named(named) => self.target(&named.target),
            Expr::Lambda(_) => return,
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.names.insert(name.id.clone());
        }
        ast::visitor::walk_except_handler(self, handler);
    }

    fn visit_comprehension(&mut self, comprehension: &'a ast::Comprehension) {
        // Its targets live in a scope of their own.
        self.visit_expr(&comprehension.iter);
    }
}
