//! `pyproject.toml`: dependencies of the project, its groups, and Poetry's.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::specifier::{Answer, Spelling, place, version};
use super::{Generation, Place};

/// The places in the file; one that says why when it is no TOML.
pub(super) fn places(text: &str, generation: Generation) -> Vec<Place> {
    let root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(problem) => {
            let range = problem.span().unwrap_or(0..0);
            return vec![Place { range, answer: Answer::Left(format!("no TOML: {}", problem.message())) }];
        }
    };
    let mut walk = Walk { text, generation, places: Vec::new() };
    walk.table(root.get_ref(), &mut Vec::new());
    walk.places.sort_by_key(|place| place.range.start);
    walk.places
}

struct Walk<'t> {
    text: &'t str,
    generation: Generation,
    places: Vec<Place>,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &mut Vec<String>) {
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let parts: Vec<&str> = path.iter().map(String::as_str).collect();
            if name.eq_ignore_ascii_case("datajoint") {
                match parts.as_slice() {
                    ["tool", "poetry", "dependencies" | "dev-dependencies"]
                    | ["tool", "poetry", "group", _, "dependencies"] => {
                        self.poetry(value, key.span());
                        continue;
                    }
                    // A source or a version for another tool; a plain table of that name may be anything.
                    ["tool", .., "dependencies" | "pypi-dependencies" | "sources"] => {
                        self.left(key.span(), "this table is not understood: change it by hand");
                        continue;
                    }
                    _ => {}
                }
            }
            let listed = match parts.as_slice() {
                ["project"] => name == "dependencies",
                ["project", "optional-dependencies"] | ["dependency-groups"] => true,
                ["build-system"] => name == "requires",
                ["tool", ..] => name.ends_with("dependencies"),
                _ => false,
            };
            if listed && let DeValue::Array(items) = value.get_ref() {
                for item in items {
                    self.requirement(item);
                }
                continue;
            }
            path.push(name);
            match value.get_ref() {
                DeValue::Table(inner) => self.table(inner, path),
                DeValue::Array(items) => {
                    for item in items {
                        if let DeValue::Table(inner) = item.get_ref() {
                            self.table(inner, path);
                        }
                    }
                }
                _ => {}
            }
            path.pop();
        }
    }

    fn requirement(&mut self, item: &Spanned<DeValue<'_>>) {
        let DeValue::String(value) = item.get_ref() else { return };
        let Some(found) = place(value, 0, self.generation, Spelling::Pip) else { return };
        match self.inside(item.span(), value) {
            Some(inside) => {
                let range = inside.start + found.range.start..inside.start + found.range.end;
                self.places.push(Place { range, answer: found.answer });
            }
            None => self.left(item.span(), "it is spelled with escapes: change it by hand"),
        }
    }

    /// A version of Poetry: a text, or a table with one.
    fn poetry(&mut self, value: &Spanned<DeValue<'_>>, key: Range<usize>) {
        match value.get_ref() {
            DeValue::String(text) => match self.inside(value.span(), text) {
                Some(inside) => {
                    let answer = version(text, self.generation, Spelling::Poetry);
                    self.places.push(Place { range: inside, answer });
                }
                None => self.left(value.span(), "it is spelled with escapes: change it by hand"),
            },
            DeValue::Table(table) => match table.get("version") {
                Some(version) => self.poetry(version, key),
                None => {
                    self.left(key, "it has no version of its own (a URL, a path): choose the version there")
                }
            },
            _ => self.left(key, "several versions: change them by hand"),
        }
    }

    /// The bytes between the quotes, when they spell the text as it is.
    fn inside(&self, span: Range<usize>, value: &str) -> Option<Range<usize>> {
        let spelled = self.text.get(span.clone())?;
        let at = spelled.find(value)?;
        let quotes = |text: &str| text.chars().all(|c| matches!(c, '"' | '\''));
        let (before, after) = (spelled.get(..at)?, spelled.get(at + value.len()..)?);
        (quotes(before) && before == after).then(|| span.start + at..span.start + at + value.len())
    }

    fn left(&mut self, range: Range<usize>, reason: &str) {
        self.places.push(Place { range, answer: Answer::Left(reason.to_owned()) });
    }
}
