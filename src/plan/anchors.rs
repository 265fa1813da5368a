//! What must be true of a lead before a rule can hold, and the rarest such thing.
//!
//! A rule is worth looking at only for leads with what its condition cannot do without. Of
//!
//! ```text
//! when dach and (industry is Healthcare or industry is Software) and not score < 20
//! ```
//!
//! each of these alone is such a thing: `country is DE or AT or CH`, `industry is Healthcare or
//! Software`. (What is negated says what a lead may not have, which rules out few of them.) The index
//! posts the rule under one of them, the one that the fewest leads are likely to have. Nobody has
//! told the plan how leads are spread, but the rules have: policies split up what there is much of,
//! so what many rules mention, many leads have.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::cell::Cell;
use crate::ids::ValueId;
use crate::policy::{Comparison, Condition, Predicate, Project, Range, TextPart};

/// Where in the index a rule can be posted: under each of these keys, as a lead that the rule takes
/// has at least one of them.
pub(super) type Anchor<'p> = Vec<(ValueId, Key<'p>)>;

/// Something true of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key<'p> {
    Equal(&'p Cell),
    Within(&'p Range),
    Text(TextPart, &'p str),
    Tag(&'p str),
    Known,
    Blank,
}

/// What a condition cannot do without.
#[derive(Debug, Default)]
pub(super) struct Needs<'p> {
    /// All of these.
    pub anchors: Vec<Anchor<'p>>,
    /// And there is nothing else to it: a lead that has them has what the condition asks.
    pub are_enough: bool,
}

/// Everything that a condition cannot do without; without a condition, nothing.
pub(super) fn needs<'p>(project: &'p Project, condition: Option<&'p Condition>) -> Needs<'p> {
    condition.map_or(Needs { anchors: Vec::new(), are_enough: true }, |condition| necessary(project, condition, true))
}

fn necessary<'p>(project: &'p Project, condition: &'p Condition, wanted: bool) -> Needs<'p> {
    match (condition, wanted) {
        (Condition::And(parts), true) | (Condition::Or(parts), false) => {
            let mut all = Needs { anchors: Vec::new(), are_enough: true };
            for part in parts {
                let needs = necessary(project, part, wanted);
                all.anchors.extend(needs.anchors);
                all.are_enough &= needs.are_enough;
            }
            all
        }
        (Condition::Or(parts), true) | (Condition::And(parts), false) => one_of(project, parts, wanted),
        (Condition::Not(inner, _), _) => necessary(project, inner, !wanted),
        (Condition::Named(id, _), _) => necessary(project, &project.conditions[*id].condition, wanted),
        (Condition::Comparison(comparison), _) => of_comparison(comparison, wanted),
    }
}

/// Of each part something, if all parts have something; the first will do.
fn one_of<'p>(project: &'p Project, parts: &'p [Condition], wanted: bool) -> Needs<'p> {
    let (mut together, mut are_enough) = (Vec::new(), true);
    for part in parts {
        let needs = necessary(project, part, wanted);
        are_enough &= needs.are_enough && needs.anchors.len() == 1;
        match needs.anchors.into_iter().next() {
            Some(anchor) => together.extend(anchor),
            None => return Needs::default(),
        }
    }
    if together.is_empty() { Needs::default() } else { Needs { anchors: vec![together], are_enough } }
}

fn of_comparison(comparison: &Comparison, wanted: bool) -> Needs<'_> {
    let value = comparison.value;
    let under = |key| vec![(value, key)];
    if comparison.negated == wanted {
        // Only `is blank` says what a lead has; `is not X` says what it has not.
        let is_blank = comparison.predicate == Predicate::Known;
        return if is_blank { Needs { anchors: vec![under(Key::Blank)], are_enough: true } } else { Needs::default() };
    }
    let (anchor, are_enough) = match &comparison.predicate {
        Predicate::Known => (under(Key::Known), true),
        Predicate::InTable(_) => (under(Key::Known), false),
        Predicate::OneOf(cells) => (cells.iter().map(|cell| (value, Key::Equal(cell))).collect(), true),
        Predicate::Within(range) => (under(Key::Within(range)), true),
        Predicate::Text { part, any } => (any.iter().map(|text| (value, Key::Text(*part, text))).collect(), true),
        Predicate::HasAny(tags) => (tags.iter().map(|tag| (value, Key::Tag(tag))).collect(), true),
        Predicate::HasAll(tags) => (under(tags.first().map_or(Key::Known, |tag| Key::Tag(tag))), tags.len() == 1),
    };
    Needs { anchors: vec![anchor], are_enough }
}

/// How often rules mention what.
#[derive(Default)]
pub(super) struct Popularity<'p> {
    keys: FxHashMap<(ValueId, Key<'p>), u32>,
    /// Of all keys of a value together.
    values: FxHashMap<ValueId, u32>,
}

impl<'p> Popularity<'p> {
    pub fn count(&mut self, anchor: &Anchor<'p>) {
        for (value, key) in anchor {
            *self.keys.entry((*value, *key)).or_default() += 1;
            *self.values.entry(*value).or_default() += 1;
        }
    }

    /// Which of two anchors fewer leads are likely to have.
    pub fn compare(&self, one: &Anchor<'p>, other: &Anchor<'p>) -> Ordering {
        self.share(one).total_cmp(&self.share(other))
    }

    /// A guess at the part of all leads that have one of these.
    fn share(&self, anchor: &Anchor<'p>) -> f64 {
        anchor.iter().map(|(value, key)| self.share_of(*value, key)).sum()
    }

    fn share_of(&self, value: ValueId, key: &Key<'p>) -> f64 {
        let mentioned = f64::from(self.keys.get(&(value, *key)).copied().unwrap_or_default());
        let all = f64::from(self.values.get(&value).copied().unwrap_or_default());
        match key {
            Key::Known => 0.6,
            Key::Blank => 0.4,
            // Ranges overlap, and words stand in many texts.
            Key::Within(_) => 0.25,
            Key::Text(TextPart::Contains, _) => 0.05 + mentioned / (all + 10.0),
            // Leads have values that no rule mentions, too.
            Key::Equal(_) | Key::Text(..) | Key::Tag(_) => mentioned / (all + 2.0),
        }
    }
}
