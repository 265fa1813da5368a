//! Which boxes contain an atom: the index that makes a question touch only the boxes it must.
//!
//! For each dimension a list (or, where it is long, a bitset) of the boxes that restrict it and
//! contain the atom, and the bitset of those that do not restrict it. The boxes that meet an area
//! are the `and` over its dimensions of the `or` over its atoms.

use std::collections::BTreeMap;

use crate::analysis::atoms::DimId;
use crate::analysis::boxes::Area;
use crate::analysis::model::Model;
use crate::analysis::sets::{AtomSet, Bits};
use crate::ids::RuleId;

/// Boxes with what they stand for.
#[derive(Debug, Default)]
pub struct Index {
    pub boxes: Vec<Vec<(DimId, u32)>>,
    pub owners: Vec<Owner>,
    dims: Vec<DimIndex>,
    /// The boxes that restrict the same dimensions.
    shapes: Vec<(Shape, Posting)>,
}

/// Which dimensions a box restricts: a bit for each, shared by every 64th.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Shape(u64);

/// What a box stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// Leads that a rule's condition holds for; of the project with the number.
    Rule(usize, RuleId),
    /// Leads that break an assumption, by its number.
    Assumption(usize, usize),
    /// No lead at all.
    Link,
    /// Leads that a version does not take in; the project with the number.
    Refused(usize),
}

#[derive(Debug, Default)]
struct DimIndex {
    /// Boxes that do not restrict the dimension.
    free: Bits,
    atoms: Vec<Posting>,
    /// Atoms that the fewest boxes contain come first.
    rarest: Vec<u32>,
    /// How many boxes restrict the dimension.
    restricted: usize,
}

#[derive(Clone, Debug)]
enum Posting {
    Few(Vec<u32>),
    Many(Bits, usize),
}

/// An atom set with more atoms than this is not worth looking up atom by atom.
const MOST_LOOKED_UP: usize = 96;

impl Index {
    /// Adds a box; the index itself is made by [`Index::build`].
    pub fn add(&mut self, model: &mut Model<'_>, area: &Area, owner: Owner) -> u32 {
        let sets = area.iter().map(|(dim, set)| (*dim, model.intern(*dim, set.clone()))).collect();
        self.boxes.push(sets);
        self.owners.push(owner);
        self.boxes.len() as u32 - 1
    }

    pub fn build(&mut self, model: &Model<'_>) {
        let count = self.boxes.len();
        let mut all = Bits::empty(count);
        all.insert_range(0, count as u32);
        self.dims = model
            .dims
            .iter()
            .map(|dim| DimIndex {
                free: all.clone(),
                atoms: vec![Posting::Few(Vec::new()); dim.atoms as usize],
                ..DimIndex::default()
            })
            .collect();
        for (number, sets) in self.boxes.iter().enumerate() {
            for (dim, set) in sets {
                let index = &mut self.dims[*dim as usize];
                index.free.remove(number as u32);
                index.restricted += 1;
                for atom in model.set(*dim, *set).iter() {
                    index.atoms[atom as usize].add(number as u32, count);
                }
            }
        }
        let mut shapes: BTreeMap<Shape, Posting> = BTreeMap::new();
        for (number, sets) in self.boxes.iter().enumerate() {
            let shape = Shape::of(sets.iter().map(|(dim, _)| *dim));
            shapes.entry(shape).or_insert_with(|| Posting::Few(Vec::new())).add(number as u32, count);
        }
        self.shapes = shapes.into_iter().collect();
        for index in &mut self.dims {
            let mut rarest: Vec<u32> = (0..index.atoms.len() as u32).collect();
            rarest.sort_by_key(|&atom| index.atoms[atom as usize].len());
            index.rarest = rarest;
        }
    }

    pub fn len(&self) -> usize {
        self.boxes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    /// The rule that owns a box, if one does.
    pub fn rule(&self, number: u32) -> Option<RuleId> {
        match self.owners[number as usize] {
            Owner::Rule(_, rule) => Some(rule),
            Owner::Assumption(..) | Owner::Link | Owner::Refused(_) => None,
        }
    }

    /// The rule of a project that owns a box, if one does.
    pub fn rule_of(&self, project: usize, number: u32) -> Option<RuleId> {
        match self.owners[number as usize] {
            Owner::Rule(of, rule) if of == project => Some(rule),
            Owner::Rule(..) | Owner::Assumption(..) | Owner::Link | Owner::Refused(_) => None,
        }
    }

    pub fn none(&self) -> Bits {
        Bits::empty(self.boxes.len())
    }

    /// Boxes that may share a lead with the area; no box that does is missing.
    pub fn meeting(&self, area: &Area, among: &Bits) -> Bits {
        let mut candidates = among.clone();
        self.keep_meeting(area, &mut candidates);
        candidates
    }

    /// Keeps the boxes that may share a lead with the area.
    pub fn keep_meeting(&self, area: &Area, candidates: &mut Bits) {
        let mut meeting = Bits::default();
        for (dim, set) in area {
            let index = &self.dims[*dim as usize];
            if index.restricted == 0 || set.len() > MOST_LOOKED_UP {
                continue;
            }
            meeting.copy_from(&index.free);
            set.iter().for_each(|atom| index.atoms[atom as usize].add_to(&mut meeting));
            candidates.and(&meeting);
        }
    }

    /// The first box that contains the whole area.
    pub fn containing(&self, model: &Model<'_>, area: &Area, among: &Bits) -> Option<u32> {
        let shape = Shape::of(area.iter().map(|(dim, _)| *dim));
        let mut candidates = self.none();
        for (_, boxes) in self.shapes.iter().filter(|(other, _)| other.is_within(shape)) {
            boxes.add_to(&mut candidates);
        }
        candidates.and(among);
        candidates.iter().find(|&number| {
            self.boxes[number as usize].iter().all(|(dim, set)| {
                let inner = area.binary_search_by_key(dim, |(dim, _)| *dim);
                inner.is_ok_and(|inner| area[inner].1.is_subset(model.set(*dim, *set)))
            })
        })
    }

    /// Boxes that contain the point: one atom for each dimension, `None` where it has none.
    pub fn around(&self, point: &[Option<u32>], among: &Bits) -> Bits {
        let mut candidates = among.clone();
        let mut containing = Bits::default();
        for (index, atom) in self.dims.iter().zip(point) {
            if index.restricted == 0 {
                continue;
            }
            containing.copy_from(&index.free);
            if let Some(atom) = atom {
                index.atoms[*atom as usize].add_to(&mut containing);
            }
            candidates.and(&containing);
        }
        candidates
    }

    /// An atom of the set (of all, if there is none) that no box among these contains unless it
    /// does not restrict the dimension (what is known of an atom are the boxes that restrict it).
    pub fn uncontained(&self, dim: DimId, set: Option<&AtomSet>, among: &Bits) -> Option<u32> {
        let index = &self.dims[dim as usize];
        let is_free = |atom: &u32| !index.atoms[*atom as usize].meets(among);
        match set {
            Some(set) if set.len() <= MOST_TRIED => {
                let mut atoms: Vec<u32> = set.iter().collect();
                atoms.sort_by_key(|&atom| index.atoms[atom as usize].len());
                atoms.into_iter().find(is_free)
            }
            Some(set) => index.rarest.iter().copied().filter(|&atom| set.contains(atom)).take(MOST_TRIED).find(is_free),
            None => index.rarest.iter().copied().take(MOST_TRIED).find(is_free),
        }
    }

    /// Boxes that do not restrict a dimension.
    pub fn free(&self, dim: DimId) -> &Bits {
        &self.dims[dim as usize].free
    }

    /// Dimensions that some box restricts, those that most do first.
    pub fn busiest(&self) -> Vec<DimId> {
        let mut dims: Vec<DimId> =
            (0..self.dims.len() as DimId).filter(|&dim| self.dims[dim as usize].restricted > 0).collect();
        dims.sort_by_key(|&dim| std::cmp::Reverse(self.dims[dim as usize].restricted));
        dims
    }
}

impl Shape {
    fn of(dims: impl Iterator<Item = DimId>) -> Shape {
        Shape(dims.fold(0, |bits, dim| bits | 1 << (dim % 64)))
    }

    /// Whether all its dimensions may be among those of the other.
    fn is_within(self, other: Shape) -> bool {
        self.0 & !other.0 == 0
    }
}

/// So many atoms are tried in the hope that no box contains them.
const MOST_TRIED: usize = 12;

impl Posting {
    fn add(&mut self, number: u32, universe: usize) {
        match self {
            Posting::Few(few) if (few.len() + 1) * 32 < universe.max(256) => few.push(number),
            Posting::Few(few) => {
                let mut bits = Bits::empty(universe);
                few.iter().for_each(|&number| bits.insert(number));
                bits.insert(number);
                *self = Posting::Many(bits, few.len() + 1);
            }
            Posting::Many(bits, count) => {
                bits.insert(number);
                *count += 1;
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Posting::Few(few) => few.len(),
            Posting::Many(_, count) => *count,
        }
    }

    fn add_to(&self, bits: &mut Bits) {
        match self {
            Posting::Few(few) => few.iter().for_each(|&number| bits.insert(number)),
            Posting::Many(many, _) => bits.or(many),
        }
    }

    fn meets(&self, bits: &Bits) -> bool {
        match self {
            Posting::Few(few) => few.iter().any(|&number| bits.contains(number)),
            Posting::Many(many, _) => many.meets(bits),
        }
    }
}
