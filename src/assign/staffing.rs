//! Who can ever take a lead, and when nobody can: what lints ask of a roster.
//!
//! Questions are asked from a moment on: an absence that is over no longer counts.
//!
//! - [`Staffing::dry`]: the first moment at which nobody of a chain may be able to take a lead.
//! - [`unstaffed`]: a team of which nobody can, at any time, and why each of them cannot.
//!
//! Hours of the week at which nobody of a team works are [`super::idle`]'s.
//!
//! Somebody with a `capacity` or a `daily` limit may have reached it at any moment, so nobody can count on
//! them. When all others are there is written in the roster, and [`super::timeline`] goes through it: so a
//! chain is said to run dry exactly if there is a moment, and a number of leads that each had before,
//! with which it does.

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;
use jiff::civil::Date;
use rustc_hash::FxHashMap;

use crate::assign::eligible::missing;
use crate::assign::rotation;
use crate::assign::timeline::{Timeline, first_gap};
use crate::assign::why::{WhyDry, WhyNever};
use crate::calendar::Stretch;
use crate::ids::{RepId, TeamId};
use crate::policy::{DestinationKind, Method, Project, TeamChoice};
use crate::roster::{Member, Rep, Roster};

/// Answers questions about a project's people; the same question is worked out once.
pub struct Staffing<'p> {
    project: &'p Project,
    now: Timestamp,
    timelines: Mutex<FxHashMap<RepId, Timeline<'p>>>,
    gaps: Mutex<FxHashMap<Question, Option<Timestamp>>>,
}

/// When is none of these people there, within this time?
type Question = (Vec<RepId>, Stretch);

/// When nobody of a chain can take a lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dry {
    /// Whenever everybody has as many leads as they may have.
    Whenever,
    /// From a moment on, if besides everybody with a limit has reached it.
    From(Timestamp),
}

impl<'p> Staffing<'p> {
    pub fn new(project: &'p Project, now: Timestamp) -> Staffing<'p> {
        Staffing { project, now, timelines: Mutex::default(), gaps: Mutex::default() }
    }

    /// When nobody of some links can take a lead, if that can be, in a stretch of time. What a table names
    /// has to be put in its place before.
    pub fn dry(&self, links: &[DestinationKind], within: Stretch) -> Option<Dry> {
        if links.iter().any(|link| matches!(link, DestinationKind::Queue(_))) {
            return None;
        }
        let roster = &self.project.roster;
        let people = links.iter().flat_map(|link| people(roster, link, self.now));
        let unlimited = |rep: &RepId| roster.reps[*rep].capacity.is_none() && roster.reps[*rep].daily.is_none();
        let sure: BTreeSet<RepId> = people.filter(unlimited).collect();
        if sure.is_empty() {
            return Some(Dry::Whenever);
        }
        let within = Stretch { from: within.from.max(self.now), ..within };
        self.first_gap(sure.into_iter().collect(), within).map(Dry::From)
    }

    /// Why a rep does not take a lead when a chain is dry; `None` if they might.
    pub fn why_dry(&self, rep: RepId, dry: Dry) -> Option<WhyDry> {
        let roster = &self.project.roster;
        let person = &roster.reps[rep];
        let never = why_never(roster, rep, self.now).map(WhyDry::Never);
        let absent = || match dry {
            Dry::Whenever => None,
            Dry::From(at) => missing(roster, person, at).map(WhyDry::Missing),
        };
        let full = || person.capacity.map(WhyDry::Capacity);
        never.or_else(absent).or_else(full).or_else(|| person.daily.map(WhyDry::Daily))
    }

    fn first_gap(&self, people: Vec<RepId>, within: Stretch) -> Option<Timestamp> {
        let key = (people, within);
        if let Some(known) = self.gaps.lock().expect("nobody panics while asking").get(&key) {
            return *known;
        }
        let mut timelines = self.timelines.lock().expect("nobody panics while asking");
        for rep in &key.0 {
            let new = || Timeline::new(&self.project.roster, &self.project.roster.reps[*rep], self.now);
            timelines.entry(*rep).or_insert_with(new);
        }
        let people: Vec<&Timeline> = key.0.iter().map(|rep| &timelines[rep]).collect();
        let gap = first_gap(&people, within);
        self.gaps.lock().expect("nobody panics while asking").insert(key, gap);
        gap
    }
}

/// Why a rep can never take a lead from now on; `None` if there may be a time.
pub fn why_never(roster: &Roster, rep: RepId, now: Timestamp) -> Option<WhyNever> {
    let person = &roster.reps[rep];
    if let Some(since) = person.left.filter(|since| *since <= today(person, now)) {
        return Some(WhyNever::Left { since });
    }
    match (person.capacity, person.daily, &person.hours) {
        (Some(0), _, _) => Some(WhyNever::NoCapacity),
        (_, Some(0), _) => Some(WhyNever::NoDaily),
        (_, _, Some(hours)) if hours.is_empty() => Some(WhyNever::NoHours),
        _ => None,
    }
}

/// The members of a team of which nobody can ever take a lead, and why not. `None` if somebody may; an
/// empty team has nobody to name.
pub fn unstaffed(roster: &Roster, choice: &TeamChoice<TeamId>, now: Timestamp) -> Option<Vec<(RepId, WhyNever)>> {
    let members = roster.teams[choice.team].members.iter();
    members.map(|member| Some((member.rep, why_member_never(roster, *member, choice, now)?))).collect()
}

/// Why a member can never take a lead from a team; `None` if there may be a time.
pub fn why_member_never(
    roster: &Roster,
    member: Member,
    choice: &TeamChoice<TeamId>,
    now: Timestamp,
) -> Option<WhyNever> {
    let rep = &roster.reps[member.rep];
    if let Some(skill) = choice.skills.iter().find(|skill| !rep.skills.contains(skill)) {
        return Some(WhyNever::LacksSkill { skill: skill.clone() });
    }
    let weighs = !matches!(choice.method, None | Some(Method::RoundRobin));
    if weighs && rotation::millionths(roster.weight(member)) == 0 {
        return Some(WhyNever::WeightZero);
    }
    why_never(roster, member.rep, now)
}

fn today(rep: &Rep, now: Timestamp) -> Date {
    now.to_zoned(rep.timezone.clone()).date()
}

/// Who may take a lead from a link, whatever the lead.
fn people(roster: &Roster, destination: &DestinationKind, now: Timestamp) -> Vec<RepId> {
    match destination {
        DestinationKind::Team(choice) => {
            let members = roster.teams[choice.team].members.iter();
            members
                .filter(|member| why_member_never(roster, **member, choice, now).is_none())
                .map(|member| member.rep)
                .collect()
        }
        DestinationKind::Rep(_) | DestinationKind::ManagerOf(_) => {
            let rep = named(roster, destination);
            rep.filter(|rep| why_never(roster, *rep, now).is_none()).into_iter().collect()
        }
        DestinationKind::Queue(_)
        | DestinationKind::Value(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => Vec::new(),
    }
}

/// The rep a destination names for every lead.
pub fn named(roster: &Roster, destination: &DestinationKind) -> Option<RepId> {
    match destination {
        DestinationKind::Rep(rep) => Some(*rep),
        DestinationKind::ManagerOf(inner) => roster.reps[named(roster, inner)?].manager,
        DestinationKind::Team(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Value(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => None,
    }
}
