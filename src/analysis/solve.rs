//! The complete search: is there a point in one box and outside many others?
//!
//! Each forbidden box is a clause: escape it in one of its dimensions. What is forced from the start is
//! taken first; then atoms that the boxes left do not tell apart are joined ([`join`](super::join)), and
//! the [`search`](super::search) tries and learns until it has a point or a refutation. The boxes that had
//! a part in a refutation are the reason why there is no point ([`reasons`](super::reasons)).
//!
//! ```text
//! inside  { country: DE AT CH }
//! outside { country: DE }, { country: AT, employees: 500… }, { employees: blank …499 }
//!
//! country ≠ DE forced; employees ≥ 500 forced; then country ≠ AT forced: CH with 500 employees.
//! ```

use std::collections::BTreeMap;

use crate::analysis::atoms::DimId;
use crate::analysis::reasons::{Forced, Reasons, needed};
use crate::analysis::search::{Outcome, Search};
use crate::analysis::sets::{AtomSet, Left};

/// A question: the sets to stay inside of, and the boxes to stay outside of.
pub struct Problem<'a> {
    /// The dimensions that matter, and what is left of them.
    pub start: &'a BTreeMap<DimId, AtomSet>,
    pub boxes: Boxes<'a>,
    /// Boxes judged and ways tried before the question is left open.
    pub most_nodes: usize,
}

/// Boxes one behind the other.
#[derive(Default)]
pub struct Boxes<'a> {
    sets: Vec<(DimId, &'a AtomSet)>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl<'a> Boxes<'a> {
    pub fn push(&mut self, sets: impl IntoIterator<Item = (DimId, &'a AtomSet)>) {
        self.sets.extend(sets);
        self.ends.push(self.sets.len());
    }

    pub fn get(&self, number: usize) -> &[(DimId, &'a AtomSet)] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.sets[start..self.ends[number]]
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The dimensions of all boxes; one as often as boxes restrict it.
    pub fn dims(&self) -> impl Iterator<Item = DimId> {
        self.sets.iter().map(|(dim, _)| *dim)
    }
}

/// What came out.
pub enum Solution<T> {
    Found(T),
    /// No point; the numbers of the boxes that were needed to know.
    Refuted(Vec<usize>),
    Open,
}

/// What a judge says of a box that is outside of all forbidden ones.
pub enum Judgement<T> {
    Fine(T),
    /// No lead has these atoms in these dimensions together.
    Impossible(Vec<DimId>),
    Open,
}

/// The budget of a question on which a verdict depends.
pub const MOST_NODES: usize = 30_000;

/// Searches a box outside the forbidden ones with which the judge is content.
pub fn solve<T>(
    problem: &Problem<'_>,
    judge: &mut dyn FnMut(&BTreeMap<DimId, AtomSet>) -> Judgement<T>,
) -> Solution<T> {
    if problem.start.values().any(AtomSet::is_empty) {
        return Solution::Refuted(Vec::new());
    }
    let shrunk = shrink(problem);
    if let Some(refuting) = shrunk.refuting {
        return Solution::Refuted(needed(problem, &shrunk.forced, &[refuting], &[]));
    }
    let Shrunk { left, boxes, numbers, forced, .. } = shrunk;
    if boxes.is_empty() {
        return match judge(&left) {
            Judgement::Fine(found) => Solution::Found(found),
            Judgement::Impossible(dims) => Solution::Refuted(needed(problem, &forced, &[], &dims)),
            Judgement::Open => Solution::Open,
        };
    }
    let mut search = Search::new(left, &boxes);
    match search.run(problem.most_nodes, judge) {
        Outcome::Found(found) => Solution::Found(found),
        Outcome::Open => Solution::Open,
        Outcome::Refuted(reasons) => Solution::Refuted(core(problem, &numbers, &forced, &reasons, &search.lemmas)),
    }
}

/// The numbers of the boxes that a refutation needed.
fn core(
    problem: &Problem<'_>,
    numbers: &[usize],
    forced: &[Forced<'_>],
    reasons: &Reasons,
    lemmas: &BTreeMap<u32, Vec<DimId>>,
) -> Vec<usize> {
    let (mut boxes, mut whole) = (Vec::new(), Vec::new());
    for clause in reasons.iter() {
        match lemmas.get(&clause) {
            None => boxes.push(numbers[clause as usize]),
            // It speaks of all that was left of its dimensions.
            Some(dims) => whole.extend(dims),
        }
    }
    needed(problem, forced, &boxes, &whole)
}

/// What is left of a question when all that is forced at once has been taken.
struct Shrunk<'a> {
    left: BTreeMap<DimId, AtomSet>,
    /// The boxes that can be escaped in several dimensions: these dimensions only, and their numbers.
    boxes: Boxes<'a>,
    numbers: Vec<usize>,
    forced: Vec<Forced<'a>>,
    /// A box without a way out.
    refuting: Option<usize>,
}

/// Takes what is forced before any atoms are joined, which most boxes are not worth.
fn shrink<'a>(problem: &Problem<'a>) -> Shrunk<'a> {
    let mut left: Vec<(DimId, Left)> = problem.start.iter().map(|(dim, set)| (*dim, Left::of(set))).collect();
    let mut places = vec![0; left.last().map_or(0, |(dim, _)| *dim as usize + 1)];
    left.iter().enumerate().for_each(|(place, (dim, _))| places[*dim as usize] = place);
    let mut alive: Vec<usize> = (0..problem.boxes.len()).collect();
    let mut forced = Vec::new();
    let (mut refuting, mut has_changed) = (None, true);
    while has_changed && refuting.is_none() {
        has_changed = false;
        alive.retain(|&number| {
            if refuting.is_some() {
                return true;
            }
            let (mut ways, mut way) = (0, None);
            for &(dim, set) in problem.boxes.get(number) {
                let place = places[dim as usize];
                if !left[place].1.meets(set) {
                    return false;
                }
                if !left[place].1.is_subset(set) {
                    ways += 1;
                    way = Some((place, dim, set));
                }
            }
            if ways > 1 {
                return true;
            }
            has_changed = true;
            match way {
                None => refuting = Some(number),
                Some((place, dim, set)) => {
                    left[place].1.take(set);
                    forced.push(Forced { number, dim, set });
                }
            }
            false
        });
    }
    let mut boxes = Boxes::default();
    for &number in &alive {
        let is_way = |(dim, set): &&(DimId, &AtomSet)| !left[places[*dim as usize]].1.is_subset(set);
        boxes.push(problem.boxes.get(number).iter().filter(is_way).copied());
    }
    let left = left.into_iter().map(|(dim, left)| (dim, left.into_set())).collect();
    Shrunk { left, boxes, numbers: alive, forced, refuting }
}
