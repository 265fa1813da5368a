//! Parts of conditions, where they stand: which are always true or false, which members of lists
//! bring no lead, and which take leads whose data is missing.
//!
//! A part *matters* for a lead if the condition's truth for it depends on the part's. If among the
//! leads that arrive at the rule, and for which it matters, none makes it false, it could as well not
//! be there. So each question is one about the formula
//!
//! ```text
//! matters(part) = condition[part := true] differs from condition[part := false]
//! ```

use std::collections::BTreeSet;

use crate::analysis::boxes::{Area, Formula, all, any, areas, holds_at, negation};
use crate::analysis::index::Owner;
use crate::analysis::model::Model;
use crate::analysis::sets::AtomSet;
use crate::analysis::values::Step;
use crate::analysis::ways::{Goal, Ways};
use crate::analysis::witness::{Engine, Verdict, Witness};
use crate::cell::Cell;
use crate::ids::RuleId;
use crate::policy::{Comparison, Condition, Predicate};

/// A part of a rule's condition that is the same for every lead that it matters for.
#[derive(Clone, Debug)]
pub struct Constant<'p> {
    /// A comparison or a named condition.
    pub part: &'p Condition,
    pub truth: Truth,
    pub because: Because,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Truth {
    Always,
    Never,
    /// Whether it holds changes nothing.
    Irrelevant,
}

/// Where the reason lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Because {
    /// In the condition itself (and what is assumed): it would be so wherever the rule stood.
    Itself,
    /// Other rules take the leads that would make a difference.
    Earlier(BTreeSet<RuleId>),
}

/// A negated comparison that takes leads because their value is blank.
#[derive(Clone, Debug)]
pub struct BlankSlip<'p> {
    pub part: &'p Condition,
    pub comparison: &'p Comparison,
    pub lead: Witness,
}

/// A comparison (or named condition) of a rule's own condition, and whether `not`s turn it round.
struct Part<'p> {
    condition: &'p Condition,
    is_turned: bool,
}

impl<'p> Engine<'p> {
    /// The constant parts of a rule that some lead reaches.
    pub fn constants(&self, project: usize, ways: &Ways, rule: RuleId, arrives: &Witness) -> Vec<Constant<'p>> {
        let Some(whole) = &self.model.projects[project].rules[rule].when else { return Vec::new() };
        let parts = parts(whole);
        if parts.len() < 2 {
            return Vec::new();
        }
        let constant = |part: &Part<'p>| self.constant(project, ways, rule, whole, part, arrives);
        parts.iter().filter_map(constant).collect()
    }

    fn constant(
        &self,
        project: usize,
        ways: &Ways,
        rule: RuleId,
        whole: &'p Condition,
        part: &Part<'p>,
        arrives: &Witness,
    ) -> Option<Constant<'p>> {
        let matters = self.matters(project, whole, part)?;
        let truth = self.formula(project, part.condition, None)?;
        let holds = all(vec![matters.clone(), truth.clone()]);
        let fails = all(vec![matters, negation(&truth)]);
        let point = self.point(&arrives.cells);
        let seen = [&holds, &fails].map(|formula| holds_at(formula, &point));
        let never_holds = if seen[0] { None } else { self.nobody(project, ways, rule, &holds) };
        let never_fails = if seen[1] { None } else { self.nobody(project, ways, rule, &fails) };
        let (truth, because) = match (never_holds, never_fails) {
            (None, None) => return None,
            (Some(Because::Itself), Some(because)) | (Some(because), Some(_)) => (Truth::Irrelevant, because),
            (None, Some(because)) => (Truth::Always, because),
            (Some(because), None) => (Truth::Never, because),
        };
        Some(Constant { part: part.condition, truth, because })
    }

    /// Where the condition's truth depends on the part's.
    fn matters(&self, project: usize, whole: &'p Condition, part: &Part<'p>) -> Option<Formula> {
        let given = |truth: bool| self.formula(project, whole, Some((part.condition, truth)));
        // A condition is monotone in each of its comparisons, up or (under `not`) down.
        let (with, without) = (given(!part.is_turned)?, given(part.is_turned)?);
        Some(all(vec![with, negation(&without)]))
    }

    /// Why no lead arrives at the rule's place and satisfies the formula; `None` if one may.
    fn nobody(&self, project: usize, ways: &Ways, rule: RuleId, formula: &Formula) -> Option<Because> {
        let policy = self.model.projects[project].rules[rule].policy;
        let areas = areas(formula)?;
        let mut core: BTreeSet<u32> = BTreeSet::new();
        if ways.too_many[policy] {
            return None;
        }
        for way in &ways.into[policy] {
            let mut forbidden = way.goal.forbidden.clone();
            forbidden.or(&self.before(project, rule));
            let goal = Goal { areas: super::ways::product(&way.goal.areas, &areas)?, forbidden };
            match self.reach_goal(&goal) {
                Verdict::Refuted(boxes) => core.extend(boxes),
                Verdict::Found(_) | Verdict::Open => return None,
            }
        }
        if let Verdict::Refuted(_) = self.witness(&areas, &self.index.none(), &[]) {
            return Some(Because::Itself);
        }
        let owners = self.owners(core);
        Some(Because::Earlier(
            owners
                .iter()
                .filter_map(|owner| match owner {
                    Owner::Rule(_, rule) => Some(*rule),
                    Owner::Assumption(..) | Owner::Link | Owner::Refused(_) => None,
                })
                .collect(),
        ))
    }

    /// Why no lead that has this member of a positive list arrives at the rule, though it matters for
    /// it; `None` if one may.
    pub fn dead_member(
        &self,
        project: usize,
        ways: &Ways,
        rule: RuleId,
        part: &'p Condition,
        member: &Cell,
    ) -> Option<Because> {
        self.nobody(project, ways, rule, &self.for_member(project, rule, part, member)?)
    }

    /// A lead with this member that comes to the rule's policy, whoever takes it there.
    pub fn lead_of_member(
        &self,
        project: usize,
        ways: &Ways,
        rule: RuleId,
        part: &'p Condition,
        member: &Cell,
    ) -> Option<Witness> {
        self.entering(project, ways, rule, &self.for_member(project, rule, part, member)?)
    }

    fn for_member(&self, project: usize, rule: RuleId, part: &'p Condition, member: &Cell) -> Option<Formula> {
        let whole = self.model.projects[project].rules[rule].when.as_ref()?;
        let Condition::Comparison(comparison) = part else { return None };
        let matters = self.matters(project, whole, &Part { condition: part, is_turned: false })?;
        Some(all(vec![matters, self.member_formula(project, comparison, member)?]))
    }

    /// Why no lead that arrives at the rule's place satisfies the one condition and not the other; `None`
    /// if one may.
    pub fn nobody_between(
        &self,
        project: usize,
        ways: &Ways,
        rule: RuleId,
        one: &Condition,
        other: &Condition,
    ) -> Option<Because> {
        self.nobody(project, ways, rule, &self.between(project, one, other)?)
    }

    /// A lead that satisfies the one condition and not the other, and comes to the rule's policy.
    pub fn lead_between(
        &self,
        project: usize,
        ways: &Ways,
        rule: RuleId,
        one: &Condition,
        other: &Condition,
    ) -> Option<Witness> {
        self.entering(project, ways, rule, &self.between(project, one, other)?)
    }

    fn between(&self, project: usize, one: &Condition, other: &Condition) -> Option<Formula> {
        Some(all(vec![self.formula(project, one, None)?, negation(&self.formula(project, other, None)?)]))
    }

    fn entering(&self, project: usize, ways: &Ways, rule: RuleId, formula: &Formula) -> Option<Witness> {
        let areas = areas(formula)?;
        let policy = self.model.projects[project].rules[rule].policy;
        ways.into[policy].iter().find_map(|way| {
            let goal = Goal { areas: super::ways::product(&way.goal.areas, &areas)?, ..way.goal.clone() };
            if let Verdict::Found(lead) = self.reach_goal(&goal) { Some(lead) } else { None }
        })
    }

    /// A lead that the rule takes because a part of its condition, which no `not` turns, holds.
    pub fn lead_by(&self, project: usize, ways: &Ways, rule: RuleId, part: &'p Condition) -> Option<Witness> {
        let whole = self.model.projects[project].rules[rule].when.as_ref()?;
        let matters = self.matters(project, whole, &Part { condition: part, is_turned: false })?;
        let areas = areas(&all(vec![matters, self.formula(project, part, None)?]))?;
        self.arriving(project, ways, rule, &areas)
    }

    /// A lead of the areas that arrives at the rule's place.
    fn arriving(&self, project: usize, ways: &Ways, rule: RuleId, areas: &[Area]) -> Option<Witness> {
        let policy = self.model.projects[project].rules[rule].policy;
        ways.into[policy].iter().find_map(|way| {
            let mut forbidden = way.goal.forbidden.clone();
            forbidden.or(&self.before(project, rule));
            let goal = Goal { areas: super::ways::product(&way.goal.areas, areas)?, forbidden };
            if let Verdict::Found(lead) = self.reach_goal(&goal) { Some(lead) } else { None }
        })
    }

    /// Whether the comparison's value is a field or its domain, hour or weekday: then the members of a
    /// list are atoms. (A column of a table is a question about the table's key.)
    pub fn is_plain(&self, project: usize, comparison: &Comparison) -> bool {
        let cases = super::values::cases(self.model.projects[project], comparison.value);
        let is_plain = |step: &Step| !matches!(step, Step::Row(_) | Step::Column(..));
        cases.is_some_and(|cases| matches!(&cases[..], [case] if case.chain.steps.iter().all(is_plain)))
    }

    /// That the comparison's value is this member, as far as any rule tells it from others.
    fn member_formula(&self, project: usize, comparison: &Comparison, member: &Cell) -> Option<Formula> {
        self.narrowed(project, comparison, &|model: &Model<'_>, dim, set| {
            let atom = model.dims[dim as usize].atom_of_value(member)?;
            set.contains(atom).then(|| AtomSet::of(set.universe(), [atom]))
        })
    }

    /// Negated comparisons of the rule that a blank satisfies, with a lead that the rule takes for it.
    pub fn blank_slips(&self, project: usize, ways: &Ways, rule: RuleId) -> Vec<BlankSlip<'p>> {
        let Some(whole) = &self.model.projects[project].rules[rule].when else { return Vec::new() };
        let mut slips = Vec::new();
        for part in parts(whole) {
            let Condition::Comparison(comparison) = part.condition else { continue };
            if comparison.negated == part.is_turned || comparison.predicate == Predicate::Known {
                continue;
            }
            if let Some(lead) = self.slip(project, ways, rule, whole, &part, comparison) {
                slips.push(BlankSlip { part: part.condition, comparison, lead });
            }
        }
        slips
    }

    fn slip(
        &self,
        project: usize,
        ways: &Ways,
        rule: RuleId,
        whole: &'p Condition,
        part: &Part<'p>,
        comparison: &Comparison,
    ) -> Option<Witness> {
        let matters = self.matters(project, whole, part)?;
        let blank = negation(&self.known(project, comparison.value)?);
        let areas = areas(&all(vec![matters, blank]))?;
        self.arriving(project, ways, rule, &areas)
    }

    /// The top-level conjuncts of a rule's condition that no lead satisfies together: a least such set.
    pub fn clashing_parts(&self, project: usize, rule: RuleId) -> Vec<&'p Condition> {
        let Some(whole) = &self.model.projects[project].rules[rule].when else { return Vec::new() };
        let source = self.model.projects[project];
        let mut conjuncts: Vec<&'p Condition> = Vec::new();
        let mut rest = vec![whole];
        while let Some(condition) = rest.pop() {
            match condition {
                Condition::And(parts) => rest.extend(parts.iter().rev()),
                Condition::Named(id, _) if matches!(source.conditions[*id].condition, Condition::And(_)) => {
                    rest.push(&source.conditions[*id].condition);
                }
                other => conjuncts.push(other),
            }
        }
        let formulas: Option<Vec<Formula>> =
            conjuncts.iter().map(|conjunct| self.formula(project, conjunct, None)).collect();
        let clash = formulas.map_or_else(Vec::new, |formulas| super::reach::clash(self, &formulas));
        clash.into_iter().map(|index| conjuncts[index]).collect()
    }

    /// The formula of a comparison with its sets narrowed; `None` where that cannot be said.
    fn narrowed(
        &self,
        project: usize,
        comparison: &Comparison,
        narrow: &dyn Fn(&Model<'_>, u32, &AtomSet) -> Option<AtomSet>,
    ) -> Option<Formula> {
        let whole = Condition::Comparison(comparison.clone());
        let formula = self.formula(project, &whole, None)?;
        self.narrow_leaves(&formula, narrow)
    }

    fn narrow_leaves(
        &self,
        formula: &Formula,
        narrow: &dyn Fn(&Model<'_>, u32, &AtomSet) -> Option<AtomSet>,
    ) -> Option<Formula> {
        match formula {
            Formula::Always(_) => None,
            Formula::In(dim, set) => Some(Formula::In(*dim, narrow(&self.model, *dim, set)?)),
            Formula::Any(parts) => {
                let parts: Option<Vec<Formula>> = parts.iter().map(|part| self.narrow_leaves(part, narrow)).collect();
                Some(any(parts?))
            }
            // The guards of a `first known of` stay; which they are cannot be told from here.
            Formula::All(_) => None,
        }
    }
}

/// The comparisons and named conditions of a condition, named conditions not opened.
fn parts<'p>(whole: &'p Condition) -> Vec<Part<'p>> {
    let mut found = Vec::new();
    let mut rest = vec![(whole, false)];
    while let Some((condition, is_turned)) = rest.pop() {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                rest.extend(parts.iter().rev().map(|part| (part, is_turned)));
            }
            Condition::Not(inner, _) => rest.push((inner, !is_turned)),
            Condition::Named(..) | Condition::Comparison(_) => found.push(Part { condition, is_turned }),
        }
    }
    found
}
