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

/// Everything that a condition cannot do without.
pub(super) fn anchors<'p>(project: &'p Project, condition: &'p Condition) -> Vec<Anchor<'p>> {
    necessary(project, condition, true)
}

fn necessary<'p>(project: &'p Project, condition: &'p Condition, wanted: bool) -> Vec<Anchor<'p>> {
    match (condition, wanted) {
        (Condition::And(parts), true) | (Condition::Or(parts), false) => {
            parts.iter().flat_map(|part| necessary(project, part, wanted)).collect()
        }
        (Condition::Or(parts), true) | (Condition::And(parts), false) => one_of(project, parts, wanted),
        (Condition::Not(inner, _), _) => necessary(project, inner, !wanted),
        (Condition::Named(id, _), _) => necessary(project, &project.conditions[*id].condition, wanted),
        (Condition::Comparison(comparison), _) => of_comparison(comparison, wanted).into_iter().collect(),
    }
}

/// Of each part something, if all parts have something; the first will do.
fn one_of<'p>(project: &'p Project, parts: &'p [Condition], wanted: bool) -> Vec<Anchor<'p>> {
    let of_parts = parts.iter().map(|part| necessary(project, part, wanted).into_iter().next());
    let of_parts: Option<Vec<Anchor<'p>>> = of_parts.collect();
    of_parts.map(|anchors| anchors.concat()).filter(|anchor| !anchor.is_empty()).into_iter().collect()
}

fn of_comparison(comparison: &Comparison, wanted: bool) -> Option<Anchor<'_>> {
    let value = comparison.value;
    let under = |key| vec![(value, key)];
    if comparison.negated == wanted {
        // Only `is blank` says what a lead has; `is not X` says what it has not.
        return (comparison.predicate == Predicate::Known).then(|| under(Key::Blank));
    }
    Some(match &comparison.predicate {
        Predicate::Known | Predicate::InTable(_) => under(Key::Known),
        Predicate::OneOf(cells) => cells.iter().map(|cell| (value, Key::Equal(cell))).collect(),
        Predicate::Within(range) => under(Key::Within(range)),
        Predicate::Text { part, any } => any.iter().map(|text| (value, Key::Text(*part, text))).collect(),
        Predicate::HasAny(tags) => tags.iter().map(|tag| (value, Key::Tag(tag))).collect(),
        Predicate::HasAll(tags) => under(tags.first().map_or(Key::Known, |tag| Key::Tag(tag))),
    })
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
