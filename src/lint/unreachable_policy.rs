//! `unreachable-policy`: a policy that nothing leads to, step by step from `start at`.

use super::{Facts, Lint};
use crate::diagnostic::{Code, Finding, Label};
use crate::ids::PolicyId;
use crate::policy::Project;

pub const LINT: Lint = Lint { code: Code::UnreachablePolicy, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let reachable = facts.graph.reachable_policies();
    let unreachable = facts.project.policies.ids().filter(|&policy| !reachable[policy]);
    unreachable.map(|policy| finding(facts, policy)).collect()
}

fn finding(facts: &Facts, id: PolicyId) -> Finding {
    let project = facts.project;
    let policy = &project.policies[id];
    let message = format!("no lead gets to policy `{}`", policy.name);
    let mut finding = Finding::new(Code::UnreachablePolicy, policy.name_span, message).in_policy(&policy.name);
    let ways = facts.graph.ways_into(id);
    if ways.iter().all(|&rule| project.rules[rule].policy == id) {
        return finding.at("nothing goes here").help(help(project, &policy.name));
    }
    finding.label = "only policies that no lead gets to go here".to_owned();
    finding.labels = ways
        .iter()
        .filter(|&&rule| project.rules[rule].policy != id)
        .map(|&rule| Label {
            span: project.rules[rule].head,
            message: format!("`{}` goes here", project.rule_name(rule)),
            rule: None,
        })
        .collect();
    finding.help("see the findings for those policies first")
}

fn help(project: &Project, policy: &str) -> String {
    let start = &project.policies[project.start.node].name;
    format!("remove it, or lead to it with `go to {policy}`; leads start at `{start}`")
}
