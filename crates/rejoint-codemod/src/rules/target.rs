use rejoint_python::ast::Expr;
use rejoint_python::{Kind, Tier, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0608",
    name: "populate-target",
    level: Level::Safe,
    summary: r#"`self.target` of a computed table becomes `self`."#,
    explanation: r#"The property is gone; it was the table itself unless overridden."#,
    examples: &[Example {
        before: r#"class Fit(dj.Computed):
    definition = '-> Mouse'
    def make(self, key):
        self.target.insert1(key)
"#,
        after: Some(
            r#"class Fit(dj.Computed):
    definition = '-> Mouse'
    def make(self, key):
        self.insert1(key)
"#,
        ),
    }],
    check: Check::Attribute(&["target"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Attribute(attribute) = expr else { return };
    if attribute.attr.as_str() != "target" {
        return;
    }
    let Kind::Query(query) = cx.kind(&attribute.value) else { return };
    let Some(info) = query.table().and_then(|id| cx.project.class(id)) else { return };
    let populated = matches!(info.tier, Some(Tier::Computed | Tier::Imported));
    if !populated
        || cx.project.defines(info.id, "target")
        || info.members.contains_key("target")
        || !query.certain
    {
        return;
    }
    let value = range_of(&*attribute.value);
    let edit = cx.replace(value.end..range_of(expr).end, "");
    cx.change(Level::Safe, value.end + 1, "target is gone in 2.x", vec![edit]);
}
