//! What the lead blocks of two versions have in common.
//!
//! A value that only one version lists, or that only one version's range has, is a value in that
//! version and blank in the other, which cannot read it; so is a text that only the other version takes
//! for a placeholder. The versions are compared on the values of both, and each asks of those it reads.
//! Where a version requires the field it takes in no lead that has none: where such leads go is told like
//! any other place. What cannot be compared so (a fraction, where only one version's field has fractions)
//! is left out, and told in words. A field whose cells mean other things in the two versions (a text that
//! became a country) leaves nothing to compare.

use std::sync::Arc;

use crate::analysis::atoms::Ask;
use crate::analysis::model::Mismatch;
use crate::cell::{Bounds, Cell, Members, Type, normal_text};
use crate::ids::FieldId;
use crate::policy::{Field, LeadBlock, Limit, Project, Range};

/// A field as the versions share it.
#[derive(Clone, Debug)]
pub struct Shared {
    pub ty: Type,
    pub may_be_blank: bool,
}

impl Shared {
    /// As one version has it. If others do not have it, a lead without it is one that they take.
    pub fn of(block: &LeadBlock, id: FieldId, in_all: bool) -> Shared {
        let ty = block.fields[id].ty.clone();
        Shared { ty, may_be_blank: !in_all || !is_required(block, id) }
    }

    /// Takes in how another version reads the field; `left_out` takes in which leads that excludes.
    pub fn join(&mut self, name: &str, new: &Shared, left_out: &mut Vec<String>) -> Result<(), Mismatch> {
        let Some(ty) = either(&self.ty, &new.ty).or_else(|| both(&self.ty, &new.ty)) else {
            return Err(Mismatch { field: name.to_owned(), why: "its type is another" });
        };
        for (other, own) in [("new", &self.ty), ("old", &new.ty)] {
            let only = beyond(name, own, &ty);
            left_out.extend(only.map(|leads| format!("leads with {leads}: the {other} version cannot read that")));
        }
        let may_be_blank = self.may_be_blank || new.may_be_blank || !is_whole(&self.ty, &ty) || !is_whole(&new.ty, &ty);
        *self = Shared { ty, may_be_blank };
        Ok(())
    }

    /// What a version asks first of a cell: is it one that it reads at all, by its type and with what
    /// it alone takes for blank (`placeholders`)? Each question comes with the answer that says so.
    pub fn readable(&self, own: &Type, placeholders: &[&str]) -> Vec<(Ask, bool)> {
        let mut asked = Vec::new();
        if let (Type::OneOf(own), Type::OneOf(shared)) = (own, &self.ty) {
            let is_read = |name: &&str| !placeholders.contains(&&*normal_text(name));
            let read = own.names().filter(is_read).filter_map(|name| shared.find(name));
            let read: Vec<Cell> = read.map(Cell::Member).collect();
            if read.len() < shared.len() {
                asked.push((Ask::OneOf(read), true));
            }
        } else if !is_whole(own, &self.ty)
            && let Some(own) = bounds(own)
        {
            let limit = |number| Some(Limit { cell: Cell::Number(number), included: true });
            asked.push((Ask::Within(Range { low: limit(own.low), high: limit(own.high) }), true));
        }
        if self.ty.is_textual() && !placeholders.is_empty() {
            let texts = placeholders.iter().map(|text| Cell::Text((*text).into())).collect();
            asked.push((Ask::OneOf(texts), false));
        }
        asked
    }
}

/// Whether a version takes in no lead in which the field is blank.
pub fn is_required(block: &LeadBlock, id: FieldId) -> bool {
    block.required.contains(&id) || block.key == Some(id)
}

/// Whether a type's own cells are all that it shares.
fn is_whole(own: &Type, shared: &Type) -> bool {
    match (own, shared) {
        (Type::OneOf(own), Type::OneOf(shared)) => shared.names().all(|name| own.find(name).is_some()),
        _ => match (bounds(own), bounds(shared)) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(shared)) => own.low <= shared.low && shared.high <= own.high,
        },
    }
}

fn bounds(ty: &Type) -> Option<Bounds> {
    if let Type::Integer(bounds) | Type::Number(bounds) = ty { *bounds } else { None }
}

/// What both versions read, and each in its own way.
pub fn read_differently(old: &Project, new: &Project) -> Vec<String> {
    let only = |side: &str, one: &Project, other: &Project| -> Vec<String> {
        let placeholders = own_placeholders(one, other);
        let told = |text: &&String| {
            // A text, and a member of a list, that one version takes for blank are compared; ids only tell
            // leads apart.
            let is_read = |field: &&Field| {
                let is_compared = field.ty.is_textual() || matches!(field.ty, Type::OneOf(_));
                let is_text = field.ty.read(text, &other.timezone).is_ok_and(|cell| cell != Cell::Blank);
                is_text && (!is_compared || is_key(&one.lead, &field.name))
            };
            let reading: Vec<&str> =
                other.lead.fields.iter().filter(is_read).map(|field| field.name.as_str()).collect();
            (!reading.is_empty()).then(|| {
                format!("leads with \"{text}\" as {}: only the {side} version takes it for blank", reading.join(" or "))
            })
        };
        placeholders.iter().filter_map(told).collect()
    };
    let mut told = [only("old", old, new), only("new", new, old)].concat();
    let has_times = old.lead.fields.iter().any(|field| field.ty == Type::Timestamp);
    if has_times && old.timezone != new.timezone {
        told.push("leads with a time without an offset: each version reads it in its own time zone".to_owned());
    }
    told
}

/// Whether the field is the one that tells leads apart.
pub fn is_key(block: &LeadBlock, name: &str) -> bool {
    block.key.is_some_and(|key| block.fields[key].name == name)
}

/// What a version takes for blank and another does not.
pub fn own_placeholders<'p>(own: &'p Project, other: &Project) -> Vec<&'p String> {
    own.lead.blanks.iter().filter(|text| !other.lead.blanks.contains(text)).collect()
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
        let field = |ty: Type| Shared { ty, may_be_blank: false };
        let (old, new) = (list(&["free", "pro"]), list(&["pro", "max", "team"]));

        let mut plan = field(old);
        plan.join("plan", &field(new.clone()), &mut left_out).expect("both are lists");
        // What one version cannot read is blank to it.
        assert_eq!((&plan.ty, plan.may_be_blank), (&list(&["free", "pro", "max", "team"]), true));
        assert_eq!(plan.readable(&new, &[]), [(Ask::OneOf([1, 2, 3].map(Cell::Member).to_vec()), true)]);
        assert_eq!(plan.readable(&new, &["max"]), [(Ask::OneOf([1, 3].map(Cell::Member).to_vec()), true)]);
        assert!(left_out.is_empty());

        let mut size = field(Type::Number(range(0, 10)));
        size.join("size", &field(Type::Integer(range(5, 20))), &mut left_out).expect("both are numbers");
        assert_eq!((size.may_be_blank, size.readable(&Type::Integer(range(5, 20)), &[])), (false, vec![]));
        assert_eq!(
            left_out,
            [
                "leads with a fraction as size, or size outside of 5 to 10: the new version cannot read that",
                "leads with size outside of 5 to 10: the old version cannot read that",
            ]
        );

        let name = field(Type::Text);
        assert_eq!(name.readable(&Type::Text, &["n/a"]), [(Ask::OneOf(vec![Cell::Text("n/a".into())]), false)]);
    }
}
