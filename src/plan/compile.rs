//! Project → [`Plan`].
//!
//! A plan is first of all the rules of every policy in order, and it can be followed as such. When a
//! policy has seen some leads, its rules are laid out again in a [`Sieve`] or, where they are too many
//! for that, in an [`Index`], so that from then on a lead is shown only the rules that it could take; that
//! costs about as much as showing all of them to a few dozen leads, which is why a policy asked about one
//! lead does without.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use super::facts::Facts;
use super::index::{Candidates, Index};
use super::sieve::{Sieve, Sifted};
use crate::ids::{IdVec, PolicyId, RuleId};
use crate::policy::{Action, Project, Rule};

/// What to try, in order, on one day.
#[derive(Clone, Debug)]
pub struct Plan<'p> {
    pub project: &'p Project,
    /// The day of the project's time zone that the plan is for.
    pub day: Date,
    policies: IdVec<PolicyId, Arc<Steps>>,
    /// A rule that is passed over, for asking what would happen.
    without: Option<RuleId>,
    /// Bytes that a policy's sieve may take.
    room: usize,
    /// Rules from which on a policy's sieve groups them.
    long_from: usize,
}

/// The rules of one policy.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub attempts: Vec<Attempt>,
    /// How many leads came while there was no index.
    leads: AtomicU32,
    lookup: OnceLock<Lookup>,
}

/// Finds the rules that are worth looking at for a lead.
#[derive(Debug)]
pub(super) enum Lookup {
    Sieve(Sieve),
    Index(Index),
}

/// A rule that is worth looking at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    /// Its place in the policy.
    pub place: u32,
    /// Finding it has shown that it holds.
    pub holds: bool,
}

/// Rules that are worth looking at, in order.
pub(super) enum Worthwhile<'l> {
    Sifted(Sifted<'l>),
    Posted(Candidates<'l>),
}

/// A rule to try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    pub rule: RuleId,
    /// Whether the day lies in the rule's `from … until`; if not, no lead takes it.
    pub in_force: bool,
    /// The policy that it sends leads to, if it does.
    pub next: Option<PolicyId>,
}

/// Policies with fewer rules than this are quicker to go through than to look up.
const FEWEST_RULES: usize = 4;
/// Leads after which an index is worth its making.
const FEWEST_LEADS: u32 = 24;

/// Bytes that a policy's sieve may take; beyond, an index is smaller and faster.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Policies with so many rules are long: laying all their bits over each other costs more than finding those that
/// are worth it.
const LONG: usize = 513;

/// Lays a project out for a day of its time zone.
pub fn compile(project: &Project, day: Date) -> Plan<'_> {
    let steps = |rules: &[RuleId]| {
        let attempts = rules.iter().map(|&rule| Attempt::of(project, rule, day));
        Arc::new(Steps { attempts: attempts.collect(), ..Steps::default() })
    };
    let policies = project.policies.iter().map(|policy| steps(&policy.rules)).collect();
    Plan { project, day, policies, without: None, room: MOST_BYTES, long_from: LONG }
}

impl Attempt {
    fn of(project: &Project, rule: RuleId, day: Date) -> Attempt {
        let Rule { dates, action, .. } = &project.rules[rule];
        let next = if let Action::GoTo(next) = action { Some(next.node) } else { None };
        Attempt { rule, in_force: dates.include(day), next }
    }
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

    /// Whether a rule that holds decides, and none is passed over.
    pub(super) fn has_all(&self) -> bool {
        self.without.is_none()
    }

    /// What finds a policy's rules, if it is worth having.
    pub(super) fn lookup(&self, policy: PolicyId) -> Option<&Lookup> {
        let steps = self.steps(policy);
        if steps.attempts.len() < FEWEST_RULES {
            return None;
        }
        // How many leads there were need not be exact: both ways come to the same rule.
        let is_worth_it = steps.lookup.get().is_some() || steps.leads.fetch_add(1, Ordering::Relaxed) >= FEWEST_LEADS;
        is_worth_it.then(|| steps.lookup.get_or_init(|| self.make_lookup(steps)))
    }

    fn make_lookup(&self, steps: &Steps) -> Lookup {
        let in_force = || (0..).zip(&steps.attempts).filter(|(_, attempt)| attempt.in_force);
        let rules = || in_force().map(|(place, attempt)| (place, self.project.rules[attempt.rule].when.as_ref()));
        match Sieve::new(self.project, rules(), self.long_from, self.room) {
            Some(sieve) => Lookup::Sieve(sieve),
            None => Lookup::Index(Index::new(self.project, rules())),
        }
    }

    /// The plan with so many bytes for the sieve of each policy; with none, policies get an index.
    pub fn with_room(self, bytes: usize) -> Self {
        Plan { room: bytes, ..self }
    }

    /// The plan with policies from so many rules on taken for long ones.
    pub fn with_long_from(self, rules: usize) -> Self {
        Plan { long_from: rules, ..self }
    }

    /// The plan without a rule, for asking what would happen.
    pub fn without(&self, rule: RuleId) -> Self {
        Plan { without: Some(rule), ..self.clone() }
    }
}

impl Lookup {
    /// The rules worth looking at for a lead, in order; `to_first` if nobody asks for those behind the first that is
    /// known to hold.
    pub fn candidates<'l>(&'l self, facts: &Facts<'_>, to_first: bool) -> Worthwhile<'l> {
        match self {
            Lookup::Sieve(sieve) => Worthwhile::Sifted(sieve.candidates(facts, to_first)),
            Lookup::Index(index) => Worthwhile::Posted(index.candidates(facts)),
        }
    }
}

impl Iterator for Worthwhile<'_> {
    type Item = Candidate;

    #[inline]
    fn next(&mut self) -> Option<Candidate> {
        match self {
            Worthwhile::Sifted(sifted) => sifted.next(),
            Worthwhile::Posted(candidates) => candidates.next().map(|place| Candidate { place, holds: false }),
        }
    }
}
