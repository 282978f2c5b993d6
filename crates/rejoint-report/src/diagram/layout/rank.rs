//! Which layer each box is in.

use super::Input;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use std::collections::{BTreeMap, BTreeSet};

/// A band: blocks beside each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Band {
    /// Groups, in the order of their blocks.
    pub(super) groups: Vec<usize>,
    /// First layer.
    pub(super) first: usize,
    /// Number of layers.
    pub(super) layers: usize,
}

/// Layers and bands.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranks {
    /// Layer of each node.
    pub(super) layer: Vec<usize>,
    /// Lines that go against the layers.
    pub(super) upward: Vec<bool>,
    pub(super) bands: Vec<Band>,
    /// Band of each group.
    pub(super) band_of: Vec<usize>,
}

impl Ranks {
    pub(super) fn layers(&self) -> usize {
        self.bands.last().map_or(0, |b| b.first + b.layers)
    }
}

/// Space a box takes beside its neighbour, for estimates.
const ROOM: f64 = 24.0;
/// Height of a layer with the gap below, for estimates.
const STEP: f64 = 90.0;
/// Wanted width over height of the whole picture.
const ASPECT: f64 = 1.7;

/// Marks the lines that close a circle: those that lead back onto the path of a depth-first search.
fn upward(input: &Input) -> Vec<bool> {
    let count = input.nodes.len();
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut entered = vec![false; count];
    for (i, line) in input.lines.iter().enumerate() {
        if line.parent != line.child {
            leaving[line.parent].push(i);
            entered[line.child] = true;
        }
    }
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; count];
    let mut upward = vec![false; input.lines.len()];
    let roots = (0..count).filter(|n| !entered[*n]).chain(0..count);
    for root in roots {
        if state[root] != State::New {
            continue;
        }
        state[root] = State::Open;
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((at, next)) = path.last_mut() {
            let Some(line) = leaving[*at].get(*next).copied() else {
                state[*at] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            let child = input.lines[line].child;
            match state[child] {
                State::Open => upward[line] = true,
                State::New => {
                    state[child] = State::Open;
                    path.push((child, 0));
                }
                State::Done => {}
            }
        }
    }
    upward
}

/// Longest-path ranks of `count` things under `edges` (from, to), which hold no circle. What has nothing above it moves down to just above what needs it.
fn longest_path(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting = vec![0usize; count];
    for (from, to) in edges {
        below[*from].push(*to);
        waiting[*to] += 1;
    }
    let sources: Vec<usize> = (0..count).filter(|n| waiting[*n] == 0).collect();
    let mut rank = vec![0usize; count];
    let mut ready = sources.clone();
    while let Some(at) = ready.pop() {
        for to in &below[at] {
            rank[*to] = rank[*to].max(rank[at] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    for source in sources {
        if let Some(first) = below[source].iter().map(|to| rank[*to]).min() {
            rank[source] = first.saturating_sub(1);
        }
    }
    rank
}

/// Splits layers that are wider than `limit`: what others hang on goes below, so that it stays near them.
fn split_wide(
    input: &Input,
    members: &[usize],
    rank: &mut [usize],
    edges: &BTreeSet<(usize, usize)>,
    limit: f64,
) -> usize {
    let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in members {
        layers.entry(rank[*node]).or_default().push(*node);
    }
    let parent_of: BTreeMap<usize, usize> = edges.iter().rev().map(|(from, to)| (*to, *from)).collect();
    let mut next = 0;
    for (_, mut layer) in layers {
        let total: f64 = layer.iter().map(|n| input.nodes[*n].width + ROOM).sum();
        let pieces = (total / limit).ceil().max(1.0);
        let has_children = |n: usize| edges.range((n, 0)..(n + 1, 0)).next().is_some();
        layer.sort_by_key(|n| (has_children(*n), parent_of.get(n).copied(), *n));
        let (mut used, mut start) = (0.0, next);
        for node in layer {
            let width = input.nodes[node].width + ROOM;
            if used > 0.0 && used + width > total / pieces + 60.0 {
                (used, start) = (0.0, start + 1);
            }
            used += width;
            rank[node] = start;
        }
        next = start + 1;
    }
    next
}

struct Block {
    groups: Vec<usize>,
    layers: usize,
    width: f64,
}

pub(super) fn rank(input: &Input) -> Ranks {
    let upward = upward(input);
    let group = |node: usize| input.nodes[node].group;
    let group_count = input.labels.len();

    // blocks: groups in a circle
    let mut graph = DiGraph::<(), ()>::new();
    let indexes: Vec<_> = (0..group_count).map(|_| graph.add_node(())).collect();
    let between: BTreeSet<(usize, usize)> = input
        .lines
        .iter()
        .map(|l| (group(l.parent), group(l.child)))
        .filter(|(from, to)| from != to)
        .collect();
    for (from, to) in &between {
        graph.add_edge(indexes[*from], indexes[*to], ());
    }
    let mut circles: Vec<Vec<usize>> =
        tarjan_scc(&graph).into_iter().map(|c| c.into_iter().map(|i| i.index()).collect()).collect();
    for circle in &mut circles {
        circle.sort_unstable();
    }
    circles.sort_unstable();
    let mut block_of = vec![0usize; group_count];
    for (block, circle) in circles.iter().enumerate() {
        for group in circle {
            block_of[*group] = block;
        }
    }

    // layers inside blocks
    let inner: BTreeSet<(usize, usize)> = input
        .lines
        .iter()
        .zip(&upward)
        .filter(|(l, _)| l.parent != l.child && block_of[group(l.parent)] == block_of[group(l.child)])
        .map(|(l, up)| if *up { (l.child, l.parent) } else { (l.parent, l.child) })
        .collect();
    let mut local = longest_path(input.nodes.len(), &inner);
    let area: f64 = input.nodes.iter().map(|n| (n.width + ROOM) * STEP).sum();
    let page = (area * ASPECT).sqrt().max(760.0);
    let limit = if circles.len() == 1 { page } else { (page / 2.0).max(620.0) };
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); circles.len()];
    for node in 0..input.nodes.len() {
        members[block_of[group(node)]].push(node);
    }
    let blocks: Vec<Block> = circles
        .into_iter()
        .zip(&members)
        .map(|(groups, members)| {
            let layers = split_wide(input, members, &mut local, &inner, limit);
            // each group is as wide as its widest layer
            let mut widths: BTreeMap<(usize, usize), f64> = BTreeMap::new();
            for node in members {
                *widths.entry((group(*node), local[*node])).or_default() += input.nodes[*node].width + ROOM;
            }
            let width = groups
                .iter()
                .map(|g| {
                    let widest =
                        widths.range((*g, 0)..(*g + 1, 0)).map(|(_, w)| *w).fold(input.labels[*g], f64::max);
                    widest + 2.0 * ROOM
                })
                .sum();
            Block { groups, layers, width }
        })
        .collect();

    // rows of blocks, then bands no wider than the page
    let block_edges: BTreeSet<(usize, usize)> = between
        .iter()
        .map(|(from, to)| (block_of[*from], block_of[*to]))
        .filter(|(from, to)| from != to)
        .collect();
    let row = longest_path(blocks.len(), &block_edges);
    let mut ordered: Vec<usize> = (0..blocks.len()).collect();
    // blocks without any relation come last, tall ones beside tall ones
    let alone = |b: usize| !block_edges.iter().any(|(from, to)| *from == b || *to == b);
    let last = row.iter().max().copied().unwrap_or_default() + 1;
    let row_of = |b: usize| if blocks.len() > 1 && alone(b) { last } else { row[b] };
    ordered.sort_by_key(|b| (row_of(*b), std::cmp::Reverse(blocks[*b].layers), *b));
    let mut bands: Vec<Band> = Vec::new();
    let mut band_of = vec![0usize; group_count];
    let (mut used, mut current) = (0.0, None);
    for block in ordered {
        let Block { groups, layers, width } = &blocks[block];
        if current != Some(row_of(block)) || used + width > page * 1.15 {
            let first = bands.last().map_or(0, |b| b.first + b.layers);
            bands.push(Band { groups: Vec::new(), first, layers: 0 });
            (used, current) = (0.0, Some(row_of(block)));
        }
        used += width;
        let at = bands.len() - 1;
        if let Some(band) = bands.last_mut() {
            band.layers = band.layers.max(*layers);
            for group in groups {
                band_of[*group] = at;
                band.groups.push(*group);
            }
        }
    }
    let layer = (0..input.nodes.len()).map(|n| bands[band_of[group(n)]].first + local[n]).collect();
    Ranks { layer, upward, bands, band_of }
}
