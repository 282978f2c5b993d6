//! From a catalog to nodes and edges.

use super::{Around, Diagram, Selection};
use crate::Error;
use rejoint_model::catalog::{Catalog, ForeignKey, Table};
use rejoint_model::marker::split_marker;
use rejoint_model::names::{TableName, Tier, class_name, master_of};
use std::collections::{BTreeMap, BTreeSet};

/// A table of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Full name in SQL.
    pub name: TableName,
    /// What is written: the class name, or the name in SQL of a table that is not DataJoint's.
    pub label: String,
    /// Tier.
    pub tier: Tier,
    /// Position of its schema in [`Diagram::schemas`].
    pub schema: usize,
    /// Attributes in their order, those of the primary key first.
    pub attributes: Vec<Attribute>,
    /// Parents that are not in the picture.
    pub outside: Vec<TableName>,
    /// Is it the table to draw around?
    pub chosen: bool,
}

/// An attribute, for the tooltip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Name.
    pub name: String,
    /// DataJoint's type where a marker tells it, else the server's.
    pub type_text: String,
    /// Is it in the primary key?
    pub key: bool,
}

/// A foreign key of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Position of the referenced table in [`Diagram::nodes`].
    pub parent: usize,
    /// Position of the table that holds the key.
    pub child: usize,
    /// All its columns are in the child's primary key.
    pub primary: bool,
    /// It is not the whole primary key, so that many rows may refer to one.
    pub multi: bool,
    /// Columns that have another name than in the parent: (child's, parent's).
    pub renamed: Vec<(String, String)>,
}

impl Edge {
    fn new(parent: usize, child: usize, key: &ForeignKey, table: &Table) -> Edge {
        let columns: BTreeSet<&str> = key.columns.iter().map(String::as_str).collect();
        let primary: BTreeSet<&str> = table.primary_key().into_iter().collect();
        let renamed = key
            .columns
            .iter()
            .zip(&key.parent_columns)
            .filter(|(own, parents)| own != parents)
            .map(|(own, parents)| (own.clone(), parents.clone()))
            .collect();
        Edge { parent, child, primary: columns.is_subset(&primary), multi: columns != primary, renamed }
    }
}

/// Draws this table at all?
fn drawn(table: &Table, hide_parts: bool) -> bool {
    match table.tier() {
        Tier::Hidden => false,
        Tier::Part => !hide_parts,
        _ => true,
    }
}

fn attributes(table: &Table) -> Vec<Attribute> {
    let key = table.primary_key();
    let mut found: Vec<Attribute> = table
        .columns
        .iter()
        .filter(|column| !column.is_hidden())
        .map(|column| Attribute {
            name: column.name.clone(),
            type_text: split_marker(&column.comment).0.unwrap_or(&column.sql_type).to_owned(),
            key: key.contains(&column.name.as_str()),
        })
        .collect();
    found.sort_by_key(|attribute| !attribute.key);
    found
}

fn find(tables: &[&Table], wanted: &str) -> Result<usize, Error> {
    let tests: [fn(&Table) -> String; 4] = [
        |t| t.name.to_string(),
        |t| t.name.table.clone(),
        |t| format!("{}.{}", t.name.schema, class_name(&t.name.table)),
        |t| class_name(&t.name.table),
    ];
    for text in tests {
        let fitting: Vec<usize> =
            tables.iter().enumerate().filter(|(_, t)| text(t) == wanted).map(|(i, _)| i).collect();
        match fitting.as_slice() {
            [] => {}
            [one] => return Ok(*one),
            several => {
                let candidates =
                    several.iter().filter_map(|i| tables.get(*i)).map(|t| t.name.to_string()).collect();
                return Err(Error::AmbiguousTable { table: wanted.to_owned(), candidates });
            }
        }
    }
    Err(Error::UnknownTable { table: wanted.to_owned() })
}

/// Positions within so many steps of `start`, itself included.
fn within(
    start: usize,
    steps: u32,
    edges: &[Edge],
    next: fn(&Edge, usize) -> Option<usize>,
) -> BTreeSet<usize> {
    let mut seen = BTreeSet::from([start]);
    let mut front = vec![start];
    for _ in 0..steps {
        let mut reached: Vec<usize> = Vec::new();
        for at in front {
            for other in edges.iter().filter_map(|e| next(e, at)) {
                if seen.insert(other) {
                    reached.push(other);
                }
            }
        }
        if reached.is_empty() {
            break;
        }
        front = reached;
    }
    seen
}

pub(super) fn select(catalog: &Catalog, selection: &Selection) -> Result<Diagram, Error> {
    if let Some(missing) =
        selection.schemas.iter().flatten().find(|schema| !catalog.schemas.contains_key(*schema))
    {
        return Err(Error::UnknownSchema { schema: missing.clone() });
    }
    let chosen_schema = |name: &str| selection.schemas.as_ref().is_none_or(|s| s.contains(name));
    let tables: Vec<&Table> = catalog
        .tables()
        .filter(|t| chosen_schema(&t.name.schema) && drawn(t, selection.hide_parts))
        .collect();
    let positions: BTreeMap<&TableName, usize> =
        tables.iter().enumerate().map(|(i, t)| (&t.name, i)).collect();

    let mut edges: Vec<Edge> = Vec::new();
    let mut outside: Vec<Vec<TableName>> = vec![Vec::new(); tables.len()];
    for (child, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            if key.parent.table.starts_with('~') {
                continue;
            }
            let master = TableName::new(
                key.parent.schema.clone(),
                master_of(&key.parent.table).filter(|_| selection.hide_parts).unwrap_or(&key.parent.table),
            );
            match positions.get(&master) {
                Some(parent) => edges.push(Edge::new(*parent, child, key, table)),
                None => {
                    if let Some(list) = outside.get_mut(child).filter(|list| !list.contains(&key.parent)) {
                        list.push(key.parent.clone());
                    }
                }
            }
        }
    }

    let center = selection.around.as_ref().map(|around| find(&tables, &around.table)).transpose()?;
    let kept: BTreeSet<usize> = match (&selection.around, center) {
        (Some(Around { up, down, .. }), Some(center)) => {
            let mut kept = within(center, *up, &edges, |e, at| (e.child == at).then_some(e.parent));
            kept.extend(within(center, *down, &edges, |e, at| (e.parent == at).then_some(e.child)));
            kept
        }
        _ => (0..tables.len()).collect(),
    };

    let schemas: BTreeSet<&str> =
        kept.iter().filter_map(|i| tables.get(*i)).map(|t| t.name.schema.as_str()).collect();
    let schemas: Vec<String> = schemas.into_iter().map(str::to_owned).collect();
    let renumbered: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    for edge in &edges {
        let (parent, child) = (renumbered.get(&edge.parent), renumbered.get(&edge.child));
        if let (None, Some(_), Some(table), Some(list)) =
            (parent, child, tables.get(edge.parent), outside.get_mut(edge.child))
            && !list.contains(&table.name)
        {
            list.push(table.name.clone());
        }
    }
    let nodes = tables
        .iter()
        .zip(outside)
        .enumerate()
        .filter(|(i, _)| kept.contains(i))
        .map(|(i, (table, outside))| Node {
            name: table.name.clone(),
            label: if table.tier() == Tier::Foreign {
                table.name.table.clone()
            } else {
                class_name(&table.name.table)
            },
            tier: table.tier(),
            schema: schemas.iter().position(|s| *s == table.name.schema).unwrap_or_default(),
            attributes: attributes(table),
            outside,
            chosen: center == Some(i),
        })
        .collect();
    let mut edges: Vec<Edge> = edges
        .into_iter()
        .filter_map(|edge| {
            let (parent, child) = (*renumbered.get(&edge.parent)?, *renumbered.get(&edge.child)?);
            Some(Edge { parent, child, ..edge })
        })
        .collect();
    edges.sort_by(|a, b| {
        (a.parent, a.child, !a.primary, a.multi, &a.renamed)
            .cmp(&(b.parent, b.child, !b.primary, b.multi, &b.renamed))
    });
    if selection.hide_parts {
        // several parts of one master that a table refers to become one line
        edges.dedup();
    }
    Ok(Diagram { nodes, edges, schemas })
}
