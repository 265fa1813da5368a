//! Rules of one policy beside each other: which share leads, and values that fall between two.

use crate::analysis::atoms::{DimId, Kind};
use crate::analysis::boxes::{Area, Formula, all, any, areas, common};
use crate::analysis::line::{Line, NOWHERE};
use crate::analysis::regions::Regions;
use crate::analysis::sample;
use crate::analysis::sets::AtomSet;
use crate::analysis::ways::{Goal, Ways, product};
use crate::analysis::witness::{Engine, Verdict, Witness};
use crate::cell::{Cell, Type};
use crate::ids::{Id, PolicyId, RuleId};
use crate::policy::{Comparison, Policy, Predicate, ValueKind};

/// A later rule with another action that would take leads of a rule, were that not before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overlap {
    pub later: RuleId,
    pub regions: Regions,
}

/// A value that thresholds leave out: below and above it leads are taken, at it they are not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoundaryGap {
    pub dim: DimId,
    pub at: Cell,
    /// Rules whose conditions the lead would satisfy with a value just below, and just above.
    pub below: RuleId,
    pub above: RuleId,
    pub lead: Witness,
}

impl Engine<'_> {
    /// The rules after a rule in its policy that share leads with it and do something else.
    pub fn overlaps(&self, project: usize, ways: &Ways, rule: RuleId, most_regions: usize) -> Vec<Overlap> {
        let source = self.model.projects[project];
        let policy = source.rules[rule].policy;
        let later = source.policies[policy].rules.iter().copied().skip_while(|other| *other != rule).skip(1);
        let own = crate::canonical::action(source, &source.rules[rule].action);
        let goals: Vec<Goal> =
            ways.into[policy].iter().filter_map(|way| self.through(project, &way.goal, rule)).collect();
        let mut candidates = self.index.none();
        let among = self.boxes_of(project, later);
        goals.iter().flat_map(|goal| &goal.areas).for_each(|area| candidates.or(&self.index.meeting(area, &among)));
        let mut found: Vec<Overlap> = Vec::new();
        let mut rules: Vec<RuleId> = candidates.iter().filter_map(|number| self.index.rule(number)).collect();
        rules.dedup();
        for later in
            rules.into_iter().filter(|later| crate::canonical::action(source, &source.rules[*later].action) != own)
        {
            let shared: Vec<Goal> = goals
                .iter()
                .filter_map(|goal| {
                    let areas = product(&goal.areas, &self.rules[project][later.index()].areas)?;
                    Some(Goal { areas, forbidden: goal.forbidden.clone() })
                })
                .collect();
            let regions = self.regions(&shared, most_regions);
            if !regions.found.is_empty() {
                found.push(Overlap { later, regions });
            }
        }
        found
    }

    /// Values of ordered fields at which leads are left to the policy's `otherwise`, or to nobody, though
    /// its rules want the leads on both sides. Of those at a value the first that is accepted.
    pub fn boundary_gaps(
        &self,
        project: usize,
        ways: &Ways,
        policy: PolicyId,
        accepts: &dyn Fn(&BoundaryGap) -> bool,
    ) -> Vec<BoundaryGap> {
        let mut found = Vec::new();
        for dim in 0..self.model.dims.len() as DimId {
            let Kind::Line { line, .. } = &self.model.dims[dim as usize].kind else { continue };
            let ty = self.model.dims[dim as usize].variable.map(|variable| &self.model.variables[variable].shared.ty);
            let Some(ty) = ty.filter(|ty| matches!(ty, Type::Integer(_) | Type::Number(_) | Type::Date)) else {
                continue;
            };
            for piece in narrow_pieces(ty, line) {
                found.extend(self.boundary_gap(project, ways, policy, dim, &piece, accepts));
            }
        }
        found
    }

    fn boundary_gap(
        &self,
        project: usize,
        ways: &Ways,
        policy: PolicyId,
        dim: DimId,
        Narrow { below, at, above, value }: &Narrow,
        accepts: &dyn Fn(&BoundaryGap) -> bool,
    ) -> Option<BoundaryGap> {
        let source: &Policy = &self.model.projects[project].policies[policy];
        let variable = self.model.dims[dim as usize].variable?;
        let lowers = self.restricting(project, source, dim, *below, *at);
        let uppers = self.restricting(project, source, dim, *above, *at);
        let conditional =
            source.rules.iter().copied().filter(|rule| self.model.projects[project].rules[*rule].when.is_some());
        let taken = self.boxes_of(project, conditional);
        let only = AtomSet::of(self.model.dims[dim as usize].atoms, [*at]);
        for way in &ways.into[policy] {
            let mut forbidden = way.goal.forbidden.clone();
            forbidden.or(&taken);
            for (lower, upper) in lowers.iter().flat_map(|lower| uppers.iter().map(move |upper| (lower, upper))) {
                let Some(mut shared) = common(&lower.1, &upper.1) else { continue };
                crate::analysis::boxes::narrow(&mut shared, dim, &only);
                let Some(areas) = product(&way.goal.areas, &[shared]) else { continue };
                let goal = Goal { areas, forbidden: forbidden.clone() };
                let Verdict::Found(mut lead) = self.reach_goal(&goal) else { continue };
                // The atom may hold other values as well; this is the one between the two.
                lead.cells[variable] = value.clone();
                let gap = BoundaryGap { dim, at: value.clone(), below: lower.0, above: upper.0, lead };
                if accepts(&gap) {
                    return Some(gap);
                }
            }
        }
        None
    }

    /// Rules that want leads with the one atom of a dimension and leave out those with the other by a threshold alone,
    /// with the areas in which they do, without that dimension.
    fn restricting(&self, project: usize, policy: &Policy, dim: DimId, with: u32, without: u32) -> Vec<(RuleId, Area)> {
        let mut found = Vec::new();
        for &rule in &policy.rules {
            let mut turned = None;
            for area in &self.rules[project][rule.index()].areas {
                let Ok(index) = area.binary_search_by_key(&dim, |(dim, _)| *dim) else { continue };
                if area[index].1.contains(with) && !area[index].1.contains(without) {
                    let turned =
                        turned.get_or_insert_with(|| self.taken_but_for_threshold(project, rule, dim, without));
                    let mut others = area.clone();
                    others.remove(index);
                    let shared = turned.iter().filter_map(|turned| Some((rule, common(&others, turned)?)));
                    found.extend(shared.take(MOST_NEIGHBOURS - found.len()));
                }
            }
        }
        found
    }

    /// Where leads with an atom of a dimension would satisfy a rule's condition if one of its thresholds were the
    /// other way round, without that dimension; everywhere, if it cannot be told.
    fn taken_but_for_threshold(&self, project: usize, rule: RuleId, dim: DimId, at: u32) -> Vec<Area> {
        let source = self.model.projects[project];
        let Some(whole) = &source.rules[rule].when else { return Vec::new() };
        let is_threshold = |comparison: &Comparison| match source.values[comparison.value].kind {
            ValueKind::Field(field) => {
                matches!(comparison.predicate, Predicate::Within(_))
                    && self.model.dims[dim as usize].variable == Some(self.model.field(project, field))
            }
            _ => false,
        };
        let thresholds =
            whole.comparisons_within(source).into_iter().filter(|(_, comparison)| is_threshold(comparison));
        let turned = thresholds.flat_map(|(part, _)| [(part, true), (part, false)]);
        let turned = turned.map(|given| self.formula(project, whole, Some(given))).collect::<Option<Vec<Formula>>>();
        let here = Formula::In(dim, AtomSet::of(self.model.dims[dim as usize].atoms, [at]));
        let found = turned.and_then(|turned| areas(&all(vec![here, any(turned)])));
        let mut found = found.unwrap_or_else(|| vec![Area::new()]);
        found.iter_mut().for_each(|area| area.retain(|(other, _)| *other != dim));
        found
    }
}

/// Rules looked at on each side of a value.
const MOST_NEIGHBOURS: usize = 24;

/// An atom that holds one value between two others along a line, or what lies between two values at
/// most one apart.
struct Narrow {
    below: u32,
    at: u32,
    above: u32,
    /// The value, or one of those in between.
    value: Cell,
}

fn narrow_pieces(ty: &Type, line: &Line) -> Vec<Narrow> {
    let mut pieces: Vec<(u32, Option<Cell>)> = Vec::new();
    for index in 0..line.gap.len() {
        if line.gap[index] != NOWHERE {
            let (low, high) = line.around(index);
            let value = if is_narrow(ty, (low, high)) { sample::between(ty, low, high) } else { None };
            pieces.push((line.gap[index], value));
        }
        if line.at.get(index).is_some_and(|atom| *atom != NOWHERE) {
            pieces.push((line.at[index], Some(line.values[index].clone())));
        }
    }
    let narrow = |triple: &[(u32, Option<Cell>)]| {
        let [below, (at, value), above] = triple else { return None };
        let is_apart = below.0 != *at && *at != above.0;
        Some(Narrow { below: below.0, at: *at, above: above.0, value: value.clone()? }).filter(|_| is_apart)
    };
    pieces.windows(3).filter_map(narrow).collect()
}

fn is_narrow(ty: &Type, around: (Option<&Cell>, Option<&Cell>)) -> bool {
    match (ty, around) {
        (Type::Integer(_), (Some(Cell::Number(low)), Some(Cell::Number(high)))) => {
            high.checked_sub(*low).is_some_and(|width| width <= rust_decimal::Decimal::TWO)
        }
        (Type::Number(_), (Some(Cell::Number(low)), Some(Cell::Number(high)))) => {
            high.checked_sub(*low).is_some_and(|width| width <= rust_decimal::Decimal::ONE)
        }
        (Type::Date, (Some(Cell::Date(low)), Some(Cell::Date(high)))) => {
            low.checked_add(jiff::Span::new().days(2)).is_ok_and(|next| next >= *high)
        }
        _ => false,
    }
}
