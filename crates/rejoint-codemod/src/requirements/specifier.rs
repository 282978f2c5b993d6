//! Versions as PEP 508, Poetry and conda spell them.

use std::ops::Range;

use super::{Generation, Place};

/// What to write in place of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is right as it is.
    Same,
    /// This.
    Version(String),
    /// Nothing; the reason.
    Left(String),
}

/// How the versions of a requirement are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `>=1,<2`, as pip reads it.
    Pip,
    /// Also `^1`, `~1`, `1.2` and `*`.
    Poetry,
    /// Also `=1.2` and `1.2`.
    Conda,
}

const NEW: &str = ">=2.3,<3";

/// A requirement of DataJoint at the start of a text: the bytes of its version (empty when it has none), or why it
/// has no version. `None` for another package.
pub(super) fn requirement(text: &str) -> Option<(Range<usize>, Option<&'static str>)> {
    let name = text.get(.."datajoint".len())?;
    if !name.eq_ignore_ascii_case("datajoint") {
        return None;
    }
    let mut at = name.len();
    let rest = |at: usize| text.get(at..).unwrap_or("");
    if rest(at).starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return None;
    }
    let blanks = |at: usize| rest(at).len() - rest(at).trim_start_matches([' ', '\t']).len();
    let extras = at + blanks(at);
    if rest(extras).starts_with('[') {
        at = extras + rest(extras).find(']')? + 1;
    }
    let mut start = at + blanks(at);
    if rest(start).starts_with('@') {
        return Some((start..text.len(), Some("it comes from a URL: choose the version there")));
    }
    let mut end = text.len();
    if rest(start).starts_with('(') {
        start += 1;
        end = start + rest(start).find(')')?;
    }
    // A marker, a comment or an option may follow the name with nothing between.
    for mark in [";", " #", "\t#", " --", "\\"] {
        if let Some(found) = text.get(at..end).and_then(|part| part.find(mark)) {
            end = at + found;
        }
    }
    start = start.min(end);
    if text.contains("--hash") {
        return Some((start..end, Some("it is pinned with hashes: make the file anew")));
    }
    let version = text.get(start..end).unwrap_or("").trim_end();
    if version.is_empty() {
        // Before the blanks that lead to a marker or a comment.
        let at = if text.get(..start).is_some_and(|head| head.ends_with('(')) { start } else { at };
        return Some((at..at, None));
    }
    Some((start..start + version.len(), None))
}

/// The place of a requirement in a text that begins at an offset of the file.
pub(super) fn place(text: &str, offset: usize, generation: Generation, spelling: Spelling) -> Option<Place> {
    let (range, reason) = requirement(text)?;
    // What stands in brackets is extras for pip, conditions for conda.
    let bracket = "conditions in brackets: change them by hand";
    let reason = reason.or((spelling == Spelling::Conda && text.contains('[')).then_some(bracket));
    let answer = match reason {
        Some(reason) => Answer::Left(reason.to_owned()),
        None => version(text.get(range.clone()).unwrap_or(""), generation, spelling),
    };
    Some(Place { range: offset + range.start..offset + range.end, answer })
}

/// One condition of a version.
struct Clause<'a> {
    operator: &'a str,
    release: Vec<u32>,
    /// Its text, as a range.
    range: Range<usize>,
}

impl Clause<'_> {
    fn major(&self) -> u32 {
        self.release.first().copied().unwrap_or(0)
    }

    /// No version from 2 on meets it.
    fn is_below_2(&self) -> bool {
        match self.operator {
            "<" => self.major() < 2 || (self.major() == 2 && self.release.iter().skip(1).all(|n| *n == 0)),
            "<=" | "==" | "===" | "~=" | "=" | "" | "^" | "~" => self.major() < 2,
            _ => false,
        }
    }

    /// No version below 2.3 meets it.
    fn is_from_2_3(&self) -> bool {
        let known = self.release.iter().chain([&0, &0]).take(2).copied().collect::<Vec<u32>>();
        matches!(self.operator, ">=" | ">" | "==" | "===" | "~=" | "=" | "" | "^" | "~")
            && known >= vec![2, 3]
    }

    fn is_from_2(&self) -> bool {
        matches!(self.operator, ">=" | ">" | "==" | "===" | "~=" | "=" | "" | "^" | "~") && self.major() >= 2
    }
}

/// The text to write in place of a version.
pub(super) fn version(text: &str, generation: Generation, spelling: Spelling) -> Answer {
    if text.is_empty() || (text == "*" && spelling == Spelling::Poetry) {
        return Answer::Version(if generation == Generation::New { NEW.to_owned() } else { "<2".to_owned() });
    }
    let Some(clauses) = clauses(text, spelling) else {
        return Answer::Left(format!("the version `{text}` is not understood: change it by hand"));
    };
    match generation {
        Generation::New => {
            let right = clauses.iter().any(Clause::is_from_2_3) && !clauses.iter().any(Clause::is_below_2);
            if right { Answer::Same } else { Answer::Version(NEW.to_owned()) }
        }
        Generation::Old if clauses.iter().any(Clause::is_from_2) => {
            Answer::Left(format!("`{text}` already asks for DataJoint 2"))
        }
        Generation::Old if clauses.iter().any(Clause::is_below_2) => Answer::Same,
        Generation::Old => {
            let mut after = text.to_owned();
            match clauses.iter().rev().find(|clause| matches!(clause.operator, "<" | "<=")) {
                Some(upper) => after.replace_range(upper.range.clone(), "<2"),
                None => after.push_str(if text.contains(", ") { ", <2" } else { ",<2" }),
            }
            Answer::Version(after)
        }
    }
}

fn clauses(text: &str, spelling: Spelling) -> Option<Vec<Clause<'_>>> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in text.split(',') {
        let lead = part.len() - part.trim_start().len();
        let clause = part.trim();
        let range = start + lead..start + lead + clause.len();
        start += part.len() + 1;
        // `>=1,` is legal.
        if clause.is_empty() && start > text.len() && !found.is_empty() {
            continue;
        }
        let operators: &[&str] = &["===", "==", "~=", "!=", "<=", ">=", "<", ">", "=", "^", "~"];
        let operator = operators.iter().copied().find(|operator| clause.starts_with(operator)).unwrap_or("");
        let known = match operator {
            "=" => spelling == Spelling::Conda,
            "^" | "~" => spelling == Spelling::Poetry,
            "" => spelling != Spelling::Pip,
            _ => true,
        };
        let version = clause.get(operator.len()..)?.trim();
        // conda: a build string, which says which version it is no more than the version does
        let version = match spelling {
            Spelling::Conda => version.split(['=', ' ']).next()?,
            _ => version,
        };
        let plain = !version.is_empty()
            && version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '-' | '+'));
        if !known || !plain {
            return None;
        }
        let mut release = Vec::new();
        for number in version.split('.') {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            match digits.parse() {
                Ok(number) => release.push(number),
                Err(_) => break,
            }
            if digits.len() < number.len() {
                break;
            }
        }
        found.push(Clause { operator, release, range });
    }
    (!found.is_empty()).then_some(found)
}
