//! Watching the evaluator: [`Observer`] is told what happens, `()` records nothing, [`Trace`]
//! records all of it.

use crate::ids::{ConditionId, PolicyId, RuleId};
use crate::policy::{Comparison, Condition, Project};

/// Is told what the evaluator does, in order.
pub trait Observer {
    /// Whether every comparison of a tried rule is made, even where the outcome is already certain.
    const COMPLETE: bool;

    fn enter(&mut self, policy: PolicyId);
    fn compared(&mut self, held: bool);
    /// What is observed until the matching `close` are the parts of a group.
    fn open(&mut self);
    fn close(&mut self, held: bool);
    /// A rule was tried; its condition came before.
    fn tried(&mut self, rule: RuleId, verdict: Verdict);
}

/// What came of trying a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Held,
    Failed,
    /// Today is not between the rule's dates; its condition was not looked at.
    NotInForce,
}

impl Observer for () {
    const COMPLETE: bool = false;

    fn enter(&mut self, _: PolicyId) {}
    fn compared(&mut self, _: bool) {}
    fn open(&mut self) {}
    fn close(&mut self, _: bool) {}
    fn tried(&mut self, _: RuleId, _: Verdict) {}
}

/// The way of one lead through the policies.
///
/// What was compared stands in the policy, so only the answers are kept: for each part of a rule's
/// condition whether it held, a group before its parts. [`Trace::parts`] lays them over the condition.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trace {
    /// Policies entered, each with the number of rules tried before.
    entered: Vec<(PolicyId, u32)>,
    tried: Vec<Tried>,
    held: Vec<bool>,
    /// Where the answers of groups that are open will stand, innermost last.
    open: Vec<u32>,
}

/// One policy entered.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step<'t> {
    pub policy: PolicyId,
    pub tried: &'t [Tried],
}

/// One rule tried.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tried {
    pub rule: RuleId,
    pub verdict: Verdict,
    /// Where its answers begin and end; nowhere, if its condition was not looked at or it has none.
    from: u32,
    to: u32,
}

/// One comparison of a condition, and what it meant there.
#[derive(Clone, Copy, Debug)]
pub struct Part<'p> {
    pub comparison: &'p Comparison,
    pub held: bool,
    /// The outermost named condition it stands in.
    pub within: Option<ConditionId>,
    /// Whether it made the condition come out as it did: of an `and` that fails the parts that fail,
    /// of an `or` that holds the parts that hold.
    pub decisive: bool,
}

impl Observer for Trace {
    const COMPLETE: bool = true;

    fn enter(&mut self, policy: PolicyId) {
        self.entered.push((policy, small(self.tried.len())));
    }

    fn compared(&mut self, held: bool) {
        self.held.push(held);
    }

    fn open(&mut self) {
        self.open.push(small(self.held.len()));
        self.held.push(false);
    }

    fn close(&mut self, held: bool) {
        let place = self.open.pop().expect("a group is opened before it is closed");
        self.held[place as usize] = held;
    }

    fn tried(&mut self, rule: RuleId, verdict: Verdict) {
        let from = self.tried.last().map_or(0, |last| last.to);
        self.tried.push(Tried { rule, verdict, from, to: small(self.held.len()) });
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("sources are limited to 4 GiB, and a lead is in each policy once")
}

impl Trace {
    /// Forgets everything; the room stays.
    pub fn clear(&mut self) {
        self.entered.clear();
        self.tried.clear();
        self.held.clear();
    }

    /// The policies entered, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let ends = self.entered.iter().skip(1).map(|(_, before)| *before as usize).chain([self.tried.len()]);
        let step = |((policy, from), to): (&(PolicyId, u32), usize)| Step {
            policy: *policy,
            tried: &self.tried[*from as usize..to],
        };
        self.entered.iter().zip(ends).map(step)
    }

    /// Tells of each comparison of a rule that was tried, in the order made.
    pub fn parts<'p>(&self, project: &'p Project, tried: &Tried, mut each: impl FnMut(Part<'p>)) {
        let held = &self.held[tried.from as usize..tried.to as usize];
        if let Some(when) = project.rules[tried.rule].when.as_ref().filter(|_| !held.is_empty()) {
            Answers { project, held }.lay_over(when, None, true, &mut each);
        }
    }
}

/// The answers that are left, of which the first belongs to the next part of a condition.
struct Answers<'t, 'p> {
    project: &'p Project,
    held: &'t [bool],
}

impl<'p> Answers<'_, 'p> {
    fn lay_over(
        &mut self,
        condition: &'p Condition,
        within: Option<ConditionId>,
        decisive: bool,
        each: &mut impl FnMut(Part<'p>),
    ) {
        let (&held, rest) = self.held.split_first().expect("every part of a condition that is watched is looked at");
        self.held = rest;
        match condition {
            Condition::Comparison(comparison) => each(Part { comparison, held, within, decisive }),
            // Some parts of an `and` that fails hold, and did not make it fail; likewise `or`.
            Condition::And(parts) => self.lay_over_all(parts, (!held).then_some(false), within, decisive, each),
            Condition::Or(parts) => self.lay_over_all(parts, held.then_some(true), within, decisive, each),
            Condition::Not(inner, _) => self.lay_over(inner, within, decisive, each),
            Condition::Named(named, _) => {
                let inner = &self.project.conditions[*named].condition;
                self.lay_over(inner, within.or(Some(*named)), decisive, each);
            }
        }
    }

    /// `one_suffices`: the answer of which one alone made the group come out as it did.
    fn lay_over_all(
        &mut self,
        parts: &'p [Condition],
        one_suffices: Option<bool>,
        within: Option<ConditionId>,
        decisive: bool,
        each: &mut impl FnMut(Part<'p>),
    ) {
        for part in parts {
            let decisive = decisive && one_suffices.is_none_or(|answer| self.held.first() == Some(&answer));
            self.lay_over(part, within, decisive, each);
        }
    }
}
