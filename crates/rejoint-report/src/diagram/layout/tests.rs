//! What holds for every layout, whatever the tables.

use super::{Input, Layout, Line, Rect, Size, layout};
use proptest::prelude::*;

const NEAR: f64 = 0.01;

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x + NEAR < b.right() && b.x + NEAR < a.right() && a.y + NEAR < b.bottom() && b.y + NEAR < a.bottom()
}

/// The rectangles that hold a line: its straight pieces and, between them, its curves.
fn pieces(placed: &Layout, line: usize) -> Vec<Rect> {
    let posts = &placed.ways[line].posts;
    let straight = posts.iter().map(|p| Rect { x: p.x, y: p.top, width: 0.0, height: p.bottom - p.top });
    let curves = posts.windows(2).map(|p| Rect {
        x: p[0].x.min(p[1].x),
        y: p[0].bottom,
        width: (p[0].x - p[1].x).abs(),
        height: p[1].top - p[0].bottom,
    });
    // as wide as the stroke
    straight.chain(curves).map(|r| Rect { x: r.x - 1.0, width: r.width + 2.0, ..r }).collect()
}

fn check(input: &Input) -> Layout {
    let placed = layout(input);
    let page = Rect { x: 0.0, y: 0.0, width: placed.width, height: placed.height };
    let inside = |inner: &Rect, outer: &Rect| {
        inner.x > outer.x - NEAR
            && inner.y > outer.y - NEAR
            && inner.right() < outer.right() + NEAR
            && inner.bottom() < outer.bottom() + NEAR
    };
    for (i, a) in placed.nodes.iter().enumerate() {
        assert!(a.width >= input.nodes[i].width - NEAR, "box {i} is too narrow for its text");
        let group = &placed.groups[input.nodes[i].group];
        assert!(inside(a, &group.area), "box {i} is outside of its group");
        for (j, b) in placed.nodes.iter().enumerate().skip(i + 1) {
            assert!(!overlap(a, b), "boxes {i} {a:?} and {j} {b:?} overlap");
        }
        for (g, group) in placed.groups.iter().enumerate() {
            assert!(!overlap(a, &group.label), "box {i} hides the label of group {g}");
            assert!(input.nodes[i].group == g || !overlap(a, &group.area), "box {i} is in group {g}");
        }
    }
    for (i, a) in placed.groups.iter().enumerate() {
        assert!(inside(&a.area, &page) && inside(&a.label, &a.area) || a.area == Rect::default());
        for (j, b) in placed.groups.iter().enumerate().skip(i + 1) {
            assert!(!overlap(&a.area, &b.area), "groups {i} and {j} overlap");
        }
    }
    for (i, line) in input.lines.iter().enumerate() {
        let way = &placed.ways[i];
        if line.parent == line.child {
            assert!(way.posts.is_empty());
            continue;
        }
        let (top, bottom) = if way.upward { (line.child, line.parent) } else { (line.parent, line.child) };
        let (upper, lower) = (&placed.nodes[top], &placed.nodes[bottom]);
        assert!(upper.bottom() < lower.y, "line {i} does not go down");
        let (first, last) = (way.posts.first().expect("a start"), way.posts.last().expect("an end"));
        assert!((first.top - upper.bottom()).abs() < NEAR && first.x > upper.x && first.x < upper.right());
        assert!((last.bottom - lower.y).abs() < NEAR && last.x > lower.x && last.x < lower.right());
        for piece in pieces(&placed, i) {
            assert!(piece.height > -NEAR, "line {i} turns back");
            assert!(inside(&piece, &page), "line {i} leaves the picture");
            for (j, node) in placed.nodes.iter().enumerate() {
                assert!(!overlap(&piece, node), "line {i} crosses box {j}");
            }
            for (g, group) in placed.groups.iter().enumerate() {
                assert!(!overlap(&piece, &group.label), "line {i} crosses the label of group {g}");
            }
        }
    }
    placed
}

fn inputs(circles: bool) -> impl Strategy<Value = Input> {
    (1usize..40, 1usize..7).prop_flat_map(move |(count, groups)| {
        let sizes = prop::collection::vec((30.0f64..220.0, 18.0f64..32.0), count);
        let lines = prop::collection::vec((0..count, 0..count, 0u8..3), 0..count * 2);
        let labels = prop::collection::vec(20.0f64..300.0, groups);
        (sizes, lines, labels).prop_map(move |(sizes, lines, labels)| Input {
            nodes: sizes
                .into_iter()
                .enumerate()
                .map(|(i, (width, height))| {
                    // without circles a group must hold neighbours only
                    let group = if circles { i % groups } else { i * groups / count };
                    Size { width, height, group }
                })
                .collect(),
            lines: lines
                .into_iter()
                .filter(|(a, b, _)| circles || a != b)
                .map(|(a, b, style)| {
                    let (parent, child) = if circles { (a, b) } else { (a.min(b), a.max(b)) };
                    Line { parent, child, style }
                })
                .collect(),
            labels,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_overlaps_and_lines_go_down(input in inputs(false)) {
        let placed = check(&input);
        prop_assert!(placed.ways.iter().all(|w| !w.upward));
    }

    #[test]
    fn circles_and_schemas_that_refer_to_each_other_do_no_harm(input in inputs(true)) {
        check(&input);
    }

    #[test]
    fn the_same_input_gives_the_same_layout(input in inputs(true)) {
        let (one, two) = (layout(&input), layout(&input));
        prop_assert_eq!(one.nodes, two.nodes);
        prop_assert_eq!(one.ways, two.ways);
    }
}

#[test]
fn only_the_line_that_closes_a_circle_goes_up() {
    let node = || Size { width: 60.0, height: 30.0, group: 0 };
    let line = |parent, child| Line { parent, child, style: 0 };
    let input = Input {
        nodes: vec![node(), node(), node()],
        lines: vec![line(0, 1), line(1, 2), line(2, 0)],
        labels: vec![30.0],
    };
    let placed = check(&input);
    assert_eq!(placed.ways.iter().map(|w| w.upward).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_wide_layer_is_split_so_that_the_picture_stays_readable() {
    let input = Input {
        nodes: (0..200).map(|_| Size { width: 100.0, height: 30.0, group: 0 }).collect(),
        lines: (1..200).map(|child| Line { parent: 0, child, style: 1 }).collect(),
        labels: vec![30.0],
    };
    let placed = check(&input);
    assert!(placed.width < 2.6 * placed.height, "{} x {}", placed.width, placed.height);
}
