//! Whom a team's name in a table stands for: a fact about the rows of today.

use rustc_hash::FxHashSet;

use crate::cell::{Cell, Type};
use crate::ids::{ColumnId, Id, IdVec, TableId, TeamId, ValueId};
use crate::policy::{DestinationKind, Project, Table, TeamChoice, ValueKind};

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
