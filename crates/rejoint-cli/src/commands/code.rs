//! `rejoint code`.

use super::Context;
use super::branch::{Made, Repository};
use crate::args::CodeArgs;
use crate::failure::{Failure, Kind};
use crate::output;
use rejoint_codemod::{CodemodError, Decisions, Finding, FindingKind, Options, Outcome, Since, rule};
use serde_json::json;

impl From<CodemodError> for Failure {
    fn from(error: CodemodError) -> Self {
        let kind = match &error {
            CodemodError::Write { .. } => Kind::Environment,
            _ => Kind::Input,
        };
        Failure::new(kind, error.to_string())
    }
}

pub(crate) fn run(context: &Context, args: &CodeArgs) -> Result<u8, Failure> {
    let decisions = match &args.decisions {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Failure::input(format!("cannot read {}: {e}", path.display())))?;
            Decisions::from_toml(&text)?
        }
        None => Decisions::default(),
    };
    if let Some(unknown) = args.select.iter().chain(&args.ignore).find(|code| rule(code).is_none()) {
        return Err(Failure::input(format!("there is no rule {unknown}")).hint("docs/rules lists all rules."));
    }
    let options = Options {
        suggested: args.suggested,
        since: args.since.as_ref().map(|_| Since::V2_0),
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        schema_suffix: args.schema_suffix.clone(),
        core_types: args.core_types,
        single_quotes: args.single_quotes,
        decisions,
    };
    let repository = match &args.branch {
        Some(name) => Some(Repository::open(&args.paths, name, args.pin_old)?),
        None => None,
    };
    let outcome = rejoint_codemod::run(&args.paths, &options)?;
    // Before the SARIF file, which may be in the tree, is written.
    let made = match &repository {
        Some(repository) => repository.commit(&args.paths, &options, &outcome)?,
        None => Made::default(),
    };
    if let Some(path) = &args.sarif {
        let text = serde_json::to_string_pretty(&outcome.sarif())
            .map_err(|e| Failure::new(Kind::Bug, e.to_string()))?;
        std::fs::write(path, text)
            .map_err(|e| Failure::new(Kind::Environment, format!("cannot write {}: {e}", path.display())))?;
    }
    if args.write {
        outcome.write()?;
    }
    if context.json {
        let mut value = outcome.json();
        if args.branch.is_some()
            && let Some(object) = value.as_object_mut()
        {
            let commits =
                made.commits.iter().map(|(branch, subject)| json!({ "branch": branch, "subject": subject }));
            let left = made
                .left
                .iter()
                .map(|left| json!({ "path": left.path, "line": left.line, "message": left.message }));
            object.insert("commits".to_owned(), commits.collect());
            object.insert("requirements_left".to_owned(), left.collect());
        }
        output::json(&value);
    } else {
        print(&outcome, args);
        if let Some(name) = &args.branch {
            for left in &made.left {
                output::line(format!(
                    "{}:{}: requirement of DataJoint left: {}",
                    left.path, left.line, left.message
                ));
            }
            if !made.commits.iter().any(|(branch, _)| branch == name) {
                output::line(format!("Nothing to rewrite: the branch {name} was not made."));
            }
            for (branch, subject) in &made.commits {
                output::line(format!("{branch}: {subject}"));
            }
        }
    }
    Ok(u8::from(args.check && !(outcome.is_clean() && made.left.is_empty())))
}

fn print(outcome: &Outcome, args: &CodeArgs) {
    if !args.no_diff && !args.write && args.branch.is_none() {
        for line in outcome.unified_diff().lines() {
            output::line(line);
        }
    }
    for finding in &outcome.findings {
        output::line(shown(finding));
        for choice in &finding.choices {
            output::line(format!("    - {choice}"));
        }
    }
    if !outcome.counts.is_empty() {
        output::heading("Rules");
        let rows: Vec<Vec<String>> = outcome
            .counts
            .iter()
            .map(|(code, counts)| {
                let summary = rule(code).map(|r| r.summary.to_owned()).unwrap_or_default();
                vec![
                    (*code).to_owned(),
                    counts.rewrites.to_string(),
                    counts.suggestions.to_string(),
                    counts.findings.to_string(),
                    summary,
                ]
            })
            .collect();
        output::table(&["rule", "rewritten", "suggested", "to decide", "about"], &rows);
    }
    let verb = if args.write || args.branch.is_some() { "rewritten" } else { "to rewrite" };
    output::line(format!(
        "\n{} files read, {} {verb}, {} places left for you",
        outcome.files_read,
        outcome.files.len(),
        outcome.findings.len()
    ));
}

fn shown(finding: &Finding) -> String {
    let cell = finding.position.cell.map(|c| format!("cell {c}:")).unwrap_or_default();
    let kind = match finding.kind {
        FindingKind::Suggestion => " (suggestion)",
        FindingKind::Decision => "",
        FindingKind::Unparsed => " (not parsed)",
    };
    format!(
        "{}:{cell}{}:{}: {}{kind} {}",
        finding.path, finding.position.line, finding.position.column, finding.code, finding.message
    )
}
