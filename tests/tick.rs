//! What time brings: leads that nobody gets in touch with, and leads that nobody pulls.

use crate::ledger::survives_being_killed;
use crate::workplace::{Ended, Workplace};

const ROSTER: &str = "\
reps:
  ana: { manager: carla, capacity: 40 }
  bruno: { manager: carla }
  carla: { manager: dora, capacity: 2 }
  dora: {}
teams:
  trio: [ana, bruno]
";

const POLICY: &str = r#"roster "roster.yaml"
lead { id text key
  country country }
queue pool { after 30 minutes assign rep carla after 1 hour assign rep dora }
policy all {
  rule dach when country in [DE, AT]
    assign rep ana or queue pool
    escalate after 2 hours without contact to manager of owner or rep bruno
    escalate after 4 hours without contact to manager of owner
    escalate after 1 day without contact to queue pool
  rule quiet when country is FR assign rep bruno
  otherwise assign queue pool
}
start at all
"#;

/// The leads are routed at nine.
fn routed(rows: &str) -> Workplace {
    let leads = format!("id,country\n{rows}");
    let place = Workplace::with(&[
        ("p/main.rules", POLICY),
        ("p/roster.yaml", ROSTER),
        ("leads.csv", &leads),
        ("nobody.csv", "lead,first_contact_at\n"),
    ]);
    let ended = place.run_as_is(&["route", "p", "leads.csv", "--ledger", "l.ledger", "--at", "2026-11-23T09:00:00Z"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    place
}

fn tick(place: &Workplace, at: &str, more: &[&str]) -> Ended {
    let at = format!("2026-11-{at}:00Z");
    place.run_as_is(&[&["tick", "p", "--ledger", "l.ledger", "--at", &at], more].concat())
}

fn tick_without_contact(place: &Workplace, at: &str) -> Ended {
    tick(place, at, &["--outcomes", "nobody.csv"])
}

#[test]
fn a_lead_without_contact_goes_up_step_by_step() {
    let place = routed("A,DE\nF,FR\n");
    assert_eq!(tick_without_contact(&place, "23T10:59").out, "no lead's time has come\n");
    let first = tick_without_contact(&place, "23T11:00");
    assert_eq!(first.out, "A: rep:ana → rep:carla, after 2 hours without contact (all.dach)\n1 lead escalated\n");
    assert_eq!(tick_without_contact(&place, "23T12:00").out, "no lead's time has come\n");
    let second = tick_without_contact(&place, "23T13:00");
    assert_eq!(second.out, "A: rep:carla → rep:dora, after 4 hours without contact (all.dach)\n1 lead escalated\n");
    let third = tick_without_contact(&place, "24T09:00");
    assert_eq!(third.out, "A: rep:dora → queue:pool, after 1 day without contact (all.dach)\n1 lead escalated\n");
    let history = place.run_as_is(&["ledger", "history", "l.ledger", "A"]);
    insta::assert_snapshot!(history.out);
    assert_eq!(place.run_as_is(&["ledger", "verify", "l.ledger"]).code, 0);
}

#[test]
fn steps_that_were_missed_are_all_taken_in_their_order() {
    let place = routed("A,DE\n");
    assert_eq!(
        tick_without_contact(&place, "23T14:00").out,
        "A: rep:ana → rep:carla, after 2 hours without contact (all.dach)\n\
         A: rep:carla → rep:dora, after 4 hours without contact (all.dach)\n\
         1 lead escalated\n"
    );
}

#[test]
fn a_lead_that_somebody_got_in_touch_with_stays() {
    let place = routed("A,DE\nB,DE\n");
    place.write("contacts.csv", "lead,first_contact_at\nA,2026-11-23T10:30:00Z\nB,2026-11-23T11:30:00Z\n");
    let ended = tick(&place, "23T11:00", &["--outcomes", "contacts.csv"]);
    // B's contact is still to come at eleven.
    assert_eq!(ended.out, "B: rep:ana → rep:carla, after 2 hours without contact (all.dach)\n1 lead escalated\n");
}

#[test]
fn without_outcomes_nothing_escalates_and_that_is_said() {
    let place = routed("A,DE\n");
    let ended = tick(&place, "24T09:00", &[]);
    assert_eq!((ended.code, ended.out.as_str()), (0, "no lead's time has come\n"));
    assert!(ended.err.starts_with("warning: nothing is known of contacts"), "{}", ended.err);
}

#[test]
fn leads_leave_a_queue_when_nobody_pulls_them() {
    let place = routed("A,US\nB,US\nC,US\n");
    assert_eq!(tick_without_contact(&place, "23T09:29").out, "no lead's time has come\n");
    // Carla has room for two; the third waits for the next clause.
    let ended = tick_without_contact(&place, "23T09:30");
    insta::assert_snapshot!(ended.out);
    assert_eq!(ended.code, 1);
    let ended = tick_without_contact(&place, "23T10:00");
    assert_eq!(
        ended.out,
        "C: queue:pool → rep:dora, after 1 hour in queue pool (all.otherwise)\n1 lead left a queue\n"
    );
}

#[test]
fn who_is_full_is_passed_over_and_the_trace_says_so() {
    let place = routed("A,DE\nB,DE\nC,DE\n");
    let ended = tick_without_contact(&place, "23T11:00");
    assert!(ended.out.contains("C: rep:ana → rep:bruno"), "{}", ended.out);
    let trace: String = place
        .open("l.ledger")
        .query_row("SELECT trace FROM assignments WHERE lead = 'C' AND assigned_to = 'bruno'", [], |row| row.get(0))
        .unwrap();
    insta::assert_snapshot!(trace);
    // Ana has let go of all three.
    let open: i64 =
        place.open("l.ledger").query_row("SELECT open FROM workloads WHERE rep = 'ana'", [], |row| row.get(0)).unwrap();
    assert_eq!(open, 0);
    assert_eq!(place.run_as_is(&["ledger", "verify", "l.ledger"]).code, 0);
}

#[test]
fn nothing_is_done_twice_and_nothing_in_a_dry_run() {
    let place = routed("A,DE\nB,US\n");
    let dry = tick(&place, "23T11:00", &["--outcomes", "nobody.csv", "--dry-run"]);
    assert!(dry.out.ends_with("(nothing was done)\n"), "{}", dry.out);
    let done = tick_without_contact(&place, "23T11:00");
    assert_eq!(dry.out.replace(" (nothing was done)", ""), done.out);
    assert_eq!(tick_without_contact(&place, "23T11:00").out, "no lead's time has come\n");
    let batches: i64 = place.open("l.ledger").query_row("SELECT count(*) FROM batches", [], |row| row.get(0)).unwrap();
    assert_eq!(batches, 2);
}

#[test]
fn a_step_is_explained_from_the_ledger() {
    let place = routed("A,DE\n");
    tick_without_contact(&place, "23T11:00");
    let ended = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "A"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    insta::assert_snapshot!(ended.out);
}

#[test]
fn who_was_passed_over_in_a_step_is_told_for_people_and_for_programs() {
    let place = routed("A,DE\nB,DE\nC,DE\nD,US\n");
    tick_without_contact(&place, "23T11:00");
    let [full, queued] = ["C", "D"].map(|lead| place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", lead]).out);
    let passed_over = "  manager:rep:ana: nobody can take it\n    · carla  at capacity (2 of 2 open leads)\n  \
                       rep:bruno: bruno takes it\n    ✓ bruno  can take it\n";
    assert!(full.ends_with(passed_over), "{full}");
    assert!(queued.contains("1 hour in queue pool") && queued.ends_with("    ✓ dora  can take it\n"), "{queued}");
    let json = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "C", "--format", "json"]).json();
    assert_eq!(json["assignment"]["tried"][0]["members"][0]["why"], "at capacity (2 of 2 open leads)");
    assert_eq!(json["assignment"]["tried"][1]["members"][0]["rep"], "bruno");
}

#[test]
fn a_tick_that_is_killed_anywhere_and_run_again_ends_as_if_it_had_not_been() {
    let rows: String = (0..12).map(|lead| format!("L{lead},{}\n", ["DE", "US", "FR"][lead % 3])).collect();
    let tick = ["tick", "p", "--ledger", "l.ledger", "--outcomes", "nobody.csv", "--at", "2026-11-23T13:00:00Z"];
    survives_being_killed(|| routed(&rows), &tick, &[]);
}

#[test]
fn closed_leads_and_leads_of_other_rules_stay() {
    let place = routed("A,DE\nF,FR\n");
    assert_eq!(place.run(&["ledger", "close", "l.ledger", "A"]).code, 0);
    assert_eq!(tick_without_contact(&place, "25T09:00").out, "no lead's time has come\n");
}

#[test]
fn programs_read_the_steps_as_json() {
    let place = routed("A,DE\n");
    let ended = tick(&place, "23T11:00", &["--outcomes", "nobody.csv", "--format", "json"]);
    insta::assert_snapshot!(ended.out);
}

#[test]
fn an_escalation_belongs_to_an_assignment_and_its_owner_to_an_escalation() {
    let policy = |rule: &str| {
        let text = format!(
            "roster \"roster.yaml\"\nlead {{ id text key }}\nqueue q {{ after 1 hour assign rep ana }}\npolicy p {{\n  {rule}\n}}\nstart at p\n"
        );
        let place = Workplace::with(&[("p/main.rules", &text), ("p/roster.yaml", ROSTER)]);
        place.run_as_is(&["lint", "p", "--at", "2026-11-23T09:00:00Z"]).out
    };
    let told = [
        "otherwise reject \"no\" escalate after 1 hour without contact to rep ana",
        "otherwise assign manager of owner or queue q",
        "otherwise assign queue q escalate after 1 hour without contact to rep nobody_here",
        "otherwise assign queue q escalate after 1 hour without contact to rep ana escalate after 60 minutes without contact to rep bruno",
        "otherwise assign queue q escalate after 1 hour to rep ana",
        "otherwise assign queue q escalate after 1 hour without contact to manager of owner or queue q",
    ]
    .map(policy);
    insta::assert_snapshot!(told.join("----\n"));
}

/// Whoever was skipped over by an escalation has had their turn, and the next lead goes to somebody else:
/// a report that counted only who has the leads now would call that unfair.
#[test]
fn turns_of_leads_that_moved_on_count_as_taken() {
    let place = Workplace::with(&[
        (
            "p/main.rules",
            r#"
roster "roster.yaml"
lead { id text key  created_at timestamp }
queue pool { after 1 hour assign team sales by round robin }
policy all {
  otherwise
    assign team sales by round robin or queue pool
    escalate after 2 hours without contact to rep carla or queue pool
}
start at all
"#,
        ),
        ("p/roster.yaml", "reps: { ana: {}, bruno: {}, carla: {} }\nteams: { sales: [ana, bruno] }\n"),
        ("leads.csv", "id\nA\nB\nC\nD\n"),
        ("contacts.csv", "lead,first_contact_at\nB,2026-11-23T10:05:00Z\nD,2026-11-23T10:05:00Z\n"),
    ]);
    let at = |time: &str| format!("2026-11-{time}:00Z");
    place.run_as_is(&["route", "p", "leads.csv", "--ledger", "l.ledger", "--at", &at("23T09:00"), "-o", "out.csv"]);
    let moved =
        place.run_as_is(&["tick", "p", "--ledger", "l.ledger", "--outcomes", "contacts.csv", "--at", &at("23T12:00")]);
    assert!(moved.out.ends_with("2 leads escalated\n"), "{moved:?}");
    let report = place.run_as_is(&["report", "p", "--ledger", "l.ledger", "--format", "json", "--at", &at("23T12:00")]);
    let report: serde_json::Value = serde_json::from_str(report.out(0)).unwrap();
    let team = &report["teams"][0];
    assert_eq!((&team["leads"], &team["gini"]), (&4.into(), &0.0.into()), "{team}");
    let ana = report["reps"].as_array().unwrap().iter().find(|rep| rep["rep"] == "ana").unwrap();
    assert_eq!((&ana["leads"], &ana["by_turns"], &ana["turns"]), (&0.into(), &0.into(), &2.into()), "{ana}");
}
