//! Renames of what the `datajoint` package offers.

use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::{Kind, range_of};

use crate::context::Context;
use crate::rule::Level;

/// `dj.old` becomes `dj.new`. `old` may be dotted (`schemas.Schema`): everything after the package is replaced.
pub(crate) fn rename_member(cx: &mut Context<'_>, expr: &Expr, old: &[&str], new: &str, message: &str) {
    let Expr::Attribute(attribute) = expr else { return };
    let Kind::DataJoint(path) = cx.kind(expr) else { return };
    if !old.contains(&&*path) {
        return;
    }
    // From the package on: one level for a plain name, more for a dotted one.
    let mut base = &*attribute.value;
    for _ in 0..path.matches('.').count() {
        match base {
            Expr::Attribute(inner) => base = &inner.value,
            _ => return,
        }
    }
    if !matches!(cx.kind(base), Kind::DataJoint(path) if path.is_empty()) {
        return;
    }
    let start = range_of(base).end;
    let edit = cx.replace(start..range_of(expr).end, format!(".{new}"));
    cx.change(Level::Safe, start + 1, message, vec![edit]);
}

/// `from datajoint import old` becomes `from datajoint import new as old`.
pub(crate) fn rename_import(cx: &mut Context<'_>, stmt: &Stmt, module: &str, old: &str, new: &str) {
    let Stmt::ImportFrom(import) = stmt else { return };
    let from = import.module.as_ref().map_or("", |name| name.as_str());
    let wanted = if module.is_empty() { "datajoint".to_owned() } else { format!("datajoint.{module}") };
    if import.level != 0 || from != wanted {
        return;
    }
    for alias in &import.names {
        if alias.name.as_str() == old {
            let text =
                if alias.asname.is_some() || old == new { new.to_owned() } else { format!("{new} as {old}") };
            let edit = cx.replace(range_of(&alias.name), text);
            let start = range_of(alias).start;
            cx.change(Level::Safe, start, format!("datajoint.{old} is datajoint.{new} in 2.x"), vec![edit]);
        }
    }
}
