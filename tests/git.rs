//! `diff git:REV`: a project as it was committed.

#![expect(clippy::disallowed_methods, reason = "tests lay out files")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::program::{copy_folder, pointsman, printed, root};

/// A repository with the quickstart example in `policies`, committed, and then changed.
fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    let policies = folder.path().join("policies");
    copy_folder(&root().join("examples/rules/quickstart"), &policies);
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "first"]);
    let main = policies.join("main.rules");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(&main, text.replace("employees >= 500", "employees >= 80")).unwrap();
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git").arg("-C").arg(folder).args(arguments).status();
    assert!(status.expect("git is installed").success(), "git {arguments:?}");
}

#[test]
fn a_project_is_compared_with_itself_as_it_was_committed() {
    let folder = repository();
    let policies = folder.path().join("policies").display().to_string();
    let same = pointsman(["diff", "git:HEAD", &policies]);
    assert_eq!(same.status.code(), Some(1), "{}", printed(&same));
    assert!(printed(&same).contains("when employees >= 500 → when employees >= 80"), "{}", printed(&same));
    let placed = pointsman(["diff", "git:HEAD:policies", &policies]);
    assert_eq!(printed(&placed), printed(&same));
}

#[test]
fn what_git_does_not_know_is_a_usage_error() {
    let folder = repository();
    let policies = folder.path().join("policies").display().to_string();
    for (old, said) in [
        ("git:nowhere", "git knows no revision `nowhere`"),
        ("git:HEAD:other", "`other` is not in `HEAD`"),
        ("git:--help", "git knows no revision `--help`"),
    ] {
        let output = pointsman(["diff", old, &policies]);
        assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
        assert!(printed(&output).contains(said), "{}", printed(&output));
    }
}
