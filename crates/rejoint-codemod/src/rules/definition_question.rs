use crate::definitions::report_questions;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0130",
    name: "definition-question",
    level: Level::Finding,
    summary: r#"Types that need an answer before 2.x accepts the definition are reported."#,
    explanation: r#"Adapters without a codec, enum values that cannot be declared, foreign keys of 0.12 whose names are not known."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : <graph>
    """
"#,
        after: None,
    }],
    check: Check::Definition(|cx, stmt| report_questions(cx, stmt, true)),
};
