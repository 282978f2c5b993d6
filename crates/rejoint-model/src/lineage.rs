//! `~lineage` of 2.x: which original attribute each key and foreign-key attribute descends from.
//!
//! Rules of DataJoint 2.3.5: every primary-key and foreign-key attribute of every table has one row; a foreign-key attribute has
//! the lineage of the attribute it refers to, in whatever schema; a key attribute of its own has itself. Unlike
//! `rebuild_lineage()` of 2.3.5 all schemas are resolved together, so cycles *between schemas* are no obstacle, and
//! foreign keys to tracking tables do not count.

use crate::catalog::{Catalog, ForeignKey, Table};
use crate::names::{TableName, Tier};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One row of a `~lineage` table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineageRow {
    /// Table name within the schema.
    pub table: String,
    /// Attribute name.
    pub attribute: String,
    /// `schema.table.attribute` of the origin, unquoted.
    pub lineage: String,
}

/// Rows by schema, and remarks on what had to be decided.
pub struct Lineage {
    /// Rows of each schema's `~lineage`, in the order of table and attribute.
    pub rows: BTreeMap<String, Vec<LineageRow>>,
    /// Attributes with two foreign keys that lead to different origins, and references that leave the catalog.
    pub remarks: Vec<String>,
}

fn is_data_key(key: &ForeignKey) -> bool {
    !key.parent.table.starts_with('~')
}

struct Resolver<'a> {
    catalog: &'a Catalog,
    known: BTreeMap<(TableName, String), String>,
    remarks: Vec<String>,
}

impl Resolver<'_> {
    /// The origin of an attribute that takes part in a key. `path` holds the attributes being resolved.
    fn resolve(
        &mut self,
        table: &Table,
        attribute: &str,
        path: &mut BTreeSet<(TableName, String)>,
    ) -> String {
        let id = (table.name.clone(), attribute.to_owned());
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let own = format!("{}.{}.{attribute}", table.name.schema, table.name.table);
        if !path.insert(id.clone()) {
            return own; // an attribute that refers to itself in a circle of tables is its own origin
        }
        let mut found: Option<String> = None;
        // constraint names follow the order of declaration; the last one wins, as in a declaration by 2.3.5
        let keys: Vec<(TableName, String)> = table
            .foreign_keys
            .iter()
            .filter(|k| is_data_key(k))
            .filter_map(|k| {
                let at = k.columns.iter().position(|c| c == attribute)?;
                Some((k.parent.clone(), k.parent_columns.get(at)?.clone()))
            })
            .collect();
        for (parent, column) in keys {
            let origin = match self.catalog.table(&parent) {
                Some(parent_table) => {
                    let parent_table = parent_table.clone();
                    self.resolve(&parent_table, &column, path)
                }
                None => {
                    self.remarks.push(format!(
                        "{}: `{attribute}` refers to {parent}, which is outside the schemas of this plan; its lineage is taken to begin there",
                        table.name
                    ));
                    format!("{}.{}.{column}", parent.schema, parent.table)
                }
            };
            if let Some(first) = found.as_ref().filter(|first| **first != origin) {
                self.remarks.push(format!(
                    "{}: `{attribute}` is in two foreign keys with different origins, {first} and {origin}; the last is used",
                    table.name
                ));
            }
            found = Some(origin);
        }
        path.remove(&id);
        let lineage = found.unwrap_or(own);
        self.known.insert(id, lineage.clone());
        lineage
    }
}

/// Computes the lineage of all tables of the catalog.
pub fn lineage(catalog: &Catalog) -> Lineage {
    let mut resolver = Resolver { catalog, known: BTreeMap::new(), remarks: Vec::new() };
    let mut rows: BTreeMap<String, Vec<LineageRow>> = BTreeMap::new();
    for schema in catalog.schemas.values() {
        let entry = rows.entry(schema.name.clone()).or_default();
        for table in schema.tables.values().filter(|t| !matches!(t.tier(), Tier::Hidden)) {
            let mut attributes: BTreeSet<String> =
                table.primary_key().iter().map(|c| (*c).to_owned()).collect();
            attributes
                .extend(table.foreign_keys.iter().filter(|k| is_data_key(k)).flat_map(|k| k.columns.clone()));
            for attribute in attributes.iter().filter(|a| !a.starts_with('_')) {
                let lineage = resolver.resolve(table, attribute, &mut BTreeSet::new());
                entry.push(LineageRow {
                    table: table.name.table.clone(),
                    attribute: attribute.clone(),
                    lineage,
                });
            }
        }
    }
    Lineage { rows, remarks: resolver.remarks }
}
