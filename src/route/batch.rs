//! A batch of rows: each is placed exactly once, in the output or in the rejects.

use crate::assign::{Attempt, Meant};
use crate::explain::{self, Explanation, people};
use crate::ids::Id;
use crate::io::{Cells, Reject};
use crate::lead::{Lead, UnreadCell};
use crate::policy::Project;
use crate::route::admission::{Admission, unread};
use crate::route::{Routed, Router, Summary, loss};
use crate::trace::Trace;

/// Routes the rows of one file and keeps count of them.
pub struct Batch<'p> {
    router: Router<'p>,
    admission: Admission,
    summary: Summary,
}

/// Where a row goes.
#[derive(Clone, PartialEq, Debug)]
pub enum Placed {
    Out(Box<Row>),
    Reject(Reject),
}

/// A row of the output.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub lead: Lead,
    pub routed: Routed,
    /// Who had the lead before, by the field marked `owner`.
    pub owner: String,
    /// What happened on the way that somebody should know.
    pub note: String,
}

impl<'p> Batch<'p> {
    /// `strict`: a cell that does not fit its type rejects its row, instead of counting as blank.
    pub fn new(router: Router<'p>, strict: bool) -> Batch<'p> {
        let summary = Summary::new(router.project());
        Batch { router, admission: Admission::new(strict), summary }
    }

    /// Places the lead in `cells`, which stands on `line` as `raw`.
    pub fn place(&mut self, cells: &Cells<'_>, line: u64, raw: &str) -> Placed {
        let lead = self.read(cells);
        match self.admission.refuse(self.router.project(), cells, &lead, line) {
            Some(refusal) => self.reject(refusal.kind, Reject { line, reason: refusal.reason, row: raw.to_owned() }),
            None => {
                let mut attempts = Vec::new();
                let routed = self.router.route(&lead, &mut (), &mut attempts);
                self.settle(lead, routed, &attempts, line, raw)
            }
        }
    }

    /// Places a lead and explains where it went; a row that is not routed has nothing to explain.
    pub fn place_explained(&mut self, cells: &Cells<'_>, line: u64, raw: &str) -> (Placed, Option<Explanation>) {
        let lead = self.read(cells);
        if let Some(refusal) = self.admission.refuse(self.router.project(), cells, &lead, line) {
            let reject = Reject { line, reason: refusal.reason, row: raw.to_owned() };
            return (self.reject(refusal.kind, reject), None);
        }
        let (mut trace, mut attempts) = (Trace::default(), Vec::new());
        let routed = self.router.route(&lead, &mut trace, &mut attempts);
        let explanation = explain::describe(self.router.project(), &lead, &trace, &attempts, &routed);
        (self.settle(lead, routed, &attempts, line, raw), Some(explanation))
    }

    /// Places a row that is no lead.
    pub fn place_malformed(&mut self, reject: Reject) -> Placed {
        self.reject("malformed row", reject)
    }

    /// The counts; every row placed is in them exactly once.
    pub fn finish(self) -> Summary {
        assert!(self.summary.is_reconciled(), "every row that was read is in the output or in the rejects");
        self.summary
    }

    fn read(&mut self, cells: &Cells<'_>) -> Lead {
        let project = self.router.project();
        let lead = Lead::read(&project.lead, &project.timezone, |field| cells.get(field.index()));
        self.summary.count_unread(&lead.unread);
        lead
    }

    /// A lead that was routed goes to the output, or to the rejects if it was lost on the way.
    fn settle(&mut self, lead: Lead, routed: Routed, attempts: &[Attempt], line: u64, raw: &str) -> Placed {
        let project = self.router.project();
        self.count_assumptions(&lead);
        let note = note(project, &lead.unread, &routed, attempts);
        if let Some(loss) = loss(project, &routed) {
            let reason = if note.is_empty() { loss.reason } else { format!("{}; {note}", loss.reason) };
            return self.reject(loss.kind, Reject { line, reason, row: raw.to_owned() });
        }
        self.summary.count(&routed);
        let owner = lead.owner(project);
        Placed::Out(Box::new(Row { lead, routed, owner, note }))
    }

    fn reject(&mut self, kind: &str, reject: Reject) -> Placed {
        self.summary.count_reject(kind);
        Placed::Reject(reject)
    }

    fn count_assumptions(&mut self, lead: &Lead) {
        let project = self.router.project();
        for assumption in &project.assumptions {
            if !self.router.holds(&assumption.node, lead) {
                self.summary.count_broken(&project.condition_text(&assumption.node));
            }
        }
    }
}

/// What was unusual: cells that could not be read, destinations that were passed over.
fn note(project: &Project, unread_cells: &[UnreadCell], routed: &Routed, attempts: &[Attempt]) -> String {
    let unread = unread_cells.iter().map(|cell| unread(project, cell));
    let passed_over = attempts.iter().filter(|attempt| attempt.took.is_none());
    let passed_over = passed_over.map(|attempt| passed(project, routed, attempt));
    unread.chain(passed_over).collect::<Vec<String>>().join("; ")
}

fn passed(project: &Project, routed: &Routed, attempt: &Attempt) -> String {
    match (&attempt.meant, attempt.candidates.as_slice()) {
        (Meant::Nobody(nobody), _) => format!("{}: {nobody}", people::written(project, routed, attempt)),
        (Meant::Team(team), _) => format!("nobody of team {} can take it now", project.roster.teams[*team].name),
        (Meant::Rep(rep), candidates) => {
            let name = &project.roster.reps[*rep].name;
            match candidates.first().and_then(|candidate| candidate.why_not.as_ref()) {
                Some(why) => format!("{name}: {why}"),
                None => format!("{name} cannot take it"),
            }
        }
        (Meant::Queue(queue), _) => format!("queue {} cannot take it", project.queues[*queue].name),
    }
}
