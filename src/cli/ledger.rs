//! `pointsman ledger`

use std::path::Path;

use super::{Console, Failure};
use crate::ledger;

/// Says that another run is in the way, and that this one waits for it.
pub fn waiting<'c>(path: &Path, console: &'c mut Console) -> impl FnMut() + use<'c> {
    let path = path.display().to_string();
    let err: &mut dyn std::io::Write = &mut *console.err;
    move || {
        // If standard error cannot be written to, waiting is all that is left.
        let _ = writeln!(err, "another run is writing to `{path}`; waiting");
    }
}

impl From<ledger::Error> for Failure {
    fn from(error: ledger::Error) -> Failure {
        Failure::Message { message: error.to_string(), help: error.help() }
    }
}
