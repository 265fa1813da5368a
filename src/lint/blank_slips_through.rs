//! `blank-slips-through`: a negated comparison that a blank satisfies, so that leads with missing data
//! take the rule. (`not` is plain negation: a lead of unknown country is not from the US.)

use std::collections::BTreeSet;

use super::exact::{Day, Mismatch, Standing, Way, asks_tables};
use super::{ExactLint, Facts};
use crate::analysis::parallel;
use crate::analysis::parts::BlankSlip;
use crate::cell::Cell;
use crate::diagnostic::{Code, Finding, Scope, Verdict};
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::plan;
use crate::policy::Project;

pub const LINT: ExactLint = ExactLint { code: Code::BlankSlipsThrough, find };

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let rules: Vec<(RuleId, &Day)> = facts
        .exact
        .standings()
        .iter_with_ids()
        .filter_map(|(rule, standing)| match standing {
            Standing::Reached(date, _) => Some((rule, facts.exact.on(*date)?)),
            _ => None,
        })
        .collect();
    let found: Result<Vec<Vec<Finding>>, Mismatch> =
        parallel::map(&rules, |(rule, day)| find_in(facts.project, day, *rule)).into_iter().collect();
    // The rows of an `each row of` share what is written.
    let mut seen = BTreeSet::new();
    Ok(found?.into_iter().flatten().filter(|finding| seen.insert(finding.span)).collect())
}

fn find_in(project: &Project, day: &Day<'_>, rule: RuleId) -> Result<Vec<Finding>, Mismatch> {
    let slips = day.proofs.engine.blank_slips(0, &day.proofs.ways, rule);
    slips.iter().filter_map(|slip| finding(project, day, rule, slip).transpose()).collect()
}

fn finding(project: &Project, day: &Day<'_>, id: RuleId, slip: &BlankSlip) -> Result<Option<Finding>, Mismatch> {
    let rule = &project.rules[id];
    let value = &project.values[slip.comparison.value].text;
    let is_blank = |lead: &Lead| *plan::Facts::new(project, lead).value(slip.comparison.value) == Cell::Blank;
    let slips = |lead: &Lead, way: &Way| way.taken.contains(&id) && is_blank(lead);
    let claim = format!("`{}` takes it with a blank `{value}`", project.rule_name(id));
    let Some(lead) = day.replay_as_found(LINT.code, &claim, &slip.lead, &slips)? else { return Ok(None) };
    let lead = day.fullest(lead, &slips);
    let message = format!("rule `{}` takes leads whose `{value}` is blank", rule.name);
    let mut finding = Finding::new(LINT.code, slip.comparison.span, message)
        .at("holds for a blank, too")
        .in_rule(project.rule_name(id))
        .in_policy(&project.policies[rule.policy].name)
        .help(format!("add `{value} is known and`, or `{value} is blank or` to say that it is meant"));
    finding.verdict = Verdict::Witnessed;
    finding.witness = Some(day.show(&lead));
    if asks_tables(project, slip.part) {
        finding.scope = Scope::WithCurrentTables;
    }
    Ok(Some(finding))
}
