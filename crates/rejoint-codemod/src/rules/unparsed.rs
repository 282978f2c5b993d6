use crate::rule::{Check, Example, Level, Rule};

/// Reported by the engine before any rule looks at a file; here for its code and its page.
pub(crate) static RULE: Rule = Rule {
    code: crate::engine::UNPARSED,
    name: "unparsed",
    level: Level::Finding,
    summary: "Files and notebook cells that do not parse are reported and left.",
    explanation: "Mostly Python 2. In a notebook only the cell is left; in a script the whole file.",
    examples: &[Example { before: "print 'a'\n", after: None }],
    check: Check::Stmt(&[], |_, _| {}),
};
