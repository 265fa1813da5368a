//! Why a lead went where it went: the trace of the one evaluator and the attempts of the one
//! assignment, in words.

pub mod human;
pub mod json;
pub mod lines;
pub mod path;
pub mod people;
pub mod why_not;

use crate::assign::Attempt;
use crate::cell::Cell;
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::policy::{Action, Project};
use crate::route::{self, Fate, Loss, Routed, Router, Watched, columns};
use crate::trace::Trace;

use path::PolicyEntered;
use people::DestinationTried;
use why_not::WhyNot;

/// Everything there is to say about one lead.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    pub lead: Vec<LeadCell>,
    pub steps: Vec<PolicyEntered>,
    pub decision: Option<Decision>,
    /// `None` unless the rule assigns.
    pub assignment: Option<Assigned>,
    /// Who keeps the lead, if its rule leaves it with its owner; empty if nobody is known to have it.
    pub kept_by: Option<String>,
    /// Why the lead is in the rejects, if it is.
    pub loss: Option<Loss>,
    /// Why somebody gave the lead away by hand, if that is how it was assigned.
    pub by_hand: Option<String>,
    /// What had passed, if time has handed the lead on.
    pub by_time: Option<String>,
    /// If it was asked why the lead does not go somewhere else.
    pub why_not: Option<WhyNot>,
}

/// One field of the lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeadCell {
    pub field: String,
    /// As read; `None` is blank.
    pub value: Option<String>,
    /// The cell as it stands, and what it should have been, where it could not be read.
    pub unread: Option<(String, String)>,
}

/// The rule that decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// `policy.rule`
    pub rule: String,
    pub policy: String,
    pub route_type: Option<&'static str>,
    /// The rule's whole chain, `reject` or `keep`.
    pub destination: String,
    /// Why it refuses the lead, if it does.
    pub reason: Option<String>,
    pub description: Option<String>,
}

/// Who got the lead, and who else was asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Assigned {
    /// Empty if nobody could take it.
    pub assigned_to: String,
    pub assigned_kind: &'static str,
    pub tried: Vec<DestinationTried>,
}

/// Routes a lead and explains what happened.
pub fn explain(router: &mut Router<'_>, lead: &Lead) -> Explanation {
    let project = router.project();
    let mut trace = Trace::default();
    let mut attempts: Vec<Attempt> = Vec::new();
    let routed = router.route(lead, &mut trace, &mut attempts);
    describe(project, lead, &trace, &attempts, &routed)
}

/// Puts into words what was seen of a lead of a batch.
pub fn watched(project: &Project, watched: &Watched) -> Explanation {
    describe(project, &watched.lead, &watched.trace, &watched.attempts, &watched.routed)
}

/// Puts into words what was observed while a lead was routed.
pub fn describe(project: &Project, lead: &Lead, trace: &Trace, attempts: &[Attempt], routed: &Routed) -> Explanation {
    Explanation {
        lead: cells(project, lead),
        steps: path::path(project, lead, trace),
        decision: routed.rule().map(|rule| decision(project, rule)),
        assignment: (!attempts.is_empty()).then(|| Assigned {
            assigned_to: columns::assigned_to(project, routed, &lead.owner(project)).to_owned(),
            assigned_kind: columns::kind(routed.fate),
            tried: people::tried(project, routed, attempts),
        }),
        kept_by: (routed.fate == Fate::Kept).then(|| lead.owner(project)),
        loss: route::loss(project, routed),
        by_hand: None,
        by_time: None,
        why_not: None,
    }
}

/// What there is to say of a lead that somebody gave to a rep, past all rules.
pub fn by_hand(cells: impl IntoIterator<Item = (String, String)>, rep: &str, reason: &str) -> Explanation {
    let assigned = Assigned { assigned_to: rep.to_owned(), assigned_kind: "rep", tried: Vec::new() };
    Explanation { by_hand: Some(reason.to_owned()), ..past_all_rules(cells, assigned) }
}

/// What there is to say of a lead that time has handed on; `trace` is what the ledger recorded of it.
pub fn by_time(
    cells: impl IntoIterator<Item = (String, String)>,
    assigned_to: &str,
    is_queue: bool,
    reason: &str,
    trace: &str,
) -> Explanation {
    let assigned_kind = if is_queue { "queue" } else { "rep" };
    let assigned = Assigned { assigned_to: assigned_to.to_owned(), assigned_kind, tried: people::recorded(trace) };
    Explanation { by_time: Some(reason.to_owned()), ..past_all_rules(cells, assigned) }
}

fn past_all_rules(cells: impl IntoIterator<Item = (String, String)>, assigned: Assigned) -> Explanation {
    let cell = |(field, value)| LeadCell { field, value: Some(value), unread: None };
    Explanation {
        lead: cells.into_iter().map(cell).collect(),
        steps: Vec::new(),
        decision: None,
        assignment: Some(assigned),
        kept_by: None,
        loss: None,
        by_hand: None,
        by_time: None,
        why_not: None,
    }
}

fn cells(project: &Project, lead: &Lead) -> Vec<LeadCell> {
    let cell = |(id, cell): (crate::ids::FieldId, &Cell)| {
        let field = &project.lead.fields[id];
        let unread = lead.unread.iter().find(|unread| unread.field == id);
        LeadCell {
            field: field.name.clone(),
            value: (*cell != Cell::Blank).then(|| lead.text(project, id)),
            unread: unread.map(|unread| (unread.text.clone(), unread.why.expected.clone())),
        }
    };
    lead.cells.iter_with_ids().map(cell).collect()
}

fn decision(project: &Project, id: RuleId) -> Decision {
    let rule = &project.rules[id];
    let policy = &project.policies[rule.policy];
    Decision {
        rule: project.rule_name(id),
        policy: policy.name.clone(),
        route_type: route::route_type(policy.mark),
        destination: project.action_name(&rule.action),
        reason: match &rule.action {
            Action::Reject(reason) => Some(reason.clone()),
            Action::Assign(_) | Action::GoTo(_) | Action::KeepOwner => None,
        },
        description: rule.description.clone(),
    }
}
