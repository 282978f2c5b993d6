use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0120",
    name: "core-types",
    level: Level::Safe,
    summary: r#"Native numeric types become core types where the column stays the same (`core_types` only)."#,
    explanation: r#"2.x logs a warning for native types. Only with the option, because it changes what `describe()` and `alter()` see."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : smallint
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int32
    ---
    x : int16
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::CoreType, r#"definition"#)),
};
