//! The only executor: every change to a database or a store happens here, under a journal record.
//!
//! A step is: an `intent` row committed, the act, a look at the world, a `done` row. After a crash the rows are not trusted: the
//! *probe* of each step looks at the world and says whether it is not started, half done or done.
//!
//! Invariants: one run at a time (`GET_LOCK`); the plan's hash, the format and the server must be those of the journal; a failed
//! verification takes away the permission to contract; a warning from the server is an error.

mod actions;
mod boundary;
mod error;
mod journal;
mod progress;
mod range;
mod runner;
pub mod scratch;
mod status;
mod undo;

pub use boundary::{BOUNDARY_VARIABLE, COUNT_VARIABLE, CUT_VARIABLE};
pub use error::{RunClass, RunError};
pub use journal::{Entry, State, local_journal};
pub use progress::{Progress, Silent};
pub use runner::{ApplyOptions, Files, Outcome, Run, RunStores};
pub use status::{Status, StepState, status};
pub use undo::{UndoOutcome, UndoTo};
