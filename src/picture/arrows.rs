//! Arrows from a `go to` to the head of the policy it hands leads to.
//!
//! ```text
//!  bus     ┌──────────────────────────┐
//!          │                          │
//!  ┌────┐  │   ┌────┐      ┌────┐     │
//!  │    │  │ ┌▶│    │      │    │◀────┘     a trunk stands in the channel to the right of a column;
//!  │  ──┼──┘ │ │    │  ┌──▶│    │           what goes further than to the next column
//!  │  ──┼────┘ │  ──┼──┘   └────┘           goes over the bus
//!  │  ──┼────┘ └────┘
//!  └────┘
//! ```
//!
//! Whatever goes to the same lane shares a trunk, so that forty rules that go on to `regions` make one line.
//! A channel is as wide as its trunks need; trunks beside each other's way get tracks of their own.

use std::collections::BTreeMap;
use std::fmt::Write;

const TRACK: f64 = 9.0;
/// Between a lane and the nearest track: room for the tip of an arrow.
const SIDE: f64 = 16.0;
const CORNER: f64 = 6.0;
/// What stands nearer to another line than this seems to touch it.
const APART: f64 = 8.0;

/// A `go to`; heights are measured from the top of the lanes.
#[derive(Clone, PartialEq, Debug)]
pub struct End {
    /// Number of the row, from the first lane on.
    pub row: usize,
    /// Column of the row, and its height.
    pub from: usize,
    pub y: f64,
    /// The lane it leads to, its column, and the height at which arrows enter.
    pub lane: usize,
    pub to: usize,
    pub port: f64,
    /// To a lane at or before its own.
    pub is_back: bool,
}

/// A line with a tip, or one that ends in another.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrow {
    pub row: usize,
    /// What is drawn; where others have the same way, only as far as to the trunk.
    pub path: String,
    /// The whole way.
    pub whole: String,
    /// The tip and the direction it points in, if it is drawn.
    pub tip: Option<(f64, f64, bool)>,
    pub is_back: bool,
}

/// Ways of arrows, before it is known where columns stand.
#[derive(Clone, PartialEq, Debug)]
pub struct Routes {
    /// Room left of each column, and right of the last.
    pub channels: Vec<f64>,
    /// Room above the lanes.
    pub bus: f64,
    ends: Vec<End>,
    /// The track of each trunk.
    tracks: BTreeMap<Trunk, usize>,
    /// The height of each line of the bus, above the lanes.
    lines: BTreeMap<(usize, bool), f64>,
}

/// What shares a vertical line: channel, lane, whether it goes to the bus, whether it goes back.
type Trunk = (usize, usize, bool, bool);

impl End {
    /// The channel in which it reaches the lane.
    fn entry(&self) -> usize {
        if self.to > self.from { self.to } else { self.to + 1 }
    }

    fn needs_bus(&self) -> bool {
        self.entry() != self.from + 1
    }

    /// Whether it points to the right when it reaches the lane.
    fn points_right(&self) -> bool {
        self.entry() == self.to
    }

    fn trunk(&self) -> Trunk {
        (self.from + 1, self.lane, self.needs_bus(), self.is_back)
    }

    fn entry_trunk(&self) -> Trunk {
        (self.entry(), self.lane, false, self.is_back)
    }
}

/// Finds a way for every arrow.
pub fn plan(ends: &[End], columns: usize) -> Routes {
    let mut lines: BTreeMap<(usize, bool), f64> = BTreeMap::new();
    for end in ends.iter().filter(|end| end.needs_bus()) {
        lines.insert((end.lane, end.is_back), 0.0);
    }
    for (index, height) in lines.values_mut().enumerate() {
        *height = 12.0 + TRACK * index as f64;
    }
    let bus = if lines.is_empty() { 0.0 } else { 8.0 + TRACK * lines.len() as f64 };
    let tracks = tracks(&spans(ends, &lines), columns);
    let mut channels = vec![0.0; columns + 1];
    for (trunk, track) in &tracks {
        channels[trunk.0] = f64::max(channels[trunk.0], 2.0 * SIDE + TRACK * *track as f64);
    }
    // What enters the first column from the left needs no room for rows on the other side.
    Routes { channels, bus, ends: ends.to_vec(), tracks, lines }
}

/// From where to where each trunk goes.
fn spans(ends: &[End], lines: &BTreeMap<(usize, bool), f64>) -> BTreeMap<Trunk, (f64, f64)> {
    let mut spans: BTreeMap<Trunk, (f64, f64)> = BTreeMap::new();
    let mut widen = |trunk: Trunk, heights: [f64; 2]| {
        let span = spans.entry(trunk).or_insert((f64::INFINITY, f64::NEG_INFINITY));
        for height in heights {
            *span = (span.0.min(height), span.1.max(height));
        }
    };
    for end in ends {
        match lines.get(&(end.lane, end.is_back)).filter(|_| end.needs_bus()) {
            Some(line) => {
                widen(end.trunk(), [end.y, -line]);
                widen(end.entry_trunk(), [-line, end.port]);
            }
            None => widen(end.trunk(), [end.y, end.port]),
        }
    }
    spans
}

/// A track for each trunk, the shortest nearest to the column on the left.
fn tracks(spans: &BTreeMap<Trunk, (f64, f64)>, columns: usize) -> BTreeMap<Trunk, usize> {
    let mut tracks = BTreeMap::new();
    for channel in 0..=columns {
        let mut here: Vec<(&Trunk, &(f64, f64))> = spans.iter().filter(|(trunk, _)| trunk.0 == channel).collect();
        here.sort_by(|(a, (from, to)), (b, (first, last))| (to - from).total_cmp(&(last - first)).then(a.cmp(b)));
        let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
        for (trunk, &(from, to)) in here {
            let is_free = |spans: &Vec<(f64, f64)>| spans.iter().all(|(a, b)| to + APART < *a || *b + APART < from);
            let track = taken.iter().position(is_free).unwrap_or(taken.len());
            if track == taken.len() {
                taken.push(Vec::new());
            }
            taken[track].push((from, to));
            tracks.insert(*trunk, track);
        }
    }
    tracks
}

impl Routes {
    /// The arrows, when it is known where the columns begin, how wide they are, and where lanes begin.
    pub fn draw(&self, lefts: &[f64], lane: f64, top: f64) -> Vec<Arrow> {
        let mut order: Vec<&End> = self.ends.iter().collect();
        // The one that comes from furthest away draws the trunk.
        let distance = |end: &End| match self.line(end) {
            Some(line) => end.y + line,
            None => (end.y - end.port).abs(),
        };
        order.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
        let mut drawn: BTreeMap<(Trunk, bool), ()> = BTreeMap::new();
        let mut arrows: Vec<Arrow> = Vec::new();
        for end in order {
            let points = self.points(end, lefts, lane, top);
            let from_above = self.line(end).is_none() && end.y < end.port;
            let is_first = drawn.insert((end.trunk(), from_above), ()).is_none();
            let whole = path(&points);
            let tip = points[points.len() - 1];
            arrows.push(Arrow {
                row: end.row,
                path: if is_first { whole.clone() } else { path(&points[..2]) },
                whole,
                tip: is_first.then_some((tip.0, tip.1, end.points_right())),
                is_back: end.is_back,
            });
        }
        arrows.sort_by_key(|arrow| arrow.row);
        arrows
    }

    fn line(&self, end: &End) -> Option<f64> {
        self.lines.get(&(end.lane, end.is_back)).copied().filter(|_| end.needs_bus())
    }

    /// The corners of an arrow's way.
    fn points(&self, end: &End, lefts: &[f64], lane: f64, top: f64) -> Vec<(f64, f64)> {
        let track = |trunk: Trunk| {
            let offset = SIDE + TRACK * self.tracks[&trunk] as f64;
            match trunk.0 {
                0 => lefts[0] - offset,
                channel => lefts[channel - 1] + lane + offset,
            }
        };
        let start = (lefts[end.from] + lane, top + end.y);
        let edge = if end.points_right() { lefts[end.to] } else { lefts[end.to] + lane };
        let (trunk, port) = (track(end.trunk()), top + end.port);
        match self.line(end) {
            None => vec![start, (trunk, start.1), (trunk, port), (edge, port)],
            Some(line) => {
                let entry = track(end.entry_trunk());
                let line = top - line;
                vec![start, (trunk, start.1), (trunk, line), (entry, line), (entry, port), (edge, port)]
            }
        }
    }
}

/// A line along the points, its corners rounded.
fn path(points: &[(f64, f64)]) -> String {
    let mut path = format!("M{} {}", short(points[0].0), short(points[0].1));
    for corner in points.windows(3) {
        let (before, at, after) = (corner[0], corner[1], corner[2]);
        let (enter, leave) = (towards(at, before), towards(at, after));
        let _ = write!(path, "L{} {}", short(enter.0), short(enter.1));
        let _ = write!(path, "Q{} {} {} {}", short(at.0), short(at.1), short(leave.0), short(leave.1));
    }
    let last = points[points.len() - 1];
    let _ = write!(path, "L{} {}", short(last.0), short(last.1));
    path
}

/// A point a little from a corner in the direction of another, half-way at most.
fn towards(corner: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    let (x, y) = (other.0 - corner.0, other.1 - corner.1);
    let length = x.abs() + y.abs();
    let step = if length > 0.0 { CORNER.min(length / 2.0) / length } else { 0.0 };
    (corner.0 + x * step, corner.1 + y * step)
}

/// Tenths of a pixel are finer than any screen.
pub fn short(number: f64) -> String {
    super::words::decimals(number, 1)
}
