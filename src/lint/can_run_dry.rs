//! `can-run-dry`: a chain that can end with nobody: no queue, and whoever it names may be away or full,
//! or may not be named at all.

use indexmap::IndexMap;

use super::exact::Standing;
use super::{Facts, Lint, count};
use crate::assign::staffing::{self, idle_hours, why_member_never, why_sometimes_not};
use crate::diagnostic::{Code, Finding, Label};
use crate::ids::{RuleId, TeamId};
use crate::policy::{Action, Chain, Condition, Destination, DestinationKind, Origin, Project, TeamChoice};
use crate::roster::Member;
use crate::source::Span;

pub const LINT: Lint = Lint { code: Code::CanRunDry, find };

/// Labels at the people in question, beyond which a report is no longer read.
const LABELS_AT_MOST: usize = 3;

fn find(facts: &Facts) -> Vec<Finding> {
    // The rows of an `each row of` share the chain as it is written.
    let mut by_place: IndexMap<Span, Vec<RuleId>> = IndexMap::new();
    let is_reachable = |id: &RuleId| !matches!(facts.exact.standings()[*id], Standing::Impossible(_) | Standing::Over);
    for (id, rule) in facts.project.rules.iter_with_ids().filter(|(id, _)| is_reachable(id)) {
        if let Action::Assign(chain) = &rule.action
            && runs_dry(facts, rule.when.as_ref(), chain)
        {
            by_place.entry(chain.span).or_default().push(id);
        }
    }
    by_place.values().map(|rules| finding(facts, rules)).collect()
}

fn runs_dry(facts: &Facts, when: Option<&Condition>, chain: &Chain) -> bool {
    staffing::can_run_dry(facts.project, chain, facts.now)
        && !chain.links.iter().any(|link| owner_always_takes(facts, when, link))
}

/// Whether whoever a table names always can take the lead.
fn owner_always_takes(facts: &Facts, when: Option<&Condition>, link: &Destination) -> bool {
    let owners = facts.owners.of(when, &link.kind);
    owners.is_some_and(|owners| owners.iter().all(|owner| always_takes(facts, owner, link.span)))
}

fn always_takes(facts: &Facts, destination: &DestinationKind, span: Span) -> bool {
    let alone = Chain { links: vec![Destination { kind: destination.clone(), span }], span };
    !staffing::can_run_dry(facts.project, &alone, facts.now)
}

/// `rules` share a chain: one rule, or rows of one table.
fn finding(facts: &Facts, rules: &[RuleId]) -> Finding {
    let project = facts.project;
    let id = rules[0];
    let rule = &project.rules[id];
    let Action::Assign(chain) = &rule.action else { unreachable!("only chains run dry") };
    let policy = &project.policies[rule.policy].name;
    let mut finding = Finding::new(Code::CanRunDry, chain.span, message(project, rules))
        .at("no queue at the end")
        .in_policy(policy)
        .help(help(project))
        .with_current_tables();
    let labels = chain.links.iter().flat_map(|link| labels(facts, rule.when.as_ref(), link));
    finding.labels = labels.take(LABELS_AT_MOST).collect();
    match rule.origin {
        Origin::Rule | Origin::Otherwise => finding.in_rule(project.rule_name(id)),
        Origin::Row(table, row) => finding.also(project.tables[table].rows[row].span, "for leads of this row"),
    }
}

fn message(project: &Project, rules: &[RuleId]) -> String {
    let rule = &project.rules[rules[0]];
    let policy = &project.policies[rule.policy].name;
    match rule.origin {
        Origin::Rule => format!("rule `{}` can end with nobody to take the lead", rule.name),
        Origin::Otherwise => format!("the `otherwise` of `{policy}` can end with nobody to take the lead"),
        Origin::Row(table, _) => {
            let rows = count(rules.len(), "row");
            format!("{rows} of table `{}` can end with nobody to take the lead", project.tables[table].name)
        }
    }
}

fn help(project: &Project) -> String {
    match project.queues.iter().next() {
        Some(queue) => format!("a queue always takes a lead: end the chain with `or queue {}`", queue.name),
        None => "a queue always takes a lead: declare one, e.g. `queue unassigned`, and end the chain with `or queue \
                 unassigned`"
            .to_owned(),
    }
}

/// Why a link may take nobody, said where the reason stands.
fn labels(facts: &Facts, when: Option<&Condition>, link: &Destination) -> Vec<Label> {
    let Some(owners) = facts.owners.of(when, &link.kind) else {
        return vec![label(link.span, unnamed(facts.project, &link.kind))];
    };
    let roster = &facts.project.roster;
    let reasons = owners.iter().filter_map(|owner| match owner {
        DestinationKind::Rep(rep) => {
            let who = &roster.reps[*rep];
            why_sometimes_not(roster, *rep, facts.now).map(|why| label(who.span, format!("`{}`: {why}", who.name)))
        }
        DestinationKind::Team(choice) if !always_takes(facts, owner, link.span) => {
            Some(label(roster.teams[choice.team].span, team(facts, choice)))
        }
        _ => None,
    });
    reasons.collect()
}

/// Why a destination may name nobody.
fn unnamed(project: &Project, destination: &DestinationKind) -> String {
    match destination {
        DestinationKind::Value(choice) => format!("`{}` may be blank", project.values[choice.team].text),
        DestinationKind::ManagerOf(inner) => match &**inner {
            DestinationKind::Rep(rep) => format!("`{}` has no manager", project.roster.reps[*rep].name),
            DestinationKind::Value(choice) => format!("`{}` may have no manager", project.values[choice.team].text),
            _ => "there may be no manager".to_owned(),
        },
        DestinationKind::Nobody { written } if written.is_empty() => "the row names nobody".to_owned(),
        DestinationKind::Nobody { written } => format!("`{written}` does not exist"),
        DestinationKind::Rep(_) | DestinationKind::Team(_) | DestinationKind::Queue(_) => String::new(),
    }
}

/// When nobody of a team works, or else what may keep its members from a lead.
fn team(facts: &Facts, choice: &TeamChoice<TeamId>) -> String {
    let members = &facts.project.roster.teams[choice.team].members;
    let reasons: Vec<String> = members.iter().filter_map(|&member| reason(facts, member, choice)).collect();
    let somebody = members.iter().any(|&m| why_member_never(&facts.project.roster, m, choice, facts.now).is_none());
    match (&reasons[..], idle_hours(facts.project, choice, facts.now)) {
        ([], _) => "nobody is in this team".to_owned(),
        (_, Some(idle)) if somebody => format!("nobody works {idle}"),
        ([first, second, rest @ ..], _) if !rest.is_empty() => {
            format!("{first}, {second}, and there are limits to the {} others too", rest.len())
        }
        (reasons, _) => reasons.join(", "),
    }
}

fn reason(facts: &Facts, member: Member, choice: &TeamChoice<TeamId>) -> Option<String> {
    let roster = &facts.project.roster;
    let never = why_member_never(roster, member, choice, facts.now).map(|why| why.to_string());
    let sometimes = || why_sometimes_not(roster, member.rep, facts.now).map(|why| why.to_string());
    Some(format!("`{}`: {}", roster.reps[member.rep].name, never.or_else(sometimes)?))
}

fn label(span: Span, message: String) -> Label {
    Label { span, message, rule: None }
}
