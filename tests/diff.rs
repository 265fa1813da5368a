//! `diff`: what a change of policy does, or the proof that it does nothing.

use serde_json::{Value, json};

use crate::workplace::{Ended, Workplace};

const ROSTER: &str = "\
reps:
  ana: { weight: 2, manager: carla, skills: [pt] }
  bruno: { capacity: 40 }
  carla: {}
teams:
  north: [ana, bruno]
  south: [bruno, carla]
";

const POLICY: &str = r#"roster "roster.yaml"
lead {
  id        text key
  email     email
  country   country
  employees integer
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
segment big = employees >= 500
queue rest
account policy known {
  rule owned when account is known assign account.owner or queue rest
  otherwise go to regions
}
territory policy regions {
  rule dach when country in [DE, AT, CH] assign team north by round robin or queue rest
  rule large when big assign rep ana or queue rest
  each row of patches when country is row.country assign row.team by weight or queue rest
  rule small when employees < 10 assign queue rest
  otherwise assign team south by weight or queue rest
}
start at known
"#;

const ACCOUNTS: &str = "domain,owner\na.example,ana\nb.example,bruno\nc.example,nobody_here\n";
const PATCHES: &str = "country,team\nUS,north\nMX,south\nBR,south\n";

/// `old` and `new`, the same.
fn twins() -> Workplace {
    let place = Workplace::with(&[]);
    for version in ["old", "new"] {
        for (name, text) in
            [("main.rules", POLICY), ("roster.yaml", ROSTER), ("accounts.csv", ACCOUNTS), ("patches.csv", PATCHES)]
        {
            place.write(&format!("{version}/{name}"), text);
        }
    }
    place
}

/// Twins of which the new one's policy has been changed.
fn changed(from: &str, to: &str) -> Workplace {
    assert!(POLICY.contains(from), "{from}");
    let place = twins();
    place.write("new/main.rules", &POLICY.replacen(from, to, 1));
    place
}

fn diff(place: &Workplace, more: &[&str]) -> Ended {
    place.run(&[&["diff", "old", "new"], more].concat())
}

fn document(place: &Workplace) -> Value {
    diff(place, &["--format", "json"]).json()
}

/// What is proved equal, with nothing else to say.
#[track_caller]
fn assert_equal(place: &Workplace) -> Value {
    assert_eq!(diff(place, &[]).code, 0, "{}", diff(place, &[]).out);
    let document = document(place);
    assert_eq!((&document["equal"], &document["changes"], &document["open"]), (&json!(true), &json!([]), &json!([])));
    document["rules"].clone()
}

// --- equal ---

#[test]
fn a_project_is_equal_to_itself() {
    assert_eq!(diff(&twins(), &[]).out(0), "nothing changed\n");
}

#[test]
fn another_name_is_no_change() {
    let place = changed("rule small when", "rule tiny when");
    let rules = assert_equal(&place);
    assert_eq!(rules["renamed"], json!([{"from": "regions.small", "to": "regions.tiny"}]));
    assert_eq!((&rules["added"], &rules["removed"]), (&json!([]), &json!([])));
    assert!(diff(&place, &[]).out.starts_with("proved equal: every lead has the same destination"));
}

#[test]
fn another_name_of_a_condition_or_another_way_to_write_it_is_no_change() {
    let place = changed("segment big", "territory huge");
    place.write("new/main.rules", &POLICY.replace("big", "huge").replace("[DE, AT, CH]", "[CH, AT, DE, AT]"));
    let rules = assert_equal(&place);
    assert_eq!(rules, json!({"added": [], "removed": [], "changed": [], "moved": [], "renamed": []}));
}

#[test]
fn a_move_past_rules_with_other_leads_is_no_change() {
    let place = changed("  rule small when employees < 10 assign queue rest\n", "");
    let moved = POLICY.replace("  rule small when employees < 10 assign queue rest\n", "").replace(
        "  rule large when",
        "  rule small when employees < 10 and country is FR assign queue rest\n  rule large when",
    );
    place.write("new/main.rules", &moved);
    place.write("old/main.rules", &POLICY.replace("employees < 10 assign", "employees < 10 and country is FR assign"));
    assert_eq!(assert_equal(&place)["moved"], json!(["regions.small"]));
}

#[test]
fn a_rule_that_takes_nothing_from_another_may_come_and_go() {
    let place = changed(
        "otherwise assign team south",
        "rule none when big and employees < 10 reject \"x\"\n  otherwise assign team south",
    );
    assert_eq!(assert_equal(&place)["added"], json!(["regions.none"]));
}

#[test]
fn rows_in_another_order_are_moved_and_not_changed() {
    let place = twins();
    place.write("new/patches.csv", "country,team\nBR,south\nUS,north\nMX,south\n");
    let rules = assert_equal(&place);
    assert_eq!(rules["moved"], json!(["regions.patches:1"]));
    assert_eq!(rules["changed"], json!([]));
}

// --- rules ---

#[test]
fn a_changed_condition_is_shown_with_the_leads_that_go_elsewhere() {
    insta::assert_snapshot!(diff(&changed("employees >= 500", "employees >= 200"), &[]).out(1));
}

#[test]
fn rules_that_were_added_removed_or_changed_are_named() {
    let place = changed("employees < 10 assign queue rest", "employees < 10 reject \"too small\"");
    let text = POLICY.replace("employees < 10 assign queue rest", "employees < 10 reject \"too small\"");
    let text = text.replace("  rule large when big assign rep ana or queue rest\n", "");
    place.write(
        "new/main.rules",
        &text.replace(
            "territory policy regions {",
            "territory policy regions {\n  rule fr when country is FR assign rep ana",
        ),
    );
    let rules = document(&place)["rules"].clone();
    assert_eq!(rules["added"], json!(["regions.fr"]));
    assert_eq!(rules["removed"], json!(["regions.large"]));
    assert_eq!(rules["changed"], json!(["regions.small"]));
    insta::assert_snapshot!(diff(&place, &[]).out(1));
}

#[test]
fn a_move_past_a_rule_that_shares_leads_is_a_change() {
    let place = changed("", "");
    let (dach, large) = (
        "  rule dach when country in [DE, AT, CH] assign team north by round robin or queue rest\n",
        "  rule large when big assign rep ana or queue rest\n",
    );
    place.write("new/main.rules", &POLICY.replace(&format!("{dach}{large}"), &format!("{large}{dach}")));
    let document = document(&place);
    assert_eq!(document["rules"]["moved"].as_array().unwrap().len(), 1);
    assert_eq!(document["changes"][0]["from"]["rule"], "regions.dach");
    assert_eq!(document["changes"][0]["to"]["rule"], "regions.large");
    assert_eq!(
        document["changes"][0]["region"],
        "accounts[domain of email] is blank and country in [AT, CH, DE] and employees >= 500"
    );
}

#[test]
fn another_method_is_a_change() {
    let place = changed("team north by round robin", "team north by load");
    assert_eq!(document(&place)["rules"]["changed"], json!(["regions.dach"]));
    insta::assert_snapshot!(diff(&place, &[]).out(1));
}

#[test]
fn other_skills_are_a_change() {
    let place = changed("team north by round robin", "team north with skill pt by round robin");
    let document = document(&place);
    assert_eq!((&document["equal"], &document["rules"]["changed"]), (&json!(false), &json!(["regions.dach"])));
}

#[test]
fn another_reason_is_a_change() {
    let place = changed("assign queue rest\n  otherwise", "reject \"a\"\n  otherwise");
    let text = POLICY.replace("assign queue rest\n  otherwise", "reject \"b\"\n  otherwise");
    place.write("old/main.rules", &text);
    assert_eq!(document(&place)["equal"], false);
}

#[test]
fn a_policy_that_came_or_went_brings_its_rules() {
    let place = changed(
        "otherwise assign team south by weight or queue rest\n}",
        "otherwise go to last\n}\npolicy last { otherwise assign team south by weight or queue rest }",
    );
    let rules = assert_equal(&place);
    assert_eq!((&rules["added"], &rules["changed"]), (&json!(["last.otherwise"]), &json!(["regions.otherwise"])));
}

#[test]
fn an_inserted_row_leaves_the_others_as_they_are() {
    let place = twins();
    place.write("new/patches.csv", "country,team\nFR,north\nUS,north\nMX,south\nBR,south\n");
    let document = document(&place);
    assert_eq!(
        document["rules"],
        json!({"added": ["regions.patches:1"], "removed": [], "changed": [], "moved": [], "renamed": []})
    );
    assert_eq!(document["declarations"], json!(["table patches: 1 row came, 0 went"]));
    assert_eq!(document["changes"][0]["from"]["rule"], "regions.small");
}

#[test]
fn a_lead_that_fell_off_and_circles_now_is_lost_as_it_was() {
    let place = Workplace::with(&[]);
    let policy = |rule: &str| format!("lead {{ id text key country country }} policy p {{ {rule} }} start at p");
    place.write("old/main.rules", &policy("rule a when country is DE reject \"x\""));
    place.write("new/main.rules", &policy("rule a when country is DE reject \"x\" otherwise go to p"));
    let document = document(&place);
    assert_eq!((&document["equal"], &document["rules"]["added"]), (&json!(true), &json!(["p.otherwise"])));
}

// --- whom tables name ---

#[test]
fn a_row_that_names_another_owner_is_a_change_for_its_leads_alone() {
    let place = twins();
    place.write("new/accounts.csv", &ACCOUNTS.replace("a.example,ana", "a.example,carla"));
    let document = document(&place);
    assert_eq!(document["equal"], false);
    let changes = document["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{document}");
    assert_eq!(
        changes[0]["from"],
        json!({"rule": "known.owned", "destination": "rep:ana or queue:rest", "action": "rep ana or queue rest"})
    );
    assert_eq!(
        changes[0]["to"],
        json!({"rule": "known.owned", "destination": "rep:carla or queue:rest", "action": "rep carla or queue rest"})
    );
    assert_eq!(changes[0]["region"], "domain of email is \"a.example\"");
    let leads = "id,email\nL1,x@a.example\nL2,x@b.example\n";
    place.write("leads.csv", leads);
    let ended = diff(&place, &["--leads", "leads.csv"]);
    assert!(ended.out(1).contains("1 of 2 leads move"), "{}", ended.out);
}

#[test]
fn a_table_under_another_name_names_the_same_people() {
    let place = changed("", "");
    place.write("new/main.rules", &POLICY.replace("table accounts", "table clients").replace("accounts[", "clients["));
    let document = document(&place);
    assert_eq!((&document["equal"], &document["changes"]), (&json!(true), &json!([])), "{document:#}");
    assert_eq!(document["declarations"], json!(["table clients added, 3 rows", "table accounts removed"]));
}

#[test]
fn an_owner_who_is_no_longer_in_the_roster_is_a_change() {
    let place = twins();
    place.write("new/accounts.csv", &ACCOUNTS.replace("b.example,bruno", "b.example,brunno"));
    let document = document(&place);
    assert_eq!(document["changes"][0]["from"]["destination"], "rep:bruno or queue:rest");
    assert_eq!(document["changes"][0]["to"]["destination"], "nobody:brunno or queue:rest");
}

// --- people and declarations ---

#[test]
fn changes_of_people_are_named_one_by_one() {
    let place = twins();
    let roster = "\
reps:
  ana: { weight: 3, manager: carla, skills: [de, pt], away: [2026-12-01..2026-12-24] }
  carla: { hours: \"Mon-Fri 09:00-18:00\" }
  dora: {}
teams:
  north: [ana, { rep: dora, weight: 2 }]
  south: [carla]
  west: [dora]
holidays: [2026-12-25]
rules: { unavailable_after: 24 hours }
";
    place.write("new/roster.yaml", roster);
    place.write("new/accounts.csv", "domain,owner\na.example,ana\nb.example,bruno\nc.example,nobody_here\n");
    insta::assert_snapshot!(diff(&place, &[]).out(1));
    let people = document(&place)["people"].clone();
    assert_eq!(people[0], json!({"kind": "rep", "name": "ana", "change": "away: none → 2026-12-01..2026-12-24"}));
}

#[test]
fn changes_of_declarations_are_named_one_by_one() {
    let place = changed("employees integer", "employees integer required\n  score number");
    let text = POLICY
        .replace("employees integer", "employees integer required\n  score number")
        .replacen("queue rest\n", "queue rest { after 1 hour assign rep ana }\n", 1)
        .replace("territory policy", "assume employees > 0\nterritory policy");
    place.write("new/main.rules", &format!("timezone \"Europe/Berlin\"\n{text}"));
    let ended = diff(&place, &[]);
    insta::assert_snapshot!(ended.out(1));
}

/// Versions of the policy whose lead block has a plan, listed in two ways.
fn plans(old: (&str, &str), new: (&str, &str)) -> Workplace {
    let place = twins();
    for (version, (plan, rule)) in [("old", old), ("new", new)] {
        let text = POLICY
            .replace("employees integer\n", &format!("employees integer\n  plan one of [{plan}]\n"))
            .replace("  rule dach", &format!("  rule planned when {rule} assign rep carla\n  rule dach"));
        place.write(&format!("{version}/main.rules"), &text);
    }
    place
}

#[test]
fn a_value_listed_anew_anywhere_leaves_the_rest_compared() {
    let place = plans(("free, pro, max", "plan is max"), ("basic, free, max, pro", "plan in [basic, max]"));
    insta::assert_snapshot!(diff(&place, &[]).out(1));
    let document = diff(&place, &["--format", "json"]).json();
    assert_eq!([&document["left_out"], &document["open"]], [&json!([]), &json!([])]);
    place.write("leads.csv", "id,country,plan\nL1,DE,basic\nL2,DE,max\nL3,,basic\nL4,,other\n");
    let leads = diff(&place, &["--leads", "leads.csv"]).out;
    assert!(leads.contains("plan is basic  [1 lead]") && leads.contains("; 2 of 4 leads move"), "{leads}");
}

#[test]
fn lists_in_another_order_are_equal_and_changes_among_them_are_found() {
    let place = plans(("free, pro, max", "plan is max"), ("max, free, pro", "plan is max"));
    assert_eq!(diff(&place, &["--format", "json"]).json()["equal"], true);
    let place = plans(("free, pro, max", "plan is max"), ("max, free", "plan is free"));
    insta::assert_snapshot!(diff(&place, &[]).out(1));
}

#[test]
fn a_field_that_must_be_known_now_is_compared_where_it_is() {
    let place = changed("employees integer", "employees integer 0 to 900 required");
    let text = POLICY
        .replace("employees integer", "employees integer 0 to 900 required")
        .replace("employees >= 500", "employees >= 600");
    place.write("new/main.rules", &text);
    insta::assert_snapshot!(diff(&place, &[]).out(1));
}

#[test]
fn a_field_required_anew_sends_leads_without_it_to_the_rejects() {
    let place = changed("employees integer", "employees integer required");
    let document = document(&place);
    assert_eq!([&document["left_out"], &document["open"]], [&json!([]), &json!([])]);
    let changes = document["changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["to"]["destination"] == "rejects"), "{document:#}");
    assert!(changes.iter().all(|change| change["region"].as_str().unwrap().contains("employees is blank")));
    place.write("leads.csv", LEADS);
    let ended = diff(&place, &["--leads", "leads.csv"]);
    assert!(ended.out.contains("to    rejects: something required is blank"), "{}", ended.out);
    assert!(ended.out.contains("1 of 6 leads move"), "{}", ended.out);
}

#[test]
fn a_placeholder_of_one_version_is_a_text_in_the_other() {
    let place = changed("employees integer", "employees integer\n  blank \"x@a.example\"");
    let document = document(&place);
    let as_id = "leads with \"x@a.example\" as id: only the new version takes it for blank";
    assert_eq!([&document["left_out"], &document["open"]], [&json!([as_id]), &json!([])]);
    let changes = document["changes"].as_array().unwrap();
    assert!(!changes.is_empty(), "{document:#}");
    let is_about_it = |change: &Value| change["region"].as_str().unwrap().contains("email is \"x@a.example\"");
    assert!(changes.iter().all(is_about_it), "{document:#}");
}

#[test]
fn a_field_of_another_kind_leaves_the_versions_uncompared() {
    let place = changed("employees integer", "employees number");
    assert_eq!(diff(&place, &["--format", "json"]).json()["open"], json!([]));
    let text = POLICY.replace("country   country", "country   text").replace("[DE, AT, CH]", "[\"DE\"]");
    place.write("new/main.rules", &text.replace("country country\n  team", "country text\n  team"));
    insta::assert_snapshot!(diff(&place, &[]).out(1));
}

// --- real leads ---

const LEADS: &str = "\
id,email,country,employees
L1,,US,300
L2,,FR,300
L3,,FR,200
L4,x@a.example,FR,300
L5,,DE,300
L6,,,
L6,,FR,300
";

#[test]
fn leads_are_counted_by_class_and_by_rep() {
    let place = changed("employees >= 500", "employees >= 200");
    place.write("leads.csv", LEADS);
    let ended = diff(&place, &["--leads", "leads.csv"]);
    assert_eq!(ended.err(1), "1 row is not compared: `route` rejects such rows and says why\n");
    insta::assert_snapshot!(ended.out);
}

#[test]
fn the_classes_of_leads_add_up_to_those_that_move() {
    let place = changed("employees >= 500", "employees >= 200");
    place.write("new/accounts.csv", &ACCOUNTS.replace("a.example,ana", "a.example,carla"));
    place.write("leads.csv", LEADS);
    let document = diff(&place, &["--leads", "leads.csv", "--format", "json"]).json();
    let classes = document["changes"].as_array().unwrap().iter();
    let counted: u64 = classes.map(|class| class["leads"].as_u64().unwrap()).sum();
    assert_eq!((document["impact"]["moved"].as_u64(), counted), (Some(4), 4), "{document:#}");
    assert_eq!(document["impact"]["leads"], 6);
    let load = document["impact"]["load"].as_array().unwrap();
    let side = |side: &str| load.iter().map(|load| load[side].as_u64().unwrap()).sum::<u64>();
    assert_eq!((side("before"), side("after")), (6, 6));
}

// --- outputs ---

#[test]
fn the_document_has_its_pinned_shape() {
    let document = document(&changed("employees >= 500", "employees >= 200"));
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["version", "command", "equal", "changes", "rules", "people", "declarations", "left_out", "open"]);
    assert_eq!((&document["version"], &document["command"]), (&json!(1), &json!("diff")));
    let change = &document["changes"][0];
    let keys: Vec<&String> = change.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["from", "to", "region", "witness"]);
    assert_eq!(
        change["to"],
        json!({"rule": "regions.large", "destination": "rep:ana or queue:rest", "action": "rep ana or queue rest"})
    );
    assert!(change["witness"]["employees"].is_string(), "{change}");
}

#[test]
fn markdown_holds_whatever_names_hold() {
    let place = changed("employees >= 500", "employees >= 200");
    let bars =
        |text: &str| text.replace("employees < 10 assign queue rest", "email is \"a|`b`@a.example\" reject \"a|b\"");
    place.write("new/main.rules", &bars(&POLICY.replace("employees >= 500", "employees >= 200")));
    place.write("leads.csv", LEADS);
    insta::assert_snapshot!(diff(&place, &["--format", "markdown", "--leads", "leads.csv"]).out(1));
}

#[test]
fn fields_of_other_types_leave_the_comparison_open() {
    let place = changed("employees integer", "employees text");
    let text =
        POLICY.replace("employees integer", "employees text").replace("employees >= 500", "employees is \"500\"");
    place.write("new/main.rules", &text.replace("employees < 10", "employees is \"1\""));
    let document = document(&place);
    assert_eq!((&document["equal"], &document["changes"]), (&json!(false), &json!([])));
    assert!(document["open"][0].as_str().unwrap().starts_with("field employees: "), "{document}");
    let ended = diff(&place, &[]);
    assert!(ended.out(1).starts_with("no change was found, but not everything could be decided"), "{}", ended.out);
}

#[test]
fn a_version_with_errors_is_not_compared() {
    let place = changed("rep ana", "rep anna");
    let ended = diff(&place, &[]);
    assert!(ended.err(2).contains("new/main.rules"), "{}", ended.err);
    assert_eq!(ended.out, "");
}

#[test]
fn regions_beside_each_other_are_one() {
    let place = changed(
        "rule large when big assign rep ana or queue rest",
        "rule large when (big and employees < 700) or (big and employees >= 700) assign rep bruno or queue rest",
    );
    let changes = document(&place)["changes"].as_array().unwrap().clone();
    let large = |change: &&Value| change["from"]["rule"] == "regions.large" && change["to"]["rule"] == "regions.large";
    assert_eq!(changes.iter().filter(large).count(), 1, "{changes:#?}");
}
