//! The command line as a user meets it: arguments in, two streams and an exit code out.

use std::ffi::OsString;
use std::io::{self, Write};

use pointsman::cli::{self, Console, Exit};
use serde_json::Value;

use crate::projects::{PLAIN, now};
use crate::workplace::Workplace;

struct Ended {
    exit: Exit,
    out: String,
    err: String,
}

fn pointsman(arguments: &[&str]) -> Ended {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = cli::run(words(arguments), &mut console(&mut out, &mut err));
    let text = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
    Ended { exit, out: text(out), err: text(err) }
}

fn words(arguments: &[&str]) -> Vec<OsString> {
    std::iter::once("pointsman").chain(arguments.iter().copied()).map(OsString::from).collect()
}

fn console<'a>(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Console<'a> {
    Console { out, err, out_look: PLAIN, err_look: PLAIN, err_is_terminal: false, now: now() }
}

const INVALID: &str = "examples/rules/invalid/lint";

#[test]
fn help_says_what_there_is_and_how_to_begin() {
    let ended = pointsman(&["--help"]);
    assert_eq!((ended.exit, ended.err.as_str()), (Exit::Fine, ""));
    insta::assert_snapshot!(ended.out);
}

#[test]
fn each_command_has_help_with_examples() {
    insta::assert_snapshot!("help_of_lint", pointsman(&["lint", "--help"]).out);
    insta::assert_snapshot!("help_of_graph", pointsman(&["graph", "--help"]).out);
}

#[test]
fn lint_prints_findings_on_standard_output_and_ends_with_one() {
    let ended = pointsman(&["lint", &format!("{INVALID}/policy-cycle.rules")]);
    assert_eq!((ended.exit, ended.err.as_str()), (Exit::Findings, ""));
    assert!(ended.out.contains("[examples/rules/invalid/lint/policy-cycle.rules:"), "{}", ended.out);
    assert!(ended.out.ends_with("1 error\n"), "{}", ended.out);
}

#[test]
fn warnings_alone_end_with_zero_unless_they_are_denied() {
    let project = format!("{INVALID}/unused-name.rules");
    assert_eq!(pointsman(&["lint", &project]).exit, Exit::Fine);
    assert_eq!(pointsman(&["lint", &project, "--deny", "warnings"]).exit, Exit::Findings);
    assert_eq!(pointsman(&["lint", &project, "--deny", "expired-rule,unused-name"]).exit, Exit::Findings);
    assert_eq!(pointsman(&["lint", &project, "--allow", "unused-name"]).out, "no findings\n");
}

#[test]
fn an_unknown_code_is_a_usage_error_with_the_nearest_one() {
    let ended = pointsman(&["lint", ".", "--deny", "unsued-name"]);
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Usage, ""));
    insta::assert_snapshot!(ended.err);
}

#[test]
fn a_number_of_threads_that_is_none_is_told_what_it_may_be() {
    for threads in ["0", "1025", "-1", "all"] {
        let ended = pointsman(&["route", ".", "leads.csv", &format!("--threads={threads}")]);
        assert_eq!(ended.exit, Exit::Usage);
        assert!(ended.err.contains("give a number from 1 to 1024, or leave it out"), "{}", ended.err);
    }
}

#[test]
fn a_code_that_stops_the_compiler_cannot_be_allowed() {
    let ended = pointsman(&["lint", ".", "--allow", "unknown-name"]);
    assert_eq!(ended.exit, Exit::Usage);
    assert!(ended.err.contains("`unknown-name` always is an error"), "{}", ended.err);
    let ended = pointsman(&["lint", ".", "--allow", "unused-name", "--deny", "unused-name"]);
    assert_eq!(ended.exit, Exit::Usage);
    assert!(ended.err.contains("`unused-name` is given to `--deny` and to `--allow`"), "{}", ended.err);
}

#[test]
fn a_repeated_key_stays_an_error_whatever_the_command_line_says() {
    let ended = pointsman(&["lint", &format!("{INVALID}/duplicate-key.rules"), "--allow", "duplicate-key"]);
    assert_eq!(ended.exit, Exit::Findings);
}

#[test]
fn a_code_is_explained_without_a_project() {
    let ended = pointsman(&["lint", "--explain", "unused-name"]);
    assert_eq!(ended.exit, Exit::Fine);
    insta::assert_snapshot!(ended.out);
}

#[test]
fn lint_speaks_to_programs() {
    let project = format!("{INVALID}/unknown-owner.rules");
    let json: Value = serde_json::from_str(&pointsman(&["lint", &project, "--format", "json"]).out).unwrap();
    assert_eq!(json["findings"][0]["code"], "unknown-owner");
    assert_eq!(json["findings"][0]["span"]["file"], format!("{INVALID}/unknown-owner.csv"));
    let sarif: Value = serde_json::from_str(&pointsman(&["lint", &project, "--format", "sarif"]).out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unknown-owner");
    let github = pointsman(&["lint", &project, "--format", "github"]).out;
    assert!(github.starts_with(&format!("::error file={INVALID}/unknown-owner.csv,line=3,")), "{github}");
}

#[test]
fn today_is_the_day_that_at_says() {
    let project = format!("{INVALID}/expired-rule.rules");
    assert!(pointsman(&["lint", &project]).out.contains("expired-rule"));
    assert_eq!(pointsman(&["lint", &project, "--at", "2025-04-04"]).out, "no findings\n");
    let ended = pointsman(&["lint", &project, "--at", "yesterday"]);
    assert_eq!(ended.exit, Exit::Usage);
    insta::assert_snapshot!(ended.err);
}

#[test]
fn no_project_is_one_clear_line() {
    for path in ["nowhere", "examples/rules/invalid", "Cargo.toml"] {
        let ended = pointsman(&["lint", path]);
        assert_eq!((ended.exit, ended.out.as_str()), (Exit::Usage, ""));
        insta::assert_snapshot!(format!("no_project_at_{}", path.replace(['/', '.'], "_")), ended.err);
    }
}

#[test]
fn graph_of_a_policy_with_errors_says_them_and_draws_nothing() {
    let ended = pointsman(&["graph", &format!("{INVALID}/duplicate-key.rules")]);
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Usage, ""));
    assert!(ended.err.contains("error[duplicate-key]"), "{}", ended.err);
}

#[test]
fn graph_writes_to_standard_output_or_to_a_file() {
    let project = format!("{INVALID}/unused-name.rules");
    let ended = pointsman(&["graph", &project]);
    assert_eq!(ended.exit, Exit::Fine);
    assert!(ended.out.starts_with("flowchart LR\n"), "{}", ended.out);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.mmd");
    let to_file = pointsman(&["graph", &project, "-o", file.to_str().unwrap()]);
    assert_eq!((to_file.exit, to_file.out.as_str()), (Exit::Fine, ""));
    #[expect(clippy::disallowed_methods, reason = "a test looks at what was written")]
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!(written, ended.out);
    let nowhere = pointsman(&["graph", &project, "-o", "/nowhere/graph.mmd"]);
    assert_eq!(nowhere.exit, Exit::Usage);
    assert!(nowhere.err.starts_with("error: "), "{}", nowhere.err);
}

#[test]
fn a_graph_too_large_for_github_is_drawn_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.rules");
    let mut rules = "lead { id text key }\nstart at p0\n".to_owned();
    for policy in 0..251 {
        rules += &format!("policy p{policy} {{ otherwise go to p{} }}\n", policy + 1);
    }
    rules += "policy p251 { otherwise reject \"x\" }\n";
    #[expect(clippy::disallowed_methods, reason = "a test makes the files that it reads")]
    std::fs::write(&file, rules).unwrap();
    let ended = pointsman(&["graph", file.to_str().unwrap()]);
    assert_eq!(ended.exit, Exit::Fine);
    assert!(ended.out.starts_with("flowchart LR\n"), "{}", ended.out);
    assert!(ended.err.starts_with("warning: GitHub does not draw"), "{}", ended.err);
    assert_eq!(pointsman(&["graph", file.to_str().unwrap(), "--format", "dot"]).err, "");
}

#[test]
fn colour_is_as_asked() {
    let project = format!("{INVALID}/unused-name.rules");
    assert!(pointsman(&["lint", &project, "--color", "always"]).out.contains('\x1b'));
    assert!(!pointsman(&["lint", &project, "--color", "never"]).out.contains('\x1b'));
    assert!(!pointsman(&["lint", &project]).out.contains('\x1b'));
}

/// Like the pipe to `head` after `head` has gone.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let mut err = Vec::new();
    let exit =
        cli::run(words(&["lint", &format!("{INVALID}/policy-cycle.rules")]), &mut console(&mut Closed, &mut err));
    assert_eq!((exit, err.as_slice()), (Exit::Fine, &b""[..]));
}

#[test]
fn the_definition_of_the_command_line_is_sound() {
    cli::definition().debug_assert();
}

#[test]
fn a_ledger_is_never_overwritten_by_an_output() {
    let place = Workplace::with(&[("p.rules", SMALL), ("leads.csv", "id\nA\n")]);
    place.run_as_is(&["route", "p.rules", "leads.csv", "--ledger", "l.ledger", "-o", "out.csv"]).out(0);
    for command in [
        &["route", "p.rules", "leads.csv", "-o", "l.ledger"][..],
        &["graph", "p.rules", "-o", "l.ledger"],
        &["lint", "p.rules", "--write-baseline", "l.ledger"],
    ] {
        let refused = place.run_as_is(command);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("would be overwritten"), "{refused:?}");
    }
    place.run_as_is(&["ledger", "verify", "l.ledger"]).out(0);
}

#[test]
fn a_baseline_takes_no_place_but_a_baselines() {
    let place = Workplace::with(&[("p.rules", SMALL), ("old.json", "")]);
    let refused = place.run_as_is(&["lint", "p.rules", "--write-baseline", "p.rules"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("`p.rules` is no baseline and would be overwritten"), "{refused:?}");
    for _ in 0..2 {
        place.run_as_is(&["lint", "p.rules", "--write-baseline", "old.json"]).out(0);
    }
}

#[test]
fn of_a_huge_row_that_is_rejected_only_the_beginning_is_listed() {
    let place = Workplace::with(&[("p.rules", SMALL), ("leads.csv", &format!("id\nA,{}\n", "x".repeat(100_000)))]);
    let ended = place.run_as_is(&["route", "p.rules", "leads.csv", "-o", "out.csv"]);
    assert!(ended.err.contains("(100002 bytes; the whole row with --rejects)") && ended.err.len() < 2_000, "{ended:?}");
}

const SMALL: &str = "lead { id text key }\nqueue q { after 1 day assign queue r }\nqueue r { after 1 day assign queue q }\n\
                     policy p { otherwise assign queue q }\nstart at p\n";
