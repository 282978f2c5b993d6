//! One file per rule.

use crate::rule::Rule;

mod aggregation;
mod diagram;
mod fetch_array;
mod fetch_columns;
mod fetch_dicts;
mod fetch_frame;
mod fetch_key;
mod fetch_key_and_columns;
mod fetch_named_dicts;
mod fetch_run_time;
mod schema_name;
mod spawn_missing;
mod virtual_module;

/// All rules, in order of their codes.
pub(crate) static ALL: &[&Rule] = &[
    &schema_name::RULE,
    &schema_name::IMPORT,
    &virtual_module::RULE,
    &spawn_missing::RULE,
    &diagram::RULE,
    &virtual_module::IMPORT,
    &fetch_array::RULE,
    &fetch_dicts::RULE,
    &fetch_frame::RULE,
    &fetch_columns::RULE,
    &fetch_named_dicts::RULE,
    &fetch_key::RULE,
    &fetch_key_and_columns::RULE,
    &fetch_run_time::RULE,
    &aggregation::RULE,
];
