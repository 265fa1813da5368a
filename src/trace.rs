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
    /// What is observed until the matching `close` are the parts of a group.
    fn open(&mut self, group: Group);
    fn close(&mut self, held: bool);
    /// A rule was tried; its condition came before.
    fn tried(&mut self, rule: RuleId, verdict: Verdict);
}

/// How parts of a condition belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    And,
    Or,
    Not,
    Named(ConditionId),
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
    fn open(&mut self, _: Group) {}
    fn close(&mut self, _: bool) {}
    fn tried(&mut self, _: RuleId, _: Verdict) {}
}

/// The way of one lead through the policies.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trace {
    pub steps: Vec<Step>,
    /// Groups that are open, innermost last, each with the parts seen so far.
    open: Vec<(Group, Vec<Look>)>,
    /// The condition of the rule that is being tried, once it is complete.
    look: Option<Look>,
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
    /// `None` for `otherwise`, and for a rule that is not in force.
    pub look: Option<Look>,
}

/// A condition looked at: the tree of what was compared and what came of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Look {
    Comparison(Comparing),
    Group { group: Group, parts: Vec<Look>, held: bool },
}

/// One comparison made.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparing {
    /// As the policy writes it.
    pub text: String,
    pub value: ValueId,
    /// What the lead has there.
    pub cell: Cell,
    pub held: bool,
    pub span: Span,
}

impl Look {
    pub fn held(&self) -> bool {
        match self {
            Look::Comparison(comparing) => comparing.held,
            Look::Group { held, .. } => *held,
        }
    }

    /// Every comparison, in the order made.
    pub fn comparisons(&self) -> Vec<Part<'_>> {
        let mut found = Vec::new();
        self.collect(None, true, &mut found);
        found
    }

    fn collect<'a>(&'a self, within: Option<ConditionId>, decisive: bool, found: &mut Vec<Part<'a>>) {
        match self {
            Look::Comparison(comparing) => found.push(Part { comparing, within, decisive }),
            Look::Group { group, parts, held } => {
                let within = match group {
                    Group::Named(condition) => within.or(Some(*condition)),
                    Group::And | Group::Or | Group::Not => within,
                };
                // Some parts of an `and` that fails hold, and did not make it fail; likewise `or`.
                let one_suffices = matches!((group, held), (Group::And, false) | (Group::Or, true));
                for part in parts {
                    let decisive = decisive && !(one_suffices && part.held() != *held);
                    part.collect(within, decisive, found);
                }
            }
        }
    }
}

/// One comparison of a condition, and what it meant there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Part<'a> {
    pub comparing: &'a Comparing,
    /// The outermost named condition it stands in.
    pub within: Option<ConditionId>,
    /// Whether it made the condition come out as it did: of an `and` that fails the parts that fail,
    /// of an `or` that holds the parts that hold.
    pub decisive: bool,
}

impl Observer for Trace {
    const COMPLETE: bool = true;

    fn enter(&mut self, policy: PolicyId) {
        self.steps.push(Step { policy, tried: Vec::new() });
    }

    fn compared(&mut self, comparison: &Comparison, value: &Cell, held: bool) {
        self.add(Look::Comparison(Comparing {
            text: comparison.text.clone(),
            value: comparison.value,
            cell: value.clone(),
            held,
            span: comparison.span,
        }));
    }

    fn open(&mut self, group: Group) {
        self.open.push((group, Vec::new()));
    }

    fn close(&mut self, held: bool) {
        let (group, parts) = self.open.pop().expect("a group is opened before it is closed");
        self.add(Look::Group { group, parts, held });
    }

    fn tried(&mut self, rule: RuleId, verdict: Verdict) {
        let look = self.look.take();
        let step = self.steps.last_mut().expect("a policy is entered before its rules are tried");
        step.tried.push(Tried { rule, verdict, look });
    }
}

impl Trace {
    fn add(&mut self, look: Look) {
        match self.open.last_mut() {
            Some((_, parts)) => parts.push(look),
            None => self.look = Some(look),
        }
    }
}
