//! Is there an instant in these ranges at which these clocks show these hours and days?
//!
//! A clock changes its answer only at its own full hours and midnights, and when its zone changes
//! its offset. So from an instant at which some clocks are wrong nothing before the latest of their
//! next changes can be right, and the search jumps there. While no zone changes its offset all
//! clocks together repeat after a week; after eight days without success the search goes on at the
//! next change of an offset. The rules for offsets repeat with the Gregorian calendar every 400
//! years, so a search of 480 years from the present, and of all that lies before it, misses nothing.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::prelude::ToPrimitive;

use crate::analysis::line::{Line, NOWHERE};
use crate::analysis::sets::AtomSet;
use crate::cell::Cell;

/// What a clock of a zone must show.
#[derive(Clone, Debug)]
pub enum Clock {
    /// Bit `h`: hour `h` will do.
    Hours(TimeZone, u32),
    /// Bit `d`: day `d` will do, counted from Monday.
    Days(TimeZone, u32),
}

/// The hours of cells, as bits.
pub fn hours(cells: &[Cell]) -> u32 {
    cells.iter().filter_map(|cell| if let Cell::Number(hour) = cell { hour.to_u32() } else { None }).fold(0, with)
}

/// The weekdays of cells, as bits.
pub fn days(cells: &[Cell]) -> u32 {
    cells.iter().filter_map(|cell| if let Cell::Member(day) = cell { Some(*day) } else { None }).fold(0, with)
}

/// An instant in one of the atoms of the line at which all clocks are right.
pub fn find(line: &Line, atoms: &AtomSet, clocks: &[Clock]) -> Option<Timestamp> {
    let is_in = |atom: u32| atom != NOWHERE && atoms.contains(atom);
    let pieces = (0..line.gap.len()).flat_map(|index| {
        let value = (index < line.at.len() && is_in(line.at[index])).then(|| {
            let instant = instant(&line.values[index]);
            (instant, instant)
        });
        let gap = is_in(line.gap[index]).then(|| {
            let (low, high) = line.around(index);
            let low = low.map_or(i128::MIN, |cell| instant(cell) + 1).max(Timestamp::MIN.as_nanosecond());
            let high = high.map_or(i128::MAX, |cell| instant(cell) - 1).min(Timestamp::MAX.as_nanosecond());
            (low, high)
        });
        [gap, value].into_iter().flatten()
    });
    pieces.filter(|(low, high)| low <= high).find_map(|(low, high)| within(low, high, clocks))
}

fn with(bits: u32, bit: u32) -> u32 {
    bits | 1 << bit
}

fn instant(cell: &Cell) -> i128 {
    if let Cell::Timestamp(timestamp) = cell { timestamp.as_nanosecond() } else { 0 }
}

const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const DAY: i128 = 24 * 60 * MINUTE;
const YEAR: i128 = 366 * DAY;
/// A Monday of the present, where the search begins if it may.
const PRESENT: i128 = 1_767_571_200 * SECOND;

/// Both ends included, in nanoseconds. Times on a full minute of the present are tried first, else
/// those nearest to it: a lead of the year −9999 is a proof, but nobody would believe it.
fn within(low: i128, high: i128, clocks: &[Clock]) -> Option<Timestamp> {
    let start = if low <= PRESENT && PRESENT <= high {
        PRESENT
    } else {
        let nearest = if high < PRESENT { low.max(high - YEAR) } else { low };
        let full = (nearest + MINUTE - 1).div_euclid(MINUTE) * MINUTE;
        if full <= high { full } else { nearest }
    };
    let horizon = high.min(start.max(PRESENT) + 480 * YEAR);
    let found = search(start, horizon, clocks).or_else(|| search(low, start - 1, clocks));
    found.and_then(|instant| Timestamp::from_nanosecond(instant).ok())
}

fn search(from: i128, to: i128, clocks: &[Clock]) -> Option<i128> {
    let mut now = from;
    while now <= to {
        let change = clocks.iter().filter_map(|clock| next_offset(clock.zone(), now)).min();
        let segment_end = change.map_or(to, |change| to.min(change - 1)).min(now + 8 * DAY);
        if let Some(found) = search_segment(now, segment_end, clocks) {
            return Some(found);
        }
        now = change?;
    }
    None
}

/// No zone changes its offset between the two.
fn search_segment(from: i128, to: i128, clocks: &[Clock]) -> Option<i128> {
    let mut now = from;
    while now <= to {
        match clocks.iter().filter_map(|clock| clock.wrong_until(now)).max() {
            None => return Some(now),
            Some(next) => now = next,
        }
    }
    None
}

fn next_offset(zone: &TimeZone, now: i128) -> Option<i128> {
    let now = Timestamp::from_nanosecond(now).ok()?;
    zone.following(now).next().map(|change| change.timestamp().as_nanosecond())
}

impl Clock {
    fn zone(&self) -> &TimeZone {
        match self {
            Clock::Hours(zone, _) | Clock::Days(zone, _) => zone,
        }
    }

    /// If the clock is wrong, when it next shows something else.
    fn wrong_until(&self, now: i128) -> Option<i128> {
        let timestamp = Timestamp::from_nanosecond(now).ok()?;
        let offset = i128::from(self.zone().to_offset(timestamp).seconds()) * SECOND;
        let local = now + offset;
        let (allowed, shown, step) = match self {
            Clock::Hours(_, allowed) => (allowed, local.rem_euclid(DAY) / (60 * MINUTE), 60 * MINUTE),
            // The first of January 1970 was a Thursday.
            Clock::Days(_, allowed) => (allowed, (local.div_euclid(DAY) + 3).rem_euclid(7), DAY),
        };
        let is_right = allowed >> shown & 1 == 1;
        (!is_right).then(|| (local.div_euclid(step) + 1) * step - offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("bundled")
    }

    fn everything() -> (Line, AtomSet) {
        let line = Line { values: vec![], at: vec![], gap: vec![0], letters: vec![] };
        (line, AtomSet::full(1))
    }

    #[test]
    fn clocks_that_never_agree_are_found_out_and_those_that_rarely_do_are_found() {
        let (line, all) = everything();
        let berlin = |hour: u32| Clock::Hours(zone("Europe/Berlin"), 1 << hour);
        let new_york = |hour: u32| Clock::Hours(zone("America/New_York"), 1 << hour);
        // Six hours apart, five for some weeks of spring, never twelve.
        assert!(find(&line, &all, &[berlin(12), new_york(6)]).is_some());
        let spring = find(&line, &all, &[berlin(12), new_york(7)]).expect("clocks change on different days");
        assert_eq!(spring.to_zoned(zone("America/New_York")).hour(), 7);
        assert_eq!(find(&line, &all, &[berlin(12), new_york(0)]), None);
    }

    #[test]
    fn an_instant_before_the_present_is_near_it() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
        let line = Line {
            values: vec![Cell::Timestamp(at("2020-02-02T00:00:00Z"))],
            at: vec![1],
            gap: vec![0, 1],
            letters: vec![],
        };
        let found = find(&line, &AtomSet::of(2, [0]), &[Clock::Hours(TimeZone::UTC, 1 << 9)]);
        assert_eq!(found, Some(at("2019-02-01T09:00:00Z")));
    }

    #[test]
    fn a_short_interval_has_only_the_hours_it_has() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
        let values = ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"].map(|text| Cell::Timestamp(at(text))).to_vec();
        let line = Line { values, at: vec![1, 1], gap: vec![1, 0, 1], letters: vec![] };
        let inside = AtomSet::of(2, [0]);
        let berlin = |hour: u32| Clock::Hours(zone("Europe/Berlin"), 1 << hour);
        // At 01:00 UTC the clocks of Berlin jump from 02:00 to 03:00.
        assert!(find(&line, &inside, &[berlin(1)]).is_some());
        assert_eq!(find(&line, &inside, &[berlin(2)]), None);
        assert_eq!(find(&line, &inside, &[berlin(3)]), Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(find(&line, &inside, &[berlin(3), Clock::Days(zone("Europe/Berlin"), 1)]), None);
    }
}
