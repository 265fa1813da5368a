//! `init`: what it makes is a project that works as it is, and nothing that was there is touched.

use crate::workplace::{Workplace, column, rows};

const WRITTEN: [&str; 6] = [".gitignore", "README.md", "accounts.csv", "leads.csv", "main.rules", "roster.yaml"];

fn with_project() -> Workplace {
    let workplace = Workplace::with(&[]);
    workplace.run_as_is(&["init", "policies"]).out(0);
    workplace
}

#[test]
fn a_new_project_lints_tests_and_is_laid_out() {
    let workplace = with_project();
    assert_eq!(workplace.run(&["lint", "policies", "--deny", "warnings"]).out(0), "no findings\n");
    assert!(workplace.run(&["test", "policies"]).out(0).ends_with("4 passed, 0 failed\n"));
    assert_eq!(workplace.run_as_is(&["fmt", "--check", "policies"]).out(0), "");
}

#[test]
fn a_new_project_routes_its_leads_and_explains_them() {
    let workplace = with_project();
    let routed = workplace.run(&["route", "policies", "policies/leads.csv", "--columns", "id,assigned_to,rule"]);
    let rules = column(routed.out(0), "rule");
    assert_eq!(rows(routed.out(0)).len(), 8);
    for rule in ["known_account", "europe_enterprise", "europe", "otherwise", "spam"] {
        assert!(rules.iter().any(|decided| decided == rule), "no lead shows `{rule}`: {rules:?}");
    }
    assert!(routed.err.contains("did you mean `Netherlands`?"), "{}", routed.err);
    let explained = workplace.run(&["explain", "policies", "policies/leads.csv", "--id", "L-3"]);
    assert!(explained.out(0).contains("decided by regions.europe"), "{}", explained.out);
}

#[test]
fn init_says_what_it_wrote_and_what_to_do_next() {
    insta::assert_snapshot!(Workplace::with(&[]).run_as_is(&["init", "policies"]).out(0));
}

/// What it says to run next can be pasted into a shell, whatever the folder is called.
#[test]
fn the_next_commands_can_be_run_as_they_stand() {
    for folder in [".", "policies", "our leads' way", "-p"] {
        let workplace = Workplace::with(&[]);
        let said = workplace.run_as_is(&["init", "--", folder]);
        let commands: Vec<&str> = said.out(0).lines().filter_map(|line| line.strip_prefix("  pointsman ")).collect();
        assert_eq!(commands.len(), 4, "{}", said.out);
        for command in commands {
            let script = format!("{} {command}", env!("CARGO_BIN_EXE_pointsman"));
            let ran = std::process::Command::new("sh").args(["-c", &script]).current_dir(workplace.path("")).output();
            let ran = ran.unwrap();
            assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        }
    }
}

/// The README of a new project names commands; they are those that work in its folder.
#[test]
fn the_commands_of_the_readme_work() {
    let workplace = with_project();
    let readme = workplace.read("policies/README.md");
    let commands: Vec<&str> = readme.lines().filter(|line| line.starts_with("pointsman ")).collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        let arguments = command.split('#').next().unwrap_or_default().split_whitespace().skip(1);
        let ran = workplace.command(&[]).args(arguments).current_dir(workplace.path("policies")).output().unwrap();
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    assert!(workplace.has("policies/routed.csv"));
}

#[test]
fn a_project_that_is_there_stays_as_it_is() {
    for name in ["main.rules", "roster.yaml", "accounts.csv", "leads.csv"] {
        let workplace = Workplace::with(&[(name, "ours")]);
        let refused = workplace.run_as_is(&["init"]);
        assert!(refused.err(2).contains(&format!("`./{name}` is there already")), "{}", refused.err);
        assert_eq!((workplace.names(), workplace.read(name)), (vec![name.to_owned()], "ours".to_owned()));
    }
}

/// A fresh repository often has both.
#[test]
fn a_readme_and_a_gitignore_that_are_there_are_kept() {
    let workplace = Workplace::with(&[("README.md", "ours"), (".gitignore", "ours too")]);
    let said = workplace.run_as_is(&["init"]);
    assert!(said.out(0).contains("`README.md` was there and is as it was\n"), "{}", said.out);
    assert_eq!(workplace.names(), WRITTEN);
    assert_eq!((workplace.read("README.md"), workplace.read(".gitignore")), ("ours".to_owned(), "ours too".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_written_through() {
    let workplace = Workplace::with(&[]);
    std::os::unix::fs::symlink("elsewhere.csv", workplace.path("leads.csv")).unwrap();
    assert_eq!(workplace.run_as_is(&["init"]).code, 2);
    assert_eq!(workplace.names(), ["leads.csv"]);
}
