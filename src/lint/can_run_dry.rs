//! `can-run-dry`: a chain that can end with nobody: no queue, and a moment at which whoever it names may be
//! away or full, or is not named at all.

use indexmap::IndexMap;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::exact::Standing;
use super::{Facts, Lint, count};
use crate::assign::staffing::{Dry, idle_hours, named, why_member_never};
use crate::assign::why::{WhyDry, WhyNot};
use crate::calendar::Stretch;
use crate::diagnostic::{Code, Finding, Label};
use crate::ids::{RuleId, TeamId};
use crate::policy::{Action, Chain, DestinationKind, Origin, Project, TeamChoice};
use crate::source::Span;

use super::casts::Rows;

pub const LINT: Lint = Lint { code: Code::CanRunDry, find };

/// Labels at the people in question, beyond which a report is no longer read.
const LABELS_AT_MOST: usize = 3;

/// A situation in which nobody takes the lead.
struct Situation {
    /// Whom the links of the chain stand for.
    links: Vec<DestinationKind>,
    rows: Rows,
    dry: Dry,
}

fn find(facts: &Facts) -> Vec<Finding> {
    // The rows of an `each row of` share the chain as it is written.
    let mut by_place: IndexMap<Span, (Situation, Vec<RuleId>)> = IndexMap::new();
    for (id, rule) in facts.project.rules.iter_with_ids() {
        if let Action::Assign(chain) = &rule.action
            && let Some(situation) = situation(facts, id, chain)
        {
            by_place.entry(chain.span).or_insert_with(|| (situation, Vec::new())).1.push(id);
        }
    }
    by_place.values().map(|(situation, rules)| finding(facts, situation, rules)).collect()
}

fn situation(facts: &Facts, rule: RuleId, chain: &Chain) -> Option<Situation> {
    if chain.links.iter().any(|link| matches!(link.kind, DestinationKind::Queue(_))) || !is_reached(facts, rule) {
        return None;
    }
    let within = days_of(facts.project, rule);
    facts.casts.of(chain).iter().find_map(|cast| {
        let links = cast.links(chain);
        let dry = facts.staffing.dry(&links, within)?;
        let rows = facts.casts.arrives(cast, rule)?.clone();
        Some(Situation { links, rows, dry })
    })
}

fn is_reached(facts: &Facts, rule: RuleId) -> bool {
    match facts.exact.standings()[rule] {
        Standing::Reached(..) | Standing::Open => true,
        Standing::Impossible(_) | Standing::NotEntered | Standing::Unreachable(..) | Standing::Over => false,
    }
}

/// The days on which a rule is in force.
fn days_of(project: &Project, rule: RuleId) -> Stretch {
    let dates = &project.rules[rule].dates;
    let begin = |day: Date| day.to_zoned(project.timezone.clone()).ok().map(|begin| begin.timestamp());
    let from = dates.from.as_ref().and_then(|from| begin(from.node));
    let to = dates.until.as_ref().and_then(|until| begin(until.node.checked_add(1.day()).ok()?));
    Stretch { from: from.unwrap_or(Timestamp::MIN), to: to.unwrap_or(Timestamp::MAX) }
}

/// `rules` share a chain: one rule, or rows of one table.
fn finding(facts: &Facts, situation: &Situation, rules: &[RuleId]) -> Finding {
    let project = facts.project;
    let id = rules[0];
    let rule = &project.rules[id];
    let Action::Assign(chain) = &rule.action else { unreachable!("only chains run dry") };
    let policy = &project.policies[rule.policy].name;
    let mut finding = Finding::new(Code::CanRunDry, chain.span, message(project, rules))
        .at(when(facts, situation))
        .in_policy(policy)
        .help(help(project))
        .with_current_tables();
    let links = chain.links.iter().zip(&situation.links);
    let labels = links.flat_map(|(written, meant)| labels(facts, &written.kind, meant, written.span, situation.dry));
    finding.labels = labels.take(LABELS_AT_MOST).collect();
    let rows = situation.rows.looked_up.iter().filter_map(|(_, table, row)| Some((*table, (*row)?)));
    for (table, row) in rows {
        finding = finding.also(project.tables[table].rows[row].span, "for leads of this row, among others");
    }
    match rule.origin {
        Origin::Rule | Origin::Otherwise => finding.in_rule(project.rule_name(id)),
        Origin::Row(table, row) => finding.also(project.tables[table].rows[row].span, "for leads of this row"),
    }
}

/// When the chain is dry, in words.
fn when(facts: &Facts, situation: &Situation) -> String {
    match situation.dry {
        Dry::From(at) if at <= facts.now => "now, for one, nobody is there, and no queue follows".to_owned(),
        Dry::From(at) => format!("nobody is there {}, and no queue follows", moment(facts.project, at)),
        Dry::Whenever => "no queue at the end".to_owned(),
    }
}

/// `on Fri 2026-12-25 at 18:00 (Europe/Berlin)`
fn moment(project: &Project, at: Timestamp) -> String {
    let shown = at.to_zoned(project.timezone.clone());
    let zone = project.timezone.iana_name().unwrap_or("UTC");
    format!("on {} ({zone})", shown.strftime("%a %Y-%m-%d at %H:%M"))
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

/// Why a link takes nobody, said where the reason stands.
fn labels(facts: &Facts, written: &DestinationKind, meant: &DestinationKind, span: Span, dry: Dry) -> Option<Label> {
    let roster = &facts.project.roster;
    match meant {
        DestinationKind::Nobody { written: name } => Some(label(span, unnamed(facts.project, written, name))),
        DestinationKind::Rep(rep) => {
            let who = &roster.reps[*rep];
            facts.staffing.why_dry(*rep, dry).map(|why| label(who.span, format!("`{}`: {why}", who.name)))
        }
        DestinationKind::ManagerOf(_) => manager(facts, meant, span, dry),
        DestinationKind::Team(choice) => Some(label(roster.teams[choice.team].span, team(facts, choice, dry))),
        DestinationKind::Queue(_) | DestinationKind::Value(_) | DestinationKind::Holder => None,
    }
}

/// Why a destination names nobody.
fn unnamed(project: &Project, destination: &DestinationKind, name: &str) -> String {
    match destination {
        _ if !name.is_empty() => format!("`{name}` does not exist"),
        DestinationKind::Value(choice) => format!("`{}` may be blank", project.values[choice.team].text),
        DestinationKind::ManagerOf(inner) => match &**inner {
            DestinationKind::Value(choice) => format!("`{}` may have no manager", project.values[choice.team].text),
            _ => "there may be no manager".to_owned(),
        },
        _ => "the row names nobody".to_owned(),
    }
}

/// When nobody of a team works, or else what keeps its members from a lead.
fn team(facts: &Facts, choice: &TeamChoice<TeamId>, dry: Dry) -> String {
    let roster = &facts.project.roster;
    let members = &roster.teams[choice.team].members;
    let reason = |member: &crate::roster::Member| {
        let never = why_member_never(roster, *member, choice, facts.now).map(WhyDry::Never);
        Some((member.rep, never.or_else(|| facts.staffing.why_dry(member.rep, dry))?))
    };
    let reasons: Vec<_> = members.iter().filter_map(reason).collect();
    let asleep = |why: &WhyDry| matches!(why, WhyDry::Missing(WhyNot::OutsideHours { .. }) | WhyDry::Never(_));
    let some_work = reasons.iter().any(|(_, why)| matches!(why, WhyDry::Missing(_)));
    if let (Dry::From(at), true) = (dry, some_work && reasons.iter().all(|(_, why)| asleep(why)))
        && let Some(idle) = idle_hours(facts.project, choice, at)
    {
        return format!("nobody works {idle} ({})", facts.project.timezone.iana_name().unwrap_or("UTC"));
    }
    let said: Vec<String> = reasons.iter().map(|(rep, why)| format!("`{}`: {why}", roster.reps[*rep].name)).collect();
    match &said[..] {
        [] => "nobody is in this team".to_owned(),
        [first, second, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, and {} more", rest.len())
        }
        said => said.join(", "),
    }
}

fn manager(facts: &Facts, destination: &DestinationKind, span: Span, dry: Dry) -> Option<Label> {
    let DestinationKind::ManagerOf(inner) = destination else { unreachable!("only managers are looked for") };
    let roster = &facts.project.roster;
    let Some(rep) = named(roster, inner) else { return Some(label(span, "there is no such manager".to_owned())) };
    let Some(manager) = roster.reps[rep].manager else {
        return Some(label(span, format!("`{}` has no manager", roster.reps[rep].name)));
    };
    let who = &roster.reps[manager];
    facts.staffing.why_dry(manager, dry).map(|why| label(who.span, format!("`{}`: {why}", who.name)))
}

fn label(span: Span, message: String) -> Label {
    Label { span, message, rule: None }
}
