//! What texts begin or end with.

use rustc_hash::FxHashMap;

use crate::cell::Text;
use crate::plan::anchors::Key;
use crate::policy::TextPart;

/// Beginnings or ends of texts.
#[derive(Debug)]
pub(super) struct Affixes {
    part: TextPart,
    pub classes: FxHashMap<Text, u32>,
    /// The same by their lengths in bytes, the longest first.
    pub lengths: Vec<(usize, OfLength)>,
}

/// The classes of affixes of one length.
#[derive(Debug)]
pub(super) enum OfLength {
    /// They fit into a word, and are found by it.
    Words(FxHashMap<u64, u32>),
    Texts(FxHashMap<Text, u32>),
}

impl Affixes {
    pub fn new<'a, 'p: 'a>(part: TextPart, keys: impl Iterator<Item = &'a Key<'p>>) -> Affixes {
        let mut classes = FxHashMap::default();
        for key in keys {
            if let Key::Text(_, text) = key {
                let next = classes.len() as u32 + 2;
                classes.entry(Text::from(*text)).or_insert(next);
            }
        }
        let mut affixes = Affixes { part, classes, lengths: Vec::new() };
        let mut lengths: Vec<usize> = affixes.classes.keys().map(|text| text.len()).collect();
        lengths.sort_unstable_by(|one, other| other.cmp(one));
        lengths.dedup();
        affixes.lengths = lengths.into_iter().map(|length| (length, affixes.of_length(length))).collect();
        affixes
    }

    fn of_length(&self, length: usize) -> OfLength {
        let of_length = self.classes.iter().filter(|(text, _)| text.len() == length);
        if length <= WORD {
            OfLength::Words(of_length.map(|(text, class)| (part_of(self.word(text), length), *class)).collect())
        } else {
            OfLength::Texts(of_length.map(|(text, class)| (text.clone(), *class)).collect())
        }
    }

    pub fn of(&self, text: &str) -> u32 {
        let word = self.word(text);
        let find = |(length, classes): &(usize, OfLength)| match classes {
            _ if *length > text.len() => None,
            OfLength::Words(classes) => classes.get(&part_of(word, *length)).copied(),
            OfLength::Texts(classes) => classes.get(self.cut(text, *length)?).copied(),
        };
        self.lengths.iter().find_map(find).unwrap_or(1)
    }

    /// The first or last bytes of a text; what counts most comes first.
    fn word(&self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        match self.part {
            TextPart::EndsWith => match bytes.last_chunk() {
                Some(last) => u64::from_le_bytes(*last),
                None => bytes.iter().fold(0, |word, byte| word >> 8 | u64::from(*byte) << 56),
            },
            TextPart::StartsWith | TextPart::Contains => match bytes.first_chunk() {
                Some(first) => u64::from_be_bytes(*first),
                None => bytes.iter().rev().fold(0, |word, byte| word >> 8 | u64::from(*byte) << 56),
            },
        }
    }

    /// The beginning or the end of a length, if the text has one.
    pub fn cut<'t>(&self, text: &'t str, length: usize) -> Option<&'t str> {
        match self.part {
            TextPart::EndsWith => text.get(text.len().checked_sub(length)?..),
            TextPart::StartsWith | TextPart::Contains => text.get(..length),
        }
    }
}

/// Bytes of a word.
const WORD: usize = 8;

/// So many of the bytes that count most in a word.
fn part_of(word: u64, length: usize) -> u64 {
    match length {
        0 => 0,
        length => word >> (8 * (WORD - length)),
    }
}
