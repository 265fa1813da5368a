//! The command line: one file for each command, with `Args` (whose comments are the help) and `run`.
//!
//! This is the only place that prints, exits, and reads the clock and the environment. A new command
//! is a file, a variant of [`Command`] and a line in [`Command::run`].

mod args;
mod baselines;
mod by_hand;
mod completions;
mod console;
mod diff;
mod exit;
mod explain;
mod fmt;
mod git;
mod graph;
mod import;
mod init;
mod leads;
mod ledger;
mod lint;
mod lsp;
mod man;
mod page;
mod past;
mod progress;
pub mod reference;
mod report;
mod route;
mod status;
mod test;
mod tick;
mod words;

use std::ffi::OsString;
use std::io::BufWriter;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use console::{Color, Console};
pub use exit::{Exit, Failure};

use crate::diagnostic::Severity;
use crate::diagnostic::human::{Look, remark};

/// A compiler and command-line tool for lead-routing policies.
///
/// Write who gets which lead in a small language; pointsman checks it as a compiler checks a program,
/// routes leads with it, and explains every decision.
#[derive(Parser)]
#[command(name = "pointsman", version, max_term_width = 100, arg_required_else_help = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// Use colour: `auto` (on a terminal, unless NO_COLOR is set), `always` or `never`
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, display_order = 100)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    color: Color,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
PROJECT is a folder with a `main.rules`, or a `.rules` file.

Examples:
  pointsman init policies                            a small project to begin with
  pointsman lint policies                            is the policy right?
  pointsman test policies                            does it keep its promises?
  pointsman route policies leads.csv -o routed.csv   who gets which lead?
  pointsman explain policies leads.csv --id L-42     why does that lead go there?
  pointsman diff policies-before policies            what does a change do?
  pointsman report policies routed.csv               who got how many, and how fast?

Exit codes:
  0  all is well
  1  errors in a policy, changes, failed tests, rejects or crossed alerts
  2  wrong usage, or input that could not be read";

#[derive(Subcommand)]
enum Command {
    Init(init::Args),
    Lint(lint::Args),
    Route(route::Args),
    Explain(explain::Args),
    Diff(diff::Args),
    Test(test::Args),
    Fmt(fmt::Args),
    Graph(graph::Args),
    Import(import::Args),
    Ledger(ledger::Args),
    Report(report::Args),
    Tick(tick::Args),
    Lsp(lsp::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    fn run(&self, console: &mut Console) -> Result<Exit, Failure> {
        match self {
            Command::Init(args) => init::run(args, console),
            Command::Lint(args) => lint::run(args, console),
            Command::Route(args) => route::run(args, console),
            Command::Explain(args) => explain::run(args, console),
            Command::Diff(args) => diff::run(args, console),
            Command::Test(args) => test::run(args, console),
            Command::Fmt(args) => fmt::run(args, console),
            Command::Graph(args) => graph::run(args, console),
            Command::Import(args) => import::run(args, console),
            Command::Ledger(args) => ledger::run(args, console),
            Command::Report(args) => report::run(args, console),
            Command::Tick(args) => tick::run(args, console),
            Command::Lsp(args) => lsp::run(args, console),
            Command::Completions(args) => completions::run(args, console),
            Command::Man(args) => man::run(args, console),
        }
    }
}

/// Runs the program on the arguments and streams of this process.
pub fn main() -> ExitCode {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut err = std::io::stderr().lock();
    run(std::env::args_os(), &mut Console::of_process(&mut out, &mut err)).into()
}

/// Runs the program; `arguments` begin with its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, console: &mut Console) -> Exit {
    let ended = match Cli::try_parse_from(arguments) {
        Ok(cli) => {
            console.set_color(cli.color);
            cli.command.run(console)
        }
        Err(error) => show_usage(&error, console),
    };
    // What is still in the buffer belongs to the command: it may meet a closed pipe, too.
    let flushed = console.out.flush().map_err(Failure::from);
    match ended.and_then(|exit| flushed.map(|()| exit)) {
        Ok(exit) | Err(Failure::Shown(exit)) => exit,
        Err(Failure::ClosedPipe) => Exit::Fine,
        Err(Failure::Message { message, help }) => {
            let text = remark(Severity::Error, &message, help.as_deref(), console.err_look);
            // If standard error cannot be written to, there is nobody left to tell.
            let _ = console.err.write_all(text.as_bytes());
            Exit::Usage
        }
    }
}

/// The definition of the command line, for its reference and for completions.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// `--help`, `--version`, or what is wrong with the arguments.
fn show_usage(error: &clap::Error, console: &mut Console) -> Result<Exit, Failure> {
    let (stream, look, exit) = if error.use_stderr() {
        (&mut *console.err, console.err_look, Exit::Usage)
    } else {
        (&mut *console.out, console.out_look, Exit::Fine)
    };
    stream.write_all(styled(&error.render(), look).as_bytes())?;
    Ok(exit)
}

fn styled(text: &clap::builder::StyledStr, look: Look) -> String {
    if look.color { text.ansi().to_string() } else { text.to_string() }
}
