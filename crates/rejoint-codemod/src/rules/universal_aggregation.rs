use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Operation, Projected, Query, range_of};

use crate::context::{Context, is_postfix, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0412",
    name: "universal-aggregation",
    level: Level::Safe,
    summary: "`dj.U(...).aggr(...)` over computed attributes gets a subquery.",
    explanation: "2.3.5 writes the computations of the group and of the aggregation into one SELECT: \
                  `dj.U().aggr(A.aggr(B, n='count(*)'), m='count(*)')` counts the rows of B, and others fail. \
                  `make_subquery()` makes the group a query of its own, as 0.14 did.",
    examples: &[
        Example {
            before: "x = dj.U().aggr(Mouse.aggr(Session, n='count(*)', exclude_nonmatching=True), m='count(*)')\n",
            after: Some(
                "x = dj.U().aggr(Mouse.aggr(Session, n='count(*)', exclude_nonmatching=True).make_subquery(), m='count(*)')\n",
            ),
        },
        Example {
            before: "x = dj.U('sex').aggr(Mouse & 'mouse_id > 1', n='count(*)')\n",
            after: Some("x = dj.U('sex').aggr(Mouse & 'mouse_id > 1', n='count(*)')\n"),
        },
    ],
    check: Check::Method(&["aggr"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "aggr" {
        return;
    }
    let Some(receiver) = cx.query(&attribute.value) else { return };
    let Operation::Universal(attributes) = &receiver.operation else { return };
    let Some(group) = call.arguments.args.first() else { return };
    let Some(query) = cx.query(group) else { return };
    let Some((computed, aggregated)) = computed(&query) else { return };
    // Grouping by the computed attributes of a projection works.
    let all_grouped =
        attributes.as_ref().is_some_and(|names| computed.iter().all(|name| names.contains(name)));
    if !aggregated && (computed.is_empty() || all_grouped) {
        return;
    }
    let text = ".make_subquery()";
    let whole = range_of(&call.arguments);
    let range = cx.source.with_parentheses(range_of(group), whole.start + 1..whole.end - 1);
    let bare = range == range_of(group) && !is_postfix(group);
    let mut edits = Vec::new();
    if bare {
        edits.push(cx.open(range.start, "("));
    }
    let close = if bare { format!("){text}") } else { text.to_owned() };
    edits.push(cx.close(range.end, close));
    cx.change(
        Level::Safe,
        range.start,
        "2.3 joins computed attributes and dj.U().aggr into one SELECT",
        edits,
    );
}

/// The computed attributes that are not yet behind a subquery, and whether an aggregation made them. `None` when that
/// is not known.
fn computed(query: &Query) -> Option<(Vec<String>, bool)> {
    match &query.operation {
        Operation::Aggregate(_, _, items) => Some((items.as_deref().map(named).unwrap_or_default(), true)),
        Operation::Restrict(input) => computed(input),
        Operation::Project(input, items) => {
            let items = items.as_deref()?;
            let (before, aggregated) = computed(input)?;
            let mut names = Vec::new();
            for item in items {
                match item {
                    // A rename of a computed attribute already makes a subquery.
                    Projected::Named(_, old) if before.contains(old) => return Some((Vec::new(), false)),
                    Projected::Named(new, old) if !is_name(old) => names.push(new.clone()),
                    Projected::Keep(name) if before.contains(name) => names.push(name.clone()),
                    Projected::Everything => names.extend(before.iter().cloned()),
                    _ => {}
                }
            }
            Some((names, aggregated))
        }
        _ => Some((Vec::new(), false)),
    }
}

fn named(items: &[Projected]) -> Vec<String> {
    items
        .iter()
        .filter_map(|item| match item {
            Projected::Named(name, _) => Some(name.clone()),
            _ => None,
        })
        .collect()
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
