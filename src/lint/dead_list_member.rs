//! `dead-list-member`: a member of a rule's `in` list for which no lead is left, so that the list looks
//! longer than it is. Lists in tables and in named conditions serve many rules and are not looked at.

use std::collections::BTreeSet;

use super::exact::{Mismatch, Standing, scope_with};
use super::{ExactLint, Facts};
use crate::analysis::parallel;
use crate::analysis::parts::{Because, DeadMember};
use crate::diagnostic::{Code, Finding, Label};
use crate::ids::RuleId;
use crate::policy::{Origin, Project};

pub const LINT: ExactLint = ExactLint { code: Code::DeadListMember, find };

/// Rules shown as the reason.
const RULES_SHOWN: usize = 3;

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let rules = facts.project.rules.iter_with_ids().filter(|(id, rule)| {
        rule.origin == Origin::Rule && matches!(facts.exact.standings()[*id], Standing::Reached(..))
    });
    let rules: Vec<RuleId> = rules.map(|(id, _)| id).collect();
    Ok(parallel::map(&rules, |rule| find_in(facts, *rule)).into_iter().flatten().collect())
}

fn find_in(facts: &Facts, rule: RuleId) -> Vec<Finding> {
    let Some(days) = facts.exact.reached_days(rule) else { return Vec::new() };
    let Some(((first, _), later)) = days.split_first() else { return Vec::new() };
    let mut found = first.proofs.engine.dead_members(0, &first.proofs.ways, rule);
    for (day, _) in later {
        let others = day.proofs.engine.dead_members(0, &day.proofs.ways, rule);
        let is_dead = |known: &DeadMember| {
            others.iter().any(|o| std::ptr::eq(o.comparison, known.comparison) && o.member == known.member)
        };
        found.retain(is_dead);
    }
    let of_one = found.chunk_by(|a, b| std::ptr::eq(a.comparison, b.comparison));
    of_one.map(|members| finding(facts.project, rule, members)).collect()
}

/// `members` are of one list.
fn finding(project: &Project, id: RuleId, members: &[DeadMember]) -> Finding {
    let rule = &project.rules[id];
    let comparison = members[0].comparison;
    let value = &project.values[comparison.value];
    let names: Vec<String> = members.iter().map(|dead| project.write_cell(&value.ty, &dead.member)).collect();
    let (which, it) = match &names[..] {
        [one] => (format!("{} is {one}", value.text), "it"),
        many => (format!("{} in [{}]", value.text, many.join(", ")), "them"),
    };
    let message = format!("no lead with `{which}` is left for rule `{}`", rule.name);
    let mut finding = Finding::new(LINT.code, comparison.span, message)
        .at("the list looks longer than it is")
        .in_rule(project.rule_name(id))
        .in_policy(&project.policies[rule.policy].name)
        .help(format!("take {it} out of the list: the rule takes the same leads; or move the rule up"));
    let earlier: BTreeSet<RuleId> = members.iter().flat_map(|dead| earlier(&dead.because)).copied().collect();
    if earlier.is_empty() {
        finding.help = Some(format!("the rest of the condition rules {it} out: take {it} out of the list"));
    }
    finding.scope = scope_with(project, earlier.iter().copied().chain([id]));
    finding.labels = earlier.iter().take(RULES_SHOWN).map(|rule| taken_by(project, *rule)).collect();
    finding
}

fn earlier(because: &Because) -> impl Iterator<Item = &RuleId> {
    match because {
        Because::Itself => None,
        Because::Earlier(rules) => Some(rules),
    }
    .into_iter()
    .flatten()
}

fn taken_by(project: &Project, rule: RuleId) -> Label {
    let message = "takes such leads".to_owned();
    Label { span: super::hidden::place(project, rule), message, rule: Some(project.rule_name(rule)) }
}
