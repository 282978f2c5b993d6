//! What `convert` writes, why, and what it asks: one line per rule.

use rejoint_defn::{
    Answer, Decisions, Dialect, NumberPolicy, ParentColumn, ParentTable, Parents, TableName, apply_edits,
    convert, parse,
};

fn report(line: &str, decisions: &Decisions, parents: Option<&dyn Parents>) -> String {
    let text = format!("k : char(3)\n---\n{line}");
    let definition = parse(&text, Dialect::V0);
    let conversion = convert(&definition, decisions, parents);
    let converted = match apply_edits(&text, &conversion.edits) {
        Ok(converted) => converted,
        Err(error) => panic!("{error}"),
    };
    let mut out =
        format!("{line}\n  => {}", converted.strip_prefix("k : char(3)\n---\n").unwrap_or(&converted));
    for edit in &conversion.edits {
        let made = format!("\n  {} ({:?}) {}", edit.reason.as_str(), edit.safety, edit.note);
        out.push_str(made.trim_end());
    }
    for question in &conversion.questions {
        let choices: Vec<_> = question.choices.iter().map(|choice| choice.text.as_str()).collect();
        let required = if question.required { "must be answered" } else { "optional" };
        let asked = format!("\n  ? {} ({required}) {}", question.kind.as_str(), choices.join(" | "));
        out.push_str(asked.trim_end());
    }
    for problem in &conversion.problems {
        out.push_str(&format!("\n  ! {} {:?}", problem.code, problem.severity));
    }
    out
}

fn reports(lines: &[&str], decisions: &Decisions, parents: Option<&dyn Parents>) -> String {
    lines.iter().map(|line| report(line, decisions, parents)).collect::<Vec<_>>().join("\n")
}

#[test]
fn blobs_and_stores() {
    let lines = [
        "x : longblob # c",
        "x = null : MediumBlob",
        "x : attach",
        "x : attach@s",
        "x : blob@cold-archive",
        "x : filepath@s",
        "x : external",
        "x : external-s",
        "x : attach-s",
        "x : <graph>",
    ];
    insta::assert_snapshot!(reports(&lines, &Decisions::default(), None), @r#"
            x : longblob # c
              => x : <blob> # c
              serialized-blob (Noted) 0.14 packed every value; if this column holds raw bytes written by other means, decide on `bytes`
            x = null : MediumBlob
              => x = null : <blob>
              serialized-blob (Noted) as for `longblob`; besides, a newly declared column is `longblob`, not `MediumBlob`
            x : attach
              => x : <attach>
              legacy-storage (Exact)
            x : attach@s
              => x : <attach@s>
              legacy-storage (Exact)
            x : blob@cold-archive
              => x : <blob@cold-archive>
              legacy-storage (Exact)
            x : filepath@s
              => x : <filepath@s>
              legacy-storage (Noted) 2.x copies no file on insert and gives an object instead of a path on fetch
            x : external
              => x : <blob@>
              older-external (Suggested) a type of 0.11 and before: 0.14 could not open the table unless its store was migrated
            x : external-s
              => x : <blob@s>
              older-external (Suggested) a type of 0.11 and before: 0.14 could not open the table unless its store was migrated
            x : attach-s
              => x : <attach@s>
              older-external (Suggested) a type of 0.11 and before: 0.14 could not open the table unless its store was migrated
            x : <graph>
              => x : <graph>
              ? adapter (must be answered) <graph> | <graph@store>
            "#);
}

#[test]
fn spelling_of_types() {
    let lines = [
        "s : VARCHAR(9)",
        "s : varchar (9)",
        "s : varchar( 9 )",
        "s : Decimal (5,2)",
        "s : UUID",
        "s : JSON",
        "s : boolean",
        "s : BOOL",
        "s : bool",
        "s : INT",
        "s : datetime (6)",
        "s : enum(\"a\",'b')",
        "s : Enum (\"it's\")",
        "s : enum('a\"b','c')",
        "s : enum('x:y')",
        "s : enum('{{a}}')",
        "s : text",
    ];
    insta::assert_snapshot!(reports(&lines, &Decisions::default(), None), @r#"
            s : VARCHAR(9)
              => s : varchar(9)
              core-spelling (Exact)
            s : varchar (9)
              => s : varchar(9)
              core-spelling (Exact)
            s : varchar( 9 )
              => s : varchar( 9 )
            s : Decimal (5,2)
              => s : decimal(5,2)
              core-spelling (Exact)
            s : UUID
              => s : uuid
              core-spelling (Exact)
            s : JSON
              => s : json
              core-spelling (Exact)
            s : boolean
              => s : bool
              boolean (Noted) a newly declared column is `tinyint`, not `tinyint(1)`: the same values in the same byte
            s : BOOL
              => s : bool
              boolean (Noted) a newly declared column is `tinyint`, not `tinyint(1)`: the same values in the same byte
            s : bool
              => s : bool
            s : INT
              => s : INT
            s : datetime (6)
              => s : datetime (6)
            s : enum("a",'b')
              => s : enum('a','b')
              enum-quotes (Exact)
            s : Enum ("it's")
              => s : enum('it''s')
              enum-quotes (Exact)
            s : enum('a"b','c')
              => s : enum('a"b','c')
              ? enum-value (must be answered)
            s : enum('x:y')
              => s : enum('x:y')
              ! marker-misread Warning
            s : enum('{{a}}')
              => s : enum('{a}')
              braces (Exact)
            s : text
              => s : text
            "#);
}

#[test]
fn integers_keep_their_size() {
    let lines = [
        "n : int8",
        "n : INT8(20) unsigned",
        "n : int1",
        "n : int4 auto_increment",
        "n : int unsigned not null",
        "n : int signed # c",
        "n : int comment 'how many'",
        "n : int comment 'x' # y",
        "n : int comment 'x' #",
        "n : int unsigned zerofill",
        "n : tinyint(1)",
        "n : int(11) unsigned",
        "n : mediumint",
        "n : serial",
        "n : int32",
        "n : interval",
        "n : timestamp(3)",
        "n : float unsigned",
    ];
    insta::assert_snapshot!(reports(&lines, &Decisions::default(), None), @r#"
            n : int8
              => n : bigint
              integer-word (Noted) the server's word for its type in 0.14; `int8` in a definition of 2.x is one byte
            n : INT8(20) unsigned
              => n : bigint(20) unsigned
              integer-word (Noted) the server's word for its type in 0.14; `int8` in a definition of 2.x is one byte
            n : int1
              => n : tinyint
              integer-word (Noted) the server's word for its type in 0.14; `int8` in a definition of 2.x is one byte
            n : int4 auto_increment
              => n : int auto_increment
              integer-word (Noted) the server's word for its type in 0.14; `int8` in a definition of 2.x is one byte
            n : int unsigned not null
              => n : int unsigned
              type-tail (Exact)
            n : int signed # c
              => n : int # c
              type-tail (Exact)
            n : int comment 'how many'
              => n : int # how many
              type-tail (Exact)
            n : int comment 'x' # y
              => n : int # y
              type-tail (Exact)
            n : int comment 'x' #
              => n : int comment 'x' #
              ? type-tail (must be answered)
            n : int unsigned zerofill
              => n : int unsigned zerofill
              ? type-tail (must be answered) int unsigned
            n : tinyint(1)
              => n : tinyint(1)
              ? flag (optional) tinyint(1) | bool | int8
            n : int(11) unsigned
              => n : int(11) unsigned
            n : mediumint
              => n : mediumint
            n : serial
              => n : serial
            n : int32
              => n : int32
              ! server-type Warning
            n : interval
              => n : interval
              ? type-tail (must be answered)
            n : timestamp(3)
              => n : timestamp(3)
              ? timestamp (optional) timestamp(3) | datetime(3)
            n : float unsigned
              => n : float unsigned
            "#);
}

#[test]
fn core_types_where_they_are_equal() {
    let lines = [
        "n : int",
        "n : INTEGER",
        "n : int(11)",
        "n : int unsigned",
        "n : int auto_increment",
        "n : int8",
        "n : bigint unsigned",
        "n : mediumint",
        "n : tinyint",
        "n : tinyint(1)",
        "n : float",
        "n : float(7,3)",
        "n : real",
        "n : double unsigned",
        "n : smallint not null",
    ];
    let decisions = Decisions { numbers: NumberPolicy::CoreWhereEqual, ..Decisions::default() };
    insta::assert_snapshot!(reports(&lines, &decisions, None), @r#"
            n : int
              => n : int32
              core-type (Exact) declares the same column
            n : INTEGER
              => n : int32
              core-type (Exact) declares the same column
            n : int(11)
              => n : int(11)
            n : int unsigned
              => n : int unsigned
              ? widening (optional) int unsigned | int64
            n : int auto_increment
              => n : int auto_increment
            n : int8
              => n : int64
              core-type (Exact) declares the same column
            n : bigint unsigned
              => n : bigint unsigned
              ? widening (optional) bigint unsigned | int64
            n : mediumint
              => n : mediumint
              ? widening (optional) mediumint | int32
            n : tinyint
              => n : int8
              core-type (Exact) declares the same column
            n : tinyint(1)
              => n : tinyint(1)
              ? flag (optional) tinyint(1) | bool | int8
            n : float
              => n : float32
              core-type (Exact) declares the same column
            n : float(7,3)
              => n : float(7,3)
            n : real
              => n : float64
              core-type (Exact) declares the same column
            n : double unsigned
              => n : double unsigned
            n : smallint not null
              => n : int16
              core-type (Exact) declares the same column
            "#);
}

#[test]
fn defaults_comments_and_lines() {
    let lines = [
        "a = it's : varchar(9)",
        "a = \"a\"\"b\" : varchar(9)",
        "a = \"a\\'b\" : varchar(9)",
        "a = \"it's\" : varchar(9)",
        "a = '{{x}}' : varchar(9)",
        "a = '5' on update 6 : varchar(9)",
        "a : int # {{x}} y",
        "a : int # y {database}",
        "a : int # {old}",
        "___ text",
        "index(k) x",
        "index(k) # x",
        "index_x : int",
        "_a : int",
    ];
    insta::assert_snapshot!(reports(&lines, &Decisions::default(), None), @r#"
            a = it's : varchar(9)
              => a = 'it''s' : varchar(9)
              default-quoting (Exact)
            a = "a""b" : varchar(9)
              => a = 'a"b' : varchar(9)
              default-quoting (Exact)
            a = "a\'b" : varchar(9)
              => a = 'a''b' : varchar(9)
              default-quoting (Exact)
            a = "it's" : varchar(9)
              => a = "it's" : varchar(9)
            a = '{{x}}' : varchar(9)
              => a = '{x}' : varchar(9)
              braces (Exact)
            a = '5' on update 6 : varchar(9)
              => a = '5' on update 6 : varchar(9)
              ! server-syntax Warning
            a : int # {{x}} y
              => a : int # {x} y
              braces (Noted) 2.x's alter() takes a name in braces at the start for the old name of the attribute
            a : int # y {database}
              => a : int # y {database}
              ! brace Warning
            a : int # {old}
              => a : int # {old}
            ___ text
              => --- text
              separator (Exact)
            index(k) x
              => index(k)
              index-tail (Exact) 0.14 ignored this text
            index(k) # x
              => index(k) # x
            index_x : int
              => index_x : int
              ! index-syntax Error
            _a : int
              => _a : int
              ! attribute-syntax Error
            "#);
}

struct OneTable;

impl Parents for OneTable {
    fn table(&self, path: &str) -> Option<ParentTable> {
        let names: &[&str] = match path {
            "One" => &["a"],
            "Two" => &["a", "b"],
            _ => return None,
        };
        let column = |name: &&str| ParentColumn {
            name: (*name).into(),
            sql_type: "int".into(),
            comment: String::new(),
            is_uuid: false,
        };
        Some(ParentTable { name: TableName::new("db", path), key: names.iter().map(column).collect() })
    }
}

#[test]
fn old_foreign_keys() {
    let lines = [
        "(x) -> One",
        "(x) -> [nullable] One # c",
        "(x, y) -> Two",
        "(x) -> Two(b)",
        "(b) -> Two(b)",
        "(x) -> Two(nothing)",
        "(x) -> Unknown",
        "(x) -> m.Unknown(y)",
        "-> Two(b)",
        "-> [nullable] Two",
        "-> Two & 'a=1'",
    ];
    insta::assert_snapshot!(reports(&lines, &Decisions::default(), Some(&OneTable)), @r#"
            (x) -> One
              => -> One.proj(x='a')
              old-foreign-key (Exact) names in the order of the parent's key
            (x) -> [nullable] One # c
              => -> [nullable] One.proj(x='a') # c
              old-foreign-key (Exact) names in the order of the parent's key
            (x, y) -> Two
              => -> Two.proj(x='a', y='b')
              old-foreign-key (Suggested) names in the order of the parent's key
            (x) -> Two(b)
              => -> Two.proj(x='b')
              old-foreign-key (Exact)
            (b) -> Two(b)
              => -> Two
              old-foreign-key (Exact)
            (x) -> Two(nothing)
              => (x) -> Two(nothing)
              ? foreign-key-names (must be answered) -> Two
            (x) -> Unknown
              => (x) -> Unknown
              ? foreign-key-names (must be answered) -> Unknown
            (x) -> m.Unknown(y)
              => -> m.Unknown.proj(x='y')
              old-foreign-key (Suggested) right if the names in parentheses are key attributes of the parent
            -> Two(b)
              => -> Two(b)
              ? foreign-key-names (must be answered) -> Two
            -> [nullable] Two
              => -> [nullable] Two
            -> Two & 'a=1'
              => -> Two & 'a=1'
              ! opaque-foreign-key Warning
            "#);
}

#[test]
fn answers_win_over_rules() {
    let mut decisions = Decisions { default_store: Some("raw".into()), ..Decisions::default() };
    decisions.types.insert("flag".into(), Answer::Type("bool".into()));
    decisions.types.insert("raw".into(), Answer::Type("bytes".into()));
    decisions.types.insert("kept".into(), Answer::Keep);
    decisions.types.insert("wrong".into(), Answer::Type("boolean".into()));
    decisions.adapters.insert("graph".into(), "<graph>".into());
    decisions.adapters.insert("trace".into(), "<trace@raw>".into());
    decisions.adapters.insert("odd".into(), "longblob".into());
    let lines = [
        "flag : tinyint(1)",
        "raw : longblob",
        "kept : longblob",
        "kept : attach",
        "wrong : int",
        "x : <graph>",
        "x : <trace>",
        "x : <odd>",
        "x : external",
    ];
    insta::assert_snapshot!(reports(&lines, &decisions, None), @r#"
            flag : tinyint(1)
              => flag : bool
              answer (Noted) as decided; the column may change
            raw : longblob
              => raw : bytes
              answer (Noted) as decided; the column may change
            kept : longblob
              => kept : longblob
            kept : attach
              => kept : attach
              ! decision Error
            wrong : int
              => wrong : int
              ! decision Error
            x : <graph>
              => x : <graph>
            x : <trace>
              => x : <trace@raw>
              adapter (Noted) as decided for the adapter
            x : <odd>
              => x : <odd>
              ! decision Error
            x : external
              => x : <blob@raw>
              older-external (Suggested) a type of 0.11 and before: 0.14 could not open the table unless its store was migrated
            "#);
}

#[test]
fn int8_beside_types_of_2_x_is_a_question() {
    for other in ["m : int32", "m : <blob>", "m : <trace@raw>", "m : bytes"] {
        let text = format!("k : char(3)\n---\nn : int8\n{other}");
        let conversion = convert(&parse(&text, Dialect::V0), &Decisions::default(), None);
        assert!(conversion.edits.is_empty(), "{other}: {:?}", conversion.edits);
        assert!(!conversion.is_complete(), "{other}");
    }
}
