//! Assignments, one after the other → a [`Report`].
//!
//! Percentiles need all values, and which moment the days are counted by is known at the end only, so
//! each lead leaves a few dozen bytes; everything is worked out from those in [`Tally::finish`].

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rustc_hash::FxHashMap;

use super::figures::{
    Basis, Day, Kinds, MemberLine, Period, RepLine, Report, Response, RouteTypeLine, RouteTypes, TeamLine, Times,
    Unread, Week, Yield,
};
use super::turns::{Turn, Turns, Way};
use super::{Assigned, Kind, Outcome, Outcomes, alerts, measure};
use crate::ids::{FieldId, IdVec, RepId, TeamId};
use crate::plan::{self, Facts};
use crate::policy::Project;

/// What the input does not say.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The moment of the report: leads that nobody contacted have waited until now.
    pub now: Timestamp,
    /// When leads were assigned that do not say so themselves.
    pub routed_at: Option<Timestamp>,
}

/// Remarks of one kind that are made in full.
const REMARKS: usize = 10;
/// Days and weeks without leads are listed as such up to this many days, which no true period exceeds.
const LONGEST: usize = 3_700;

const ROUTE_TYPES: [Option<&str>; 5] = [Some("account"), Some("territory"), Some("segment"), Some("fallback"), None];
pub(super) const FALLBACK: usize = 3;

/// Takes assignments and counts them.
pub struct Tally<'p> {
    pub(super) project: &'p Project,
    pub(super) settings: Settings,
    outcomes: Option<Outcomes>,
    turns: Turns<'p>,
    /// Ids seen.
    seen: FxHashMap<Box<str>, u64>,
    pub(super) leads: Vec<Tallied>,
    /// Names of reps, queues and owners, in order of appearance.
    names: IndexMap<Box<str>, ()>,
    /// Turns, in order of appearance.
    ways: IndexMap<Turn, ()>,
    unread: IdVec<FieldId, u64>,
    /// For each alert with a condition, the leads that satisfy it.
    pub(super) selected: Vec<Option<Vec<usize>>>,
    repeated: u64,
    unknown_rules: IndexMap<String, u64>,
    malformed: Vec<String>,
    malformed_more: u64,
}

/// What is kept of a lead.
#[derive(Clone, Debug)]
pub(super) struct Tallied {
    name: u32,
    pub kind: Kind,
    turn: Option<u32>,
    /// Turns that it took before it moved on, and whose they were.
    earlier: Box<[Taken]>,
    pub route_type: u8,
    pub captured: Option<Timestamp>,
    assigned: Option<Timestamp>,
    pub has_unread: bool,
    pub outcome: Option<Outcome>,
}

impl Tally<'_> {
    /// Where no lead says any moment of its own, the one at which all were routed is when they were assigned.
    fn date_by_routing(&mut self) {
        if self.leads.iter().all(|lead| lead.captured.is_none() && lead.assigned.is_none()) {
            self.leads.iter_mut().for_each(|lead| lead.assigned = self.settings.routed_at);
        }
    }
}

/// A turn that a lead took, and the name of whoever had it by that.
#[derive(Clone, Copy, Debug)]
struct Taken {
    turn: u32,
    name: u32,
}

impl<'p> Tally<'p> {
    /// `outcomes` are what became of the leads, where that is known.
    pub fn new(project: &'p Project, settings: Settings, outcomes: Option<Outcomes>) -> Tally<'p> {
        Tally {
            project,
            settings,
            outcomes,
            turns: Turns::of(project),
            seen: FxHashMap::default(),
            leads: Vec::new(),
            names: IndexMap::new(),
            ways: IndexMap::new(),
            unread: IdVec::from(vec![0; project.lead.fields.len()]),
            selected: project.alerts.iter().map(|alert| alert.only.as_ref().map(|_| Vec::new())).collect(),
            repeated: 0,
            unknown_rules: IndexMap::new(),
            malformed: Vec::new(),
            malformed_more: 0,
        }
    }

    /// Counts an assignment. An id that was counted before is not counted again.
    pub fn add(&mut self, assigned: &Assigned) {
        if !assigned.id.is_empty() {
            if let Some(times) = self.seen.get_mut(assigned.id.as_str()) {
                *times += 1;
                self.repeated += 1;
                return;
            }
            self.seen.insert(assigned.id.as_str().into(), 1);
        }
        self.select(assigned);
        for cell in &assigned.lead.unread {
            self.unread[cell.field] += 1;
        }
        let turn = self.turn(assigned);
        let earlier = self.earlier(assigned);
        let name = index_of(&mut self.names, assigned.assigned_to.as_str().into());
        let outcome = self.outcomes.as_mut().and_then(|outcomes| outcomes.of(&assigned.id));
        self.leads.push(Tallied {
            name,
            kind: assigned.kind,
            turn,
            earlier,
            route_type: route_type(&assigned.route_type),
            captured: assigned.captured_at,
            assigned: assigned.assigned_at,
            has_unread: !assigned.lead.unread.is_empty(),
            outcome,
        });
    }

    /// Notes a row that is no assignment; `why` is a sentence that names its line.
    pub fn skip(&mut self, why: String) {
        if self.malformed.len() < REMARKS { self.malformed.push(why) } else { self.malformed_more += 1 }
    }

    /// All figures.
    pub fn finish(mut self) -> Report {
        self.date_by_routing();
        let basis = self.basis();
        let period = self.period(basis);
        let response = self.response();
        let teams = self.teams(period);
        let days = self.days(period);
        let fallback = self.leads.iter().filter(|lead| lead.is_fallback()).count() as u64;
        Report {
            leads: self.leads.len() as u64,
            kinds: self.kinds(),
            period,
            undated: self.leads.iter().filter(|lead| lead.moment(basis).is_none()).count() as u64,
            weeks: weeks(&days),
            days,
            reps: self.reps(&teams, response.as_ref()),
            queues: self.queues(),
            route_types: self.route_types(response.as_ref()),
            fallback_share: measure::share(fallback, self.leads.len() as u64),
            latency: Times::of(self.latencies().collect()),
            unread: self.unread(),
            alerts: alerts::check(&self, &teams, response.as_ref()),
            remarks: self.remarks(response.as_ref()),
            response,
            teams,
        }
    }
}

// --- Taking a lead in -----------------------------------------------------------------------------

impl Tally<'_> {
    /// Remembers which alerts look at the lead.
    fn select(&mut self, assigned: &Assigned) {
        let facts = Facts::new(self.project, &assigned.lead);
        for (alert, selected) in self.project.alerts.iter().zip(&mut self.selected) {
            if let (Some(only), Some(selected)) = (&alert.only, selected)
                && plan::holds(only, &facts, &mut ())
            {
                selected.push(self.leads.len());
            }
        }
    }

    fn turn(&mut self, assigned: &Assigned) -> Option<u32> {
        match self.turns.way(assigned) {
            Way::Turn(turn) => Some(index_of(&mut self.ways, turn)),
            Way::Other => None,
            Way::UnknownRule => {
                *self.unknown_rules.entry(format!("{}.{}", assigned.policy, assigned.rule)).or_insert(0) += 1;
                None
            }
        }
    }
}

impl Tally<'_> {
    fn earlier(&mut self, assigned: &Assigned) -> Box<[Taken]> {
        let turns = assigned.earlier.iter().filter_map(|earlier| {
            let then = Assigned {
                assigned_to: earlier.assigned_to.clone(),
                kind: Kind::Rep,
                team: Some(earlier.team.clone()),
                policy: earlier.policy.clone(),
                rule: earlier.rule.clone(),
                earlier: Vec::new(),
                ..assigned.clone()
            };
            let turn = self.turn(&then)?;
            let name = index_of(&mut self.names, then.assigned_to.into());
            Some(Taken { turn, name })
        });
        turns.collect()
    }
}

fn index_of<T: std::hash::Hash + Eq>(known: &mut IndexMap<T, ()>, item: T) -> u32 {
    let (index, _) = known.insert_full(item, ());
    u32::try_from(index).expect("names are fewer than bytes of the sources")
}

fn route_type(name: &str) -> u8 {
    let found = ROUTE_TYPES.iter().position(|known| *known == Some(name));
    found.unwrap_or(ROUTE_TYPES.len() - 1) as u8
}

impl Tallied {
    /// Every turn that the lead took: which, and the name of whoever had it by that.
    fn turns(&self) -> impl Iterator<Item = (u32, u32)> {
        let earlier = self.earlier.iter().map(|earlier| (earlier.turn, earlier.name));
        earlier.chain(self.turn.map(|turn| (turn, self.name)))
    }

    pub fn is_fallback(&self) -> bool {
        usize::from(self.route_type) == FALLBACK
    }

    fn moment(&self, basis: Basis) -> Option<Timestamp> {
        match basis {
            Basis::Assignment => self.assigned,
            Basis::Capture => self.captured,
        }
    }

    /// From the lead's moment to its first contact, in milliseconds.
    pub fn response(&self, basis: Basis) -> Option<i64> {
        Some(milliseconds(self.moment(basis)?, self.outcome?.first_contact_at?))
    }

    /// How long the lead has waited for its first contact, if nobody contacted it.
    pub fn waiting(&self, basis: Basis, now: Timestamp) -> Option<i64> {
        let contacted = self.outcome.is_some_and(|outcome| outcome.first_contact_at.is_some());
        if contacted { None } else { Some(milliseconds(self.moment(basis)?, now)) }
    }

    /// Whether somebody was to contact the lead.
    pub fn is_due(&self) -> bool {
        self.kind != Kind::Reject
    }
}

fn milliseconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond() - from.as_millisecond()
}

// --- Days and weeks -------------------------------------------------------------------------------

impl Tally<'_> {
    /// Days are those of the assignment if the leads say when that was, else those of the capture.
    fn basis(&self) -> Basis {
        if self.leads.iter().any(|lead| lead.assigned.is_some()) { Basis::Assignment } else { Basis::Capture }
    }

    fn dated(&self, basis: Basis) -> impl Iterator<Item = (Date, &Tallied)> {
        let day = move |moment: Timestamp| moment.to_zoned(self.project.timezone.clone()).date();
        self.leads.iter().filter_map(move |lead| Some((day(lead.moment(basis)?), lead)))
    }

    pub(super) fn first_day(&self) -> Option<Date> {
        self.period(self.basis()).map(|period| period.first)
    }

    fn period(&self, basis: Basis) -> Option<Period> {
        let first = self.dated(basis).map(|(day, _)| day).min()?;
        let last = self.dated(basis).map(|(day, _)| day).max()?;
        Some(Period { first, last, basis })
    }

    /// Every day of the period, those without leads too.
    fn days(&self, period: Option<Period>) -> Vec<Day> {
        let Some(Period { first, last, basis }) = period else { return Vec::new() };
        let mut days: BTreeMap<Date, RouteTypes> = BTreeMap::new();
        for (date, lead) in self.dated(basis) {
            days.entry(date).or_default()[usize::from(lead.route_type)] += 1;
        }
        let all = first.series(1.day()).take(LONGEST).take_while(|date| *date <= last);
        for date in all {
            days.entry(date).or_default();
        }
        days.into_iter().map(|(date, route_types)| Day { date, route_types }).collect()
    }
}

fn weeks(days: &[Day]) -> Vec<Week> {
    let mut weeks: BTreeMap<Date, RouteTypes> = BTreeMap::new();
    for day in days {
        let week = weeks.entry(monday(day.date)).or_default();
        for (sum, leads) in week.iter_mut().zip(day.route_types) {
            *sum += leads;
        }
    }
    weeks.into_iter().map(|(monday, route_types)| Week { monday, route_types }).collect()
}

fn monday(day: Date) -> Date {
    let week = day.iso_week_date();
    jiff::civil::ISOWeekDate::new(week.year(), week.week(), Weekday::Monday).map_or(day, |monday| monday.date())
}

// --- Who got what ---------------------------------------------------------------------------------

impl Tally<'_> {
    fn kinds(&self) -> Kinds {
        let count = |kind| self.leads.iter().filter(|lead| lead.kind == kind).count() as u64;
        Kinds { rep: count(Kind::Rep), queue: count(Kind::Queue), keep: count(Kind::Keep), reject: count(Kind::Reject) }
    }

    fn reps(&self, teams: &[TeamLine], response: Option<&Response>) -> Vec<RepLine> {
        let mut by_name: IndexMap<&str, Vec<&Tallied>> = IndexMap::new();
        for lead in self.leads.iter().filter(|lead| lead.kind == Kind::Rep) {
            by_name.entry(self.name(lead)).or_default().push(lead);
        }
        for member in teams.iter().filter(|team| team.leads > 0).flat_map(|team| &team.members) {
            by_name.entry(&member.rep).or_default();
        }
        let moved_on = self.moved_on();
        let line = |(name, leads): (&str, Vec<&Tallied>)| {
            let moved_on = self.names.get_index_of(name).and_then(|name| moved_on.get(&name)).copied();
            self.rep(name, &leads, moved_on.unwrap_or_default(), teams, response)
        };
        let mut reps: Vec<RepLine> = by_name.into_iter().map(line).collect();
        reps.sort_by(|one, other| other.leads.cmp(&one.leads).then_with(|| one.rep.cmp(&other.rep)));
        reps
    }

    fn rep(
        &self,
        name: &str,
        leads: &[&Tallied],
        moved_on: u64,
        teams: &[TeamLine],
        response: Option<&Response>,
    ) -> RepLine {
        let known = self.turns.rep(name).map(|rep| &self.project.roster.reps[rep]);
        let memberships = teams.iter().filter(|team| team.leads > 0).flat_map(|team| &team.members);
        let shares: Vec<f64> =
            memberships.filter(|member| member.rep == name).map(|member| member.fair_share).collect();
        let by_turns = leads.iter().filter(|lead| lead.turn.is_some()).count() as u64;
        RepLine {
            rep: name.to_owned(),
            full_name: known.and_then(|rep| rep.full_name.clone()),
            in_roster: known.is_some(),
            leads: leads.len() as u64,
            by_turns,
            turns: by_turns + moved_on,
            fair_share: (!shares.is_empty()).then(|| shares.iter().sum()),
            outcome: self.outcome_of(leads.iter().copied(), response),
        }
    }

    /// By the place of a rep's name, turns by which the rep had leads that are elsewhere now.
    fn moved_on(&self) -> FxHashMap<usize, u64> {
        let mut turns = FxHashMap::default();
        for earlier in self.leads.iter().flat_map(|lead| &lead.earlier) {
            *turns.entry(earlier.name as usize).or_default() += 1;
        }
        turns
    }

    fn name(&self, lead: &Tallied) -> &str {
        self.names.get_index(lead.name as usize).map_or("", |(name, ())| name)
    }

    fn queues(&self) -> Vec<(String, u64)> {
        let mut queues: IndexMap<&str, u64> = IndexMap::new();
        for lead in self.leads.iter().filter(|lead| lead.kind == Kind::Queue) {
            *queues.entry(self.name(lead)).or_insert(0) += 1;
        }
        let mut queues: Vec<(String, u64)> = queues.into_iter().map(|(name, leads)| (name.to_owned(), leads)).collect();
        queues.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        queues
    }

    fn route_types(&self, response: Option<&Response>) -> Vec<RouteTypeLine> {
        let all = self.leads.len() as u64;
        let line = |(index, name): (usize, &Option<&'static str>)| {
            let leads = || self.leads.iter().filter(move |lead| usize::from(lead.route_type) == index);
            let count = leads().count() as u64;
            let outcome = self.outcome_of(leads(), response);
            RouteTypeLine { name: *name, leads: count, share: measure::share(count, all), outcome }
        };
        ROUTE_TYPES.iter().enumerate().map(line).collect()
    }
}

// --- Teams ----------------------------------------------------------------------------------------

impl Tally<'_> {
    fn teams(&self, period: Option<Period>) -> Vec<TeamLine> {
        let all: Vec<usize> = (0..self.leads.len()).collect();
        let teams = self.project.roster.teams.iter_with_ids();
        teams.map(|(team, _)| self.team(team, period.map(|period| period.first), &all)).collect()
    }

    /// A team by some of the leads. Whoever had left before the first day is not of the team.
    pub(super) fn team(&self, team: TeamId, first: Option<Date>, leads: &[usize]) -> TeamLine {
        let roster = &self.project.roster;
        let is_here = |rep: RepId| match (roster.reps[rep].left, first) {
            (Some(left), Some(first)) => left > first,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let counts = self.leads_by_turn(team, leads);
        let mut shares: BTreeMap<RepId, (u64, f64)> = BTreeMap::new();
        for (turn, by_rep) in &counts {
            let members: Vec<_> = turn
                .members(self.project)
                .filter(|member| is_here(member.rep) || by_rep.contains_key(&member.rep))
                .collect();
            let all: Decimal = members.iter().map(|member| turn.weight(self.project, *member)).sum();
            let total: u64 = by_rep.values().sum();
            for member in members {
                let weight = turn.weight(self.project, member);
                let part = if all.is_zero() { 0.0 } else { (weight / all).to_f64().unwrap_or_default() };
                let share = shares.entry(member.rep).or_default();
                share.0 += by_rep.get(&member.rep).copied().unwrap_or(0);
                share.1 += total as f64 * part;
            }
        }
        let members = roster.teams[team].members.iter();
        let members = members.filter(|member| is_here(member.rep) || shares.contains_key(&member.rep)).map(|member| {
            let (leads, fair_share) = shares.get(&member.rep).copied().unwrap_or_default();
            let rep = roster.reps[member.rep].name.clone();
            MemberLine { rep, weight: roster.weight(*member), leads, fair_share }
        });
        team_line(roster.teams[team].name.clone(), members.collect())
    }

    /// Leads by the team's turns, each as rep → leads. A turn counts whoever has the lead now.
    fn leads_by_turn(&self, team: TeamId, leads: &[usize]) -> BTreeMap<&Turn, BTreeMap<RepId, u64>> {
        let mut counts: BTreeMap<&Turn, BTreeMap<RepId, u64>> = BTreeMap::new();
        for (turn, name) in leads.iter().flat_map(|&lead| self.leads[lead].turns()) {
            let turn = self.ways.get_index(turn as usize).map(|(turn, ())| turn);
            let rep = self.names.get_index(name as usize).and_then(|(name, ())| self.turns.rep(name));
            if let (Some(turn), Some(rep)) = (turn.filter(|turn| turn.team == team), rep) {
                *counts.entry(turn).or_default().entry(rep).or_insert(0) += 1;
            }
        }
        counts
    }
}

/// The spread of a team: of everybody's leads relative to their share, scaled so that the unit is leads
/// at the team's average share.
fn team_line(team: String, members: Vec<MemberLine>) -> TeamLine {
    let leads: u64 = members.iter().map(|member| member.leads).sum();
    let sharing: Vec<&MemberLine> = members.iter().filter(|member| member.fair_share > 0.0).collect();
    let average = leads as f64 / sharing.len().max(1) as f64;
    let relative: Vec<f64> = sharing.iter().map(|member| member.leads as f64 / member.fair_share * average).collect();
    let standard_deviation = measure::standard_deviation(&relative);
    TeamLine { team, leads, standard_deviation, gini: measure::gini(&relative), members }
}

// --- Times ----------------------------------------------------------------------------------------

impl Tally<'_> {
    /// From capture to assignment; a lead that was assigned before it came in is left out.
    fn latencies(&self) -> impl Iterator<Item = i64> {
        self.leads.iter().filter_map(|lead| self.latency(lead)).filter(|latency| *latency >= 0)
    }

    pub(super) fn latency(&self, lead: &Tallied) -> Option<i64> {
        Some(milliseconds(lead.captured?, lead.assigned.or(self.settings.routed_at)?))
    }

    fn response(&self) -> Option<Response> {
        let outcomes = self.outcomes.as_ref()?;
        let captured = self.leads.iter().any(|lead| lead.captured.is_some());
        let basis = if captured { Basis::Capture } else { Basis::Assignment };
        let due = || self.leads.iter().filter(|lead| lead.is_due());
        let times = due().filter_map(|lead| lead.response(basis)).filter(|time| *time >= 0).collect();
        Some(Response {
            basis,
            due: due().filter(|lead| lead.moment(basis).is_some()).count() as u64,
            waiting: due().filter(|lead| lead.waiting(basis, self.settings.now).is_some()).count() as u64,
            times: Times::of(times),
            total: yield_of(self.leads.iter(), basis),
            unknown: outcomes.unasked(),
        })
    }

    fn outcome_of<'a>(&self, leads: impl Iterator<Item = &'a Tallied>, response: Option<&Response>) -> Yield {
        response.map(|response| yield_of(leads, response.basis)).unwrap_or_default()
    }
}

fn yield_of<'a>(leads: impl Iterator<Item = &'a Tallied>, basis: Basis) -> Yield {
    let mut sum = Yield::default();
    let mut times = Vec::new();
    for lead in leads {
        sum.leads += 1;
        let Some(outcome) = lead.outcome else { continue };
        sum.contacted += u64::from(outcome.first_contact_at.is_some());
        times.extend(lead.response(basis).filter(|time| *time >= 0));
        if outcome.converted_at.is_some() {
            sum.converted += 1;
            sum.value = sum.value.saturating_add(outcome.value.unwrap_or_default());
        }
    }
    Yield { times: Times::of(times), ..sum }
}

// --- What could not be read -----------------------------------------------------------------------

impl Tally<'_> {
    fn unread(&self) -> Unread {
        let leads = self.leads.iter().filter(|lead| lead.has_unread).count() as u64;
        let fields = self.unread.iter_with_ids().filter(|(_, cells)| **cells > 0);
        Unread {
            cells: self.unread.iter().sum(),
            leads,
            share: measure::share(leads, self.leads.len() as u64),
            by_field: fields.map(|(field, cells)| (self.project.lead.fields[field].name.clone(), *cells)).collect(),
        }
    }

    fn remarks(&self, response: Option<&Response>) -> Vec<String> {
        let mut remarks = self.malformed.clone();
        remarks.extend(more(self.malformed_more, "row is not read either", "rows are not read either"));
        remarks.extend(more(
            self.repeated,
            "row repeats the id of a lead that was counted",
            "rows repeat the id of a lead that was counted",
        ));
        for (rule, leads) in &self.unknown_rules {
            remarks.extend(more(
                *leads,
                &format!(
                    "lead was assigned by `{rule}`, which the policy does not have: whose turn it was is not known"
                ),
                &format!(
                    "leads were assigned by `{rule}`, which the policy does not have: whose turn it was is not known"
                ),
            ));
        }
        let early = self.leads.iter().filter_map(|lead| self.latency(lead)).filter(|time| *time < 0).count() as u64;
        remarks.extend(more(
            early,
            "lead was assigned before it came in: it is left out of the latency",
            "leads were assigned before they came in: they are left out of the latency",
        ));
        if let (Some(response), Some(outcomes)) = (response, &self.outcomes) {
            remarks.extend(self.outcome_remarks(response, outcomes));
        }
        remarks
    }

    fn outcome_remarks(&self, response: &Response, outcomes: &Outcomes) -> Vec<String> {
        let mut remarks: Vec<String> = outcomes.remarks().iter().take(REMARKS).cloned().collect();
        let rest = outcomes.remarks().len().saturating_sub(REMARKS) as u64;
        remarks.extend(more(
            rest,
            "more line of the outcomes has something wrong",
            "more lines of the outcomes have something wrong",
        ));
        remarks.extend(more(
            response.unknown,
            "outcome is of a lead that was not assigned here",
            "outcomes are of leads that were not assigned here",
        ));
        let early = self.leads.iter().filter_map(|lead| lead.response(response.basis)).filter(|time| *time < 0);
        remarks.extend(more(
            early.count() as u64,
            "lead was contacted before it came in: it is left out of the response time",
            "leads were contacted before they came in: they are left out of the response time",
        ));
        remarks
    }
}

fn more(count: u64, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    }
}
