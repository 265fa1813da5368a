//! What the lead blocks of two versions have in common.
//!
//! A value that only one version lists, or that only one version's range has, is a value in that
//! version and blank in the other, which cannot read it: the versions are compared on the values of
//! both, and each asks of those it reads. Where a version requires the field it rejects what it
//! cannot read; then they are compared on what both read, and what that leaves out is told in words.
//! A field whose cells mean other things in the two versions (a text that became a country) leaves
//! nothing to compare.

use std::sync::Arc;

use crate::analysis::atoms::{Ask, Mismatch};
use crate::cell::{Bounds, Cell, Members, Type};
use crate::ids::FieldId;
use crate::policy::{LeadBlock, Limit, Project, Range};

/// A field as the versions share it.
#[derive(Clone, Debug)]
pub struct Shared {
    pub ty: Type,
    pub may_be_blank: bool,
}

impl Shared {
    pub fn of(block: &LeadBlock, id: FieldId) -> Shared {
        let field = &block.fields[id];
        Shared { ty: field.ty.clone(), may_be_blank: !field.required && block.key != Some(id) }
    }

    /// Takes in how another version reads the field; `left_out` takes in which leads that excludes.
    pub fn join(&mut self, name: &str, new: &Shared, left_out: &mut Vec<String>) -> Result<(), Mismatch> {
        let is_optional = self.may_be_blank && new.may_be_blank;
        let ty = if is_optional { either(&self.ty, &new.ty) } else { None };
        let Some(ty) = ty.or_else(|| both(&self.ty, &new.ty)) else {
            return Err(Mismatch { field: name.to_owned(), why: "its type is another" });
        };
        for (other, own) in [("new", &self.ty), ("old", &new.ty)] {
            let only = beyond(name, own, &ty);
            left_out.extend(only.map(|leads| format!("leads with {leads}: the {other} version cannot read that")));
        }
        if self.may_be_blank != new.may_be_blank {
            let other = if self.may_be_blank { "new" } else { "old" };
            left_out.push(format!("leads with a blank {name}: the {other} version rejects them"));
        }
        *self = Shared { ty, may_be_blank: is_optional };
        Ok(())
    }

    /// What a version that reads the field as a type asks first: is the cell one that it reads at
    /// all? `None` if all are.
    pub fn readable(&self, own: &Type) -> Option<Ask> {
        match (own, &self.ty) {
            (Type::OneOf(own), Type::OneOf(shared)) => {
                let read: Vec<Cell> = own.names().filter_map(|name| shared.find(name)).map(Cell::Member).collect();
                (read.len() < shared.len()).then_some(Ask::OneOf(read))
            }
            (Type::Integer(Some(own)), Type::Integer(shared)) | (Type::Number(Some(own)), Type::Number(shared)) => {
                let is_all = shared.is_some_and(|shared| own.low <= shared.low && shared.high <= own.high);
                let limit = |number| Some(Limit { cell: Cell::Number(number), included: true });
                (!is_all).then(|| Ask::Within(Range { low: limit(own.low), high: limit(own.high) }))
            }
            _ => None,
        }
    }
}

/// What both versions read, and each in its own way.
pub fn read_differently(old: &Project, new: &Project) -> Vec<String> {
    let only = |side: &str, block: &LeadBlock, other: &LeadBlock| -> Vec<String> {
        let placeholders = block.blanks.iter().filter(|text| !other.blanks.contains(text));
        let told = |text| format!("leads with \"{text}\" in a cell: only the {side} version takes it for blank");
        placeholders.map(told).collect()
    };
    let mut told = [only("old", &old.lead, &new.lead), only("new", &new.lead, &old.lead)].concat();
    let has_times = old.lead.fields.iter().any(|field| field.ty == Type::Timestamp);
    if has_times && old.timezone != new.timezone {
        told.push("leads with a time without an offset: each version reads it in its own time zone".to_owned());
    }
    told
}

/// The cells that one of the types has; `None` if they are not of one kind.
fn either(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::OneOf(a), Type::OneOf(b)) => {
            let more = b.names().filter(|name| a.find(name).is_none());
            let names = a.names().chain(more).map(str::to_owned).collect();
            Some(Type::OneOf(Arc::new(Members::new(names).expect("only new ones are added"))))
        }
        (Type::Integer(a), Type::Integer(b)) => Some(Type::Integer(within_either(*a, *b))),
        (Type::Number(a), Type::Number(b)) => Some(Type::Number(within_either(*a, *b))),
        _ => None,
    }
}

/// The cells that both types have; `None` if they are not of one kind, or have none.
fn both(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Type::OneOf(a), Type::OneOf(b)) => {
            let names: Vec<String> = a.names().filter(|name| b.find(name).is_some()).map(str::to_owned).collect();
            let members = Members::new(names).expect("a part of a list without repeats has none");
            (!members.is_empty()).then(|| Type::OneOf(Arc::new(members)))
        }
        (Type::Integer(a), Type::Integer(b) | Type::Number(b)) | (Type::Number(a), Type::Integer(b)) => {
            Some(Type::Integer(within_both(*a, *b)?))
        }
        (Type::Number(a), Type::Number(b)) => Some(Type::Number(within_both(*a, *b)?)),
        _ => None,
    }
}

fn within_either(a: Option<Bounds>, b: Option<Bounds>) -> Option<Bounds> {
    let (a, b) = (a?, b?);
    Some(Bounds { low: a.low.min(b.low), high: a.high.max(b.high) })
}

fn within_both(a: Option<Bounds>, b: Option<Bounds>) -> Option<Option<Bounds>> {
    let (Some(a), Some(b)) = (a, b) else { return Some(a.or(b)) };
    let both = Bounds { low: a.low.max(b.low), high: a.high.min(b.high) };
    (both.low <= both.high).then_some(Some(both))
}

/// The cells of a type that a part of it does not have, in words.
fn beyond(name: &str, whole: &Type, part: &Type) -> Option<String> {
    match (whole, part) {
        _ if whole == part => None,
        (Type::OneOf(whole), Type::OneOf(part)) => {
            let only: Vec<&str> = whole.names().filter(|member| part.find(member).is_none()).collect();
            (!only.is_empty()).then(|| format!("{name} {}", only.join(" or ")))
        }
        (Type::Number(own), Type::Integer(shared)) => {
            let outside = outside(name, *own, *shared).map(|outside| format!(", or {outside}"));
            Some(format!("a fraction as {name}{}", outside.unwrap_or_default()))
        }
        (Type::Integer(own), Type::Integer(shared)) | (Type::Number(own), Type::Number(shared)) => {
            outside(name, *own, *shared)
        }
        _ => None,
    }
}

fn outside(name: &str, own: Option<Bounds>, shared: Option<Bounds>) -> Option<String> {
    let shared = shared?;
    let is_inside = own.is_some_and(|own| shared.low <= own.low && own.high <= shared.high);
    (!is_inside).then(|| format!("{name} outside of {} to {}", shared.low, shared.high))
}

/// A cell of a type, as a cell of another with the same members or fewer; `None` if it is not among them.
pub fn translated(cell: &Cell, from: &Type, to: &Type) -> Option<Cell> {
    match (from, to, cell) {
        (Type::OneOf(from), Type::OneOf(to), Cell::Member(member)) => to.find(from.name(*member)).map(Cell::Member),
        _ => Some(cell.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn list(names: &[&str]) -> Type {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Type::OneOf(Arc::new(Members::new(names).expect("they differ")))
    }

    fn range(low: i64, high: i64) -> Option<Bounds> {
        Some(Bounds { low: Decimal::from(low), high: Decimal::from(high) })
    }

    #[test]
    fn lists_share_what_both_have() {
        let (old, new) = (list(&["free", "pro", "max"]), list(&["basic", "Pro", "free"]));
        let shared = both(&old, &new).expect("they share two");
        assert_eq!(shared, list(&["free", "pro"]));
        assert_eq!(translated(&Cell::Member(1), &new, &shared), Some(Cell::Member(1)));
        assert_eq!(translated(&Cell::Member(2), &new, &shared), Some(Cell::Member(0)));
        assert_eq!(translated(&Cell::Member(0), &new, &shared), None);
        assert_eq!(both(&old, &list(&["other"])), None);
    }

    #[test]
    fn ranges_share_their_intersection() {
        let (old, new) = (Type::Number(range(0, 10)), Type::Integer(range(5, 20)));
        assert_eq!(both(&old, &new), Some(Type::Integer(range(5, 10))));
        assert_eq!(both(&Type::Integer(None), &new), Some(new.clone()));
        assert_eq!(both(&Type::Integer(range(0, 4)), &new), None);
        assert_eq!(both(&Type::Text, &new), None);
    }

    #[test]
    fn what_only_one_version_reads_is_asked_for_or_told() {
        let mut left_out = Vec::new();
        let optional = |ty: Type| Shared { ty, may_be_blank: true };
        let (old, new) = (list(&["free", "pro"]), list(&["pro", "max", "team"]));
        let mut field = optional(old.clone());
        field.join("plan", &optional(new.clone()), &mut left_out).expect("both are lists");
        assert_eq!(field.ty, list(&["free", "pro", "max", "team"]));
        assert_eq!(field.readable(&new), Some(Ask::OneOf([1, 2, 3].map(Cell::Member).to_vec())));
        assert!(left_out.is_empty());

        let mut field = optional(old);
        field.join("plan", &Shared { ty: new.clone(), may_be_blank: false }, &mut left_out).expect("they share one");
        assert_eq!((field.may_be_blank, field.readable(&new)), (false, None));
        assert_eq!(
            left_out,
            [
                "leads with plan free: the new version cannot read that",
                "leads with plan max or team: the old version cannot read that",
                "leads with a blank plan: the new version rejects them",
            ]
        );
    }
}
