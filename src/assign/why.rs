//! Why somebody, or a whole destination, does not get the lead; the one place where that is worded.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};

/// Why a rep cannot take a lead now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhyNot {
    /// The first day they no longer worked here.
    Left {
        since: Date,
    },
    LacksSkill {
        skill: String,
    },
    /// In a rotation by weight, or relative to weight.
    WeightZero,
    /// The last day of the absence.
    Away {
        until: Date,
    },
    Holiday {
        day: Date,
    },
    /// An absence in the rep's calendar; its end as the rep's own clock shows it.
    Calendar {
        until: DateTime,
        timezone: String,
    },
    /// The moment as the rep's own clock shows it, and when they do work.
    OutsideHours {
        day: Weekday,
        time: Time,
        timezone: String,
        hours: String,
    },
    /// For longer than the roster allows, in seconds.
    NotSeen {
        since: Timestamp,
        limit: u64,
    },
    /// Open leads.
    Full {
        open: u32,
        capacity: u32,
    },
    /// New leads today.
    DayFull {
        today: u32,
        daily: u32,
    },
}

/// Why a destination is nobody for this lead.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Nobody {
    /// The table has no value for the lead.
    Blank,
    /// The table names somebody who is not in the roster.
    Stranger { name: String },
    /// `manager of` somebody who has none.
    NoManager { rep: String },
    /// `manager of` a team or a queue.
    NotARep,
}

/// Why a member of a team can never take a lead from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhyNever {
    Left {
        since: Date,
    },
    LacksSkill {
        skill: String,
    },
    WeightZero,
    /// A capacity of zero.
    NoCapacity,
    /// A daily limit of zero.
    NoDaily,
    /// Hours without any.
    NoHours,
}

/// Why a rep does not take a lead when a whole chain cannot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhyDry {
    Never(WhyNever),
    /// They are not there at that moment.
    Missing(WhyNot),
    /// They may have reached a limit.
    Capacity(u32),
    Daily(u32),
}

impl WhyNot {
    /// Whether the rep is staffed and free, and only not there at the moment.
    pub fn is_absence(&self) -> bool {
        match self {
            WhyNot::Away { .. }
            | WhyNot::Holiday { .. }
            | WhyNot::Calendar { .. }
            | WhyNot::OutsideHours { .. }
            | WhyNot::NotSeen { .. } => true,
            WhyNot::Left { .. }
            | WhyNot::LacksSkill { .. }
            | WhyNot::WeightZero
            | WhyNot::Full { .. }
            | WhyNot::DayFull { .. } => false,
        }
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyNot::Left { since } => write!(f, "left on {since}"),
            WhyNot::LacksSkill { skill } => write!(f, "lacks skill {skill}"),
            WhyNot::WeightZero => f.write_str("weight zero"),
            WhyNot::Away { until } => write!(f, "away until {until}"),
            WhyNot::Holiday { day } => write!(f, "holiday on {day}"),
            WhyNot::Calendar { until, timezone } => by_calendar(f, *until, timezone),
            WhyNot::OutsideHours { hours, .. } if hours.is_empty() => f.write_str("has no working hours"),
            WhyNot::OutsideHours { day, time, timezone, hours } => {
                let (day, time) = (short(*day), time.strftime("%H:%M"));
                write!(f, "outside hours (works {hours} {timezone}, it is {day} {time} there)")
            }
            WhyNot::NotSeen { since, limit } => write!(f, "not seen since {since}, more than {} ago", span(*limit)),
            WhyNot::Full { open, capacity } => write!(f, "at capacity ({open} of {capacity} open leads)"),
            WhyNot::DayFull { today, daily } => write!(f, "at the daily limit ({today} of {daily} new leads today)"),
        }
    }
}

/// A day off is over when the next day begins, and people say its last day.
fn by_calendar(f: &mut fmt::Formatter<'_>, until: DateTime, timezone: &str) -> fmt::Result {
    match until.date().yesterday() {
        Ok(last) if until.time() == Time::midnight() => write!(f, "away until {last}, by calendar"),
        _ => write!(f, "out of office until {} {timezone}, by calendar", until.strftime("%Y-%m-%d %H:%M")),
    }
}

/// `24 hours`, `90 minutes`
fn span(seconds: u64) -> String {
    let units = [(24 * 60 * 60, "day"), (60 * 60, "hour"), (60, "minute")];
    let whole =
        units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit) && (seconds / unit > 1 || *unit < 3600));
    let (unit, name) = whole.unwrap_or((1, "second"));
    let number = seconds / unit;
    if number == 1 { format!("1 {name}") } else { format!("{number} {name}s") }
}

impl fmt::Display for Nobody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Nobody::Blank => f.write_str("its cell is blank"),
            Nobody::Stranger { name } => write!(f, "{name} is not in the roster"),
            Nobody::NoManager { rep } => write!(f, "{rep} has no manager"),
            Nobody::NotARep => f.write_str("only a rep has a manager"),
        }
    }
}

impl fmt::Display for WhyNever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyNever::Left { since } => write!(f, "left on {since}"),
            WhyNever::LacksSkill { skill } => write!(f, "lacks skill {skill}"),
            WhyNever::WeightZero => f.write_str("weight zero"),
            WhyNever::NoCapacity => f.write_str("capacity zero"),
            WhyNever::NoDaily => f.write_str("daily zero"),
            WhyNever::NoHours => f.write_str("no working hours"),
        }
    }
}

impl fmt::Display for WhyDry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyDry::Never(why) => why.fmt(f),
            WhyDry::Missing(why) => why.fmt(f),
            WhyDry::Capacity(capacity) => write!(f, "may have {capacity} open leads"),
            WhyDry::Daily(daily) => write!(f, "may have got {daily} leads that day"),
        }
    }
}

fn short(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}
