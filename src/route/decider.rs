//! What can be said of a lead before it is its turn: which rule decides, and whatever else depends on
//! nothing but the lead. Many may be decided at once; [`Batch`](super::Batch) then takes them in order.

use std::borrow::Cow;
use std::num::NonZeroU64;

use jiff::Timestamp;
use smallvec::SmallVec;

use super::admission::{Refusal, id_field, unfit, write_id};
use super::dossiers::Dossiers;
use super::once::{Mark, Marker};
use crate::cell::Cell;
use crate::ids::{FieldId, Id, IdVec, RuleId, ValueId};
use crate::io::RecordRef;
use crate::lead::{Keep, Lead, Memory, Row, UnreadCell};
use crate::plan::{self, Facts, Outcome, Plan};
use crate::policy::{Action, Chain, DestinationKind, Method, Project};
use crate::trace::Trace;

/// Decides leads, each for itself.
#[derive(Debug)]
pub struct Decider<'p> {
    plan: Plan<'p>,
    /// A cell that does not fit its type rejects its row.
    strict: bool,
    /// The field that a ledger knows leads by.
    known_by: Option<FieldId>,
    marker: Marker,
    watch: Watch,
    keep: Keep,
    /// The field that holds when a lead was captured, for a ledger.
    captured: Option<FieldId>,
    asks: IdVec<RuleId, Asks>,
}

/// How closely leads are looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Watch {
    Nothing,
    /// For a ledger: what goes into dossiers.
    Path,
    /// Everything.
    Trace,
}

/// Room for the lead in hand, and what is remembered of those before.
#[derive(Debug, Default)]
pub struct Room {
    lead: Lead,
    memory: Memory,
    trace: Trace,
}

/// What somebody has to know of a lead to follow a rule's chain.
#[derive(Debug, Default)]
struct Asks {
    values: Box<[ValueId]>,
    /// A number of the lead is added to a total.
    cells: bool,
    /// Who has the lead keeps it.
    owner: bool,
}

/// What became of a row so far.
#[derive(Debug)]
pub struct Decided {
    pub outcome: Result<Outcome, Box<Refusal>>,
    /// What its id is known by, if leads have one.
    pub mark: Option<Mark>,
    /// The line of an earlier lead with this id, as [`Batch::see`](super::Batch::see) finds it.
    pub earlier: Option<NonZeroU64>,
    /// Whatever few leads have.
    pub more: Option<Box<More>>,
}

/// What is to be said of a lead besides.
#[derive(Debug, Default)]
pub struct More {
    pub unread: Vec<UnreadCell>,
    /// The `assume`s that it breaks, by their place.
    pub broken: SmallVec<[u32; 2]>,
    /// The values that its rule's chain asks for.
    pub values: SmallVec<[(ValueId, Cell); 1]>,
    /// Who had the lead before, if its rule leaves it there.
    pub owner: String,
    /// The lead, if it will be looked at again.
    pub lead: Option<Lead>,
    /// All that was seen of the lead, if it is looked at so closely; then the lead is kept, too.
    pub trace: Option<Trace>,
}

impl<'p> Decider<'p> {
    pub(super) fn new(
        plan: Plan<'p>,
        strict: bool,
        known_by: Option<FieldId>,
        marker: Marker,
        watch: Watch,
        captured: Option<FieldId>,
    ) -> Decider<'p> {
        let asks = plan.project.rules.iter().map(|rule| match &rule.action {
            Action::Assign(chain) => Asks::of(chain),
            Action::KeepOwner => Asks { owner: true, ..Asks::default() },
            Action::GoTo(_) | Action::Reject(_) => Asks::default(),
        });
        let asks = asks.collect();
        let keep = match watch {
            Watch::Nothing | Watch::Path => Keep::needed(plan.project, known_by),
            Watch::Trace => Keep::everything(&plan.project.lead),
        };
        Decider { plan, strict, known_by, marker, watch, keep, captured, asks }
    }

    pub fn project(&self) -> &'p Project {
        self.plan.project
    }

    /// Decides the lead of a row, whose cells are at `places`; in `room`. The text of its id is
    /// written to `ids`, and what a ledger has to know of it to `dossiers`.
    pub fn decide(
        &self,
        record: RecordRef<'_>,
        places: &[Option<usize>],
        room: &mut Room,
        ids: &mut String,
        dossiers: &mut Dossiers,
    ) -> Decided {
        let project = self.project();
        let raw = |field: FieldId| places[field.index()].and_then(|place| record.cell(place));
        let Room { lead: desk, memory, trace } = room;
        let (block, timezone, text) = (&project.lead, &project.timezone, record.raw());
        match record.marked() {
            Some(marked) => {
                let places = move |field: usize| marked.place(places[field]?);
                desk.read_again(block, timezone, Row { text, places, cell: raw }, &self.keep, memory);
            }
            None => desk.read_again(block, timezone, Row { text, places: |_| None, cell: raw }, &self.keep, memory),
        }
        let before = ids.len();
        let mark = match self.admit(desk, raw, ids) {
            Ok(mark) => mark,
            Err(refusal) => {
                let more = More { unread: std::mem::take(&mut desk.unread), ..More::default() };
                return Decided { outcome: Err(Box::new(refusal)), mark: None, earlier: None, more: more.boxed() };
            }
        };
        let facts = Facts::new(project, desk);
        let (outcome, seen) = self.look(&facts, trace, dossiers);
        if self.known_by.is_some() {
            dossiers.close(&ids[before..], record, places, captured(desk, self.captured));
        }
        if seen.is_none() && self.says_all(outcome) && desk.unread.is_empty() {
            return Decided { outcome: Ok(outcome), mark, earlier: None, more: None };
        }
        let mut more = More::default();
        let holds = |place: &u32| plan::holds(&project.assumptions[*place as usize].node, &facts, &mut ());
        more.broken = (0..project.assumptions.len() as u32).filter(|place| !holds(place)).collect();
        if let Outcome::Decided(rule) = outcome {
            self.answer(rule, &facts, &mut more);
        }
        more.trace = seen.cloned();
        if more.trace.is_some() {
            more.lead = Some(facts.lead.clone());
        }
        drop(facts);
        more.unread = std::mem::take(&mut desk.unread);
        Decided { outcome: Ok(outcome), mark, earlier: None, more: more.boxed() }
    }

    /// What may come only once, or why the row is refused.
    fn admit<'a>(
        &self,
        lead: &Lead,
        raw: impl Fn(FieldId) -> Option<Cow<'a, str>>,
        ids: &mut String,
    ) -> Result<Option<Mark>, Refusal> {
        let project = self.project();
        if let Some(refusal) = unfit(project, lead, self.strict) {
            return Err(refusal);
        }
        let Some(by) = id_field(project, lead, self.known_by)? else { return Ok(None) };
        let from = ids.len();
        write_id(project, lead, by, raw, ids);
        Ok(Some(self.marker.mark(&ids[from..])))
    }

    fn look<'t>(
        &self,
        facts: &Facts<'_>,
        trace: &'t mut Trace,
        dossiers: &mut Dossiers,
    ) -> (Outcome, Option<&'t Trace>) {
        match self.watch {
            Watch::Nothing => (plan::decide(&self.plan, facts, &mut ()), None),
            Watch::Path => (plan::decide(&self.plan, facts, dossiers.path()), None),
            Watch::Trace => {
                trace.clear();
                let outcome = plan::decide(&self.plan, facts, trace);
                dossiers.path().follow(trace);
                (outcome, Some(trace))
            }
        }
    }

    /// Whether an outcome says all that there is to say of most leads.
    fn says_all(&self, outcome: Outcome) -> bool {
        let asks = |rule: RuleId| &self.asks[rule];
        let is_asked = matches!(outcome, Outcome::Decided(rule) if !asks(rule).is_nothing());
        !is_asked && self.project().assumptions.is_empty()
    }

    /// Writes down what the rule that decides will ask of the lead.
    fn answer(&self, rule: RuleId, facts: &Facts<'_>, more: &mut More) {
        let asks = &self.asks[rule];
        more.values = asks.values.iter().map(|value| (*value, facts.value(*value).clone())).collect();
        if asks.cells {
            more.lead = Some(facts.lead.clone());
        }
        if asks.owner {
            more.owner = facts.lead.owner(facts.project);
        }
    }
}

/// When a lead was captured.
fn captured(lead: &Lead, field: Option<FieldId>) -> Option<Timestamp> {
    match lead.cells[field?] {
        Cell::Timestamp(moment) => Some(moment),
        _ => None,
    }
}

impl Asks {
    fn of(chain: &Chain) -> Asks {
        let (mut values, mut cells) = (Vec::new(), false);
        chain.links.iter().for_each(|link| collect(&link.kind, &mut values, &mut cells));
        Asks { values: values.into(), cells, owner: false }
    }

    fn is_nothing(&self) -> bool {
        self.values.is_empty() && !self.cells && !self.owner
    }
}

fn collect(destination: &DestinationKind, values: &mut Vec<ValueId>, cells: &mut bool) {
    let is_total = |method: &Option<Method>| matches!(method, Some(Method::BalanceOf(_)));
    match destination {
        DestinationKind::Value(choice) => {
            values.push(choice.team);
            *cells |= is_total(&choice.method);
        }
        DestinationKind::Team(choice) => *cells |= is_total(&choice.method),
        DestinationKind::ManagerOf(inner) => collect(inner, values, cells),
        DestinationKind::Rep(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => {}
    }
}

impl More {
    /// Nothing, if there is nothing.
    fn boxed(self) -> Option<Box<More>> {
        let is_something = !self.unread.is_empty()
            || !self.broken.is_empty()
            || !self.values.is_empty()
            || !self.owner.is_empty()
            || self.lead.is_some();
        is_something.then(|| Box::new(self))
    }

    /// The value that a chain asks for.
    pub fn value(&self, wanted: ValueId) -> Cell {
        let found = self.values.iter().find(|(value, _)| *value == wanted);
        found.map_or(Cell::Blank, |(_, cell)| cell.clone())
    }
}
