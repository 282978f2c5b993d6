//! What a rule sees of a file, and how it reports.

use std::ops::Range;

use rejoint_python::ast::{Expr, ExprAttribute, ExprCall, Keyword, Stmt};
use rejoint_python::{Edit, Kind, Project, Query, SourceFile, range_of};

use crate::model::Model;
use crate::options::Options;
use crate::rule::{Level, Rule};

/// A node around the one that a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Node<'a> {
    Stmt(&'a Stmt),
    Expr(&'a Expr),
}

/// A rewrite: all of its edits or none.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) rule: &'static Rule,
    pub(crate) level: Level,
    pub(crate) offset: usize,
    pub(crate) message: String,
    pub(crate) edits: Vec<Edit>,
}

/// Something for a person to decide.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) rule: &'static Rule,
    pub(crate) offset: usize,
    pub(crate) message: String,
    pub(crate) choices: Vec<String>,
}

/// One file while the rules look at it.
pub(crate) struct Context<'a> {
    pub(crate) project: &'a Project,
    pub(crate) model: &'a Model,
    pub(crate) options: &'a Options,
    pub(crate) index: usize,
    pub(crate) source: &'a SourceFile,
    pub(crate) rule: &'static Rule,
    pub(crate) parents: Vec<Node<'a>>,
    pub(crate) changes: Vec<Change>,
    pub(crate) notes: Vec<Note>,
    /// Converted definitions by the start of their class.
    pub(crate) definitions:
        std::collections::HashMap<usize, Option<std::sync::Arc<Vec<crate::definitions::ConvertedText>>>>,
    /// Codecs of the project by name.
    pub(crate) codecs: &'a std::collections::BTreeMap<String, String>,
    /// Whether the file may make classes by calls of `type`.
    pub(crate) makes_types: bool,
    /// Counts edits, so that insertions at one place nest: the outermost opens first and closes last.
    pub(crate) serial: i32,
}

impl<'a> Context<'a> {
    /// What an expression is.
    pub(crate) fn kind(&self, expr: &Expr) -> Kind {
        self.project.kind(self.index, expr)
    }

    /// The query that an expression is, if it is one or looks like one.
    pub(crate) fn query(&self, expr: &Expr) -> Option<std::sync::Arc<Query>> {
        match self.kind(expr) {
            Kind::Query(query) => Some(query),
            Kind::External(path) if looks_like_table(&path) => Some(std::sync::Arc::new(Query {
                operation: rejoint_python::Operation::Elsewhere,
                certain: false,
                class: true,
            })),
            _ => None,
        }
    }

    /// Safe for a certain query, suggested for one that only looks like one.
    pub(crate) fn level_for(&self, query: &Query) -> Level {
        if query.certain { Level::Safe } else { Level::Suggested }
    }

    /// The text of a node.
    pub(crate) fn text(&self, node: &impl rejoint_python::Ranged) -> &'a str {
        self.source.slice(range_of(node))
    }

    /// The node around the current one, `0` being the nearest.
    pub(crate) fn parent(&self, level: usize) -> Option<Node<'a>> {
        self.parents.len().checked_sub(1 + level).and_then(|index| self.parents.get(index)).copied()
    }

    /// The statement around the current node.
    pub(crate) fn statement(&self) -> Option<&'a Stmt> {
        self.parents.iter().rev().find_map(|node| match node {
            Node::Stmt(stmt) => Some(*stmt),
            Node::Expr(_) => None,
        })
    }

    /// A quote that can be written here: not that of an f-string around the current node.
    pub(crate) fn quote(&self) -> char {
        for node in self.parents.iter().rev() {
            if let Node::Expr(expr @ Expr::FString(_)) = node {
                let text = self.text(*expr);
                let single = text.find('\'').unwrap_or(usize::MAX);
                let double = text.find('"').unwrap_or(usize::MAX);
                return if single < double { '"' } else { '\'' };
            }
        }
        '\''
    }

    /// A quoted word that can be written here.
    pub(crate) fn quoted(&self, word: &str) -> String {
        let quote = self.quote();
        format!("{quote}{word}{quote}")
    }

    /// Reports a rewrite.
    pub(crate) fn change(
        &mut self,
        level: Level,
        offset: usize,
        message: impl Into<String>,
        edits: Vec<Edit>,
    ) {
        self.changes.push(Change { rule: self.rule, level, offset, message: message.into(), edits });
    }

    /// Reports something to decide.
    pub(crate) fn finding(&mut self, offset: usize, message: impl Into<String>, choices: &[&str]) {
        self.notes.push(Note {
            rule: self.rule,
            offset,
            message: message.into(),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        });
    }

    /// An edit that replaces bytes.
    pub(crate) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) -> Edit {
        self.serial += 1;
        Edit { range, replacement: text.into(), reason: self.rule.code, order: 0 }
    }

    /// Inserts text that belongs to what follows.
    pub(crate) fn open(&mut self, at: usize, text: impl Into<String>) -> Edit {
        self.serial += 1;
        Edit { range: at..at, replacement: text.into(), reason: self.rule.code, order: self.serial }
    }

    /// Inserts text that belongs to what comes before.
    pub(crate) fn close(&mut self, at: usize, text: impl Into<String>) -> Edit {
        self.serial += 1;
        Edit { range: at..at, replacement: text.into(), reason: self.rule.code, order: -self.serial }
    }

    /// The local name of the package (`dj`).
    pub(crate) fn package_name(&self) -> Option<String> {
        self.source.suite().iter().find_map(|stmt| match stmt {
            Stmt::Import(import) => import
                .names
                .iter()
                .find(|alias| alias.name.as_str() == "datajoint")
                .map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).to_string()),
            _ => None,
        })
    }

    /// The local name of a module, and the edit that imports it when the file does not.
    pub(crate) fn module_name(&mut self, module: &str, usual: &str) -> (String, Option<Edit>) {
        let suite = self.source.suite();
        for stmt in suite {
            if let Stmt::Import(import) = stmt {
                for alias in &import.names {
                    if alias.name.as_str() == module {
                        let name = alias.asname.as_ref().unwrap_or(&alias.name);
                        return (name.to_string(), None);
                    }
                }
            }
        }
        // After the docstring and the imports from __future__, which must stay first.
        let first = suite.iter().find(|stmt| match stmt {
            Stmt::Expr(expr) => !matches!(&*expr.value, Expr::StringLiteral(_)),
            Stmt::ImportFrom(import) => {
                import.module.as_ref().is_none_or(|module| module.as_str() != "__future__")
            }
            Stmt::IpyEscapeCommand(_) => false,
            _ => true,
        });
        let text = if module == usual {
            format!("import {module}\n")
        } else {
            format!("import {module} as {usual}\n")
        };
        let at = first.map_or(0, |stmt| self.source.line_start(range_of(stmt).start));
        (usual.to_owned(), Some(self.open(at, text)))
    }

    /// Adds an argument at the end of a call.
    pub(crate) fn add_argument(&mut self, call: &ExprCall, text: &str) -> Edit {
        let brackets = range_of(&call.arguments);
        let parts = self.source.comma_parts(brackets.clone());
        match parts.last() {
            None => self.close(brackets.start + 1, text),
            Some(part) => match part.comma {
                Some(comma) => self.close(comma + 1, format!(" {text}")),
                None => self.close(part.range.end, format!(", {text}")),
            },
        }
    }

    /// Removes a keyword argument with its comma.
    pub(crate) fn remove_keyword(&mut self, call: &ExprCall, keyword: &Keyword) -> Edit {
        let range = range_of(keyword);
        let parts = self.source.comma_parts(range_of(&call.arguments));
        let at = parts.iter().position(|part| part.range.start <= range.start && range.end <= part.range.end);
        let removed = match at {
            Some(0) => match (parts.first(), parts.get(1)) {
                (Some(first), Some(next)) => first.range.start..next.range.start,
                (Some(first), None) => {
                    first.range.start..first.comma.map_or(first.range.end, |comma| comma + 1)
                }
                _ => range,
            },
            Some(index) => {
                let comma = parts.get(index - 1).and_then(|part| part.comma);
                let end = parts.get(index).map_or(range.end, |part| part.range.end);
                comma.map_or(range.start, |comma| comma)..end
            }
            None => range,
        };
        self.replace(removed, "")
    }
}

/// The attribute of `receiver.name(...)`.
pub(crate) fn method(call: &ExprCall) -> Option<&ExprAttribute> {
    match &*call.func {
        Expr::Attribute(attribute) => Some(attribute),
        _ => None,
    }
}

/// A keyword argument by name.
pub(crate) fn keyword<'k>(call: &'k ExprCall, name: &str) -> Option<&'k Keyword> {
    call.arguments
        .keywords
        .iter()
        .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name))
}

/// The text of a string constant.
pub(crate) fn constant(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}

/// Whether an expression is the constant `True`.
pub(crate) fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::BooleanLiteral(value) if value.value)
}

/// Whether an expression is the constant `False`.
pub(crate) fn is_false(expr: &Expr) -> bool {
    matches!(expr, Expr::BooleanLiteral(value) if !value.value)
}

/// Whether an expression can take `.name` after it without parentheses.
pub(crate) fn is_postfix(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Name(_)
            | Expr::Attribute(_)
            | Expr::Call(_)
            | Expr::Subscript(_)
            | Expr::StringLiteral(_)
            | Expr::List(_)
            | Expr::Dict(_)
            | Expr::Set(_)
            | Expr::ListComp(_)
            | Expr::FString(_)
    ) || matches!(expr, Expr::Tuple(tuple) if tuple.parenthesized)
}

fn looks_like_table(path: &str) -> bool {
    rejoint_python::looks_like_table(path)
}
