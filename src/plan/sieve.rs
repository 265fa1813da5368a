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
//! lead is one look at each value and one `and` for every 64 rules and layer, whatever the rules say. A rule
//! that is not left could not have held. One that is left holds if its condition asks for nothing that is not
//! asked in the layers, and that is known of each beforehand; any other is evaluated as it would be without a
//! sieve.
//!
//! | asked of a value | classes | found by |
//! | --- | --- | --- |
//! | `is`, `in […]`, known, blank | the cells named, the others, blank | hash of the cell |
//! | `<`, `>=`, `in LOW to HIGH` | between two limits that occur, or on one | table of small numbers, else bisection |
//! | `starts with`, `ends with` | the longest that occurs in the text | hash, the longest first |
//! | `contains`, `has`, a mixture | none: what holds is found for each lead | as an [`Index`](super::index::Index) finds it |
//!
//! The rules of a long policy are not in the order of the policy but in *groups*: all those together that ask
//! something in one layer that few leads have, and of these those together that ask the same. So of each group a
//! lead's class leaves a few words, known beforehand, and the other layers need be laid over these only. The first
//! rule of those found is the one.
//!
//! Many classes of many rules are many bits. Where they would be too many, the policy gets an index.

mod affixes;
mod classes;
mod group;
mod limits;
mod rows;

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use self::classes::Classes;
use self::group::{Group, Left};
use self::rows::{clear, has, rules_of, set, word_of};
use super::anchors::{Anchor, Key, Needs, needs};
use super::compile::Candidate;
use super::facts::Facts;
use super::index::OfValue;
use crate::ids::ValueId;
use crate::policy::{Condition, Project, TextPart};

/// The rules of one policy as bits.
#[derive(Debug)]
pub(super) struct Sieve {
    /// Of every row.
    words: usize,
    /// The rules that are there at all.
    all: Vec<u64>,
    /// Those of them that hold if they are left.
    certain: Vec<u64>,
    /// Those that no layer asks about, and no mixture.
    unasked: Vec<u64>,
    /// What most rules ask about comes first.
    layers: Vec<Layer>,
    mixtures: Vec<Mixture>,
    groups: Option<Groups>,
}

/// What is left by each class of a value.
#[derive(Debug)]
struct Layer {
    value: ValueId,
    classes: Classes,
    /// Row after row, one for each class.
    left: Vec<u64>,
}

/// What a value is asked that has no classes.
#[derive(Debug)]
struct Mixture {
    value: ValueId,
    /// The rules that ask nothing here.
    unasked: Vec<u64>,
    of_value: OfValue,
}

/// The rules of a long policy by what they ask.
#[derive(Debug)]
struct Groups {
    /// The place of each bit's rule in the policy.
    places: Vec<u32>,
    /// One for each layer, and one of the rules that belong to no layer.
    groups: Vec<Group>,
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

/// What the rules ask in one layer: a rule's number, and the keys of which one must hold.
type Asked<'p> = Vec<(u32, Vec<Key<'p>>)>;

/// A rule on its way into a sieve.
struct Asking<'p> {
    place: u32,
    questions: Vec<Question<'p>>,
    /// The questions are all that it asks.
    are_all: bool,
}

/// A question of a rule, with the layer that it goes to.
type Question<'p> = (LayerKey, Vec<Key<'p>>);

/// A value, what is asked of it, and of a rule's questions of this kind about it, which one.
type LayerKey = (ValueId, Kind, usize);

impl Sieve {
    /// A sieve of rules given by their places, in order, and conditions; `None` is a rule without
    /// condition. From so many rules on they are grouped. No sieve if it would take too much room.
    pub fn new<'p>(
        project: &'p Project,
        rules: impl Iterator<Item = (u32, Option<&'p Condition>)>,
        long_from: usize,
        most_bytes: usize,
    ) -> Option<Sieve> {
        let rules: Vec<Asking<'p>> = rules.map(|(place, when)| of_rule(project, place, when)).collect();
        let (mixed, layered): (Vec<_>, Vec<_>) =
            by_layer(&rules).into_iter().partition(|((_, kind, _), _)| *kind == Kind::Mixture);
        let classes: Vec<Classes> = layered.iter().map(|((_, kind, _), asked)| Classes::new(*kind, asked)).collect();
        let order =
            if rules.len() < long_from { Order::of_policy(&rules) } else { Order::grouped(&rules, &layered, &classes) };
        let words = order.words;
        let rows: usize = classes.iter().map(Classes::count).sum();
        if rows.saturating_mul(words * size_of::<u64>()) > most_bytes {
            return None;
        }
        let row = |is_in: &dyn Fn(&Asking<'p>) -> bool| {
            let mut row = vec![0; words];
            rules.iter().zip(&order.bits).filter(|(rule, _)| is_in(rule)).for_each(|(_, bit)| set(&mut row, *bit));
            row
        };
        let all = row(&|_| true);
        // What is asked, of bits instead of rules, and the bits of rules that ask nothing there.
        let of_bits = |mut asked: Asked<'p>| {
            let mut unasked = all.clone();
            for (rule, _) in &mut asked {
                *rule = order.bits[*rule as usize];
                clear(&mut unasked, *rule);
            }
            (asked, unasked)
        };
        let mixture = |((value, ..), asked): (LayerKey, Asked<'p>)| {
            let (asked, unasked) = of_bits(asked);
            Mixture { value, unasked, of_value: OfValue::flat(asked) }
        };
        let layer = |(((value, ..), asked), classes): ((LayerKey, Asked<'p>), Classes)| {
            let (asked, unasked) = of_bits(asked);
            let left = classes.left(&asked, &unasked);
            (Layer { value, classes, left }, unasked)
        };
        let mixtures = mixed.into_iter().map(mixture).collect();
        let (layers, unasked): (Vec<Layer>, Vec<_>) = layered.into_iter().zip(classes).map(layer).unzip();
        let groups = order.places.map(|places| {
            let of_layer = |(own, words)| {
                let rows = layers.get(own).map_or(&all[..], |layer: &Layer| &layer.left);
                Group::new(own, words, rows, &all, &unasked)
            };
            Groups { places, groups: order.groups.into_iter().enumerate().map(of_layer).collect() }
        });
        let (certain, unasked) = (row(&|rule| rule.are_all), row(&|rule| rule.questions.is_empty()));
        Some(Sieve { words, all, certain, unasked, layers, mixtures, groups })
    }

    /// The rules that a lead may take, in order; `to_first` if nobody asks for those behind the first that is known to
    /// hold.
    pub fn candidates<'i>(&'i self, facts: &Facts<'_>, to_first: bool) -> Sifted<'i> {
        match &self.groups {
            Some(groups) => Sifted::Found(self.in_groups(groups, facts, to_first).into_iter()),
            None => Sifted::Left { sieve: self, left: self.in_place(facts), word: 0 },
        }
    }

    /// What is left of all. As soon as only rules without a question are, nothing more is asked.
    fn in_place(&self, facts: &Facts<'_>) -> Row {
        let mut left = Row::from_slice(&self.all);
        for layer in &self.layers {
            let mut others = 0;
            for ((left, row), unasked) in left.iter_mut().zip(layer.row(self.words, facts)).zip(&self.unasked) {
                *left &= row;
                others |= *left & !unasked;
            }
            if others == 0 {
                return left;
            }
        }
        for mixture in &self.mixtures {
            left.iter_mut().zip(mixture.row(facts)).for_each(|(left, row)| *left &= row);
        }
        left
    }

    /// What is left of each group: of the rules that the lead's class leaves, those that the other layers leave too.
    fn in_groups<'i>(&'i self, groups: &Groups, facts: &Facts<'_>, to_first: bool) -> SmallVec<[Candidate; 16]> {
        let classes: SmallVec<[usize; 16]> = self.layers.iter().map(|layer| layer.class(facts)).collect();
        let row = |(layer, class): (&'i Layer, &usize)| layer.row_of(self.words, *class);
        let rows: SmallVec<[&[u64]; 16]> = self.layers.iter().zip(&classes).map(row).collect();
        let mixed: SmallVec<[Row; 2]> = self.mixtures.iter().map(|mixture| mixture.row(facts)).collect();
        let mut found: SmallVec<[Candidate; 16]> = SmallVec::new();
        let mut first = u32::MAX;
        for (own, group) in groups.groups.iter().enumerate() {
            for &Left { word, mut bits } in group.of(classes.get(own).copied().unwrap_or(0)) {
                let word = word as usize;
                for layer in &group.asked {
                    bits &= rows[*layer][word];
                    if bits == 0 {
                        break;
                    }
                }
                mixed.iter().for_each(|row| bits &= row[word]);
                for bit in rules_of(word, bits) {
                    let candidate = Candidate { place: groups.places[bit as usize], holds: has(&self.certain, bit) };
                    if candidate.place < first {
                        found.push(candidate);
                        first = if to_first && candidate.holds { candidate.place } else { first };
                    }
                }
            }
        }
        found.sort_unstable_by_key(|candidate| candidate.place);
        found
    }
}

/// A row of a short policy.
type Row = SmallVec<[u64; 8]>;

/// What is asked in each layer, of rules by their numbers; what most of them ask comes first.
fn by_layer<'p>(rules: &[Asking<'p>]) -> Vec<(LayerKey, Asked<'p>)> {
    let mut layers: FxHashMap<LayerKey, Asked<'p>> = FxHashMap::default();
    for (number, rule) in (0..).zip(rules) {
        for (layer, keys) in &rule.questions {
            layers.entry(*layer).or_default().push((number, keys.clone()));
        }
    }
    let mut layers: Vec<_> = layers.into_iter().collect();
    layers.sort_unstable_by_key(|(layer, asked)| (Reverse(asked.len()), *layer));
    layers
}

/// Which bit is which rule's.
struct Order {
    /// Of each rule, in the order of the policy.
    bits: Vec<u32>,
    words: usize,
    /// The place of each bit's rule, if that is another number.
    places: Option<Vec<u32>>,
    /// The words of each layer's group, and last those of rules that belong to no layer.
    groups: Vec<std::ops::Range<usize>>,
}

impl Order {
    /// A rule's bit is its place.
    fn of_policy(rules: &[Asking<'_>]) -> Order {
        let bits: Vec<u32> = rules.iter().map(|rule| rule.place).collect();
        let words = bits.iter().max().map_or(0, |last| word_of(*last) + 1);
        Order { bits, words, places: None, groups: Vec::new() }
    }

    /// Each rule with those that ask something in the same layer which it is the first to fail in, as far as can
    /// be told from the rules alone. A group begins with a word of its own.
    fn grouped(rules: &[Asking<'_>], layers: &[(LayerKey, Asked<'_>)], classes: &[Classes]) -> Order {
        let numbers: FxHashMap<LayerKey, usize> = layers.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
        let reach = |(layer, keys): &Question<'_>| {
            let number = *numbers.get(layer)?;
            Some((classes[number].reach(keys), number))
        };
        let home = |rule: &Asking<'_>| {
            let reaches = rule.questions.iter().filter_map(reach);
            let narrowest = reaches.min_by(|(one, _), (other, _)| one.share.total_cmp(&other.share));
            narrowest.map_or((layers.len(), 0), |(reach, number)| (number, reach.first))
        };
        let mut homes: Vec<((usize, u32), usize)> = rules.iter().map(home).zip(0..).collect();
        homes.sort_unstable();
        let mut order = Order { bits: vec![0; rules.len()], words: 0, places: None, groups: Vec::new() };
        let mut places = Vec::with_capacity(rules.len());
        for group in 0..=layers.len() {
            let begin = order.words;
            places.resize(begin * u64::BITS as usize, NOWHERE);
            let from = homes.partition_point(|((of, _), _)| *of < group);
            for (_, rule) in homes[from..].iter().take_while(|((of, _), _)| *of == group) {
                order.bits[*rule] = places.len() as u32;
                places.push(rules[*rule].place);
            }
            order.words = places.len().div_ceil(u64::BITS as usize);
            order.groups.push(begin..order.words);
        }
        Order { places: Some(places), ..order }
    }
}

/// The place of a bit that is no rule's.
const NOWHERE: u32 = u32::MAX;

impl Layer {
    #[inline]
    fn class(&self, facts: &Facts<'_>) -> usize {
        self.classes.of(facts.value(self.value)) as usize
    }

    #[inline]
    fn row_of(&self, words: usize, class: usize) -> &[u64] {
        &self.left[class * words..][..words]
    }

    /// What the lead's class leaves.
    #[inline]
    fn row(&self, words: usize, facts: &Facts<'_>) -> &[u64] {
        self.row_of(words, self.class(facts))
    }
}

impl Mixture {
    /// What the lead's value leaves.
    fn row(&self, facts: &Facts<'_>) -> Row {
        let mut row = Row::from_slice(&self.unasked);
        self.of_value.flat_matches(facts.value(self.value), facts, |rule| set(&mut row, rule));
        row
    }
}

/// What one rule asks. A second question about a value is one of another layer, as both must hold; one about
/// several values is not asked in any.
fn of_rule<'p>(project: &'p Project, place: u32, when: Option<&'p Condition>) -> Asking<'p> {
    let Needs { anchors, are_enough: mut are_all } = needs(project, when);
    let mut questions: Vec<Question<'p>> = Vec::with_capacity(anchors.len());
    for anchor in anchors {
        let Some(value) = of_one_value(&anchor) else {
            are_all = false;
            continue;
        };
        let keys: Vec<Key<'p>> = anchor.into_iter().map(|(_, key)| key).collect();
        let kind = kind_of(&keys);
        let number = questions.iter().filter(|((of, like, _), _)| (*of, *like) == (value, kind)).count();
        questions.push(((value, kind, number), keys));
    }
    Asking { place, questions, are_all }
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

/// The rules that are left, one after the other.
pub(super) enum Sifted<'i> {
    /// A bit for each.
    Left {
        sieve: &'i Sieve,
        left: Row,
        /// The word in hand.
        word: usize,
    },
    Found(smallvec::IntoIter<[Candidate; 16]>),
}

impl Iterator for Sifted<'_> {
    type Item = Candidate;

    #[inline]
    fn next(&mut self) -> Option<Candidate> {
        let (sieve, left, word) = match self {
            Sifted::Found(found) => return found.next(),
            Sifted::Left { sieve, left, word } => (sieve, left, word),
        };
        loop {
            let bits = left.get_mut(*word)?;
            if *bits != 0 {
                let place = *word as u32 * u64::BITS + bits.trailing_zeros();
                *bits &= *bits - 1;
                return Some(Candidate { place, holds: has(&sieve.certain, place) });
            }
            *word += 1;
        }
    }
}
