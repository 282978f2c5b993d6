//! `setup.py`: string constants in the lists that are given to `setup`.

use rejoint_python::ast::visitor::{Visitor, walk_expr};
use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::{FileKind, LiteralPart, SourceFile, parts_of, range_of};

use super::specifier::{Answer, Spelling, place, requirement};
use super::{Generation, Place};

const LISTS: &[&str] = &["install_requires", "extras_require", "tests_require", "setup_requires", "requires"];

/// The places in the file.
pub(super) fn places(path: &str, text: &str, generation: Generation) -> Vec<Place> {
    let Ok(source) = SourceFile::parse(path, text.to_owned(), FileKind::Script) else { return Vec::new() };
    if let Some(problem) = source.problems().first() {
        let answer = Answer::Left("does not parse: change the version by hand".to_owned());
        return vec![Place { range: problem.offset..problem.offset, answer }];
    }
    let mut lists = Lists { named: Vec::new(), texts: Vec::new(), inside: false };
    for stmt in source.suite() {
        lists.visit_stmt(stmt);
    }
    // A list with a name of its own, at the level of the module.
    let named = std::mem::take(&mut lists.named);
    lists.inside = true;
    for stmt in source.suite() {
        if let Stmt::Assign(assign) = stmt
            && assign
                .targets
                .iter()
                .any(|target| matches!(target, Expr::Name(name) if named.contains(&name.id.as_str())))
        {
            lists.visit_expr(&assign.value);
        }
    }
    let mut all = Texts { found: Vec::new() };
    for stmt in source.suite() {
        all.visit_stmt(stmt);
    }
    let mut places = Vec::new();
    for expr in all.found {
        let parts = parts_of(&source, expr);
        let value = match expr {
            Expr::StringLiteral(text) => text.value.to_str(),
            _ => continue,
        };
        let Some((version, _)) = requirement(value) else { continue };
        let known = lists.texts.iter().any(|text| range_of(*text) == range_of(expr));
        match parts.as_slice() {
            [LiteralPart::Text(literal)] if known => {
                let Some(found) = place(value, 0, generation, Spelling::Pip) else { continue };
                match literal.source_range(found.range) {
                    Some(range) => places.push(Place { range, answer: found.answer }),
                    None => places.push(left(expr, "it is spelled with escapes: change it by hand")),
                }
            }
            _ if known => places.push(left(expr, "it is written in pieces: change it by hand")),
            // A version that no list is known to hold; the bare word may be anything.
            _ if !version.is_empty() => {
                places
                    .push(left(expr, "it is in no list that is certainly given to setup: change it by hand"));
            }
            _ => {}
        }
    }
    places.sort_by_key(|place| place.range.start);
    places.dedup_by_key(|place| place.range.clone());
    places
}

fn left(expr: &Expr, reason: &str) -> Place {
    Place { range: range_of(expr), answer: Answer::Left(reason.to_owned()) }
}

/// What is given to `setup` as lists of requirements.
struct Lists<'a> {
    named: Vec<&'a str>,
    texts: Vec<&'a Expr>,
    inside: bool,
}

impl<'a> Visitor<'a> for Lists<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) if !self.inside => {
                for keyword in &call.arguments.keywords {
                    let listed = keyword.arg.as_ref().is_some_and(|name| LISTS.contains(&name.as_str()));
                    self.inside = listed;
                    self.visit_expr(&keyword.value);
                    self.inside = false;
                }
                call.arguments.args.iter().for_each(|arg| self.visit_expr(arg));
            }
            // What a call makes of its arguments is not known.
            Expr::Call(_) => {}
            Expr::StringLiteral(_) if self.inside => self.texts.push(expr),
            // The keys are the names of extras.
            Expr::Dict(dict) if self.inside => {
                dict.items.iter().for_each(|item| self.visit_expr(&item.value))
            }
            Expr::Name(name) if self.inside => self.named.push(name.id.as_str()),
            _ => walk_expr(self, expr),
        }
    }
}

/// All string constants.
struct Texts<'a> {
    found: Vec<&'a Expr>,
}

impl<'a> Visitor<'a> for Texts<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::StringLiteral(_) = expr {
            self.found.push(expr);
        }
        walk_expr(self, expr);
    }
}
