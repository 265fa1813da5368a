//! Why a search found nothing: which boxes a refutation needed.
//!
//! Whatever a search takes from a dimension it takes for a reason. A box without a way out is
//! explained by what took its ways: of each dimension the steps that took atoms outside of the box
//! (had they stayed, there would be a way out), and what in turn made those steps necessary. Steps
//! that took other things, or took them elsewhere, had no part in it.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::analysis::atoms::DimId;
use crate::analysis::sets::AtomSet;
use crate::analysis::solve::Problem;

/// The clauses that a refutation needed, and the levels whose tries it depends on.
#[derive(Clone, Default, Debug)]
pub struct Explanation {
    clauses: Vec<u64>,
    levels: Vec<u64>,
}

/// A box that was left one way out before the search began: what it took.
pub struct Forced<'a> {
    pub number: usize,
    pub dim: DimId,
    pub set: &'a AtomSet,
}

impl Explanation {
    pub fn add_clause(&mut self, clause: u32) {
        insert(&mut self.clauses, clause as usize);
    }

    pub fn add_level(&mut self, level: usize) {
        insert(&mut self.levels, level);
    }

    /// Takes a level out; false if it was not there.
    pub fn remove_level(&mut self, level: usize) -> bool {
        let Some(word) = self.levels.get_mut(level / 64) else { return false };
        let was_there = *word >> (level % 64) & 1 == 1;
        *word &= !(1 << (level % 64));
        was_there
    }

    pub fn add(&mut self, other: &Explanation) {
        for (words, more) in [(&mut self.clauses, &other.clauses), (&mut self.levels, &other.levels)] {
            words.resize(words.len().max(more.len()), 0);
            words.iter_mut().zip(more).for_each(|(word, more)| *word |= more);
        }
    }

    pub fn clauses(&self) -> impl Iterator<Item = u32> + '_ {
        let bits = |(index, word): (usize, &u64)| {
            let (index, word) = (index as u32 * 64, *word);
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index + bit)
        };
        self.clauses.iter().enumerate().flat_map(bits)
    }
}

fn insert(words: &mut Vec<u64>, bit: usize) {
    if words.len() <= bit / 64 {
        words.resize(bit / 64 + 1, 0);
    }
    words[bit / 64] |= 1 << (bit % 64);
}

/// The boxes with which a refutation began (`boxes`, and all that was forced in `whole` dimensions),
/// and those that had forced what it needed, in ascending order.
pub fn needed(problem: &Problem<'_>, forced: &[Forced<'_>], boxes: &[usize], whole: &[DimId]) -> Vec<usize> {
    let mut needed: BTreeSet<usize> = boxes.iter().copied().collect();
    let mut by_dim: FxHashMap<DimId, Vec<&AtomSet>> = FxHashMap::default();
    let watch = |by_dim: &mut FxHashMap<DimId, Vec<_>>, number: usize| {
        for &(dim, set) in problem.boxes.get(number) {
            by_dim.entry(dim).or_default().push(set);
        }
    };
    boxes.iter().for_each(|&number| watch(&mut by_dim, number));
    // What came later cannot have helped what came before, so once back along the steps is enough.
    for step in forced.iter().rev() {
        let took_a_way = |set: &&AtomSet| !step.set.is_subset(set);
        if whole.contains(&step.dim) || by_dim.get(&step.dim).is_some_and(|sets| sets.iter().any(took_a_way)) {
            needed.insert(step.number);
            watch(&mut by_dim, step.number);
        }
    }
    needed.into_iter().collect()
}
