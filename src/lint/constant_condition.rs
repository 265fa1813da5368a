//! `constant-condition`: a part of a condition that is true, or false, for every lead for which it
//! could make a difference.
//!
//! What the rest of the condition already says is a warning. A part that only repeats what the rules
//! before it have taken care of (`… and employees < 500` after a rule for the others) is a habit, and
//! a good one where rules move: a note. Parts are found that can all be left out together.

use std::collections::BTreeSet;

use super::conditions::{constant, span_of, with};
use super::exact::{Day, Mismatch, Standing, scope_with};
use super::{ExactLint, Facts};
use crate::analysis::boxes::{all, any, areas, negation};
use crate::analysis::parallel;
use crate::analysis::parts::{Because, Constant, Truth};
use crate::analysis::ways::product;
use crate::analysis::witness::Verdict;
use crate::diagnostic::{Code, Finding, Label, Severity};
use crate::ids::RuleId;
use crate::policy::{Condition, Origin, Project};

pub const LINT: ExactLint = ExactLint { code: Code::ConstantCondition, find };

/// Rules shown as the reason.
const RULES_SHOWN: usize = 3;

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let rules: Vec<RuleId> = facts
        .project
        .rules
        .iter_with_ids()
        .filter(|(id, rule)| {
            rule.origin == Origin::Rule && matches!(facts.exact.standings()[*id], Standing::Reached(..))
        })
        .map(|(id, _)| id)
        .collect();
    Ok(parallel::map(&rules, |rule| find_in(facts, *rule)).into_iter().flatten().collect())
}

fn find_in(facts: &Facts, rule: RuleId) -> Vec<Finding> {
    let Some(days) = facts.exact.reached_days(rule) else { return Vec::new() };
    let Some(((first, lead), later)) = days.split_first() else { return Vec::new() };
    let mut found = first.proofs.engine.constants(0, &first.proofs.ways, rule, lead);
    for (day, lead) in later {
        let others = day.proofs.engine.constants(0, &day.proofs.ways, rule, lead);
        found.retain(|known| others.iter().any(|c| std::ptr::eq(c.part, known.part) && c.truth == known.truth));
    }
    let removed = removable(facts.project, &days, rule, &found);
    removed.into_iter().map(|constant| finding(facts.project, rule, constant)).collect()
}

/// The constants that can be replaced by what they are, all of them at once, the later ones first.
fn removable<'f, 'a, W>(
    project: &Project,
    days: &[(&Day<'a>, W)],
    rule: RuleId,
    found: &'f [Constant<'a>],
) -> Vec<&'f Constant<'a>> {
    let Some(whole) = &project.rules[rule].when else { return Vec::new() };
    let mut removed: Vec<&Constant> = Vec::new();
    let mut rest: Vec<&Constant> = found.iter().rev().collect();
    loop {
        let before = removed.len();
        // What cannot be left out with some may be left out with more.
        rest.retain(|candidate| {
            let mut with_it = removed.clone();
            with_it.push(*candidate);
            let [before, after] = [&removed, &with_it].map(|removed| without(whole, removed));
            let can_go = days.iter().all(|(day, _)| is_alike(day, rule, &before, &after));
            if can_go {
                removed = with_it;
            }
            !can_go
        });
        if removed.len() == before {
            break;
        }
    }
    removed.sort_by_key(|constant| found.iter().position(|other| std::ptr::eq(other, *constant)));
    removed
}

fn without(whole: &Condition, removed: &[&Constant]) -> Condition {
    with(whole, &|part| {
        let known = removed.iter().find(|constant| std::ptr::eq(constant.part, part))?;
        Some(constant(known.truth != Truth::Never))
    })
}

/// Whether no lead that comes to the rule tells the two conditions apart.
fn is_alike(day: &Day<'_>, rule: RuleId, a: &Condition, b: &Condition) -> bool {
    let (engine, ways) = (&day.proofs.engine, &day.proofs.ways);
    let policy = day.plan().project.rules[rule].policy;
    let (Some(a), Some(b)) = (engine.formula(0, a, None), engine.formula(0, b, None)) else { return false };
    let differ = any(vec![all(vec![a.clone(), negation(&b)]), all(vec![negation(&a), b])]);
    let Some(differ) = areas(&differ) else { return false };
    ways.into[policy].iter().all(|way| {
        let mut forbidden = way.goal.forbidden.clone();
        forbidden.or(&engine.before(0, rule));
        let Some(areas) = product(&way.goal.areas, &differ) else { return false };
        matches!(engine.witness(&areas, &forbidden, &[]), Verdict::Refuted(_))
    })
}

fn finding(project: &Project, id: RuleId, constant: &Constant) -> Finding {
    let rule = &project.rules[id];
    let text = project.condition_text(constant.part);
    let message = format!("`{text}` makes no difference in rule `{}`", rule.name);
    let turned = rule.when.as_ref().is_some_and(|when| is_turned(when, constant.part, false));
    let label = match (constant.truth, turned) {
        (Truth::Always, false) | (Truth::Never, true) => "keeps no lead out",
        (Truth::Never, false) | (Truth::Always, true) => "lets no lead in",
        (Truth::Irrelevant, _) => "whether it holds changes nothing",
    };
    let mut finding = Finding::new(LINT.code, span_of(constant.part), message)
        .at(label)
        .in_rule(project.rule_name(id))
        .in_policy(&project.policies[rule.policy].name)
        .help(help(&constant.because));
    finding.scope = scope_with(project, [id]);
    if let Because::Earlier(rules) = &constant.because {
        finding.scope = scope_with(project, rules.iter().copied().chain([id]));
        finding.labels = reasons(project, rules);
        if matches!((constant.truth, turned), (Truth::Always, false) | (Truth::Never, true)) {
            finding.severity = Severity::Note;
            finding.help = Some("it may stay as a reminder: without it the rule takes the same leads".to_owned());
        }
    }
    finding
}

/// Whether `not`s turn a part of the condition round.
fn is_turned(whole: &Condition, part: &Condition, turned: bool) -> bool {
    if std::ptr::eq(whole, part) {
        return turned;
    }
    match whole {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(|inner| is_turned(inner, part, turned)),
        Condition::Not(inner, _) => is_turned(inner, part, !turned),
        Condition::Named(..) | Condition::Comparison(_) => false,
    }
}

fn help(because: &Because) -> &'static str {
    match because {
        Because::Itself => "without it the rule takes the same leads: remove it, or correct it",
        Because::Earlier(_) => "without it the rule takes the same leads: remove it, or move the rule up",
    }
}

fn reasons(project: &Project, rules: &BTreeSet<RuleId>) -> Vec<Label> {
    let label = |rule: &RuleId| Label {
        span: super::hidden::place(project, *rule),
        message: "takes the leads for which it would matter".to_owned(),
        rule: Some(project.rule_name(*rule)),
    };
    rules.iter().take(RULES_SHOWN).map(label).collect()
}
