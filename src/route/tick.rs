//! What time brings: leads that nobody gets in touch with escalate, and leads that nobody pulls leave
//! their queue.
//!
//! | where a lead is | what counts its time | what is due |
//! | --- | --- | --- |
//! | with a rep, by a rule that says `escalate after …` | since it came to reps, whoever of them has it | one escalation after another, unless somebody got in touch |
//! | in a queue with `after …` | since it came to the queue | the clauses whose time has come, until one of them finds somebody |
//!
//! A lead goes through the same chains, turns and capacities as one that is routed. Whoever had it has
//! it no longer; if nobody else can take it, it stays, and is tried again the next time.

use jiff::{SignedDuration, Timestamp};

use crate::assign::{Attempt, Taker};
use crate::canonical;
use crate::lead::Lead;
use crate::ledger::{Error, Waiting};
use crate::policy::{Chain, DestinationKind, Expiry, Project};
use crate::route::Router;
use crate::route::recalled::Names;
use crate::route::recording::{Moved, Recording};

/// What became of a lead whose time had come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    pub lead: String,
    /// `rep:ana`, `queue:pool`
    pub from: String,
    /// Likewise; `None` if nobody could take it.
    pub to: Option<String>,
    /// `policy.rule`, if a rule sent it there.
    pub rule: Option<String>,
    /// What had passed, e.g. `2 hours without contact`.
    pub reason: String,
}

/// Says when somebody first got in touch with a lead, if anybody has.
pub type Contact<'a> = dyn Fn(&str) -> Option<Timestamp> + 'a;

/// Hands on every lead whose time has come, in the order in which they came to where they are.
///
/// `contact` says when somebody first got in touch with a lead; without it nothing is known of that, and
/// nothing escalates.
pub fn tick<'p>(
    recording: &mut Recording<'p>,
    router: &mut Router<'p>,
    now: Timestamp,
    contact: Option<&Contact<'_>>,
) -> Result<Vec<Step>, Error> {
    let waiting = recording.ledger().waiting()?;
    let names = Names::of(router.project());
    let mut clock = Clock { recording, router, names, now, steps: Vec::new() };
    for mut waiting in waiting {
        match waiting.recorded.made.assigned_kind.as_str() {
            "queue" => clock.leave_queue(&mut waiting)?,
            _ => {
                let is_contacted = |contact: &Contact<'_>| contact(&waiting.lead).is_some_and(|moment| moment <= now);
                if contact.is_some_and(|contact| !is_contacted(contact)) {
                    clock.escalate(&mut waiting)?;
                }
            }
        }
    }
    Ok(clock.steps)
}

struct Clock<'a, 'p> {
    recording: &'a mut Recording<'p>,
    router: &'a mut Router<'p>,
    names: Names,
    now: Timestamp,
    steps: Vec<Step>,
}

impl<'p> Clock<'_, 'p> {
    /// One escalation after another, as far as their times have come.
    fn escalate(&mut self, waiting: &mut Waiting) -> Result<(), Error> {
        let project = self.router.project();
        let Some(rule) = self.names.rule(project, &waiting.recorded.made) else { return Ok(()) };
        for expiry in project.rules[rule].escalations.iter().skip(waiting.steps) {
            if waiting.recorded.made.assigned_kind != "rep" || !self.is_due(waiting, expiry) {
                break;
            }
            let holder = match project.roster.rep_named(&waiting.recorded.made.assigned_to) {
                Some(rep) => DestinationKind::Rep(rep),
                None => DestinationKind::Nobody { written: waiting.recorded.made.assigned_to.clone() },
            };
            let reason = format!("{} without contact", canonical::duration(expiry.seconds));
            if !self.hand_on(waiting, &expiry.chain.held_by(&holder), &reason)? {
                break;
            }
        }
        Ok(())
    }

    /// The clauses of the queue whose time has come, until one finds somebody.
    fn leave_queue(&mut self, waiting: &mut Waiting) -> Result<(), Error> {
        let project = self.router.project();
        let name = &waiting.recorded.made.assigned_to;
        let Some(queue) = project.queues.iter().find(|queue| queue.name == *name) else { return Ok(()) };
        let before = self.steps.len();
        for expiry in queue.after.iter().filter(|expiry| self.is_due(waiting, expiry)).collect::<Vec<&Expiry>>() {
            let reason = format!("{} in queue {}", canonical::duration(expiry.seconds), queue.name);
            let is_gone = self.hand_on(waiting, &expiry.chain, &reason)?;
            // What counts is the last clause that was tried.
            let last = self.steps.len() - 1;
            self.steps.drain(before..last);
            if is_gone {
                break;
            }
        }
        Ok(())
    }

    fn is_due(&self, waiting: &Waiting, expiry: &Expiry) -> bool {
        let seconds = i64::try_from(expiry.seconds).unwrap_or(i64::MAX);
        self.now.duration_since(waiting.since) >= SignedDuration::from_secs(seconds)
    }

    /// Gives the lead to whoever of a chain can take it; says whether somebody could.
    fn hand_on(&mut self, waiting: &mut Waiting, chain: &Chain, reason: &str) -> Result<bool, Error> {
        let project = self.router.project();
        let lead = lead(project, waiting);
        let taken = self.recording.take_back(&waiting.recorded, self.router);
        let mut attempts: Vec<Attempt> = Vec::new();
        let assignment = self.router.hand_on(chain, &lead, &mut attempts);
        let rule = &waiting.recorded.made.rule;
        let mut step = Step {
            lead: waiting.lead.clone(),
            from: format!("{}:{}", waiting.recorded.made.assigned_kind, waiting.recorded.made.assigned_to),
            to: None,
            rule: (!rule.is_empty()).then(|| format!("{}.{rule}", waiting.recorded.made.policy)),
            reason: reason.to_owned(),
        };
        let Some(assignment) = assignment else {
            self.recording.give_back(&taken, self.router);
            self.steps.push(step);
            return Ok(false);
        };
        let moved = Moved { waiting, lead: &lead, chain, assignment, attempts: &attempts, reason, taken: &taken };
        let number = self.recording.enter_moved(&moved, self.router)?;
        let was_with_reps = waiting.recorded.made.assigned_kind == "rep";
        let (kind, name) = match assignment.taker {
            Taker::Rep(rep) => ("rep", &project.roster.reps[rep].name),
            Taker::Queue(queue) => ("queue", &project.queues[queue].name),
        };
        step.to = Some(format!("{kind}:{name}"));
        self.steps.push(step);
        waiting.steps = if was_with_reps && kind == "rep" { waiting.steps + 1 } else { 0 };
        waiting.since = if was_with_reps && kind == "rep" { waiting.since } else { self.now };
        waiting.recorded.assignment = number;
        (waiting.recorded.made.assigned_kind, waiting.recorded.made.assigned_to) = (kind.to_owned(), name.clone());
        Ok(true)
    }
}

fn lead(project: &Project, waiting: &Waiting) -> Lead {
    let cells = waiting.cells.by_field().unwrap_or_default();
    let cell = |field| cells.get(&project.lead.fields[field].name).map(String::as_str);
    Lead::read(&project.lead, &project.timezone, cell)
}
