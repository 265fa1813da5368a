//! Atoms joined that a question does not tell apart, so that its sets are a machine word or two.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::sets::AtomSet;

/// The atoms of one dimension, those joined that no set tells apart.
pub struct Joined {
    pub count: u32,
    /// The joined atoms of each different set.
    pub members: Vec<Vec<u32>>,
    /// The joined atom of each atom that a set names; all others are the joined atom `others`.
    named: Vec<(u32, u32)>,
    others: Option<u32>,
}

/// Joins the atoms of `start` by sets; for each set the number of its `members`.
pub fn join_atoms<'a>(start: &AtomSet, sets: impl Iterator<Item = &'a AtomSet>) -> (Joined, Vec<u32>) {
    // Boxes share their sets, so where a set is kept tells which it is.
    let mut numbers: FxHashMap<*const AtomSet, u32> = FxHashMap::default();
    let mut kinds: Vec<&AtomSet> = Vec::new();
    let mut of = Vec::new();
    for set in sets {
        of.push(*numbers.entry(std::ptr::from_ref(set)).or_insert_with(|| {
            kinds.push(set);
            kinds.len() as u32 - 1
        }));
    }
    (Joined::by(start, &kinds), of)
}

impl Joined {
    fn by(start: &AtomSet, sets: &[&AtomSet]) -> Joined {
        let (signs, of_others) = fingerprints(start, sets);
        let has_others = signs.len() < start.len();
        let mut numbers: FxHashMap<u128, u32> = FxHashMap::default();
        let mut number = |sign: u128| {
            let next = numbers.len() as u32;
            *numbers.entry(sign).or_insert(next)
        };
        let named: Vec<(u32, u32)> = signs.iter().map(|(atom, sign)| (*atom, number(sign ^ of_others))).collect();
        let others = has_others.then(|| number(of_others));
        let count = numbers.len() as u32;
        // One atom of each, which is in the sets that all of it is in.
        let mut first: Vec<Option<u32>> = vec![None; count as usize];
        named.iter().rev().for_each(|(atom, joined)| first[*joined as usize] = Some(*atom));
        if let Some(others) = others
            && first[others as usize].is_none()
        {
            first[others as usize] =
                start.iter().find(|atom| named.binary_search_by_key(atom, |(atom, _)| *atom).is_err());
        }
        let is_in = |set: &AtomSet, joined: u32| first[joined as usize].is_some_and(|atom| set.contains(atom));
        let members = sets.iter().map(|set| (0..count).filter(|&joined| is_in(set, joined)).collect()).collect();
        Joined { count, members, named, others }
    }

    /// The atoms of `start` of which the joined atom is left.
    pub fn apart(&self, start: &AtomSet, is_left: &dyn Fn(u32) -> bool) -> AtomSet {
        let of = |left: bool| {
            let named = self.named.iter().filter(move |(_, joined)| is_left(*joined) == left);
            AtomSet::of(start.universe(), named.map(|(atom, _)| *atom))
        };
        if self.others.is_some_and(is_left) { start.minus(&of(false)) } else { of(true) }
    }
}

/// For each atom that a set tells from most others the fingerprint of the sets it is in, and that of all others.
fn fingerprints(start: &AtomSet, sets: &[&AtomSet]) -> (Vec<(u32, u128)>, u128) {
    let mut signs = Signs::new(start.universe());
    let mut of_others = 0u128;
    let whole = start.len();
    for (index, set) in sets.iter().enumerate() {
        let sign = spread(index as u64);
        let inside = start.intersect(set);
        let few = if inside.len() * 2 > whole {
            of_others ^= sign;
            start.minus(set)
        } else {
            inside
        };
        few.iter().for_each(|atom| signs.turn(atom, sign));
    }
    (signs.finish(), of_others)
}

/// For each atom in some sets the fingerprint of the sets it is in.
enum Signs {
    /// By atom, where there are few.
    All(Vec<Option<u128>>),
    Some(BTreeMap<u32, u128>),
}

/// Dimensions with more atoms than this are not gone through whole.
const MOST_ATOMS: u32 = 512;

impl Signs {
    fn new(universe: u32) -> Signs {
        if universe <= MOST_ATOMS { Signs::All(vec![None; universe as usize]) } else { Signs::Some(BTreeMap::new()) }
    }

    fn turn(&mut self, atom: u32, sign: u128) {
        match self {
            Signs::All(signs) => *signs[atom as usize].get_or_insert(0) ^= sign,
            Signs::Some(signs) => *signs.entry(atom).or_insert(0) ^= sign,
        }
    }

    /// In ascending order of the atoms.
    fn finish(self) -> Vec<(u32, u128)> {
        match self {
            Signs::All(signs) => (0..).zip(signs).filter_map(|(atom, sign)| Some((atom, sign?))).collect(),
            Signs::Some(signs) => signs.into_iter().collect(),
        }
    }
}

/// A fingerprint for the n-th set (SplitMix64, twice).
fn spread(index: u64) -> u128 {
    let scatter = |mut bits: u64| {
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    };
    let step = 0x9e37_79b9_7f4a_7c15u64;
    let low = scatter((2 * index + 1).wrapping_mul(step));
    let high = scatter((2 * index + 2).wrapping_mul(step));
    u128::from(high) << 64 | u128::from(low)
}
