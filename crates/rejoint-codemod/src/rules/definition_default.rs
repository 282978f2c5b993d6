use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0116",
    name: "default-quoting",
    level: Level::Safe,
    summary: r#"Defaults that 2.x would quote in another way are written so that they stay the same."#,
    explanation: r#"0.x puts a bare word into quotes by its own rules and copies what is quoted; 2.x does both in another way where there are quotes in the value."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x = it's : varchar(9)
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x = 'it''s' : varchar(9)
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| {
        convert_definition(cx, stmt, Reason::DefaultQuoting, r#"definition"#)
    }),
};
