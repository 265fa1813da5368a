//! Chains of `go to` that return to where they were.
//!
//! A chain is found by following the graph; whether a lead can follow it is a question for the
//! engine: the lead takes a way to a policy of the chain and every `go to` of the chain after it.
//! Such a lead would circle for ever, so one is an error; a chain that no lead can follow is only
//! questionable.

use std::collections::BTreeMap;

use crate::analysis::ways::Ways;
use crate::analysis::witness::{Engine, Verdict, Witness};
use crate::ids::{PolicyId, RuleId};
use crate::policy::Action;

/// `go to` rules that lead from a policy back to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cycle {
    /// In the order in which they are followed, from the rule that comes first in reading order on.
    pub steps: Vec<RuleId>,
    pub follows: Follows,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Follows {
    /// This lead circles.
    Lead(Witness),
    /// Proved: none can.
    Nobody,
    Open,
}

impl Engine<'_> {
    /// Every chain that returns, in reading order of its first rule.
    pub fn cycles(&self, project: usize, ways: &Ways) -> Vec<Cycle> {
        let mut cycles: BTreeMap<Vec<RuleId>, Follows> =
            self.chains_in_graph(project).into_iter().map(|steps| (steps, Follows::Nobody)).collect();
        for back in &ways.returns {
            let steps = self.cycle_of(project, &back.way.steps, back.closing);
            let known = cycles.entry(steps).or_insert(Follows::Nobody);
            if matches!(known, Follows::Lead(_)) {
                continue;
            }
            match self.reach_goal(&back.way.goal) {
                Verdict::Found(witness) => *known = Follows::Lead(witness),
                Verdict::Open => *known = Follows::Open,
                Verdict::Refuted(_) => {}
            }
        }
        let is_open = ways.too_many.iter().any(|too_many| *too_many);
        cycles
            .into_iter()
            .map(|(steps, follows)| {
                let follows = if follows == Follows::Nobody && is_open { Follows::Open } else { follows };
                Cycle { steps, follows }
            })
            .collect()
    }

    /// The part of a way that circles, from its first rule in reading order on.
    fn cycle_of(&self, project: usize, steps: &[RuleId], closing: RuleId) -> Vec<RuleId> {
        let source = self.model.projects[project];
        let Action::GoTo(back) = &source.rules[closing].action else { return Vec::new() };
        let from = steps.iter().position(|step| source.rules[*step].policy == back.node).unwrap_or(0);
        turned(&steps[from..])
    }

    /// Simple cycles of the graph, entered or not: one for each pair of policies that are joined
    /// both ways would be too many, so parallel rules are followed by the first of them only.
    fn chains_in_graph(&self, project: usize) -> Vec<Vec<RuleId>> {
        let source = self.model.projects[project];
        let mut found = Vec::new();
        for policy in source.policies.ids() {
            let mut path = Vec::new();
            self.follow_chain(project, policy, policy, &mut path, &mut found);
        }
        found
    }

    fn follow_chain(
        &self,
        project: usize,
        from: PolicyId,
        at: PolicyId,
        path: &mut Vec<RuleId>,
        found: &mut Vec<Vec<RuleId>>,
    ) {
        if found.len() > MOST_CHAINS || path.len() > MOST_STEPS {
            return;
        }
        let source = self.model.projects[project];
        let mut seen: Vec<PolicyId> = Vec::new();
        for &rule in &source.policies[at].rules {
            let Action::GoTo(next) = &source.rules[rule].action else { continue };
            if seen.contains(&next.node) {
                continue;
            }
            seen.push(next.node);
            path.push(rule);
            if next.node == from {
                found.push(turned(path));
            } else if next.node > from && !path.iter().any(|step| source.rules[*step].policy == next.node) {
                self.follow_chain(project, from, next.node, path, found);
            }
            path.pop();
        }
    }
}

const MOST_CHAINS: usize = 200;
const MOST_STEPS: usize = 100;

fn turned(steps: &[RuleId]) -> Vec<RuleId> {
    let first = (0..steps.len()).min_by_key(|&index| steps[index]).unwrap_or(0);
    steps[first..].iter().chain(&steps[..first]).copied().collect()
}
