//! The cells that nearly all rows have, read at sight: plain ASCII, no more than the type asks for.
//!
//! Nothing is decided here that the general readers would decide otherwise: what is not plain is left
//! to them, and a property test holds the two to each other.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x64};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Bounds, Cell, Text, Type};
use crate::country::Country;

/// What of a type is read at sight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sight {
    /// Whole numbers without sign, from the one to the other.
    Whole {
        low: u64,
        high: u64,
    },
    Country,
    Email,
    Domain,
    /// Text of ASCII.
    Text,
    Nothing,
}

impl Sight {
    pub fn of(ty: &Type) -> Sight {
        match ty {
            Type::Integer(bounds) | Type::Number(bounds) => whole(bounds),
            Type::Country => Sight::Country,
            Type::Email => Sight::Email,
            Type::Domain => Sight::Domain,
            Type::Text | Type::Rep | Type::Team | Type::Queue | Type::Row(_) => Sight::Text,
            Type::YesNo | Type::Date | Type::Timestamp | Type::OneOf(_) | Type::Tags | Type::List(_) => Sight::Nothing,
        }
    }

    /// Reads a text into the place of another cell, if it can be read at sight. The text is trimmed and not empty;
    /// its bytes are looked at first, and all of `text` only if it is kept.
    #[inline(always)]
    pub fn read_into<'t>(self, bytes: &[u8], text: impl FnOnce() -> &'t str, cell: &mut Cell) -> bool {
        let case = match self {
            Sight::Whole { low, high } => return put_number(cell, bytes, low, high),
            Sight::Country => return put_country(cell, bytes),
            Sight::Email => email(bytes),
            Sight::Domain => domain(bytes),
            Sight::Text => ascii(bytes),
            Sight::Nothing => None,
        };
        let Some(case) = case else { return false };
        put_text(cell, text(), case);
        true
    }
}

/// The whole numbers inside of bounds, as far as they are read at sight.
fn whole(bounds: &Option<Bounds>) -> Sight {
    let Some(Bounds { low, high }) = bounds else { return Sight::Whole { low: 0, high: MOST } };
    match (low.ceil().max(Decimal::ZERO).to_u64(), high.floor().min(Decimal::from(MOST)).to_u64()) {
        (Some(low), Some(high)) => Sight::Whole { low, high },
        _ => Sight::Nothing,
    }
}

/// The highest number of eighteen digits, as many as 64 bits hold for certain.
const MOST: u64 = 999_999_999_999_999_999;

/// The letter case of a text of ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Case {
    Lower,
    /// Some letters are upper case.
    Mixed,
}

// Each of these for itself, as all of them in one leave the loop over the fields too few registers.

#[inline(never)]
fn put_number(cell: &mut Cell, text: &[u8], low: u64, high: u64) -> bool {
    number(text, low, high).map(|number| cell.put(Cell::Number(number))).is_some()
}

#[inline(never)]
fn put_country(cell: &mut Cell, text: &[u8]) -> bool {
    Country::of_code(text).map(|country| cell.put(Cell::Country(country))).is_some()
}

/// Puts a text of ASCII into the place of another, in lower case.
fn put_text(cell: &mut Cell, text: &str, case: Case) {
    match cell {
        // A text that has memory of its own keeps it.
        Cell::Text(normal) if text.len() > size_of::<Text>() => {
            normal.clear();
            normal.push_str(text);
        }
        _ => cell.put(Cell::Text(Text::new(text))),
    }
    if case == Case::Mixed
        && let Cell::Text(normal) = cell
    {
        normal.make_ascii_lowercase();
    }
}

/// Any text of ASCII.
#[inline(never)]
fn ascii(text: &[u8]) -> Option<Case> {
    /// Set in bytes of other letters only.
    const HIGH: u8 = 0x80;
    let (mut seen, mut has_upper) = (0, false);
    for byte in text {
        seen |= *byte;
        has_upper |= byte.is_ascii_uppercase();
    }
    (seen & HIGH == 0).then_some(if has_upper { Case::Mixed } else { Case::Lower })
}

/// A whole number without sign, inside its bounds.
#[inline]
fn number(text: &[u8], low: u64, high: u64) -> Option<Decimal> {
    const MOST_DIGITS: usize = MOST.ilog10() as usize + 1;
    let mut number = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = u64::wrapping_add(u64::wrapping_mul(number, 10), u64::from(digit));
    }
    let is_inside = text.len() <= MOST_DIGITS && low <= number && number <= high;
    is_inside.then(|| Decimal::from(number))
}

/// `ana.souza@example.com`
fn email(text: &[u8]) -> Option<Case> {
    let sorts = Sorts::of(text)?;
    let at = sorts.ats;
    if !at.is_power_of_two() {
        return None;
    }
    let name = at - 1;
    (sorts.is_mailbox(name) && sorts.is_domain(sorts.all & !(name | at))).then_some(sorts.case)
}

/// `example.com`
fn domain(text: &[u8]) -> Option<Case> {
    let sorts = Sorts::of(text)?;
    sorts.is_domain(sorts.all).then_some(sorts.case)
}

/// Where in a text what stands: a bit for each byte, the first one the lowest.
///
/// So a question about all bytes is one about a number, whatever their number: a dot behind a dot is
/// `dots & dots << 1`.
struct Sorts {
    all: u64,
    letters: u64,
    dots: u64,
    /// Hyphens and dots.
    between: u64,
    /// Letters, digits, hyphens and dots.
    plain: u64,
    /// What else people put into the name of a mailbox.
    joints: u64,
    ats: u64,
    case: Case,
}

impl Sorts {
    /// Of a text that has no more bytes than a number has bits.
    #[inline]
    fn of(text: &[u8]) -> Option<Sorts> {
        let mut padded = [0; u64::BITS as usize];
        padded.get_mut(..text.len())?.copy_from_slice(text);
        let all = u64::MAX.checked_shr(u64::BITS - text.len() as u32).unwrap_or(0);
        Some(dispatch!(Level::new(), simd => Sorts::with(simd, &padded, all)))
    }

    /// Bytes that are not of the text are of no sort.
    #[inline(always)]
    fn with<S: Simd>(simd: S, bytes: &[u8; u64::BITS as usize], all: u64) -> Sorts {
        let bytes = u8x64::from_slice(simd, bytes);
        let letters = within(bytes | (b'a' - b'A'), b'a', b'z');
        let dots = bytes.simd_eq(b'.').to_bitmask();
        let between = dots | bytes.simd_eq(b'-').to_bitmask();
        let upper = within(bytes, b'A', b'Z');
        Sorts {
            all,
            letters,
            dots,
            between,
            plain: letters | between | within(bytes, b'0', b'9'),
            joints: bytes.simd_eq(b'_').to_bitmask() | bytes.simd_eq(b'+').to_bitmask(),
            ats: bytes.simd_eq(b'@').to_bitmask(),
            case: if upper == 0 { Case::Lower } else { Case::Mixed },
        }
    }

    /// Whether a name, which begins the text, is letters, digits and what people put between them; a dot only
    /// between others.
    fn is_mailbox(&self, name: u64) -> bool {
        let dots = self.dots & name;
        let last = name ^ (name >> 1);
        name != 0 && name & !(self.plain | self.joints) == 0 && dots & (1 | last | dots << 1) == 0
    }

    /// Whether a name, which ends the text, is labels of letters and digits which no encoding of other letters is
    /// mistaken for: hyphens stand alone, no label begins like `xn--`, and each has a letter.
    fn is_domain(&self, name: u64) -> bool {
        /// What any label may have.
        const LONGEST: u32 = 63;
        let between = self.between & name;
        let first = name & name.wrapping_neg();
        let last = name & !(name >> 1);
        let is_plain = name & !self.plain == 0 && between & (first | last | between << 1) == 0;
        name != 0 && is_plain && name.count_ones() <= LONGEST && !self.lacks_letter(name)
    }

    /// Whether a label is without a letter. Where it begins one is added to what is no letter, and if there is
    /// nothing else in it, the sum carries over its end.
    fn lacks_letter(&self, name: u64) -> bool {
        let labels = name & !self.dots;
        let (begin, others) = (labels & !(labels << 1), labels & !self.letters);
        let (sum, is_over) = others.overflowing_add(begin & others);
        is_over || sum & !others & !labels != 0
    }
}

/// The bytes from one to another, both included.
#[inline(always)]
fn within<S: Simd>(bytes: u8x64<S>, low: u8, high: u8) -> u64 {
    let above = bytes - low;
    above.min(high - low).simd_eq(above).to_bitmask()
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
        Sight::of(ty).read_into(text.as_bytes(), || text, &mut cell).then_some(cell)
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
