//! `pointsman graph`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;

use super::args::{AtArg, Checked};
use super::{Console, Exit, Failure, args, by_hand, leads};
use crate::assign::Presence;
use crate::diagnostic::human::remark;
use crate::diagnostic::{Finding, Severity};
use crate::graph::{DecisionGraph, export};
use crate::io::{self, Input, Leads, Outputs, Row};
use crate::lint::{self, Levels};
use crate::picture::{self, Contents, Gathered, Subject, Traffic};
use crate::policy::Project;
use crate::route::{Batch, Router};

/// Draw where a lead can go: policies, rules and destinations
///
/// A picture (`svg`) has a lane for each policy and a row for each rule, with what it asks, where its leads
/// go, and what `lint` finds about it; long policies are folded. With `--html` it is a page in which one
/// finds rules and sees the ways of leads (docs/graph.md). Mermaid is drawn by GitHub, GitLab and most wikis
/// in a block marked `mermaid`; DOT by Graphviz.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// A folder with a `main.rules`, or a `.rules` file
    #[arg(value_name = "PROJECT")]
    project: PathBuf,

    /// What to write; else by the output's extension, else mermaid
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// Write a page with the picture and a search: to FILE, besides what `--format` asks for; without FILE,
    /// in its place
    #[arg(long, value_name = "FILE")]
    html: Option<Option<PathBuf>>,

    /// Draw every rule and every row of every table; without it long tables, and in pictures long policies,
    /// are folded (JSON always has every row)
    #[arg(long)]
    all_rows: bool,

    /// Count how many of these leads go by each rule (svg and page), and put their ways on the page
    #[arg(long, value_name = "LEADS")]
    leads: Option<PathBuf>,

    /// The leads' format, where the file's extension does not say: csv, tsv, json or ndjson
    #[arg(long, value_name = "FORMAT", value_parser = leads::FORMAT, hide_possible_values = true, requires = "leads")]
    from: Option<io::Format>,

    /// Put the way of this lead on the page, too, e.g. 'country=DE, employees=1200'; may be given again
    #[arg(long, value_name = "CELLS")]
    lead: Vec<String>,

    /// What the picture is called; else as the project's folder
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman graph policies -o policies.svg
  pointsman graph policies --html policies.html --leads leads.csv
  pointsman graph policies > policies.mmd
  pointsman graph policies --format dot | dot -Tsvg > policies.svg

Exit codes:
  0  drawn
  2  wrong usage, or a policy with errors";

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// A flowchart for Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// For programs (docs/json.md)
    Json,
    /// A picture for slides, pages and printers
    Svg,
    /// The picture as a page with a search; as `--html`
    Html,
}

/// What is drawn, and what is known of it.
struct Drawn<'a> {
    args: &'a Args,
    checked: &'a Checked,
    graph: DecisionGraph,
    findings: Vec<Finding>,
    now: Timestamp,
    title: String,
    traffic: Option<Traffic>,
    gathered: Option<Gathered<'a>>,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let (main, page) = args.outputs()?;
    let has_page = page.is_some() || main == Some(Format::Html);
    args.check_leads(main, has_page)?;
    let checked = args::checked(&args.project, console)?;
    let outputs = [page, Some(args.output.as_path())].into_iter().flatten();
    checked.spare_inputs(outputs, args.leads.clone())?;
    let project = &checked.project;
    let graph = DecisionGraph::new(project);
    let now = args.at.now(&project.timezone, console)?;
    let findings = lint::lint(project, &graph, now, &Levels::default())?;
    let mut gathered = has_page.then(|| Gathered::new(project, &findings, now));
    let traffic =
        args.leads.as_deref().map(|path| args.count(project, path, now, &mut gathered, console)).transpose()?;
    for cells in &args.lead {
        let lead = by_hand::lead(project, cells)?;
        gathered.iter_mut().for_each(|gathered| gathered.by_hand(&lead, now));
    }
    let title = args.title.clone().unwrap_or_else(|| name_of(&args.project));
    let drawn = Drawn { args, checked: &checked, graph, findings, now, title, traffic, gathered };
    drawn.write(main, page, console)?;
    Ok(Exit::Fine)
}

impl Args {
    /// What goes to the output, if anything, and the file of the page, if it has one of its own.
    fn outputs(&self) -> Result<(Option<Format>, Option<&Path>), Failure> {
        let extension = self.output.extension().and_then(|extension| extension.to_str());
        let by_extension = match extension {
            Some("svg") => Format::Svg,
            Some("html" | "htm") => Format::Html,
            Some("dot" | "gv") => Format::Dot,
            Some("json") => Format::Json,
            _ => Format::Mermaid,
        };
        let format = self.format.unwrap_or(by_extension);
        let is_asked = self.format.is_some() || self.output.as_os_str() != "-";
        match &self.html {
            None => Ok((Some(format), None)),
            Some(Some(file)) => Ok((is_asked.then_some(format), Some(file))),
            Some(None) if self.format.is_none_or(|format| format == Format::Html) => Ok((Some(Format::Html), None)),
            Some(None) => {
                let message = "`--html` without a file takes the place of `--format`";
                Err(Failure::with_help(message, "name the page's file, as `--html policies.html`, to have both"))
            }
        }
    }

    /// Leads are of no use to a flowchart.
    fn check_leads(&self, main: Option<Format>, has_page: bool) -> Result<(), Failure> {
        if self.leads.is_some() && !has_page && main != Some(Format::Svg) {
            let message = "`--leads` counts leads in pictures and pages";
            return Err(Failure::with_help(message, "add `--format svg` or `--html FILE`"));
        }
        if !self.lead.is_empty() && !has_page {
            let message = "`--lead` puts a lead on a page";
            return Err(Failure::with_help(message, "add `--html FILE`, or ask `pointsman explain`"));
        }
        Ok(())
    }

    /// Routes the leads of a file, counts them by rule, and keeps the ways of some.
    fn count(
        &self,
        project: &Project,
        path: &Path,
        now: Timestamp,
        gathered: &mut Option<Gathered<'_>>,
        console: &mut Console,
    ) -> Result<Traffic, Failure> {
        let rows = Leads::open(Input::open(path, self.from)?)?;
        let mut columns = leads::bind(project, rows.header())?;
        let missing = columns.missing(rows.header());
        leads::warn_missing(project, &missing, console)?;
        let mut batch = Batch::new(Router::new(project, now, Presence::AsStated), false);
        let mut traffic = Traffic::new(project, &file_name(path));
        for row in rows {
            let Row::Lead(record) = row? else {
                traffic.not_leads += 1;
                continue;
            };
            let admitted = columns.cells(&record).and_then(|cells| batch.admit(&cells, record.line(), record.raw()));
            let Ok(admitted) = admitted else {
                traffic.not_leads += 1;
                continue;
            };
            match gathered.as_mut().filter(|gathered| gathered.has_room()) {
                Some(gathered) => {
                    let (_, watched) = batch.route_watched(admitted.lead, record.line(), record.raw());
                    traffic.seen(&watched.trace);
                    gathered.of_file(record.line(), &watched);
                }
                None => {
                    batch.route(admitted.lead, record.line(), record.raw(), &mut traffic, &mut Vec::new());
                    traffic.routed();
                }
            }
        }
        Ok(traffic)
    }
}

impl Drawn<'_> {
    fn write(&self, main: Option<Format>, page: Option<&Path>, console: &mut Console) -> Result<(), Failure> {
        let mut outputs = Outputs::new();
        let mut files = Vec::new();
        if let Some(file) = page {
            let mut output = outputs.create(file)?;
            leads::write(&mut output, &self.page())?;
            files.push(output);
        }
        let text = main.map(|format| self.text(format));
        if let (Some(text), Some(format)) = (&text, main) {
            warn_too_large(format, text, console)?;
            if self.args.output.as_os_str() == "-" {
                console.out.write_all(text.as_bytes())?;
            } else {
                let mut output = outputs.create(&self.args.output)?;
                leads::write(&mut output, text)?;
                files.push(output);
            }
        }
        Ok(Outputs::commit(files)?)
    }

    fn text(&self, format: Format) -> String {
        let Checked { project, sources, prefix } = self.checked;
        let (graph, findings, all_rows) = (&self.graph, &self.findings, self.args.all_rows);
        match format {
            Format::Mermaid => export::mermaid(graph, project, findings, all_rows),
            Format::Dot => export::dot(graph, project, findings, all_rows),
            Format::Json => export::json(graph, project, findings, sources, prefix),
            Format::Svg => picture::svg(&self.subject(), all_rows),
            Format::Html => self.page(),
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            project: &self.checked.project,
            findings: &self.findings,
            title: &self.title,
            today: self.now.to_zoned(self.checked.project.timezone.clone()).date(),
            traffic: self.traffic.as_ref(),
        }
    }

    fn page(&self) -> String {
        let gathered = self.gathered.as_ref().expect("leads are gathered where a page is written");
        let explain = format!("pointsman explain {}", for_shell(&self.args.project.to_string_lossy()));
        let file = self.args.leads.as_deref().filter(|path| path.as_os_str() != "-");
        let file = file.map(|path| for_shell(&path.to_string_lossy()));
        picture::page(&Contents {
            subject: self.subject(),
            sources: &self.checked.sources,
            prefix: &self.checked.prefix,
            explain: &explain,
            file: file.as_deref(),
            gathered,
            all_rows: self.args.all_rows,
        })
    }
}

/// What a project is called where nobody says: as its folder, or its file without `.rules`.
fn name_of(project: &Path) -> String {
    let path = project.canonicalize().unwrap_or_else(|_| project.to_owned());
    let is_main = path.file_name().is_some_and(|name| name == "main.rules");
    let named = if is_main { path.parent().unwrap_or(&path) } else { &path };
    let name = if named.extension().is_some_and(|extension| extension == "rules") {
        named.file_stem()
    } else {
        named.file_name()
    };
    name.map_or_else(|| "Lead routing".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn file_name(path: &Path) -> String {
    match path.file_name() {
        Some(name) if path.as_os_str() != "-" => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    }
}

/// A word as a shell takes it.
fn for_shell(word: &str) -> String {
    let is_plain = |sign: char| sign.is_alphanumeric() || "/._-+=:@%~".contains(sign);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What Mermaid draws at most, unless a page sets it higher; GitHub's does not.
const MOST_LINES: usize = 500;
const MOST_CHARACTERS: usize = 50_000;

fn warn_too_large(format: Format, text: &str, console: &mut Console) -> Result<(), Failure> {
    let lines = text.lines().filter(|line| line.contains("->")).count();
    if format != Format::Mermaid || (lines <= MOST_LINES && text.len() <= MOST_CHARACTERS) {
        return Ok(());
    }
    let message = format!("GitHub does not draw a graph of this size: it has {lines} lines between its cards");
    let help = "use `--format svg`, or `--format dot` and Graphviz";
    let warning = remark(Severity::Warning, &message, Some(help), console.err_look);
    Ok(console.err.write_all(warning.as_bytes())?)
}
