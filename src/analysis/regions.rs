//! From one lead to all like it.
//!
//! A witness is one lead; people want to know about which leads it speaks. [`Engine::grow`] widens a
//! lead to a box that holds leads of the goal only, as wide as it can be: dimension by dimension it
//! drops the restriction altogether if no forbidden box is met by that, or else keeps the atoms that
//! meet none. Forbidding the region and asking again gives the next one ([`Engine::regions`]), until
//! no lead is left or there are more regions than anybody would read.

use crate::analysis::atoms::DimId;
use crate::analysis::boxes::Area;
use crate::analysis::sets::{AtomSet, Bits};
use crate::analysis::ways::Goal;
use crate::analysis::witness::{Engine, Verdict, Witness};

/// Leads that are alike in something, and one of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    pub area: Area,
    pub witness: Witness,
}

/// Regions, and whether they are all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regions {
    pub found: Vec<Region>,
    pub rest: Rest,
}

/// What regions leave out; the later, the less is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rest {
    /// Every lead of the goal is in one of the regions.
    Nothing,
    /// There are more leads than the regions hold.
    More,
    /// Not decided within the budget.
    Open,
}

impl Regions {
    /// Takes in the regions of another goal, and what they leave out.
    pub fn join(&mut self, other: Regions) {
        self.found.extend(other.found);
        self.rest = self.rest.max(other.rest);
    }
}

impl Engine<'_> {
    /// Up to `most` regions that together hold the leads of the goals.
    pub fn regions(&self, goals: &[Goal], most: usize) -> Regions {
        let mut found: Vec<Region> = Vec::new();
        let mut is_open = false;
        for goal in goals {
            for area in &goal.areas {
                loop {
                    let known: Vec<Area> = found.iter().map(|region| region.area.clone()).collect();
                    match self.witness(std::slice::from_ref(area), &goal.forbidden, &known) {
                        Verdict::Refuted(_) => break,
                        Verdict::Open => {
                            is_open = true;
                            break;
                        }
                        Verdict::Found(_) if found.len() >= most => return Regions { found, rest: Rest::More },
                        Verdict::Found(witness) => {
                            let area = self.grow(&witness, area, &goal.forbidden);
                            found.push(Region { area, witness });
                        }
                    }
                }
            }
        }
        Regions { found, rest: if is_open { Rest::Open } else { Rest::Nothing } }
    }

    /// The widest box around a lead that stays inside the area and outside the forbidden boxes.
    /// Boxes that no lead is in anyway are not in its way.
    pub fn grow(&self, witness: &Witness, area: &Area, forbidden: &Bits) -> Area {
        let point = self.point(&witness.cells);
        let mut region = Growing::new(self, &point, area, forbidden);
        for dim in region.order() {
            region.widen(dim);
        }
        region.finish()
    }
}

struct Growing<'a, 'p> {
    engine: &'a Engine<'p>,
    /// What the region holds in each dimension that matters.
    sets: Vec<(DimId, AtomSet)>,
    /// What it may hold at most.
    limits: Area,
    /// The forbidden boxes, with the number of dimensions in which the region misses them.
    boxes: Vec<(u32, usize)>,
}

impl<'a, 'p> Growing<'a, 'p> {
    fn new(engine: &'a Engine<'p>, point: &[Option<u32>], area: &Area, forbidden: &Bits) -> Growing<'a, 'p> {
        let model = &engine.model;
        let mut boxes: Vec<(u32, usize)> = forbidden.iter().map(|number| (number, 0)).collect();
        let mut dims: Vec<DimId> = area.iter().map(|(dim, _)| *dim).collect();
        dims.extend(
            boxes.iter().flat_map(|(number, _)| engine.index.boxes[*number as usize].iter().map(|(dim, _)| *dim)),
        );
        dims.sort_unstable();
        dims.dedup();
        let sets = dims.iter().filter_map(|&dim| {
            let atom = point[dim as usize]?;
            Some((dim, AtomSet::of(model.dims[dim as usize].atoms, [atom])))
        });
        let sets: Vec<(DimId, AtomSet)> = sets.collect();
        for (number, misses) in &mut boxes {
            let missed = |(dim, set): &&(DimId, u32)| {
                let at = point[*dim as usize];
                at.is_none_or(|atom| !model.set(*dim, *set).contains(atom))
            };
            *misses = engine.index.boxes[*number as usize].iter().filter(missed).count();
        }
        Growing { engine, sets, limits: area.clone(), boxes }
    }

    /// Dimensions that can be dropped without meeting anything come first, then those that belong
    /// to one variable with others, then the rest, in order.
    fn order(&self) -> Vec<DimId> {
        let mut order: Vec<(bool, std::cmp::Reverse<DimId>)> = Vec::new();
        for (dim, _) in &self.sets {
            let limited = self.limits.binary_search_by_key(dim, |(dim, _)| *dim).is_ok();
            order.push((limited, std::cmp::Reverse(*dim)));
        }
        order.sort();
        order.into_iter().map(|(_, dim)| dim.0).collect()
    }

    fn widen(&mut self, dim: DimId) {
        let model = &self.engine.model;
        let Ok(index) = self.sets.binary_search_by_key(&dim, |(dim, _)| *dim) else { return };
        let before = self.sets[index].1.clone();
        let limit = self.limits.binary_search_by_key(&dim, |(dim, _)| *dim);
        let mut wide = limit.map_or_else(|_| model.full(dim), |limit| self.limits[limit].1.clone());
        for (number, misses) in &self.boxes {
            if *misses != 1 {
                continue;
            }
            if let Some(set) = self.set_of(*number, dim)
                && !set.meets(&before)
            {
                wide = wide.minus(set);
            }
        }
        for entry in 0..self.boxes.len() {
            let (number, misses) = self.boxes[entry];
            if let Some(set) = self.set_of(number, dim) {
                let missed_no_more = !set.meets(&before) && set.meets(&wide);
                self.boxes[entry].1 = misses - usize::from(missed_no_more);
            }
        }
        self.sets[index].1 = wide;
    }

    fn set_of(&self, number: u32, dim: DimId) -> Option<&'a AtomSet> {
        let sets = &self.engine.index.boxes[number as usize];
        let found = sets.iter().find(|(of, _)| *of == dim)?;
        Some(self.engine.model.set(dim, found.1))
    }

    fn finish(self) -> Area {
        self.sets.into_iter().filter(|(_, set)| !set.is_full()).collect()
    }
}
