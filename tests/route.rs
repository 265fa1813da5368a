//! `route`: every row of a file comes out once, with who has the lead now.

use serde_json::{Value, json};

use crate::workplace::{Ended, Workplace, column, rows};

const ROSTER: &str = "\
reps:
  ana: { name: Ana Souza, email: ana@example.com, crm_id: 0058d000003abcd, manager: carla }
  bruno: { weight: 3 }
  carla: { email: carla@example.com }
  dora: { left: 2026-10-01, manager: carla }
  full: { capacity: 1, open: 1 }
teams:
  pair: [ana, bruno]
";

const POLICY: &str = r#"roster "roster.yaml"
lead {
  id        text key
  company   text from "Company Name"
  country   country
  employees integer
  owner_id  text owner
  blank "N/A", "-"
}
queue rest
account policy known {
  rule mine when owner_id is known keep owner
  rule spam when company is "Spam" reject "disposable address"
  otherwise go to regions
}
territory policy regions {
  rule big when employees >= 500 assign rep ana or queue rest
  rule gone when country is FR assign rep dora or manager of rep dora
  rule dach when country in [DE, AT, CH] assign team pair by round robin
  rule dry when country is IT assign rep full
  rule round when country is ES go to known
  rule known when country is known go to general
}
fallback policy general { otherwise assign queue rest }
start at known
"#;

const HEADER: &str = "id,Company Name,country,employees,owner_id\n";

/// A folder with the policy above and the rows of a lead file.
fn with_leads(rows: &str) -> Workplace {
    let leads = format!("{HEADER}{rows}");
    Workplace::with(&[("p/main.rules", POLICY), ("p/roster.yaml", ROSTER), ("leads.csv", &leads)])
}

fn route(place: &Workplace, more: &[&str]) -> Ended {
    place.run(&[&["route", "p", "leads.csv"], more].concat())
}

// --- what is written ---

#[test]
fn six_columns_are_added_to_what_is_there() {
    let place = with_leads("L1,\"Doe, Inc.\",BR,600,\n");
    assert_eq!(
        route(&place, &[]).out(0),
        "id,Company Name,country,employees,owner_id,assigned_to,assigned_kind,policy,rule,route_type,note\n\
         L1,\"Doe, Inc.\",BR,600,,ana,rep,regions,big,territory,\n"
    );
}

#[test]
fn leads_keep_their_order_and_columns_that_no_field_reads() {
    let place = with_leads("");
    place.write("leads.csv", "id,country,colour\nL3,DE,red\nL1,US,\nL2,DE,\"a \"\"b\"\"\"\n");
    let ended = route(&place, &[]);
    assert_eq!(column(ended.out(0), "id"), ["L3", "L1", "L2"]);
    assert_eq!(column(&ended.out, "colour"), ["red", "", "a \"b\""]);
}

#[test]
fn a_json_array_comes_out_as_one_with_its_values_as_they_were() {
    let place = with_leads("");
    place.write("leads.json", r#"[{"id": "L1", "employees": 600.0, "tags": ["x", 1]}, {"id": 7, "country": "US"}]"#);
    let ended = place.run(&["route", "p", "leads.json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("600.0"), "{}", ended.out);
    assert_eq!(
        ended.json(),
        json!([
            {"id": "L1", "employees": 600.0, "tags": ["x", 1], "assigned_to": "ana", "assigned_kind": "rep",
             "policy": "regions", "rule": "big", "route_type": "territory", "note": ""},
            {"id": 7, "country": "US", "assigned_to": "rest", "assigned_kind": "queue",
             "policy": "general", "rule": "otherwise", "route_type": "fallback", "note": ""},
        ])
    );
}

#[test]
fn ndjson_and_tsv_come_out_as_they_came_in() {
    let place = with_leads("");
    place.write("leads.ndjson", "{\"id\":\"L1\",\"country\":\"US\"}\n\n{\"id\":\"L2\",\"employees\":\"500\"}\n");
    let ended = place.run(&["route", "p", "leads.ndjson"]);
    let lines: Vec<Value> = ended.out(0).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([&lines[0]["assigned_to"], &lines[1]["assigned_to"]], ["rest", "ana"]);
    place.write("leads.tsv", "id\tcountry\nL1\tUS\n");
    let ended = place.run(&["route", "p", "leads.tsv"]);
    assert_eq!(ended.out(0).lines().nth(1).unwrap(), "L1\tUS\trest\tqueue\tgeneral\totherwise\tfallback\t");
}

#[test]
fn the_output_is_of_the_format_its_name_says() {
    let place = with_leads("L1,,US,,\n");
    route(&place, &["-o", "routed.json"]).out(0);
    let written: Value = serde_json::from_str(&place.read("routed.json")).unwrap();
    assert_eq!(written[0]["assigned_to"], "rest");
    place.write("leads.json", r#"[{"id": "L1", "country": "US"}, {"id": "L2", "country": "DE", "more": 1}]"#);
    let ended = place.run(&["route", "p", "leads.json", "--to", "csv"]);
    assert_eq!(column(ended.out(0), "more"), ["", "1"]);
}

#[test]
fn leads_are_read_from_standard_input() {
    let place = with_leads("");
    let ended = place.run_with(&["route", "p", "-"], "id,country\nL1,US\n");
    assert_eq!(column(ended.out(0), "assigned_to"), ["rest"]);
    let ended = place.run_with(&["route", "p", "-", "--from", "ndjson"], "{\"id\":\"L1\",\"country\":\"US\"}\n");
    assert_eq!(ended.json()["assigned_to"], "rest");
}

#[test]
fn columns_are_chosen_and_renamed() {
    let place = with_leads("L1,Doe,BR,600,\nL2,,US,,\nL3,,,,005xX\n");
    let ended =
        route(&place, &["--columns", "Id=id,OwnerId=rep.crm_id,\"Full name\"=rep.name,rep.email,company,Company Name"]);
    assert_eq!(
        ended.out(0),
        "Id,OwnerId,Full name,rep.email,company,Company Name\n\
         L1,0058d000003abcd,Ana Souza,ana@example.com,Doe,Doe\nL2,,,,,\nL3,,,,,\n"
    );
    let ended = route(&place, &["--columns", "Id=id,OwnerId=rep.crmid"]);
    assert!(ended.err(2).contains("rep.crm_id"), "{}", ended.err);
    assert_eq!(ended.out, "");
}

#[test]
fn a_source_that_no_json_lead_has_is_a_warning() {
    let place = with_leads("");
    place.write("leads.ndjson", "{\"id\":\"L1\",\"country\":\"US\"}\n");
    let ended = place.run(&["route", "p", "leads.ndjson", "--columns", "Id=id,Colour=color"]);
    assert_eq!(ended.out(0), "{\"Id\":\"L1\",\"Colour\":null}\n");
    assert!(ended.err.contains("warning: no lead has anything for column `Colour`"), "{}", ended.err);
}

#[test]
fn a_column_of_the_input_that_makes_room_is_a_warning() {
    let place = with_leads("");
    place.write("leads.csv", "id,country,assigned_to,rule\nL1,US,zoe,old\n");
    let ended = route(&place, &[]);
    assert_eq!(
        ended.out(0),
        "id,country,assigned_to,rule,assigned_kind,policy,route_type,note\n\
         L1,US,rest,otherwise,queue,general,fallback,\n"
    );
    for name in ["assigned_to", "rule"] {
        assert!(ended.err.contains(&format!("warning: the input has a column `{name}` already")), "{}", ended.err);
    }
}

#[test]
fn a_formula_is_written_harmless_unless_a_loader_reads_it() {
    let place = with_leads("L1,=1+2,US,,\n");
    assert_eq!(column(route(&place, &[]).out(0), "Company Name"), ["'=1+2"]);
    assert_eq!(column(route(&place, &["--raw"]).out(0), "Company Name"), ["=1+2"]);
}

#[test]
fn a_kept_lead_names_its_owner_in_the_ids_own_letters() {
    let place = with_leads("L1,,US,600, 0058d00000AbCdE \n");
    let row = rows(route(&place, &[]).out(0)).remove(0);
    assert_eq!((&*row["assigned_to"], &*row["assigned_kind"]), ("0058d00000AbCdE", "keep"));
    assert_eq!((&*row["policy"], &*row["rule"]), ("known", "mine"));
}

#[test]
fn a_refused_lead_is_in_the_output_with_the_reason() {
    let place = with_leads("L1,SPAM,many,,\n");
    let row = rows(route(&place, &[]).out(0)).remove(0);
    assert_eq!((&*row["assigned_to"], &*row["assigned_kind"]), ("", "reject"));
    assert!(row["note"].starts_with("disposable address; country `many` counts as blank"), "{}", row["note"]);
}

#[test]
fn a_note_says_who_was_passed_over() {
    let place = with_leads("L1,,FR,,\n");
    let row = rows(route(&place, &[]).out(0)).remove(0);
    assert_eq!((&*row["assigned_to"], &*row["note"]), ("carla", "dora: left on 2026-10-01"));
}

#[test]
fn a_note_says_what_was_wrong_with_a_table_that_should_name_somebody() {
    let place = with_leads("L1,a,,,\nL2,b,,,\n");
    place.write("p/accounts.csv", "name,owner\na,\nb,zoe\n");
    let policy = POLICY
        .replacen("queue rest\n", "queue rest table accounts from \"accounts.csv\" { name text key owner rep }\n", 1)
        .replace("go to regions", "go to owned")
        + "policy owned { otherwise assign accounts[company].owner or queue rest }\n";
    place.write("p/main.rules", &policy);
    assert_eq!(
        column(route(&place, &[]).out(0), "note"),
        ["owner:accounts[company].owner: its cell is blank", "owner:accounts[company].owner: zoe is not in the roster"]
    );
}

#[test]
fn the_route_type_is_the_mark_of_the_policy_that_decided() {
    let place = with_leads("L1,,,,me\nL2,,,600,\nL3,,US,,\n");
    assert_eq!(column(route(&place, &[]).out(0), "route_type"), ["account", "territory", "fallback"]);
}

#[test]
fn a_rotation_goes_on_from_lead_to_lead() {
    let place = with_leads("L1,,DE,,\nL2,,US,,\nL3,,AT,,\nL4,,CH,,\nL5,,DE,,\n");
    assert_eq!(column(route(&place, &[]).out(0), "assigned_to"), ["ana", "rest", "bruno", "ana", "bruno"]);
}

#[test]
fn a_second_run_writes_the_same_bytes() {
    let place = with_leads("L1,,DE,,\nL2,,IT,,\nL3,,Germny,9,\nL4,,CH,600,\nL1,,DE,,\n");
    let all = |name: &str| {
        let [out, rejects, summary, traces] =
            ["out.csv", "rejects.csv", "summary.json", "traces.ndjson"].map(|file| format!("{name}-{file}"));
        let written = ["-o", &out, "--rejects", &rejects, "--summary", &summary, "--traces", &traces];
        let said = route(&place, &written).err(1).to_owned();
        (said, [out, rejects, summary, traces].map(|file| place.read(&file)))
    };
    assert_eq!(all("first"), all("second"));
}

// --- cells that cannot be read ---

#[test]
fn a_cell_that_does_not_fit_counts_as_blank_and_passes_through() {
    let place = with_leads("L1,,Germny,600,\nL2,,Germny,600,\nL3,,US,about 50,\n");
    let ended = route(&place, &["--summary", "summary.json"]);
    assert_eq!(column(ended.out(0), "country"), ["Germny", "Germny", "US"]);
    assert_eq!(column(&ended.out, "employees"), ["600", "600", "about 50"]);
    let notes = column(&ended.out, "note");
    assert!(notes[0].starts_with("country `Germny` counts as blank, it is not a country"), "{notes:?}");
    assert_eq!(notes[2], "employees `about 50` counts as blank, it is not a whole number");
    assert!(ended.err.contains("country: 2 cells count as blank, e.g. `Germny`"), "{}", ended.err);
    assert!(ended.err.contains("did you mean `Germany`?"), "{}", ended.err);
    let summary: Value = serde_json::from_str(&place.read("summary.json")).unwrap();
    assert_eq!(summary["unread_cells"], json!({"country": 2, "employees": 1}));
}

#[test]
fn placeholders_are_blank_without_a_note() {
    let place = with_leads("L1,n/a,N/A,-,-\nL2,,US,-,\n");
    let ended = route(&place, &[]);
    assert!(ended.err(1).contains("no rule of policy `regions` takes it"), "{}", ended.err);
    assert_eq!(column(&ended.out, "note"), [""]);
}

#[test]
fn the_summary_says_how_many_were_not_at_work_where_leads_went_on_along_the_chain() {
    let policy = "roster \"roster.yaml\"\nlead { id text key }\nqueue rest\npolicy all {\n  \
                  otherwise assign team pair by round robin or rep bruno or queue rest\n}\nstart at all\n";
    let said = |hours: &str| {
        let roster = format!(
            "reps:\n  ana: {{ hours: \"Mon {hours}\" }}\n  bruno: {{}}\n  carla: {{ away: [2000-01-01..2999-12-31] }}\n\
             teams:\n  pair: [ana, carla]\n"
        );
        let place =
            Workplace::with(&[("p/main.rules", policy), ("p/roster.yaml", &roster), ("leads.csv", "id\n1\n2\n")]);
        place.run(&["route", "p", "leads.csv"]).err
    };
    let line = "2 leads went on along the chain: 2 of 2 reps named before were away or off hours (see --at)";
    assert!(said("01:00-02:00").contains(line), "{}", said("01:00-02:00"));
    assert!(!said("00:00-24:00").contains("went on"), "{}", said("00:00-24:00"));
}

#[test]
fn a_file_without_leads_has_none_and_a_table_without_a_header_is_an_error() {
    let place = with_leads("");
    for (name, text) in [("none.json", "[]"), ("none.ndjson", "")] {
        place.write(name, text);
        let ended = place.run(&["route", "p", name]);
        ended.out(0);
        assert!(ended.err.starts_with("0 rows read\n"), "{name}: {}", ended.err);
    }
    for (name, text) in [("none.csv", ""), ("empty.json", "")] {
        place.write(name, text);
        assert!(place.run(&["route", "p", name]).err(2).starts_with("error: "), "{name}");
    }
}

#[test]
fn strict_rejects_what_would_count_as_blank() {
    let place = with_leads("L1,,Germny,600,\nL2,,US,,\n");
    let ended = route(&place, &["--strict", "--rejects", "rejects.csv"]);
    assert_eq!(column(ended.out(1), "id"), ["L2"]);
    let rejected = rows(&place.read("rejects.csv"));
    assert_eq!((&*rejected[0]["line"], &*rejected[0]["row"]), ("2", "L1,,Germny,600,"));
    assert!(rejected[0]["reason"].starts_with("country `Germny` is not a country"), "{rejected:?}");
}

#[test]
fn a_field_without_a_column_is_a_warning_with_the_nearest_column() {
    let place = with_leads("");
    place.write("leads.csv", "id,contry\nL1,US\n");
    let ended = route(&place, &[]);
    assert!(ended.err(1).contains("no column `country`: `country` is blank in every lead"), "{}", ended.err);
    assert!(ended.err.contains("did you mean `contry`?"), "{}", ended.err);
}

#[test]
fn a_table_without_the_ids_column_is_not_read() {
    let place = with_leads("");
    place.write("leads.csv", "Id_,country\nL1,US\n");
    let ended = route(&place, &["-o", "out.csv"]);
    assert!(ended.err(2).contains("no column `id` for `id`, which identifies a lead"), "{}", ended.err);
    assert!(!place.has("out.csv"));
}

// --- rejects ---

/// The reasons for rows that are not routed, each after its line.
fn reasons(place: &Workplace, more: &[&str]) -> Vec<String> {
    route(place, &[more, &["--rejects", "rejects.csv", "-o", "out.csv"]].concat()).err(1);
    rows(&place.read("rejects.csv")).into_iter().map(|row| format!("{}: {}", row["line"], row["reason"])).collect()
}

#[test]
fn rows_without_an_id_of_their_own_are_rejects() {
    let place = with_leads("L1,,US,,\n  ,,US,,\nL1,,DE,,\nl1,,US,,\n");
    assert_eq!(reasons(&place, &[]), ["3: no id: `id` is blank", "4: repeated id `L1`: the lead on line 2 has it too"]);
    assert_eq!(column(&place.read("out.csv"), "id"), ["L1", "l1"]);
}

#[test]
fn a_blank_in_a_required_field_is_a_reject() {
    let place = with_leads("L1,,,600,\nL2,,US,,\nL3,,Germny,,\n");
    place.write("p/main.rules", &POLICY.replace("country   country", "country   country required"));
    assert_eq!(reasons(&place, &[]), ["2: `country` is required and blank", "4: `country` is required and blank"]);
}

#[test]
fn a_malformed_row_is_a_reject_and_the_next_one_is_read() {
    let place = with_leads("L1,,US\nL2,,US,,\nL3,,US,,,more\nL4,,US,,\n");
    let reasons = reasons(&place, &[]);
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("2: ") && reasons[1].starts_with("4: "), "{reasons:?}");
    assert_eq!(column(&place.read("out.csv"), "id"), ["L2", "L4"]);
}

#[test]
fn a_lead_that_nobody_takes_is_a_reject_that_says_why() {
    let place = with_leads("L1,,,,\nL2,,ES,,\nL3,,IT,,\nL4,,Germny,,\n");
    let reasons = reasons(&place, &[]);
    assert_eq!(reasons[0], "2: no rule of policy `regions` takes it, and there is no `otherwise`");
    assert_eq!(reasons[1], "3: circles: `regions.round` sends it to a policy in which it has already been");
    assert_eq!(
        reasons[2],
        "4: nobody of the chain of `regions.dry` can take it; full: at capacity (1 of 1 open leads)"
    );
    assert!(reasons[3].contains("no `otherwise`; country `Germny` counts as blank"), "{reasons:?}");
}

#[test]
fn rejects_are_said_in_full_where_there_is_no_file_for_them() {
    let place = with_leads("L1,,IT,,\n");
    let ended = route(&place, &[]);
    assert!(
        ended.err(1).contains("rejected line 2: nobody of the chain of `regions.dry` can take it"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("\n  L1,,IT,,\n"), "{}", ended.err);
}

#[test]
fn rejects_of_json_are_rows_too() {
    let place = with_leads("");
    place.write("leads.ndjson", "{\"id\":\"L1\",\n{\"id\":\"L2\",\"country\":\"US\"}\n{\"country\":\"US\"}\n");
    let ended = place.run(&["route", "p", "leads.ndjson", "--rejects", "rejects.ndjson"]);
    assert_eq!(ended.out(1).lines().count(), 1);
    let written = place.read("rejects.ndjson");
    let rejects: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([&rejects[0]["line"], &rejects[1]["line"]], [1, 3]);
    assert_eq!(rejects[1]["reason"], "no id: `id` is blank");
}

// --- the other outputs ---

#[test]
fn the_summary_adds_up_and_has_its_pinned_shape() {
    let place = with_leads("L1,,DE,,\nL2,,US,,\nL3,,,,me\nL4,spam,,,\nL5,,IT,,\nL6\nL7,,Germny,600,\nL7,,US,,\n");
    route(&place, &["--summary", "summary.json", "--rejects", "rejects.csv"]).out(1);
    let summary: Value = serde_json::from_str(&place.read("summary.json")).unwrap();
    assert_eq!(
        summary,
        json!({
            "version": 1,
            "read": 8,
            "assigned": 2,
            "queued": 1,
            "kept": 1,
            "rejected_by_policy": 1,
            "rejects": 3,
            "already_assigned": 0,
            "by_policy": {"known": 2, "regions": 2, "general": 1},
            "by_rule": {"known.mine": 1, "known.spam": 1, "regions.big": 1, "regions.dach": 1, "general.otherwise": 1},
            "by_rep": {"ana": 2},
            "by_queue": {"rest": 1},
            "by_route_type": {"account": 2, "territory": 2, "fallback": 1},
            "by_reject_reason": {"nobody can take it": 1, "malformed row": 1, "repeated id": 1},
            "fallback_share": 0.2,
            "unread_cells": {"country": 1},
            "broken_assumptions": {},
        })
    );
}

#[test]
fn the_summary_for_people_says_what_came_of_it() {
    let place = with_leads("L1,,DE,,\nL2,,US,,\nL3,,,,me\nL4,spam,,,\nL5,,IT,,\nL7,,Germny,600,\n");
    insta::assert_snapshot!(route(&place, &["--rejects", "rejects.csv"]).err(1));
}

#[test]
fn leads_that_break_an_assumption_are_counted() {
    let place = with_leads("L1,,DE,0,\nL2,,US,7,\n");
    place.write("p/main.rules", &format!("{POLICY}assume employees is blank or employees > 0\n"));
    let ended = route(&place, &["--summary", "summary.json"]);
    assert!(ended.err(0).contains("1 lead breaks `assume employees is blank or employees > 0`"), "{}", ended.err);
    let summary: Value = serde_json::from_str(&place.read("summary.json")).unwrap();
    assert_eq!(summary["broken_assumptions"], json!({"employees is blank or employees > 0": 1}));
}

#[test]
fn traces_explain_each_routed_lead_on_a_line() {
    let place = with_leads("L1,,DE,,\nL2\nL3,,IT,,\n");
    route(&place, &["--traces", "traces.ndjson", "--rejects", "rejects.csv"]).out(1);
    let text = place.read("traces.ndjson");
    let traces: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(traces.len(), 2, "{text}");
    assert_eq!(traces[0]["lead"]["id"], "L1");
    assert_eq!(traces[0]["decision"]["rule"], "regions.dach");
    assert_eq!(traces[1]["rejected"], "nobody of the chain of `regions.dry` can take it");
    let explained = place.run(&["explain", "p", "leads.csv", "--id", "L1", "--format", "json"]);
    assert_eq!(explained.json(), traces[0]);
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let place = with_leads("L1,,DE,,\nL2,,IT,,\n");
    let files = ["-o", "out.csv", "--rejects", "r.csv", "--summary", "s.json", "--traces", "t.ndjson"];
    let ended = route(&place, &[&files[..], &["--dry-run"]].concat());
    assert_eq!((ended.code, &*ended.out), (1, ""));
    assert!(ended.err.contains("dry run: nothing was written"), "{}", ended.err);
    assert_eq!(place.names(), ["leads.csv", "p"]);
}

// --- whole or not at all ---

#[test]
fn nothing_is_written_if_the_leads_cannot_be_read() {
    let place = with_leads("");
    place.write("leads.json", r#"{"id": "L1", "country": "US"}"#);
    let files = ["-o", "out.json", "--rejects", "rejects.json", "--summary", "summary.json"];
    let ended = place.run(&[&["route", "p", "leads.json"], &files[..]].concat());
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert_eq!(place.names(), ["leads.csv", "leads.json", "p"]);
    let ended = place.run(&[&["route", "p", "nowhere.csv"], &files[..]].concat());
    assert!(ended.err(2).contains("nowhere.csv"), "{}", ended.err);
    assert_eq!(place.names(), ["leads.csv", "leads.json", "p"]);
}

#[test]
fn no_output_is_there_if_another_cannot_be_written() {
    let place = with_leads("L1,,DE,,\n");
    place.write("out.csv", "as it was\n");
    let ended = route(&place, &["-o", "out.csv", "--rejects", "nowhere/rejects.csv"]);
    assert!(ended.err(2).contains("nowhere/rejects.csv"), "{}", ended.err);
    assert_eq!(place.read("out.csv"), "as it was\n");
    assert_eq!(place.names(), ["leads.csv", "out.csv", "p"]);
    let ended = route(&place, &["--rejects", "nowhere/rejects.csv"]);
    assert_eq!((ended.code, &*ended.out), (2, ""), "{}", ended.err);
    let ended = route(&place, &["-o", "out.csv", "--rejects", "./out.csv"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert_eq!(place.read("out.csv"), "as it was\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_leaves_no_output() {
    let place = with_leads("L1,,DE,,\n");
    let ended = route(&place, &["-o", "out.csv", "--traces", "/dev/full"]);
    assert!(ended.err(2).contains("`/dev/full`"), "{}", ended.err);
    assert_eq!(place.names(), ["leads.csv", "p"]);
}

#[test]
fn no_output_takes_the_place_of_what_is_read() {
    let place = with_leads("L1,,US,,\n");
    let before = (place.read("leads.csv"), place.read("p/main.rules"));
    for options in [["-o", "leads.csv"], ["--rejects", "leads.csv"], ["--summary", "p/main.rules"]] {
        let ended = route(&place, &options);
        assert!(ended.err(2).contains("would be overwritten"), "{}", ended.err);
    }
    assert_eq!((place.read("leads.csv"), place.read("p/main.rules")), before);
}

#[test]
fn a_file_named_like_a_workbook_gets_no_table_unless_one_is_asked_for() {
    let place = with_leads("L1,,US,,\n");
    let ended = route(&place, &["-o", "out.XLSX"]);
    insta::assert_snapshot!(ended.err(2), @"
    error: leads are written as CSV, TSV, JSON or NDJSON, which `out.XLSX` is not
      help: name a file that ends in .csv, .tsv, .json or .ndjson, or choose with --to
    ");
    assert_eq!(place.names(), ["leads.csv", "p"]);
    for (flag, message) in [
        ("--rejects", "rejects are written as CSV, TSV, JSON or NDJSON, which `out.xlsx` is not"),
        ("--summary", "the summary is written as JSON, which `out.xlsx` is not"),
        ("--traces", "traces are written as NDJSON, which `out.xlsx` is not"),
    ] {
        let ended = route(&place, &["-o", "out.csv", flag, "out.xlsx"]);
        assert!(ended.err(2).contains(message), "{}", ended.err);
        assert_eq!(place.names(), ["leads.csv", "p"]);
    }
    assert_eq!(route(&place, &["-o", "out.xlsx", "--to", "csv"]).code, 0);
}

#[test]
fn a_policy_with_errors_routes_nothing() {
    let place = with_leads("L1,,US,,\n");
    place.write("p/main.rules", &POLICY.replace("rep ana", "rep anna"));
    let ended = route(&place, &["-o", "out.csv"]);
    assert!(ended.err(2).contains("`ana`"), "{}", ended.err);
    assert!(!place.has("out.csv"));
}

#[test]
fn a_file_of_no_leads_is_routed_too() {
    let place = with_leads("");
    let ended = route(&place, &[]);
    assert_eq!(ended.out(0).lines().count(), 1);
    assert!(ended.err.contains("0 rows read"), "{}", ended.err);
    place.write("leads.json", "[]");
    assert_eq!(place.run(&["route", "p", "leads.json"]).json(), json!([]));
}

#[test]
fn leads_without_a_key_are_routed_without_looking_for_repeats() {
    let place = with_leads("L1,,US,,\nL1,,US,,\n");
    place.write("p/main.rules", &POLICY.replace("text key", "text"));
    assert_eq!(column(route(&place, &[]).out(0), "assigned_to"), ["rest", "rest"]);
}

#[test]
fn a_row_beyond_the_limit_is_a_reject() {
    let place = with_leads(&format!("L1,{},US,,\nL2,,US,,\n", "x".repeat(300)));
    let ended = route(&place, &["--row-limit", "200"]);
    assert_eq!(column(ended.out(1), "id"), ["L2"]);
}
