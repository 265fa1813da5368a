//! `pointsman diff`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;

use super::args::{self, AtArg, Opened};
use super::leads::LeadsArgs;
use super::status::StatusArg;
use super::{Console, Exit, Failure, git, leads};
use crate::check;
use crate::diff::impact::{Comparison, Impact, Reading};
use crate::diff::meaning::{Meaning, NotReplayed, is_refused};
use crate::diff::versions::Versions;
use crate::diff::{Difference, render, structure};
use crate::ids::Id;
use crate::io::{Columns, Format, Header, Leads, Row};
use crate::lead::Lead;
use crate::policy::Project;
use crate::route::Admission;

/// Show what a change of policy does
///
/// Names every class of leads whose destination changes, with the rules and a lead of the class, or
/// proves that there is none; then the rules added, removed, changed, moved and renamed, and the
/// changes of people. With `--leads`, every lead of a file is routed by both versions, and who moves
/// where is counted by class and by rep.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// The version before: a folder with a `main.rules`, a `.rules` file, or git:REV[:PATH]
    ///
    /// git:REV is NEW as it was committed at that revision; git:REV:PATH another place in its
    /// repository.
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The version after
    #[arg(value_name = "NEW")]
    new: PathBuf,

    /// Leads to route by both versions: CSV, TSV, a JSON array or NDJSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    leads: Option<PathBuf>,

    /// The leads' format, where the file's extension does not say: csv, tsv, json or ndjson
    #[arg(long, value_name = "FORMAT", value_parser = leads::FORMAT, hide_possible_values = true, requires = "leads")]
    from: Option<Format>,

    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Output,

    #[command(flatten)]
    status: StatusArg,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman diff policies-before policies
  pointsman diff git:main policies --leads last-month.csv
  pointsman diff git:main policies --format markdown > comment.md

Exit codes:
  0  nothing changed
  1  something changed
  2  wrong usage, or input that could not be read";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Human,
    /// For programs (docs/json.md)
    Json,
    /// For a comment in a pull request
    Markdown,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let mut new = args::checked(&args.new, console)?;
    let mut old = match git::revision(&args.old) {
        Some(spec) => {
            let git::Named { tree, main, prefix } = git::find(spec, &args.new)?;
            args::complete(Opened { loaded: check::load(&tree, &main), prefix }, console)?
        }
        None => args::checked(&args.old, console)?,
    };
    let now = args.at.now(&new.project.timezone, console)?;
    let today = now.to_zoned(new.project.timezone.clone()).date();
    let structure = structure::compare(&old.project, &new.project);
    args.status(&mut old.project, &mut new.project, console)?;
    let versions = Versions::new(&old.project, &new.project);
    let mut meaning = Meaning::new(&versions, today).map_err(defect)?;
    let impact = match &args.leads {
        Some(path) => {
            let impact = impact(args, path, &versions, now, &mut meaning, console)?;
            meaning.take_in(&impact.moves);
            Some(impact)
        }
        None => None,
    };
    let difference = Difference { old: &old.project, new: &new.project, meaning, structure, impact };
    let text = match args.format {
        Output::Human => render::human(&difference),
        Output::Json => render::json(&difference),
        Output::Markdown => render::markdown(&difference),
    };
    console.out.write_all(text.as_bytes())?;
    Ok(if difference.is_none() { Exit::Fine } else { Exit::Findings })
}

impl Args {
    /// What is true of people now is true in both versions; it says nothing of how these differ.
    fn status(&self, old: &mut Project, new: &mut Project, console: &mut Console) -> Result<(), Failure> {
        if self.status.path().is_some() && self.leads.is_none() {
            let message = "`--status` makes no difference without leads";
            return Err(Failure::with_help(message, "add `--leads FILE`, or leave it out"));
        }
        self.status.apply_to_both(&mut old.roster, &mut new.roster, console)
    }
}

/// Routes every lead of the file by both versions.
fn impact(
    args: &Args,
    path: &Path,
    versions: &Versions<'_>,
    now: Timestamp,
    meaning: &mut Meaning<'_>,
    console: &mut Console,
) -> Result<Impact, Failure> {
    let input = LeadsArgs { leads: path.to_owned(), from: args.from, row_limit: None }.open()?;
    let leads = Leads::open(input)?;
    let mut before = Reader::new(&versions.old, leads.header())?;
    let mut after = Reader::new(&versions.new, leads.header())?;
    let mut comparison = Comparison::new(&versions.old, &versions.new, now);
    let mut rejects = 0u64;
    for row in leads {
        match row? {
            Row::Lead(record) => match (before.read(&record), after.read(&record)) {
                (Some(before), Some(after)) if !(before.is_refused && after.is_refused) => {
                    if comparison.add(&before, &after) {
                        meaning.count(&before.lead, &after.lead);
                    }
                }
                _ => rejects += 1,
            },
            Row::Reject(_) => rejects += 1,
        }
    }
    if rejects > 0 {
        let rows = if rejects == 1 { "1 row is".to_owned() } else { format!("{rejects} rows are") };
        writeln!(console.err, "{rows} not compared: `route` rejects such rows and says why")?;
    }
    Ok(comparison.finish())
}

fn defect(NotReplayed { lead }: NotReplayed) -> Failure {
    let cells: Vec<String> = lead.iter().map(|(field, value)| format!("{field} = {value}")).collect();
    let message = format!("the analysis and the router disagree about the lead {}", cells.join(", "));
    Failure::with_help(message, "this is a defect of pointsman: please report it with both versions of the policy")
}

/// Reads the leads of a file as one version of the project sees them.
struct Reader<'p> {
    project: &'p Project,
    columns: Columns,
    admission: Admission,
}

impl<'p> Reader<'p> {
    fn new(project: &'p Project, header: &Header) -> Result<Reader<'p>, Failure> {
        Ok(Reader { project, columns: leads::bind(project, header)?, admission: Admission::default() })
    }

    /// `None` for a row that `route` would reject whatever the version requires: no lead, or one twice.
    fn read(&mut self, record: &crate::io::Record) -> Option<Reading> {
        let cells = self.columns.cells(record).ok()?;
        let lead = Lead::read(&self.project.lead, &self.project.timezone, |field| cells.get(field.index()));
        let is_refused = is_refused(self.project, &lead);
        let is_admitted = is_refused || self.admission.admit(self.project, &cells, &lead, record.line()).is_ok();
        is_admitted.then_some(Reading { lead, is_refused })
    }
}
