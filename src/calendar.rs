//! What a calendar file says about when somebody is away: all-day events they are busy in, and events
//! marked as out of office, with everything that repeats.
//!
//! `check::calendars` reads the file; here is what its events mean. Times are kept as they are written,
//! on the clock they are written for, because a file may be shared by people in different places: a day
//! off is a day of each of them. Nothing is worked out before somebody asks for a stretch of time, and
//! then only what can touch it: an event that has repeated daily since 1990 costs no more than one that
//! began last week.
//!
//! | written | is a time of |
//! | --- | --- |
//! | `20261224`, `20261224T090000` | the clock of whoever's calendar it is |
//! | `20261224T090000Z` | UTC |
//! | `TZID=Europe/Berlin:20261224T090000` | that zone |
//! | `TZID=W. Europe Standard Time:…` | the zone of that name that the file itself describes |
//!
//! A repeated time that clocks skip is left out (RFC 5545, 3.3.10); one that is written out is taken for
//! the moment at which a clock that was not put forward would show it (3.3.5).

use ical::recur::expand::IcalRecurExpand;
use ical::recur::set::IcalRecurSet;
use ical::recur::{IcalRecurDateTime, IcalRecurFreq, IcalRecurRule, IcalRecurSkip};
use ical::tz::{IcalTz, IcalTzOffset, IcalTzTransitions};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The absences that a calendar file holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Calendar {
    pub absences: Vec<Absence>,
    /// Zones that the file describes itself.
    pub zones: Vec<IcalTz>,
}

/// An event during which somebody is away.
#[derive(Clone, PartialEq, Debug)]
pub struct Absence {
    pub start: Moment,
    pub length: Length,
    pub repeats: Vec<Repeat>,
    /// More times at which it begins.
    pub also: Vec<Moment>,
    /// Times at which it would begin and does not.
    pub except: Vec<Moment>,
    /// Repeats that are taken away.
    pub except_repeats: Vec<Repeat>,
}

/// A time as it is written.
#[derive(Clone, PartialEq, Debug)]
pub struct Moment {
    pub shown: DateTime,
    pub clock: Clock,
    /// A day and no time of day.
    pub whole_day: bool,
}

/// Whose clock shows a time.
#[derive(Clone, PartialEq, Debug)]
pub enum Clock {
    /// Of whoever's calendar it is.
    Own,
    Zone(TimeZone),
    /// A position in [`Calendar::zones`].
    Described(usize),
}

/// Days are those of a calendar, whatever clocks do meanwhile; seconds are exact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Length {
    pub days: i64,
    pub seconds: i64,
}

/// A rule by which an event repeats.
#[derive(Clone, PartialEq, Debug)]
pub struct Repeat {
    /// Without its end.
    pub rule: IcalRecurRule,
    pub until: Option<Moment>,
}

/// From a moment to another one, which is not included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stretch {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A civil time may be this far from the same time in UTC, and an offset may change in between.
const WIDEST_OFFSET: SignedDuration = SignedDuration::from_hours(2 * 24);

const A_DAY: i64 = 24 * 60 * 60;

impl Calendar {
    /// The absences that touch a stretch of time, in order; those that touch each other are one. `home`
    /// is the time zone of whoever's calendar it is.
    pub fn absences(&self, home: &TimeZone, wanted: Stretch) -> Vec<Stretch> {
        let mut clocks = Clocks::new(self, home, wanted);
        let found = self.absences.iter().flat_map(|absence| absence.within(&mut clocks, wanted)).collect();
        joined(found)
    }

    /// When the absence that covers a moment is over; one that never ends is said to last as long as was
    /// looked ahead.
    pub fn away_until(&self, home: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        const LOOK_AHEAD: SignedDuration = SignedDuration::from_hours(60 * 24);
        let to = now.saturating_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX);
        let absences = self.absences(home, Stretch { from: now, to });
        absences.into_iter().find(|absence| absence.from <= now && now < absence.to).map(|absence| absence.to)
    }
}

/// Stretches in order, those that touch joined.
fn joined(mut found: Vec<Stretch>) -> Vec<Stretch> {
    found.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::new();
    for next in found {
        match joined.last_mut() {
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            _ => joined.push(next),
        }
    }
    joined
}

impl Absence {
    fn within(&self, clocks: &mut Clocks, wanted: Stretch) -> Vec<Stretch> {
        if self.repeats.is_empty() && self.also.is_empty() {
            return self
                .at(clocks, self.start.shown, false)
                .filter(|found| touches(found, wanted))
                .into_iter()
                .collect();
        }
        let window = self.window(wanted);
        // Whether it is written out or given by a rule decides what becomes of a time that clocks skip.
        let mut begins: Vec<(DateTime, bool)> = vec![(self.start.shown, false)];
        begins.extend(self.repeats.iter().flat_map(|rule| self.repeated(clocks, rule, window)).map(|at| (at, true)));
        let except = self.exceptions(clocks, window);
        let mut found: Vec<Stretch> = begins
            .into_iter()
            .filter(|(at, _)| !self.is_excepted_day(*at))
            .filter_map(|(at, generated)| self.at(clocks, at, generated))
            .collect();
        for more in &self.also {
            found.extend(clocks.instant(more, false).and_then(|from| self.from(clocks, more.shown, from)));
        }
        found.retain(|found| touches(found, wanted) && !except.contains(&found.from));
        found
    }

    /// The times on this event's clock at which one that touches a stretch may begin.
    fn window(&self, wanted: Stretch) -> (DateTime, DateTime) {
        let length = SignedDuration::from_secs(self.length.days * A_DAY + self.length.seconds) + WIDEST_OFFSET;
        let first = wanted.from.saturating_sub(length).unwrap_or(Timestamp::MIN);
        let last = wanted.to.saturating_add(WIDEST_OFFSET).unwrap_or(Timestamp::MAX);
        (first.to_zoned(TimeZone::UTC).datetime(), last.to_zoned(TimeZone::UTC).datetime())
    }

    /// The times that a rule gives inside a window.
    fn repeated(&self, clocks: &mut Clocks, repeat: &Repeat, (first, last): (DateTime, DateTime)) -> Vec<DateTime> {
        let start = forwarded(&repeat.rule, self.start.shown, first);
        let rule = IcalRecurRule { until: Some(told(last)), ..repeat.rule.clone() };
        let times = IcalRecurExpand::new(rule, told(start)).map(shown).filter(|time| *time >= first);
        let until = repeat.until.as_ref().map(|until| (until, clocks.last_instant(until)));
        let clock = &self.start.clock;
        let in_time = |time: &DateTime| match &until {
            None => true,
            Some((until, _)) if until.clock == *clock || until.clock == Clock::Own => *time <= until.shown,
            Some((_, end)) => match clocks.read(*time, clock, false) {
                Some(instant) => end.is_some_and(|end| instant <= end),
                None => true,
            },
        };
        times.filter(in_time).collect()
    }

    /// The moments inside a window at which the event would begin and does not.
    fn exceptions(&self, clocks: &mut Clocks, window: (DateTime, DateTime)) -> Vec<Timestamp> {
        let written = self.except.iter().filter_map(|except| clocks.instant(except, false));
        let mut except: Vec<Timestamp> = written.collect();
        for rule in &self.except_repeats {
            for time in self.repeated(clocks, rule, window) {
                except.extend(clocks.read(time, &self.start.clock, true));
            }
        }
        except
    }

    /// An exception that names a day stands for any time on it.
    fn is_excepted_day(&self, at: DateTime) -> bool {
        self.except.iter().any(|except| except.whole_day && except.shown.date() == at.date())
    }

    /// The event that begins when its clock shows a time.
    fn at(&self, clocks: &mut Clocks, at: DateTime, generated: bool) -> Option<Stretch> {
        let from = clocks.read(at, &self.start.clock, generated)?;
        self.from(clocks, at, from)
    }

    fn from(&self, clocks: &mut Clocks, at: DateTime, from: Timestamp) -> Option<Stretch> {
        let to = match self.length.days {
            0 => from,
            days => {
                let end = at.checked_add(days.days()).unwrap_or(DateTime::MAX);
                clocks.read(end, &self.start.clock, false).unwrap_or(Timestamp::MAX)
            }
        };
        let to = to.checked_add(SignedDuration::from_secs(self.length.seconds)).unwrap_or(Timestamp::MAX);
        (from < to).then_some(Stretch { from, to })
    }
}

fn touches(found: &Stretch, wanted: Stretch) -> bool {
    found.from < wanted.to && wanted.from < found.to
}

/// A start as far forward as a rule allows without changing what it gives from `first` on: whole periods
/// can be counted off without looking at them, as long as the start keeps what the rule takes from it (its
/// weekday, its day of the month).
fn forwarded(rule: &IcalRecurRule, start: DateTime, first: DateTime) -> DateTime {
    if rule.count.is_some() {
        return start;
    }
    let interval = i64::from(rule.interval);
    // One period less, as the first may have begun before its first time.
    let whole = |periods: i64| (periods / interval - 1).max(0) * interval;
    let days = first.date().duration_since(start.date()).as_hours() / 24;
    let years = i64::from(first.year()) - i64::from(start.year());
    let plain = start.day() <= 28 && rule.by_week_no.is_empty() && rule.skip == IcalRecurSkip::Omit;
    let ahead = match rule.freq {
        IcalRecurFreq::Daily => whole(days).days(),
        IcalRecurFreq::Weekly => (7 * whole(days / 7)).days(),
        IcalRecurFreq::Monthly if plain => whole(12 * years + i64::from(first.month() - start.month())).months(),
        IcalRecurFreq::Yearly if plain => whole(years).years(),
        _ => return start,
    };
    start.checked_add(ahead).unwrap_or(start)
}

/// Reads the times of one calendar, for one person.
struct Clocks<'a> {
    home: &'a TimeZone,
    described: Vec<IcalTzTransitions>,
}

impl<'a> Clocks<'a> {
    fn new(calendar: &Calendar, home: &'a TimeZone, wanted: Stretch) -> Clocks<'a> {
        let year = i32::from(wanted.from.to_zoned(TimeZone::UTC).year());
        let described = calendar.zones.iter().map(|zone| IcalTzTransitions::of_zone(nearby(zone, year)));
        Clocks { home, described: described.collect() }
    }

    /// The moment of a written time.
    fn instant(&mut self, moment: &Moment, generated: bool) -> Option<Timestamp> {
        self.read(moment.shown, &moment.clock, generated)
    }

    /// The last moment that an end by rule includes.
    fn last_instant(&mut self, until: &Moment) -> Option<Timestamp> {
        self.instant(until, false)
    }

    /// The moment at which a clock shows a time; `None` if a rule gave it and clocks skip it.
    fn read(&mut self, time: DateTime, clock: &Clock, generated: bool) -> Option<Timestamp> {
        let zone = match clock {
            Clock::Own => self.home,
            Clock::Zone(zone) => zone,
            Clock::Described(zone) => {
                let offset = self.described[*zone].resolve(told(time));
                let skipped = generated && matches!(offset, IcalTzOffset::Gap { .. });
                let second = offset.literal_instant(told(time));
                return if skipped { None } else { Timestamp::from_second(second).ok() };
            }
        };
        let ambiguous = zone.to_ambiguous_timestamp(time);
        let skipped = generated && matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        if skipped { None } else { ambiguous.compatible().ok() }
    }
}

/// A described zone without the changes of long ago: such zones begin in 1601, and every year since would
/// be counted for every question.
fn nearby(zone: &IcalTz, year: i32) -> IcalTz {
    let mut zone = zone.clone();
    zone.observances.iter_mut().for_each(|observance| bring_near(&mut observance.onsets, year - 3));
    zone
}

fn bring_near(onsets: &mut IcalRecurSet, year: i32) {
    let (Some(start), [rule]) = (&mut onsets.start, &onsets.rules[..]) else { return };
    let plain = rule.freq == IcalRecurFreq::Yearly && rule.interval == 1 && rule.count.is_none();
    // A rule that is over keeps its last changes.
    let year = rule.until.map_or(year, |until| year.min(until.year - 3));
    if plain && onsets.dates.is_empty() && start.year < year && !(start.month == 2 && start.day == 29) {
        start.year = year;
    }
}

fn told(time: DateTime) -> IcalRecurDateTime {
    IcalRecurDateTime {
        year: i32::from(time.year()),
        month: time.month().unsigned_abs(),
        day: time.day().unsigned_abs(),
        hour: time.hour().unsigned_abs(),
        minute: time.minute().unsigned_abs(),
        second: time.second().unsigned_abs(),
    }
}

/// A time as dates are counted here; a leap second is the second before it.
pub fn shown(time: IcalRecurDateTime) -> DateTime {
    let year = i16::try_from(time.year).unwrap_or(i16::MAX).clamp(-9999, 9999);
    let date = Date::new(year, time.month as i8, time.day as i8).unwrap_or(Date::MAX);
    date.at(time.hour as i8, time.minute as i8, time.second.min(59) as i8, 0)
}
