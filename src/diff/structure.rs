//! Which rules and people two versions of a project share, and which they do not.
//!
//! A rule is the same rule if it has the same name in a policy of the same name; a table's row if it
//! has the same condition, for its number says nothing once a row is inserted above it. A rule that
//! only changed its name is found by its meaning. Rules whose order among the others changed are
//! those outside a longest common subsequence (Hunt & Szymanski 1977).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::canonical;
use crate::diff::declarations;
use crate::ids::{Id, PolicyId, RuleId};
use crate::policy::{Origin, Project};
use crate::roster::{Rep, Roster, Team};

/// What is different, in the new version's reading order; removed rules in the old one's.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Structure {
    pub added: Vec<RuleId>,
    pub removed: Vec<RuleId>,
    pub changed: Vec<(RuleId, RuleId)>,
    /// Same meaning, same policy, other place among its neighbours.
    pub moved: Vec<(RuleId, RuleId)>,
    /// Same meaning, other name.
    pub renamed: Vec<(RuleId, RuleId)>,
    pub people: Vec<PeopleChange>,
    /// Whatever else is different, a line each.
    pub declarations: Vec<String>,
}

/// A difference of the rosters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeopleChange {
    pub kind: PeopleKind,
    pub name: String,
    /// E.g. `added`, `removed`, `weight 1 → 2`.
    pub what: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeopleKind {
    Rep,
    Team,
    Roster,
}

impl Structure {
    /// Whether nothing at all is different.
    pub fn is_empty(&self) -> bool {
        *self == Structure::default()
    }
}

/// Compares two versions of a project.
pub fn compare(old: &Project, new: &Project) -> Structure {
    let mut structure = Structure {
        people: compare_people(&old.roster, &new.roster),
        declarations: declarations::compare(old, new),
        ..Structure::default()
    };
    let mut old_policies: BTreeMap<&str, PolicyId> =
        old.policies.iter_with_ids().map(|(id, policy)| (policy.name.as_str(), id)).collect();
    for policy in &new.policies {
        match old_policies.remove(policy.name.as_str()) {
            Some(before) => compare_policy(old, &old.policies[before].rules, new, &policy.rules, &mut structure),
            None => structure.added.extend(&policy.rules),
        }
    }
    for gone in old_policies.into_values() {
        structure.removed.extend(&old.policies[gone].rules);
    }
    structure.removed.sort_unstable();
    structure
}

fn compare_policy(old: &Project, before: &[RuleId], new: &Project, after: &[RuleId], structure: &mut Structure) {
    let mut before_by_identity: HashMap<String, RuleId> = identities(old, before).into_iter().collect();
    let mut kept = Vec::new();
    let mut unmatched = Vec::new();
    for (identity, rule) in identities(new, after) {
        match before_by_identity.remove(&identity) {
            Some(earlier) => kept.push((earlier, rule)),
            None => unmatched.push(rule),
        }
    }
    let gone: BTreeSet<RuleId> = before_by_identity.into_values().collect();
    let gone = take_renamed(old, gone, new, unmatched, structure);
    structure.removed.extend(gone);
    let still = in_order(&kept);
    for (position, &(earlier, rule)) in kept.iter().enumerate() {
        if meaning(old, earlier) != meaning(new, rule) {
            structure.changed.push((earlier, rule));
        }
        if !still.contains(&position) {
            structure.moved.push((earlier, rule));
        }
    }
}

/// Pairs rules that are gone with rules that came by their meaning; the rest of those that came are
/// added, the rest of those that are gone are returned.
fn take_renamed(
    old: &Project,
    gone: BTreeSet<RuleId>,
    new: &Project,
    came: Vec<RuleId>,
    structure: &mut Structure,
) -> BTreeSet<RuleId> {
    let mut by_meaning: HashMap<(String, String), Vec<RuleId>> = HashMap::new();
    for &rule in gone.iter().rev() {
        by_meaning.entry(meaning(old, rule)).or_default().push(rule);
    }
    let mut gone = gone;
    for rule in came {
        match by_meaning.get_mut(&meaning(new, rule)).and_then(Vec::pop) {
            Some(earlier) => {
                gone.remove(&earlier);
                structure.renamed.push((earlier, rule));
            }
            None => structure.added.push(rule),
        }
    }
    gone
}

/// What makes a rule the same rule in another version of its policy. Equal rows are told apart by
/// counting them.
fn identities(project: &Project, rules: &[RuleId]) -> Vec<(String, RuleId)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let identity = |id: &RuleId| {
        let rule = &project.rules[*id];
        let name = match rule.origin {
            Origin::Rule | Origin::Otherwise => rule.name.clone(),
            Origin::Row(table, _) => {
                let trigger = canonical::trigger(project, rule);
                let count = seen.entry(trigger.clone()).and_modify(|count| *count += 1).or_insert(1);
                format!("{}:{trigger}:{count}", project.tables[table].name)
            }
        };
        (name, *id)
    };
    rules.iter().map(identity).collect()
}

fn meaning(project: &Project, rule: RuleId) -> (String, String) {
    let rule = &project.rules[rule];
    (canonical::trigger(project, rule), canonical::outcome(project, rule))
}

/// Positions of pairs that stand in the same order in both versions: a longest increasing
/// subsequence of the old ids, by patience sorting in O(n log n).
fn in_order(pairs: &[(RuleId, RuleId)]) -> BTreeSet<usize> {
    let mut piles: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; pairs.len()];
    for (position, (old, _)) in pairs.iter().enumerate() {
        let pile = piles.partition_point(|&top| pairs[top].0 < *old);
        previous[position] = pile.checked_sub(1).map(|left| piles[left]);
        match piles.get_mut(pile) {
            Some(top) => *top = position,
            None => piles.push(position),
        }
    }
    std::iter::successors(piles.last().copied(), |&position| previous[position]).collect()
}

fn compare_people(old: &Roster, new: &Roster) -> Vec<PeopleChange> {
    let mut changes = Vec::new();
    let change = |kind, name: &str, what: String| PeopleChange { kind, name: name.to_owned(), what };
    for rep in &new.reps {
        match old.rep_named(&rep.name) {
            None => changes.push(change(PeopleKind::Rep, &rep.name, "added".to_owned())),
            Some(before) => {
                let before = &old.reps[before];
                let mut differences = differences(&facts_of_rep(old, before), &facts_of_rep(new, rep));
                differences.extend(other_absences(before, rep));
                changes.extend(differences.into_iter().map(|what| change(PeopleKind::Rep, &rep.name, what)));
            }
        }
    }
    let gone = old.reps.iter().filter(|rep| new.rep_named(&rep.name).is_none());
    changes.extend(gone.map(|rep| change(PeopleKind::Rep, &rep.name, "removed".to_owned())));
    for team in &new.teams {
        match old.team_named(&team.name) {
            None => changes.push(change(PeopleKind::Team, &team.name, "added".to_owned())),
            Some(before) => {
                let before = facts_of_team(old, &old.teams[before]);
                let differences = differences(&before, &facts_of_team(new, team));
                changes.extend(differences.into_iter().map(|what| change(PeopleKind::Team, &team.name, what)));
            }
        }
    }
    let gone = old.teams.iter().filter(|team| new.team_named(&team.name).is_none());
    changes.extend(gone.map(|team| change(PeopleKind::Team, &team.name, "removed".to_owned())));
    let whole = differences(&facts_of_roster(old), &facts_of_roster(new));
    changes.extend(whole.into_iter().map(|what| change(PeopleKind::Roster, "roster", what)));
    changes
}

/// A calendar of the same name may say something else.
fn other_absences(old: &Rep, new: &Rep) -> Option<String> {
    let (old, new) = (old.calendar.as_ref()?, new.calendar.as_ref()?);
    let changed = old.path == new.path && old.calendar != new.calendar;
    changed.then(|| format!("calendar: {} holds other absences", new.path))
}

/// What is said of somebody, by name; absent when nothing is said.
type Facts = BTreeMap<String, String>;

fn facts_of_rep(roster: &Roster, rep: &Rep) -> Facts {
    let away: Vec<String> = rep.away.iter().map(|days| format!("{}..{}", days.first, days.last)).collect();
    let facts = [
        ("manager", rep.manager.map(|manager| roster.reps[manager].name.clone())),
        ("weight", Some(rep.weight.normalize().to_string())),
        ("capacity", rep.capacity.map(|capacity| capacity.to_string())),
        ("daily", rep.daily.map(|daily| daily.to_string())),
        ("skills", (!rep.skills.is_empty()).then(|| rep.skills.join(", "))),
        ("timezone", rep.timezone.iana_name().map(str::to_owned)),
        ("hours", rep.hours.as_ref().map(ToString::to_string)),
        ("away", (!away.is_empty()).then(|| away.join(", "))),
        ("calendar", rep.calendar.as_ref().map(|named| named.path.clone())),
        ("left", rep.left.map(|day| day.to_string())),
        ("crm_id", rep.crm_id.clone()),
        ("email", rep.email.clone()),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?))).collect()
}

fn facts_of_team(roster: &Roster, team: &Team) -> Facts {
    let weight = |member: &crate::roster::Member| match member.weight {
        None => "member".to_owned(),
        Some(weight) => format!("member with weight {}", weight.normalize()),
    };
    let member = |member: &crate::roster::Member| (roster.reps[member.rep].name.clone(), weight(member));
    let mut facts: Facts = team.members.iter().map(member).collect();
    if team.catch_up {
        facts.insert("catch_up".to_owned(), "true".to_owned());
    }
    facts
}

fn facts_of_roster(roster: &Roster) -> Facts {
    let mut facts: Facts = roster.holidays.iter().map(|day| (format!("holiday {day}"), "set".to_owned())).collect();
    if let Some(seconds) = roster.unavailable_after {
        facts.insert("unavailable_after".to_owned(), canonical::duration(seconds));
    }
    facts
}

fn differences(before: &Facts, after: &Facts) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let said = |fact: Option<&String>| fact.map_or("none", String::as_str).to_owned();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed.map(|name| format!("{name}: {} → {}", said(before.get(name)), said(after.get(name)))).collect()
}

/// A rule's place among its policy's rules, from 1.
pub fn place(project: &Project, rule: RuleId) -> usize {
    let rules = &project.policies[project.rules[rule].policy].rules;
    rules.iter().position(|&other| other == rule).map_or(rule.index(), |position| position + 1)
}
