//! Sets of atoms and sets of boxes.
//!
//! An [`AtomSet`] is part of one dimension's atoms. Most dimensions have a handful of atoms and one
//! machine word holds a set; a dimension with a hundred thousand named accounts has sets of one or
//! two, and those are kept as short lists. [`Left`] is what a search leaves of such a set, taken from
//! in place. [`Bits`] are sets of boxes, always dense: the search does little else than intersect them.

/// A set of atoms of one dimension. Equal sets are equal values, so sets can be interned.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AtomSet {
    universe: u32,
    held: Held,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Held {
    /// Of up to 64 atoms.
    Word(u64),
    /// Sorted. Only when that is much smaller than the bits would be.
    Few(Vec<u32>),
    Many(Vec<u64>),
}

impl AtomSet {
    pub fn empty(universe: u32) -> AtomSet {
        AtomSet::of(universe, [])
    }

    pub fn full(universe: u32) -> AtomSet {
        AtomSet::empty(universe).complement()
    }

    pub fn of(universe: u32, atoms: impl IntoIterator<Item = u32>) -> AtomSet {
        if universe <= WORD {
            let word = atoms.into_iter().fold(0, |word, atom| word | 1 << atom);
            return AtomSet { universe, held: Held::Word(word) };
        }
        let mut words = vec![0; words_for(universe)];
        if words.len() <= SMALL {
            atoms.into_iter().for_each(|atom| set_bit(&mut words, atom));
            return AtomSet::from_words(universe, words);
        }
        let mut few: Vec<u32> = atoms.into_iter().collect();
        few.sort_unstable();
        few.dedup();
        if is_few(few.len(), universe) {
            return AtomSet { universe, held: Held::Few(few) };
        }
        few.into_iter().for_each(|atom| set_bit(&mut words, atom));
        AtomSet::from_words(universe, words)
    }

    /// How many atoms the dimension has.
    pub fn universe(&self) -> u32 {
        self.universe
    }

    pub fn contains(&self, atom: u32) -> bool {
        match &self.held {
            Held::Word(word) => word >> atom & 1 == 1,
            Held::Few(few) => few.binary_search(&atom).is_ok(),
            Held::Many(words) => words[atom as usize / 64] >> (atom % 64) & 1 == 1,
        }
    }

    pub fn len(&self) -> usize {
        match &self.held {
            Held::Word(word) => word.count_ones() as usize,
            Held::Few(few) => few.len(),
            Held::Many(words) => words.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match &self.held {
            Held::Word(word) => *word == 0,
            Held::Few(few) => few.is_empty(),
            Held::Many(words) => words.iter().all(|&word| word == 0),
        }
    }

    pub fn is_full(&self) -> bool {
        self.len() == self.universe as usize
    }

    pub fn first(&self) -> Option<u32> {
        self.iter().next()
    }

    /// In ascending order.
    pub fn iter(&self) -> Atoms<'_> {
        match &self.held {
            Held::Few(few) => Atoms::Few(few.iter()),
            Held::Word(word) => Atoms::Many { words: &[], index: 0, word: *word },
            Held::Many(words) => Atoms::Many { words, index: 0, word: words.first().copied().unwrap_or(0) },
        }
    }

    pub fn complement(&self) -> AtomSet {
        if let Held::Word(word) = self.held {
            return AtomSet { universe: self.universe, held: Held::Word(!word & below(self.universe)) };
        }
        let mut words = self.to_words();
        words.iter_mut().for_each(|word| *word = !*word);
        let rest = self.universe % 64;
        if rest != 0
            && let Some(last) = words.last_mut()
        {
            *last &= below(rest);
        }
        AtomSet::from_words(self.universe, words)
    }

    pub fn intersect(&self, other: &AtomSet) -> AtomSet {
        match (&self.held, &other.held) {
            (Held::Few(few), _) => self.keep(few, |atom| other.contains(atom)),
            (_, Held::Few(few)) => self.keep(few, |atom| self.contains(atom)),
            _ => self.word_by_word(other, |a, b| a & b),
        }
    }

    pub fn minus(&self, other: &AtomSet) -> AtomSet {
        match (&self.held, &other.held) {
            (Held::Few(few), _) => self.keep(few, |atom| !other.contains(atom)),
            (Held::Many(words), Held::Few(few)) => {
                let mut words = words.clone();
                few.iter().for_each(|&atom| words[atom as usize / 64] &= !(1 << (atom % 64)));
                AtomSet::from_words(self.universe, words)
            }
            _ => self.word_by_word(other, |a, b| a & !b),
        }
    }

    pub fn union(&self, other: &AtomSet) -> AtomSet {
        match (&self.held, &other.held) {
            (Held::Few(a), Held::Few(b)) => AtomSet::of(self.universe, a.iter().chain(b).copied()),
            (Held::Many(words), Held::Few(few)) | (Held::Few(few), Held::Many(words)) => {
                let mut words = words.clone();
                few.iter().for_each(|&atom| set_bit(&mut words, atom));
                AtomSet::from_words(self.universe, words)
            }
            _ => self.word_by_word(other, |a, b| a | b),
        }
    }

    pub fn meets(&self, other: &AtomSet) -> bool {
        match (&self.held, &other.held) {
            (Held::Few(few), _) => few.iter().any(|&atom| other.contains(atom)),
            (_, Held::Few(few)) => few.iter().any(|&atom| self.contains(atom)),
            _ => self.words().iter().zip(other.words()).any(|(a, b)| a & b != 0),
        }
    }

    pub fn is_subset(&self, other: &AtomSet) -> bool {
        match (&self.held, &other.held) {
            (Held::Few(few), _) => few.iter().all(|&atom| other.contains(atom)),
            // What is kept as bits has more members than any short list.
            (_, Held::Few(_)) => false,
            _ => self.words().iter().zip(other.words()).all(|(a, b)| a & !b == 0),
        }
    }

    /// Both sets are held as bits.
    fn word_by_word(&self, other: &AtomSet, both: impl Fn(u64, u64) -> u64) -> AtomSet {
        if let (Held::Word(a), Held::Word(b)) = (&self.held, &other.held) {
            return AtomSet { universe: self.universe, held: Held::Word(both(*a, *b)) };
        }
        let words = self.words().iter().zip(other.words()).map(|(a, b)| both(*a, *b)).collect();
        AtomSet::from_words(self.universe, words)
    }

    /// The bits, if the set is held as bits.
    fn words(&self) -> &[u64] {
        match &self.held {
            Held::Word(word) => std::slice::from_ref(word),
            Held::Few(_) => &[],
            Held::Many(words) => words,
        }
    }

    fn keep(&self, few: &[u32], wanted: impl Fn(u32) -> bool) -> AtomSet {
        let kept = few.iter().copied().filter(|&atom| wanted(atom)).collect();
        AtomSet { universe: self.universe, held: Held::Few(kept) }
    }

    fn to_words(&self) -> Vec<u64> {
        match &self.held {
            Held::Word(word) => vec![*word],
            Held::Many(words) => words.clone(),
            Held::Few(few) => {
                let mut words = vec![0; words_for(self.universe)];
                few.iter().for_each(|&atom| set_bit(&mut words, atom));
                words
            }
        }
    }

    /// The one place that decides how a set is held, so that equal sets are held alike.
    fn from_words(universe: u32, words: Vec<u64>) -> AtomSet {
        if universe <= WORD {
            return AtomSet { universe, held: Held::Word(words.first().copied().unwrap_or(0)) };
        }
        let held = Held::Many(words);
        let set = AtomSet { universe, held };
        if words_for(universe) > SMALL && is_few(set.len(), universe) {
            let few = set.iter().collect();
            return AtomSet { universe, held: Held::Few(few) };
        }
        set
    }
}

/// What is left of a set while others are taken from it.
pub struct Left {
    universe: u32,
    words: Vec<u64>,
}

impl Left {
    pub fn of(set: &AtomSet) -> Left {
        Left { universe: set.universe, words: set.to_words() }
    }

    pub fn meets(&self, set: &AtomSet) -> bool {
        match &set.held {
            Held::Few(few) => few.iter().any(|&atom| self.words[atom as usize / 64] >> (atom % 64) & 1 == 1),
            _ => self.words.iter().zip(set.words()).any(|(a, b)| a & b != 0),
        }
    }

    pub fn is_subset(&self, set: &AtomSet) -> bool {
        match &set.held {
            Held::Few(few) => {
                let is_left = |atom: &&u32| self.words[**atom as usize / 64] >> (**atom % 64) & 1 == 1;
                let shared = few.iter().filter(is_left).count();
                let counts = self.words.iter().map(|word| word.count_ones() as usize);
                // The rest is not counted once it is too much.
                counts
                    .scan(0, |sum, count| (*sum <= shared).then(|| *sum += count).map(|()| *sum))
                    .all(|sum| sum <= shared)
            }
            _ => self.words.iter().zip(set.words()).all(|(a, b)| a & !b == 0),
        }
    }

    pub fn take(&mut self, set: &AtomSet) {
        match &set.held {
            Held::Few(few) => few.iter().for_each(|&atom| self.words[atom as usize / 64] &= !(1 << (atom % 64))),
            _ => self.words.iter_mut().zip(set.words()).for_each(|(word, taken)| *word &= !taken),
        }
    }

    pub fn into_set(self) -> AtomSet {
        AtomSet::from_words(self.universe, self.words)
    }
}

/// The atoms of a set, ascending.
#[derive(Clone, Debug)]
pub enum Atoms<'a> {
    Few(std::slice::Iter<'a, u32>),
    Many { words: &'a [u64], index: usize, word: u64 },
}

impl Iterator for Atoms<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Atoms::Few(few) => few.next().copied(),
            Atoms::Many { words, index, word } => next_bit(words, index, word),
        }
    }
}

/// So many atoms are bits of one word.
const WORD: u32 = 64;
/// Up to so many words a set is always kept as bits.
const SMALL: usize = 4;

fn is_few(count: usize, universe: u32) -> bool {
    count * 32 < universe as usize
}

fn words_for(universe: u32) -> usize {
    (universe as usize).div_ceil(64)
}

/// The bits below the n-th, of up to 64.
fn below(bits: u32) -> u64 {
    if bits == 64 { u64::MAX } else { (1 << bits) - 1 }
}

fn set_bit(words: &mut [u64], bit: u32) {
    words[bit as usize / 64] |= 1 << (bit % 64);
}

fn next_bit(words: &[u64], index: &mut usize, word: &mut u64) -> Option<u32> {
    while *word == 0 {
        *index += 1;
        *word = *words.get(*index)?;
    }
    let bit = word.trailing_zeros();
    *word &= *word - 1;
    Some(*index as u32 * 64 + bit)
}

/// A set of boxes, by number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn empty(universe: usize) -> Bits {
        Bits(vec![0; universe.div_ceil(64)])
    }

    /// Becomes the same set, in the memory it has.
    pub fn copy_from(&mut self, other: &Bits) {
        self.0.clone_from(&other.0);
    }

    pub fn insert(&mut self, bit: u32) {
        set_bit(&mut self.0, bit);
    }

    pub fn remove(&mut self, bit: u32) {
        self.0[bit as usize / 64] &= !(1 << (bit % 64));
    }

    /// Adds `from..to`.
    pub fn insert_range(&mut self, from: u32, to: u32) {
        let mut bit = from;
        while bit < to {
            if bit.is_multiple_of(64) && bit + 64 <= to {
                self.0[bit as usize / 64] = u64::MAX;
                bit += 64;
            } else {
                self.insert(bit);
                bit += 1;
            }
        }
    }

    pub fn contains(&self, bit: u32) -> bool {
        self.0[bit as usize / 64] >> (bit % 64) & 1 == 1
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn and(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }

    pub fn or(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    pub fn minus(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= !other);
    }

    pub fn meets(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether all are in the other set, too.
    pub fn is_subset(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let (mut index, mut word) = (0, self.0.first().copied().unwrap_or(0));
        std::iter::from_fn(move || next_bit(&self.0, &mut index, &mut word))
    }

    pub fn first(&self) -> Option<u32> {
        self.iter().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sets_of_every_size_behave_as_sets() {
        let mut seed = 7u64;
        let mut random = move |below: u32| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as u32 % below
        };
        for universe in [1, 5, 64, 65, 300, 1000] {
            for _ in 0..60 {
                let sizes = [random(universe + 1), random(4)];
                let sets: Vec<BTreeSet<u32>> =
                    sizes.iter().map(|&size| (0..size).map(|_| random(universe)).collect()).collect();
                let [a, b] = [&sets[0], &sets[1]];
                let [x, y] = [a, b].map(|set| AtomSet::of(universe, set.iter().copied()));
                let same = |set: &AtomSet, expected: Vec<u32>| {
                    assert_eq!(set.iter().collect::<Vec<_>>(), expected);
                    assert_eq!(*set, AtomSet::of(universe, expected.clone()));
                    assert_eq!(set.len(), expected.len());
                };
                same(&x.intersect(&y), a.intersection(b).copied().collect());
                same(&x.union(&y), a.union(b).copied().collect());
                same(&x.complement(), (0..universe).filter(|atom| !a.contains(atom)).collect());
                same(&y.complement(), (0..universe).filter(|atom| !b.contains(atom)).collect());
                assert_eq!(x.minus(&y).iter().collect::<Vec<_>>(), a.difference(b).copied().collect::<Vec<_>>());
                assert_eq!(x.meets(&y), !a.is_disjoint(b));
                assert_eq!(x.is_subset(&y), a.is_subset(b));
                assert_eq!(y.is_subset(&x), b.is_subset(a));
            }
        }
    }
}
