use rejoint_python::ast::Expr;
use rejoint_python::range_of;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0211",
    name: "heading-flags",
    level: Level::Finding,
    summary: r#"Flags of heading attributes that are gone or mean something else are reported."#,
    explanation: r#"`is_external`: `.store is not None`. `adapter`: `.codec`. `is_attachment`, `is_filepath`: look at `.codec`. `.type` of a blob is `'<blob>'`, so a comparison with `'longblob'` is never true."#,
    examples: &[Example {
        before: r#"x = Mouse.heading['dob'].is_external
"#,
        after: None,
    }],
    check: Check::Attribute(&["is_external", "is_attachment", "is_filepath", "adapter", "is_adapted"], check),
};

fn check(cx: &mut Context<'_>, expr: &Expr) {
    let Expr::Attribute(attribute) = expr else { return };
    if !matches!(
        attribute.attr.as_str(),
        "is_external" | "is_attachment" | "is_filepath" | "adapter" | "is_adapted"
    ) {
        return;
    }
    let Expr::Subscript(subscript) = &*attribute.value else { return };
    let heading = match &*subscript.value {
        Expr::Attribute(inner) => inner.attr.as_str() == "heading" || inner.attr.as_str() == "attributes",
        Expr::Name(name) => name.id.as_str() == "heading",
        _ => false,
    };
    if heading {
        let name = attribute.attr.to_string();
        cx.finding(
            range_of(&attribute.attr).start,
            format!("heading[...].{name} is gone in 2.x"),
            &["is_external: .store is not None", "adapter, is_attachment, is_filepath: .codec"],
        );
    }
}
