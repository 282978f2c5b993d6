use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0105",
    name: "boolean",
    level: Level::Safe,
    summary: r#"`boolean` becomes `bool`."#,
    explanation: r#"2.x has no `boolean`. The column stays a `tinyint`, and `fetch` still gives 0 and 1."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : boolean
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : bool
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::Boolean, r#"definition"#)),
};
