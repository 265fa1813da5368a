//! Many patterns looked for at once (Aho & Corasick 1975).
//!
//! The states are the beginnings of the patterns; after each letter the state is the longest end of
//! what was read that is one of them.

use std::collections::{BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

/// The automaton of some patterns. State 0 is to have read nothing of any.
pub struct Patterns {
    states: Vec<State>,
    steps: FxHashMap<(u32, char), u32>,
}

#[derive(Default)]
struct State {
    /// What was read: so many letters of the pattern with the number.
    pattern: u32,
    bytes: u32,
    letter: char,
    parent: u32,
    /// The longest proper end of it that is a state.
    shorter: u32,
    /// Patterns that end here.
    ends: Vec<u32>,
}

impl Patterns {
    pub fn new<'t>(patterns: impl IntoIterator<Item = &'t str>) -> Patterns {
        let mut automaton = Patterns { states: vec![State::default()], steps: FxHashMap::default() };
        patterns.into_iter().enumerate().for_each(|(number, pattern)| automaton.add(number as u32, pattern));
        automaton.link();
        automaton
    }

    fn add(&mut self, number: u32, pattern: &str) {
        let mut state = 0;
        let mut bytes = 0;
        for letter in pattern.chars() {
            bytes += letter.len_utf8() as u32;
            let next = self.states.len() as u32;
            let known = *self.steps.entry((state, letter)).or_insert(next);
            if known == next {
                let new = State { pattern: number, bytes, letter, parent: state, ..State::default() };
                self.states.push(new);
            }
            state = known;
        }
        self.states[state as usize].ends.push(number);
    }

    /// Finds the shorter states, those with fewer letters first.
    fn link(&mut self) {
        for state in self.in_order().into_iter().skip(1) {
            let State { letter, parent, .. } = self.states[state as usize];
            let shorter = if parent == 0 { 0 } else { self.step(self.states[parent as usize].shorter, letter) };
            self.states[state as usize].shorter = shorter;
            let ends = self.states[shorter as usize].ends.clone();
            self.states[state as usize].ends.extend(ends);
        }
    }

    /// All states, those with fewer letters first.
    fn in_order(&self) -> Vec<u32> {
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); self.states.len()];
        (1..self.states.len()).for_each(|state| children[self.states[state].parent as usize].push(state as u32));
        let mut order = Vec::with_capacity(self.states.len());
        let mut queue = VecDeque::from([0u32]);
        while let Some(state) = queue.pop_front() {
            order.push(state);
            queue.extend(&children[state as usize]);
        }
        order
    }

    /// How many states there are.
    pub fn count(&self) -> usize {
        self.states.len()
    }

    pub fn step(&self, mut state: u32, letter: char) -> u32 {
        loop {
            if let Some(next) = self.steps.get(&(state, letter)) {
                return *next;
            }
            if state == 0 {
                return 0;
            }
            state = self.states[state as usize].shorter;
        }
    }

    /// The numbers of the patterns that end in a state.
    pub fn ends(&self, state: u32) -> &[u32] {
        &self.states[state as usize].ends
    }

    /// The pattern that a state is a beginning of, and of how many bytes.
    pub fn beginning(&self, state: u32) -> (usize, usize) {
        let State { pattern, bytes, .. } = &self.states[state as usize];
        (*pattern as usize, *bytes as usize)
    }

    /// For each state and each of the letters the next state, row by row.
    pub fn table(&self, letters: &[char]) -> Vec<u32> {
        let width = letters.len();
        let mut table = vec![0; self.states.len() * width];
        let place: FxHashMap<char, usize> =
            letters.iter().enumerate().map(|(place, letter)| (*letter, place)).collect();
        let mut own: Vec<Vec<(usize, u32)>> = vec![Vec::new(); self.states.len()];
        for (number, state) in self.states.iter().enumerate().skip(1) {
            own[state.parent as usize].extend(place.get(&state.letter).map(|&place| (place, number as u32)));
        }
        for state in self.in_order() {
            let shorter = self.states[state as usize].shorter as usize;
            let row = state as usize * width;
            if state != 0 {
                table.copy_within(shorter * width..(shorter + 1) * width, row);
            }
            own[state as usize].iter().for_each(|&(place, next)| table[row + place] = next);
        }
        table
    }

    /// The numbers of the patterns that a text contains.
    pub fn found_in(&self, text: &str) -> BTreeSet<u32> {
        let mut found: BTreeSet<u32> = self.ends(0).iter().copied().collect();
        let mut state = 0;
        for letter in text.chars() {
            state = self.step(state, letter);
            found.extend(self.ends(state));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_what_is_contained() {
        let patterns = ["mail", "gmail", "ai", "l", "", "lm", "xx", "ai"];
        let automaton = Patterns::new(patterns);
        for text in ["gmail", "", "mailmail", "gmai", "xxx", "agmal"] {
            let expected: BTreeSet<u32> =
                (0..).zip(patterns).filter(|(_, piece)| text.contains(piece)).map(|(number, _)| number).collect();
            assert_eq!(automaton.found_in(text), expected, "{text}");
        }
        let letters = ['a', 'g', 'i', 'l', 'm', 'x', 'z'];
        let table = automaton.table(&letters);
        for (cell, next) in table.iter().enumerate() {
            let (state, letter) = (cell / letters.len(), letters[cell % letters.len()]);
            assert_eq!(*next, automaton.step(state as u32, letter));
        }
    }
}
