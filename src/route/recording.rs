//! Routing with a ledger: what it knows stays as it is, what it does not know is routed and recorded.

use std::fmt::Write as _;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::assign::{Assignment, Attempt, Candidate, Credit, Meant, Standing, State, Taker};
use crate::cell::Cell;
use crate::ids::{FieldId, Id, RepId, RuleId, TeamId};
use crate::io::Cells;
use crate::lead::Lead;
use crate::ledger::{Archived, BatchEntry, BatchKind, Division, Entry, Error, Ledger, Recorded, Waiting, Writing};
use crate::policy::{Action, Chain, Comparison, DestinationKind, Method, Project, TeamChoice};
use crate::route::columns::{self, Column};
use crate::route::recalled::{Names, Recalled};
use crate::route::{Fate, Router, Row};
use crate::trace::{Group, Observer, Trace};

/// A batch as the ledger gets to know it.
pub struct Recording<'p> {
    project: &'p Project,
    names: Names,
    settings: Settings,
    writing: Writing,
    /// The state that the batch begins with.
    begun: State,
    divisions: Divisions,
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
    pub path: &'a Path,
    pub attempts: &'a [Attempt],
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

/// Watches which rules take the lead on, and nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Path(pub Vec<RuleId>);

impl Observer for Path {
    const COMPLETE: bool = false;

    fn enter(&mut self, _: crate::ids::PolicyId) {}
    fn compared(&mut self, _: &Comparison, _: &Cell, _: bool) {}
    fn open(&mut self, _: Group) {}
    fn close(&mut self, _: bool) {}
    fn tried(&mut self, rule: RuleId, verdict: crate::trace::Verdict) {
        if verdict == crate::trace::Verdict::Held {
            self.0.push(rule);
        }
    }
}

impl From<&Trace> for Path {
    fn from(trace: &Trace) -> Path {
        let last = trace.steps.iter().filter_map(|step| step.tried.last());
        let held = last.filter(|tried| tried.verdict == crate::trace::Verdict::Held);
        Path(held.map(|tried| tried.rule).collect())
    }
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
            openings: writing.held().openings(&begun, project),
        });
        Recording { project, names: Names::of(project), settings, writing, begun, divisions: FxHashMap::default() }
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
    pub fn verdict(&self, id: &str) -> Result<Verdict, Error> {
        let Some(recorded) = self.writing.ledger().recall(id)? else { return Ok(Verdict::Route(None)) };
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

    /// Records a lead that was routed.
    pub fn enter(&mut self, seen: &Seen<'_>, router: &Router<'_>) -> Result<(), Error> {
        let Seen { id, cells, row, path, attempts, replaces } = *seen;
        let project = self.project;
        let routed = &row.routed;
        let rule = routed.rule().map(|rule| &project.rules[rule]);
        let policy = rule.map(|rule| &project.policies[rule.policy]);
        let chain = match rule.map(|rule| &rule.action) {
            Some(Action::Assign(chain)) => chain,
            Some(Action::GoTo(_) | Action::Reject(_) | Action::KeepOwner) | None => &Chain::EMPTY,
        };
        let took = attempts.last().filter(|attempt| attempt.took.is_some());
        let destination = match took {
            Some(attempt) => project.destination_name(&chain.links[attempt.link].kind),
            None => columns::kind(routed.fate).to_owned(),
        };
        let team = routed.assignment.and_then(|assignment| assignment.team);
        let division = match team.zip(took) {
            Some((team, attempt)) => divide(project, &mut self.divisions, &mut self.writing, team, attempt)?,
            None => None,
        };
        let note = Column::Note.text(project, routed, &row.note, &row.owner);
        let entry = Entry {
            lead: id,
            replaces: replaces.map(|(replaced, _)| replaced.assignment),
            reason: self.settings.reassign.as_deref(),
            captured_at: self.captured(row),
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
            balance: routed.assignment.and_then(|assignment| balance(project, &row.lead, chain, assignment)),
            note: &note,
            trace: &trace(project, path, chain, attempts),
            lead_cells: &lead_cells(project, cells),
        };
        self.writing.record(&entry)?;
        if let Some((_, TakenFrom::Gone(rep))) = replaces {
            self.writing.release_gone(rep);
        }
        Ok(())
    }

    /// Records a lead that time has handed on.
    pub fn enter_moved(&mut self, moved: &Moved<'_>, router: &Router<'_>) -> Result<i64, Error> {
        let Moved { waiting, lead, chain, assignment, attempts, reason, taken } = *moved;
        let project = self.project;
        let division = match assignment.team.zip(attempts.last()) {
            Some((team, attempt)) => divide(project, &mut self.divisions, &mut self.writing, team, attempt)?,
            None => None,
        };
        let (assigned_to, assigned_kind, day) = match assignment.taker {
            Taker::Rep(rep) => (&project.roster.reps[rep].name, "rep", Some(router.today(rep))),
            Taker::Queue(queue) => (&project.queues[queue].name, "queue", None),
        };
        let recorded = &waiting.recorded;
        let mark = Some(recorded.route_type.as_str()).filter(|mark| !mark.is_empty());
        let entry = Entry {
            lead: &waiting.lead,
            replaces: Some(recorded.assignment),
            reason: Some(reason),
            captured_at: waiting.captured_at,
            rule: (!recorded.rule.is_empty()).then_some((&*recorded.policy, &*recorded.rule, mark)),
            destination: &project.destination_name(&chain.links[assignment.link].kind),
            assigned_to,
            assigned_kind,
            day,
            team: assignment.team.map(|team| project.roster.teams[team].name.as_str()),
            division,
            balance: balance(project, lead, chain, assignment),
            note: "",
            trace: &trace(project, &Path::default(), chain, attempts),
            lead_cells: &waiting.lead_cells,
        };
        let number = self.writing.record(&entry)?;
        if let TakenFrom::Gone(rep) = taken {
            self.writing.release_gone(rep);
        }
        Ok(number)
    }

    /// Ends the batch, in its transaction; `summary` is what was counted, as JSON.
    pub fn finish(&mut self, router: &Router<'_>, summary: &str) -> Result<(), Error> {
        self.writing.finish(self.project, router.state(), summary)
    }

    /// Makes it last.
    pub fn commit(self) -> Result<Ledger, Error> {
        self.writing.commit()
    }

    fn captured(&self, row: &Row) -> Option<Timestamp> {
        match row.lead.cells[self.settings.captured?] {
            Cell::Timestamp(moment) => Some(moment),
            _ => None,
        }
    }
}

/// How a lead was divided among a team that takes turns.
fn divide(
    project: &Project,
    divisions: &mut Divisions,
    writing: &mut Writing,
    team: TeamId,
    attempt: &Attempt,
) -> Result<Option<Division>, Error> {
    let share = |candidate: &Candidate| match candidate.standing {
        Some(Standing::Rotation { share, .. }) => Some((candidate.rep, share)),
        Some(Standing::Load { .. } | Standing::Balance { .. }) | None => None,
    };
    let shares: Vec<(RepId, Credit)> = attempt.candidates.iter().filter_map(share).collect();
    if shares.is_empty() {
        return Ok(None);
    }
    let key = (team, shares);
    if let Some(known) = divisions.get(&key) {
        return Ok(Some(*known));
    }
    let roster = &project.roster;
    let named = key.1.iter().map(|(rep, share)| (roster.reps[*rep].name.as_str(), *share));
    let division = writing.division(&roster.teams[team].name, named)?;
    divisions.insert(key, division);
    Ok(Some(division))
}

/// What the lead added to a running total.
fn balance<'p>(
    project: &'p Project,
    lead: &Lead,
    chain: &Chain,
    assignment: Assignment,
) -> Option<(&'p str, rust_decimal::Decimal)> {
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
    let Some(Method::BalanceOf(field)) = method else { return None };
    let Cell::Number(amount) = lead.cells[field] else { return None };
    Some((&project.lead.fields[field].name, amount))
}

/// Every cell that is not empty, as it stands in the file: `{"id":"L-1","country":"Germany"}`.
fn lead_cells(project: &Project, cells: &Cells<'_>) -> String {
    let mut json = Json::object();
    for (id, field) in project.lead.fields.iter_with_ids() {
        if let Some(text) = cells.get(id.index()).filter(|text| !text.is_empty()) {
            json.member(&field.name, text);
        }
    }
    json.end()
}

/// The rules that took the lead on, and the destinations that were tried: who could not take it and why.
fn trace(project: &Project, path: &Path, chain: &Chain, attempts: &[Attempt]) -> String {
    let mut json = String::from("{\"path\":[");
    for (place, rule) in path.0.iter().enumerate() {
        if place > 0 {
            json.push(',');
        }
        push_text(&mut json, &project.rule_name(*rule));
    }
    json.push_str("],\"tried\":[");
    for (place, attempt) in attempts.iter().enumerate() {
        if place > 0 {
            json.push(',');
        }
        json.push_str(&tried(project, chain, attempt));
    }
    json.push_str("]}");
    json
}

fn tried(project: &Project, chain: &Chain, attempt: &Attempt) -> String {
    let mut json = Json::object();
    json.member("destination", &project.destination_name(&chain.links[attempt.link].kind));
    if let Meant::Nobody(why) = &attempt.meant {
        json.member("nobody", &why.to_string());
    }
    let mut skipped = Json::object();
    for candidate in &attempt.candidates {
        if let Some(why) = &candidate.why_not {
            skipped.member(&project.roster.reps[candidate.rep].name, &why.to_string());
        }
    }
    if !skipped.is_empty() {
        json.raw("skipped", &skipped.end());
    }
    match attempt.took {
        Some(Taker::Rep(rep)) => json.member("took", &project.roster.reps[rep].name),
        Some(Taker::Queue(queue)) => json.member("took", &project.queues[queue].name),
        None => {}
    }
    json.end()
}

/// A JSON object that grows: a lead is written in one go, without a tree of it.
struct Json(String);

impl Json {
    fn object() -> Json {
        Json(String::from("{"))
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 1
    }

    fn member(&mut self, name: &str, text: &str) {
        self.key(name);
        push_text(&mut self.0, text);
    }

    fn raw(&mut self, name: &str, json: &str) {
        self.key(name);
        self.0.push_str(json);
    }

    fn key(&mut self, name: &str) {
        if !self.is_empty() {
            self.0.push(',');
        }
        push_text(&mut self.0, name);
        self.0.push(':');
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn push_text(json: &mut String, text: &str) {
    let plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    let written = if plain {
        write!(json, "\"{text}\"")
    } else {
        write!(json, "{}", serde_json::to_string(text).expect("text is always JSON"))
    };
    written.expect("a string takes what is written to it");
}
