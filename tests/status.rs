//! `--status FILE`: what another system knows of people now, laid over the roster.

use crate::workplace::{Ended, Workplace};

const POLICY: &str = "\
roster \"roster.yaml\"
lead { id text key }
queue unassigned { after 1 hour assign rep ana }
policy p { otherwise assign team sales by load or queue unassigned }
start at p
";

const ROSTER: &str = "\
reps:
  ana: { capacity: 5, email: ana@example.com, crm_id: 005A }
  bruno: { capacity: 5, open: 4, last_seen: 2026-11-23T08:00:00Z }
  carla: { timezone: Asia/Tokyo, away: [2026-01-01..2026-12-31] }
teams: { sales: [ana, bruno, carla] }
rules: { unavailable_after: 24 hours }
";

fn workplace(status: &str) -> Workplace {
    Workplace::with(&[
        ("p/main.rules", POLICY),
        ("p/roster.yaml", ROSTER),
        ("leads.csv", "id\nL1\nL2\nL3\n"),
        ("status.csv", status),
    ])
}

fn route(status: &str) -> Ended {
    let columns = "--columns=id,assigned_to";
    workplace(status).run(&["route", "p", "leads.csv", "--status", "status.csv", columns])
}

/// Who gets the three leads.
fn takers(status: &str) -> String {
    let ended = route(status);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let taken = ended.out.lines().skip(1).filter_map(|line| line.split_once(','));
    taken.map(|(_, taker)| taker).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_stated_lies_over_the_roster_and_a_blank_states_nothing() {
    assert_eq!(takers("rep,open\n"), "ana ana ana");
    assert_eq!(takers("rep,open\nana,4\nbruno,2\n"), "bruno bruno ana");
    assert_eq!(takers("rep,open,last_seen,away_until\nana,5,,\n"), "bruno unassigned unassigned");
    assert_eq!(takers("rep,away_until\nana,2026-11-23\n"), "bruno unassigned unassigned");
    assert_eq!(takers("rep,away_until\nana,2026-11-22\n"), "ana ana ana");
    assert_eq!(takers("rep,last_seen\nana,2026-11-22T08:00:00Z\n"), "bruno unassigned unassigned");
    assert_eq!(takers("rep,last_seen\nbruno,2026-11-01T08:00:00Z\nana,2026-11-23T08:00:00Z\n"), "ana ana ana");
}

#[test]
fn somebody_is_named_as_the_roster_or_the_other_system_names_them() {
    for name in ["ana", "005A", "Ana@Example.com", " ANA "] {
        assert_eq!(takers(&format!("rep,open\n{name},5\n")), "bruno unassigned unassigned", "{name}");
    }
}

#[test]
fn json_is_read_as_well() {
    let place = workplace("");
    place.write("status.ndjson", "{\"rep\": \"ana\", \"open\": 5}\n");
    let ended = place.run(&["route", "p", "leads.csv", "--status", "status.ndjson", "--columns=assigned_to"]);
    assert_eq!(ended.out, "assigned_to\nbruno\nunassigned\nunassigned\n", "{}", ended.err);
}

#[test]
fn what_is_wrong_is_said_line_by_line_and_nothing_is_routed() {
    let ended = route(
        "rep,open,last_seen,away_until\nana,-1,yesterday,24.12.2026\nana,1,,\nbruno,,,\n,3,,\n005A,,,\nbruno,2,,\nzoe,x,,\n",
    );
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    insta::assert_snapshot!(ended.err);
}

#[test]
fn who_is_not_in_the_roster_is_told_and_passed_over() {
    let ended = route("rep,open\nanna,5\nfinance@example.com,\nana,5\n");
    assert_eq!(ended.code, 0);
    insta::assert_snapshot!(ended.err);
    let many: String = (0..40).map(|number| format!("somebody{number},1\n")).collect();
    let ended = route(&format!("rep,open\n{many}"));
    assert!(ended.err.contains("and 35 more rows like these"), "{}", ended.err);
}

#[test]
fn a_file_that_states_nothing_is_wrong_usage() {
    for status in ["name,open\nana,1\n", "rep\nana\n", "rep,open\nana,1,2\n", ""] {
        let ended = route(status);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{status}\n{}", ended.err);
    }
    let ended = route("name,opened\nana,1\n");
    assert!(ended.err.contains("no column `rep` in"), "{}", ended.err);
    let ended = route("rep,opened,open\nana,1,2\n");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let ended = route("rep,last_sen,open\nana,1,2\n");
    assert!(ended.err.contains("did you mean `last_sen`?"), "{}", ended.err);
}

#[test]
fn an_output_may_not_take_the_place_of_the_status() {
    let place = workplace("rep,open\nana,1\n");
    let ended = place.run(&["route", "p", "leads.csv", "--status", "status.csv", "-o", "status.csv"]);
    assert_eq!(ended.code, 2);
    assert_eq!(place.read("status.csv"), "rep,open\nana,1\n");
}

#[test]
fn explain_and_diff_take_it_too() {
    let place = workplace("rep,open,away_until\nana,5,\nbruno,,2026-11-30\n");
    let ended = place.run(&["explain", "p", "leads.csv", "--id", "L1", "--status", "status.csv"]);
    assert!(ended.out.contains("at capacity (5 of 5 open leads)"), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("away until 2026-11-30"), "{}", ended.out);
    place.write("q/main.rules", &POLICY.replace("by load", "by round robin"));
    place.write("q/roster.yaml", ROSTER);
    let ended = place.run(&["diff", "p", "q", "--leads", "leads.csv", "--status", "status.csv"]);
    assert!(!ended.out.contains("away"), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("unassigned"), "{}{}", ended.out, ended.err);
    let ended = place.run(&["diff", "p", "q", "--status", "status.csv"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
}
