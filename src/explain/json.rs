//! An explanation as JSON, version 1. Fields may be added, never changed or removed.
//!
//! The same document, on one line, is a line of `route --traces`; [`lines`](super::lines) writes a million of
//! them.

use indexmap::IndexMap;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use crate::assign::{Credit, Standing};
use crate::diagnostic::json::SpanV1;
use crate::explain::path::{Compared, PolicyEntered, RuleTried};
use crate::explain::people::{DestinationTried, MemberAsked};
use crate::explain::why_not::{Answer, Change, WhyNot};
use crate::explain::{Assigned, Decision, Explanation};
use crate::lead::Lead;
use crate::policy::Project;
use crate::source::SourceMap;
use crate::trace::Verdict;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    lead: IndexMap<&'a str, Option<&'a str>>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    unread: IndexMap<&'a str, UnreadOut<'a>>,
    steps: Vec<StepOut<'a>>,
    decision: Option<DecisionOut<'a>>,
    assignment: Option<AssignmentOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_hand: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_time: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<WhyNotOut<'a>>,
}

#[derive(Serialize)]
struct WhyNotOut<'a> {
    destination: &'a str,
    /// `goes there`, `already`, `changes`, `unnamed`, `never` or `open`.
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_by: Option<&'a str>,
    /// The rule that takes the changed lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    changes: Vec<ChangeOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<IndexMap<&'a str, Option<&'a str>>>,
}

#[derive(Serialize)]
struct ChangeOut<'a> {
    field: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

#[derive(Serialize)]
struct UnreadOut<'a> {
    text: &'a str,
    expected: &'a str,
}

#[derive(Serialize)]
struct StepOut<'a> {
    policy: &'a str,
    route_type: Option<&'static str>,
    rules: Vec<RuleOut<'a>>,
}

#[derive(Serialize)]
struct RuleOut<'a> {
    rule: &'a str,
    matched: bool,
    in_force: bool,
    comparisons: Vec<ComparisonOut<'a>>,
}

#[derive(Serialize)]
struct ComparisonOut<'a> {
    text: &'a str,
    value: Option<&'a str>,
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a str>,
    decisive: bool,
    span: SpanV1,
}

#[derive(Serialize)]
pub(super) struct DecisionOut<'a> {
    rule: &'a str,
    policy: &'a str,
    route_type: Option<&'static str>,
    destination: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct AssignmentOut<'a> {
    assigned_to: &'a str,
    assigned_kind: &'a str,
    tried: Vec<TriedOut<'a>>,
}

#[derive(Serialize)]
struct TriedOut<'a> {
    destination: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nobody: Option<&'a str>,
    took: bool,
    members: Vec<MemberOut<'a>>,
}

#[derive(Serialize)]
struct MemberOut<'a> {
    rep: &'a str,
    eligible: bool,
    why: Option<&'a str>,
    share: Option<f64>,
    served: Option<u64>,
    due: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
}

/// The document, indented.
pub fn pretty(explanation: &Explanation, sources: &SourceMap, prefix: &str) -> String {
    let text = serde_json::to_string_pretty(&document(explanation, sources, prefix));
    text.expect("text and numbers are always JSON") + "\n"
}

/// The cells of a lead that could not be read, by field.
pub(super) fn unread<'a>(project: &'a Project, lead: &'a Lead) -> impl Serialize + use<'a> {
    let unread = lead.unread.iter().map(|cell| {
        let out = UnreadOut { text: &cell.text, expected: &cell.why.expected };
        (project.lead.fields[cell.field].name.as_str(), out)
    });
    unread.collect::<IndexMap<&str, UnreadOut<'a>>>()
}

/// The document on one line.
pub fn line(explanation: &Explanation, sources: &SourceMap, prefix: &str) -> String {
    let text = serde_json::to_string(&document(explanation, sources, prefix));
    text.expect("text and numbers are always JSON") + "\n"
}

fn document<'a>(explanation: &'a Explanation, sources: &SourceMap, prefix: &str) -> Document<'a> {
    let places = Places { sources, prefix };
    let cells = explanation.lead.iter();
    let unread = cells.clone().filter_map(|cell| {
        let (text, expected) = cell.unread.as_ref()?;
        Some((cell.field.as_str(), UnreadOut { text, expected }))
    });
    Document {
        version: 1,
        lead: cells.map(|cell| (cell.field.as_str(), cell.value.as_deref())).collect(),
        unread: unread.collect(),
        steps: explanation.steps.iter().map(|step| places.step(step)).collect(),
        decision: explanation.decision.as_ref().map(decision),
        assignment: explanation.assignment.as_ref().map(assignment),
        kept_by: explanation.kept_by.as_deref(),
        rejected: explanation.loss.as_ref().map(|loss| loss.reason.as_str()),
        by_hand: explanation.by_hand.as_deref(),
        by_time: explanation.by_time.as_deref(),
        why_not: explanation.why_not.as_ref().map(why_not),
    }
}

fn why_not(asked: &WhyNot) -> WhyNotOut<'_> {
    let mut out = WhyNotOut {
        destination: &asked.destination,
        answer: "already",
        taken_by: asked.taken_by.as_deref(),
        rule: None,
        changes: Vec::new(),
        lead: None,
    };
    match &asked.answer {
        Answer::GoesThere => out.answer = "goes there",
        Answer::Already => {}
        Answer::Unnamed => out.answer = "unnamed",
        Answer::Never => out.answer = "never",
        Answer::Open => out.answer = "open",
        Answer::Changes { rule, changes, lead } => {
            out.answer = "changes";
            out.rule = Some(rule);
            out.changes = changes.iter().map(change).collect();
            out.lead = Some(lead.iter().map(|(field, value)| (field.as_str(), value.as_deref())).collect());
        }
    }
    out
}

fn change(change: &Change) -> ChangeOut<'_> {
    ChangeOut { field: &change.field, from: change.from.as_deref(), to: change.to.as_deref() }
}

struct Places<'s> {
    sources: &'s SourceMap,
    prefix: &'s str,
}

impl Places<'_> {
    fn step<'a>(&self, step: &'a PolicyEntered) -> StepOut<'a> {
        StepOut {
            policy: &step.policy,
            route_type: step.route_type,
            rules: step.rules.iter().map(|rule| self.rule(rule)).collect(),
        }
    }

    fn rule<'a>(&self, rule: &'a RuleTried) -> RuleOut<'a> {
        RuleOut {
            rule: &rule.rule,
            matched: rule.verdict == Verdict::Held,
            in_force: rule.verdict != Verdict::NotInForce,
            comparisons: rule.comparisons.iter().map(|compared| self.comparison(compared)).collect(),
        }
    }

    fn comparison<'a>(&self, compared: &'a Compared) -> ComparisonOut<'a> {
        ComparisonOut {
            text: &compared.text,
            value: compared.value.as_deref(),
            held: compared.held,
            condition: compared.within.as_deref(),
            decisive: compared.decisive,
            span: SpanV1::of(compared.span, self.sources, self.prefix),
        }
    }
}

pub(super) fn decision(decision: &Decision) -> DecisionOut<'_> {
    DecisionOut {
        rule: &decision.rule,
        policy: &decision.policy,
        route_type: decision.route_type,
        destination: &decision.destination,
        reason: decision.reason.as_deref(),
    }
}

fn assignment(assigned: &Assigned) -> AssignmentOut<'_> {
    AssignmentOut {
        assigned_to: &assigned.assigned_to,
        assigned_kind: assigned.assigned_kind,
        tried: assigned.tried.iter().map(tried).collect(),
    }
}

fn tried(tried: &DestinationTried) -> TriedOut<'_> {
    TriedOut {
        destination: &tried.destination,
        meant: tried.meant.as_deref(),
        nobody: tried.nobody.as_deref(),
        took: tried.took.is_some(),
        members: tried.members.iter().map(member).collect(),
    }
}

fn member(member: &MemberAsked) -> MemberOut<'_> {
    let mut out = MemberOut {
        rep: &member.rep,
        eligible: member.why_not.is_none(),
        why: member.why_not.as_deref(),
        share: None,
        served: member.served,
        due: None,
        credit: None,
        open: None,
        total: None,
        weight: None,
    };
    match &member.standing {
        None => {}
        Some(Standing::Rotation { share, credit, due }) => {
            out.share = leads(*share);
            out.credit = leads(*credit);
            out.due = *due;
        }
        Some(Standing::Load { open, weight }) => {
            out.open = Some(*open);
            out.weight = Some(weight.normalize().to_string());
        }
        Some(Standing::Balance { total, weight }) => {
            out.total = Some(total.normalize().to_string());
            out.weight = Some(weight.normalize().to_string());
        }
    }
    out
}

/// In leads, rounded to six decimals.
pub(super) fn leads(credit: Credit) -> Option<f64> {
    Decimal::from(credit).to_f64()
}
