//! Finds the Python files and notebooks below paths.

use std::path::{Path, PathBuf};

use crate::error::CodemodError;

/// Folders that never hold code of the project.
const SKIPPED: &[&str] =
    &["__pycache__", "node_modules", "site-packages", "build", "dist", "venv", ".ipynb_checkpoints"];

/// The `.py` and `.ipynb` files below the paths, sorted; a path that is a file is taken whatever its name.
/// Hidden folders, environments and build folders are left out. Symbolic links to folders are not followed.
pub fn find_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CodemodError> {
    let mut found = Vec::new();
    for path in paths {
        let metadata =
            std::fs::metadata(path).map_err(|source| CodemodError::Read { path: path.clone(), source })?;
        if metadata.is_dir() { folder(path, &mut found)? } else { found.push(path.clone()) }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn folder(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), CodemodError> {
    let failed = |source| CodemodError::Read { path: path.to_owned(), source };
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            let environment = entry.path().join("pyvenv.cfg").exists();
            if !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) && !environment {
                folder(&entry.path(), found)?;
            }
        } else if kind.is_file() && (name.ends_with(".py") || name.ends_with(".ipynb")) {
            found.push(entry.path());
        }
    }
    Ok(())
}
