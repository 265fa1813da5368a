//! Pictures: what is in them, that nothing is lost in a fold, and that a page says what the evaluator says.

#![expect(clippy::disallowed_methods, reason = "tests lay out files for a browser")]

use std::collections::BTreeSet;

use pointsman::diagnostic::Finding;
use pointsman::graph::DecisionGraph;
use pointsman::lint::{self, Levels};
use pointsman::picture::{self, Subject};
use pointsman::policy::Project;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::browser::{browse, chromium, picture as shot, size};
use crate::program::root;
use crate::projects::{now, project};
use crate::workplace::Workplace;

const ROSTER: &str = "reps: { ana: {}, bruno: {} }\nteams: { north: [ana, bruno], south: [bruno] }\n";

/// A circle, a rule that no lead reaches, a gap, a table, an escalation and a policy nobody enters.
const POLICY: &str = r#"roster "roster.yaml"
lead {
  id         text key
  country    country
  employees  integer 0 to 100000
  owner_id   text owner
}
table patches from "patches.csv" {
  country  country
  team     team
}
territory dach = country in [DE, AT, CH]
queue pool "Leads nobody could take" { after 1 hour assign rep ana }
account policy first "Known accounts, then by size" {
  rule large "A strategic account" when employees >= 500 and not dach go to regions
  rule dach when dach assign team north by weight or queue pool
  rule german when country is DE and employees < 400 assign rep bruno or queue pool
  rule kept when owner_id is known keep owner
  rule spring from 2026-03-01 until 2026-05-31 when country is FR reject "only in spring"
  otherwise go to regions
}
territory policy regions {
  each row of patches when country is row.country assign row.team by round robin or queue pool
  rule back when country is FR go to first
  rule small when employees < 500 assign team south by load or queue pool
    escalate after 2 hours without contact to rep ana
}
fallback policy lonely { otherwise go to regions }
start at first
"#;

const LEADS: &str = "\
id,country,employees,owner_id
L-1,DE,80,
L-2,US,900,
L-3,\"ES\",\"about, 40\",
L-4,FR,20,0051
L-5,PT,30000,
L-6,,7,
L-6,,7,
";

fn patches(rows: usize) -> String {
    let countries = ["ES", "PT", "IT", "NL", "BE", "LU", "PL", "CZ", "SE", "NO"];
    let row = |index: usize| format!("{},{}\n", countries[index], ["north", "south"][index % 2]);
    "country,team\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

fn findings(project: &Project) -> Vec<Finding> {
    lint::lint(project, &DecisionGraph::new(project), now(), &Levels::default()).unwrap()
}

fn drawn(project: &Project, all_rows: bool) -> String {
    let findings = findings(project);
    let today = now().to_zoned(project.timezone.clone()).date();
    let subject = Subject { project, findings: &findings, title: "Sales & <co>", today, traffic: None };
    picture::svg(&subject, all_rows)
}

fn sample(rows: usize) -> Project {
    project(&[("main.rules", POLICY), ("roster.yaml", ROSTER), ("patches.csv", &patches(rows))]).0
}

fn workplace() -> Workplace {
    let patches = patches(8);
    let files = [("main.rules", POLICY), ("roster.yaml", ROSTER), ("patches.csv", &patches), ("leads.csv", LEADS)];
    Workplace::with(&files)
}

// --- What is in a picture -------------------------------------------------------------------------

/// An element of a picture: its name, its class, and the title that is its first child.
#[derive(Debug)]
struct Element {
    name: String,
    class: String,
    title: String,
}

/// Reads a picture as XML, which it must be, to the end.
fn elements(svg: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut elements: Vec<Element> = Vec::new();
    let (mut depth, mut open_titles) = (0, Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                depth += 1;
                let name = start.name().as_ref().to_owned();
                let class =
                    start.attributes().map(|attribute| attribute.unwrap()).find(|known| known.key.as_ref() == "class");
                let class = class.map(|class| class.value.into_owned()).unwrap_or_default();
                if name == "title" {
                    open_titles.push(elements.len() - 1);
                } else {
                    elements.push(Element { name, class, title: String::new() });
                }
            }
            Event::End(end) => {
                depth -= 1;
                if end.name().as_ref() == "title" {
                    open_titles.pop();
                }
            }
            Event::Text(text) => {
                if let Some(&of) = open_titles.last() {
                    elements[of].title += &text.xml10_content();
                }
            }
            Event::GeneralRef(_) | Event::CData(_) => {}
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(depth, 0);
    elements
}

/// The rules of each row: its name if it stands alone, else how many there are.
fn rows(svg: &str) -> Vec<Result<String, usize>> {
    let rows = elements(svg).into_iter().filter(|element| element.name == "g" && element.class.starts_with("row"));
    let told = rows.filter_map(|row| {
        let first = row.title.lines().next().unwrap_or_default().to_owned();
        let (name, number) = (first.split(':').next().unwrap_or_default(), first.split(' ').next().unwrap_or_default());
        match number.parse::<usize>() {
            Ok(count) if name.ends_with("rules") || name.contains("rows of") => Some(Err(count)),
            _ if first.contains('.') => Some(Ok(first)),
            _ => None,
        }
    });
    told.collect()
}

#[test]
fn a_picture_shows_lanes_rules_destinations_and_findings() {
    let svg = drawn(&sample(3), false);
    let (before, after) = (svg.find("<style>").unwrap(), svg.find("</style>").unwrap());
    let without_style = format!("{}{}", &svg[..before], &svg[after + "</style>".len()..]);
    insta::assert_snapshot!(without_style.replace("><", ">\n<"));
}

#[test]
fn a_picture_brings_all_it_needs() {
    let svg = drawn(&sample(8), false);
    elements(&svg);
    for never in ["<script", "href", "url(", "@import", "https:", " on"] {
        assert!(!svg.replace(" only", "").replace(" one", "").contains(never), "{never}");
    }
    assert_eq!(svg.matches("http:").count(), 1, "only the name of SVG itself");
    assert!(svg.contains("prefers-color-scheme: dark") && svg.contains("@media print"));
    assert!(svg.contains("<title>Sales &amp; &lt;co&gt;</title>"));
    assert_eq!(svg, drawn(&sample(8), false), "the same project gives the same bytes");
}

#[test]
fn a_long_table_shares_a_row_unless_all_are_asked_for() {
    let project = sample(8);
    assert!(rows(&drawn(&project, false)).contains(&Err(8)));
    let all = rows(&drawn(&project, true));
    assert_eq!(all.len(), project.rules.len());
    assert!(all.contains(&Ok("regions.patches:8".to_owned())), "{all:?}");
}

#[test]
fn what_leads_round_in_a_circle_is_drawn_as_going_back() {
    let svg = drawn(&sample(3), false);
    let back = |svg: &str| elements(svg).into_iter().filter(|element| element.class == "arrow back").count();
    assert_eq!(back(&svg), 2, "one arrow, and its explanation");
    let straight = POLICY.replace("rule back when country is FR go to first", "");
    let straight = project(&[("main.rules", &straight), ("roster.yaml", ROSTER), ("patches.csv", &patches(3))]).0;
    assert_eq!(back(&drawn(&straight, false)), 0, "a policy that nobody enters may lead anywhere");
}

#[test]
fn a_finding_is_told_by_a_shape_and_in_words() {
    let found: Vec<Element> = elements(&drawn(&sample(3), false));
    let marks = |class: &str| found.iter().filter(|element| element.name == "path" && element.class == class).count();
    assert!(marks("mark error") >= 3 && marks("mark warning") >= 1, "{found:?}");
    let svg = drawn(&sample(3), false);
    for code in ["policy-cycle: ", "unreachable-rule: ", "missing-fallback: ", "unreachable-policy: "] {
        assert!(svg.contains(&format!(">{code}")), "{code}");
    }
}

/// A policy of many rules: what each does, and whether something is wrong with it.
#[derive(Clone, Debug)]
enum Part {
    Plain(u8),
    GoesOn,
    Impossible,
    Rows(u8),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        8 => (0..4u8).prop_map(Part::Plain),
        1 => Just(Part::GoesOn),
        1 => Just(Part::Impossible),
        1 => (1..20u8).prop_map(Part::Rows),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_rule_is_in_the_picture_or_counted_in_a_fold(parts in proptest::collection::vec(part(), 0..70)) {
        let mut text = String::from("roster \"roster.yaml\"\nlead {\n id text key\n size integer 0 to 1000000\n code text\n}\nqueue q { after 1 hour assign rep ana }\n");
        let mut files = vec![("roster.yaml".to_owned(), ROSTER.to_owned())];
        let (mut rules, mut alone) = (String::new(), BTreeSet::new());
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part::Plain(to) => {
                    let to = ["team north by weight", "rep ana", "rep bruno", "team south by load"][*to as usize];
                    rules += &format!("rule r{index} when size is {index} assign {to} or queue q\n");
                }
                Part::GoesOn => {
                    rules += &format!("rule r{index} when size is {index} go to second\n");
                    alone.insert(format!("first.r{index}"));
                }
                Part::Impossible => {
                    rules += &format!("rule r{index} when size < 5 and size > 9 assign queue q\n");
                    alone.insert(format!("first.r{index}"));
                }
                Part::Rows(count) => {
                    text += &format!("table t{index} from \"t{index}.csv\" {{ code text team team }}\n");
                    rules += &format!("each row of t{index} when code is row.code assign row.team by weight or queue q\n");
                    let row = |row: u8| format!("c{index}x{row},{}\n", ["north", "south"][row as usize % 2]);
                    files.push((format!("t{index}.csv"), "code,team\n".to_owned() + &(0..*count).map(row).collect::<String>()));
                }
            }
        }
        text += &format!("policy first {{\n{rules}otherwise go to second\n}}\npolicy second {{ otherwise assign queue q }}\nstart at first\n");
        files.push(("main.rules".to_owned(), text));
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let project = project(&files).0;
        let drawn = rows(&drawn(&project, false));
        let names: BTreeSet<String> = drawn.iter().filter_map(|row| row.clone().ok()).collect();
        let folded: usize = drawn.iter().filter_map(|row| row.clone().err()).sum();
        prop_assert_eq!(names.len() + folded, project.rules.len());
        prop_assert!(names.is_superset(&alone), "{:?}", alone.difference(&names));
        prop_assert!(names.contains("first.otherwise") && names.contains("second.otherwise"));
    }

    #[test]
    fn no_text_becomes_part_of_the_picture(text in "[\\PC\\t\u{1b}\u{202e}<>&\"']{0,40}") {
        let written = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', " ");
        let policy = POLICY.replace("A strategic account", &written).replace("only in spring", &written).replace("Known accounts, then by size", &written);
        let loaded = crate::support::load_str(&policy, &[("roster.yaml", ROSTER), ("patches.csv", &patches(3))]);
        prop_assume!(loaded.project.is_some());
        let project = loaded.project.unwrap();
        let findings = findings(&project);
        let subject = Subject { project: &project, findings: &findings, title: &text, today: now().to_zoned(project.timezone.clone()).date(), traffic: None };
        let names = |svg: &str| elements(svg).into_iter().map(|element| element.name).filter(|name| name != "text").collect::<Vec<String>>();
        prop_assert_eq!(names(&picture::svg(&subject, false)), names(&drawn(&sample(3), false)));
    }
}

// --- The page -------------------------------------------------------------------------------------

fn page(place: &Workplace, more: &[&str]) -> String {
    let ended = place.run(&[&["graph", ".", "--html", "page.html"], more].concat());
    ended.out(0);
    place.read("page.html")
}

/// What the page's script reads.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_page_needs_no_network_and_runs_no_other_script() {
    let page = page(&workplace(), &["--leads", "leads.csv"]);
    for never in
        ["http:", "https:", " src=", "url(", "@import", "innerHTML", "insertAdjacent", "eval(", "fetch(", "import("]
    {
        assert!(!page.contains(never), "{never}");
    }
    assert!(page.contains("default-src 'none'") && page.contains("script-src 'sha256-"));
    assert_eq!(page.matches("<script").count(), 2, "the data, and what looks things up in it");
}

#[test]
fn the_ways_on_a_page_are_those_that_explain_tells() {
    let place = workplace();
    let data = data(&page(&place, &["--leads", "leads.csv", "--lead", "country=DE, employees=1200"]));
    let trails = &data["trails"];
    let list = |value: &Value| value.as_array().unwrap().clone();
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let fields = list(&data["fields"]);
    let mut seen = 0;
    for lead in list(&trails["leads"]) {
        let cells = list(&lead["cells"]);
        let cells = fields
            .iter()
            .zip(&cells)
            .filter_map(|(field, cell)| Some(format!("{}={}", field.as_str()?, cell.as_str()?)));
        let cells = cells.collect::<Vec<String>>().join(", ");
        let explained = match lead["from"]["file"].as_str() {
            Some(id) => place.run(&["explain", ".", "leads.csv", "--id", id, "--format", "json"]),
            None => place.run(&["explain", ".", "--lead", &cells, "--format", "json"]),
        };
        let explained = explained.json();
        let comparison = |code: &Value| {
            let known = &trails["comparisons"][number(code) / 2];
            let looked = list(&lead["values"]).into_iter().find(|looked| looked[0] == known[1]).unwrap();
            (known[0].clone(), looked[1].clone(), number(code) % 2 == 1)
        };
        let on_page: Vec<_> = list(&trails["ways"][number(&lead["way"])])
            .iter()
            .flat_map(|stage| list(&stage[1]))
            .map(|tried| {
                let compared: Vec<_> = list(&tried[2]).iter().map(comparison).collect();
                (data["rules"][number(&tried[0])]["name"].clone(), tried[1] == 1, compared)
            })
            .collect();
        let told: Vec<_> = list(&explained["steps"])
            .iter()
            .flat_map(|step| list(&step["rules"]))
            .map(|rule| {
                let compared = list(&rule["comparisons"]).into_iter().filter(|compared| compared["decisive"] == true);
                let compared: Vec<_> = compared
                    .map(|compared| (compared["text"].clone(), compared["value"].clone(), compared["held"] == true))
                    .collect();
                (rule["rule"].clone(), rule["matched"] == true, compared)
            })
            .collect();
        assert_eq!(on_page, told, "{cells}");
        if let (Some(_), Some(to)) =
            (lead["from"]["file"].as_str(), explained["assignment"]["assigned_to"].as_str().filter(|to| !to.is_empty()))
        {
            assert!(lead["end"].as_str().unwrap().ends_with(to), "{lead}");
        }
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn each_rule_that_leads_reach_has_one_on_the_page() {
    let data = data(&page(&workplace(), &[]));
    let rules = data["rules"].as_array().unwrap();
    let without: Vec<&str> =
        rules.iter().filter(|rule| rule["lead"].is_null()).map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(without, ["first.german", "first.spring", "lonely.otherwise"]);
    assert!(rules.iter().filter(|rule| rule["lead"].is_null()).all(|rule| rule["without"] == "nobody"));
    let found =
        |name: &str| rules.iter().find(|rule| rule["name"] == name).unwrap()["findings"].as_array().unwrap().len();
    assert_eq!((found("first.german"), found("first.dach")), (1, 0), "what takes a rule's leads is not at fault");
}

#[test]
fn leads_of_a_file_are_counted_at_every_rule() {
    let place = workplace();
    let ended = place.run(&["graph", ".", "--format", "svg", "--leads", "leads.csv"]);
    let svg = ended.out(0);
    assert!(svg.contains("6 leads of leads.csv; 1 row not routed"), "{svg}");
    let data = data(&page(&place, &["--leads", "leads.csv"]));
    let leads = |name: &str| {
        let rules = data["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["name"] == name).unwrap()["leads"].as_u64().unwrap()
    };
    let summary = place.run(&["route", ".", "leads.csv", "-o", "routed.csv", "--summary", "summary.json"]);
    assert_eq!(summary.code, 1);
    let summary: Value = serde_json::from_str(&place.read("summary.json")).unwrap();
    for (rule, count) in summary["by_rule"].as_object().unwrap() {
        assert_eq!(leads(rule), count.as_u64().unwrap(), "{rule}");
    }
    assert_eq!(leads("first.large") + leads("first.otherwise"), 4);
}

#[test]
fn a_browser_finds_rules_and_leads_and_admits_what_it_does_not_know() {
    let Some(browser) = chromium() else { return };
    let place = workplace();
    let nasty = POLICY.replace("A strategic account", "</script><b id='x'>&amp;");
    place.write("main.rules", &nasty);
    page(&place, &["--leads", "leads.csv", "--title", "<b>Who gets what</b>"]);
    let file = place.path("page.html");
    let dom = |hash: &str| browse(browser, &file, hash, &["--dump-dom"]);
    let known = dom("#find:id=L-1,%20country=DE,%20employees=80");
    assert!(
        known.contains("This page knows this lead")
            && known.contains("first.dach: assign team north by weight or queue pool"),
        "{known}"
    );
    assert!(known.contains("assigned to rep ana") && known.contains("--id 'L-1'"));
    assert!(known.contains("<h1><bdi>&lt;b&gt;Who gets what&lt;/b&gt;</bdi></h1>") && !known.contains("<b id="));
    let unknown = dom("#find:country=DE,%20employees=1200");
    assert!(
        unknown.contains("None of the") && unknown.contains("pointsman explain . --lead 'country=DE, employees=1200'"),
        "{unknown}"
    );
    assert!(dom("#find:colour=red").contains("A lead has no field colour"));
    assert!(dom("#rule:first.german").contains("No lead comes to this rule"));
    assert!(dom("#find:strategic%20nothing").contains("0 rules, 0 leads"));
    let (light, dark) = (shot(browser, &file, "1", 1200), shot(browser, &file, "0", 1200));
    assert_eq!((size(&light), size(&dark)), ((1200, 900), (1200, 900)));
    assert_ne!(light, dark);
    let pdf = place.path("page.pdf");
    browse(browser, &file, "", &[&format!("--print-to-pdf={}", pdf.display())]);
    assert!(std::fs::read(pdf).unwrap().starts_with(b"%PDF"));
}

// --- The command ----------------------------------------------------------------------------------

#[test]
fn a_page_may_come_beside_another_format_or_in_its_place() {
    let place = workplace();
    assert!(place.run(&["graph", ".", "--html"]).out(0).starts_with("<!DOCTYPE html>"));
    assert_eq!(place.run(&["graph", ".", "--html", "page.html"]).out(0), "");
    assert!(place.run(&["graph", ".", "--format", "svg", "--html", "page.html"]).out(0).starts_with("<svg "));
    place.run(&["graph", ".", "-o", "picture.svg"]).out(0);
    place.run(&["graph", ".", "-o", "other.html"]).out(0);
    assert!(place.read("picture.svg").starts_with("<svg ") && place.read("other.html") == place.read("page.html"));
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let place = workplace();
    let refused = |arguments: &[&str], because: &str| {
        let ended = place.run(&[&["graph", "."], arguments].concat());
        assert!(ended.err(2).contains(because), "{}", ended.err);
    };
    refused(&["--leads", "leads.csv"], "`--leads` counts leads in pictures and pages");
    refused(&["--format", "svg", "--lead", "country=DE"], "`--lead` puts a lead on a page");
    refused(&["--html", "--format", "svg"], "`--html` without a file takes the place of `--format`");
    refused(&["--html", "page.html", "--lead", "colour=red"], "a lead has no field `colour`");
    refused(&["--html", "main.rules"], "`main.rules` is read by this run and would be overwritten");
    refused(&["--html", "leads.csv", "--leads", "leads.csv"], "`leads.csv` is read by this run");
    refused(&["--format", "svg", "--from", "csv"], "--leads <LEADS>");
    assert!(!place.has("page.html"));
}

#[test]
fn every_example_can_be_drawn() {
    for entry in std::fs::read_dir(root().join("examples/rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.join("main.rules").exists() {
            let (folder, main) = pointsman::check::locate(&path).unwrap();
            let project = pointsman::check::load(&folder, &main).project.unwrap();
            let drawn = rows(&drawn(&project, true));
            assert_eq!(drawn.len(), project.rules.len(), "{}", path.display());
        }
    }
}
