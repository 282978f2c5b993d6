//! The comparison of two pieces of evidence: the only place that says "equal".

use crate::certificate::Decision;
use crate::evidence::{DecodedColumn, Evidence, ObjectEvidence, ObjectGroup, TableEvidence};
use crate::objects::{ObjectProblem, Objects, ProblemKind};
use rejoint_model::{Content, ExternalKind, TableName, TableView};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict on everything together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything is equal, or differs only where a decision allows it.
    Equal,
    /// Nothing is known to differ, but something could not be compared.
    Incomplete,
    /// Something differs.
    Differs,
}

/// The verdict on one table or one group of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Equal.
    Equal,
    /// Differs, in columns where a decision allows it.
    Allowed,
    /// Only in one piece of evidence, or not looked at closely enough.
    Incomplete,
    /// Differs.
    Differs,
}

/// What can be said about a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableVerdict {
    /// The table.
    pub table: TableName,
    /// The verdict.
    pub outcome: Outcome,
    /// Rows before; `None` if there is no evidence.
    pub rows_before: Option<u64>,
    /// Rows after; `None` if there is no evidence.
    pub rows_after: Option<u64>,
    /// Logical columns whose cells differ, sorted. With lost or new rows that is usually all of them.
    pub columns: Vec<String>,
    /// Logical columns that only one side has, sorted.
    pub unmatched_columns: Vec<String>,
    /// Blob columns whose decoded values differ, sorted.
    pub decoded: Vec<String>,
}

/// What can be said about the objects of one kind in one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVerdict {
    /// Store.
    pub store: String,
    /// Kind.
    pub kind: ExternalKind,
    /// The verdict.
    pub outcome: Outcome,
    /// Objects before.
    pub before: u64,
    /// Objects after.
    pub after: u64,
}

/// Result of [`compare`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Every table of either side, sorted.
    pub tables: Vec<TableVerdict>,
    /// Every group of either side, sorted.
    pub objects: Vec<ObjectVerdict>,
    /// Problems with objects that were not there before.
    pub new_problems: Vec<ObjectProblem>,
    /// All together.
    pub verdict: Verdict,
}

/// Compares what was before with what is after. `decisions` are the differences that a person allowed.
///
/// Tables are matched by name, columns by logical name. An object that was missing or damaged before and is so after is no
/// difference: nothing was lost on the way.
pub fn compare(before: &Evidence, after: &Evidence, decisions: &[Decision]) -> Comparison {
    let names: BTreeSet<&TableName> =
        before.tables.iter().chain(&after.tables).map(|table| &table.view.table).collect();
    let tables: Vec<TableVerdict> = names
        .into_iter()
        .map(|name| compare_tables(name, before.table(name), after.table(name), decisions))
        .collect();
    let (objects, new_problems, object_verdict) = compare_objects(before, after);
    let worst = tables
        .iter()
        .map(|table| table.outcome)
        .chain(objects.iter().map(|group| group.outcome))
        .map(verdict_of)
        .chain([object_verdict])
        .max();
    let nothing = tables.is_empty() && objects.is_empty();
    let verdict = if nothing { Verdict::Incomplete } else { worst.unwrap_or(Verdict::Incomplete) };
    Comparison { tables, objects, new_problems, verdict }
}

fn verdict_of(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Equal | Outcome::Allowed => Verdict::Equal,
        Outcome::Incomplete => Verdict::Incomplete,
        Outcome::Differs => Verdict::Differs,
    }
}

fn compare_tables(
    name: &TableName,
    before: Option<&TableEvidence>,
    after: Option<&TableEvidence>,
    decisions: &[Decision],
) -> TableVerdict {
    let mut verdict = TableVerdict {
        table: name.clone(),
        outcome: Outcome::Incomplete,
        rows_before: before.map(|table| table.digest.rows),
        rows_after: after.map(|table| table.digest.rows),
        columns: Vec::new(),
        unmatched_columns: Vec::new(),
        decoded: Vec::new(),
    };
    let (Some(before), Some(after)) = (before, after) else { return verdict };
    let then: BTreeMap<&str, _> = before.digest.columns.iter().map(|c| (c.name.as_str(), c)).collect();
    let now: BTreeMap<&str, _> = after.digest.columns.iter().map(|c| (c.name.as_str(), c)).collect();
    for name in then.keys().chain(now.keys()).copied().collect::<BTreeSet<&str>>() {
        match (then.get(name), now.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => verdict.columns.push(name.to_owned()),
            _ => verdict.unmatched_columns.push(name.to_owned()),
        }
    }
    let (decoded_differs, decoded_unmatched) = compare_decoded(&before.decoded, &after.decoded);
    verdict.decoded = decoded_differs;
    let stored_equal = before.digest == after.digest;
    verdict.outcome = if stored_equal && verdict.decoded.is_empty() {
        // Decoded on one side only: the stored level is proven, the other is not.
        if decoded_unmatched { Outcome::Incomplete } else { Outcome::Equal }
    } else if is_allowed(&verdict, before, after, decisions) {
        Outcome::Allowed
    } else {
        Outcome::Differs
    };
    verdict
}

/// Columns whose decoded values differ, and whether one side was not decoded.
fn compare_decoded(before: &[DecodedColumn], after: &[DecodedColumn]) -> (Vec<String>, bool) {
    let parts = |c: &DecodedColumn| (c.digest.clone(), c.decoded, c.undecodable);
    let now: BTreeMap<&str, &DecodedColumn> = after.iter().map(|c| (c.name.as_str(), c)).collect();
    let differs = before
        .iter()
        .filter(|column| now.get(column.name.as_str()).is_some_and(|other| parts(column) != parts(other)))
        .map(|column| column.name.clone())
        .collect();
    let names =
        |columns: &[DecodedColumn]| -> BTreeSet<String> { columns.iter().map(|c| c.name.clone()).collect() };
    (differs, names(before) != names(after))
}

/// A table may differ only as decided: in named columns, with the same rows. Row sums cannot prove the rest then, so it rests on
/// the column digests, all of which must agree elsewhere; a difference that no column shows is never allowed.
fn is_allowed(
    verdict: &TableVerdict,
    before: &TableEvidence,
    after: &TableEvidence,
    decisions: &[Decision],
) -> bool {
    let allowed = |column: &String| {
        decisions.iter().any(|decision| {
            decision.table == verdict.table && decision.column.as_ref().is_none_or(|named| named == column)
        })
    };
    let mut differing =
        verdict.columns.iter().chain(&verdict.unmatched_columns).chain(&verdict.decoded).peekable();
    let same_rows = before.digest.rows == after.digest.rows;
    let key_is_same = !before.view.key.iter().any(|key| verdict.columns.contains(key));
    differing.peek().is_some() && same_rows && key_is_same && differing.all(allowed)
}

fn compare_objects(before: &Evidence, after: &Evidence) -> (Vec<ObjectVerdict>, Vec<ObjectProblem>, Verdict) {
    let (Some(then), Some(now)) = (&before.objects, &after.objects) else {
        let has_pointers =
            before.tables.iter().chain(&after.tables).any(|table| points_to_objects(&table.view));
        let verdict = if has_pointers { Verdict::Incomplete } else { Verdict::Equal };
        let problems = after.objects.iter().flat_map(|objects| objects.problems.clone()).collect();
        return (Vec::new(), problems, verdict);
    };
    let known: BTreeSet<_> = then.problems.iter().map(problem_identity).collect();
    let new_problems: Vec<ObjectProblem> =
        now.problems.iter().filter(|problem| !known.contains(&problem_identity(problem))).cloned().collect();
    let of = |evidence: &'_ ObjectEvidence| -> BTreeMap<(String, ExternalKind), ObjectGroup> {
        evidence.groups.iter().map(|group| ((group.store.clone(), group.kind), group.clone())).collect()
    };
    let (groups_then, groups_now) = (of(then), of(now));
    let keys: BTreeSet<_> = groups_then.keys().chain(groups_now.keys()).cloned().collect();
    let unknown = |store: &str| {
        then.problems.iter().chain(&now.problems).any(|problem| {
            problem.store == store
                && matches!(problem.kind, ProblemKind::Unreachable | ProblemKind::NotSupported)
        })
    };
    let objects: Vec<ObjectVerdict> = keys
        .into_iter()
        .map(|key| {
            let (a, b) = (groups_then.get(&key), groups_now.get(&key));
            // A group that one side lacks and that is empty on the other is no difference: nothing was found on either.
            let equal = a.map_or((0, 0, None), parts) == b.map_or((0, 0, None), parts);
            let outcome = if then.mode == now.mode && !equal && !unknown(&key.0) {
                Outcome::Differs
            } else if then.mode != now.mode || now.mode != Objects::Read || unknown(&key.0) {
                Outcome::Incomplete
            } else {
                Outcome::Equal
            };
            let count = |group: Option<&ObjectGroup>| group.map_or(0, |group| group.objects);
            ObjectVerdict { before: count(a), after: count(b), store: key.0, kind: key.1, outcome }
        })
        .collect();
    let verdict = new_problems
        .iter()
        .map(|problem| match problem.kind {
            ProblemKind::Unreachable | ProblemKind::NotSupported => Verdict::Incomplete,
            _ => Verdict::Differs,
        })
        .max()
        .unwrap_or(Verdict::Equal);
    (objects, new_problems, verdict)
}

fn parts(group: &ObjectGroup) -> (u64, u64, Option<&str>) {
    (group.objects, group.bytes, (group.objects > 0).then_some(group.digest.as_str()))
}

/// What makes a problem the same before and after: the object and what is wrong. Its path and size change with the form, and
/// the first row with the order in which the server gives rows.
fn problem_identity(problem: &ObjectProblem) -> (&str, ProblemKind, &str) {
    (&problem.store, problem.kind, &problem.object)
}

fn points_to_objects(view: &TableView) -> bool {
    view.columns
        .iter()
        .any(|column| matches!(column.content, Content::LegacyPointer { .. } | Content::JsonPointer { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::CellPlace;
    use rejoint_model::{Server, ViewColumn};
    use rejoint_value::{ColumnDigest, TableDigest};

    fn table(name: &str, digest: &str, columns: &[(&str, &str)]) -> TableEvidence {
        let view = TableView {
            table: TableName::new("lab", name),
            key: vec!["id".into()],
            columns: columns
                .iter()
                .filter(|(name, _)| *name != "id")
                .map(|(name, _)| ViewColumn {
                    name: (*name).into(),
                    column: (*name).into(),
                    content: Content::Plain,
                })
                .collect(),
        };
        let columns = columns
            .iter()
            .map(|(name, digest)| ColumnDigest { name: (*name).into(), digest: (*digest).into(), nulls: 0 })
            .collect();
        TableEvidence {
            view,
            digest: TableDigest { rows: 2, digest: digest.into(), columns },
            decoded: Vec::new(),
        }
    }

    fn evidence(tables: Vec<TableEvidence>) -> Evidence {
        let server = Server {
            product: "MySQL".into(),
            version: (9, 7, 0),
            version_text: "9.7.0".into(),
            identity: "x".into(),
        };
        Evidence { server, created: "2026-01-01T00:00:00Z".into(), plan: None, tables, objects: None }
    }

    fn objects(digest: &str, problems: Vec<ObjectProblem>) -> Option<ObjectEvidence> {
        let group = ObjectGroup {
            store: "raw".into(),
            kind: ExternalKind::Blob,
            objects: 1,
            bytes: 4,
            digest: digest.into(),
        };
        Some(ObjectEvidence { mode: Objects::Read, groups: vec![group], problems })
    }

    #[test]
    fn equal_evidence_is_equal_and_a_changed_column_is_named() {
        let before = evidence(vec![table("t", "1", &[("id", "a"), ("x", "b"), ("y", "c")])]);
        assert_eq!(compare(&before, &before, &[]).verdict, Verdict::Equal);
        let after = evidence(vec![table("t", "2", &[("id", "a"), ("x", "B"), ("y", "c")])]);
        let found = compare(&before, &after, &[]);
        assert_eq!(
            (found.verdict, found.tables[0].columns.as_slice()),
            (Verdict::Differs, ["x".to_owned()].as_slice())
        );
    }

    #[test]
    fn a_decision_allows_its_column_and_no_other() {
        let before = evidence(vec![table("t", "1", &[("id", "a"), ("x", "b"), ("y", "c")])]);
        let decide = |column: &str| {
            [Decision {
                table: TableName::new("lab", "t"),
                column: Some(column.into()),
                why: "asked for".into(),
            }]
        };
        let x_differs = evidence(vec![table("t", "2", &[("id", "a"), ("x", "B"), ("y", "c")])]);
        assert_eq!(compare(&before, &x_differs, &decide("x")).verdict, Verdict::Equal);
        assert_eq!(compare(&before, &x_differs, &decide("x")).tables[0].outcome, Outcome::Allowed);
        assert_eq!(compare(&before, &x_differs, &decide("y")).verdict, Verdict::Differs);
        let key_differs = evidence(vec![table("t", "2", &[("id", "A"), ("x", "b"), ("y", "c")])]);
        assert_eq!(compare(&before, &key_differs, &decide("id")).verdict, Verdict::Differs);
        let unseen = evidence(vec![table("t", "2", &[("id", "a"), ("x", "b"), ("y", "c")])]);
        assert_eq!(compare(&before, &unseen, &decide("x")).verdict, Verdict::Differs, "no column shows it");
    }

    #[test]
    fn evidence_of_nothing_or_of_one_side_proves_nothing() {
        assert_eq!(compare(&evidence(vec![]), &evidence(vec![]), &[]).verdict, Verdict::Incomplete);
        let one = evidence(vec![table("t", "1", &[("id", "a")])]);
        assert_eq!(compare(&one, &evidence(vec![]), &[]).verdict, Verdict::Incomplete);
        assert_eq!(compare(&evidence(vec![]), &one, &[]).verdict, Verdict::Incomplete);
        let (mut sizes, mut pointers) = (one.clone(), one.clone());
        sizes.objects = objects("1", vec![]);
        sizes.objects.as_mut().unwrap().mode = Objects::SizeOnly;
        assert_eq!(compare(&sizes, &sizes, &[]).verdict, Verdict::Incomplete);
        let content = Content::JsonPointer { kind: ExternalKind::Blob, store: "raw".into() };
        pointers.tables[0].view.columns = vec![ViewColumn { name: "p".into(), column: "p".into(), content }];
        assert_eq!(
            compare(&pointers, &pointers, &[]).verdict,
            Verdict::Incomplete,
            "objects were not looked at"
        );
    }

    #[test]
    fn old_problems_are_no_difference_new_ones_are() {
        let problem = |kind, key: &str| ObjectProblem {
            store: "raw".into(),
            path: "p".into(),
            kind,
            object: key.into(),
            detail: String::new(),
            first: CellPlace { table: TableName::new("lab", "t"), column: "p".into(), key: key.into() },
        };
        let tables = vec![table("t", "1", &[("id", "a")])];
        let with = |digest: &str, problems| Evidence {
            objects: objects(digest, problems),
            ..evidence(tables.clone())
        };
        let before = with("1", vec![problem(ProblemKind::Missing, "1")]);
        assert_eq!(compare(&before, &before, &[]).verdict, Verdict::Equal);
        let worse = with("1", vec![problem(ProblemKind::Missing, "1"), problem(ProblemKind::Missing, "2")]);
        let found = compare(&before, &worse, &[]);
        assert_eq!((found.verdict, found.new_problems.len()), (Verdict::Differs, 1));
        let away = with("1", vec![problem(ProblemKind::Unreachable, "1")]);
        assert_eq!(compare(&before, &away, &[]).verdict, Verdict::Incomplete);
        assert_eq!(compare(&before, &with("2", vec![]), &[]).verdict, Verdict::Differs);
    }
}
