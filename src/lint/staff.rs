//! Facts about people that do not depend on the moment: who can take a lead whatever happens, and who
//! can on no day at all. A lead comes at any time, so "may be full or away" is all a lint can know.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rustc_hash::FxHashSet;

use crate::cell::{Cell, Type};
use crate::ids::{ColumnId, Id, IdVec, RepId, TableId, TeamId, ValueId};
use crate::policy::{Condition, DestinationKind, Method, Project, Table, TeamChoice, ValueKind};
use crate::roster::{Hours, Member};

/// A project's people, and whom its tables name.
pub struct Staff<'a> {
    project: &'a Project,
    today: Date,
    /// For each column of each table; empty but for columns of reps, teams and queues.
    named: IdVec<TableId, Vec<Named<'a>>>,
}

/// Whom a column names, each once. Looked up once, as a table may have 100,000 rows and a thousand
/// rules may ask.
#[derive(Default)]
struct Named<'a> {
    cells: FxHashSet<&'a Cell>,
    /// Some row names nobody, or a stranger.
    gaps: bool,
}

/// Somebody, or something, that a destination may turn out to be.
#[derive(Clone, PartialEq, Debug)]
pub enum Taker {
    Rep(RepId),
    Team(TeamChoice<TeamId>),
    Queue,
}

impl<'a> Staff<'a> {
    pub fn new(project: &'a Project, today: Date) -> Staff<'a> {
        let named = project.tables.iter().map(|table| {
            let columns = table.columns.iter_with_ids();
            columns.map(|(column, declared)| named_in(table, column, &declared.ty)).collect()
        });
        Staff { project, today, named: named.collect() }
    }

    /// Everybody whom a destination may name, for leads for which `when` holds; `None` if it may name
    /// nobody: a cell that is blank, or a rep without a manager.
    pub fn takers(&self, when: Option<&Condition>, destination: &DestinationKind) -> Option<Vec<Taker>> {
        match destination {
            DestinationKind::Rep(rep) => Some(vec![Taker::Rep(*rep)]),
            DestinationKind::Team(choice) => Some(vec![Taker::Team(choice.clone())]),
            DestinationKind::Queue(_) => Some(vec![Taker::Queue]),
            DestinationKind::Value(choice) => self.owners(when, choice),
            DestinationKind::ManagerOf(inner) => {
                self.takers(when, inner)?.into_iter().map(|taker| self.manager(&taker)).collect()
            }
            DestinationKind::Nobody { .. } => None,
        }
    }

    /// The teams that a destination may name, whether or not it may also name nobody.
    pub fn teams(&self, destination: &DestinationKind) -> Vec<TeamChoice<TeamId>> {
        match destination {
            DestinationKind::Team(choice) => vec![choice.clone()],
            DestinationKind::Value(choice) => {
                let takers = self.column_of(choice.team).map_or_else(Vec::new, |(_, named)| takers_of(named, choice));
                takers
                    .into_iter()
                    .filter_map(|t| if let Taker::Team(choice) = t { Some(choice) } else { None })
                    .collect()
            }
            DestinationKind::Rep(_)
            | DestinationKind::Queue(_)
            | DestinationKind::ManagerOf(_)
            | DestinationKind::Nobody { .. } => Vec::new(),
        }
    }

    /// Whether the taker is there at every moment.
    pub fn always_takes(&self, taker: &Taker) -> bool {
        match taker {
            Taker::Rep(rep) => self.hindrance(*rep).is_none(),
            Taker::Queue => true,
            Taker::Team(choice) => {
                let mut members = self.project.roster.teams[choice.team].members.iter();
                members.any(|&member| self.member_hindrance(member, choice).is_none())
            }
        }
    }

    /// Why a rep may be unable to take a lead at some moment; `None` if there is no reason.
    pub fn hindrance(&self, rep: RepId) -> Option<String> {
        let rep = &self.project.roster.reps[rep];
        if let Some(left) = rep.left {
            return Some(if left <= self.today { format!("left on {left}") } else { format!("leaves on {left}") });
        }
        if let Some(capacity) = rep.capacity {
            return Some(format!("takes at most {capacity} open leads"));
        }
        if let Some(daily) = rep.daily {
            return Some(format!("takes at most {daily} new leads a day"));
        }
        if rep.hours.is_some() {
            return Some("does not work round the clock".to_owned());
        }
        if let Some(away) = rep.away.iter().find(|away| away.last >= self.today) {
            return Some(format!("is away from {} to {}", away.first, away.last));
        }
        let may_vanish = rep.last_seen.is_some() && self.project.roster.unavailable_after.is_some();
        may_vanish.then(|| "takes no leads when not seen for long".to_owned())
    }

    /// The same for a member of a team.
    pub fn member_hindrance(&self, member: Member, choice: &TeamChoice<TeamId>) -> Option<String> {
        self.member_bar(member, choice).or_else(|| self.hindrance(member.rep))
    }

    /// Why a member never gets a lead of a team, whatever the day; `None` if there may be one.
    pub fn member_bar(&self, member: Member, choice: &TeamChoice<TeamId>) -> Option<String> {
        let skills = &self.project.roster.reps[member.rep].skills;
        if let Some(missing) = choice.skills.iter().find(|skill| !skills.contains(skill)) {
            return Some(format!("lacks the skill `{missing}`"));
        }
        if uses_weights(choice.method) && self.project.roster.weight(member) <= Decimal::ZERO {
            return Some("has weight 0".to_owned());
        }
        self.bar(member.rep)
    }

    /// Why a rep can take a lead on no day from today on.
    fn bar(&self, rep: RepId) -> Option<String> {
        let rep = &self.project.roster.reps[rep];
        if let Some(left) = rep.left.filter(|&left| left <= self.today) {
            return Some(format!("left on {left}"));
        }
        if rep.capacity == Some(0) {
            return Some("has capacity 0".to_owned());
        }
        if rep.daily == Some(0) {
            return Some("takes 0 leads a day".to_owned());
        }
        rep.hours.as_ref().is_some_and(Hours::is_empty).then(|| "has no working hours".to_owned())
    }

    fn manager(&self, of: &Taker) -> Option<Taker> {
        match of {
            Taker::Rep(rep) => self.project.roster.reps[*rep].manager.map(Taker::Rep),
            Taker::Team(_) | Taker::Queue => None,
        }
    }

    /// Whom a table's column names, if the rule's condition says that the row is there and every row
    /// names somebody.
    fn owners(&self, when: Option<&Condition>, choice: &TeamChoice<ValueId>) -> Option<Vec<Taker>> {
        let (lookup, named) = self.column_of(choice.team)?;
        let known = !named.gaps && when.is_some_and(|when| implies_known(self.project, when, lookup));
        known.then(|| takers_of(named, choice))
    }

    /// The look-up whose column a value is, and whom that column names.
    fn column_of(&self, value: ValueId) -> Option<(ValueId, &Named<'a>)> {
        let ValueKind::Column(lookup, column) = &self.project.values[value].kind else { return None };
        let ValueKind::Lookup(table, _) = &self.project.values[*lookup].kind else { return None };
        Some((*lookup, &self.named[*table][column.index()]))
    }
}

fn named_in<'a>(table: &'a Table, column: ColumnId, ty: &Type) -> Named<'a> {
    let mut named = Named::default();
    if matches!(ty, Type::Rep | Type::Team | Type::Queue) {
        for cell in table.rows.iter().map(|row| &row.cells[column.index()]) {
            if matches!(cell, Cell::Rep(_) | Cell::Team(_) | Cell::Queue(_)) {
                named.cells.insert(cell);
            } else {
                named.gaps = true;
            }
        }
    }
    named
}

/// In the order of their ids, so that reports do not depend on a hash.
fn takers_of(named: &Named, choice: &TeamChoice<ValueId>) -> Vec<Taker> {
    let mut cells: Vec<&Cell> = named.cells.iter().copied().collect();
    cells.sort();
    cells.into_iter().filter_map(|cell| taker(cell, choice)).collect()
}

fn taker(cell: &Cell, choice: &TeamChoice<ValueId>) -> Option<Taker> {
    match cell {
        Cell::Rep(rep) => Some(Taker::Rep(*rep)),
        Cell::Team(team) => {
            Some(Taker::Team(TeamChoice { team: *team, skills: choice.skills.clone(), method: choice.method }))
        }
        Cell::Queue(_) => Some(Taker::Queue),
        _ => None,
    }
}

/// Round robin gives everybody the same share.
fn uses_weights(method: Option<Method>) -> bool {
    match method {
        Some(Method::Weight | Method::Load | Method::BalanceOf(_)) => true,
        Some(Method::RoundRobin) | None => false,
    }
}

/// Whether a lead for which the condition holds surely has the looked-up row: some comparison with it
/// that must hold is not satisfied by a blank.
fn implies_known(project: &Project, condition: &Condition, lookup: ValueId) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().any(|part| implies_known(project, part, lookup)),
        Condition::Or(parts) => parts.iter().all(|part| implies_known(project, part, lookup)),
        Condition::Not(..) => false,
        Condition::Named(named, _) => implies_known(project, &project.conditions[*named].condition, lookup),
        Condition::Comparison(comparison) => {
            let value = comparison.value;
            let of_row = matches!(project.values[value].kind, ValueKind::Column(of, _) if of == lookup);
            !comparison.negated && (value == lookup || of_row)
        }
    }
}
