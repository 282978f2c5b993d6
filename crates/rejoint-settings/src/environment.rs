//! The surroundings settings are read from, as a value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Where 2.x looks for secrets when there is no `.secrets/` next to `datajoint.json`.
const SYSTEM_SECRETS: &str = "/run/secrets/datajoint";

/// Working directory, home, variables and system secrets folder. Tests make their own; programs use
/// [`Environment::from_process`].
#[derive(Clone)]
pub struct Environment {
    current_dir: PathBuf,
    home: Option<PathBuf>,
    system_secrets: PathBuf,
    variables: BTreeMap<String, String>,
}

impl std::fmt::Debug for Environment {
    // Variables may hold passwords (DJ_PASS, DJ_STORES): only their names are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("current_dir", &self.current_dir)
            .field("home", &self.home)
            .field("system_secrets", &self.system_secrets)
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl Environment {
    /// An environment with a working directory and nothing else.
    pub fn new(current_dir: impl Into<PathBuf>) -> Self {
        Self {
            current_dir: current_dir.into(),
            home: None,
            system_secrets: PathBuf::from(SYSTEM_SECRETS),
            variables: BTreeMap::new(),
        }
    }

    /// The environment of this process.
    ///
    /// # Errors
    /// [`Error::WorkingDirectory`]. Variables that are not UTF-8 are left out.
    pub fn from_process() -> Result<Self> {
        let mut environment = Self::new(std::env::current_dir().map_err(Error::WorkingDirectory)?);
        environment.home = std::env::home_dir();
        environment.variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(environment)
    }

    /// Sets the home directory.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// Sets the folder of system secrets (default `/run/secrets/datajoint`).
    #[must_use]
    pub fn with_system_secrets(mut self, folder: impl Into<PathBuf>) -> Self {
        self.system_secrets = folder.into();
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The working directory.
    pub fn current_dir(&self) -> &Path {
        &self.current_dir
    }

    /// The home directory, if there is one.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The folder of system secrets.
    pub fn system_secrets(&self) -> &Path {
        &self.system_secrets
    }

    /// A variable, also if it is set to the empty text.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    pub(crate) fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }
}
