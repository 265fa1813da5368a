//! Ids seen before, in as little room as can be.
//!
//! Five million ids as texts would fill hundreds of megabytes. What is kept of each is a *mark*, 96 bits of a
//! SipHash with a key that is drawn anew for every run, and the line: 16 bytes, in tables that are
//! between half and seven eighths full, 19 to 34 bytes an id with what the tables need. Two different ids
//! have one mark with a chance of 2⁻⁹⁶: among five million ids that happens in one of 6 · 10¹⁵ runs, and
//! nobody can make it happen, as nobody knows the key. Nothing else depends on the key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use siphasher::sip128::SipHasher13;

/// Makes marks of ids. Copies of it make the same marks.
#[derive(Clone, Debug)]
pub struct Marker(SipHasher13);

/// What is kept of an id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mark([u32; 3]);

/// Marks, and a number that is kept of each.
#[derive(Debug)]
pub struct Marked {
    /// By the first bits of a mark. Each grows for itself, so that never much more than one of them is
    /// there twice.
    parts: Vec<HashMap<Mark, u32, BuildHasherDefault<Middle>>>,
}

/// Marks seen, with the line they were first on.
#[derive(Debug, Default)]
pub struct Once {
    lines: Marked,
    /// Lines beyond 32 bits.
    far: HashMap<Mark, u64>,
}

const PARTS: usize = 64;

impl Default for Marker {
    /// With a key of its own, which the standard library draws.
    fn default() -> Marker {
        let drawn = || RandomState::new().hash_one(0);
        Marker(SipHasher13::new_with_keys(drawn(), drawn()))
    }
}

impl Marker {
    pub fn mark(&self, id: &str) -> Mark {
        let hash = self.0.hash(id.as_bytes());
        Mark([hash.h1 as u32, (hash.h1 >> 32) as u32, hash.h2 as u32])
    }
}

impl Default for Marked {
    fn default() -> Marked {
        Marked { parts: (0..PARTS).map(|_| HashMap::default()).collect() }
    }
}

impl Marked {
    /// The number kept of a mark, or the place for one.
    #[inline]
    pub fn entry(&mut self, mark: Mark) -> Entry<'_, Mark, u32> {
        self.parts[mark.part()].entry(mark)
    }
}

impl Mark {
    fn part(self) -> usize {
        self.0[2] as usize % PARTS
    }
}

impl Once {
    /// Keeps a mark with its line; if it has been seen, the line it was first on.
    pub fn see(&mut self, mark: Mark, line: u64) -> Option<u64> {
        let kept = u32::try_from(line).unwrap_or(u32::MAX);
        match self.lines.entry(mark) {
            Entry::Occupied(first) => Some(self.far.get(&mark).copied().unwrap_or(u64::from(*first.get()))),
            Entry::Vacant(room) => {
                room.insert(kept);
                if kept == u32::MAX {
                    self.far.insert(mark, line);
                }
                None
            }
        }
    }
}

/// A mark is a hash already: its first two words do.
#[derive(Clone, Copy, Default)]
struct Middle(u64);

impl Hasher for Middle {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut first = [0; 8];
        let length = bytes.len().min(8);
        first[..length].copy_from_slice(&bytes[..length]);
        self.0 ^= u64::from_ne_bytes(first);
    }

    fn write_u32(&mut self, word: u32) {
        self.0 = self.0.rotate_left(32) ^ u64::from(word);
    }

    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_seen_once_with_the_line_it_was_first_on() {
        let (marker, mut once) = (Marker::default(), Once::default());
        for line in 2..20_000 {
            assert_eq!(once.see(marker.mark(&format!("L-{line}")), line), None);
        }
        assert_eq!(once.see(marker.mark("L-77"), 30_000), Some(77));
        assert_eq!(once.see(marker.mark("L-far"), 1 << 40), None);
        assert_eq!(once.see(marker.clone().mark("L-far"), 9), Some(1 << 40));
    }
}
