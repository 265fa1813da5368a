//! The cells that nearly all rows have, read at sight: plain ASCII, no more than the type asks for.
//!
//! Nothing is decided here that the general readers would decide otherwise: what is not plain is left
//! to them, and a property test holds the two to each other.

use compact_str::CompactString;
use rust_decimal::Decimal;

use super::{Bounds, Cell, Type, normal_text};
use crate::country::Country;

/// The cell, if it can be read at sight. `text` is trimmed and not empty.
pub(super) fn read(ty: &Type, text: &str) -> Option<Cell> {
    match ty {
        Type::Integer(bounds) | Type::Number(bounds) => number(text, bounds),
        Type::Country => Country::of_code(text).map(Cell::Country),
        Type::Email => email(text),
        Type::Domain => is_plain_domain(text.as_bytes()).then(|| Cell::Text(normal_text(text))),
        Type::Text
        | Type::YesNo
        | Type::Date
        | Type::Timestamp
        | Type::OneOf(_)
        | Type::Tags
        | Type::List(_)
        | Type::Rep
        | Type::Team
        | Type::Queue
        | Type::Row(_) => None,
    }
}

/// A whole number without sign, inside its bounds.
fn number(text: &str, bounds: &Option<Bounds>) -> Option<Cell> {
    /// As many as 64 bits hold for certain.
    const MOST_DIGITS: usize = 18;
    if text.len() > MOST_DIGITS {
        return None;
    }
    let number = text
        .bytes()
        .try_fold(0_i64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))?;
    let is_inside =
        bounds.is_none_or(|bounds| is_at_most(&bounds.low, number, false) && is_at_most(&bounds.high, number, true));
    is_inside.then(|| Cell::Number(Decimal::from(number)))
}

/// Whether a bound is on the right side of a number; one that is not whole is left to the general reader.
fn is_at_most(bound: &Decimal, number: i64, is_high: bool) -> bool {
    let (bound_is_whole, bound, number) = (bound.scale() == 0, bound.mantissa(), i128::from(number));
    bound_is_whole && if is_high { number <= bound } else { bound <= number }
}

/// `ana.souza@example.com`
fn email(text: &str) -> Option<Cell> {
    let at = memchr::memchr(b'@', text.as_bytes())?;
    let (local, domain) = (&text.as_bytes()[..at], &text.as_bytes()[at + 1..]);
    (is_plain_local(local) && is_plain_domain(domain)).then(|| {
        let mut normal = CompactString::from(text);
        if normal.bytes().any(|byte| byte.is_ascii_uppercase()) {
            normal.make_ascii_lowercase();
        }
        Cell::Text(normal)
    })
}

/// Letters, digits and what people put between them; a dot only between others.
fn is_plain_local(local: &[u8]) -> bool {
    /// RFC 5321, section 4.5.3.1.
    const LONGEST: usize = 64;
    let mut last = b'.';
    let is_plain = local.iter().all(|&byte| {
        let fits = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || (byte == b'.' && last != b'.');
        last = byte;
        fits
    });
    is_plain && last != b'.' && local.len() <= LONGEST
}

/// Labels of letters and digits, which no encoding of other letters is mistaken for: hyphens stand
/// alone, and no label begins like `xn--`.
fn is_plain_domain(domain: &[u8]) -> bool {
    /// Below what host names and addresses allow, with room to spare.
    const LONGEST: usize = 180;
    const LONGEST_LABEL: usize = 63;
    let (mut last, mut label) = (b'.', 0);
    let mut has_letter = false;
    let is_plain = domain.iter().all(|&byte| {
        let fits = match byte {
            b'.' => last != b'.' && last != b'-' && has_letter,
            b'-' => last != b'.' && last != b'-',
            _ => byte.is_ascii_alphanumeric(),
        };
        label = if byte == b'.' { 0 } else { label + 1 };
        has_letter = byte != b'.' && (has_letter || byte.is_ascii_alphabetic());
        last = byte;
        fits && label <= LONGEST_LABEL
    });
    is_plain && last != b'.' && last != b'-' && has_letter && domain.len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::cell::{Members, in_bounds, normal_domain, read_email, read_number};

    /// What the general readers say.
    fn slowly(ty: &Type, text: &str) -> Option<Cell> {
        match ty {
            Type::Email => read_email(text),
            Type::Domain => normal_domain(text).map(Cell::Text),
            Type::Country => Country::read(text).map(Cell::Country),
            Type::Integer(bounds) => read_number(text)
                .filter(|number| number.is_integer() && in_bounds(*number, bounds))
                .map(|number| Cell::Number(number.normalize())),
            Type::Number(bounds) => read_number(text)
                .filter(|number| in_bounds(*number, bounds))
                .map(|number| Cell::Number(number.normalize())),
            _ => None,
        }
    }

    fn types() -> Vec<Type> {
        let bounds = Some(Bounds { low: 0.into(), high: Decimal::new(995, 1) });
        vec![Type::Email, Type::Domain, Type::Country, Type::Integer(None), Type::Integer(bounds), Type::Number(bounds)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_at_sight_is_what_the_general_reader_reads(
            text in r"[aZx0.n@_+-]{1,12}|[a-zA-Z]{2}|[0-9]{1,20}|[a-c.+]{1,4}@[a-c0-9-]{1,4}\.(com|example|x|0)|xn--[a-z]{1,5}\.de"
        ) {
            for ty in types() {
                if let Some(cell) = read(&ty, &text) {
                    prop_assert_eq!(Some(cell), slowly(&ty, &text), "{} {}", ty, &text);
                }
            }
        }
    }

    #[test]
    fn the_cells_that_most_rows_have_are_read_at_sight() {
        for (ty, text) in [
            (Type::Email, "Ana.Souza+crm@sales-team.example.com"),
            (Type::Domain, "example.com"),
            (Type::Country, "us"),
            (Type::Integer(Some(Bounds { low: 0.into(), high: 100.into() })), "42"),
        ] {
            assert!(read(&ty, text).is_some(), "{text}");
        }
    }

    #[test]
    fn members_are_found_in_any_letter_case() {
        let members = Members::new(vec!["Financial Services".to_owned(), "Retail".to_owned()]).expect("different");
        let ty = Type::OneOf(Arc::new(members));
        assert_eq!(ty.read("RETAIL", &TimeZone::UTC), Ok(Cell::Member(1)));
    }
}
