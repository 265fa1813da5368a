//! How findings leave the program: for people, JSON, SARIF and GitHub.

use std::time::{Duration, Instant};

use pointsman::diagnostic::human::Look;
use pointsman::diagnostic::{Code, Finding, Label, Scope, Severity, Verdict, Witness, github, human, json, sarif};
use pointsman::source::{FileId, SourceMap, Span};
use proptest::prelude::*;
use serde_json::Value;

const PLAIN: Look = Look { color: false, width: 100 };

const RULES: &str = "\
# Where leads go.
territory policy regions {
  rule dach
    when country in [DE, AT, CH]
    assign team dach_senior by weight

  otherwise go to regoins
}

policy general {
  otherwise assign rep ana
}
";

const ROSTER: &str = "\
reps:
  ana: { capacity: 10 }
  bruno: {}
teams:
  dach_senior: [ana]
";

fn project() -> (SourceMap, FileId, FileId) {
    let mut sources = SourceMap::new();
    let rules = sources.add("main.rules", RULES).expect("small");
    let roster = sources.add("roster.yaml", ROSTER).expect("small");
    (sources, rules, roster)
}

/// The span of the first occurrence of a text in a file.
fn span(sources: &SourceMap, file: FileId, text: &str) -> Span {
    let at = sources.file(file).text.find(text).expect("the text is there");
    sources.file(file).span_at(at..at + text.len())
}

fn unknown_name(sources: &SourceMap, rules: FileId) -> Finding {
    Finding::new(Code::UnknownName, span(sources, rules, "regoins"), "there is no policy `regoins`")
        .at("not declared")
        .also(span(sources, rules, "regions"), "a policy with a name like it")
        .help("did you mean `regions`?")
}

fn can_run_dry(sources: &SourceMap, rules: FileId, roster: FileId) -> Finding {
    let chain = span(sources, rules, "team dach_senior by weight");
    let mut finding = Finding::new(Code::CanRunDry, chain, "this chain can end with nobody taking the lead")
        .at("no queue follows")
        .also(span(sources, roster, "ana: { capacity: 10 }"), "`ana` takes 10 open leads at most")
        .help("end the chain with a queue: `or queue NAME`")
        .in_policy("regions")
        .in_rule("regions.dach")
        .with_current_tables();
    finding.verdict = Verdict::Open;
    finding.covered_by = vec!["customers.strategic".to_owned(), "customers.owned".to_owned()];
    finding.same_destination = Some(false);
    finding.witness = Some(Witness {
        lead: vec![
            ("country".to_owned(), "DE".to_owned()),
            ("company".to_owned(), "Müller & Co, Köln".to_owned()),
            ("state".to_owned(), String::new()),
        ],
        outcome: "falls off the end of policy `regions`".to_owned(),
    });
    finding
}

fn both() -> (SourceMap, Vec<Finding>) {
    let (sources, rules, roster) = project();
    let findings = vec![unknown_name(&sources, rules), can_run_dry(&sources, rules, roster)];
    (sources, findings)
}

#[test]
fn people_see_each_file_with_its_own_name_and_lines_and_what_to_do() {
    let (sources, findings) = both();
    insta::assert_snapshot!(human::render(&findings, &sources, "examples/rules/vertical/", PLAIN));
}

#[test]
fn colour_marks_severity_and_the_findings_own_place() {
    let (sources, findings) = both();
    let colored = human::render(&findings[..1], &sources, "", Look { color: true, width: 100 });
    insta::assert_snapshot!(colored.replace('\x1b', "␛"));
    let stripped = anstream::adapter::strip_str(&colored).to_string();
    assert_eq!(stripped, human::render(&findings[..1], &sources, "", PLAIN), "colour changes nothing but colour");
}

#[test]
fn a_narrow_terminal_wraps_what_is_said_and_cuts_long_lines_around_their_labels() {
    let mut sources = SourceMap::new();
    let row = format!("{},\tzoe,{}\n", "x".repeat(300), "y".repeat(300));
    let table = sources.add("wide.csv", format!("a,owner,c\n{row}{row}")).expect("small");
    let finding = Finding::new(
        Code::UnknownOwner,
        span(&sources, table, "zoe"),
        "row 1 of table `wide` names the rep `zoe`, whom the roster does not have",
    )
    .at("no such rep")
    .help("add `zoe` to the roster, with `left:` if they left the company, so that the chain goes on");
    insta::assert_snapshot!(human::render(&[finding], &sources, "", Look { color: false, width: 50 }));
}

#[test]
fn what_is_said_far_to_the_right_is_wrapped_before_it_runs_out_of_the_window() {
    let mut sources = SourceMap::new();
    let line = "  otherwise assign team inside_sales with skill pt by load or rep ana\n";
    let rules = sources.add("main.rules", line).expect("small");
    let finding = Finding::new(Code::CanRunDry, span(&sources, rules, "rep ana"), "nobody may be left")
        .at("nobody is there on Mon 2026-11-23 at 18:00 (UTC), and no queue follows");
    let shown = human::render(&[finding], &sources, "", Look { color: false, width: 80 });
    assert!(shown.contains("nobody is there on"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
}

#[test]
fn control_characters_of_a_file_never_reach_the_terminal() {
    let mut sources = SourceMap::new();
    let table = sources.add("bad\x1b[2J.csv", "key\n\x1b[31mred\u{202e}\x07\rx\n").expect("small");
    let cell = span(&sources, table, "red");
    let finding = Finding::new(Code::BadCell, cell, "`\x1b]0;title\x07` is no key\nerror: forged")
        .at("\x1b[2J")
        .help("remove\x1b[A it");
    let shown = human::render(&[finding], &sources, "", PLAIN);
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("error: forged")), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn a_place_at_the_end_of_a_file_or_in_an_empty_one_is_shown() {
    let mut sources = SourceMap::new();
    let open = sources.add("open.rules", "policy a {\n  otherwise reject \"x\"\n").expect("small");
    let empty = sources.add("empty.rules", "").expect("small");
    let end = sources.file(open).span().end;
    let findings = [
        Finding::new(Code::SyntaxError, Span::new(end, end), "the policy is not closed").at("expected `}`"),
        Finding::new(Code::MissingPart, sources.file(empty).span(), "there is no `lead` block"),
    ];
    insta::assert_snapshot!(human::render(&findings, &sources, "", PLAIN));
}

#[test]
fn a_label_over_a_whole_policy_shows_its_first_line_and_a_short_one_is_drawn_in_full() {
    let mut sources = SourceMap::new();
    let rules = sources.add("main.rules", format!("{RULES}{RULES}")).expect("small");
    let whole = sources.file(rules).span();
    let short = span(&sources, rules, "rule dach\n    when country in [DE, AT, CH]");
    let findings = [
        Finding::new(Code::UnreachablePolicy, whole, "nothing leads here").at("all of it"),
        Finding::new(Code::ExpiredRule, short, "its dates are over").at("over two lines"),
    ];
    insta::assert_snapshot!(human::render(&findings, &sources, "", PLAIN));
}

#[test]
fn far_places_of_one_file_are_shown_apart() {
    let mut sources = SourceMap::new();
    let lines: String = (1..=300).map(|line| format!("key{line},owner\n")).collect();
    let table = sources.add("accounts.csv", lines).expect("small");
    let finding = Finding::new(Code::DuplicateKey, span(&sources, table, "key250"), "the key is there twice")
        .at("again")
        .also(span(&sources, table, "key120"), "first here");
    insta::assert_snapshot!(human::render(&[finding], &sources, "", PLAIN));
}

#[test]
fn findings_deep_in_a_long_table_cost_no_more_than_at_its_top() {
    let mut sources = SourceMap::new();
    let lines: String = (0..100_000).map(|line| format!("domain{line}.example,ana,customer\n")).collect();
    let table = sources.add("accounts.csv", lines).expect("small");
    let file = sources.file(table);
    let findings: Vec<Finding> = (0..1_000)
        .map(|n| {
            let line = file.line_range(99_999 - n);
            Finding::new(Code::UnknownOwner, file.span_at(line), "the roster does not have `ana`")
        })
        .collect();
    #[expect(clippy::disallowed_methods, reason = "a test may measure")]
    let start = Instant::now();
    let shown = human::render(&findings, &sources, "", PLAIN);
    assert!(shown.contains("[accounts.csv:100000:1]"));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}: each snippet reads the whole table", start.elapsed());
}

#[test]
fn the_last_line_counts_what_was_found() {
    let (_, mut findings) = both();
    assert_eq!(human::summary(&[], PLAIN), "no findings");
    assert_eq!(human::summary(&findings[..1], PLAIN), "1 error");
    findings[0].severity = Severity::Warning;
    assert_eq!(human::summary(&findings, PLAIN), "1 error, 1 warning, 1 left open");
}

#[test]
fn json_has_the_pinned_shape() {
    let (sources, findings) = both();
    insta::assert_snapshot!(json::render(&findings, &sources, "examples/rules/vertical/"));
}

#[test]
fn github_gets_one_escaped_command_for_each_finding() {
    let (sources, mut findings) = both();
    findings[0].severity = Severity::Note;
    findings[1].severity = Severity::Warning;
    findings[1].span = Span::new(findings[1].span.start, findings[1].span.end + 20);
    insta::assert_snapshot!(github::render(&findings, &sources, "a,b/"));
}

#[test]
fn sarif_tells_what_code_scanning_needs() {
    let (sources, findings) = both();
    let mut log = sarif_log(&findings, &sources, "examples/rules/a b/");
    let rules = &mut log["runs"][0]["tool"]["driver"]["rules"];
    *rules = Value::Array(rules.as_array().expect("a list")[..1].to_vec());
    rules[0]["help"] = Value::Null;
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).expect("it was JSON"));
}

/// The properties that the 2.1.0 schema requires, and what it says of their values.
#[test]
fn sarif_keeps_the_schema() {
    let (sources, mut findings) = both();
    let unsaid = Label { span: findings[1].span, message: String::new(), rule: None };
    findings[0].labels.push(unsaid);
    let log = sarif_log(&findings, &sources, "");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"].as_array().expect("runs is required")[0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string(), "driver.name is required");
    assert!(["utf16CodeUnits", "unicodeCodePoints"].contains(&run["columnKind"].as_str().expect("text")));
    let rules = driver["rules"].as_array().expect("a list");
    assert_eq!(rules.len(), Code::ALL.len());
    for rule in rules {
        assert!(rule["id"].is_string(), "reportingDescriptor.id is required");
        assert!(rule["shortDescription"]["text"].is_string(), "a multiformatMessageString needs text");
        assert!(rule["help"]["text"].is_string(), "a multiformatMessageString needs text");
        assert_level(&rule["defaultConfiguration"]["level"]);
    }
    for result in run["results"].as_array().expect("a list") {
        assert!(result["message"]["text"].is_string(), "result.message is required");
        assert_level(&result["level"]);
        let index = result["ruleIndex"].as_u64().expect("a number") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        for location in all(&result["locations"]).chain(all(&result["relatedLocations"])) {
            let physical = &location["physicalLocation"];
            let artifact = &physical["artifactLocation"];
            assert!(artifact["uri"].as_str().is_some_and(|uri| !uri.contains([' ', '\\'])), "uri is a uri-reference");
            for key in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(physical["region"][key].as_u64().is_some_and(|at| at >= 1), "{key} counts from 1");
            }
        }
        for print in result["partialFingerprints"].as_object().expect("an object").values() {
            assert!(print.is_string(), "fingerprints are text");
        }
    }
}

#[test]
fn a_fingerprint_stays_when_lines_move_and_tells_equal_lines_apart() {
    let print = |text: &str| {
        let mut sources = SourceMap::new();
        let rules = sources.add("main.rules", text).expect("small");
        let places = text.match_indices("go to regoins").map(|(at, found)| at..at + found.len());
        let findings: Vec<Finding> = places
            .map(|place| Finding::new(Code::UnknownName, sources.file(rules).span_at(place), "there is no `regoins`"))
            .collect();
        let log = sarif_log(&findings, &sources, "");
        let results = all(&log["runs"][0]["results"]);
        let prints = results.map(|result| result["partialFingerprints"]["primaryLocationLineHash"].clone());
        prints.collect::<Vec<Value>>()
    };
    let here = print(RULES);
    assert_eq!(here, print(&format!("# one more line\n\n{}", RULES.replace("  otherwise", "\totherwise"))));
    let twice = print(&RULES.repeat(2));
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0], here[0]);
    assert_ne!(twice[0], twice[1]);
}

#[test]
fn what_depends_on_todays_data_says_so_where_the_snippets_do_not() {
    let (sources, rules, _) = project();
    let mut finding = unknown_name(&sources, rules);
    finding.scope = Scope::WithCurrentTables;
    let shown = human::render(&[finding], &sources, "", PLAIN);
    assert!(shown.contains("holds: with the tables and the roster as they are today"), "{shown}");
}

proptest! {
    #[test]
    fn every_place_of_every_text_can_be_shown(
        text in "([ -~]|\\r|\\n|\\t|\u{1b}|[äß🚂漢]|\u{301}|\u{202e}){0,80}",
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        width in 0..120usize,
    ) {
        let mut sources = SourceMap::new();
        let file = sources.add("any.rules", text.as_str()).expect("small");
        let boundaries: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
        let spans: Vec<Span> = places
            .iter()
            .map(|(start, end)| (*start.get(&boundaries), *end.get(&boundaries)))
            .map(|(start, end)| sources.file(file).span_at(start.min(end)..start.max(end)))
            .collect();
        let mut finding = Finding::new(Code::SyntaxError, spans[0], text.as_str()).at(text.as_str());
        for span in &spans[1..] {
            finding = finding.also(*span, "other");
        }
        let shown = human::render(&[finding.clone()], &sources, "", Look { color: false, width });
        prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{:?}", shown);
        let log = sarif_log(&[finding.clone()], &sources, "");
        prop_assert!(log["runs"][0]["results"][0]["locations"].is_array());
        prop_assert_eq!(github::render(&[finding], &sources, "").lines().count(), 1);
    }
}

fn sarif_log(findings: &[Finding], sources: &SourceMap, prefix: &str) -> Value {
    serde_json::from_str(&sarif::render(findings, sources, prefix)).expect("SARIF is JSON")
}

fn all(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn assert_level(level: &Value) {
    assert!(["none", "note", "warning", "error"].contains(&level.as_str().expect("text")), "{level}");
}
