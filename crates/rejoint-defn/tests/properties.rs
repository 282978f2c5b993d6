//! Properties that hold for any text.

use proptest::prelude::*;
use rejoint_defn::{
    Attribute, CompiledTable, Decisions, Definition, Dialect, Error, ForeignKey, Index, Item, ItemKind,
    NumberPolicy, ParentColumn, ParentTable, Parents, Reference, Settings, Span, TableName, apply_edits,
    compile, convert, parse, print,
};

/// Every name is a table with one key attribute.
struct AnyParent;

impl Parents for AnyParent {
    fn table(&self, path: &str) -> Option<ParentTable> {
        let key = ParentColumn {
            name: "id".into(),
            sql_type: "int".into(),
            comment: path.chars().rev().collect(),
            is_uuid: path.len() % 2 == 1,
        };
        Some(ParentTable { name: TableName::new("db", path), key: vec![key] })
    }
}

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::V0), Just(Dialect::V2)]
}

/// Lines that are close to the grammar, glued from its pieces.
fn line() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b2",
        "k_",
        "Aa",
        "_x",
        "=",
        ":",
        " : ",
        " = ",
        "#",
        " # ",
        "##",
        "'",
        "\"",
        "''",
        "\\",
        "\t",
        "\r",
        " ",
        "\u{a0}",
        "\u{1c}",
        "é",
        "✓",
        "---",
        "___",
        "->",
        "-> ",
        "[nullable]",
        "[unique, nullable]",
        "[",
        "]",
        "T",
        "m.T",
        ".proj(",
        "a='b'",
        ")",
        "(",
        ",",
        "...",
        "`db`.`t`",
        "()",
        "index",
        "unique index",
        "(a, b)",
        "j.x:int",
        "int",
        "int8",
        "int(11)",
        "unsigned",
        "not null",
        "comment 'x'",
        "tinyint(1)",
        "varchar(30)",
        "VARCHAR (30)",
        "enum('a',\"b\")",
        "enum(\"it's\")",
        "longblob",
        "blob@s",
        "attach",
        "<a>",
        "<blob@s>",
        "< x >",
        "<",
        ">",
        "null",
        "NULL",
        "CURRENT_TIMESTAMP",
        "5",
        "-1.5",
        "\"x\"",
        "'it''s'",
        "a b",
        "%",
        "%%",
        "{",
        "}",
        "{{x}}",
        "{database}",
        "external-s",
        "bool",
        "boolean",
        "timestamp",
        "decimal(5,2)",
        "int32",
        "uuid",
        "@",
        "&",
        ";",
    ]);
    let glued = prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat());
    let attribute = ("[a-c][a-z0-9_]{0,3}", 0..6usize, "[ -~é]{0,12}", "[ -~é]{0,14}").prop_map(
        |(name, kind, default, comment)| {
            let types =
                ["int", "varchar(9)", "enum('a',\"b\")", "longblob", "<graph>", "int unsigned not null"];
            let default = if default.len() % 3 == 0 { format!(" = {default}") } else { String::new() };
            format!("{name}{default} : {} # {comment}", types[kind])
        },
    );
    prop_oneof![glued, attribute]
}

fn definition() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(line(), 0..7).prop_map(|lines| lines.join("\n")),
        prop::collection::vec(line(), 0..7).prop_map(|lines| lines.join("\r\n  \n")),
        any::<String>(),
        prop::collection::vec(any::<u8>(), 0..80)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

/// Attribute lines most of which 0.14 accepts.
fn plausible_attribute() -> impl Strategy<Value = String> {
    let types = prop::sample::select(vec![
        "int",
        "int8",
        "INT1",
        "int4 unsigned",
        "int(11) unsigned not null",
        "int signed",
        "int comment 'x y'",
        "tinyint(1)",
        "bigint",
        "decimal(5,2)",
        "DECIMAL (5, 2)",
        "float",
        "real",
        "varchar(9)",
        "VARCHAR (9)",
        "varchar( 9 )",
        "char(9)",
        "enum('a',\"b\")",
        "enum(\"it's\", 'x')",
        "Enum('{{a}}','b')",
        "enum( 'b' , 'c:d')",
        "bool",
        "boolean",
        "timestamp",
        "datetime",
        "DateTime(3)",
        "date",
        "year",
        "json",
        "JSON",
        "uuid",
        "UUID",
        "longblob",
        "blob",
        "attach",
        "blob@raw",
        "filepath@raw",
        "serial",
    ]);
    let default = prop_oneof![
        4 => Just(String::new()),
        1 => Just("null".to_owned()),
        2 => "[ab0-9'\"\\\\{}%. -]{1,6}",
        1 => "\"[ab'\\\\{}%:# \"]{0,6}\"",
        1 => "'[ab'\\\\{}%:# \"]{0,6}'",
        1 => Just("CURRENT_TIMESTAMP".to_owned()),
    ];
    let comment = "[ab'\"\\\\{}%:#n ]{0,8}";
    ("[a-e][0-9]{0,2}", default, types, comment, any::<bool>()).prop_map(
        |(name, default, kind, comment, has)| {
            let default = if default.is_empty() { default } else { format!(" = {default}") };
            let comment = if has { format!(" # {comment}") } else { String::new() };
            format!("{name}{default} : {kind}{comment}")
        },
    )
}

/// A definition without positions.
fn meaning(definition: &Definition) -> Vec<String> {
    let comment = definition.table_comment.iter().map(|comment| format!("comment {:?}", comment.text));
    comment.chain(definition.items.iter().map(|item| item_meaning(item, definition.source()))).collect()
}

fn item_meaning(item: &Item, source: &str) -> String {
    let kind = match &item.kind {
        ItemKind::Comment | ItemKind::Unparsed => item.span.of(source).to_owned(),
        ItemKind::Separator(separator) => format!("separator {}", separator.tail.of(source)),
        ItemKind::Attribute(Attribute { name, default, type_text, comment, .. }) => {
            format!("{name:?} {:?} {type_text:?} {comment:?}", default.as_ref().map(|default| &default.text))
        }
        ItemKind::ForeignKey(ForeignKey {
            options,
            expression,
            expression_span,
            comment_span,
            old_form,
            ..
        }) => {
            let expression = match expression {
                Reference::Opaque => expression_span.of(source).to_owned(),
                Reference::Table(table) => {
                    let projection = table.projection.as_ref().map(|projection| {
                        let renames = projection.renames.iter().map(|rename| (&rename.new, &rename.old));
                        (projection.n_kept, renames.collect::<Vec<_>>())
                    });
                    format!("{} {projection:?}", table.path)
                }
            };
            let options: Vec<_> = options.iter().map(|option| &option.text).collect();
            format!("{options:?} {expression} {:?} {old_form:?}", comment_span.map(|span| span.of(source)))
        }
        ItemKind::Index(Index { unique, items, tail, .. }) => {
            let items: Vec<_> = items.iter().map(|item| (&item.text, &item.kind)).collect();
            format!("{unique} {items:?} {:?}", tail.of(source))
        }
    };
    format!("{} {kind}", item.in_key)
}

/// All spans of a line in order of position, with whether each must lie behind the one before.
fn spans(item: &Item) -> Vec<Span> {
    match &item.kind {
        ItemKind::Comment | ItemKind::Unparsed => vec![],
        ItemKind::Separator(separator) => vec![separator.rule_span, separator.tail],
        ItemKind::Attribute(attribute) => {
            let default = attribute.default.iter().map(|default| default.span);
            std::iter::once(attribute.name_span)
                .chain(default)
                .chain([attribute.type_span])
                .chain(attribute.comment_span)
                .collect()
        }
        ItemKind::ForeignKey(key) => std::iter::once(key.arrow)
            .chain(key.options_span)
            .chain([key.expression_span])
            .chain(key.comment_span)
            .collect(),
        ItemKind::Index(index) => vec![index.keyword_span, index.args_span, index.tail],
    }
}

/// The text put together again from the positions: what lies between them and what they cover.
fn from_spans(definition: &Definition) -> Option<String> {
    let source = definition.source();
    let mut out = String::new();
    let mut at = 0;
    let comment = definition.table_comment.iter().map(|comment| comment.text_span);
    let all: Vec<Span> = comment.chain(definition.items.iter().flat_map(spans)).collect();
    for span in all {
        out.push_str(source.get(at..span.start)?);
        out.push_str(source.get(span.start..span.end)?);
        at = span.end;
    }
    out.push_str(source.get(at..)?);
    Some(out)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn positions_cover_the_text_in_order(text in definition(), dialect in dialects()) {
        let parsed = parse(&text, dialect);
        prop_assert_eq!(from_spans(&parsed), Some(text.clone()));
        for item in &parsed.items {
            prop_assert!(text.get(item.span.start..item.span.end).is_some());
            for span in spans(item) {
                prop_assert!(item.span.start <= span.start && span.end <= item.span.end, "{item:?} {span:?}");
            }
        }
        for problem in &parsed.problems {
            prop_assert!(text.get(problem.span.start..problem.span.end).is_some(), "{problem:?}");
        }
    }

    #[test]
    fn printed_definitions_read_back(text in definition(), dialect in dialects()) {
        let parsed = parse(&text, dialect);
        let printed = print(&parsed, dialect);
        let again = parse(&printed, dialect);
        prop_assert_eq!(meaning(&parsed), meaning(&again), "{}", printed);
        prop_assert_eq!(print(&again, dialect), printed);
    }

    #[test]
    fn edits_are_in_order_and_apply(text in definition(), core in any::<bool>(), known in any::<bool>()) {
        let parsed = parse(&text, Dialect::V0);
        let numbers = if core { NumberPolicy::CoreWhereEqual } else { NumberPolicy::Native };
        let decisions = Decisions { numbers, ..Decisions::default() };
        let conversion = convert(&parsed, &decisions, known.then_some(&AnyParent as &dyn Parents));
        for pair in conversion.edits.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start, "{pair:?}");
        }
        for edit in &conversion.edits {
            prop_assert!(edit.span.of(&text) != edit.replacement, "{edit:?}");
        }
        prop_assert!(apply_edits(&text, &conversion.edits).is_ok());
    }

    #[test]
    fn a_complete_conversion_is_a_definition_of_2_x_with_the_same_columns(text in definition()) {
        let settings = Settings::default();
        let name = TableName::new("db", "t");
        let old = compile(&parse(&text, Dialect::V0), &name, &AnyParent, &settings);
        let parsed = parse(&text, Dialect::V0);
        let conversion = convert(&parsed, &Decisions::default(), None);
        if let (Ok(old), true) = (old, conversion.is_complete()) {
            let converted = apply_edits(&text, &conversion.edits).unwrap();
            let new = compile(&parse(&converted, Dialect::V2), &name, &AnyParent, &settings);
            let new = new.map_err(|error| TestCaseError::fail(format!("{error}\n{text}\n=>\n{converted}")))?;
            let columns = |table: &CompiledTable| -> Vec<_> {
                table.columns.iter().map(|c| (c.name.clone(), c.nullable, c.default.clone(), c.in_key)).collect()
            };
            prop_assert_eq!(columns(&old), columns(&new), "{}", converted);
        }
    }

    #[test]
    fn lines_that_0_14_declares_convert_or_ask(lines in prop::collection::vec(plausible_attribute(), 1..5)) {
        let text = format!("k : int\n---\n{}", lines.join("\n"));
        let settings = Settings::default();
        let name = TableName::new("db", "t");
        let parsed = parse(&text, Dialect::V0);
        let old = compile(&parsed, &name, &AnyParent, &settings);
        prop_assume!(old.is_ok());
        let conversion = convert(&parsed, &Decisions::default(), None);
        if let (Ok(old), true) = (old, conversion.is_complete()) {
            let converted = apply_edits(&text, &conversion.edits).unwrap();
            let new = compile(&parse(&converted, Dialect::V2), &name, &AnyParent, &settings);
            let new = new.map_err(|error| TestCaseError::fail(format!("{error}\n{text}\n=>\n{converted}")))?;
            let is_reported = |code| conversion.problems.iter().any(|problem| problem.code == code);
            for (a, b) in old.columns.iter().zip(&new.columns) {
                prop_assert_eq!(&a.name, &b.name);
                prop_assert_eq!(a.nullable, b.nullable);
                prop_assert_eq!(&a.default, &b.default, "{}", converted);
                let same = a.sql_type == b.sql_type
                    || (a.sql_type.ends_with("blob") && b.sql_type == "longblob")
                    || (a.sql_type == "binary(16)" && b.sql_type == "json")
                    || (a.declared_type.to_lowercase().starts_with("bool") && b.sql_type == "tinyint");
                prop_assert!(same, "{} became {}\n{}", a.sql_type, b.sql_type, converted);
                if !is_reported(rejoint_defn::Code::MarkerMisread) && !is_reported(rejoint_defn::Code::Brace) {
                    prop_assert_eq!(a.user_comment(), b.user_comment(), "{}", converted);
                }
            }
        }
    }

    #[test]
    fn compiling_refuses_or_gives_a_table(text in definition(), dialect in dialects()) {
        let parsed = parse(&text, dialect);
        match compile(&parsed, &TableName::new("db", "t"), &AnyParent, &Settings::default()) {
            Ok(table) => {
                prop_assert!(parsed.is_accepted());
                prop_assert!(!table.primary_key.is_empty());
                for name in &table.primary_key {
                    prop_assert!(table.column(name).is_some_and(|column| column.in_key));
                }
            }
            Err(Error::Refused { problems }) => prop_assert!(!problems.is_empty()),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
