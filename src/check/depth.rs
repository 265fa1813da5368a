//! How deep names are made of names.
//!
//! The grammar keeps what is written in one place from nesting too deep; a chain of `let`s, each made
//! of the one before, nests just as deep when it is followed. Whoever follows conditions and values
//! recurses, so the depth is limited here, once.

use crate::ids::{Id, ValueId};
use crate::policy::{Condition, Value, ValueKind};

/// Levels of conditions or of values inside one another, whatever names they go by.
pub(super) const DEEPEST: usize = 500;

/// How deep a condition is, given how deep the named ones are.
pub(super) fn of_condition(condition: &Condition, named: &[usize]) -> usize {
    let deepest = |parts: &[Condition]| parts.iter().map(|part| of_condition(part, named)).max().unwrap_or(0);
    1 + match condition {
        Condition::And(parts) | Condition::Or(parts) => deepest(parts),
        Condition::Not(inner, _) => of_condition(inner, named),
        Condition::Named(id, _) => named[id.index()],
        Condition::Comparison(_) => 0,
    }
}

/// How deep a value is, given how deep those before it are.
pub(super) fn of_value(value: &Value, earlier: &[usize]) -> usize {
    let of = |id: &ValueId| earlier[id.index()];
    1 + match &value.kind {
        ValueKind::Field(_) => 0,
        ValueKind::DomainOf(of_what) | ValueKind::HourOf(of_what, _) | ValueKind::WeekdayOf(of_what, _) => of(of_what),
        ValueKind::Lookup(_, key) => of(key),
        ValueKind::Column(row, _) => of(row),
        ValueKind::FirstKnown(values) => values.iter().map(of).max().unwrap_or(0),
    }
}
