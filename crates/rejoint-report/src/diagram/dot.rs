//! The picture as a graph for Graphviz. A renamed key goes through an orange dot of its own, as in DataJoint's diagrams.

use super::escape::{dot, shown};
use super::svg::tooltip;
use super::{Diagram, Edge};
use rejoint_model::names::Tier;
use std::fmt::Write as _;

fn look(tier: Tier) -> &'static str {
    match tier {
        Tier::Manual => "shape=box, fillcolor=\"#d3f2d3\", color=\"#2f8f3a\", fontcolor=\"#0d4a17\"",
        Tier::Lookup => {
            "shape=box, fillcolor=\"#e2e4e8\", color=\"#8a909a\", fontcolor=\"#2b3037\", fontsize=10"
        }
        Tier::Imported => "shape=ellipse, fillcolor=\"#d5e0fb\", color=\"#3f5fb5\", fontcolor=\"#14296b\"",
        Tier::Computed => "shape=ellipse, fillcolor=\"#fbdada\", color=\"#b93a3a\", fontcolor=\"#6b0f0f\"",
        Tier::Part => {
            "shape=box, fillcolor=\"#ffffff\", color=\"#c3c8d0\", fontcolor=\"#374151\", fontsize=9, height=0.2"
        }
        Tier::Hidden | Tier::Foreign => {
            "shape=box, style=\"filled,dotted\", fillcolor=\"#ffffff\", color=\"#9ca3af\", fontcolor=\"#1f2937\""
        }
    }
}

fn line(edge: &Edge) -> &'static str {
    match (edge.primary, edge.multi) {
        (true, false) => "penwidth=2.5",
        (true, true) => "penwidth=0.9",
        (false, _) => "penwidth=0.9, style=dashed",
    }
}

pub(super) fn text(diagram: &Diagram) -> String {
    let mut out = String::from(
        "digraph pipeline {\n  graph [rankdir=TB, fontname=\"Helvetica\", fontsize=11];\n  \
         node [fontname=\"Helvetica\", fontsize=11, style=filled, height=0.3, margin=\"0.12,0.04\"];\n  \
         edge [dir=none, color=\"#7b8494\"];\n",
    );
    for (number, schema) in diagram.schemas.iter().enumerate() {
        let _ = writeln!(
            out,
            "  subgraph cluster_{number} {{\n    label=\"{}\"; labeljust=l; style=\"filled,rounded\"; fillcolor=\"#f3f4f6\"; color=\"#d3d7de\";",
            dot(&shown(schema, 64))
        );
        for (i, node) in diagram.nodes.iter().enumerate().filter(|(_, n)| n.schema == number) {
            let _ = writeln!(
                out,
                "    t{i} [label=\"{}\", {}, tooltip=\"{}\"];",
                dot(&shown(&node.label, 64)),
                look(node.tier),
                dot(&tooltip(node))
            );
        }
        out.push_str("  }\n");
    }
    let mut dots = 0;
    for edge in &diagram.edges {
        let (parent, child, line) = (edge.parent, edge.child, line(edge));
        if edge.renamed.is_empty() {
            let _ = writeln!(out, "  t{parent} -> t{child} [{line}];");
        } else {
            let _ = writeln!(
                out,
                "  a{dots} [label=\"\", shape=circle, fixedsize=true, width=0.1, height=0.1, fillcolor=\"#f28c28\", color=\"#f28c28\"];\n  \
                 t{parent} -> a{dots} [{line}];\n  a{dots} -> t{child} [{line}];"
            );
            dots += 1;
        }
    }
    out.push_str("}\n");
    out
}
