use rejoint_python::ast::{Expr, ExprCall, Operator};
use rejoint_python::{Kind, Operation, range_of};

use crate::context::{Context, is_postfix, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0502",
    name: "update",
    level: Level::Safe,
    summary: r#"`(T & key)._update('a', value)` becomes `T.update1(...)` of the one row."#,
    explanation: r#"`_update` is gone. `update1` refuses a restricted table, so the key of the row is fetched; it sets the default where `_update('a')` set NULL."#,
    examples: &[
        Example {
            before: r#"(Mouse & key)._update('weight', 3)
"#,
            after: Some(
                r#"Mouse.update1({**(Mouse & key).fetch1('KEY'), 'weight': 3})
"#,
            ),
        },
        Example {
            before: r#"dj.Table._update(Mouse & key, 'weight', 3)
"#,
            after: Some(
                r#"Mouse.update1({**(Mouse & key).fetch1('KEY'), 'weight': 3})
"#,
            ),
        },
    ],
    check: Check::Method(&["_update"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    if attribute.attr.as_str() != "_update" {
        return;
    }
    let at = range_of(&attribute.attr).start;
    let unbound = matches!(cx.kind(&attribute.value), Kind::DataJoint(_))
        || matches!(cx.kind(&attribute.value), Kind::Query(query) if query.class);
    let args = &call.arguments.args;
    let (row, rest) = match (unbound, args.split_first()) {
        (true, Some((row, rest))) => (row, rest),
        (true, None) => return,
        (false, _) => (&*attribute.value, &args[..]),
    };
    let choices = ["T.update1({**(T & key).fetch1('KEY'), 'a': value})"];
    let mut table = row;
    while let Expr::BinOp(operation) = table {
        if operation.op != Operator::BitAnd {
            break;
        }
        table = &operation.left;
    }
    let whole =
        cx.query(table).filter(|query| matches!(query.operation, Operation::Table(_) | Operation::Elsewhere));
    let (Some(query), true) = (whole, call.arguments.keywords.is_empty()) else {
        cx.finding(at, "_update is gone in 2.x", &choices);
        return;
    };
    let (name, value) = match rest {
        [name] => (cx.text(name), "None"),
        [name, value] => (cx.text(name), cx.text(value)),
        _ => return,
    };
    let table_text = cx.text(table);
    let row_text = cx.text(row);
    let row_text = if is_postfix(row) { row_text.to_owned() } else { format!("({row_text})") };
    let key = cx.quoted("KEY");
    let text = format!("{table_text}.update1({{**{row_text}.fetch1({key}), {name}: {value}}})");
    let level = cx.level_for(&query);
    let edit = cx.replace(range_of(expr), text);
    cx.change(level, at, "_update is update1 in 2.x", vec![edit]);
}
