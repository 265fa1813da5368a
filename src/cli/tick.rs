//! `pointsman tick`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use super::args::{AtArg, Checked, ProjectArg};
use super::status::StatusArg;
use super::{Console, Exit, Failure, ledger, report};
use crate::assign::Presence;
use crate::diagnostic::Severity;
use crate::diagnostic::human::remark;
use crate::ledger::{BatchKind, Identity, Ledger};
use crate::report::Outcomes;
use crate::route::tick::{Step, tick};
use crate::route::{Origin, Recording, Router, Settings};

/// Do what time asks for: let leads escalate, and let them out of queues
///
/// A lead that nobody got in touch with goes where its rule's `escalate after …` sends it; one that
/// nobody pulled goes where its queue's `after …` does. Each step is in the ledger's trail. Run it as
/// often as you like, e.g. every ten minutes: nothing is done twice.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    project: ProjectArg,

    /// The ledger that `route --ledger` keeps
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,

    /// What became of the leads: a CSV with the columns lead and first_contact_at
    ///
    /// A lead with a first contact does not escalate; one that is not in the file has had none.
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,

    #[command(flatten)]
    status: StatusArg,

    /// What to print
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    at: AtArg,
}

const AFTER_HELP: &str = "\
Examples:
  pointsman tick policies --ledger leads.ledger --outcomes contacts.csv
  pointsman tick policies --ledger leads.ledger --at 2026-11-23T12:00:00Z --dry-run

Exit codes:
  0  every lead whose time had come went on, or there was none
  1  nobody could take some of them; they stay where they are
  2  wrong usage, or input that could not be read; nothing is done";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs (docs/json.md)
    Json,
}

pub fn run(args: &Args, console: &mut Console) -> Result<Exit, Failure> {
    let (mut checked, mut archived) = args.project.check_noting(console)?;
    let now = args.at.now(&checked.project.timezone, console)?;
    let status = args.status.apply(&mut checked.project.roster, console)?;
    archived.status = status.as_ref().map(|status| status.table(&checked.project.roster).into_bytes());
    let opened = args.open(console)?;
    let identity = opened.identity()?.unwrap_or_default();
    let outcomes = outcomes(args.outcomes.as_deref(), &checked, &identity, console)?;
    let writing = opened.write_as_known(&mut ledger::waiting(&args.ledger, console))?;
    let open = status.map(|status| status.open().collect()).unwrap_or_default();
    let settings = Settings { now, captured: None, reassign: None, open };
    let origin = Origin {
        kind: BatchKind::Tick,
        input: args.outcomes.as_ref().map(|path| path.display().to_string()),
        project: checked.prefix.clone(),
        archived,
    };
    let mut recording = Recording::new(&checked.project, writing, settings, origin);
    let state = recording.begun().clone();
    let mut router = Router::with_state(&checked.project, now, Presence::AsStated, state);
    let contact = |lead: &str| outcomes.as_ref().and_then(|outcomes| outcomes.first_contact(lead));
    let steps = tick(&mut recording, &mut router, now, outcomes.is_some().then_some(&contact))?;
    let counts = Counts::of(&steps);
    recording.finish(&router, &counts.json())?;
    if !args.dry_run {
        recording.commit()?;
    }
    let text = match args.format {
        Format::Human => human(&steps, &counts, args.dry_run),
        Format::Json => json(&steps, &counts),
    };
    console.out.write_all(text.as_bytes())?;
    Ok(if counts.stuck > 0 { Exit::Findings } else { Exit::Fine })
}

impl Args {
    fn open(&self, console: &mut Console) -> Result<Ledger, Failure> {
        Ok(Ledger::open_existing(&self.ledger, &mut ledger::waiting(&self.ledger, console))?)
    }
}

/// Who was contacted when; says so if nothing is known of that and the policy asks for it.
fn outcomes(
    path: Option<&Path>,
    checked: &Checked,
    identity: &Identity,
    console: &mut Console,
) -> Result<Option<Outcomes>, Failure> {
    if let Some(path) = path {
        return report::outcomes(path, &checked.project, |lead| identity.normal(lead)).map(Some);
    }
    if checked.project.rules.iter().any(|rule| !rule.escalations.is_empty()) {
        let message = "nothing is known of contacts, so no lead escalates";
        let help = "give the file that says when leads were first contacted with `--outcomes`";
        let text = remark(Severity::Warning, message, Some(help), console.err_look);
        console.err.write_all(text.as_bytes())?;
    }
    Ok(None)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
struct Counts {
    /// Leads that reps had.
    escalated: usize,
    /// Leads that left a queue.
    left_queues: usize,
    /// Leads whose time had come and that nobody could take.
    stuck: usize,
}

impl Counts {
    fn of(steps: &[Step]) -> Counts {
        let leads = |counts: &dyn Fn(&Step) -> bool| {
            steps.iter().filter(|step| counts(step)).map(|step| &step.lead).collect::<BTreeSet<&String>>().len()
        };
        let from_queue = |step: &Step| step.from.starts_with("queue:");
        Counts {
            escalated: leads(&|step| step.to.is_some() && !from_queue(step)),
            left_queues: leads(&|step| step.to.is_some() && from_queue(step)),
            stuck: leads(&|step| step.to.is_none()),
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("numbers are always JSON")
    }
}

fn human(steps: &[Step], counts: &Counts, dry_run: bool) -> String {
    let mut text = String::new();
    for step in steps {
        let to = step.to.as_deref().unwrap_or("nobody can take it");
        let rule = step.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        text += &format!("{}: {} → {to}, after {}{rule}\n", step.lead, step.from, step.reason);
    }
    let leads = |count: usize| if count == 1 { "1 lead".to_owned() } else { format!("{count} leads") };
    let mut parts = Vec::new();
    if counts.escalated > 0 {
        parts.push(format!("{} escalated", leads(counts.escalated)));
    }
    if counts.left_queues > 0 {
        parts.push(format!("{} left a queue", leads(counts.left_queues)));
    }
    if counts.stuck > 0 {
        parts.push(format!("{} could not go on", leads(counts.stuck)));
    }
    let done = if parts.is_empty() { "no lead's time has come".to_owned() } else { parts.join(", ") };
    let tried = if dry_run { " (nothing was done)" } else { "" };
    text + &format!("{done}{tried}\n")
}

#[derive(Serialize)]
struct ReportV1<'a> {
    version: u32,
    command: &'static str,
    steps: Vec<StepV1<'a>>,
    summary: &'a Counts,
}

#[derive(Serialize)]
struct StepV1<'a> {
    lead: &'a str,
    from: &'a str,
    to: Option<&'a str>,
    rule: Option<&'a str>,
    reason: &'a str,
}

fn json(steps: &[Step], counts: &Counts) -> String {
    let steps = steps.iter().map(|step| StepV1 {
        lead: &step.lead,
        from: &step.from,
        to: step.to.as_deref(),
        rule: step.rule.as_deref(),
        reason: &step.reason,
    });
    let report = ReportV1 { version: 1, command: "tick", steps: steps.collect(), summary: counts };
    serde_json::to_string_pretty(&report).expect("text is always JSON") + "\n"
}
