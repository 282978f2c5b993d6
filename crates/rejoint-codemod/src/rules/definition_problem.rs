use crate::definitions::report_problems;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0131",
    name: "definition-problem",
    level: Level::Finding,
    summary: r#"Lines that 2.x refuses are reported."#,
    explanation: r#"What no version accepts, or what was accepted by 0.14 and has no equal."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : set('a', 'b')
    """
"#,
        after: None,
    }],
    check: Check::Definition(|cx, stmt| report_problems(cx, stmt, false)),
};
