use rejoint_python::ast::{Expr, ExprCall};
use rejoint_python::{Kind, range_of};

use crate::context::{Context, keyword};
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0216",
    name: "schema-suffix",
    level: Level::Safe,
    summary: r#"A suffix is put at the end of every schema name (only with the option `schema_suffix`)."#,
    explanation: r#"The official guide works on copies named `..._v2`."#,
    examples: &[
        Example {
            before: r#"other = dj.Schema('lab_other')
"#,
            after: Some(
                r#"other = dj.Schema('lab_other_v2')
"#,
            ),
        },
        Example {
            before: r#"m = dj.VirtualModule('m', 'lab_m')
"#,
            after: Some(
                r#"m = dj.VirtualModule('m', 'lab_m_v2')
"#,
            ),
        },
    ],
    check: Check::PackageCall(check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Some(suffix) = cx.options.schema_suffix.clone() else { return };
    let Kind::DataJoint(path) = cx.kind(&call.func) else { return };
    let index = match &*path {
        "schema" | "Schema" | "schemas.Schema" => 0,
        "VirtualModule" | "create_virtual_module" => 1,
        _ => return,
    };
    let Some(name) =
        call.arguments.args.get(index).or_else(|| keyword(call, "schema_name").map(|k| &k.value))
    else {
        return;
    };
    let at = range_of(name).start;
    match rejoint_python::parts_of(cx.source, name).as_slice() {
        [rejoint_python::LiteralPart::Text(literal)] => {
            if !literal.text.ends_with(&suffix) {
                let edit = cx.close(literal.range.end, suffix);
                cx.change(Level::Safe, at, "schema name with suffix", vec![edit]);
            }
        }
        _ => cx.finding(
            at,
            "the name of the schema is made at run time",
            &["put the suffix where the name is made"],
        ),
    }
}
