//! `pointsman lint`

use std::path::PathBuf;

use clap::ValueEnum;

use super::args::{self, AtArg, Opened};
use super::baselines::BaselineArgs;
use super::words::Word;
use super::{Console, Exit, Failure, page};
use crate::diagnostic::{Code, Finding, Stage, github, gitlab, has_errors, human, json, sarif};
use crate::graph::DecisionGraph;
use crate::lint::{self, Levels};
use crate::suggest::nearest;

/// Check a policy: every error and finding, with the exact place and what to do
///
/// Reads the policy, its roster and its tables, and reports everything wrong or questionable in one
/// run.
#[derive(clap::Args)]
#[command(override_usage = USAGE, after_help = AFTER_HELP)]
pub struct Args {
    /// A folder with a `main.rules`, or a `.rules` file
    #[arg(value_name = "PROJECT", required_unless_present = "explain")]
    project: Option<PathBuf>,

    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Make these findings errors; `warnings` stands for every warning
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = DENIABLE, hide_possible_values = true)]
    deny: Vec<Deny>,

    /// Make these findings warnings; `hidden-overlap` and `unstaffed-hours` are only looked for if they
    /// are named here or in `--deny`
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = LINT_CODE, hide_possible_values = true)]
    warn: Vec<Code>,

    /// Leave these findings out
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = LINT_CODE, hide_possible_values = true)]
    allow: Vec<Code>,

    #[command(flatten)]
    baseline: BaselineArgs,

    /// Print what a code means, with examples, and stop
    #[arg(long, value_name = "CODE", value_parser = ANY_CODE, hide_possible_values = true, conflicts_with = "project")]
    explain: Option<Code>,

    #[command(flatten)]
    at: AtArg,
}

const USAGE: &str = "\
pointsman lint [OPTIONS] <PROJECT>
       pointsman lint --explain <CODE>";

const AFTER_HELP: &str = "\
Examples:
  pointsman lint policies
  pointsman lint policies --deny warnings
  pointsman lint policies --format sarif > pointsman.sarif
  pointsman lint policies --write-baseline baseline.json     once, where there are old findings
  pointsman lint policies --baseline baseline.json           from then on: only new ones fail
  pointsman lint --explain can-run-dry

A finding can be silenced where it stands, with a reason:
  allow unused-name \"used from next quarter on\"
  territory nordics = country in [DK, FI, NO, SE]

Exit codes:
  0  no errors (warnings alone are no errors; `--deny warnings` makes them such)
  1  errors
  2  wrong usage, no project there, or a baseline that could not be read or written";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Format {
    /// For people, with the source
    #[default]
    Human,
    /// For programs (docs/json.md)
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub workflow commands, for annotations in a pull request
    Github,
    /// A GitLab Code Quality report
    Gitlab,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deny {
    Code(Code),
    Warnings,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    if let Some(code) = args.explain {
        console.out.write_all(page::render(code.page(), console.out_look).as_bytes())?;
        return Ok(Exit::Fine);
    }
    let levels = levels(args)?;
    let project = args.project.as_deref().expect("clap asks for a project unless a code is explained");
    let opened = args::open(project)?;
    let mut findings = findings(args, &opened, &levels, console)?;
    let is_read = opened.loaded.project.is_some();
    if is_read {
        args.baseline.apply(&mut findings, &opened.loaded.sources, &levels, console)?;
    }
    let (sources, prefix) = (&opened.loaded.sources, opened.prefix.as_str());
    let text = match args.format {
        Format::Human => human::render(&findings, sources, prefix, console.out_look),
        Format::Json => json::render(&findings, sources, prefix),
        Format::Sarif => sarif::render(&findings, sources, prefix),
        Format::Github => github::render(&findings, sources, prefix),
        Format::Gitlab => gitlab::render(&findings, sources, prefix),
    };
    console.out.write_all(text.as_bytes())?;
    if !is_read {
        console.out.flush()?;
        args.baseline.refuse()?;
    }
    Ok(if has_errors(&findings) { Exit::Findings } else { Exit::Fine })
}

/// What stopped the loading, as it is; or else what the lints find, as the user weighs it.
fn findings(args: &Args, opened: &Opened, levels: &Levels, console: &Console) -> Result<Vec<Finding>, Failure> {
    let mut findings = opened.loaded.findings.clone();
    if let Some(project) = &opened.loaded.project {
        let now = args.at.now(&project.timezone, console)?;
        findings.extend(lint::lint(project, &DecisionGraph::new(project), now, levels)?);
        levels.apply(&mut findings);
        lint::sort(&mut findings);
    }
    Ok(findings)
}

fn levels(args: &Args) -> Result<Levels, Failure> {
    let denied = args.deny.iter().filter_map(|deny| if let Deny::Code(code) = deny { Some(*code) } else { None });
    let deny_warnings = args.deny.contains(&Deny::Warnings);
    let levels = Levels { deny: denied.collect(), warn: args.warn.clone(), allow: args.allow.clone(), deny_warnings };
    let lists = [("--deny", &levels.deny), ("--warn", &levels.warn), ("--allow", &levels.allow)];
    for (index, (first, codes)) in lists.iter().enumerate() {
        for (second, others) in &lists[index + 1..] {
            if let Some(code) = codes.iter().find(|code| others.contains(code)) {
                let help = "a finding is an error, a warning or left out: name it once";
                return Err(Failure::with_help(format!("`{code}` is given to `{first}` and to `{second}`"), help));
            }
        }
    }
    Ok(levels)
}

/// A code whose weight can be changed, or `warnings`.
const DENIABLE: Word<Deny> =
    Word { read: deniable, offered: || std::iter::once("warnings").chain((LINT_CODE.offered)()).collect() };

/// A code whose weight can be changed.
const LINT_CODE: Word<Code> = Word { read: lint_code, offered: || names(|code| code.stage() == Stage::Lint) };

const ANY_CODE: Word<Code> = Word { read: any_code, offered: || names(|_| true) };

fn names(wanted: fn(&Code) -> bool) -> Vec<&'static str> {
    Code::ALL.iter().filter(|code| wanted(code)).map(|code| code.name()).collect()
}

fn deniable(text: &str) -> Result<Deny, String> {
    if text == "warnings" { Ok(Deny::Warnings) } else { lint_code(text).map(Deny::Code) }
}

fn lint_code(text: &str) -> Result<Code, String> {
    let code = any_code(text)?;
    if code.stage() == Stage::Lint {
        Ok(code)
    } else {
        Err(format!("`{code}` always is an error: with it, there is no policy to lint"))
    }
}

fn any_code(text: &str) -> Result<Code, String> {
    Code::named(text).ok_or_else(|| match nearest(text, Code::ALL.iter().map(|code| code.name())) {
        Some(similar) => format!("there is no such code; did you mean `{similar}`?"),
        None => "there is no such code; docs/lints has a page for each".to_owned(),
    })
}
