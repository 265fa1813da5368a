//! `impossible-condition`: a rule whose condition no lead satisfies, wherever the rule stood.
//!
//! The comparisons shown are a least set that clashes: without any one of them a lead would satisfy
//! the others.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::conditions::span_of;
use super::exact::{Day, Mismatch, Standing, depends_on_tables};
use super::hidden::place;
use super::{ExactLint, Facts, count};
use crate::analysis::parallel;
use crate::analysis::witness::Verdict;
use crate::diagnostic::{Code, Finding, Label, Scope, Severity};
use crate::ids::{Id, RuleId};
use crate::policy::{Condition, Origin, Project};
use crate::source::Span;

pub const LINT: ExactLint = ExactLint { code: Code::ImpossibleCondition, find };

/// A condition that nothing satisfies.
struct Impossible<'a> {
    rule: RuleId,
    clash: Vec<&'a Condition>,
    scope: Scope,
}

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let rules: Vec<(RuleId, &Day)> = facts
        .exact
        .standings()
        .iter_with_ids()
        .filter_map(|(rule, standing)| match standing {
            Standing::Impossible(date) => Some((rule, facts.exact.on(*date)?)),
            _ => None,
        })
        .collect();
    let impossible = parallel::map(&rules, |(rule, day)| Impossible {
        rule: *rule,
        clash: day.proofs.engine.clashing_parts(0, *rule),
        scope: scope(facts, day, *rule),
    });
    let is_row = |found: &Impossible| matches!(facts.project.rules[found.rule].origin, Origin::Row(..));
    let (rows, rules): (Vec<Impossible>, Vec<Impossible>) = impossible.into_iter().partition(is_row);
    let mut findings: Vec<Finding> = rules.iter().map(|found| of_rule(facts.project, found)).collect();
    findings.extend(of_tables(facts.project, &rows));
    Ok(findings)
}

/// Whether the condition is impossible whatever the tables contain.
fn scope(facts: &Facts, day: &Day<'_>, rule: RuleId) -> Scope {
    if matches!(facts.project.rules[rule].origin, Origin::Row(..)) {
        return Scope::WithCurrentTables;
    }
    if !depends_on_tables(facts.project, rule) && facts.project.assumptions.is_empty() {
        return Scope::Always;
    }
    let engine = &day.any_tables().engine;
    let areas = &engine.rules[0][rule.index()].areas;
    match engine.witness(areas, &engine.index.none(), &[]) {
        Verdict::Refuted(_) => Scope::Always,
        Verdict::Found(_) | Verdict::Open => Scope::WithCurrentTables,
    }
}

fn of_rule(project: &Project, found: &Impossible) -> Finding {
    let rule = &project.rules[found.rule];
    let message = format!("no lead satisfies the condition of rule `{}`", rule.name);
    let mut finding = finding(project, found, rule.head, message).in_rule(project.rule_name(found.rule));
    if found.scope == Scope::WithCurrentTables {
        // Tomorrow's rows may satisfy it; the policy need not be wrong.
        finding.severity = Severity::Warning;
        finding.help = Some("look at the table's rows; if they are right, the rule waits for others".to_owned());
    }
    finding
}

fn finding(project: &Project, found: &Impossible, span: Span, message: String) -> Finding {
    let mut finding = Finding::new(LINT.code, span, message)
        .at("never decides")
        .in_policy(&project.policies[project.rules[found.rule].policy].name)
        .help(help(found));
    finding.scope = found.scope;
    finding.labels = labels(project, &found.clash);
    finding
}

fn help(found: &Impossible) -> &'static str {
    match found.clash.len() {
        0 | 1 => "no value is like this: change the comparison, or remove the rule",
        2 => "both cannot hold at once: change one of them, write `or` instead of `and`, or remove the rule",
        _ => "they cannot all hold at once: change one of them, or remove the rule",
    }
}

fn labels(project: &Project, clash: &[&Condition]) -> Vec<Label> {
    let label = |part: &&Condition| {
        let text = project.condition_text(part);
        let message = if clash.len() == 1 { format!("`{text}` never holds") } else { format!("`{text}` …") };
        Label { span: span_of(part), message, rule: None }
    };
    let mut labels: Vec<Label> = clash.iter().map(label).collect();
    if let [_, middle @ .., last] = &mut labels[..] {
        for label in middle {
            label.message.insert_str(0, "… and ");
        }
        last.message = format!("… and {}", last.message.replace(" …", " never hold at once"));
    }
    // What a condition is made of may be declared elsewhere.
    labels.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    labels
}

/// Rows of one `each row of` are told together.
///
/// Where a condition asks all rows for the same (`dach and country is row.country`), the rows that it
/// passes over are chosen not to count: that is no mistake, unless none is left.
fn of_tables(project: &Project, rows: &[Impossible]) -> Vec<Finding> {
    let mut blocks: IndexMap<Span, Vec<&Impossible>> = IndexMap::new();
    for row in rows {
        blocks.entry(project.rules[row.rule].head).or_default().push(row);
    }
    let mut findings = Vec::new();
    for (head, mut rows) in blocks {
        let all: Vec<RuleId> =
            project.rules.iter_with_ids().filter(|(_, rule)| rule.head == head).map(|(rule, _)| rule).collect();
        let is_whole = rows.len() == all.len();
        let shared = shared_by_all(project, &all);
        if !is_whole {
            rows.retain(|row| !row.clash.iter().any(|part| shared.contains(&project.condition_text(part))));
        }
        findings.extend(of_rows(project, head, &rows, is_whole));
    }
    findings
}

/// What every row's condition asks, word for word.
fn shared_by_all(project: &Project, rules: &[RuleId]) -> BTreeSet<String> {
    let parts = |rule: &RuleId| -> BTreeSet<String> {
        let Some(when) = &project.rules[*rule].when else { return BTreeSet::new() };
        let parts = if let Condition::And(parts) = when { &parts[..] } else { std::slice::from_ref(when) };
        parts.iter().map(|part| project.condition_text(part)).collect()
    };
    if rules.len() < 2 {
        return BTreeSet::new();
    }
    let sets = rules.iter().map(parts);
    sets.reduce(|shared, next| shared.intersection(&next).cloned().collect()).unwrap_or_default()
}

/// Rows shown after the first.
const ROWS_SHOWN: usize = 3;

fn of_rows(project: &Project, head: Span, rows: &[&Impossible], is_whole: bool) -> Option<Finding> {
    let (first, others) = rows.split_first()?;
    let Origin::Row(table, row) = project.rules[first.rule].origin else { return None };
    let table = &project.tables[table].name;
    let message = match (others.len(), is_whole) {
        (0, _) => format!("no lead satisfies the condition for row {} of table `{table}`", row.index() + 1),
        (_, true) => format!("no lead satisfies the condition for any row of table `{table}`"),
        (others, false) => {
            format!("no lead satisfies the condition for {} of table `{table}`", count(others + 1, "row"))
        }
    };
    let mut finding = finding(project, first, place(project, first.rule), message);
    finding.rule = Some(project.rule_name(first.rule));
    for row in others.iter().take(ROWS_SHOWN) {
        finding = finding.also(place(project, row.rule), "nor this row");
    }
    Some(finding.also(head, "of these rows").help("correct the row's cells, or remove the row"))
}
