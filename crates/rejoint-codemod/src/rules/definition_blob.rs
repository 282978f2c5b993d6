use rejoint_defn::Reason;

use crate::definitions::convert_definition;
use crate::rule::{Check, Example, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0101",
    name: "blob-codec",
    level: Level::Safe,
    summary: r#"A `longblob` (`blob`, `mediumblob`, `tinyblob`) attribute becomes `<blob>`."#,
    explanation: r#"0.x packs every value of such a column in its own format; in 2.x the word means raw bytes, and the packed bytes come back as they are. `<blob>` reads and writes what 0.x did. The column is always a `longblob` when it is declared anew. Raw bytes (`bytes`) only by an answer in the decisions."#,
    examples: &[
        Example {
            before: r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x = null : longblob  # trace
    """
"#,
            after: Some(
                r#"class Other(dj.Manual):
    definition = """
    k : int
    ---
    x = null : <blob>  # trace
    """
"#,
            ),
        },
        Example {
            before: r#"class Other(dj.Manual):
    definition = "k : int\n---\nx : longblob"
"#,
            after: Some(
                r#"class Other(dj.Manual):
    definition = "k : int\n---\nx : <blob>"
"#,
            ),
        },
        Example {
            before: r#"class Other(dj.Manual):
    definition = f"""
    {name} : int
    ---
    x : longblob
    """
"#,
            after: Some(
                r#"class Other(dj.Manual):
    definition = f"""
    {name} : int
    ---
    x : <blob>
    """
"#,
            ),
        },
    ],
    check: Check::Definition(|cx, stmt| {
        convert_definition(cx, stmt, Reason::SerializedBlob, r#"definition"#)
    }),
};
