//! Who can ever take a lead, and who always can: what lints ask of a roster.
//!
//! Questions are asked from a moment on: an absence that is over no longer counts.
//!
//! - [`can_run_dry`]: whether there is a time at which nobody of a chain can take a lead.
//! - [`unstaffed`]: a team of which nobody can, at any time, and why each of them cannot.
//! - [`idle_hours`]: the hours of the week at which nobody of a team works.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::assign::rotation;
use crate::assign::why::{WhyNever, WhySometimesNot};
use crate::ids::{RepId, TeamId};
use crate::policy::{Chain, DestinationKind, Method, Project, TeamChoice};
use crate::roster::{Hours, Member, Rep, Roster};

/// Whether a rep can take a lead at every moment from now on.
pub fn can_always_take(roster: &Roster, rep: RepId, now: Timestamp) -> bool {
    why_sometimes_not(roster, rep, now).is_none()
}

/// What may keep a rep from a lead at some time from now on.
pub fn why_sometimes_not(roster: &Roster, rep: RepId, now: Timestamp) -> Option<WhySometimesNot> {
    let person = &roster.reps[rep];
    let off_hours = || person.hours.as_ref().filter(|hours| !cover_the_week([*hours])).map(|_| WhySometimesNot::Hours);
    why_sometimes_not_but_for_hours(roster, rep, now).or_else(off_hours)
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

/// Whether there may be a moment from now on at which no link of a chain can take a lead.
///
/// What a table names may be blank, so it never counts. People whose working hours together fill the
/// week count as somebody who is always there, if they keep the same time zone (otherwise a clock
/// change in one of them may open a gap).
pub fn can_run_dry(project: &Project, chain: &Chain, now: Timestamp) -> bool {
    let roster = &project.roster;
    let queue = chain.links.iter().any(|link| matches!(link.kind, DestinationKind::Queue(_)));
    let mut relays: Vec<(&TimeZone, Vec<&Hours>)> = Vec::new();
    for rep in chain.links.iter().flat_map(|link| people(roster, &link.kind, now)) {
        if why_sometimes_not_but_for_hours(roster, rep, now).is_some() {
            continue;
        }
        let person = &roster.reps[rep];
        let Some(hours) = &person.hours else { return false };
        match relays.iter_mut().find(|(zone, _)| **zone == person.timezone) {
            Some((_, relay)) => relay.push(hours),
            None => relays.push((&person.timezone, vec![hours])),
        }
    }
    !queue && !relays.into_iter().any(|(_, relay)| cover_the_week(relay))
}

/// The hours of the week that begins with this one's Monday at which nobody of a team works, on the
/// project's clock; who can never take a lead does not count. `None` if there is always somebody.
pub fn idle_hours(project: &Project, choice: &TeamChoice<TeamId>, now: Timestamp) -> Option<Hours> {
    let roster = &project.roster;
    let members = roster.teams[choice.team].members.iter();
    let staff: Vec<&Rep> = members
        .filter(|member| why_member_never(roster, **member, choice, now).is_none())
        .map(|member| &roster.reps[member.rep])
        .collect();
    if staff.iter().any(|rep| rep.hours.is_none()) {
        return None;
    }
    let today = now.to_zoned(project.timezone.clone()).date();
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    let mut shifts: Vec<(DateTime, DateTime)> =
        staff.iter().flat_map(|rep| shifts(rep, monday, &project.timezone)).collect();
    shifts.sort_unstable();
    let idle = gaps(&shifts, monday);
    (!idle.is_empty()).then_some(idle)
}

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

fn why_sometimes_not_but_for_hours(roster: &Roster, rep: RepId, now: Timestamp) -> Option<WhySometimesNot> {
    if let Some(never) = why_never(roster, rep, now) {
        return Some(WhySometimesNot::Never(never));
    }
    let person = &roster.reps[rep];
    let today = today(person, now);
    let leaves = || person.left.map(|on| WhySometimesNot::Leaves { on });
    let away = || {
        let next = person.away.iter().filter(|range| range.last >= today).map(|range| range.first.max(today)).min();
        next.map(|from| WhySometimesNot::Away { from })
    };
    let holiday = || {
        let next = roster.holidays.iter().copied().filter(|day| *day >= today).min();
        next.map(|day| WhySometimesNot::Holiday { day })
    };
    let unseen = || {
        let counts = roster.unavailable_after.is_some() && person.last_seen.is_some();
        counts.then_some(WhySometimesNot::Unseen)
    };
    leaves()
        .or_else(|| person.capacity.map(WhySometimesNot::Capacity))
        .or_else(|| person.daily.map(WhySometimesNot::Daily))
        .or_else(away)
        .or_else(holiday)
        .or_else(|| person.calendar.as_ref().map(|_| WhySometimesNot::Calendar))
        .or_else(unseen)
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
        DestinationKind::Rep(_) | DestinationKind::ManagerOf(_) => named(roster, destination).into_iter().collect(),
        DestinationKind::Queue(_)
        | DestinationKind::Value(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => Vec::new(),
    }
}

/// The rep a destination names for every lead.
fn named(roster: &Roster, destination: &DestinationKind) -> Option<RepId> {
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

/// Whether hours of the same clock leave no moment of the week out.
fn cover_the_week<'a>(relay: impl IntoIterator<Item = &'a Hours>) -> bool {
    let relay: Vec<&Hours> = relay.into_iter().collect();
    WEEK.iter().all(|day| {
        let mut spans: Vec<(Time, Option<Time>)> = relay.iter().flat_map(|hours| hours.on(*day)).copied().collect();
        spans.sort_unstable();
        let mut covered = Some(Time::midnight());
        for (start, end) in spans {
            match covered {
                Some(until) if start <= until => covered = end.map(|end| end.max(until)),
                _ => break,
            }
        }
        // `None` is 24:00.
        covered.is_none()
    })
}

/// A rep's working time around a week, as the project's clock shows it.
fn shifts(rep: &Rep, monday: Date, clock: &TimeZone) -> Vec<(DateTime, DateTime)> {
    let Some(hours) = &rep.hours else { return Vec::new() };
    let shown = |local: DateTime| {
        let instant = rep.timezone.to_ambiguous_zoned(local).compatible().ok()?;
        Some(instant.with_time_zone(clock.clone()).datetime())
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
fn gaps(shifts: &[(DateTime, DateTime)], monday: Date) -> Hours {
    let mut idle = Hours::default();
    for (offset, weekday) in (0_i64..).zip(WEEK) {
        let midnight = monday.saturating_add(offset.days()).at(0, 0, 0, 0);
        let next = monday.saturating_add((offset + 1).days()).at(0, 0, 0, 0);
        let mut free_from = midnight;
        for &(start, end) in shifts {
            if start > free_from && free_from < next {
                let until = start.min(next);
                idle.add(weekday, free_from.time(), (until < next).then(|| until.time()));
            }
            free_from = free_from.max(end);
        }
        if free_from < next {
            idle.add(weekday, free_from.time(), None);
        }
    }
    idle
}
