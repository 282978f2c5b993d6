//! What a run tells while it works.

use rejoint_plan::Step;

/// Receives progress. All methods do nothing by default.
pub trait Progress {
    /// A step begins; `index` counts from 0 among `total`.
    fn step(&mut self, _step: &Step, _index: usize, _total: usize) {}
    /// A step was found done.
    fn skipped(&mut self, _step: &Step) {}
    /// Rows, objects or tables done of how many are expected (0: unknown).
    fn tick(&mut self, _what: &str, _done: u64, _total: u64) {}
    /// A step ended.
    fn finished(&mut self, _step: &Step) {}
    /// Something to know.
    fn note(&mut self, _text: &str) {}
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
