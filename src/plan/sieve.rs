//! The rules of a policy as bits: those that a lead may take are left when its values have been laid
//! over each other.
//!
//! What a rule cannot do without (see [`super::anchors`]) is asked of single values: `country is DE`,
//! `employees in 50 to 499`. For each value that rules ask about there is a *layer*. It knows all that
//! the rules can tell apart, the *classes* of the value, and for each class which rules it leaves:
//!
//! ```text
//! rules                          0  when country is DE and score >= 50
//!                                1  when score < 20
//!                                2  when country in [DE, AT]
//!
//! layer country   DE     111     layer score   blank, 20 … 49   001
//!                 AT     011     (rules 0 1 2)  50 and more     101
//!                 others 010                   below 20         011
//! ```
//!
//! A lead from AT with a score of 70 is left with `011 and 101 = 001`: rule 2. So finding the rules for a
//! lead is one look at each value and one `and` for every 64 rules and layer, whatever the rules say; from
//! 10,000 rules on, the layers of a lead still fit into a cache. A rule that is not left could not have held.
//! One that is left holds if its condition asks for nothing that is not asked in the layers, and that is
//! known of each beforehand; any other is evaluated as it would be without a sieve.
//!
//! | asked of a value | classes | found by |
//! | --- | --- | --- |
//! | `is`, `in […]`, known, blank | the cells named, the others, blank | hash of the cell |
//! | `<`, `>=`, `in LOW to HIGH` | between two limits that occur, or on one | table of small numbers, else bisection |
//! | `starts with`, `ends with` | the longest that occurs in the text | hash, the longest first |
//! | `contains`, `has`, a mixture | none: what holds is found for each lead | as an [`Index`](super::index::Index) finds it |
//!
//! Many classes of many rules are many bits. Where they would be too many, the policy gets an index.

use std::cmp::Reverse;

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::anchors::{Anchor, Key, Needs, needs};
use super::compile::Candidate;
use super::facts::{Facts, text};
use super::index::OfValue;
use crate::cell::{Cell, Text};
use crate::ids::{Id, ValueId};
use crate::policy::{Condition, Project, Range, TextPart};

/// What is worth looking at, 512 rules at a time: the unit in which layers are laid over each other.
type Lane = [u64; 8];

const RULES_IN_LANE: usize = 512;

/// The rules of one policy as bits.
#[derive(Debug)]
pub(super) struct Sieve {
    lanes: usize,
    /// How much of the last lane is rules.
    words: usize,
    /// The rules that are there at all.
    all: Vec<Lane>,
    /// Those of them that hold if they are left.
    certain: Vec<Lane>,
    /// Those that no layer asks about, and no mixture.
    unasked: Vec<Lane>,
    /// What most rules ask about comes first.
    layers: Vec<Layer>,
    mixtures: Vec<Mixture>,
}

/// What is left by each class of a value.
#[derive(Debug)]
struct Layer {
    value: ValueId,
    classes: Classes,
    /// Class after class, `lanes` of each.
    left: Vec<Lane>,
}

/// The classes of a value; class 0 is blank.
#[derive(Debug)]
enum Classes {
    /// Class 1 is every cell that is not named.
    Named(Named),
    /// Class `slot + 1`: see [`Limits`].
    Between(Limits),
    /// Class 1 is a text with none of them.
    Affixes(Affixes),
}

/// Cells that rules name, each with its class; they are all of one type.
#[derive(Debug)]
enum Named {
    /// By their [`number`]; class 1 where no cell is named.
    Numbers {
        classes: Vec<u32>,
        cells: usize,
    },
    Texts(FxHashMap<Text, u32>),
    Others(FxHashMap<Cell, u32>),
}

/// What a value is asked that has no classes.
#[derive(Debug)]
struct Mixture {
    value: ValueId,
    /// The rules that ask nothing here.
    unasked: Vec<Lane>,
    of_value: OfValue,
}

/// The limits that occur, in order. Between *n* of them there are *2n + 1* slots: below the first, the
/// first itself, between the first and the second, and so on.
#[derive(Debug)]
struct Limits {
    cells: Vec<Cell>,
    /// The same, where all of them are whole numbers.
    whole: Option<Vec<i64>>,
    /// The slots of the numbers from 0 on, as far as they are worth a table.
    small: Vec<u32>,
}

/// Beginnings or ends of texts.
#[derive(Debug)]
struct Affixes {
    part: TextPart,
    classes: FxHashMap<Text, u32>,
    /// The same by their lengths in bytes, the longest first.
    lengths: Vec<(usize, OfLength)>,
}

/// The classes of affixes of one length.
#[derive(Debug)]
enum OfLength {
    /// They fit into a word, and are found by it.
    Words(FxHashMap<u64, u32>),
    Texts(FxHashMap<Text, u32>),
}

/// What kind of classes an anchor asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Kind {
    Named,
    Between,
    Beginnings,
    Ends,
    Mixture,
}

/// What the rules ask in one layer: a rule's place, and the keys of which one must hold.
type Asked<'p> = Vec<(u32, Vec<Key<'p>>)>;

impl Sieve {
    /// A sieve of rules given by their places, in order, and conditions; `None` is a rule without
    /// condition, `places` being how many places there are. No sieve if it would take too much room.
    pub fn new<'p>(
        project: &'p Project,
        rules: impl Iterator<Item = (u32, Option<&'p Condition>)>,
        places: usize,
        most_bytes: usize,
    ) -> Option<Sieve> {
        let lanes = places.div_ceil(RULES_IN_LANE);
        let words = places.saturating_sub(1) % RULES_IN_LANE / 64 + 1;
        let mut all = vec![Lane::default(); lanes];
        let (mut certain, mut unasked) = (all.clone(), all.clone());
        let mut asked: FxHashMap<(ValueId, Kind, usize), Asked<'p>> = FxHashMap::default();
        for (place, when) in rules {
            set(&mut all, place);
            let (questions, are_all) = of_rule(project, when);
            if are_all {
                set(&mut certain, place);
            }
            if questions.is_empty() {
                set(&mut unasked, place);
            }
            for ((value, kind, number), keys) in questions {
                asked.entry((value, kind, number)).or_default().push((place, keys));
            }
        }
        let mut asked: Vec<_> = asked.into_iter().collect();
        asked.sort_unstable_by_key(|(layer, asked)| (Reverse(asked.len()), *layer));
        let mut room = most_bytes / size_of::<Lane>() / lanes.max(1);
        let (mut layers, mut mixtures) = (Vec::new(), Vec::new());
        for ((value, kind, _), asked) in asked {
            let mut unasked = all.clone();
            asked.iter().for_each(|(place, _)| clear(&mut unasked, *place));
            match kind {
                Kind::Mixture => mixtures.push(Mixture { value, unasked, of_value: OfValue::flat(asked) }),
                Kind::Named | Kind::Between | Kind::Beginnings | Kind::Ends => {
                    let classes = Classes::new(kind, &asked);
                    room = room.checked_sub(classes.count())?;
                    let left = classes.left(&asked, &unasked);
                    layers.push(Layer { value, classes, left });
                }
            }
        }
        Some(Sieve { lanes, words, all, certain, unasked, layers, mixtures })
    }

    /// The rules that a lead may take, in order.
    pub fn candidates<'i>(&'i self, facts: &Facts<'_>) -> Sifted<'i> {
        let mut sifted = Sifted {
            sieve: self,
            classes: SmallVec::new(),
            mixed: Vec::new(),
            lane: 0,
            bits: Lane::default(),
            word: 8,
        };
        if self.lanes == 1 {
            (sifted.bits, sifted.lane, sifted.word) = (self.only_lane(facts), 1, 0);
            return sifted;
        }
        for layer in &self.layers {
            sifted.classes.push(layer.classes.of(facts.value(layer.value)));
        }
        for mixture in &self.mixtures {
            mixture.lay_over(&mut sifted.mixed, facts);
        }
        sifted
    }

    /// What is left of a policy whose rules fit into one lane. As soon as only rules without a question are,
    /// nothing more is asked.
    fn only_lane(&self, facts: &Facts<'_>) -> Lane {
        let mut lane = self.all.first().copied().unwrap_or_default();
        let left = &mut lane[..self.words];
        let unasked = self.unasked.first().copied().unwrap_or_default();
        for layer in &self.layers {
            let row = &layer.left[layer.classes.of(facts.value(layer.value)) as usize];
            let mut others = 0;
            for ((left, row), unasked) in left.iter_mut().zip(row).zip(&unasked) {
                *left &= row;
                others |= *left & !unasked;
            }
            if others == 0 {
                return lane;
            }
        }
        let mut mixed = Vec::new();
        self.mixtures.iter().for_each(|mixture| mixture.lay_over(&mut mixed, facts));
        mixed.iter().for_each(|mixed| and(&mut lane, mixed));
        lane
    }
}

/// A question of a rule, with the layer that it goes to.
type Question<'p> = ((ValueId, Kind, usize), Vec<Key<'p>>);

/// What one rule asks, and whether that is all. A second question about a value is one of another layer, as both
/// must hold; one about several values is not asked in any.
fn of_rule<'p>(project: &'p Project, when: Option<&'p Condition>) -> (Vec<Question<'p>>, bool) {
    let Needs { anchors, are_enough: mut are_all } = needs(project, when);
    let mut numbers: FxHashMap<(ValueId, Kind), usize> = FxHashMap::default();
    let mut questions = Vec::with_capacity(anchors.len());
    for anchor in anchors {
        let Some(value) = of_one_value(&anchor) else {
            are_all = false;
            continue;
        };
        let keys: Vec<Key<'p>> = anchor.into_iter().map(|(_, key)| key).collect();
        let kind = kind_of(&keys);
        let number = numbers.entry((value, kind)).or_default();
        *number += 1;
        questions.push(((value, kind, *number), keys));
    }
    (questions, are_all)
}

/// The value that something is asked of, if it is only one.
fn of_one_value(anchor: &Anchor<'_>) -> Option<ValueId> {
    let (value, _) = anchor.first()?;
    anchor.iter().all(|(other, _)| other == value).then_some(*value)
}

fn kind_of(keys: &[Key<'_>]) -> Kind {
    let of_key = |key: &Key<'_>| match key {
        Key::Equal(_) | Key::Known | Key::Blank => Kind::Named,
        Key::Within(_) => Kind::Between,
        Key::Text(TextPart::StartsWith, _) => Kind::Beginnings,
        Key::Text(TextPart::EndsWith, _) => Kind::Ends,
        Key::Text(TextPart::Contains, _) | Key::Tag(_) => Kind::Mixture,
    };
    let kind = keys.first().map_or(Kind::Mixture, of_key);
    if keys.iter().all(|key| of_key(key) == kind) { kind } else { Kind::Mixture }
}

impl Mixture {
    /// Leaves of what was left what this leaves; nothing laid over yet is everything.
    fn lay_over(&self, left: &mut Vec<Lane>, facts: &Facts<'_>) {
        let mut mine = self.unasked.clone();
        self.of_value.flat_matches(facts.value(self.value), facts, |place| set(&mut mine, place));
        if left.is_empty() {
            *left = mine;
            return;
        }
        for (left, mine) in left.iter_mut().zip(&mine) {
            and(left, mine);
        }
    }
}

impl Classes {
    fn new(kind: Kind, asked: &Asked<'_>) -> Classes {
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

    fn count(&self) -> usize {
        match self {
            Classes::Named(named) => named.count() + 2,
            Classes::Between(limits) => limits.slots() + 1,
            Classes::Affixes(affixes) => affixes.classes.len() + 2,
        }
    }

    #[inline]
    fn of(&self, cell: &Cell) -> u32 {
        match self {
            _ if matches!(cell, Cell::Blank) => 0,
            Classes::Named(named) => named.of(cell),
            Classes::Between(limits) => limits.slot(cell) + 1,
            Classes::Affixes(affixes) => affixes.of(text(cell)),
        }
    }

    /// Which rules each class leaves.
    fn left(&self, asked: &Asked<'_>, unasked: &[Lane]) -> Vec<Lane> {
        match self {
            Classes::Named(named) => {
                let mut rows = Rows::new(self.count(), unasked);
                for (place, key) in each(asked) {
                    match key {
                        Key::Blank => rows.set(0, place),
                        Key::Equal(cell) => rows.set(named.of(cell), place),
                        Key::Known => (1..self.count() as u32).for_each(|class| rows.set(class, place)),
                        Key::Within(_) | Key::Text(..) | Key::Tag(_) => unreachable!("of another kind"),
                    }
                }
                rows.lanes
            }
            Classes::Between(limits) => limits.left(asked, unasked),
            Classes::Affixes(affixes) => {
                let mut rows = Rows::new(self.count(), unasked);
                let mut by_text: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
                for (place, key) in each(asked) {
                    if let Key::Text(_, text) = key {
                        by_text.entry(text).or_default().push(place);
                    }
                }
                for (text, class) in &affixes.classes {
                    // Whatever has the longest one has all those inside it.
                    let inside = affixes.lengths.iter().filter_map(|(length, _)| affixes.cut(text, *length));
                    inside.filter_map(|text| by_text.get(text)).flatten().for_each(|place| rows.set(*class, *place));
                }
                rows.lanes
            }
        }
    }
}

fn each<'a, 'p>(asked: &'a Asked<'p>) -> impl Iterator<Item = (u32, &'a Key<'p>)> {
    asked.iter().flat_map(|(place, keys)| keys.iter().map(|key| (*place, key)))
}

/// What each class leaves, on its way.
struct Rows {
    lanes: Vec<Lane>,
    each: usize,
}

impl Rows {
    fn new(classes: usize, unasked: &[Lane]) -> Rows {
        Rows { lanes: unasked.repeat(classes), each: unasked.len() }
    }

    fn set(&mut self, class: u32, place: u32) {
        let from = class as usize * self.each;
        set(&mut self.lanes[from..from + self.each], place);
    }
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

impl Limits {
    fn of<'p>(ranges: impl Iterator<Item = &'p Range>) -> Limits {
        /// Numbers from 0 on that are found without bisection.
        const SMALL: i64 = 4096;
        let ends = ranges.flat_map(|range| range.low.iter().chain(&range.high));
        let mut cells: Vec<Cell> = ends.map(|limit| limit.cell.clone()).collect();
        cells.sort_unstable();
        cells.dedup();
        let whole: Option<Vec<i64>> = cells.iter().map(whole_number).collect();
        let small = match &whole {
            Some(whole) => (0..SMALL).map(|number| slot_in(whole, &number)).collect(),
            None => Vec::new(),
        };
        Limits { cells, whole, small }
    }

    fn slots(&self) -> usize {
        2 * self.cells.len() + 1
    }

    fn slot(&self, cell: &Cell) -> u32 {
        match (&self.whole, whole_number(cell)) {
            (Some(whole), Some(number)) => {
                let small = usize::try_from(number).ok().and_then(|number| self.small.get(number));
                small.copied().unwrap_or_else(|| slot_in(whole, &number))
            }
            _ => slot_in(&self.cells, cell),
        }
    }

    /// The slots of a range.
    fn covered(&self, range: &Range) -> std::ops::Range<usize> {
        let low = range.low.as_ref().map_or(0, |low| self.slot(&low.cell) + u32::from(!low.included));
        let high = range.high.as_ref();
        let end = high.map_or(self.slots(), |high| self.slot(&high.cell) as usize + usize::from(high.included));
        low as usize..end.max(low as usize)
    }

    /// Which rules blank and each slot leave: what changes from one slot to the next is little.
    fn left(&self, asked: &Asked<'_>, unasked: &[Lane]) -> Vec<Lane> {
        let mut begin: Vec<Vec<u32>> = vec![Vec::new(); self.slots() + 1];
        let mut end = begin.clone();
        for (place, keys) in asked {
            let ranges = keys.iter().filter_map(|key| if let Key::Within(range) = key { Some(*range) } else { None });
            for covered in joined(ranges.map(|range| self.covered(range)).collect()) {
                begin[covered.start].push(*place);
                end[covered.end].push(*place);
            }
        }
        let mut row = unasked.to_vec();
        let mut left = row.clone();
        for slot in 0..self.slots() {
            end[slot].iter().for_each(|place| clear(&mut row, *place));
            begin[slot].iter().for_each(|place| set(&mut row, *place));
            left.extend_from_slice(&row);
        }
        left
    }
}

/// Runs that overlap or touch made one; empty ones left out.
fn joined(mut runs: Vec<std::ops::Range<usize>>) -> Vec<std::ops::Range<usize>> {
    runs.retain(|run| !run.is_empty());
    runs.sort_unstable_by_key(|run| run.start);
    let mut joined: Vec<std::ops::Range<usize>> = Vec::with_capacity(runs.len());
    for run in runs {
        match joined.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => joined.push(run),
        }
    }
    joined
}

fn whole_number(cell: &Cell) -> Option<i64> {
    let is_whole = |number: &&Decimal| number.scale() == 0;
    match cell {
        Cell::Number(number) => Some(number).filter(is_whole).and_then(|number| number.mantissa().try_into().ok()),
        _ => None,
    }
}

fn slot_in<T: Ord>(limits: &[T], value: &T) -> u32 {
    match limits.binary_search(value) {
        Ok(place) => 2 * place as u32 + 1,
        Err(place) => 2 * place as u32,
    }
}

impl Affixes {
    fn new<'a, 'p: 'a>(part: TextPart, keys: impl Iterator<Item = &'a Key<'p>>) -> Affixes {
        let mut classes = FxHashMap::default();
        for key in keys {
            if let Key::Text(_, text) = key {
                let next = classes.len() as u32 + 2;
                classes.entry(Text::from(*text)).or_insert(next);
            }
        }
        let mut affixes = Affixes { part, classes, lengths: Vec::new() };
        let mut lengths: Vec<usize> = affixes.classes.keys().map(|text| text.len()).collect();
        lengths.sort_unstable_by(|one, other| other.cmp(one));
        lengths.dedup();
        affixes.lengths = lengths.into_iter().map(|length| (length, affixes.of_length(length))).collect();
        affixes
    }

    fn of_length(&self, length: usize) -> OfLength {
        let of_length = self.classes.iter().filter(|(text, _)| text.len() == length);
        if length <= WORD {
            OfLength::Words(of_length.map(|(text, class)| (part_of(self.word(text), length), *class)).collect())
        } else {
            OfLength::Texts(of_length.map(|(text, class)| (text.clone(), *class)).collect())
        }
    }

    fn of(&self, text: &str) -> u32 {
        let word = self.word(text);
        let find = |(length, classes): &(usize, OfLength)| match classes {
            _ if *length > text.len() => None,
            OfLength::Words(classes) => classes.get(&part_of(word, *length)).copied(),
            OfLength::Texts(classes) => classes.get(self.cut(text, *length)?).copied(),
        };
        self.lengths.iter().find_map(find).unwrap_or(1)
    }

    /// The first or last bytes of a text; what counts most comes first.
    fn word(&self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        match self.part {
            TextPart::EndsWith => match bytes.last_chunk() {
                Some(last) => u64::from_le_bytes(*last),
                None => bytes.iter().fold(0, |word, byte| word >> 8 | u64::from(*byte) << 56),
            },
            TextPart::StartsWith | TextPart::Contains => match bytes.first_chunk() {
                Some(first) => u64::from_be_bytes(*first),
                None => bytes.iter().rev().fold(0, |word, byte| word >> 8 | u64::from(*byte) << 56),
            },
        }
    }

    /// The beginning or the end of a length, if the text has one.
    fn cut<'t>(&self, text: &'t str, length: usize) -> Option<&'t str> {
        match self.part {
            TextPart::EndsWith => text.get(text.len().checked_sub(length)?..),
            TextPart::StartsWith | TextPart::Contains => text.get(..length),
        }
    }
}

/// Bytes of a word.
const WORD: usize = 8;

/// So many of the bytes that count most in a word.
fn part_of(word: u64, length: usize) -> u64 {
    match length {
        0 => 0,
        length => word >> (8 * (WORD - length)),
    }
}

/// The rules that are left, one after the other.
#[derive(Debug)]
pub(super) struct Sifted<'i> {
    sieve: &'i Sieve,
    /// The class that the lead has in each layer.
    classes: SmallVec<[u32; 12]>,
    /// What the mixtures leave; empty if there are none.
    mixed: Vec<Lane>,
    /// The next lane to look at.
    lane: usize,
    /// The lane in hand, from the word in hand on.
    bits: Lane,
    word: usize,
}

impl Sifted<'_> {
    /// Takes the next lane in which something is left in hand.
    fn advance(&mut self) -> bool {
        let Sieve { lanes, all, layers, .. } = self.sieve;
        while let Some(all) = all.get(self.lane) {
            let mut bits = *all;
            for (layer, class) in layers.iter().zip(&self.classes) {
                and(&mut bits, &layer.left[*class as usize * lanes + self.lane]);
            }
            if let Some(mixed) = self.mixed.get(self.lane) {
                and(&mut bits, mixed);
            }
            self.lane += 1;
            if bits != Lane::default() {
                (self.bits, self.word) = (bits, 0);
                return true;
            }
        }
        false
    }
}

impl Iterator for Sifted<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        loop {
            while self.word < self.bits.len() {
                let word = self.bits[self.word];
                if word != 0 {
                    self.bits[self.word] = word & (word - 1);
                    let before = (self.lane - 1) * RULES_IN_LANE + self.word * 64;
                    let place = before as u32 + word.trailing_zeros();
                    return Some(Candidate { place, holds: has(&self.sieve.certain, place) });
                }
                self.word += 1;
            }
            if !self.advance() {
                return None;
            }
        }
    }
}

fn and(left: &mut Lane, other: &Lane) {
    for (left, other) in left.iter_mut().zip(other) {
        *left &= other;
    }
}

fn set(lanes: &mut [Lane], place: u32) {
    let (lane, word, bit) = bit_of(place);
    lanes[lane][word] |= bit;
}

fn has(lanes: &[Lane], place: u32) -> bool {
    let (lane, word, bit) = bit_of(place);
    lanes[lane][word] & bit != 0
}

fn clear(lanes: &mut [Lane], place: u32) {
    let (lane, word, bit) = bit_of(place);
    lanes[lane][word] &= !bit;
}

fn bit_of(place: u32) -> (usize, usize, u64) {
    let place = place as usize;
    (place / RULES_IN_LANE, place % RULES_IN_LANE / 64, 1 << (place % 64))
}
