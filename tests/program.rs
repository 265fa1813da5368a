//! The repository, and the program as a user runs it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program that was built for this test, in the repository.
pub fn pointsman<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pointsman"));
    command.args(arguments).current_dir(root()).env("NO_COLOR", "1");
    command.output().expect("the program was built with its tests")
}

/// What a run printed, with both streams; for the message of a failed test.
pub fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A Monday afternoon in Berlin: the moment at which examples are checked and routed, here and in the
/// docs, so that no result depends on the day it is asked for.
pub const MONDAY: &str = "2026-11-23T15:00:00Z";

/// The codes of the errors and warnings that `lint` finds in a project.
pub fn codes_found(project: &Path) -> BTreeSet<String> {
    codes_found_with(project, &[])
}

/// The same, with more options.
pub fn codes_found_with(project: &Path, options: &[&str]) -> BTreeSet<String> {
    let project = project.display().to_string();
    let output = pointsman(["lint", &project, "--format", "json", "--at", MONDAY].iter().chain(options));
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", printed(&output)));
    let findings = report["findings"].as_array().expect("a report has findings");
    let weighty = findings.iter().filter(|finding| finding["severity"] != "note");
    weighty.map(|finding| finding["code"].as_str().expect("a code is text").to_owned()).collect()
}

pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("folders can be made");
    for entry in fs::read_dir(from).expect("the folder is there").map(|entry| entry.expect("readable")) {
        let copy = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copy);
        } else {
            fs::copy(entry.path(), copy).expect("files can be copied");
        }
    }
}
