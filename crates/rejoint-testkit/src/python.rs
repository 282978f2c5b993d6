//! Python under either generation of DataJoint.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::program::hermetic;

/// A generation of DataJoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Generation {
    /// DataJoint 0.14.10, `RJ_PYTHON_V0`.
    V0,
    /// DataJoint 2.3.5, `RJ_PYTHON_V2`.
    V2,
}

impl Generation {
    /// The Python interpreter that has this generation.
    ///
    /// # Panics
    /// When the environment names none, with the command to run.
    pub fn interpreter(self) -> PathBuf {
        let variable = match self {
            Self::V0 => "RJ_PYTHON_V0",
            Self::V2 => "RJ_PYTHON_V2",
        };
        std::env::var_os(variable)
            .unwrap_or_else(|| {
                panic!(
                    "{variable} is not set: this test needs a Python with DataJoint. \
                     Run `dev/test`, or `eval \"$(dev/python)\"` first"
                )
            })
            .into()
    }

    /// The interpreter as a command with `home` as home and working folder and nothing of the person's settings.
    pub fn command(self, home: &Path) -> Command {
        let mut command = Command::new(self.interpreter());
        hermetic(&mut command, home);
        command
    }
}

/// Run to the end; what it printed on standard output.
///
/// # Panics
/// When it fails, with both its outputs.
pub(crate) fn output_of(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?}: {status}\n{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}
