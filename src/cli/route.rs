//! `pointsman route`

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::args::{AtArg, Checked, ProjectArg};
use super::leads::LeadsArgs;
use super::{Console, Exit, Failure, leads};
use crate::assign::Presence;
use crate::diagnostic::visible;
use crate::explain;
use crate::io::{
    self, Columns, Format, Layout, Leads, Outputs, Record, Reject, Rejects, Style, Writer, output::Output,
};
use crate::route::columns::{self, Column};
use crate::route::{Batch, Placed, Router, Row, Summary, account};

/// Route a file of leads: each gets the rule that decides and whoever it goes to
///
/// Writes the leads in their order with six columns added: assigned_to, assigned_kind (rep, queue,
/// keep or reject), policy, rule, route_type and note. Rows that cannot be routed go to the rejects
/// with their line and the reason; every row is in exactly one of the two. A summary goes to standard
/// error.
///
/// `[]`, NDJSON without a line and a table with nothing but its header hold no leads, and that is
/// fine; an empty CSV, TSV or JSON file has lost its header or its brackets, and is an error.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    project: ProjectArg,

    #[command(flatten)]
    leads: LeadsArgs,

    /// Write the routed leads to a file; it appears whole or not at all
    #[arg(short, long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// The format to write: csv, tsv, json or ndjson; else by the output's extension, else as read
    #[arg(long, value_name = "FORMAT", value_parser = leads::format)]
    to: Option<Format>,

    /// Choose and rename columns, e.g. `Id=id,OwnerId=rep.crm_id,rule`
    ///
    /// A source is a value that routing adds (assigned_to, assigned_kind, policy, rule, route_type,
    /// note, rep.name, rep.email, rep.crm_id), a field of the lead, or a column of the file.
    #[arg(long, value_name = "SPEC")]
    columns: Option<String>,

    /// Write the rejects to a file (line, reason, row); without it they are listed on standard error
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Write the counts as JSON to a file
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,

    /// Write each lead's explanation to a file, one JSON document a line
    #[arg(long, value_name = "FILE")]
    traces: Option<PathBuf>,

    /// Reject a lead with a cell that does not fit its field, instead of counting it as blank
    #[arg(long)]
    strict: bool,

    /// Write cells that a spreadsheet would run as a formula as they are
    #[arg(long)]
    raw: bool,

    /// Route, count and write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman route policies leads.csv -o routed.csv --rejects rejects.csv
  pointsman route policies leads.csv --columns Id=id,OwnerId=rep.crm_id > owners.csv
  curl … | pointsman route policies - --from ndjson > routed.ndjson

Exit codes:
  0  every row is in the output
  1  some rows are rejects
  2  wrong usage, or input that could not be read; nothing is written";

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let checked = args.project.check(console)?;
    args.spare_inputs(&checked)?;
    let now = args.at.now(&checked.project.timezone, console)?;
    let input = args.leads.open()?;
    let to = args.format(input.format());
    // A table needs all its columns before the first row; JSON tells them only as it goes.
    let leads = if to.is_table() { Leads::open_for_table(input)? } else { Leads::open(input)? };
    let mut columns = leads::bind(&checked.project, leads.header())?;
    let layout = args.layout(&leads, &columns)?;
    let mut sinks = Sinks::open(args, &leads, to, layout)?;
    let mut batch = Batch::new(Router::new(&checked.project, now, Presence::AsStated), args.strict);
    let header = leads.header().clone();
    let mut rejects = Vec::new();
    for row in leads {
        place(&checked, row?, &mut columns, &mut batch, &mut sinks, &mut rejects)?;
    }
    let summary = batch.finish();
    // Objects tell their keys only as they come: without any, nothing is known to be missing.
    let is_known = matches!(header, io::Header::Columns(_)) || summary.read > 0;
    let missing = if is_known { columns.missing(&header) } else { Vec::new() };
    let warnings = column_warnings(args, &sinks, &summary);
    sinks.commit(&checked, &summary)?;
    // What was written is in its place; if nobody listens any more, the exit code still tells.
    let told = leads::warn_missing(&checked.project, &missing, console)
        .and_then(|()| warnings.iter().try_for_each(|(message, help)| leads::warn(message, help, console)))
        .and_then(|()| list_rejects(&rejects, console));
    if told.is_ok() {
        let _ = console.err.write_all(account::human(&summary, &checked.project, args.dry_run).as_bytes());
    }
    Ok(if summary.rejects > 0 { Exit::Findings } else { Exit::Fine })
}

impl Args {
    /// No output may take the place of the leads or of a file of the project: what is rejected would
    /// be lost with the one, and the policy with the other.
    fn spare_inputs(&self, checked: &Checked) -> Result<(), Failure> {
        let project =
            checked.sources.files().map(|(_, file)| PathBuf::from(format!("{}{}", checked.prefix, file.name)));
        let inputs: Vec<PathBuf> = std::iter::once(self.leads.leads.clone()).chain(project).collect();
        let inputs: Vec<PathBuf> = inputs.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let outputs = [Some(&self.output), self.rejects.as_ref(), self.summary.as_ref(), self.traces.as_ref()];
        for output in outputs.into_iter().flatten() {
            let is_input = output.canonicalize().is_ok_and(|path| path.is_file() && inputs.contains(&path));
            if is_input && !self.dry_run {
                let message = format!("`{}` is read by this run and would be overwritten", output.display());
                return Err(Failure::with_help(message, "write to another file"));
            }
        }
        Ok(())
    }

    fn format(&self, input: Format) -> Format {
        self.to.or_else(|| Format::of_path(&self.output)).unwrap_or(input)
    }

    fn layout(&self, leads: &Leads, bound: &Columns) -> Result<Layout<Column>, Failure> {
        let named = |columns: &[Column]| -> Vec<(String, Column)> {
            columns.iter().map(|column| (column.name().to_owned(), *column)).collect()
        };
        Ok(match &self.columns {
            Some(spec) => Layout::chosen(spec, &named(&columns::ALL), bound, leads.header())?,
            None => Layout::everything(leads.header(), named(&columns::STANDARD)),
        })
    }
}

/// Where the rows go.
struct Sinks {
    out: Option<Writer<Column>>,
    rejects: Option<Rejects>,
    traces: Option<Output>,
    summary: Option<Output>,
}

impl Sinks {
    fn open(args: &Args, leads: &Leads, to: Format, layout: Layout<Column>) -> Result<Sinks, Failure> {
        if args.dry_run {
            return Ok(Sinks { out: None, rejects: None, traces: None, summary: None });
        }
        let mut outputs = Outputs::new();
        let style = Style { raw: args.raw, ..leads.style() };
        let out = Writer::new(outputs.create(&args.output)?, to, style, layout)?;
        let mut create = |path: &Option<PathBuf>| path.as_deref().map(|path: &Path| outputs.create(path)).transpose();
        let rejects = match (create(&args.rejects)?, &args.rejects) {
            (Some(output), Some(path)) => Some(Rejects::new(output, Rejects::format(path, leads.format()), style)?),
            _ => None,
        };
        Ok(Sinks { out: Some(out), rejects, traces: create(&args.traces)?, summary: create(&args.summary)? })
    }

    /// Puts everything in its place, whole.
    fn commit(self, checked: &Checked, summary: &Summary) -> Result<(), Failure> {
        let mut outputs = Vec::new();
        if let Some(mut output) = self.summary {
            let text = account::json(summary, &checked.project);
            leads::write(&mut output, &text)?;
            outputs.push(output);
        }
        outputs.extend(self.traces);
        if let Some(rejects) = self.rejects {
            outputs.push(rejects.finish()?);
        }
        if let Some(out) = self.out {
            outputs.push(out.finish()?);
        }
        Ok(Outputs::commit(outputs)?)
    }
}

fn place(
    checked: &Checked,
    row: crate::io::Row,
    columns: &mut Columns,
    batch: &mut Batch<'_>,
    sinks: &mut Sinks,
    listed: &mut Vec<Reject>,
) -> Result<(), Failure> {
    let record = match row {
        crate::io::Row::Lead(record) => record,
        crate::io::Row::Reject(reject) => return refuse(batch.place_malformed(reject), sinks, listed),
    };
    let cells = match columns.cells(&record) {
        Ok(cells) => cells,
        Err(reject) => return refuse(batch.place_malformed(reject), sinks, listed),
    };
    let (placed, watched) = if sinks.traces.is_some() {
        batch.place_watched(&cells, record.line(), record.raw())
    } else {
        (batch.place(&cells, record.line(), record.raw()), None)
    };
    if let (Some(traces), Some(watched)) = (&mut sinks.traces, &watched) {
        let explanation = explain::watched(&checked.project, watched);
        leads::write(traces, &explain::json::line(&explanation, &checked.sources, &checked.prefix))?;
    }
    match placed {
        Placed::Out(row) => write(checked, &record, &row, sinks),
        reject @ Placed::Reject(_) => refuse(reject, sinks, listed),
    }
}

fn write(checked: &Checked, record: &Record, row: &Row, sinks: &mut Sinks) -> Result<(), Failure> {
    let Some(out) = &mut sinks.out else { return Ok(()) };
    let text = |column: &Column| -> Cow<'_, str> { column.text(&checked.project, &row.routed, &row.note, &row.owner) };
    Ok(out.write(record, text)?)
}

fn refuse(placed: Placed, sinks: &mut Sinks, listed: &mut Vec<Reject>) -> Result<(), Failure> {
    let Placed::Reject(reject) = placed else { unreachable!("only rejects are refused") };
    match &mut sinks.rejects {
        Some(rejects) => rejects.write(&reject)?,
        None => listed.push(reject),
    }
    Ok(())
}

/// What somebody should know of the columns that were written, and what to do.
fn column_warnings(args: &Args, sinks: &Sinks, summary: &Summary) -> Vec<(String, &'static str)> {
    let Some(out) = &sinks.out else { return Vec::new() };
    let replaced = out.replaced().map(|name| {
        let message = format!("the input has a column `{name}` already: the output has the new one in its place");
        (message, "to keep both, name the columns with `--columns`, the new one by another name")
    });
    let mut warnings: Vec<(String, &'static str)> = replaced.collect();
    if args.columns.is_some() && summary.decided() > 0 {
        warnings.extend(out.never_found().map(|name| {
            let message = format!("no lead has anything for column `{name}`: it is empty in every row");
            (message, "look at the spelling of its source in `--columns`")
        }));
    }
    warnings
}

/// Without a file for them, the rejects are said here in full: nothing is lost.
fn list_rejects(rejects: &[Reject], console: &mut Console) -> Result<(), Failure> {
    for reject in rejects {
        writeln!(console.err, "rejected line {}: {}\n  {}", reject.line, reject.reason, visible(&reject.row))?;
    }
    Ok(())
}
