//! `policy-cycle`: `go to` chains that return to where they were.
//!
//! Each component of policies that lead to one another is found once, with a shortest way round.
//! What the rules on the way ask of a lead is not looked at: the `go to`s alone form the circle.

use super::{Facts, Lint, listed};
use crate::diagnostic::{Code, Finding, Label, Severity};
use crate::graph::Cycle;
use crate::ids::RuleId;
use crate::policy::{Action, Project};
use crate::source::Span;

pub const LINT: Lint = Lint { code: Code::PolicyCycle, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let reachable = facts.graph.reachable_policies();
    facts.graph.cycles().iter().map(|cycle| finding(facts.project, cycle, reachable[cycle.policies[0]])).collect()
}

fn finding(project: &Project, cycle: &Cycle, reachable: bool) -> Finding {
    let steps: Vec<Step> = cycle.way.iter().filter_map(|&rule| step(project, rule)).collect();
    let first = &steps[0];
    let mut finding = Finding::new(Code::PolicyCycle, first.span, message(&steps))
        .at(first.to_string())
        .in_rule(first.rule.clone())
        .in_policy(first.from)
        .help(help(project, cycle, &steps));
    for step in &steps[1..] {
        let (message, rule) = (step.to_string(), Some(step.rule.clone()));
        finding.labels.push(Label { span: step.span, message, rule });
    }
    if !reachable {
        finding.severity = Severity::Warning;
        finding.message.push_str(", though no lead gets there");
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

fn help(project: &Project, cycle: &Cycle, steps: &[Step]) -> String {
    let advice = "a lead that takes these rules never arrives: let one of them `assign`, or go to a policy further on";
    let others: Vec<&str> = cycle.policies.iter().map(|&policy| project.policies[policy].name.as_str()).collect();
    let others: Vec<&str> = others.into_iter().filter(|name| !steps.iter().any(|step| step.from == *name)).collect();
    if others.is_empty() {
        return advice.to_owned();
    }
    format!("{advice}; the circle can also be taken by way of {}", listed(&others))
}
