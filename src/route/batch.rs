//! A batch of rows: each is placed exactly once, in the output or in the rejects.

use std::num::NonZeroU64;

use crate::assign::{self, Attempt, Glance, Meant};
use crate::cell::Cell;
use crate::ids::{FieldId, Id, IdVec};
use crate::io::{Cells, Reject};
use crate::lead::{Lead, UnreadCell};
use crate::plan::Outcome;
use crate::policy::Project;
use crate::route::admission::{Admission, Refusal, repeated, unread};
use crate::route::decider::{Decided, Decider, More, Watch};
use crate::route::once::Marker;
use crate::route::recalled::Recalled;
use crate::route::{Fate, Routed, Router, Summary, destination_name, loss};
use crate::trace::{self, Trace};

/// Routes the rows of one file and keeps count of them.
pub struct Batch<'p> {
    router: Router<'p>,
    admission: Admission,
    summary: Summary,
    /// For rules that ask nothing of a lead.
    nobody: Lead,
}

/// Where a row goes.
#[derive(Clone, PartialEq, Debug)]
pub enum Placed {
    Out(Box<Row>),
    Reject(Reject),
}

/// A lead with everything that was seen while it was routed.
#[derive(Clone, Debug)]
pub struct Watched {
    pub lead: Lead,
    pub routed: Routed,
    pub trace: Trace,
    pub attempts: Vec<Attempt>,
}

/// A lead that may be routed.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub lead: Lead,
    /// What it is known by, if leads are known by anything.
    pub id: Option<Box<str>>,
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

/// What there is to say of a lead in the output.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    pub routed: Routed,
    /// Whatever else there is to say; of most leads nothing.
    pub words: Option<Box<Words>>,
}

/// What few leads have to be told of.
#[derive(Clone, PartialEq, Debug)]
pub struct Words {
    /// Who had the lead before, if it stays there.
    pub owner: String,
    /// What happened on the way that somebody should know.
    pub note: String,
}

impl Told {
    /// Who had the lead before, if it stays there.
    pub fn owner(&self) -> &str {
        self.words.as_ref().map_or("", |words| &words.owner)
    }

    /// What happened on the way that somebody should know.
    pub fn note(&self) -> &str {
        self.words.as_ref().map_or("", |words| &words.note)
    }
}

impl<'p> Batch<'p> {
    /// `strict`: a cell that does not fit its type rejects its row, instead of counting as blank.
    pub fn new(router: Router<'p>, strict: bool) -> Batch<'p> {
        let summary = Summary::new(router.project());
        Batch { router, admission: Admission::new(strict), summary, nobody: Lead::of(IdVec::new()) }
    }

    /// A batch whose leads a ledger knows by a field, and by marks that this makes.
    pub fn known_by(self, field: FieldId, marker: Marker) -> Batch<'p> {
        Batch { admission: self.admission.known_by(field, marker), ..self }
    }

    /// Places the lead in `cells`, which stands on `line` as `raw`.
    pub fn place(&mut self, cells: &Cells<'_>, line: u64, raw: &str) -> Placed {
        match self.admit(cells, line, raw) {
            Ok(admitted) => self.route(admitted.lead, line, raw, &mut (), &mut ()),
            Err(reject) => Placed::Reject(reject),
        }
    }

    /// Places a lead and says all that was seen on its way; of a row that is not routed nothing is.
    pub fn place_watched(&mut self, cells: &Cells<'_>, line: u64, raw: &str) -> (Placed, Option<Watched>) {
        match self.admit(cells, line, raw) {
            Ok(admitted) => {
                let (placed, watched) = self.route_watched(admitted.lead, line, raw);
                (placed, Some(watched))
            }
            Err(reject) => (Placed::Reject(reject), None),
        }
    }

    /// Reads the lead of a row, if it is one. Whoever admits a lead routes it, or recalls what became
    /// of it, so that it is counted.
    pub fn admit(&mut self, cells: &Cells<'_>, line: u64, raw: &str) -> Result<Admitted, Reject> {
        let lead = self.read(cells);
        match self.admission.admit(self.router.project(), cells, &lead, line) {
            Ok(id) => {
                self.count_assumptions(&lead);
                Ok(Admitted { lead, id })
            }
            Err(refusal) => {
                self.summary.count_reject(refusal.kind);
                Err(Reject { line, reason: refusal.reason, row: raw.to_owned() })
            }
        }
    }

    /// Routes a lead that was admitted.
    pub fn route(
        &mut self,
        lead: Lead,
        line: u64,
        raw: &str,
        path: &mut impl trace::Observer,
        people: &mut impl assign::Observer,
    ) -> Placed {
        let mut passed = PassedOver { attempts: Vec::new(), other: people };
        let routed = self.router.route(&lead, path, &mut passed);
        let attempts = passed.attempts;
        self.settle(lead, routed, &attempts, line, raw)
    }

    /// Routes a lead that was admitted, and says all that was seen on its way.
    pub fn route_watched(&mut self, lead: Lead, line: u64, raw: &str) -> (Placed, Watched) {
        let (mut trace, mut attempts) = (Trace::default(), Vec::new());
        let routed = self.router.route(&lead, &mut trace, &mut attempts);
        let placed = self.settle(lead.clone(), routed.clone(), &attempts, line, raw);
        (placed, Watched { lead, routed, trace, attempts })
    }

    /// What decides leads for this batch, before it is their turn. `captured` is the field that a ledger
    /// takes the moment of capture from.
    pub fn decider(&self, watch: Watch, captured: Option<FieldId>) -> Decider<'p> {
        self.admission.decider(self.router.plan().clone(), watch, captured)
    }

    /// Sees whether leads, each with its line, have ids of their own: many in one go, as looking up one after
    /// the other means waiting for the memory each time.
    pub fn see<'d>(&mut self, leads: impl Iterator<Item = (&'d mut Decided, u64)>) {
        for (lead, line) in leads {
            let earlier = lead.mark.and_then(|mark| self.admission.see(mark, line));
            lead.earlier = earlier.and_then(NonZeroU64::new);
        }
    }

    /// Takes a lead that was decided and seen, whose id is `id`. Whoever takes a lead settles it, or recalls
    /// what became of it, so that it is counted.
    #[inline]
    pub fn take<'i>(&mut self, decided: &Decided, id: impl FnOnce() -> &'i str) -> Result<Outcome, Refusal> {
        if let Some(more) = &decided.more {
            self.summary.count_unread(&more.unread);
        }
        let refusal = match (&decided.outcome, decided.earlier) {
            (Ok(outcome), None) => {
                if let Some(more) = &decided.more {
                    self.count_broken(more);
                }
                return Ok(*outcome);
            }
            (Ok(_), Some(earlier)) => repeated(id(), earlier.get()),
            (Err(refusal), _) => (**refusal).clone(),
        };
        self.summary.count_reject(refusal.kind);
        Err(refusal)
    }

    fn count_broken(&mut self, more: &More) {
        let project = self.router.project();
        for place in &more.broken {
            self.summary.count_broken(&project.condition_text(&project.assumptions[*place as usize].node));
        }
    }

    /// Finds somebody for a lead that was taken; `Err` says why it is a reject.
    pub fn settle_decided(
        &mut self,
        outcome: Outcome,
        more: Option<&More>,
        people: &mut impl assign::Observer,
    ) -> Result<Told, String> {
        let values = |value| more.map_or(Cell::Blank, |more| more.value(value));
        let lead = more.and_then(|more| more.lead.as_ref()).unwrap_or(&self.nobody);
        let mut passed = PassedOver { attempts: Vec::new(), other: people };
        let routed = self.router.settle(outcome, &values, lead, &mut passed);
        let is_smooth = passed.attempts.is_empty() && more.is_none_or(|more| more.unread.is_empty());
        if is_smooth && routed.fate != Fate::Lost {
            self.summary.count(&routed);
            return Ok(Told { routed, words: more.and_then(|more| words(&more.owner, String::new())) });
        }
        self.tell(routed, more, &passed.attempts)
    }

    /// Counts a lead of which there is something to say.
    fn tell(&mut self, routed: Routed, more: Option<&More>, attempts: &[Attempt]) -> Result<Told, String> {
        let project = self.router.project();
        let unread = more.map_or(&[][..], |more| &more.unread);
        let note = note(project, unread, &routed, attempts);
        self.summary.count_passed_on(attempts);
        if let Some(loss) = loss(project, &routed) {
            self.summary.count_reject(loss.kind);
            return Err(if note.is_empty() { loss.reason } else { format!("{}; {note}", loss.reason) });
        }
        self.summary.count(&routed);
        Ok(Told { routed, words: words(more.map_or("", |more| &more.owner), note) })
    }

    /// Counts a lead that was assigned before this batch, or earlier in it.
    pub fn recall(&mut self, recalled: &Recalled) {
        self.summary.count_recalled(&recalled.past);
    }

    /// The counts so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    pub fn router(&self) -> &Router<'p> {
        &self.router
    }

    pub fn router_mut(&mut self) -> &mut Router<'p> {
        &mut self.router
    }

    /// Places a row that is no lead.
    pub fn place_malformed(&mut self, reject: Reject) -> Placed {
        self.count_malformed();
        Placed::Reject(reject)
    }

    /// Counts a row that is no lead, and that somebody else rejects.
    pub fn count_malformed(&mut self) {
        self.summary.count_reject("malformed row");
    }

    /// The counts; every row placed is in them exactly once.
    pub fn finish(&self) -> &Summary {
        assert!(self.summary.is_reconciled(), "every row that was read is in the output or in the rejects");
        &self.summary
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
        let note = note(project, &lead.unread, &routed, attempts);
        self.summary.count_passed_on(attempts);
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

/// Keeps the destinations that could not take the lead, and lets somebody else watch all of them.
struct PassedOver<'a, O> {
    attempts: Vec<Attempt>,
    other: &'a mut O,
}

impl<O: assign::Observer> assign::Observer for PassedOver<'_, O> {
    #[inline]
    fn tried(&mut self, glance: Glance<'_>, attempt: impl FnOnce() -> Attempt) {
        if glance.took.is_some() {
            return self.other.tried(glance, attempt);
        }
        let attempt = attempt();
        self.other.tried(glance, || attempt.clone());
        self.attempts.push(attempt);
    }
}

fn words(owner: &str, note: String) -> Option<Box<Words>> {
    let is_something = !owner.is_empty() || !note.is_empty();
    is_something.then(|| Box::new(Words { owner: owner.to_owned(), note }))
}

/// What was unusual: cells that could not be read, destinations that were passed over.
fn note(project: &Project, unread_cells: &[UnreadCell], routed: &Routed, attempts: &[Attempt]) -> String {
    if unread_cells.is_empty() && attempts.is_empty() {
        return String::new();
    }
    let unread = unread_cells.iter().map(|cell| unread(project, cell));
    let passed_over = attempts.iter().filter(|attempt| attempt.took.is_none());
    let passed_over = passed_over.map(|attempt| passed(project, routed, attempt));
    unread.chain(passed_over).collect::<Vec<String>>().join("; ")
}

fn passed(project: &Project, routed: &Routed, attempt: &Attempt) -> String {
    match (&attempt.meant, attempt.candidates.as_slice()) {
        (Meant::Nobody(nobody), _) => format!("{}: {nobody}", destination_name(project, routed, attempt)),
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
