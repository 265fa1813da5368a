//! Which leads the ledger has, as one run needs to know it: for every lead that comes.
//!
//! A run of a few leads asks the trail for each. One that has asked often reads the names of all of them
//! once, and knows the others as new without asking. What is kept of a lead is a hash and a number, so a
//! million of them take some thirty megabytes.

use std::hash::Hasher as _;

use rusqlite::Connection;
use rustc_hash::{FxHashMap, FxHasher};

/// The leads that are known to be known.
#[derive(Debug)]
pub struct Known {
    /// A lead's hash → its latest assignment. Two leads may share a hash: whoever finds one compares the name.
    latest: FxHashMap<u64, i64>,
    /// Assignments that the ledger had before the run.
    before: i64,
    asked: i64,
    /// Whether `latest` has all leads, and not only those of this run.
    is_complete: bool,
}

/// What is known of a lead without asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// The ledger does not have it.
    New,
    /// Most likely this is its latest assignment.
    Perhaps(i64),
    /// Only the trail can tell.
    Ask,
}

/// Reading a name costs so much less than asking for one.
const CHEAPER: i64 = 8;
/// So many are asked for whatever the ledger's size.
const ASKED_AT_LEAST: i64 = 1_000;

impl Known {
    pub fn of_ledger_with(assignments: i64) -> Known {
        Known { latest: FxHashMap::default(), before: assignments, asked: 0, is_complete: assignments == 0 }
    }

    /// What is known of a lead.
    pub fn hint(&mut self, lead: &str) -> Hint {
        match self.latest.get(&hash(lead)) {
            Some(&number) => Hint::Perhaps(number),
            None if self.is_complete => Hint::New,
            None => {
                self.asked += 1;
                Hint::Ask
            }
        }
    }

    /// Whether so many were asked for that reading all of them is cheaper.
    pub fn is_worth_reading(&self) -> bool {
        !self.is_complete && self.asked > ASKED_AT_LEAST.max(self.before / CHEAPER)
    }

    /// Reads all leads that the ledger had before this run.
    pub fn read(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut leads = db.prepare("SELECT lead, assignment FROM trail WHERE assignment <= ?1")?;
        let mut leads = leads.query([self.before])?;
        while let Some(row) = leads.next()? {
            self.note(row.get_ref(0)?.as_str()?, row.get(1)?);
        }
        self.is_complete = true;
        Ok(())
    }

    /// A lead has been assigned.
    pub fn note(&mut self, lead: &str, assignment: i64) {
        let latest = self.latest.entry(hash(lead)).or_insert(assignment);
        *latest = assignment.max(*latest);
    }
}

fn hash(lead: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(lead.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_ledger_is_never_asked_and_a_large_one_until_reading_is_cheaper() {
        let mut empty = Known::of_ledger_with(0);
        assert_eq!(empty.hint("L-1"), Hint::New);
        empty.note("L-1", 1);
        assert_eq!((empty.hint("L-1"), empty.hint("L-2")), (Hint::Perhaps(1), Hint::New));
        let mut large = Known::of_ledger_with(80_000);
        for lead in 0..10_000 {
            assert_eq!(large.hint(&lead.to_string()), Hint::Ask);
            assert!(!large.is_worth_reading(), "after {lead}");
        }
        large.hint("one more");
        assert!(large.is_worth_reading());
    }
}
