//! `hidden-overlap`: two rules with different destinations share leads, so that their order decides.
//!
//! That is how lists of rules are written, so nobody is told who does not ask. Rows of tables and
//! `otherwise` are left out: they overlap with everything by design.

use super::exact::{Day, Mismatch, Standing, Way, depends_on_tables};
use super::{ExactLint, Facts, count};
use crate::analysis::overlap::Overlap;
use crate::analysis::parallel;
use crate::diagnostic::{Code, Finding, Label, Scope, Verdict};
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::plan;
use crate::policy::{Origin, Project};

pub const LINT: ExactLint = ExactLint { code: Code::HiddenOverlap, find };

/// Later rules that are shown.
const RULES_SHOWN: usize = 5;
/// Members of a list that are told.
const MEMBERS_TOLD: usize = 8;

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let is_rule = |rule: RuleId| facts.project.rules[rule].origin == Origin::Rule;
    let rules: Vec<(RuleId, &Day)> = facts
        .exact
        .standings()
        .iter_with_ids()
        .filter_map(|(rule, standing)| match standing {
            Standing::Reached(date, _) if is_rule(rule) => Some((rule, facts.exact.on(*date)?)),
            _ => None,
        })
        .collect();
    let findings = parallel::map(&rules, |(rule, day)| {
        let mut overlaps = day.proofs.engine.overlaps(0, &day.proofs.ways, *rule, 1);
        overlaps.retain(|overlap| is_rule(overlap.later));
        if overlaps.is_empty() { Ok(None) } else { finding(facts.project, day, *rule, &overlaps) }
    });
    findings.into_iter().filter_map(Result::transpose).collect()
}

fn finding(project: &Project, day: &Day<'_>, id: RuleId, overlaps: &[Overlap]) -> Result<Option<Finding>, Mismatch> {
    let rule = &project.rules[id];
    let first = &overlaps[0];
    let satisfies = |later: RuleId, lead: &Lead| {
        let facts = plan::Facts::new(project, lead);
        project.rules[later].when.as_ref().is_none_or(|when| plan::holds(when, &facts, &mut ()))
    };
    let shares = |lead: &Lead, way: &Way| way.taken.contains(&id) && satisfies(first.later, lead);
    let claim = format!("`{}` and `{}` share it", project.rule_name(id), project.rule_name(first.later));
    let witness = &first.regions.found[0].witness;
    let Some(lead) = day.replay(LINT.code, &claim, witness, &shares)? else { return Ok(None) };
    let others = if overlaps.len() == 1 {
        format!("rule `{}`", project.rules[first.later].name)
    } else {
        count(overlaps.len(), "later rule")
    };
    let message = format!("rule `{}` shares leads with {others}, so their order matters", rule.name);
    let mut finding = Finding::new(LINT.code, rule.head, message)
        .at("comes first, and takes them")
        .in_rule(project.rule_name(id))
        .in_policy(&project.policies[rule.policy].name)
        .help("nothing, if the order is meant");
    finding.labels = overlaps.iter().take(RULES_SHOWN).map(|overlap| shared(project, day, overlap)).collect();
    finding.verdict = Verdict::Witnessed;
    finding.witness = Some(day.show(&lead));
    if overlaps.iter().map(|overlap| overlap.later).chain([id]).any(|rule| depends_on_tables(project, rule)) {
        finding.scope = Scope::WithCurrentTables;
    }
    Ok(Some(finding))
}

fn shared(project: &Project, day: &Day<'_>, overlap: &Overlap) -> Label {
    let region = &overlap.regions.found[0].area;
    let words = day.proofs.engine.describe(region, Some(MEMBERS_TOLD));
    let message = format!("would take leads with `{words}`");
    let rule = &project.rules[overlap.later];
    Label { span: rule.head, message, rule: Some(project.rule_name(overlap.later)) }
}
