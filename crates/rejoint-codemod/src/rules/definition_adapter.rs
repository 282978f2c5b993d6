use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0107",
    name: "adapter-type",
    level: Level::Safe,
    summary: r#"`<name>` of an adapter becomes the codec that the project has for it."#,
    explanation: r#"Only where the spelling differs; an adapter without a codec is reported by RJ0130."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : <blob>
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : <blob>
    """
"#,
        ),
    }],
    check: Check::Stmt(|cx, stmt| convert_definition(cx, stmt, Reason::Adapter, r#"definition"#)),
};
