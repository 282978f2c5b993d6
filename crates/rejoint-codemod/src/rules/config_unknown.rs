use rejoint_python::ast::Expr;
use rejoint_python::range_of;

use crate::context::{Context, constant};
use crate::rule::{Check, Example, ExprForm, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0701",
    name: "config-unknown-key",
    level: Level::Finding,
    summary: r#"Settings that 2.x does not know are reported."#,
    explanation: r#"2.x raises KeyError for them, and `get` gives the default without a word. A `custom` block in `datajoint.json` is dropped."#,
    examples: &[
        Example {
            before: r#"prefix = dj.config['custom']['database.prefix']
"#,
            after: None,
        },
        Example {
            before: r#"p = dj.config.get('custom', {})
"#,
            after: None,
        },
        Example {
            before: r#"folder = dj.config['stores']['raw']['stage']
"#,
            after: None,
        },
    ],
    check: Check::Expr(&[ExprForm::Subscript, ExprForm::Call], check),
};

/// The place of `'stage'` in `dj.config['stores'][name]['stage']`.
fn stage_of_a_store(cx: &Context<'_>, expr: &Expr) -> Option<usize> {
    let Expr::Subscript(outer) = expr else { return None };
    if constant(&outer.slice)? != "stage" {
        return None;
    }
    let Expr::Subscript(store) = &*outer.value else { return None };
    let (key, _) = crate::rules::config_key(cx, &store.value)?;
    (key == "stores").then(|| range_of(&*outer.slice).start)
}

const KNOWN: &[&str] = &[
    "database",
    "connection",
    "display",
    "jobs",
    "provenance",
    "stores",
    "loglevel",
    "safemode",
    "query_cache",
    "download_path",
    "ignore_config_file",
];
const REMOVED: &[&str] = &[
    "enable_python_native_blobs",
    "fetch_format",
    "filepath_checksum_size_limit",
    "filepath_checksum_size_limit_insert",
    "add_hidden_timestamp",
];

fn check(cx: &mut Context<'_>, expr: &Expr) {
    if let Some(at) = stage_of_a_store(cx, expr) {
        cx.finding(
            at,
            "2.x has no `stage` of a store: it copies no files",
            &["dj.config['stores'][name]['location'], and paths relative to it"],
        );
        return;
    }
    let Some((key, at)) = crate::rules::config_key(cx, expr) else { return };
    let group = key.split('.').next().unwrap_or("");
    if REMOVED.contains(&key.as_str()) {
        return;
    }
    let legal = KNOWN.contains(&group)
        && (!key.contains('.')
            || !matches!(key.as_str(), "database.prefix" | "connection.init_function") && group != "stores");
    if !legal {
        let choice = match key.as_str() {
            "stores.default" => "dj.config['stores']['default'] = ...",
            "connection.init_function" => "dj.conn().query(SQL) after connecting",
            key if key.starts_with("external") => "dj.config['stores']['name'] = {...}",
            _ => "keep own settings in a module of the project or in environment variables",
        };
        cx.finding(at, format!("2.x has no setting `{key}`"), &[choice]);
    }
}
