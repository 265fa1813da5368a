//! A lead that the ledger knows: what was recorded of it, and what of that the project still has.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::ids::{QueueId, RepId, RuleId};
use crate::ledger::Made;
use crate::policy::Project;
use crate::route::summary::route_type;

/// What became of a lead before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recalled {
    pub assignment: i64,
    pub note: String,
    /// What leads that were decided alike have in common.
    pub past: Arc<PastDecision>,
}

/// A decision that was made before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastDecision {
    pub made: Made,
    /// The rule that decided, if it is still there, in a policy with the same mark.
    pub rule: Option<RuleId>,
    /// Who got it, if they are still in the roster.
    pub rep: Option<RepId>,
    pub queue: Option<QueueId>,
}

/// Names → ids of a project.
#[derive(Debug)]
pub struct Names {
    /// Policy → rule.
    rules: FxHashMap<String, FxHashMap<String, RuleId>>,
    reps: FxHashMap<String, RepId>,
    queues: FxHashMap<String, QueueId>,
}

impl Names {
    pub fn of(project: &Project) -> Names {
        let mut rules: FxHashMap<String, FxHashMap<String, RuleId>> = FxHashMap::default();
        for (id, rule) in project.rules.iter_with_ids() {
            let policy = &project.policies[rule.policy].name;
            rules.entry(policy.clone()).or_default().insert(rule.name.clone(), id);
        }
        Names {
            rules,
            reps: project.roster.reps.iter_with_ids().map(|(id, rep)| (rep.name.clone(), id)).collect(),
            queues: project.queues.iter_with_ids().map(|(id, queue)| (queue.name.clone(), id)).collect(),
        }
    }

    /// The rule that decided, if the project still has it, in a policy with the same mark.
    pub fn rule(&self, project: &Project, made: &Made) -> Option<RuleId> {
        let rule = self.rules.get(&made.policy).and_then(|rules| rules.get(&made.rule)).copied();
        let mark = |rule: RuleId| route_type(project.policies[project.rules[rule].policy].mark).unwrap_or("");
        rule.filter(|rule| mark(*rule) == made.route_type)
    }

    /// Finds in the project what was decided.
    pub fn recall(&self, project: &Project, made: Made) -> PastDecision {
        let kind = made.assigned_kind.as_str();
        PastDecision {
            rule: self.rule(project, &made),
            rep: self.reps.get(&made.assigned_to).copied().filter(|_| kind == "rep"),
            queue: self.queues.get(&made.assigned_to).copied().filter(|_| kind == "queue"),
            made,
        }
    }
}
