//! Which rules a lead can reach, and what keeps leads from those it cannot.
//!
//! A rule is reached if for one of the [ways](super::ways) into its policy there is a lead that
//! satisfies its condition and that of no rule before it. If there is none, the proofs name the
//! rules they needed, and a least [`Cover`](super::cover) is made of them.
//!
//! If the rules of its own policy suffice to take all the rule's leads, the cover is made of them;
//! only otherwise do rules of policies on the way enter it.

use std::collections::BTreeSet;

use crate::analysis::boxes::{Area, Formula, all, areas};
pub use crate::analysis::cover::{Cover, Member};
use crate::analysis::sets::Bits;
use crate::analysis::ways::{Goal, Ways};
use crate::analysis::witness::{Engine, Verdict, Witness};
use crate::ids::{Id, RuleId};

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
