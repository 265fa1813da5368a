//! `pointsman report`

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{AtArg, ProjectArg};
use super::{Console, Exit, Failure, leads, ledger};
use crate::cell::{Type, read_timestamp};
use crate::diagnostic::human::Look;
use crate::ids::FieldId;
use crate::io::{Format, Input, Leads, Outputs, Row};
use crate::ledger::Ledger;
use crate::policy::Project;
use crate::report::{self, Entries, NotRouted, Outcomes, Report, Rows, Setting, Settings, Tally};
use crate::suggest;

/// Report on what was routed: how many leads to whom, how evenly and how fast
///
/// Reads a file that `route` wrote, or a ledger, and counts leads per rep, day and week, how evenly each team is
/// served, route types, the fallback share and the time from capture to assignment; with outcomes also
/// response times, conversion and value. Holds the policy's `alert when …` against the figures.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    project: ProjectArg,

    /// What `route` wrote: CSV, TSV, a JSON array or NDJSON; `-` is standard input
    #[arg(value_name = "ROUTED", required_unless_present = "ledger")]
    routed: Option<PathBuf>,

    /// Report on all leads of a ledger, each as it stands now, instead of a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["routed", "from", "routed_at"])]
    ledger: Option<PathBuf>,

    /// The routed file's format, where its extension does not say: csv, tsv, json or ndjson
    #[arg(long, value_name = "FORMAT", value_parser = leads::FORMAT, hide_possible_values = true)]
    from: Option<Format>,

    /// What became of the leads: a CSV with the columns lead, first_contact_at, converted_at, value
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,

    /// The field that says when a lead came in
    ///
    /// Without it, the lead's only field of type `timestamp`, or that called captured_at or created_at.
    #[arg(long, value_name = "FIELD")]
    captured: Option<String>,

    /// When the leads were assigned, where the file has no column assigned_at: the run's `--at`
    #[arg(long, value_name = "TIME")]
    routed_at: Option<String>,

    /// What to write; else by the output's extension, else text
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Output>,

    /// Write the report to a file; it appears whole or not at all
    #[arg(short, long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    /// What the report is called
    #[arg(long, value_name = "TEXT", default_value = "Lead routing")]
    title: String,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman report policies routed.csv
  pointsman report policies --ledger leads.ledger --outcomes outcomes.csv -o report.html
  pointsman report policies routed.csv --format json | jq .fallback_share

Exit codes:
  0  no alert is crossed
  1  an alert of the policy is crossed
  2  wrong usage, or input that could not be read; nothing is written";

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Output {
    /// For a terminal
    #[value(alias = "human")]
    Text,
    /// For programs (docs/json.md)
    Json,
    /// One page for a browser, with plots
    Html,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let checked = args.project.check(console)?;
    let inputs = [&args.routed, &args.ledger, &args.outcomes].into_iter().flatten().cloned();
    checked.spare_inputs([args.output.as_path()], inputs)?;
    let project = &checked.project;
    let settings = args.settings(project, console)?;
    let ledger = args.ledger.as_deref().map(|path| open(path, console)).transpose()?;
    let identity = ledger.as_ref().map(Ledger::identity).transpose()?.flatten();
    let normal = |lead: &str| match &identity {
        Some(identity) => identity.normal(lead),
        None => report::normal_id(project, lead),
    };
    let outcomes = args.outcomes.as_deref().map(|path| outcomes(path, project, normal)).transpose()?;
    let mut tally = Tally::new(project, settings, outcomes);
    match (&ledger, &args.routed) {
        (Some(ledger), _) => args.count_recorded(project, ledger, &mut tally)?,
        (None, Some(routed)) => args.count(project, routed, &mut tally, console)?,
        (None, None) => unreachable!("one of the two is required"),
    }
    let report = tally.finish();
    let setting = Setting { project, sources: &checked.sources, prefix: &checked.prefix, title: &args.title };
    args.write(&report, setting, console)?;
    Ok(if report.crossed().next().is_some() { Exit::Findings } else { Exit::Fine })
}

impl Args {
    fn settings(&self, project: &Project, console: &Console) -> Result<Settings, Failure> {
        let routed_at = self.routed_at.as_deref().map(|text| {
            read_timestamp(text, &project.timezone).ok_or_else(|| {
                let help = "write e.g. `--routed-at 2026-11-23T10:00:00Z`, what `--at` was when they were routed";
                Failure::with_help(format!("`{text}` is no moment"), help)
            })
        });
        Ok(Settings { now: self.at.now(&project.timezone, console)?, routed_at: routed_at.transpose()? })
    }

    /// Takes in every row of the routed file.
    fn count(
        &self,
        project: &Project,
        routed: &Path,
        tally: &mut Tally<'_>,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let routed = Leads::open(Input::open(routed, self.from)?)?;
        let is_table = routed.format().is_table();
        let captured = self.captured(project)?;
        let mut rows = Rows::bind(project, routed.header(), captured)?;
        if is_table {
            rows.check().map_err(not_routed)?;
        }
        let mut read = 0u64;
        for row in routed {
            read += 1;
            match row? {
                Row::Lead(record) => match rows.read(&record) {
                    Ok(assigned) => tally.add(&assigned),
                    Err(why) => tally.skip(why),
                },
                Row::Reject(reject) => tally.skip(format!("line {}: {}", reject.line, reject.reason)),
            }
        }
        if read > 0 {
            rows.check().map_err(not_routed)?;
            leads::warn_missing(project, &rows.missing_fields(), console)?;
        }
        Ok(())
    }

    /// Takes in every lead of a ledger.
    fn count_recorded(&self, project: &Project, ledger: &Ledger, tally: &mut Tally<'_>) -> Result<(), Failure> {
        let entries = Entries::new(project, self.captured(project)?);
        let take = |latest| match entries.read(latest) {
            Ok(assigned) => tally.add(&assigned),
            Err(why) => tally.skip(why),
        };
        Ok(ledger.each_latest(take)?)
    }

    fn captured(&self, project: &Project) -> Result<Option<FieldId>, Failure> {
        self.captured.as_deref().map(|name| captured(project, name)).transpose()
    }

    fn write(&self, report: &Report, setting: Setting<'_>, console: &mut Console) -> Result<(), Failure> {
        let to_file = self.output.as_os_str() != "-";
        let text = match self.chosen_format() {
            Output::Text if to_file => report::text::render(report, setting, Look::plain()),
            Output::Text => report::text::render(report, setting, console.out_look),
            Output::Json => report::json::render(report, setting),
            Output::Html => report::page::render(report, setting),
        };
        if !to_file {
            return Ok(console.out.write_all(text.as_bytes())?);
        }
        let mut output = Outputs::new().create(&self.output)?;
        leads::write(&mut output, &text)?;
        Outputs::commit([output])?;
        self.tell_crossed(report, console)
    }

    /// Where the report is a file, what is wrong is said to whoever made it.
    fn tell_crossed(&self, report: &Report, console: &mut Console) -> Result<(), Failure> {
        for alert in report.crossed() {
            writeln!(console.err, "alert: {}: {}", alert.text, report::text::told(alert))?;
        }
        Ok(())
    }

    fn chosen_format(&self) -> Output {
        let extension = self.output.extension().and_then(|extension| extension.to_str());
        let by_extension = match extension {
            Some("html" | "htm") => Output::Html,
            Some("json") => Output::Json,
            _ => Output::Text,
        };
        self.format.unwrap_or(by_extension)
    }
}

/// A field of type `timestamp`, by its name.
fn captured(project: &Project, name: &str) -> Result<FieldId, Failure> {
    let fields = || project.lead.fields.iter_with_ids().filter(|(_, field)| field.ty == Type::Timestamp);
    if let Some((id, _)) = fields().find(|(_, field)| field.name == name) {
        return Ok(id);
    }
    let message = match project.lead.fields.iter().find(|field| field.name == name) {
        Some(field) => format!("`{name}` is no timestamp but {}", field.ty),
        None => format!("a lead has no field `{name}`"),
    };
    let names: Vec<&str> = fields().map(|(_, field)| field.name.as_str()).collect();
    let help = match (suggest::nearest(name, names.iter().copied()), names.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => "declare the field in the lead block, as `created_at timestamp`".to_owned(),
        (None, names) => format!("fields of type `timestamp`: {}", names.join(", ")),
    };
    Err(Failure::with_help(message, help))
}

fn open(path: &Path, console: &mut Console) -> Result<Ledger, Failure> {
    let mut waiting = ledger::waiting(path, console);
    Ok(Ledger::open_existing(path, &mut waiting)?)
}

/// Reads what became of leads.
pub fn outcomes(path: &Path, project: &Project, normal: impl Fn(&str) -> String) -> Result<Outcomes, Failure> {
    let name = if path.as_os_str() == "-" { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    let read = Outcomes::read(Leads::open(Input::open(path, None)?)?, project, normal, &name)?;
    read.map_err(|missing| {
        let help = match missing.suggestion {
            Some(near) => format!("did you mean `{near}`? call the column `lead`"),
            None => "outcomes have the columns `lead`, `first_contact_at`, `converted_at` and `value`".to_owned(),
        };
        Failure::with_help(format!("{name} has no column `lead`"), help)
    })
}

fn not_routed(NotRouted { column }: NotRouted) -> Failure {
    let message = format!("no column `{column}`: this is not a file that `route` wrote");
    Failure::with_help(
        message,
        "`pointsman route` adds it; if `--columns` chooses, keep `assigned_to`, `assigned_kind`, `policy`, `rule` and `route_type`",
    )
}
