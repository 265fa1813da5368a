//! Watching the evaluator: [`Observer`] is told what happens, `()` records nothing, [`Trace`]
//! records all of it.

use crate::cell::Cell;
use crate::ids::{ConditionId, PolicyId, RuleId, ValueId};
use crate::policy::Comparison;
use crate::source::Span;

/// Is told what the evaluator does, in order.
pub trait Observer {
    /// Whether every comparison of a tried rule is made, even where the outcome is already certain.
    const COMPLETE: bool;

    fn enter(&mut self, policy: PolicyId);
    fn compared(&mut self, comparison: &Comparison, value: &Cell, held: bool);
    /// The comparisons that follow belong to a named condition.
    fn begin_named(&mut self, condition: ConditionId);
    fn end_named(&mut self, condition: ConditionId, held: bool);
    /// A rule was tried; its comparisons came before.
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
    fn compared(&mut self, _: &Comparison, _: &Cell, _: bool) {}
    fn begin_named(&mut self, _: ConditionId) {}
    fn end_named(&mut self, _: ConditionId, _: bool) {}
    fn tried(&mut self, _: RuleId, _: Verdict) {}
}

/// The way of one lead through the policies.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trace {
    pub steps: Vec<Step>,
    /// Comparisons of the rule that is being tried.
    looks: Vec<Look>,
    /// Named conditions that are being worked out, outermost first.
    within: Vec<ConditionId>,
}

/// One policy entered.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    pub policy: PolicyId,
    pub tried: Vec<Tried>,
}

/// One rule tried.
#[derive(Clone, PartialEq, Debug)]
pub struct Tried {
    pub rule: RuleId,
    pub verdict: Verdict,
    pub looks: Vec<Look>,
}

/// One comparison made.
#[derive(Clone, PartialEq, Debug)]
pub struct Look {
    /// As the policy writes it.
    pub text: String,
    pub value: ValueId,
    /// What the lead has there.
    pub cell: Cell,
    pub held: bool,
    /// The named condition it belongs to, if it stands in one (the outermost).
    pub within: Option<ConditionId>,
    pub span: Span,
}

impl Observer for Trace {
    const COMPLETE: bool = true;

    fn enter(&mut self, policy: PolicyId) {
        self.steps.push(Step { policy, tried: Vec::new() });
    }

    fn compared(&mut self, comparison: &Comparison, value: &Cell, held: bool) {
        self.looks.push(Look {
            text: comparison.text.clone(),
            value: comparison.value,
            cell: value.clone(),
            held,
            within: self.within.first().copied(),
            span: comparison.span,
        });
    }

    fn begin_named(&mut self, condition: ConditionId) {
        self.within.push(condition);
    }

    fn end_named(&mut self, _: ConditionId, _: bool) {
        self.within.pop();
    }

    fn tried(&mut self, rule: RuleId, verdict: Verdict) {
        let looks = std::mem::take(&mut self.looks);
        let step = self.steps.last_mut().expect("a policy is entered before its rules are tried");
        step.tried.push(Tried { rule, verdict, looks });
    }
}
