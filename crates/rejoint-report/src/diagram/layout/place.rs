//! Coordinates.

use super::order::{Item, Order};
use super::rank::Ranks;
use super::{GroupBox, Input, Layout, PORT, Post, Rect, SELF_LOOP, Way};
use std::collections::BTreeMap;

/// Inside a group's background, around its boxes.
const PADDING: f64 = 12.0;
/// Above a group's first layer, for its label.
const STRIP: f64 = 20.0;
/// Height of a group's label.
const LABEL: f64 = 14.0;
/// Around the picture.
const MARGIN: f64 = 18.0;
const SWEEPS: usize = 20;

fn gap(left: &Item, right: &Item) -> f64 {
    match (left.node, right.node) {
        (Some(_), Some(_)) => 20.0,
        (None, None) => 7.0,
        _ => 12.0,
    }
}

fn distance(left: &Item, right: &Item) -> f64 {
    (left.width + right.width) / 2.0 + gap(left, right)
}

/// Items of one lane in one layer, with the room they may use.
struct Run {
    items: Vec<usize>,
    low: f64,
    high: f64,
}

/// Puts the items of a run as near as possible to where they want to be (least squares), in order and without overlap.
///
/// Pool adjacent violators: with the distances taken off, the positions must not fall; neighbours that would are averaged.
fn settle(items: &mut [Item], run: &Run, wanted: &[f64]) {
    let mut offsets = Vec::with_capacity(run.items.len());
    let mut offset = 0.0;
    for (i, item) in run.items.iter().enumerate() {
        if i > 0 {
            offset += distance(&items[run.items[i - 1]], &items[*item]);
        }
        offsets.push(offset);
    }
    let (Some(first), Some(last)) = (run.items.first(), run.items.last()) else { return };
    let low = run.low + items[*first].width / 2.0;
    let high = (run.high - items[*last].width / 2.0 - offset).max(low);
    // (sum, weight, count)
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (i, item) in run.items.iter().enumerate() {
        // lines that pass bend less than boxes move
        let weight = if items[*item].node.is_some() { 1.0 } else { 4.0 };
        let mut pool = ((wanted[i] - offsets[i]) * weight, weight, 1);
        while let Some(before) = pools.last().copied() {
            if before.0 / before.1 <= pool.0 / pool.1 {
                break;
            }
            pools.pop();
            pool = (before.0 + pool.0, before.1 + pool.1, before.2 + pool.2);
        }
        pools.push(pool);
    }
    let mut at = 0;
    for (sum, weight, count) in pools {
        let position = (sum / weight).clamp(low, high);
        for _ in 0..count {
            items[run.items[at]].x = position + offsets[at];
            at += 1;
        }
    }
}

/// The runs of each layer, for lanes that are as wide as their widest layer or label; `reserve` is kept free at the left of a group's lane.
/// Also the left and right end of each group's lane, without what is reserved.
fn runs(input: &Input, order: &Order, ranks: &Ranks, reserve: &[f64]) -> (Vec<Vec<Run>>, Vec<(f64, f64)>) {
    let mut runs: Vec<Vec<Run>> = Vec::new();
    let mut lanes_of_groups = vec![(0.0, 0.0); input.labels.len()];
    for (band, groups) in ranks.bands.iter().zip(&order.groups) {
        let layers = &order.layers[band.first..band.first + band.layers];
        let mut split: Vec<BTreeMap<usize, Vec<usize>>> = Vec::new();
        let mut widths = vec![0.0f64; 2 * groups.len() + 1];
        for (i, group) in groups.iter().enumerate() {
            widths[2 * i + 1] = input.labels[*group];
        }
        for layer in layers {
            let mut lanes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for item in layer {
                lanes.entry(order.items[*item].lane).or_default().push(*item);
            }
            for (lane, items) in &lanes {
                let gaps: f64 = items.windows(2).map(|p| gap(&order.items[p[0]], &order.items[p[1]])).sum();
                let width = items.iter().map(|i| order.items[*i].width).sum::<f64>() + gaps;
                widths[*lane] = widths[*lane].max(width);
            }
            split.push(lanes);
        }
        let mut bounds: Vec<(f64, f64)> = Vec::new();
        let mut x = 0.0;
        for (lane, width) in widths.iter().enumerate() {
            if lane % 2 == 1 {
                let reserved = reserve[groups[lane / 2]];
                x += PADDING + reserved;
                bounds.push((x, x + width));
                x += width + PADDING;
            } else {
                let beside = if *width > 0.0 { 10.0 } else { 0.0 };
                let between = if lane == 0 || lane + 1 == widths.len() { 0.0 } else { 6.0 };
                x += beside + between;
                bounds.push((x, x + width));
                x += width + beside + between;
            }
        }
        for (i, group) in groups.iter().enumerate() {
            let (low, high) = bounds[2 * i + 1];
            lanes_of_groups[*group] = (low - x / 2.0, high - x / 2.0);
        }
        for lanes in split {
            runs.push(
                lanes
                    .into_iter()
                    .map(|(lane, items)| Run {
                        items,
                        low: bounds[lane].0 - x / 2.0,
                        high: bounds[lane].1 - x / 2.0,
                    })
                    .collect(),
            );
        }
    }
    (runs, lanes_of_groups)
}

fn mean(items: &[Item], others: &[usize]) -> Option<f64> {
    (!others.is_empty()).then(|| others.iter().map(|o| items[*o].x).sum::<f64>() / others.len() as f64)
}

fn horizontal(order: &mut Order, runs: &[Vec<Run>]) {
    let items = &mut order.items;
    for run in runs.iter().flatten() {
        let middle = (run.low + run.high) / 2.0;
        settle(items, run, &vec![middle; run.items.len()]);
    }
    for sweep in 0..SWEEPS {
        let last = sweep + 2 >= SWEEPS;
        let downward = sweep % 2 == 0;
        let mut turns: Vec<usize> = (0..runs.len()).collect();
        if !downward {
            turns.reverse();
        }
        for layer in turns {
            for run in &runs[layer] {
                let wanted: Vec<f64> = run
                    .items
                    .iter()
                    .map(|i| {
                        let item = &items[*i];
                        let (up, down) = (mean(items, &item.up), mean(items, &item.down));
                        match (up, down) {
                            (Some(up), Some(down)) if last => (up + down) / 2.0,
                            (Some(up), _) if downward || last => up,
                            (_, Some(down)) if !downward || last => down,
                            _ => item.x,
                        }
                    })
                    .collect();
                settle(items, run, &wanted);
            }
        }
    }
}

/// Where lines leave and enter boxes: (top of chain, bottom of chain) for each line.
fn ports(order: &Order) -> Vec<(f64, f64)> {
    let mut leaving: BTreeMap<usize, BTreeMap<usize, Vec<f64>>> = BTreeMap::new();
    let mut entering: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    for (line, chain) in order.chains.iter().enumerate() {
        if let [top, second, ..] = chain.as_slice() {
            let next = order.items[*second].x;
            leaving.entry(*top).or_default().entry(order.bundles[line]).or_default().push(next);
        }
        if let [.., before, bottom] = chain.as_slice() {
            entering.entry(*bottom).or_default().push((order.items[*before].x, line));
        }
    }
    let spaced = |node: usize, count: usize, i: usize| {
        order.items[node].x + (i as f64 - (count as f64 - 1.0) / 2.0) * PORT
    };
    let mut found = vec![(0.0, 0.0); order.chains.len()];
    let mut of_bundle: BTreeMap<usize, f64> = BTreeMap::new();
    for (node, bundles) in leaving {
        let mut sorted: Vec<(f64, usize)> =
            bundles.into_iter().map(|(b, xs)| (xs.iter().sum::<f64>() / xs.len() as f64, b)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (i, (_, bundle)) in sorted.iter().enumerate() {
            of_bundle.insert(*bundle, spaced(node, sorted.len(), i));
        }
    }
    for (node, mut lines) in entering {
        lines.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (i, (_, line)) in lines.iter().enumerate() {
            found[*line].1 = spaced(node, lines.len(), i);
        }
    }
    for (line, bundle) in order.bundles.iter().enumerate() {
        found[line].0 = of_bundle.get(bundle).copied().unwrap_or_default();
    }
    found
}

/// Top and bottom of each layer's boxes.
fn vertical(input: &Input, ranks: &Ranks, order: &Order) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let mut y = 0.0;
    for band in &ranks.bands {
        for layer in band.first..band.first + band.layers {
            if layer > 0 {
                let widest = order.layers[layer]
                    .iter()
                    .flat_map(|i| {
                        order.items[*i].up.iter().map(|u| (order.items[*u].x - order.items[*i].x).abs())
                    })
                    .fold(0.0, f64::max);
                y += (28.0 + widest * 0.07).min(110.0);
            }
            if layer == band.first {
                y += STRIP + PADDING;
            }
            let height = order.layers[layer]
                .iter()
                .filter_map(|i| order.items[*i].node)
                .map(|n| input.nodes[n].height);
            let height = height.fold(0.0, f64::max);
            found.push((y, y + height));
            y += height;
        }
        y += PADDING;
    }
    found
}

/// The leftmost place of `width` between `left` and `right` that is free of `lines`.
fn free(left: f64, right: f64, width: f64, lines: &[f64]) -> Option<f64> {
    const CLEAR: f64 = 4.0;
    let mut lines: Vec<f64> =
        lines.iter().copied().filter(|x| *x > left - CLEAR && *x < right + CLEAR).collect();
    lines.sort_by(f64::total_cmp);
    let mut start = left;
    for x in lines {
        if start + width + CLEAR <= x {
            return Some(start);
        }
        start = start.max(x + CLEAR);
    }
    (start + width <= right).then_some(start)
}

pub(super) fn place(input: &Input, ranks: &Ranks, mut order: Order) -> Layout {
    let mut reserve = vec![0.0; input.labels.len()];
    // at most twice: the first time tells which groups need room for their label beside their lines
    loop {
        let (runs, lanes) = runs(input, &order, ranks, &reserve);
        horizontal(&mut order, &runs);
        let ports = ports(&order);
        let layers = vertical(input, ranks, &order);
        match finish(input, ranks, &order, &ports, &layers, &lanes, &reserve) {
            Ok(layout) => return layout,
            Err(needed) => {
                for (kept, more) in reserve.iter_mut().zip(needed) {
                    *kept = kept.max(more);
                }
            }
        }
    }
}

fn boxes(input: &Input, ranks: &Ranks, order: &Order, layers: &[(f64, f64)]) -> Vec<Rect> {
    let looping: std::collections::BTreeSet<usize> =
        input.lines.iter().filter(|l| l.parent == l.child).map(|l| l.parent).collect();
    (0..input.nodes.len())
        .map(|n| {
            let item = &order.items[n];
            let width = if looping.contains(&n) { item.width - 2.0 * SELF_LOOP } else { item.width };
            let (top, bottom) = layers[ranks.layer[n]];
            let height = input.nodes[n].height;
            Rect { x: item.x - width / 2.0, y: (top + bottom - height) / 2.0, width, height }
        })
        .collect()
}

/// Puts everything together; an error is the room that labels need.
fn finish(
    input: &Input,
    ranks: &Ranks,
    order: &Order,
    ports: &[(f64, f64)],
    layers: &[(f64, f64)],
    lanes: &[(f64, f64)],
    reserve: &[f64],
) -> Result<Layout, Vec<f64>> {
    let mut nodes = boxes(input, ranks, order, layers);
    let firsts: Vec<usize> = ranks.bands.iter().map(|b| b.first).collect();
    let lasts: Vec<usize> = ranks.bands.iter().map(|b| b.first + b.layers - 1).collect();
    let top_of = |layer: usize| layers[layer].0 - if firsts.contains(&layer) { STRIP + PADDING } else { 0.0 };
    let bottom_of = |layer: usize| layers[layer].1 + if lasts.contains(&layer) { PADDING } else { 0.0 };
    let mut ways: Vec<Way> = Vec::new();
    for (i, chain) in order.chains.iter().enumerate() {
        let mut posts = Vec::new();
        for (step, item) in chain.iter().enumerate() {
            let layer = order.items[*item].layer;
            posts.push(if step == 0 {
                Post { x: ports[i].0, top: nodes[*item].bottom(), bottom: bottom_of(layer) }
            } else if step + 1 == chain.len() {
                Post { x: ports[i].1, top: top_of(layer), bottom: nodes[*item].y }
            } else {
                Post { x: order.items[*item].x, top: top_of(layer), bottom: bottom_of(layer) }
            });
        }
        ways.push(Way { posts, upward: ranks.upward[i] });
    }

    let mut groups = Vec::new();
    let mut needed = vec![0.0; input.labels.len()];
    let mut lacking = false;
    for (group, label) in input.labels.iter().enumerate() {
        let mut members = (0..nodes.len()).filter(|n| input.nodes[*n].group == group).peekable();
        let Some(one) = members.peek().copied() else {
            groups.push(GroupBox::default());
            continue;
        };
        let first = ranks.bands[ranks.band_of[group]].first;
        let lane = order.items[one].lane;
        let (mut left, mut right, mut bottom) = (f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        for n in members {
            let half = order.items[n].width / 2.0;
            left = left.min(order.items[n].x - half);
            right = right.max(order.items[n].x + half);
            bottom = bottom.max(layers[ranks.layer[n]].1);
        }
        // lines through the strip above the first layer of this lane
        let mut lines: Vec<f64> = Vec::new();
        for (i, chain) in order.chains.iter().enumerate() {
            for (step, item) in chain.iter().enumerate().skip(1) {
                let at = &order.items[*item];
                if at.layer == first && at.lane == lane {
                    lines.push(if step + 1 == chain.len() { ports[i].1 } else { at.x });
                }
            }
        }
        let (low, high) = lanes[group];
        let low = low - reserve[group];
        // with room reserved there is always a place: all lines are to the right of it
        let x = free(left, right, *label, &lines).or_else(|| free(low, high, *label, &lines));
        let x = x.unwrap_or_else(|| {
            lacking |= reserve[group] == 0.0;
            needed[group] = label + 6.0;
            low
        });
        let y = layers[first].0 - STRIP - PADDING;
        let (left, right) = (left.min(x), right.max(x + label));
        groups.push(GroupBox {
            area: Rect {
                x: left - PADDING,
                y,
                width: right - left + 2.0 * PADDING,
                height: bottom + PADDING - y,
            },
            label: Rect { x, y: y + 6.0, width: *label, height: LABEL },
        });
    }
    if lacking {
        return Err(needed);
    }

    // everything into the positive quarter
    let (mut left, mut right, mut bottom) = (0.0f64, 0.0f64, 0.0f64);
    for area in groups.iter().map(|g| &g.area).chain(&nodes) {
        left = left.min(area.x);
        right = right.max(area.right());
        bottom = bottom.max(area.bottom());
    }
    for post in ways.iter().flat_map(|w| &w.posts) {
        left = left.min(post.x);
        right = right.max(post.x);
    }
    let (dx, dy) = (MARGIN - left, MARGIN);
    for rect in &mut nodes {
        rect.x += dx;
        rect.y += dy;
    }
    for group in &mut groups {
        for rect in [&mut group.area, &mut group.label] {
            rect.x += dx;
            rect.y += dy;
        }
    }
    for post in ways.iter_mut().flat_map(|w| &mut w.posts) {
        post.x += dx;
        post.top += dy;
        post.bottom += dy;
    }
    Ok(Layout { width: right - left + 2.0 * MARGIN, height: bottom + 2.0 * MARGIN, nodes, ways, groups })
}
