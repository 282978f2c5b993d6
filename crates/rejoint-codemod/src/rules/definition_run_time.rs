use crate::definitions::report_problems;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0132",
    name: "definition-run-time",
    level: Level::Finding,
    summary: r#"Parts of a definition that are made at run time and stand where a type stands are reported."#,
    explanation: r#"The text around them is converted; what the field holds must be looked at."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = f"""
    k : int
    ---
    x : {kind}
    """
"#,
        after: None,
    }],
    check: Check::Definition(|cx, stmt| report_problems(cx, stmt, true)),
};
