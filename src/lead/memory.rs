//! What whoever reads one lead after another remembers.
//!
//! Columns like a country, an industry or a source hold the same few texts again and again. What such a text
//! is was found out when it was read first, so it is looked up by its bytes. A memory changes nothing but the
//! time: what it does not know is read.

use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type, Unread};
use crate::ids::{FieldId, IdVec};

/// What is remembered of leads read before.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(super) fields: IdVec<FieldId, Remembered>,
    pub(super) misread: Misread,
}

/// Why cells could not be read.
#[derive(Debug, Default)]
pub(super) struct Misread(FxHashMap<(FieldId, String), Unread>);

/// Cells of one field, by the text that they were read from.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// There as soon as one is known; each text has its place.
    known: Option<Box<[Known; PLACES]>>,
    /// Of the last [`TRIAL`] texts or more, how many were found and how many had to be read.
    found: u64,
    missed: u64,
    /// The field has ever new texts, and remembering them is no use.
    is_given_up: bool,
}

#[derive(Debug)]
struct Known {
    text: Short,
    cell: Cell,
}

/// A text of one to 24 bytes as three numbers and its length.
#[derive(Clone, Copy, Debug, Default)]
struct Short {
    words: [u64; 3],
    length: u64,
}

const PLACES: usize = 512;

/// Texts after which it is seen whether remembering was of use: it is if half of them were found.
const TRIAL: u64 = 1_024;

impl Memory {
    /// A memory in which nothing stays.
    pub(super) fn of_nothing(fields: usize) -> Memory {
        let field = || Remembered { is_given_up: true, ..Remembered::default() };
        Memory { fields: (0..fields).map(|_| field()).collect(), misread: Misread::default() }
    }

    /// Makes room for so many fields.
    pub(super) fn know(&mut self, fields: usize) {
        while self.fields.len() < fields {
            self.fields.push(Remembered::default());
        }
    }
}

impl Misread {
    /// Why a cell could not be read: what was meant takes long to find out.
    pub fn why(&mut self, field: FieldId, ty: &Type, text: &str, timezone: &TimeZone) -> Unread {
        const MOST: usize = 1_000;
        if let Some(known) = self.0.get(&(field, text.to_owned())) {
            return known.clone();
        }
        let why = ty.why_unread(text, timezone);
        if self.0.len() < MOST {
            self.0.insert((field, text.to_owned()), why.clone());
        }
        why
    }
}

impl Remembered {
    pub fn is_given_up(&self) -> bool {
        self.is_given_up
    }

    /// Puts what a text was read as into `cell`, if it is remembered.
    #[inline(never)]
    pub fn find(&mut self, text: &[u8], cell: &mut Cell) -> bool {
        let Some(all) = &self.known else { return false };
        let Some(text) = Short::of(text) else { return false };
        let known = &all[text.place()];
        let is_known = known.text.is(text);
        if is_known {
            self.found += 1;
            cell.put_copy(&known.cell);
        }
        is_known
    }

    /// Remembers what a text was read as.
    pub fn remember(&mut self, text: &str, cell: &Cell) {
        if self.is_given_up {
            return;
        }
        let Some(text) = Short::of(text.as_bytes()) else { return };
        let nothing = || Box::new(std::array::from_fn(|_| Known { text: Short::default(), cell: Cell::Blank }));
        let all = self.known.get_or_insert_with(nothing);
        all[text.place()] = Known { text, cell: cell.clone() };
        self.missed += 1;
        if self.found + self.missed >= TRIAL {
            self.weigh();
        }
    }

    /// Sees whether remembering was of use.
    fn weigh(&mut self) {
        if self.found < self.missed {
            (self.is_given_up, self.known) = (true, None);
        }
        (self.found, self.missed) = (0, 0);
    }
}

impl Short {
    #[inline(always)]
    fn of(text: &[u8]) -> Option<Short> {
        let word = |at: usize| text[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let half = |at: usize| text[at..].first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
        let length = text.len();
        // Where two parts overlap, the length says how.
        let words = match length {
            1..4 => {
                let byte = |at: usize| u64::from(text[at]);
                [byte(0) | byte(length / 2) << 8 | byte(length - 1) << 16, 0, 0]
            }
            4..8 => [half(0) | half(length - 4) << 32, 0, 0],
            8..16 => [word(0), word(length - 8), 0],
            16..=24 => [word(0), word(8), word(length - 8)],
            _ => return None,
        };
        Some(Short { words, length: length as u64 })
    }

    /// Whether it is the other; all numbers at once.
    #[inline(always)]
    fn is(&self, other: Short) -> bool {
        let [first, second, third] = self.words;
        let others = other.words;
        first ^ others[0] | second ^ others[1] | third ^ others[2] | self.length ^ other.length == 0
    }

    /// Where the text is kept.
    #[inline(always)]
    fn place(&self) -> usize {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let [first, second, third] = self.words;
        let mixed = first ^ second.rotate_left(23) ^ third.rotate_left(41) ^ self.length;
        // Every bit of the text moves the highest bits of the product.
        (mixed.wrapping_mul(ODD) >> (u64::BITS - PLACES.ilog2())) as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_are_told_apart(one in "[ab]{0,26}", other in "[ab]{0,26}") {
            let (short, same) = (Short::of(one.as_bytes()), Short::of(other.as_bytes()));
            prop_assert_eq!(short.is_some(), (1..=24).contains(&one.len()));
            let is_same = short.zip(same).is_some_and(|(short, same)| short.is(same));
            prop_assert_eq!(is_same, short.is_some() && one == other);
        }
    }

    #[test]
    fn what_is_remembered_is_what_was_read() {
        let mut cells = Remembered::default();
        let mut cell = Cell::Blank;
        for round in 0..20_000_u32 {
            let number = if round < 10_000 { round % 7 } else { round };
            let text = format!("text {number}");
            let is_known = cells.find(text.as_bytes(), &mut cell);
            assert_eq!(is_known, (7..10_000).contains(&round), "round {round}");
            if is_known {
                assert_eq!(cell, Cell::Member(number));
            } else {
                cells.remember(&text, &Cell::Member(number));
            }
        }
        assert!(cells.is_given_up, "of ever new texts nothing is remembered");
    }
}
