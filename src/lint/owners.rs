//! Whom a destination may turn out to be, where a table decides it: a fact about the rows of today.

use rustc_hash::FxHashSet;

use crate::cell::{Cell, Type};
use crate::ids::{ColumnId, Id, IdVec, TableId, TeamId, ValueId};
use crate::policy::{Condition, DestinationKind, Project, Table, TeamChoice, ValueKind};

/// Whom each column of a project's tables names.
pub struct Owners<'a> {
    project: &'a Project,
    /// Empty but for columns of reps, teams and queues.
    named: IdVec<TableId, Vec<Named<'a>>>,
}

/// Whom a column names, each once. Collected once, as a table may have 100,000 rows and a thousand
/// rules may ask.
#[derive(Default)]
struct Named<'a> {
    cells: FxHashSet<&'a Cell>,
    /// Some row names nobody, or a stranger.
    gaps: bool,
}

impl<'a> Owners<'a> {
    pub fn new(project: &'a Project) -> Owners<'a> {
        let named = project.tables.iter().map(|table| {
            let columns = table.columns.iter_with_ids();
            columns.map(|(column, declared)| named_in(table, column, &declared.ty)).collect()
        });
        Owners { project, named: named.collect() }
    }

    /// Every rep, team and queue that a destination may turn out to be, for leads for which `when`
    /// holds; `None` if it may be nobody: a cell that is blank, or a rep without a manager.
    pub fn of(&self, when: Option<&Condition>, destination: &DestinationKind) -> Option<Vec<DestinationKind>> {
        match destination {
            DestinationKind::Rep(_) | DestinationKind::Team(_) | DestinationKind::Queue(_) => {
                Some(vec![destination.clone()])
            }
            DestinationKind::Value(choice) => self.of_column(when, choice),
            DestinationKind::ManagerOf(inner) => {
                self.of(when, inner)?.iter().map(|owner| manager(self.project, owner)).collect()
            }
            DestinationKind::Holder | DestinationKind::Nobody { .. } => None,
        }
    }

    /// The teams that a destination may turn out to be, whether or not it may also be nobody.
    pub fn teams(&self, destination: &DestinationKind) -> Vec<TeamChoice<TeamId>> {
        match destination {
            DestinationKind::Team(choice) => vec![choice.clone()],
            DestinationKind::Value(choice) => {
                let Some((_, named)) = self.column_of(choice.team) else { return Vec::new() };
                let owners = named.as_destinations(choice).into_iter();
                owners.filter_map(|o| if let DestinationKind::Team(choice) = o { Some(choice) } else { None }).collect()
            }
            DestinationKind::Rep(_)
            | DestinationKind::Queue(_)
            | DestinationKind::ManagerOf(_)
            | DestinationKind::Holder
            | DestinationKind::Nobody { .. } => Vec::new(),
        }
    }

    /// Whom a table's column names, if the rule's condition says that the row is there and every row
    /// names somebody.
    fn of_column(&self, when: Option<&Condition>, choice: &TeamChoice<ValueId>) -> Option<Vec<DestinationKind>> {
        let (lookup, named) = self.column_of(choice.team)?;
        let known = !named.gaps && when.is_some_and(|when| implies_known(self.project, when, lookup));
        known.then(|| named.as_destinations(choice))
    }

    /// The look-up whose column a value is, and whom that column names.
    fn column_of(&self, value: ValueId) -> Option<(ValueId, &Named<'a>)> {
        let ValueKind::Column(lookup, column) = &self.project.values[value].kind else { return None };
        let ValueKind::Lookup(table, _) = &self.project.values[*lookup].kind else { return None };
        Some((*lookup, &self.named[*table][column.index()]))
    }
}

impl Named<'_> {
    /// In the order of their ids, so that reports do not depend on a hash.
    fn as_destinations(&self, choice: &TeamChoice<ValueId>) -> Vec<DestinationKind> {
        let mut cells: Vec<&Cell> = self.cells.iter().copied().collect();
        cells.sort();
        cells.into_iter().filter_map(|cell| as_destination(cell, choice)).collect()
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

fn as_destination(cell: &Cell, choice: &TeamChoice<ValueId>) -> Option<DestinationKind> {
    match cell {
        Cell::Rep(rep) => Some(DestinationKind::Rep(*rep)),
        Cell::Queue(queue) => Some(DestinationKind::Queue(*queue)),
        Cell::Team(team) => {
            let (skills, method) = (choice.skills.clone(), choice.method);
            Some(DestinationKind::Team(TeamChoice { team: *team, skills, method }))
        }
        _ => None,
    }
}

fn manager(project: &Project, of: &DestinationKind) -> Option<DestinationKind> {
    let DestinationKind::Rep(rep) = of else { return None };
    project.roster.reps[*rep].manager.map(DestinationKind::Rep)
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
