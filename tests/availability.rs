//! Who is there when, minute by minute: what the program says against rules said again in the plainest way.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use pointsman::assign::staffing::{Dry, Staffing};
use pointsman::assign::timeline::Timeline;
use pointsman::assign::{Attendance, Presence};
use pointsman::calendar::Stretch;
use pointsman::check::roster;
use pointsman::ids::{Id, RepId};
use pointsman::policy::{DestinationKind, Project};
use pointsman::roster::Roster;
use pointsman::source::SourceMap;
use proptest::prelude::*;

use crate::support::load_str;

const ZONES: [&str; 7] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Santiago",
];

/// A rep as the test understands them.
#[derive(Clone, Debug)]
struct Person {
    zone: usize,
    /// For each part the weekdays (Monday is 0) with a start and an end in minutes; an end at or before the
    /// start is on the next day. `None`: around the clock.
    hours: Option<Vec<(Vec<i64>, i64, i64)>>,
    away: Vec<(Date, Date)>,
    left: Option<Date>,
    seen: Option<Timestamp>,
    /// Limits are for the tests of chains.
    capped: bool,
}

#[derive(Clone, Debug)]
struct People {
    people: Vec<Person>,
    holidays: Vec<Date>,
    limit: Option<i64>,
}

const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Person {
    fn yaml(&self, name: &str) -> String {
        let mut keys = vec![format!("timezone: {}", ZONES[self.zone])];
        if let Some(hours) = &self.hours {
            let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let part = |(days, start, end): &(Vec<i64>, i64, i64)| {
                let days: Vec<&str> = days.iter().map(|day| NAMES[*day as usize]).collect();
                format!("{} {}-{}", days.join(","), clock(*start), clock(*end))
            };
            let parts: Vec<String> = hours.iter().map(part).collect();
            keys.push(format!("hours: '{}'", if parts.is_empty() { "never".to_owned() } else { parts.join("; ") }));
        }
        let away: Vec<String> = self.away.iter().map(|(first, last)| format!("{first}..{last}")).collect();
        keys.push(format!("away: [{}]", away.join(", ")));
        keys.extend(self.left.map(|day| format!("left: {day}")));
        keys.extend(self.seen.map(|seen| format!("last_seen: {seen}")));
        keys.extend(self.capped.then(|| "capacity: 3".to_owned()));
        format!("  {name}: {{ {} }}\n", keys.join(", "))
    }

    /// Whether the person is there when their clock shows a time.
    fn works(&self, holidays: &[Date], shown: DateTime) -> bool {
        let today = shown.date();
        let is_off = holidays.contains(&today)
            || self.away.iter().any(|(first, last)| *first <= today && today <= *last)
            || self.left.is_some_and(|left| left <= today);
        let minute = i64::from(shown.hour()) * 60 + i64::from(shown.minute());
        let weekday = i64::from(today.weekday().to_monday_zero_offset());
        let yesterday = (weekday + 6) % 7;
        let is_inside = |(days, start, end): &(Vec<i64>, i64, i64)| match start < end {
            true => days.contains(&weekday) && *start <= minute && minute < *end,
            false => days.contains(&weekday) && *start <= minute || days.contains(&yesterday) && minute < *end,
        };
        !is_off && self.hours.as_ref().is_none_or(|hours| hours.iter().any(is_inside))
    }

    fn is_unseen(&self, limit: Option<i64>, now: Timestamp) -> bool {
        match (self.seen, limit) {
            (Some(seen), Some(limit)) => now.as_second() - seen.as_second() > limit * 3600,
            _ => false,
        }
    }
}

impl People {
    fn yaml(&self) -> String {
        let holidays: Vec<String> = self.holidays.iter().map(ToString::to_string).collect();
        let mut text = format!("holidays: [{}]\nreps:\n", holidays.join(", "));
        for (number, person) in self.people.iter().enumerate() {
            text += &person.yaml(&format!("rep{number}"));
        }
        text += &self.limit.map_or(String::new(), |hours| format!("rules: {{ unavailable_after: {hours} hours }}\n"));
        text
    }

    fn is_there(&self, person: &Person, now: Timestamp) -> bool {
        let shown = now.to_zoned(zone(person.zone)).datetime();
        person.works(&self.holidays, shown) && !person.is_unseen(self.limit, now)
    }
}

fn zone(number: usize) -> TimeZone {
    TimeZone::get(ZONES[number]).expect("a zone of the database")
}

fn read(text: &str) -> Roster {
    let mut sources = SourceMap::new();
    let file = sources.add("roster.yaml", text).expect("small");
    let (roster, findings) = roster::read(file, &sources, &TimeZone::UTC);
    assert_eq!(findings, [], "{text}");
    roster
}

/// Days around which clocks change in one zone or another.
const CHANGES: [Date; 6] = [
    Date::constant(2026, 3, 8),
    Date::constant(2026, 3, 29),
    Date::constant(2026, 4, 5),
    Date::constant(2026, 9, 6),
    Date::constant(2026, 10, 4),
    Date::constant(2026, 10, 25),
];

fn hours() -> impl Strategy<Value = Option<Vec<(Vec<i64>, i64, i64)>>> {
    // Spans in different parts of the day cannot overlap, nor can a night and the morning after it.
    let days = || proptest::sample::subsequence((0..7_i64).collect::<Vec<_>>(), 1..=7);
    let span = |from: std::ops::Range<i64>, to: std::ops::Range<i64>| {
        let quarter = |range: std::ops::Range<i64>| (range.start * 4..range.end * 4).prop_map(|quarter| quarter * 15);
        proptest::option::of((days(), quarter(from), quarter(to)))
    };
    let parts = (span(6..9, 9..12), span(12..14, 14..18), span(20..24, 0..6));
    let parts = parts.prop_map(|(morning, noon, night)| {
        let parts: Vec<(Vec<i64>, i64, i64)> = [morning, noon, night].into_iter().flatten().collect();
        parts.into_iter().filter(|(_, start, end)| start != end).collect::<Vec<_>>()
    });
    prop_oneof![1 => Just(None), 6 => parts.prop_map(Some)]
}

fn person(first: Date) -> impl Strategy<Value = Person> {
    let day = move || (-3..6_i64).prop_map(move |days| first + days.days());
    let away = proptest::collection::vec((day(), 0..3_i64), 0..3);
    let seen = (-50..90_i64).prop_map(move |hours| {
        first.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a moment").timestamp() + SignedDuration::from_hours(hours)
    });
    (0..ZONES.len(), hours(), away, proptest::option::weighted(0.1, day()), proptest::option::weighted(0.3, seen))
        .prop_map(|(zone, hours, away, left, seen)| {
            let away = away.into_iter().map(|(first, days)| (first, first + days.days())).collect();
            Person { zone, hours, away, left, seen, capped: false }
        })
}

fn people(first: Date, most: usize) -> impl Strategy<Value = People> {
    let holidays = proptest::collection::vec((-2..5_i64).prop_map(move |days| first + days.days()), 0..2);
    let limit = proptest::option::of(1..48_i64);
    (proptest::collection::vec(person(first), 1..=most), holidays, limit).prop_map(|(people, holidays, limit)| People {
        people,
        holidays,
        limit,
    })
}

fn around_a_change() -> impl Strategy<Value = (Date, People)> {
    (0..CHANGES.len()).prop_flat_map(|change| (Just(CHANGES[change]), people(CHANGES[change], 2)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 16, ..ProptestConfig::default() })]

    /// Every minute of four days, of which one has 23 or 25 hours somewhere.
    #[test]
    fn somebody_is_there_exactly_when_the_rules_say_so((change, people) in around_a_change()) {
        let roster = read(&people.yaml());
        let start = (change - 1.days()).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a moment").timestamp();
        let timelines: Vec<Timeline> = roster.reps.iter().map(|rep| Timeline::new(&roster, rep, start)).collect();
        let mut until = vec![Timestamp::MIN; timelines.len()];
        for minute in 0..4 * 24 * 60 {
            let now = start + SignedDuration::from_mins(minute);
            let attendance = Attendance::at(&roster, now, Presence::AsStated);
            for (number, person) in people.people.iter().enumerate() {
                let expected = people.is_there(person, now);
                let missing = attendance.missing(RepId::from_index(number));
                prop_assert_eq!(missing.is_none(), expected, "rep{} at {}: {:?}\n{}", number, now, missing, people.yaml());
                let there = timelines[number].there_until(now);
                prop_assert_eq!(there.is_some(), expected, "rep{}'s timeline at {}\n{}", number, now, people.yaml());
                prop_assert!(expected || until[number] <= now, "rep{} was to be there at {}", number, now);
                until[number] = until[number].max(there.unwrap_or(Timestamp::MIN));
            }
        }
    }
}

// --- chains that run dry ---

/// People who relieve each other around the clock, or nearly, in zones whose clocks change on Sundays.
fn relay() -> impl Strategy<Value = People> {
    let every_day = (0..7_i64).collect::<Vec<_>>();
    let shift = (0..4_usize, 0..24_i64, 1..=12_i64, any::<bool>()).prop_map(move |(zone, start, length, weekdays)| {
        let days = if weekdays { every_day[..5].to_vec() } else { every_day.clone() };
        let hours = Some(vec![(days, start * 60, (start + length) % 24 * 60)]);
        Person { zone, hours, away: Vec::new(), left: None, seen: None, capped: false }
    });
    let always = Person { zone: 0, hours: None, away: Vec::new(), left: None, seen: None, capped: false };
    let first = Date::constant(2026, 11, 24);
    let away = proptest::collection::vec(((0..40_i64), 0..5_i64), 0..2).prop_map(move |away| {
        away.into_iter().map(|(from, days)| (first + from.days(), first + (from + days).days())).collect::<Vec<_>>()
    });
    let someone = (prop_oneof![6 => shift, 1 => Just(always)], away, proptest::bool::weighted(0.15));
    let someone = someone.prop_map(|(person, away, capped)| Person { away, capped, ..person });
    let holidays = proptest::collection::vec((0..40_i64).prop_map(move |days| first + days.days()), 0..2);
    (proptest::collection::vec(someone, 1..6), holidays).prop_map(|(people, holidays)| People {
        people,
        holidays,
        limit: None,
    })
}

fn project(people: &People) -> Project {
    let policy = "roster \"roster.yaml\"\nlead { id text key }\npolicy p { otherwise assign rep rep0 }\nstart at p\n";
    load_str(policy, &[("roster.yaml", &people.yaml())]).project.expect("a project")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    /// The first moment at which nobody without a limit is there, against every quarter of an hour of
    /// thirteen months.
    #[test]
    fn a_chain_is_dry_from_exactly_the_first_moment_at_which_nobody_is_there(people in relay()) {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a moment");
        let sure: Vec<&Person> = people.people.iter().filter(|person| !person.capped).collect();
        let moments = (0..395 * 24 * 4).map(|quarter| now + SignedDuration::from_mins(15 * quarter));
        let zones: Vec<TimeZone> = (0..4).map(zone).collect();
        let is_dry = |moment: &Timestamp| {
            let shown: Vec<DateTime> = zones.iter().map(|zone| zone.to_datetime(*moment)).collect();
            !sure.iter().any(|person| person.works(&people.holidays, shown[person.zone]))
        };
        let expected = if sure.is_empty() { Some(Dry::Whenever) } else { moments.into_iter().find(is_dry).map(Dry::From) };
        let project = project(&people);
        let chain: Vec<DestinationKind> = project.roster.reps.ids().map(DestinationKind::Rep).collect();
        let always = Stretch { from: Timestamp::MIN, to: Timestamp::MAX };
        let found = Staffing::new(&project, now).dry(&chain, always);
        prop_assert_eq!(found, expected, "{}", people.yaml());
    }
}
