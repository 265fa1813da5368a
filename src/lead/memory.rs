//! What whoever reads one lead after another remembers.
//!
//! Columns like a country, an industry or a source hold the same few texts again and again. What such a text
//! is was found out when it was read first, so it is looked up by its bytes. A memory changes nothing but the
//! time: what it does not know is read.

use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use crate::cell::{Cell, Type, Unread};
use crate::ids::{FieldId, Id, IdVec};

/// What is remembered of leads read before.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    fields: IdVec<FieldId, Cells>,
    misread: FxHashMap<(FieldId, String), Unread>,
}

/// Cells of one field, by the text that they were read from.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// [`PLACES`] of them as soon as one is known; each text has its place.
    known: Vec<Known>,
    /// Of the last [`TRIAL`] texts, how many have been looked for and how many of them were found.
    sought: u32,
    found: u32,
    /// The field has ever new texts, and remembering them is no use.
    is_given_up: bool,
}

#[derive(Clone, Debug, Default)]
struct Known {
    text: Short,
    cell: Option<Cell>,
}

/// A text of at most 24 bytes as three numbers and its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Short {
    words: [u64; 3],
    length: u64,
}

const PLACES: usize = 512;

/// Texts after which it is seen whether remembering was of use: it is if half of them were found.
const TRIAL: u32 = 1_024;

impl Memory {
    /// What is remembered of a field.
    pub(super) fn of(&mut self, field: FieldId) -> &mut Cells {
        while self.fields.len() <= field.index() {
            self.fields.push(Cells::default());
        }
        &mut self.fields[field]
    }

    /// Why a cell could not be read: what was meant takes long to find out.
    pub(super) fn why_unread(&mut self, field: FieldId, ty: &Type, text: &str, timezone: &TimeZone) -> Unread {
        const MOST: usize = 1_000;
        if let Some(known) = self.misread.get(&(field, text.to_owned())) {
            return known.clone();
        }
        let why = ty.why_unread(text, timezone);
        if self.misread.len() < MOST {
            self.misread.insert((field, text.to_owned()), why.clone());
        }
        why
    }
}

impl Cells {
    /// Reads a text into `cell`, as `read` does unless it is known; whether it can be read.
    pub fn read(&mut self, text: &str, cell: &mut Cell, read: impl FnOnce(&mut Cell) -> bool) -> bool {
        let short = if self.is_given_up { None } else { Short::of(text.as_bytes()) };
        let Some(short) = short else { return read(cell) };
        if self.known.is_empty() {
            self.known.resize(PLACES, Known::default());
        }
        self.sought += 1;
        if self.sought == TRIAL {
            self.weigh();
        }
        let Some(known) = self.known.get_mut(short.place()) else { return read(cell) };
        if known.text == short
            && let Some(same) = &known.cell
        {
            self.found += 1;
            cell.clone_from(same);
            return true;
        }
        let is_read = read(cell);
        if is_read {
            *known = Known { text: short, cell: Some(cell.clone()) };
        }
        is_read
    }

    /// Sees whether remembering was of use.
    fn weigh(&mut self) {
        if self.found < TRIAL / 2 {
            (self.is_given_up, self.known) = (true, Vec::new());
        }
        (self.sought, self.found) = (0, 0);
    }
}

impl Short {
    fn of(text: &[u8]) -> Option<Short> {
        let word = |at: usize| text[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let half = |at: usize| text[at..].first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
        let length = text.len();
        // Where two parts overlap, the length says how.
        let words = match length {
            0 => [0; 3],
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

    /// Where the text is kept.
    fn place(&self) -> usize {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let [first, second, third] = self.words;
        let mixed = first ^ second.rotate_left(23) ^ third.rotate_left(41) ^ self.length;
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(ODD);
        (mixed >> 32) as usize % PLACES
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
            prop_assert_eq!(short.is_some(), one.len() <= 24);
            prop_assert_eq!(short.is_some() && short == same, one.len() <= 24 && one == other);
        }
    }

    #[test]
    fn what_is_remembered_is_what_was_read() {
        let mut cells = Cells::default();
        let mut cell = Cell::Blank;
        for round in 0..20_000_u32 {
            let number = if round < 10_000 { round % 7 } else { round };
            let read = |cell: &mut Cell| {
                *cell = Cell::Member(number);
                number != 3
            };
            let is_read = cells.read(&format!("text {number}"), &mut cell, read);
            assert_eq!((is_read, &cell), (number != 3, &Cell::Member(number)));
        }
        assert!(cells.is_given_up, "of ever new texts nothing is remembered");
    }
}
