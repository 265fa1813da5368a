//! How a command ends.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::io::in_words;
use crate::lint::Mismatch;

/// The exit codes, the same for every command; a greater one is worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// The command did its work and found something: errors in a policy, changes, failed tests,
    /// rejects or crossed alerts.
    Findings = 1,
    /// The command could not do its work: wrong usage, or input that could not be read.
    Usage = 2,
}

/// Why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// What is wrong, in one line, and what to do.
    Message { message: String, help: Option<String> },
    /// What is wrong has been printed.
    Shown(Exit),
    /// Whoever read the output has gone, e.g. `head`. Nothing is wrong.
    ClosedPipe,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Failure {
        Failure::Message { message: message.into(), help: None }
    }

    /// A file or folder that something could not be done with, e.g. `read`.
    pub fn cannot(what: &str, path: &Path, why: &io::Error) -> Failure {
        Failure::new(format!("cannot {what} `{}`: {}", path.display(), in_words(why)))
    }

    pub fn with_help(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::Message { message: message.into(), help: Some(help.into()) }
    }
}

/// An error of this program is no finding about somebody's policy.
impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Failure {
        let help = "this is a mistake in pointsman, not in the policy: please report it with the policy";
        Failure::with_help(mismatch.to_string(), help)
    }
}

/// Errors of writing to standard output or standard error; whoever reads or writes a file says which.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::new(format!("the output could not be written: {error}")),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
