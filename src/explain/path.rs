//! A trace in words: which policies the lead entered, which rules were tried, and what stood in the
//! way of each.

use crate::cell::Cell;
use crate::ids::ValueId;
use crate::lead::Lead;
use crate::plan::Facts;
use crate::policy::{Origin, Project, Value, ValueKind};
use crate::source::Span;
use crate::trace::{Part, Step, Trace, Tried, Verdict};

/// One policy entered.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyEntered {
    pub policy: String,
    pub route_type: Option<&'static str>,
    pub rules: Vec<RuleTried>,
}

/// One rule tried.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleTried {
    /// `policy.rule`
    pub rule: String,
    /// Without the policy.
    pub name: String,
    pub verdict: Verdict,
    /// What the rule does with a lead it takes.
    pub action: String,
    /// The days it is in force, if it says so.
    pub dates: Option<String>,
    /// The table that it is a row of, if it is one.
    pub row_of: Option<String>,
    pub comparisons: Vec<Compared>,
    pub span: Span,
}

/// One comparison with what the lead has there.
#[derive(Clone, PartialEq, Debug)]
pub struct Compared {
    /// As the policy writes it.
    pub text: String,
    /// The value that was looked at, e.g. `account.tier`.
    pub of: String,
    /// `None` is blank.
    pub value: Option<String>,
    /// The cell as the lead file has it, where it could not be read and so counts as blank.
    pub unread: Option<String>,
    pub held: bool,
    /// Whether it helped to decide whether the rule holds.
    pub decisive: bool,
    /// The `territory`, `segment` or `let` that the comparison belongs to.
    pub within: Option<String>,
    pub span: Span,
}

/// The whole way of a lead, in words.
pub fn path(project: &Project, lead: &Lead, trace: &Trace) -> Vec<PolicyEntered> {
    let facts = Facts::new(project, lead);
    trace.steps().map(|step| policy_entered(&facts, trace, step)).collect()
}

fn policy_entered(facts: &Facts<'_>, trace: &Trace, step: Step<'_>) -> PolicyEntered {
    let project = facts.project;
    let policy = &project.policies[step.policy];
    let rules = step.tried.iter().map(|tried| {
        let rule = &project.rules[tried.rule];
        RuleTried {
            rule: project.rule_name(tried.rule),
            name: rule.name.clone(),
            verdict: tried.verdict,
            action: project.action_name(&rule.action),
            dates: dates(rule.dates),
            row_of: match rule.origin {
                Origin::Row(table, _) => Some(project.tables[table].name.clone()),
                Origin::Rule | Origin::Otherwise => None,
            },
            comparisons: comparisons(facts, trace, tried),
            span: rule.head,
        }
    });
    PolicyEntered {
        policy: policy.name.clone(),
        route_type: crate::route::route_type(policy.mark),
        rules: rules.collect(),
    }
}

fn comparisons(facts: &Facts<'_>, trace: &Trace, tried: &Tried) -> Vec<Compared> {
    let project = facts.project;
    let mut compared = Vec::new();
    trace.parts(project, tried, |Part { comparison, held, within, decisive }| {
        compared.push(Compared {
            text: comparison.text.clone(),
            of: project.values[comparison.value].text.clone(),
            value: shown(facts, comparison.value),
            unread: unread(project, facts.lead, comparison.value),
            held,
            decisive,
            within: within.map(|condition| project.conditions[condition].name.clone()),
            span: comparison.span,
        });
    });
    compared
}

/// What the lead has there: a field as its file has it, what is derived in its normal form. `None` is blank.
pub(super) fn shown(facts: &Facts<'_>, value: ValueId) -> Option<String> {
    let cell = facts.value(value);
    if *cell == Cell::Blank {
        return None;
    }
    let Value { kind, ty, .. } = &facts.project.values[value];
    Some(match kind {
        ValueKind::Field(field) => facts.lead.text(facts.project, *field),
        _ => facts.project.show_cell(ty, cell),
    })
}

/// The text of the cell behind a value, if it could not be read; through `domain of` and the like.
fn unread(project: &Project, lead: &Lead, value: ValueId) -> Option<String> {
    match project.values[value].kind {
        ValueKind::Field(field) => lead.unread.iter().find(|cell| cell.field == field).map(|cell| cell.text.clone()),
        ValueKind::DomainOf(of) | ValueKind::HourOf(of, _) | ValueKind::WeekdayOf(of, _) => unread(project, lead, of),
        ValueKind::FirstKnown(_) | ValueKind::Lookup(..) | ValueKind::Column(..) => None,
    }
}

fn dates(dates: crate::policy::Dates) -> Option<String> {
    let said = |word: &str, day: Option<crate::source::Spanned<jiff::civil::Date>>| {
        day.map(|day| format!("{word} {}", day.node))
    };
    let parts: Vec<String> = [said("from", dates.from), said("until", dates.until)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
