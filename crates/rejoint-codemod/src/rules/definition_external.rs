use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0108",
    name: "external-0.11",
    level: Level::Suggested,
    summary: r#"`external`, `external-s`, `attach-s` of 0.11 become `<blob@>`, `<blob@s>`, `<attach@s>`."#,
    explanation: r#"0.12 converted the data of such columns with a tool of its own; the text stayed in old code."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : external-shared
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : <blob@shared>
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::OlderExternal, r#"definition"#)),
};
