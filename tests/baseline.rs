//! `lint --baseline`: old findings pass, new ones fail, whatever moved in between.

use proptest::prelude::*;
use serde_json::Value;

use pointsman::diagnostic::baseline::Baseline;
use pointsman::diagnostic::{Code, Finding};

use crate::support::one_file;
use crate::workplace::Workplace;

const ROSTER: &str = "reps:\n  ana: {}\nteams:\n  sales: [ana]\n";

/// A rule that no lead reaches, and two names that nobody uses.
const OLD: &str = r#"roster "roster.yaml"
lead {
  id         text key
  country    country
  employees  integer 0 to 5_000_000
}
table accounts from "accounts.csv" {
  country  country key
  owner    rep
}
segment big = employees >= 500
segment small = employees < 50
queue unassigned { after 1 hour assign team sales by weight or rep ana }
policy all {
  rule dach when country in [DE, AT, CH] reject "not us"
  rule austria when country is AT assign team sales by weight or queue unassigned
  rule known when accounts[country] is known assign accounts[country].owner or queue unassigned
  otherwise assign queue unassigned
}
start at all
"#;

const ACCOUNTS: &str = "country,owner\nFR,dora\nIT,ana\nES,dora\n";

fn with_old_findings() -> Workplace {
    let workplace = Workplace::with(&[("p/main.rules", OLD), ("p/roster.yaml", ROSTER), ("p/accounts.csv", ACCOUNTS)]);
    let written = workplace.run(&["lint", "p", "--write-baseline", "baseline.json"]);
    assert_eq!(written.out(0), "no new findings, 4 in the baseline\n");
    assert_eq!(written.err, "4 findings written to `baseline.json`\n");
    workplace
}

fn lint(workplace: &Workplace, more: &[&str]) -> crate::workplace::Ended {
    workplace.run(&[&["lint", "p", "--baseline", "baseline.json"], more].concat())
}

#[test]
fn the_file_is_one_entry_a_line_and_the_same_for_the_same_findings() {
    let workplace = with_old_findings();
    let written = workplace.read("baseline.json");
    insta::assert_snapshot!(written);
    workplace.run(&["lint", "p", "--write-baseline", "again.json"]).out(0);
    assert_eq!(workplace.read("again.json"), written);
}

#[test]
fn old_findings_pass_and_are_counted() {
    let workplace = with_old_findings();
    assert_eq!(workplace.run(&["lint", "p"]).code, 1);
    let ended = lint(&workplace, &["--deny", "warnings"]);
    assert_eq!((ended.out(0), ended.err.as_str()), ("no new findings, 4 in the baseline\n", ""));
}

#[test]
fn old_findings_are_known_again_after_lines_moved_and_other_things_changed() {
    let workplace = with_old_findings();
    let moved = OLD
        .replace(
            "policy all {",
            "\n# A longer comment,\n# of two lines.\npolicy all {\n  rule spam when country is US reject \"no\"",
        )
        .replace("rule dach when", "rule dach\n    when")
        .replace("not us", "none of ours")
        .replace("segment big = employees >= 500\nsegment small", "segment small")
        + "segment big = employees >= 501\n";
    workplace.write("p/main.rules", &moved);
    workplace.write("p/accounts.csv", "country,owner\nIT,ana\nPT,ana\nES,dora\nFR,dora\n");
    assert_eq!(lint(&workplace, &["--deny", "warnings"]).out(0), "no new findings, 4 in the baseline\n");
}

#[test]
fn a_new_finding_fails_and_is_the_only_one_shown() {
    let workplace = with_old_findings();
    let more = OLD
        .replace("  rule known", "  rule german when country is DE assign rep ana or queue unassigned\n  rule known");
    workplace.write("p/main.rules", &more);
    let ended = lint(&workplace, &[]);
    assert!(ended.out(1).starts_with("error[unreachable-rule]: no lead can reach rule `german`\n"), "{}", ended.out);
    assert!(ended.out.ends_with("\n1 error, 4 more in the baseline\n"), "{}", ended.out);
    assert!(!ended.out.contains("unused-name"), "{}", ended.out);
}

/// What is told in one finding for all rows is a new one as soon as there are more rows.
#[test]
fn one_more_row_of_the_same_kind_is_new() {
    let workplace = with_old_findings();
    workplace.write("p/accounts.csv", &(ACCOUNTS.to_owned() + "PT,dora\n"));
    let ended = lint(&workplace, &[]);
    assert!(ended.out(1).starts_with("error[unknown-owner]: 3 rows of table `accounts` name"), "{}", ended.out);
}

#[test]
fn what_no_longer_occurs_is_told_and_the_baseline_can_shrink() {
    let workplace = with_old_findings();
    let mended = OLD.replace("  rule austria when country is AT assign team sales by weight or queue unassigned\n", "");
    workplace.write(
        "p/main.rules",
        &mended.replace("queue unassigned {", "segment tiny = employees < 5\nqueue unassigned {"),
    );
    workplace.write("p/accounts.csv", "country,owner\nFR,dora\nIT,ana\n");
    let ended = lint(&workplace, &[]);
    insta::assert_snapshot!(format!("{}{}", ended.out(0), ended.err));
    let shrunk = workplace.run(&["lint", "p", "--baseline", "baseline.json", "--write-baseline", "baseline.json"]);
    assert!(shrunk.out(0).contains("unused-name"), "the new one is shown: {}", shrunk.out);
    let entries: Value = serde_json::from_str(&workplace.read("baseline.json")).unwrap();
    let texts: Vec<&str> =
        entries["findings"].as_array().unwrap().iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["dora", "big", "small"], "neither what is mended nor what is new");
}

/// A code that is left out was not looked for, so nothing is known of its entries.
#[test]
fn what_was_not_looked_for_is_not_said_to_be_gone() {
    let workplace = with_old_findings();
    let ended = lint(&workplace, &["--allow", "unused-name"]);
    assert_eq!((ended.out(0), ended.err.as_str()), ("no new findings, 2 in the baseline\n", ""));
}

#[test]
fn errors_that_stop_the_loading_are_never_in_a_baseline() {
    let workplace = with_old_findings();
    workplace.write("p/main.rules", &OLD.replace("reject \"not us\"", "rejct \"not us\""));
    let ended = lint(&workplace, &[]);
    assert!(ended.out(1).starts_with("error[syntax-error]"), "{}", ended.out);
    assert_eq!(ended.err, "", "nothing is said to be gone");
    let before = workplace.read("baseline.json");
    let refused = workplace.run(&["lint", "p", "--write-baseline", "baseline.json"]);
    assert!(refused.err(2).starts_with("error: `baseline.json` was not written"), "{}", refused.err);
    assert!(refused.out.starts_with("error[syntax-error]"), "{}", refused.out);
    assert_eq!(workplace.read("baseline.json"), before);
}

#[test]
fn programs_are_told_which_findings_are_new() {
    let workplace = with_old_findings();
    workplace.write("p/main.rules", &OLD.replace("segment small", "segment tiny = employees < 5\nsegment small"));
    let json = lint(&workplace, &["--format", "json"]).json();
    let known = |finding: &Value| (finding["code"].as_str() == Some("unused-name"), finding["baselined"] == true);
    let findings: Vec<(bool, bool)> = json["findings"].as_array().unwrap().iter().map(known).collect();
    assert_eq!(findings.iter().filter(|(_, known)| *known).count(), 4, "{json}");
    assert!(findings.contains(&(true, false)), "{json}");
    let summary = &json["summary"];
    assert_eq!((&summary["errors"], &summary["warnings"], &summary["baselined"]), (&0.into(), &1.into(), &4.into()));

    let sarif = lint(&workplace, &["--format", "sarif"]).json();
    let states: Vec<&str> = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["baselineState"].as_str().unwrap())
        .collect();
    assert_eq!(states.iter().filter(|state| **state == "new").count(), 1, "{states:?}");
    assert_eq!(states.iter().filter(|state| **state == "unchanged").count(), 4, "{states:?}");

    let github = lint(&workplace, &["--format", "github"]);
    assert_eq!(github.out(0).lines().count(), 1, "{}", github.out);
    let gitlab = lint(&workplace, &["--format", "gitlab"]).json();
    assert_eq!(gitlab.as_array().map(Vec::len), Some(1), "{gitlab}");
    assert!(!workplace.run(&["lint", "p", "--format", "sarif"]).out.contains("baselineState"));
}

#[test]
fn a_file_that_is_no_baseline_is_refused_with_what_to_do() {
    let workplace = with_old_findings();
    for (text, said) in [
        ("", "`baseline.json` is no baseline: "),
        ("[]", "`baseline.json` is no baseline: "),
        ("{\"version\": 2, \"findings\": []}", "`baseline.json` is a baseline of version 2, and this program knows 1"),
        ("{\"version\": 1, \"findings\": [{\"in\": \"x\"}]}", "`baseline.json` is no baseline: missing field `code`"),
    ] {
        workplace.write("baseline.json", text);
        let ended = lint(&workplace, &[]);
        assert!(ended.err(2).starts_with(&format!("error: {said}")), "{}", ended.err);
        assert!(ended.err.contains("help: write one with `--write-baseline baseline.json`"), "{}", ended.err);
    }
    let missing = workplace.run(&["lint", "p", "--baseline", "nowhere.json"]);
    assert!(missing.err(2).contains("cannot read `nowhere.json`: there is no such file"), "{}", missing.err);
}

/// Findings at some of a few places, of a few codes.
fn findings(picked: &[(usize, usize)]) -> (pointsman::source::SourceMap, Vec<Finding>) {
    let (sources, file) = one_file("alpha beta gamma delta");
    let codes = [Code::UnusedName, Code::UnreachableRule, Code::ConstantCondition];
    let words = [0..5, 6..10, 11..16, 17..22];
    let made = picked.iter().map(|(code, word)| {
        Finding::new(codes[code % codes.len()], sources.file(file).span_at(words[word % words.len()].clone()), "wrong")
    });
    let made = made.collect();
    (sources, made)
}

proptest! {
    /// Known findings are those both have, as often as both have them; what is left over is what went.
    #[test]
    fn every_finding_is_known_or_new_and_every_entry_found_or_gone(
        before in prop::collection::vec((0usize..3, 0usize..4), 0..12),
        after in prop::collection::vec((0usize..3, 0usize..4), 0..12),
    ) {
        let (sources, old) = findings(&before);
        let baseline = Baseline::read(&Baseline::of(&old, &sources).to_json()).expect("what is written can be read");
        let (sources, mut new) = findings(&after);
        let gone = baseline.mark(&mut new, &sources);
        let times = |all: &[(usize, usize)], one: &(usize, usize)| all.iter().filter(|other| *other == one).count();
        for one in &after {
            let known = after.iter().zip(&new).filter(|(other, finding)| *other == one && !finding.is_news()).count();
            prop_assert_eq!(known, times(&before, one).min(times(&after, one)));
        }
        let known = new.iter().filter(|finding| !finding.is_news()).count();
        let left: usize = gone.entries().map(|entry| entry.times).sum();
        prop_assert_eq!(left + known, before.len());
        let common = baseline.and(&Baseline::of(&new, &sources));
        prop_assert_eq!(common.entries().map(|entry| entry.times).sum::<usize>(), known);
    }
}
