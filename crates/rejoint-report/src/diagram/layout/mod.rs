//! Where things go: a layered layout in which schemas keep together.
//!
//! 1. `rank`: schemas that refer to each other in a circle become one *block*; blocks are stacked in *bands*, tables inside a block in *layers*, so that
//!    every line goes down except those that close a circle.
//! 2. `order`: in each layer tables and the lines that pass by are sorted so that few lines cross. Each group (schema) has a *lane* of its own in its band;
//!    lines that only pass run in the channels between lanes.
//! 3. `place`: coordinates. Within a layer lines run straight down between the boxes, and bend only between layers: no line crosses a box.
//!
//! All of it is deterministic. Positions in the vectors of one [`Input`] are made here and are always inside them.

mod order;
mod place;
mod rank;
#[cfg(test)]
mod tests;

/// A box to be placed.
#[derive(Debug, Clone)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) group: usize,
}

/// A line to be drawn.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) parent: usize,
    pub(super) child: usize,
    /// Lines of one parent with the same style share their way.
    pub(super) style: u8,
}

/// What to lay out.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) nodes: Vec<Size>,
    pub(super) lines: Vec<Line>,
    /// Width of each group's label.
    pub(super) labels: Vec<f64>,
}

/// A rectangle; `x` and `y` are its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub(super) fn center(&self) -> f64 {
        self.x + self.width / 2.0
    }

    pub(super) fn center_y(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// A straight piece of a line, from `top` down to `bottom`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Post {
    pub(super) x: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// The way of a line: straight pieces from top to bottom, joined by curves.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Way {
    /// Empty for a line from a table to itself, which is drawn at the box's right side.
    pub(super) posts: Vec<Post>,
    /// It closes a circle: the child is above.
    pub(super) upward: bool,
}

/// A schema's background.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct GroupBox {
    pub(super) area: Rect,
    pub(super) label: Rect,
}

/// The result.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) nodes: Vec<Rect>,
    pub(super) ways: Vec<Way>,
    pub(super) groups: Vec<GroupBox>,
}

/// Room that a line to itself takes at the right of its box.
pub(super) const SELF_LOOP: f64 = 18.0;
/// Between two lines that enter or leave one box.
pub(super) const PORT: f64 = 9.0;

/// Places everything.
pub(super) fn layout(input: &Input) -> Layout {
    if input.nodes.is_empty() {
        return Layout::default();
    }
    let ranks = rank::rank(input);
    let order = order::order(input, &ranks);
    place::place(input, &ranks, order)
}
