//! Rules of a long policy that belong together: all of them ask something in the same layer that few leads have.
//!
//! A policy of 10,000 rules is some 160 words of bits, for each class of each layer: megabytes, and each word of
//! them that is looked at has to come from the memory. So what a class leaves of its own group lies together, and of
//! the other layers only those are looked at which some rule of the group asks in.

use std::ops::Range;

/// A group of rules.
#[derive(Debug)]
pub(super) struct Group {
    /// The other layers in which its rules ask something; what most of them ask comes first.
    pub asked: Vec<usize>,
    left: Vec<Left>,
    /// For each class of the group's own layer, where in `left` its words end.
    ends: Vec<u32>,
}

/// What a class leaves of a word; something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub word: u32,
    pub bits: u64,
}

impl Group {
    /// The group of the layer `own`, which has some of the words. `rows` are the whole rows that are left by each
    /// class, `all` the rules that there are, and `unasked`, for each layer, those that ask nothing there.
    pub fn new(own: usize, words: Range<usize>, rows: &[u64], all: &[u64], unasked: &[Vec<u64>]) -> Group {
        let mut group = Group { asked: Vec::new(), left: Vec::new(), ends: Vec::new() };
        for row in rows.chunks_exact(all.len().max(1)) {
            let left = words.clone().map(|word| Left { word: word as u32, bits: row[word] });
            group.left.extend(left.filter(|left| left.bits != 0));
            group.ends.push(group.left.len() as u32);
        }
        let asking =
            |unasked: &Vec<u64>| -> u32 { words.clone().map(|word| (all[word] & !unasked[word]).count_ones()).sum() };
        let mut asked: Vec<(u32, usize)> = unasked.iter().map(asking).zip(0..).collect();
        asked.retain(|(rules, layer)| *rules > 0 && *layer != own);
        asked.sort_unstable_by(|one, other| other.cmp(one));
        group.asked = asked.into_iter().map(|(_, layer)| layer).collect();
        group
    }

    /// What a class of the group's own layer leaves.
    pub fn of(&self, class: usize) -> &[Left] {
        let from = class.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.left[from as usize..self.ends[class] as usize]
    }
}
