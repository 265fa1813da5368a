//! The ledger: what one run leaves for the next, whatever happens in between.

#![expect(clippy::disallowed_methods, reason = "tests lay out files and read what was written")]

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::workplace::{Ended, Workplace, column, rows};

const ROSTER: &str = "\
reps:
  ana: { name: Ana Souza, crm_id: 0058d000003abcd, manager: carla }
  bruno: { weight: 2, capacity: 15, open: 1 }
  carla: { daily: 4 }
teams:
  trio: [ana, bruno, carla]
  pair: [ana, carla]
";

const POLICY: &str = r#"roster "roster.yaml"
lead {
  id         text key
  email      email
  company    text
  country    country
  score      integer
  owner_id   text owner
  created_at timestamp
}
table accounts from "accounts.csv" { domain domain key  owner rep }
let account = accounts[domain of email]
queue rest
account policy known {
  rule mine when owner_id is known keep owner
  rule spam when company is "Spam" reject "disposable address"
  rule theirs when account is known assign account.owner or team pair by round robin or queue rest
  otherwise go to regions
}
territory policy regions {
  rule dach when country in [DE, AT, CH] assign team trio by weight or queue rest
  rule south when country in [ES, IT] assign team pair by balance of score or queue rest
  rule west when country is FR assign team trio by load
  rule dry when country is PT assign rep bruno
  otherwise go to general
}
fallback policy general { otherwise assign team pair by round robin }
start at known
"#;

const ACCOUNTS: &str = "domain,owner\nacme.example,bruno\n";

const HEADER: &str = "id,email,company,country,score,owner_id,created_at\n";

/// A project, and the rows of a lead file.
fn with_leads(rows: &str) -> Workplace {
    let leads = format!("{HEADER}{rows}");
    Workplace::with(&[
        ("p/main.rules", POLICY),
        ("p/roster.yaml", ROSTER),
        ("p/accounts.csv", ACCOUNTS),
        ("leads.csv", &leads),
    ])
}

/// A lead of each kind, and more: rows that use every way to be assigned, one that nobody can take and
/// one that is no lead.
fn many(from: usize, to: usize) -> String {
    let countries = ["DE", "ES", "FR", "US", "AT", "IT", "PT", "CH"];
    let row = |n: usize| {
        let email = if n.is_multiple_of(5) { format!("n{n}@acme.example") } else { format!("n{n}@else.example") };
        let company = if n % 11 == 3 { "Spam" } else { "Some \"&\" Co" };
        let owner = if n % 13 == 4 { "005xX" } else { "" };
        let country = countries[n % countries.len()];
        format!(
            "L{n},{email},\"{}\",{country},{},{owner},2026-11-23T09:{:02}:00Z\n",
            company.replace('"', "\"\""),
            n * 7 % 50,
            n % 60
        )
    };
    (from..to).map(row).collect()
}

fn route(place: &Workplace, more: &[&str]) -> Ended {
    place.run(&[&["route", "p", "leads.csv", "--ledger", "l.ledger"], more].concat())
}

/// All that a ledger holds, table by table.
fn contents(place: &Workplace) -> BTreeMap<String, Vec<String>> {
    contents_of(place, "l.ledger")
}

fn contents_of(place: &Workplace, ledger: &str) -> BTreeMap<String, Vec<String>> {
    let db = place.open(ledger);
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut statement = db.prepare(tables).unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    tables.into_iter().map(|table| (table.clone(), all(&db, &format!("SELECT * FROM {table}")))).collect()
}

/// The rows that a query finds, as text.
fn all(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let mut found = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = found.next().unwrap() {
        let cell = |column| match row.get_ref(column).unwrap() {
            ValueRef::Null => "null".to_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
        };
        all.push((0..columns).map(cell).collect::<Vec<_>>().join(" | "));
    }
    all
}

fn said(place: &Workplace, sql: &str) -> Vec<String> {
    all(&place.open("l.ledger"), sql)
}

// --- what is kept ---

#[test]
fn a_ledger_changes_nothing_of_what_one_run_does() {
    let place = with_leads(&many(0, 60));
    let without = place.run(&["route", "p", "leads.csv", "--rejects", "rejects.csv"]);
    let rejects = place.read("rejects.csv");
    let with = route(&place, &["--rejects", "rejects.csv"]);
    assert_eq!((with.out(1), &with.err), (without.out(1), &without.err));
    assert_eq!(place.read("rejects.csv"), rejects);
    assert_eq!(place.names(), ["l.ledger", "leads.csv", "p", "rejects.csv"], "nothing is left lying about");
}

#[test]
fn turns_go_on_where_the_last_run_ended() {
    let place = with_leads(&many(0, 60));
    let whole = place.run(&["route", "p", "leads.csv", "--ledger", "whole.ledger"]);
    let mut parts = Vec::new();
    for (from, to) in [(0, 1), (1, 7), (7, 7), (7, 33), (33, 60)] {
        place.write("leads.csv", &format!("{HEADER}{}", many(from, to)));
        parts.extend(rows(&route(&place, &[]).out));
    }
    assert_eq!(parts, rows(&whole.out));
    let (parts, whole) = (contents(&place), contents_of(&place, "whole.ledger"));
    for table in ["rotation", "balances", "workloads", "divisions"] {
        assert_eq!(parts[table], whole[table], "{table}");
    }
}

#[test]
fn an_assignment_holds_who_why_when_and_the_lead_as_it_was() {
    let place = with_leads("L1,n@acme.example,\"A \"\"b\"\"\",Germany,7,,2026-11-23 08:30\n");
    place.write("p/roster.yaml", &ROSTER.replace("capacity: 15", "capacity: 1"));
    route(&place, &[]).out(0);
    let row = said(
        &place,
        "SELECT lead, assigned_at, captured_at, policy, rule, route_type, destination, assigned_to, assigned_kind,
                team, day, note, trace, lead_cells FROM assignments",
    );
    insta::assert_snapshot!(row.join("\n"));
    let policy = said(
        &place,
        "SELECT content FROM files JOIN policies, json_each(files) AS f
        WHERE file_hash = f.value AND f.key = 'main.rules'",
    );
    assert_eq!(policy, [POLICY]);
    assert_eq!(said(&place, "SELECT text FROM rosters").len(), 1);
    assert_eq!(
        said(&place, "SELECT at, kind, input, project FROM batches"),
        ["2026-11-23T15:00:00Z | route | leads.csv | p/"]
    );
}

#[test]
fn open_leads_begin_with_the_rosters_and_go_on_with_the_ledgers() {
    // Bruno may have three, and has one when he is first seen; what the roster says later is old.
    let place = with_leads("");
    place.write("p/roster.yaml", &ROSTER.replace("capacity: 15", "capacity: 3"));
    let mut takers = Vec::new();
    for n in 0..4 {
        place.write("leads.csv", &format!("{HEADER}L{n},,,PT,,,\n"));
        let ended = route(&place, &[]);
        takers.push(ended.code);
    }
    assert_eq!(takers, [0, 0, 1, 1]);
    assert_eq!(said(&place, "SELECT rep, open FROM workloads WHERE rep = 'bruno'"), ["bruno | 3"]);
    assert_eq!(said(&place, "SELECT rep, open, after FROM openings"), ["bruno | 1 | 0"]);
}

#[test]
fn rejects_and_kept_leads_are_decisions_and_malformed_rows_are_none() {
    let place = with_leads("L1,,Spam,,,,\nL2,,,,,005xX,\nL3,,,PT,,,\n,,,,,,\nL4,too,few\n");
    place.write("p/roster.yaml", &ROSTER.replace("capacity: 15", "capacity: 1"));
    route(&place, &[]).out(1);
    let rows = said(&place, "SELECT lead, assigned_to, assigned_kind, note FROM assignments ORDER BY 1");
    assert_eq!(rows, ["L1 |  | reject | disposable address", "L2 | 005xX | keep | "]);
}

// --- once only ---

#[test]
fn a_lead_keeps_its_assignment_across_batches_whatever_the_policy_says_now() {
    let place = with_leads(&many(0, 40));
    let first = route(&place, &["-o", "first.csv"]);
    assert_eq!(first.code, 1);
    let before = contents(&place);
    let changed = POLICY.replace("team trio by weight", "rep carla").replace("account policy", "segment policy");
    place.write("p/main.rules", &changed);
    let second = route(&place, &["-o", "second.csv", "--summary", "s.json"]);
    assert_eq!(place.read("first.csv"), place.read("second.csv"));
    assert_eq!(contents(&place), before, "a run that assigns nothing leaves nothing");
    let summary: Value = serde_json::from_str(&place.read("s.json")).unwrap();
    assert_eq!(summary["already_assigned"], rows(&place.read("first.csv")).len());
    let counted = ["assigned", "queued", "kept", "rejected_by_policy", "rejects"].iter();
    let counted: u64 = counted.map(|kind| summary[kind].as_u64().unwrap()).sum();
    assert_eq!(summary["read"], counted);
    assert!(second.err.contains("assigned before"), "{}", second.err);
}

#[test]
fn leads_are_known_again_in_whatever_order_they_came() {
    let all: Vec<String> = many(100, 160).lines().map(|row| format!("{row}\n")).collect();
    let in_order = |step: usize| (0..60).map(|n| all[n * step % 60].as_str()).collect::<String>();
    for (order, step) in [("rising", 1), ("falling", 59), ("mixed", 37)] {
        let place = with_leads(&in_order(step));
        let first = route(&place, &["--rejects", "rejects.csv"]);
        let between = [many(200, 230), in_order(37), many(10, 40), many(230, 260)].concat();
        place.write("leads.csv", &format!("{HEADER}{between}"));
        let second = route(&place, &["--rejects", "rejects.csv"]);
        let kept = rows(&second.out);
        assert!(rows(&first.out).iter().all(|row| kept.contains(row)), "{order}");
        let twice = "SELECT lead FROM trail GROUP BY lead HAVING count(*) > 1";
        assert_eq!(said(&place, twice), Vec::<String>::new(), "{order}");
        assert_eq!(said(&place, "PRAGMA integrity_check"), ["ok"], "{order}");
        let found = "SELECT count(*) FROM trail AS t WHERE lead IN (SELECT lead FROM trail INDEXED BY trail_by_lead)";
        assert_eq!(said(&place, found), said(&place, "SELECT count(*) FROM trail"), "{order}");
        place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
    }
}

#[test]
fn cells_are_kept_as_they_stood_whatever_is_in_them() {
    let cells = [
        ("plain", "plain"),
        ("a\\b", "a\\b"),
        ("\"say \"\"hi\"\"\"", "say \"hi\""),
        ("\"a\\,b\"", "a\\,b"),
        ("od\"d", "od\"d"),
        ("\"od\"d", "odd"),
        ("tab\there", "tab\there"),
        ("\u{1}", "\u{1}"),
        ("é日本", "é日本"),
        ("\"two\nlines\"", "two\nlines"),
        ("\"a,b\"", "a,b"),
    ];
    let row = |(n, (written, _)): (usize, &(&str, &str))| format!("L{n},,{written},US,,,\n");
    let place = with_leads(&cells.iter().enumerate().map(row).collect::<String>());
    route(&place, &[]).out(0);
    let kept = said(&place, "SELECT lead_cells ->> 'company' FROM assignments ORDER BY assignment");
    assert_eq!(kept, cells.map(|(_, cell)| cell));
    let arrays = "SELECT count(*) FROM trail WHERE json_valid(cells) AND json_array_length(cells) = 7";
    assert_eq!(said(&place, arrays), [cells.len().to_string()]);
}

#[test]
fn a_lead_that_comes_twice_in_one_file_gets_one_assignment() {
    let place = with_leads("L1,,,US,,,\nL2,,,US,,,\nL1,,,DE,,,\nL1,,,US,,,\n");
    let ended = route(&place, &[]);
    assert_eq!(column(ended.out(0), "assigned_to"), ["ana", "carla", "ana", "ana"]);
    assert_eq!(said(&place, "SELECT lead FROM assignments"), ["L1", "L2"]);
    let without = place.run(&["route", "p", "leads.csv"]);
    assert!(without.err(1).contains("repeated id `L1`"), "{}", without.err);
}

#[test]
fn leads_are_known_by_another_field_in_its_normal_form() {
    let place =
        with_leads("L1,Ann@Else.example,,US,,,\nL2,bob@else.example,,US,,,\nL3,ann@ELSE.example,,US,,,\nL4,,,US,,,\n");
    let ended = route(&place, &["--key", "email"]);
    assert_eq!(column(ended.out(1), "assigned_to"), ["ana", "carla", "ana"]);
    assert!(ended.err.contains("no id: `email` is blank"), "{}", ended.err);
    let ended = route(&place, &[]);
    insta::assert_snapshot!(ended.err(2));
    assert_eq!(ended.out, "");
    let ended = route(&place, &["--key", "emial"]);
    assert!(ended.err(2).contains("did you mean `email`?"), "{}", ended.err);
}

#[test]
fn leads_are_moved_with_a_reason_once_and_the_trail_keeps_both() {
    let place = with_leads("L1,,,US,,,\nL2,,,US,,,\n");
    route(&place, &[]).out(0);
    place.write("leads.csv", &format!("{HEADER}L1,,,US,,,\nL1,,,US,,,\nL3,,,US,,,\n"));
    let again = ["--reassign", "--reason", "Ana is leaving"];
    place.write(
        "p/main.rules",
        &POLICY.replace("otherwise assign team pair by round robin", "otherwise assign rep bruno"),
    );
    let first = route(&place, &again);
    assert_eq!(column(first.out(0), "assigned_to"), ["bruno", "bruno", "bruno"]);
    let trail = said(&place, "SELECT assignment, lead, assigned_to, replaces, reason FROM assignments");
    assert_eq!(
        trail,
        [
            "1 | L1 | ana | null | null",
            "2 | L2 | carla | null | null",
            "3 | L1 | bruno | 1 | Ana is leaving",
            "4 | L3 | bruno | null | Ana is leaving"
        ]
    );
    assert_eq!(said(&place, "SELECT rep, open FROM workloads"), ["ana | 0", "bruno | 3", "carla | 1"]);
    let before = contents(&place);
    let second = route(&place, &again);
    assert_eq!(second.out(0), first.out(0));
    assert!(contents(&place) == before, "run again, it moves nobody again");
    let ended = route(&place, &["--reassign"]);
    assert!(ended.err(2).contains("--reason"), "{}", ended.err);
}

#[test]
fn a_lead_that_nobody_else_can_take_stays_where_it_is() {
    let place = with_leads("L1,,,US,,,\n");
    route(&place, &[]).out(0);
    place.write("p/roster.yaml", &ROSTER.replace("capacity: 15", "capacity: 1"));
    place.write("leads.csv", &format!("{HEADER}L1,,,PT,,,\n"));
    let ended = route(&place, &["--reassign", "--reason", "moved to Portugal"]);
    assert!(ended.err(1).contains("bruno: at capacity"), "{}", ended.err);
    assert_eq!(said(&place, "SELECT lead, assigned_to FROM current_assignments"), ["L1 | ana"]);
}

#[test]
fn who_is_gone_has_one_lead_fewer_when_it_is_moved() {
    let place = with_leads("L1,,,US,,,\nL2,,,PT,,,\n");
    route(&place, &[]).out(0);
    place.write("p/roster.yaml", "reps: { carla: {} }\nteams: { trio: [carla], pair: [carla] }");
    place.write("p/accounts.csv", "domain,owner\n");
    place.write("p/main.rules", &POLICY.replace("assign rep bruno", "assign rep carla"));
    route(&place, &["--reassign", "--reason", "two people left"]).out(0);
    assert_eq!(said(&place, "SELECT rep, open FROM workloads"), ["ana | 0", "bruno | 1", "carla | 2"]);
    place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
}

#[test]
fn a_dry_run_reads_the_ledger_and_leaves_it_alone() {
    let place = with_leads("L1,,,US,,,\nL1,,,US,,,\n");
    let ended = route(&place, &["--dry-run"]);
    assert!(ended.err(0).contains("2 to reps (1 assigned before"), "{}", ended.err);
    assert!(!place.has("l.ledger"));
    route(&place, &[]).out(0);
    let before = contents(&place);
    place.write("leads.csv", &format!("{HEADER}L1,,,US,,,\nL2,,,US,,,\n"));
    let ended = route(&place, &["--dry-run"]);
    assert!(ended.err(0).contains("(1 assigned before"), "{}", ended.err);
    assert!(ended.err.contains("carla  1"), "it is her turn: {}", ended.err);
    assert_eq!(contents(&place), before);
}

#[test]
fn the_moment_of_capture_is_a_field_of_the_lead() {
    let place = with_leads("L1,,,US,,,2026-11-23T10:00:00+01:00\nL2,,,US,,,soon\n");
    route(&place, &[]).out(0);
    let captured = said(&place, "SELECT lead, captured_at FROM assignments");
    assert_eq!(captured, ["L1 | 2026-11-23T09:00:00Z", "L2 | null"]);
    let ended = route(&place, &["--captured", "score"]);
    assert!(ended.err(2).contains("`score` is no timestamp"), "{}", ended.err);
}

#[test]
fn people_come_and_go_and_nobody_is_reset() {
    let place = with_leads(&many(0, 20));
    route(&place, &[]);
    let before = said(&place, "SELECT * FROM rotation WHERE rep = 'bruno'");
    place.write(
        "p/roster.yaml",
        "reps: { ana: {}, carla: {}, new: {} }\nteams: { trio: [ana, carla, new], pair: [ana, carla] }",
    );
    place.write("p/accounts.csv", "domain,owner\n");
    place.write("p/main.rules", &POLICY.replace("assign rep bruno", "assign rep new"));
    place.write("leads.csv", &format!("{HEADER}{}", many(20, 40)));
    route(&place, &[]);
    assert_eq!(said(&place, "SELECT * FROM rotation WHERE rep = 'bruno'"), before);
    assert_eq!(said(&place, "SELECT count(*) FROM rotation WHERE rep = 'new'"), ["1"]);
    place.write("p/roster.yaml", ROSTER);
    place.write("p/main.rules", POLICY);
    place.write("leads.csv", &format!("{HEADER}{}", many(40, 60)));
    route(&place, &[]);
    assert_ne!(said(&place, "SELECT * FROM rotation WHERE rep = 'bruno'"), before);
}

// --- the past ---

/// Three batches under two policies and two rosters, with leads closed and moved in between; the traces
/// of all of them, by lead.
fn three_batches() -> (Workplace, BTreeMap<String, Value>) {
    let place = with_leads("");
    let mut traces = BTreeMap::new();
    for (batch, range) in [(0, 0..25), (1, 25..60), (2, 60..90)] {
        place.write("leads.csv", &format!("{HEADER}{}", many(range.start, range.end)));
        route(&place, &["--traces", "traces.ndjson"]);
        for line in place.read("traces.ndjson").lines() {
            let trace: Value = serde_json::from_str(line).unwrap();
            if trace.get("rejected").is_none() {
                traces.insert(trace["lead"]["id"].as_str().unwrap().to_owned(), trace);
            }
        }
        if batch == 0 {
            place.run(&["ledger", "close", "l.ledger", "L0", "L1", "L2", "L8"]).out(0);
            place.run(&["ledger", "reassign", "l.ledger", "L9", "--to", "rep:bruno", "--reason", "knows them"]).out(0);
            place.write(
                "p/main.rules",
                &POLICY.replace("employees", "staff").replace("team trio by load", "team trio by weight"),
            );
            place.write("p/roster.yaml", &ROSTER.replace("weight: 2", "weight: 3").replace("daily: 4", "daily: 40"));
            place.write("p/accounts.csv", "domain,owner\nacme.example,carla\n");
        }
    }
    (place, traces)
}

#[test]
fn every_lead_of_the_past_is_explained_as_it_was_from_the_ledger_alone() {
    let (place, traces) = three_batches();
    place.write("p/main.rules", "gone");
    for (lead, trace) in traces.iter().filter(|(lead, _)| *lead != "L9").step_by(3) {
        let ended = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", lead, "--format", "json"]);
        ended.out(0);
        assert_eq!(ended.json(), *trace, "{lead}");
    }
    assert!(traces.len() > 80);
    let ended = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "L26"]);
    insta::assert_snapshot!(ended.out(0));
    let ended = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "L999"]);
    assert!(ended.err(2).contains("has no lead `L999`"), "{}", ended.err);
}

#[test]
fn a_lead_that_was_moved_by_hand_has_two_pasts() {
    let (place, traces) = three_batches();
    let now = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "L9", "--format", "json"]);
    assert_eq!(
        (&now.json()["by_hand"], &now.json()["assignment"]["assigned_to"]),
        (&"knows them".into(), &"bruno".into())
    );
    let history = place.run_as_is(&["ledger", "history", "l.ledger", "L9", "--format", "json"]).json();
    let first = history["events"][0]["assignment"].to_string();
    let then =
        place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "L9", "--assignment", &first, "--format", "json"]);
    assert_eq!(then.json(), traces["L9"]);
    let other = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "L9", "--assignment", "1"]);
    assert!(other.err(2).contains("assignment 1 is one of lead `L0`"), "{}", other.err);
}

#[test]
fn traces_of_leads_that_are_known_are_those_of_the_first_time() {
    let place = with_leads(&(many(0, 30) + &many(3, 5)));
    route(&place, &["-o", "1.csv", "--traces", "1.ndjson"]);
    route(&place, &["-o", "2.csv", "--traces", "2.ndjson"]);
    assert_eq!(place.read("1.ndjson"), place.read("2.ndjson"));
    assert_eq!(place.read("1.csv"), place.read("2.csv"));
}

/// Numbers that look random, and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// The policy, for any roster.
fn for_anybody() -> String {
    POLICY.replace("assign rep bruno", "assign queue rest")
}

/// One of the things that happen to a ledger.
fn anything_happens(place: &Workplace, dice: &mut Dice, step: usize) {
    let lead = format!("L{}", dice.below(40));
    // Every other time leads come; in between, anything.
    let what = if step % 2 == 1 { 5 } else { dice.below(6) };
    match what {
        0 => {
            let others = ["reps: { ana: {}, carla: {}, new: {} }\nteams: { trio: [new, ana], pair: [carla] }", ROSTER];
            let others =
                [others[0].to_owned(), others[1].to_owned(), ROSTER.replace("ana, bruno, carla", "carla, bruno")];
            place.write("p/roster.yaml", &others[dice.below(3)]);
        }
        1 => place.write(
            "p/main.rules",
            &for_anybody().replace("by round robin", ["by round robin", "by load"][dice.below(2)]),
        ),
        2 | 3 => drop(place.run(&["ledger", "close", "l.ledger", &lead, "L7"])),
        4 => drop(place.run(&["ledger", "reassign", "l.ledger", &lead, "--to", "rep:carla", "--reason", "asked"])),
        _ => {
            let from = dice.below(36);
            place.write("leads.csv", &format!("{HEADER}{}", many(from, from + dice.below(12)).replace(",PT,", ",US,")));
            let reason = format!("step {step}");
            let open = format!("rep,open\ncarla,{}\n", dice.below(9));
            place.write("status.csv", &open);
            let mut more = vec!["-o", "out.csv"];
            more.extend([&["--reassign", "--reason", &reason][..], &["--status", "status.csv"], &[]][dice.below(3)]);
            let ended = route(place, &more);
            assert!(ended.code < 2, "{}", ended.err);
        }
    }
}

#[test]
fn whatever_happens_the_trail_adds_up_and_every_assignment_can_be_explained() {
    for seed in 1..4 {
        let place = with_leads(&many(0, 5));
        let mut dice = Dice(seed * 0x9e37_79b9_7f4a);
        place.write("p/main.rules", &for_anybody());
        route(&place, &[]);
        for step in 0..16 {
            anything_happens(&place, &mut dice, step);
            let verdict = place.run_as_is(&["ledger", "verify", "l.ledger"]);
            assert_eq!(verdict.code, 0, "seed {seed}, step {step}: {}", verdict.out);
        }
        let trail = said(&place, "SELECT lead, assignment FROM assignments");
        assert!(trail.len() > 20, "seed {seed}: {}", trail.len());
        for row in trail.iter().step_by(2) {
            let (lead, assignment) = row.split_once(" | ").unwrap();
            let asked = ["explain", "--ledger", "l.ledger", "--id", lead, "--assignment", assignment];
            let ended = place.run_as_is(&asked);
            assert_eq!(ended.code, 0, "seed {seed}: {}", ended.err);
        }
    }
}

// --- by hand ---

#[test]
fn closed_leads_make_room() {
    let place = with_leads("L1,,,PT,,,\nL2,,,PT,,,\n");
    place.write("p/roster.yaml", &ROSTER.replace("capacity: 15", "capacity: 2"));
    assert_eq!(route(&place, &[]).code, 1);
    let closed = place.run(&["ledger", "close", "l.ledger", "L1", "--reason", "won"]);
    assert_eq!(closed.out(0), "1 lead closed\n  bruno has 1 fewer\n");
    assert_eq!(route(&place, &[]).code, 0);
    let again = place.run(&["ledger", "close", "l.ledger", "L1", "L7", "--format", "json"]);
    again.out(1);
    assert_eq!(
        again.json(),
        serde_json::json!({"version": 1, "closed": [], "closed_before": ["L1"], "unknown": ["L7"], "freed": {}})
    );
    assert_eq!(said(&place, "SELECT rep, open FROM workloads WHERE rep = 'bruno'"), ["bruno | 2"]);
    assert_eq!(said(&place, "SELECT lead FROM open_leads"), ["L2"]);
    assert!(place.run(&["ledger", "close", "l.ledger", "L7"]).err(1).contains("no lead `L7`"));
}

#[test]
fn leads_to_close_come_from_a_file_too() {
    let place = with_leads(&many(0, 9));
    route(&place, &["--key", "email"]);
    place.write("closed.csv", "Email,stage\nN0@ACME.example,won\nn3@else.example,lost\n");
    let closed = place.run(&["ledger", "close", "l.ledger", "--from", "closed.csv", "--format", "json"]);
    assert_eq!(closed.json()["closed"], serde_json::json!(["n0@acme.example", "n3@else.example"]));
    let other = place.run(&["ledger", "close", "l.ledger", "--from", "closed.csv", "--column", "mail"]);
    insta::assert_snapshot!(other.err(2));
}

#[test]
fn a_lead_is_handed_over_with_a_reason() {
    let place = with_leads("L1,,,US,,,\nL2,,,US,,,\n");
    route(&place, &[]).out(0);
    let over = ["ledger", "reassign", "l.ledger", "L1", "--to", "rep:carla", "--reason", "asked for her"];
    assert_eq!(place.run(&over).out(0), "L1 goes from rep:ana to rep:carla\n");
    assert_eq!(place.run(&over).out(0), "L1 is with rep:carla already, for this reason\n");
    assert_eq!(
        said(&place, "SELECT rep, open, daily FROM workloads WHERE rep <> 'bruno'"),
        ["ana | 0 | 1", "carla | 2 | 1"]
    );
    assert_eq!(column(route(&place, &[]).out(0), "assigned_to"), ["carla", "carla"]);
    let history = place.run_as_is(&["ledger", "history", "l.ledger", "L1"]);
    insta::assert_snapshot!(history.out(0));
    let mut to_nobody = over;
    to_nobody[5] = "rep:carlo";
    assert!(place.run(&to_nobody).err(2).contains("did you mean `carla`?"));
    to_nobody[5] = "team:pair";
    assert!(place.run(&to_nobody).err(2).contains("write `--to rep:NAME`"));
    let mut of_nobody = over;
    of_nobody[3] = "L3";
    assert!(place.run(&of_nobody).err(1).contains("no lead `L3`"));
}

#[test]
fn how_things_stand_is_shown() {
    let (place, _) = three_batches();
    insta::assert_snapshot!(place.run_as_is(&["ledger", "show", "l.ledger"]).out(0));
    let shown = place.run_as_is(&["ledger", "show", "l.ledger", "--format", "json"]).json();
    assert_eq!(shown["batches"].as_array().unwrap().len(), 4);
    assert_eq!(shown["key_field"], "id");
    let missing = place.run_as_is(&["ledger", "show", "nowhere.ledger"]);
    assert!(missing.err(2).contains("there is no ledger `nowhere.ledger`"), "{}", missing.err);
    assert!(!place.has("nowhere.ledger"));
}

#[test]
fn the_trail_adds_up_to_the_state_and_what_does_not_is_named() {
    let (place, _) = three_batches();
    let verify = |place: &Workplace| place.run_as_is(&["ledger", "verify", "l.ledger"]);
    assert_eq!(verify(&place).out(0), "the ledger is whole: its state is what the trail adds up to\n");
    place.run(&["ledger", "close", "l.ledger", "L70"]).out(0);
    verify(&place).out(0);
    let db = place.open("l.ledger");
    db.execute_batch("UPDATE workloads SET open = open + 1 WHERE rep = 'ana'").unwrap();
    db.execute_batch("UPDATE rotation SET leads = 99, credit = '0' WHERE team = 'pair' AND rep = 'carla'").unwrap();
    db.execute_batch("UPDATE balances SET total = '7' WHERE rep = 'ana'").unwrap();
    db.execute_batch("DROP TRIGGER files_stay_1; UPDATE files SET content = 'x' WHERE content LIKE 'domain%'").unwrap();
    drop(db);
    insta::assert_snapshot!(verify(&place).out(1));
    let told = place.run_as_is(&["ledger", "verify", "l.ledger", "--format", "json"]).json();
    assert_eq!((&told["whole"], &told["faults"][0]["kind"]), (&Value::Bool(false), &"hash".into()));
}

#[test]
fn a_fresh_count_of_open_leads_takes_the_place_of_the_ledgers() {
    let place = with_leads("L1,,,PT,,,\n");
    route(&place, &[]).out(0);
    place.write("leads.csv", &format!("{HEADER}L2,,,PT,,,\n"));
    place.write("status.csv", "rep,open\nbruno,15\n");
    assert!(route(&place, &["--status", "status.csv"]).err(1).contains("at capacity"));
    place.write("status.csv", "rep,open\nbruno,9\n");
    route(&place, &["--status", "status.csv", "--traces", "t.ndjson"]).out(0);
    assert_eq!(said(&place, "SELECT open FROM workloads WHERE rep = 'bruno'"), ["10"]);
    place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
    let past = place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "L2", "--format", "json"]).json();
    assert_eq!(past, serde_json::from_str::<Value>(&place.read("t.ndjson")).unwrap());
}

#[test]
fn a_fresh_count_is_kept_when_all_leads_are_known() {
    let place = with_leads("L1,,,PT,,,\nL2,,,PT,,,\n");
    route(&place, &[]).out(0);
    let verified = || place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0).to_owned();
    let count = |open: u32| {
        place.write("status.csv", &format!("rep,open\nbruno,{open}\n"));
        route(&place, &["--status", "status.csv"]).out(0);
        let open = "SELECT open FROM workloads WHERE rep = 'bruno'";
        (said(&place, open), said(&place, "SELECT count(*) FROM batches"), verified())
    };
    let whole = "the ledger is whole: its state is what the trail adds up to\n".to_owned();
    let expected = |open: &str, batches: &str| (vec![open.to_owned()], vec![batches.to_owned()], whole.clone());
    assert_eq!(count(9), expected("9", "2"));
    assert_eq!(count(9), expected("9", "2"), "to say it again changes nothing");
    place.run_as_is(&["ledger", "close", "l.ledger", "L1"]).out(0);
    assert_eq!(count(8), expected("8", "2"), "that much the ledger knows itself");
    assert_eq!(count(7), expected("7", "3"));
    place.run_as_is(&["ledger", "close", "l.ledger", "L2"]).out(0);
    assert_eq!(
        (said(&place, "SELECT open FROM workloads WHERE rep = 'bruno'"), verified()),
        (vec!["6".to_owned()], whole)
    );
}

// --- whatever happens ---

/// Files, and all that the ledger holds.
fn everything(place: &Workplace, files: &[&str]) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    (files.iter().map(|file| place.read(file)).collect(), contents(place))
}

/// A folder in which one batch was routed and leads were closed, and the next is about to be.
fn before_the_next_batch() -> Workplace {
    let place = with_leads(&many(0, 12));
    route(&place, &[]);
    place.run(&["ledger", "close", "l.ledger", "L0", "L3"]).out(0);
    place.write("leads.csv", &format!("{HEADER}{}too,few\n{}", many(8, 20), many(15, 17)));
    place
}

const OUTPUTS: [&str; 3] = ["out.csv", "rejects.csv", "traces.ndjson"];

fn to_files<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let all = ["route", "p", "leads.csv", "--ledger", "l.ledger", "-o", "out.csv", "--rejects", "rejects.csv"];
    [&all[..], &["--traces", "traces.ndjson", "--at", crate::program::MONDAY], more].concat()
}

/// Ends a run at each place at which it can be ended, runs it again, and compares what the ledger and some
/// files hold with what one leaves that was not disturbed.
pub fn survives_being_killed(prepare: impl Fn() -> Workplace, arguments: &[&str], outputs: &[&str]) {
    let undisturbed = prepare();
    let ended = undisturbed.run_as_is(arguments);
    assert!(ended.code < 2, "{}", ended.err);
    let expected = everything(&undisturbed, outputs);
    let mut places = 0;
    loop {
        let place = prepare();
        let killed = place.command(arguments).env("POINTSMAN_FAULT", (places + 1).to_string()).output().unwrap();
        if killed.status.code().is_some() {
            assert_eq!(killed.status.code(), Some(ended.code), "it came to its end");
            break;
        }
        places += 1;
        let again = place.run_as_is(arguments);
        assert_eq!(again.code, ended.code, "{}", again.err);
        assert!(everything(&place, outputs) == expected, "killed at place {places}");
        place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
    }
    assert!(places >= 4, "{places} places");
}

#[test]
fn a_run_that_is_killed_anywhere_and_run_again_ends_as_if_it_had_not_been() {
    survives_being_killed(before_the_next_batch, &to_files(&[]), &OUTPUTS);
}

#[test]
fn so_does_one_that_makes_the_ledger() {
    survives_being_killed(|| with_leads(&many(0, 6)), &to_files(&[]), &OUTPUTS);
}

#[test]
fn so_does_one_that_moves_leads() {
    let moving = to_files(&["--reassign", "--reason", "new territories"]);
    survives_being_killed(before_the_next_batch, &moving, &OUTPUTS);
}

#[test]
fn so_do_leads_that_are_closed_and_one_that_is_given_away() {
    let at = ["--at", crate::program::MONDAY];
    let close = ["ledger", "close", "l.ledger", "L1", "L2", "L4", "--reason", "won"];
    survives_being_killed(before_the_next_batch, &[&close[..], &at].concat(), &[]);
    let reassign = ["ledger", "reassign", "l.ledger", "L5", "--to", "rep:carla", "--reason", "asked"];
    survives_being_killed(before_the_next_batch, &[&reassign[..], &at].concat(), &[]);
}

/// Runs the program where no file may grow beyond so many blocks of 512 bytes. `deaf`: a write beyond
/// that fails, as on a full disk; else the system kills the process in the middle of it.
#[cfg(unix)]
fn run_in_little_room(place: &Workplace, blocks: u32, deaf: bool, arguments: &[&str]) -> Option<i32> {
    let trap = if deaf { "trap '' XFSZ;" } else { "" };
    let script = format!("{trap} ulimit -c 0; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let program = env!("CARGO_BIN_EXE_pointsman");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script, program]).args(arguments).current_dir(place.path("."));
    shell.output().unwrap().status.code()
}

#[test]
#[cfg(unix)]
fn a_run_that_dies_in_the_middle_of_a_write_can_be_run_again() {
    let arguments = to_files(&[]);
    let undisturbed = before_the_next_batch();
    let code = undisturbed.run_as_is(&arguments).code;
    let expected = everything(&undisturbed, &OUTPUTS);
    let mut died = 0;
    for blocks in (0..).step_by(16) {
        let place = before_the_next_batch();
        if run_in_little_room(&place, blocks, false, &arguments).is_some() {
            break;
        }
        died += 1;
        assert_eq!(place.run_as_is(&arguments).code, code);
        assert!(everything(&place, &OUTPUTS) == expected, "died beyond {blocks} blocks");
        place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
    }
    assert!(died > 5, "{died}");
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_said_and_nothing_is_done() {
    let arguments = to_files(&[]);
    let undisturbed = before_the_next_batch();
    let code = undisturbed.run_as_is(&arguments).code;
    let expected = everything(&undisturbed, &OUTPUTS);
    let mut failed = 0;
    for blocks in (0..).step_by(16) {
        let place = before_the_next_batch();
        let before = contents(&place);
        if run_in_little_room(&place, blocks, true, &arguments) != Some(2) {
            break;
        }
        failed += 1;
        assert!(contents(&place) == before, "failed beyond {blocks} blocks");
        assert!(OUTPUTS.iter().all(|file| !place.has(file)), "an output of a run that failed");
        assert_eq!(place.run_as_is(&arguments).code, code);
        assert!(everything(&place, &OUTPUTS) == expected, "failed beyond {blocks} blocks");
    }
    assert!(failed > 5, "{failed}");
}

#[test]
fn several_runs_take_turns() {
    let place = with_leads("");
    let runs: Vec<(String, String)> = (0..4).map(|run| (format!("{run}.csv"), format!("{run}.out"))).collect();
    for (run, (input, _)) in runs.iter().enumerate() {
        // Half of each file's leads are in the next one, too.
        place.write(input, &format!("{HEADER}{}", many(run * 20, run * 20 + 40).replace(",PT,", ",US,")));
    }
    let start = |(input, output): &(String, String)| {
        let arguments = ["route", "p", input, "--ledger", "l.ledger", "-o", output, "--at", crate::program::MONDAY];
        place.command(&arguments).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = runs.iter().map(start).collect();
    for run in running {
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
    assert_eq!(said(&place, "SELECT count(*), count(DISTINCT lead) FROM assignments"), ["100 | 100"]);
    assert_eq!(said(&place, "SELECT count(*) FROM about"), ["1"]);
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for row in runs.iter().flat_map(|(_, output)| rows(&place.read(output))) {
        let before = taken.insert(row["id"].clone(), row["assigned_to"].clone());
        assert!(before.is_none_or(|before| before == row["assigned_to"]), "{} went to two people", row["id"]);
    }
}

#[test]
fn a_run_that_waits_says_so_and_goes_on_when_it_can() {
    let place = with_leads("L1,,,US,,,\n");
    route(&place, &[]).out(0);
    place.write("leads.csv", &format!("{HEADER}L2,,,US,,,\n"));
    let writer = place.open("l.ledger");
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let arguments = to_files(&[]);
    let mut waiting = place.command(&arguments).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = std::io::BufReader::new(waiting.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    assert_eq!(line, "another run is writing to `l.ledger`; waiting\n");
    // Whoever only reads does not wait.
    place.run_as_is(&["ledger", "history", "l.ledger", "L1"]).out(0);
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
    assert_eq!(rows(&place.read("out.csv")).len(), 1);
}

#[test]
fn the_run_that_makes_a_ledger_ends_when_nobody_reads_it() {
    let place = with_leads("");
    let arguments = ["route", "p", "-", "--from", "csv", "--ledger", "l.ledger", "-o", "out.csv"];
    let piped = std::process::Stdio::piped;
    let mut first = place.command(&arguments).stdin(piped()).stderr(piped()).spawn().unwrap();
    let mut leads = first.stdin.take().unwrap();
    std::io::Write::write_all(&mut leads, HEADER.as_bytes()).unwrap();
    // It has made the tables, and now waits for leads.
    let version = || place.open("l.ledger").query_row("PRAGMA user_version", [], |row| row.get(0));
    while !place.has("l.ledger") || version().unwrap_or(0) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let reader = place.open("l.ledger");
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(all(&reader, "SELECT count(*) FROM trail"), ["0"]);
    std::io::Write::write_all(&mut leads, b"L1,,,US,,,\nL2,,,US,,,\n").unwrap();
    drop(leads);
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(first.try_wait().unwrap(), None, "it waits until its rows are nobody's surprise");
    assert_eq!(all(&reader, "SELECT count(*) FROM trail"), ["0"]);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(said(&place, "SELECT count(*) FROM trail"), ["2"]);
    assert_eq!(said(&place, "PRAGMA journal_mode"), ["wal"], "from now on, readers are in nobody's way");
}

#[test]
fn standard_output_says_nothing_that_the_ledger_does_not_have() {
    let place = with_leads(&many(0, 8));
    let arguments = ["route", "p", "leads.csv", "--ledger", "l.ledger", "--at", crate::program::MONDAY];
    let killed = place.command(&arguments).env("POINTSMAN_FAULT", "9").output().unwrap();
    assert_eq!((killed.status.code(), killed.stdout.len()), (None, 0));
    let whole = place.run_as_is(&arguments);
    assert_eq!(rows(&whole.out).len(), 8);
}

// --- what is a ledger ---

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_is() {
    let place = with_leads("L1,,,US,,,\n");
    let other = place.open("other.db");
    other.execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1").unwrap();
    drop(other);
    place.write("text.txt", "id\n");
    for file in ["other.db", "text.txt", "p"] {
        let before = place.has(file).then(|| std::fs::read(place.path(file)).unwrap_or_default());
        let ended = place.run(&["route", "p", "leads.csv", "--ledger", file]);
        assert!(ended.err(2).contains(&format!("`{file}` is not a ledger")), "{}", ended.err);
        assert_eq!(ended.out, "");
        assert_eq!(place.has(file).then(|| std::fs::read(place.path(file)).unwrap_or_default()), before);
    }
    assert_eq!(place.names(), ["leads.csv", "other.db", "p", "text.txt"]);
}

#[test]
fn a_ledger_needs_its_folder_and_what_was_left_beside_it() {
    let place = with_leads(&many(0, 8));
    let ended = place.run(&["route", "p", "leads.csv", "--ledger", "nowhere/l.ledger"]);
    insta::assert_snapshot!(ended.err(2));
    let whole = ["route", "p", "leads.csv", "--ledger", "l.ledger", "-o", "out.csv"];
    place.run(&whole).out(0);
    let mut damaged = std::fs::read(place.path("l.ledger")).unwrap();
    damaged[100..8_192].fill(7);
    std::fs::write(place.path("l.ledger"), damaged).unwrap();
    insta::assert_snapshot!(place.run(&whole).err(2));
}

/// Puts in the place of a ledger one of an older version with the same in it. A released migration is never
/// edited, so the files of `schema` are what such a ledger was made of.
fn make_older(place: &Workplace, version: usize) {
    const MIGRATIONS: [&str; 3] = [
        include_str!("../src/ledger/schema/1_tables.sql"),
        include_str!("../src/ledger/schema/2_views.sql"),
        include_str!("../src/ledger/schema/3_shared_decisions.sql"),
    ];
    let old = place.open("old.ledger");
    MIGRATIONS[..version].iter().for_each(|migration| old.execute_batch(migration).unwrap());
    old.execute_batch(&format!(
        "PRAGMA application_id = 1886286957; PRAGMA user_version = {version}; PRAGMA foreign_keys = OFF;
         ATTACH 'file:{}' AS now",
        place.path("l.ledger").display()
    ))
    .unwrap();
    for table in all(&old, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let columns = all(&old, &format!("SELECT group_concat(name, ', ') FROM pragma_table_info('{table}')"));
        let copy = format!("INSERT INTO {table} ({0}) SELECT {0} FROM now.{table}", columns[0]);
        old.execute_batch(&copy).unwrap();
    }
    drop(old);
    ["l.ledger-wal", "l.ledger-shm"].iter().filter(|file| place.has(file)).for_each(|file| place.remove(file));
    place.rename("old.ledger", "l.ledger");
}

/// What the views show that every version has.
fn shown(place: &Workplace) -> BTreeMap<&'static str, Vec<String>> {
    let views =
        ["assignments", "current_assignments", "open_leads", "leads_per_rep", "leads_per_day", "history", "turns"];
    views.into_iter().map(|view| (view, said(place, &format!("SELECT * FROM {view} ORDER BY 1, 2, 3")))).collect()
}

#[test]
fn a_ledger_of_an_older_version_is_brought_up_to_this_one() {
    for version in [1, 2, 3] {
        let place = before_the_next_batch();
        place.run_as_is(&["ledger", "reassign", "l.ledger", "L5", "--to", "rep:carla", "--reason", "asked"]).out(0);
        let mut before = shown(&place);
        make_older(&place, version);
        let dry = route(&place, &["--dry-run"]);
        assert!(dry.err.contains("assigned before"), "{}", dry.err);
        assert_eq!(said(&place, "PRAGMA user_version"), [version.to_string()], "a dry run writes nothing");
        // Whoever only asks brings it up to date, too.
        place.run_as_is(&["ledger", "history", "l.ledger", "L5"]).out(0);
        assert_eq!(said(&place, "PRAGMA user_version"), ["4"]);
        let mut after = shown(&place);
        assert!(before == after, "version {version}: {before:#?} became {after:#?}");
        place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
        place.run_as_is(&["explain", "--ledger", "l.ledger", "--id", "L4"]).out(0);
        // It goes on as if nothing had been.
        route(&place, &[]);
        place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
        (before, after) = (after, shown(&place));
        assert_eq!(after["assignments"][..before["assignments"].len()], before["assignments"]);
        assert!(after["assignments"].len() > before["assignments"].len());
    }
}

#[test]
fn a_ledger_of_a_newer_version_is_refused() {
    let place = with_leads("L1,,,US,,,\n");
    route(&place, &[]).out(0);
    place.open("l.ledger").execute_batch("PRAGMA user_version = 99").unwrap();
    insta::assert_snapshot!(route(&place, &[]).err(2));
}

#[test]
fn the_trail_cannot_be_changed() {
    let place = with_leads("L1,,,DE,,,\n");
    route(&place, &[]).out(0);
    let db = place.open("l.ledger");
    for table in ["assignments", "batches", "decisions", "divisions", "files", "policies", "trail"] {
        let refused = db.execute_batch(&format!("DELETE FROM {table}")).unwrap_err().to_string();
        assert!(refused.contains("the trail is not changed"), "{table}: {refused}");
    }
    assert!(db.execute_batch("UPDATE assignments SET assigned_to = 'me'").is_err());
}

#[test]
fn the_ledger_is_no_output() {
    let place = with_leads("L1,,,US,,,\n");
    let ended = route(&place, &["-o", "l.ledger"]);
    assert!(ended.err(2).contains("`l.ledger` is the ledger"), "{}", ended.err);
    assert!(!place.has("l.ledger"));
}
