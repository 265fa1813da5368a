//! `can-run-dry`: a chain that can end with nobody: no queue, and a moment at which whoever it names may be
//! away or full, or is not named at all.
//!
//! Two questions meet here. When is nobody of some people there? [`Staffing`](crate::assign::staffing) goes
//! through the roster for it. Can a lead come to the rule for which the chain stands for just these people?
//! That is a question to the engine: a copy of the rule that asks for them besides ([`casts`](super::casts)) is
//! put before it, in a copy of the project. Both are asked for each stretch of time in which the same rules
//! are in force, and only a lead that the router has taken to the rule is shown.

use indexmap::IndexMap;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::casts::{Cast, Casts, links_for, lookups};
use super::exact::{Day, Mismatch, Proofs, Standing};
use super::{ExactLint, Facts, count, left_open};
use crate::analysis::atoms::Tables;
use crate::analysis::reach::Reach;
use crate::analysis::witness::Witness;
use crate::assign::idle::idle_hours;
use crate::assign::staffing::{Dry, named, why_member_never};
use crate::assign::why::{WhyDry, WhyNot};
use crate::calendar::Stretch;
use crate::cell::Cell;
use crate::diagnostic::{Code, Finding, Label};
use crate::ids::{RowId, RuleId, TableId, TeamId};
use crate::lead::Lead;
use crate::plan::{self, Outcome};
use crate::policy::{Action, Chain, Condition, DestinationKind, Origin, Project, TeamChoice};
use crate::source::Span;

pub const LINT: ExactLint = ExactLint { code: Code::CanRunDry, find };

/// Labels at the people in question, beyond which a report is no longer read.
const LABELS_AT_MOST: usize = 3;

/// What is known of a chain that nobody may take a lead from.
enum Situation {
    /// A lead comes to it, and nobody takes it.
    Found {
        /// Whom the links of the chain stand for.
        links: Vec<DestinationKind>,
        /// The rows that name them.
        rows: Vec<(TableId, RowId)>,
        dry: Dry,
    },
    /// Not decided within the budget.
    Open,
}

/// A rule whose chain is dry for some casts in a stretch of time.
struct Suspect<'p> {
    rule: RuleId,
    chain: &'p Chain,
    casts: Casts,
    dry: Vec<Cast>,
    within: Stretch,
}

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let mut found: IndexMap<RuleId, Situation> = IndexMap::new();
    let stretches = stretches(facts);
    for (place, (date, span)) in stretches.iter().enumerate() {
        // After the last day that is looked at, rules may begin or end that are not.
        let is_beyond = facts.exact.has_more_days() && place + 1 == stretches.len();
        let mut suspects = Vec::new();
        for (id, rule) in facts.project.rules.iter_with_ids() {
            let Action::Assign(chain) = &rule.action else { continue };
            if matches!(found.get(&id), Some(Situation::Found { .. })) {
                continue;
            }
            match suspect(facts, id, chain, *span) {
                Ok(Some(suspect)) => suspects.push(suspect),
                Ok(None) => {}
                Err(TooMany) => _ = found.insert(id, Situation::Open),
            }
        }
        if suspects.is_empty() {
            continue;
        }
        let Some(day) = facts.exact.on(*date) else { continue };
        let derived = derived(facts.project, &suspects);
        // Without tables in its chain the rule is asked about as it stands.
        let proofs = (!derived.rules.is_empty()).then(|| Proofs::new(&derived.project, Tables::Today, day.date));
        let mut asked = derived.rules.iter();
        for suspect in &suspects {
            let reach = match (&proofs, suspect.casts.is_fixed()) {
                (Some(proofs), false) => {
                    let rule = asked.next().expect("each rule with tables in its chain is asked about");
                    proofs.engine.reach(0, &proofs.ways, *rule)
                }
                _ => reach(facts, day, suspect.rule),
            };
            match situation(facts, day, suspect, reach, proofs.as_ref())? {
                Some(situation) => _ = found.insert(suspect.rule, situation),
                None if is_beyond => _ = found.insert(suspect.rule, Situation::Open),
                None => {}
            }
        }
    }
    // The rows of an `each row of` share the chain as it is written.
    let mut by_place: IndexMap<Span, (Situation, Vec<RuleId>)> = IndexMap::new();
    for (id, situation) in found {
        let Action::Assign(chain) = &facts.project.rules[id].action else { unreachable!("only chains run dry") };
        match by_place.get_mut(&chain.span) {
            None => _ = by_place.insert(chain.span, (situation, vec![id])),
            Some((known, rules)) => match (&known, &situation) {
                (Situation::Open, Situation::Found { .. }) => (*known, *rules) = (situation, vec![id]),
                (Situation::Found { .. }, Situation::Open) => {}
                _ => rules.push(id),
            },
        }
    }
    Ok(by_place
        .values_mut()
        .map(|(situation, rules)| {
            rules.sort_unstable();
            match situation {
                Situation::Found { links, rows, dry } => finding(facts, links, rows, *dry, rules),
                Situation::Open => open(facts, rules),
            }
        })
        .collect())
}

/// Stretches of the time to come in which the same rules are in force, each with its first day.
fn stretches(facts: &Facts) -> Vec<(Date, Stretch)> {
    let begin = |day: Date| day.to_zoned(facts.project.timezone.clone()).map_or(Timestamp::MAX, |day| day.timestamp());
    let dates = facts.exact.dates();
    let ends = dates.iter().skip(1).map(|date| begin(*date)).chain([Timestamp::MAX]);
    let stretch = |(place, to): (usize, Timestamp)| {
        let from = if place == 0 { facts.now } else { begin(dates[place]) };
        (dates[place], Stretch { from, to })
    };
    ends.enumerate().map(stretch).collect()
}

/// Too many casts to look at each.
struct TooMany;

fn suspect<'p>(
    facts: &Facts<'p>,
    rule: RuleId,
    chain: &'p Chain,
    span: Stretch,
) -> Result<Option<Suspect<'p>>, TooMany> {
    if chain.links.iter().any(|link| matches!(link.kind, DestinationKind::Queue(_))) || !may_be_reached(facts, rule) {
        return Ok(None);
    }
    let dates = days_of(facts.project, rule);
    let within = Stretch { from: dates.from.max(span.from), to: dates.to.min(span.to) };
    if within.from >= within.to {
        return Ok(None);
    }
    let casts = Casts::of(facts.project, chain);
    let mut dry = casts.all().ok_or(TooMany)?;
    dry.retain(|cast| facts.staffing.dry(&casts.links(chain, cast), within).is_some());
    Ok((!dry.is_empty()).then_some(Suspect { rule, chain, casts, dry, within }))
}

fn may_be_reached(facts: &Facts, rule: RuleId) -> bool {
    match facts.exact.standings()[rule] {
        Standing::Reached(..) | Standing::Open => true,
        Standing::Impossible(_) | Standing::NotEntered | Standing::Unreachable(..) | Standing::Over => false,
    }
}

fn reach(facts: &Facts, day: &Day<'_>, rule: RuleId) -> Reach {
    match &facts.exact.standings()[rule] {
        Standing::Reached(date, witness) if *date == day.date => Reach::Reached(witness.clone()),
        _ => day.proofs.engine.reach(0, &day.proofs.ways, rule),
    }
}

/// The project with copies of rules that ask for the suspicious casts besides, each right before its rule.
struct Derived {
    project: Project,
    rules: Vec<RuleId>,
}

fn derived(project: &Project, suspects: &[Suspect<'_>]) -> Derived {
    let mut derived = Derived { project: project.clone(), rules: Vec::new() };
    for suspect in suspects.iter().filter(|suspect| !suspect.casts.is_fixed()) {
        let mut copy = project.rules[suspect.rule].clone();
        let cast = suspect.casts.asked(&suspect.dry);
        copy.when = Some(match copy.when.take() {
            Some(when) => Condition::And(vec![when, cast]),
            None => cast,
        });
        let policy = copy.policy;
        let id = derived.project.rules.push(copy);
        let rules = &mut derived.project.policies[policy].rules;
        let place = rules.iter().position(|rule| *rule == suspect.rule).expect("a rule is one of its policy");
        rules.insert(place, id);
        derived.rules.push(id);
    }
    derived
}

fn situation(
    facts: &Facts,
    day: &Day<'_>,
    suspect: &Suspect<'_>,
    reach: Reach,
    proofs: Option<&Proofs<'_>>,
) -> Result<Option<Situation>, Mismatch> {
    match reach {
        Reach::Reached(witness) => shown(facts, day, suspect, &witness, proofs).map(Some),
        Reach::Open => Ok(Some(Situation::Open)),
        Reach::Impossible | Reach::NotEntered | Reach::Unreachable(_) | Reach::OutOfForce => Ok(None),
    }
}

/// The situation of a lead that the router has taken to the rule.
fn shown(
    facts: &Facts,
    day: &Day<'_>,
    suspect: &Suspect<'_>,
    witness: &Witness,
    proofs: Option<&Proofs<'_>>,
) -> Result<Situation, Mismatch> {
    let project = facts.project;
    let dry_for = |lead: &Lead| {
        let links = links_for(suspect.chain, &plan::Facts::new(project, lead));
        facts.staffing.dry(&links, suspect.within).map(|dry| (links, dry))
    };
    let claim = format!("`{}` decides and nobody takes it", project.rule_name(suspect.rule));
    let replayed = day.replay(Code::CanRunDry, &claim, witness, &|lead, way| {
        way.outcome == Outcome::Decided(suspect.rule) && dry_for(lead).is_some()
    });
    let lead = match replayed {
        Ok(lead) => lead,
        Err(_) if proofs.is_some_and(|proofs| proofs.engine.is_partly_opaque) => None,
        Err(mismatch) => return Err(mismatch),
    };
    let Some((lead, (links, dry))) = lead.and_then(|lead| dry_for(&lead).map(|dry| (lead, dry))) else {
        return Ok(Situation::Open);
    };
    let known = plan::Facts::new(project, &lead);
    let row = |lookup| match known.value(lookup) {
        Cell::Row(table, row) => Some((*table, *row)),
        _ => None,
    };
    let rows = lookups(project, suspect.chain).into_iter().filter_map(row).collect();
    Ok(Situation::Found { links, rows, dry })
}

/// The days on which a rule is in force.
fn days_of(project: &Project, rule: RuleId) -> Stretch {
    let dates = &project.rules[rule].dates;
    let begin = |day: Date| day.to_zoned(project.timezone.clone()).ok().map(|begin| begin.timestamp());
    let from = dates.from.as_ref().and_then(|from| begin(from.node));
    let to = dates.until.as_ref().and_then(|until| begin(until.node.checked_add(1.day()).ok()?));
    Stretch { from: from.unwrap_or(Timestamp::MIN), to: to.unwrap_or(Timestamp::MAX) }
}

/// A chain about which nothing could be decided.
fn open(facts: &Facts, rules: &[RuleId]) -> Finding {
    let project = facts.project;
    let rule = &project.rules[rules[0]];
    let Action::Assign(chain) = &rule.action else { unreachable!("only chains run dry") };
    let finding = Finding::new(Code::CanRunDry, chain.span, message(project, rules))
        .at("left open: whether a lead comes here for which nobody is left could not be decided")
        .in_policy(&project.policies[rule.policy].name)
        .help(help(project))
        .with_current_tables();
    left_open(finding.in_rule(project.rule_name(rules[0])))
}

/// `rules` share a chain: one rule, or rows of one table.
fn finding(facts: &Facts, meant: &[DestinationKind], rows: &[(TableId, RowId)], dry: Dry, rules: &[RuleId]) -> Finding {
    let project = facts.project;
    let id = rules[0];
    let rule = &project.rules[id];
    let Action::Assign(chain) = &rule.action else { unreachable!("only chains run dry") };
    let policy = &project.policies[rule.policy].name;
    let mut finding = Finding::new(Code::CanRunDry, chain.span, message(project, rules))
        .at(when(facts, dry))
        .in_policy(policy)
        .help(help(project))
        .with_current_tables();
    let links = chain.links.iter().zip(meant);
    let labels = links.flat_map(|(written, meant)| labels(facts, &written.kind, meant, written.span, dry));
    finding.labels = labels.take(LABELS_AT_MOST).collect();
    for (table, row) in rows {
        finding = finding.also(project.tables[*table].rows[*row].span, "for leads of this row, among others");
    }
    match rule.origin {
        Origin::Rule | Origin::Otherwise => finding.in_rule(project.rule_name(id)),
        Origin::Row(table, row) => finding.also(project.tables[table].rows[row].span, "for leads of this row"),
    }
}

/// When the chain is dry, in words.
fn when(facts: &Facts, dry: Dry) -> String {
    match dry {
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
