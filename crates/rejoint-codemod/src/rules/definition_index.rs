use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0115",
    name: "index-tail",
    level: Level::Safe,
    summary: r#"Text after an index is dropped."#,
    explanation: r#"0.14 ignored it; 2.x takes the line for an attribute."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int
    index(x),
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int
    index(x)
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::IndexTail, r#"definition"#)),
};
