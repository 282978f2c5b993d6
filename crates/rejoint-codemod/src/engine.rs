//! Runs the rules over all files until nothing changes, and keeps edits from treading on each other.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rejoint_python::{Edit, FileKind, Project, SourceFile, sort_edits};

use crate::context::{Change, Context, Note};
use crate::model::Model;
use crate::options::{Options, RuleDecision};
use crate::outcome::{Counts, FileOutcome, Finding, FindingKind, Outcome, Rewrite};
use crate::registry::rules;
use crate::rule::{Level, Rule};
use crate::visit::{Dispatch, visit};

/// Edits that wait for others (an argument inside a call that is itself rewritten) come in the next pass.
const PASSES: usize = 6;

/// How often all files look again after changes.
const ROUNDS: usize = 4;

/// The rule for files that do not parse is not one that looks at a tree; it only has a code.
pub(crate) const UNPARSED: &str = "RJ0901";

/// Rewrites files given as text. The pure part of [`crate::run`]: no file is read or written.
///
/// `files` are paths (for resolving imports, and for messages) and contents; a path that ends in `.ipynb` is a
/// notebook.
pub fn run_on(files: Vec<(String, String)>, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let parsed: Vec<Result<SourceFile, (String, String)>> = files
        .into_par_iter()
        .map(|(path, text)| {
            let kind = if path.ends_with(".ipynb") { FileKind::Notebook } else { FileKind::Script };
            SourceFile::parse(path.clone(), text, kind).map_err(|problem| (path, problem.to_string()))
        })
        .collect();
    let mut sources = Vec::with_capacity(parsed.len());
    for file in parsed {
        match file {
            Ok(file) => {
                if let Some(problem) = file.problems().first() {
                    let position = file.position(problem.offset);
                    outcome.findings.push(Finding {
                        code: UNPARSED,
                        kind: FindingKind::Unparsed,
                        path: file.path().to_owned(),
                        position,
                        message: format!("does not parse: {}; left as it is", problem.message),
                        choices: vec!["if it is Python 2, convert it to Python 3 first".to_owned()],
                    });
                }
                sources.push(file);
            }
            Err((path, message)) => outcome.findings.push(Finding {
                code: UNPARSED,
                kind: FindingKind::Unparsed,
                path,
                position: rejoint_python::Position { cell: None, line: 1, column: 1 },
                message,
                choices: Vec::new(),
            }),
        }
    }
    outcome.files_read = sources.len();
    let selected: Vec<&'static Rule> = rules()
        .iter()
        .copied()
        .filter(|rule| options.select.is_empty() || options.select.iter().any(|code| code == rule.code))
        .filter(|rule| !options.ignore.iter().any(|code| code == rule.code))
        .filter(|rule| options.since.is_none() || rule.applies_since_2_0())
        .collect();
    let dispatch = Dispatch::new(&selected);
    let mut project = Project::analyze(sources);
    let count = project.files().len();
    let mut states: Vec<FileState> = (0..count).map(|_| FileState::default()).collect();
    // An adapter that became a codec, or a definition that can now be read, matters for other files: all that
    // may see it look again.
    let mut learnt_before = 0;
    let mut model = Model::new(&project);
    let mut codecs = crate::definitions::project_codecs(&project);
    let mut pending: Vec<usize> = (0..count).collect();
    for _ in 0..ROUNDS {
        let changed = settle(&mut project, &model, options, &dispatch, &codecs, pending, &mut states);
        let learnt = states
            .iter()
            .flat_map(|state| &state.rewrites)
            .filter(|rewrite| matches!(rewrite.code, "RJ0112" | "RJ0121" | "RJ0802"))
            .count();
        if learnt == learnt_before {
            break;
        }
        learnt_before = learnt;
        let changed: Vec<usize> = changed.into_iter().collect();
        pending = project.renew(&changed);
        let (model_before, codecs_before) = (model, codecs);
        model = Model::new(&project);
        codecs = crate::definitions::project_codecs(&project);
        if model.reads_contents != model_before.reads_contents || codecs != codecs_before {
            pending = (0..count).collect();
        }
    }
    let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
    for (index, state) in states.into_iter().enumerate() {
        let Some(file) = project.files().get(index) else { continue };
        for rewrite in &state.rewrites {
            let entry = counts.entry(rewrite.code).or_default();
            entry.hits += 1;
            entry.rewrites += 1;
        }
        for finding in &state.findings {
            let entry = counts.entry(finding.code).or_default();
            entry.hits += 1;
            match finding.kind {
                FindingKind::Suggestion => entry.suggestions += 1,
                _ => entry.findings += 1,
            }
        }
        outcome.findings.extend(state.findings);
        if let Some(before) = state.before {
            outcome.files.push(FileOutcome {
                path: file.path().to_owned(),
                rewrites: state.rewrites,
                after: file.raw().to_owned(),
                before,
            });
        }
    }
    outcome.findings.sort_by(|a, b| (&a.path, a.position, a.code).cmp(&(&b.path, b.position, b.code)));
    outcome.counts = counts;
    // Nobody waits for the trees to be freed.
    rayon::spawn(move || drop(project));
    outcome
}

/// A file with its changes, when there are any; an error when they would break it.
type Rewritten = Option<Result<SourceFile, String>>;

/// Runs passes over files until none changes. The files that were rewritten.
fn settle(
    project: &mut Project,
    model: &Model,
    options: &Options,
    dispatch: &Dispatch,
    codecs: &BTreeMap<String, String>,
    mut pending: Vec<usize>,
    states: &mut [FileState],
) -> BTreeSet<usize> {
    let mut changed = BTreeSet::new();
    for _ in 0..PASSES {
        let results: Vec<(usize, PassResult, Rewritten)> = pending
            .par_iter()
            .map(|index| {
                let result = pass(project, model, options, dispatch, codecs, *index);
                let next = project
                    .files()
                    .get(*index)
                    .filter(|_| !result.accepted.is_empty())
                    .map(|file| rewritten(file, &result.accepted));
                (*index, result, next)
            })
            .collect();
        pending.clear();
        let mut replaced = Vec::new();
        for (index, result, next) in results {
            let (Some(state), Some(file)) = (states.get_mut(index), project.files().get(index)) else {
                continue;
            };
            state.findings = result.findings;
            match next {
                None => {}
                Some(Ok(next)) => {
                    for change in result.accepted {
                        let position = file.position(change.offset);
                        state.rewrites.push(Rewrite {
                            code: change.rule.code,
                            level: change.level,
                            position,
                            message: change.message,
                        });
                    }
                    state.before.get_or_insert_with(|| file.raw().to_owned());
                    replaced.push((index, next));
                    changed.insert(index);
                    pending.push(index);
                }
                Some(Err(reason)) => state.refuse(file, &result.accepted, &reason),
            }
        }
        project.replace(replaced);
        if pending.is_empty() {
            break;
        }
    }
    changed
}

/// The file with changes applied; an error when the result would not parse.
fn rewritten(file: &SourceFile, changes: &[Change]) -> Result<SourceFile, String> {
    let mut edits: Vec<Edit> = changes.iter().flat_map(|change| change.edits.clone()).collect();
    // New lines end as the others of the file do.
    let windows =
        file.raw().find('\n').is_some_and(|at| file.raw().get(..at).is_some_and(|line| line.ends_with('\r')));
    if windows && file.kind() == FileKind::Script {
        for edit in &mut edits {
            edit.replacement = edit.replacement.replace('\n', "\r\n");
        }
    }
    sort_edits(&mut edits);
    let text = file.apply(&edits).map_err(|problem| problem.to_string())?;
    let next = SourceFile::parse(file.path().to_owned(), text, file.kind())
        .map_err(|problem| problem.to_string())?;
    if next.problems().len() > file.problems().len() {
        return Err("the result would not parse".to_owned());
    }
    Ok(next)
}

#[derive(Default)]
struct FileState {
    /// The file as it was read, once it is rewritten.
    before: Option<String>,
    rewrites: Vec<Rewrite>,
    findings: Vec<Finding>,
}

impl FileState {
    fn refuse(&mut self, file: &SourceFile, changes: &[Change], reason: &str) {
        for change in changes {
            self.findings.push(Finding {
                code: change.rule.code,
                kind: FindingKind::Suggestion,
                path: file.path().to_owned(),
                position: file.position(change.offset),
                message: format!("{} (not done: {reason}; please report this)", change.message),
                choices: Vec::new(),
            });
        }
    }
}

struct PassResult {
    accepted: Vec<Change>,
    findings: Vec<Finding>,
}

fn pass(
    project: &Project,
    model: &Model,
    options: &Options,
    dispatch: &Dispatch,
    codecs: &BTreeMap<String, String>,
    index: usize,
) -> PassResult {
    let mut result = PassResult { accepted: Vec::new(), findings: Vec::new() };
    let Some(source) = project.files().get(index) else { return result };
    let context = Context {
        project,
        model,
        options,
        index,
        source,
        // Each rule puts itself in its place.
        rule: crate::rules::NONE,
        parents: Vec::new(),
        changes: Vec::new(),
        notes: Vec::new(),
        definitions: std::collections::HashMap::new(),
        codecs,
        makes_types: source.text().contains("definition") && source.text().contains("type("),
        serial: 0,
    };
    let context = visit(context, dispatch);
    let mut taken: Vec<Edit> = Vec::new();
    for change in context.changes {
        let decision = options.decisions.rules.get(change.rule.code).copied();
        if decision == Some(RuleDecision::Skip) {
            continue;
        }
        let allowed =
            change.level == Level::Safe || options.suggested || decision == Some(RuleDecision::Apply);
        if !allowed {
            result.findings.push(suggestion(source, &change, None));
            continue;
        }
        if let Some(comment) = lost_comment(source, &change) {
            result.findings.push(suggestion(source, &change, Some(comment)));
            continue;
        }
        let clash = change.edits.iter().any(|edit| taken.iter().any(|other| edit.conflicts(other)));
        if clash {
            // The next pass sees what became of the other edit.
            continue;
        }
        taken.extend(change.edits.iter().cloned());
        result.accepted.push(change);
    }
    for note in context.notes {
        if options.decisions.rules.get(note.rule.code) == Some(&RuleDecision::Skip) {
            continue;
        }
        result.findings.push(finding(source, note));
    }
    result
}

fn suggestion(source: &SourceFile, change: &Change, comment: Option<String>) -> Finding {
    let mut choices = Vec::new();
    let message = match comment {
        Some(comment) => {
            choices.push("rewrite it by hand, keeping the comment".to_owned());
            format!("{} (not done: it would lose the comment `{comment}`)", change.message)
        }
        None => {
            choices.push(format!(
                "let it be rewritten: --suggested, or {} = \"apply\" in decisions",
                change.rule.code
            ));
            change.message.clone()
        }
    };
    Finding {
        code: change.rule.code,
        kind: FindingKind::Suggestion,
        path: source.path().to_owned(),
        position: source.position(change.offset),
        message,
        choices,
    }
}

fn finding(source: &SourceFile, note: Note) -> Finding {
    Finding {
        code: note.rule.code,
        kind: FindingKind::Decision,
        path: source.path().to_owned(),
        position: source.position(note.offset),
        message: note.message,
        choices: note.choices,
    }
}

/// A comment that an edit would remove.
fn lost_comment(source: &SourceFile, change: &Change) -> Option<String> {
    for edit in &change.edits {
        for range in source.comments_in(edit.range.clone()) {
            let comment = source.slice(range);
            if !edit.replacement.contains(comment) {
                return Some(comment.to_owned());
            }
        }
    }
    None
}
