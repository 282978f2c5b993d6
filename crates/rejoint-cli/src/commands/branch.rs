//! `rejoint code --branch`: the migration as a branch with one commit per step of the guide.
//!
//! Only the program `git` touches the repository. Everything that could stop the run is looked at before anything
//! changes; what is in the last commit is what `--write` would have written.

use crate::failure::{Failure, Kind};
use rejoint_codemod::{Options, Outcome, rules};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Steps of the guide's first phase: topics of rules, and the subject of the commit.
const STEPS: &[(&[&str], &str)] = &[
    (&["RJ01", "RJ08"], "Table definitions for DataJoint 2"),
    (&["RJ03", "RJ04"], "Queries and fetches for DataJoint 2"),
    (&[], "Schemas, inserts, populate and settings for DataJoint 2"),
];

/// A repository that may be changed.
pub(crate) struct Repository {
    folder: PathBuf,
    branch: String,
}

impl Repository {
    /// Finds the one repository of all paths; refuses a tree that is not clean and a branch that exists.
    pub(crate) fn open(paths: &[PathBuf], branch: &str) -> Result<Repository, Failure> {
        let mut found: Option<PathBuf> = None;
        for path in paths {
            let real = std::fs::canonicalize(path)
                .map_err(|e| Failure::input(format!("cannot read {}: {e}", path.display())))?;
            let near = if real.is_dir() { real.as_path() } else { real.parent().unwrap_or(Path::new("/")) };
            let top = git(near, ["rev-parse", "--show-toplevel"])?;
            if !top.status.success() {
                return Err(Failure::new(
                    Kind::Refused,
                    format!("{} is in no git repository", path.display()),
                ));
            }
            let top = folder(&top.stdout);
            if found.as_ref().is_some_and(|other| *other != top) {
                return Err(Failure::new(Kind::Refused, "the paths are in more than one git repository"));
            }
            found = Some(top);
        }
        let folder = found.ok_or_else(|| Failure::input("no path is given"))?;
        let repository = Repository { folder, branch: branch.to_owned() };
        let reference = format!("refs/heads/{branch}");
        if branch.starts_with('-') || !repository.git(["check-ref-format", &reference])?.status.success() {
            return Err(Failure::input(format!("git does not take `{branch}` for the name of a branch")));
        }
        if !repository.git(["rev-parse", "--verify", "--quiet", "HEAD"])?.status.success() {
            return Err(Failure::new(Kind::Refused, "the repository has no commit to begin a branch at"));
        }
        if repository.git(["rev-parse", "--verify", "--quiet", &reference])?.status.success() {
            return Err(Failure::new(Kind::Refused, format!("the branch {branch} exists"))
                .hint("Give another name, or delete it first."));
        }
        let status = repository.ok(&["status", "--porcelain", "--untracked-files=normal"])?;
        if !status.is_empty() {
            let lines = String::from_utf8_lossy(&status);
            let shown: Vec<&str> = lines.lines().take(5).collect();
            return Err(Failure::new(
                Kind::Refused,
                format!("the tree has changes that are not committed: {}", shown.join(", ")),
            )
            .hint(
                "Commit or stash them, so that nothing of yours ends up in the commits of the migration.",
            ));
        }
        Ok(repository)
    }

    /// Makes the branch and the commits; gives the subjects of those made.
    pub(crate) fn commit(
        &self,
        paths: &[PathBuf],
        options: &Options,
        all: &Outcome,
    ) -> Result<Vec<String>, Failure> {
        let mut subjects = Vec::new();
        if all.files.is_empty() {
            return Ok(subjects);
        }
        self.all_tracked(all)?;
        self.ok(&["checkout", "--quiet", "-b", &self.branch])?;
        let changed: BTreeSet<&str> = all.files.iter().map(|file| file.path.as_str()).collect();
        let mut topics: Vec<&str> = Vec::new();
        for (step, subject) in STEPS {
            if step.is_empty() {
                all.write()?;
            } else {
                topics.extend(*step);
                let select: Vec<String> = rules()
                    .iter()
                    .map(|rule| rule.code)
                    .filter(|code| topics.iter().any(|topic| code.starts_with(topic)))
                    .filter(|code| options.select.is_empty() || options.select.iter().any(|s| s == code))
                    .map(str::to_owned)
                    .collect();
                if select.is_empty() {
                    continue;
                }
                let mut outcome = rejoint_codemod::run(paths, &Options { select, ..options.clone() })?;
                outcome.files.retain(|file| changed.contains(file.path.as_str()));
                outcome.write()?;
            }
            if self.ok(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
                continue;
            }
            self.ok(&["commit", "--quiet", "--all", "--message", subject])?;
            subjects.push((*subject).to_owned());
        }
        Ok(subjects)
    }

    /// A file that git does not know could not be brought back.
    fn all_tracked(&self, all: &Outcome) -> Result<(), Failure> {
        let listed = self.ok(&["ls-files", "-z"])?;
        let tracked: BTreeSet<PathBuf> = listed
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .map(|name| self.folder.join(path_of(name)))
            .collect();
        for file in &all.files {
            let real = std::fs::canonicalize(&file.path)
                .map_err(|e| Failure::new(Kind::Environment, format!("cannot read {}: {e}", file.path)))?;
            if !tracked.contains(&real) {
                return Err(Failure::new(Kind::Refused, format!("git does not track {}", file.path))
                    .hint("Add and commit it, or leave it out of the paths."));
            }
        }
        Ok(())
    }

    fn git<const N: usize>(&self, arguments: [&str; N]) -> Result<Output, Failure> {
        git(&self.folder, arguments)
    }

    /// Standard output of a command that must succeed.
    fn ok(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let output = git(&self.folder, arguments)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let command = arguments.first().copied().unwrap_or_default();
        Err(Failure::new(Kind::Environment, format!("git {command} failed: {}", said.trim())).hint(format!(
            "The branch you were on is as it was. To begin anew: `git checkout --force -`, `git branch -D {}`.",
            self.branch
        )))
    }
}

fn git(folder: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Output, Failure> {
    Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .map_err(|e| Failure::new(Kind::Environment, format!("cannot run git: {e}")))
}

/// The folder that git printed, with links resolved.
fn folder(stdout: &[u8]) -> PathBuf {
    let text = stdout.strip_suffix(b"\n").unwrap_or(stdout);
    let path = path_of(text);
    std::fs::canonicalize(&path).unwrap_or(path)
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
