//! The decision graph: what leads where, and how it is drawn.

use pointsman::graph::{DecisionGraph, export};
use pointsman::ids::Id;
use pointsman::lint::{self, Levels};
use pointsman::policy::Project;
use pointsman::source::SourceMap;
use serde_json::Value;

use crate::projects::{now, project};

const ROSTER: &str = "\
reps:
  ana: { manager: carla }
  bruno: {}
  carla: {}
teams:
  dach_senior: [ana, bruno]
  inside_sales: [{ rep: bruno, weight: 2 }, carla]
";

const ACCOUNTS: &str = "domain,owner\nacme.example,ana\nzenith.example,bruno\n";

const RULES: &str = r#"
roster "roster.yaml"

lead {
  id        text key
  email     email
  country   country
  employees integer
  owner_id  text owner
}

table accounts from "accounts.csv" {
  domain  domain key
  owner   rep
}

table patches from "patches.csv" {
  country  country
  team     team
}

let account = accounts[domain of email]
territory dach = country in [DE, AT, CH]
segment enterprise = employees >= 500

queue unassigned "Leads nobody could take" {
  after 30 minutes assign team inside_sales by round robin
  after 1 day assign rep carla
}

account policy customers "Known accounts first" {
  rule owned "A \"known\" account keeps its owner; 100%%"
    when account is known
    assign account.owner or manager of account.owner or queue unassigned

  rule kept
    when owner_id is known and not (dach or enterprise)
    keep owner

  otherwise go to regions
}

territory policy regions {
  rule spam
    when email ends with ["@mailinator.com", "@trash.example"]
    reject "disposable address"

  rule dach_enterprise
    when dach and enterprise
    assign team dach_senior by weight or team inside_sales by load or queue unassigned

  each row of patches
    when country is row.country
    assign row.team by round robin or queue unassigned

  otherwise assign queue unassigned
}

start at customers
"#;

fn sample() -> (Project, SourceMap) {
    let countries = ["FR", "ES", "PT", "IT", "NL", "BE", "LU", "PL"];
    let patches: String = std::iter::once("country,team\n".to_owned())
        .chain(countries.iter().enumerate().map(|(index, country)| {
            let team = if index % 2 == 0 { "inside_sales" } else { "dach_senior" };
            format!("{country},{team}\n")
        }))
        .collect();
    project(&[("main.rules", RULES), ("roster.yaml", ROSTER), ("accounts.csv", ACCOUNTS), ("patches.csv", &patches)])
}

#[test]
fn mermaid_draws_policies_rules_and_destinations_and_folds_a_long_table() {
    let (project, _) = sample();
    let graph = DecisionGraph::new(&project);
    insta::assert_snapshot!(export::mermaid(&graph, &project, &[], false));
}

#[test]
fn dot_draws_the_same() {
    let (project, _) = sample();
    let graph = DecisionGraph::new(&project);
    insta::assert_snapshot!(export::dot(&graph, &project, &[], false));
}

#[test]
fn every_row_is_drawn_on_request() {
    let (project, _) = sample();
    let graph = DecisionGraph::new(&project);
    let drawn = export::mermaid(&graph, &project, &[], true);
    assert!(drawn.contains("patches#58;8"), "{drawn}");
    assert!(!drawn.contains("8 rows"), "{drawn}");
}

#[test]
fn json_names_every_node_and_edge() {
    let (project, sources) = sample();
    let graph = DecisionGraph::new(&project);
    let json = export::json(&graph, &project, &[], &sources, "policies/");
    let document: Value = serde_json::from_str(&json).unwrap();
    let ids: Vec<&str> =
        document["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    for edge in document["edges"].as_array().unwrap() {
        assert!(ids.contains(&edge["from"].as_str().unwrap()), "{edge}");
        assert!(ids.contains(&edge["to"].as_str().unwrap()), "{edge}");
    }
    insta::assert_snapshot!(json);
}

#[test]
fn findings_colour_what_they_are_about() {
    let rules = "\
lead { id text key }
policy a { otherwise go to b }
policy b { otherwise go to a }
policy lost { otherwise reject \"x\" }
start at a
";
    let (project, _) = project(&[("main.rules", rules)]);
    let graph = DecisionGraph::new(&project);
    let findings = lint::lint(&project, &graph, now(), &Levels::default()).unwrap();
    insta::assert_snapshot!(export::mermaid(&graph, &project, &findings, false));
}

#[test]
fn reachable_is_what_the_start_leads_to() {
    let rules = "\
lead { id text key }
policy first { otherwise go to second }
policy second { otherwise reject \"x\" }
policy lost { otherwise go to also_lost }
policy also_lost { otherwise go to second }
start at first
";
    let (project, _) = project(&[("main.rules", rules)]);
    let reachable = DecisionGraph::new(&project).reachable_policies();
    assert_eq!(reachable.as_slice(), [true, true, false, false]);
}

#[test]
fn a_cycle_is_found_once_by_a_shortest_way_round() {
    let rules = "\
lead {
  id text key
  n  integer
}
policy a {
  rule long when n > 1 go to b
  rule short when n > 2 go to d
}
policy b { otherwise go to c }
policy c { otherwise go to a }
policy d { otherwise go to a }
policy self { otherwise go to self }
start at a
";
    let (project, _) = project(&[("main.rules", rules)]);
    let cycles = DecisionGraph::new(&project).cycles();
    let shown: Vec<(Vec<String>, usize)> = cycles
        .iter()
        .map(|cycle| (cycle.way.iter().map(|&rule| project.rule_name(rule)).collect(), cycle.policies.len()))
        .collect();
    let expected = [(vec!["a.short".to_owned(), "d.otherwise".to_owned()], 4), (vec!["self.otherwise".to_owned()], 1)];
    assert_eq!(shown, expected);
}

#[test]
fn thousands_of_policies_in_a_row_do_not_exhaust_the_stack() {
    const POLICIES: usize = 5_000;
    let mut rules = "lead { id text key }\nstart at p0\n".to_owned();
    for policy in 0..POLICIES {
        rules += &format!("policy p{policy} {{ otherwise go to p{} }}\n", (policy + 1) % POLICIES);
    }
    let (project, _) = project(&[("main.rules", &rules)]);
    let cycles = DecisionGraph::new(&project).cycles();
    assert_eq!((cycles.len(), cycles[0].way.len(), cycles[0].policies[0].index()), (1, POLICIES, 0));
}
