//! The cells that nearly all rows have, read at sight: plain ASCII, no more than the type asks for.
//!
//! Nothing is decided here that the general readers would decide otherwise: what is not plain is left
//! to them, and a property test holds the two to each other.

use rust_decimal::Decimal;

use super::{Bounds, Cell, Text, Type};
use crate::country::Country;

/// Reads a text into the place of another cell, if it can be read at sight. `text` is trimmed and not empty.
pub(super) fn read_into(ty: &Type, text: &str, cell: &mut Cell) -> bool {
    let read = match ty {
        Type::Integer(bounds) | Type::Number(bounds) => number(text, bounds),
        Type::Country => Country::of_code(text).map(Cell::Country),
        Type::Email => return put_text(cell, text, email(text.as_bytes())),
        Type::Domain => return put_text(cell, text, domain(text.as_bytes())),
        Type::Text | Type::Rep | Type::Team | Type::Queue | Type::Row(_) => {
            return put_text(cell, text, ascii(text.as_bytes()));
        }
        Type::YesNo | Type::Date | Type::Timestamp | Type::OneOf(_) | Type::Tags | Type::List(_) => None,
    };
    match read {
        Some(read) => *cell = read,
        None => return false,
    }
    true
}

/// What the bytes of a text are, all together: the sorts below.
type Sorts = u8;

const LETTER: Sorts = 1;
const DIGIT: Sorts = 2;
/// A hyphen or a dot.
const BETWEEN: Sorts = 4;
const DOT: Sorts = 8;
/// What else people put into the name of a mailbox.
const JOINT: Sorts = 16;
const UPPER_CASE: Sorts = 32;
const OTHER: Sorts = 64;

/// The sort of every byte.
static SORTS: [Sorts; 256] = {
    let mut sorts = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        sorts[byte] = match byte as u8 {
            b'a'..=b'z' => LETTER,
            b'A'..=b'Z' => LETTER | UPPER_CASE,
            b'0'..=b'9' => DIGIT,
            b'-' => BETWEEN,
            b'.' => DOT | BETWEEN,
            b'_' | b'+' => JOINT,
            _ => OTHER,
        };
        byte += 1;
    }
    sorts
};

/// Puts a text of ASCII into the place of another, in lower case; nothing if it was not read.
fn put_text(cell: &mut Cell, text: &str, sorts: Option<Sorts>) -> bool {
    let Some(sorts) = sorts else { return false };
    match cell {
        // A text that has memory of its own keeps it.
        Cell::Text(normal) if text.len() > size_of::<Text>() => {
            normal.clear();
            normal.push_str(text);
        }
        _ => *cell = Cell::Text(Text::new(text)),
    }
    if sorts & UPPER_CASE != 0
        && let Cell::Text(normal) = cell
    {
        normal.make_ascii_lowercase();
    }
    true
}

/// Any text of ASCII.
fn ascii(text: &[u8]) -> Option<Sorts> {
    /// Set in bytes of other letters only.
    const HIGH: u8 = 0x80;
    let (mut seen, mut has_upper) = (0, false);
    for byte in text {
        seen |= *byte;
        has_upper |= byte.is_ascii_uppercase();
    }
    (seen & HIGH == 0).then_some(if has_upper { UPPER_CASE } else { 0 })
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
fn email(text: &[u8]) -> Option<Sorts> {
    let at = memchr::memchr(b'@', text)?;
    Some(mailbox(&text[..at])? | domain(&text[at + 1..])?)
}

/// Letters, digits and what people put between them; a dot only between others.
fn mailbox(name: &[u8]) -> Option<Sorts> {
    /// RFC 5321, section 4.5.3.1.
    const LONGEST: usize = 64;
    let (mut seen, mut twice, mut last) = (0, 0, DOT);
    for byte in name {
        let sort = SORTS[usize::from(*byte)];
        seen |= sort;
        twice |= sort & last;
        last = sort;
    }
    let is_plain = (seen & OTHER) | (twice & DOT) == 0 && last & DOT == 0 && name.len() <= LONGEST;
    is_plain.then_some(seen)
}

/// Labels of letters and digits, which no encoding of other letters is mistaken for: hyphens stand
/// alone, no label begins like `xn--`, and each has a letter.
fn domain(name: &[u8]) -> Option<Sorts> {
    /// Below what any label may have.
    const LONGEST: usize = 63;
    let (mut seen, mut twice, mut last) = (0, 0, BETWEEN);
    let (mut of_label, mut lacks_letter) = (0, 0);
    for byte in name {
        let sort = SORTS[usize::from(*byte)];
        seen |= sort;
        twice |= sort & last;
        last = sort;
        of_label |= sort;
        if sort & DOT != 0 {
            lacks_letter |= !of_label & LETTER;
            of_label = 0;
        }
    }
    lacks_letter |= !of_label & LETTER;
    let is_plain = (seen & (OTHER | JOINT)) | (twice & BETWEEN) | lacks_letter == 0;
    (is_plain && last & BETWEEN == 0 && name.len() <= LONGEST).then_some(seen)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::cell::Members;

    /// What is read at sight, whatever was there before.
    fn at_sight(ty: &Type, text: &str, before: &str) -> Option<Cell> {
        let mut cell = Cell::Text(before.into());
        read_into(ty, text, &mut cell).then_some(cell)
    }

    fn types() -> Vec<Type> {
        let bounds = Some(Bounds { low: 0.into(), high: Decimal::new(995, 1) });
        let numbers = [Type::Integer(None), Type::Integer(bounds), Type::Number(bounds)];
        [Type::Text, Type::Email, Type::Domain, Type::Country].into_iter().chain(numbers).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_at_sight_is_what_the_general_reader_reads(
            text in r"[aZx0.n@_+-]{1,12}|[a-zA-Z]{2}|[0-9]{1,20}|[a-c.+]{1,4}@[a-c0-9-]{1,4}\.(com|example|x|0)|xn--[a-z]{1,5}\.de|[aZ]{20,30}@[aZ.]{1,9}|[aÄ]{1,9}",
            before in "[a-z]{0,30}",
        ) {
            for ty in types() {
                if let Some(cell) = at_sight(&ty, &text, &before) {
                    prop_assert_eq!(Some(cell), ty.read_any(&text, &TimeZone::UTC), "{} {}", ty, &text);
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
            assert!(at_sight(&ty, text, "").is_some(), "{text}");
        }
    }

    #[test]
    fn members_are_found_in_any_letter_case() {
        let members = Members::new(vec!["Financial Services".to_owned(), "Retail".to_owned()]).expect("different");
        let ty = Type::OneOf(Arc::new(members));
        assert_eq!(ty.read("RETAIL", &TimeZone::UTC), Ok(Cell::Member(1)));
    }
}
