//! When nobody of a team works: hours of the week, on the project's clock.
//!
//! What matters here is the working hours of those who may ever take a lead ([`why_member_never`]), and the
//! clocks they are written for; absences are not hours of the week.
//!
//! - [`idle_hours`]: in the week of a moment.
//! - [`idle_periods`]: in all weeks of the coming year. Clocks of a team may be apart by another hour for some
//!   weeks of spring and autumn, so there may be several answers, each for its time.
//! - [`holes`]: those that nobody will have meant.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rustc_hash::FxHashMap;

use crate::assign::staffing::why_member_never;
use crate::ids::TeamId;
use crate::policy::{Project, TeamChoice};
use crate::roster::Rep;

/// Minutes of a week from its Monday on.
const A_DAY: i32 = 24 * 60;
const A_WEEK: i32 = 7 * A_DAY;

const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Stretches of a week in its order, from a minute to another: one that goes on into the next week ends beyond
/// [`A_WEEK`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Idle(Vec<(i32, i32)>);

/// Idle hours and the time in which they are so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    pub from: Timestamp,
    /// `None`: until the end of the time that was looked at.
    pub until: Option<Timestamp>,
    /// `None`: there is always somebody.
    pub idle: Option<Idle>,
}

/// The hours of the week of a moment at which nobody of a team works, on the project's clock; who can never
/// take a lead does not count. `None` if there is always somebody.
pub fn idle_hours(project: &Project, choice: &TeamChoice<TeamId>, at: Timestamp) -> Option<Idle> {
    let staff = staff(project, choice, at)?;
    Idle::of(gaps(&shifts_of(project, &staff, monday_of(project, at))))
}

/// The hours of the week at which nobody of a team works, for each part of the coming year in which they
/// are other ones. Empty if there is always somebody.
pub fn idle_periods(project: &Project, choice: &TeamChoice<TeamId>, now: Timestamp) -> Vec<Period> {
    let Some(staff) = staff(project, choice, now).filter(|staff| !staff.is_empty()) else { return Vec::new() };
    let mut periods: Vec<Period> = Vec::new();
    for from in changes(project, &staff, now) {
        let idle = Idle::of(gaps(&shifts_at(project, &staff, from)));
        if let Some(before) = periods.last_mut() {
            if before.idle == idle {
                continue;
            }
            before.until = Some(from);
        }
        periods.push(Period { from, until: None, idle });
    }
    if periods.iter().all(|period| period.idle.is_none()) { Vec::new() } else { periods }
}

/// A moment, and all of the year after it at which a clock of a team or of its project changes.
fn changes(project: &Project, staff: &[&Rep], now: Timestamp) -> Vec<Timestamp> {
    const A_YEAR: SignedDuration = SignedDuration::from_hours(366 * 24);
    let end = now.checked_add(A_YEAR).unwrap_or(Timestamp::MAX);
    let zones = staff.iter().map(|rep| &rep.timezone).chain([&project.timezone]);
    let of_zone = |zone: &TimeZone| -> Vec<Timestamp> {
        zone.following(now).map(|change| change.timestamp()).take_while(|change| *change < end).collect()
    };
    let mut changes: Vec<Timestamp> = zones.flat_map(of_zone).chain([now]).collect();
    changes.sort_unstable();
    changes.dedup();
    changes
}

/// People's working time in a week in which all clocks stay as they are at a moment, on the project's.
fn shifts_at(project: &Project, staff: &[&Rep], at: Timestamp) -> Vec<(i32, i32)> {
    let offset = |zone: &TimeZone| zone.to_offset(at).seconds() / 60;
    let mut shifts: Vec<(i32, i32)> = Vec::new();
    for rep in staff {
        let ahead = offset(&project.timezone) - offset(&rep.timezone);
        for (from, to) in worked(rep) {
            // A shift that leaves the week at one end comes into it at the other.
            shifts.extend([-A_WEEK, 0, A_WEEK].map(|week| (from + ahead + week, to + ahead + week)));
        }
    }
    shifts.retain(|(from, to)| *to > 0 && *from < A_WEEK);
    shifts.sort_unstable();
    shifts
}

/// A rep's working time in minutes of their own week.
fn worked(rep: &Rep) -> Vec<(i32, i32)> {
    let minute = |time: jiff::civil::Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
    let mut spans = Vec::new();
    for (day, weekday) in (0..).zip(jiff::civil::Weekday::Monday.cycle_forward().take(7)) {
        let hours = rep.hours.iter().flat_map(|hours| hours.on(weekday));
        spans.extend(hours.map(|&(start, end)| (day * A_DAY + minute(start), day * A_DAY + end.map_or(A_DAY, minute))));
    }
    spans
}

/// Times of the week at which nobody of a team works although somebody does shortly before and after, and
/// the Mondays of the coming year's weeks in which that is so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holes {
    /// In the first of these weeks.
    pub hours: Idle,
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
    let mut known: FxHashMap<Vec<i32>, Option<Idle>> = FxHashMap::default();
    let first = monday_of(project, now);
    let mut found: Vec<(Date, Option<Idle>)> = Vec::new();
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

fn holes_in(project: &Project, staff: &[&Rep], monday: Date) -> Option<Idle> {
    let mut idle = Idle::of(gaps(&shifts_of(project, staff, monday)))?;
    idle.0.retain(|(from, to)| to - from <= LONGEST_HOLE);
    Some(idle).filter(|idle| !idle.0.is_empty())
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

impl Idle {
    /// What is idle of a week, from its Monday's midnight to the next; `None` if nothing is.
    fn of(mut gaps: Vec<(i32, i32)>) -> Option<Idle> {
        // What ends the week goes on at its beginning.
        if let [(0, end), .., (start, A_WEEK)] = gaps[..] {
            gaps.remove(0);
            gaps.pop();
            gaps.push((start, end + A_WEEK));
        }
        (!gaps.is_empty()).then_some(Idle(gaps))
    }
}

impl fmt::Display for Idle {
    /// `Mon-Thu 18:00-09:00, Fri 18:00 to Mon 09:00`, `Mon-Fri 12:00-13:00`, `Sat-Sun`; days that are alike stand
    /// together.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said: Vec<String> = Vec::new();
        let mut rest: Vec<(i32, i32)> = self.0.clone();
        while let Some(&(from, to)) = rest.first() {
            let next = |place: usize| (from + place as i32 * A_DAY, to + place as i32 * A_DAY);
            let alike = (0..7).take_while(|&place| to - from <= A_DAY && rest.contains(&next(place))).count().max(1);
            rest.retain(|stretch| !(0..alike).any(|place| *stretch == next(place)));
            said.push(stretch(from, to, alike));
        }
        f.write_str(&said.join(", "))
    }
}

/// A stretch, and the same on the days after it.
fn stretch(from: i32, to: i32, days: usize) -> String {
    let day = |minute: i32| NAMES[(minute.rem_euclid(A_WEEK) / A_DAY) as usize];
    let time = |minute: i32| format!("{:02}:{:02}", minute.rem_euclid(A_DAY) / 60, minute % 60);
    let last = from + (days as i32 - 1) * A_DAY;
    if to - from >= A_WEEK {
        return "at any hour".to_owned();
    }
    if from % A_DAY == 0 && to % A_DAY == 0 {
        let until = last + (to - from) - A_DAY;
        return if until == from { day(from).to_owned() } else { format!("{}-{}", day(from), day(until)) };
    }
    if to - from > A_DAY {
        return format!("{} {} to {} {}", day(from), time(from), day(to), time(to));
    }
    let days = if last == from { day(from).to_owned() } else { format!("{}-{}", day(from), day(last)) };
    let end = if to % A_DAY == 0 { "24:00".to_owned() } else { time(to) };
    format!("{days} {}-{end}", time(from))
}
