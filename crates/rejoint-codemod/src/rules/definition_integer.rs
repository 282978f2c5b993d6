use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0111",
    name: "integer-word",
    level: Level::Suggested,
    summary: r#"Integer words that mean another size in 2.x are reported or replaced."#,
    explanation: r#"`int8` is 8 bytes for the server (and 0.14) and one byte in 2.x."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int8
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : bigint
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::IntegerWord, r#"definition"#)),
};
