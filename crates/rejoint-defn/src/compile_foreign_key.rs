//! What key columns a foreign key line brings.

use std::collections::HashSet;

use crate::definition::{ForeignKey, Projection, Reference};
use crate::problem::Code;
use crate::table::{ParentColumn, ParentTable, Parents, TableName};

/// A column that the foreign key needs in the child.
pub(crate) struct KeyColumn {
    pub(crate) name: String,
    pub(crate) parent: ParentColumn,
}

pub(crate) struct ResolvedParent {
    pub(crate) table: TableName,
    pub(crate) key: Vec<KeyColumn>,
}

pub(crate) fn resolve(
    key: &ForeignKey,
    text: &str,
    parents: &dyn Parents,
) -> Result<ResolvedParent, (Code, String)> {
    match &key.expression {
        Reference::Opaque => {
            let found = parents.expression(text);
            let found = found.ok_or_else(|| {
                (Code::OpaqueForeignKey, format!("only Python can tell which table `{text}` means"))
            })?;
            let key = found.key.into_iter().map(|(name, parent)| KeyColumn { name, parent }).collect();
            Ok(ResolvedParent { table: found.table, key })
        }
        Reference::Table(table) => {
            let parent = parents
                .table(&table.path)
                .ok_or_else(|| (Code::UnknownParent, format!("the table `{}` was not given", table.path)))?;
            let ParentTable { name, key } = parent;
            let key = match &table.projection {
                None => {
                    key.into_iter().map(|parent| KeyColumn { name: parent.name.clone(), parent }).collect()
                }
                Some(projection) => project(key, projection)?,
            };
            Ok(ResolvedParent { table: name, key })
        }
    }
}

/// The key of `Table.proj(...)`. In `new='old'` a key attribute changes its name; `new='(old)'` adds a copy to the key;
/// anything else is a secondary attribute. The order is that of the parent's columns.
fn project(key: Vec<ParentColumn>, projection: &Projection) -> Result<Vec<KeyColumn>, (Code, String)> {
    let mut renamed = HashSet::new();
    let mut sources: Vec<(&str, &str)> = Vec::new();
    let mut copies: Vec<(&str, &str)> = Vec::new();
    for rename in &projection.renames {
        let old = rename.old.trim();
        if let Some(inner) = old.strip_prefix('(').and_then(|old| old.strip_suffix(')')) {
            copies.push((&rename.new, inner.trim()));
        } else if key.iter().any(|column| column.name == old) {
            renamed.insert(old);
            sources.push((&rename.new, old));
        }
    }
    sources.extend(copies);
    let mut columns: Vec<KeyColumn> = Vec::new();
    for parent in key {
        if !renamed.contains(parent.name.as_str()) {
            columns.push(KeyColumn { name: parent.name.clone(), parent: parent.clone() });
        }
        for (new, _) in sources.iter().filter(|(_, old)| *old == parent.name) {
            columns.push(KeyColumn { name: (*new).to_owned(), parent: parent.clone() });
        }
    }
    let mut seen = HashSet::new();
    match columns.iter().find(|column| !seen.insert(column.name.clone())) {
        Some(twice) => {
            Err((Code::ProjectionClash, format!("the projection has two attributes `{}`", twice.name)))
        }
        None => Ok(columns),
    }
}
