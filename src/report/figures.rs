//! What a report says, as plain data. Every `Option` is a figure that may mean nothing: no leads to
//! measure, nothing known of the time, a team of nobody.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::measure;
use crate::source::Span;

/// All figures of a report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Leads that count: each id once.
    pub leads: u64,
    pub kinds: Kinds,
    /// First and last day; `None` if nothing is known of the time of any lead.
    pub period: Option<Period>,
    /// Leads of which the day is not known.
    pub undated: u64,
    pub days: Vec<Day>,
    pub weeks: Vec<Week>,
    /// Those with most leads first; members of teams without any are last.
    pub reps: Vec<RepLine>,
    /// Queue → leads, the fullest first.
    pub queues: Vec<(String, u64)>,
    pub teams: Vec<TeamLine>,
    pub route_types: Vec<RouteTypeLine>,
    /// Leads decided by policies marked `fallback`, of all; from 0 to 1.
    pub fallback_share: Option<f64>,
    /// From capture to assignment.
    pub latency: Times,
    pub unread: Unread,
    /// `None` without a file of outcomes.
    pub response: Option<Response>,
    /// In the order of the policy.
    pub alerts: Vec<Checked>,
    /// What somebody should know of the input, a sentence each.
    pub remarks: Vec<String>,
}

/// Leads by what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kinds {
    pub rep: u64,
    pub queue: u64,
    pub keep: u64,
    pub reject: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    pub first: Date,
    pub last: Date,
    /// Which moment's day it is that is counted.
    pub basis: Basis,
}

/// Which of a lead's moments counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    Assignment,
    Capture,
}

/// Leads by route type: account, territory, segment, fallback, and those with none.
pub type RouteTypes = [u64; 5];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    pub date: Date,
    pub route_types: RouteTypes,
}

/// A week from Monday to Sunday (ISO 8601).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Week {
    pub monday: Date,
    pub route_types: RouteTypes,
}

#[derive(Clone, Debug)]
pub struct RepLine {
    /// As the policy names them.
    pub rep: String,
    pub full_name: Option<String>,
    /// Not everybody who got leads is still in the roster.
    pub in_roster: bool,
    pub leads: u64,
    /// Of these, by a team's turns; the others by name, as an owner or as a manager.
    pub by_turns: u64,
    /// Turns taken, those of leads included that have moved on since: what a fair share is compared with.
    pub turns: u64,
    /// What the teams' turns should have brought them; `None` if they are in no team that had leads.
    pub fair_share: Option<f64>,
    pub outcome: Yield,
}

#[derive(Clone, Debug)]
pub struct TeamLine {
    pub team: String,
    /// Leads that somebody got by the team's turns.
    pub leads: u64,
    /// Of the members' leads at the team's average share, in leads.
    pub standard_deviation: Option<f64>,
    /// Of the members' leads relative to their share, from 0 to 1.
    pub gini: Option<f64>,
    pub members: Vec<MemberLine>,
}

#[derive(Clone, Debug)]
pub struct MemberLine {
    pub rep: String,
    /// The weight in this team, as the roster has it.
    pub weight: Decimal,
    pub leads: u64,
    pub fair_share: f64,
}

#[derive(Clone, Debug)]
pub struct RouteTypeLine {
    /// `None` for policies without a mark.
    pub name: Option<&'static str>,
    pub leads: u64,
    pub share: Option<f64>,
    pub outcome: Yield,
}

/// What became of leads, by the file of outcomes.
#[derive(Clone, Debug, Default)]
pub struct Yield {
    pub leads: u64,
    pub contacted: u64,
    pub times: Times,
    pub converted: u64,
    pub value: Decimal,
}

/// Durations in milliseconds, sorted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Times(Vec<i64>);

/// Cells that do not fit their field's type.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Unread {
    pub cells: u64,
    /// Leads with at least one.
    pub leads: u64,
    /// Of all leads, from 0 to 1.
    pub share: Option<f64>,
    /// Field → cells, in the order of the lead block.
    pub by_field: Vec<(String, u64)>,
}

/// What followed the assignments.
#[derive(Clone, Debug)]
pub struct Response {
    /// From which moment the time to the first contact runs.
    pub basis: Basis,
    /// Leads that somebody was to contact, and of which it is known since when.
    pub due: u64,
    /// Of these, not contacted yet.
    pub waiting: u64,
    /// From that moment to the first contact.
    pub times: Times,
    /// All leads together.
    pub total: Yield,
    /// Leads in the file of outcomes that were not assigned.
    pub unknown: u64,
}

/// An alert of the policy, held against the figures.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// As the policy writes it, without `alert when`.
    pub text: String,
    /// What is measured, in words: `latency (90th percentile)`.
    pub metric: String,
    pub unit: Unit,
    pub threshold: Decimal,
    /// In the unit of the threshold; `None` if there was nothing to measure.
    pub value: Option<f64>,
    pub state: State,
    /// Leads that make it so: those of the fallback, those with unread cells, those beyond the time,
    /// those of the team.
    pub leads: u64,
    /// Leads that were measured.
    pub of: u64,
    /// Of `leads`, those still waiting for a first contact.
    pub waiting: u64,
    /// Why there was nothing to measure.
    pub why: Option<&'static str>,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Percent,
    Seconds,
    Number,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Crossed,
    Kept,
    NotMeasured,
}

impl Report {
    /// Alerts that are crossed.
    pub fn crossed(&self) -> impl Iterator<Item = &Checked> {
        self.alerts.iter().filter(|alert| alert.state == State::Crossed)
    }
}

impl Day {
    pub fn leads(&self) -> u64 {
        self.route_types.iter().sum()
    }
}

impl Week {
    pub fn leads(&self) -> u64 {
        self.route_types.iter().sum()
    }

    /// `2026-W47`
    pub fn name(&self) -> String {
        let week = self.monday.iso_week_date();
        format!("{:04}-W{:02}", week.year(), week.week())
    }
}

impl Yield {
    /// Converted leads of all, from 0 to 1.
    pub fn conversion(&self) -> Option<f64> {
        measure::share(self.converted, self.leads)
    }
}

impl Response {
    /// Leads contacted within five minutes of all that somebody was to contact, from 0 to 1.
    pub fn within_five_minutes(&self) -> Option<f64> {
        measure::share(self.times.within(300), self.due)
    }
}

impl Times {
    pub fn of(mut milliseconds: Vec<i64>) -> Times {
        milliseconds.sort_unstable();
        Times(milliseconds)
    }

    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// In seconds.
    pub fn median(&self) -> Option<f64> {
        self.percentile(0.5)
    }

    /// In seconds.
    pub fn ninetieth(&self) -> Option<f64> {
        self.percentile(0.9)
    }

    pub fn percentile(&self, share: f64) -> Option<f64> {
        measure::percentile(&self.0, share).map(|milliseconds| milliseconds / 1000.0)
    }

    /// How many are no longer than so many seconds.
    pub fn within(&self, seconds: i64) -> u64 {
        self.0.partition_point(|time| *time <= seconds * 1000) as u64
    }

    /// Those no longer than so many seconds, as a share of all.
    pub fn share_within(&self, seconds: i64) -> Option<f64> {
        measure::share(self.within(seconds), self.count())
    }

    /// How many lie between the limits (in seconds, rising): up to the first, up to the second, …,
    /// above the last.
    pub fn histogram(&self, limits: &[i64]) -> Vec<u64> {
        let mut below = 0;
        let mut counts: Vec<u64> = Vec::with_capacity(limits.len() + 1);
        for &limit in limits {
            let within = self.within(limit);
            counts.push(within - below);
            below = within;
        }
        counts.push(self.count() - below);
        counts
    }

    /// In milliseconds, the shortest first.
    pub fn milliseconds(&self) -> &[i64] {
        &self.0
    }
}
