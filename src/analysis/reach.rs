//! Which rules a lead can reach, and what keeps leads from those it cannot.
//!
//! A rule is reached if for one of the [ways](super::ways) into its policy there is a lead that
//! satisfies its condition and that of no rule before it. If there is none, the proofs name the
//! rules they needed; members of that cover are then taken away one by one, as long as the rest
//! still proves it, so that none of those which remain can be spared (the upward redundancy of Liu &
//! Gouda, *Complete redundancy detection in firewalls*, 2005, with the reason shown). For each that
//! remains there is a lead that it alone keeps from the rule.
//!
//! If the rules of its own policy suffice to take all the rule's leads, the cover is made of them;
//! only otherwise do rules of policies on the way enter it.

use std::collections::BTreeSet;

use crate::analysis::boxes::{Area, Formula, all, areas};
use crate::analysis::index::Owner;
use crate::analysis::sets::Bits;
use crate::analysis::ways::{Goal, Ways, product};
use crate::analysis::witness::{Engine, Verdict, Witness};
use crate::ids::{Id, RuleId};

/// So few rules are searched directly.
const FEW_RULES: usize = 40;
/// Covers with more rules than this are not made minimal: nobody would read them.
const MOST_MINIMISED: usize = 60;

/// Nodes spent on a better example.
const FEW_NODES: usize = 30;
/// So many members of a cover get a better example.
const BETTER_EXAMPLES: usize = 8;

/// What is known of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// This lead arrives.
    Reached(Witness),
    /// No lead satisfies the condition, wherever the rule stands.
    Impossible,
    /// No lead enters the rule's policy.
    NotEntered,
    /// Other rules take all its leads.
    Unreachable(Cover),
    /// Not in force on the day.
    OutOfForce,
    /// Not decided within the budget.
    Open,
}

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
    /// What is known of a rule of a project.
    pub fn reach(&self, project: usize, ways: &Ways, rule: RuleId) -> Reach {
        let source = self.model.projects[project];
        let policy = source.rules[rule].policy;
        if !self.rules[project][rule.index()].is_in_force {
            return Reach::OutOfForce;
        }
        if ways.into[policy].is_empty() && !ways.too_many[policy] {
            return Reach::NotEntered;
        }
        let areas = &self.rules[project][rule.index()].areas;
        let mut is_open = ways.too_many[policy];
        let mut goals = Vec::new();
        for way in &ways.into[policy] {
            let Some(goal) = self.through(project, &way.goal, rule) else {
                is_open = true;
                continue;
            };
            match self.reach_goal(&goal) {
                Verdict::Found(witness) => return Reach::Reached(witness),
                Verdict::Refuted(core) => goals.push((goal, core)),
                Verdict::Open => is_open = true,
            }
        }
        if matches!(self.witness(areas, &self.index.none(), &[]), Verdict::Refuted(_)) {
            return Reach::Impossible;
        }
        let arriving: Vec<Goal> = goals.iter().map(|(goal, _)| goal.clone()).collect();
        let starts_here = matches!(&ways.into[policy][..], [way] if way.steps.is_empty());
        if starts_here && !is_open {
            return self.cover(project, goals, &arriving, Vec::new());
        }
        let own = Goal { areas: areas.clone(), forbidden: self.before(project, rule) };
        if let Verdict::Refuted(core) = self.reach_goal(&own) {
            return self.cover(project, vec![(own, core)], &arriving, Vec::new());
        }
        if is_open {
            return Reach::Open;
        }
        let entered_by: BTreeSet<RuleId> =
            ways.into[policy].iter().filter_map(|way| way.steps.last().copied()).collect();
        self.cover(project, goals, &arriving, entered_by.into_iter().collect())
    }

    /// The least cover: goals that are all refuted, with the boxes that each proof needed.
    /// `arriving`: the leads that would arrive, were it not for the rules before.
    fn cover(
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
        let mut leads = Vec::new();
        let mut index = 0;
        while index < members.len() {
            let mut fewer = members.clone();
            let rule = fewer.remove(index);
            match self.among(project, &goals, &fewer) {
                // The new proof may do with even fewer; those that were found needed are in every proof.
                Verdict::Refuted(core) => members = rules(&self.owners(core)),
                Verdict::Found(witness) => {
                    let searched = if leads.len() < BETTER_EXAMPLES { FEW_NODES } else { 0 };
                    leads.push(self.member(project, arriving, rule, witness, searched));
                    index += 1;
                }
                Verdict::Open => return Reach::Open,
            }
        }
        Reach::Unreachable(Cover { members: leads, is_minimal: true, entered_by, assumptions })
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
            let is_inside =
                |area: &Area| area.iter().all(|(dim, set)| point[*dim as usize].is_some_and(|atom| set.contains(atom)));
            if goal.areas.iter().any(is_inside) && self.index.around(&point, &forbidden).is_empty() {
                return Member { rule, lead: Some(past_members), arrives: true };
            }
            if most_nodes == 0 {
                continue;
            }
            // All others are taken by the rest of the cover.
            let taken = product(&goal.areas, &self.rules[project][rule.index()].areas);
            let areas = taken.as_ref().unwrap_or(&goal.areas);
            if let Verdict::Found(lead) = self.witness_within(areas, &forbidden, &[], most_nodes) {
                return Member { rule, lead: Some(lead), arrives: true };
            }
        }
        Member { rule, lead: Some(past_members), arrives: false }
    }

    /// A lead of one of the goals that none of the rules takes.
    fn among(&self, project: usize, goals: &[Goal], rules: &[RuleId]) -> Verdict {
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

    /// Whether rules refute all goals: whether a cover found with today's rows holds for any rows.
    pub fn is_covered(&self, project: usize, ways: &Ways, rule: RuleId, cover: &[RuleId], on_its_own: bool) -> bool {
        let policy = self.model.projects[project].rules[rule].policy;
        let own =
            || Goal { areas: self.rules[project][rule.index()].areas.clone(), forbidden: self.before(project, rule) };
        let goals: Option<Vec<Goal>> = if on_its_own {
            Some(vec![own()])
        } else {
            ways.into[policy].iter().map(|way| self.through(project, &way.goal, rule)).collect()
        };
        let is_known = on_its_own || !ways.too_many[policy];
        goals.is_some_and(|goals| is_known && matches!(self.among(project, &goals, cover), Verdict::Refuted(_)))
    }
}

fn rules(owners: &BTreeSet<Owner>) -> Vec<RuleId> {
    owners.iter().filter_map(|owner| if let Owner::Rule(_, rule) = owner { Some(*rule) } else { None }).collect()
}

/// The least set of parts that no lead satisfies together, by their numbers; empty if some lead does.
pub fn clash(engine: &Engine<'_>, parts: &[Formula]) -> Vec<usize> {
    let none: Bits = engine.index.none();
    let is_empty = |kept: &[usize]| {
        let whole = all(kept.iter().map(|&part| parts[part].clone()).collect());
        let found: Option<Vec<Area>> = areas(&whole);
        found.is_some_and(|areas| matches!(engine.witness(&areas, &none, &[]), Verdict::Refuted(_)))
    };
    let mut kept: Vec<usize> = (0..parts.len()).collect();
    if !is_empty(&kept) {
        return Vec::new();
    }
    let mut index = 0;
    while index < kept.len() {
        let mut fewer = kept.clone();
        fewer.remove(index);
        if is_empty(&fewer) {
            kept = fewer;
        } else {
            index += 1;
        }
    }
    kept
}
