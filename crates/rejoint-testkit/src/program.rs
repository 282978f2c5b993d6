//! The project's own files and the program under test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the working tree: the folder that holds `lab/`, `dev/` and `crates/`.
///
/// Asked when the test runs: with a target folder that several clones share, what was compiled may name another clone.
pub fn project_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).ancestors().nth(2).expect("crates lie two folders below the root").into()
}

/// Path of the `rejoint` program: `RJ_TEST_REJOINT`, or `CARGO_BIN_EXE_rejoint`, or beside the running test.
///
/// # Panics
/// When it has not been built.
pub fn rejoint() -> PathBuf {
    for variable in ["RJ_TEST_REJOINT", "CARGO_BIN_EXE_rejoint"] {
        if let Some(path) = std::env::var_os(variable) {
            return path.into();
        }
    }
    let test = std::env::current_exe().expect("the path of the running test");
    let name = format!("rejoint{}", std::env::consts::EXE_SUFFIX);
    // target/debug/deps/test-1234 and target/debug/rejoint
    test.ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!(
                "no `rejoint` beside {}; run `cargo build -p rejoint-cli` or set RJ_TEST_REJOINT",
                test.display()
            )
        })
}

/// `rejoint` with an environment of its own: `home` as home and working folder, no settings of the person who runs
/// the tests (`DJ_*`, `RJ_*`), no colours, UTC.
pub fn rejoint_command(home: &Path) -> Command {
    let mut command = Command::new(rejoint());
    hermetic(&mut command, home);
    command
}

/// Take away from a child what differs between machines.
pub(crate) fn hermetic(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("DJ_") || text.starts_with("RJ_") || text.starts_with("PYTHON") {
            command.env_remove(&name);
        }
    }
    command
        .current_dir(home)
        .env("HOME", home)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("XDG_CONFIG_HOME");
}
