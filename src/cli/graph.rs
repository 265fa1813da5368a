//! `pointsman graph`

use std::path::PathBuf;

use clap::ValueEnum;

use super::args::{AtArg, Checked, ProjectArg};
use super::{Console, Exit, Failure, leads};
use crate::diagnostic::Severity;
use crate::diagnostic::human::remark;
use crate::graph::{DecisionGraph, export};
use crate::io::Outputs;
use crate::lint::{self, Levels};

/// Draw where a lead can go: policies, rules and destinations
///
/// Cards are coloured by what `lint` finds about them. Mermaid is drawn by GitHub, GitLab and most
/// wikis in a block marked `mermaid`; DOT by Graphviz.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    project: ProjectArg,

    /// What to write
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Draw every row of every table; without it a long table is one card (JSON always has every row)
    #[arg(long)]
    all_rows: bool,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", default_value = "-", hide_default_value = true)]
    output: PathBuf,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman graph policies > policies.mmd
  pointsman graph policies --format dot | dot -Tsvg > policies.svg

Exit codes:
  0  drawn
  2  wrong usage, or a policy with errors";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Format {
    /// A flowchart for Markdown
    #[default]
    Mermaid,
    /// For Graphviz
    Dot,
    /// For programs (docs/json.md)
    Json,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let Checked { project, sources, prefix } = args.project.check(console)?;
    let graph = DecisionGraph::new(&project);
    let now = args.at.now(&project.timezone, console)?;
    let findings = lint::lint(&project, &graph, now, &Levels::default())?;
    let text = match args.format {
        Format::Mermaid => export::mermaid(&graph, &project, &findings, args.all_rows),
        Format::Dot => export::dot(&graph, &project, &findings, args.all_rows),
        Format::Json => export::json(&graph, &project, &findings, &sources, &prefix),
    };
    warn_too_large(args.format, &text, console)?;
    if args.output.as_os_str() == "-" {
        console.out.write_all(text.as_bytes())?;
    } else {
        let mut output = Outputs::new().create(&args.output)?;
        leads::write(&mut output, &text)?;
        Outputs::commit([output])?;
    }
    Ok(Exit::Fine)
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
    let warning = remark(Severity::Warning, &message, Some("use `--format dot` and Graphviz"), console.err_look);
    Ok(console.err.write_all(warning.as_bytes())?)
}
