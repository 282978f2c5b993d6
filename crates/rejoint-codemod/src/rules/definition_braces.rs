use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0117",
    name: "braces",
    level: Level::Safe,
    summary: r#"Doubled braces in comments become single ones."#,
    explanation: r#"0.14 passed the statement through `str.format`; 2.x does not."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int  # {{brace}}
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int  # {brace}
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::Braces, r#"definition"#)),
};
