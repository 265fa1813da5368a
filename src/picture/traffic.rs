//! How many leads go where.

use crate::ids::{IdVec, PolicyId, RuleId};
use crate::policy::Project;
use crate::trace::{Observer, Trace, Verdict};

/// The leads of a file, counted at every policy and rule they come by.
#[derive(Clone, PartialEq, Debug)]
pub struct Traffic {
    /// What the file is called.
    pub name: String,
    /// Leads that were routed, those included that nobody could take.
    pub leads: u64,
    /// Rows that are no leads.
    pub not_leads: u64,
    pub entered: IdVec<PolicyId, u64>,
    /// By the rule that took them, be it to hand them on.
    pub taken: IdVec<RuleId, u64>,
    /// Leads that no rule of the policy took.
    pub fell_off: IdVec<PolicyId, u64>,
    /// The policy in which the lead now is.
    within: Option<PolicyId>,
}

impl Traffic {
    pub fn new(project: &Project, name: &str) -> Traffic {
        Traffic {
            name: name.to_owned(),
            leads: 0,
            not_leads: 0,
            entered: IdVec::from(vec![0; project.policies.len()]),
            taken: IdVec::from(vec![0; project.rules.len()]),
            fell_off: IdVec::from(vec![0; project.policies.len()]),
            within: None,
        }
    }

    /// To be called when a lead has been routed under these eyes.
    pub fn routed(&mut self) {
        self.leads += 1;
        if let Some(policy) = self.within.take() {
            self.fell_off[policy] += 1;
        }
    }

    /// Counts a lead whose way was watched by somebody else.
    pub fn seen(&mut self, trace: &Trace) {
        for step in trace.steps() {
            self.enter(step.policy);
            step.tried.iter().for_each(|tried| self.tried(tried.rule, tried.verdict));
        }
        self.routed();
    }
}

impl Observer for Traffic {
    const COMPLETE: bool = false;

    fn enter(&mut self, policy: PolicyId) {
        self.entered[policy] += 1;
        self.within = Some(policy);
    }

    fn compared(&mut self, _: bool) {}

    fn open(&mut self) {}

    fn close(&mut self, _: bool) {}

    fn tried(&mut self, rule: RuleId, verdict: Verdict) {
        if verdict == Verdict::Held {
            self.taken[rule] += 1;
            self.within = None;
        }
    }
}
