//! Who can take a lead now.
//!
//! What depends on the moment alone (absences, hours, being seen) is worked out once for all reps in
//! an [`Attendance`]; what depends on the leads assigned so far (capacity, daily) and on the
//! destination (skills, weight) is asked for each lead.
//!
//! Days and hours are those of the rep's own time zone. On a day when clocks change, a rep works
//! whenever their clock shows a working hour: an hour that is skipped is not worked, and one that
//! comes twice is worked twice.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::assign::Workload;
use crate::assign::why::WhyNot;
use crate::ids::{IdVec, RepId};
use crate::roster::{Rep, Roster};

/// How much of the roster counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// Everything the roster states, at the moment of the run.
    AsStated,
    /// Everybody who is staffed is there: absences, holidays, hours, capacity, daily and last_seen do
    /// not count. Skills and weights do, and so does `left`, whatever its day: what a policy's test
    /// says must not depend on the day it runs.
    Everyone,
}

/// Who is there at one moment.
#[derive(Clone, Debug)]
pub struct Attendance {
    reps: IdVec<RepId, Standing>,
}

#[derive(Clone, Debug)]
struct Standing {
    /// The day on the rep's calendar.
    today: Date,
    /// As many leads as the rep may have, and may get in a day, where that counts.
    capacity: Option<u32>,
    daily: Option<u32>,
    /// Why the rep is not there.
    missing: Option<WhyNot>,
}

impl Attendance {
    pub fn at(roster: &Roster, now: Timestamp, presence: Presence) -> Attendance {
        let standing = |rep: &Rep| {
            let today = now.to_zoned(rep.timezone.clone()).date();
            match presence {
                Presence::AsStated => {
                    let missing = missing(roster, rep, now);
                    Standing { today, capacity: rep.capacity, daily: rep.daily, missing }
                }
                Presence::Everyone => {
                    let missing = rep.left.map(|since| WhyNot::Left { since });
                    Standing { today, capacity: None, daily: None, missing }
                }
            }
        };
        Attendance { reps: roster.reps.iter().map(standing).collect() }
    }

    /// The day on a rep's calendar.
    #[inline]
    pub fn today(&self, rep: RepId) -> Date {
        self.reps[rep].today
    }

    /// Why a rep is not there, whatever leads they have; `None` if they are.
    pub fn missing(&self, rep: RepId) -> Option<&WhyNot> {
        self.reps[rep].missing.as_ref()
    }

    /// Why a rep cannot take a lead now, whatever the lead; `None` if they can.
    #[inline]
    pub(super) fn why_not(&self, rep: RepId, workload: &Workload) -> Option<Why<'_>> {
        let standing = &self.reps[rep];
        match &standing.missing {
            Some(missing) => Some(Why::Missing(missing)),
            None => standing.busy(workload),
        }
    }
}

/// A [`WhyNot`] that costs nothing to find and to drop: most are never looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why<'a> {
    Missing(&'a WhyNot),
    LacksSkill(&'a str),
    WeightZero,
    Full { open: u32, capacity: u32 },
    DayFull { today: u32, daily: u32 },
}

impl Why<'_> {
    pub fn in_full(self) -> WhyNot {
        match self {
            Why::Missing(why) => why.clone(),
            Why::LacksSkill(skill) => WhyNot::LacksSkill { skill: skill.to_owned() },
            Why::WeightZero => WhyNot::WeightZero,
            Why::Full { open, capacity } => WhyNot::Full { open, capacity },
            Why::DayFull { today, daily } => WhyNot::DayFull { today, daily },
        }
    }

    /// Whether the rep is absent, rather than gone, unfit or busy: a team that makes up for absences
    /// makes up for this.
    pub fn is_absence(self) -> bool {
        match self {
            Why::Missing(why) => !matches!(why, WhyNot::Left { .. }),
            Why::LacksSkill(_) | Why::WeightZero | Why::Full { .. } | Why::DayFull { .. } => false,
        }
    }
}

/// Why a rep is not there, the lasting reasons first.
pub(super) fn missing(roster: &Roster, rep: &Rep, now: Timestamp) -> Option<WhyNot> {
    let local = now.to_zoned(rep.timezone.clone());
    let (today, time) = (local.date(), local.time());
    let left = rep.left.filter(|since| *since <= today).map(|since| WhyNot::Left { since });
    let away = || away_until(rep, today).map(|until| WhyNot::Away { until });
    let holiday = || roster.holidays.contains(&today).then_some(WhyNot::Holiday { day: today });
    let timezone = || rep.timezone.iana_name().unwrap_or("the rep's time zone").to_owned();
    let calendar = || {
        let until = rep.calendar.as_ref()?.calendar.away_until(&rep.timezone, now)?;
        let until = until.to_zoned(rep.timezone.clone()).datetime();
        Some(WhyNot::Calendar { until, timezone: timezone() })
    };
    let hours = || {
        let hours = rep.hours.as_ref().filter(|hours| !hours.include(today.weekday(), time))?;
        let (day, hours) = (today.weekday(), hours.to_string());
        Some(WhyNot::OutsideHours { day, time, timezone: timezone(), hours })
    };
    let not_seen = || not_seen(roster, rep, now);
    left.or_else(away).or_else(holiday).or_else(calendar).or_else(hours).or_else(not_seen)
}

/// The last day of an absence that covers a day; absences that touch are one.
fn away_until(rep: &Rep, today: Date) -> Option<Date> {
    let mut until = rep.away.iter().find(|range| range.contains(today))?.last;
    loop {
        let next = until.tomorrow().ok();
        let longer =
            rep.away.iter().filter(|range| range.contains(until) || next.is_some_and(|day| range.contains(day)));
        match longer.map(|range| range.last).max() {
            Some(last) if last > until => until = last,
            _ => return Some(until),
        }
    }
}

fn not_seen(roster: &Roster, rep: &Rep, now: Timestamp) -> Option<WhyNot> {
    let (since, limit) = (rep.last_seen?, roster.unavailable_after?);
    let longest = SignedDuration::from_secs(i64::try_from(limit).unwrap_or(i64::MAX));
    (now.duration_since(since) > longest).then_some(WhyNot::NotSeen { since, limit })
}

impl Standing {
    #[inline]
    fn busy(&self, workload: &Workload) -> Option<Why<'static>> {
        let open = workload.open;
        let full = self.capacity.filter(|capacity| open >= *capacity).map(|capacity| Why::Full { open, capacity });
        full.or_else(|| {
            let daily = self.daily?;
            let today = workload.on(self.today);
            (today >= daily).then_some(Why::DayFull { today, daily })
        })
    }
}
