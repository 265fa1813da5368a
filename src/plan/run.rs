//! The one evaluator: a lead enters at `start`, and the first rule of a policy that holds decides.

use crate::ids::{Id, PolicyId, RuleId};
use crate::plan::compile::{Attempt, Plan};
use crate::plan::facts::Facts;
use crate::policy::Condition;
use crate::trace::{Observer, Verdict};

/// Where a lead's way through the policies ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// A rule took the lead, and its action is not a `go to`.
    Decided(RuleId),
    /// No rule of the policy holds, and it has no `otherwise`.
    FellOff(PolicyId),
    /// The rule sends the lead to a policy in which it has already been.
    Circled(RuleId),
}

/// Takes a lead from the start to the rule that decides about it.
pub fn decide<O: Observer>(plan: &Plan<'_>, facts: &Facts<'_>, observer: &mut O) -> Outcome {
    let mut policy = plan.project.start.node;
    let mut entered = Entered::default();
    loop {
        entered.add(policy);
        observer.enter(policy);
        let Some(Attempt { rule, next, .. }) = first_that_holds(plan, policy, facts, observer) else {
            return Outcome::FellOff(policy);
        };
        match next {
            Some(next) if entered.has(next) => return Outcome::Circled(rule),
            Some(next) => policy = next,
            None => return Outcome::Decided(rule),
        }
    }
}

/// Policies that a lead has been in.
#[derive(Default)]
struct Entered {
    /// A bit for each of the first 64.
    first: u64,
    others: Vec<PolicyId>,
}

impl Entered {
    fn add(&mut self, policy: PolicyId) {
        match bit_of(policy) {
            Some(bit) => self.first |= bit,
            None => self.others.push(policy),
        }
    }

    fn has(&self, policy: PolicyId) -> bool {
        bit_of(policy).map_or_else(|| self.others.contains(&policy), |bit| self.first & bit != 0)
    }
}

fn bit_of(policy: PolicyId) -> Option<u64> {
    1_u64.checked_shl(policy.index() as u32)
}

/// An observer that wants completeness sees every rule up to the one that holds; without one, rules
/// that cannot hold are skipped.
fn first_that_holds<O: Observer>(
    plan: &Plan<'_>,
    policy: PolicyId,
    facts: &Facts<'_>,
    observer: &mut O,
) -> Option<Attempt> {
    let attempts = &plan.steps(policy).attempts;
    let lookup = if O::COMPLETE { None } else { plan.lookup(policy) };
    match lookup {
        Some(lookup) => first_of(
            plan,
            lookup
                .candidates(facts, plan.has_all())
                .map(|candidate| (attempts[candidate.place as usize], candidate.holds)),
            facts,
            observer,
        ),
        None => first_of(plan, attempts.iter().map(|attempt| (*attempt, false)), facts, observer),
    }
}

/// The first rule to be tried that holds; of each is said whether that is known already.
fn first_of<O: Observer>(
    plan: &Plan<'_>,
    mut attempts: impl Iterator<Item = (Attempt, bool)>,
    facts: &Facts<'_>,
    observer: &mut O,
) -> Option<Attempt> {
    let holds = |(attempt, is_known): &(Attempt, bool)| {
        plan.has(attempt.rule) && try_rule(plan, *attempt, *is_known, facts, observer)
    };
    attempts.find(holds).map(|(attempt, _)| attempt)
}

fn try_rule<O: Observer>(
    plan: &Plan<'_>,
    attempt: Attempt,
    is_known: bool,
    facts: &Facts<'_>,
    observer: &mut O,
) -> bool {
    let verdict = if !attempt.in_force {
        Verdict::NotInForce
    } else if is_known || plan.project.rules[attempt.rule].when.as_ref().is_none_or(|when| holds(when, facts, observer))
    {
        Verdict::Held
    } else {
        Verdict::Failed
    };
    observer.tried(attempt.rule, verdict);
    verdict == Verdict::Held
}

/// Whether a condition holds. An observer that wants completeness sees every comparison; without
/// one, evaluation stops where the outcome is certain. Both come to the same answer: a comparison
/// has no effects.
pub fn holds<O: Observer>(condition: &Condition, facts: &Facts<'_>, observer: &mut O) -> bool {
    match condition {
        Condition::And(parts) => grouped(observer, |observer| all_hold(parts, facts, observer)),
        Condition::Or(parts) => grouped(observer, |observer| any_holds(parts, facts, observer)),
        Condition::Not(inner, _) => grouped(observer, |observer| !holds(inner, facts, observer)),
        Condition::Named(id, _) => {
            let named = &facts.project.conditions[*id].condition;
            if O::COMPLETE {
                grouped(observer, |observer| holds(named, facts, observer))
            } else {
                facts.condition(*id, || holds(named, facts, observer))
            }
        }
        Condition::Comparison(comparison) => {
            let held = facts.holds(comparison);
            observer.compared(held);
            held
        }
    }
}

fn grouped<O: Observer>(observer: &mut O, work_out: impl FnOnce(&mut O) -> bool) -> bool {
    observer.open();
    let held = work_out(observer);
    observer.close(held);
    held
}

fn all_hold<O: Observer>(parts: &[Condition], facts: &Facts<'_>, observer: &mut O) -> bool {
    if O::COMPLETE {
        how_many_hold(parts, facts, observer) == parts.len()
    } else {
        parts.iter().all(|part| holds(part, facts, observer))
    }
}

fn any_holds<O: Observer>(parts: &[Condition], facts: &Facts<'_>, observer: &mut O) -> bool {
    if O::COMPLETE {
        how_many_hold(parts, facts, observer) > 0
    } else {
        parts.iter().any(|part| holds(part, facts, observer))
    }
}

fn how_many_hold<O: Observer>(parts: &[Condition], facts: &Facts<'_>, observer: &mut O) -> usize {
    parts.iter().filter(|part| holds(part, facts, observer)).count()
}
