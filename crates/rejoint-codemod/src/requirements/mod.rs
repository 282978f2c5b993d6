//! The version of DataJoint that a repository asks for: pinned below 2 for the old code, 2.x for the new.
//!
//! Only the text of the version is changed. What cannot be changed exactly (a URL, a lock file, a hash) is a
//! [`RequirementLeft`].

mod lines;
mod pyproject;
mod setup_py;
mod specifier;

use std::ops::Range;

use specifier::Answer;

/// Which DataJoint is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Any below 2; bounds that are there already stay.
    Old,
    /// `>=2.3,<3`.
    New,
}

/// A file with other versions in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementFile {
    /// The file.
    pub path: String,
    /// Its text with the versions changed.
    pub after: String,
}

/// A requirement that was left as it is, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementLeft {
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Why, and what to do.
    pub message: String,
}

/// What became of the requirements of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Changed files, in the order given.
    pub files: Vec<RequirementFile>,
    /// What was left.
    pub left: Vec<RequirementLeft>,
}

/// How a file spells requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// `requirements*.txt`
    Lines,
    SetupCfg,
    /// Of conda.
    Environment,
    Pyproject,
    SetupPy,
    /// Made by a program, or of a form that is only looked through.
    Other,
}

/// One requirement: where its version stands, and what to do with it.
struct Place {
    /// The bytes to replace; for a requirement that is left: where it is.
    range: Range<usize>,
    answer: Answer,
}

/// Whether a file may name the version of DataJoint, by its path.
pub fn is_requirement_file(path: &str) -> bool {
    format_of(path).is_some()
}

fn format_of(path: &str) -> Option<Format> {
    let path = path.replace('\\', "/");
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or("");
    let folder = parts.next().unwrap_or("");
    let listed = name.ends_with(".txt") || name.ends_with(".in");
    match name {
        "pyproject.toml" => Some(Format::Pyproject),
        "setup.py" => Some(Format::SetupPy),
        "setup.cfg" => Some(Format::SetupCfg),
        "poetry.lock" | "uv.lock" | "pdm.lock" | "Pipfile" | "Pipfile.lock" | "pixi.toml" | "pixi.lock"
        | "conda-lock.yml" | "meta.yaml" | "Dockerfile" => Some(Format::Other),
        _ if listed && (name.contains("requirements") || name.contains("constraints")) => Some(Format::Lines),
        _ if listed && folder == "requirements" => Some(Format::Lines),
        _ if (name.starts_with("environment") || folder == "environments")
            && (name.ends_with(".yml") || name.ends_with(".yaml")) =>
        {
            Some(Format::Environment)
        }
        _ => None,
    }
}

/// Changes the requirements in files given as paths and texts; files that hold none are passed over. The pure part:
/// nothing is read or written.
pub fn change_requirements(files: &[(String, String)], generation: Generation) -> Requirements {
    let mut all = Requirements::default();
    for (path, text) in files {
        let Some(format) = format_of(path) else { continue };
        if !text.to_ascii_lowercase().contains("datajoint") {
            continue;
        }
        let places = match format {
            Format::Lines => lines::requirements(text, generation),
            Format::SetupCfg => lines::setup_cfg(text, generation),
            Format::Environment => lines::environment(text, generation),
            Format::Pyproject => pyproject::places(text, generation),
            Format::SetupPy => setup_py::places(path, text, generation),
            Format::Other => lines::other(text),
        };
        let mut after = text.clone();
        let mut changed = false;
        for place in places.iter().rev() {
            match &place.answer {
                Answer::Same => {}
                Answer::Version(version) => {
                    after.replace_range(place.range.clone(), version);
                    changed = true;
                }
                Answer::Left(reason) => {
                    let before = text.get(..place.range.start).unwrap_or("");
                    all.left.push(RequirementLeft {
                        path: path.clone(),
                        line: before.matches('\n').count() + 1,
                        message: reason.clone(),
                    });
                }
            }
        }
        if changed {
            all.files.push(RequirementFile { path: path.clone(), after });
        }
    }
    all.left.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    all
}

#[cfg(test)]
mod tests;
