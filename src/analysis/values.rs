//! What a policy looks at, as functions of single fields.
//!
//! Every value but `first known of` is a function of one field: its domain, its hour, the row it is
//! the key of, a column of that row, and so on ([`Chain`]). A value with `first known of` inside is
//! one of several chains, depending on which of them are blank ([`Case`]):
//!
//! ```text
//! domain of first known of [work_email, email]
//!     = domain of work_email   if work_email is known
//!     = domain of email        if work_email is blank
//! ```
//!
//! The cases exclude each other and one of them always applies, so a comparison with the value is
//! the `or` over the cases of "the case applies and the comparison holds for its chain", and so is
//! its negation.

use crate::cell::{Cell, Type};
use crate::ids::{ColumnId, FieldId, Id, TableId, ValueId};
use crate::plan::facts::{domain_of, hour_of, weekday_of};
use crate::policy::{Project, ValueKind, Zone};

/// A function of one field: the steps are taken from the first to the last.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Chain {
    pub field: FieldId,
    pub steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    Domain,
    Hour(Zone),
    Weekday(Zone),
    /// The row whose key the cell is.
    Row(TableId),
    /// A cell of that row.
    Column(TableId, ColumnId),
}

/// One of the chains a value may be.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Case {
    /// The chains that must be known (or blank) for the case to apply.
    pub guards: Vec<(Chain, bool)>,
    pub chain: Chain,
}

/// So many cases are followed; nobody writes as many.
const MOST_CASES: usize = 256;

/// The cases of a value; `None` if there are too many to follow.
pub fn cases(project: &Project, value: ValueId) -> Option<Vec<Case>> {
    let stepped = |inner: ValueId, step: Step| -> Option<Vec<Case>> {
        let mut cases = cases(project, inner)?;
        cases.iter_mut().for_each(|case| case.chain.steps.push(step.clone()));
        Some(cases)
    };
    match &project.values[value].kind {
        ValueKind::Field(field) => {
            Some(vec![Case { guards: Vec::new(), chain: Chain { field: *field, steps: Vec::new() } }])
        }
        ValueKind::DomainOf(inner) => stepped(*inner, Step::Domain),
        ValueKind::HourOf(inner, zone) => stepped(*inner, Step::Hour(zone.clone())),
        ValueKind::WeekdayOf(inner, zone) => stepped(*inner, Step::Weekday(zone.clone())),
        ValueKind::Lookup(table, key) => stepped(*key, Step::Row(*table)),
        ValueKind::Column(row, column) => match project.values[*row].ty {
            Type::Row(table) => stepped(*row, Step::Column(table, *column)),
            _ => None,
        },
        ValueKind::FirstKnown(values) => first_known(project, values),
    }
}

/// The cell a chain of steps leads to.
pub fn follow(project: &Project, steps: &[Step], cell: &Cell) -> Cell {
    steps.iter().fold(cell.clone(), |cell, step| take(project, step, &cell))
}

fn first_known(project: &Project, values: &[ValueId]) -> Option<Vec<Case>> {
    let mut found = Vec::new();
    // What must be so for none of the values before to be known.
    let mut open: Vec<Vec<(Chain, bool)>> = vec![Vec::new()];
    for (index, &value) in values.iter().enumerate() {
        let is_last = index + 1 == values.len();
        let mut still_open = Vec::new();
        for case in cases(project, value)? {
            for guards in &open {
                let guards: Vec<(Chain, bool)> = guards.iter().chain(&case.guards).cloned().collect();
                let with = |known: bool| guards.iter().cloned().chain([(case.chain.clone(), known)]).collect();
                still_open.push(with(false));
                let guards = if is_last { guards.clone() } else { with(true) };
                found.push(Case { guards, chain: case.chain.clone() });
            }
        }
        open = still_open;
        if found.len() > MOST_CASES || open.len() > MOST_CASES {
            return None;
        }
    }
    Some(found)
}

fn take(project: &Project, step: &Step, cell: &Cell) -> Cell {
    match step {
        _ if *cell == Cell::Blank => Cell::Blank,
        Step::Domain => domain_of(cell),
        Step::Hour(zone) => hour_of(cell, &zone.0),
        Step::Weekday(zone) => weekday_of(cell, &zone.0),
        Step::Row(table) => project.tables[*table].find(cell).map_or(Cell::Blank, |row| Cell::Row(*table, row)),
        Step::Column(_, column) => match cell {
            Cell::Row(table, row) => project.tables[*table].rows[*row].cells[column.index()].clone(),
            _ => Cell::Blank,
        },
    }
}
