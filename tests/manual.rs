//! Completions and manual pages: both are made from the definitions behind `--help`, so they know every
//! command.

use std::io::Write;
use std::process::Command;

use pointsman::cli;

use crate::workplace::Workplace;

/// Every command by its words, e.g. `ledger close`.
fn commands() -> Vec<String> {
    fn below(command: &clap::Command, above: &str, names: &mut Vec<String>) {
        for part in command.get_subcommands() {
            let name = format!("{above} {}", part.get_name()).trim().to_owned();
            below(part, &name, names);
            names.push(name);
        }
    }
    let mut names = Vec::new();
    below(&cli::definition(), "", &mut names);
    names
}

#[test]
fn completions_for_every_shell_know_every_command() {
    let workplace = Workplace::with(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = workplace.run_as_is(&["completions", shell]);
        for command in commands() {
            let word = command.split(' ').next_back().unwrap();
            assert!(script.out(0).contains(word), "{shell} does not know `{command}`");
        }
    }
    let unknown = workplace.run_as_is(&["completions", "cmd"]);
    assert!(unknown.err(2).contains("bash"), "{}", unknown.err);
}

/// Asks a real bash, where there is one.
#[test]
fn bash_completes_commands_options_codes_and_formats() {
    let workplace = Workplace::with(&[]);
    workplace.write("pointsman.bash", workplace.run_as_is(&["completions", "bash"]).out(0));
    let asked = [
        (vec!["pointsman", "li"], vec!["lint"]),
        (vec!["pointsman", "ledger", "clo"], vec!["close"]),
        (vec!["pointsman", "lint", "--form"], vec!["--format"]),
        (vec!["pointsman", "lint", "--deny", "unreachable-"], vec!["unreachable-rule", "unreachable-policy"]),
        (vec!["pointsman", "lint", "--explain", "syntax"], vec!["syntax-error"]),
        (vec!["pointsman", "route", "--from", "nd"], vec!["ndjson"]),
        (vec!["pointsman", "completions", "po"], vec!["powershell"]),
    ];
    for (words, expected) in asked {
        let script = format!(
            "source ./pointsman.bash; compopt() {{ :; }}; COMP_WORDS=({}); COMP_CWORD={}; \
             _pointsman pointsman '{}' '{}'; echo \"${{COMPREPLY[*]}}\"",
            words.join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2]
        );
        let bash = Command::new("bash").args(["-c", &script]).current_dir(workplace.path("")).output();
        let Ok(output) = bash else {
            let _ = writeln!(std::io::stderr(), "skipped: there is no bash here to complete anything");
            return;
        };
        let offered = String::from_utf8(output.stdout).unwrap();
        assert_eq!(offered.split_whitespace().collect::<Vec<_>>(), expected, "{words:?}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let workplace = Workplace::with(&[]);
    let said = workplace.run_as_is(&["man", "-o", "share/man1"]);
    let mut expected: Vec<String> =
        commands().iter().map(|command| format!("pointsman-{}.1", command.replace(' ', "-"))).collect();
    expected.push("pointsman.1".to_owned());
    expected.sort();
    assert_eq!(said.out(0), format!("{} pages written to share/man1\n", expected.len()));
    for page in &expected {
        let text = workplace.read(&format!("share/man1/{page}"));
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
}

#[test]
fn one_page_goes_to_standard_output() {
    let workplace = Workplace::with(&[]);
    let of_close = workplace.run_as_is(&["man", "ledger", "close"]);
    assert!(of_close.out(0).contains(".TH pointsman-ledger-close 1"), "{}", of_close.out);
    assert!(workplace.run_as_is(&["man"]).out(0).contains(".TH pointsman 1"));
}

/// `man` fills paragraphs; the columns of examples and exit codes are not to be filled.
#[test]
fn examples_and_exit_codes_keep_their_lines() {
    let page = Workplace::with(&[]).run_as_is(&["man", "fmt"]);
    let (_, examples) = page.out(0).split_once(".SH EXAMPLES\n.nf\n").expect("a section of examples");
    let (examples, codes) = examples.split_once(".fi\n.SH \"EXIT CODES\"\n.nf\n").expect("a section of exit codes");
    assert_eq!(examples.lines().next(), Some("  pointsman fmt policies"));
    assert!(codes.starts_with("  0  all files are laid out\n"), "{codes}");
}

#[test]
fn a_page_that_is_not_there_is_named_with_the_nearest_one() {
    let ended = Workplace::with(&[]).run_as_is(&["man", "ledger", "histroy"]);
    assert_eq!(ended.err(2), "error: `pointsman ledger` has no command `histroy`\n  help: did you mean `history`?\n");
}
