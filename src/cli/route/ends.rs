//! What is said of leads that a rule sent to the same place, written down once.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::ids::Id;
use crate::io::Values;
use crate::plan::Outcome;
use crate::route::Fate;

/// Which rule sent a lead where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct End {
    pub outcome: Outcome,
    pub fate: Fate,
}

/// The ends that have been met, with what a pen has written down for each.
#[derive(Default)]
pub(super) struct Ends {
    numbers: FxHashMap<End, usize>,
    values: Vec<Values>,
}

/// Ends that are worth keeping.
const MOST: usize = 100_000;

impl Ends {
    /// What is to be written of an end; `write_down` does so when it is met for the first time.
    #[inline]
    pub fn of(&mut self, end: End, write_down: impl FnOnce() -> Values) -> &Values {
        let number = match self.numbers.get(&end) {
            Some(number) => *number,
            None => self.add(end, write_down()),
        };
        &self.values[number]
    }

    fn add(&mut self, end: End, values: Values) -> usize {
        if self.values.len() == MOST {
            self.numbers.clear();
            self.values.clear();
        }
        let number = self.values.len();
        self.numbers.insert(end, number);
        self.values.push(values);
        number
    }
}

/// One number does; leads that nothing is written of need not be told apart.
impl Hash for End {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let rule = match self.outcome {
            Outcome::Decided(rule) => rule.index(),
            Outcome::FellOff(_) | Outcome::Circled(_) => 0,
        };
        let taker = match self.fate {
            Fate::Rep(rep) => 2 * rep.index(),
            Fate::Queue(queue) => 2 * queue.index() + 1,
            Fate::Kept | Fate::Rejected | Fate::Lost => 0,
        };
        state.write_u64((rule as u64) << 32 | taker as u64);
    }
}
