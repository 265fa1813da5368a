//! The ways by which leads enter a policy.
//!
//! A lead that comes back to a policy comes back for ever: the same lead meets the same rules. So
//! whatever a lead reaches it reaches without visiting a policy twice, in a project with cycles as
//! in one without, and the ways into a policy are the *simple* paths of `go to` rules from `start`.
//! On such a way the lead satisfies the condition of each `go to` rule, and of no rule before it in
//! the same policy: a [`Goal`], whose areas and forbidden boxes the engine answers.

use std::ops::Range;

use crate::analysis::boxes::{Area, common};
use crate::analysis::sets::Bits;
use crate::analysis::witness::{Engine, Verdict};
use crate::ids::{Id, IdVec, PolicyId, RuleId};
use crate::policy::Action;

/// Leads that have come somewhere: in one of the areas, and in none of the forbidden boxes.
#[derive(Clone, Debug)]
pub struct Goal {
    pub areas: Vec<Area>,
    pub forbidden: Bits,
}

/// A way into a policy: the `go to` rules from the start on.
#[derive(Clone, Debug)]
pub struct Way {
    pub steps: Vec<RuleId>,
    pub goal: Goal,
}

/// All ways into all policies of a project.
#[derive(Debug)]
pub struct Ways {
    pub into: IdVec<PolicyId, Vec<Way>>,
    /// Policies with more ways than are followed: what is not found there is left open.
    pub too_many: IdVec<PolicyId, bool>,
    /// `go to` rules that return to a policy on the way to them.
    pub returns: Vec<Return>,
}

/// A way that comes back to where it was.
#[derive(Clone, Debug)]
pub struct Return {
    pub way: Way,
    /// The last step; it goes to a policy that was entered before.
    pub closing: RuleId,
}

/// Ways into one policy that are followed.
const MOST_WAYS: usize = 128;
/// Areas of a goal that are written out.
const MOST_AREAS: usize = 2_000;

impl Engine<'_> {
    /// The ways into the policies of one of the engine's projects.
    pub fn ways(&self, project: usize) -> Ways {
        let source = self.model.projects[project];
        let mut ways = Ways {
            into: source.policies.iter().map(|_| Vec::new()).collect(),
            too_many: source.policies.iter().map(|_| false).collect(),
            returns: Vec::new(),
        };
        let everywhere = Goal { areas: vec![Vec::new()], forbidden: self.index.none() };
        let start = Way { steps: Vec::new(), goal: everywhere };
        let mut rest = vec![(source.start.node, start)];
        while let Some((policy, way)) = rest.pop() {
            if ways.into[policy].len() >= MOST_WAYS {
                ways.too_many[policy] = true;
                continue;
            }
            let mut onward = self.onward(project, policy, &way, &mut ways);
            ways.into[policy].push(way);
            onward.reverse();
            rest.extend(onward);
        }
        // What cannot be entered in all ways leaves open what lies behind it.
        if ways.too_many.iter().any(|too_many| *too_many) {
            ways.too_many.iter_mut().for_each(|too_many| *too_many = true);
        }
        ways
    }

    fn onward(&self, project: usize, policy: PolicyId, way: &Way, ways: &mut Ways) -> Vec<(PolicyId, Way)> {
        let source = self.model.projects[project];
        let mut visited: Vec<PolicyId> = way.steps.iter().map(|step| source.rules[*step].policy).collect();
        visited.push(policy);
        let mut onward = Vec::new();
        for &rule in &source.policies[policy].rules {
            let Action::GoTo(next) = &source.rules[rule].action else { continue };
            let mut steps = way.steps.clone();
            steps.push(rule);
            let Some(goal) = self.through(project, &way.goal, rule) else {
                ways.too_many[next.node] = true;
                continue;
            };
            if visited.contains(&next.node) {
                ways.returns.push(Return { way: Way { steps, goal }, closing: rule });
            } else if !matches!(self.reach_goal(&goal), Verdict::Refuted(_)) {
                onward.push((next.node, Way { steps, goal }));
            }
        }
        onward
    }

    /// The leads of a goal, in a rule's policy, that the rule takes; `None` if that takes too many areas.
    pub fn through(&self, project: usize, goal: &Goal, rule: RuleId) -> Option<Goal> {
        let mut forbidden = goal.forbidden.clone();
        forbidden.or(&self.before(project, rule));
        let areas = product(&goal.areas, &self.rules[project][rule.index()].areas)?;
        Some(Goal { areas, forbidden })
    }

    /// The boxes of the rules before a rule in its policy: a range, as boxes are numbered policy by policy.
    pub fn before(&self, project: usize, rule: RuleId) -> Bits {
        let range = self.boxes_of_policy(project, self.model.projects[project].rules[rule].policy);
        let mut before = self.index.none();
        before.insert_range(range.start, self.rules[project][rule.index()].boxes.start);
        before
    }

    /// The boxes of the rules of a policy.
    pub(super) fn boxes_of_policy(&self, project: usize, policy: PolicyId) -> Range<u32> {
        let rules = &self.model.projects[project].policies[policy].rules;
        let boxes = |rule: &RuleId| &self.rules[project][rule.index()].boxes;
        match (rules.first(), rules.last()) {
            (Some(first), Some(last)) => boxes(first).start..boxes(last).end,
            _ => 0..0,
        }
    }

    pub fn reach_goal(&self, goal: &Goal) -> Verdict {
        self.witness(&goal.areas, &goal.forbidden, &[])
    }
}

/// The areas that two lists of areas share.
pub fn product(a: &[Area], b: &[Area]) -> Option<Vec<Area>> {
    if a.len() * b.len() > MOST_AREAS {
        return None;
    }
    Some(a.iter().flat_map(|a| b.iter().filter_map(|b| common(a, b))).collect())
}
