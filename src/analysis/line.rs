//! Ordered values cut into atoms: numbers, days, instants, and text in lexical order.
//!
//! A [`Line`] holds the values that the conditions single out, in order. Each of them, and each gap
//! between two neighbours, belongs to one atom: `employees < 50`, `employees in 50 to 499` and
//! `employees is 7` cut the whole numbers from 0 into
//!
//! ```text
//! values      0     7     50     499
//! gaps     ·     a     a      b       c        a: 0..49 without 7, b: 50..499, c: 500 and more
//! atoms       a     7     b      b
//! ```
//!
//! What starts with `p` lies between `p` and the next text that does not, so prefixes are ranges of
//! the lexical order; what ends with `s` is the same for reversed text. Pieces that no condition
//! tells apart share an atom: five thousand named companies leave one atom for all the others.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::FxBuildHasher;

use crate::cell::Cell;
use crate::policy::{Limit, Range};

/// The sorted values that conditions single out, and the atom of each piece.
#[derive(Clone, Debug)]
pub struct Line {
    pub values: Vec<Cell>,
    /// The atom of each value; [`NOWHERE`] if no lead can have it.
    pub at: Vec<u32>,
    /// The atom of what lies before each value, and after the last one.
    pub gap: Vec<u32>,
    /// The letters of the values, if they are texts.
    pub letters: Vec<char>,
}

/// The atom of pieces that hold nothing.
pub const NOWHERE: u32 = u32::MAX;

/// What one condition asks: to be one of the points, or in one of the ranges.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub points: Vec<Cell>,
    pub ranges: Vec<Range>,
}

/// Which pieces hold nothing, and which points differ for reasons the line does not know.
pub struct Pieces<'a> {
    /// Whether a lead can have the value.
    pub has_value: &'a dyn Fn(&Cell) -> bool,
    /// Whether a lead can have something between the two.
    pub has_between: &'a dyn Fn(Option<&Cell>, Option<&Cell>) -> bool,
    /// Points that differ in this are different atoms.
    pub mark: &'a dyn Fn(&Cell) -> u128,
    /// More values to single out, each with what tells it apart from others.
    pub points: &'a [(Cell, u128)],
    /// Ends of ranges that no condition asks for (the type's bounds).
    pub cuts: &'a [Cell],
}

/// A line, and for each condition the atoms it holds for.
pub struct Cut {
    pub line: Line,
    pub atoms: u32,
    pub holds: Vec<Vec<u32>>,
    /// Whether the atom consists of points that conditions name, and of nothing else.
    pub named: Vec<bool>,
}

impl Line {
    /// The atom a value belongs to.
    pub fn atom_of(&self, cell: &Cell) -> Option<u32> {
        let atom = match self.values.binary_search(cell) {
            Ok(index) => self.at[index],
            Err(index) => self.gap[index],
        };
        (atom != NOWHERE).then_some(atom)
    }

    /// The neighbours of a gap.
    pub fn around(&self, gap: usize) -> (Option<&Cell>, Option<&Cell>) {
        (gap.checked_sub(1).map(|before| &self.values[before]), self.values.get(gap))
    }
}

/// Cuts a line where the conditions do. Atoms are numbered from `first`, in order along the line.
pub fn cut(asked: &[Asked], pieces: &Pieces<'_>, first: u32) -> Cut {
    let values = singled_out(asked, pieces);
    let place = |cell: &Cell| values.binary_search(cell).expect("every end and point is among the values");
    let mut signs = Signs::new(values.len());
    for (index, asked) in asked.iter().enumerate() {
        let sign = sign(&("asked", index));
        for range in apart(&asked.ranges) {
            signs.range(&extent(&range, &values), sign);
        }
        for point in distinct(&asked.points) {
            signs.point(place(point), sign);
        }
    }
    for (point, mark) in pieces.points {
        signs.point(place(point), sign(&("point", mark)));
    }
    signs.mark(&values, pieces.mark);
    let (mut at, mut gap) = signs.finish();
    empty_pieces(&values, pieces, &mut at, &mut gap);
    let (atoms, named) = number(&mut at, &mut gap, &signs.named, first);
    let [at, gap] = [at, gap].map(|atoms| atoms.into_iter().map(narrow).collect());
    let line = Line { letters: letters(&values), at, gap, values };
    let holds = asked.iter().map(|asked| holding(asked, &line)).collect();
    Cut { line, atoms, holds, named }
}

/// A range as far as it reaches over values (`at`) and gaps.
struct Extent {
    at: std::ops::Range<usize>,
    gap: std::ops::Range<usize>,
}

fn extent(range: &Range, values: &[Cell]) -> Extent {
    let index = |cell: &Cell| values.binary_search(cell).unwrap_or_else(|index| index);
    let (low_at, low_gap) = match &range.low {
        None => (0, 0),
        Some(low) => (index(&low.cell) + usize::from(!low.included), index(&low.cell) + 1),
    };
    let (high_at, high_gap) = match &range.high {
        None => (values.len(), values.len() + 1),
        Some(high) => (index(&high.cell) + usize::from(high.included), index(&high.cell) + 1),
    };
    Extent { at: low_at..high_at.max(low_at), gap: low_gap..high_gap.max(low_gap) }
}

fn singled_out(asked: &[Asked], pieces: &Pieces<'_>) -> Vec<Cell> {
    let ends = |range: &Range| [range.low.clone(), range.high.clone()].into_iter().flatten().map(|limit| limit.cell);
    let mut values: Vec<Cell> = asked
        .iter()
        .flat_map(|asked| asked.points.iter().cloned().chain(asked.ranges.iter().flat_map(ends)))
        .chain(pieces.points.iter().map(|(cell, _)| cell.clone()))
        .chain(pieces.cuts.iter().cloned())
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// For each piece a fingerprint of the conditions that hold there: 128 bits, added up by `xor`, so
/// that a range costs two entries however long it is. Pieces with equal fingerprints are one atom.
struct Signs {
    at: Vec<u128>,
    at_steps: Vec<u128>,
    gap_steps: Vec<u128>,
    named: Vec<bool>,
}

impl Signs {
    fn new(values: usize) -> Signs {
        Signs {
            at: vec![0; values],
            at_steps: vec![0; values + 1],
            gap_steps: vec![0; values + 2],
            named: vec![false; values],
        }
    }

    fn range(&mut self, extent: &Extent, sign: u128) {
        self.at_steps[extent.at.start] ^= sign;
        self.at_steps[extent.at.end] ^= sign;
        self.gap_steps[extent.gap.start] ^= sign;
        self.gap_steps[extent.gap.end] ^= sign;
    }

    fn point(&mut self, index: usize, sign: u128) {
        self.at[index] ^= sign;
        self.named[index] = true;
    }

    fn mark(&mut self, values: &[Cell], mark: &dyn Fn(&Cell) -> u128) {
        for (index, value) in values.iter().enumerate().filter(|(index, _)| self.named[*index]) {
            self.at[index] ^= sign(&("named", mark(value)));
        }
    }

    /// The fingerprints of the values and of the gaps; `None` stands for a piece that holds nothing.
    fn finish(&self) -> (Vec<Option<u128>>, Vec<Option<u128>>) {
        let sums = |steps: &[u128], count: usize| -> Vec<u128> {
            let sum = |sum: &mut u128, step: &u128| {
                *sum ^= step;
                Some(*sum)
            };
            steps.iter().take(count).scan(0, sum).collect()
        };
        let ranges = sums(&self.at_steps, self.at.len());
        let at = self.at.iter().zip(ranges).map(|(point, range)| Some(point ^ range)).collect();
        let gap = sums(&self.gap_steps, self.at.len() + 1).into_iter().map(Some).collect();
        (at, gap)
    }
}

fn empty_pieces(values: &[Cell], pieces: &Pieces<'_>, at: &mut [Option<u128>], gap: &mut [Option<u128>]) {
    for (value, at) in values.iter().zip(at.iter_mut()) {
        if !(pieces.has_value)(value) {
            *at = None;
        }
    }
    for (index, gap) in gap.iter_mut().enumerate() {
        let before = index.checked_sub(1).map(|before| &values[before]);
        if !(pieces.has_between)(before, values.get(index)) {
            *gap = None;
        }
    }
}

/// Replaces fingerprints by atom numbers, in order along the line.
fn number(at: &mut [Option<u128>], gap: &mut [Option<u128>], named: &[bool], first: u32) -> (u32, Vec<bool>) {
    let mut numbers: HashMap<u128, u32, FxBuildHasher> = HashMap::default();
    let mut names = Vec::new();
    let mut give = |piece: &mut Option<u128>, is_named: bool| {
        if let Some(sign) = piece {
            let next = first + numbers.len() as u32;
            let atom = *numbers.entry(*sign).or_insert(next);
            if atom == next {
                names.push(is_named);
            }
            *piece = Some(u128::from(atom));
        }
    };
    for index in 0..gap.len() {
        give(&mut gap[index], false);
        if let Some(value) = at.get_mut(index) {
            give(value, named[index]);
        }
    }
    (first + names.len() as u32, names)
}

fn narrow(atom: Option<u128>) -> u32 {
    atom.map_or(NOWHERE, |atom| atom as u32)
}

fn letters(values: &[Cell]) -> Vec<char> {
    let mut letters = BTreeSet::new();
    for value in values {
        if let Cell::Text(text) = value {
            letters.extend(text.chars());
        }
    }
    letters.into_iter().collect()
}

fn holding(asked: &Asked, line: &Line) -> Vec<u32> {
    let mut atoms: Vec<u32> = Vec::new();
    for range in &asked.ranges {
        let extent = extent(range, &line.values);
        atoms.extend(&line.at[extent.at]);
        atoms.extend(&line.gap[extent.gap]);
    }
    atoms.extend(
        asked
            .points
            .iter()
            .map(|point| line.at[line.values.binary_search(point).expect("every point is among the values")]),
    );
    atoms.sort_unstable();
    atoms.dedup();
    atoms.retain(|&atom| atom != NOWHERE);
    atoms
}

/// Ranges of one condition that overlap would cancel in the fingerprint, so they are merged.
fn apart(ranges: &[Range]) -> Vec<Range> {
    let mut sorted: Vec<Range> = ranges.to_vec();
    sorted.sort_by(|a, b| low_key(a).cmp(&low_key(b)));
    let mut merged: Vec<Range> = Vec::new();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if touches(last, &range) => last.high = later(last.high.take(), range.high),
            _ => merged.push(range),
        }
    }
    merged
}

fn low_key(range: &Range) -> Option<(&Cell, bool)> {
    range.low.as_ref().map(|low| (&low.cell, !low.included))
}

/// Whether the second, which begins no earlier, begins before the first ends.
fn touches(first: &Range, second: &Range) -> bool {
    match (&first.high, &second.low) {
        (Some(high), Some(low)) => low.cell < high.cell || (low.cell == high.cell && (low.included && high.included)),
        _ => true,
    }
}

fn later(a: Option<Limit>, b: Option<Limit>) -> Option<Limit> {
    let (a, b) = (a?, b?);
    Some(if (&a.cell, a.included) >= (&b.cell, b.included) { a } else { b })
}

fn distinct(points: &[Cell]) -> Vec<&Cell> {
    let mut points: Vec<&Cell> = points.iter().collect();
    points.sort_unstable();
    points.dedup();
    points
}

/// 128 bits that stand for a thing. Two different things share them once in 2^128 pairs, which no
/// project is large enough to meet.
pub fn sign<T: Hash>(thing: &T) -> u128 {
    let half = |salt: u64| {
        // SipHash with fixed keys: the same on every run.
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        thing.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}
