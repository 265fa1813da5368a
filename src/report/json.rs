//! A report as JSON, version 1. Fields may be added, never changed or removed (docs/json.md).

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Setting;
use super::figures::{Basis, Checked, Report, Response, State, Times, Unit, Yield};
use crate::diagnostic::json::SpanV1;

/// The limits of the histograms, in seconds; above the last is one more.
pub const LATENCY_LIMITS: [i64; 8] = [1, 10, 60, 300, 900, 3_600, 14_400, 86_400];
pub const RESPONSE_LIMITS: [i64; 8] = [60, 300, 900, 3_600, 14_400, 86_400, 259_200, 604_800];

#[derive(Serialize)]
struct ReportV1<'a> {
    version: u32,
    command: &'static str,
    leads: u64,
    by_kind: IndexMap<&'static str, u64>,
    period: Option<PeriodV1<'a>>,
    undated: u64,
    reps: Vec<RepV1<'a>>,
    queues: IndexMap<&'a str, u64>,
    days: Vec<DayV1>,
    weeks: Vec<WeekV1>,
    teams: Vec<TeamV1<'a>>,
    route_types: Vec<RouteTypeV1>,
    fallback_share: Option<f64>,
    latency: LatencyV1,
    unread_cells: UnreadV1<'a>,
    outcomes: Option<OutcomesV1>,
    alerts: Vec<AlertV1<'a>>,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct PeriodV1<'a> {
    first: String,
    last: String,
    by: &'static str,
    timezone: Option<&'a str>,
}

#[derive(Serialize)]
struct RepV1<'a> {
    rep: &'a str,
    name: Option<&'a str>,
    in_roster: bool,
    leads: u64,
    by_turns: u64,
    turns: u64,
    fair_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: Option<YieldV1>,
}

#[derive(Serialize)]
struct DayV1 {
    day: String,
    leads: u64,
    by_route_type: IndexMap<&'static str, u64>,
}

#[derive(Serialize)]
struct WeekV1 {
    week: String,
    monday: String,
    leads: u64,
    by_route_type: IndexMap<&'static str, u64>,
}

#[derive(Serialize)]
struct TeamV1<'a> {
    team: &'a str,
    leads: u64,
    standard_deviation: Option<f64>,
    gini: Option<f64>,
    members: Vec<MemberV1<'a>>,
}

#[derive(Serialize)]
struct MemberV1<'a> {
    rep: &'a str,
    weight: Box<RawValue>,
    leads: u64,
    fair_share: f64,
}

#[derive(Serialize)]
struct RouteTypeV1 {
    route_type: &'static str,
    leads: u64,
    share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: Option<YieldV1>,
}

#[derive(Serialize)]
struct LatencyV1 {
    leads: u64,
    median_seconds: Option<f64>,
    p90_seconds: Option<f64>,
    within_10_seconds: Option<f64>,
    within_60_seconds: Option<f64>,
    histogram: Vec<BinV1>,
}

/// Leads up to a limit and beyond the one before; `null` is without end.
#[derive(Serialize)]
struct BinV1 {
    up_to_seconds: Option<i64>,
    leads: u64,
}

#[derive(Serialize)]
struct UnreadV1<'a> {
    cells: u64,
    leads: u64,
    share: Option<f64>,
    by_field: IndexMap<&'a str, u64>,
}

#[derive(Serialize)]
struct YieldV1 {
    contacted: u64,
    median_seconds: Option<f64>,
    p90_seconds: Option<f64>,
    converted: u64,
    conversion: Option<f64>,
    value: Box<RawValue>,
}

#[derive(Serialize)]
struct OutcomesV1 {
    from: &'static str,
    due: u64,
    not_contacted: u64,
    within_five_minutes: Option<f64>,
    histogram: Vec<BinV1>,
    unknown_leads: u64,
    #[serde(flatten)]
    total: YieldV1,
}

#[derive(Serialize)]
struct AlertV1<'a> {
    alert: &'a str,
    metric: &'a str,
    state: &'static str,
    value: Option<f64>,
    threshold: Box<RawValue>,
    unit: &'static str,
    leads: u64,
    of: u64,
    waiting: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    span: SpanV1,
}

pub fn render(report: &Report, setting: Setting<'_>) -> String {
    let kinds = report.kinds;
    let document = ReportV1 {
        version: 1,
        command: "report",
        leads: report.leads,
        by_kind: [("rep", kinds.rep), ("queue", kinds.queue), ("keep", kinds.keep), ("reject", kinds.reject)].into(),
        period: report.period.map(|period| PeriodV1 {
            first: period.first.to_string(),
            last: period.last.to_string(),
            by: basis(period.basis),
            timezone: setting.project.timezone.iana_name(),
        }),
        undated: report.undated,
        reps: reps(report),
        queues: report.queues.iter().map(|(name, leads)| (name.as_str(), *leads)).collect(),
        days: days(report),
        weeks: weeks(report),
        teams: teams(report),
        route_types: route_types(report),
        fallback_share: rounded(report.fallback_share),
        latency: latency(&report.latency),
        unread_cells: UnreadV1 {
            cells: report.unread.cells,
            leads: report.unread.leads,
            share: rounded(report.unread.share),
            by_field: report.unread.by_field.iter().map(|(field, cells)| (field.as_str(), *cells)).collect(),
        },
        outcomes: report.response.as_ref().map(outcomes),
        alerts: report.alerts.iter().map(|alert| self::alert(alert, setting)).collect(),
        remarks: &report.remarks,
    };
    serde_json::to_string_pretty(&document).expect("text and numbers are always JSON") + "\n"
}

fn reps(report: &Report) -> Vec<RepV1<'_>> {
    let with_outcomes = report.response.is_some();
    let line = |rep: &'_ super::RepLine| with_outcomes.then(|| yield_of(&rep.outcome));
    let reps = report.reps.iter().map(|rep| RepV1 {
        rep: &rep.rep,
        name: rep.full_name.as_deref(),
        in_roster: rep.in_roster,
        leads: rep.leads,
        by_turns: rep.by_turns,
        turns: rep.turns,
        fair_share: rounded(rep.fair_share),
        outcomes: line(rep),
    });
    reps.collect()
}

fn days(report: &Report) -> Vec<DayV1> {
    let day = |day: &super::Day| DayV1 {
        day: day.date.to_string(),
        leads: day.leads(),
        by_route_type: by_route_type(report, day.route_types),
    };
    report.days.iter().map(day).collect()
}

fn weeks(report: &Report) -> Vec<WeekV1> {
    let week = |week: &super::Week| WeekV1 {
        week: week.name(),
        monday: week.monday.to_string(),
        leads: week.leads(),
        by_route_type: by_route_type(report, week.route_types),
    };
    report.weeks.iter().map(week).collect()
}

fn by_route_type(report: &Report, counts: super::RouteTypes) -> IndexMap<&'static str, u64> {
    let names = report.route_types.iter().map(|line| line.name.unwrap_or("none"));
    names.zip(counts).filter(|(_, count)| *count > 0).collect()
}

fn teams(report: &Report) -> Vec<TeamV1<'_>> {
    let member = |member: &'_ super::MemberLine| -> (Box<RawValue>, f64) {
        (number(&member.weight.normalize().to_string()), round(member.fair_share))
    };
    let teams = report.teams.iter().map(|team| TeamV1 {
        team: &team.team,
        leads: team.leads,
        standard_deviation: rounded(team.standard_deviation),
        gini: rounded(team.gini),
        members: team
            .members
            .iter()
            .map(|line| {
                let (weight, fair_share) = member(line);
                MemberV1 { rep: &line.rep, weight, leads: line.leads, fair_share }
            })
            .collect(),
    });
    teams.collect()
}

fn route_types(report: &Report) -> Vec<RouteTypeV1> {
    let with_outcomes = report.response.is_some();
    let line = |line: &super::RouteTypeLine| RouteTypeV1 {
        route_type: line.name.unwrap_or("none"),
        leads: line.leads,
        share: rounded(line.share),
        outcomes: with_outcomes.then(|| yield_of(&line.outcome)),
    };
    report.route_types.iter().map(line).collect()
}

fn latency(times: &Times) -> LatencyV1 {
    LatencyV1 {
        leads: times.count(),
        median_seconds: rounded(times.median()),
        p90_seconds: rounded(times.ninetieth()),
        within_10_seconds: rounded(times.share_within(10)),
        within_60_seconds: rounded(times.share_within(60)),
        histogram: histogram(times, &LATENCY_LIMITS),
    }
}

fn outcomes(response: &Response) -> OutcomesV1 {
    OutcomesV1 {
        from: basis(response.basis),
        due: response.due,
        not_contacted: response.waiting,
        within_five_minutes: rounded(response.within_five_minutes()),
        histogram: histogram(&response.times, &RESPONSE_LIMITS),
        unknown_leads: response.unknown,
        total: yield_of(&response.total),
    }
}

fn yield_of(outcome: &Yield) -> YieldV1 {
    YieldV1 {
        contacted: outcome.contacted,
        median_seconds: rounded(outcome.times.median()),
        p90_seconds: rounded(outcome.times.ninetieth()),
        converted: outcome.converted,
        conversion: rounded(outcome.conversion()),
        value: number(&outcome.value.normalize().to_string()),
    }
}

fn histogram(times: &Times, limits: &[i64]) -> Vec<BinV1> {
    let limits_with_end = limits.iter().copied().map(Some).chain([None]);
    limits_with_end.zip(times.histogram(limits)).map(|(up_to_seconds, leads)| BinV1 { up_to_seconds, leads }).collect()
}

fn alert<'a>(alert: &'a Checked, setting: Setting<'_>) -> AlertV1<'a> {
    AlertV1 {
        alert: &alert.text,
        metric: &alert.metric,
        state: match alert.state {
            State::Crossed => "crossed",
            State::Kept => "kept",
            State::NotMeasured => "not measured",
        },
        value: rounded(alert.value),
        threshold: number(&alert.threshold.to_string()),
        unit: match alert.unit {
            Unit::Percent => "percent",
            Unit::Seconds => "seconds",
            Unit::Number => "number",
        },
        leads: alert.leads,
        of: alert.of,
        waiting: alert.waiting,
        reason: alert.why,
        span: SpanV1::of(alert.span, setting.sources, setting.prefix),
    }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Assignment => "assignment",
        Basis::Capture => "capture",
    }
}

/// Six decimals tell everything that can be seen.
fn rounded(number: Option<f64>) -> Option<f64> {
    number.map(round)
}

fn round(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// An exact decimal as it is.
fn number(decimal: &str) -> Box<RawValue> {
    RawValue::from_string(decimal.to_owned()).expect("a decimal is a JSON number")
}
