//! Files that are read line by line: requirements.txt, setup.cfg, environment.yml.

use super::specifier::{Answer, Spelling, place};
use super::{Generation, Place};

/// Lines with the offset of each.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// How many bytes of blanks a line begins with.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The last part of a URL or a path that names the repository of DataJoint.
fn names_source(line: &str) -> bool {
    line.contains("datajoint-python") || line.contains("egg=datajoint")
}

/// `requirements.txt`.
pub(super) fn requirements(text: &str, generation: Generation) -> Vec<Place> {
    let mut places = Vec::new();
    let mut all: Vec<(usize, &str)> = lines(text).collect();
    // A line that goes on with hashes on the next ones.
    for index in 0..all.len() {
        let Some((start, line)) = all.get(index).copied() else { continue };
        let mut end = start + line.len();
        let mut next = index + 1;
        while text.get(start..end).is_some_and(|line| line.ends_with('\\')) {
            let Some((begin, more)) = all.get_mut(next) else { break };
            end = *begin + more.len();
            *more = "";
            next += 1;
        }
        let line = text.get(start..end).unwrap_or(line);
        let lead = indent(line);
        match place(line.get(lead..).unwrap_or(""), start + lead, generation, Spelling::Pip) {
            Some(place) => places.push(place),
            None if names_source(line) && !line.trim_start().starts_with('#') => {
                places.push(left(start, line))
            }
            None => {}
        }
    }
    places
}

fn left(start: usize, line: &str) -> Place {
    Place {
        range: start..start + line.len(),
        answer: Answer::Left("it comes from a URL: choose the version there".to_owned()),
    }
}

/// `setup.cfg`: the lists of requirements in `[options]` and `[options.extras_require]`.
pub(super) fn setup_cfg(text: &str, generation: Generation) -> Vec<Place> {
    let mut places = Vec::new();
    let mut section = "";
    let mut listed = false;
    for (start, line) in lines(text) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let mut lead = indent(line);
        if lead == 0 {
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim();
                listed = false;
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            listed = section == "options.extras_require"
                || (section == "options"
                    && matches!(key.trim(), "install_requires" | "tests_require" | "setup_requires"));
            lead = key.len() + 1 + indent(value);
        }
        if listed
            && let Some(place) =
                place(line.get(lead..).unwrap_or(""), start + lead, generation, Spelling::Pip)
        {
            places.push(place);
        }
    }
    places
}

/// `environment.yml` of conda; the list below `pip:` is pip's.
pub(super) fn environment(text: &str, generation: Generation) -> Vec<Place> {
    let mut places = Vec::new();
    let mut pip: Option<usize> = None;
    for (start, line) in lines(text) {
        let lead = indent(line);
        let Some(item) = line.get(lead..).and_then(|rest| rest.strip_prefix('-')) else {
            if !line.trim().is_empty() && pip.is_some_and(|depth| lead <= depth) {
                pip = None;
            }
            continue;
        };
        if pip.is_some_and(|depth| lead <= depth) {
            pip = None;
        }
        let mut at = lead + 1 + indent(item);
        let value = line.get(at..).unwrap_or("");
        if value.trim_end() == "pip:" {
            pip = Some(lead);
            continue;
        }
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let mut value = value;
        if let Some(quote) = quoted {
            at += 1;
            value = line.get(at..).unwrap_or("");
            value = value.find(quote).and_then(|end| value.get(..end)).unwrap_or(value);
        }
        let spelling = if pip.is_some() { Spelling::Pip } else { Spelling::Conda };
        if spelling == Spelling::Conda
            && let Some(channel) = value.find("::")
        {
            at += channel + 2;
            value = value.get(channel + 2..).unwrap_or("");
        }
        match place(value, start + at, generation, spelling) {
            Some(place) => places.push(place),
            None if names_source(value) => places.push(left(start, line)),
            None => {}
        }
    }
    places
}

/// Files that are only looked through.
pub(super) fn other(text: &str) -> Vec<Place> {
    let names = |line: &str| {
        let lower = line.to_ascii_lowercase();
        lower.match_indices("datajoint").any(|(at, word)| {
            let before = lower.get(..at).and_then(|head| head.chars().next_back());
            let after = lower.get(at + word.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'))
                && !after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'))
        })
    };
    lines(text)
        .find(|(_, line)| !line.trim_start().starts_with('#') && names(line))
        .map(|(start, line)| Place {
            range: start..start + line.len(),
            answer: Answer::Left(
                "this file names DataJoint and is not edited: change it, or make it anew with its tool"
                    .to_owned(),
            ),
        })
        .into_iter()
        .collect()
}
