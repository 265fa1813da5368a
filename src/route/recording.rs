//! Routing with a ledger: what it knows stays as it is, what it does not know is routed and recorded.

use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::assign::{Assignment, Attempt, Credit, State, Taker};
use crate::cell::Cell;
use crate::ids::{FieldId, RepId, RuleId, TeamId};
use crate::lead::Lead;
use crate::ledger::{
    Archived, BatchEntry, BatchKind, Decided, Decision, Division, Entered, Entry, Error, Ledger, Page, Recorded,
    Waiting, Writing,
};
use crate::policy::{Action, Chain, DestinationKind, Method, Project, TeamChoice};
use crate::route::columns::{self, Column};
use crate::route::known::{Hint, Known, Place};
use crate::route::once::{Mark, Marker};
use crate::route::recalled::{Names, PastDecision, Recalled};
use crate::route::ways::{Tried, Ways};
use crate::route::{Fate, Routed, Router, Told, Watched};

/// A batch as the ledger gets to know it.
pub struct Recording<'p> {
    project: &'p Project,
    names: Names,
    settings: Settings,
    writing: Writing,
    known: Known,
    /// How much of the leads has come, from 0 to 1.
    come: f64,
    /// Decisions that were made before, as far as leads have come that were decided so.
    past: FxHashMap<Decided, Arc<PastDecision>>,
    /// The state that the batch begins with.
    begun: State,
    divisions: Divisions,
    ways: Ways,
    /// What the ledger calls a decision, by the lead's way to it.
    decisions: FxHashMap<Box<[u32]>, Decided>,
    /// The same for leads that time hands on, by all there is to say of it.
    moves: FxHashMap<String, Decided>,
}

/// A team and the shares of a lead → how the ledger calls it.
type Divisions = FxHashMap<(TeamId, Vec<(RepId, Credit)>), Division>;

/// How a batch is recorded.
#[derive(Clone, Debug)]
pub struct Settings {
    pub now: Timestamp,
    /// The field that holds the moment at which a lead was captured.
    pub captured: Option<FieldId>,
    /// Leads that are known are routed again, for this reason.
    pub reassign: Option<String>,
    /// Open leads as somebody else has just counted them: they take the place of the ledger's.
    pub open: Vec<(RepId, u32)>,
}

/// Where a batch comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    pub kind: BatchKind,
    /// The file that was read, as the user named it.
    pub input: Option<String>,
    /// What stands before the project's file names to find them from where the user stood.
    pub project: String,
    pub archived: Archived,
}

/// What is to be done with a lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It stays as it was assigned.
    Keep(Recalled),
    /// It is routed; in place of an earlier assignment, if there is one.
    Route(Option<Recorded>),
}

/// A lead that comes.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// What the ledger knows it by.
    pub id: &'a str,
    pub place: Place,
    /// Its row of the page in hand.
    pub row: usize,
    /// The rules that took it on.
    pub path: &'a [RuleId],
}

/// A lead that was routed, and all that there is to record of it.
#[derive(Clone, Copy)]
pub struct Entering<'a> {
    pub arrival: Arrival<'a>,
    pub told: &'a Told,
    /// The lead, if its rule's chain adds up a field of it.
    pub lead: Option<&'a Lead>,
    /// The assignment that it had, and who had it by that.
    pub replaces: Option<(&'a Recorded, &'a TakenFrom)>,
}

/// A lead that time has handed on, and all that there is to record of it.
#[derive(Clone, Copy)]
pub struct Moved<'a> {
    pub waiting: &'a Waiting,
    pub lead: &'a Lead,
    /// Who was to take it, and who did.
    pub chain: &'a Chain,
    pub assignment: Assignment,
    pub attempts: &'a [Attempt],
    pub reason: &'a str,
    pub taken: &'a TakenFrom,
}

/// Who had a lead that is routed again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TakenFrom {
    Nobody,
    /// With the open leads they had.
    Rep {
        rep: RepId,
        open: u32,
    },
    /// Somebody whom the roster no longer has.
    Gone(String),
}

impl<'p> Recording<'p> {
    pub fn new(project: &'p Project, mut writing: Writing, settings: Settings, origin: Origin) -> Recording<'p> {
        let mut begun = writing.held().state(project);
        settings.open.iter().for_each(|(rep, open)| begun.reps[*rep].open = *open);
        writing.begin_batch(BatchEntry {
            kind: origin.kind,
            at: settings.now,
            input: origin.input,
            project: Some(origin.project),
            archived: Some(origin.archived),
            fields: project.lead.fields.iter().map(|field| field.name.clone()).collect(),
            openings: writing.held().openings(&begun, project),
            counts: !settings.open.is_empty(),
        });
        let known = Known::of_ledger_with(writing.before(), writing.highest_before().to_owned());
        Recording {
            project,
            names: Names::of(project),
            settings,
            writing,
            begun,
            known,
            come: 1.0,
            past: FxHashMap::default(),
            divisions: FxHashMap::default(),
            ways: Ways::default(),
            decisions: FxHashMap::default(),
            moves: FxHashMap::default(),
        }
    }

    /// The state that the batch begins with.
    pub fn begun(&self) -> &State {
        &self.begun
    }

    pub fn ledger(&self) -> &Ledger {
        self.writing.ledger()
    }

    /// The ledger, which has an assignment in its table even if it is of this run.
    pub fn ledger_with(&mut self, assignment: i64) -> Result<&Ledger, Error> {
        self.writing.catch_up_to(assignment)?;
        Ok(self.writing.ledger())
    }

    /// What makes the marks of leads that come.
    pub fn marker(&self) -> &Marker {
        self.known.marker()
    }

    /// Turns to the leads of a block: to the page on which they have been written down, and by their marks to their
    /// `places`. With them so much of the leads has come, from 0 to 1, or 1 if nobody knows. The answer is a page on
    /// which nothing stands.
    pub fn turn_to(
        &mut self,
        page: Page,
        marks: impl Iterator<Item = Mark>,
        come: f64,
        places: &mut Vec<Place>,
    ) -> Result<Page, Error> {
        self.come = come;
        places.clear();
        places.extend(marks.map(|mark| self.known.place(mark)));
        self.writing.turn_to(page)?;
        Ok(self.writing.blank().unwrap_or_default())
    }

    /// The field that holds the moment at which a lead was captured.
    pub fn captured(&self) -> Option<FieldId> {
        self.settings.captured
    }

    /// What is to be done with a lead.
    ///
    /// If its latest assignment was made for the reason given now, it stays. So a run that was killed can be run again.
    pub fn verdict(&mut self, arrival: &Arrival<'_>) -> Result<Verdict, Error> {
        let Some(latest) = self.latest(arrival)? else { return Ok(Verdict::Route(None)) };
        let past = self.past(latest.decision)?;
        match &self.settings.reassign {
            Some(reason) if past.made.reason.as_ref() != Some(reason) => {
                self.writing.recorded(latest.assignment).map(|recorded| Verdict::Route(Some(recorded)))
            }
            Some(_) | None => {
                let note = if latest.has_note { self.writing.note_of(latest.assignment)? } else { String::new() };
                Ok(Verdict::Keep(Recalled { assignment: latest.assignment, note, past }))
            }
        }
    }

    /// The latest assignment of a lead; of this run's, too.
    fn latest(&mut self, arrival: &Arrival<'_>) -> Result<Option<Entered>, Error> {
        if self.known.is_worth_reading(self.come) {
            self.writing.each_before(|lead, entered| self.known.note_named(lead, entered))?;
            self.known.complete();
        }
        match self.known.hint(arrival.id, arrival.place) {
            Hint::New => Ok(None),
            Hint::Latest(latest) => Ok(Some(latest)),
            Hint::Ask => self.writing.latest_of(arrival.id),
        }
    }

    fn past(&mut self, decision: Decided) -> Result<Arc<PastDecision>, Error> {
        if let Some(past) = self.past.get(&decision) {
            return Ok(Arc::clone(past));
        }
        let past = Arc::new(self.names.recall(self.project, self.writing.made(decision)?));
        self.past.insert(decision, Arc::clone(&past));
        Ok(past)
    }

    /// Takes a lead from whoever has it, before it is routed again.
    pub fn take_back(&mut self, replaced: &Recorded, router: &mut Router<'_>) -> TakenFrom {
        let made = &replaced.made;
        if replaced.closed || made.assigned_kind != "rep" {
            return TakenFrom::Nobody;
        }
        match self.project.roster.rep_named(&made.assigned_to) {
            Some(rep) => {
                let open = router.open(rep);
                router.set_open(rep, open.saturating_sub(1));
                TakenFrom::Rep { rep, open }
            }
            None => TakenFrom::Gone(made.assigned_to.clone()),
        }
    }

    /// Nobody else could take it: it stays with whoever had it.
    pub fn give_back(&self, taken: &TakenFrom, router: &mut Router<'_>) {
        if let TakenFrom::Rep { rep, open } = taken {
            router.set_open(*rep, *open);
        }
    }

    /// Who watches the destinations of the next lead that is routed, which came by a path.
    pub fn watch(&mut self, path: &[RuleId]) -> &mut Tried {
        self.ways.watch(path)
    }

    /// Somebody else has watched the lead.
    pub fn take(&mut self, path: &[RuleId], watched: &Watched) {
        self.ways.take(path, chain(self.project, &watched.routed), &watched.attempts);
    }

    /// Records a lead that was routed, as it was watched.
    pub fn enter(&mut self, entering: &Entering<'_>, router: &Router<'_>) -> Result<(), Error> {
        let Entering { arrival: Arrival { place, row, .. }, told, lead, replaces } = *entering;
        let Told { routed, .. } = told;
        let (owner, note) = (told.owner(), told.note());
        let decision = match self.decisions.get(self.ways.key(routed, owner)) {
            Some(known) => *known,
            None => self.decide(told, router)?,
        };
        let field = routed.assignment.and_then(|assignment| balanced(chain(self.project, routed), assignment));
        let note = Column::Note.text(self.project, routed, note, owner);
        let entry = Entry::of(decision)
            .replacing(replaces.map(|(replaced, _)| replaced.assignment))
            .balancing(lead.zip(field).and_then(|(lead, field)| amount(lead, field)))
            .noting(&note);
        let assignment = self.writing.enter(row, entry);
        self.known.note(place, Entered { assignment, decision, has_note: !note.is_empty() });
        if self.known.is_complete() {
            self.writing.put_off_index(self.come)?;
        }
        if let Some((_, TakenFrom::Gone(rep))) = replaces {
            self.writing.release_gone(rep);
        }
        Ok(())
    }

    /// Has the ledger keep a decision that was not made before.
    fn decide(&mut self, told: &Told, router: &Router<'_>) -> Result<Decided, Error> {
        let project = self.project;
        let Told { routed, .. } = told;
        let owner = told.owner();
        let rule = routed.rule().map(|rule| &project.rules[rule]);
        let policy = rule.map(|rule| &project.policies[rule.policy]);
        let chain = chain(project, routed);
        let taker = routed.assignment.map(|assignment| assignment.taker);
        let destination = match self.ways.took(taker) {
            Some(attempt) => project.destination_name(&chain.links[attempt.link].kind),
            None => columns::kind(routed.fate).to_owned(),
        };
        let team = routed.assignment.and_then(|assignment| assignment.team);
        let division = self.divide(team)?;
        let field = routed.assignment.and_then(|assignment| balanced(chain, assignment));
        let decided = self.writing.decide(&Decision {
            reason: self.settings.reassign.as_deref(),
            rule: rule.zip(policy).map(|(rule, policy)| {
                (policy.name.as_str(), rule.name.as_str(), crate::route::route_type(policy.mark))
            }),
            destination: &destination,
            assigned_to: columns::assigned_to(project, routed, owner),
            assigned_kind: columns::kind(routed.fate),
            day: match routed.fate {
                Fate::Rep(rep) => Some(router.today(rep)),
                Fate::Queue(_) | Fate::Kept | Fate::Rejected | Fate::Lost => None,
            },
            team: team.map(|team| project.roster.teams[team].name.as_str()),
            division,
            balance_field: field.map(|field| project.lead.fields[field].name.as_str()),
            trace: &self.ways.trace(project, chain, taker),
        })?;
        self.decisions.insert(self.ways.key(routed, owner).into(), decided);
        Ok(decided)
    }

    /// Records a lead that time has handed on.
    pub fn enter_moved(&mut self, moved: &Moved<'_>, router: &Router<'_>) -> Result<i64, Error> {
        let Moved { waiting, lead, chain, assignment, attempts, taken, .. } = *moved;
        self.ways.take(&[], chain, attempts);
        let entry = Entry::of(self.decide_moved(moved, router)?)
            .replacing(Some(waiting.recorded.assignment))
            .balancing(balanced(chain, assignment).and_then(|field| amount(lead, field)));
        let number = self.writing.record(&waiting.lead, waiting.captured_at, &waiting.cells.object(), entry)?;
        if let TakenFrom::Gone(rep) = taken {
            self.writing.release_gone(rep);
        }
        Ok(number)
    }

    fn decide_moved(&mut self, moved: &Moved<'_>, router: &Router<'_>) -> Result<Decided, Error> {
        let Moved { waiting, chain, assignment, reason, .. } = *moved;
        let project = self.project;
        let (assigned_to, assigned_kind, day) = match assignment.taker {
            Taker::Rep(rep) => (&project.roster.reps[rep].name, "rep", Some(router.today(rep))),
            Taker::Queue(queue) => (&project.queues[queue].name, "queue", None),
        };
        let past = &waiting.recorded.made;
        let trace = self.ways.trace(project, chain, Some(assignment.taker));
        let division = self.divide(assignment.team)?;
        let key = format!(
            "{reason}\n{}\n{}\n{}\n{assigned_kind}\n{assigned_to}\n{division:?}\n{trace}",
            past.policy, past.rule, past.route_type
        );
        if let Some(known) = self.moves.get(&key) {
            return Ok(*known);
        }
        let mark = Some(past.route_type.as_str()).filter(|mark| !mark.is_empty());
        let field = balanced(chain, assignment);
        let decided = self.writing.decide(&Decision {
            reason: Some(reason),
            rule: (!past.rule.is_empty()).then_some((&*past.policy, &*past.rule, mark)),
            destination: &project.destination_name(&chain.links[assignment.link].kind),
            assigned_to,
            assigned_kind,
            day,
            team: assignment.team.map(|team| project.roster.teams[team].name.as_str()),
            division,
            balance_field: field.map(|field| project.lead.fields[field].name.as_str()),
            trace: &trace,
        })?;
        self.moves.insert(key, decided);
        Ok(decided)
    }

    /// How the lead was divided among a team that takes turns.
    fn divide(&mut self, team: Option<TeamId>) -> Result<Option<Division>, Error> {
        let Some(team) = team else { return Ok(None) };
        let shares = self.ways.shares();
        if shares.is_empty() {
            return Ok(None);
        }
        let key = (team, shares);
        if let Some(known) = self.divisions.get(&key) {
            return Ok(Some(*known));
        }
        let roster = &self.project.roster;
        let named = key.1.iter().map(|(rep, share)| (roster.reps[*rep].name.as_str(), *share));
        let division = self.writing.division(&roster.teams[team].name, named)?;
        self.divisions.insert(key, division);
        Ok(Some(division))
    }

    /// Ends the batch, in its transaction; `summary` is what was counted, as JSON.
    pub fn finish(&mut self, router: &Router<'_>, summary: &str) -> Result<(), Error> {
        self.writing.finish(self.project, router.state(), summary)
    }

    /// Makes it last.
    pub fn commit(self) -> Result<(), Error> {
        // The process ends soon after. To give back what is known of millions of leads only takes time.
        std::mem::forget(self.known);
        self.writing.commit()
    }
}

/// The chain of the rule that decided.
fn chain<'p>(project: &'p Project, routed: &Routed) -> &'p Chain {
    static NONE: Chain = Chain::EMPTY;
    match routed.rule().map(|rule| &project.rules[rule].action) {
        Some(Action::Assign(chain)) => chain,
        Some(Action::GoTo(_) | Action::Reject(_) | Action::KeepOwner) | None => &NONE,
    }
}

/// The field whose running total decided.
fn balanced(chain: &Chain, assignment: Assignment) -> Option<FieldId> {
    assignment.team?;
    let method = match &chain.links[assignment.link].kind {
        DestinationKind::Team(TeamChoice { method, .. }) => *method,
        DestinationKind::Value(TeamChoice { method, .. }) => *method,
        DestinationKind::Rep(_)
        | DestinationKind::Queue(_)
        | DestinationKind::ManagerOf(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => None,
    };
    match method {
        Some(Method::BalanceOf(field)) => Some(field),
        Some(Method::RoundRobin | Method::Weight | Method::Load) | None => None,
    }
}

/// What the lead added to a running total.
fn amount(lead: &Lead, field: FieldId) -> Option<rust_decimal::Decimal> {
    match lead.cells[field] {
        Cell::Number(amount) => Some(amount),
        _ => None,
    }
}
