use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Fetched, Kind, range_of};

use crate::context::{Context, method};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0314",
    name: "fetched-number",
    level: Level::Finding,
    summary: r#"Uses of a `fetch1` result that need a numpy scalar or `nan` are reported."#,
    explanation: r#"2.x gives Python numbers, and `None` for NULL where 0.14 gave `nan`."#,
    examples: &[
        Example {
            before: r#"import numpy as np
w = (Mouse & 'mouse_id=1').fetch1('weight')
empty = np.isnan(w)
"#,
            after: None,
        },
        Example {
            before: r#"n = (Mouse & 'mouse_id=1').fetch1('weight').item()
"#,
            after: None,
        },
    ],
    check: Check::Method(&["isnan", "isfinite", "isclose", "item", "astype", "tobytes"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(attribute) = method(call) else { return };
    let one = |cx: &Context<'_>, expr: &Expr| cx.kind(expr) == Kind::Fetched(Fetched::One);
    let name = attribute.attr.as_str();
    let nan = matches!(name, "isnan" | "isfinite" | "isclose")
        && call.arguments.args.iter().any(|arg| one(cx, arg));
    let scalar = matches!(name, "item" | "astype" | "tobytes") && one(cx, &attribute.value);
    if nan || scalar {
        let message = if nan {
            "fetch1 gives None for NULL in 2.x, not nan"
        } else {
            "fetch1 gives Python numbers in 2.x, not numpy scalars"
        };
        cx.finding(
            range_of(&attribute.attr).start,
            message,
            &[
                "test for None (or drop .item())",
                "T.proj('a').to_arrays()['a'][0]: as in 0.14, but without the check for one row",
            ],
        );
    }
}
