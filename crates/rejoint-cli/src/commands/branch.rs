//! `rejoint code --branch`: the migration as a branch with one commit per step of the guide.
//!
//! Only the program `git` touches the repository. Everything that could stop the run is looked at before anything
//! changes; after the steps the code is what `--write` would have written. The last commit asks for DataJoint 2 in the
//! files that name its version. With `--pin-old` one commit on the branch that was checked out comes first: it pins
//! DataJoint below 2 there, so that the old branch goes on working when 2.x is what an installation would take.

use crate::failure::{Failure, Kind};
use rejoint_codemod::{
    Generation, Options, Outcome, RequirementLeft, Requirements, change_requirements, is_requirement_file,
    rules,
};
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

/// The commit on the old branch, and the last one on the new.
const PIN: &str = "Pin DataJoint below 2";
const REQUIRE: &str = "Require DataJoint 2";

/// A repository that may be changed.
pub(crate) struct Repository {
    folder: PathBuf,
    branch: String,
    /// The branch that gets a commit which pins the old version.
    pinned: Option<String>,
}

/// What was committed.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// Branch and subject of each commit.
    pub(crate) commits: Vec<(String, String)>,
    /// Requirements that were left as they are.
    pub(crate) left: Vec<RequirementLeft>,
}

impl Repository {
    /// Finds the one repository of all paths; refuses a tree that is not clean and a branch that exists. `pin`: the old
    /// branch gets a commit too, so one must be checked out.
    pub(crate) fn open(paths: &[PathBuf], branch: &str, pin: bool) -> Result<Repository, Failure> {
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
        let mut repository = Repository { folder, branch: branch.to_owned(), pinned: None };
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
        if pin {
            let head = repository.git(["symbolic-ref", "--quiet", "--short", "HEAD"])?;
            if !head.status.success() {
                return Err(Failure::new(
                    Kind::Refused,
                    "no branch is checked out that could be pinned to the old version",
                )
                .hint("Check out the old branch, or leave out --pin-old."));
            }
            repository.pinned = Some(String::from_utf8_lossy(&head.stdout).trim().to_owned());
        }
        Ok(repository)
    }

    /// Makes the branch and the commits.
    pub(crate) fn commit(
        &self,
        paths: &[PathBuf],
        options: &Options,
        all: &Outcome,
    ) -> Result<Made, Failure> {
        let mut made = Made::default();
        self.all_tracked(all)?;
        let files = self.requirement_files(&mut made.left)?;
        let old = match &self.pinned {
            Some(_) => change_requirements(&files, Generation::Old),
            None => Requirements::default(),
        };
        let mut files = files;
        for (path, text) in &mut files {
            if let Some(file) = old.files.iter().find(|file| file.path == *path) {
                text.clone_from(&file.after);
            }
        }
        let new = change_requirements(&files, Generation::New);
        if let Some(branch) = &self.pinned
            && self.commit_requirements(&old, PIN)?
        {
            made.commits.push((branch.clone(), PIN.to_owned()));
        }
        for left in old.left.iter().chain(&new.left) {
            if !made.left.contains(left) {
                made.left.push(left.clone());
            }
        }
        made.left.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
        if all.files.is_empty() && new.files.is_empty() {
            return Ok(made);
        }
        self.ok(&["checkout", "--quiet", "-b", &self.branch])?;
        if !all.files.is_empty() {
            self.steps(paths, options, all, &mut made)?;
        }
        if self.commit_requirements(&new, REQUIRE)? {
            made.commits.push((self.branch.clone(), REQUIRE.to_owned()));
        }
        Ok(made)
    }

    /// One commit for each step that changes something.
    fn steps(
        &self,
        paths: &[PathBuf],
        options: &Options,
        all: &Outcome,
        made: &mut Made,
    ) -> Result<(), Failure> {
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
            made.commits.push((self.branch.clone(), (*subject).to_owned()));
        }
        Ok(())
    }

    /// The tracked files of the repository that may name the version of DataJoint. Links and what is not UTF-8 are
    /// listed, not read: what a link points to may be anywhere.
    fn requirement_files(&self, left: &mut Vec<RequirementLeft>) -> Result<Vec<(String, String)>, Failure> {
        let listed = self.ok(&["ls-files", "-z"])?;
        let mut files = Vec::new();
        for name in listed.split(|byte| *byte == 0) {
            let Ok(name) = std::str::from_utf8(name) else { continue };
            if !is_requirement_file(name) {
                continue;
            }
            let path = self.folder.join(name);
            let link = std::fs::symlink_metadata(&path).is_ok_and(|data| data.file_type().is_symlink());
            // A submodule or a sparse checkout: what is not there asks for nothing.
            let text = match std::fs::read(&path) {
                Ok(bytes) if !link => String::from_utf8(bytes).map_err(|_| "it is not UTF-8"),
                Ok(_) => Err("it is a link"),
                Err(_) => continue,
            };
            match text {
                Ok(text) => files.push((name.to_owned(), text)),
                Err(reason) => left.push(RequirementLeft {
                    path: name.to_owned(),
                    line: 1,
                    message: format!("not looked at: {reason}"),
                }),
            }
        }
        Ok(files)
    }

    /// Writes changed requirements and commits them alone; whether there were any.
    fn commit_requirements(&self, requirements: &Requirements, subject: &str) -> Result<bool, Failure> {
        if requirements.files.is_empty() {
            return Ok(false);
        }
        let mut command = vec!["commit", "--quiet", "--message", subject, "--"];
        for file in &requirements.files {
            std::fs::write(self.folder.join(&file.path), &file.after)
                .map_err(|e| Failure::new(Kind::Environment, format!("cannot write {}: {e}", file.path)))?;
            command.push(&file.path);
        }
        self.ok(&command)?;
        Ok(true)
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
        let hint = match &self.pinned {
            None => format!(
                "The branch you were on is as it was. To begin anew: `git checkout --force -`, `git branch -D {}`.",
                self.branch
            ),
            Some(old) => format!(
                "At most one commit was made on {old}. To begin anew: `git checkout --force {old}`, `git branch -D {}`.",
                self.branch
            ),
        };
        Err(Failure::new(Kind::Environment, format!("git {command} failed: {}", said.trim())).hint(hint))
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
