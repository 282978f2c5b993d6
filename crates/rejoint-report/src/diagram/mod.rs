//! The pipeline as a picture.
//!
//! Tables are nodes, foreign keys are lines from parent (above) to child (below), as in DataJoint's own diagrams:
//!
//! | line | the foreign key |
//! | --- | --- |
//! | thick | is the child's whole primary key: one to one |
//! | thin | is a part of the child's primary key: one to many |
//! | dashed | has columns outside the primary key |
//! | with an orange dot | gives columns other names than the parent has |
//!
//! Source of these rules: `Dependencies.load` and `Diagram` of DataJoint 0.14.10. Unlike there, a line that closes a circle is drawn too, with an arrow.
//!
//! Hidden tables (`~…`) are never drawn. Tables whose names are not DataJoint's are drawn grey and dotted. A parent outside of the selection is not
//! drawn; the tooltip of the child names it.

mod dot;
mod escape;
mod graph;
mod html;
mod layout;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;

pub(crate) use escape::{shown as visible_text, xml as xml_text};
use graph::select;
pub use graph::{Attribute, Edge, Node};
use rejoint_model::catalog::Catalog;
use std::collections::BTreeSet;
pub(crate) use svg::STYLE;

/// Which tables to draw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Schemas; `None` for all of the catalog.
    pub schemas: Option<BTreeSet<String>>,
    /// Leave out part tables. What refers to a part is drawn as referring to its master; what parts refer to is not drawn.
    pub hide_parts: bool,
    /// Only the neighbourhood of one table.
    pub around: Option<Around>,
}

/// The neighbourhood of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// `schema.table`, a table's name in SQL, or its class name (`Session`, `Session.Trial`).
    pub table: String,
    /// How many levels of ancestors.
    pub up: u32,
    /// How many levels of descendants.
    pub down: u32,
}

/// A format of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An image for browsers and documents; in a browser of its own it can be zoomed and moved.
    Svg,
    /// A page with the image, zoom, and a field to search for tables.
    Html,
    /// Text that GitHub and many wikis draw themselves.
    Mermaid,
    /// Text for Graphviz.
    Dot,
}

/// A pipeline, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    schemas: Vec<String>,
}

impl Diagram {
    /// Chooses tables of a catalog and reads their foreign keys.
    ///
    /// # Errors
    /// A schema or table that was asked for is not there, or a name fits several tables.
    pub fn from_catalog(catalog: &Catalog, selection: &Selection) -> Result<Diagram, crate::Error> {
        select(catalog, selection)
    }

    /// Tables, ordered by schema and name.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Foreign keys between them.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Schemas that have tables here, by name.
    pub fn schemas(&self) -> &[String] {
        &self.schemas
    }

    /// The picture as text.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Svg => svg::document(self, true),
            Format::Html => html::page(self),
            Format::Mermaid => mermaid::text(self),
            Format::Dot => dot::text(self),
        }
    }
}
