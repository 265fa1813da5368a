//! What is true of one lead: its cells, and everything derived from them, each worked out once.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::cell::{Cell, domain_of_email};
use crate::ids::{ConditionId, Id, TableId, ValueId};
use crate::lead::Lead;
use crate::policy::{Comparison, Predicate, Project, Range, TextPart, Value, ValueKind};
use jiff::tz::TimeZone;

/// A lead with the values a policy looks at.
#[derive(Debug)]
pub struct Facts<'a> {
    pub project: &'a Project,
    pub lead: &'a Lead,
    /// The values that are worked out, each at its place.
    derived: Answers<Cow<'a, Cell>, 4>,
    conditions: Answers<bool, 16>,
}

/// What is worked out once, by number; the first few take no memory of their own.
#[derive(Debug)]
struct Answers<T, const FEW: usize> {
    few: [OnceCell<T>; FEW],
    more: Vec<OnceCell<T>>,
}

impl<'a> Facts<'a> {
    pub fn new(project: &'a Project, lead: &'a Lead) -> Facts<'a> {
        let (derived, conditions) = (Answers::new(project.derived), Answers::new(project.conditions.len()));
        Facts { project, lead, derived, conditions }
    }

    /// The cell a value stands for.
    #[inline]
    pub fn value(&self, value: ValueId) -> &Cell {
        let Value { kind, place, .. } = &self.project.values[value];
        match (kind, place) {
            (ValueKind::Field(field), _) => &self.lead.cells[*field],
            (kind, place) => {
                let place = place.expect("a value that is no field has a place");
                self.derived.at(place).get_or_init(|| self.derive(kind))
            }
        }
    }

    /// Whether a comparison holds.
    pub fn holds(&self, comparison: &Comparison) -> bool {
        satisfies(self.project, self.value(comparison.value), &comparison.predicate) != comparison.negated
    }

    /// A named condition, worked out by `work_out` the first time it is asked for.
    pub fn condition(&self, condition: ConditionId, work_out: impl FnOnce() -> bool) -> bool {
        *self.conditions.at(condition.index()).get_or_init(work_out)
    }

    fn derive(&self, kind: &'a ValueKind) -> Cow<'a, Cell> {
        match kind {
            ValueKind::Field(field) => Cow::Borrowed(&self.lead.cells[*field]),
            ValueKind::DomainOf(email) => Cow::Owned(domain_of(self.value(*email))),
            ValueKind::HourOf(timestamp, zone) => Cow::Owned(hour_of(self.value(*timestamp), &zone.0)),
            ValueKind::WeekdayOf(timestamp, zone) => Cow::Owned(weekday_of(self.value(*timestamp), &zone.0)),
            ValueKind::FirstKnown(values) => {
                let known = values.iter().map(|&value| self.value(value)).find(|cell| **cell != Cell::Blank);
                Cow::Owned(known.cloned().unwrap_or(Cell::Blank))
            }
            ValueKind::Lookup(table, key) => Cow::Owned(self.look_up(*table, *key)),
            ValueKind::Column(row, column) => match self.value(*row) {
                Cell::Row(table, row) => Cow::Borrowed(&self.project.tables[*table].rows[*row].cells[column.index()]),
                _ => Cow::Owned(Cell::Blank),
            },
        }
    }

    fn look_up(&self, table: TableId, key: ValueId) -> Cell {
        let of = &self.project.tables[table];
        let row = match self.project.values[key].kind {
            // Most look-ups are this one, and need no cell of the domain.
            ValueKind::DomainOf(email) => domain_of_email(text(self.value(email))).and_then(|key| of.find_text(key)),
            _ => of.find(self.value(key)),
        };
        row.map_or(Cell::Blank, |row| Cell::Row(table, row))
    }
}

impl<T, const FEW: usize> Answers<T, FEW> {
    #[inline]
    fn new(count: usize) -> Self {
        let more = (FEW..count).map(|_| OnceCell::new()).collect();
        Answers { few: [const { OnceCell::new() }; FEW], more }
    }

    #[inline]
    fn at(&self, number: usize) -> &OnceCell<T> {
        self.few.get(number).unwrap_or_else(|| &self.more[number - FEW])
    }
}

/// Whether a cell has what a predicate asks; a blank has nothing.
pub(crate) fn satisfies(project: &Project, cell: &Cell, predicate: &Predicate) -> bool {
    if matches!(cell, Cell::Blank) {
        return false;
    }
    match predicate {
        Predicate::Known => true,
        Predicate::OneOf(cells) => cells.contains(cell),
        Predicate::Within(range) => range.contains(cell),
        Predicate::Text { part, any } => any.iter().any(|wanted| part.is_in(text(cell), wanted)),
        Predicate::HasAny(wanted) => wanted.iter().any(|tag| tags(cell).iter().any(|has| **has == **tag)),
        Predicate::HasAll(wanted) => wanted.iter().all(|tag| tags(cell).iter().any(|has| **has == **tag)),
        Predicate::InTable(table) => project.tables[*table].find(cell).is_some(),
    }
}

impl Range {
    /// Whether a cell of the range's type lies inside.
    pub fn contains(&self, cell: &Cell) -> bool {
        let above = self.low.as_ref().is_none_or(|low| if low.included { *cell >= low.cell } else { *cell > low.cell });
        above
            && self.high.as_ref().is_none_or(|high| if high.included { *cell <= high.cell } else { *cell < high.cell })
    }
}

impl TextPart {
    /// Whether a normalised text has the other at this place.
    pub fn is_in(self, text: &str, wanted: &str) -> bool {
        match self {
            TextPart::Contains => text.contains(wanted),
            TextPart::StartsWith => text.starts_with(wanted),
            TextPart::EndsWith => text.ends_with(wanted),
        }
    }
}

pub(crate) fn domain_of(email: &Cell) -> Cell {
    domain_of_email(text(email)).map_or(Cell::Blank, |domain| Cell::Text(domain.into()))
}

pub(crate) fn hour_of(timestamp: &Cell, zone: &TimeZone) -> Cell {
    match timestamp {
        Cell::Timestamp(timestamp) => Cell::Number(timestamp.to_zoned(zone.clone()).hour().into()),
        _ => Cell::Blank,
    }
}

pub(crate) fn weekday_of(timestamp: &Cell, zone: &TimeZone) -> Cell {
    match timestamp {
        Cell::Timestamp(timestamp) => {
            let day = timestamp.to_zoned(zone.clone()).weekday().to_monday_zero_offset();
            Cell::Member(u32::from(day.unsigned_abs()))
        }
        _ => Cell::Blank,
    }
}

pub(super) fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) | Cell::Stranger(text) => text,
        _ => "",
    }
}

pub(super) fn tags(cell: &Cell) -> &[Box<str>] {
    match cell {
        Cell::Tags(tags) => tags,
        _ => &[],
    }
}
