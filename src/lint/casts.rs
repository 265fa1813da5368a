//! Who stands at the links of a chain, where tables decide it.
//!
//! `account.owner or manager of account.owner` stands for other people for each account. A *cast* is one way
//! to fill all table values of a chain with what their columns hold today, or with nothing. Whether a lead
//! with this cast comes to the rule is a question about leads like any other, so the cast is written as a
//! condition, and the engine is asked ([`Casts::asked`]): what the row itself decides, what earlier rules
//! take, and which rows go together, are all in the answer.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cell::Cell;
use crate::ids::{ColumnId, Id, ValueId};
use crate::plan::Facts;
use crate::policy::{Chain, Comparison, Condition, DestinationKind, Predicate, Project, TeamChoice, ValueKind};
use crate::source::Span;

/// The ways in which a chain may be filled.
pub struct Casts {
    values: Vec<ValueId>,
    /// For each value who it may stand for.
    parts: Vec<Vec<Part>>,
    /// Values that one row fills together, by their places, and what they then stand for.
    groups: Vec<(Vec<usize>, BTreeSet<Vec<usize>>)>,
    span: Span,
}

/// Cells of a value that stand for the same person; blanks and names that nobody has stand for nobody.
struct Part {
    cells: Vec<Cell>,
    with_blank: bool,
}

/// For each value one of its parts.
pub type Cast = Vec<usize>;

/// Casts of one chain that are looked at.
const MOST_CASTS: usize = 50_000;

impl Casts {
    pub fn of(project: &Project, chain: &Chain) -> Casts {
        let mut values: Vec<ValueId> = chain.links.iter().filter_map(|link| value_in(&link.kind)).collect();
        values.sort_unstable();
        values.dedup();
        let parts = values.iter().map(|value| parts(project, *value)).collect();
        let mut casts = Casts { values, parts, groups: Vec::new(), span: chain.span };
        casts.groups = casts.grouped(project);
        casts
    }

    /// Columns of one row go together; every other value goes alone.
    fn grouped(&self, project: &Project) -> Vec<(Vec<usize>, BTreeSet<Vec<usize>>)> {
        let mut rows: IndexMap<Option<ValueId>, Vec<usize>> = IndexMap::new();
        let mut alone = Vec::new();
        for (place, value) in self.values.iter().enumerate() {
            match project.values[*value].kind {
                ValueKind::Column(row, _) => rows.entry(Some(row)).or_default().push(place),
                _ => alone.push((vec![place], (0..self.parts[place].len()).map(|part| vec![part]).collect())),
            }
        }
        let together = rows.into_values().map(|places| {
            let casts = self.casts_of_rows(project, &places);
            (places, casts)
        });
        together.chain(alone).collect()
    }

    fn casts_of_rows(&self, project: &Project, places: &[usize]) -> BTreeSet<Vec<usize>> {
        const NOBODY: usize = 0;
        let mut casts = BTreeSet::from([vec![NOBODY; places.len()]]);
        let columns: Vec<_> = places
            .iter()
            .filter_map(|place| match project.values[self.values[*place]].kind {
                ValueKind::Column(row, column) => Some((row, column, by_cell(&self.parts[*place]))),
                _ => None,
            })
            .collect();
        let Some((row, ..)) = columns.first() else { return casts };
        let ValueKind::Lookup(table, _) = project.values[*row].kind else { return casts };
        casts.extend(project.tables[table].rows.iter().map(|row| {
            let part = |(_, column, parts): &(ValueId, ColumnId, FxHashMap<&Cell, usize>)| {
                parts.get(&row.cells[column.index()]).copied().unwrap_or(NOBODY)
            };
            columns.iter().map(part).collect::<Vec<usize>>()
        }));
        casts
    }

    /// Whether tables decide nothing about the chain.
    pub fn is_fixed(&self) -> bool {
        self.values.is_empty()
    }

    /// Every cast; `None` if there are too many to look at.
    pub fn all(&self) -> Option<Vec<Cast>> {
        let number = self.groups.iter().try_fold(1_usize, |number, (_, casts)| number.checked_mul(casts.len()));
        number.filter(|number| *number <= MOST_CASTS)?;
        let mut all = vec![vec![0; self.values.len()]];
        for (places, casts) in &self.groups {
            let with = |cast: &Cast| -> Vec<Cast> {
                let filled = |parts: &Vec<usize>| {
                    let mut cast = cast.clone();
                    places.iter().zip(parts).for_each(|(place, part)| cast[*place] = *part);
                    cast
                };
                casts.iter().map(filled).collect()
            };
            all = all.iter().flat_map(with).collect();
        }
        Some(all)
    }

    /// The links of the chain with people in the place of values.
    pub fn links(&self, chain: &Chain, cast: &Cast) -> Vec<DestinationKind> {
        let cell = |value: ValueId| {
            let place = self.values.iter().position(|known| *known == value)?;
            self.parts[place][cast[place]].cells.first().cloned()
        };
        chain.links.iter().map(|link| filled(&link.kind, &cell)).collect()
    }

    /// That a lead has one of some casts.
    pub fn asked(&self, casts: &[Cast]) -> Condition {
        self.asked_from(0, casts.to_vec())
    }

    /// Casts that differ in one value only are one question about it.
    fn asked_from(&self, place: usize, casts: Vec<Cast>) -> Condition {
        if place == self.values.len() {
            return Condition::And(Vec::new());
        }
        let mut rests: BTreeMap<usize, Vec<Cast>> = BTreeMap::new();
        for cast in casts {
            rests.entry(cast[place]).or_default().push(cast);
        }
        let mut alike: IndexMap<Vec<Vec<usize>>, Vec<usize>> = IndexMap::new();
        for (part, casts) in &rests {
            let rest: Vec<Vec<usize>> = casts.iter().map(|cast| cast[place + 1..].to_vec()).collect();
            alike.entry(rest).or_default().push(*part);
        }
        let ways = alike.values().map(|parts| {
            Condition::And(vec![self.is_of(place, parts), self.asked_from(place + 1, rests[&parts[0]].clone())])
        });
        Condition::Or(ways.collect())
    }

    fn is_of(&self, place: usize, parts: &[usize]) -> Condition {
        let chosen = || parts.iter().map(|part| &self.parts[place][*part]);
        let compared = |predicate, negated| {
            let (value, span) = (self.values[place], self.span);
            Condition::Comparison(Comparison { value, predicate, negated, text: String::new(), span })
        };
        let cells: Vec<Cell> = chosen().flat_map(|part| &part.cells).cloned().collect();
        let mut ways = vec![compared(Predicate::OneOf(cells), false)];
        if chosen().any(|part| part.with_blank) {
            ways.push(compared(Predicate::Known, true));
        }
        Condition::Or(ways)
    }
}

/// Which part a cell belongs to.
fn by_cell(parts: &[Part]) -> FxHashMap<&Cell, usize> {
    let numbered = parts.iter().enumerate();
    numbered.flat_map(|(number, part)| part.cells.iter().map(move |cell| (cell, number))).collect()
}

/// The links of a chain as they stand for a lead.
pub fn links_for(chain: &Chain, facts: &Facts<'_>) -> Vec<DestinationKind> {
    let cell = |value: ValueId| Some(facts.value(value).clone());
    chain.links.iter().map(|link| filled(&link.kind, &cell)).collect()
}

/// The look-ups by fields of the lead that the chain's values depend on.
pub fn lookups(project: &Project, chain: &Chain) -> Vec<ValueId> {
    let values = chain.links.iter().filter_map(|link| value_in(&link.kind));
    let mut found: Vec<ValueId> = Vec::new();
    values.for_each(|value| lookups_of(project, value, &mut found));
    found
}

fn lookups_of(project: &Project, value: ValueId, found: &mut Vec<ValueId>) {
    match &project.values[value].kind {
        ValueKind::Lookup(_, key) => {
            lookups_of(project, *key, found);
            if !found.contains(&value) {
                found.push(value);
            }
        }
        ValueKind::Column(row, _) => lookups_of(project, *row, found),
        ValueKind::FirstKnown(values) => values.iter().for_each(|value| lookups_of(project, *value, found)),
        ValueKind::Field(_) | ValueKind::DomainOf(_) | ValueKind::HourOf(..) | ValueKind::WeekdayOf(..) => {}
    }
}

/// Whom a value may stand for.
fn parts(project: &Project, value: ValueId) -> Vec<Part> {
    let mut cells: FxHashSet<&Cell> = FxHashSet::default();
    cells_of(project, value, &mut cells);
    let is_somebody = |cell: &&&Cell| matches!(cell, Cell::Rep(_) | Cell::Team(_) | Cell::Queue(_));
    let mut known: Vec<&Cell> = cells.iter().filter(is_somebody).copied().collect();
    known.sort();
    let mut strangers: Vec<Cell> =
        cells.iter().filter(|cell| matches!(cell, Cell::Stranger(_))).map(|cell| (*cell).clone()).collect();
    strangers.sort();
    let nobody = Part { cells: strangers, with_blank: true };
    let somebody = |cell: &Cell| Part { cells: vec![cell.clone()], with_blank: false };
    std::iter::once(nobody).chain(known.into_iter().map(somebody)).collect()
}

fn cells_of<'p>(project: &'p Project, value: ValueId, cells: &mut FxHashSet<&'p Cell>) {
    match &project.values[value].kind {
        ValueKind::Column(row, column) => {
            if let ValueKind::Lookup(table, _) = &project.values[*row].kind {
                cells.extend(project.tables[*table].rows.iter().map(|row| &row.cells[column.index()]));
            }
        }
        ValueKind::FirstKnown(values) => values.iter().for_each(|value| cells_of(project, *value, cells)),
        ValueKind::Field(_)
        | ValueKind::DomainOf(_)
        | ValueKind::HourOf(..)
        | ValueKind::WeekdayOf(..)
        | ValueKind::Lookup(..) => {}
    }
}

/// The table value that a link names.
fn value_in(link: &DestinationKind) -> Option<ValueId> {
    match link {
        DestinationKind::Value(choice) => Some(choice.team),
        DestinationKind::ManagerOf(inner) => value_in(inner),
        DestinationKind::Rep(_)
        | DestinationKind::Team(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => None,
    }
}

fn filled(link: &DestinationKind, cell: &dyn Fn(ValueId) -> Option<Cell>) -> DestinationKind {
    let nobody = |written: &str| DestinationKind::Nobody { written: written.to_owned() };
    match link {
        DestinationKind::Value(choice) => match cell(choice.team) {
            Some(Cell::Rep(rep)) => DestinationKind::Rep(rep),
            Some(Cell::Queue(queue)) => DestinationKind::Queue(queue),
            Some(Cell::Team(team)) => {
                let (skills, method) = (choice.skills.clone(), choice.method);
                DestinationKind::Team(TeamChoice { team, skills, method })
            }
            Some(Cell::Stranger(name)) => nobody(&name),
            _ => nobody(""),
        },
        DestinationKind::ManagerOf(inner) => match filled(inner, cell) {
            nobody @ DestinationKind::Nobody { .. } => nobody,
            other => DestinationKind::ManagerOf(Box::new(other)),
        },
        DestinationKind::Rep(_)
        | DestinationKind::Team(_)
        | DestinationKind::Queue(_)
        | DestinationKind::Holder
        | DestinationKind::Nobody { .. } => link.clone(),
    }
}
