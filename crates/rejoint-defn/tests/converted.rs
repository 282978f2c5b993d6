//! Conversion of 0.14 definitions: what it keeps, and that 2.3.5 accepts the result.
//!
//! `tests/data/converted.json` holds the conversions of all cases that 0.14.10 declared; `declared_converted.json` what
//! 2.3.5 made of them. With `REJOINT_UPDATE_FIXTURES` set, the first is written anew; run the script on it afterwards:
//! `python tests/declare_definitions.py tests/data/converted.json tests/data/declared_converted.json`.

mod recorded;

use std::collections::BTreeMap;

use recorded::{Context, Record, read, record};
use rejoint_defn::{
    Code, Column, CompiledTable, Conversion, Decisions, Definition, Dialect, IndexPart, NumberPolicy,
    apply_edits, convert, parse,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Converted {
    name: String,
    definition: String,
}

fn decisions() -> Decisions {
    let mut decisions = Decisions::default();
    decisions.adapters.insert("graph".into(), "<graph>".into());
    decisions.adapters.insert("label".into(), "<label>".into());
    decisions.adapters.insert("trace".into(), "<blob@raw>".into());
    decisions
}

fn converted(definition: &Definition, decisions: &Decisions) -> (String, Conversion) {
    let conversion = convert(definition, decisions, None);
    match apply_edits(definition.source(), &conversion.edits) {
        Ok(text) => (text, conversion),
        Err(error) => panic!("{error}: {:?}", conversion.edits),
    }
}

/// The cases that 0.14.10 declared, without the tables that the script declares before them.
fn accepted() -> Vec<(String, String)> {
    let cases: Vec<Converted> = read("cases.json");
    let definitions: BTreeMap<_, _> = cases.into_iter().map(|case| (case.name, case.definition)).collect();
    record(Dialect::V0)
        .tables
        .into_iter()
        .filter(|table| table.refused_by.is_none() && definitions.contains_key(&table.name))
        .map(|table| (table.name, table.definition))
        .collect()
}

#[test]
fn conversions_are_the_recorded_ones() {
    let ours: Vec<Converted> = accepted()
        .into_iter()
        .map(|(name, text)| (name, converted(&parse(&text, Dialect::V0), &decisions())))
        .filter(|(_, (_, conversion))| conversion.is_complete())
        .map(|(name, (definition, _))| Converted { name, definition })
        .collect();
    if std::env::var_os("REJOINT_UPDATE_FIXTURES").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/converted.json");
        let text = serde_json::to_string_pretty(&ours).expect("plain text");
        std::fs::write(path, text + "\n").expect("the fixture can be written");
    }
    let recorded: Vec<Converted> = read("converted.json");
    assert_eq!(ours, recorded);
    assert!(ours.len() >= 90, "{}", ours.len());
}

#[test]
fn what_is_not_converted_has_a_reason() {
    let mut reasons = Vec::new();
    for (name, text) in accepted() {
        let (_, conversion) = converted(&parse(&text, Dialect::V0), &decisions());
        if !conversion.is_complete() {
            let questions = conversion.questions.iter().filter(|q| q.required).map(|q| q.kind.as_str());
            let problems = conversion.problems.iter().map(|p| p.code.as_str());
            reasons.push(format!("{name}: {}", questions.chain(problems).collect::<Vec<_>>().join(", ")));
        }
    }
    insta::assert_snapshot!(reasons.join("\n"), @r#"
            IntZerofill: type-tail
            EnumQuoteInside: enum-value
            LongCoreComment: comment-length
            "#);
}

#[test]
fn datajoint_2_3_5_declares_every_conversion() {
    let record: Record = read("declared_converted.json");
    let definitions: BTreeMap<String, String> =
        read::<Vec<Converted>>("converted.json").into_iter().map(|c| (c.name, c.definition)).collect();
    let mut n_checked = 0;
    for table in &record.tables {
        if let Some(definition) = definitions.get(&table.name) {
            assert_eq!(&table.definition, definition, "{}: run the script again", table.name);
            assert_eq!(table.refused_by, None, "{}: {:?}\n{definition}", table.name, table.error);
            n_checked += 1;
        }
    }
    assert_eq!(n_checked, definitions.len());
}

/// What a converted definition may declare in another way, by the column that 0.14 declared.
fn allowed_types(old: &Column) -> Vec<String> {
    let mut allowed = vec![old.sql_type.clone()];
    let marker = old.marker.as_deref().unwrap_or("");
    if marker.contains('@') || marker == "<trace>" {
        allowed.push("json".into());
    }
    match old.sql_type.as_str() {
        "tinyblob" | "blob" | "mediumblob" => allowed.push("longblob".into()),
        "tinyint(1)" if old.declared_type.to_lowercase().starts_with("bool") => {
            allowed.push("tinyint".into())
        }
        _ => {}
    }
    allowed
}

fn differences(old: &CompiledTable, new: &CompiledTable) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: String, same: bool| {
        if !same {
            found.push(what);
        }
    };
    check("comment".into(), old.comment == new.comment);
    check("primary key".into(), old.primary_key == new.primary_key);
    check("number of columns".into(), old.columns.len() == new.columns.len());
    for (a, b) in old.columns.iter().zip(&new.columns) {
        let name = &a.name;
        check(format!("{name}: name"), a.name == b.name);
        check(
            format!("{name}: type {} became {}", a.sql_type, b.sql_type),
            allowed_types(a).contains(&b.sql_type),
        );
        check(format!("{name}: nullable"), a.nullable == b.nullable);
        check(format!("{name}: default {:?} became {:?}", a.default, b.default), a.default == b.default);
        check(
            format!("{name}: comment {:?} became {:?}", a.comment, b.comment),
            a.user_comment() == b.user_comment(),
        );
        check(format!("{name}: auto_increment"), a.auto_increment == b.auto_increment);
    }
    let keys = |table: &CompiledTable| -> Vec<_> {
        let own = table.foreign_keys.iter().filter(|key| !key.is_external);
        own.map(|key| (key.columns.clone(), key.parent.clone(), key.parent_columns.clone())).collect()
    };
    check("foreign keys".into(), keys(old) == keys(new));
    let indexes = |table: &CompiledTable| -> Vec<_> {
        let part = |part: &IndexPart| match part {
            IndexPart::Column(name) => name.clone(),
            // 0.14 loses blanks after commas.
            IndexPart::Expression(sql) => sql.replace(", ", ","),
        };
        table.indexes.iter().map(|i| (i.unique, i.parts.iter().map(part).collect::<Vec<_>>())).collect()
    };
    check("indexes".into(), indexes(old) == indexes(new));
    found
}

fn assert_keeps_columns(decisions: &Decisions) {
    let (old_tables, new_tables) = (Context::default(), Context::default());
    let mut found = Vec::new();
    let mut n_compared = 0;
    for table in record(Dialect::V0).tables {
        let Ok(old) = old_tables.compile(&table.name, &table.definition, Dialect::V0) else { continue };
        let (text, conversion) = converted(&parse(&table.definition, Dialect::V0), decisions);
        // A comment that 2.x must read in another way is reported, not kept.
        let is_reported =
            conversion.problems.iter().any(|p| matches!(p.code, Code::Brace | Code::MarkerMisread));
        if !conversion.is_complete() || is_reported {
            continue;
        }
        match new_tables.compile(&table.name, &text, Dialect::V2) {
            Ok(new) => {
                found.extend(differences(&old, &new).into_iter().map(|d| format!("{}: {d}", table.name)))
            }
            Err(error) => found.push(format!("{}: {error}\n{text}", table.name)),
        }
        n_compared += 1;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(n_compared >= 100, "{n_compared}");
}

#[test]
fn the_default_conversion_keeps_every_column() {
    assert_keeps_columns(&decisions());
}

#[test]
fn core_types_where_equal_keep_every_column() {
    assert_keeps_columns(&Decisions { numbers: NumberPolicy::CoreWhereEqual, ..decisions() });
}

#[test]
fn a_second_conversion_changes_nothing() {
    for (name, text) in accepted() {
        let (once, conversion) = converted(&parse(&text, Dialect::V0), &decisions());
        let again = convert(&parse(&once, Dialect::V2), &decisions(), None);
        assert!(again.edits.is_empty(), "{name}: {conversion:?}");
    }
}

/// The same comparison between the two real databases, without our compiler.
#[test]
fn the_servers_columns_are_kept() {
    let old: BTreeMap<_, _> =
        record(Dialect::V0).tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let new: Record = read("declared_converted.json");
    let converted: Vec<Converted> = read("converted.json");
    let names: Vec<&str> = converted.iter().map(|case| case.name.as_str()).collect();
    let mut differences = Vec::new();
    for new in new.tables.iter().filter(|table| names.contains(&table.name.as_str())) {
        let name = &new.name;
        let Some(old) = old.get(name) else { panic!("{name} is not in the record of 0.14") };
        if old.columns.len() != new.columns.len() || old.comment != new.comment {
            differences.push(format!("{name}: columns or comment"));
        }
        for (a, b) in old.columns.iter().zip(&new.columns) {
            let pointer = a.sql_type == "binary(16)" && b.sql_type == "json";
            let blob = a.sql_type.ends_with("blob") && b.sql_type == "longblob";
            let flag =
                a.sql_type == "tinyint(1)" && b.sql_type == "tinyint" && b.comment.starts_with(":bool:");
            let same_type = a.sql_type == b.sql_type || pointer || blob || flag;
            let user =
                a.comment.strip_prefix(':').and_then(|c| c.split_once(':')).map_or(&*a.comment, |c| c.1);
            // 0.14 puts the schema's name in the place of `{database}`; the conversion reports that.
            let same_comment = b.comment.ends_with(user) || name == "BracesDatabase";
            let same =
                a.name == b.name && a.nullable == b.nullable && a.default == b.default && a.extra == b.extra;
            if !same_type || !same_comment || !same || a.in_key != b.in_key {
                differences.push(format!("{name}: {a:?}\n  became {b:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
