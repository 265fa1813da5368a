//! When somebody is there, and the first moment from which on nobody is.
//!
//! Routing asks about one moment ([`super::Attendance`]); lints ask about all that are to come. Between two
//! moments at which a clock, a day off or an absence changes something, nothing changes, so it is enough to
//! go from one to the next: from a moment at which somebody is there to the last moment at which anybody of
//! those is, and so on, until there is nobody.
//!
//! Days off and calendars end some day. After that all there is are hours of the week on clocks, and these
//! repeat every week while no clock changes its offset. So a week that was gone through once stands for all
//! others with the same offsets, and the search goes on at the next change of an offset. The rules for
//! offsets repeat with the Gregorian calendar every 400 years; 480 years from the present miss nothing.
//!
//! Calendars are looked at for five years: they are written for the near future, and an absence that
//! repeats for ever has been met long before.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rustc_hash::FxHashSet;

use crate::calendar::Stretch;
use crate::roster::{DateRange, Rep, Roster};

/// When a rep is there from a moment on, whatever leads they have.
#[derive(Clone, Debug)]
pub struct Timeline<'a> {
    rep: &'a Rep,
    days_off: Vec<DateRange>,
    absences: Vec<Stretch>,
    /// The last moment at which they count as seen, if that is limited.
    seen_until: Option<Timestamp>,
}

const CALENDAR_DAYS: i64 = 5 * 366;
const OFFSETS_REPEAT: SignedDuration = SignedDuration::from_hours(480 * 366 * 24);
/// A week, and a day for the longest stretch that reaches into it.
const A_WEEK: SignedDuration = SignedDuration::from_hours(8 * 24);

impl<'a> Timeline<'a> {
    pub fn new(roster: &Roster, rep: &'a Rep, now: Timestamp) -> Timeline<'a> {
        let one_day = |day: &Date| DateRange { first: *day, last: *day };
        let gone = rep.left.map(|first| DateRange { first, last: Date::MAX });
        let days_off = rep.away.iter().copied().chain(roster.holidays.iter().map(one_day)).chain(gone);
        let to = after(now, SignedDuration::from_hours(CALENDAR_DAYS * 24));
        let calendar = rep.calendar.as_ref().map(|named| &named.calendar);
        let absences = calendar.map(|calendar| calendar.absences(&rep.timezone, Stretch { from: now, to }));
        let limit = roster.unavailable_after.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
        Timeline {
            rep,
            days_off: days_off.collect(),
            absences: absences.unwrap_or_default(),
            seen_until: rep.last_seen.zip(limit).map(|(seen, limit)| after(seen, SignedDuration::from_secs(limit))),
        }
    }

    /// Whether they are there, and if so until when at least; who is there for ever is so until the last
    /// moment there is.
    pub fn there_until(&self, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(self.rep.timezone.clone()).date();
        let is_off = self.days_off.iter().any(|days| days.contains(today));
        let is_away = self.absences.iter().any(|away| away.from <= at && at < away.to);
        if is_off || is_away || self.seen_until.is_some_and(|last| at > last) {
            return None;
        }
        let hours_end = self.hours_end(at)?;
        let days_off = self.days_off.iter().map(|days| days.first).filter(|first| *first > today);
        let day_off = days_off.min().map_or(Timestamp::MAX, |day| begin_of(day, &self.rep.timezone));
        let away = self.absences.iter().map(|away| away.from).filter(|from| *from > at).min();
        let unseen = self.seen_until.map(|last| after(last, SignedDuration::from_nanos(1)));
        Some([Some(hours_end), Some(day_off), away, unseen].into_iter().flatten().min().unwrap_or(Timestamp::MAX))
    }

    /// The end of the working hours that include a moment, or an earlier change of the clock.
    fn hours_end(&self, at: Timestamp) -> Option<Timestamp> {
        let Some(hours) = &self.rep.hours else { return Some(Timestamp::MAX) };
        let local = at.to_zoned(self.rep.timezone.clone()).datetime();
        let spans = hours.on(local.weekday());
        let &(_, end) =
            spans.iter().find(|(start, end)| *start <= local.time() && end.is_none_or(|end| local.time() < end))?;
        let end = end
            .map_or_else(|| local.date().saturating_add(1.day()).at(0, 0, 0, 0), |end| local.date().to_datetime(end));
        let by_this_offset = after(at, end.duration_since(local));
        Some(next_change(&self.rep.timezone, at).map_or(by_this_offset, |change| change.min(by_this_offset)))
    }

    /// From when on only the week and the clock matter.
    fn settled(&self) -> Timestamp {
        let days = self.days_off.iter().map(|days| if days.last == Date::MAX { days.first } else { days.last });
        let days = days.map(|day| begin_of(day.saturating_add(2.days()), &self.rep.timezone));
        days.chain(self.absences.iter().map(|away| away.to)).chain(self.seen_until).max().unwrap_or(Timestamp::MIN)
    }
}

/// The first moment of a stretch of time at which none of some people is there.
pub fn first_gap(people: &[&Timeline], within: Stretch) -> Option<Timestamp> {
    let end = after(within.from, OFFSETS_REPEAT).min(within.to);
    let settled = people.iter().map(|person| person.settled()).max().unwrap_or(within.from).clamp(within.from, end);
    let found = gap_between(people, within.from, settled).or_else(|| gap_of_week(people, settled, end));
    found.filter(|gap| *gap < within.to)
}

/// The first gap after all days off and absences.
fn gap_of_week(people: &[&Timeline], settled: Timestamp, end: Timestamp) -> Option<Timestamp> {
    let mut zones: Vec<&TimeZone> = people.iter().map(|person| &person.rep.timezone).collect();
    zones.dedup();
    let mut weeks = FxHashSet::default();
    let mut at = settled;
    while at < end && !is_there_for_ever(people, at) {
        let change = zones.iter().filter_map(|zone| next_change(zone, at)).min();
        let week = after(at, A_WEEK).min(change.unwrap_or(Timestamp::MAX));
        let is_whole = change.is_none_or(|change| week < change);
        if (!is_whole || weeks.insert(week_of(&zones, at)))
            && let Some(gap) = gap_between(people, at, week)
        {
            return Some(gap);
        }
        at = change?;
    }
    None
}

fn is_there_for_ever(people: &[&Timeline], at: Timestamp) -> bool {
    people.iter().any(|person| person.there_until(at) == Some(Timestamp::MAX))
}

fn gap_between(people: &[&Timeline], from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    let mut at = from;
    while at < to || at == from {
        at = match people.iter().filter_map(|person| person.there_until(at)).max() {
            Some(until) if until == Timestamp::MAX => return None,
            Some(until) => until,
            None => return Some(at),
        };
    }
    None
}

/// What all that happens in a week without changes depends on.
fn week_of(zones: &[&TimeZone], at: Timestamp) -> (Vec<i32>, i64) {
    const SECONDS: i64 = 7 * 24 * 60 * 60;
    (zones.iter().map(|zone| zone.to_offset(at).seconds()).collect(), at.as_second().rem_euclid(SECONDS))
}

fn next_change(zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    zone.following(at).next().map(|change| change.timestamp())
}

fn begin_of(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

fn after(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
