//! Which findings are about which node: by the rule or policy a finding names, else by its place.

use std::collections::HashMap;

use super::Node;
use crate::diagnostic::Finding;
use crate::policy::Project;
use crate::source::Span;

/// Findings by what they name and where they are, so that ten thousand rules do not each look at a
/// thousand findings.
pub struct Concerns<'a> {
    findings: &'a [Finding],
    by_rule: HashMap<&'a str, Vec<usize>>,
    by_policy: HashMap<&'a str, Vec<usize>>,
    /// In the order of their places.
    by_place: Vec<usize>,
}

impl<'a> Concerns<'a> {
    pub fn new(findings: &'a [Finding]) -> Concerns<'a> {
        let mut concerns = Concerns {
            findings,
            by_rule: HashMap::new(),
            by_policy: HashMap::new(),
            by_place: (0..findings.len()).collect(),
        };
        concerns.by_place.sort_by_key(|&index| findings[index].span);
        for (index, finding) in findings.iter().enumerate() {
            let labelled = finding.labels.iter().filter_map(|label| label.rule.as_deref());
            for rule in finding.rule.as_deref().into_iter().chain(labelled) {
                concerns.by_rule.entry(rule).or_default().push(index);
            }
            if let (None, Some(policy)) = (&finding.rule, &finding.policy) {
                concerns.by_policy.entry(policy).or_default().push(index);
            }
        }
        concerns
    }

    /// Each once, in the order given.
    pub fn of(&self, project: &Project, node: &Node) -> impl Iterator<Item = &'a Finding> {
        let mut found = match node {
            Node::Rule(rule) => {
                let unnamed =
                    self.inside(project.rules[*rule].span).filter(|&index| self.findings[index].rule.is_none());
                let mut found: Vec<usize> = unnamed.collect();
                found.extend(self.by_rule.get(project.rule_name(*rule).as_str()).into_iter().flatten());
                found
            }
            Node::Policy(policy) => {
                let policy = &project.policies[*policy];
                let mut found: Vec<usize> = self.inside(policy.name_span).collect();
                found.extend(self.by_policy.get(policy.name.as_str()).into_iter().flatten());
                found
            }
            Node::Queue(queue) => self.inside(project.queues[*queue].span).collect(),
            Node::Rep(rep) => self.inside(project.roster.reps[*rep].span).collect(),
            Node::Team(team) => self.inside(project.roster.teams[*team].span).collect(),
            Node::Start | Node::Owner(_) | Node::ManagerOf(_) | Node::Reject | Node::Keep | Node::Nobody => Vec::new(),
        };
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|index| &self.findings[index])
    }

    fn inside(&self, outer: Span) -> impl Iterator<Item = usize> {
        let first = self.by_place.partition_point(|&index| self.findings[index].span.start < outer.start);
        let from = self.by_place[first..].iter().copied();
        let starting = from.take_while(move |&index| self.findings[index].span.start <= outer.end);
        starting.filter(move |&index| self.findings[index].span.end <= outer.end)
    }
}
