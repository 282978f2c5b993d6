use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0102",
    name: "enum-quotes",
    level: Level::Safe,
    summary: r#"Double quotes around the values of an `enum` become single quotes."#,
    explanation: r#"2.x copies the type into a double-quoted comment, so the statement fails."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : enum("a", "b")
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : enum('a', 'b')
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::EnumQuotes, r#"definition"#)),
};
