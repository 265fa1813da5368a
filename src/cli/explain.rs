//! `pointsman explain`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;

use super::args::{self, AtArg, Checked};
use super::leads::LeadsArgs;
use super::past::{Account, Pasts};
use super::status::StatusArg;
use super::{Console, Exit, Failure, by_hand, leads};
use crate::assign::Presence;
use crate::explain::why_not::{NotReplayed, Wanted, why_not};
use crate::explain::{self, Explanation};
use crate::ids::Id;
use crate::io::{Format, Leads, Row};
use crate::lead::Lead;
use crate::ledger::Ledger;
use crate::policy::Project;
use crate::route::{Batch, Placed, Router};
use crate::source::SourceMap;
use crate::suggest::nearest;

/// Say why a lead goes where it goes
///
/// Shows the path of one lead: each policy it enters, each rule tried with the comparisons that
/// failed and the lead's own values, the rule that decides, and who was asked to take it. A lead of a
/// file is routed after all the leads before it, as `route` would; one given by hand comes first. One of
/// a ledger is shown as it was assigned, by the policy and the people of that moment.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// A folder with a `main.rules`, or a `.rules` file; not needed with `--ledger`, which has its own
    #[arg(value_name = "PROJECT", required_unless_present = "ledger")]
    project: Option<PathBuf>,

    /// A file of leads: CSV, TSV, a JSON array or NDJSON; `-` is standard input
    #[arg(value_name = "LEADS", requires = "id", required_unless_present_any = ["lead", "ledger"])]
    leads: Option<PathBuf>,

    /// Which lead of the file, or of the ledger
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// A lead given by hand, e.g. 'country=DE, employees=1200'; quote text that holds a comma
    #[arg(long, value_name = "CELLS", conflicts_with_all = ["leads", "id"])]
    lead: Option<String>,

    /// Explain an assignment that was recorded, by the policy and the people of that moment
    #[arg(long, value_name = "FILE", requires = "id", conflicts_with_all = ["leads", "lead", "from", "status"])]
    ledger: Option<PathBuf>,

    /// Which assignment of the lead, by the number that `ledger history` shows; else the latest
    #[arg(long, value_name = "NUMBER", requires = "ledger")]
    assignment: Option<i64>,

    /// Say why the lead does not go to rep:NAME, team:NAME, queue:NAME, reject or keep
    ///
    /// Names the rule that takes the lead instead, and the fewest changes to the lead that would bring
    /// it there.
    #[arg(long, value_name = "DEST")]
    why_not: Option<String>,

    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Output,

    /// The leads' format, where the file's extension does not say: csv, tsv, json or ndjson
    #[arg(long, value_name = "FORMAT", value_parser = leads::FORMAT, hide_possible_values = true)]
    from: Option<Format>,

    #[command(flatten)]
    status: StatusArg,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman explain policies leads.csv --id L-42
  pointsman explain policies --lead 'country=DE, employees=1200' --why-not rep:bruno
  pointsman explain policies leads.csv --id L-42 --format json
  pointsman explain --ledger leads.ledger --id L-42

Exit codes:
  0  explained
  1  the lead is a reject
  2  wrong usage, no such lead, or input that could not be read";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Human,
    /// For programs (docs/json.md)
    Json,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    if let Some(path) = &args.ledger {
        return of_ledger(args, path, console);
    }
    let Some(project) = &args.project else { unreachable!("clap asks for a project or a ledger") };
    let mut checked = args::checked(project, console)?;
    let now = args.at.now(&checked.project.timezone, console)?;
    args.status.apply(&mut checked.project.roster, console)?;
    let router = Router::new(&checked.project, now, Presence::AsStated);
    // A destination that is written wrong is told before the leads are read.
    args.wanted(&checked.project)?;
    let (mut explanation, lead) = match (&args.lead, &args.leads, &args.id) {
        (Some(cells), _, _) => {
            let lead = by_hand::lead(&checked.project, cells)?;
            let mut router = router;
            (explain::explain(&mut router, &lead), lead)
        }
        (None, Some(path), Some(id)) => {
            let leads = LeadsArgs { leads: path.clone(), from: args.from, row_limit: None };
            of_file(&checked, &leads, id, router)?
        }
        _ => unreachable!("clap asks for a file and an id, or for a lead"),
    };
    args.ask_why_not(&checked.project, now, &lead, &mut explanation)?;
    args.print(&explanation, &checked.sources, &checked.prefix, console)
}

/// Explains an assignment of the past, from the ledger alone.
fn of_ledger(args: &Args, path: &Path, console: &mut Console) -> Result<Exit, Failure> {
    let ledger = Ledger::open_existing(path, &mut super::ledger::waiting(path, console))?;
    let id = args.id.as_deref().unwrap_or_default();
    let (id, latest) = super::ledger::lead_named(&ledger, id)?;
    let mut pasts = Pasts::default();
    let account = pasts.account(&ledger, args.assignment.unwrap_or(latest))?;
    if account.past.lead != id {
        let message = format!("assignment {} is one of lead `{}`", account.past.assignment, account.past.lead);
        let help = format!("`pointsman ledger history {} {id}` shows those of `{id}`", path.display());
        return Err(Failure::with_help(message, help));
    }
    let Account { mut explanation, past, replayed } = account;
    let Some((checked, lead)) = replayed else {
        return args.print(&explanation, &SourceMap::new(), &past.project, console);
    };
    args.ask_why_not(&checked.project, past.assigned_at, &lead, &mut explanation)?;
    args.print(&explanation, &checked.sources, &past.project, console)
}

impl Args {
    fn wanted(&self, project: &Project) -> Result<Option<Wanted>, Failure> {
        let wanted = self.why_not.as_deref().map(|text| Wanted::read(project, text)).transpose();
        wanted.map_err(Failure::new)
    }

    fn ask_why_not(
        &self,
        project: &Project,
        now: Timestamp,
        lead: &Lead,
        explanation: &mut Explanation,
    ) -> Result<(), Failure> {
        if let Some(wanted) = self.wanted(project)? {
            let today = now.to_zoned(project.timezone.clone()).date();
            let answer = why_not(project, today, lead, explanation, wanted).map_err(defect)?;
            explanation.why_not = Some(answer);
        }
        Ok(())
    }

    fn print(
        &self,
        explanation: &Explanation,
        sources: &SourceMap,
        prefix: &str,
        console: &mut Console,
    ) -> Result<Exit, Failure> {
        let text = match self.format {
            Output::Human => explain::human::render(explanation, console.out_look),
            Output::Json => explain::json::pretty(explanation, sources, prefix),
        };
        console.out.write_all(text.as_bytes())?;
        Ok(if explanation.loss.is_some() { Exit::Findings } else { Exit::Fine })
    }
}

fn defect(NotReplayed { rule }: NotReplayed) -> Failure {
    let message = format!("the analysis and the router disagree about a lead for `{rule}`");
    Failure::with_help(message, "this is a defect of pointsman: please report it with the policy and the lead")
}

/// Routes the leads of a file up to the one that is asked for.
fn of_file(checked: &Checked, args: &LeadsArgs, id: &str, router: Router<'_>) -> Result<(Explanation, Lead), Failure> {
    let project = &checked.project;
    let Some(key) = project.lead.key else {
        let help = "mark the field that does, e.g. `id text key`, or give the lead by hand with `--lead`";
        return Err(Failure::with_help("no field of the lead block identifies a lead", help));
    };
    let leads = Leads::open(args.open()?)?;
    let mut columns = leads::bind(project, leads.header())?;
    let mut batch = Batch::new(router, false);
    let (mut ids, mut malformed) = (Vec::new(), Vec::new());
    for row in leads {
        let record = match row? {
            Row::Lead(record) => record,
            Row::Reject(reject) => {
                malformed.push(reject);
                continue;
            }
        };
        let cells = match columns.cells(&record) {
            Ok(cells) => cells,
            Err(reject) => {
                malformed.push(reject);
                continue;
            }
        };
        let found = cells.get(key.index()).unwrap_or_default().trim();
        if found != id {
            batch.place(&cells, record.line(), record.raw());
            ids.push(found.to_owned());
            continue;
        }
        return match batch.place_watched(&cells, record.line(), record.raw()) {
            (_, Some(watched)) => Ok((explain::watched(project, &watched), watched.lead)),
            (Placed::Reject(reject), None) => {
                Err(Failure::new(format!("the lead on line {} is not routed: {}", reject.line, reject.reason)))
            }
            (Placed::Out(_), None) => unreachable!("a lead that is routed can be explained"),
        };
    }
    if let Some(reject) = malformed.iter().find(|reject| has_cell(&reject.row, id)) {
        let message = format!("the row with `{id}` is not routed: line {}: {}", reject.line, reject.reason);
        return Err(Failure::with_help(message, "repair the row; `route` writes it to the rejects"));
    }
    let message = format!("no lead of {} has the id `{id}`", args.leads.display());
    Err(match nearest(id, ids.iter().map(String::as_str)) {
        Some(near) => Failure::with_help(message, format!("did you mean `{near}`?")),
        None => Failure::new(message),
    })
}

/// Whether one of the cells of a row that could not be read is the text.
fn has_cell(row: &str, text: &str) -> bool {
    row.split([',', ';', '\t', '|', '{', '}', '[', ']', ':']).any(|cell| cell.trim().trim_matches('"') == text)
}
