use rejoint_python::ast::{Expr, Stmt};

use crate::context::Context;
use crate::members::{rename_import, rename_member};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0203",
    name: "virtual-module",
    level: Level::Safe,
    summary: "`dj.create_virtual_module` becomes `dj.VirtualModule`.",
    explanation: "The function is gone; the class takes the same arguments.",
    examples: &[Example {
        before: "other = dj.create_virtual_module('other', 'lab_other')\n",
        after: Some("other = dj.VirtualModule('other', 'lab_other')\n"),
    }],
    check: Check::PackageMember(check),
};

pub(crate) static IMPORT: Rule = Rule {
    code: "RJ0217",
    name: "virtual-module-import",
    level: Level::Safe,
    summary: "`from datajoint import create_virtual_module` (or `ERD`, `Di`) imports the new name under the old one.",
    explanation: "The old names are gone; `as` keeps the rest of the file as it is.",
    examples: &[Example {
        before: "from datajoint import create_virtual_module, ERD\n",
        after: Some("from datajoint import VirtualModule as create_virtual_module, Diagram as ERD\n"),
    }],
    check: Check::Stmt(&[StmtForm::Import], check_import),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let old = ["create_virtual_module", "schemas.create_virtual_module", "schema.create_virtual_module"];
    rename_member(cx, expr, &old, "VirtualModule", "dj.create_virtual_module is dj.VirtualModule in 2.x");
}

fn check_import(cx: &mut Context<'_>, stmt: &Stmt) {
    rename_import(cx, stmt, "", "create_virtual_module", "VirtualModule");
    rename_import(cx, stmt, "", "ERD", "Diagram");
    rename_import(cx, stmt, "", "Di", "Diagram");
}
