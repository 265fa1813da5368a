//! `redundant-rule`: leads reach the rule, and without it every one of them would go to the same place.
//!
//! A table lists what it lists, so rows are never redundant; nor is a rule in a policy of another route
//! type than the rule that would decide instead, as reports tell them apart.

use std::collections::BTreeMap;

use super::exact::{Day, Mismatch, Standing, Way, in_short};
use super::hidden::{ends_alike, place};
use super::{ExactLint, Facts, left_open};
use crate::analysis::ends::Redundant;
use crate::analysis::parallel;
use crate::analysis::ways::product;
use crate::analysis::witness::{self, Verdict};
use crate::diagnostic::{Code, Finding, Label, Scope};
use crate::ids::{Id, RuleId};
use crate::lead::Lead;
use crate::plan::Outcome;
use crate::policy::{Action, Origin, Project};

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
            Redundant::Yes if !is_told_apart(facts.project, day, rule) => {}
            Redundant::Yes => return Ok(None),
        }
    }
    let Some((day, lead)) = days.first() else { return Ok(None) };
    if is_open {
        return Ok(Some(undecided(facts.project, rule)));
    }
    shown(facts, day, rule, lead)
}

/// Whether some lead of the rule may come to a rule whose action has the same name and is another
/// (another method, another skill, another reason), which the proof does not tell apart. What lies
/// behind a `go to` is not followed: there two such actions anywhere are enough.
fn is_told_apart(project: &Project, day: &Day<'_>, rule: RuleId) -> bool {
    let own = &project.rules[rule].action;
    if matches!(own, Action::GoTo(_)) {
        return !has_plain_names(project);
    }
    let name = project.action_name(own);
    let others = project.rules.iter_with_ids();
    let mut others = others.filter(|(_, o)| !is_alike(own, &o.action) && project.action_name(&o.action) == name);
    others.any(|(other, _)| may_come_to(project, day, rule, other))
}

/// Whether equal names of actions mean equal actions.
fn has_plain_names(project: &Project) -> bool {
    let mut actions: BTreeMap<String, &Action> = BTreeMap::new();
    project
        .rules
        .iter()
        .all(|rule| is_alike(actions.entry(project.action_name(&rule.action)).or_insert(&rule.action), &rule.action))
}

/// Whether a lead of the rule may come to another, were the rule not there: it passes all rules before
/// the other in its policy.
fn may_come_to(project: &Project, day: &Day<'_>, rule: RuleId, other: RuleId) -> bool {
    let (engine, ways) = (&day.proofs.engine, &day.proofs.ways);
    let mut passed = engine.before(0, other);
    passed.minus(&engine.boxes_of(0, [rule]));
    ways.into[project.rules[rule].policy].iter().any(|way| {
        let Some(goal) = engine.through(0, &way.goal, rule) else { return true };
        let Some(areas) = product(&goal.areas, &engine.rules[0][other.index()].areas) else { return true };
        let mut forbidden = goal.forbidden.clone();
        forbidden.or(&passed);
        !matches!(engine.witness(&areas, &forbidden, &[]), Verdict::Refuted(_))
    })
}

fn is_alike(a: &Action, b: &Action) -> bool {
    match (a, b) {
        (Action::Reject(a), Action::Reject(b)) => a == b,
        _ => ends_alike(a, b),
    }
}

/// The finding, with a lead and the rule that would take it.
fn shown(facts: &Facts, day: &Day<'_>, rule: RuleId, lead: &witness::Witness) -> Result<Option<Finding>, Mismatch> {
    let project = facts.project;
    let without = day.plan().without(rule);
    let end = |outcome: Outcome| match outcome {
        Outcome::Decided(rule) => Some(project.action_name(&project.rules[rule].action)),
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
    let message = format!("would decide instead, e.g. about {}", in_short(project, &lead));
    finding.labels = vec![Label { span: place(project, instead), message, rule: Some(project.rule_name(instead)) }];
    finding.same_destination = Some(true);
    finding.witness = Some(day.show(&lead));
    if facts.exact.asks_tables() || matches!(project.rules[instead].origin, Origin::Row(..)) {
        finding.scope = Scope::WithCurrentTables;
    }
    Ok(Some(finding))
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
