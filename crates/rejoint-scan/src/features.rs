//! Legacy features, and what labs did by hand, counted from the catalog.

use crate::markers::is_json;
use crate::not_understood::Definitions;
use crate::report_file::FeatureCount;
use crate::tables::of_pipeline;
use rejoint_model::{AttributeKind, Catalog, ExternalKind, Tier, classify};
use std::collections::BTreeMap;

/// Stable names and titles, in the order of the report.
const FEATURES: [(&str, &str); 28] = [
    ("blob_in_table", "blobs in the table"),
    ("attach_in_table", "attachments in the table"),
    ("blob_in_store", "blobs in stores (blob@)"),
    ("attach_in_store", "attachments in stores (attach@)"),
    ("filepath", "files in place (filepath@)"),
    ("adapter_in_table", "adapted types over a column of the table"),
    ("adapter_in_store", "adapted types over a store"),
    ("external_of_0_11", "external columns of 0.11, which no newer version opens"),
    ("uuid", "UUIDs"),
    ("json", "JSON attributes"),
    ("hidden_timestamp", "hidden timestamp columns of 0.14"),
    ("hidden_column", "other hidden columns"),
    ("marker_of_2x", "columns that already have a marker of 2.x"),
    ("inconsistent_marker", "columns whose marker does not fit"),
    ("auto_increment", "AUTO_INCREMENT columns"),
    ("generated_column", "generated columns"),
    ("on_update", "columns that an update of the row changes (ON UPDATE)"),
    ("unsigned", "unsigned integers, which have no core type in 2.x"),
    ("timestamp", "TIMESTAMP columns"),
    ("functional_index", "indexes over an expression"),
    ("trigger", "triggers"),
    ("view", "views"),
    ("not_datajoint", "tables that are not DataJoint's"),
    ("tracking_table", "tracking tables of stores"),
    ("jobs_table", "job tables of 0.x"),
    ("log_table", "log tables of 0.x"),
    ("jobs_table_of_2x", "job tables of 2.x"),
    ("lineage_table", "lineage tables of 2.x"),
];

struct Counter {
    found: BTreeMap<&'static str, (u64, Vec<String>)>,
    max_examples: usize,
}

impl Counter {
    fn add(&mut self, feature: &'static str, place: impl FnOnce() -> String) {
        let entry = self.found.entry(feature).or_default();
        entry.0 += 1;
        if entry.1.len() < self.max_examples {
            entry.1.push(place());
        }
    }
}

/// 0.14's `add_hidden_timestamp`: `_`, a SHA-1 in hexadecimal, `_timestamp`.
fn is_hidden_timestamp(name: &str) -> bool {
    name.strip_prefix('_')
        .and_then(|n| n.strip_suffix("_timestamp"))
        .is_some_and(|hash| hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn feature_of(kind: &AttributeKind, name: &str) -> Option<&'static str> {
    Some(match kind {
        AttributeKind::Native => return None,
        AttributeKind::Uuid => "uuid",
        AttributeKind::Blob => "blob_in_table",
        AttributeKind::Attach => "attach_in_table",
        AttributeKind::External { kind: ExternalKind::Blob, .. } => "blob_in_store",
        AttributeKind::External { kind: ExternalKind::Attach, .. } => "attach_in_store",
        AttributeKind::External { kind: ExternalKind::Filepath, .. } => "filepath",
        AttributeKind::Adapted { .. } => "adapter_in_table",
        AttributeKind::AdaptedExternal { .. } => "adapter_in_store",
        AttributeKind::External011 { .. } => "external_of_0_11",
        AttributeKind::Hidden if is_hidden_timestamp(name) => "hidden_timestamp",
        AttributeKind::Hidden => "hidden_column",
        AttributeKind::Modern { .. } => "marker_of_2x",
        AttributeKind::Inconsistent { .. } => "inconsistent_marker",
    })
}

/// Counts everything; features that do not occur are left out.
pub(crate) fn features(
    catalog: &Catalog,
    definitions: &Definitions,
    max_examples: usize,
) -> Vec<FeatureCount> {
    let mut counter = Counter { found: BTreeMap::new(), max_examples };
    for table in catalog.tables() {
        let name = || table.name.to_string();
        match table.name.table.as_str() {
            "~log" => counter.add("log_table", name),
            "~jobs" => counter.add("jobs_table", name),
            "~lineage" => counter.add("lineage_table", name),
            t if t == "~external" || t.starts_with("~external_") => counter.add("tracking_table", name),
            t if t.starts_with("~~") => counter.add("jobs_table_of_2x", name),
            _ => {}
        }
        for trigger in &table.triggers {
            counter.add("trigger", || format!("{}: {}", table.name, trigger.name));
        }
        if table.tier() == Tier::Foreign {
            counter.add("not_datajoint", name);
        }
        if !of_pipeline(table) {
            continue;
        }
        for index in table.indexes.iter().filter(|i| i.parts.iter().any(|p| p.expression.is_some())) {
            counter.add("functional_index", || format!("{}: {}", table.name, index.name));
        }
        for column in &table.columns {
            let place = || format!("{}.{}", table.name, column.name);
            if let Some(feature) = feature_of(&classify(table, column), &column.name) {
                counter.add(feature, place);
            }
            if column.is_hidden() {
                continue;
            }
            let extra = column.extra.to_ascii_lowercase();
            if column.is_generated() {
                counter.add("generated_column", place);
            }
            if column.updates_itself() {
                counter.add("on_update", place);
            }
            if extra.contains("auto_increment") {
                counter.add("auto_increment", place);
            }
            if column.data_type == "timestamp" {
                counter.add("timestamp", place);
            }
            if column.sql_type.contains("unsigned") && column.data_type.ends_with("int") {
                counter.add("unsigned", place);
            }
            if is_json(column, definitions.get(&table.name)) {
                counter.add("json", place);
            }
        }
    }
    for schema in catalog.schemas.values() {
        for view in &schema.views {
            counter.add("view", || format!("{}.{}", schema.name, view.name));
        }
    }
    FEATURES
        .iter()
        .filter_map(|(feature, title)| {
            let (count, examples) = counter.found.remove(feature)?;
            Some(FeatureCount { feature: (*feature).to_owned(), title: (*title).to_owned(), count, examples })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_timestamps_are_told_from_other_hidden_columns() {
        assert!(is_hidden_timestamp(&format!("_{}_timestamp", "0a".repeat(20))));
        assert!(!is_hidden_timestamp("_job_timestamp"));
        assert!(!is_hidden_timestamp("_timestamp"));
    }
}
