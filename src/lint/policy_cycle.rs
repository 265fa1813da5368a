//! `policy-cycle`: `go to` chains that return to where they were.
//!
//! A chain that a lead can follow is an error, shown by a lead that goes round for ever; chains through
//! the same policies are told together. A component of policies that lead to one another, though no
//! lead goes round in it, is a warning: the next change may close the circle.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::exact::{Day, Mismatch, Way};
use super::{ExactLint, Facts, left_open, listed};
use crate::analysis::cycles::{self, Follows};
use crate::diagnostic::{Code, Finding, Label, Severity, Verdict};
use crate::graph::Cycle;
use crate::ids::{PolicyId, RuleId};
use crate::lead::Lead;
use crate::plan::Outcome;
use crate::policy::{Action, Project};
use crate::source::Span;

pub const LINT: ExactLint = ExactLint { code: Code::PolicyCycle, find };

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let components = facts.graph.cycles();
    if components.is_empty() {
        return Ok(Vec::new());
    }
    let circles = circles(facts);
    let mut findings = Vec::new();
    for component in &components {
        let within: Vec<&Circle> =
            circles.iter().filter(|circle| circle.policies.iter().all(|p| component.policies.contains(p))).collect();
        let followed: Vec<Finding> =
            within.iter().filter_map(|circle| followed(facts.project, circle).transpose()).collect::<Result<_, _>>()?;
        if followed.is_empty() {
            let is_open = within.iter().any(|circle| matches!(circle.follows, Follows::Open | Follows::Lead(_)));
            findings.push(not_followed(facts.project, component, is_open));
        }
        findings.extend(followed);
    }
    Ok(findings)
}

/// A way round on the first day on which a lead can take it.
struct Circle<'f, 'a> {
    day: &'f Day<'a>,
    policies: Vec<PolicyId>,
    steps: Vec<RuleId>,
    follows: Follows,
    /// `go to`s by which leads go round through the same policies.
    others: BTreeSet<RuleId>,
}

/// One for each round of policies, in reading order.
fn circles<'f, 'a>(facts: &'f Facts<'a>) -> Vec<Circle<'f, 'a>> {
    let mut rounds: IndexMap<Vec<PolicyId>, Circle> = IndexMap::new();
    for day in facts.exact.days() {
        for cycle in day.proofs.engine.cycles(0, &day.proofs.ways) {
            let cycles::Cycle { steps, follows } = cycle;
            let policies: Vec<PolicyId> = steps.iter().map(|step| facts.project.rules[*step].policy).collect();
            let new = Circle { day, policies: policies.clone(), steps, follows, others: BTreeSet::new() };
            match rounds.get_mut(&policies) {
                None => {
                    rounds.insert(policies, new);
                }
                Some(known) => known.add(new),
            }
        }
    }
    rounds.into_values().collect()
}

impl Circle<'_, '_> {
    fn add(&mut self, other: Self) {
        match (&self.follows, &other.follows) {
            (Follows::Lead(_), Follows::Lead(_)) => {
                self.others.extend(other.steps.into_iter().filter(|step| !self.steps.contains(step)));
            }
            (Follows::Lead(_), _) | (Follows::Open, Follows::Nobody) => {}
            (Follows::Nobody | Follows::Open, _) => *self = other,
        }
    }
}

fn followed(project: &Project, circle: &Circle) -> Result<Option<Finding>, Mismatch> {
    let Follows::Lead(witness) = &circle.follows else { return Ok(None) };
    let steps: Vec<Step> = circle.steps.iter().filter_map(|&rule| step(project, rule)).collect();
    let goes_round = |_: &Lead, way: &Way| {
        matches!(way.outcome, Outcome::Circled(_)) && circle.steps.iter().all(|step| way.taken.contains(step))
    };
    let claim = format!("it follows {}", listed(&steps.iter().map(|step| step.rule.as_str()).collect::<Vec<&str>>()));
    let Some(lead) = circle.day.replay(LINT.code, &claim, witness, &goes_round)? else { return Ok(None) };
    let others: Vec<String> = circle.others.iter().map(|rule| project.rule_name(*rule)).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let advice = "a lead that takes these rules never arrives: let one of them `assign`, or go to a policy further on";
    let help = match &others[..] {
        [] => advice.to_owned(),
        others => format!("{advice}; leads go the same way round by {}", listed(others)),
    };
    let mut finding = finding(message(&steps), &steps).help(help);
    finding.verdict = Verdict::Witnessed;
    finding.witness = Some(circle.day.show(&lead));
    Ok(Some(finding))
}

fn not_followed(project: &Project, component: &Cycle, is_open: bool) -> Finding {
    let steps: Vec<Step> = component.way.iter().filter_map(|&rule| step(project, rule)).collect();
    let mut finding = finding(message(&steps), &steps).help(warning_help(project, component, &steps));
    if is_open {
        finding.message.push_str("; whether a lead goes round could not be decided");
        return left_open(finding);
    }
    finding.severity = Severity::Warning;
    finding.message.push_str(", though no lead goes round");
    finding
}

fn finding(message: String, steps: &[Step]) -> Finding {
    let first = &steps[0];
    let mut finding = Finding::new(LINT.code, first.span, message)
        .at(first.to_string())
        .in_rule(first.rule.clone())
        .in_policy(first.from);
    for step in &steps[1..] {
        let (message, rule) = (step.to_string(), Some(step.rule.clone()));
        finding.labels.push(Label { span: step.span, message, rule });
    }
    finding
}

/// One `go to` of the way round.
struct Step<'a> {
    from: &'a str,
    to: &'a str,
    /// `policy.rule`
    rule: String,
    span: Span,
}

impl std::fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "from `{}` to `{}`", self.from, self.to)
    }
}

fn step(project: &Project, id: RuleId) -> Option<Step<'_>> {
    let rule = &project.rules[id];
    let Action::GoTo(to) = &rule.action else { return None };
    Some(Step {
        from: &project.policies[rule.policy].name,
        to: &project.policies[to.node].name,
        rule: project.rule_name(id),
        span: to.span,
    })
}

fn message(steps: &[Step]) -> String {
    match steps {
        [only] => format!("policy `{}` goes to itself", only.from),
        [first, second] => format!("policies `{}` and `{}` go to each other", first.from, second.from),
        _ => {
            let names: Vec<&str> = steps.iter().map(|step| step.from).collect();
            format!("policies {} go round in a circle", listed(&names))
        }
    }
}

fn warning_help(project: &Project, component: &Cycle, steps: &[Step]) -> String {
    let advice = "go to policies further on only, so that the next change cannot close the circle";
    let others = component.policies.iter().map(|&policy| project.policies[policy].name.as_str());
    let others: Vec<&str> = others.filter(|name| !steps.iter().any(|step| step.from == *name)).collect();
    if others.is_empty() {
        return advice.to_owned();
    }
    format!("{advice}; there is a way round through {}, too", listed(&others))
}
