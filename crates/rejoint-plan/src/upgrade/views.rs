//! How each table is read for the proof, before and after the swap.

use super::is_user_table;
use super::tables::TableWork;
use crate::observe::Observed;
use rejoint_model::{AttributeKind, Content, Table, TableView, ViewColumn, classify};

/// Views before the swap, through the new columns before the swap (tables with pointers only), and after the swap.
pub(crate) fn views(
    seen: &Observed,
    work: &[TableWork<'_>],
) -> (Vec<TableView>, Vec<TableView>, Vec<TableView>) {
    let (mut before, mut shadow, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for table in
        seen.catalog.tables().filter(|t| is_user_table(t) && !seen.not_understood.contains_key(&t.name))
    {
        let pointers = work
            .iter()
            .find(|w| w.table.name == table.name)
            .map(|w| w.pointers.as_slice())
            .unwrap_or_default();
        before.push(view(table, |name| {
            let pointer = pointers.iter().find(|p| p.column == name)?;
            let content = Content::LegacyPointer {
                kind: pointer.kind,
                store: pointer.store.clone(),
                tracking: pointer.tracking.clone(),
                nulled: pointer.nulled.clone(),
            };
            Some((pointer.column.clone(), content))
        }));
        let json = |name: &str, swapped: bool| {
            let pointer = pointers.iter().find(|p| p.column == name)?;
            let column = if swapped { &pointer.column } else { &pointer.new_column };
            Some((column.clone(), Content::JsonPointer { kind: pointer.kind, store: pointer.store.clone() }))
        };
        if !pointers.is_empty() {
            shadow.push(view(table, |name| json(name, false)));
        }
        after.push(view(table, |name| json(name, true)));
    }
    (before, shadow, after)
}

fn view(table: &Table, pointer: impl Fn(&str) -> Option<(String, Content)>) -> TableView {
    let key: Vec<String> = table.primary_key().iter().map(|c| (*c).to_owned()).collect();
    let mut columns: Vec<ViewColumn> = table
        .columns
        .iter()
        .filter(|c| !key.contains(&c.name))
        .map(|column| {
            let (physical, content) = pointer(&column.name).unwrap_or_else(|| {
                let packed = match classify(table, column) {
                    AttributeKind::Blob => true,
                    AttributeKind::Adapted { .. } => column.is_blob(),
                    _ => false,
                };
                (column.name.clone(), if packed { Content::Blob } else { Content::Plain })
            });
            ViewColumn { name: column.name.clone(), column: physical, content }
        })
        .collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    TableView { table: table.name.clone(), key, columns }
}
