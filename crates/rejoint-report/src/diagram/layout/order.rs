//! Who stands beside whom: the order of groups in bands, and of boxes and passing lines in layers.

use super::rank::Ranks;
use super::{Input, PORT, SELF_LOOP};
use std::collections::{BTreeMap, BTreeSet};

/// A box, or the piece of a line that passes through a layer.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The box; `None` for a passing line.
    pub(super) node: Option<usize>,
    pub(super) layer: usize,
    /// In the band: 2i+1 is the lane of its i-th group, even numbers are the channels between.
    pub(super) lane: usize,
    pub(super) width: f64,
    pub(super) x: f64,
    pub(super) up: Vec<usize>,
    pub(super) down: Vec<usize>,
}

/// The order of everything.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub(super) items: Vec<Item>,
    /// Items of each layer, from left to right; lanes keep together.
    pub(super) layers: Vec<Vec<usize>>,
    /// Items of each line, from top to bottom; empty for a line from a box to itself.
    pub(super) chains: Vec<Vec<usize>>,
    /// Lines with the same number share their way.
    pub(super) bundles: Vec<usize>,
    /// Groups of each band, from left to right.
    pub(super) groups: Vec<Vec<usize>>,
}

/// How often the layers are sorted anew.
const SWEEPS: usize = 24;

/// Guesses of where groups will be, before anything is placed.
struct Guess {
    center: Vec<f64>,
    /// Borders between the groups of each band, the outer ones too.
    borders: Vec<Vec<f64>>,
}

fn spread(bands: &[Vec<usize>], widths: &[f64], guess: &mut Guess) {
    for (band, groups) in bands.iter().enumerate() {
        let total: f64 = groups.iter().map(|g| widths[*g]).sum();
        let mut x = -total / 2.0;
        let mut borders = vec![x];
        for group in groups {
            guess.center[*group] = x + widths[*group] / 2.0;
            x += widths[*group];
            borders.push(x);
        }
        guess.borders[band] = borders;
    }
}

fn order_groups(input: &Input, ranks: &Ranks) -> (Vec<Vec<usize>>, Guess) {
    let mut bands: Vec<Vec<usize>> = ranks.bands.iter().map(|b| b.groups.clone()).collect();
    let mut layer_widths: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (i, node) in input.nodes.iter().enumerate() {
        *layer_widths.entry((node.group, ranks.layer[i])).or_default() += node.width + 24.0;
    }
    let mut widths: Vec<f64> = input.labels.clone();
    for ((group, _), width) in &layer_widths {
        widths[*group] = widths[*group].max(*width + 48.0);
    }
    let mut weights: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for line in &input.lines {
        let (a, b) = (input.nodes[line.parent].group, input.nodes[line.child].group);
        if a != b {
            *weights.entry((a, b)).or_default() += 1.0;
            *weights.entry((b, a)).or_default() += 1.0;
        }
    }
    let mut guess = Guess { center: vec![0.0; widths.len()], borders: vec![Vec::new(); bands.len()] };
    spread(&bands, &widths, &mut guess);
    for sweep in 0..8 {
        let downward = sweep % 2 == 0;
        let mut turns: Vec<usize> = (0..bands.len()).collect();
        if !downward {
            turns.reverse();
        }
        for band in turns {
            let mut wanted: BTreeMap<usize, f64> = BTreeMap::new();
            for group in &bands[band] {
                let (mut sum, mut weight) = (0.0, 0.0);
                for ((_, other), w) in weights.range((*group, 0)..(*group + 1, 0)) {
                    let there = ranks.band_of[*other];
                    let counts = if downward { there < band } else { there > band };
                    if counts {
                        sum += guess.center[*other] * w;
                        weight += w;
                    }
                }
                wanted.insert(*group, if weight > 0.0 { sum / weight } else { guess.center[*group] });
            }
            bands[band].sort_by(|a, b| wanted[a].total_cmp(&wanted[b]));
            spread(&bands, &widths, &mut guess);
        }
    }
    (bands, guess)
}

/// The border of a band that is nearest to `x`.
fn channel(borders: &[f64], x: f64) -> usize {
    (0..borders.len()).min_by(|a, b| (borders[*a] - x).abs().total_cmp(&(borders[*b] - x).abs())).unwrap_or(0)
}

pub(super) fn order(input: &Input, ranks: &Ranks) -> Order {
    let (groups, guess) = order_groups(input, ranks);
    let mut lane_of = vec![0usize; input.labels.len()];
    for band in &groups {
        for (i, group) in band.iter().enumerate() {
            lane_of[*group] = 2 * i + 1;
        }
    }
    let mut order = Order { groups, ..Order::default() };
    build(input, ranks, &lane_of, &guess, &mut order);
    arrange(&guess, ranks, &mut order);
    order
}

/// Makes the items and the ways of the lines through them.
fn build(input: &Input, ranks: &Ranks, lane_of: &[usize], guess: &Guess, order: &mut Order) {
    let mut band_of_layer = vec![0usize; ranks.layers()];
    for (i, band) in ranks.bands.iter().enumerate() {
        band_of_layer[band.first..band.first + band.layers].fill(i);
    }
    for (i, node) in input.nodes.iter().enumerate() {
        order.items.push(Item {
            node: Some(i),
            layer: ranks.layer[i],
            lane: lane_of[node.group],
            width: node.width,
            x: 0.0,
            up: Vec::new(),
            down: Vec::new(),
        });
    }
    let ends = |i: usize| {
        let line = &input.lines[i];
        if ranks.upward[i] { (line.child, line.parent) } else { (line.parent, line.child) }
    };
    // bundles: same upper box, same style; a second line between the same two boxes goes its own way
    let mut numbers: BTreeMap<(usize, u8, bool, usize), usize> = BTreeMap::new();
    let mut seen: BTreeMap<(usize, usize, u8, bool), usize> = BTreeMap::new();
    let mut lower_ends: Vec<Vec<usize>> = Vec::new();
    for (i, line) in input.lines.iter().enumerate() {
        let (top, bottom) = ends(i);
        let ordinal = seen.entry((top, bottom, line.style, ranks.upward[i])).or_default();
        let fresh = numbers.len();
        let bundle = *numbers.entry((top, line.style, ranks.upward[i], *ordinal)).or_insert(fresh);
        *ordinal += 1;
        if bundle == lower_ends.len() {
            lower_ends.push(Vec::new());
        }
        lower_ends[bundle].push(bottom);
        order.bundles.push(bundle);
    }
    let group = |node: usize| input.nodes[node].group;
    let mut passing: BTreeMap<(usize, usize, usize), usize> = BTreeMap::new();
    let mut links: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (i, line) in input.lines.iter().enumerate() {
        let (top, bottom) = ends(i);
        if line.parent == line.child {
            order.chains.push(Vec::new());
            continue;
        }
        let bundle = order.bundles[i];
        let (from, to) = (ranks.band_of[group(top)], ranks.band_of[group(bottom)]);
        let mut chain = vec![top];
        let between = ranks.layer[top] + 1..ranks.layer[bottom];
        for (layer, band) in between.clone().zip(band_of_layer[between].iter().copied()) {
            let lane = if band == to {
                lane_of[group(bottom)]
            } else if band == from {
                lane_of[group(top)]
            } else {
                let below: Vec<f64> = lower_ends[bundle]
                    .iter()
                    .filter(|n| ranks.band_of[group(**n)] > band)
                    .map(|n| guess.center[group(*n)])
                    .collect();
                let mean = below.iter().sum::<f64>() / below.len().max(1) as f64;
                2 * channel(&guess.borders[band], (mean + guess.center[group(top)]) / 2.0)
            };
            let fresh = order.items.len();
            let item = *passing.entry((bundle, layer, lane)).or_insert(fresh);
            if item == fresh {
                order.items.push(Item {
                    node: None,
                    layer,
                    lane,
                    width: 2.0,
                    x: 0.0,
                    up: Vec::new(),
                    down: Vec::new(),
                });
            }
            chain.push(item);
        }
        chain.push(bottom);
        links.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
        order.chains.push(chain);
    }
    for (up, down) in links {
        order.items[up].down.push(down);
        order.items[down].up.push(up);
    }
    // a box is wide enough for all its lines
    let mut entering = vec![0usize; input.nodes.len()];
    let mut leaving: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); input.nodes.len()];
    let mut looping = vec![false; input.nodes.len()];
    for (i, line) in input.lines.iter().enumerate() {
        let (top, bottom) = ends(i);
        if line.parent == line.child {
            looping[line.parent] = true;
        } else {
            entering[bottom] += 1;
            leaving[top].insert(order.bundles[i]);
        }
    }
    for node in 0..input.nodes.len() {
        let lines = entering[node].max(leaving[node].len());
        let item = &mut order.items[node];
        item.width = item.width.max((lines + 1) as f64 * PORT);
        if looping[node] {
            item.width += 2.0 * SELF_LOOP;
        }
    }
    start(ranks, order);
}

/// A first order: depth first, so that relatives begin near each other.
fn start(ranks: &Ranks, order: &mut Order) {
    order.layers = vec![Vec::new(); ranks.layers()];
    let mut seen = vec![false; order.items.len()];
    for root in 0..order.items.len() {
        if !order.items[root].up.is_empty() {
            continue;
        }
        let mut stack = vec![root];
        while let Some(at) = stack.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            order.layers[order.items[at].layer].push(at);
            stack.extend(order.items[at].down.iter().rev());
        }
    }
    let items = &order.items;
    for layer in &mut order.layers {
        layer.sort_by_key(|i| items[*i].lane);
    }
}

/// Gives every item of a layer a position for comparing: packed in the middle of its lane.
fn spread_layer(order: &mut Order, layer: usize, centers: &[f64]) {
    let mut at = 0;
    while at < order.layers[layer].len() {
        let lane = order.items[order.layers[layer][at]].lane;
        let mut end = at;
        let mut total = 0.0;
        while end < order.layers[layer].len() && order.items[order.layers[layer][end]].lane == lane {
            total += order.items[order.layers[layer][end]].width + 14.0;
            end += 1;
        }
        let mut x = centers[lane] - total / 2.0;
        for position in at..end {
            let item = &mut order.items[order.layers[layer][position]];
            let half = (item.width + 14.0) / 2.0;
            item.x = x + half;
            x += 2.0 * half;
        }
        at = end;
    }
}

/// The median of what an item hangs on, if anything.
fn median(order: &Order, item: usize, downward: bool) -> Option<f64> {
    let item = &order.items[item];
    let others = if downward { &item.up } else { &item.down };
    let mut xs: Vec<f64> = others.iter().map(|o| order.items[*o].x).collect();
    xs.sort_by(f64::total_cmp);
    let middle = xs.len() / 2;
    match xs.len() {
        0 => None,
        n if n % 2 == 1 => Some(xs[middle]),
        _ => Some((xs[middle - 1] + xs[middle]) / 2.0),
    }
}

/// Crossings between all neighbouring layers.
fn crossings(order: &Order) -> usize {
    let mut position = vec![0usize; order.items.len()];
    for layer in &order.layers {
        for (i, item) in layer.iter().enumerate() {
            position[*item] = i;
        }
    }
    let mut total = 0;
    for layer in &order.layers {
        // ends below in the order of the ends above; every inversion is a crossing (counted with a Fenwick tree)
        let mut below: Vec<usize> = Vec::new();
        for item in layer {
            let mut ends: Vec<usize> = order.items[*item].down.iter().map(|d| position[*d]).collect();
            ends.sort_unstable();
            below.extend(ends);
        }
        let size = below.iter().max().map_or(0, |m| m + 1);
        let mut tree = vec![0usize; size + 1];
        for (done, end) in below.iter().enumerate() {
            let (mut at, mut not_right) = (end + 1, 0);
            while at > 0 {
                not_right += tree[at];
                at &= at - 1;
            }
            total += done - not_right;
            let mut at = end + 1;
            while at <= size {
                tree[at] += 1;
                at += at & at.wrapping_neg();
            }
        }
    }
    total
}

/// Exchanges neighbours of one lane as long as this removes crossings.
fn exchange(order: &mut Order) {
    let mut position = vec![0usize; order.items.len()];
    for layer in &order.layers {
        for (i, item) in layer.iter().enumerate() {
            position[*item] = i;
        }
    }
    let count = |left: &[usize], right: &[usize], position: &[usize]| -> usize {
        left.iter().map(|l| right.iter().filter(|r| position[**r] < position[*l]).count()).sum()
    };
    for _ in 0..10 {
        let mut better = false;
        for layer in 0..order.layers.len() {
            for i in 1..order.layers[layer].len() {
                let (a, b) = (order.layers[layer][i - 1], order.layers[layer][i]);
                let (left, right) = (&order.items[a], &order.items[b]);
                if left.lane != right.lane {
                    continue;
                }
                let now = count(&left.up, &right.up, &position) + count(&left.down, &right.down, &position);
                let then = count(&right.up, &left.up, &position) + count(&right.down, &left.down, &position);
                if then < now {
                    order.layers[layer].swap(i - 1, i);
                    position.swap(a, b);
                    better = true;
                }
            }
        }
        if !better {
            break;
        }
    }
}

fn arrange(guess: &Guess, ranks: &Ranks, order: &mut Order) {
    // the middle of every lane of every layer
    let mut centers: Vec<Vec<f64>> = Vec::new();
    for (band, groups) in order.groups.iter().enumerate() {
        let borders = &guess.borders[band];
        let mut lanes: Vec<f64> = Vec::new();
        for (i, border) in borders.iter().enumerate() {
            lanes.push(*border);
            lanes.extend(groups.get(i).map(|g| guess.center[*g]));
        }
        for _ in 0..ranks.bands[band].layers {
            centers.push(lanes.clone());
        }
    }
    for (layer, centers) in centers.iter().enumerate() {
        spread_layer(order, layer, centers);
    }
    let (mut fewest, mut best) = (crossings(order), order.layers.clone());
    for sweep in 0..SWEEPS {
        let downward = sweep % 2 == 0;
        let mut turns: Vec<usize> = (0..order.layers.len()).collect();
        if !downward {
            turns.reverse();
        }
        for layer in turns {
            let mut keyed: Vec<(usize, f64, usize)> = order.layers[layer]
                .iter()
                .map(|i| {
                    let item = &order.items[*i];
                    (item.lane, median(order, *i, downward).unwrap_or(item.x), *i)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            order.layers[layer] = keyed.into_iter().map(|(_, _, i)| i).collect();
            spread_layer(order, layer, &centers[layer]);
        }
        let found = crossings(order);
        if found < fewest {
            (fewest, best) = (found, order.layers.clone());
        }
        if fewest == 0 {
            break;
        }
    }
    order.layers = best;
    exchange(order);
}
