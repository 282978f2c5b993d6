//! Progress bars.

use crate::output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rejoint_plan::Step;
use std::time::Duration;

/// One bar, redrawn in place on a terminal; on anything else one line for each step.
pub(crate) struct Bar {
    bar: ProgressBar,
    quiet: bool,
    terminal: bool,
    step: String,
}

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        use std::io::IsTerminal as _;
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(
            None,
            if quiet || !terminal {
                ProgressDrawTarget::hidden()
            } else {
                ProgressDrawTarget::stderr_with_hz(8)
            },
        );
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} {prefix} {msg} {wide_bar} {human_pos}/{human_len} {elapsed}",
        ) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Bar { bar, quiet, terminal, step: String::new() }
    }

    /// Something is being done that has no steps.
    pub(crate) fn show(&mut self, what: &str, done: u64, total: u64) {
        self.bar.set_message(what.to_owned());
        if total > 0 {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl rejoint_run::Progress for Bar {
    fn step(&mut self, step: &Step, index: usize, total: usize) {
        self.step = format!("{} {}", step.id, step.title);
        self.bar.set_prefix(format!("[{}/{total}]", index + 1));
        self.bar.set_message(self.step.clone());
        self.bar.set_position(0);
        self.bar.unset_length();
    }

    fn skipped(&mut self, _step: &Step) {}

    fn tick(&mut self, what: &str, done: u64, total: u64) {
        self.bar.set_message(format!("{}: {what}", self.step));
        if total > 0 {
            self.bar.set_length(total);
        } else {
            self.bar.unset_length();
        }
        self.bar.set_position(done);
    }

    fn finished(&mut self, _step: &Step) {
        if !self.quiet {
            if self.terminal {
                self.bar.println(format!("done  {}", self.step));
            } else {
                output::note(&format!("done {}", self.step));
            }
        }
    }

    fn note(&mut self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| output::note(text));
        }
    }
}
