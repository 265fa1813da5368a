//! Why somebody, or a whole destination, does not get the lead; the one place where that is worded.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

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
    /// The moment as the rep's own clock shows it.
    OutsideHours {
        day: Weekday,
        time: Time,
        timezone: String,
    },
    NotSeen {
        since: Timestamp,
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
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// Why a rep cannot take a lead at some time from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhySometimesNot {
    Never(WhyNever),
    Leaves {
        on: Date,
    },
    Capacity(u32),
    Daily(u32),
    Hours,
    Away {
        from: Date,
    },
    Holiday {
        day: Date,
    },
    /// The calendar may hold absences.
    Calendar,
    /// Last seen, with `unavailable_after` in force.
    Unseen,
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyNot::Left { since } => write!(f, "left on {since}"),
            WhyNot::LacksSkill { skill } => write!(f, "lacks skill {skill}"),
            WhyNot::WeightZero => f.write_str("weight zero"),
            WhyNot::Away { until } => write!(f, "away until {until}"),
            WhyNot::Holiday { day } => write!(f, "holiday on {day}"),
            WhyNot::OutsideHours { day, time, timezone } => {
                write!(f, "outside hours ({} {} in {timezone})", short(*day), time.strftime("%H:%M"))
            }
            WhyNot::NotSeen { since } => write!(f, "not seen since {since}"),
            WhyNot::Full { open, capacity } => write!(f, "at capacity {open} of {capacity}"),
            WhyNot::DayFull { today, daily } => write!(f, "daily {today} of {daily}"),
        }
    }
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

impl fmt::Display for WhySometimesNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhySometimesNot::Never(why) => why.fmt(f),
            WhySometimesNot::Leaves { on } => write!(f, "leaves on {on}"),
            WhySometimesNot::Capacity(capacity) => write!(f, "may have {capacity} open leads"),
            WhySometimesNot::Daily(daily) => write!(f, "may have got {daily} leads that day"),
            WhySometimesNot::Hours => f.write_str("may be outside hours"),
            WhySometimesNot::Away { from } => write!(f, "away from {from}"),
            WhySometimesNot::Holiday { day } => write!(f, "holiday on {day}"),
            WhySometimesNot::Calendar => f.write_str("may be away by calendar"),
            WhySometimesNot::Unseen => f.write_str("may not have been seen"),
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
