use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0106",
    name: "store-types",
    level: Level::Safe,
    summary: r#"`blob@s`, `attach`, `attach@s`, `filepath@s` become codecs: `<blob@s>`, `<attach>`, `<attach@s>`, `<filepath@s>`."#,
    explanation: r#"The words without brackets are no types in 2.x. For `filepath` the meaning changed as well: see RJ0801."#,
    examples: &[Example {
        before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : blob@shared
    """
"#,
        after: Some(
            r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x : <blob@shared>
    """
"#,
        ),
    }],
    check: Check::Definition(|cx, stmt| convert_definition(cx, stmt, Reason::LegacyStorage, r#"definition"#)),
};
