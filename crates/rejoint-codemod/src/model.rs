//! What the definitions of a project say about its tables: attributes in order, keys, and where each came from.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rejoint_defn::{Dialect, ItemKind, Reference};
use rejoint_python::{ClassId, Kind, Operation, Project, Projected, Query};

/// An attribute of a table or query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    /// The table and attribute that it comes from through foreign keys, by the rules of 2.x.
    pub(crate) lineage: Option<(ClassId, String)>,
    /// In the primary key by the rules of 0.x.
    pub(crate) old_key: bool,
    /// In the primary key by the rules of 2.x.
    pub(crate) new_key: bool,
    /// Whether it is written in the definition itself, not brought by a foreign key.
    pub(crate) own: bool,
    /// The type as written; empty for what a foreign key brings or a query computes.
    pub(crate) type_text: String,
}

/// The attributes of a table or query, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Heading {
    pub(crate) attributes: Vec<Attribute>,
}

impl Heading {
    pub(crate) fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn old_key(&self) -> Vec<&str> {
        self.attributes.iter().filter(|a| a.old_key).map(|a| a.name.as_str()).collect()
    }

    pub(crate) fn new_key(&self) -> Vec<&str> {
        self.attributes.iter().filter(|a| a.new_key).map(|a| a.name.as_str()).collect()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.attributes.iter().map(|a| a.name.as_str()).collect()
    }
}

/// Headings of the tables whose definitions are constant and whose parents are all in the project.
#[derive(Debug, Default)]
pub(crate) struct Model {
    headings: BTreeMap<ClassId, Option<Heading>>,
    /// The word before every `.contents` in the project.
    pub(crate) reads_contents: BTreeSet<String>,
}

impl Model {
    pub(crate) fn new(project: &Project) -> Model {
        let mut model = Model {
            reads_contents: project
                .files()
                .par_iter()
                .flat_map_iter(|file| words_before_contents(file.text()))
                .collect(),
            ..Model::default()
        };
        for file in 0..project.files().len() {
            for (id, info) in project.classes(file) {
                if info.tier.is_some() {
                    model.table(project, id, 0);
                }
            }
        }
        model
    }

    fn table(&mut self, project: &Project, id: ClassId, depth: usize) -> Option<Heading> {
        if let Some(known) = self.headings.get(&id) {
            return known.clone();
        }
        if depth > 60 {
            return None;
        }
        // A cycle finds this and stays unknown.
        self.headings.insert(id, None);
        let heading = self.read(project, id, depth);
        self.headings.insert(id, heading.clone());
        heading
    }

    fn read(&mut self, project: &Project, id: ClassId, depth: usize) -> Option<Heading> {
        let info = project.class(id)?;
        let text = match &info.definition {
            Some(site) => site.constant.clone()?,
            // Inherited from a class of the project.
            None => {
                let base = info.bases.iter().find_map(|base| match base {
                    Kind::Query(query) => query.table(),
                    _ => None,
                })?;
                project.class(base)?.definition.as_ref()?.constant.clone()?
            }
        };
        let definition = rejoint_defn::parse(&text, Dialect::V0);
        let mut heading = Heading::default();
        for item in &definition.items {
            match &item.kind {
                ItemKind::Attribute(attribute) if heading.get(&attribute.name).is_none() => {
                    heading.attributes.push(Attribute {
                        name: attribute.name.clone(),
                        lineage: item.in_key.then(|| (id, attribute.name.clone())),
                        old_key: item.in_key,
                        new_key: item.in_key,
                        own: true,
                        type_text: attribute.type_text.clone(),
                    });
                }
                ItemKind::ForeignKey(key) => {
                    let Reference::Table(reference) = &key.expression else { return None };
                    if key.old_form.is_some() {
                        return None;
                    }
                    let parent = self.parent(project, id, &reference.path, depth)?;
                    for attribute in parent.attributes.iter().filter(|a| a.old_key) {
                        let renames =
                            reference.projection.as_ref().map(|p| p.renames.as_slice()).unwrap_or_default();
                        let mut name = attribute.name.clone();
                        for rename in renames {
                            if rename.old == attribute.name {
                                name.clone_from(&rename.new);
                            } else if !rename.old.chars().all(|c| c.is_alphanumeric() || c == '_') {
                                return None;
                            }
                        }
                        if let Some(existing) = heading.attributes.iter_mut().find(|a| a.name == name) {
                            // The last foreign key decides where the attribute comes from.
                            existing.lineage.clone_from(&attribute.lineage);
                            existing.own = false;
                            continue;
                        }
                        heading.attributes.push(Attribute {
                            name,
                            lineage: attribute.lineage.clone(),
                            old_key: item.in_key,
                            new_key: item.in_key,
                            own: false,
                            type_text: String::new(),
                        });
                    }
                }
                ItemKind::Unparsed => return None,
                _ => {}
            }
        }
        // Key attributes come first in a heading.
        heading.attributes.sort_by_key(|attribute| !attribute.old_key);
        Some(heading)
    }

    fn parent(&mut self, project: &Project, id: ClassId, path: &str, depth: usize) -> Option<Heading> {
        let kind = match path {
            "master" => {
                let master = project.class(id)?.master?;
                return self.table(project, master, depth + 1);
            }
            path if path.starts_with("master.") => return None,
            // A part sees the names of the module and its master, not those in its master's body.
            path => project.resolve(id.file as usize, path),
        };
        match kind {
            Kind::Query(query) => self.table(project, query.table()?, depth + 1),
            _ => None,
        }
    }

    /// The heading of a table.
    pub(crate) fn of_table(&self, id: ClassId) -> Option<&Heading> {
        self.headings.get(&id)?.as_ref()
    }

    /// The heading of a query, when everything in it is known.
    pub(crate) fn of(&self, query: &Query) -> Option<Heading> {
        match &query.operation {
            Operation::Table(id) => self.of_table(*id).cloned(),
            Operation::Restrict(input) => match &input.operation {
                Operation::Universal(_) => None,
                _ => self.of(input),
            },
            Operation::Project(input, attributes) => {
                project_heading(self.of(input)?, attributes.as_deref()?, false)
            }
            Operation::Join(left, right) => Some(join_headings(&self.of(left)?, &self.of(right)?)),
            Operation::Aggregate(input, _, attributes) => {
                project_heading(self.of(input)?, attributes.as_deref()?, true)
            }
            _ => None,
        }
    }
}

/// The words in front of `.contents`.
pub(crate) fn words_before_contents(text: &str) -> Vec<String> {
    text.match_indices(".contents")
        .map(|(at, _)| {
            let before = text.get(..at).unwrap_or("").trim_end_matches("()");
            let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
            before.get(start..).unwrap_or("").to_owned()
        })
        .collect()
}

fn project_heading(input: Heading, items: &[Projected], aggregated: bool) -> Option<Heading> {
    let everything = items.contains(&Projected::Everything);
    let mut heading = Heading::default();
    for attribute in &input.attributes {
        let dropped =
            items.iter().any(|item| matches!(item, Projected::Drop(name) if *name == attribute.name));
        let kept = everything
            || attribute.old_key
            || attribute.new_key
            || items.iter().any(|item| matches!(item, Projected::Keep(name) if *name == attribute.name));
        let renamed = items.iter().find_map(|item| match item {
            Projected::Named(new, old) if *old == attribute.name => Some(new),
            _ => None,
        });
        match renamed {
            Some(new) => heading.attributes.push(Attribute { name: new.clone(), ..attribute.clone() }),
            None if kept && !dropped => heading.attributes.push(attribute.clone()),
            None => {}
        }
    }
    for item in items {
        if let Projected::Named(new, old) = item
            && (aggregated || input.get(old).is_none())
            && heading.get(new).is_none()
        {
            let copied = old
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'))
                .and_then(|name| input.get(name));
            // A copy of a key attribute joins the key; that has traps of its own.
            if copied.is_some_and(|attribute| attribute.old_key) {
                return None;
            }
            heading.attributes.push(Attribute {
                name: new.clone(),
                lineage: None,
                old_key: false,
                new_key: false,
                own: false,
                type_text: String::new(),
            });
        }
    }
    Some(heading)
}

/// The heading of a join: attributes in the order of 0.x, keys by both rules.
pub(crate) fn join_headings(left: &Heading, right: &Heading) -> Heading {
    let left_determines = right.new_key().iter().all(|name| left.get(name).is_some());
    let right_determines = left.new_key().iter().all(|name| right.get(name).is_some());
    let mut heading = Heading::default();
    let mut push = |attribute: &Attribute| {
        if heading.get(&attribute.name).is_some() {
            return;
        }
        let (a, b) = (left.get(&attribute.name), right.get(&attribute.name));
        let old_key = a.is_some_and(|a| a.old_key) || b.is_some_and(|b| b.old_key);
        let new_key = if left_determines {
            a.is_some_and(|a| a.new_key)
        } else if right_determines {
            b.is_some_and(|b| b.new_key)
        } else {
            a.is_some_and(|a| a.new_key) || b.is_some_and(|b| b.new_key)
        };
        let lineage = a.and_then(|a| a.lineage.clone()).or_else(|| b.and_then(|b| b.lineage.clone()));
        heading.attributes.push(Attribute { lineage, old_key, new_key, ..attribute.clone() });
    };
    left.attributes.iter().filter(|a| a.old_key).for_each(&mut push);
    right.attributes.iter().filter(|a| a.old_key).for_each(&mut push);
    left.attributes.iter().for_each(&mut push);
    right.attributes.iter().for_each(&mut push);
    heading
}

/// What 2.x says about attributes of the same name on both sides of an operator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Match {
    /// It accepts them.
    Accepted,
    /// It refuses this name, which 0.x joined on.
    Refused(String),
    /// Both versions refuse this name: it is in no key on either side.
    NeverWorked(String),
}

/// Checks the names that two headings share.
pub(crate) fn match_headings(left: &Heading, right: &Heading) -> Match {
    let mut refused = None;
    for attribute in &left.attributes {
        let Some(other) = right.get(&attribute.name) else { continue };
        let equal = attribute.lineage.is_some() && attribute.lineage == other.lineage;
        if equal {
            continue;
        }
        if !attribute.old_key && !other.old_key {
            return Match::NeverWorked(attribute.name.clone());
        }
        refused.get_or_insert_with(|| attribute.name.clone());
    }
    refused.map_or(Match::Accepted, Match::Refused)
}
