//! `test`: a policy's own promises, and whether it keeps them.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::json;

use crate::workplace::{Ended, Workplace};

const ROSTER: &str = "\
reps:
  ana: { away: [2026-11-01..2026-12-24] }
  bruno: {}
teams:
  pair: [ana, bruno]
";

const POLICY: &str = r#"roster "roster.yaml"
lead {
  id        text key
  email     email
  company   text
  country   country
  employees integer
  interests tags
  seen      timestamp
  owner_id  text owner
}
table patches from "patches.csv" {
  country country
  team    team
}
queue rest
policy first {
  rule mine when owner_id is known keep owner
  rule spam when company contains "<&>" reject "spam"
  rule hand when employees >= 500 and interests has "a" assign rep ana or queue rest
  rule summer until 2026-08-31 when country is FR assign queue rest
  each row of patches when country is row.country assign row.team by round robin or queue rest
  otherwise go to last
}
policy last {
  rule rare when country is BR and seen >= 2026-03-01 and email ends with "@a.example" assign rep bruno
  rule never when country is BR and country is US assign rep bruno
  otherwise assign queue rest
}
start at first
"#;

/// The project with these tests of its own.
fn with_tests(tests: &str) -> Workplace {
    Workplace::with(&[
        ("p/main.rules", &format!("{POLICY}{tests}")),
        ("p/roster.yaml", ROSTER),
        ("p/patches.csv", "country,team\nUS,pair\nMX,pair\n"),
    ])
}

fn run(tests: &str, more: &[&str]) -> Ended {
    with_tests(tests).run(&[&["test", "p"], more].concat())
}

const PASSING: &str = r#"
test "kept" given owner_id = "x" expect keep owner by rule mine
test "spam" given company = "<&>" expect reject by rule spam
test "a row" given country = MX expect team pair by rule patches:2
test "by hand" given employees = 500, interests = "b; a" expect rep ana
test "the rest" given country = blank expect queue rest by rule last.otherwise
"#;

// --- pass and fail ---

#[test]
fn kept_promises_pass() {
    assert_eq!(run(PASSING, &[]).out(0), "✓ kept\n✓ spam\n✓ a row\n✓ by hand\n✓ the rest\n5 passed, 0 failed\n");
}

#[test]
fn a_project_without_tests_passes_none() {
    assert_eq!(run("", &[]).out(0), "0 passed, 0 failed\n");
}

#[test]
fn a_broken_promise_shows_what_happened_instead_and_why() {
    let tests = "test \"ana takes the large\" given employees = 500 expect rep ana by rule hand\n";
    insta::assert_snapshot!(run(tests, &[]).out(1));
}

#[test]
fn people_are_there_unless_the_test_says_when() {
    let given = "given employees = 500, interests = \"a\"";
    let ended = run(&format!("test \"now\" {given} expect rep ana\n"), &[]);
    assert_eq!(ended.code, 0, "{}", ended.out);
    let ended = run(&format!("test \"away\" at 2026-11-23T15:00:00Z {given} expect rep ana\n"), &[]);
    assert!(ended.out(1).contains("expected rep ana\n    found    queue rest"), "{}", ended.out);
    let ended = run(&format!("test \"back\" at 2026-12-25T15:00:00Z {given} expect rep ana\n"), &[]);
    assert_eq!(ended.code, 0, "{}", ended.out);
}

#[test]
fn the_rules_in_force_are_those_of_the_tests_own_moment() {
    let tests = "test \"summer\" at 2026-08-31 given country = FR expect queue rest by rule summer\n\
                 test \"autumn\" at 2026-09-01 given country = FR expect queue rest by rule last.otherwise\n";
    assert_eq!(run(tests, &[]).code, 0);
}

#[test]
fn each_test_starts_anew() {
    let test = "given country = US expect rep ana";
    let ended = run(&format!("test \"one\" {test}\ntest \"two\" {test}\n"), &[]);
    assert_eq!(ended.code, 0, "{}", ended.out);
}

#[test]
fn an_expectation_of_a_rule_says_which_one_decided() {
    let ended = run("test \"t\" given country = US expect team pair by rule patches:2\n", &[]);
    assert!(ended.out(1).contains("expected rule first.patches:2\n    found    rule first.patches:1"), "{}", ended.out);
    assert!(ended.out.contains("at p/main.rules:31:"), "{}", ended.out);
}

// --- coverage ---

#[test]
fn coverage_names_the_rules_that_no_test_reaches() {
    let ended = run(PASSING, &["--coverage"]);
    assert!(
        ended.out(0).contains(
            "6 of 10 rules are reached by a test\n  not reached: first.summer\n  not reached: first.patches:1\n  \
         not reached: last.rare\n  not reached: last.never\n"
        ),
        "{}",
        ended.out
    );
    let document = run(PASSING, &["--coverage", "--format", "json"]).json();
    assert_eq!(
        document["coverage"],
        json!({"rules": 10, "reached": 6,
               "unreached": ["first.summer", "first.patches:1", "last.rare", "last.never"]})
    );
}

// --- for programs ---

#[test]
fn the_document_has_its_documented_shape() {
    let document = run("test \"t\" given country = US expect queue rest\n", &["--format", "json"]).json();
    assert_eq!(
        document,
        json!({
            "version": 1,
            "command": "test",
            "tests": [{
                "name": "t",
                "passed": false,
                "span": {"file": "p/main.rules", "line": 31, "column": 6, "end_line": 31, "end_column": 9},
                "rule": "first.patches:1",
                "failures": [{
                    "expected": "queue rest",
                    "found": "team pair (rep ana)",
                    "span": {"file": "p/main.rules", "line": 31, "column": 36, "end_line": 31, "end_column": 46},
                }],
            }],
            "summary": {"passed": 0, "failed": 1},
        })
    );
}

#[test]
fn junit_is_well_formed_whatever_names_and_leads_hold() {
    let tests = "test \"<a> & \\\"b\\\"\" given company = \"]]> <&> \u{1}\u{fffe} x\" expect keep owner by rule mine\n\
                 test \"c\" given country = US expect team pair\n";
    let ended = run(tests, &["--format", "junit"]);
    let mut reader = Reader::from_str(ended.out(1));
    reader.config_mut().check_end_names = true;
    let mut elements = Vec::new();
    let mut texts = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                elements.push(element.name().as_ref().to_owned());
                for attribute in element.attributes() {
                    texts += &format!("{}\n", attribute.unwrap().value);
                }
            }
            Event::Text(text) => texts += &text.into_inner(),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(elements, ["testsuites", "testsuite", "testcase", "failure", "failure", "testcase"]);
    assert!(texts.contains("&lt;a&gt; &amp; &quot;b&quot;"), "{texts}");
    let is_xml = |sign: char| !sign.is_control() && !matches!(sign, '\u{fffe}' | '\u{ffff}') || "\n\t".contains(sign);
    assert!(ended.out.chars().all(is_xml), "{}", ended.out);
}

// --- generate ---

#[test]
fn generated_tests_pass_and_reach_all_that_leads_reach() {
    let place = with_tests("");
    let generated = place.run(&["test", "p", "--generate"]);
    insta::assert_snapshot!(generated.out(0));
    assert_eq!(generated.err, "7 tests\nno lead reaches, or nobody takes its leads: first.summer, last.never\n");
    place.write("p/main.rules", &format!("{POLICY}\n{}", generated.out));
    let ended = place.run(&["test", "p", "--coverage"]);
    assert!(ended.out(0).contains("7 passed, 0 failed"), "{}", ended.out);
    assert!(ended.out.contains("  not reached: first.summer\n  not reached: last.never\n"), "{}", ended.out);
}
