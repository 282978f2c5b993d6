use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::{Kind, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0214",
    name: "removed-names",
    level: Level::Finding,
    summary: r#"Modules and names of the package that are gone are reported."#,
    explanation: r#"`datajoint.admin`, `attribute_adapter`, `external`, `fetch`, `hash`, `plugin`, `s3`; `dj.set_password`, `dj.kill`; `utils.get_master`, `utils.ClassProperty`, `utils.parse_sql`, `table.Log`, `errors._support_filepath_types` and its siblings."#,
    examples: &[
        Example {
            before: r#"from datajoint.admin import kill
"#,
            after: None,
        },
        Example {
            before: r#"from datajoint.utils import get_master
"#,
            after: None,
        },
    ],
    check: Check::Stmt(&[StmtForm::Import], check),
};

const NAMES: &[(&str, &str)] = &[
    ("set_password", "ALTER USER ... IDENTIFIED BY ... through dj.conn().query"),
    ("kill", "KILL n through dj.conn().query"),
    ("kill_quick", "KILL n through dj.conn().query"),
    ("utils.get_master", "datajoint.dependencies.extract_master"),
    ("utils.ClassProperty", "copy the class (a property of the class)"),
    ("utils.parse_sql", "copy the function"),
    ("table.Log", "none: nothing writes the log any more"),
    ("user_tables._AliasNode", "none"),
    ("errors._support_filepath_types", "remove it: file paths are always on"),
    ("errors._support_adapted_types", "remove it: codecs are always on"),
    ("blob.bypass_serialization", "none"),
    ("settings.default", "none"),
    ("connection.get_host_hook", "none"),
    ("fetch.key", "the text 'KEY'"),
];
const MODULES: &[&str] = &["admin", "attribute_adapter", "external", "fetch", "hash", "plugin", "s3"];

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    match stmt {
        Stmt::Import(import) => {
            for alias in &import.names {
                if let Some(module) = alias.name.as_str().strip_prefix("datajoint.")
                    && MODULES.contains(&module)
                {
                    let message = format!("the module datajoint.{module} is gone in 2.x");
                    cx.finding(range_of(alias).start, message, &["see what is used of it"]);
                }
            }
        }
        Stmt::ImportFrom(import) if import.level == 0 => {
            let module = import.module.as_ref().map_or("", |name| name.as_str());
            let Some(rest) = module.strip_prefix("datajoint") else { return };
            let rest = rest.trim_start_matches('.');
            for alias in &import.names {
                let name = alias.name.as_str();
                // The hash of a key has a rule that rewrites it.
                if name == "key_hash" || (rest == "attribute_adapter" && name == "AttributeAdapter") {
                    continue;
                }
                let path = if rest.is_empty() { name.to_owned() } else { format!("{rest}.{name}") };
                report(cx, range_of(alias).start, &path);
            }
        }
        Stmt::Expr(_) | Stmt::Assign(_) | Stmt::Return(_) | Stmt::If(_) | Stmt::For(_) | Stmt::With(_) => {}
        _ => {}
    }
}

fn report(cx: &mut Context<'_>, at: usize, path: &str) {
    if let Some((_, choice)) = NAMES.iter().find(|(name, _)| *name == path) {
        cx.finding(at, format!("datajoint.{path} is gone in 2.x"), &[choice]);
    } else if MODULES.contains(&path.split('.').next().unwrap_or("")) && path.contains('.')
        || MODULES.contains(&path)
    {
        cx.finding(at, format!("datajoint.{path} is gone in 2.x"), &["see what is used of it"]);
    }
}

/// The same for `dj.name`.
pub(crate) fn report_member(cx: &mut Context<'_>, expr: &Expr) {
    if let Expr::Attribute(attribute) = expr
        && let Kind::DataJoint(path) = cx.kind(expr)
        && matches!(cx.kind(&attribute.value), Kind::DataJoint(_))
        && !path.ends_with("key_hash")
    {
        report(cx, range_of(&attribute.attr).start, &path);
    }
}
