use rejoint_python::ast::{Expr, Stmt};

use crate::context::Context;
use crate::members::{rename_import, rename_member};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

const OLD: &[&str] = &["schema"];

pub(crate) static RULE: Rule = Rule {
    code: "RJ0201",
    name: "schema-class",
    level: Level::Safe,
    summary: "`dj.schema` becomes `dj.Schema`.",
    explanation: "The lower-case name is gone; the arguments are the same.",
    examples: &[
        Example {
            before: "other = dj.schema('lab_other', locals())\n",
            after: Some("other = dj.Schema('lab_other', locals())\n"),
        },
        Example {
            before: "def activate(target: dj.schema):\n    return target\n",
            after: Some("def activate(target: dj.Schema):\n    return target\n"),
        },
    ],
    check: Check::PackageMember(check),
};

pub(crate) static IMPORT: Rule = Rule {
    code: "RJ0202",
    name: "schema-import",
    level: Level::Safe,
    summary: "`from datajoint import schema` and `datajoint.schemas.Schema` become the `Schema` of the package.",
    explanation: "The lower-case name and the class in `datajoint.schemas` are gone; the local name stays.",
    examples: &[
        Example {
            before: "from datajoint import schema as make_schema\n",
            after: Some("from datajoint import Schema as make_schema\n"),
        },
        Example {
            before: "from datajoint.schemas import Schema\n",
            after: Some("from datajoint import Schema\n"),
        },
    ],
    check: Check::Stmt(&[StmtForm::Import], check_import),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    rename_member(cx, expr, OLD, "Schema", "dj.schema is dj.Schema in 2.x");
    rename_member(
        cx,
        expr,
        &["schemas.Schema", "schema.Schema"],
        "Schema",
        "the class Schema is in the package itself",
    );
}

fn check_import(cx: &mut Context<'_>, stmt: &Stmt) {
    rename_import(cx, stmt, "", "schema", "Schema");
    let Stmt::ImportFrom(import) = stmt else { return };
    let module = import.module.as_ref().map_or("", |name| name.as_str());
    if import.level == 0
        && matches!(module, "datajoint.schemas" | "datajoint.schema")
        && import.names.iter().all(|alias| alias.name.as_str() == "Schema")
        && let Some(name) = &import.module
    {
        let edit = cx.replace(rejoint_python::range_of(name), "datajoint");
        cx.change(
            Level::Safe,
            rejoint_python::range_of(name).start,
            "Schema is in the package itself",
            vec![edit],
        );
    }
}
