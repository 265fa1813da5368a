//! The fewest changes to a lead that bring it to a wanted rule.
//!
//! Fields that are not changed keep their atoms; fields that are may have any. If no lead of that
//! kind reaches a wanted rule, the proof names the boxes in the way, and at least one field that
//! they restrict must be changed, too. So sets of changed fields are tried from the smallest on, each
//! grown only by fields that its own refutation names (as in the search for minimum hitting sets by
//! Reiter, *A theory of diagnosis from first principles*, 1987): the first that succeeds is least.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::atoms::{DimId, Kind, VariableId};
use crate::analysis::boxes::{Area, narrow};
use crate::analysis::sample::nearest;
use crate::analysis::sets::AtomSet;
use crate::analysis::ways::{Goal, Ways};
use crate::analysis::witness::{Engine, Verdict, Witness};
use crate::cell::Cell;
use crate::ids::RuleId;

/// A lead that a wanted rule takes, and what is different about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    pub rule: RuleId,
    /// Ascending.
    pub fields: Vec<VariableId>,
    pub lead: Witness,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhyNot {
    Changed(Changed),
    /// No lead reaches any of the rules.
    Never,
    Open,
}

/// Sets of changed fields that are tried.
const MOST_TRIED: usize = 20_000;

impl Engine<'_> {
    /// The fewest changes to a lead (its cells by the model's fields) that bring it to one of the rules.
    /// `fixed` fields are never changed.
    pub fn why_not(
        &self,
        project: usize,
        ways: &Ways,
        lead: &[Cell],
        wanted: &[RuleId],
        fixed: &[VariableId],
    ) -> WhyNot {
        let source = self.model.projects[project];
        let mut is_open = false;
        let mut goals: Vec<(RuleId, Goal)> = Vec::new();
        for &rule in wanted {
            let policy = source.rules[rule].policy;
            is_open |= ways.too_many[policy];
            for way in &ways.into[policy] {
                match self.through(project, &way.goal, rule) {
                    Some(goal) => goals.push((rule, goal)),
                    None => is_open = true,
                }
            }
        }
        let point = self.point(lead);
        // Sets of changed fields by their number, with the goal and area they are tried for.
        let mut waiting: BTreeMap<usize, BTreeSet<(usize, usize, Vec<VariableId>)>> = BTreeMap::new();
        for (number, (_, goal)) in goals.iter().enumerate() {
            for (index, area) in goal.areas.iter().enumerate() {
                let first = self.outside(&point, area);
                waiting.entry(first.len()).or_default().insert((number, index, first.into_iter().collect()));
            }
        }
        let mut tried = 0;
        while let Some(mut smallest) = waiting.first_entry() {
            let Some((number, index, changed)) = smallest.get_mut().pop_first() else {
                smallest.remove();
                continue;
            };
            tried += 1;
            if tried > MOST_TRIED {
                return WhyNot::Open;
            }
            if changed.iter().any(|field| fixed.contains(field)) {
                continue;
            }
            let (rule, goal) = &goals[number];
            match self.witness(&[self.kept(&point, &goal.areas[index], &changed)], &goal.forbidden, &[]) {
                Verdict::Found(found) => return WhyNot::Changed(self.changed(*rule, lead, &changed, found)),
                Verdict::Open => is_open = true,
                Verdict::Refuted(core) => {
                    for field in self.next_fields(&core, &changed) {
                        let mut more = changed.clone();
                        more.push(field);
                        more.sort_unstable();
                        waiting.entry(more.len()).or_default().insert((number, index, more));
                    }
                }
            }
        }
        if is_open { WhyNot::Open } else { WhyNot::Never }
    }

    /// The fields that must change for the lead to be in the area at all.
    fn outside(&self, point: &[Option<u32>], area: &Area) -> BTreeSet<VariableId> {
        let is_outside = |(dim, set): &&(DimId, AtomSet)| point[*dim as usize].is_none_or(|atom| !set.contains(atom));
        area.iter().filter(is_outside).filter_map(|(dim, _)| self.model.dims[*dim as usize].variable).collect()
    }

    /// The area, with the lead's own atoms in all fields but the changed ones.
    fn kept(&self, point: &[Option<u32>], area: &Area, changed: &[VariableId]) -> Area {
        let mut kept = area.clone();
        for (dim, atom) in point.iter().enumerate() {
            let variable = self.model.dims[dim].variable;
            if let (Some(variable), Some(atom)) = (variable, atom)
                && !changed.contains(&variable)
            {
                narrow(&mut kept, dim as DimId, &AtomSet::of(self.model.dims[dim].atoms, [*atom]));
            }
        }
        kept
    }

    /// Fields that the refuting boxes restrict; all, if the refutation did not need a box.
    fn next_fields(&self, core: &BTreeSet<u32>, changed: &[VariableId]) -> BTreeSet<VariableId> {
        let dims = core.iter().flat_map(|number| self.index.boxes[*number as usize].iter().map(|(dim, _)| *dim));
        let named: BTreeSet<VariableId> = dims.filter_map(|dim| self.model.dims[dim as usize].variable).collect();
        let is_free = |field: &VariableId| *field < self.model.fields && !changed.contains(field);
        let found: BTreeSet<VariableId> = named.into_iter().filter(is_free).collect();
        if core.is_empty() { (0..self.model.fields).filter(is_free).collect() } else { found }
    }

    /// The lead with the changed fields taken from what was found.
    fn changed(&self, rule: RuleId, lead: &[Cell], changed: &[VariableId], found: Witness) -> Changed {
        let cells: Vec<Cell> = lead
            .iter()
            .zip(found.cells)
            .enumerate()
            .map(
                |(field, (own, new))| {
                    if changed.contains(&field) { self.nearest(field, own, new) } else { own.clone() }
                },
            )
            .collect();
        let fields = changed.iter().copied().filter(|&field| cells[field] != lead[field]).collect();
        Changed { rule, fields, lead: Witness { cells } }
    }

    /// Of the values that no rule tells from what was found the one nearest to the lead's own.
    fn nearest(&self, field: VariableId, own: &Cell, found: Cell) -> Cell {
        let variable = &self.model.variables[field];
        let place = &self.model.dims[self.model.place(field) as usize];
        let (Kind::Line { line, .. }, [_]) = (&place.kind, &variable.dims[..]) else { return found };
        let nearest = place.atom_of(&found).and_then(|atom| nearest(&variable.shared.ty, line, atom, own));
        nearest.filter(|near| self.model.spell(field, near).is_some()).unwrap_or(found)
    }
}
