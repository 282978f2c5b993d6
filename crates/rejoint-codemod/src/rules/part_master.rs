use rejoint_python::ast::Expr;
use rejoint_python::{Kind, Tier, range_of};

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0208",
    name: "part-master",
    level: Level::Safe,
    summary: r#"`master` of an instance of a part becomes `type(...).master`."#,
    explanation: r#"In 2.x it is a property of the class only."#,
    examples: &[
        Example {
            before: r#"class Owner(dj.Manual):
    definition = ''
    class Item(dj.Part):
        definition = ''
        def owner(self):
            return self.master()
"#,
            after: Some(
                r#"class Owner(dj.Manual):
    definition = ''
    class Item(dj.Part):
        definition = ''
        def owner(self):
            return type(self).master()
"#,
            ),
        },
        Example {
            before: r#"m = Session.Trial.master
"#,
            after: Some(
                r#"m = Session.Trial.master
"#,
            ),
        },
    ],
    check: Check::Attribute(&["master"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Attribute(attribute) = expr else { return };
    if attribute.attr.as_str() != "master" {
        return;
    }
    let Kind::Query(query) = cx.kind(&attribute.value) else { return };
    let part =
        query.table().and_then(|id| cx.project.class(id)).is_some_and(|info| info.tier == Some(Tier::Part));
    if query.class || !query.certain || !part {
        return;
    }
    let range = range_of(&*attribute.value);
    let edits = vec![cx.open(range_of(expr).start, "type("), cx.close(range.end, ")")];
    cx.change(Level::Safe, range.start, "master is a property of the class in 2.x", edits);
}
