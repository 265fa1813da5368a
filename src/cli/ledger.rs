//! `pointsman ledger`: what was assigned, and what people have to say about it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use jiff::tz::TimeZone;

use super::args::AtArg;
use super::{Console, Exit, Failure};
use crate::diagnostic::Severity;
use crate::diagnostic::human::remark;
use crate::io::{Columns, Input, Leads, Row};
use crate::ledger::{self, Closed, Handed, Ledger};
use crate::suggest::nearest;

mod account;

/// Look into a ledger, close leads, and hand leads over
///
/// A ledger is made by `route --ledger FILE`. It is one SQLite file that any client can read; its tables
/// and views are described in docs/ledger.md.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Close(CloseArgs),
    Reassign(ReassignArgs),
    History(HistoryArgs),
    Show(ShowArgs),
    Verify(VerifyArgs),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Human,
    /// For programs (docs/json.md)
    Json,
}

#[derive(clap::Args)]
struct LedgerArg {
    /// The ledger
    #[arg(value_name = "LEDGER")]
    ledger: PathBuf,
}

#[derive(clap::Args)]
struct FormatArg {
    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Output,
}

/// Say that leads are done: whoever has them has room for others
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  pointsman ledger close leads.ledger L-17 L-42
  pointsman ledger close leads.ledger --from closed.csv --reason converted

Exit codes:
  0  all of them are closed
  1  some are not in the ledger; the others are closed
  2  wrong usage, or no ledger")]
struct CloseArgs {
    #[command(flatten)]
    ledger: LedgerArg,

    /// The leads, as the ledger knows them
    #[arg(value_name = "LEAD", required_unless_present = "from")]
    leads: Vec<String>,

    /// Read leads from a file: CSV, TSV, a JSON array or NDJSON
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,

    /// The file's column that names the leads; else the one of the field that the ledger knows leads by
    #[arg(long, value_name = "NAME", requires = "from")]
    column: Option<String>,

    /// What became of them
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    #[command(flatten)]
    at: AtArg,

    #[command(flatten)]
    format: FormatArg,
}

/// Give a lead to a rep, whatever the policy says; the trail keeps both assignments
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  pointsman ledger reassign leads.ledger L-42 --to rep:bruno --reason \"asked for by the customer\"

Exit codes:
  0  the rep has it
  1  the lead is not in the ledger
  2  wrong usage, or no ledger")]
struct ReassignArgs {
    #[command(flatten)]
    ledger: LedgerArg,

    /// The lead, as the ledger knows it
    #[arg(value_name = "LEAD")]
    lead: String,

    /// Who gets it: rep:NAME
    #[arg(long, value_name = "DEST")]
    to: String,

    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,

    #[command(flatten)]
    at: AtArg,

    #[command(flatten)]
    format: FormatArg,
}

/// Show all that happened to a lead
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes:
  0  shown
  2  wrong usage, no such lead, or no ledger")]
struct HistoryArgs {
    #[command(flatten)]
    ledger: LedgerArg,

    /// The lead, as the ledger knows it
    #[arg(value_name = "LEAD")]
    lead: String,

    #[command(flatten)]
    format: FormatArg,
}

/// Show how things stand: batches, open leads of every rep, whose turn it is in every team
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes:
  0  shown
  2  wrong usage, or no ledger")]
struct ShowArgs {
    #[command(flatten)]
    ledger: LedgerArg,

    #[command(flatten)]
    format: FormatArg,
}

/// Add up the trail, and compare the sum with what the ledger says
///
/// Looks at the file itself, at what rows refer to, at the hashes of policies, rosters and tables, and at
/// every turn, total and open lead.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes:
  0  the ledger is whole
  1  it is not; what differs is named
  2  wrong usage, or no ledger")]
struct VerifyArgs {
    #[command(flatten)]
    ledger: LedgerArg,

    #[command(flatten)]
    format: FormatArg,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    match &args.command {
        Command::Close(args) => close(args, console),
        Command::Reassign(args) => reassign(args, console),
        Command::History(args) => history(args, console),
        Command::Show(args) => show(args, console),
        Command::Verify(args) => verify(args, console),
    }
}

fn close(args: &CloseArgs, console: &mut Console) -> Result<Exit, Failure> {
    let at = args.at.now(&TimeZone::UTC, console)?;
    let ledger = args.ledger.open(console)?;
    let identity = ledger.identity()?.unwrap_or_default();
    let mut written = args.leads.clone();
    if let Some(path) = &args.from {
        written.extend(leads_of_file(path, args.column.as_deref().unwrap_or(&identity.field))?);
    }
    let leads: Vec<String> = written.iter().map(|lead| identity.normal(lead)).collect();
    let mut writing = ledger.write_as_known(&mut waiting(&args.ledger.ledger, console))?;
    let closed = writing.close(&leads, at, args.reason.as_deref())?;
    writing.commit()?;
    let (mut freed, mut now, mut before, mut unknown) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
    for (lead, closed) in leads.into_iter().zip(closed) {
        match closed {
            Closed::Now { assigned_kind, assigned_to } => {
                if assigned_kind == "rep" {
                    *freed.entry(assigned_to).or_insert(0) += 1;
                }
                now.push(lead);
            }
            Closed::Before => before.push(lead),
            Closed::Unknown => unknown.push(lead),
        }
    }
    let account = account::Closing { closed: now, closed_before: before, unknown, freed };
    match args.format.format {
        Output::Human => {
            console.out.write_all(account.human().as_bytes())?;
            for lead in &account.unknown {
                let message = format!("the ledger has no lead `{lead}`");
                let text = remark(Severity::Error, &message, None, console.err_look);
                console.err.write_all(text.as_bytes())?;
            }
        }
        Output::Json => console.out.write_all(account.json().as_bytes())?,
    }
    Ok(if account.unknown.is_empty() { Exit::Fine } else { Exit::Findings })
}

/// One column of a file.
fn leads_of_file(path: &Path, column: &str) -> Result<Vec<String>, Failure> {
    let rows = Leads::open(Input::open(path, None)?)?;
    let mut columns = Columns::bind([(column, None)], rows.header()).map_err(|_| {
        let message = format!("no column `{column}` in `{}`", path.display());
        let known = rows.header().names().join(", ");
        Failure::with_help(message, format!("name the one that names the leads with `--column`; there are {known}"))
    })?;
    let mut leads = Vec::new();
    for row in rows {
        let broken = match row? {
            Row::Reject(reject) => reject,
            Row::Lead(record) => match columns.cells(&record) {
                Err(reject) => reject,
                Ok(cells) => match cells.get(0).map(str::trim).filter(|cell| !cell.is_empty()) {
                    Some(lead) => {
                        leads.push(lead.to_owned());
                        continue;
                    }
                    None => record.reject(format!("`{column}` is blank")),
                },
            },
        };
        let message = format!("`{}`, line {}: {}", path.display(), broken.line, broken.reason);
        return Err(Failure::with_help(message, "nothing was closed: mend the file, or name another `--column`"));
    }
    Ok(leads)
}

fn reassign(args: &ReassignArgs, console: &mut Console) -> Result<Exit, Failure> {
    let at = args.at.now(&TimeZone::UTC, console)?;
    let Some(rep) = args.to.strip_prefix("rep:").filter(|rep| !rep.is_empty()) else {
        let message = format!("`{}` is no rep", args.to);
        return Err(Failure::with_help(message, "a lead is given to somebody: write `--to rep:NAME`"));
    };
    let ledger = args.ledger.open(console)?;
    let lead = ledger.identity()?.unwrap_or_default().normal(&args.lead);
    let near = ledger.alike(&lead)?;
    let mut writing = ledger.write_as_known(&mut waiting(&args.ledger.ledger, console))?;
    let handed = writing.hand_over(&lead, rep, at, &args.reason)?;
    let from = match handed {
        Handed::Over { from_kind, from } => Some(destination(&from_kind, &from)),
        Handed::Already => None,
        Handed::UnknownLead => {
            let failure = no_such_lead(&lead, near.as_deref());
            tell(&failure, console)?;
            return Ok(Exit::Findings);
        }
        Handed::UnknownRep { known } => {
            let message = format!("the ledger has never heard of a rep `{rep}`");
            return Err(match nearest(rep, known.iter().map(String::as_str)) {
                Some(near) => Failure::with_help(message, format!("did you mean `{near}`?")),
                None => Failure::with_help(message, format!("it knows {}", known.join(", "))),
            });
        }
    };
    if from.is_some() {
        writing.commit()?;
    }
    let account = account::HandingOver { lead, from, to: args.to.clone() };
    let text = match args.format.format {
        Output::Human => account.human(),
        Output::Json => account.json(),
    };
    console.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

fn history(args: &HistoryArgs, console: &mut Console) -> Result<Exit, Failure> {
    let ledger = args.ledger.open(console)?;
    let (lead, _) = lead_named(&ledger, &args.lead)?;
    let account = account::History { events: ledger.history(&lead)?, lead };
    let text = match args.format.format {
        Output::Human => account.human(ledger.name()),
        Output::Json => account.json(),
    };
    console.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

fn show(args: &ShowArgs, console: &mut Console) -> Result<Exit, Failure> {
    let overview = args.ledger.open(console)?.overview()?;
    let text = match args.format.format {
        Output::Human => account::overview(&overview),
        Output::Json => account::overview_json(&overview),
    };
    console.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

fn verify(args: &VerifyArgs, console: &mut Console) -> Result<Exit, Failure> {
    let faults = args.ledger.open(console)?.verify()?;
    let text = match args.format.format {
        Output::Human => account::verdict(&faults),
        Output::Json => account::verdict_json(&faults),
    };
    console.out.write_all(text.as_bytes())?;
    Ok(if faults.is_empty() { Exit::Fine } else { Exit::Findings })
}

impl LedgerArg {
    fn open(&self, console: &mut Console) -> Result<Ledger, Failure> {
        Ok(Ledger::open_existing(&self.ledger, &mut waiting(&self.ledger, console))?)
    }
}

/// A lead that somebody names, as the ledger has it, and its latest assignment.
pub fn lead_named(ledger: &Ledger, written: &str) -> Result<(String, i64), Failure> {
    let lead = ledger.identity()?.unwrap_or_default().normal(written);
    match ledger.latest(&lead)? {
        Some(latest) => Ok((lead, latest)),
        None => Err(no_such_lead(&lead, ledger.alike(&lead)?.as_deref())),
    }
}

fn no_such_lead(lead: &str, near: Option<&str>) -> Failure {
    let message = format!("the ledger has no lead `{lead}`");
    match near {
        Some(near) => Failure::with_help(message, format!("did you mean `{near}`?")),
        None => Failure::new(message),
    }
}

fn tell(failure: &Failure, console: &mut Console) -> Result<(), Failure> {
    if let Failure::Message { message, help } = failure {
        let text = remark(Severity::Error, message, help.as_deref(), console.err_look);
        console.err.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// `rep:ana`, `queue:rest`, `keep`, `reject`.
fn destination(kind: &str, name: &str) -> String {
    match kind {
        "rep" | "queue" => format!("{kind}:{name}"),
        _ => kind.to_owned(),
    }
}

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
