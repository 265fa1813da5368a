//! `pointsman graph`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{AtArg, Checked, ProjectArg};
use super::{Console, Exit, Failure};
use crate::graph::{DecisionGraph, export};
use crate::lint;

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
    let findings = lint::lint(&project, &graph, args.at.now(&project.timezone, console)?);
    let text = match args.format {
        Format::Mermaid => export::mermaid(&graph, &project, &findings, args.all_rows),
        Format::Dot => export::dot(&graph, &project, &findings, args.all_rows),
        Format::Json => export::json(&graph, &project, &findings, &sources, &prefix),
    };
    if args.output.as_os_str() == "-" {
        console.out.write_all(text.as_bytes())?;
    } else {
        write_file(&args.output, &text)?;
    }
    Ok(Exit::Fine)
}

/// The file is there whole or not at all.
fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |why: std::io::Error| Failure::new(format!("`{}` could not be written: {why}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    draft.write_all(text.as_bytes()).map_err(failed)?;
    draft.persist(path).map_err(|refused| failed(refused.error))?;
    Ok(())
}
