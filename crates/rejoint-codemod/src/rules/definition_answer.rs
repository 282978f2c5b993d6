use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0121",
    name: "answer",
    level: Level::Safe,
    summary: r#"An attribute gets the type that the decisions give it."#,
    explanation: r#"`[columns]` of the decisions file; without an answer nothing is done. The example has this file:

```toml
[columns]
"Scan.photo" = "bytes"
```"#,
    examples: &[Example {
        before: r#"class Scan(dj.Manual):
    definition = """
    scan : int
    ---
    photo : longblob   # the file as it is
    """
"#,
        after: Some(
            r#"class Scan(dj.Manual):
    definition = """
    scan : int
    ---
    photo : bytes   # the file as it is
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::Answer, r#"definition"#)),
};
