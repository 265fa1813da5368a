//! `explain`: why a lead goes where it goes, in words that somebody who asks at the end of a long
//! day can follow.

use serde_json::json;

use crate::workplace::{Ended, Workplace};

const ROSTER: &str = "\
reps:
  ana: { weight: 2, manager: carla, left: 2026-10-01 }
  bruno: { away: [2026-11-01..2026-12-24] }
  carla: {}
  dora: { open: 3, capacity: 3 }
  emil: { weight: 2, skills: [pt] }
teams:
  north: [ana, bruno]
  south: [bruno, { rep: carla, weight: 3 }, dora, emil]
";

const POLICY: &str = r#"roster "roster.yaml"
lead {
  id        text key
  email     email
  company   text
  country   country
  employees integer
  score     number
  owner_id  text owner
}
table accounts from "accounts.csv" {
  domain domain key
  owner  rep
}
table patches from "patches.csv" {
  country country
  team    team
}
let account = accounts[domain of email]
territory dach = country in [DE, AT, CH]
segment big = employees >= 500
queue rest
queue spare
account policy known {
  rule spam when email ends with "@spam.example" reject "disposable address"
  rule mine when owner_id is known keep owner
  rule summer until 2026-08-31 when country is FR assign queue rest
  rule owned "A known account keeps its owner"
    when account is known
    assign account.owner or manager of account.owner or queue rest
  otherwise go to regions
}
territory policy regions {
  rule dach_big when dach and (big or company contains "GmbH") assign team north by round robin or queue rest
  each row of patches when country is row.country assign row.team by weight or queue rest
  rule loaded when score > 50 assign team south by load or queue rest
  rule balanced when score > 40 assign team south by balance of score or queue rest
  rule speaker when score > 30 assign team south with skill pt by round robin
  rule never when country is BR and country is PT assign queue spare
  rule lost when country is IT assign team north by round robin
  rule blank when country is blank assign rep carla
}
start at known
"#;

const ACCOUNTS: &str = "domain,owner\na.example,ana\nb.example,bruno\nc.example,zoe\nd.example,\n";
const PATCHES: &str = "country,team\nUS,north\nCA,north\nMX,south\nBR,south\nAR,north\nCL,south\n";

const LEADS: &str = "\
id,email,company,country,employees,score,owner_id
L1,x@a.example,,,,,
L2,y@b.example,\"Doe, Inc.\",DE,3,,
L3,,,CL,12,,
L4,=1+1,,Germny,12,,
L5,,,CL,,,
L6,,,IT,,,
L7,,,FR,,,
";

fn workplace() -> Workplace {
    Workplace::with(&[
        ("p/main.rules", POLICY),
        ("p/roster.yaml", ROSTER),
        ("p/accounts.csv", ACCOUNTS),
        ("p/patches.csv", PATCHES),
        ("leads.csv", LEADS),
    ])
}

fn of_file(id: &str, more: &[&str]) -> Ended {
    workplace().run(&[&["explain", "p", "leads.csv", "--id", id], more].concat())
}

fn by_hand(cells: &str, more: &[&str]) -> Ended {
    workplace().run(&[&["explain", "p", "--lead", cells], more].concat())
}

// --- for people ---

#[test]
fn an_owner_who_left_is_passed_over_for_the_manager() {
    insta::assert_snapshot!(of_file("L1", &[]).out(0));
}

#[test]
fn rows_of_a_table_that_do_not_hold_are_folded_and_those_away_are_named() {
    insta::assert_snapshot!(of_file("L5", &[]).out(0));
}

#[test]
fn cells_that_could_not_be_read_are_named_where_they_matter() {
    insta::assert_snapshot!(of_file("L4", &[]).out(0));
}

#[test]
fn a_named_condition_is_named_beside_its_comparisons() {
    insta::assert_snapshot!(by_hand("country=Austria, company=\"Müller, Söhne GmbH\"", &[]).out(0));
}

#[test]
fn a_refused_lead_says_why() {
    insta::assert_snapshot!(by_hand("email=x@spam.example", &[]).out(0));
}

#[test]
fn a_kept_lead_says_with_whom_it_stays() {
    let ended = by_hand("owner_id=0058d00000AbCdE", &[]);
    assert!(ended.out(0).ends_with("decided by known.mine (account): keep\nstays with 0058d00000AbCdE\n"));
    assert_eq!(by_hand("owner_id=0058d00000AbCdE", &["--format", "json"]).json()["kept_by"], "0058d00000AbCdE");
}

#[test]
fn a_lead_that_nobody_takes_ends_with_one_and_says_why() {
    insta::assert_snapshot!(of_file("L6", &[]).out(1));
    let ended = by_hand("country=JP", &[]);
    assert!(ended.out(1).contains("rejected: no rule of policy `regions` takes it"), "{}", ended.out);
}

#[test]
fn a_rule_out_of_its_dates_says_which_they_are() {
    let place = workplace();
    let ask = |from: &str| {
        place.write("p/main.rules", &POLICY.replace("until 2026-08-31", &format!("from {from} until 2026-12-24")));
        place.run(&["explain", "p", "--lead", "country=FR"])
    };
    let later = ask("2026-12-01");
    assert!(
        later.out(1).contains("· summer     not in force today (from 2026-12-01 until 2026-12-24)"),
        "{}",
        later.out
    );
    let today = ask("2026-11-23");
    assert!(today.out(0).contains("✓ summer  → queue:rest"), "{}", today.out);
}

#[test]
fn every_method_shows_what_it_looked_at() {
    let shown = |score: &str| {
        let ended = by_hand(&format!("country=PT, score={score}"), &[]);
        let assigned = ended.out(0).find("assigned to").expect("somebody took it");
        ended.out[assigned..].to_owned()
    };
    insta::assert_snapshot!(["60", "45", "35"].map(shown).join("\n"));
}

#[test]
fn an_owner_who_is_nobody_says_what_the_table_says() {
    let ended = by_hand("email=x@c.example", &[]);
    assert!(ended.out(0).contains("zoe"), "{}", ended.out);
    assert!(ended.out.contains("assigned to queue rest"), "{}", ended.out);
    let ended = by_hand("email=x@d.example", &[]);
    insta::assert_snapshot!(ended.out(0));
}

#[test]
fn rows_of_two_tables_are_folded_apart() {
    let place = workplace();
    let twice = "each row of others when country is row.country assign row.team by weight or queue rest\n  rule loaded";
    let others = "table others from \"others.csv\" { country country team team }\nlet account";
    place.write("p/main.rules", &POLICY.replace("rule loaded", twice).replace("let account", others));
    place.write("p/others.csv", "country,team\nNL,north\nBE,north\nLU,south\nDK,south\n");
    let ended = place.run(&["explain", "p", "--lead", "country=IT"]);
    assert!(ended.out(1).contains("✗ patches:3 … patches:6: 4 more rows, none holds"), "{}", ended.out);
    assert!(ended.out.contains("✗ others:3 … others:4: 2 more rows, none holds"), "{}", ended.out);
}

// --- for programs ---

#[test]
fn the_document_has_its_pinned_shape() {
    let document = of_file("L3", &["--format", "json"]).json();
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["version", "lead", "steps", "decision", "assignment"]);
    assert_eq!(document["version"], 1);
    assert_eq!(
        document["lead"],
        json!({"id": "L3", "email": null, "company": null, "country": "CL", "employees": "12", "score": null,
               "owner_id": null})
    );
    let known = &document["steps"][0];
    assert_eq!((&known["policy"], &known["route_type"]), (&json!("known"), &json!("account")));
    assert_eq!(
        known["rules"][2],
        json!({"rule": "known.summer", "matched": false, "in_force": false, "comparisons": []})
    );
    assert_eq!(
        known["rules"][4],
        json!({"rule": "known.otherwise", "matched": true, "in_force": true, "comparisons": []})
    );
    let dach_big = &document["steps"][1]["rules"][0];
    assert_eq!((&dach_big["rule"], &dach_big["matched"]), (&json!("regions.dach_big"), &json!(false)));
    assert_eq!(
        dach_big["comparisons"][0],
        json!({
            "text": "country in [DE, AT, CH]", "value": "CL", "held": false, "condition": "dach", "decisive": true,
            "span": {"file": "p/main.rules", "line": 20, "column": 18, "end_line": 20, "end_column": 41},
        })
    );
    assert_eq!(dach_big["comparisons"].as_array().unwrap().len(), 3, "a watched rule makes all its comparisons");
    assert_eq!(
        document["decision"],
        json!({"rule": "regions.patches:6", "policy": "regions", "route_type": "territory",
               "destination": "team:south or queue:rest"})
    );
    let assignment = &document["assignment"];
    assert_eq!((&assignment["assigned_to"], &assignment["assigned_kind"]), (&json!("carla"), &json!("rep")));
    let tried = &assignment["tried"];
    assert_eq!((&tried[0]["destination"], &tried[0]["took"]), (&json!("team:south"), &json!(true)));
    assert_eq!(
        tried[0]["members"],
        json!([
            {"rep": "bruno", "eligible": false, "why": "away until 2026-12-24", "share": null, "served": 0, "due": null},
            {"rep": "carla", "eligible": true, "why": null, "share": 0.6, "served": 0, "due": 0, "credit": 0.0},
            {"rep": "dora", "eligible": false, "why": "at capacity (3 of 3 open leads)", "share": null, "served": 0, "due": null},
            {"rep": "emil", "eligible": true, "why": null, "share": 0.4, "served": 0, "due": 1, "credit": 0.0},
        ])
    );
}

#[test]
fn a_lead_that_is_not_assigned_has_no_assignment() {
    let document = by_hand("email=x@spam.example", &["--format", "json"]).json();
    assert_eq!(document["assignment"], json!(null));
    assert_eq!(
        document["decision"],
        json!({"rule": "known.spam", "policy": "known", "route_type": "account", "destination": "reject",
               "reason": "disposable address"})
    );
    let document = by_hand("country=JP", &["--format", "json"]).json();
    assert_eq!((&document["decision"], &document["assignment"]), (&json!(null), &json!(null)));
    assert!(document["rejected"].as_str().unwrap().contains("no rule of policy `regions`"), "{document}");
}

#[test]
fn what_a_table_names_is_said_beside_what_the_chain_says() {
    let document = of_file("L1", &["--format", "json"]).json();
    let tried = &document["assignment"]["tried"];
    assert_eq!((&tried[0]["destination"], &tried[0]["meant"]), (&json!("owner:account.owner"), &json!("rep:ana")));
    assert_eq!(tried[0]["members"][0]["why"], "left on 2026-10-01");
    assert_eq!((&tried[1]["meant"], &tried[1]["took"]), (&json!("rep:carla"), &json!(true)));
}

#[test]
fn a_cell_that_could_not_be_read_is_blank_and_named() {
    let document = of_file("L4", &["--format", "json"]).json();
    assert_eq!(document["lead"]["country"], json!(null));
    assert_eq!(document["unread"]["country"]["text"], "Germny");
}

// --- why not ---

#[test]
fn why_not_names_the_fewest_changes_that_bring_it_there() {
    let ended = of_file("L3", &["--why-not", "rep:ana"]);
    let asked = ended.out(0).find("why not").expect("an answer");
    insta::assert_snapshot!(&ended.out[asked..]);
}

#[test]
fn why_not_has_its_pinned_shape_and_the_changed_lead_goes_there() {
    let document = of_file("L3", &["--why-not", "team:north", "--format", "json"]).json();
    let why_not = &document["why_not"];
    assert_eq!((&why_not["destination"], &why_not["answer"]), (&json!("team:north"), &json!("changes")));
    assert_eq!(why_not["taken_by"], "regions.patches:6");
    let changes = why_not["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{why_not}");
    assert_eq!((&changes[0]["field"], &changes[0]["from"]), (&json!("country"), &json!("CL")));
    let cells = why_not["lead"].as_object().unwrap().iter();
    let cells = cells.filter_map(|(field, cell)| Some(format!("{field}=\"{}\"", cell.as_str()?)));
    let again = by_hand(&cells.collect::<Vec<String>>().join(", "), &["--format", "json"]).json();
    assert_eq!(again["decision"]["rule"], why_not["rule"]);
}

#[test]
fn why_not_says_when_it_is_no_matter_of_rules() {
    let ended = of_file("L3", &["--why-not", "rep:dora"]);
    assert!(
        ended.out(0).contains("regions.patches:6 names it: who got the lead is a matter of people"),
        "{}",
        ended.out
    );
    let answer = |wanted: &str| of_file("L3", &["--why-not", wanted, "--format", "json"]).json()["why_not"].clone();
    assert_eq!(answer("queue:spare")["answer"], "never");
    assert_eq!(answer("queue:spare")["changes"], json!([]));
    assert_eq!(answer("rep:dora")["answer"], "already");
    assert_eq!(answer("reject")["changes"][0]["field"], "email");
    assert_eq!(answer("keep")["changes"][0]["field"], "owner_id");
}

#[test]
fn why_not_of_nobody_is_wrong_usage_with_the_nearest_name() {
    let ended = of_file("L3", &["--why-not", "rep:brunno"]);
    assert!(ended.err(2).contains("there is no rep `brunno`; did you mean `rep:bruno`?"), "{}", ended.err);
    let ended = of_file("L3", &["--why-not", "bruno"]);
    assert!(ended.err(2).contains("`bruno` is no destination; write `rep:NAME`"), "{}", ended.err);
}

// --- which lead ---

#[test]
fn an_id_that_no_lead_has_is_wrong_usage_with_the_nearest_one() {
    let ended = of_file("L33", &[]);
    assert!(ended.err(2).contains("no lead of leads.csv has the id `L33`"), "{}", ended.err);
    assert!(ended.err.contains("did you mean `L3`?"), "{}", ended.err);
}

#[test]
fn a_lead_given_by_hand_has_only_fields_that_there_are() {
    let ended = by_hand("employes=3", &[]);
    assert!(ended.err(2).contains("a lead has no field `employes`"), "{}", ended.err);
    assert!(ended.err.contains("did you mean `employees`?"), "{}", ended.err);
    let ended = by_hand("country", &[]);
    assert!(ended.err(2).contains("`country` is not of the form `field=value`"), "{}", ended.err);
    let ended = by_hand("country=DE, country=AT", &[]);
    assert!(ended.err(2).contains("`country` is given twice"), "{}", ended.err);
}

#[test]
fn a_lead_given_by_hand_may_hold_commas_and_quotes() {
    let lead = |cells: &str| by_hand(cells, &["--format", "json"]).json()["lead"]["company"].clone();
    assert_eq!(lead("company=\"Doe, Inc.\", country=DE"), "Doe, Inc.");
    assert_eq!(lead("company=\"The \"\"Best\"\", Inc.\""), "The \"Best\", Inc.");
    assert_eq!(lead("country=DE, company=A=B"), "A=B");
    assert_eq!(lead(" country = DE , company = "), json!(null));
    assert_eq!(by_hand("", &["--format", "json"]).json()["lead"]["country"], json!(null));
}

#[test]
fn a_quote_that_is_not_closed_is_wrong_usage() {
    let ended = by_hand("company=\"Doe, country=DE", &[]);
    assert!(ended.err(2).contains("is not closed"), "{}", ended.err);
}

#[test]
fn a_lead_of_a_file_is_routed_after_those_before_it() {
    let assigned = |id| of_file(id, &["--format", "json"]).json()["assignment"]["assigned_to"].clone();
    assert_eq!([assigned("L3"), assigned("L5")], ["carla", "emil"]);
}

#[test]
fn a_row_that_is_not_routed_says_why() {
    let place = workplace();
    place.write("p/main.rules", &POLICY.replace("country   country\n", "country   country required\n"));
    let ended = place.run(&["explain", "p", "leads.csv", "--id", "L1"]);
    assert!(
        ended.err(2).contains("the lead on line 2 is not routed: `country` is required and blank"),
        "{}",
        ended.err
    );
}

#[test]
fn colours_are_on_the_signs_alone() {
    let ended = by_hand("email=x@spam.example", &["--color", "always"]);
    assert!(ended.out(0).contains("\x1b[32m✓\x1b[0m spam"), "{:?}", ended.out);
}

#[test]
fn a_row_that_could_not_be_read_is_named_with_its_line_and_the_reason() {
    let place = workplace();
    place.write("torn.csv", "id,country\nL1,DE,too,many\nL2,DE\n");
    let ended = place.run(&["explain", "p", "torn.csv", "--id", "L1"]);
    assert!(ended.err(2).contains("line 2: 4 columns where the header has 2"), "{}", ended.err);
    assert!(place.run(&["explain", "p", "torn.csv", "--id", "L9"]).err(2).contains("has the id `L9`"));
}
