//! Selection, lines, and the text of each format.

use super::{Around, Diagram, Format, Selection};
use crate::Error;
use rejoint_model::catalog::{Catalog, Column, ForeignKey, Index, IndexPart, Schema, Server, Table};
use rejoint_model::names::TableName;
use std::collections::BTreeMap;

/// A table: its key's columns, others, and foreign keys as (columns, parent, parent's columns).
fn table(name: &str, key: &[&str], others: &[&str], keys: &[(&[&str], &str, &[&str])]) -> Table {
    let full = |text: &str| {
        let (schema, table) = text.split_once('/').unwrap_or(("lab", text));
        TableName::new(schema, table)
    };
    let owned = |list: &[&str]| list.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
    let columns = key.iter().chain(others).map(|name| Column {
        name: (*name).to_owned(),
        sql_type: "int".to_owned(),
        data_type: "int".to_owned(),
        nullable: false,
        default: None,
        extra: String::new(),
        generation: String::new(),
        collation: None,
        comment: String::new(),
    });
    let parts = key.iter().map(|c| IndexPart { column: Some((*c).to_owned()), expression: None });
    Table {
        name: full(name),
        engine: "InnoDB".to_owned(),
        collation: String::new(),
        comment: String::new(),
        rows_estimate: 0,
        data_bytes: 0,
        index_bytes: 0,
        columns: columns.collect(),
        indexes: vec![Index { name: "PRIMARY".to_owned(), unique: true, parts: parts.collect() }],
        foreign_keys: keys
            .iter()
            .enumerate()
            .map(|(i, (columns, parent, parent_columns))| ForeignKey {
                name: format!("fk{i}"),
                columns: owned(columns),
                parent: full(parent),
                parent_columns: owned(parent_columns),
                on_update: String::new(),
                on_delete: String::new(),
            })
            .collect(),
        triggers: Vec::new(),
        partitioned: false,
    }
}

fn catalog(tables: Vec<Table>) -> Catalog {
    let server = Server {
        product: "MySQL".to_owned(),
        version: (9, 7, 0),
        version_text: String::new(),
        identity: String::new(),
    };
    let mut schemas: BTreeMap<String, Schema> = BTreeMap::new();
    for table in tables {
        let name = table.name.schema.clone();
        let schema = schemas.entry(name.clone()).or_insert_with(|| Schema {
            name,
            charset: String::new(),
            collation: String::new(),
            tables: BTreeMap::new(),
            views: Vec::new(),
        });
        schema.tables.insert(table.name.table.clone(), table);
    }
    Catalog { server, schemas }
}

fn small() -> Catalog {
    catalog(vec![
        table("#rig", &["rig"], &[], &[]),
        table("subject", &["subject"], &[], &[]),
        table(
            "session",
            &["subject", "session"],
            &["rig"],
            &[(&["subject"], "subject", &["subject"]), (&["rig"], "#rig", &["rig"])],
        ),
        table(
            "session__trial",
            &["subject", "session", "trial"],
            &[],
            &[(&["subject", "session"], "session", &["subject", "session"])],
        ),
        table(
            "ephys/_recording",
            &["subject", "session"],
            &["_hidden", "data"],
            &[
                (&["subject", "session"], "session", &["subject", "session"]),
                (&["data"], "ephys/~external_raw", &["hash"]),
            ],
        ),
        table(
            "ephys/__comparison",
            &["subject", "session", "other_session"],
            &[],
            &[
                (&["subject", "session"], "ephys/_recording", &["subject", "session"]),
                (&["subject", "other_session"], "ephys/_recording", &["subject", "session"]),
            ],
        ),
        table("ephys/~external_raw", &["hash"], &[], &[]),
        table("Old Notes", &["id"], &[], &[(&["id"], "Old Notes", &["id"])]),
    ])
}

fn hostile(name: &str) -> Catalog {
    let parent = format!("{name}/{name}");
    catalog(vec![
        table(&parent, &[name], &[], &[]),
        table("child", &["c"], &["d"], &[(&["c"], &parent, &[name])]),
    ])
}

fn drawn(catalog: &Catalog, selection: &Selection) -> Diagram {
    Diagram::from_catalog(catalog, selection).expect("a diagram")
}

fn labels(diagram: &Diagram) -> Vec<&str> {
    diagram.nodes().iter().map(|n| n.label.as_str()).collect()
}

const FORMATS: [Format; 4] = [Format::Svg, Format::Html, Format::Mermaid, Format::Dot];

#[test]
fn mermaid_of_a_small_pipeline() {
    let text = drawn(&small(), &Selection::default()).render(Format::Mermaid);
    let body: String = text.lines().filter(|l| !l.contains("classDef")).map(|l| format!("{l}\n")).collect();
    insta::assert_snapshot!(body, @r#"
    flowchart TD
      subgraph s0["ephys"]
        t0(["Comparison"]):::computed
        t1(["Recording"]):::imported
      end
      subgraph s1["lab"]
        t2["Rig"]:::lookup
        t3["Old Notes"]:::other
        t4["Session"]:::manual
        t5["Session.Trial"]:::part
        t6["Subject"]:::manual
      end
      t1 --- t0
      t1 --- a0(( )):::alias --- t0
      t2 -.- t4
      t3 === t3
      t4 === t1
      t4 --- t5
      t6 --- t4
    "#);
}

#[test]
fn dot_of_a_small_pipeline() {
    insta::assert_snapshot!(drawn(&small(), &Selection::default()).render(Format::Dot), @r###"
    digraph pipeline {
      graph [rankdir=TB, fontname="Helvetica", fontsize=11];
      node [fontname="Helvetica", fontsize=11, style=filled, height=0.3, margin="0.12,0.04"];
      edge [dir=none, color="#7b8494"];
      subgraph cluster_0 {
        label="ephys"; labeljust=l; style="filled,rounded"; fillcolor="#f3f4f6"; color="#d3d7de";
        t0 [label="Comparison", shape=ellipse, fillcolor="#fbdada", color="#b93a3a", fontcolor="#6b0f0f", tooltip="ephys.__comparison\nsubject : int\nsession : int\nother_session : int"];
        t1 [label="Recording", shape=ellipse, fillcolor="#d5e0fb", color="#3f5fb5", fontcolor="#14296b", tooltip="ephys._recording\nsubject : int\nsession : int\n----------\ndata : int"];
      }
      subgraph cluster_1 {
        label="lab"; labeljust=l; style="filled,rounded"; fillcolor="#f3f4f6"; color="#d3d7de";
        t2 [label="Rig", shape=box, fillcolor="#e2e4e8", color="#8a909a", fontcolor="#2b3037", fontsize=10, tooltip="lab.#rig\nrig : int"];
        t3 [label="Old Notes", shape=box, style="filled,dotted", fillcolor="#ffffff", color="#9ca3af", fontcolor="#1f2937", tooltip="lab.Old Notes\nid : int"];
        t4 [label="Session", shape=box, fillcolor="#d3f2d3", color="#2f8f3a", fontcolor="#0d4a17", tooltip="lab.session\nsubject : int\nsession : int\n----------\nrig : int"];
        t5 [label="Session.Trial", shape=box, fillcolor="#ffffff", color="#c3c8d0", fontcolor="#374151", fontsize=9, height=0.2, tooltip="lab.session__trial\nsubject : int\nsession : int\ntrial : int"];
        t6 [label="Subject", shape=box, fillcolor="#d3f2d3", color="#2f8f3a", fontcolor="#0d4a17", tooltip="lab.subject\nsubject : int"];
      }
      t1 -> t0 [penwidth=0.9];
      a0 [label="", shape=circle, fixedsize=true, width=0.1, height=0.1, fillcolor="#f28c28", color="#f28c28"];
      t1 -> a0 [penwidth=0.9];
      a0 -> t0 [penwidth=0.9];
      t2 -> t4 [penwidth=0.9, style=dashed];
      t3 -> t3 [penwidth=2.5];
      t4 -> t1 [penwidth=2.5];
      t4 -> t5 [penwidth=0.9];
      t6 -> t4 [penwidth=0.9];
    }
    "###);
}

#[test]
fn around_a_table_are_its_ancestors_and_descendants_up_to_a_distance() {
    let around = |table: &str, up, down| {
        let around = Some(Around { table: table.to_owned(), up, down });
        let diagram = Diagram::from_catalog(&small(), &Selection { around, ..Selection::default() })?;
        Ok::<_, Error>(labels(&diagram).join(" "))
    };
    assert_eq!(around("Recording", 0, 0).as_deref(), Ok("Recording"));
    assert_eq!(around("ephys._recording", 1, 1).as_deref(), Ok("Comparison Recording Session"));
    assert_eq!(around("_recording", 9, 0).as_deref(), Ok("Recording Rig Session Subject"));
    assert_eq!(around("lab.Subject", 0, 2).as_deref(), Ok("Recording Session Session.Trial Subject"));
    assert_eq!(around("Mouse", 1, 1), Err(Error::UnknownTable { table: "Mouse".to_owned() }));
}

#[test]
fn a_name_that_fits_several_tables_is_refused_with_the_choices() {
    let two = catalog(vec![table("a/session", &["s"], &[], &[]), table("b/session", &["s"], &[], &[])]);
    let around = Some(Around { table: "Session".to_owned(), up: 0, down: 0 });
    let error = Diagram::from_catalog(&two, &Selection { around, ..Selection::default() }).expect_err("two");
    insta::assert_snapshot!(error, @"`Session` may be any of a.session, b.session; write one of these");
}

#[test]
fn hidden_parts_leave_their_children_to_the_master() {
    let mut catalog = small();
    let child = table(
        "__score",
        &["subject", "session", "trial"],
        &[],
        &[(&["subject", "session", "trial"], "session__trial", &["subject", "session", "trial"])],
    );
    catalog.schemas.get_mut("lab").expect("lab").tables.insert("__score".to_owned(), child);
    let diagram = drawn(&catalog, &Selection { hide_parts: true, ..Selection::default() });
    assert!(!labels(&diagram).contains(&"Session.Trial"));
    let of = |label: &str| diagram.nodes().iter().position(|n| n.label == label);
    let (master, score) = (of("Session"), of("Score"));
    assert!(diagram.edges().iter().any(|e| Some(e.parent) == master && Some(e.child) == score));
}

#[test]
fn a_parent_outside_of_the_selection_is_named_in_the_tooltip() {
    let schemas = Some(["ephys".to_owned()].into());
    let diagram = drawn(&small(), &Selection { schemas, ..Selection::default() });
    assert_eq!(diagram.schemas(), ["ephys"]);
    assert!(diagram.render(Format::Svg).contains("→ lab.session, not drawn"));
    let schemas = Some(["nowhere".to_owned()].into());
    let error = Diagram::from_catalog(&small(), &Selection { schemas, ..Selection::default() });
    assert_eq!(error, Err(Error::UnknownSchema { schema: "nowhere".to_owned() }));
}

#[test]
fn tooltips_have_attributes_with_the_key_marked_and_no_hidden_ones() {
    let svg = drawn(&small(), &Selection::default()).render(Format::Svg);
    assert!(svg.contains("data-a=\"*subject : int&#10;*session : int&#10; data : int\""));
    assert!(!svg.contains("_hidden"));
    assert!(svg.contains("other_session is session there"));
}

#[test]
fn the_same_catalog_gives_the_same_bytes() {
    for format in FORMATS {
        let one = drawn(&small(), &Selection::default()).render(format);
        assert_eq!(one, drawn(&small(), &Selection::default()).render(format));
    }
}

#[test]
fn nothing_to_draw_is_an_empty_picture() {
    for format in FORMATS {
        assert!(!drawn(&catalog(Vec::new()), &Selection::default()).render(format).is_empty());
    }
}

/// Looks at a text as a reader of XML does: tags, quoted attributes, known entities; returns the names of the tags.
fn tags(xml: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find(['<', '&']) {
        rest = &rest[at..];
        if let Some(entity) = rest.strip_prefix('&') {
            let end = entity.find(';').expect("an entity ends");
            assert!(
                matches!(&entity[..end], "amp" | "lt" | "gt" | "quot" | "#39" | "#10" | "#9"),
                "{entity:.20}"
            );
            rest = &entity[end..];
            continue;
        }
        let mut quoted = false;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == '>' && !quoted
            })
            .map(|(i, _)| i)
            .expect("a tag ends");
        assert!(!rest[1..end].contains('<'), "{:.60}", rest);
        found.push(
            rest[1..end].split([' ', '/', '\n']).find(|w| !w.is_empty()).unwrap_or_default().to_owned(),
        );
        rest = &rest[end..];
    }
    found
}

#[test]
fn hostile_names_stay_text_in_every_format() {
    let names = [
        "<script>alert(1)</script>",
        "\"><svg onload=alert(1)>",
        "'; drop",
        "]]>",
        "a\nb\r\nc",
        "back\\slash\\",
        "\\N\\G",
        "&lt;b&gt;",
        "`md`",
        "#quot;",
        "End",
        "\u{202e}evil\u{0}",
        "名前 äöü 🧠",
    ];
    for name in names {
        let diagram = drawn(&hostile(name), &Selection::default());
        let plain = drawn(&hostile("Plain"), &Selection::default());
        let count = |text: &str| {
            let mut found = tags(text);
            found.sort();
            found
        };
        assert_eq!(
            count(&super::svg::document(&diagram, true)),
            count(&super::svg::document(&plain, true)),
            "{name}"
        );
        let html = diagram.render(Format::Html);
        assert_eq!(html.matches("<script").count(), 1, "{name}");
        assert_eq!(html.matches("</script").count(), 1, "{name}");
        for format in FORMATS {
            let text = diagram.render(format);
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name} in {format:?}");
            let lines = plain.render(format).lines().count();
            assert_eq!(text.lines().count(), lines, "{name} in {format:?}");
        }
        let mermaid = diagram.render(Format::Mermaid);
        for line in mermaid.lines().filter(|l| l.contains('"')) {
            assert_eq!(line.matches('"').count(), 2, "{line}");
            assert!(!line.contains(['<', '>', '`', '\\']), "{line}");
        }
        // in DOT every quote that is not escaped opens or closes a string
        let dot = diagram.render(Format::Dot);
        for line in dot.lines() {
            let (mut escaped, mut quotes) = (false, 0);
            for c in line.chars() {
                quotes += usize::from(c == '"' && !escaped);
                escaped = c == '\\' && !escaped;
            }
            assert_eq!(quotes % 2, 0, "{line}");
        }
    }
}

#[test]
fn the_script_and_the_style_can_stand_in_xml() {
    for text in [super::svg::SCRIPT, super::svg::STYLE] {
        assert!(!text.contains(['<', '&']));
        assert!(!text.contains("]]>"));
    }
}
