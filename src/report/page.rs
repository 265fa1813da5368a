//! A report as one HTML page that needs nothing else: no network, no script, no other file.
//!
//! For whoever answers for the leads: what is wrong on top, then how much, how evenly, how fast, and
//! what came of it. Every plot stands beside the same figures as a table, so nothing is told by colour
//! alone. All text goes through the template, which escapes it, and names are isolated (`<bdi>`), so
//! that a name written from right to left does not turn the line around.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::{Basis, Checked, RepLine, Report, Response, State, Times, Yield};
use super::json::{LATENCY_LIMITS, RESPONSE_LIMITS};
use super::plot::{self, Column};
use super::text::told;
use super::{Setting, measure, words};

/// Colours by day, by night and on paper, for every page and picture.
pub const THEME: &str = include_str!("theme.css");
const STYLE: &str = include_str!("page.css");
/// More reps than this stand in two tables beside each other.
const ONE_TABLE: usize = 24;
/// More days than this are told by the week where they are columns.
const DAY_COLUMNS: usize = 35;

pub fn render(report: &Report, setting: Setting<'_>) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (setting.title) }
                style { (PreEscaped(THEME)) (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (head(report, setting))
                    (alerts(report, setting))
                    (tiles(report))
                    @if report.leads > 0 {
                        (over_time(report))
                        (route_types(report))
                        (reps(report))
                        (teams(report))
                        (speed(report))
                        (conversion(report))
                        (rest(report))
                    } @else {
                        p.empty { "There are no leads to report on." }
                    }
                    (remarks(report))
                }
                footer { (notes(report)) }
            }
        }
    };
    page.into_string()
}

// --- The top --------------------------------------------------------------------------------------

fn head(report: &Report, setting: Setting<'_>) -> Markup {
    let zone = setting.project.timezone.iana_name().unwrap_or("the project’s time zone");
    html! {
        header {
            h1 { bdi { (setting.title) } }
            p.when {
                @if let Some(period) = report.period {
                    strong { (words::span(period.first, period.last)) }
                    span { (if period.basis == Basis::Capture { "by day of capture" } else { "by day of assignment" }) }
                    span { (zone) }
                } @else if report.leads == 0 {
                    span { "No leads" }
                } @else {
                    span { "No lead says when it came in or was assigned" }
                }
            }
        }
    }
}

/// Crossed ones in full, the others in a line each.
fn alerts(report: &Report, setting: Setting<'_>) -> Markup {
    if report.alerts.is_empty() {
        return html! {};
    }
    let crossed = report.crossed().count();
    let title = match crossed {
        0 if report.alerts.iter().all(|alert| alert.state == State::NotMeasured) => {
            "No alert could be measured".to_owned()
        }
        0 => "No alert is crossed".to_owned(),
        1 => "1 alert is crossed".to_owned(),
        _ => format!("{crossed} alerts are crossed"),
    };
    html! {
        section.alerts.crossed[crossed > 0] aria-label="Alerts" {
            h2 { (title) }
            ul {
                @for alert in report.alerts.iter().filter(|alert| alert.state == State::Crossed) {
                    li.crossed { (alert_in_full(alert, setting)) }
                }
                @for alert in report.alerts.iter().filter(|alert| alert.state != State::Crossed) {
                    li class=(if alert.state == State::Kept { "kept" } else { "unmeasured" }) {
                        span.mark aria-hidden="true" { (if alert.state == State::Kept { "✓" } else { "?" }) }
                        span { code { (alert.text) } " " span.told { (with_code(&told(alert))) } }
                    }
                }
            }
        }
    }
}

fn alert_in_full(alert: &Checked, setting: Setting<'_>) -> Markup {
    let told = told(alert);
    let (figure, leads) = told.split_once(": ").or_else(|| told.split_once(", of ")).unwrap_or((&told, ""));
    html! {
        span.mark aria-hidden="true" { "!" }
        div {
            p.figure { (capital(figure)) }
            p.told { (leads) }
            p.told { code { "alert when " (alert.text) } " " span.place { "in " (setting.place(alert)) } }
        }
    }
}

fn tiles(report: &Report) -> Markup {
    let kinds = report.kinds;
    let parts = [(kinds.rep, "to reps"), (kinds.queue, "to queues"), (kinds.keep, "kept"), (kinds.reject, "refused")];
    let parts =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", words::count(*count)));
    let latency = &report.latency;
    let within = format!(
        "90 % within {}; {} in 10 s, {} in 60 s",
        duration(latency.ninetieth()),
        percent(latency.share_within(10)),
        percent(latency.share_within(60))
    );
    let unread = words::counted(report.unread.cells, "cell", "cells");
    let fallback: u64 =
        report.route_types.iter().filter(|line| line.name == Some("fallback")).map(|line| line.leads).sum();
    html! {
        section.tiles aria-label="Headline figures" {
            (tile("Leads", &words::count(report.leads), &parts.collect::<Vec<String>>().join(", ")))
            (tile("Fallback share", &percent(report.fallback_share), &words::counted(fallback, "lead", "leads")))
            (tile("Capture to assignment", &duration(latency.median()), &if latency.count() == 0 { "not known".to_owned() } else { format!("median; {within}") }))
            (tile("Leads with unread cells", &percent(report.unread.share), &format!("{unread} in {}", words::counted(report.unread.leads, "lead", "leads"))))
            @if let Some(response) = &report.response { (outcome_tiles(response)) }
        }
    }
}

fn outcome_tiles(response: &Response) -> Markup {
    let total = &response.total;
    let within = percent(response.within_five_minutes());
    html! {
        (tile(since(response.basis), &duration(response.times.median()), &format!("median; 90 % within {}", duration(response.times.ninetieth()))))
        (tile("Contacted within 5 minutes", &within, &format!("of {}; {} not contacted yet", words::counted(response.due, "lead", "leads"), words::count(response.waiting))))
        (tile("Conversion", &percent(total.conversion()), &format!("{} of {}", words::count(total.converted), words::counted(total.leads, "lead", "leads"))))
        (tile("Value", &words::value(total.value), "of converted leads"))
    }
}

fn since(basis: Basis) -> &'static str {
    match basis {
        Basis::Capture => "Capture to first contact",
        Basis::Assignment => "Assignment to first contact",
    }
}

fn tile(name: &str, figure: &str, more: &str) -> Markup {
    html! {
        div.tile {
            h3 { (name) }
            p.figure { (figure) }
            p.more { (more) }
        }
    }
}

fn remarks(report: &Report) -> Markup {
    html! {
        @if !report.remarks.is_empty() {
            section.remarks aria-labelledby="remarks" {
                h2 #remarks { "Remarks" }
                ul { @for remark in &report.remarks { li { bdi { (with_code(remark)) } } } }
            }
        }
    }
}

// --- Over time ------------------------------------------------------------------------------------

fn over_time(report: &Report) -> Markup {
    let (Some(period), [_, _, ..]) = (report.period, report.days.as_slice()) else { return html! {} };
    let days: Vec<Column> = report
        .days
        .iter()
        .map(|day| {
            let leads = words::counted(day.leads(), "lead", "leads");
            Column {
                label: words::short_day(day.date),
                title: format!("{}: {leads}", words::day(day.date)),
                parts: vec![("line", day.leads() as f64)],
                is_quiet: day.date.weekday().to_monday_zero_offset() >= 5 && report.days.len() <= 70,
            }
        })
        .collect();
    let most = report.days.iter().max_by_key(|day| (day.leads(), std::cmp::Reverse(day.date)));
    let caption = most.map_or_else(String::new, |day| {
        format!(
            "Leads per day, {}: most on {}, {}",
            words::span(period.first, period.last),
            words::day(day.date),
            words::counted(day.leads(), "lead", "leads")
        )
    });
    let plot = if days.len() < 4 { plot::columns(&caption, &days, None) } else { plot::line(&caption, &days) };
    html! {
        section aria-labelledby="days" {
            h2 #days { "Leads per day" }
            p.lead { (average(report)) }
            figure { (plot) }
            details {
                summary { "Days and weeks as tables" }
                div.side {
                    (dated("Week", report.weeks.iter().map(|week| (format!("{} (from {})", week.name(), words::short_day(week.monday)), week.leads()))))
                    (dated("Day", report.days.iter().map(|day| (words::day(day.date), day.leads()))))
                }
            }
        }
    }
}

fn average(report: &Report) -> String {
    let dated: u64 = report.days.iter().map(super::Day::leads).sum();
    let per_day = dated as f64 / report.days.len().max(1) as f64;
    let undated = match report.undated {
        0 => String::new(),
        1 => " One lead has no day.".to_owned(),
        more => format!(" {} leads have no day.", words::count(more)),
    };
    format!(
        "{} a day on average, over {}.{undated}",
        words::decimals(per_day, 1),
        words::counted(report.days.len() as u64, "day", "days")
    )
}

fn dated(what: &str, lines: impl Iterator<Item = (String, u64)>) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { (what) } th.number scope="col" { "Leads" } } }
            tbody { @for (name, leads) in lines { tr { th scope="row" { (name) } td.number { (words::count(leads)) } } } }
        }
    }
}

/// Stacked by day or, if there are many days, by week.
fn route_types(report: &Report) -> Markup {
    let column = |label: String, name: String, counts: super::RouteTypes| {
        let told: Vec<String> = report
            .route_types
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(line, count)| format!("{} {}", mark(line.name), count))
            .collect();
        let parts = CLASSES.into_iter().zip(counts).map(|(class, count)| (class, count as f64)).collect();
        Column { label, title: format!("{name}: {}", told.join(", ")), parts, is_quiet: false }
    };
    let by_day = report.days.len() <= DAY_COLUMNS;
    let columns: Vec<Column> = if by_day {
        report
            .days
            .iter()
            .map(|day| column(words::short_day(day.date), words::day(day.date), day.route_types))
            .collect()
    } else {
        report.weeks.iter().map(|week| column(words::short_day(week.monday), week.name(), week.route_types)).collect()
    };
    let used: Vec<_> = report.route_types.iter().zip(CLASSES).filter(|(line, _)| line.leads > 0).collect();
    let told: Vec<String> =
        used.iter().map(|(line, _)| format!("{} {}", mark(line.name), percent(line.share))).collect();
    let caption = format!("Route types by {}: {}", if by_day { "day" } else { "week" }, told.join(", "));
    html! {
        section aria-labelledby="types" {
            h2 #types { "Route types" }
            p.lead { "Which kind of policy decided, " (if by_day { "by day" } else { "by week" }) "." }
            div.beside {
                @if columns.len() > 1 { figure { (plot::columns(&caption, &columns, None)) } }
                table {
                    thead { tr { th scope="col" { "Route type" } th.number scope="col" { "Leads" } th.number scope="col" { "Share" } } }
                    tbody {
                        @for (line, class) in used.iter().rev() {
                            tr {
                                th scope="row" { span class={ "swatch " (class) } aria-hidden="true" {} (mark(line.name)) }
                                td.number { (words::count(line.leads)) }
                                td.number { (percent(line.share)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Of the five route types, from the bottom of a stack to its top.
const CLASSES: [&str; 5] = ["account", "territory", "segment", "fallback", "none"];

fn mark(name: Option<&'static str>) -> &'static str {
    name.unwrap_or("no mark")
}

// --- Who ------------------------------------------------------------------------------------------

fn reps(report: &Report) -> Markup {
    if report.reps.is_empty() {
        return html! {};
    }
    let fair = |rep: &RepLine| rep.fair_share.map_or(0.0, |fair| fair + (rep.leads - rep.by_turns) as f64);
    let most = report.reps.iter().map(|rep| fair(rep).max(rep.leads as f64)).fold(1.0, f64::max);
    let half = report.reps.len().div_ceil(2);
    let tables =
        if report.reps.len() > ONE_TABLE { report.reps.chunks(half) } else { report.reps.chunks(report.reps.len()) };
    let others = report.reps.iter().any(|rep| rep.leads > rep.by_turns);
    html! {
        section aria-labelledby="reps" {
            h2 #reps { "Leads per rep" }
            p.lead.legend {
                span.swatch.turns aria-hidden="true" {} "by a team’s turns "
                @if others { span.swatch.named aria-hidden="true" {} "by name: as an owner, a manager or a named rep " }
                span.swatch.fairs aria-hidden="true" {} "where the fair share would end"
            }
            div.side {
                @for (index, reps) in tables.enumerate() { (rep_table(reps, most, others, index > 0)) }
            }
        }
    }
}

fn rep_table(reps: &[RepLine], most: f64, others: bool, continued: bool) -> Markup {
    html! {
        table.reps {
            caption.unseen { "Leads per rep" @if continued { ", continued" } }
            thead {
                tr {
                    th scope="col" { "Rep" } th.bars scope="col" { span.unseen { "Bar" } }
                    th.number scope="col" { "Leads" }
                    @if others { th.number.spare.turns scope="col" { "By turns" } }
                    th.number scope="col" { "Fair share" } th.number.spare scope="col" { "Off by" }
                }
            }
            tbody { @for rep in reps { (rep_row(rep, most, others)) } }
        }
    }
}

fn rep_row(rep: &RepLine, most: f64, others: bool) -> Markup {
    let named = (rep.leads - rep.by_turns) as f64;
    let parts = [("named", named / most), ("turns", rep.by_turns as f64 / most)];
    html! {
        tr {
            th scope="row" { (rep_name(rep)) }
            td.bars { (plot::bar(&parts, rep.fair_share.map(|fair| (fair + named) / most))) }
            td.number { (words::count(rep.leads)) }
            @if others { td.number.spare.turns { (words::count(rep.turns)) } }
            td.number { (words::maybe(rep.fair_share, 1)) }
            td.number.spare { (rep.fair_share.map_or_else(|| words::NOTHING.to_owned(), |fair| signed(rep.turns as f64 - fair))) }
        }
    }
}

fn rep_name(rep: &RepLine) -> Markup {
    html! {
        bdi { (rep.full_name.as_deref().unwrap_or(&rep.rep)) }
        @if !rep.in_roster { span.aside { " not in the roster" } }
    }
}

fn signed(number: f64) -> String {
    let text = format!("{:.1}", number.abs());
    match text.as_str() {
        "0.0" => text,
        _ if number < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

fn teams(report: &Report) -> Markup {
    html! {
        @if !report.teams.is_empty() {
            section aria-labelledby="teams" {
                h2 #teams { "How evenly teams are served" }
                p.lead { "Everybody’s leads against their share. A Gini coefficient of 0 means that all have what is due to them, near 1 that one has everything; the deviation is in leads." }
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Team" } th.number scope="col" { "Members" } th.number scope="col" { "Leads by turns" }
                                th.number scope="col" { "Standard deviation" } th.number scope="col" { "Gini" }
                            }
                        }
                        tbody {
                            @for team in &report.teams {
                                tr {
                                    th scope="row" { bdi { (team.team) } }
                                    td.number { (team.members.len()) }
                                    td.number { (words::count(team.leads)) }
                                    td.number { (words::maybe(team.standard_deviation, 2)) }
                                    td.number { (words::maybe(team.gini, 3)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

// --- How fast, and what came of it ----------------------------------------------------------------

fn speed(report: &Report) -> Markup {
    let response = report.response.as_ref().filter(|response| response.times.count() > 0);
    let latency = Some(&report.latency).filter(|latency| latency.count() > 0);
    if response.is_none() && latency.is_none() {
        return html! {};
    }
    html! {
        section aria-labelledby="speed" {
            h2 #speed { "How fast" }
            div.pair {
                @if let Some(latency) = latency {
                    (histogram("Capture to assignment", latency, &LATENCY_LIMITS, (3, "60 s")))
                }
                @if let Some(response) = response {
                    (histogram(since(response.basis), &response.times, &RESPONSE_LIMITS, (2, "5 min")))
                }
            }
        }
    }
}

fn histogram(title: &str, times: &Times, limits: &[i64], mark: (usize, &str)) -> Markup {
    let limit = |seconds: i64| duration(Some(seconds as f64));
    let bins = times.histogram(limits).into_iter().enumerate().map(|(index, count)| {
        let (label, name) = match limits.get(index) {
            Some(&below) => (limit(below), format!("up to {}", limit(below))),
            None => ("more".to_owned(), format!("more than {}", limit(limits[index - 1]))),
        };
        let share = percent(measure::share(count, times.count()));
        let title = format!("{name}: {}, {share}", words::counted(count, "lead", "leads"));
        let class = if index < mark.0 { "fast" } else { "slow" };
        Column { label, title, parts: vec![(class, count as f64)], is_quiet: false }
    });
    let bins: Vec<Column> = bins.collect();
    let told: Vec<String> = bins.iter().filter(|bin| bin.parts[0].1 > 0.0).map(|bin| bin.title.clone()).collect();
    html! {
        figure.histogram {
            figcaption { (title) " " span.more { "median " (duration(times.median())) ", 90 % within " (duration(times.ninetieth())) } }
            (plot::columns(&format!("{title}: {}", told.join("; ")), &bins, Some(mark)))
        }
    }
}

fn conversion(report: &Report) -> Markup {
    html! {
        @if report.response.is_some() {
            section aria-labelledby="conversion" {
                h2 #conversion { "What came of it" }
                (yields("Route type", report.route_types.iter().filter(|line| line.leads > 0).map(|line| (html! { (mark(line.name)) }, &line.outcome))))
                (yields("Rep", report.reps.iter().filter(|rep| rep.leads > 0).map(|rep| (rep_name(rep), &rep.outcome))))
            }
        }
    }
}

fn yields<'a>(what: &str, lines: impl Iterator<Item = (Markup, &'a Yield)>) -> Markup {
    let lines: Vec<(Markup, &Yield)> = lines.collect();
    let best = lines.iter().filter_map(|(_, outcome)| outcome.conversion()).fold(0.0, f64::max);
    let length = |outcome: &Yield| if best > 0.0 { outcome.conversion().unwrap_or(0.0) / best } else { 0.0 };
    html! {
        div.scroll {
            table.yields {
                thead {
                    tr {
                        th scope="col" { (what) } th.number scope="col" { "Leads" } th.number scope="col" { "Contacted" }
                        th.number scope="col" { "Median response" } th.number scope="col" { "Converted" }
                        th.number scope="col" { "Conversion" } th.bars.short scope="col" { span.unseen { "Bar" } } th.number scope="col" { "Value" }
                    }
                }
                tbody {
                    @for (name, outcome) in &lines {
                        tr {
                            th scope="row" { (name) }
                            td.number { (words::count(outcome.leads)) }
                            td.number { (words::count(outcome.contacted)) }
                            td.number { (duration(outcome.times.median())) }
                            td.number { (words::count(outcome.converted)) }
                            td.number { (percent(outcome.conversion())) }
                            td.bars.short { (plot::bar(&[("won", length(outcome))], None)) }
                            td.number { (words::value(outcome.value)) }
                        }
                    }
                }
            }
        }
    }
}

// --- The rest -------------------------------------------------------------------------------------

fn rest(report: &Report) -> Markup {
    html! {
        div.pair {
            @if !report.queues.is_empty() {
                section aria-labelledby="queues" {
                    h2 #queues { "Queues" }
                    (counts("Queue", "Leads", &report.queues))
                }
            }
            @if !report.unread.by_field.is_empty() {
                section aria-labelledby="unread" {
                    h2 #unread { "Cells that could not be read" }
                    (counts("Field", "Cells", &report.unread.by_field))
                }
            }
        }
    }
}

fn counts(what: &str, unit: &str, lines: &[(String, u64)]) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { (what) } th.number scope="col" { (unit) } } }
            tbody {
                @for (name, count) in lines {
                    tr { th scope="row" { bdi { (name) } } td.number { (words::count(*count)) } }
                }
            }
        }
    }
}

fn notes(report: &Report) -> Markup {
    html! {
        p {
            "Percentiles are interpolated. The Gini coefficient and the standard deviation are those of all members, weighted by their share of the turns. "
            @if report.response.is_some() { "Response times are those of the leads that were contacted. " }
            "A dash means that there is nothing to measure."
        }
        p { "Made by pointsman." }
    }
}

/// A figure stays with its unit.
fn percent(share: Option<f64>) -> String {
    words::percent(share).replace(' ', "\u{a0}")
}

fn duration(seconds: Option<f64>) -> String {
    words::duration(seconds).replace(' ', "\u{a0}")
}

/// What stands in backticks, set off as it is elsewhere on the page.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
