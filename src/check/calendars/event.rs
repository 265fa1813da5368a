//! Events → absences: which of them keep somebody away, and when.

use ical::recur::set::IcalRecurSet;
use ical::recur::{IcalRecurDateTime, IcalRecurFreq, IcalRecurRule};
use ical::tz::{IcalTz, IcalTzObservance};
use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use super::Problems;
use super::lines::{Object, Property};
use crate::calendar::{Absence, Calendar, Clock, Length, Moment, Repeat, shown};
use crate::timezone;

/// A rule that gives more is no absence but a mistake, and would take its time.
const REPEATS_AT_MOST: u32 = 100_000;
const INTERVAL_AT_MOST: u32 = 10_000;
const TIMES_A_DAY_AT_MOST: usize = 48;
const A_DAY: i64 = 24 * 60 * 60;
/// What repeats is shorter.
const LONGEST_REPEATED: i64 = 366 * A_DAY;

/// The events of a file, and what it takes to read them.
pub(super) struct Events<'a, 'p, 'f> {
    objects: &'a [Object<'f>],
    /// The e-mail address of whoever the calendar is read for.
    owner: Option<&'a str>,
    zones: Vec<IcalTz>,
    /// By what all events of a series have in common: the times of it that other events stand for.
    overrides: FxHashMap<&'a str, Vec<&'a Property<'f>>>,
    problems: &'p mut Problems<'f>,
}

impl<'a, 'p, 'f> Events<'a, 'p, 'f> {
    pub fn new(
        objects: &'a [Object<'f>],
        owner: Option<&'a str>,
        problems: &'p mut Problems<'f>,
    ) -> Events<'a, 'p, 'f> {
        let mut events = Events { objects, owner, zones: Vec::new(), overrides: overrides(objects), problems };
        let described: Vec<IcalTz> = named(objects, "VTIMEZONE").filter_map(|zone| events.zone(zone)).collect();
        events.zones = described;
        events
    }

    pub fn calendar(mut self) -> Calendar {
        let mut absences = Vec::new();
        let (objects, owner) = (self.objects, self.owner);
        for event in named(objects, "VEVENT").filter(|event| blocks(event) && !is_declined(event, owner)) {
            absences.extend(self.absence(event));
        }
        for busy in named(self.objects, "VFREEBUSY") {
            absences.extend(self.unavailable(busy));
        }
        Calendar { absences, zones: self.zones }
    }

    /// What an event says of an absence; `None` if it cannot be read, which is said.
    fn absence(&mut self, event: &Object<'f>) -> Option<Absence> {
        let Some(written) = event.property("DTSTART") else {
            self.problems.say(event.span, "this event has no `DTSTART`", "export the calendar again");
            return None;
        };
        let start = self.moment(written, &written.value)?;
        let length = self.length(event, &start)?;
        // An override stands for one time of its series; the series leaves that time out.
        if event.property("RECURRENCE-ID").is_some() {
            return Some(once(start, length));
        }
        let repeats = self.repeats(event, "RRULE", length)?;
        let except_repeats = self.repeats(event, "EXRULE", length)?;
        let also = self.moments(event, "RDATE")?;
        let mut except = self.moments(event, "EXDATE")?;
        except.extend(self.overridden(event)?);
        Some(Absence { start, length, repeats, also, except, except_repeats })
    }

    /// The times of a series that other events stand for.
    fn overridden(&mut self, series: &Object<'f>) -> Option<Vec<Moment>> {
        let uid = series.property("UID").map_or("", |uid| uid.value.as_str());
        let times = self.overrides.get(uid).cloned().unwrap_or_default();
        let mut moments = Vec::new();
        for time in times {
            if time.parameter("RANGE").is_some() {
                let help = "end the series there with `UNTIL`, and let another one begin";
                self.problems.say(time.span, "a change of this and all later events is not read", help);
                return None;
            }
            moments.push(self.moment(time, &time.value)?);
        }
        Some(moments)
    }

    // --- times ---

    /// `20261224`, `20261224T090000` or `20261224T090000Z`.
    fn moment(&mut self, property: &Property, value: &str) -> Option<Moment> {
        let Ok(time) = IcalRecurDateTime::parse(value) else {
            let message = format!("`{value}` is not a date or a time");
            self.problems.say(
                property.span,
                message,
                "a calendar has days as `20261224` and times as `20261224T090000Z`",
            );
            return None;
        };
        let whole_day = value.len() == 8;
        let clock = match property.parameter("TZID") {
            _ if value.ends_with(['Z', 'z']) => Clock::Zone(TimeZone::UTC),
            Some(name) if !whole_day => self.clock(property, &name)?,
            _ => Clock::Own,
        };
        Some(Moment { shown: shown(time), clock, whole_day })
    }

    /// The zone of a name: of the database, or of the file itself. Some programs put a path before the
    /// name: `/example.org/2026a/Europe/Berlin`.
    fn clock(&mut self, property: &Property, name: &str) -> Option<Clock> {
        if let Some(zone) = timezone::named(name) {
            return Some(Clock::Zone(zone));
        }
        if let Some(at) = self.zones.iter().position(|zone| zone.id == name) {
            return Some(Clock::Described(at));
        }
        if let Some(zone) = timezone::of_windows(name) {
            return Some(Clock::Zone(zone));
        }
        let mut tail = name.trim_start_matches('/');
        while let Some((_, rest)) = tail.split_once('/') {
            tail = rest;
            if let Some(zone) = timezone::named(tail).filter(|_| name.starts_with('/')) {
                return Some(Clock::Zone(zone));
            }
        }
        let help = match timezone::nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "use a name of the time-zone database, or let the file describe the zone in a `VTIMEZONE`".to_owned()
            }
        };
        self.problems.say(property.span, format!("no time zone is called `{name}`, and the file describes none"), help);
        None
    }

    /// The moments that all properties of a name list; of a period (`PERIOD`) the beginning.
    fn moments(&mut self, event: &Object<'f>, name: &str) -> Option<Vec<Moment>> {
        let mut moments = Vec::new();
        for property in event.all(name) {
            for value in property.value.split(',') {
                let begin = value.split_once('/').map_or(value, |(begin, _)| begin);
                moments.push(self.moment(property, begin.trim())?);
            }
        }
        Some(moments)
    }

    /// How long an event lasts: to its end, for its duration, or for the day it names.
    fn length(&mut self, event: &Object<'f>, start: &Moment) -> Option<Length> {
        let length = match (event.property("DTEND"), event.property("DURATION")) {
            (Some(written), _) => {
                let end = self.moment(written, &written.value)?;
                (written, self.between(start, &end)?)
            }
            (None, Some(written)) => {
                let Some(length) = duration(&written.value) else {
                    let message = format!("`{}` is not a length of time", written.value);
                    self.problems.say(written.span, message, "a calendar has lengths as `P2D` or `PT90M`");
                    return None;
                };
                (written, length)
            }
            (None, None) => return Some(Length { days: i64::from(start.whole_day), seconds: 0 }),
        };
        let (written, length) = length;
        if length.days < 0 || length.seconds < 0 {
            self.problems.say(written.span, "this event ends before it begins", "export the calendar again");
            return None;
        }
        // Some programs end a day off on the day itself.
        let nothing = length.days == 0 && length.seconds == 0;
        Some(if nothing && start.whole_day { Length { days: 1, seconds: 0 } } else { length })
    }

    /// From one time to another: in days between days, exactly between times.
    fn between(&mut self, start: &Moment, end: &Moment) -> Option<Length> {
        let by_clock = end.shown.duration_since(start.shown);
        if start.clock == end.clock && (start.whole_day || at_midnight(start, end)) {
            return Some(Length { days: by_clock.as_hours() / 24, seconds: 0 });
        }
        // What differs between clocks is worked out where the two zones are known.
        let exact = match (&start.clock, &end.clock) {
            (Clock::Zone(from), Clock::Zone(to)) => {
                let from = from.to_ambiguous_timestamp(start.shown).compatible().ok()?;
                to.to_ambiguous_timestamp(end.shown).compatible().ok()?.duration_since(from)
            }
            _ => by_clock,
        };
        Some(Length { days: 0, seconds: exact.as_secs() })
    }

    // --- repeats ---

    fn repeats(&mut self, event: &Object<'f>, name: &str, length: Length) -> Option<Vec<Repeat>> {
        event.all(name).map(|property| self.repeat(property, length)).collect::<Vec<_>>().into_iter().collect()
    }

    fn repeat(&mut self, property: &Property, length: Length) -> Option<Repeat> {
        let Ok(rule) = IcalRecurRule::parse(&property.value) else {
            let message = format!("`{}` is not a rule by which an event repeats", property.value);
            self.problems.say(property.span, message, "a calendar has rules as `FREQ=WEEKLY;BYDAY=FR`");
            return None;
        };
        if let Some((message, help)) = too_much(&rule, length) {
            self.problems.say(property.span, message, help);
            return None;
        }
        let until = match part(&property.value, "UNTIL") {
            Some(text) => Some(self.until(property, text)?),
            None => None,
        };
        Some(Repeat { rule: IcalRecurRule { until: None, ..rule }, until })
    }

    /// The last time that a rule gives; a day is meant to its end.
    fn until(&mut self, property: &Property, text: &str) -> Option<Moment> {
        let until = self.moment(property, text)?;
        let last = Time::constant(23, 59, 59, 0);
        let shown = if until.whole_day { until.shown.date().to_datetime(last) } else { until.shown };
        Some(Moment { shown, ..until })
    }

    // --- free and busy times ---

    /// `FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261224T080000Z/PT4H,…`
    fn unavailable(&mut self, busy: &Object<'f>) -> Vec<Absence> {
        let mut absences = Vec::new();
        let is_away = |property: &&Property| {
            property.parameter("FBTYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("BUSY-UNAVAILABLE"))
        };
        for property in busy.all("FREEBUSY").filter(is_away) {
            for period in property.value.split(',') {
                absences.extend(self.period(property, period.trim()));
            }
        }
        absences
    }

    fn period(&mut self, property: &Property, period: &str) -> Option<Absence> {
        let Some((begin, end)) = period.split_once('/') else {
            let help = "a calendar has periods as `20261224T080000Z/PT4H`";
            self.problems.say(property.span, format!("`{period}` is not a period"), help);
            return None;
        };
        let start = self.moment(property, begin)?;
        let length = match duration(end) {
            Some(length) => length,
            None => {
                let end = self.moment(property, end)?;
                self.between(&start, &end)?
            }
        };
        Some(once(start, length))
    }

    // --- zones ---

    /// A zone that the file describes, if it describes one.
    fn zone(&mut self, zone: &Object<'f>) -> Option<IcalTz> {
        let id = zone.property("TZID")?.value.clone();
        let observances = zone.objects.iter().filter_map(|observance| self.observance(observance)).collect();
        Some(IcalTz { id, observances })
    }

    fn observance(&mut self, written: &Object<'f>) -> Option<IcalTzObservance> {
        let daylight = match written.name.as_str() {
            "DAYLIGHT" => true,
            "STANDARD" => false,
            _ => return None,
        };
        let from = self.offset(written, "TZOFFSETFROM")?;
        let to = self.offset(written, "TZOFFSETTO")?;
        let Some(start) = written.property("DTSTART").and_then(|start| IcalRecurDateTime::parse(&start.value).ok())
        else {
            self.problems.say(written.span, "this part of a time zone has no `DTSTART`", "export the calendar again");
            return None;
        };
        let rules = written.all("RRULE").filter_map(|rule| IcalRecurRule::parse(&rule.value).ok());
        let yearly = rules.filter(|rule| rule.freq == IcalRecurFreq::Yearly && rule.interval <= INTERVAL_AT_MOST);
        let dates = written.all("RDATE").flat_map(|dates| dates.value.split(','));
        let onsets = IcalRecurSet {
            start: Some(start),
            rules: yearly.collect(),
            dates: dates.filter_map(|date| IcalRecurDateTime::parse(date.trim()).ok()).collect(),
            ..IcalRecurSet::default()
        };
        Some(IcalTzObservance { daylight, from, to, onsets })
    }

    /// `+0100` in seconds.
    fn offset(&mut self, written: &Object<'f>, name: &str) -> Option<i32> {
        let found = written.property(name);
        let seconds = found.and_then(|found| offset(&found.value));
        if seconds.is_none() {
            let span = found.map_or(written.span, |found| found.span);
            let message = format!("this part of a time zone has no `{name}` such as `+0100`");
            self.problems.say(span, message, "export the calendar again");
        }
        seconds
    }
}

fn named<'a, 'f>(objects: &'a [Object<'f>], name: &'static str) -> impl Iterator<Item = &'a Object<'f>> {
    objects.iter().filter(move |object| object.name == name)
}

fn overrides<'a, 'f>(objects: &'a [Object<'f>]) -> FxHashMap<&'a str, Vec<&'a Property<'f>>> {
    let mut overrides: FxHashMap<&str, Vec<&Property>> = FxHashMap::default();
    for event in named(objects, "VEVENT") {
        if let (Some(uid), Some(time)) = (event.property("UID"), event.property("RECURRENCE-ID")) {
            overrides.entry(&uid.value).or_default().push(time);
        }
    }
    overrides
}

/// Whether somebody is away during an event. Out of office is, always; busy is if it takes whole days:
/// meetings keep nobody from a lead. What is free, tentative or cancelled keeps nobody.
fn blocks(event: &Object) -> bool {
    if event.says("STATUS", &["CANCELLED", "TENTATIVE"]) {
        return false;
    }
    let shown_as = ["X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-MSNCALENDAR-BUSYSTATUS"];
    if shown_as.iter().any(|name| event.says(name, &["OOF"])) {
        return true;
    }
    let not_away = ["FREE", "TENTATIVE", "WORKINGELSEWHERE"];
    let is_free = event.says("TRANSP", &["TRANSPARENT"]) || shown_as.iter().any(|name| event.says(name, &not_away));
    !is_free && takes_whole_days(event)
}

/// Whether the calendar's owner has declined an invitation. Without an address of theirs that can only be told
/// where nobody else is invited.
fn is_declined(event: &Object, owner: Option<&str>) -> bool {
    let address = |attendee: &Property| {
        let written = attendee.value.trim();
        let scheme = written.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        scheme.map_or(written, |scheme| &written[scheme.len()..]).to_owned()
    };
    let alone = event.all("ATTENDEE").count() == 1;
    let is_owner = |attendee: &Property| match owner {
        Some(owner) => address(attendee).eq_ignore_ascii_case(owner.trim()),
        None => alone,
    };
    let declined = |attendee: &Property| {
        attendee.parameter("PARTSTAT").is_some_and(|answer| answer.eq_ignore_ascii_case("DECLINED"))
    };
    event.all("ATTENDEE").any(|attendee| is_owner(attendee) && declined(attendee))
}

/// Whether an event is of days, or runs from midnight to midnight on one clock.
fn takes_whole_days(event: &Object) -> bool {
    let Some(start) = event.property("DTSTART") else { return false };
    if start.value.len() == 8 || event.says("X-MICROSOFT-CDO-ALLDAYEVENT", &["TRUE"]) {
        return true;
    }
    let Some(end) = event.property("DTEND") else { return false };
    let midnight = |property: &Property| property.value.ends_with("T000000");
    midnight(start) && midnight(end) && start.value != end.value && start.parameter("TZID") == end.parameter("TZID")
}

fn at_midnight(start: &Moment, end: &Moment) -> bool {
    let midnight = |time: DateTime| time.time() == Time::midnight();
    midnight(start.shown) && midnight(end.shown)
}

fn once(start: Moment, length: Length) -> Absence {
    Absence { start, length, repeats: Vec::new(), also: Vec::new(), except: Vec::new(), except_repeats: Vec::new() }
}

/// What no absence does: message and help.
fn too_much(rule: &IcalRecurRule, length: Length) -> Option<(&'static str, &'static str)> {
    let help = "an absence repeats daily at most; remove the event, or mark it as free";
    let often = matches!(rule.freq, IcalRecurFreq::Secondly | IcalRecurFreq::Minutely | IcalRecurFreq::Hourly);
    let times = |list: &[u8]| list.len().max(1);
    let a_day = times(&rule.by_hour) * times(&rule.by_minute) * times(&rule.by_second);
    if often || a_day > TIMES_A_DAY_AT_MOST {
        Some(("an absence that repeats all day long", help))
    } else if rule.count.is_some_and(|count| count > REPEATS_AT_MOST) || rule.interval > INTERVAL_AT_MOST {
        Some(("an absence that repeats without measure", help))
    } else if length.days * A_DAY + length.seconds > LONGEST_REPEATED {
        Some(("an absence of more than a year that repeats", "remove the rule, or shorten the event"))
    } else {
        None
    }
}

/// What a part of a rule says: `UNTIL=…`.
fn part<'v>(rule: &'v str, name: &str) -> Option<&'v str> {
    let mut parts = rule.split(';').filter_map(|part| part.split_once('='));
    parts.find(|(found, _)| found.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// `P2D`, `P1W`, `PT1H30M`, `P1DT12H` (RFC 5545, 3.3.6); a negative one is none.
fn duration(text: &str) -> Option<Length> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let text = text.strip_prefix(['P', 'p']).filter(|text| !text.is_empty())?;
    let (days, time) = text.split_once(['T', 't']).map_or((text, None), |(days, time)| (days, Some(time)));
    let days = sum(days, &[('W', 7), ('D', 1)])?;
    let seconds = match time {
        Some("") => return None,
        Some(time) => sum(time, &[('H', 60 * 60), ('M', 60), ('S', 1)])?,
        None => 0,
    };
    // Longer than any calendar goes, and short enough to reckon with.
    let longest = SignedDuration::from_hours(24 * 366 * 10_000).as_secs();
    let sane = days < longest / A_DAY && seconds < longest;
    sane.then_some(Length { days, seconds })
}

/// `1H30M` by the size of its units.
fn sum(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?.to_ascii_uppercase();
        let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.checked_mul(*size)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    Some(total)
}

/// `+0100` or `-033015`.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let plain = matches!(digits.len(), 4 | 6) && digits.bytes().all(|digit| digit.is_ascii_digit());
    let pair = |at: usize| digits.get(at..at + 2).map_or(Some(0), |pair| pair.parse::<i32>().ok());
    let (hours, minutes, seconds) = (pair(0)?, pair(2)?, pair(4)?);
    (plain && hours < 24 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}
