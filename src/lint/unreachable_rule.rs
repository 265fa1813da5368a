//! `unreachable-rule`: a rule that no lead can reach, because the rules before it take all its leads.
//!
//! The rules named are a least such set: without any one of them some lead would get past the others.
//! Rows of tables that earlier rows of the same `each row of` hide are `shadowed-row`s.

use super::exact::{Mismatch, Standing};
use super::hidden::{Hidden, hidden, rows_in_words, told_together};
use super::shadowed_row::is_among_rows;
use super::{ExactLint, Facts, left_open};
use crate::diagnostic::{Code, Finding, Severity};
use crate::ids::RuleId;
use crate::policy::{Origin, Project};

pub const LINT: ExactLint = ExactLint { code: Code::UnreachableRule, find };

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let project = facts.project;
    let found = hidden(facts, LINT.code, |project, rule, cover| !is_among_rows(project, rule, cover))?;
    let is_row = |hidden: &Hidden| matches!(project.rules[hidden.rule].origin, Origin::Row(..));
    let (rows, rules): (Vec<Hidden>, Vec<Hidden>) = found.into_iter().partition(is_row);
    let mut findings: Vec<Finding> = rules.iter().map(|hidden| of_rule(facts, hidden)).collect();
    findings.extend(told_together(facts, LINT.code, &rows, |rows| {
        let Origin::Row(table, _) = project.rules[rows[0].rule].origin else { unreachable!("these are rows") };
        let which = rows_in_words(project, rows);
        format!("no lead can reach {which} of table `{}`", project.tables[table].name)
    }));
    let open = facts.exact.standings().iter_with_ids().filter(|(_, standing)| matches!(standing, Standing::Open));
    findings.extend(open.map(|(rule, _)| undecided(project, rule)));
    Ok(findings)
}

fn of_rule(facts: &Facts, hidden: &Hidden) -> Finding {
    let project = facts.project;
    let mut finding = hidden.finding(facts, LINT.code, message(project, hidden.rule));
    if project.rules[hidden.rule].origin == Origin::Otherwise {
        finding.severity = Severity::Note;
        finding.same_destination = None;
        finding.help = Some("it may stay, in case the rules change".to_owned());
        finding.fixes.clear();
    }
    finding
}

fn message(project: &Project, id: RuleId) -> String {
    let rule = &project.rules[id];
    match rule.origin {
        Origin::Otherwise => format!("no lead is left for the `otherwise` of `{}`", project.policies[rule.policy].name),
        Origin::Rule | Origin::Row(..) => format!("no lead can reach rule `{}`", rule.name),
    }
}

fn undecided(project: &Project, id: RuleId) -> Finding {
    let rule = &project.rules[id];
    let message = format!("whether a lead can reach `{}` could not be decided", project.rule_name(id));
    let finding = Finding::new(LINT.code, super::hidden::place(project, id), message)
        .at("left open")
        .in_rule(project.rule_name(id))
        .in_policy(&project.policies[rule.policy].name)
        .help("a simpler condition can be decided; `test` can show that leads arrive");
    left_open(finding)
}
