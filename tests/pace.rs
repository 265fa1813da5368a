//! `route` on many threads: the same bytes as on one, however the input is cut into blocks.

use std::fmt::Write as _;

use crate::program::{MONDAY, pointsman, root};
use crate::workplace::Workplace;

const ROSTER: &str = "\
reps:
  ana: { weight: 3 }
  bruno: { capacity: 20 }
  carla: { daily: 5, manager: ana }
  dora: { left: 2026-10-01, manager: ana }
teams:
  everyone: [ana, bruno, carla]
";

const POLICY: &str = r#"roster "roster.yaml"
lead {
  id        text key
  email     email
  country   country
  employees integer
  score     number
  owner_id  text owner
  blank "N/A"
}
assume score is blank or score >= 0
table accounts from "accounts.csv" { domain domain key owner rep }
let account = accounts[domain of email]
queue rest
account policy known {
  rule mine when owner_id is known keep owner
  rule owned when account is known assign account.owner or manager of account.owner or queue rest
  rule spam when email ends with "@spam.example" reject "disposable address"
  otherwise go to regions
}
territory policy regions {
  rule big when employees >= 500 assign team everyone by balance of score or queue rest
  rule dach when country in [DE, AT, CH] assign team everyone by weight or queue rest
  rule gone when country is FR assign rep dora
  rule known when country is known assign team everyone by round robin or queue rest
}
start at known
"#;

fn cell(number: usize, cells: &[&'static str]) -> &'static str {
    cells[number * 7 % cells.len()]
}

/// Leads with all that can be wrong with them.
fn leads(count: usize) -> String {
    let mut text = String::from("id,email,country,employees,score,owner_id,remark\n");
    for number in 0..count {
        // Some ids come twice, and some rows are no leads.
        let id = if number % 11 == 10 { number - 10 } else { number };
        let email = cell(number, &["ana@acme.example", "x@spam.example", "Bo@Other.example", "no address", ""]);
        let country = cell(number, &["DE", "Germany", "FR", "US", "Germny", "N/A", "ch"]);
        let (employees, score) = (cell(number, &["12", "900", "about 50", ""]), cell(number, &["1.5", "-2", "70"]));
        let owner = cell(number, &["", "", "", "", "Otto"]);
        let remark = cell(number, &["plain", "\"quoted, with\n\na line\"", "=1+1", "\"say \"\"so\"\"\"", "a\"b"]);
        let _ = match number % 13 {
            12 => writeln!(text, "torn,{number}"),
            _ => writeln!(text, "L{id},{email},{country},{employees},{score},{owner},{remark}"),
        };
    }
    text
}

fn as_objects(csv: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let object = |row: csv::StringRecord| {
        let members = names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        let members: Vec<String> =
            members.map(|(name, cell)| format!("{name:?}: {}", serde_json::to_string(cell).unwrap())).collect();
        format!("{{{}}}", members.join(", "))
    };
    reader.records().map(|row| object(row.unwrap())).collect()
}

fn place() -> Workplace {
    let csv = leads(160);
    let objects = as_objects(&csv);
    Workplace::with(&[
        ("p/main.rules", POLICY),
        ("p/roster.yaml", ROSTER),
        ("p/accounts.csv", "domain,owner\nacme.example,carla\nolder.example,dora\n"),
        ("leads.csv", &csv),
        ("leads.ndjson", &objects.join("\n")),
        ("leads.json", &format!("[{}]", objects.join(",\n"))),
    ])
}

/// Everything that a run writes and says.
fn routed(place: &Workplace, leads: &str, more: &[&str]) -> Vec<String> {
    let files = ["out", "rejects", "summary.json", "traces.ndjson"];
    let [out, rejects, summary, traces] = files;
    let outputs = ["-o", out, "--rejects", rejects, "--summary", summary, "--traces", traces];
    let ended = place.run(&[&["route", "p", leads], &outputs[..], more].concat());
    let said = ended.err(1).to_owned();
    files.iter().map(|name| place.read(name)).chain([said]).collect()
}

#[test]
fn the_output_does_not_depend_on_threads_and_blocks() {
    let place = place();
    for leads in ["leads.csv", "leads.ndjson", "leads.json"] {
        let whole = routed(&place, leads, &["--threads", "1"]);
        assert!(whole.iter().all(|text| !text.is_empty()));
        for (threads, block) in [("1", "300"), ("2", "700"), ("3", "1"), ("8", "200")] {
            let again = routed(&place, leads, &["--threads", threads, "--block", block]);
            assert_eq!(again, whole, "{leads} on {threads} threads in blocks of {block} bytes");
        }
    }
}

#[test]
fn without_traces_the_output_is_the_same() {
    let place = place();
    let route = |more: &[&str]| place.run(&[&["route", "p", "leads.csv"], more].concat());
    let watched = route(&["--traces", "traces.ndjson", "--threads", "1"]);
    for more in [&["--threads", "1"][..], &["--threads", "3", "--block", "500"]] {
        assert_eq!(route(more), watched);
    }
}

#[test]
fn a_ledger_is_the_same_whoever_worked_on_it() {
    let place = place();
    let run = |ledger: &str, more: &[&str]| {
        let first = routed(&place, "leads.csv", &[&["--ledger", ledger], more].concat());
        let again = routed(&place, "leads.ndjson", &[&["--ledger", ledger], more].concat());
        let shown = place.run_as_is(&["ledger", "show", ledger]);
        (first, again, shown.out(0).replace(ledger, "ledger"))
    };
    assert_eq!(run("one.ledger", &["--threads", "1"]), run("many.ledger", &["--threads", "4", "--block", "250"]));
}

#[test]
fn every_example_is_routed_alike_on_any_number_of_threads() {
    for (example, leads) in [
        ("quickstart", "leads.csv"),
        ("geographic", "leads.csv"),
        ("vertical", "leads.csv"),
        ("segment", "leads.csv"),
        ("service", "leads.csv"),
        ("hierarchy", "leads.csv"),
    ] {
        let project = root().join("examples/rules").join(example);
        let route = |more: &[&str]| {
            let (project, leads) = (project.display().to_string(), project.join(leads).display().to_string());
            let output = pointsman(["route", &project, &leads, "--at", MONDAY].iter().chain(more));
            (output.status.code(), output.stdout, output.stderr)
        };
        let one = route(&["--threads", "1"]);
        assert!(!one.1.is_empty(), "{example}");
        for threads in ["2", "3", "8"] {
            assert_eq!(route(&["--threads", threads, "--block", "64"]), one, "{example} on {threads} threads");
        }
    }
}

#[test]
fn a_run_that_cannot_go_on_writes_nothing_whoever_noticed() {
    let place = place();
    // An array that nobody can tell apart any more, behind leads that are fine.
    let torn = format!("[{}, {{\"a\": [}} {}", as_objects(&leads(60)).join(",\n"), "x".repeat(5_000_000));
    place.write("torn.json", &torn);
    for threads in ["1", "4"] {
        let ended = place.run(&["route", "p", "torn.json", "-o", "out.json", "--threads", threads]);
        assert!(ended.err(2).contains("cannot be told apart"), "{}", ended.err);
        assert!(!place.has("out.json"));
    }
}
