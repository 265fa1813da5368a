//! Project → [`Plan`].
//!
//! A plan is first of all the rules of every policy in order, and it can be followed as such. When a
//! policy has seen some leads, its rules are laid out again in an [`Index`], so that from then on a
//! lead is shown only the rules that it could take; that costs about as much as showing all of them
//! to a few dozen leads, which is why a policy asked about one lead does without.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use super::index::Index;
use crate::ids::{IdVec, PolicyId, RuleId};
use crate::policy::Project;

/// What to try, in order, on one day.
#[derive(Clone, Debug)]
pub struct Plan<'p> {
    pub project: &'p Project,
    /// The day of the project's time zone that the plan is for.
    pub day: Date,
    policies: IdVec<PolicyId, Arc<Steps>>,
    /// A rule that is passed over, for asking what would happen.
    without: Option<RuleId>,
}

/// The rules of one policy.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub attempts: Vec<Attempt>,
    /// How many leads came while there was no index.
    leads: AtomicU32,
    index: OnceLock<Index>,
}

/// A rule to try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    pub rule: RuleId,
    /// Whether the day lies in the rule's `from … until`; if not, no lead takes it.
    pub in_force: bool,
}

/// Policies with fewer rules than this are quicker to go through than to look up.
const FEWEST_RULES: usize = 12;
/// Leads after which an index is worth its making.
const FEWEST_LEADS: u32 = 24;

/// Lays a project out for a day of its time zone.
pub fn compile(project: &Project, day: Date) -> Plan<'_> {
    let steps = |rules: &[RuleId]| {
        let attempts = rules.iter().map(|&rule| Attempt { rule, in_force: project.rules[rule].dates.include(day) });
        Arc::new(Steps { attempts: attempts.collect(), ..Steps::default() })
    };
    let policies = project.policies.iter().map(|policy| steps(&policy.rules)).collect();
    Plan { project, day, policies, without: None }
}

impl Plan<'_> {
    /// The rules of a policy in the order in which they are tried.
    pub(super) fn steps(&self, policy: PolicyId) -> &Steps {
        &self.policies[policy]
    }

    /// Whether a rule is tried at all.
    pub(super) fn has(&self, rule: RuleId) -> bool {
        self.without != Some(rule)
    }

    /// The index of a policy's rules, if it is worth having one.
    pub(super) fn index(&self, policy: PolicyId) -> Option<&Index> {
        let steps = self.steps(policy);
        if steps.attempts.len() < FEWEST_RULES {
            return None;
        }
        // How many leads there were need not be exact: both ways come to the same rule.
        let is_worth_it = steps.index.get().is_some() || steps.leads.fetch_add(1, Ordering::Relaxed) >= FEWEST_LEADS;
        is_worth_it.then(|| steps.index.get_or_init(|| self.make_index(steps)))
    }

    fn make_index(&self, steps: &Steps) -> Index {
        let rules = (0..).zip(&steps.attempts).filter(|(_, attempt)| attempt.in_force);
        Index::new(self.project, rules.map(|(place, attempt)| (place, self.project.rules[attempt.rule].when.as_ref())))
    }

    /// The plan without a rule, for asking what would happen.
    pub fn without(&self, rule: RuleId) -> Self {
        Plan { without: Some(rule), ..self.clone() }
    }
}
