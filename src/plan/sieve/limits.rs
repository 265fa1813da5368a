//! Ranges: what lies between two limits that occur.

use rust_decimal::Decimal;

use super::Asked;
use super::rows::{clear, set};
use crate::cell::Cell;
use crate::plan::anchors::Key;
use crate::policy::Range;

/// The limits that occur, in order. Between *n* of them there are *2n + 1* slots: below the first, the
/// first itself, between the first and the second, and so on.
#[derive(Debug)]
pub(super) struct Limits {
    cells: Vec<Cell>,
    /// The same, where all of them are whole numbers.
    whole: Option<Vec<i64>>,
    /// The slots of the numbers from 0 on, as far as they are worth a table.
    small: Vec<u32>,
}

impl Limits {
    pub fn of<'p>(ranges: impl Iterator<Item = &'p Range>) -> Limits {
        /// Numbers from 0 on that are found without bisection.
        const SMALL: i64 = 4096;
        let ends = ranges.flat_map(|range| range.low.iter().chain(&range.high));
        let mut cells: Vec<Cell> = ends.map(|limit| limit.cell.clone()).collect();
        cells.sort_unstable();
        cells.dedup();
        let whole: Option<Vec<i64>> = cells.iter().map(whole_number).collect();
        let small = match &whole {
            Some(whole) => (0..SMALL).map(|number| slot_in(whole, &number)).collect(),
            None => Vec::new(),
        };
        Limits { cells, whole, small }
    }

    pub fn slots(&self) -> usize {
        2 * self.cells.len() + 1
    }

    pub fn slot(&self, cell: &Cell) -> u32 {
        match (&self.whole, whole_number(cell)) {
            (Some(whole), Some(number)) => {
                let small = usize::try_from(number).ok().and_then(|number| self.small.get(number));
                small.copied().unwrap_or_else(|| slot_in(whole, &number))
            }
            _ => slot_in(&self.cells, cell),
        }
    }

    /// The slots of a range.
    pub fn covered(&self, range: &Range) -> std::ops::Range<usize> {
        let low = range.low.as_ref().map_or(0, |low| self.slot(&low.cell) + u32::from(!low.included));
        let high = range.high.as_ref();
        let end = high.map_or(self.slots(), |high| self.slot(&high.cell) as usize + usize::from(high.included));
        low as usize..end.max(low as usize)
    }

    /// Which rules blank and each slot leave: what changes from one slot to the next is little.
    pub fn left(&self, asked: &Asked<'_>, unasked: &[u64]) -> Vec<u64> {
        let mut begin: Vec<Vec<u32>> = vec![Vec::new(); self.slots() + 1];
        let mut end = begin.clone();
        for (rule, keys) in asked {
            let ranges = keys.iter().filter_map(|key| if let Key::Within(range) = key { Some(*range) } else { None });
            for covered in joined(ranges.map(|range| self.covered(range)).collect()) {
                begin[covered.start].push(*rule);
                end[covered.end].push(*rule);
            }
        }
        let mut row = unasked.to_vec();
        let mut left = row.clone();
        for slot in 0..self.slots() {
            end[slot].iter().for_each(|rule| clear(&mut row, *rule));
            begin[slot].iter().for_each(|rule| set(&mut row, *rule));
            left.extend_from_slice(&row);
        }
        left
    }
}

/// Runs that overlap or touch made one; empty ones left out.
fn joined(mut runs: Vec<std::ops::Range<usize>>) -> Vec<std::ops::Range<usize>> {
    runs.retain(|run| !run.is_empty());
    runs.sort_unstable_by_key(|run| run.start);
    let mut joined: Vec<std::ops::Range<usize>> = Vec::with_capacity(runs.len());
    for run in runs {
        match joined.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => joined.push(run),
        }
    }
    joined
}

fn whole_number(cell: &Cell) -> Option<i64> {
    let is_whole = |number: &&Decimal| number.scale() == 0;
    match cell {
        Cell::Number(number) => Some(number).filter(is_whole).and_then(|number| number.mantissa().try_into().ok()),
        _ => None,
    }
}

fn slot_in<T: Ord>(limits: &[T], value: &T) -> u32 {
    match limits.binary_search(value) {
        Ok(place) => 2 * place as u32 + 1,
        Err(place) => 2 * place as u32,
    }
}
