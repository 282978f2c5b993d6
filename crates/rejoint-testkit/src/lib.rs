//! What the tests of all crates share. A development dependency only: no product uses it.
//!
//! - [`Server`]: the real database servers, from the environment (`dev/servers` starts them);
//! - [`Lab`]: a legacy pipeline on one of them, made by DataJoint 0.14.10 (`lab/legacy_lab.py`), with its stores;
//! - [`Digest`]: what either DataJoint generation reads from it, value for value (`lab/digest.py`);
//! - [`Generation`]: Python under DataJoint 0.14.10 or 2.3.5 (`dev/python` makes both);
//! - [`Proxy`]: a way to the server that can be cut at any command or byte;
//! - [`rejoint`]: the program under test.
//!
//! A test never skips: what is missing panics with the command that provides it. `dev/test` provides everything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a failure here is the failure of the test, and the panic's message is its report"
)]

mod digest;
mod dump_tools;
mod lab;
mod lab_copy;
mod program;
mod proxy;
mod python;
mod server;

pub use digest::{Difference, Digest};
pub use lab::{Lab, LabOptions};
pub use program::{project_root, rejoint, rejoint_command};
pub use proxy::{Cut, CutAt, Proxy};
pub use python::Generation;
pub use server::{Flavour, Server, unique_prefix};
