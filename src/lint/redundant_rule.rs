//! `redundant-rule`: leads reach the rule, and without it every one of them would go to the same place.
//!
//! A table lists what it lists, so rows are never redundant; nor is a rule in a policy of another route
//! type than the rule that would decide instead, as reports tell them apart; nor is one whose leads
//! escalate otherwise than those of another rule with its destination.

use super::exact::{Day, Mismatch, Proofs, Standing, Way, in_short};
use super::hidden::place;
use super::{ExactLint, Facts, left_open, removable};
use crate::analysis::ends::Redundant;
use crate::analysis::parallel;
use crate::analysis::reach::Reach;
use crate::analysis::witness;
use crate::canonical;
use crate::diagnostic::{Code, Finding, Label, Scope};
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::plan::Outcome;
use crate::policy::{Origin, Project};

pub const LINT: ExactLint = ExactLint { code: Code::RedundantRule, find };

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let rules = facts.project.rules.iter_with_ids().filter(|(id, rule)| {
        rule.origin == Origin::Rule && matches!(facts.exact.standings()[*id], Standing::Reached(..))
    });
    let rules: Vec<RuleId> = rules.map(|(id, _)| id).collect();
    parallel::map(&rules, |rule| find_in(facts, *rule)).into_iter().filter_map(Result::transpose).collect()
}

fn find_in(facts: &Facts, rule: RuleId) -> Result<Option<Finding>, Mismatch> {
    let Some(days) = facts.exact.reached_days(rule) else { return Ok(None) };
    let mut is_open = false;
    for (day, lead) in &days {
        match day.proofs.engine.redundant(0, &day.proofs.ways, rule, lead) {
            Redundant::No(_) => return Ok(None),
            Redundant::Open => is_open = true,
            Redundant::Yes => {}
        }
    }
    let Some((day, lead)) = days.first() else { return Ok(None) };
    if is_open {
        return Ok(Some(undecided(facts.project, rule)));
    }
    shown(facts, day, rule, lead)
}

/// The finding, with a lead and the rule that would take it.
fn shown(facts: &Facts, day: &Day<'_>, rule: RuleId, lead: &witness::Witness) -> Result<Option<Finding>, Mismatch> {
    let project = facts.project;
    let without = day.plan().without(rule);
    let end = |outcome: Outcome| match outcome {
        Outcome::Decided(rule) => Some(canonical::action(project, &project.rules[rule].action)),
        Outcome::FellOff(_) | Outcome::Circled(_) => None,
    };
    let shows =
        |lead: &Lead, way: &Way| way.taken.contains(&rule) && end(way.outcome) == end(Way::of(&without, lead).outcome);
    let claim = format!("it goes to the same place without `{}`", project.rule_name(rule));
    let Some(lead) = day.replay(LINT.code, &claim, lead, &shows)? else { return Ok(None) };
    let now = Way::of(day.plan(), &lead).outcome;
    let (Outcome::Decided(now), Outcome::Decided(instead)) = (now, Way::of(&without, &lead).outcome) else {
        return Ok(None);
    };
    let mark = |rule: RuleId| project.policies[project.rules[rule].policy].mark;
    if mark(now) != mark(instead) {
        return Ok(None);
    }
    let mut finding = finding(project, rule, format!("rule `{}` makes no difference", project.rules[rule].name))
        .at("without it, its leads go to the same destination")
        .help("remove it, unless it is to say something to the reader");
    finding = removable(finding, project, rule);
    let message = format!("would decide instead, e.g. about {}", in_short(project, &lead));
    finding.labels = vec![Label { span: place(project, instead), message, rule: Some(project.rule_name(instead)) }];
    finding.same_destination = Some(true);
    finding.witness = Some(day.show(&lead));
    if !is_so_with_any_tables(facts, day, rule) {
        finding.scope = Scope::WithCurrentTables;
    }
    Ok(Some(finding))
}

/// Whether the rule would make no difference whatever the tables contain.
fn is_so_with_any_tables(facts: &Facts, day: &Day<'_>, rule: RuleId) -> bool {
    if facts.project.rules.iter().any(|rule| matches!(rule.origin, Origin::Row(..))) {
        return false;
    }
    if !facts.exact.asks_tables() {
        return true;
    }
    let Proofs { engine, ways } = day.any_tables();
    match engine.reach(0, ways, rule) {
        Reach::Reached(lead) => engine.redundant(0, ways, rule, &lead) == Redundant::Yes,
        _ => false,
    }
}

fn undecided(project: &Project, rule: RuleId) -> Finding {
    let message = format!("whether rule `{}` makes a difference could not be decided", project.rules[rule].name);
    left_open(finding(project, rule, message).at("left open"))
}

fn finding(project: &Project, id: RuleId, message: String) -> Finding {
    let rule = &project.rules[id];
    Finding::new(LINT.code, rule.head, message)
        .in_rule(project.rule_name(id))
        .in_policy(&project.policies[rule.policy].name)
}
