use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0103",
    name: "core-type-spelling",
    level: Level::Safe,
    summary: r#"Core types are written in lower case and without a blank before the parenthesis."#,
    explanation: r#"2.3 refuses `VARCHAR(9)`, `Char(3)`, `DATE`, `varchar (9)`; native types in capitals pass."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : VARCHAR(9)
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : varchar(9)
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::CoreSpelling, r#"definition"#)),
};
