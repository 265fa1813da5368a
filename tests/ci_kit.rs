//! The CI kit: what the scripts do in a repository, and what the files around them name.
//!
//! Services are played by programs of a test's own that note what they are asked; git and sh are real.

#![expect(clippy::disallowed_methods, reason = "tests read the files of the kit")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::root;
use crate::workplace::{Ended, Workplace};

const ROSTER: &str = "reps:\n  ana: {}\n  bruno: {}\n";

const POLICY: &str = r#"roster "roster.yaml"

lead {
  id         text  key
  employees  integer 0 to 5_000_000
}

queue unassigned {
  after 1 hour assign rep ana
}

policy all {
  rule enterprise
    when employees >= 500
    assign rep ana or queue unassigned

  otherwise assign rep bruno or queue unassigned
}

start at all

test "a large one"
  given employees = 900
  expect rep ana
"#;

/// A repository with a policy that is right, committed on `main`, and a branch to change it on.
fn repository() -> Workplace {
    let workplace = Workplace::with(&[("policies/main.rules", POLICY), ("policies/roster.yaml", ROSTER)]);
    git(&workplace, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&workplace, "first");
    git(&workplace, &["checkout", "--quiet", "-b", "change"]);
    workplace
}

fn git(workplace: &Workplace, arguments: &[&str]) -> String {
    let named = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"];
    let output = Command::new("git").args(named).args(arguments).current_dir(workplace.path("")).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(workplace: &Workplace, message: &str) {
    git(workplace, &["add", "--all"]);
    git(workplace, &["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// Runs a script of the kit with these variables and no others that it knows.
fn run(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new("sh");
    command.arg(root().join("ci").join(script)).current_dir(folder);
    command.env("POINTSMAN_PROJECT", "policies").env("POINTSMAN_BIN", env!("CARGO_BIN_EXE_pointsman"));
    command.env_remove("GITHUB_REF").env_remove("GITHUB_SHA").envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

fn check(workplace: &Workplace, variables: &[(&str, &str)]) -> Ended {
    run("check.sh", &workplace.path(""), variables)
}

fn report(workplace: &Workplace, name: &str) -> String {
    workplace.read(&format!("pointsman-report/{name}"))
}

#[test]
fn a_policy_that_is_right_passes_and_leaves_its_reports() {
    let workplace = repository();
    let ended = check(&workplace, &[]);
    assert!(ended.out(0).contains("no findings\n"), "{}", ended.out);
    assert_eq!(
        report(&workplace, "summary.md"),
        "- ✓ lint: nothing to mend\n- ✓ the policy's own tests: nothing to mend\n\
         - ✓ layout (`pointsman fmt` mends it): nothing to mend\n"
    );
    let sarif: Value = serde_json::from_str(&report(&workplace, "lint.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(report(&workplace, "lint.gitlab.json"), "[]\n");
    assert!(report(&workplace, "junit.xml").contains("<testsuite"), "{}", report(&workplace, "junit.xml"));
    assert!(!workplace.has("pointsman-report/diff.md"), "there was nothing to compare with");
}

#[test]
fn each_part_fails_by_itself_and_the_others_still_run() {
    let loose = POLICY.replace("  rule enterprise\n    when", "  rule enterprise when");
    let hidden = POLICY.replace(
        "  otherwise assign",
        "  rule hidden\n    when employees >= 900\n    assign rep bruno or queue unassigned\n\n  otherwise assign",
    );
    for (part, policy) in [
        ("lint", hidden),
        ("the policy's own tests", POLICY.replace("employees = 900", "employees = 9")),
        ("layout (`pointsman fmt` mends it)", loose.clone()),
    ] {
        let workplace = repository();
        workplace.write("policies/main.rules", &policy);
        let ended = check(&workplace, &[]);
        assert_eq!(ended.code, 1, "{part}: {}{}", ended.out, ended.err);
        let summary = report(&workplace, "summary.md");
        assert!(summary.contains(&format!("- ✗ {part}: something to mend\n")), "{part}: {summary}");
        assert_eq!(summary.matches('✓').count(), 2, "{summary}");
    }
    let workplace = repository();
    workplace.write("policies/main.rules", &loose);
    assert_eq!(check(&workplace, &[("POINTSMAN_FMT", "no")]).code, 0);
}

#[test]
fn what_cannot_be_read_is_worse_than_a_finding() {
    let workplace = repository();
    workplace.write("policies/main.rules", &POLICY.replace("otherwise", "otherwse"));
    let ended = check(&workplace, &[("POINTSMAN_BASE", "main")]);
    assert_eq!(ended.code, 2, "{}{}", ended.out, ended.err);
    assert_eq!(report(&workplace, "diff.md"), "The policy cannot be read, so what it would change is not known.\n");
    let elsewhere = check(&workplace, &[("POINTSMAN_PROJECT", "nowhere")]);
    assert_eq!(elsewhere.code, 2, "{}{}", elsewhere.out, elsewhere.err);
    let without = check(&workplace, &[("POINTSMAN_BIN", "no-such-program")]);
    assert!(without.err(2).contains("there is no `no-such-program` here"), "{}", without.err);
}

#[test]
fn annotations_old_findings_and_denied_warnings_reach_lint() {
    let workplace = repository();
    workplace.write("policies/main.rules", &(POLICY.to_owned() + "\nsegment big = employees >= 500\n"));
    assert_eq!(check(&workplace, &[]).code, 0, "a warning is no error");
    let denied = check(&workplace, &[("POINTSMAN_DENY", "warnings"), ("POINTSMAN_ANNOTATE", "github")]);
    assert!(denied.out(1).contains("\n::error file=policies/main.rules,line="), "{}", denied.out);
    let baseline = workplace.run(&["lint", "policies", "--write-baseline", "policies/baseline.json"]);
    assert_eq!(baseline.code, 0, "{}", baseline.err);
    let known = [("POINTSMAN_DENY", "warnings"), ("POINTSMAN_BASELINE", "policies/baseline.json")];
    assert!(check(&workplace, &known).out(0).contains("no new findings, 1 in the baseline"));
}

#[test]
fn a_change_of_meaning_is_said_and_is_no_fault() {
    let workplace = repository();
    workplace.write("policies/main.rules", &POLICY.replace(">= 500", ">= 50"));
    commit(&workplace, "smaller ones too");
    workplace.write("leads.csv", "id,employees\n1,60\n2,900\n");
    let ended = check(&workplace, &[("POINTSMAN_BASE", "main"), ("POINTSMAN_LEADS", "leads.csv")]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let diff = report(&workplace, "diff.md");
    assert!(diff.starts_with("### What this change does to routing\n"), "{diff}");
    assert!(diff.contains("1 of 2 leads move"), "{diff}");
}

/// What others brought into the base after the branch left it is none of this change's doing.
#[test]
fn only_what_the_branch_changed_is_compared() {
    let workplace = repository();
    git(&workplace, &["checkout", "--quiet", "main"]);
    workplace.write("policies/main.rules", &POLICY.replace(">= 500", ">= 5"));
    commit(&workplace, "meanwhile");
    git(&workplace, &["checkout", "--quiet", "change"]);
    assert_eq!(check(&workplace, &[("POINTSMAN_BASE", "main")]).code, 0);
    assert!(report(&workplace, "diff.md").contains("Nothing changed."), "{}", report(&workplace, "diff.md"));
}

#[test]
fn a_new_policy_and_one_that_was_broken_have_nothing_to_be_compared_with() {
    let workplace = repository();
    workplace.write("new/main.rules", POLICY);
    workplace.write("new/roster.yaml", ROSTER);
    let new = [("POINTSMAN_BASE", "main"), ("POINTSMAN_PROJECT", "new")];
    assert_eq!(check(&workplace, &new).code, 0);
    assert!(report(&workplace, "diff.md").contains("no policy here before this change"));

    let workplace = repository();
    workplace.write("policies/main.rules", "polcy all {}\n");
    commit(&workplace, "broken");
    git(&workplace, &["branch", "--force", "main"]);
    workplace.write("policies/main.rules", POLICY);
    let mended = check(&workplace, &[("POINTSMAN_BASE", "main")]);
    assert_eq!(mended.code, 0, "{}{}", mended.out, mended.err);
    assert!(report(&workplace, "diff.md").contains("before this change cannot be read"));
}

#[test]
fn a_base_that_is_nowhere_is_said() {
    let workplace = repository();
    let ended = check(&workplace, &[("POINTSMAN_BASE", "no-such-branch")]);
    assert!(ended.err(2).contains("`no-such-branch`, is not here and cannot be fetched"), "{}", ended.err);
}

/// A shallow checkout fetches the one commit it needs; on GitHub, the first parent of the merge it checks out.
#[test]
fn a_shallow_checkout_of_the_merge_is_compared_with_what_it_is_merged_into() {
    let origin = repository();
    let before = git(&origin, &["rev-parse", "main"]);
    workplace_change(&origin, ">= 50");
    git(&origin, &["checkout", "--quiet", "main"]);
    origin.write("NOTES.md", "Meanwhile.\n");
    commit(&origin, "meanwhile");
    git(&origin, &["merge", "--quiet", "--no-ff", "--message", "merged", "change"]);
    git(&origin, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let merge = git(&origin, &["rev-parse", "HEAD"]);

    let place = Workplace::with(&[]);
    let url = format!("file://{}", origin.path("").display());
    git(&place, &["clone", "--quiet", "--depth", "1", &url, "checkout"]);
    let checkout = place.path("checkout");
    let variables = [
        ("POINTSMAN_BASE", before.as_str()),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_SHA", merge.as_str()),
        ("POINTSMAN_BIN", env!("CARGO_BIN_EXE_pointsman")),
    ];
    let ended = run("check.sh", &checkout, &variables);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let diff = place.read("checkout/pointsman-report/diff.md");
    assert!(diff.contains("1 class of leads has another destination"), "{diff}");
    let fetched = Command::new("git").args(["-C"]).arg(&checkout).args(["log", "--all", "--oneline"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&fetched.stdout).lines().count(), 1, "no more than it needs is fetched");
}

fn workplace_change(workplace: &Workplace, bound: &str) {
    workplace.write("policies/main.rules", &POLICY.replace(">= 500", bound));
    commit(workplace, "a change");
}

/// Names that a shell would act on are names.
#[test]
fn nothing_that_is_named_is_run() {
    let name = "p $(touch run) `touch run`; touch run; 'q\" -x";
    let workplace = repository();
    workplace.write(&format!("{name}/main.rules"), POLICY);
    workplace.write(&format!("{name}/roster.yaml"), ROSTER);
    commit(&workplace, "an odd name");
    let ended = check(&workplace, &[("POINTSMAN_PROJECT", name), ("POINTSMAN_BASE", "HEAD")]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(!workplace.has("run"));
    let base = check(&workplace, &[("POINTSMAN_BASE", "--upload-pack=touch run; $(touch run)")]);
    assert_eq!(base.code, 2, "{}{}", base.out, base.err);
    let flags = check(&workplace, &[("POINTSMAN_PROJECT", "--explain=unused-name")]);
    assert_eq!(flags.code, 2, "{}{}", flags.out, flags.err);
    assert!(!workplace.has("run"));
}

/// What a runner reads as a command is none where the policy wrote it.
#[test]
fn a_policy_cannot_give_commands_to_the_runner() {
    let workplace = repository();
    let named = POLICY.replace("test \"a large one\"", "test \"::error::forged\"");
    workplace.write("policies/main.rules", &named);
    let ended = check(&workplace, &[("POINTSMAN_ANNOTATE", "github")]);
    let mut listening = true;
    let mut word = String::new();
    for line in ended.out.lines() {
        if let Some(token) = line.strip_prefix("::stop-commands::") {
            (listening, word) = (false, format!("::{token}::"));
            assert!(token.len() >= 16, "it cannot be guessed: {token}");
        } else if line == word {
            listening = true;
        } else {
            assert!(!listening || line.starts_with("::"), "said while the runner listens: {line}");
        }
    }
    assert!(listening, "{}", ended.out);
}

// --- comments ---

/// A repository that was checked, and a program that notes what it is asked and answers with a text.
fn with_service(program: &str, answer: &str) -> (Workplace, String) {
    let workplace = repository();
    workplace_change(&workplace, ">= 50");
    assert_eq!(check(&workplace, &[("POINTSMAN_BASE", "main")]).code, 0);
    workplace.write("answer", answer);
    let script = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>asked\n\
                  case \"$*\" in *--config*) cat >>config ;; esac\n\
                  case \"$*\" in *PATCH* | *POST* | *PUT*) exit \"${FAILS:-0}\" ;; *) cat answer ;; esac\n";
    workplace.write(&format!("bin/{program}"), script);
    let made = Command::new("chmod").arg("+x").arg(workplace.path(&format!("bin/{program}"))).status().unwrap();
    assert!(made.success());
    let path = format!("{}:{}", workplace.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    (workplace, path)
}

fn github_comment(answer: &str, more: &[(&str, &str)]) -> (Ended, Vec<String>, Workplace) {
    let (workplace, path) = with_service("gh", answer);
    let variables = [("PATH", path.as_str()), ("GITHUB_REPOSITORY", "acme/policies"), ("POINTSMAN_PULL_REQUEST", "7")];
    let ended = run("github/comment.sh", &workplace.path(""), &[&variables, more].concat());
    let asked =
        if workplace.has("asked") { workplace.read("asked").lines().map(str::to_owned).collect() } else { vec![] };
    (ended, asked, workplace)
}

#[test]
fn a_pull_request_gets_a_comment() {
    let (ended, asked, workplace) = github_comment("", &[]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(
        asked[1],
        "api --silent --method POST repos/acme/policies/issues/7/comments --field body=@pointsman-report/comment.md"
    );
    let comment = report(&workplace, "comment.md");
    assert!(comment.starts_with("### pointsman: policies\n\n- ✓ lint"), "{comment}");
    assert!(comment.contains("### What this change does to routing"), "{comment}");
}

#[test]
fn the_comment_of_an_earlier_run_is_changed_and_nobody_elses() {
    let theirs = "11\tmallory\t### pointsman: policies\n12\tgithub-actions[bot]\t### pointsman: other\n";
    let (_, asked, _) = github_comment(theirs, &[]);
    assert!(asked[1].contains("--method POST"), "{asked:?}");
    let ours = format!("{theirs}13\tgithub-actions[bot]\t### pointsman: policies\\r\n");
    let (_, asked, _) = github_comment(&ours, &[]);
    assert!(asked[1].contains("--method PATCH repos/acme/policies/issues/comments/13 "), "{asked:?}");
}

#[test]
fn a_token_that_may_not_write_is_no_fault_and_a_strange_number_is() {
    let (ended, _, _) = github_comment("", &[("FAILS", "1")]);
    assert!(ended.out(0).contains("::notice::the comment could not be written"), "{}", ended.out);
    let (ended, asked, _) = github_comment("", &[("POINTSMAN_PULL_REQUEST", "7/../../x")]);
    assert_eq!((ended.code, asked.len()), (2, 0));
}

#[test]
fn a_comment_is_never_longer_than_the_service_takes() {
    let (workplace, path) = with_service("gh", "");
    workplace.write("pointsman-report/diff.md", &"| a row of a long table, é |\n".repeat(5_000));
    let variables = [("PATH", path.as_str()), ("GITHUB_REPOSITORY", "acme/policies"), ("POINTSMAN_PULL_REQUEST", "7")];
    assert_eq!(run("github/comment.sh", &workplace.path(""), &variables).code, 0);
    let comment = report(&workplace, "comment.md");
    assert!(comment.len() < 65_000, "{}", comment.len());
    assert!(comment.ends_with("é |\n\n…and more: the whole of it is in the job's reports, in diff.md\n"));
}

#[test]
fn a_merge_request_gets_one_comment_too_and_the_token_is_not_an_argument() {
    let comment = |answer: &str, token: &str| {
        let (workplace, path) = with_service("curl", answer);
        let variables = [
            ("PATH", path.as_str()),
            ("POINTSMAN_TOKEN", token),
            ("CI_API_V4_URL", "https://gitlab.example.com/api/v4"),
            ("CI_PROJECT_ID", "5"),
            ("CI_MERGE_REQUEST_IID", "7"),
        ];
        let ended = run("gitlab/comment.sh", &workplace.path(""), &variables);
        assert_eq!(ended.code, 0, "{}", ended.err);
        (if workplace.has("asked") { workplace.read("asked") } else { String::new() }, ended.out)
    };
    let notes = "https://gitlab.example.com/api/v4/projects/5/merge_requests/7/notes";
    let (asked, _) = comment("[]", "s3cret");
    assert!(asked.lines().last().unwrap().ends_with(&format!("body@pointsman-report/comment.md {notes}")), "{asked}");
    assert!(asked.contains("--request POST") && !asked.contains("s3cret"), "{asked}");
    let earlier = r####"[{"id":21,"type":null,"body":"### pointsman: other\n","author":{"id":3}},{"id":22,"type":null,"body":"### pointsman: policies\n\n- x {\"id\":99","author":{"id":4}}]"####;
    let (asked, _) = comment(earlier, "s3cret");
    assert!(asked.lines().last().unwrap().ends_with(&format!("{notes}/22")), "{asked}");
    let (asked, said) = comment("[]", "");
    assert_eq!((asked.as_str(), said.contains("POINTSMAN_TOKEN is not set")), ("", true));
}

// --- the files around the scripts ---

const FILES: [&str; 4] =
    ["ci/github/action.yml", "ci/github/example-workflow.yml", "ci/gitlab/pointsman.yml", ".pre-commit-hooks.yaml"];

fn yaml(file: &str) -> Value {
    let text = fs::read_to_string(root().join(file)).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{file}: {why}"))
}

#[test]
fn every_file_of_the_kit_is_yaml() {
    for file in FILES {
        assert!(!yaml(file).is_null(), "{file}");
    }
}

/// What a pull request can name reaches a script as a variable; as text of the script it would be run.
#[test]
fn no_script_of_the_action_holds_an_expression() {
    let action = yaml("ci/github/action.yml");
    for step in action["runs"]["steps"].as_array().unwrap() {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "{script}");
        assert!(step["uses"].is_string() || step["shell"] == "bash", "{step}");
    }
    let inputs: BTreeSet<String> = action["inputs"].as_object().unwrap().keys().cloned().collect();
    let text = fs::read_to_string(root().join("ci/github/action.yml")).unwrap();
    let used: BTreeSet<String> = text
        .split("inputs.")
        .skip(1)
        .map(|rest| rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '-').collect())
        .collect();
    assert_eq!(used, inputs, "an input is declared and not used, or used and not declared");
    let workflow = yaml("ci/github/example-workflow.yml");
    assert_eq!(workflow["permissions"], serde_json::json!({}), "nothing is allowed that is not named");
    let with = workflow["jobs"]["pointsman"]["steps"][1]["with"].as_object().unwrap();
    assert!(with.keys().all(|input| inputs.contains(input)), "{with:?}");
}

/// Options in scripts and hooks are options there are.
#[test]
fn the_kit_names_only_commands_and_options_that_there_are() {
    let mut checked = 0;
    for file in FILES.into_iter().chain(["ci/check.sh"]) {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let program = ["\"$program\" ", "pointsman "].into_iter().find_map(|program| line.split_once(program));
            let Some((_, rest)) = program else { continue };
            let word = rest.split_whitespace().next().unwrap_or_default();
            let definition = pointsman::cli::definition();
            let Some(command) = definition.find_subcommand(word) else { continue };
            let known: BTreeSet<&str> =
                command.get_arguments().chain(definition.get_arguments()).filter_map(clap::Arg::get_long).collect();
            for option in rest.split_whitespace().filter_map(|word| word.strip_prefix("--")).filter(|o| !o.is_empty()) {
                assert!(known.contains(option), "{file}: `{word}` has no --{option}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 5, "{checked} options were looked at");
    for hook in yaml(".pre-commit-hooks.yaml").as_array().unwrap() {
        let command = hook["entry"].as_str().unwrap().strip_prefix("pointsman ").unwrap();
        assert!(pointsman::cli::definition().find_subcommand(command).is_some(), "{command}");
    }
}
