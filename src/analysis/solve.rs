//! The complete search: is there a point in one box and outside many others?
//!
//! Each forbidden box is a clause: escape it in one of its dimensions. The search is that of Davis,
//! Putnam, Logemann & Loveland (1962) over finite domains: a box with one dimension left to escape
//! by forces it (unit propagation); else the box with the fewest ways out is taken, and its ways are
//! tried one after the other, each later one knowing that the earlier ones failed. A box with no way
//! out refutes the branch. What took its ways is traced back ([`explain`](super::explain)): if the
//! way last tried had no part in it, the others of that box are not tried at all (conflict-directed
//! backjumping, Prosser 1993), and the boxes that had a part in the last refutation are the reason if
//! there is no point.
//!
//! Atoms that the boxes of this question do not tell apart are joined first, so that sets are a
//! machine word or two.
//!
//! ```text
//! inside  { country: DE AT CH }
//! outside { country: DE }, { country: AT, employees: 500… }, { employees: blank …499 }
//!
//! country ≠ DE forced; employees ≥ 500 forced; then country ≠ AT forced: CH with 500 employees.
//! ```

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::atoms::DimId;
use crate::analysis::explain::{Explanation, Forced, needed};
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

/// Looks at a box in any one search before its question is left open. A node costs as many looks as
/// there are boxes, so the nodes alone would let a thousand hard questions take hours.
const MOST_STEPS: usize = 2_000_000;

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
    let mut search = Search::new(problem, shrunk);
    let all: Vec<u32> = (0..search.clauses.len() as u32).collect();
    let outcome = match search.propagate_all() {
        Err(clause) => Outcome::Dead(search.explain(clause)),
        Ok(()) => search.branch(&all, 0, judge),
    };
    match outcome {
        Outcome::Found(found) => Solution::Found(found),
        Outcome::Open => Solution::Open,
        Outcome::Dead(_) if search.met_open => Solution::Open,
        Outcome::Dead(explanation) => Solution::Refuted(search.core(&explanation)),
    }
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

enum Outcome<T> {
    Found(T),
    Dead(Explanation),
    Open,
}

struct Search<'a> {
    problem: &'a Problem<'a>,
    start: BTreeMap<DimId, AtomSet>,
    /// The number of each given clause's box.
    numbers: Vec<usize>,
    dims: Vec<Local>,
    /// What is left of each dimension, all in one row of words.
    left: Vec<u64>,
    clauses: Vec<Vec<Escape>>,
    /// The dimensions that each clause learned since then speaks of.
    learned: Vec<Vec<DimId>>,
    /// The words of the clauses' sets.
    pool: Vec<u64>,
    /// For each dimension the clauses that can be escaped by it.
    occurrences: Vec<Vec<u32>>,
    forced: Vec<Forced<'a>>,
    /// How often a clause had no way out: those that did are taken first (Boussemart et al. 2004).
    weights: Vec<u32>,
    /// What was taken from `left`, to go back and to explain.
    trail: Vec<Step>,
    /// For each dimension the places of its steps on the trail.
    steps_of: Vec<Vec<u32>>,
    nodes: usize,
    steps: usize,
    met_open: bool,
}

/// A dimension, its atoms joined to those that this question tells apart.
struct Local {
    id: DimId,
    offset: usize,
    words: usize,
    /// The joined atom of each atom that a box names; all others are the joined atom `others`.
    named: Vec<(u32, u32)>,
    others: Option<u32>,
}

#[derive(Clone, Copy)]
struct Escape {
    dim: u32,
    set: u32,
}

/// Something that was taken from a dimension.
struct Step {
    dim: u32,
    removed: Box<[u64]>,
    reason: Reason,
}

enum Reason {
    /// The only way out of the clause.
    Clause(u32),
    /// A way tried at a level of the search.
    Tried(usize),
    /// A way that failed, for these reasons.
    Failed(Explanation),
}

enum Status {
    Escaped,
    Ways(usize, Escape),
}

impl<'a> Search<'a> {
    fn new(problem: &'a Problem<'a>, shrunk: Shrunk<'a>) -> Search<'a> {
        let mut search = Search {
            problem,
            start: shrunk.left,
            numbers: shrunk.numbers,
            dims: Vec::new(),
            left: Vec::new(),
            clauses: vec![Vec::new(); shrunk.boxes.len()],
            learned: Vec::new(),
            pool: Vec::new(),
            occurrences: Vec::new(),
            forced: shrunk.forced,
            weights: vec![1; shrunk.boxes.len()],
            trail: Vec::new(),
            steps_of: Vec::new(),
            nodes: 0,
            steps: 0,
            met_open: false,
        };
        let mut by_dim: BTreeMap<DimId, Vec<(usize, &AtomSet)>> = BTreeMap::new();
        for clause in 0..shrunk.boxes.len() {
            for (dim, set) in shrunk.boxes.get(clause) {
                by_dim.entry(*dim).or_default().push((clause, set));
            }
        }
        for (dim, sets) in by_dim {
            search.add_dim(dim, &sets);
        }
        search
    }

    fn add_dim(&mut self, id: DimId, sets: &[(usize, &AtomSet)]) {
        let index = self.dims.len() as u32;
        let start = &self.start[&id];
        // Boxes share their sets, so where a set is kept tells which it is.
        let mut distinct: FxHashMap<*const AtomSet, u32> = FxHashMap::default();
        let mut kinds: Vec<&AtomSet> = Vec::new();
        for &(_, set) in sets {
            distinct.entry(std::ptr::from_ref(set)).or_insert_with(|| {
                kinds.push(set);
                kinds.len() as u32 - 1
            });
        }
        let joined = join_atoms(start, &kinds);
        let words = (joined.count as usize).div_ceil(64).max(1);
        let offset = self.left.len();
        let mut left = vec![0; words];
        (0..joined.count).for_each(|atom| left[atom as usize / 64] |= 1 << (atom % 64));
        self.left.extend(left);
        let pool = self.pool.len() as u32;
        for atoms in &joined.members {
            let mut set = vec![0u64; words];
            atoms.iter().for_each(|&atom| set[atom as usize / 64] |= 1 << (atom % 64));
            self.pool.extend(set);
        }
        let mut occurs = Vec::with_capacity(sets.len());
        for (clause, set) in sets {
            self.clauses[*clause]
                .push(Escape { dim: index, set: pool + distinct[&std::ptr::from_ref(*set)] * words as u32 });
            occurs.push(*clause as u32);
        }
        self.occurrences.push(occurs);
        self.steps_of.push(Vec::new());
        self.dims.push(Local { id, offset, words, named: joined.named, others: joined.others });
    }

    /// Propagates from every clause; the clause that has no way out, if there is one.
    fn propagate_all(&mut self) -> Result<(), u32> {
        let mut changed = Vec::new();
        for clause in 0..self.clauses.len() as u32 {
            self.check(clause, &mut changed)?;
        }
        self.propagate(changed)
    }

    fn propagate(&mut self, mut changed: Vec<u32>) -> Result<(), u32> {
        while let Some(dim) = changed.pop() {
            for index in 0..self.occurrences[dim as usize].len() {
                let clause = self.occurrences[dim as usize][index];
                self.check(clause, &mut changed)?;
            }
        }
        Ok(())
    }

    /// Takes the only way out of a clause, if there is only one; the clause, if there is none.
    fn check(&mut self, clause: u32, changed: &mut Vec<u32>) -> Result<(), u32> {
        self.steps += 1;
        match self.status(clause) {
            Status::Escaped | Status::Ways(2.., _) => Ok(()),
            Status::Ways(0, _) => {
                self.weights[clause as usize] += 1;
                Err(clause)
            }
            Status::Ways(_, escape) => {
                self.restrict(escape, false, Reason::Clause(clause));
                if !changed.contains(&escape.dim) {
                    changed.push(escape.dim);
                }
                Ok(())
            }
        }
    }

    fn status(&self, clause: u32) -> Status {
        let mut ways = 0;
        let mut way = Escape { dim: 0, set: 0 };
        for escape in &self.clauses[clause as usize] {
            let (left, set) = self.words(*escape);
            let (mut meets, mut leaves) = (false, false);
            for (left, set) in left.iter().zip(set) {
                meets |= left & set != 0;
                leaves |= left & !set != 0;
            }
            if !meets {
                return Status::Escaped;
            }
            if leaves {
                ways += 1;
                way = *escape;
            }
        }
        Status::Ways(ways, way)
    }

    fn words(&self, escape: Escape) -> (&[u64], &[u64]) {
        let dim = &self.dims[escape.dim as usize];
        let left = &self.left[dim.offset..dim.offset + dim.words];
        let set = &self.pool[escape.set as usize..escape.set as usize + dim.words];
        (left, set)
    }

    /// Keeps of a dimension what is inside of the set, or what is outside.
    fn restrict(&mut self, escape: Escape, inside: bool, reason: Reason) {
        let (offset, words) = (self.dims[escape.dim as usize].offset, self.dims[escape.dim as usize].words);
        let mut removed = vec![0; words].into_boxed_slice();
        for (index, removed) in removed.iter_mut().enumerate() {
            let set = self.pool[escape.set as usize + index];
            let left = &mut self.left[offset + index];
            *removed = *left & if inside { !set } else { set };
            *left &= !*removed;
        }
        self.steps_of[escape.dim as usize].push(self.trail.len() as u32);
        self.trail.push(Step { dim: escape.dim, removed, reason });
    }

    fn go_back(&mut self, to: usize) {
        while self.trail.len() > to {
            if let Some(step) = self.trail.pop() {
                let offset = self.dims[step.dim as usize].offset;
                self.left[offset..].iter_mut().zip(&step.removed).for_each(|(left, removed)| *left |= removed);
                self.steps_of[step.dim as usize].pop();
            }
        }
    }

    /// Why a clause has no way out.
    fn explain(&self, clause: u32) -> Explanation {
        let mut explanation = Explanation::default();
        explanation.add_clause(clause);
        let mut is_needed = vec![false; self.trail.len()];
        self.need(clause, None, self.trail.len(), &mut is_needed);
        for place in (0..self.trail.len()).rev() {
            if !is_needed[place] {
                continue;
            }
            match &self.trail[place].reason {
                Reason::Clause(clause) => {
                    explanation.add_clause(*clause);
                    self.need(*clause, Some(self.trail[place].dim), place, &mut is_needed);
                }
                Reason::Tried(level) => explanation.add_level(*level),
                Reason::Failed(why) => explanation.add(why),
            }
        }
        explanation
    }

    /// Marks the steps before a place that took ways out of a clause, but for those in one dimension.
    fn need(&self, clause: u32, except: Option<u32>, before: usize, is_needed: &mut [bool]) {
        for escape in self.clauses[clause as usize].iter().filter(|escape| Some(escape.dim) != except) {
            let set = &self.pool[escape.set as usize..];
            for &place in self.steps_of[escape.dim as usize].iter().take_while(|place| (**place as usize) < before) {
                let removed = &self.trail[place as usize].removed;
                is_needed[place as usize] |= removed.iter().zip(set).any(|(removed, set)| removed & !set != 0);
            }
        }
    }

    /// The numbers of the boxes that a refutation needed.
    fn core(&self, explanation: &Explanation) -> Vec<usize> {
        let mut boxes = Vec::new();
        let mut whole = Vec::new();
        for clause in explanation.clauses() {
            match self.numbers.get(clause as usize) {
                Some(number) => boxes.push(*number),
                // What was learned speaks of all that was left of its dimensions.
                None => whole.extend(&self.learned[clause as usize - self.numbers.len()]),
            }
        }
        needed(self.problem, &self.forced, &boxes, &whole)
    }

    /// `alive`: clauses that were not escaped one level up.
    fn branch<T>(
        &mut self,
        alive: &[u32],
        level: usize,
        judge: &mut dyn FnMut(&BTreeMap<DimId, AtomSet>) -> Judgement<T>,
    ) -> Outcome<T> {
        self.nodes += 1;
        self.steps += alive.len();
        if self.nodes > self.problem.most_nodes || self.steps > MOST_STEPS {
            return Outcome::Open;
        }
        let (still, chosen) = self.choose(alive);
        let Some(clause) = chosen else { return self.judge(level, judge) };
        let start = self.trail.len();
        for escape in self.ways(clause) {
            // Since the ways were listed, what the failed ones forced may have taken this one.
            let (left, set) = self.words(escape);
            if left.iter().zip(set).all(|(left, set)| left & !set == 0) {
                continue;
            }
            let before = self.trail.len();
            self.restrict(escape, false, Reason::Tried(level));
            let outcome = match self.propagate(vec![escape.dim]) {
                Err(clause) => Outcome::Dead(self.explain(clause)),
                Ok(()) => self.branch(&still, level + 1, judge),
            };
            let Outcome::Dead(mut why) = outcome else { return outcome };
            self.go_back(before);
            if !why.remove_level(level) {
                // The way had no part in it, so no other way helps.
                self.go_back(start);
                return Outcome::Dead(why);
            }
            // The way failed: from now on it is not taken.
            self.restrict(escape, true, Reason::Failed(why));
            if let Err(clause) = self.propagate(vec![escape.dim]) {
                let why = self.explain(clause);
                self.go_back(start);
                return Outcome::Dead(why);
            }
        }
        let why = self.explain(clause);
        self.go_back(start);
        Outcome::Dead(why)
    }

    /// The clauses that are not escaped, and the one to branch on: few ways out, and often without any.
    fn choose(&self, alive: &[u32]) -> (Vec<u32>, Option<u32>) {
        let mut still: Vec<u32> = Vec::new();
        let mut fewest: Option<(f64, u32)> = None;
        // Clauses learned since then are alive too.
        let given = self.numbers.len() as u32;
        let learned = given..self.clauses.len() as u32;
        for clause in alive.iter().copied().filter(|&clause| clause < given).chain(learned) {
            if let Status::Ways(ways, _) = self.status(clause) {
                still.push(clause);
                let cost = ways as f64 / f64::from(self.weights[clause as usize]);
                if fewest.is_none_or(|(known, _)| cost < known) {
                    fewest = Some((cost, clause));
                }
            }
        }
        (still, fewest.map(|(_, clause)| clause))
    }

    /// The ways out of a clause; those that leave most of their dimension come first.
    fn ways(&self, clause: u32) -> Vec<Escape> {
        let mut ways: Vec<(u32, Escape)> = Vec::new();
        for escape in &self.clauses[clause as usize] {
            let (left, set) = self.words(*escape);
            let count = |words: &mut dyn Iterator<Item = u64>| words.map(u64::count_ones).sum::<u32>();
            let leaves = count(&mut left.iter().zip(set).map(|(left, set)| left & !set));
            if leaves > 0 {
                let share = leaves * 1000 / count(&mut left.iter().copied());
                ways.push((1000 - share, *escape));
            }
        }
        ways.sort_by_key(|(lost, escape)| (*lost, escape.dim));
        ways.into_iter().map(|(_, escape)| escape).collect()
    }

    fn judge<T>(
        &mut self,
        level: usize,
        judge: &mut dyn FnMut(&BTreeMap<DimId, AtomSet>) -> Judgement<T>,
    ) -> Outcome<T> {
        let mut sets = self.start.clone();
        for (index, dim) in self.dims.iter().enumerate() {
            sets.insert(dim.id, self.left_of(index));
        }
        match judge(&sets) {
            Judgement::Fine(found) => Outcome::Found(found),
            Judgement::Open => {
                // Not judged counts as refuted by all that was tried, and the whole is then left open at best.
                self.met_open = true;
                let mut why = Explanation::default();
                (0..level).for_each(|level| why.add_level(level));
                Outcome::Dead(why)
            }
            Judgement::Impossible(dims) => Outcome::Dead(self.learn(&dims)),
        }
    }

    /// Remembers that what is left of these dimensions has no lead.
    fn learn(&mut self, dims: &[DimId]) -> Explanation {
        let clause = self.clauses.len() as u32;
        let mut escapes = Vec::new();
        for index in 0..self.dims.len() {
            if dims.contains(&self.dims[index].id) {
                let (offset, words) = (self.dims[index].offset, self.dims[index].words);
                let set = self.pool.len() as u32;
                self.pool.extend_from_slice(&self.left[offset..offset + words]);
                escapes.push(Escape { dim: index as u32, set });
                self.occurrences[index].push(clause);
            }
        }
        self.clauses.push(escapes);
        self.learned.push(dims.to_vec());
        self.weights.push(1);
        self.explain(clause)
    }

    /// The model's atoms that are left in a dimension.
    fn left_of(&self, index: usize) -> AtomSet {
        let dim = &self.dims[index];
        let start = &self.start[&dim.id];
        let is_left = |joined: u32| self.left[dim.offset + joined as usize / 64] >> (joined % 64) & 1 == 1;
        let kept = dim.named.iter().filter(|(_, joined)| is_left(*joined)).map(|(atom, _)| *atom);
        if dim.others.is_some_and(is_left) {
            let gone = dim.named.iter().filter(|(_, joined)| !is_left(*joined)).map(|(atom, _)| *atom);
            start.minus(&AtomSet::of(start.universe(), gone))
        } else {
            AtomSet::of(start.universe(), kept)
        }
    }
}

/// Atoms of one dimension, those joined that no set tells apart.
struct Joined {
    count: u32,
    named: Vec<(u32, u32)>,
    others: Option<u32>,
    /// The joined atoms of each set.
    members: Vec<Vec<u32>>,
}

fn join_atoms(start: &AtomSet, sets: &[&AtomSet]) -> Joined {
    let mut signs = Signs::new(start.universe());
    let mut base = 0u128;
    let whole = start.len();
    for (index, set) in sets.iter().enumerate() {
        let sign = spread(index as u64);
        let inside = start.intersect(set);
        let atoms = if inside.len() * 2 > whole {
            base ^= sign;
            start.minus(set)
        } else {
            inside
        };
        atoms.iter().for_each(|atom| signs.turn(atom, sign));
    }
    let signs = signs.finish();
    let mut numbers: FxHashMap<u128, u32> = FxHashMap::default();
    let mut named = Vec::with_capacity(signs.len());
    for (atom, sign) in &signs {
        let next = numbers.len() as u32;
        named.push((*atom, *numbers.entry(sign ^ base).or_insert(next)));
    }
    let has_others = signs.len() < whole;
    let next = numbers.len() as u32;
    let others = has_others.then(|| *numbers.entry(base).or_insert(next));
    let mut first: Vec<Option<u32>> = vec![None; numbers.len()];
    named.iter().rev().for_each(|(atom, joined)| first[*joined as usize] = Some(*atom));
    if let Some(others) = others
        && first[others as usize].is_none()
    {
        first[others as usize] = start.iter().find(|atom| signs.binary_search_by_key(atom, |(atom, _)| *atom).is_err());
    }
    let members = sets
        .iter()
        .map(|set| {
            let is_in = |joined: &u32| first[*joined as usize].is_some_and(|atom| set.contains(atom));
            (0..numbers.len() as u32).filter(is_in).collect()
        })
        .collect();
    Joined { count: numbers.len() as u32, named, others, members }
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
