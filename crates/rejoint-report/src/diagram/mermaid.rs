//! The picture as Mermaid text. A renamed key goes through an orange dot of its own, as in DataJoint's diagrams.

use super::escape::{mermaid, shown};
use super::{Diagram, Edge};
use rejoint_model::names::Tier;
use std::fmt::Write as _;

const CLASSES: &str = "\
  classDef manual fill:#d3f2d3,stroke:#2f8f3a,color:#0d4a17
  classDef lookup fill:#e2e4e8,stroke:#8a909a,color:#2b3037
  classDef imported fill:#d5e0fb,stroke:#3f5fb5,color:#14296b
  classDef computed fill:#fbdada,stroke:#b93a3a,color:#6b0f0f
  classDef part fill:#ffffff,stroke:#c3c8d0,color:#374151,font-size:10px
  classDef other fill:#ffffff,stroke:#9ca3af,color:#1f2937,stroke-dasharray:2 2
  classDef alias fill:#f28c28,stroke:#f28c28
";

fn line(edge: &Edge) -> &'static str {
    match (edge.primary, edge.multi) {
        (true, false) => "===",
        (true, true) => "---",
        (false, _) => "-.-",
    }
}

pub(super) fn text(diagram: &Diagram) -> String {
    let mut out = String::from("flowchart TD\n");
    out.push_str(CLASSES);
    for (number, schema) in diagram.schemas.iter().enumerate() {
        let _ = writeln!(out, "  subgraph s{number}[\"{}\"]", mermaid(&shown(schema, 64)));
        for (i, node) in diagram.nodes.iter().enumerate().filter(|(_, n)| n.schema == number) {
            let label = mermaid(&shown(&node.label, 64));
            let (open, close, class) = match node.tier {
                Tier::Manual => ("[", "]", "manual"),
                Tier::Lookup => ("[", "]", "lookup"),
                Tier::Imported => ("([", "])", "imported"),
                Tier::Computed => ("([", "])", "computed"),
                Tier::Part => ("[", "]", "part"),
                Tier::Hidden | Tier::Foreign => ("[", "]", "other"),
            };
            let _ = writeln!(out, "    t{i}{open}\"{label}\"{close}:::{class}");
        }
        out.push_str("  end\n");
    }
    let mut dots = 0;
    for edge in &diagram.edges {
        let (parent, child, line) = (edge.parent, edge.child, line(edge));
        if edge.renamed.is_empty() {
            let _ = writeln!(out, "  t{parent} {line} t{child}");
        } else {
            let _ = writeln!(out, "  t{parent} {line} a{dots}(( )):::alias {line} t{child}");
            dots += 1;
        }
    }
    out
}
