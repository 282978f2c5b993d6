use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::range_of;

use crate::context::{Context, constant};
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0604",
    name: "populate-override",
    level: Level::Finding,
    summary: r#"Classes that define `populate`, `key_source` helpers of jobs (`_job_key`) or settings of `populate` with old keywords are reported."#,
    explanation: r#"`limit`, `order` and `keys` are gone; a wrapper that passes them on fails."#,
    examples: &[
        Example {
            before: r#"class Fit(dj.Computed):
    definition = '-> Mouse'
    def populate(self, *args, **kwargs):
        return super().populate(*args, **kwargs)
"#,
            after: None,
        },
        Example {
            before: r#"settings = {'reserve_jobs': True, 'order': 'random'}
"#,
            after: None,
        },
    ],
    check: Check::Stmt(&[StmtForm::Class, StmtForm::Assign, StmtForm::Return], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    match stmt {
        Stmt::ClassDef(class) => {
            let Some(info) = crate::rules::class_info(cx, class) else { return };
            if info.tier.is_none() {
                return;
            }
            for inner in &class.body {
                if let Stmt::FunctionDef(function) = inner
                    && matches!(function.name.as_str(), "populate" | "_job_key")
                {
                    cx.finding(
                        range_of(&function.name).start,
                        format!("the class has its own `{}`", function.name),
                        &["adapt it: limit is max_calls, order and keys are gone; _job_key has no equal"],
                    );
                }
            }
        }
        Stmt::Assign(assign) => settings(cx, &assign.value),
        Stmt::Return(ret) => {
            if let Some(value) = &ret.value {
                settings(cx, value);
            }
        }
        _ => {}
    }
}

/// A dict of keywords for `populate`.
fn settings(cx: &mut Context<'_>, expr: &Expr) {
    let mut names: Vec<(String, usize)> = Vec::new();
    match expr {
        Expr::Dict(dict) => {
            for item in &dict.items {
                if let Some(key) = &item.key
                    && let Some(name) = constant(key)
                {
                    names.push((name.to_owned(), range_of(key).start));
                }
            }
        }
        Expr::Call(call) if cx.text(&*call.func) == "dict" => {
            for found in &call.arguments.keywords {
                if let Some(name) = &found.arg {
                    names.push((name.to_string(), range_of(name).start));
                }
            }
        }
        _ => return,
    }
    let populate = names
        .iter()
        .any(|(name, _)| matches!(name.as_str(), "reserve_jobs" | "suppress_errors" | "display_progress"));
    if !populate {
        return;
    }
    for (name, at) in names {
        if matches!(name.as_str(), "limit" | "order" | "keys") {
            cx.finding(
                at,
                format!("`{name}` of populate is gone in 2.x"),
                &["limit is max_calls; drop order"],
            );
        }
    }
}
