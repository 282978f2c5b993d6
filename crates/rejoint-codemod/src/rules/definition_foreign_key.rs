use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0112",
    name: "old-foreign-key",
    level: Level::Safe,
    summary: r#"`(x) -> T` of 0.12 becomes `-> T.proj(x='key')`."#,
    explanation: r#"Both 0.14 and 2.x refuse the old form. Done where the key of `T` decides the names."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    (animal) -> Mouse
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    -> Mouse.proj(animal='mouse_id')
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::OldForeignKey, r#"definition"#)),
};
