//! `unreachable-policy`: a policy that nothing leads to, step by step from `start at`, or only rules
//! that no lead reaches.

use super::{Facts, Lint};
use crate::diagnostic::{Code, Finding, Label};
use crate::ids::{PolicyId, RuleId};
use crate::policy::Project;

pub const LINT: Lint = Lint { code: Code::UnreachablePolicy, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let reachable = facts.graph.reachable_policies();
    let policies = facts.project.policies.ids().filter(|&policy| !(reachable[policy] && is_entered(facts, policy)));
    policies.map(|policy| finding(facts, policy, reachable[policy])).collect()
}

/// Whether a lead comes in, today or later; or may, where that is left open.
fn is_entered(facts: &Facts, policy: PolicyId) -> bool {
    facts.exact.has_more_days()
        || facts.exact.days().any(|day| {
            let ways = &day.proofs.ways;
            !ways.into[policy].is_empty() || ways.too_many[policy]
        })
}

fn finding(facts: &Facts, id: PolicyId, is_joined: bool) -> Finding {
    let project = facts.project;
    let policy = &project.policies[id];
    let message = format!("no lead gets to policy `{}`", policy.name);
    let mut finding = Finding::new(Code::UnreachablePolicy, policy.name_span, message).in_policy(&policy.name);
    let ways: Vec<RuleId> =
        facts.graph.ways_into(id).into_iter().filter(|&rule| project.rules[rule].policy != id).collect();
    if ways.is_empty() {
        return finding.at("nothing goes here").help(help(project, &policy.name));
    }
    let (label, here) = if is_joined {
        ("only rules that no lead reaches go here", "goes here, and no lead reaches it")
    } else {
        ("only policies that no lead gets to go here", "goes here")
    };
    finding.label = label.to_owned();
    finding.labels = ways
        .iter()
        .map(|&rule| Label {
            span: project.rules[rule].head,
            message: format!("`{}` {here}", project.rule_name(rule)),
            rule: None,
        })
        .collect();
    finding.help(if is_joined {
        "see the findings for those rules first"
    } else {
        "see the findings for those policies first"
    })
}

fn help(project: &Project, policy: &str) -> String {
    let start = &project.policies[project.start.node].name;
    format!("remove it, or lead to it with `go to {policy}`; leads start at `{start}`")
}
