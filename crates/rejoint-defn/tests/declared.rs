//! Differential test: `compile` against what datajoint 0.14.10 and 2.3.5 declared on a real server.

mod recorded;

use recorded::{Context, RecordedColumn, RecordedTable, is_about_server, record};
use rejoint_defn::{ColumnDefault, CompiledTable, Dialect, Error, IndexPart};

fn compare(dialect: Dialect) -> Vec<String> {
    let context = Context::default();
    let mut differences = Vec::new();
    for table in record(dialect).tables {
        let compiled = context.compile(&table.name, &table.definition, dialect);
        let name = &table.name;
        match (&compiled, table.refused_by.as_deref()) {
            (Ok(compiled), None) => {
                differences
                    .extend(compare_table(compiled, &table).into_iter().map(|d| format!("{name}: {d}")));
            }
            // A default that the compiler does not claim to know may also be one that the server refuses.
            (Ok(compiled), Some("server"))
                if table.error.as_deref().is_some_and(|error| error.contains("(1067,"))
                    && compiled
                        .columns
                        .iter()
                        .any(|c| matches!(c.default, ColumnDefault::Literal { reported: None, .. })) => {}
            (Ok(_), Some(who)) => {
                differences
                    .push(format!("{name}: refused by the {who}: {}", table.error.as_deref().unwrap_or("")));
            }
            (Err(error), None) => differences.push(format!("{name}: accepted, but: {error}")),
            (Err(Error::Refused { problems }), Some(who)) => {
                let by_library = problems.iter().any(|p| !is_about_server(p.code));
                if by_library != (who == "library") {
                    differences.push(format!(
                        "{name}: refused by the {who}: {} / {problems:?}",
                        table.error.as_deref().unwrap_or("")
                    ));
                }
            }
            (Err(error), Some(_)) => differences.push(format!("{name}: {error}")),
        }
    }
    differences
}

fn compare_table(compiled: &CompiledTable, recorded: &RecordedTable) -> Vec<String> {
    let mut differences = Vec::new();
    let mut check = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            differences.push(format!("{what}:\n  ours   {ours}\n  theirs {theirs}"));
        }
    };
    if let Some(sql) = &recorded.sql {
        check("statement", compiled.create_table.clone(), sql.clone());
    }
    check("comment", compiled.comment.clone(), recorded.comment.clone());
    let columns: Vec<RecordedColumn> = compiled
        .columns
        .iter()
        .zip(recorded.columns.iter().map(Some).chain(std::iter::repeat(None)))
        .map(|(column, theirs)| {
            let (default, generated) = match &column.default {
                ColumnDefault::None | ColumnDefault::Null => (None, ""),
                // What the compiler does not claim to know is not compared.
                ColumnDefault::Literal { reported: None, .. } => (theirs.and_then(|t| t.default.clone()), ""),
                ColumnDefault::Literal { reported, .. } => (reported.clone(), ""),
                ColumnDefault::CurrentTimestamp(text) => (Some(text.clone()), "DEFAULT_GENERATED"),
            };
            RecordedColumn {
                name: column.name.clone(),
                sql_type: column.sql_type.clone(),
                nullable: column.nullable,
                default,
                extra: if column.auto_increment { "auto_increment".into() } else { generated.into() },
                comment: column.comment.clone(),
                in_key: column.in_key,
            }
        })
        .collect();
    check("columns", format!("{columns:#?}"), format!("{:#?}", recorded.columns));
    let primary = recorded.indexes.get("PRIMARY").map(|index| index.parts.clone()).unwrap_or_default();
    check("primary key", format!("{:?}", compiled.primary_key), format!("{primary:?}"));
    let keys: Vec<_> = compiled
        .foreign_keys
        .iter()
        .map(|key| {
            let pairs: Vec<_> = key.columns.iter().cloned().zip(key.parent_columns.iter().cloned()).collect();
            (key.parent.table.clone(), pairs)
        })
        .collect();
    let theirs: Vec<_> =
        recorded.foreign_keys.iter().map(|key| (key.table.clone(), key.pairs.clone())).collect();
    check("foreign keys", format!("{keys:?}"), format!("{theirs:?}"));
    // The server adds indexes for foreign keys and drops none of the declared ones.
    for index in &compiled.indexes {
        let is_there = recorded.indexes.values().any(|theirs| {
            theirs.unique == index.unique
                && theirs.parts.len() == index.parts.len()
                && theirs.parts.iter().zip(&index.parts).all(|(theirs, ours)| match ours {
                    IndexPart::Column(name) => name == theirs,
                    IndexPart::Expression(_) => theirs.starts_with('('),
                })
        });
        if !is_there {
            differences.push(format!("index {:?} is not in the database", index.parts));
        }
    }
    differences
}

#[test]
fn compiles_to_what_0_14_10_declares() {
    let differences = compare(Dialect::V0);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn compiles_to_what_2_3_5_declares() {
    let differences = compare(Dialect::V2);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_record_has_enough_cases_of_each_kind() {
    for dialect in [Dialect::V0, Dialect::V2] {
        let tables = record(dialect).tables;
        let count = |who: Option<&str>| tables.iter().filter(|t| t.refused_by.as_deref() == who).count();
        assert!(count(None) >= 100, "{dialect:?}: {} accepted", count(None));
        assert!(
            count(Some("library")) >= 20,
            "{dialect:?}: {} refused by the library",
            count(Some("library"))
        );
        assert!(count(Some("server")) >= 20, "{dialect:?}: {} refused by the server", count(Some("server")));
    }
}
