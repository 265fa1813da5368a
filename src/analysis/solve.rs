//! The complete search: is there a point in one box and outside many others?
//!
//! Each forbidden box is a clause: escape it in one of its dimensions. The search is that of Davis,
//! Putnam, Logemann & Loveland (1962) over finite domains: a box with one dimension left to escape
//! by forces it (unit propagation); else the box with the fewest ways out is taken, and its ways are
//! tried one after the other, each later one knowing that the earlier ones failed. A box with no way
//! out refutes the branch. Every box that forced, branched or refuted is remembered: together they
//! are the reason if there is no point.
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
    let numbers = |used: &[bool]| (0..used.len()).filter(|&number| used[number]).collect();
    if shrunk.is_refuted {
        return Solution::Refuted(numbers(&shrunk.used));
    }
    let mut search = Search::new(problem, shrunk);
    let all: Vec<u32> = (0..search.clauses.len() as u32).collect();
    let outcome = match search.propagate_all() {
        false => Outcome::Dead,
        true => search.branch(&all, judge),
    };
    match outcome {
        Outcome::Found(found) => Solution::Found(found),
        Outcome::Open => Solution::Open,
        Outcome::Dead if search.met_open => Solution::Open,
        Outcome::Dead => Solution::Refuted(numbers(&search.used)),
    }
}

/// What is left of a question when all that is forced at once has been taken.
struct Shrunk<'a> {
    left: BTreeMap<DimId, AtomSet>,
    /// The boxes that can be escaped in several dimensions: these dimensions only, and their numbers.
    boxes: Boxes<'a>,
    numbers: Vec<usize>,
    used: Vec<bool>,
    is_refuted: bool,
}

/// Takes what is forced before any atoms are joined, which most boxes are not worth.
fn shrink<'a>(problem: &Problem<'a>) -> Shrunk<'a> {
    let mut left: Vec<(DimId, Left)> = problem.start.iter().map(|(dim, set)| (*dim, Left::of(set))).collect();
    let mut places = vec![0; left.last().map_or(0, |(dim, _)| *dim as usize + 1)];
    left.iter().enumerate().for_each(|(place, (dim, _))| places[*dim as usize] = place);
    let mut used = vec![false; problem.boxes.len()];
    let mut alive: Vec<usize> = (0..problem.boxes.len()).collect();
    let (mut is_refuted, mut has_changed) = (false, true);
    while has_changed && !is_refuted {
        has_changed = false;
        alive.retain(|&number| {
            if is_refuted {
                return true;
            }
            let (mut ways, mut way) = (0, None);
            for (dim, set) in problem.boxes.get(number) {
                let place = places[*dim as usize];
                if !left[place].1.meets(set) {
                    return false;
                }
                if !left[place].1.is_subset(set) {
                    ways += 1;
                    way = Some((place, *set));
                }
            }
            if ways > 1 {
                return true;
            }
            used[number] = true;
            has_changed = true;
            is_refuted |= way.is_none();
            if let Some((place, set)) = way {
                left[place].1.take(set);
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
    Shrunk { left, boxes, numbers: alive, used, is_refuted }
}

enum Outcome<T> {
    Found(T),
    Dead,
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
    /// The words of the clauses' sets.
    pool: Vec<u64>,
    /// For each dimension the clauses that can be escaped by it.
    occurrences: Vec<Vec<u32>>,
    used: Vec<bool>,
    /// How often a clause had no way out: those that did are taken first (Boussemart et al. 2004).
    weights: Vec<u32>,
    /// What `left` was before, to go back to.
    trail: Vec<(u32, Box<[u64]>)>,
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
            pool: Vec::new(),
            occurrences: Vec::new(),
            used: shrunk.used,
            weights: vec![1; shrunk.boxes.len()],
            trail: Vec::new(),
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
        self.dims.push(Local { id, offset, words, named: joined.named, others: joined.others });
    }

    /// Propagates from every clause; false if one has no way out.
    fn propagate_all(&mut self) -> bool {
        let mut changed = Vec::new();
        for clause in 0..self.clauses.len() as u32 {
            if !self.check(clause, &mut changed) {
                return false;
            }
        }
        self.propagate(changed)
    }

    fn propagate(&mut self, mut changed: Vec<u32>) -> bool {
        while let Some(dim) = changed.pop() {
            for index in 0..self.occurrences[dim as usize].len() {
                let clause = self.occurrences[dim as usize][index];
                if !self.check(clause, &mut changed) {
                    return false;
                }
            }
        }
        true
    }

    /// Takes the only way out of a clause, if there is only one; false if there is none.
    fn check(&mut self, clause: u32, changed: &mut Vec<u32>) -> bool {
        self.steps += 1;
        match self.status(clause) {
            Status::Escaped | Status::Ways(2.., _) => true,
            Status::Ways(0, _) => {
                self.mark_used(clause);
                self.weights[clause as usize] += 1;
                false
            }
            Status::Ways(_, escape) => {
                self.mark_used(clause);
                self.restrict(escape, false);
                if !changed.contains(&escape.dim) {
                    changed.push(escape.dim);
                }
                true
            }
        }
    }

    fn mark_used(&mut self, clause: u32) {
        if let Some(&number) = self.numbers.get(clause as usize) {
            self.used[number] = true;
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
    fn restrict(&mut self, escape: Escape, inside: bool) {
        let (offset, words) = (self.dims[escape.dim as usize].offset, self.dims[escape.dim as usize].words);
        self.trail.push((escape.dim, self.left[offset..offset + words].into()));
        for index in 0..words {
            let set = self.pool[escape.set as usize + index];
            self.left[offset + index] &= if inside { set } else { !set };
        }
    }

    fn go_back(&mut self, to: usize) {
        while self.trail.len() > to {
            if let Some((dim, words)) = self.trail.pop() {
                let offset = self.dims[dim as usize].offset;
                self.left[offset..offset + words.len()].copy_from_slice(&words);
            }
        }
    }

    /// `alive`: clauses that were not escaped one level up.
    fn branch<T>(
        &mut self,
        alive: &[u32],
        judge: &mut dyn FnMut(&BTreeMap<DimId, AtomSet>) -> Judgement<T>,
    ) -> Outcome<T> {
        self.nodes += 1;
        self.steps += alive.len();
        if self.nodes > self.problem.most_nodes || self.steps > MOST_STEPS {
            return Outcome::Open;
        }
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
        let Some((_, clause)) = fewest else { return self.judge(judge) };
        let level = self.trail.len();
        for escape in self.ways(clause) {
            let before = self.trail.len();
            self.restrict(escape, false);
            if self.propagate(vec![escape.dim]) {
                match self.branch(&still, judge) {
                    Outcome::Dead => {}
                    done => return done,
                }
            }
            self.go_back(before);
            // The way failed: from now on it is not taken.
            self.restrict(escape, true);
            if !self.propagate(vec![escape.dim]) {
                break;
            }
        }
        self.mark_used(clause);
        self.go_back(level);
        Outcome::Dead
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

    fn judge<T>(&mut self, judge: &mut dyn FnMut(&BTreeMap<DimId, AtomSet>) -> Judgement<T>) -> Outcome<T> {
        let mut sets = self.start.clone();
        for (index, dim) in self.dims.iter().enumerate() {
            sets.insert(dim.id, self.left_of(index));
        }
        match judge(&sets) {
            Judgement::Fine(found) => Outcome::Found(found),
            Judgement::Open => {
                // Not judged counts as refuted here, and the whole is then left open at best.
                self.met_open = true;
                Outcome::Dead
            }
            Judgement::Impossible(dims) => {
                self.learn(&dims);
                Outcome::Dead
            }
        }
    }

    /// Remembers that what is left of these dimensions has no lead.
    fn learn(&mut self, dims: &[DimId]) {
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
        self.weights.push(1);
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
