//! Leads → routed leads: the plan decides, the chain finds somebody, and every row is accounted for.

pub mod account;
mod admission;
mod batch;
pub mod columns;
mod decider;
mod dossiers;
mod known;
mod once;
mod recalled;
mod recording;
pub mod stages;
pub mod summary;
pub mod tick;
mod ways;

pub use admission::{Admission, Refusal};
pub use batch::{Admitted, Batch, Placed, Row, Told, Watched, Words};
pub use decider::{Decided, Decider, More, Room, Watch};
pub use dossiers::Dossiers;
pub use known::Place;
pub use recalled::{Names, PastDecision, Recalled};
pub use recording::{Arrival, Entering, Moved, Origin, Recording, Settings, TakenFrom, Verdict};
pub use summary::{Summary, route_type};
pub use ways::{Path, Tried};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::assign::{self, Assignment, Attendance, Presence, Rotas, State, Taker};
use crate::cell::Cell;
use crate::ids::{QueueId, RepId, RuleId, ValueId};
use crate::lead::Lead;
use crate::plan::{self, Facts, Outcome, Plan};
use crate::policy::{Action, Chain, Condition, Project};
use crate::trace;

/// Routes one lead after another. What a lead leaves behind (whose turn it is, who is full) counts
/// for the next.
#[derive(Debug)]
pub struct Router<'p> {
    plan: Plan<'p>,
    attendance: Attendance,
    state: State,
    rotas: Rotas,
}

/// What became of a lead.
#[derive(Clone, PartialEq, Debug)]
pub struct Routed {
    pub outcome: Outcome,
    pub fate: Fate,
    /// Who took it, and from where, if the rule assigns and somebody could.
    pub assignment: Option<Assignment>,
}

/// Where a lead is in the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    Rep(RepId),
    Queue(QueueId),
    /// It stays with whoever has it.
    Kept,
    /// A rule refused it.
    Rejected,
    /// No rule decides, or nobody of the chain can take it; see [`Router::loss`].
    Lost,
}

impl Routed {
    /// The rule that decided.
    pub fn rule(&self) -> Option<RuleId> {
        match self.outcome {
            Outcome::Decided(rule) => Some(rule),
            Outcome::FellOff(_) | Outcome::Circled(_) => None,
        }
    }
}

impl<'p> Router<'p> {
    /// A router at a moment, with the roster's own counts as the state to begin with.
    pub fn new(project: &'p Project, now: Timestamp, presence: Presence) -> Router<'p> {
        Router::with_state(project, now, presence, State::new(&project.roster))
    }

    /// A router that goes on from a state.
    pub fn with_state(project: &'p Project, now: Timestamp, presence: Presence, state: State) -> Router<'p> {
        Router {
            plan: plan::compile(project, now.to_zoned(project.timezone.clone()).date()),
            attendance: Attendance::at(&project.roster, now, presence),
            state,
            rotas: Rotas::default(),
        }
    }

    pub fn plan(&self) -> &Plan<'p> {
        &self.plan
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// How many open leads a rep has.
    pub fn open(&self, rep: RepId) -> u32 {
        self.state.reps[rep].open
    }

    pub fn set_open(&mut self, rep: RepId, open: u32) {
        self.state.set_open(rep, open, &self.attendance);
    }

    /// The day on a rep's calendar.
    pub fn today(&self, rep: RepId) -> Date {
        self.attendance.today(rep)
    }

    pub fn project(&self) -> &'p Project {
        self.plan.project
    }

    /// Routes a lead; `path` watches the rules that are tried, `people` the destinations.
    pub fn route(
        &mut self,
        lead: &Lead,
        path: &mut impl trace::Observer,
        people: &mut impl assign::Observer,
    ) -> Routed {
        let facts = Facts::new(self.plan.project, lead);
        let outcome = plan::decide(&self.plan, &facts, path);
        self.settle(outcome, &|value| facts.value(value).clone(), lead, people)
    }

    /// Finds somebody for a lead that was decided; `values` are those that the rule's chain asks for.
    pub fn settle(
        &mut self,
        outcome: Outcome,
        values: &dyn Fn(ValueId) -> Cell,
        lead: &Lead,
        people: &mut impl assign::Observer,
    ) -> Routed {
        let project = self.plan.project;
        let Outcome::Decided(rule) = outcome else {
            return Routed { outcome, fate: Fate::Lost, assignment: None };
        };
        let chain = match &project.rules[rule].action {
            Action::Assign(chain) => chain,
            Action::Reject(_) => return Routed { outcome, fate: Fate::Rejected, assignment: None },
            Action::KeepOwner => return Routed { outcome, fate: Fate::Kept, assignment: None },
            Action::GoTo(_) => unreachable!("a `go to` does not decide"),
        };
        let assignment = self.find_taker(chain, values, lead, people);
        let fate = match assignment.map(|assignment| assignment.taker) {
            Some(Taker::Rep(rep)) => Fate::Rep(rep),
            Some(Taker::Queue(queue)) => Fate::Queue(queue),
            None => Fate::Lost,
        };
        Routed { outcome, fate, assignment }
    }

    /// Finds somebody for a lead that is past its rule; `None` if nobody of the chain can take it.
    pub fn hand_on(&mut self, chain: &Chain, lead: &Lead, people: &mut impl assign::Observer) -> Option<Assignment> {
        let facts = Facts::new(self.plan.project, lead);
        self.find_taker(chain, &|value| facts.value(value).clone(), lead, people)
    }

    fn find_taker(
        &mut self,
        chain: &Chain,
        values: &dyn Fn(ValueId) -> Cell,
        lead: &Lead,
        people: &mut impl assign::Observer,
    ) -> Option<Assignment> {
        let Router { plan, attendance, state, rotas } = self;
        assign::assign_by(rotas, plan.project, attendance, chain, values, lead, state, people)
    }

    /// Whether a condition holds for a lead, e.g. an `assume`.
    pub fn holds(&self, condition: &Condition, lead: &Lead) -> bool {
        plan::holds(condition, &Facts::new(self.plan.project, lead), &mut ())
    }
}

/// What the rule's chain says at the place of an attempt.
pub fn destination_name(project: &Project, routed: &Routed, attempt: &assign::Attempt) -> String {
    match routed.rule().map(|rule| &project.rules[rule].action) {
        Some(Action::Assign(chain)) => project.destination_name(&chain.links[attempt.link].kind),
        _ => unreachable!("destinations are tried for a rule that assigns"),
    }
}

/// Why a lead is lost, if it is: what to say in the rejects.
pub fn loss(project: &Project, routed: &Routed) -> Option<Loss> {
    if routed.fate != Fate::Lost {
        return None;
    }
    Some(match routed.outcome {
        Outcome::FellOff(policy) => Loss {
            kind: "falls off the end of a policy",
            reason: format!(
                "no rule of policy `{}` takes it, and there is no `otherwise`",
                project.policies[policy].name
            ),
        },
        Outcome::Circled(rule) => Loss {
            kind: "circles",
            reason: format!("circles: `{}` sends it to a policy in which it has already been", project.rule_name(rule)),
        },
        Outcome::Decided(rule) => Loss {
            kind: "nobody can take it",
            reason: format!("nobody of the chain of `{}` can take it", project.rule_name(rule)),
        },
    })
}

/// Why a lead could not be placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// What the summary counts.
    pub kind: &'static str,
    /// What the row's reject says.
    pub reason: String,
}
