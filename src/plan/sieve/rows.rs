//! Rows of bits, a bit for each rule.

/// What each class leaves, on its way.
pub(super) struct Rows {
    pub bits: Vec<u64>,
    each: usize,
}

impl Rows {
    /// So many rows, all of them alike.
    pub fn new(classes: usize, row: &[u64]) -> Rows {
        Rows { bits: row.repeat(classes), each: row.len() }
    }

    pub fn set(&mut self, class: u32, rule: u32) {
        let from = class as usize * self.each;
        set(&mut self.bits[from..from + self.each], rule);
    }
}

pub(super) fn set(row: &mut [u64], rule: u32) {
    row[word_of(rule)] |= bit_of(rule);
}

pub(super) fn clear(row: &mut [u64], rule: u32) {
    row[word_of(rule)] &= !bit_of(rule);
}

pub(super) fn has(row: &[u64], rule: u32) -> bool {
    row[word_of(rule)] & bit_of(rule) != 0
}

/// The rules of a word, the first one first.
pub(super) fn rules_of(word: usize, mut bits: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let first = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(word as u32 * u64::BITS + first)
    })
}

pub(super) fn word_of(rule: u32) -> usize {
    (rule / u64::BITS) as usize
}

fn bit_of(rule: u32) -> u64 {
    1 << (rule % u64::BITS)
}
