use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0110",
    name: "type-tail",
    level: Level::Safe,
    summary: r#"SQL after an integer type is dropped where it says nothing new."#,
    explanation: r#"0.14 passed `not null`, `signed` and `comment` through to the server; 2.x refuses them. Other SQL there is reported."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int not null
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : int
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::TypeTail, r#"definition"#)),
};
