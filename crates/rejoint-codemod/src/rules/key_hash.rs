use rejoint_python::ast::{Expr, ExprCall, Stmt};
use rejoint_python::{Kind, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0607",
    name: "key-hash",
    level: Level::Safe,
    summary: r#"`dj.key_hash(key)` becomes the same hash written out."#,
    explanation: r#"The function is gone; stored hashes must not change. Where it was used to look into `~jobs`, see RJ0606."#,
    examples: &[Example {
        before: r#"import hashlib
h = dj.key_hash(key)
"#,
        after: Some(
            r#"import hashlib
h = hashlib.md5(''.join(str(value) for _, value in sorted(dict(key).items())).encode()).hexdigest()
"#,
        ),
    }],
    check: Check::PackageCall(check),
};

fn check(cx: &mut Context<'_>, _: &Expr, call: &ExprCall) {
    let Kind::DataJoint(path) = cx.kind(&call.func) else { return };
    if !matches!(&*path, "key_hash" | "hash.key_hash" | "jobs.key_hash") || !call.func.is_attribute_expr() {
        return;
    }
    let [key] = call.arguments.args.as_ref() else { return };
    let at = range_of(call).start;
    let quote = cx.quote();
    let (hashlib, import) = cx.module_name("hashlib", "hashlib");
    let text = format!(
        "{hashlib}.md5({quote}{quote}.join(str(value) for _, value in sorted(dict({}).items())).encode()).hexdigest()",
        cx.text(key)
    );
    let mut edits = vec![cx.replace(range_of(call), text)];
    edits.extend(import);
    cx.change(Level::Safe, at, "key_hash is gone in 2.x", edits);
}

pub(crate) static IMPORT: Rule = Rule {
    code: "RJ0610",
    name: "key-hash-import",
    level: Level::Safe,
    summary: r#"An import of `key_hash` becomes the function itself."#,
    explanation: r#"The function is gone; stored hashes must not change."#,
    examples: &[Example {
        before: r#"from datajoint.hash import key_hash
"#,
        after: Some(
            r#"import hashlib


def key_hash(mapping):
    return hashlib.md5(''.join(str(value) for _, value in sorted(mapping.items())).encode()).hexdigest()

"#,
        ),
    }],
    check: Check::Stmt(&[StmtForm::Import], check_import),
};

fn check_import(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ImportFrom(import) = stmt else { return };
    let module = import.module.as_ref().map_or("", |name| name.as_str());
    if import.level != 0 || !matches!(module, "datajoint" | "datajoint.hash" | "datajoint.jobs") {
        return;
    }
    let [alias] = import.names.as_slice() else {
        for alias in import.names.iter().filter(|alias| alias.name.as_str() == "key_hash") {
            cx.finding(
                range_of(alias).start,
                "key_hash is gone in 2.x",
                &["import it alone, then it is replaced by the function itself"],
            );
        }
        return;
    };
    if alias.name.as_str() != "key_hash" {
        return;
    }
    let range = range_of(stmt);
    let indent = cx.source.indent_at(range.start).to_owned();
    let name = alias.asname.as_ref().unwrap_or(&alias.name);
    let text = format!(
        "import hashlib\n\n\n{indent}def {name}(mapping):\n{indent}    return hashlib.md5(''.join(str(value) for _, value in sorted(mapping.items())).encode()).hexdigest()\n"
    );
    let edit = cx.replace(range.clone(), text);
    cx.change(Level::Safe, range.start, "key_hash is gone in 2.x", vec![edit]);
}
