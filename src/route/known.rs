//! Which leads the ledger has, as one run needs to know it: for every lead that comes.
//!
//! A run of a few leads asks the trail for each. One that has to ask often reads the leads of the whole trail
//! once, and then asks no more. What is kept of a lead is its [`Mark`], as without a ledger, and beside the
//! table of marks which assignment and decision are its latest: 24 bytes, with what the table needs 27 to 42.

use std::collections::HashMap;

use super::once::{Mark, Marked, Marker};
use crate::ledger::{Decided, Entered};

/// The leads that are known to be known.
#[derive(Debug)]
pub struct Known {
    marker: Marker,
    places: Marked,
    /// The latest assignment of each lead, by its place.
    latest: Vec<Short>,
    /// What 32 bits do not hold.
    far: HashMap<Place, Entered>,
    /// Assignments that the ledger had before the run.
    before: i64,
    asked: i64,
    /// The last lead that the ledger had before the run, in the order of their letters.
    highest: String,
    /// Whether all leads are here, and not only those of this run.
    is_complete: bool,
}

/// Where a lead stands among those that this run has to do with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place(u32);

/// An assignment and its decision; the lowest bit says whether there is a note.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Short(u32, u32);

/// What is known of a lead without asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// The ledger does not have it.
    New,
    /// Its latest assignment.
    Latest(Entered),
    /// Only the trail can tell.
    Ask,
}

/// Reading a lead costs so much less than asking for one.
const CHEAPER: f64 = 10.0;
/// So many are asked for whatever the ledger's size. Tests are to see both with few leads.
const ASKED_AT_LEAST: i64 = if cfg!(debug_assertions) { 10 } else { 1_000 };

impl Known {
    /// What is known of a ledger with so many assignments, whose last lead in the order of their letters is `highest`.
    pub fn of_ledger_with(assignments: i64, highest: String) -> Known {
        Known {
            marker: Marker::default(),
            places: Marked::default(),
            latest: Vec::new(),
            far: HashMap::new(),
            before: assignments,
            asked: 0,
            highest,
            is_complete: assignments == 0,
        }
    }

    /// What makes the marks by which leads are asked for.
    pub fn marker(&self) -> &Marker {
        &self.marker
    }

    /// The place of the lead with a mark. To find it means to wait for the memory, which takes a fraction of the time
    /// if it is done for many leads in one go; whatever is asked after that is beside what the lead before asked.
    pub fn place(&mut self, mark: Mark) -> Place {
        let next = u32::try_from(self.latest.len()).expect("memory ends before four thousand million leads do");
        let place = *self.places.entry(mark).or_insert(next);
        if place == next {
            self.latest.push(Short::NONE);
        }
        Place(place)
    }

    /// What is known of a lead.
    ///
    /// Ids of new leads are often higher than all before, as CRMs count them up.
    pub fn hint(&mut self, lead: &str, place: Place) -> Hint {
        match self.latest(place) {
            Some(latest) => Hint::Latest(latest),
            None if self.is_complete || lead > self.highest.as_str() => Hint::New,
            None => {
                self.asked += 1;
                Hint::Ask
            }
        }
    }

    fn latest(&self, place: Place) -> Option<Entered> {
        match self.latest[place.0 as usize] {
            Short::NONE => None,
            short => Some(short.entered().unwrap_or_else(|| self.far[&place])),
        }
    }

    /// Whether so many will have been asked for, if it goes on like this, that reading all of them is cheaper. `come` is
    /// how much of the leads has come, from 0 to 1, or 1 if nobody knows.
    pub fn is_worth_reading(&self, come: f64) -> bool {
        let expected = self.asked as f64 / come;
        !self.is_complete && self.asked > ASKED_AT_LEAST && expected > self.before as f64 / CHEAPER
    }

    /// A lead has been assigned, later than all before.
    pub fn note(&mut self, place: Place, entered: Entered) {
        let short = Short::of(entered);
        if short.is_none() {
            self.far.insert(place, entered);
        }
        self.latest[place.0 as usize] = short.unwrap_or(Short::FAR);
    }

    /// The trail says that a lead was assigned; perhaps it has been since.
    pub fn note_named(&mut self, lead: &str, entered: Entered) {
        let place = self.place(self.marker.mark(lead));
        if self.latest(place).is_none_or(|known| known.assignment < entered.assignment) {
            self.note(place, entered);
        }
    }

    /// Whether the trail need not be asked any more.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// All leads that the ledger had before this run have been read.
    pub fn complete(&mut self) {
        self.is_complete = true;
    }
}

impl Short {
    const FAR: Short = Short(u32::MAX, u32::MAX);
    /// A lead that has come and has no assignment yet.
    const NONE: Short = Short(u32::MAX, 0);

    fn of(entered: Entered) -> Option<Short> {
        let assignment = u32::try_from(entered.assignment).ok().filter(|number| *number < u32::MAX)?;
        let decision = u32::try_from(entered.decision.number().checked_mul(2)?).ok()?;
        Some(Short(assignment, decision | u32::from(entered.has_note)))
    }

    fn entered(self) -> Option<Entered> {
        let Short(assignment, decision) = self;
        (assignment != u32::MAX).then(|| Entered {
            assignment: i64::from(assignment),
            decision: Decided::numbered(i64::from(decision / 2)),
            has_note: decision % 2 == 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(assignment: i64, decision: i64) -> Entered {
        Entered { assignment, decision: Decided::numbered(decision), has_note: assignment % 2 == 0 }
    }

    #[test]
    fn an_empty_ledger_is_never_asked_and_a_large_one_until_reading_is_cheaper() {
        let place = |known: &mut Known, lead: &str| known.place(known.marker().mark(lead));
        let hint = |known: &mut Known, lead: &str| {
            let place = place(known, lead);
            known.hint(lead, place)
        };
        let mut empty = Known::of_ledger_with(0, String::new());
        let first = place(&mut empty, "L-1");
        assert_ne!(place(&mut empty, "L-2"), first);
        assert_eq!(hint(&mut empty, "L-1"), Hint::New);
        empty.note(first, entered(1, 1));
        assert_eq!((hint(&mut empty, "L-1"), hint(&mut empty, "L-2")), (Hint::Latest(entered(1, 1)), Hint::New));
        let mut large = Known::of_ledger_with(80_000, "L-3".to_owned());
        for lead in 0..4_000 {
            assert_eq!(hint(&mut large, &lead.to_string()), Hint::Ask);
            assert_eq!(hint(&mut large, &format!("L-4{lead}")), Hint::New);
        }
        // What is still to come counts as well.
        assert!(!large.is_worth_reading(0.5));
        assert_eq!(hint(&mut large, "L-3"), Hint::Ask);
        assert!(large.is_worth_reading(0.5) && !large.is_worth_reading(0.6));
    }

    #[test]
    fn the_latest_assignment_counts_however_large_its_number() {
        let mut known = Known::of_ledger_with(1 << 40, "L-2".to_owned());
        let mark = known.marker().mark("L-1");
        let place = known.place(mark);
        let far = i64::from(u32::MAX);
        for (noted, latest) in [(7, 7), (far - 1, far - 1), (far, far), (8, far), (far + 9, far + 9)] {
            known.note_named("L-1", entered(noted, 3));
            assert_eq!(known.hint("L-1", place), Hint::Latest(entered(latest, 3)));
        }
        known.note_named("L-2", entered(5, far));
        let mark = known.marker().mark("L-2");
        let place = known.place(mark);
        assert_eq!(known.hint("L-2", place), Hint::Latest(entered(5, far)));
    }
}
