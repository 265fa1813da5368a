//! The least set of rules that keeps all leads from a rule.
//!
//! Members of a refutation's core are taken away one by one, as long as the rest still proves it, so
//! that none of those which remain can be spared (the upward redundancy of Liu & Gouda, *Complete
//! redundancy detection in firewalls*, 2005, with the reason shown). For each that remains there is a
//! lead that it alone keeps from the rule. Such a lead often shows more: with another value in one field
//! it gets past that rule, and if it then meets one other member and no more, that one cannot be spared
//! either, without another proof (model rotation: Belov & Marques-Silva, *Accelerating MUS extraction
//! with recursive model rotation*, 2011).

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::boxes::Area;
use crate::analysis::index::Owner;
use crate::analysis::reach::Reach;
use crate::analysis::ways::{Goal, product};
use crate::analysis::witness::{Engine, Verdict, Witness};
use crate::ids::{Id, RuleId};

/// So few rules are searched directly.
const FEW_RULES: usize = 40;
/// Covers with more rules than this are not made minimal: nobody would read them.
const MOST_MINIMISED: usize = 60;

/// Nodes spent on a better example.
const FEW_NODES: usize = 30;
/// So many members of a cover get a better example: as many as are shown.
const BETTER_EXAMPLES: usize = 6;
/// Past more boxes than this a better example is not looked for: there hardly ever is one.
const MOST_IN_THE_WAY: usize = 100;
/// Other values of one field that are tried.
const MOST_TURNS: usize = 16;

/// What keeps leads from a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cover {
    /// In reading order.
    pub members: Vec<Member>,
    /// Whether no member can be spared. Only a cover of very many rules is not made so.
    pub is_minimal: bool,
    /// `go to` rules by which alone leads come to the policy, where the proof needed that.
    pub entered_by: Vec<RuleId>,
    /// Assumptions that the proof needed, by their number.
    pub assumptions: Vec<usize>,
}

/// A rule without which the cover would have a hole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    pub rule: RuleId,
    /// A lead that only this member of the cover takes; always there if the cover is minimal.
    pub lead: Option<Witness>,
    /// Whether the lead would arrive if this one rule were taken away. If not, a rule outside of the
    /// cover takes it, too.
    pub arrives: bool,
}

impl Engine<'_> {
    /// The least cover: goals that are all refuted, with the boxes that each proof needed.
    /// `arriving`: the leads that would arrive, were it not for the rules before.
    pub(super) fn cover(
        &self,
        project: usize,
        goals: Vec<(Goal, BTreeSet<u32>)>,
        arriving: &[Goal],
        entered_by: Vec<RuleId>,
    ) -> Reach {
        let mut needed: BTreeSet<Owner> =
            goals.iter().flat_map(|(_, core)| self.owners(core.iter().copied())).collect();
        let goals: Vec<Goal> = goals.into_iter().map(|(goal, _)| goal).collect();
        // A proof without the other boxes often needs even fewer.
        while needed.len() > 1
            && let Some(fewer) = self.refuted_by(project, &goals, &rules(&needed))
        {
            let is_less = rules(&fewer).len() < rules(&needed).len();
            needed = fewer;
            if !is_less {
                break;
            }
        }
        let mut members = rules(&needed);
        let assumptions = needed.iter().filter_map(|owner| match owner {
            Owner::Assumption(of, number) if *of == project => Some(*number),
            _ => None,
        });
        let assumptions: Vec<usize> = assumptions.collect();
        if members.len() > MOST_MINIMISED {
            let members = members.into_iter().map(|rule| Member { rule, lead: None, arrives: false }).collect();
            return Reach::Unreachable(Cover { members, is_minimal: false, entered_by, assumptions });
        }
        // Members that cannot be spared, with a lead that only they keep away.
        let mut leads: BTreeMap<RuleId, Witness> = BTreeMap::new();
        while let Some(place) = members.iter().position(|rule| !leads.contains_key(rule)) {
            let mut fewer = members.clone();
            let rule = fewer.remove(place);
            match self.among(project, &goals, &fewer) {
                // The new proof may do with even fewer; those that were found needed are in every proof.
                Verdict::Refuted(core) => members = rules(&self.owners(core)),
                Verdict::Found(witness) => self.turn(project, &goals, &members, (rule, witness), &mut leads),
                Verdict::Open => return Reach::Open,
            }
        }
        let member = |(number, (rule, lead)): (usize, (RuleId, Witness))| {
            let searched = if number < BETTER_EXAMPLES { FEW_NODES } else { 0 };
            self.member(project, arriving, rule, lead, searched)
        };
        let members = leads.into_iter().enumerate().map(member).collect();
        Reach::Unreachable(Cover { members, is_minimal: true, entered_by, assumptions })
    }

    /// Takes in a member with the lead that it alone keeps away, and other members that leads like it
    /// show to be needed.
    fn turn(
        &self,
        project: usize,
        goals: &[Goal],
        members: &[RuleId],
        first: (RuleId, Witness),
        leads: &mut BTreeMap<RuleId, Witness>,
    ) {
        let boxes: Vec<u32> = members.iter().flat_map(|rule| self.rules[project][rule.index()].boxes.clone()).collect();
        let mut rest = vec![first];
        while let Some((rule, lead)) = rest.pop() {
            for turned in self.turned(project, rule, &lead) {
                if let Some(other) = self.only_member(goals, &boxes, &turned)
                    && other != rule
                    && !leads.contains_key(&other)
                    && rest.iter().all(|(known, _)| *known != other)
                {
                    rest.push((other, turned));
                }
            }
            leads.insert(rule, lead);
        }
    }

    /// Leads that get past a rule by another value in one field of which the rest is independent.
    fn turned(&self, project: usize, rule: RuleId, lead: &Witness) -> impl Iterator<Item = Witness> {
        let point = self.point(&lead.cells);
        let boxes = self.rules[project][rule.index()].boxes.clone();
        let sets = boxes.flat_map(|number| &self.index.boxes[number as usize]);
        sets.filter_map(move |(dim, set)| {
            let (known, set) = (&self.model.dims[*dim as usize], self.model.set(*dim, *set));
            let variable = known.variable.filter(|&variable| variable < self.model.fields)?;
            let is_alone = self.model.variables[variable].dims.len() == 1;
            let is_inside = point[*dim as usize].is_some_and(|atom| set.contains(atom));
            (is_alone && is_inside).then_some((variable, *dim, set))
        })
        .flat_map(move |(variable, dim, set)| {
            let others = (0..set.universe()).filter(|&atom| !set.contains(atom)).take(MOST_TURNS);
            others.map(move |atom| {
                let mut turned = lead.clone();
                turned.cells[variable] = self.model.dims[dim as usize].sample(atom);
                turned
            })
        })
    }

    /// The rule of the boxes that alone keeps a lead of a goal away.
    fn only_member(&self, goals: &[Goal], boxes: &[u32], lead: &Witness) -> Option<RuleId> {
        let point = self.point(&lead.cells);
        let goal = goals.iter().find(|goal| goal.areas.iter().any(|area| is_in(area, &point)))?;
        if self.always.iter().any(|number| self.contains(number, &point)) {
            return None;
        }
        let mut around =
            boxes.iter().filter(|&&number| goal.forbidden.contains(number) && self.contains(number, &point));
        let only = self.index.rule(*around.next()?);
        only.filter(|only| around.all(|number| self.index.rule(*number) == Some(*only)))
    }

    fn contains(&self, number: u32, point: &[Option<u32>]) -> bool {
        let mut sets = self.index.boxes[number as usize].iter();
        sets.all(|(dim, set)| point[*dim as usize].is_none_or(|atom| self.model.set(*dim, *set).contains(atom)))
    }

    /// A lead that gets past all members but one: if one is found within a few nodes, one that gets past
    /// all other rules, too.
    fn member(
        &self,
        project: usize,
        arriving: &[Goal],
        rule: RuleId,
        past_members: Witness,
        most_nodes: usize,
    ) -> Member {
        let own = self.boxes_of(project, [rule]);
        let point = self.point(&past_members.cells);
        for goal in arriving {
            let mut forbidden = goal.forbidden.clone();
            forbidden.minus(&own);
            if goal.areas.iter().any(|area| is_in(area, &point)) && self.index.around(&point, &forbidden).is_empty() {
                return Member { rule, lead: Some(past_members), arrives: true };
            }
            if most_nodes == 0 {
                continue;
            }
            // All others are taken by the rest of the cover.
            let taken = product(&goal.areas, &self.rules[project][rule.index()].areas);
            let areas = taken.as_ref().unwrap_or(&goal.areas);
            let in_the_way: usize = areas.iter().map(|area| self.index.meeting(area, &forbidden).len()).sum();
            if in_the_way > MOST_IN_THE_WAY {
                continue;
            }
            if let Verdict::Found(lead) = self.witness_within(areas, &forbidden, &[], most_nodes) {
                return Member { rule, lead: Some(lead), arrives: true };
            }
        }
        Member { rule, lead: Some(past_members), arrives: false }
    }

    /// A lead of one of the goals that none of the rules takes.
    pub(super) fn among(&self, project: usize, goals: &[Goal], rules: &[RuleId]) -> Verdict {
        let kept = self.boxes_of(project, rules.iter().copied());
        let mut core = BTreeSet::new();
        let mut is_open = false;
        for goal in goals {
            let mut forbidden = goal.forbidden.clone();
            forbidden.and(&kept);
            let verdict = if rules.len() <= FEW_RULES {
                self.witness_past(&goal.areas, &forbidden)
            } else {
                self.witness(&goal.areas, &forbidden, &[])
            };
            match verdict {
                Verdict::Refuted(more) => core.extend(more),
                Verdict::Open => is_open = true,
                found @ Verdict::Found(_) => return found,
            }
        }
        if is_open { Verdict::Open } else { Verdict::Refuted(core) }
    }

    fn refuted_by(&self, project: usize, goals: &[Goal], rules: &[RuleId]) -> Option<BTreeSet<Owner>> {
        match self.among(project, goals, rules) {
            Verdict::Refuted(core) => Some(self.owners(core)),
            Verdict::Found(_) | Verdict::Open => None,
        }
    }
}

fn is_in(area: &Area, point: &[Option<u32>]) -> bool {
    area.iter().all(|(dim, set)| point[*dim as usize].is_some_and(|atom| set.contains(atom)))
}

fn rules(owners: &BTreeSet<Owner>) -> Vec<RuleId> {
    owners.iter().filter_map(|owner| if let Owner::Rule(_, rule) = owner { Some(*rule) } else { None }).collect()
}
