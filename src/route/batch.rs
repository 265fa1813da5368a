//! A batch of rows: each is placed exactly once, in the output or in the rejects.

use rustc_hash::FxHashMap;

use crate::assign::{Attempt, Meant};
use crate::cell::{Cell, Type};
use crate::explain::{self, Explanation};
use crate::ids::Id;
use crate::io::{Cells, Reject};
use crate::lead::{Lead, UnreadCell};
use crate::policy::Project;
use crate::route::{Routed, Router, Summary, loss};
use crate::trace::Trace;

/// How strictly rows are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// A cell that does not fit its type rejects its row, instead of counting as blank.
    pub strict: bool,
}

/// Routes the rows of one file and keeps count of them.
pub struct Batch<'p> {
    router: Router<'p>,
    options: Options,
    /// Ids seen, with the line they were first on.
    seen: FxHashMap<Box<str>, u64>,
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
    pub fn new(router: Router<'p>, options: Options) -> Batch<'p> {
        let summary = Summary::new(router.project());
        Batch { router, options, seen: FxHashMap::default(), summary }
    }

    /// Places the lead in `cells`, which stands on `line` as `raw`.
    pub fn place(&mut self, cells: &Cells<'_>, line: u64, raw: &str) -> Placed {
        let lead = self.read(cells);
        match self.refuse(cells, &lead, line) {
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
        if let Some(refusal) = self.refuse(cells, &lead, line) {
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
        let note = note(project, &lead.unread, attempts);
        if let Some(loss) = loss(project, &routed) {
            let reason = if note.is_empty() { loss.reason } else { format!("{}; {note}", loss.reason) };
            return self.reject(loss.kind, Reject { line, reason, row: raw.to_owned() });
        }
        self.count(&lead, &routed);
        let owner = lead.owner(project);
        Placed::Out(Box::new(Row { lead, routed, owner, note }))
    }

    fn reject(&mut self, kind: &str, reject: Reject) -> Placed {
        self.summary.count_reject(kind);
        Placed::Reject(reject)
    }

    fn count(&mut self, lead: &Lead, routed: &Routed) {
        self.summary.count(routed);
        let project = self.router.project();
        for assumption in &project.assumptions {
            if !self.router.holds(&assumption.node, lead) {
                self.summary.count_broken(&project.condition_text(&assumption.node));
            }
        }
    }

    /// Why a row is not to be routed at all.
    fn refuse(&mut self, cells: &Cells<'_>, lead: &Lead, line: u64) -> Option<Refusal> {
        let block = &self.router.project().lead;
        if self.options.strict
            && let Some(cell) = lead.unread.first()
        {
            return Some(Refusal { kind: "unread cell", reason: unread(self.router.project(), cell) });
        }
        if let Some(field) = lead.missing(block).next() {
            let reason = format!("`{}` is required and blank", block.fields[field].name);
            return Some(Refusal { kind: "required cell blank", reason });
        }
        let key = block.key?;
        let id = match (&lead.cells[key], &block.fields[key].ty) {
            (Cell::Blank, _) => {
                let reason = format!("no id: `{}` is blank", block.fields[key].name);
                return Some(Refusal { kind: "no id", reason });
            }
            // Ids of CRMs may differ in nothing but letter case, so text is taken as it stands.
            (_, Type::Text) => cells.get(key.index()).unwrap_or_default().trim().into(),
            (cell, ty) => ty.show(cell).into_boxed_str(),
        };
        if let Some(first) = self.seen.get(&id) {
            let reason = format!("repeated id `{id}`: the lead on line {first} has it too");
            return Some(Refusal { kind: "repeated id", reason });
        }
        self.seen.insert(id, line);
        None
    }
}

struct Refusal {
    kind: &'static str,
    reason: String,
}

/// What was unusual: cells that could not be read, destinations that were passed over.
fn note(project: &Project, unread_cells: &[UnreadCell], attempts: &[Attempt]) -> String {
    let unread = unread_cells.iter().map(|cell| unread(project, cell));
    let passed_over = attempts.iter().filter(|attempt| attempt.took.is_none()).map(|attempt| passed(project, attempt));
    unread.chain(passed_over).collect::<Vec<String>>().join("; ")
}

fn unread(project: &Project, cell: &UnreadCell) -> String {
    let name = &project.lead.fields[cell.field].name;
    format!("{name} `{}` counts as blank, it is not {}", cell.text, cell.why.expected)
}

fn passed(project: &Project, attempt: &Attempt) -> String {
    match (&attempt.meant, attempt.candidates.as_slice()) {
        (Meant::Nobody(nobody), _) => nobody.to_string(),
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
