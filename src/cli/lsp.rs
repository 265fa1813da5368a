//! `pointsman lsp`

use std::io::{BufReader, stdin};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::AtArg;
use super::{Console, Exit, Failure};
use crate::lsp::{Ending, Surroundings, serve};

/// Answer an editor: errors while typing, completion, what a name is, renaming, quick fixes
///
/// A language server: it speaks the Language Server Protocol over standard input and output, so it
/// is started by an editor and not by hand. docs/editors.md says how, for VS Code, Neovim and Helix.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    at: AtArg,

    /// Standard input and output, which is the only way there is; some editors say so
    #[arg(long, hide = true)]
    stdio: bool,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  the editor ended it
  1  the editor broke off without ending it";

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    // Wrong words are said before an editor waits for an answer.
    args.at.now(&TimeZone::UTC, console)?;
    let now = |timezone: &TimeZone| args.at.given(timezone).unwrap_or_else(clock);
    let input = Box::new(BufReader::new(stdin()));
    match serve(Surroundings { input, output: console.out, now: &now })? {
        Ending::Agreed => Ok(Exit::Fine),
        Ending::BrokenOff => Ok(Exit::Findings),
    }
}

/// A server runs for days, so the moment it began at is not now.
#[expect(clippy::disallowed_methods, reason = "the command line reads the clock")]
fn clock() -> Timestamp {
    Timestamp::now()
}
