//! Why a search found nothing: which boxes a refutation needed.
//!
//! Whatever is taken from a dimension is taken for a reason. A box without a way out is explained by what
//! took its ways: of each dimension the steps that took atoms outside of the box (had they stayed, there
//! would be a way out), and what in turn made those steps necessary. Steps that took other things, or took
//! them elsewhere, had no part in it.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::analysis::atoms::DimId;
use crate::analysis::sets::AtomSet;
use crate::analysis::solve::Problem;

/// The clauses that a lesson was drawn from.
#[derive(Clone, Default, Debug)]
pub struct Reasons(Vec<u64>);

/// A box that was left one way out before the search began: what it took.
pub struct Forced<'a> {
    pub number: usize,
    pub dim: DimId,
    pub set: &'a AtomSet,
}

impl Reasons {
    pub fn add(&mut self, clause: u32) {
        let place = clause as usize / 64;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] |= 1 << (clause % 64);
    }

    pub fn add_all(&mut self, other: &Reasons) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let bits = |(index, word): (usize, &u64)| {
            let (index, word) = (index as u32 * 64, *word);
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
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
