//! `expired-rule`: a rule whose last day, in the project's time zone, is over.

use std::collections::BTreeSet;

use super::{Facts, Lint, removable};
use crate::diagnostic::{Code, Finding};
use crate::ids::RuleId;
use crate::policy::Origin;

pub const LINT: Lint = Lint { code: Code::ExpiredRule, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let rules = facts.project.rules.ids();
    // The rows of an `each row of` share one date.
    rules.filter_map(|rule| finding(facts, rule)).filter(|finding| seen.insert(finding.span)).collect()
}

fn finding(facts: &Facts, id: RuleId) -> Option<Finding> {
    let rule = &facts.project.rules[id];
    let until = rule.dates.until.filter(|until| until.node < facts.today)?;
    let policy = &facts.project.policies[rule.policy].name;
    let (what, name) = match rule.origin {
        Origin::Rule | Origin::Otherwise => (format!("rule `{}`", rule.name), Some(facts.project.rule_name(id))),
        Origin::Row(table, _) => (format!("every rule of table `{}`", facts.project.tables[table].name), None),
    };
    let mut finding = Finding::new(Code::ExpiredRule, until.span, format!("{what} has been over since {}", until.node))
        .at(format!("today is {}", facts.today))
        .in_policy(policy)
        .help("remove it, or give it a later date");
    finding.rule = name;
    Some(removable(finding, facts.project, id))
}
