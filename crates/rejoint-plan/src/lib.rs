//! Steps, the plan file and the planners.
//!
//! A planner turns what was observed and what people decided into a [`Plan`]: every statement that will run, in order,
//! with its reason, its cost, its lock and its undo. Planners never change anything; `rejoint-run` executes plans.

pub mod observe;
pub mod options;
pub mod plan_file;
pub mod pointer_sql;
pub mod step;
pub mod upgrade;

pub use observe::{MissingObject, ObserveError, Observed, observe};
pub use options::{Decision, JobMetadata, MarkerPolicy, OnMissing, UpgradeOptions};
pub use plan_file::{Plan, PlanError, StoreInPlan};
pub use step::{Action, Estimate, JobTarget, LockClass, PointerColumn, Stage, Step};
pub use upgrade::{Refusal, plan_upgrade};

/// Prefix of hidden columns that hold new pointers until the swap.
pub const NEW_COLUMN: &str = "_rejoint_new_";
/// Prefix of hidden columns that keep old pointers after the swap.
pub const OLD_COLUMN: &str = "_rejoint_old_";
/// Prefix of the indexes of kept pointers.
pub const OLD_INDEX: &str = "_rejoint_";
/// Hidden table with the new objects of a schema.
pub const OBJECTS_TABLE: &str = "~rejoint_objects";
/// Hidden table with pointers whose object is missing and which become NULL by decision.
pub const MISSING_TABLE: &str = "~rejoint_missing";
/// Hidden table with the journal.
pub const JOURNAL_TABLE: &str = "~rejoint_journal";
