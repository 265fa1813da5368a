//! The people as the roster states them: reps, teams, working hours, limits.
//!
//! Read by `check::roster` from YAML; after that only ids are left.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::calendar::Calendar;
use crate::ids::{IdVec, RepId, TeamId};
use crate::source::Span;

#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub reps: IdVec<RepId, Rep>,
    pub teams: IdVec<TeamId, Team>,
    /// Days on which nobody works.
    pub holidays: Vec<Date>,
    /// `rules: unavailable_after`, in seconds: a rep not seen for longer takes no leads.
    pub unavailable_after: Option<u64>,
    /// `None` for a project without a roster.
    pub source: Option<RosterSource>,
}

/// Where a roster comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RosterSource {
    /// The file's name in the policy.
    pub named: Span,
    /// The whole file.
    pub file: Span,
}

#[derive(Clone, Debug)]
pub struct Rep {
    /// The name policies use, e.g. `ana`.
    pub name: String,
    pub full_name: Option<String>,
    pub email: Option<String>,
    pub crm_id: Option<String>,
    pub manager: Option<RepId>,
    /// Share in rotations by weight, at least zero; 1 where the roster is silent.
    pub weight: Decimal,
    /// Open leads at most.
    pub capacity: Option<u32>,
    /// New leads a day (in the rep's time zone) at most.
    pub daily: Option<u32>,
    pub skills: Vec<String>,
    pub timezone: TimeZone,
    /// When absent the rep works around the clock.
    pub hours: Option<Hours>,
    pub away: Vec<DateRange>,
    pub calendar: Option<NamedCalendar>,
    /// Open leads at the start.
    pub open: u32,
    pub last_seen: Option<Timestamp>,
    /// The first day on which the rep no longer works here.
    pub left: Option<Date>,
    pub span: Span,
}

/// A calendar file that the roster names, and what it says.
#[derive(Clone, Debug)]
pub struct NamedCalendar {
    pub path: String,
    /// Where the roster names it.
    pub span: Span,
    /// Shared by all who name the same file; empty until that file was read.
    pub calendar: Arc<Calendar>,
}

/// Days, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateRange {
    pub first: Date,
    pub last: Date,
}

/// Working hours of a week: for each day the spans from a start to an end, `start < end`; an end of
/// 24:00 is written as `None`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hours {
    days: [Vec<(Time, Option<Time>)>; 7],
}

#[derive(Clone, Debug)]
pub struct Team {
    pub name: String,
    pub members: Vec<Member>,
    /// A member who was away makes up for it.
    pub catch_up: bool,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    pub rep: RepId,
    /// Weight in this team, where it differs from the rep's own.
    pub weight: Option<Decimal>,
}

impl Roster {
    pub fn rep_named(&self, name: &str) -> Option<RepId> {
        self.reps.find(|rep| rep.name == name)
    }

    pub fn team_named(&self, name: &str) -> Option<TeamId> {
        self.teams.find(|team| team.name == name)
    }

    /// A member's share in rotations by weight.
    pub fn weight(&self, member: Member) -> Decimal {
        member.weight.unwrap_or(self.reps[member.rep].weight)
    }
}

impl Hours {
    /// Adds a span of working time to a day.
    pub fn add(&mut self, day: Weekday, start: Time, end: Option<Time>) {
        self.days[day.to_monday_zero_offset() as usize].push((start, end));
    }

    pub fn on(&self, day: Weekday) -> &[(Time, Option<Time>)] {
        &self.days[day.to_monday_zero_offset() as usize]
    }

    /// Whether a moment of the week lies inside; a start is included, an end is not.
    pub fn include(&self, day: Weekday, time: Time) -> bool {
        self.on(day).iter().any(|&(start, end)| start <= time && end.is_none_or(|end| time < end))
    }

    /// Whether there is any working time at all.
    pub fn is_empty(&self) -> bool {
        self.days.iter().all(Vec::is_empty)
    }
}

impl fmt::Display for Hours {
    /// `Mon-Thu 09:00-12:00, 13:00-18:00; Fri 09:00-24:00`, as a roster may write it; days that are alike
    /// stand together.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let span = |(start, end): &(Time, Option<Time>)| {
            let end = end.map_or_else(|| "24:00".to_owned(), |end| end.strftime("%H:%M").to_string());
            format!("{}-{end}", start.strftime("%H:%M"))
        };
        let mut first = 0;
        let mut parts: Vec<String> = Vec::new();
        for alike in self.days.chunk_by(|day, next| day == next) {
            let last = first + alike.len() - 1;
            let days =
                if first == last { NAMES[first].to_owned() } else { format!("{}-{}", NAMES[first], NAMES[last]) };
            let spans: Vec<String> = alike[0].iter().map(span).collect();
            if !spans.is_empty() {
                parts.push(format!("{days} {}", spans.join(", ")));
            }
            first = last + 1;
        }
        f.write_str(&parts.join("; "))
    }
}

impl DateRange {
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}
