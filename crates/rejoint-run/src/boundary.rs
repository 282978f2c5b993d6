//! Durable boundaries: the points at which a crash would be noticed on the next start.
//!
//! Tests stop a run at the k-th boundary, for every k: by aborting the process, or by cutting its connection.

use std::sync::atomic::{AtomicU64, Ordering};

/// Abort the process at the boundary of this number (counted from 1).
pub const BOUNDARY_VARIABLE: &str = "REJOINT_CRASH_AT";
/// Kill the run's own connection at the boundary of this number.
pub const CUT_VARIABLE: &str = "REJOINT_CUT_AT";
/// Write the number of boundaries passed to this file when the run ends.
pub const COUNT_VARIABLE: &str = "REJOINT_COUNT_BOUNDARIES";

static PASSED: AtomicU64 = AtomicU64::new(0);

fn wanted(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Passes a boundary. Returns whether the connection is to be cut here.
pub(crate) fn pass() -> bool {
    let n = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    if wanted(BOUNDARY_VARIABLE) == Some(n) {
        std::process::abort();
    }
    wanted(CUT_VARIABLE) == Some(n)
}

/// Writes how many boundaries were passed, if a test asked for it.
pub(crate) fn report() {
    if let Ok(path) = std::env::var(COUNT_VARIABLE) {
        // a test's own file; if it cannot be written the test fails on reading it
        let _ = std::fs::write(path, PASSED.load(Ordering::SeqCst).to_string());
    }
}
