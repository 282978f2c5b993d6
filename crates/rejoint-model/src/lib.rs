//! Vocabulary of a pipeline: names, tiers, tables, columns, keys, attribute kinds, changes, lineage.
//!
//! Everything here is data and pure functions. Front ends read a database into a [`Catalog`] (the *observed* model);
//! planners describe what must change as [`TableChange`]s. Nothing here connects to anything.

pub mod attribute;
pub mod catalog;
pub mod change;
pub mod core_type;
pub mod lineage;
pub mod marker;
pub mod names;
pub mod view;

pub use attribute::{AttributeKind, ExternalKind, classify};
pub use catalog::{Catalog, Column, ForeignKey, Index, Schema, Server, Table, Trigger, View};
pub use change::{ColumnSpec, TableChange};
pub use core_type::exact_core_type;
pub use lineage::{LineageRow, lineage};
pub use marker::{MarkerError, split_marker, with_marker};
pub use names::{TableName, Tier, tier_of};
pub use view::{Content, TableView, ViewColumn};
