//! The search proper: one decision after the other, and a lesson from every dead end.
//!
//! A clause is a box to escape in one of its dimensions. One with a single way out forces it; else the
//! clause with the fewest ways out is taken, and its likeliest way tried. Where a clause has no way out, the
//! steps that took its ways are looked at from the last one back. A step that some clause forced gives way
//! to that clause's reasons:
//!
//! ```text
//! { country: DE AT, size: small } has no way out, and `size` was made small to escape
//! { country: DE,    size: large }: so
//! { country: DE } is a box without a lead, too.
//! ```
//!
//! In the dimension of the step the two boxes are joined, in all others intersected (the resolution of boxes,
//! as in Abo Khamis, Ngo, Ré & Rudra, *Joins via geometric resolutions*, 2016). As soon as all that the box
//! still owes to the last decision is in one dimension it is a clause that would have forced something
//! else before that decision: it is learned, and the search goes on from there (Marques-Silva & Sakallah 1999).
//! A clause knows the given boxes it was learned from; those of the last one are the reason if there is no point.
//!
//! Two dimensions of each clause are watched: as long as it has ways out in both, nothing follows from it
//! (Moskewicz et al. 2001).

use std::collections::BTreeMap;

use crate::analysis::atoms::DimId;
use crate::analysis::join::{Joined, join_atoms};
use crate::analysis::reasons::Reasons;
use crate::analysis::sets::AtomSet;
use crate::analysis::solve::{Boxes, Judgement};

/// What came of a search.
pub enum Outcome<T> {
    Found(T),
    /// No point; what the proof needed.
    Refuted(Reasons),
    Open,
}

/// Looks at a clause in any one search before its question is left open. A node costs as many looks as
/// there are boxes, so the nodes alone would let a thousand hard questions take hours.
const MOST_LOOKS: usize = 2_000_000;

pub struct Search {
    start: BTreeMap<DimId, AtomSet>,
    dims: Vec<Local>,
    /// What is left of each dimension, all in one row of words; and what was at the start.
    left: Vec<u64>,
    whole: Vec<u64>,
    clauses: Vec<Clause>,
    /// The words of the clauses' sets.
    pool: Vec<u64>,
    /// For each dimension the clauses that watch it.
    watchers: Vec<Vec<u32>>,
    trail: Vec<Step>,
    /// The words that steps took, in the order of the trail.
    taken: Vec<u64>,
    /// Steps that were not followed up yet begin here.
    fresh: usize,
    /// Where the steps of each level begin. Before the first decision is level 0.
    levels: Vec<usize>,
    /// For each level the given clauses that were not escaped before its decision.
    alive: Vec<Vec<u32>>,
    /// Dimensions that have no lead as they were left: clauses of their own, by their number.
    pub lemmas: BTreeMap<u32, Vec<DimId>>,
    met_open: bool,
    nodes: usize,
    looks: usize,
}

/// A dimension, its atoms joined to those that this question tells apart.
struct Local {
    id: DimId,
    offset: usize,
    words: usize,
    joined: Joined,
}

struct Clause {
    /// The first two are watched.
    escapes: Vec<Escape>,
    /// How often it had a part in a dead end: those that did are taken first (Boussemart et al. 2004).
    weight: u32,
    /// What it was learned from; `None` if it was given or is a lemma.
    learned_from: Option<Reasons>,
}

#[derive(Clone, Copy)]
struct Escape {
    dim: u32,
    set: u32,
}

/// Something that was taken from a dimension.
struct Step {
    dim: u32,
    /// Where its words begin.
    taken: usize,
    level: u32,
    /// The clause that had no other way out; none for a decision.
    because: Option<u32>,
}

/// A box without a lead, while it is worked out: all words of all dimensions.
struct Lesson {
    sets: Vec<u64>,
    from: Reasons,
}

impl Search {
    /// A search outside of boxes, each of which leaves several ways out.
    pub fn new(start: BTreeMap<DimId, AtomSet>, boxes: &Boxes<'_>) -> Search {
        let mut search = Search {
            start,
            dims: Vec::new(),
            left: Vec::new(),
            whole: Vec::new(),
            clauses: Vec::with_capacity(boxes.len()),
            pool: Vec::new(),
            watchers: Vec::new(),
            trail: Vec::new(),
            taken: Vec::new(),
            fresh: 0,
            levels: vec![0],
            alive: vec![(0..boxes.len() as u32).collect()],
            lemmas: BTreeMap::new(),
            met_open: false,
            nodes: 0,
            looks: 0,
        };
        let mut by_dim: BTreeMap<DimId, Vec<(usize, &AtomSet)>> = BTreeMap::new();
        for clause in 0..boxes.len() {
            search.clauses.push(Clause { escapes: Vec::new(), weight: 1, learned_from: None });
            for (dim, set) in boxes.get(clause) {
                by_dim.entry(*dim).or_default().push((clause, set));
            }
        }
        for (dim, sets) in by_dim {
            search.add_dim(dim, &sets);
        }
        search.whole.clone_from(&search.left);
        (0..boxes.len() as u32).for_each(|clause| search.watch(clause));
        search
    }

    fn add_dim(&mut self, id: DimId, sets: &[(usize, &AtomSet)]) {
        let dim = self.dims.len() as u32;
        let (joined, kinds) = join_atoms(&self.start[&id], sets.iter().map(|(_, set)| *set));
        let words = (joined.count as usize).div_ceil(64).max(1);
        let offset = self.left.len();
        self.left.resize(offset + words, 0);
        (0..joined.count).for_each(|atom| self.left[offset + atom as usize / 64] |= 1 << (atom % 64));
        let pool = self.pool.len();
        self.pool.resize(pool + joined.members.len() * words, 0);
        for (kind, atoms) in joined.members.iter().enumerate() {
            let set = &mut self.pool[pool + kind * words..];
            atoms.iter().for_each(|&atom| set[atom as usize / 64] |= 1 << (atom % 64));
        }
        for ((clause, _), kind) in sets.iter().zip(kinds) {
            self.clauses[*clause].escapes.push(Escape { dim, set: (pool + kind as usize * words) as u32 });
        }
        self.watchers.push(Vec::new());
        self.dims.push(Local { id, offset, words, joined });
    }

    fn watch(&mut self, clause: u32) {
        for escape in self.clauses[clause as usize].escapes.iter().take(2) {
            self.watchers[escape.dim as usize].push(clause);
        }
    }

    /// Searches until a point is found with which the judge is content, or none is left.
    pub fn run<T>(
        &mut self,
        most_nodes: usize,
        judge: &mut dyn FnMut(&BTreeMap<DimId, AtomSet>) -> Judgement<T>,
    ) -> Outcome<T> {
        let mut dead_end = None;
        loop {
            self.nodes += 1;
            if self.nodes > most_nodes || self.looks > MOST_LOOKS {
                return Outcome::Open;
            }
            if let Some(clause) = dead_end {
                if let Some(reasons) = self.learn(clause) {
                    return if self.met_open { Outcome::Open } else { Outcome::Refuted(reasons) };
                }
            } else if let Some(clause) = self.choose() {
                self.decide(clause);
            } else {
                match judge(&self.sets_left()) {
                    Judgement::Fine(found) => return Outcome::Found(found),
                    Judgement::Impossible(dims) => dead_end = Some(self.lemma(dims)),
                    Judgement::Open => {
                        // Not judged counts as refuted, and the whole is then left open at best.
                        self.met_open = true;
                        dead_end = Some(self.lemma(self.dims.iter().map(|dim| dim.id).collect()));
                    }
                }
                continue;
            }
            dead_end = self.follow_up();
        }
    }

    // What follows from a step.

    /// Takes what is forced; the clause that has no way out, if there is one.
    fn follow_up(&mut self) -> Option<u32> {
        while self.fresh < self.trail.len() {
            let dim = self.trail[self.fresh].dim;
            self.fresh += 1;
            let mut watching = std::mem::take(&mut self.watchers[dim as usize]);
            self.looks += watching.len();
            let mut dead_end = None;
            watching.retain(|&clause| dead_end.is_some() || self.still_watches(clause, dim, &mut dead_end));
            self.watchers[dim as usize] = watching;
            if dead_end.is_some() {
                return dead_end;
            }
        }
        None
    }

    /// Looks at a clause after its dimension lost something; false if it watches another one from now on.
    fn still_watches(&mut self, clause: u32, dim: u32, dead_end: &mut Option<u32>) -> bool {
        let escapes = &self.clauses[clause as usize].escapes;
        let place = usize::from(escapes[0].dim != dim);
        if self.is_way(escapes[place]) {
            return true;
        }
        let other = escapes.get(1 - place).copied().filter(|other| self.is_way(*other));
        if other.is_some_and(|other| !self.meets(other)) {
            return true;
        }
        if let Some(next) = (2..escapes.len()).find(|&next| self.is_way(escapes[next])) {
            let to = escapes[next].dim;
            self.clauses[clause as usize].escapes.swap(place, next);
            self.watchers[to as usize].push(clause);
            return false;
        }
        match other {
            Some(only) => self.take(only, Some(clause)),
            None => *dead_end = Some(clause),
        }
        true
    }

    /// Whether something outside of the set is left.
    fn is_way(&self, escape: Escape) -> bool {
        let (left, set) = self.words(escape);
        left.iter().zip(set).any(|(left, set)| left & !set != 0)
    }

    /// Whether something inside of the set is left.
    fn meets(&self, escape: Escape) -> bool {
        let (left, set) = self.words(escape);
        left.iter().zip(set).any(|(left, set)| left & set != 0)
    }

    fn words(&self, escape: Escape) -> (&[u64], &[u64]) {
        let dim = &self.dims[escape.dim as usize];
        let left = &self.left[dim.offset..dim.offset + dim.words];
        let set = &self.pool[escape.set as usize..escape.set as usize + dim.words];
        (left, set)
    }

    /// Takes the set from its dimension.
    fn take(&mut self, escape: Escape, because: Option<u32>) {
        let Local { offset, words, .. } = self.dims[escape.dim as usize];
        let taken = self.taken.len();
        for index in 0..words {
            let left = &mut self.left[offset + index];
            let gone = *left & self.pool[escape.set as usize + index];
            *left &= !gone;
            self.taken.push(gone);
        }
        self.trail.push(Step { dim: escape.dim, taken, level: self.levels.len() as u32 - 1, because });
    }

    fn go_back(&mut self, level: u32) {
        let Some(&end) = self.levels.get(level as usize + 1) else { return };
        while self.trail.len() > end {
            if let Some(step) = self.trail.pop() {
                let offset = self.dims[step.dim as usize].offset;
                self.left[offset..].iter_mut().zip(&self.taken[step.taken..]).for_each(|(left, gone)| *left |= gone);
                self.taken.truncate(step.taken);
            }
        }
        self.fresh = self.trail.len();
        self.levels.truncate(level as usize + 1);
        self.alive.truncate(level as usize + 1);
    }

    // Decisions.

    /// The clause to branch on: few ways out, and often a part of dead ends. None if all are escaped.
    fn choose(&mut self) -> Option<u32> {
        let alive = self.alive.last()?;
        self.looks += alive.len();
        let mut still: Vec<u32> = Vec::with_capacity(alive.len());
        let mut fewest: Option<(f64, u32)> = None;
        for &clause in alive {
            let Some(ways) = self.count_ways(clause) else { continue };
            still.push(clause);
            let cost = ways as f64 / f64::from(self.clauses[clause as usize].weight);
            if fewest.is_none_or(|(known, _)| cost < known) {
                fewest = Some((cost, clause));
            }
        }
        self.alive.push(still);
        fewest.map(|(_, clause)| clause)
    }

    /// How many ways out a clause has; `None` if it is escaped.
    fn count_ways(&self, clause: u32) -> Option<usize> {
        let mut ways = 0;
        for escape in &self.clauses[clause as usize].escapes {
            if !self.meets(*escape) {
                return None;
            }
            ways += usize::from(self.is_way(*escape));
        }
        Some(ways)
    }

    /// Takes the way out of a clause that leaves most of its dimension.
    fn decide(&mut self, clause: u32) {
        let count = |words: &mut dyn Iterator<Item = u64>| words.map(u64::count_ones).sum::<u32>();
        let lost = |escape: &Escape| {
            let (left, set) = self.words(*escape);
            let leaves = count(&mut left.iter().zip(set).map(|(left, set)| left & !set));
            (1000 - leaves * 1000 / count(&mut left.iter().copied()), escape.dim)
        };
        let ways = self.clauses[clause as usize].escapes.iter().filter(|escape| self.is_way(**escape));
        let way = *ways.min_by_key(|escape| lost(escape)).expect("a clause without ways out is a dead end");
        self.levels.push(self.trail.len());
        self.take(way, None);
    }

    // Dead ends.

    /// Learns from a clause without a way out, and goes back to where that matters; what the proof needed,
    /// if it was one whatever is decided.
    fn learn(&mut self, clause: u32) -> Option<Reasons> {
        let mut lesson = Lesson { sets: self.whole.clone(), from: Reasons::default() };
        self.follow(&mut lesson, clause, None);
        let mut place = self.trail.len();
        let decisive = loop {
            let Some(before) = place.checked_sub(1) else { return Some(lesson.from) };
            place = before;
            let Step { dim, level, because, .. } = self.trail[place];
            if !self.is_needed(&lesson, place) {
                continue;
            }
            let Some(because) = because else { break place };
            let same_level = self.levels[level as usize]..place;
            let owes_more = |earlier: usize| self.trail[earlier].dim != dim && self.is_needed(&lesson, earlier);
            if level > 0 && !same_level.into_iter().any(owes_more) {
                break place;
            }
            self.follow(&mut lesson, because, Some(dim));
        };
        self.keep(&lesson, decisive);
        None
    }

    /// Whether the lesson would have a way out, had the step not been taken.
    fn is_needed(&self, lesson: &Lesson, place: usize) -> bool {
        let step = &self.trail[place];
        let Local { offset, words, .. } = self.dims[step.dim as usize];
        let taken = &self.taken[step.taken..step.taken + words];
        taken.iter().zip(&lesson.sets[offset..]).any(|(taken, set)| taken & !set != 0)
    }

    /// Resolves the lesson with a clause on a dimension; without one it takes the clause as it is.
    fn follow(&mut self, lesson: &mut Lesson, clause: u32, on: Option<u32>) {
        let followed = &mut self.clauses[clause as usize];
        followed.weight += 1;
        match &followed.learned_from {
            Some(reasons) => lesson.from.add_all(reasons),
            None => lesson.from.add(clause),
        }
        for escape in &self.clauses[clause as usize].escapes {
            let Local { offset, words, .. } = self.dims[escape.dim as usize];
            let sets = lesson.sets[offset..offset + words].iter_mut().zip(&self.pool[escape.set as usize..]);
            if Some(escape.dim) == on {
                sets.for_each(|(set, more)| *set |= more);
            } else {
                sets.for_each(|(set, more)| *set &= more);
            }
        }
    }

    /// Makes a lesson a clause, goes back to the level on which it has one way out, and takes that.
    fn keep(&mut self, lesson: &Lesson, decisive: usize) {
        let way_out = self.trail[decisive].dim;
        let mut escapes = Vec::new();
        for (dim, Local { offset, words, .. }) in self.dims.iter().enumerate() {
            let set = &lesson.sets[*offset..offset + words];
            if *set != self.whole[*offset..offset + words] {
                let at = self.pool.len() as u32;
                self.pool.extend_from_slice(set);
                escapes.push((Escape { dim: dim as u32, set: at }, self.level_of(lesson, dim as u32, decisive)));
            }
        }
        // The way out first, then the one that was lost last.
        escapes.sort_by_key(|(escape, level)| (escape.dim != way_out, std::cmp::Reverse(*level)));
        let back = escapes.get(1).map_or(0, |(_, level)| *level);
        let clause = self.clauses.len() as u32;
        let escapes: Vec<Escape> = escapes.into_iter().map(|(escape, _)| escape).collect();
        let only = escapes[0];
        self.clauses.push(Clause { escapes, weight: 1, learned_from: Some(lesson.from.clone()) });
        self.watch(clause);
        self.go_back(back);
        self.take(only, Some(clause));
    }

    /// The level on which the lesson lost its ways out in a dimension, by steps up to a place.
    fn level_of(&self, lesson: &Lesson, dim: u32, upto: usize) -> u32 {
        let last = (0..upto).rev().find(|&place| self.trail[place].dim == dim && self.is_needed(lesson, place));
        last.map_or(0, |place| self.trail[place].level)
    }

    /// States that what is left of these dimensions has no lead.
    fn lemma(&mut self, dims: Vec<DimId>) -> u32 {
        let clause = self.clauses.len() as u32;
        let mut escapes = Vec::new();
        for (dim, local) in self.dims.iter().enumerate().filter(|(_, local)| dims.contains(&local.id)) {
            let set = self.pool.len() as u32;
            self.pool.extend_from_slice(&self.left[local.offset..local.offset + local.words]);
            escapes.push(Escape { dim: dim as u32, set });
        }
        self.clauses.push(Clause { escapes, weight: 1, learned_from: None });
        self.lemmas.insert(clause, dims);
        clause
    }

    // What is left.

    fn sets_left(&self) -> BTreeMap<DimId, AtomSet> {
        let mut sets = self.start.clone();
        for dim in &self.dims {
            let is_left = |joined: u32| self.left[dim.offset + joined as usize / 64] >> (joined % 64) & 1 == 1;
            sets.insert(dim.id, dim.joined.apart(&self.start[&dim.id], &is_left));
        }
        sets
    }
}
