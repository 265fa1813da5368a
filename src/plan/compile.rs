//! Project → [`Plan`].

use jiff::civil::Date;

use crate::ids::{IdVec, PolicyId, RuleId};
use crate::policy::Project;

/// What to try, in order, on one day.
#[derive(Clone, Debug)]
pub struct Plan<'p> {
    pub project: &'p Project,
    /// The day of the project's time zone that the plan is for.
    pub day: Date,
    policies: IdVec<PolicyId, Vec<Attempt>>,
}

/// A rule to try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    pub rule: RuleId,
    /// Whether the day lies in the rule's `from … until`; if not, no lead takes it.
    pub in_force: bool,
}

/// Lays a project out for a day of its time zone.
pub fn compile(project: &Project, day: Date) -> Plan<'_> {
    let attempts = |rules: &[RuleId]| -> Vec<Attempt> {
        rules.iter().map(|&rule| Attempt { rule, in_force: project.rules[rule].dates.include(day) }).collect()
    };
    let policies = project.policies.iter().map(|policy| attempts(&policy.rules)).collect();
    Plan { project, day, policies }
}

impl Plan<'_> {
    /// The rules of a policy in the order in which they are tried.
    pub fn attempts(&self, policy: PolicyId) -> &[Attempt] {
        &self.policies[policy]
    }

    /// The plan without a rule, for asking what would happen.
    pub fn without(&self, rule: RuleId) -> Self {
        let mut plan = self.clone();
        let policy = plan.project.rules[rule].policy;
        plan.policies[policy].retain(|attempt| attempt.rule != rule);
        plan
    }

    /// The plan with a rule tried just before another of its policy, for asking what would happen.
    pub fn moved(&self, rule: RuleId, before: RuleId) -> Self {
        let mut plan = self.clone();
        let attempts = &mut plan.policies[plan.project.rules[rule].policy];
        if let Some(from) = attempts.iter().position(|attempt| attempt.rule == rule) {
            let moved = attempts.remove(from);
            let to = attempts.iter().position(|attempt| attempt.rule == before).unwrap_or(from);
            attempts.insert(to, moved);
        }
        plan
    }
}
