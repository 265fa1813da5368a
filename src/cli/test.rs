//! `pointsman test`

use clap::ValueEnum;
use jiff::Timestamp;

use super::args::{AtArg, Checked, ProjectArg};
use super::{Console, Exit, Failure};
use crate::ids::RuleId;
use crate::policy::Project;
use crate::trial::{self, Trial, generate, render};

/// Run the policy's own tests
///
/// Routes the lead of each `test` block and compares. Without an `at` of its own a test happens now
/// (or at `--at`), with everybody who is staffed at work; with `at`, absences, hours and limits count
/// as they are then. A failure shows the lead's path.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    project: ProjectArg,

    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Name the rules that no test reaches
    #[arg(long)]
    coverage: bool,

    /// Print a test for every rule that leads reach, instead of running the project's own
    ///
    /// They say what the policy does now: read them before you keep them.
    #[arg(long, conflicts_with_all = ["format", "coverage"])]
    generate: bool,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman test policies
  pointsman test policies --coverage
  pointsman test policies --generate > generated.rules
  pointsman test policies --format junit > results.xml

Exit codes:
  0  all tests passed
  1  some failed
  2  wrong usage, or a policy with errors";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs (docs/json.md)
    Json,
    /// JUnit XML, as CI systems read it
    Junit,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let Checked { project, sources, prefix } = args.project.check(console)?;
    let now = args.at.now(&project.timezone, console)?;
    if args.generate {
        return generate(&project, now, console);
    }
    let trials = trial::run(&project, now);
    let unreached = args.coverage.then(|| trial::unreached(&project, &trials));
    let unreached = unreached.as_deref();
    let report = render::Report { project: &project, sources: &sources, prefix: &prefix, trials: &trials, unreached };
    let text = match args.format {
        Format::Human => render::human(&report, console.out_look),
        Format::Json => render::json(&report),
        Format::Junit => render::junit(&report),
    };
    console.out.write_all(text.as_bytes())?;
    Ok(if trials.iter().all(Trial::passed) { Exit::Fine } else { Exit::Findings })
}

fn generate(project: &Project, now: Timestamp, console: &mut Console) -> Result<Exit, Failure> {
    let generated = generate::generate(project, now);
    console.out.write_all(generated.text.as_bytes())?;
    let names = |rules: &[RuleId]| rules.iter().map(|&rule| project.rule_name(rule)).collect::<Vec<_>>().join(", ");
    writeln!(console.err, "{} tests", generated.tests)?;
    if !generated.without.is_empty() {
        writeln!(console.err, "no lead reaches, or nobody takes its leads: {}", names(&generated.without))?;
    }
    if !generated.open.is_empty() {
        writeln!(console.err, "left open: {}", names(&generated.open))?;
    }
    Ok(Exit::Fine)
}
