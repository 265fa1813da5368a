//! `dead-list-member`: a member of a rule's list that brings the rule no lead, so that the list looks
//! longer than it is.
//!
//! The members told of a list can all be taken out of it at once, and the rule takes the same leads; of
//! two that make each other needless, the later is told. A list of which no member is needed is no
//! matter of members: that is `constant-condition`.
//!
//! Most members are needed, and a lead made from one that arrives shows it. The others are asked about:
//! the members of an `in` list of a field are atoms of the analysis; those of other lists are not told
//! apart by it, so it looks at a copy of the project in which the doubtful ones are comparisons of
//! their own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::conditions::{constant, with};
use super::exact::{Day, Mismatch, Proofs, Standing, Way, scope_with};
use super::lists::{List, lists_of, origin, uses_of};
use super::{ExactLint, Facts, listed};
use crate::analysis::atoms::{Derivation, Tables};
use crate::analysis::parallel;
use crate::analysis::parts::Because;
use crate::analysis::witness::Witness;
use crate::diagnostic::{self, Code, Finding, Label};
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::plan;
use crate::policy::{Condition, Origin, Predicate, Project};

pub const LINT: ExactLint = ExactLint { code: Code::DeadListMember, find };

/// Rules shown as the reason.
const RULES_SHOWN: usize = 3;
/// Members told of a list.
const MEMBERS_TOLD: usize = 6;

/// A list with members of which it is not known that the rule needs them.
struct Doubt<'f, 'a> {
    list: List<'f>,
    days: Vec<&'f Day<'a>>,
    /// By their number, in order.
    doubtful: Vec<usize>,
    /// Whether its members are atoms of the analysis.
    is_plain: bool,
}

/// A list with members that the rule does not need.
struct Dead<'d, 'f> {
    list: &'d List<'f>,
    members: Vec<Needless>,
    kept: Vec<usize>,
}

impl Dead<'_, '_> {
    /// Whether the list has the member once more, and that one is needed.
    fn keeps_twin(&self, needless: &Needless) -> bool {
        self.kept.iter().any(|kept| self.list.members[*kept] == self.list.members[needless.member])
    }
}

struct Needless {
    member: usize,
    because: Because,
    /// A lead that has the member, and that other rules take.
    lead: Option<diagnostic::Witness>,
}

fn find(facts: &Facts) -> Result<Vec<Finding>, Mismatch> {
    let project = facts.project;
    let is_reached = |rule: &RuleId| matches!(facts.exact.standings()[*rule], Standing::Reached(..));
    let rules: Vec<RuleId> = project.rules.ids().filter(is_reached).collect();
    let doubts: Vec<Vec<Doubt>> = parallel::map(&rules, |rule| doubts_of(facts, *rule));
    let copy = spelt_out(project, &doubts);
    let proofs = proofs(copy.as_ref(), &doubts);
    let in_doubt: Vec<usize> = (0..doubts.len()).filter(|rule| !doubts[*rule].is_empty()).collect();
    let settled = parallel::map(&in_doubt, |rule| {
        let of_rule = &doubts[*rule];
        let of_list = |number| settle(project, &proofs, of_rule, number);
        (0..of_rule.len()).map(of_list).collect::<Result<Vec<Dead>, Mismatch>>()
    });
    let mut dead: Vec<Dead> = settled.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    dead.retain(|dead| !dead.kept.is_empty());
    keep_whole_rows(project, &mut dead);
    // A row may be a rule of several policies.
    let mut seen = BTreeSet::new();
    let found = dead.iter().flat_map(|dead| findings(project, dead));
    Ok(found.filter(|finding| seen.insert((finding.span, finding.message.clone()))).collect())
}

/// The lists of a rule, with the members that no lead shows to be needed.
fn doubts_of<'f, 'a>(facts: &'f Facts<'a>, rule: RuleId) -> Vec<Doubt<'f, 'a>> {
    let lists = lists_of(facts.project, rule);
    if lists.is_empty() {
        return Vec::new();
    }
    let Some(days) = facts.exact.reached_days(rule) else { return Vec::new() };
    lists.into_iter().filter_map(|list| doubt(facts.project, list, &days)).collect()
}

fn doubt<'f, 'a>(project: &Project, list: List<'f>, days: &[(&'f Day<'a>, Witness)]) -> Option<Doubt<'f, 'a>> {
    let mut alive = vec![false; list.members.len()];
    for (day, arrives) in days {
        let shown = list.shown_alive(project, day, arriving(project, &list, day, arrives).as_slice());
        alive.iter_mut().zip(shown).for_each(|(alive, shown)| *alive |= shown);
    }
    let doubtful: Vec<usize> = (0..alive.len()).filter(|member| !alive[*member] && list.is_own[*member]).collect();
    let days: Vec<&Day> = days.iter().map(|(day, _)| *day).collect();
    let is_plain = matches!(list.comparison.predicate, Predicate::OneOf(_))
        && days.first().is_some_and(|day| day.proofs.engine.is_plain(0, list.comparison));
    (!doubtful.is_empty()).then_some(Doubt { list, days, doubtful, is_plain })
}

/// A lead that the rule takes for the list: the one that is known, or else another.
fn arriving(project: &Project, list: &List, day: &Day<'_>, known: &Witness) -> Option<Lead> {
    let engine = &day.proofs.engine;
    let of = |witness: &Witness| engine.model.lead(0, &witness.cells);
    let is_for_list = |lead: &Lead| plan::Facts::new(project, lead).holds(list.comparison);
    of(known).filter(is_for_list).or_else(|| of(&engine.lead_by(0, &day.proofs.ways, list.rule, list.part)?))
}

/// The project with doubtful members as comparisons of their own; `None` if there are no such.
fn spelt_out(project: &Project, doubts: &[Vec<Doubt>]) -> Option<Project> {
    let doubts: Vec<&Vec<Doubt>> =
        doubts.iter().filter(|of_rule| of_rule.iter().any(|doubt| !doubt.is_plain)).collect();
    let mut copy = (!doubts.is_empty()).then(|| project.clone())?;
    for of_rule in doubts {
        copy.rules[of_rule[0].list.rule].when = Some(asking(project, of_rule, &|doubt| doubt.with(&doubt.all())));
    }
    Some(copy)
}

/// What is proved of the copy, on each day that matters.
fn proofs<'c>(copy: Option<&'c Project>, doubts: &[Vec<Doubt>]) -> BTreeMap<Date, Proofs<'c>> {
    let Some(copy) = copy else { return BTreeMap::new() };
    let doubts = doubts.iter().flatten().filter(|doubt| !doubt.is_plain);
    let dates: BTreeSet<Date> = doubts.flat_map(|doubt| doubt.days.iter().map(|day| day.date)).collect();
    dates.into_iter().map(|date| (date, Proofs::new(copy, Tables::Today, date))).collect()
}

/// The condition of a rule with its doubtful lists replaced, as the copy asks for them.
fn asking(project: &Project, of_rule: &[Doubt], replacement: &dyn Fn(&Doubt) -> Condition) -> Condition {
    let whole = project.rules[of_rule[0].list.rule].when.as_ref().expect("a list stands in a condition");
    with(whole, &|part| {
        let doubt = of_rule.iter().find(|doubt| std::ptr::eq(part, doubt.list.part) && !doubt.is_plain)?;
        Some(replacement(doubt))
    })
}

impl Doubt<'_, '_> {
    fn all(&self) -> Vec<usize> {
        (0..self.list.members.len()).collect()
    }

    /// The list's comparison with some of its members, the doubtful ones each for itself.
    fn with(&self, members: &[usize]) -> Condition {
        let (doubtful, sure): (Vec<usize>, Vec<usize>) =
            members.iter().partition(|member| self.doubtful.contains(member));
        let sure = self.list.as_one(&sure).map(|predicate| self.list.asking(predicate));
        let doubtful = doubtful.into_iter().map(|member| self.list.asking(self.list.members[member].clone()));
        let mut parts: Vec<Condition> = sure.into_iter().chain(doubtful).collect();
        match parts.len() {
            0 => constant(false),
            1 => parts.remove(0),
            _ => Condition::Or(parts),
        }
    }
}

/// Takes the doubtful members out of a list, from the last to the first, as long as nothing changes.
fn settle<'d, 'f>(
    project: &Project,
    proofs: &BTreeMap<Date, Proofs<'_>>,
    of_rule: &'d [Doubt<'f, '_>],
    number: usize,
) -> Result<Dead<'d, 'f>, Mismatch> {
    let doubt = &of_rule[number];
    let mut dead = Dead { list: &doubt.list, members: Vec::new(), kept: doubt.all() };
    for &member in doubt.doubtful.iter().rev() {
        let others: Vec<usize> = dead.kept.iter().copied().filter(|other| *other != member).collect();
        let found = if doubt.is_plain {
            settle_plain(project, doubt, member)?
        } else {
            settle_spelt_out(project, proofs, of_rule, doubt, member, &others)?
        };
        if let Some(needless) = found {
            dead.members.push(needless);
            dead.kept = others;
        }
    }
    dead.members.reverse();
    Ok(dead)
}

/// Members of an `in` list exclude each other, so each is a question of its own.
fn settle_plain(project: &Project, doubt: &Doubt, member: usize) -> Result<Option<Needless>, Mismatch> {
    let (list, first) = (&doubt.list, doubt.days[0]);
    if list.first_like(member).is_some() {
        return Ok(Some(Needless { member, because: Because::Itself, lead: None }));
    }
    let Predicate::OneOf(cells) = &list.members[member] else { return Ok(None) };
    let because = on_all_days(&doubt.days, &|day| {
        day.proofs.engine.dead_member(0, &day.proofs.ways, list.rule, list.part, &cells[0])
    });
    let Some(because) = because else { return Ok(None) };
    let Proofs { engine, ways } = &first.proofs;
    // Members that no rule tells apart are one atom; the lead shall have this one.
    let lead = || {
        let mut lead = engine.lead_of_member(0, ways, list.rule, list.part, &cells[0])?;
        if let Some((field, Derivation::Itself)) = origin(project, list.comparison.value) {
            lead.cells[engine.model.field(0, field)] = cells[0].clone();
        }
        Some(lead)
    };
    Ok(Some(Needless { member, lead: kept_away(project, first, list, member, &because, &lead)?, because }))
}

fn settle_spelt_out(
    project: &Project,
    proofs: &BTreeMap<Date, Proofs<'_>>,
    of_rule: &[Doubt],
    doubt: &Doubt,
    member: usize,
    others: &[usize],
) -> Result<Option<Needless>, Mismatch> {
    let (list, first) = (&doubt.list, doubt.days[0]);
    let part = list.part;
    let with = |members: &[usize]| {
        asking(project, of_rule, &|other| {
            if std::ptr::eq(other.list.part, part) { other.with(members) } else { other.with(&other.all()) }
        })
    };
    let (one, other) = (with(&[member]), with(others));
    let because = on_all_days(&doubt.days, &|day| {
        let Proofs { engine, ways } = &proofs[&day.date];
        engine.nobody_between(0, ways, list.rule, &one, &other)
    });
    let Some(because) = because else { return Ok(None) };
    let Proofs { engine, ways } = &proofs[&first.date];
    let lead = || engine.lead_between(0, ways, list.rule, &one, &other);
    Ok(Some(Needless { member, lead: kept_away(project, first, list, member, &because, &lead)?, because }))
}

/// The reason of the first day, if there is one on each.
fn on_all_days<'a>(days: &[&Day<'a>], because: &dyn Fn(&Day<'a>) -> Option<Because>) -> Option<Because> {
    let reasons: Option<Vec<Because>> = days.iter().map(|day| because(day)).collect();
    reasons?.into_iter().next()
}

/// A lead with the member that earlier rules take, replayed.
fn kept_away(
    project: &Project,
    day: &Day<'_>,
    list: &List,
    member: usize,
    because: &Because,
    lead: &dyn Fn() -> Option<Witness>,
) -> Result<Option<diagnostic::Witness>, Mismatch> {
    if *because == Because::Itself {
        return Ok(None);
    }
    let Some(witness) = lead() else { return Ok(None) };
    let only = list.condition_with(project, &list.asking(list.members[member].clone()));
    let whole = project.rules[list.rule].when.as_ref().unwrap_or(&only);
    let is_exact = !matches!(list.comparison.predicate, Predicate::OneOf(_))
        || matches!(origin(project, list.comparison.value), Some((_, Derivation::Itself)));
    let policy = project.rules[list.rule].policy;
    let shows = |lead: &Lead, way: &Way| {
        let asked = if is_exact { &only } else { whole };
        let is_for_member = plan::holds(asked, &plan::Facts::new(project, lead), &mut ());
        is_for_member && way.entered.contains(&policy) && !way.taken.contains(&list.rule)
    };
    let claim = format!("other rules keep it from `{}`", project.rule_name(list.rule));
    let lead = day.replay(LINT.code, &claim, &witness, &shows)?;
    Ok(lead.map(|lead| day.show(&lead)))
}

/// A cell of a table may serve several rules: its members are told only if none of them needs them.
fn keep_whole_rows(project: &Project, dead: &mut Vec<Dead>) {
    let mut told: BTreeMap<(Origin, String), usize> = BTreeMap::new();
    let key = |rule: RuleId, member: &Predicate| (project.rules[rule].origin, format!("{member:?}"));
    let is_row = |rule: RuleId| matches!(project.rules[rule].origin, Origin::Row(..));
    for list in dead.iter().filter(|dead| is_row(dead.list.rule)) {
        let gone = list.members.iter().filter(|needless| !list.keeps_twin(needless));
        let keys: BTreeSet<(Origin, String)> =
            gone.map(|needless| key(list.list.rule, &list.list.members[needless.member])).collect();
        keys.into_iter().for_each(|key| *told.entry(key).or_default() += 1);
    }
    let mut rules: BTreeMap<Origin, Vec<RuleId>> = BTreeMap::new();
    for (id, rule) in project.rules.iter_with_ids().filter(|(id, _)| is_row(*id)) {
        rules.entry(rule.origin).or_default().push(id);
    }
    let uses = |origin: &Origin, member: &Predicate| -> usize {
        rules[origin].iter().map(|rule| uses_of(project, *rule, member)).sum()
    };
    for list in dead.iter_mut().filter(|dead| is_row(dead.list.rule)) {
        let (rule, members) = (list.list.rule, &list.list.members);
        let is_gone = |needless: &Needless| {
            let member = &members[needless.member];
            let is_twin = list.kept.iter().any(|kept| members[*kept] == *member);
            is_twin || told[&key(rule, member)] == uses(&project.rules[rule].origin, member)
        };
        list.members.retain(is_gone);
    }
    dead.retain(|dead| !dead.members.is_empty());
}

/// Why members are not needed, as far as people want to know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// The list has it once more.
    Twice,
    /// A shorter member of the list takes whatever it takes.
    Shorter,
    Earlier,
    /// The rest of the condition, or what is assumed.
    Rest,
}

/// A finding for each reason.
fn findings(project: &Project, dead: &Dead) -> Vec<Finding> {
    let mut by_reason: BTreeMap<Reason, Vec<&Needless>> = BTreeMap::new();
    for needless in &dead.members {
        by_reason.entry(reason(dead, needless)).or_default().push(needless);
    }
    by_reason.into_iter().map(|(reason, members)| finding(project, dead, &reason, &members)).collect()
}

fn reason(dead: &Dead, needless: &Needless) -> Reason {
    match &needless.because {
        _ if dead.keeps_twin(needless) => Reason::Twice,
        _ if dead.list.including(&dead.kept, needless.member).is_some() => Reason::Shorter,
        Because::Earlier(rules) if !rules.is_empty() => Reason::Earlier,
        Because::Earlier(_) | Because::Itself => Reason::Rest,
    }
}

fn finding(project: &Project, dead: &Dead, reason: &Reason, members: &[&Needless]) -> Finding {
    let list = dead.list;
    let rule = &project.rules[list.rule];
    let (which, it) = (in_words(project, list, members), if members.len() == 1 { "it" } else { "them" });
    let is_row = matches!(rule.origin, Origin::Row(..));
    let out = if is_row { format!("take {it} out of the cell") } else { format!("take {it} out of the list") };
    let (message, help) = match reason {
        Reason::Twice => {
            let names = names(project, list, members);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let stand = if names.len() == 1 { "stands" } else { "stand" };
            (format!("{} {stand} in the list of rule `{}` more than once", listed(&names), rule.name), out)
        }
        Reason::Shorter => {
            let shorter: BTreeSet<usize> =
                members.iter().filter_map(|needless| list.including(&dead.kept, needless.member)).collect();
            let shorter: Vec<String> = shorter.iter().map(|member| list.written(project, *member)).collect();
            let shorter: Vec<&str> = shorter.iter().map(String::as_str).collect();
            let adds = format!("`{which}` adds nothing to {} in the list of rule `{}`", listed(&shorter), rule.name);
            (adds, format!("{out}: the rule takes the same leads"))
        }
        Reason::Earlier => {
            let left = format!("no lead with `{which}` is left for rule `{}`", rule.name);
            (left, format!("{out}: the rule takes the same leads; or move the rule up"))
        }
        Reason::Rest => {
            let none = format!("no lead with `{which}` comes to rule `{}`", rule.name);
            (none, format!("the rest of the condition rules {it} out: {out}"))
        }
    };
    let place = if is_row { super::hidden::place(project, list.rule) } else { list.comparison.span };
    let mut finding = Finding::new(LINT.code, place, message)
        .at("the list looks longer than it is")
        .in_rule(project.rule_name(list.rule))
        .in_policy(&project.policies[rule.policy].name)
        .help(help);
    let earlier: BTreeSet<RuleId> = members.iter().flat_map(|dead| earlier(&dead.because)).copied().collect();
    finding.scope = scope_with(project, earlier.iter().copied().chain([list.rule]));
    finding.labels = earlier.iter().take(RULES_SHOWN).map(|rule| taken_by(project, *rule)).collect();
    finding.witness = members.iter().find_map(|dead| dead.lead.clone());
    finding
}

/// `country in [DE, AT]`, as a policy would write the comparison with these members.
fn in_words(project: &Project, list: &List, members: &[&Needless]) -> String {
    let value = &project.values[list.comparison.value].text;
    let mut names = names(project, list, members);
    let (one, several) = match &list.comparison.predicate {
        Predicate::Text { part, .. } => (part.words(), part.words()),
        Predicate::HasAny(_) => ("has", "has any of"),
        _ => ("is", "in"),
    };
    if let [only] = &names[..] {
        return format!("{value} {one} {only}");
    }
    let more = names.len().saturating_sub(MEMBERS_TOLD);
    names.truncate(MEMBERS_TOLD);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{value} {several} [{}]{more}", names.join(", "))
}

/// The members as the policy writes them, each once.
fn names(project: &Project, list: &List, members: &[&Needless]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in members.iter().map(|needless| list.written(project, needless.member)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn earlier(because: &Because) -> impl Iterator<Item = &RuleId> {
    match because {
        Because::Itself => None,
        Because::Earlier(rules) => Some(rules),
    }
    .into_iter()
    .flatten()
}

fn taken_by(project: &Project, rule: RuleId) -> Label {
    let message = "takes such leads".to_owned();
    Label { span: super::hidden::place(project, rule), message, rule: Some(project.rule_name(rule)) }
}
