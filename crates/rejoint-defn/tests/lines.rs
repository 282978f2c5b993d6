//! Differential test: single lines, as datajoint 0.14.10 and 2.3.5 read them (`tests/read_lines.py`).

use rejoint_defn::{
    Attribute, Code, Dialect, Index, IndexItemKind, ItemKind, ModernType, NativeCategory, parse,
};

fn category(attribute: &Attribute, dialect: Dialect) -> Option<String> {
    let name = match dialect {
        Dialect::V0 => attribute.legacy_type().category().map(|category| format!("{category:?}")),
        Dialect::V2 => match attribute.modern_type() {
            ModernType::Core { core, .. } => Some(format!("{core:?}")),
            ModernType::Native { category: NativeCategory::Blob, .. } => Some("NativeBlob".into()),
            ModernType::Native { category: NativeCategory::Text, .. } => Some("NativeText".into()),
            ModernType::Native { category, .. } => Some(format!("{category:?}")),
            ModernType::Codec { .. } => Some("Codec".into()),
            ModernType::Unsupported { .. } => None,
        },
    };
    name.map(|name| name.to_uppercase())
}

fn index_sql(index: &Index) -> String {
    let items: Vec<String> = index
        .items
        .iter()
        .map(|item| match &item.kind {
            IndexItemKind::Attribute(name) => format!("`{name}`"),
            IndexItemKind::JsonPath { attribute, path, sql_type } => {
                let returning = sql_type.as_ref().map(|t| format!(" returning {t}")).unwrap_or_default();
                format!("(json_value(`{attribute}`, _utf8mb4'$.{path}'{returning}))")
            }
            IndexItemKind::Expression => item.text.clone(),
        })
        .collect();
    format!("{}index ({})", if index.unique { "unique " } else { "" }, items.join(","))
}

fn read(line: &str, dialect: Dialect) -> Vec<Option<String>> {
    // Lines before it, so that a comment is not the table comment.
    let definition = parse(&format!("q : int\n---\n{line}"), dialect);
    let text = |text: &str| Some(text.to_owned());
    match &definition.items[2].kind {
        ItemKind::Comment => vec![text("comment")],
        ItemKind::Separator(_) => vec![text("separator")],
        ItemKind::ForeignKey(_) => vec![text("fk")],
        ItemKind::Index(index) => vec![text("index"), Some(index_sql(index))],
        ItemKind::Unparsed if definition.problems.iter().any(|p| p.code == Code::ForeignKeySyntax) => {
            vec![text("fk")]
        }
        ItemKind::Unparsed => vec![text("error")],
        ItemKind::Attribute(attribute) => vec![
            text("attribute"),
            text(&attribute.name),
            text(attribute.default_text().unwrap_or("")),
            text(&attribute.type_text),
            text(&attribute.comment),
            category(attribute, dialect),
        ],
    }
}

fn check(recorded: &str, dialect: Dialect) {
    let records: Vec<(String, Vec<Option<String>>)> = match serde_json::from_str(recorded) {
        Ok(records) => records,
        Err(error) => panic!("{error}"),
    };
    let mut differences = Vec::new();
    for (line, theirs) in &records {
        let theirs: Vec<_> = theirs
            .iter()
            .enumerate()
            .map(|(at, part)| part.as_ref().map(|p| if at == 5 { p.replace('_', "") } else { p.clone() }))
            .collect();
        let ours = read(line, dialect);
        if ours != theirs {
            differences.push(format!("{line:?}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(differences.is_empty(), "{} of {}\n{}", differences.len(), records.len(), differences.join("\n"));
    let n_attributes = records.iter().filter(|(_, parts)| parts.len() == 6).count();
    assert!(n_attributes > 300, "{n_attributes}");
}

#[test]
fn lines_read_as_in_0_14_10() {
    check(include_str!("data/lines_0_14.json"), Dialect::V0);
}

#[test]
fn lines_read_as_in_2_3_5() {
    check(include_str!("data/lines_2_3.json"), Dialect::V2);
}
