//! The policy's alerts, held against the leads.
//!
//! An alert measures the leads that its own condition lets through, so its figure may differ from the
//! report's. Shares are compared as whole numbers and not as fractions: 7 of 100 is not more than 7 %.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::figures::{Checked, Response, State, TeamLine, Times, Unit};
use super::measure;
use super::tally::{Tallied, Tally};
use crate::ids::TeamId;
use crate::policy::{Alert, Metric, Order, Percentile};

/// What was measured for one alert.
struct Measured {
    value: Option<f64>,
    crossed: bool,
    leads: u64,
    of: u64,
    waiting: u64,
    why: Option<&'static str>,
}

pub(super) fn check(tally: &Tally<'_>, teams: &[TeamLine], response: Option<&Response>) -> Vec<Checked> {
    let alerts = tally.project.alerts.iter().zip(&tally.selected);
    alerts.map(|(alert, selected)| checked(tally, alert, selected.as_deref(), teams, response)).collect()
}

fn checked(
    tally: &Tally<'_>,
    alert: &Alert,
    selected: Option<&[usize]>,
    teams: &[TeamLine],
    response: Option<&Response>,
) -> Checked {
    let leads: Vec<&Tallied> = match selected {
        Some(selected) => selected.iter().map(|&lead| &tally.leads[lead]).collect(),
        None => tally.leads.iter().collect(),
    };
    let measured = match alert.metric {
        Metric::FallbackShare => share(alert, &leads, Tallied::is_fallback),
        Metric::UnreadCells => share(alert, &leads, |lead| lead.has_unread),
        Metric::Latency(of) => latency(tally, alert, of, &leads),
        Metric::ResponseTime(of) => response_time(tally, alert, of, &leads, response),
        Metric::Gini(team) => gini(tally, alert, team, selected, teams),
    };
    let state = match (measured.value, measured.crossed) {
        (None, _) => State::NotMeasured,
        (Some(_), true) => State::Crossed,
        (Some(_), false) => State::Kept,
    };
    Checked {
        text: alert.text.clone(),
        metric: in_words(tally, alert.metric),
        unit: unit(alert.metric),
        threshold: alert.threshold.normalize(),
        value: measured.value,
        state,
        leads: measured.leads,
        of: measured.of,
        waiting: measured.waiting,
        why: measured.why.filter(|_| measured.value.is_none()),
        span: alert.span,
    }
}

fn unit(metric: Metric) -> Unit {
    match metric {
        Metric::FallbackShare | Metric::UnreadCells => Unit::Percent,
        Metric::Latency(_) | Metric::ResponseTime(_) => Unit::Seconds,
        Metric::Gini(_) => Unit::Number,
    }
}

fn in_words(tally: &Tally<'_>, metric: Metric) -> String {
    let percentile = |of| if of == Percentile::Median { "median" } else { "90th percentile" };
    match metric {
        Metric::FallbackShare => "fallback share".to_owned(),
        Metric::UnreadCells => "share of leads with unread cells".to_owned(),
        Metric::Latency(of) => format!("latency ({})", percentile(of)),
        Metric::ResponseTime(of) => format!("response time ({})", percentile(of)),
        Metric::Gini(team) => format!("Gini coefficient of team {}", tally.project.roster.teams[team].name),
    }
}

/// Whether a value that compares so with the threshold crosses it.
fn crosses(order: Order, compared: Ordering) -> bool {
    match order {
        Order::Less => compared.is_lt(),
        Order::LessOrEqual => compared.is_le(),
        Order::Greater => compared.is_gt(),
        Order::GreaterOrEqual => compared.is_ge(),
    }
}

fn share(alert: &Alert, leads: &[&Tallied], has: impl Fn(&Tallied) -> bool) -> Measured {
    let of = leads.len() as u64;
    let count = leads.iter().filter(|lead| has(lead)).count() as u64;
    let hundred = Decimal::from(count) * Decimal::ONE_HUNDRED;
    Measured {
        value: measure::share(count, of).map(|share| share * 100.0),
        crossed: crosses(alert.order, hundred.cmp(&(alert.threshold * Decimal::from(of)))),
        leads: count,
        of,
        waiting: 0,
        why: Some("there is no lead to measure"),
    }
}

fn latency(tally: &Tally<'_>, alert: &Alert, of: Percentile, leads: &[&Tallied]) -> Measured {
    let times = leads.iter().filter_map(|lead| tally.latency(lead)).filter(|time| *time >= 0).collect();
    Measured { why: Some("no lead says when it came in and when it was assigned"), ..times_of(alert, of, times, 0) }
}

/// Not answering at all must not keep an alert quiet: a lead that still waits counts with the time it
/// has waited so far.
fn response_time(
    tally: &Tally<'_>,
    alert: &Alert,
    of: Percentile,
    leads: &[&Tallied],
    response: Option<&Response>,
) -> Measured {
    let Some(response) = response else {
        let nothing = times_of(alert, of, Vec::new(), 0);
        return Measured { why: Some("it takes a file of outcomes: `--outcomes FILE`"), ..nothing };
    };
    let due = || leads.iter().filter(|lead| lead.is_due());
    let answered = due().filter_map(|lead| lead.response(response.basis)).filter(|time| *time >= 0);
    let waiting: Vec<i64> =
        due().filter_map(|lead| lead.waiting(response.basis, tally.settings.now)).filter(|time| *time >= 0).collect();
    let beyond = waiting.iter().filter(|time| beyond(alert, **time)).count() as u64;
    let times = answered.chain(waiting).collect();
    Measured { why: Some("of no lead it is known when it came in"), ..times_of(alert, of, times, beyond) }
}

fn times_of(alert: &Alert, of: Percentile, times: Vec<i64>, waiting: u64) -> Measured {
    let times = Times::of(times);
    let share = if of == Percentile::Median { 0.5 } else { 0.9 };
    let value = times.percentile(share);
    let limit = alert.threshold.to_f64().unwrap_or(f64::MAX);
    Measured {
        value,
        crossed: value.is_some_and(|value| crosses(alert.order, value.total_cmp(&limit))),
        leads: times.milliseconds().iter().filter(|time| beyond(alert, **time)).count() as u64,
        of: times.count(),
        waiting,
        why: None,
    }
}

/// Whether a single time is on the wrong side of the threshold.
fn beyond(alert: &Alert, milliseconds: i64) -> bool {
    let limit = alert.threshold * Decimal::ONE_THOUSAND;
    crosses(alert.order, Decimal::from(milliseconds).cmp(&limit))
}

fn gini(tally: &Tally<'_>, alert: &Alert, team: TeamId, selected: Option<&[usize]>, teams: &[TeamLine]) -> Measured {
    let name = &tally.project.roster.teams[team].name;
    let some = selected.map(|selected| tally.team(team, tally.first_day(), selected));
    let line = some.as_ref().or_else(|| teams.iter().find(|line| line.team == *name));
    let (value, leads) = line.map_or((None, 0), |line| (line.gini, line.leads));
    let limit = alert.threshold.to_f64().unwrap_or(f64::MAX);
    Measured {
        value,
        crossed: value.is_some_and(|value| crosses(alert.order, value.total_cmp(&limit))),
        leads,
        of: leads,
        waiting: 0,
        why: Some("nobody got a lead by the team's turns"),
    }
}
