//! Routing with a ledger: what it knows stays as it is, what it does not know is routed and recorded.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::assign::{Assignment, Attempt, Credit, State, Taker};
use crate::cell::Cell;
use crate::ids::{FieldId, RepId, TeamId};
use crate::io::Cells;
use crate::lead::Lead;
use crate::ledger::{
    Archived, BatchEntry, BatchKind, Decided, Decision, Division, Entry, Error, Ledger, Recorded, Waiting, Writing,
};
use crate::policy::{Action, Chain, DestinationKind, Method, Project, TeamChoice};
use crate::route::columns::{self, Column};
use crate::route::recalled::{Names, Recalled};
use crate::route::ways::{Path, Tried, Ways, push_text};
use crate::route::{Fate, Routed, Router, Row, Watched};

/// A batch as the ledger gets to know it.
pub struct Recording<'p> {
    project: &'p Project,
    names: Names,
    settings: Settings,
    writing: Writing,
    /// The state that the batch begins with.
    begun: State,
    divisions: Divisions,
    ways: Ways,
    /// What the ledger calls a decision, by the lead's way to it.
    decisions: FxHashMap<Box<[u32]>, Decided>,
    /// The same for leads that time hands on, by all there is to say of it.
    moves: FxHashMap<String, Decided>,
    /// Room for the cells of one lead.
    cells: String,
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
    Keep(Box<Recalled>),
    /// It is routed; in place of an earlier assignment, if there is one.
    Route(Option<Recorded>),
}

/// A lead that was routed, and all that there is to record of it.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// What the ledger knows it by.
    pub id: &'a str,
    pub cells: &'a Cells<'a>,
    pub row: &'a Row,
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
        });
        Recording {
            project,
            names: Names::of(project),
            settings,
            writing,
            begun,
            divisions: FxHashMap::default(),
            ways: Ways::default(),
            decisions: FxHashMap::default(),
            moves: FxHashMap::default(),
            cells: String::new(),
        }
    }

    /// The state that the batch begins with.
    pub fn begun(&self) -> &State {
        &self.begun
    }

    pub fn ledger(&self) -> &Ledger {
        self.writing.ledger()
    }

    /// What is to be done with a lead.
    ///
    /// A lead is moved once for one reason: if its latest assignment was made for the reason given now,
    /// it stays. So a run that was killed can be run again.
    pub fn verdict(&mut self, id: &str) -> Result<Verdict, Error> {
        let Some(recorded) = self.writing.recall(id)? else { return Ok(Verdict::Route(None)) };
        match &self.settings.reassign {
            Some(reason) if recorded.reason.as_ref() != Some(reason) => Ok(Verdict::Route(Some(recorded))),
            Some(_) | None => Ok(Verdict::Keep(Box::new(self.names.recall(self.project, recorded)))),
        }
    }

    /// Takes a lead from whoever has it, before it is routed again.
    pub fn take_back(&mut self, replaced: &Recorded, router: &mut Router<'_>) -> TakenFrom {
        if replaced.closed || replaced.assigned_kind != "rep" {
            return TakenFrom::Nobody;
        }
        match self.project.roster.rep_named(&replaced.assigned_to) {
            Some(rep) => {
                let open = router.open(rep);
                router.set_open(rep, open.saturating_sub(1));
                TakenFrom::Rep { rep, open }
            }
            None => TakenFrom::Gone(replaced.assigned_to.clone()),
        }
    }

    /// Nobody else could take it: it stays with whoever had it.
    pub fn give_back(&self, taken: &TakenFrom, router: &mut Router<'_>) {
        if let TakenFrom::Rep { rep, open } = taken {
            router.set_open(*rep, *open);
        }
    }

    /// Who watches the next lead that is routed.
    pub fn watch(&mut self) -> (&mut Path, &mut Tried) {
        self.ways.watch()
    }

    /// Somebody else has watched the lead.
    pub fn take(&mut self, watched: &Watched) {
        let chain = chain(self.project, &watched.routed);
        self.ways.take(Some(&watched.trace), chain, &watched.attempts);
    }

    /// Records a lead that was routed, as it was watched.
    pub fn enter(&mut self, seen: &Seen<'_>, router: &Router<'_>) -> Result<(), Error> {
        let Seen { id, cells, row, replaces } = *seen;
        let project = self.project;
        let decision = match self.decisions.get(self.ways.key(&row.routed, &row.owner)) {
            Some(known) => *known,
            None => self.decide(row, router)?,
        };
        let chain = chain(project, &row.routed);
        let amount = row.routed.assignment.and_then(|assignment| amount(&row.lead, balanced(chain, assignment)?));
        let note = Column::Note.text(project, &row.routed, &row.note, &row.owner);
        write_cells(&mut self.cells, project, cells);
        self.writing.record(&Entry {
            lead: id,
            decision,
            replaces: replaces.map(|(replaced, _)| replaced.assignment),
            captured_at: captured(&row.lead, self.settings.captured),
            balance_amount: amount,
            note: &note,
            cells: &self.cells,
        })?;
        if let Some((_, TakenFrom::Gone(rep))) = replaces {
            self.writing.release_gone(rep);
        }
        Ok(())
    }

    /// Has the ledger keep a decision that was not made before.
    fn decide(&mut self, row: &Row, router: &Router<'_>) -> Result<Decided, Error> {
        let project = self.project;
        let routed = &row.routed;
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
            assigned_to: columns::assigned_to(project, routed, &row.owner),
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
        self.decisions.insert(self.ways.key(routed, &row.owner).into(), decided);
        Ok(decided)
    }

    /// Records a lead that time has handed on.
    pub fn enter_moved(&mut self, moved: &Moved<'_>, router: &Router<'_>) -> Result<i64, Error> {
        let Moved { waiting, lead, chain, assignment, attempts, taken, .. } = *moved;
        self.ways.take(None, chain, attempts);
        let number = self.decide_moved(moved, router)?;
        let amount = balanced(chain, assignment).and_then(|field| amount(lead, field));
        let number = self.writing.record(&Entry {
            lead: &waiting.lead,
            decision: number,
            replaces: Some(waiting.recorded.assignment),
            captured_at: waiting.captured_at,
            balance_amount: amount,
            note: "",
            cells: &waiting.cells.object(),
        })?;
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
        let recorded = &waiting.recorded;
        let trace = self.ways.trace(project, chain, Some(assignment.taker));
        let division = self.divide(assignment.team)?;
        let key = format!(
            "{reason}\n{}\n{}\n{}\n{assigned_kind}\n{assigned_to}\n{division:?}\n{trace}",
            recorded.policy, recorded.rule, recorded.route_type
        );
        if let Some(known) = self.moves.get(&key) {
            return Ok(*known);
        }
        let mark = Some(recorded.route_type.as_str()).filter(|mark| !mark.is_empty());
        let field = balanced(chain, assignment);
        let decided = self.writing.decide(&Decision {
            reason: Some(reason),
            rule: (!recorded.rule.is_empty()).then_some((&*recorded.policy, &*recorded.rule, mark)),
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
    pub fn commit(self) -> Result<Ledger, Error> {
        self.writing.commit()
    }
}

fn captured(lead: &Lead, field: Option<FieldId>) -> Option<Timestamp> {
    match lead.cells[field?] {
        Cell::Timestamp(moment) => Some(moment),
        _ => None,
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

/// Every cell as it stands in the file, in the order of the fields: `["L-1","Germany"]`.
fn write_cells(json: &mut String, project: &Project, cells: &Cells<'_>) {
    json.clear();
    json.push('[');
    for field in 0..project.lead.fields.len() {
        if field > 0 {
            json.push(',');
        }
        push_text(json, cells.get(field).unwrap_or_default());
    }
    json.push(']');
}
