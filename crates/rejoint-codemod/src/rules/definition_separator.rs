use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0109",
    name: "separator",
    level: Level::Safe,
    summary: r#"A separator of underscores becomes dashes."#,
    explanation: r#"2.x takes a line that starts with `_` for an attribute and refuses it."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ______
    x : int
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::Separator, r#"definition"#)),
};
