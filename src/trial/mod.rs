//! The policy's own tests: each `test` block's lead is routed, and what happened compared with what
//! was expected.

pub mod generate;
pub mod render;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::assign::{Attempt, Presence};
use crate::cell::Cell;
use crate::explain::{self, Explanation};
use crate::ids::{IdVec, RuleId};
use crate::lead::Lead;
use crate::policy::{Expectation, Project, Test};
use crate::route::{Fate, Routed, Router, columns};
use crate::source::Span;
use crate::trace::{Trace, Verdict};

/// What came of one test.
#[derive(Clone, PartialEq, Debug)]
pub struct Trial {
    pub name: String,
    /// The test's name in the policy.
    pub span: Span,
    /// Empty if the test passed.
    pub failures: Vec<Failure>,
    /// How the lead went.
    pub explanation: Explanation,
    /// The rules that took the lead: any that handed it on, and the one that decided.
    pub taken: Vec<RuleId>,
}

/// Something that is not as expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Where it was expected.
    pub span: Span,
    pub expected: String,
    pub found: String,
}

impl Trial {
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs every test of a project, in the order in which they are written.
///
/// Without an `at` of its own a test happens at `now`, and everybody who is staffed is there: what it
/// says about the policy must not depend on who is on holiday when it runs. With `at`, people's
/// absences, hours and limits count as they are at that moment. No test leaves anything behind for
/// the next.
pub fn run(project: &Project, now: Timestamp) -> Vec<Trial> {
    project.tests.iter().map(|test| run_one(project, test, now)).collect()
}

/// Rules that no test's lead was decided by or handed on by, in reading order; an `each row` counts
/// by its rows.
pub fn unreached(project: &Project, trials: &[Trial]) -> Vec<RuleId> {
    let reached: BTreeSet<RuleId> = trials.iter().flat_map(|trial| &trial.taken).copied().collect();
    project.rules.ids().filter(|rule| !reached.contains(rule)).collect()
}

fn run_one(project: &Project, test: &Test, now: Timestamp) -> Trial {
    let presence = if test.at.is_some() { Presence::AsStated } else { Presence::Everyone };
    let mut router = Router::new(project, test.at.unwrap_or(now), presence);
    let lead = lead(project, test);
    let mut trace = Trace::default();
    let mut attempts: Vec<Attempt> = Vec::new();
    let routed = router.route(&lead, &mut trace, &mut attempts);
    let owner = lead.owner(project);
    Trial {
        name: test.name.clone(),
        span: test.name_span,
        failures: failures(project, test, &routed, &owner),
        explanation: explain::describe(project, &lead, &trace, &attempts, &routed),
        taken: taken(&trace),
    }
}

fn taken(trace: &Trace) -> Vec<RuleId> {
    let tried = trace.steps().flat_map(|step| step.tried);
    tried.filter(|tried| tried.verdict == Verdict::Held).map(|tried| tried.rule).collect()
}

fn lead(project: &Project, test: &Test) -> Lead {
    let mut cells: IdVec<_, Cell> = project.lead.fields.ids().map(|_| Cell::Blank).collect();
    for (field, cell) in &test.given {
        cells[*field] = cell.clone();
    }
    Lead::of(cells)
}

fn failures(project: &Project, test: &Test, routed: &Routed, owner: &str) -> Vec<Failure> {
    let mut failures = Vec::new();
    if !is_met(test.expect.node, routed) {
        failures.push(Failure {
            span: test.expect.span,
            expected: expectation(project, test.expect.node),
            found: found(project, routed, owner),
        });
    }
    if let Some(by) = test.by
        && routed.rule() != Some(by.node)
    {
        let decided =
            routed.rule().map_or_else(|| "no rule".to_owned(), |rule| format!("rule {}", project.rule_name(rule)));
        failures.push(Failure {
            span: by.span,
            expected: format!("rule {}", project.rule_name(by.node)),
            found: decided,
        });
    }
    failures
}

fn is_met(expectation: Expectation, routed: &Routed) -> bool {
    match expectation {
        Expectation::Rep(rep) => routed.fate == Fate::Rep(rep),
        Expectation::Team(team) => routed.assignment.is_some_and(|assignment| assignment.team == Some(team)),
        Expectation::Queue(queue) => routed.fate == Fate::Queue(queue),
        Expectation::KeepOwner => routed.fate == Fate::Kept,
        Expectation::Reject => routed.fate == Fate::Rejected,
    }
}

fn expectation(project: &Project, expectation: Expectation) -> String {
    match expectation {
        Expectation::Rep(rep) => format!("rep {}", project.roster.reps[rep].name),
        Expectation::Team(team) => format!("team {}", project.roster.teams[team].name),
        Expectation::Queue(queue) => format!("queue {}", project.queues[queue].name),
        Expectation::KeepOwner => "keep owner".to_owned(),
        Expectation::Reject => "reject".to_owned(),
    }
}

fn found(project: &Project, routed: &Routed, owner: &str) -> String {
    let name = columns::assigned_to(project, routed, owner);
    let team = routed.assignment.and_then(|assignment| assignment.team);
    match (routed.fate, team) {
        (Fate::Rep(_), Some(team)) => format!("team {} (rep {name})", project.roster.teams[team].name),
        (Fate::Rep(_), None) => format!("rep {name}"),
        (Fate::Queue(_), _) => format!("queue {name}"),
        (Fate::Kept, _) => "keep owner".to_owned(),
        (Fate::Rejected, _) => "reject".to_owned(),
        (Fate::Lost, _) => crate::route::loss(project, routed).map(|loss| loss.reason).unwrap_or_default(),
    }
}
