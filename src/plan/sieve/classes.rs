//! What the rules can tell apart about a value.

use rustc_hash::FxHashMap;

use super::affixes::Affixes;
use super::limits::Limits;
use super::rows::Rows;
use super::{Asked, Kind};
use crate::cell::{Cell, Text};
use crate::ids::Id;
use crate::plan::anchors::Key;
use crate::plan::facts::text;
use crate::policy::TextPart;

/// The classes of a value; class 0 is blank.
#[derive(Debug)]
pub(super) enum Classes {
    /// Class 1 is every cell that is not named.
    Named(Named),
    /// Class `slot + 1`: see [`Limits`].
    Between(Limits),
    /// Class 1 is a text with none of them.
    Affixes(Affixes),
}

/// How far a question reaches.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Reach {
    pub first: u32,
    pub share: f64,
}

/// Cells that rules name, each with its class; they are all of one type.
#[derive(Debug)]
pub(super) enum Named {
    /// By their [`number`]; class 1 where no cell is named.
    Numbers {
        classes: Vec<u32>,
        cells: usize,
    },
    Texts(FxHashMap<Text, u32>),
    Others(FxHashMap<Cell, u32>),
}

impl Classes {
    pub fn new(kind: Kind, asked: &Asked<'_>) -> Classes {
        let keys = asked.iter().flat_map(|(_, keys)| keys);
        match kind {
            Kind::Between => {
                let ranges = keys.filter_map(|key| if let Key::Within(range) = key { Some(*range) } else { None });
                Classes::Between(Limits::of(ranges))
            }
            Kind::Beginnings => Classes::Affixes(Affixes::new(TextPart::StartsWith, keys)),
            Kind::Ends => Classes::Affixes(Affixes::new(TextPart::EndsWith, keys)),
            Kind::Named | Kind::Mixture => {
                let cells = keys.filter_map(|key| if let Key::Equal(cell) = key { Some(*cell) } else { None });
                Classes::Named(Named::new(cells))
            }
        }
    }

    pub fn count(&self) -> usize {
        match self {
            Classes::Named(named) => named.count() + 2,
            Classes::Between(limits) => limits.slots() + 1,
            Classes::Affixes(affixes) => affixes.classes.len() + 2,
        }
    }

    #[inline]
    pub fn of(&self, cell: &Cell) -> u32 {
        match self {
            _ if matches!(cell, Cell::Blank) => 0,
            Classes::Named(named) => named.of(cell),
            Classes::Between(limits) => limits.slot(cell) + 1,
            Classes::Affixes(affixes) => affixes.of(text(cell)),
        }
    }

    /// What a question leaves: the first class, and a guess at the part of all leads.
    pub fn reach(&self, keys: &[Key<'_>]) -> Reach {
        let classes = self.count() as f64;
        let of_key = |key: &Key<'_>| match (self, key) {
            (_, Key::Blank | Key::Tag(_)) => Reach { first: 0, share: 1.0 / classes },
            (_, Key::Known) => Reach { first: 1, share: 1.0 },
            (Classes::Named(named), Key::Equal(cell)) => Reach { first: named.of(cell), share: 1.0 / classes },
            (Classes::Affixes(affixes), Key::Text(_, text)) => Reach { first: affixes.of(text), share: 1.0 / classes },
            (Classes::Between(limits), Key::Within(range)) => {
                let slots = limits.covered(range);
                Reach { first: slots.start as u32 + 1, share: slots.len() as f64 / classes }
            }
            (_, Key::Equal(_) | Key::Text(..) | Key::Within(_)) => unreachable!("of another kind"),
        };
        let reaches = keys.iter().map(of_key);
        let together =
            |one: Reach, other: Reach| Reach { first: one.first.min(other.first), share: one.share + other.share };
        reaches.reduce(together).unwrap_or(Reach { first: 0, share: 0.0 })
    }

    /// Which rules each class leaves.
    pub fn left(&self, asked: &Asked<'_>, unasked: &[u64]) -> Vec<u64> {
        match self {
            Classes::Named(named) => {
                let mut rows = Rows::new(self.count(), unasked);
                for (rule, key) in each(asked) {
                    match key {
                        Key::Blank => rows.set(0, rule),
                        Key::Equal(cell) => rows.set(named.of(cell), rule),
                        Key::Known => (1..self.count() as u32).for_each(|class| rows.set(class, rule)),
                        Key::Within(_) | Key::Text(..) | Key::Tag(_) => unreachable!("of another kind"),
                    }
                }
                rows.bits
            }
            Classes::Between(limits) => limits.left(asked, unasked),
            Classes::Affixes(affixes) => {
                let mut rows = Rows::new(self.count(), unasked);
                let mut by_text: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
                for (rule, key) in each(asked) {
                    if let Key::Text(_, text) = key {
                        by_text.entry(text).or_default().push(rule);
                    }
                }
                for (text, class) in &affixes.classes {
                    // Whatever has the longest one has all those inside it.
                    let inside = affixes.lengths.iter().filter_map(|(length, _)| affixes.cut(text, *length));
                    inside.filter_map(|text| by_text.get(text)).flatten().for_each(|rule| rows.set(*class, *rule));
                }
                rows.bits
            }
        }
    }
}

pub(super) fn each<'a, 'p>(asked: &'a Asked<'p>) -> impl Iterator<Item = (u32, &'a Key<'p>)> {
    asked.iter().flat_map(|(rule, keys)| keys.iter().map(|key| (*rule, key)))
}

impl Named {
    fn new<'p>(named: impl Iterator<Item = &'p Cell>) -> Named {
        let mut cells: FxHashMap<Cell, u32> = FxHashMap::default();
        for cell in named {
            let next = cells.len() as u32 + 2;
            cells.entry(cell.clone()).or_insert(next);
        }
        if let Some(numbers) = each_of(&cells, number) {
            let mut classes = vec![1; numbers.iter().map(|(number, _)| number + 1).max().unwrap_or(0)];
            numbers.into_iter().for_each(|(number, class)| classes[number] = class);
            return Named::Numbers { classes, cells: cells.len() };
        }
        let as_text = |cell: &Cell| if let Cell::Text(text) = cell { Some(text.clone()) } else { None };
        match each_of(&cells, as_text) {
            Some(texts) => Named::Texts(texts.into_iter().collect()),
            None => Named::Others(cells),
        }
    }

    fn count(&self) -> usize {
        match self {
            Named::Numbers { cells, .. } => *cells,
            Named::Texts(texts) => texts.len(),
            Named::Others(cells) => cells.len(),
        }
    }

    fn of(&self, cell: &Cell) -> u32 {
        let class = match (self, cell) {
            (Named::Numbers { classes, .. }, cell) => number(cell).and_then(|number| classes.get(number)),
            (Named::Texts(texts), Cell::Text(text)) => texts.get(text.as_str()),
            (Named::Texts(_), _) => None,
            (Named::Others(cells), cell) => cells.get(cell),
        };
        class.copied().unwrap_or(1)
    }
}

/// Cells as something simpler, each with its class, if all of them can be.
fn each_of<T>(cells: &FxHashMap<Cell, u32>, simpler: impl Fn(&Cell) -> Option<T>) -> Option<Vec<(T, u32)>> {
    cells.iter().map(|(cell, class)| Some((simpler(cell)?, *class))).collect()
}

/// A small number that tells a cell from all others of its type, if the type has only so many.
fn number(cell: &Cell) -> Option<usize> {
    match cell {
        Cell::Country(country) => Some(country.number()),
        Cell::YesNo(yes) => Some(usize::from(*yes)),
        Cell::Member(member) => Some(*member as usize),
        Cell::Rep(rep) => Some(rep.index()),
        Cell::Team(team) => Some(team.index()),
        Cell::Queue(queue) => Some(queue.index()),
        Cell::Blank
        | Cell::Text(_)
        | Cell::Number(_)
        | Cell::Date(_)
        | Cell::Timestamp(_)
        | Cell::Tags(_)
        | Cell::List(_)
        | Cell::Stranger(_)
        | Cell::Row(..) => None,
    }
}
