//! Conditions that have been checked and can be filled.
//!
//! A condition is checked once, into a [`Pattern`], and then filled: with nothing for an ordinary
//! rule, with the cells of each row for an `each row of`. A blank cell drops the comparison that uses
//! it: `country is row.country and state in row.states` is, for a row without states,
//! `country is DE` alone. An `and` or `or` goes on without it, and a `not` of nothing is nothing.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::cell::{Cell, Type};
use crate::ids::{ColumnId, ConditionId, Id, RowId, TableId, ValueId};
use crate::policy::{Comparison, Condition, Limit, Predicate, Range};
use crate::source::Span;
use crate::syntax::ast::{Order, TextPart};

use super::{Checker, types};

/// A condition that has been checked, with the cells of a row still open.
#[derive(Debug)]
pub(super) enum Pattern {
    And(Vec<Pattern>),
    Or(Vec<Pattern>),
    Not(Box<Pattern>, Span),
    Named(ConditionId, Span),
    Comparison(ComparisonPattern),
}

#[derive(Debug)]
pub(super) struct ComparisonPattern {
    pub value: ValueId,
    pub asks: Asks,
    pub negated: bool,
    /// Its text.
    pub words: Vec<Words>,
    pub span: Span,
}

/// What is asked of the value.
#[derive(Debug)]
pub(super) enum Asks {
    Known,
    OneOf(Vec<Slot>),
    Order(Order, Slot),
    Between(Slot, Slot),
    Text(TextPart, Vec<Slot>),
    HasAny(Vec<Slot>),
    HasAll(Vec<Slot>),
    InTable(TableId),
}

/// Where a cell comes from.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    Cell(Cell),
    Column {
        id: ColumnId,
        /// For a closed list: which member of the value's list each of the column's is.
        members: Option<Vec<u32>>,
    },
}

/// A piece of a comparison's text.
#[derive(Debug)]
pub(super) enum Words {
    Fixed(String),
    Cell(ColumnId),
}

/// The row that fills a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filling {
    pub table: TableId,
    pub row: RowId,
}

impl Checker<'_> {
    /// The condition with a row's cells in place; `None` if all of it was dropped for blanks.
    pub(super) fn fill(&self, pattern: &Pattern, row: Option<Filling>) -> Option<Condition> {
        let filled = |parts: &[Pattern]| parts.iter().filter_map(|part| self.fill(part, row)).collect::<Vec<_>>();
        match pattern {
            Pattern::And(parts) => all_of(filled(parts)),
            Pattern::Or(parts) => any_of(filled(parts)),
            Pattern::Not(inner, span) => Some(Condition::Not(Box::new(self.fill(inner, row)?), *span)),
            Pattern::Named(id, span) => Some(Condition::Named(*id, *span)),
            Pattern::Comparison(comparison) => self.fill_comparison(comparison, row),
        }
    }

    fn fill_comparison(&self, pattern: &ComparisonPattern, row: Option<Filling>) -> Option<Condition> {
        let ty = &self.values.all[pattern.value].ty;
        let predicate = match &pattern.asks {
            Asks::Known => Predicate::Known,
            Asks::InTable(table) => Predicate::InTable(*table),
            Asks::OneOf(slots) => {
                let cells = self.cells(slots, row)?;
                if *ty == Type::Timestamp && cells.iter().any(|cell| matches!(cell, Cell::Date(_))) {
                    return self.days_and_moments(pattern, &cells);
                }
                Predicate::OneOf(cells)
            }
            Asks::Order(order, slot) => Predicate::Within(self.range(*order, &self.cell(slot, row)?, ty)),
            Asks::Between(low, high) => {
                let low = self.range(Order::GreaterOrEqual, &self.cell(low, row)?, ty).low;
                let high = self.range(Order::LessOrEqual, &self.cell(high, row)?, ty).high;
                Predicate::Within(Range { low, high })
            }
            Asks::Text(part, slots) => {
                let any = self.cells(slots, row)?.iter().map(|cell| types::part(ty, text_of(cell)).into()).collect();
                Predicate::Text { part: *part, any }
            }
            Asks::HasAny(slots) => Predicate::HasAny(tags_of(&self.cells(slots, row)?)),
            Asks::HasAll(slots) => Predicate::HasAll(tags_of(&self.cells(slots, row)?)),
        };
        Some(self.as_comparison(pattern, predicate, self.text(&pattern.words, row)))
    }

    fn as_comparison(&self, pattern: &ComparisonPattern, predicate: Predicate, text: String) -> Condition {
        let ComparisonPattern { value, negated, span, .. } = *pattern;
        Condition::Comparison(Comparison { value, predicate, negated, text, span })
    }

    /// `created_at in [2026-01-01, 2026-07-01T12:00:00Z]`: a day is a range of its own, so each cell is
    /// a comparison of its own.
    fn days_and_moments(&self, pattern: &ComparisonPattern, cells: &[Cell]) -> Option<Condition> {
        let ty = &self.values.all[pattern.value].ty;
        let look = &self.values.all[pattern.value].text;
        let is = if pattern.negated { "is not" } else { "is" };
        let comparison = |cell: &Cell| {
            let predicate = match cell {
                Cell::Date(_) => Predicate::Within(Range {
                    low: self.range(Order::GreaterOrEqual, cell, ty).low,
                    high: self.range(Order::LessOrEqual, cell, ty).high,
                }),
                moment => Predicate::OneOf(vec![moment.clone()]),
            };
            self.as_comparison(pattern, predicate, format!("{look} {is} {}", ty.write(cell)))
        };
        let parts = cells.iter().map(comparison).collect();
        if pattern.negated { all_of(parts) } else { any_of(parts) }
    }

    fn cells(&self, slots: &[Slot], row: Option<Filling>) -> Option<Vec<Cell>> {
        let mut cells = Vec::with_capacity(slots.len());
        for slot in slots {
            match self.cell(slot, row)? {
                Cell::List(list) => cells.extend(list),
                cell => cells.push(cell),
            }
        }
        Some(cells)
    }

    /// The slot's cell; `None` for a blank.
    fn cell(&self, slot: &Slot, row: Option<Filling>) -> Option<Cell> {
        match slot {
            Slot::Cell(cell) => Some(cell.clone()),
            Slot::Column { id, members } => {
                let filling = row.expect("columns stand only in rules that are filled by rows");
                let cell = self.tables[filling.table].table.rows[filling.row].cells[id.index()].clone();
                let renumbered = members.as_ref().map_or_else(|| cell.clone(), |members| renumber(&cell, members));
                (cell != Cell::Blank).then_some(renumbered)
            }
        }
    }

    fn text(&self, words: &[Words], row: Option<Filling>) -> String {
        if let [Words::Fixed(text)] = words {
            return text.clone();
        }
        let word = |word: &Words| match (word, row) {
            (Words::Fixed(text), _) => text.clone(),
            (Words::Cell(column), Some(filling)) => {
                self.tables[filling.table].written(filling.row, *column, self.sources)
            }
            (Words::Cell(_), None) => unreachable!("columns stand only in rules that are filled by rows"),
        };
        words.iter().map(word).collect()
    }

    /// The cells that stand in an order to one. A date compared with a timestamp is its whole day.
    pub(super) fn range(&self, order: Order, cell: &Cell, ty: &Type) -> Range {
        let limit = |cell: Cell, included: bool| Some(Limit { cell, included });
        let (first, behind) = match (ty, cell) {
            (Type::Timestamp, Cell::Date(day)) => (self.start_of(*day), self.start_after(*day)),
            _ => {
                let (low, high) = match order {
                    Order::Less => (None, limit(cell.clone(), false)),
                    Order::LessOrEqual => (None, limit(cell.clone(), true)),
                    Order::Greater => (limit(cell.clone(), false), None),
                    Order::GreaterOrEqual => (limit(cell.clone(), true), None),
                };
                return Range { low, high };
            }
        };
        let limit = |moment: Timestamp, included: bool| Some(Limit { cell: Cell::Timestamp(moment), included });
        match order {
            Order::Less => Range { low: None, high: limit(first, false) },
            Order::LessOrEqual => Range { low: None, high: limit(behind, false) },
            Order::Greater => Range { low: limit(behind, true), high: None },
            Order::GreaterOrEqual => Range { low: limit(first, true), high: None },
        }
    }

    /// The first moment of a day in the project's time zone, as far as the calendar goes.
    fn start_of(&self, day: Date) -> Timestamp {
        let midnight = self.timezone.to_ambiguous_zoned(day.to_datetime(Time::midnight()));
        let beyond = if day.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
        midnight.compatible().map_or(beyond, |moment| moment.timestamp())
    }

    fn start_after(&self, day: Date) -> Timestamp {
        day.tomorrow().map_or(Timestamp::MAX, |next| self.start_of(next))
    }
}

fn renumber(cell: &Cell, members: &[u32]) -> Cell {
    match cell {
        Cell::Member(member) => Cell::Member(members[*member as usize]),
        Cell::List(cells) => Cell::List(cells.iter().map(|cell| renumber(cell, members)).collect()),
        other => other.clone(),
    }
}

fn text_of(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        _ => unreachable!("only texts are parts of texts"),
    }
}

fn tags_of(cells: &[Cell]) -> Vec<String> {
    let of = |cell: &Cell| match cell {
        Cell::Tags(tags) => tags.iter().map(|tag| String::from(&**tag)).collect(),
        cell => vec![text_of(cell).to_owned()],
    };
    cells.iter().flat_map(of).collect()
}

/// `None` for nothing, the part itself for one.
fn all_of(mut parts: Vec<Condition>) -> Option<Condition> {
    if parts.len() > 1 { Some(Condition::And(parts)) } else { parts.pop() }
}

/// `None` for nothing, the part itself for one.
fn any_of(mut parts: Vec<Condition>) -> Option<Condition> {
    if parts.len() > 1 { Some(Condition::Or(parts)) } else { parts.pop() }
}
