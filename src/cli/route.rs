//! `pointsman route`

mod ends;
mod flow;
mod spares;

use std::io::{BufWriter, Write as _};
use std::mem::ManuallyDrop;
use std::path::{self, PathBuf};

use jiff::Timestamp;

use super::args::{AtArg, Checked, ProjectArg};
use super::leads::LeadsArgs;
use super::past::Pasts;
use super::progress::Progress;
use super::status::StatusArg;
use super::{Console, Exit, Failure, leads};
use crate::assign::Presence;
use crate::cell::Type;
use crate::diagnostic::visible;
use crate::ids::FieldId;
use crate::io::output::Output;
use crate::io::{self, Blocks, Columns, Complete, Format, Layout, Leads, Outputs, Reject, Rejects, Style, Writer};
use crate::ledger::{Archived, BatchKind, Identity, Ledger};
use crate::policy::Project;
use crate::route::columns::{self, Column};
use crate::route::{Batch, Origin, Recording, Router, Settings, Summary, account};
use crate::status::Status;
use crate::suggest::nearest;
use flow::Run;

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
    #[arg(long, value_name = "FORMAT", value_parser = leads::FORMAT, hide_possible_values = true)]
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

    /// Work on so many threads; else as many as the machine has cores. The output is the same
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<u16>,

    /// Read the leads in blocks of so many bytes
    #[arg(long, value_name = "BYTES", hide = true)]
    block: Option<usize>,

    #[command(flatten)]
    ledger: LedgerArgs,

    #[command(flatten)]
    status: StatusArg,

    #[command(flatten)]
    at: AtArg,
}

/// What makes one run go on where the last one ended.
#[derive(clap::Args)]
struct LedgerArgs {
    /// Keep whose turn it is, and every assignment, in a file; made when it is not there
    ///
    /// A lead that the ledger knows keeps its assignment, in this file and in every later one. The run is
    /// one transaction: killed and run again, it ends as if it had not been (docs/ledger.md).
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,

    /// The field that the ledger knows leads by, where that is not the lead block's key
    #[arg(long, value_name = "FIELD", requires = "ledger")]
    key: Option<String>,

    /// The field that holds when a lead was captured; `created_at` if it is a timestamp
    #[arg(long, value_name = "FIELD", requires = "ledger")]
    captured: Option<String>,

    /// Route leads again that the ledger knows; the trail keeps both assignments
    #[arg(long, requires_all = ["ledger", "reason"])]
    reassign: bool,

    /// Why leads are routed again; a lead whose latest assignment was made for this reason stays
    #[arg(long, value_name = "TEXT", requires = "reassign")]
    reason: Option<String>,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman route policies leads.csv -o routed.csv --rejects rejects.csv
  pointsman route policies leads.csv -o routed.csv --ledger leads.ledger
  pointsman route policies leads.csv --status crm-export.csv > routed.csv
  pointsman route policies leads.csv --columns Id=id,OwnerId=rep.crm_id > owners.csv
  curl … | pointsman route policies - --from ndjson > routed.ndjson

Exit codes:
  0  every row is in the output
  1  some rows are rejects
  2  wrong usage, or input that could not be read; nothing is written";

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let (checked, mut archived) = args.check(console)?;
    // The process ends with the command. Giving a hundred thousand rows of a table back one by one only takes time.
    let mut checked = ManuallyDrop::new(checked);
    args.spare_inputs(&checked)?;
    args.refuse_other_formats()?;
    let now = args.at.now(&checked.project.timezone, console)?;
    let status = args.status.apply(&mut checked.project.roster, console)?;
    if let (Some(archived), Some(status)) = (&mut archived, &status) {
        archived.status = Some(status.table(&checked.project.roster).into_bytes());
    }
    let input = args.leads.open()?;
    let to = args.format(input.format());
    // A table needs all its columns before the first row; JSON tells them only as it goes.
    let leads = if to.is_table() { Leads::open_for_table(input)? } else { Leads::open(input)? };
    let columns = leads::bind(&checked.project, leads.header())?;
    let layout = args.layout(&leads, &columns)?;
    let sinks = Sinks::open(args, &leads, to, layout)?;
    let origin = Origin {
        kind: BatchKind::Route,
        input: Some(args.leads.leads.display().to_string()),
        project: checked.prefix.clone(),
        archived: archived.unwrap_or_default(),
    };
    let recorder = args.ledger.recorder(&checked.project, origin, status.as_ref(), now, args.dry_run, console)?;
    let batch = batch(args, &checked.project, recorder.as_ref(), now);
    let mut run = Run { checked: &checked, columns, batch, sinks, recorder, listed: Vec::new() };
    let header = leads.header().clone();
    let progress = Progress::reading(leads.progress().1, console);
    let blocks = args.block.unwrap_or(Blocks::SIZE);
    run.route(Blocks::new(leads).of_size(blocks), args.threads(), &progress)?;
    drop(progress);
    let Run { batch, columns, sinks, listed, mut recorder, .. } = run;
    // The ids of all leads are not given back either.
    let batch = ManuallyDrop::new(batch);
    // Objects tell their keys only as they come: without any, nothing is known to be missing.
    let is_known = matches!(header, io::Header::Columns(_)) || batch.summary().read > 0;
    let missing = if is_known { columns.missing(&header) } else { Vec::new() };
    let router = batch.router();
    let warnings = column_warnings(args, &sinks, batch.summary());
    let counts = account::json(batch.summary(), &checked.project);
    if let Some(recorder) = &mut recorder {
        recorder.recording.finish(router, &account::line(batch.summary(), &checked.project))?;
    }
    let summary = batch.finish();
    // The ledger first: what is written elsewhere is only true with it, and can be written again from it.
    let complete = sinks.complete(&counts)?;
    if let Some(recorder) = recorder.filter(|_| !args.dry_run) {
        recorder.recording.commit()?;
    }
    complete.place()?;
    // What was written is in its place; if nobody listens any more, the exit code still tells.
    let told = leads::warn_missing(&checked.project, &missing, console)
        .and_then(|()| warnings.iter().try_for_each(|(message, help)| leads::warn(message, help, console)))
        .and_then(|()| list_rejects(&listed, console));
    if told.is_ok() {
        let _ = console.err.write_all(account::human(summary, &checked.project, args.dry_run).as_bytes());
    }
    Ok(if summary.rejects > 0 { Exit::Findings } else { Exit::Fine })
}

impl Args {
    /// The project; with a ledger, the files it was read from too.
    fn check(&self, console: &mut Console) -> Result<(Checked, Option<Archived>), Failure> {
        if self.ledger.ledger.is_none() {
            return Ok((self.project.check(console)?, None));
        }
        let (checked, archived) = self.project.check_noting(console)?;
        Ok((checked, Some(archived)))
    }

    /// No output may take the place of the ledger, the leads or a file of the project: what is rejected would
    /// be lost with the leads, and the policy with the others.
    fn spare_inputs(&self, checked: &Checked) -> Result<(), Failure> {
        if self.dry_run {
            return Ok(());
        }
        let outputs = [Some(&self.output), self.rejects.as_ref(), self.summary.as_ref(), self.traces.as_ref()];
        let outputs = || outputs.into_iter().flatten();
        let is_ledger = |output: &&PathBuf| self.ledger.ledger.as_ref().is_some_and(|ledger| same_file(ledger, output));
        if let Some(output) = outputs().find(is_ledger) {
            let message = format!("`{}` is the ledger and would be overwritten", output.display());
            return Err(Failure::with_help(message, "write to another file"));
        }
        let given = std::iter::once(self.leads.leads.as_path()).chain(self.status.path());
        checked.spare_inputs(outputs().map(PathBuf::as_path), given.map(path::Path::to_owned))
    }

    /// Whoever asks for a workbook is not served by a table of that name.
    fn refuse_other_formats(&self) -> Result<(), Failure> {
        const ANY: &str = "CSV, TSV, JSON or NDJSON";
        const NAMES: &str = ".csv, .tsv, .json or .ndjson";
        let output = Some(&self.output).filter(|_| self.to.is_none());
        let outputs = [
            ("leads are", output, ANY, format!("{NAMES}, or choose with --to")),
            ("rejects are", self.rejects.as_ref(), ANY, NAMES.to_owned()),
            ("the summary is", self.summary.as_ref(), "JSON", ".json".to_owned()),
            ("traces are", self.traces.as_ref(), "NDJSON", ".ndjson".to_owned()),
        ];
        for (what, path, formats, names) in outputs {
            if let Some(path) = path.filter(|path| Format::is_something_else(path)) {
                let message = format!("{what} written as {formats}, which `{}` is not", path.display());
                return Err(Failure::with_help(message, format!("name a file that ends in {names}")));
            }
        }
        Ok(())
    }

    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or_else(cores, usize::from)
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

/// Reads how many threads are to work.
fn threads(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| (1..=1024).contains(number));
    number.ok_or_else(|| "give a number from 1 to 1024, or leave it out: one for each core".to_owned())
}

/// Whether two paths lead to one file, whether or not it is there yet.
fn same_file(one: &path::Path, other: &path::Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
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
        let mut outputs = if args.ledger.ledger.is_some() { Outputs::held_back() } else { Outputs::new() };
        let style = Style { raw: args.raw, ..leads.style() };
        // Nothing is written before all of them are open: standard output does not take a header back.
        let out = outputs.create(&args.output)?;
        let mut create =
            |path: &Option<PathBuf>| path.as_deref().map(|path: &path::Path| outputs.create(path)).transpose();
        let (rejects, traces, summary) = (create(&args.rejects)?, create(&args.traces)?, create(&args.summary)?);
        let out = Some(Writer::new(out, to, style, layout)?);
        let rejects = match (rejects, &args.rejects) {
            (Some(output), Some(path)) => Some(Rejects::new(output, Rejects::format(path, leads.format()), style)?),
            _ => None,
        };
        Ok(Sinks { out, rejects, traces, summary })
    }

    /// Completes everything that was written, beside its place.
    fn complete(self, counts: &str) -> Result<Complete, Failure> {
        let mut outputs = Vec::new();
        if let Some(mut output) = self.summary {
            leads::write(&mut output, counts)?;
            outputs.push(output);
        }
        outputs.extend(self.traces);
        if let Some(rejects) = self.rejects {
            outputs.push(rejects.finish()?);
        }
        if let Some(out) = self.out {
            outputs.push(out.finish()?);
        }
        Ok(Outputs::complete(outputs)?)
    }
}

/// The batch that the leads are routed in.
fn batch<'a>(args: &Args, project: &'a Project, recorder: Option<&Recorder<'a>>, now: Timestamp) -> Batch<'a> {
    match recorder {
        None => Batch::new(Router::new(project, now, Presence::AsStated), args.strict),
        Some(recorder) => {
            let state = recorder.recording.begun().clone();
            let router = Router::with_state(project, now, Presence::AsStated, state);
            Batch::new(router, args.strict).known_by(recorder.key, recorder.recording.marker().clone())
        }
    }
}

fn refuse(reject: Reject, rejects: &mut Option<Rejects>, listed: &mut Vec<Reject>) -> Result<(), Failure> {
    match rejects {
        Some(rejects) => rejects.write(&reject)?,
        None => listed.push(reject),
    }
    Ok(())
}

/// What records the run in a ledger.
struct Recorder<'p> {
    recording: Recording<'p>,
    /// The field that the ledger knows leads by.
    key: FieldId,
    /// Explains what was assigned before.
    pasts: Pasts,
}

impl Recorder<'_> {
    /// How an assignment came about, as `--traces` has it.
    fn line(&mut self, assignment: i64) -> Result<String, Failure> {
        self.pasts.line(self.recording.ledger_with(assignment)?, assignment)
    }
}

impl LedgerArgs {
    /// Opens the ledger, waits for its turn, and begins to record.
    fn recorder<'p>(
        &self,
        project: &'p Project,
        origin: Origin,
        status: Option<&Status>,
        now: Timestamp,
        dry_run: bool,
        console: &mut Console,
    ) -> Result<Option<Recorder<'p>>, Failure> {
        let Some(path) = &self.ledger else { return Ok(None) };
        let key = self.key_field(project)?;
        let captured = self.captured_field(project)?;
        let field = &project.lead.fields[key];
        let identity = Identity::of(&field.name, &field.ty, project.lead.key == Some(key));
        let mut waiting = super::ledger::waiting(path, console);
        let open = if dry_run { Ledger::rehearse } else { Ledger::open };
        let ledger = open(path, &mut waiting)?;
        let writing = ledger.write(identity, &mut waiting)?;
        let reassign = self.reason.clone().filter(|_| self.reassign);
        let open = status.map(|status| status.open().collect()).unwrap_or_default();
        let settings = Settings { now, captured, reassign, open };
        let recording = Recording::new(project, writing, settings, origin);
        Ok(Some(Recorder { recording, key, pasts: Pasts::default() }))
    }

    fn key_field(&self, project: &Project) -> Result<FieldId, Failure> {
        match &self.key {
            Some(name) => field_named(project, name),
            None => project.lead.key.ok_or_else(|| {
                let help = "mark the field that does, e.g. `id text key`, or name one with `--key`";
                Failure::with_help("a ledger needs a field that identifies a lead", help)
            }),
        }
    }

    fn captured_field(&self, project: &Project) -> Result<Option<FieldId>, Failure> {
        let is_timestamp = |field: FieldId| project.lead.fields[field].ty == Type::Timestamp;
        let Some(name) = &self.captured else {
            let usual = project.lead.fields.find(|field| field.name == "created_at");
            return Ok(usual.filter(|field| is_timestamp(*field)));
        };
        let field = field_named(project, name)?;
        if !is_timestamp(field) {
            let message = format!("`{name}` is no timestamp, but {}", project.lead.fields[field].ty);
            return Err(Failure::with_help(message, "name the field that holds when a lead was captured"));
        }
        Ok(Some(field))
    }
}

/// A field of the lead block.
fn field_named(project: &Project, name: &str) -> Result<FieldId, Failure> {
    let names = || project.lead.fields.iter().map(|field| field.name.as_str());
    project.lead.fields.find(|field| field.name == name).ok_or_else(|| {
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the fields are {}", names().collect::<Vec<_>>().join(", ")),
        };
        Failure::with_help(format!("a lead has no field `{name}`"), help)
    })
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
    let mut err = BufWriter::new(&mut console.err);
    for reject in rejects {
        writeln!(err, "rejected line {}: {}\n  {}", reject.line, reject.reason, beginning(&reject.row))?;
    }
    Ok(err.flush()?)
}

/// As much of a row as one knows it by; the whole is for `--rejects`.
fn beginning(row: &str) -> String {
    const MOST: usize = 500;
    match row.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} bytes; the whole row with --rejects)", visible(&row[..end]), row.len()),
        None => visible(row).into_owned(),
    }
}
