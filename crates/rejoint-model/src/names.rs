//! Names of tables and what they say: tier, master, hidden tables, job tables.
//!
//! Source: the table naming rules of DataJoint 0.14.10 and 2.3.5 (tier prefixes `#`, `_`, `__`; parts `master__part`).

use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest identifier of MySQL and MariaDB, in characters.
pub const MAX_IDENTIFIER: usize = 64;

/// A table's full name. Both parts are arbitrary text: quotes, spaces and back-ticks are possible.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// Schema (database) name.
    pub schema: String,
    /// Table name as SQL knows it, with its tier prefix.
    pub table: String,
}

impl TableName {
    /// Builds a name.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> Self {
        TableName { schema: schema.into(), table: table.into() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

/// What kind of table a name denotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Entered by hand: `session`.
    Manual,
    /// Lookup: `#rig`.
    Lookup,
    /// Imported: `_recording`.
    Imported,
    /// Computed: `__spikes`.
    Computed,
    /// Part of a master: `session__trial`.
    Part,
    /// Hidden from users: `~log`, `~jobs`, `~external_raw`, `~lineage`, `~~spikes`.
    Hidden,
    /// Not a DataJoint name: both generations ignore such tables.
    Foreign,
}

fn is_base(text: &str) -> bool {
    !text.is_empty()
        && text.split('_').all(|word| {
            let mut bytes = word.bytes();
            bytes.next().is_some_and(|b| b.is_ascii_lowercase())
                && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn split_prefix(name: &str) -> (Tier, &str) {
    if let Some(rest) = name.strip_prefix("__") {
        (Tier::Computed, rest)
    } else if let Some(rest) = name.strip_prefix('_') {
        (Tier::Imported, rest)
    } else if let Some(rest) = name.strip_prefix('#') {
        (Tier::Lookup, rest)
    } else {
        (Tier::Manual, name)
    }
}

/// The tier that a table name denotes.
pub fn tier_of(table: &str) -> Tier {
    if table.starts_with('~') {
        return Tier::Hidden;
    }
    let (tier, rest) = split_prefix(table);
    if is_base(rest) {
        return tier;
    }
    match rest.split_once("__") {
        Some((master, part)) if is_base(master) && is_base(part) => Tier::Part,
        _ => Tier::Foreign,
    }
}

/// The name of a part's master table; `None` for tables that are not parts.
pub fn master_of(table: &str) -> Option<&str> {
    if tier_of(table) != Tier::Part {
        return None;
    }
    table.rfind("__").and_then(|at| table.get(..at))
}

/// The job table of 2.x for a computed or imported table: `~~` and the name without leading underscores.
pub fn job_table(table: &str) -> String {
    format!("~~{}", table.trim_start_matches('_'))
}

/// The class name 2.x's virtual modules would use for a table: `_recording__channel` → `Recording.Channel`.
pub fn class_name(table: &str) -> String {
    let camel = |base: &str| -> String {
        base.split('_')
            .map(|word| {
                let mut chars = word.chars();
                chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
            })
            .collect()
    };
    match master_of(table) {
        Some(master) => {
            let part = table.get(master.len() + 2..).unwrap_or_default();
            format!("{}.{}", camel(split_prefix(master).1), camel(part))
        }
        None => camel(split_prefix(table).1),
    }
}

/// A name made of `prefix` and `name` that fits an identifier; what does not fit is replaced by a hash of the name.
pub fn derived_name(prefix: &str, name: &str) -> String {
    let full = format!("{prefix}{name}");
    if full.chars().count() <= MAX_IDENTIFIER {
        return full;
    }
    // FNV-1a: short, stable, and only has to keep two columns of one table apart.
    let hash =
        name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let kept: String = name.chars().take(MAX_IDENTIFIER - prefix.chars().count() - 17).collect();
    format!("{prefix}{kept}_{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_follow_the_prefix_and_strict_base_names() {
        let tiers: Vec<String> = [
            "session",
            "#rig",
            "_recording",
            "__spikes",
            "session__trial",
            "#lab__room",
            "__spikes__unit",
            "~log",
            "~~spikes",
            "sess_2",
            "session_",
            "a__b__c",
            "Table",
        ]
        .iter()
        .map(|n| format!("{n}={:?}", tier_of(n)))
        .collect();
        insta::assert_snapshot!(tiers.join(" "), @"session=Manual #rig=Lookup _recording=Imported __spikes=Computed session__trial=Part #lab__room=Part __spikes__unit=Part ~log=Hidden ~~spikes=Hidden sess_2=Foreign session_=Foreign a__b__c=Foreign Table=Foreign");
    }

    #[test]
    fn masters_and_class_names() {
        assert_eq!(master_of("__spikes__unit"), Some("__spikes"));
        assert_eq!(master_of("__spikes"), None);
        assert_eq!(class_name("_recording__channel"), "Recording.Channel");
        assert_eq!(class_name("#l_f_p"), "LFP");
        assert_eq!(job_table("__firing_rate"), "~~firing_rate");
    }

    #[test]
    fn derived_names_fit_and_stay_apart() {
        let (a, b) = ("x".repeat(60) + "1", "x".repeat(60) + "2");
        assert!(derived_name("_rejoint_new_", &a).chars().count() <= MAX_IDENTIFIER);
        assert_ne!(derived_name("_rejoint_new_", &a), derived_name("_rejoint_new_", &b));
        assert_eq!(derived_name("_rejoint_new_", "raw"), "_rejoint_new_raw");
    }
}
