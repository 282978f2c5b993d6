use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, keyword, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0204",
    name: "make-classes",
    level: Level::Safe,
    summary: "`schema.spawn_missing_classes()` becomes `schema.make_classes()`.",
    explanation: "Renamed, and the keyword `context` is `into`. Without an argument both take the caller's names.",
    examples: &[
        Example { before: "schema.spawn_missing_classes()\n", after: Some("schema.make_classes()\n") },
        Example {
            before: "schema.spawn_missing_classes(context=globals())\n",
            after: Some("schema.make_classes(into=globals())\n"),
        },
    ],
    check: Check::Method(&["spawn_missing_classes"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    // No other library has a method of this name, so an unknown receiver is a schema too.
    if attribute.attr.as_str() != "spawn_missing_classes"
        || !matches!(cx.kind(&attribute.value), Kind::Schema | Kind::Unknown | Kind::External(_))
    {
        return;
    }
    let mut edits = vec![cx.replace(range_of(&attribute.attr), "make_classes")];
    if let Some(name) = keyword(call, "context").and_then(|keyword| keyword.arg.as_ref()) {
        edits.push(cx.replace(range_of(name), "into"));
    }
    cx.change(
        Level::Safe,
        range_of(&attribute.attr).start,
        "spawn_missing_classes is make_classes in 2.x",
        edits,
    );
}
