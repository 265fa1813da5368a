//! Who can ever take a lead, and when nobody can: what lints ask of a roster.
//!
//! Questions are asked from a moment on: an absence that is over no longer counts.
//!
//! - [`Staffing::dry`]: the first moment at which nobody of a chain may be able to take a lead.
//! - [`unstaffed`]: a team of which nobody can, at any time, and why each of them cannot.
//! - [`idle_hours`]: the hours of the week at which nobody of a team works, and [`holes`] those of them that
//!   nobody will have meant.
//!
//! Somebody with a `capacity` or a `daily` limit may have reached it at any moment, so nobody can count on
//! them. When all others are there is written in the roster, and [`super::timeline`] goes through it: so a
//! chain is said to run dry exactly if there is a moment, and a number of leads that each had before,
//! with which it does.

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rustc_hash::FxHashMap;

use crate::assign::eligible::missing;
use crate::assign::rotation;
use crate::assign::timeline::{Timeline, first_gap};
use crate::assign::why::{WhyDry, WhyNever};
use crate::calendar::Stretch;
use crate::ids::{RepId, TeamId};
use crate::policy::{DestinationKind, Method, Project, TeamChoice};
use crate::roster::{Hours, Member, Rep, Roster};

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

/// The hours of the week of a moment at which nobody of a team works, on the project's clock; who can never
/// take a lead does not count. `None` if there is always somebody.
pub fn idle_hours(project: &Project, choice: &TeamChoice<TeamId>, at: Timestamp) -> Option<Hours> {
    let staff = staff(project, choice, at)?;
    let idle = gaps(&shifts_of(project, &staff, monday_of(project, at)));
    (!idle.is_empty()).then(|| in_hours(&idle))
}

/// Times of the week at which nobody of a team works although somebody does shortly before and after, and
/// the Mondays of the coming year's weeks in which that is so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holes {
    /// In the first of these weeks.
    pub hours: Hours,
    pub weeks: Vec<Date>,
    /// Whether there are holes in all weeks but those in which clocks change.
    pub always: bool,
    /// Whether they are the same in all these weeks.
    pub same: bool,
}

/// An idle stretch that is longer is a night, a weekend, or people who are few.
const LONGEST_HOLE: i32 = 4 * 60;

/// The first holes in a team's hours, week by week for a year. Weeks in which the clock of a member changes are
/// passed over: what differs for an hour in them is nobody's mistake.
pub fn holes(project: &Project, choice: &TeamChoice<TeamId>, now: Timestamp) -> Option<Holes> {
    let staff = staff(project, choice, now)?;
    let zones: Vec<&TimeZone> = staff.iter().map(|rep| &rep.timezone).chain([&project.timezone]).collect();
    let mut known: FxHashMap<Vec<i32>, Option<Hours>> = FxHashMap::default();
    let first = monday_of(project, now);
    let mut found: Vec<(Date, Option<Hours>)> = Vec::new();
    for monday in (0..53_i64).map(|week| first.saturating_add((7 * week).days())) {
        let Some(offsets) = steady_offsets(project, &zones, monday) else { continue };
        let holes = known.entry(offsets).or_insert_with(|| holes_in(project, &staff, monday));
        found.push((monday, holes.clone()));
    }
    let hours = found.iter().find_map(|(_, holes)| holes.clone())?;
    let weeks: Vec<Date> = found.iter().filter(|(_, holes)| holes.is_some()).map(|(monday, _)| *monday).collect();
    let same = found.iter().flat_map(|(_, holes)| holes).all(|holes| *holes == hours);
    Some(Holes { hours, always: weeks.len() == found.len(), same, weeks })
}

fn holes_in(project: &Project, staff: &[&Rep], monday: Date) -> Option<Hours> {
    let mut idle = gaps(&shifts_of(project, staff, monday));
    // What ends the week goes on at its beginning.
    if let ([first, .., last], true) = (&idle[..], idle.len() > 1)
        && first.0 == 0
        && last.1 == A_WEEK
        && last.1 - last.0 + first.1 > LONGEST_HOLE
    {
        idle.remove(0);
        idle.pop();
    }
    idle.retain(|(from, to)| to - from <= LONGEST_HOLE);
    (!idle.is_empty()).then(|| in_hours(&idle))
}

/// The offsets of some clocks in a week; `None` if one of them changes in it.
fn steady_offsets(project: &Project, zones: &[&TimeZone], monday: Date) -> Option<Vec<i32>> {
    let at = |day: Date| Some(day.to_zoned(project.timezone.clone()).ok()?.timestamp());
    let (from, to) = (at(monday)?, at(monday.saturating_add(7.days()))?.checked_sub(1.second()).ok()?);
    let offsets = |at: Timestamp| -> Vec<i32> { zones.iter().map(|zone| zone.to_offset(at).seconds()).collect() };
    Some(offsets(from)).filter(|before| *before == offsets(to))
}

/// Who of a team may ever take a lead; `None` if one of them works around the clock.
fn staff<'p>(project: &'p Project, choice: &TeamChoice<TeamId>, now: Timestamp) -> Option<Vec<&'p Rep>> {
    let roster = &project.roster;
    let members = roster.teams[choice.team].members.iter();
    let staff = members.filter(|member| why_member_never(roster, **member, choice, now).is_none());
    let staff: Vec<&Rep> = staff.map(|member| &roster.reps[member.rep]).collect();
    staff.iter().all(|rep| rep.hours.is_some()).then_some(staff)
}

fn monday_of(project: &Project, at: Timestamp) -> Date {
    let today = at.to_zoned(project.timezone.clone()).date();
    today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days())
}

/// Minutes of a week from its Monday on.
const A_DAY: i32 = 24 * 60;
const A_WEEK: i32 = 7 * A_DAY;

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

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

/// People's working time around a week in minutes from its Monday on, as the project's clock shows it, in order.
fn shifts_of(project: &Project, staff: &[&Rep], monday: Date) -> Vec<(i32, i32)> {
    let mut shifts: Vec<(i32, i32)> = staff.iter().flat_map(|rep| shifts(rep, monday, &project.timezone)).collect();
    shifts.sort_unstable();
    shifts
}

fn shifts(rep: &Rep, monday: Date, clock: &TimeZone) -> Vec<(i32, i32)> {
    let Some(hours) = &rep.hours else { return Vec::new() };
    let shown = |local: DateTime| {
        let instant = rep.timezone.to_ambiguous_zoned(local).compatible().ok()?;
        let time = instant.with_time_zone(clock.clone()).datetime();
        i32::try_from(time.duration_since(monday.at(0, 0, 0, 0)).as_mins()).ok()
    };
    // Clocks differ by a day at most.
    let days = (-2..9).map(|offset: i64| monday.saturating_add(offset.days()));
    let spans = days.flat_map(|day| {
        hours.on(day.weekday()).iter().map(move |&(start, end)| {
            let until = end.map_or_else(|| day.saturating_add(1.day()).at(0, 0, 0, 0), |end| day.to_datetime(end));
            (day.to_datetime(start), until)
        })
    });
    spans.filter_map(|(start, end)| Some((shown(start)?, shown(end)?))).collect()
}

/// What sorted shifts leave out of a week.
fn gaps(shifts: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mut idle = Vec::new();
    let mut free_from = 0;
    for &(start, end) in shifts {
        if start > free_from && free_from < A_WEEK {
            idle.push((free_from, start.min(A_WEEK)));
        }
        free_from = free_from.max(end);
    }
    if free_from < A_WEEK {
        idle.push((free_from, A_WEEK));
    }
    idle
}

/// Stretches of a week as hours of its days.
fn in_hours(stretches: &[(i32, i32)]) -> Hours {
    let mut hours = Hours::default();
    for (day, weekday) in (0..).zip(WEEK) {
        let (midnight, next) = (day * A_DAY, (day + 1) * A_DAY);
        for (from, to) in stretches.iter().map(|(from, to)| ((*from).max(midnight), (*to).min(next))) {
            if from < to {
                hours.add(weekday, time_of(from - midnight), (to < next).then(|| time_of(to - midnight)));
            }
        }
    }
    hours
}

fn time_of(minutes: i32) -> Time {
    Time::midnight().saturating_add(i64::from(minutes).minutes())
}
