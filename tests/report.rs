//! Reports: figures held to a naive recomputation, alerts in the policy and in the exit code, and the
//! page as a browser shows it.

#![expect(clippy::disallowed_methods, reason = "tests look at a browser's pictures")]

use std::collections::BTreeMap;
use std::io::Cursor;

use jiff::{Timestamp, ToSpan};
use pointsman::check::Loaded;
use pointsman::diagnostic::human::Look;
use pointsman::io::{Format, Input, Leads, Row};
use pointsman::report::{Outcomes, Report, Rows, Setting, Settings, State, Tally, json, measure, page, text};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::browser::{browse, chromium, picture, size};
use crate::support::{load_str, render};
use crate::workplace::Workplace;

const ROSTER: &str = "\
reps: { ana: { name: Ana Souza, weight: 2 }, bo: {}, cy: { weight: 3 }, di: { left: 2026-01-01 } }
teams: { north: [ana, bo, di], south: [bo, cy] }
";

const POLICY: &str = r#"roster "roster.yaml"
timezone "Europe/Berlin"
lead {
  id          text key
  size        integer 0 to 1000
  score       number 0 to 100
  created_at  timestamp
}
queue rest { after 1 hour assign rep ana }
account policy first {
  rule named when size >= 900 assign rep ana or queue rest
  rule spam when score < 1 reject "spam"
  rule large when size >= 100 assign team north by weight or queue rest
  otherwise go to last
}
fallback policy last {
  rule small when size is known assign team south by round robin or queue rest
  otherwise assign queue rest
}
start at first
"#;

const ALERTS: &str = "\
alert when fallback share > 40 %
alert when latency > 60 seconds
alert when median latency >= 10 seconds when score >= 50
alert when response time > 1 hour
alert when gini of team north > 0.2
alert when unread cells > 12.5 %
";

const ROUTED: &str = "\
id,size,score,created_at,assigned_to,assigned_kind,policy,rule,route_type,note,assigned_at
L-1,950,80,2026-11-02T09:00:00Z,ana,rep,first,named,account,,2026-11-02T09:00:04Z
L-2,500,70,2026-11-02T09:10:00Z,ana,rep,first,large,account,,2026-11-02T09:10:10Z
L-3,200,60,2026-11-02T10:00:00Z,bo,rep,first,large,account,,2026-11-02T10:00:30Z
L-4,300,50,2026-11-03T10:00:00Z,ana,rep,first,large,account,,2026-11-03T10:02:00Z
L-5,10,40,2026-11-03T22:30:00Z,cy,rep,last,small,fallback,,2026-11-03T23:00:00Z
L-6,20,about 30,2026-11-09T10:00:00Z,bo,rep,last,small,fallback,,2026-11-09T10:00:01Z
L-7,,20,,rest,queue,last,otherwise,fallback,,
L-8,30,0,2026-11-09T11:00:00Z,,reject,first,spam,account,spam,2026-11-09T11:00:08Z
";

const OUTCOMES: &str = "\
lead,first_contact_at,converted_at,value
L-1,2026-11-02T09:03:00Z,2026-11-05,1000.50
L-2,2026-11-02T09:15:00Z,,
L-3,2026-11-02T11:00:00Z,2026-11-06T10:00:00Z,250
L-4,soon,,99
L-6,2026-11-09T10:20:00Z,,
L-6,2026-11-09T10:30:00Z,,
L-77,2026-11-09T10:30:00Z,,
,2026-11-09T10:30:00Z,,
";

fn workplace(alerts: &str) -> Workplace {
    let policy = format!("{POLICY}{alerts}");
    let files =
        [("main.rules", policy.as_str()), ("roster.yaml", ROSTER), ("routed.csv", ROUTED), ("outcomes.csv", OUTCOMES)];
    Workplace::with(&files)
}

/// The report as JSON.
fn figures(workplace: &Workplace, more: &[&str]) -> Value {
    let arguments = [&["report", ".", "routed.csv", "--format", "json"], more].concat();
    workplace.run(&arguments).json()
}

// --- The figures ----------------------------------------------------------------------------------

#[test]
fn a_report_tells_who_got_what_how_evenly_and_how_fast() {
    let place = workplace(ALERTS);
    let ended = place.run(&["report", ".", "routed.csv", "--outcomes", "outcomes.csv"]);
    insta::assert_snapshot!(ended.out(1));
    assert_eq!(ended.err, "");
}

#[test]
fn json_names_every_figure() {
    let place = workplace(ALERTS);
    let ended = place.run(&["report", ".", "routed.csv", "--outcomes", "outcomes.csv", "--format", "json"]);
    insta::assert_snapshot!(ended.out(1));
}

#[test]
fn known_figures_come_out_as_worked_out_by_hand() {
    let report = figures(&workplace(""), &["--outcomes", "outcomes.csv"]);
    assert_eq!(report["by_kind"], json!({"rep": 6, "queue": 1, "keep": 0, "reject": 1}));
    assert_eq!(report["fallback_share"], json!(3.0 / 8.0));
    // 23:00 UTC is the next day in Berlin; the lead without a time has no day.
    let days = report["days"].as_array().unwrap();
    let busy: Vec<(&str, u64)> = days
        .iter()
        .map(|day| (day["day"].as_str().unwrap(), day["leads"].as_u64().unwrap()))
        .filter(|(_, leads)| *leads > 0)
        .collect();
    assert_eq!(busy, [("2026-11-02", 3), ("2026-11-03", 1), ("2026-11-04", 1), ("2026-11-09", 2)]);
    assert_eq!((days.len(), &report["undated"]), (8, &json!(1)));
    let weeks: Vec<(&Value, &Value)> =
        report["weeks"].as_array().unwrap().iter().map(|week| (&week["week"], &week["leads"])).collect();
    assert_eq!(weeks, [(&json!("2026-W45"), &json!(5)), (&json!("2026-W46"), &json!(2))]);
    // Three leads by weight 2 : 1, two by round robin 1 : 1.
    let ana = &report["reps"][0];
    assert_eq!((&ana["leads"], &ana["by_turns"], &ana["fair_share"]), (&json!(3), &json!(2), &json!(2.0)));
    let team = |index: usize| (&report["teams"][index]["leads"], &report["teams"][index]["gini"]);
    assert_eq!((team(0), team(1)), ((&json!(3), &json!(0.0)), (&json!(2), &json!(0.0))));
    // 1, 4, 8, 10, 30, 120 and 1800 seconds.
    let latency = &report["latency"];
    assert_eq!(
        (&latency["leads"], &latency["median_seconds"], &latency["p90_seconds"]),
        (&json!(7), &json!(10.0), &json!(792.0))
    );
    assert_eq!((&latency["within_10_seconds"], &latency["within_60_seconds"]), (&json!(0.571429), &json!(0.714286)));
    // 3, 5, 60 and 20 minutes; of six leads that somebody was to contact and whose start is known.
    let outcomes = &report["outcomes"];
    assert_eq!((&outcomes["median_seconds"], &outcomes["within_five_minutes"]), (&json!(750.0), &json!(0.333333)));
    assert_eq!(
        (&outcomes["due"], &outcomes["not_contacted"], &outcomes["unknown_leads"]),
        (&json!(6), &json!(2), &json!(1))
    );
    assert_eq!((&outcomes["converted"], &outcomes["value"]), (&json!(2), &json!(1250.5)));
    assert_eq!(report["unread_cells"]["by_field"], json!({"score": 1}));
}

#[test]
fn what_means_nothing_is_a_dash_and_null_and_never_a_number() {
    let place = workplace(ALERTS);
    place.write("routed.csv", ROUTED.lines().next().unwrap());
    let text = place.run(&["report", ".", "routed.csv", "--outcomes", "outcomes.csv"]);
    insta::assert_snapshot!(text.out(0));
    let ended = place.run(&["report", ".", "routed.csv", "--outcomes", "outcomes.csv", "--format", "json"]);
    assert!(!ended.out(0).contains("NaN"));
    let report = ended.json();
    for figure in ["/fallback_share", "/period", "/latency/median_seconds", "/unread_cells/share", "/teams/0/gini"] {
        assert_eq!(report.pointer(figure), Some(&Value::Null), "{figure}");
    }
    assert!(report["alerts"].as_array().unwrap().iter().all(|alert| alert["state"] == "not measured"));
}

#[test]
fn a_report_is_the_same_whatever_the_format_of_the_leads() {
    let place = Workplace::with(&[("main.rules", &format!("{POLICY}{ALERTS}")), ("roster.yaml", ROSTER)]);
    place
        .write("leads.csv", "id,size,score,created_at\nA,950,1,2026-11-23T14:00Z\nB,200,5,2026-11-23T13:00Z\nC,x,7,\n");
    let mut reports = Vec::new();
    for routed in ["routed.csv", "routed.tsv", "routed.json", "routed.ndjson"] {
        place.run(&["route", ".", "leads.csv", "-o", routed]);
        let ended = place.run(&["report", ".", routed, "--routed-at", "2026-11-23T15:00Z", "--format", "json"]);
        reports.push(ended.json());
    }
    assert_eq!(reports[0]["latency"]["median_seconds"], json!(5400.0));
    assert_eq!(reports[0]["period"]["by"], "capture");
    assert!(reports.iter().all(|report| *report == reports[0]));
    let piped = place.run_with(
        &["report", ".", "-", "--from", "csv", "--routed-at", "2026-11-23T15:00Z", "--format", "json"],
        &place.read("routed.csv"),
    );
    assert_eq!(piped.json(), reports[0]);
}

// --- What is wrong with the input -----------------------------------------------------------------

#[test]
fn a_file_that_route_did_not_write_is_refused() {
    let place = workplace("");
    place.write("leads.csv", "id,size\nA,5\n");
    place.write("leads.ndjson", "{\"id\":\"A\"}\n");
    place.write("other.csv", "leed,first_contact_at\nA,\n");
    place.write("others.csv", "id,first_contact\nA,\n");
    let told = [
        place.run(&["report", ".", "leads.csv"]),
        place.run(&["report", ".", "leads.ndjson"]),
        place.run(&["report", ".", "routed.csv", "--outcomes", "other.csv"]),
        place.run(&["report", ".", "routed.csv", "--outcomes", "others.csv"]),
        place.run(&["report", ".", "routed.csv", "--captured", "created"]),
        place.run(&["report", ".", "routed.csv", "--captured", "size"]),
        place.run(&["report", ".", "routed.csv", "--routed-at", "yesterday"]),
        place.run(&["report", ".", "routed.csv", "-o", "main.rules"]),
        place.run(&["report", ".", "routed.csv", "-o", "routed.csv"]),
    ];
    insta::assert_snapshot!(told.iter().map(|ended| ended.err(2)).collect::<Vec<&str>>().join("\n"));
}

#[test]
fn bad_rows_are_told_and_the_rest_is_counted() {
    let place = workplace("");
    let mut routed = ROUTED.to_owned();
    routed += "L-1,1,1,,bo,rep,last,small,fallback,,\n";
    routed += "L-9,1,1,,bo,somebody,last,small,fallback,,\n";
    routed += "L-10,1,1,,bo,rep,last,small,fallback,,tomorrow\n";
    routed += "L-11,1\n";
    routed += "L-12,1,1,2026-11-09T11:00:00Z,zoe,rep,gone,rule,,,2026-11-09T10:00:00Z\n";
    place.write("routed.csv", &routed);
    let report = figures(&place, &[]);
    assert_eq!(report["leads"], 9);
    let zoe = &report["reps"].as_array().unwrap().iter().find(|rep| rep["rep"] == "zoe").unwrap();
    assert_eq!((&zoe["in_roster"], &zoe["fair_share"]), (&json!(false), &Value::Null));
    let remarks: Vec<&str> =
        report["remarks"].as_array().unwrap().iter().map(|remark| remark.as_str().unwrap()).collect();
    insta::assert_snapshot!(remarks.join("\n"));
}

// --- Alerts ---------------------------------------------------------------------------------------

#[test]
fn a_crossed_alert_is_named_with_its_place_and_fails() {
    let ended =
        workplace("alert when fallback share > 37 %\n").run(&["report", ".", "routed.csv", "-o", "report.json"]);
    assert_eq!(ended.err(1), "alert: fallback share > 37 %: fallback share is 37.5 %: 3 of 8 leads\n");
    let report = figures(&workplace("alert when fallback share > 37 %\n"), &[]);
    let alert = &report["alerts"][0];
    assert_eq!(
        (&alert["state"], &alert["value"], &alert["leads"], &alert["of"]),
        (&json!("crossed"), &json!(37.5), &json!(3), &json!(8))
    );
    assert_eq!((&alert["span"]["file"], &alert["span"]["line"]), (&json!("main.rules"), &json!(21)));
}

#[test]
fn a_threshold_itself_is_not_above_it() {
    let states = |alert: &str| {
        let report = figures(&workplace(&format!("alert when {alert}\n")), &[]);
        report["alerts"][0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(states("fallback share > 37.5 %"), "kept");
    assert_eq!(states("fallback share >= 37.5 %"), "crossed");
    assert_eq!(states("fallback share < 37.5 %"), "kept");
    assert_eq!(states("fallback share <= 37.5 %"), "crossed");
    assert_eq!(states("median latency > 10 seconds"), "kept");
    assert_eq!(states("median latency >= 10 seconds"), "crossed");
    assert_eq!(states("unread cells > 12.5 %"), "kept");
    assert_eq!(states("fallback share > 0 % when score >= 101 or size is blank"), "crossed");
    assert_eq!(states("fallback share > 0 % when size >= 100"), "kept");
    assert_eq!(states("latency > 1 second when score > 99"), "not measured");
}

/// 7 / 100 × 100 is 7.000000000000001 in floating point.
#[test]
fn seven_of_a_hundred_are_not_more_than_seven_percent() {
    for (part, whole) in (0..=100u32).map(|part| (part, 100)) {
        let percent = part * 100 / whole;
        let loaded =
            project(&format!("alert when unread cells > {percent} %\nalert when unread cells >= {percent} %\n"));
        let rows =
            (0..whole).map(|id| format!("{id},{},,,bo,rep,last,small,fallback,,", if id < part { "x" } else { "1" }));
        let report = reported(&loaded, &rows.collect::<Vec<String>>(), None);
        let states: Vec<State> = report.alerts.iter().map(|alert| alert.state).collect();
        assert_eq!(states, [State::Kept, State::Crossed], "{part} of {whole}");
    }
}

#[test]
fn not_answering_at_all_does_not_keep_an_alert_quiet() {
    let place = workplace("alert when response time > 2 hours\n");
    let outcomes = ["--outcomes", "outcomes.csv"];
    let report = figures(&place, &outcomes);
    // The slowest answer took an hour; two leads have waited for weeks.
    assert_eq!(report["outcomes"]["p90_seconds"], json!(2880.0));
    let alert = &report["alerts"][0];
    assert_eq!(
        (&alert["state"], &alert["leads"], &alert["waiting"], &alert["of"]),
        (&json!("crossed"), &json!(2), &json!(2), &json!(6))
    );
    let report = figures(&place, &[]);
    assert_eq!((&report["alerts"][0]["state"], &report["outcomes"]), (&json!("not measured"), &Value::Null));
}

#[test]
fn what_an_alert_gets_wrong_is_told_at_its_place() {
    let alerts = [
        "alert when fallback share > 60 seconds",
        "alert when latency > 60",
        "alert when median response time > 5 %",
        "alert when gini of team north > 10 %",
        "alert when gini of team north > 1.5",
        "alert when gini of team nort > 0.1",
        "alert when gini of team ana > 0.1",
        "alert when unread cells > 200 %",
        "alert when latency > 1 hour when scor >= 80",
        "alert when latency > 1 hour when score >= \"high\"",
        "alert when latency > 1 hour when score",
        "alert when fallbak share > 5 %",
        "alert when share of fallback > 5 %",
        "alert when latncy > 60 seconds",
        "alert when latency 60 seconds",
        "alert when latency is 60 seconds",
        "alert when latency > 60 secs",
        "alert fallback share > 5 %",
        "alert if fallback share > 5 %",
        "alert when fallback share > five %",
        "alert when gini of north > 0.1",
        "alert when unread cells",
    ];
    let mut told = String::new();
    for alert in alerts {
        let loaded = load_str(&format!("{alert}\n{POLICY}"), &[("roster.yaml", ROSTER)]);
        assert!(!loaded.findings.is_empty(), "{alert}");
        told += &render(&loaded.findings, &loaded.sources);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn alerts_stand_among_other_declarations_and_take_no_name_away() {
    let policy = POLICY
        .replace("rule large when", "rule alert when")
        .replace("score ", "latency ")
        .replace("score <", "latency <");
    let alerts = "alert when latency > 1 minute when latency >= 5 # a field\nalert when unread cells > 2 %\nassume latency >= 0\n";
    let loaded = load_str(&format!("{alerts}{policy}{alerts}"), &[("roster.yaml", ROSTER)]);
    assert!(loaded.findings.is_empty(), "{}", render(&loaded.findings, &loaded.sources));
    assert_eq!(loaded.project.unwrap().alerts.len(), 4);
}

#[test]
fn a_condition_that_only_an_alert_names_is_used() {
    let place = workplace("segment hot = score >= 80\nalert when latency > 1 hour when hot\n");
    assert_eq!(place.run(&["lint", "."]).code, 0);
    assert!(!place.run(&["lint", "."]).out.contains("hot"));
}

#[test]
fn diff_names_alerts_that_came_and_went() {
    let place = workplace("alert when latency > 60 seconds\nalert when unread cells > 2 %\n");
    place.write(
        "new/main.rules",
        &format!("{POLICY}alert when latency > 1 minute\nalert when unread cells > 3.0 % when size > 5\n"),
    );
    place.write("new/roster.yaml", ROSTER);
    let ended = place.run(&["diff", ".", "new"]);
    let out = ended.out(1);
    assert!(
        out.contains("alert unread cells > 2 % removed")
            && out.contains("alert unread cells > 3 % when size > 5 added"),
        "{out}"
    );
    assert!(!out.contains("latency"), "{out}");
}

// --- Held to a naive recomputation ----------------------------------------------------------------

fn project(alerts: &str) -> Loaded {
    load_str(&format!("{POLICY}{alerts}"), &[("roster.yaml", ROSTER)])
}

const NOW: &str = "2026-11-23T15:00:00Z";

/// A report on rows of a routed file, without its header.
fn reported(loaded: &Loaded, rows: &[String], outcomes: Option<&str>) -> Report {
    let project = loaded.project.as_ref().unwrap();
    let stream = |text: String| {
        let input = Input::of_stream(Box::new(Cursor::new(text.into_bytes())), "memory", Some(Format::Csv));
        Leads::open(input.unwrap()).unwrap()
    };
    let routed = stream(format!("{}\n{}\n", ROUTED.lines().next().unwrap(), rows.join("\n")));
    let outcomes = outcomes
        .map(|text| Outcomes::read(stream(text.to_owned()), project, str::to_owned, "outcomes").unwrap().unwrap());
    let settings = Settings { now: NOW.parse().unwrap(), routed_at: None };
    let mut tally = Tally::new(project, settings, outcomes);
    let mut reader = Rows::bind(project, routed.header(), None).unwrap();
    for row in routed {
        match row.unwrap() {
            Row::Lead(record) => tally.add(&reader.read(&record).unwrap()),
            Row::Reject(reject) => panic!("{}", reject.reason),
        }
    }
    tally.finish()
}

/// Gini by its definition.
fn naive_gini(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sum: f64 = values.iter().flat_map(|one| values.iter().map(move |other| (one - other).abs())).sum();
    (mean > 0.0).then(|| sum / (2.0 * n * n * mean))
}

/// The 90th percentile and the like, by walking between neighbours.
fn naive_percentile(values: &[i64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = share * (sorted.len().checked_sub(1)? as f64);
    let neighbour = |index: f64| sorted[index as usize] as f64;
    Some(neighbour(place.floor()) * (1.0 - place.fract()) + neighbour(place.ceil()) * place.fract())
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
        _ => false,
    }
}

/// A lead of a random file: who (an index), how it came there, latency, response and conversion.
#[derive(Clone, Debug)]
struct Random {
    who: usize,
    by_team: bool,
    captured: i64,
    latency: i64,
    response: Option<i64>,
    converted: bool,
}

fn random_lead() -> impl Strategy<Value = Random> {
    let times = (
        0..20 * 86_400i64,
        prop_oneof![0..20i64, 0..4_000i64],
        proptest::option::of(prop_oneof![0..600i64, 0..90_000i64]),
    );
    (0..3usize, any::<bool>(), times, any::<bool>()).prop_map(
        |(who, by_team, (captured, latency, response), converted)| Random {
            who,
            by_team,
            captured,
            latency,
            response,
            converted,
        },
    )
}

/// ana: by north's weights or by name; bo: by south's round robin; cy likewise, or in the queue.
fn row(id: usize, lead: &Random) -> String {
    let start: Timestamp = "2026-10-20T00:00:00Z".parse().unwrap();
    let captured = start + lead.captured.seconds();
    let (to, kind, place) = match (lead.who, lead.by_team) {
        (0, true) => ("ana", "rep", "first,large,account"),
        (0, false) => ("ana", "rep", "first,named,account"),
        (1, true) => ("bo", "rep", "first,large,account"),
        (1, false) => ("bo", "rep", "last,small,fallback"),
        (_, true) => ("cy", "rep", "last,small,fallback"),
        (_, false) => ("rest", "queue", "last,otherwise,fallback"),
    };
    format!("L{id},,,{captured},{to},{kind},{place},,{}", captured + lead.latency.seconds())
}

fn outcome_row(id: usize, lead: &Random) -> String {
    let start: Timestamp = "2026-10-20T00:00:00Z".parse().unwrap();
    let contact =
        lead.response.map(|after| (start + (lead.captured + after).seconds()).to_string()).unwrap_or_default();
    format!("L{id},{contact},{},", if lead.converted { "2026-11-20" } else { "" })
}

proptest! {
    #[test]
    fn gini_is_half_the_relative_mean_absolute_difference(values in proptest::collection::vec(0.0..1e6f64, 0..40)) {
        prop_assert!(is_near(measure::gini(&values), naive_gini(&values).filter(|_| !values.is_empty())));
        if let Some(gini) = measure::gini(&values) {
            prop_assert!((0.0..1.0).contains(&gini));
        }
    }

    #[test]
    fn a_percentile_lies_between_its_neighbours(mut values in proptest::collection::vec(0..1_000_000i64, 0..60), share in 0.0..=1.0f64) {
        let naive = naive_percentile(&values, share);
        values.sort_unstable();
        prop_assert!(is_near(measure::percentile(&values, share), naive));
    }

    #[test]
    fn figures_are_what_a_naive_count_finds(leads in proptest::collection::vec(random_lead(), 0..60)) {
        let rows: Vec<String> = leads.iter().enumerate().map(|(id, lead)| row(id, lead)).collect();
        let outcomes: Vec<String> = leads.iter().enumerate().map(|(id, lead)| outcome_row(id, lead)).collect();
        let outcomes = format!("lead,first_contact_at,converted_at,value\n{}\n", outcomes.join("\n"));
        let report = reported(&project(ALERTS), &rows, Some(&outcomes));

        let count = |who, by_team| leads.iter().filter(|lead| lead.who == who && lead.by_team == by_team).count() as f64;
        let fallback = leads.iter().filter(|lead| (lead.who == 2) || (lead.who == 1 && !lead.by_team)).count();
        prop_assert!(is_near(report.fallback_share, (!leads.is_empty()).then(|| fallback as f64 / leads.len() as f64)));
        let latencies: Vec<i64> = leads.iter().map(|lead| lead.latency).collect();
        prop_assert!(is_near(report.latency.ninetieth(), naive_percentile(&latencies, 0.9)));
        prop_assert!(is_near(report.latency.median(), naive_percentile(&latencies, 0.5)));
        let within = latencies.iter().filter(|latency| **latency <= 10).count() as u64;
        prop_assert_eq!(report.latency.within(10), within);
        let response = report.response.as_ref().unwrap();
        let responses: Vec<i64> = leads.iter().filter_map(|lead| lead.response).collect();
        prop_assert!(is_near(response.times.ninetieth(), naive_percentile(&responses, 0.9)));
        prop_assert_eq!(response.waiting, (leads.len() - responses.len()) as u64);
        prop_assert_eq!(response.total.converted, leads.iter().filter(|lead| lead.converted).count() as u64);

        // north goes by weight 2 : 1, south by round robin whatever the weights.
        let teams: BTreeMap<&str, _> = report.teams.iter().map(|team| (team.team.as_str(), team)).collect();
        let (ana, bo) = (count(0, true), count(1, true));
        prop_assert!(is_near(teams["north"].gini, naive_gini(&[ana / 2.0, bo / 1.0])));
        let (bo, cy) = (count(1, false), count(2, true));
        prop_assert!(is_near(teams["south"].gini, naive_gini(&[bo, cy])));
        let mean = (bo + cy) / 2.0;
        let deviation = (((bo - mean).powi(2) + (cy - mean).powi(2)) / 2.0).sqrt();
        prop_assert!(is_near(teams["south"].standard_deviation, (bo + cy > 0.0).then_some(deviation)));

        prop_assert_eq!(report.days.iter().map(|day| day.leads()).sum::<u64>(), leads.len() as u64);
        prop_assert_eq!(report.weeks.iter().map(|week| week.leads()).sum::<u64>(), leads.len() as u64);
        prop_assert_eq!(report.reps.iter().map(|rep| rep.leads).sum::<u64>(), report.kinds.rep);
        let bins: u64 = report.latency.histogram(&[1, 10, 60]).iter().sum();
        prop_assert_eq!(bins, leads.len() as u64);
    }
}

// --- The text and the page ------------------------------------------------------------------------

/// All three forms of a report with names from outside.
fn forms(name: &str, title: &str, width: usize) -> (String, Value, String) {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let rows = [
        format!("A,1,1,2026-11-02T09:00Z,{quoted},rep,last,small,fallback,,2026-11-02T09:01Z"),
        format!("B,1,1,2026-11-09T09:00Z,{quoted},queue,last,otherwise,fallback,,2026-11-12T09:01Z"),
        format!("C,1,1,2026-11-09T09:00Z,ana,rep,{quoted},{quoted},account,,2026-11-12T09:01Z"),
    ];
    let loaded = project(ALERTS);
    let report = reported(&loaded, &rows, Some(OUTCOMES));
    let setting = Setting { project: loaded.project.as_ref().unwrap(), sources: &loaded.sources, prefix: "", title };
    let look = Look { color: false, width };
    let json = serde_json::from_str(&json::render(&report, setting)).unwrap();
    (text::render(&report, setting, look), json, page::render(&report, setting))
}

/// The page's tags, without what stands between them.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|tag| tag.split(['>', ' ']).next().unwrap_or_default()).collect()
}

fn nasty_name() -> impl Strategy<Value = String> {
    let pieces = [
        "<script>alert(1)</script>",
        "\"",
        "'",
        "&amp;",
        "</style>",
        "--><!--",
        "]]>",
        "مرحبا",
        "\u{202e}",
        "=1+1",
        "é",
        " ",
        "<",
        "\u{1b}[2J",
    ];
    let piece = proptest::sample::select(pieces.to_vec());
    prop_oneof![
        proptest::collection::vec(piece, 1..6).prop_map(|pieces| format!("n{}", pieces.concat())),
        "n[^\r\n\0]{0,20}".prop_map(|name| name.trim().to_owned()),
    ]
}

proptest! {
    #[test]
    fn no_name_becomes_part_of_the_page(name in nasty_name(), title in nasty_name()) {
        // Code is set off by backticks, so a name with backticks may make a tag of ours.
        let (name, title) = (name.replace('`', ""), title.replace('`', ""));
        let (_, _, plain) = forms("name", "title", 100);
        let (text, json, page) = forms(&name, &title, 100);
        prop_assert_eq!(tags(&page), tags(&plain));
        prop_assert!(!page.contains("<script") && !page.contains("http://") || name.contains("http://") || title.contains("http://"));
        let is_shown = !text.contains(['\u{1b}', '\u{202e}']);
        prop_assert!(is_shown);
        prop_assert_eq!(json["queues"].as_object().unwrap().keys().next().unwrap().as_str(), name.trim());
    }
}

#[test]
fn the_text_fits_a_narrow_terminal_and_uses_a_wide_one() {
    let place = workplace(ALERTS);
    let loaded = project(ALERTS);
    let rows: Vec<String> = ROUTED.lines().skip(1).map(str::to_owned).collect();
    let report = reported(&loaded, &rows, None);
    let setting =
        Setting { project: loaded.project.as_ref().unwrap(), sources: &loaded.sources, prefix: "", title: "Leads" };
    let text = |width| text::render(&report, setting, Look { color: false, width });
    insta::assert_snapshot!(format!("--- 50 columns\n{}--- 120 columns\n{}", text(50), text(120)));
    let bars = |text: &str| text.matches('█').count();
    assert!(bars(&text(120)) > bars(&text(60)));
    let colored = place.run(&["report", ".", "routed.csv", "--color", "always"]);
    assert!(colored.out(1).contains("\u{1b}["));
}

#[test]
fn the_page_needs_no_network_and_no_script() {
    let place = workplace(ALERTS);
    let ended = place.run(&["report", ".", "routed.csv", "--outcomes", "outcomes.csv", "-o", "report.html"]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    let page = place.read("report.html");
    for never in ["<script", "http:", "https:", "src=", "url(", "@import", "href="] {
        assert!(!page.contains(never), "{never}");
    }
    assert!(
        page.contains("Content-Security-Policy")
            && page.contains("prefers-color-scheme: dark")
            && page.contains("@media print")
    );
}

// --- In a browser ---------------------------------------------------------------------------------

#[test]
fn a_browser_shows_the_page_by_day_and_by_night() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("report.html");
    let (_, _, page) = forms("<b>Zoë</b> & \"co\"", "Leads <i>", 100);
    std::fs::write(&file, page).unwrap();

    let dom = browse(browser, &file, "", &["--dump-dom"]);
    assert!(dom.contains("<h1><bdi>Leads &lt;i&gt;</bdi></h1>"), "{dom}");
    assert!(dom.contains("<bdi>&lt;b&gt;Zoë&lt;/b&gt; &amp; \"co\"</bdi>"));
    assert!(dom.contains("alert is crossed") || dom.contains("alerts are crossed"));
    assert_eq!(
        dom.matches("role=\"img\"").count(),
        dom.matches("aria-label=\"").count() - 2,
        "every plot has a name, and two sections"
    );

    let (light, dark) = (picture(browser, &file, "1", 1000), picture(browser, &file, "0", 1000));
    assert_eq!((size(&light), size(&dark)), ((1000, 900), (1000, 900)));
    assert_ne!(light, dark);
    assert_eq!(size(&picture(browser, &file, "1", 400)), (400, 900));

    let pdf = folder.path().join("report.pdf");
    browse(browser, &file, "", &[&format!("--print-to-pdf={}", pdf.display())]);
    assert!(std::fs::read(pdf).unwrap().starts_with(b"%PDF"));
}

// --- From a ledger --------------------------------------------------------------------------------

#[test]
fn a_ledger_tells_what_the_file_of_the_same_run_tells() {
    let place = workplace("alert when fallback share > 30 %\n");
    let leads = "id,size,score,created_at\nL-1,950,80,2026-11-23T14:00Z\nL-2,500,x,2026-11-23T14:50Z\nL-3,20,50,\nL-4,30,5,\nL-5,40,5,\n";
    place.write("leads.csv", leads);
    place.run(&["route", ".", "leads.csv", "-o", "routed.csv", "--ledger", "leads.ledger"]);
    let outcomes = ["--outcomes", "outcomes.csv", "--format", "json"];
    let from_ledger = place.run(&[&["report", ".", "--ledger", "leads.ledger"], &outcomes[..]].concat());
    let from_file =
        place.run(&[&["report", ".", "routed.csv", "--routed-at", "2026-11-23T15:00Z"], &outcomes[..]].concat());
    assert_eq!((from_ledger.code, from_file.code), (1, 1), "{}{}", from_ledger.err, from_file.err);
    let (ledger, file) = (from_ledger.json(), from_file.json());
    for figure in ["leads", "by_kind", "reps", "teams", "route_types", "latency", "unread_cells", "outcomes", "alerts"]
    {
        assert_eq!(ledger[figure], file[figure], "{figure}");
    }
    assert_eq!(ledger["latency"]["median_seconds"], json!(2100.0));
    assert_eq!((&ledger["period"]["by"], &ledger["days"][0]["leads"]), (&json!("assignment"), &json!(5)));
}

#[test]
fn one_of_a_file_and_a_ledger_is_reported_on() {
    let place = workplace("");
    assert_eq!(place.run(&["report", "."]).code, 2);
    assert_eq!(place.run(&["report", ".", "routed.csv", "--ledger", "leads.ledger"]).code, 2);
    let missing = place.run(&["report", ".", "--ledger", "leads.ledger"]);
    assert!(missing.err(2).contains("there is no ledger `leads.ledger`"));
    assert!(!place.has("leads.ledger"));
}

/// Without a field that says when leads came in, `--routed-at` is all there is to count from.
#[test]
fn leads_without_a_moment_of_their_own_wait_from_when_they_were_routed() {
    let place = Workplace::with(&[
        (
            "p/main.rules",
            "roster \"roster.yaml\"\nlead { id text key }\n\
             policy p { otherwise assign team sales by round robin or queue q }\n\
             queue q { after 1 hour assign team sales by round robin }\nstart at p\n",
        ),
        ("p/roster.yaml", "reps: { ana: {} }\nteams: { sales: [ana] }\n"),
        ("leads.csv", "id\nA\nB\nC\n"),
        ("outcomes.csv", "lead,first_contact_at\nA,2026-11-23T09:04:00Z\n"),
    ]);
    place.run_as_is(&["route", "p", "leads.csv", "-o", "routed.csv"]).out(0);
    let at = ["--routed-at", "2026-11-23T09:00:00Z", "--at", "2026-11-23T12:00:00Z", "--format", "json"];
    let report = place.run_as_is(&[&["report", "p", "routed.csv", "--outcomes", "outcomes.csv"], &at[..]].concat());
    let report: serde_json::Value = serde_json::from_str(report.out(0)).unwrap();
    let response = &report["outcomes"];
    assert_eq!((&response["due"], &response["not_contacted"]), (&3.into(), &2.into()), "{response}");
    assert_eq!(report["undated"], 0);
}
