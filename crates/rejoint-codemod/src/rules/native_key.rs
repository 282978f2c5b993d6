use rejoint_defn::{Dialect, ItemKind};
use rejoint_python::Tier;
use rejoint_python::ast::Stmt;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0609",
    name: "native-key",
    level: Level::Finding,
    summary: r#"Computed and imported tables with a key attribute of their own are reported."#,
    explanation: r#"2.x refuses to declare such a table anew, in an empty schema or a test. One that exists goes on."#,
    examples: &[Example {
        before: r#"class Fit(dj.Computed):
    definition = '''
    -> Mouse
    method : varchar(8)
    '''
"#,
        after: None,
    }],
    check: Check::Stmt(&[StmtForm::Class], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    let Some(info) = crate::rules::class_info(cx, class) else { return };
    if !matches!(info.tier, Some(Tier::Computed | Tier::Imported)) {
        return;
    }
    let Some(site) = &info.definition else { return };
    let (Some(text), at) = (site.constant.as_deref(), site.range.start) else { return };
    let definition = rejoint_defn::parse(text, Dialect::V0);
    // With a heading it is known which names a foreign key brings as well.
    let heading = cx.model.of_table(info.id);
    let own: Vec<&str> = definition
        .items
        .iter()
        .filter(|item| item.in_key)
        .filter_map(|item| match &item.kind {
            ItemKind::Attribute(attribute) => Some(attribute.name.as_str()),
            _ => None,
        })
        .filter(|name| heading.and_then(|heading| heading.get(name)).is_none_or(|known| known.own))
        .collect();
    if own.is_empty() {
        return;
    }
    cx.finding(
        at,
        format!(
            "2.x declares no new table that is populated and has key attributes of its own: `{}`",
            own.join("`, `")
        ),
        &[
            "a part table for the rows of one make()",
            "dj.config['jobs.allow_new_pk_fields_in_computed_tables'] = True before it is declared",
            "nothing, where the table exists",
        ],
    );
}
