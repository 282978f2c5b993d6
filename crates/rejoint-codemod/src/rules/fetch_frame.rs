use rejoint_python::ast::{Expr, ExprCall};

use crate::context::Context;
use crate::fetch_call::fetch_call;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0303",
    name: "fetch-frame",
    level: Level::Safe,
    summary: "`fetch(format='frame')` becomes a data frame made from `to_arrays()`.",
    explanation: "`to_pandas()` is shorter, but an empty result has no columns and no index there, and integers with a NULL become floats.",
    examples: &[
        Example {
            before: "import pandas as pd\nframe = Mouse.fetch(format='frame')\n",
            after: Some(
                "import pandas as pd\nframe = pd.DataFrame(Mouse.to_arrays()).set_index(Mouse.primary_key)\n",
            ),
        },
        Example {
            before: "import pandas as pd\nframe = (Mouse & key).fetch(format='frame', order_by='dob')\n",
            after: Some(
                "import pandas as pd\nframe = (lambda query: pd.DataFrame(query.to_arrays(order_by='dob')).set_index(query.primary_key))((Mouse & key))\n",
            ),
        },
    ],
    check: Check::Method(&["fetch"], check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(fetch) = fetch_call(cx, call) else { return };
    if !fetch.is_plain()
        || fetch.as_dict == Some(true)
        || fetch.format.as_deref() != Some("frame")
        || fetch.wanted.as_ref().is_none_or(|wanted| !wanted.is_empty())
    {
        return;
    }
    let (pandas, import) = cx.module_name("pandas", "pd");
    let receiver = cx.source.slice(fetch.receiver.clone()).to_owned();
    let simple = receiver.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let carried = fetch.carried_call();
    let mut edits = if simple {
        let open = cx.open(fetch.call.start, format!("{pandas}.DataFrame("));
        let text = format!("to_arrays{carried}).set_index({receiver}.primary_key)");
        vec![open, cx.replace(fetch.tail.clone(), text)]
    } else if fetch.constant_values || fetch.carried.is_empty() {
        let open = cx.open(
            fetch.call.start,
            format!(
                "(lambda query: {pandas}.DataFrame(query.to_arrays{carried}).set_index(query.primary_key))("
            ),
        );
        let tail = fetch.receiver.end..fetch.call.end;
        vec![open, cx.replace(tail, ")")]
    } else {
        cx.finding(
            fetch.tail.start,
            "fetch(format='frame') with values made at run time: give the query a name first",
            &[
                "query = ...; pd.DataFrame(query.to_arrays(...)).set_index(query.primary_key)",
                "to_pandas(...)",
            ],
        );
        return;
    };
    edits.extend(import);
    cx.change(fetch.level, fetch.tail.start, "fetch(format='frame') is a frame of to_arrays() in 2.x", edits);
}
