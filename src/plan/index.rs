//! Which rules of a policy are worth looking at for a lead.
//!
//! Every rule is posted under something that it cannot do without (see [`super::anchors`]), so a lead
//! need only be shown the rules posted under what it has, in their order, and those that ask for
//! nothing in particular. Where many rules are posted under one thing, they are told apart by
//! something else that they ask for: their posting is an index again. Nothing is decided here: what
//! is left is evaluated as it would be without an index, and what is skipped could not have held.
//!
//! | asked of a value | found by |
//! | --- | --- |
//! | `is`, `in […]`, a member, a table's column | hash of the cell |
//! | `<`, `>=`, `in LOW to HIGH` | a segment tree over the limits |
//! | `starts with`, `ends with` | hash of the text's beginnings or ends, of the lengths that occur |
//! | `contains` | one automaton for all pieces (Aho & Corasick 1975) |
//! | `has` | hash of each tag |
//! | `is known`, `is blank`, `in TABLE` | whether it is |

use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashMap;

use super::anchors::{Anchor, Key, Popularity, needs};
use super::facts::{Facts, tags, text};
use crate::cell::Cell;
use crate::ids::ValueId;
use crate::policy::{Condition, Project, Range, TextPart};

/// The rules of one policy, by what they ask for.
#[derive(Debug)]
pub(super) struct Index {
    /// Places, in their policy, of rules that are worth looking at for every lead; in order.
    always: Vec<u32>,
    values: Vec<(ValueId, OfValue)>,
}

/// The rules posted under something of one value.
#[derive(Debug, Default)]
pub(super) struct OfValue {
    equal: FxHashMap<Cell, Posting>,
    ranges: Ranges,
    beginnings: Affixes,
    ends: Affixes,
    pieces: Option<Pieces>,
    tags: FxHashMap<Box<str>, Posting>,
    known: Posting,
    blank: Posting,
}

/// The rules posted under one thing.
#[derive(Debug)]
enum Posting {
    /// Their places, in order.
    Few(Vec<u32>),
    /// The same, told apart by something else.
    Many(Box<Index>),
}

impl Default for Posting {
    fn default() -> Posting {
        Posting::Few(Vec::new())
    }
}

/// Rules posted under one thing from which on they are worth telling apart.
const MANY: usize = 20;
/// How often they are told apart at most.
const DEEPEST: usize = 3;

impl Index {
    /// An index of rules given by their places, in order, and conditions; `None` is a rule without
    /// condition.
    pub fn new<'p>(project: &'p Project, rules: impl Iterator<Item = (u32, Option<&'p Condition>)>) -> Index {
        let asking = rules.map(|(place, when)| Asking { place, anchors: needs(project, when).anchors });
        let asking: Vec<Asking<'p>> = asking.collect();
        let members = (0..asking.len()).map(|rule| Member { rule, used: 0 }).collect();
        Maker { rules: &asking }.index(members, 0)
    }

    /// The places of the rules worth looking at for a lead, in order.
    pub fn candidates<'i>(&'i self, facts: &Facts<'_>) -> Candidates<'i> {
        let mut candidates = Candidates::default();
        self.find(facts, &mut candidates);
        candidates
    }

    fn find<'i>(&'i self, facts: &Facts<'_>, found: &mut Candidates<'i>) {
        found.add(&self.always);
        for (value, of_value) in &self.values {
            of_value.find(facts.value(*value), facts, found);
        }
    }
}

/// A rule and all that it cannot do without.
struct Asking<'p> {
    place: u32,
    anchors: Vec<Anchor<'p>>,
}

/// A rule on its way into an index: which of its anchors lead there.
#[derive(Clone, Copy)]
struct Member {
    rule: usize,
    /// A bit for each anchor; those beyond the 64th are never used.
    used: u64,
}

/// Makes an index and the indexes inside.
struct Maker<'r, 'p> {
    rules: &'r [Asking<'p>],
}

impl<'p> Maker<'_, 'p> {
    fn index(&self, members: Vec<Member>, depth: usize) -> Index {
        let mut popularity = Popularity::default();
        for member in &members {
            self.unused(*member).for_each(|(_, anchor)| popularity.count(anchor));
        }
        let mut always = Vec::new();
        let mut posted: FxHashMap<ValueId, FxHashMap<Key<'p>, Vec<Member>>> = FxHashMap::default();
        for member in members {
            match self.unused(member).min_by(|(_, one), (_, other)| popularity.compare(one, other)) {
                None => always.push(self.rules[member.rule].place),
                Some((number, anchor)) => {
                    let member = Member { used: member.used | 1 << number, ..member };
                    for (value, key) in anchor {
                        posted.entry(*value).or_default().entry(*key).or_default().push(member);
                    }
                }
            }
        }
        let mut values: Vec<(ValueId, OfValue)> =
            posted.into_iter().map(|(value, keys)| (value, self.of_value(keys, depth))).collect();
        values.sort_unstable_by_key(|(value, _)| *value);
        Index { always, values }
    }

    fn unused(&self, member: Member) -> impl Iterator<Item = (usize, &Anchor<'p>)> {
        let anchors = self.rules[member.rule].anchors.iter().take(64).enumerate();
        anchors.filter(move |(number, _)| member.used >> number & 1 == 0)
    }

    /// A list that names a cell twice posts its rule twice.
    fn posting(&self, mut members: Vec<Member>, depth: usize) -> Posting {
        members.sort_by_key(|member| member.rule);
        members.dedup_by_key(|member| member.rule);
        if members.len() >= MANY && depth < DEEPEST {
            return Posting::Many(Box::new(self.index(members, depth + 1)));
        }
        Posting::Few(members.iter().map(|member| self.rules[member.rule].place).collect())
    }

    fn of_value(&self, keys: FxHashMap<Key<'p>, Vec<Member>>, depth: usize) -> OfValue {
        let mut of_value = OfValue::default();
        let (mut ranges, mut pieces) = (Vec::new(), Vec::new());
        for (key, members) in keys {
            match key {
                Key::Within(range) => ranges.push((range, members)),
                Key::Text(TextPart::Contains, text) => pieces.push((text, self.posting(members, depth))),
                Key::Text(TextPart::StartsWith, text) => of_value.beginnings.insert(text, self.posting(members, depth)),
                Key::Text(TextPart::EndsWith, text) => of_value.ends.insert(text, self.posting(members, depth)),
                Key::Equal(cell) => drop(of_value.equal.insert(cell.clone(), self.posting(members, depth))),
                Key::Tag(tag) => drop(of_value.tags.insert(tag.into(), self.posting(members, depth))),
                Key::Known => of_value.known = self.posting(members, depth),
                Key::Blank => of_value.blank = self.posting(members, depth),
            }
        }
        of_value.ranges = Ranges::new(ranges, |members| self.posting(members, depth));
        of_value.pieces = Pieces::new(pieces);
        of_value
    }
}

impl OfValue {
    /// What is asked of one value alone: each place with the keys of which one must hold.
    pub fn flat(asked: Vec<(u32, Vec<Key<'_>>)>) -> OfValue {
        let mut keys: FxHashMap<Key<'_>, Vec<Member>> = FxHashMap::default();
        for (rule, (_, of_rule)) in asked.iter().enumerate() {
            of_rule.iter().for_each(|key| keys.entry(*key).or_default().push(Member { rule, used: 0 }));
        }
        let rules: Vec<Asking<'_>> =
            asked.iter().map(|(place, _)| Asking { place: *place, anchors: Vec::new() }).collect();
        Maker { rules: &rules }.of_value(keys, DEEPEST)
    }

    /// The places posted under what a cell has, some of them perhaps more than once.
    pub fn flat_matches(&self, cell: &Cell, facts: &Facts<'_>, mut found: impl FnMut(u32)) {
        let mut candidates = Candidates::default();
        self.find(cell, facts, &mut candidates);
        candidates.postings.into_iter().flatten().for_each(|place| found(*place));
    }

    fn find<'i>(&'i self, cell: &Cell, facts: &Facts<'_>, found: &mut Candidates<'i>) {
        if *cell == Cell::Blank {
            return self.blank.find(facts, found);
        }
        self.known.find(facts, found);
        if !self.equal.is_empty()
            && let Some(posting) = self.equal.get(cell)
        {
            posting.find(facts, found);
        }
        self.ranges.above(cell).for_each(|posting| posting.find(facts, found));
        let text = text(cell);
        self.beginnings.find(|length| text.get(..length)).for_each(|posting| posting.find(facts, found));
        self.ends
            .find(|length| text.get(text.len().checked_sub(length)?..))
            .for_each(|posting| posting.find(facts, found));
        self.pieces.iter().for_each(|pieces| pieces.find(text).for_each(|posting| posting.find(facts, found)));
        if !self.tags.is_empty() {
            tags(cell).iter().filter_map(|tag| self.tags.get(tag)).for_each(|posting| posting.find(facts, found));
        }
    }
}

impl Posting {
    fn find<'i>(&'i self, facts: &Facts<'_>, found: &mut Candidates<'i>) {
        match self {
            Posting::Few(places) => found.add(places),
            Posting::Many(index) => index.find(facts, found),
        }
    }
}

/// Beginnings or ends of texts.
#[derive(Debug, Default)]
struct Affixes {
    texts: FxHashMap<Box<str>, Posting>,
    /// The lengths that occur, in bytes.
    lengths: Vec<usize>,
}

impl Affixes {
    fn insert(&mut self, text: &str, posting: Posting) {
        self.texts.insert(text.into(), posting);
        if let Err(place) = self.lengths.binary_search(&text.len()) {
            self.lengths.insert(place, text.len());
        }
    }

    /// `cut` gives the beginning or the end of a length, if the text has one.
    fn find<'i, 't, C>(&'i self, cut: C) -> impl Iterator<Item = &'i Posting> + use<'i, 't, C>
    where
        C: Fn(usize) -> Option<&'t str>,
    {
        self.lengths.iter().filter_map(move |length| self.texts.get(cut(*length)?))
    }
}

/// Pieces of texts.
#[derive(Debug)]
struct Pieces {
    automaton: AhoCorasick,
    /// In the order of the automaton's patterns.
    postings: Vec<Posting>,
}

impl Pieces {
    /// `None` without pieces, which costs nothing to search for.
    fn new(mut pieces: Vec<(&str, Posting)>) -> Option<Pieces> {
        pieces.sort_unstable_by_key(|(text, _)| *text);
        let texts = pieces.iter().map(|(text, _)| text);
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(texts);
        let automaton = automaton.expect("a policy's texts are far fewer than an automaton has states");
        let postings: Vec<Posting> = pieces.into_iter().map(|(_, posting)| posting).collect();
        (!postings.is_empty()).then_some(Pieces { automaton, postings })
    }

    fn find<'i, 't>(&'i self, text: &'t str) -> impl Iterator<Item = &'i Posting> + use<'i, 't> {
        self.automaton.find_overlapping_iter(text).map(|found| &self.postings[found.pattern().as_usize()])
    }
}

/// Intervals of cells: a segment tree over the limits that occur.
///
/// Between *n* limits in order there are *2n + 1* slots: below the first, the first itself, between
/// the first and the second, and so on. A range is a run of slots, kept at the few nodes of the tree
/// that cover the run; a cell is in one slot, and in the ranges at the nodes above it.
#[derive(Debug, Default)]
struct Ranges {
    limits: Vec<Cell>,
    /// The root is node 1; the children of node *i* are *2i* and *2i + 1*; the last ones are the slots.
    nodes: Vec<Posting>,
}

impl Ranges {
    fn new(ranges: Vec<(&Range, Vec<Member>)>, posting: impl Fn(Vec<Member>) -> Posting) -> Ranges {
        if ranges.is_empty() {
            return Ranges::default();
        }
        let ends = ranges.iter().flat_map(|(range, _)| range.low.iter().chain(&range.high));
        let mut limits: Vec<Cell> = ends.map(|limit| limit.cell.clone()).collect();
        limits.sort_unstable();
        limits.dedup();
        let mut tree = Ranges { nodes: Vec::new(), limits };
        let mut nodes = vec![Vec::new(); 2 * tree.slots()];
        for (range, members) in ranges {
            tree.cover(range).into_iter().for_each(|node| nodes[node].extend_from_slice(&members));
        }
        tree.nodes = nodes.into_iter().map(posting).collect();
        tree
    }

    fn slots(&self) -> usize {
        (2 * self.limits.len() + 1).next_power_of_two()
    }

    /// The slot a cell is in.
    fn slot(&self, cell: &Cell) -> usize {
        match self.limits.binary_search(cell) {
            Ok(place) => 2 * place + 1,
            Err(place) => 2 * place,
        }
    }

    /// The nodes that cover a range, and nothing else.
    fn cover(&self, range: &Range) -> Vec<usize> {
        let low = range.low.as_ref().map_or(0, |low| self.slot(&low.cell) + usize::from(!low.included));
        let high = range.high.as_ref();
        let end = high.map_or(2 * self.limits.len() + 1, |high| self.slot(&high.cell) + usize::from(high.included));
        let (mut low, mut end) = (low + self.slots(), end.max(low) + self.slots());
        let mut nodes = Vec::new();
        while low < end {
            if low % 2 == 1 {
                nodes.push(low);
                low += 1;
            }
            if end % 2 == 1 {
                end -= 1;
                nodes.push(end);
            }
            (low, end) = (low / 2, end / 2);
        }
        nodes
    }

    /// What is posted under ranges that a cell is in.
    fn above(&self, cell: &Cell) -> impl Iterator<Item = &Posting> {
        let slot = if self.nodes.is_empty() { 0 } else { self.slot(cell) + self.slots() };
        let nodes = std::iter::successors(Some(slot), |node| Some(node / 2)).take_while(|node| *node > 0);
        nodes.map(|node| &self.nodes[node])
    }
}

/// Rules to look at, merged from their postings.
#[derive(Debug, Default)]
pub(super) struct Candidates<'i> {
    /// What is left of each; none is empty.
    postings: Vec<&'i [u32]>,
}

impl<'i> Candidates<'i> {
    fn add(&mut self, places: &'i [u32]) {
        if !places.is_empty() {
            self.postings.push(places);
        }
    }
}

impl Iterator for Candidates<'_> {
    type Item = u32;

    /// The next place; a rule that stands in several postings is named once.
    fn next(&mut self) -> Option<u32> {
        let next = self.postings.iter().map(|places| places[0]).min()?;
        self.postings.retain_mut(|places| {
            if places[0] == next {
                *places = &places[1..];
            }
            !places.is_empty()
        });
        Some(next)
    }
}
