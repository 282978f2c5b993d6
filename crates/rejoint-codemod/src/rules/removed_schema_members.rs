use rejoint_python::ast::Expr;
use rejoint_python::{Kind, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0206",
    name: "removed-schema-members",
    level: Level::Finding,
    summary: r#"Members of a schema that are gone are reported: `code`, `save`, `log`, `size_on_disk`, `external`."#,
    explanation: r#"`size_on_disk`: ask `information_schema.tables`. `log`: the table `~log` is still there for `dj.FreeTable`. `external`: see RJ0803. `code` and `save` have no equal."#,
    examples: &[
        Example {
            before: r#"schema.save('tables.py')
"#,
            after: None,
        },
        Example {
            before: r#"size = schema.size_on_disk
"#,
            after: None,
        },
    ],
    check: Check::Attribute(&["size_on_disk", "log", "code", "save"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Attribute(attribute) = expr else { return };
    if cx.kind(&attribute.value) != Kind::Schema {
        return;
    }
    let choice = match attribute.attr.as_str() {
        "size_on_disk" => "sum data_length + index_length from information_schema.tables of the schema",
        "log" => "dj.FreeTable(conn, '`schema`.`~log`'); nothing writes to it any more",
        "code" | "save" => "none: keep the definitions in the repository",
        _ => return,
    };
    let name = attribute.attr.to_string();
    cx.finding(range_of(&attribute.attr).start, format!("schema.{name} is gone in 2.x"), &[choice]);
}
